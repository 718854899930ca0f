// A producer's link: frames to a node and answers back, and what a producer may not do.
#include "actors/links/frame_line.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "actors/links/bytes.hpp"
#include "station.hpp"

namespace weir::actors::links {
namespace {

/// A node that keeps every question until it is told to answer.
class counter {
 public:
  explicit counter(const std::function<void(transport_options&)>& change = {}) {
    auto options = node_options("n1", 11);
    options.on_frame = [this](link_id from, std::string body) {
      const std::lock_guard<std::mutex> lock{mutex_};
      questions_.emplace_back(from, std::move(body));
      changed_.notify_all();
    };
    if (change) change(options);
    node_ = std::make_unique<station>(std::move(options));
  }
  ~counter() { node_.reset(); }

  station& node() { return *node_; }
  /// The next question; "" if none came.
  std::string hears(std::chrono::milliseconds within = patience) {
    std::unique_lock<std::mutex> lock{mutex_};
    if (!changed_.wait_for(lock, within, [this] { return !questions_.empty(); })) return "";
    auto [from, body] = std::move(questions_.front());
    questions_.pop_front();
    last_ = from;
    return body;
  }
  /// To whoever asked what was heard last.
  void answers(const std::string& body) { node_->its().answer(last_, body); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<link_id, std::string>> questions_;
  link_id last_ = 0;
  std::unique_ptr<station> node_;
};

transport_options producer_options() {
  auto options = node_options("shop", 0);
  options.me.role = peer_role::producer;
  options.me.cluster = "";
  options.listen = "off";
  return options;
}

struct FrameLine : testing::Test {
  station producer{producer_options()};

  link dial(counter& to) {
    auto dialed = producer.dial(to.node().address());
    EXPECT_TRUE(dialed.ok()) << dialed.error().message;
    return dialed.ok() ? std::move(*dialed) : link{};
  }
};

TEST_F(FrameLine, CarriesQuestionsAndAnswers) {
  counter node;
  const link line = dial(node);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{1'000'000}}) {
    std::string question(bytes, 'q');
    if (bytes > 0) question.front() = '\0';
    std::thread writing{[&] { write_all(line.end.get(), framed("-" + question)); }};
    EXPECT_EQ(node.hears(), "-" + question);
    writing.join();
    node.answers(question);
    EXPECT_EQ(read_exactly(line.end.get(), frame_length_bytes + bytes), framed(question));
  }
}

TEST_F(FrameLine, AQuestionMayComeInPiecesAndManyInOne) {
  counter node;
  const link line = dial(node);
  const std::string two = framed("first") + framed("second");
  for (const char byte : two) write_all(line.end.get(), {&byte, 1});
  EXPECT_EQ(node.hears(), "first");
  EXPECT_EQ(node.hears(), "second");
  write_all(line.end.get(), two);
  EXPECT_EQ(node.hears(), "first");
  EXPECT_EQ(node.hears(), "second");
}

TEST_F(FrameLine, WhoAsksWithoutListeningIsNotReadAnyMore) {
  counter node;
  const link line = dial(node);
  for (int n = 0; n < 200; ++n) write_all(line.end.get(), framed(std::to_string(n)));
  int heard = 0;
  while (!node.hears(heard < 64 ? patience : 200ms).empty()) ++heard;
  EXPECT_EQ(heard, 64) << "questions that wait for their answers";
  for (int n = 0; n < 64; ++n) node.answers("ok");
  EXPECT_EQ(node.hears(), "64") << "it goes on where it stopped";
}

TEST_F(FrameLine, AFrameThatIsTooLongEndsTheLinkBeforeItIsHeld) {
  counter node{[](transport_options& options) { options.limits.frame_bytes = 1000; }};
  const link line = dial(node);
  write_all(line.end.get(), framed(std::string(1000, 'x')));
  EXPECT_EQ(node.hears().size(), 1000U);
  write_all(line.end.get(), framed(std::string(1001, 'x')).substr(0, 10));
  EXPECT_TRUE(node.node().saw_why("announced a frame of 1001 bytes, where 1000 are allowed"))
      << node.node().story();
  EXPECT_TRUE(ends(line.end.get()));
}

TEST_F(FrameLine, AnAnswerToALinkThatIsGoneIsForgotten) {
  counter node;
  {
    const link line = dial(node);
    write_all(line.end.get(), framed("too late"));
    EXPECT_EQ(node.hears(), "too late");
  }
  EXPECT_TRUE(node.node().counted(link_event::what::closed, 1));
  node.answers("nobody hears it");
  const link line = dial(node);
  write_all(line.end.get(), framed("again"));
  EXPECT_EQ(node.hears(), "again");
}

TEST_F(FrameLine, TheEndOfAnIncarnationEndsTheLink) {
  counter node;
  const link line = dial(node);
  node.node().its().become(12);
  EXPECT_TRUE(ends(line.end.get()));
}

TEST_F(FrameLine, WhoTakesNoFramesDeclinesProducers) {
  station node{"n2", 22};
  const auto refused = producer.dial(node.address());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, errc::refused);
  EXPECT_NE(refused.error().message.find("this end takes no tasks"), std::string::npos)
      << refused.error().message;
}

}  // namespace
}  // namespace weir::actors::links
