// The server by real sockets: clients that are slow, greedy, rude or gone.
#include "http/server.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/event_hub.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A socket and what was read from it so far. Waits at most five seconds for anything.
class client {
 public:
  explicit client(const std::string& address) {
    const auto colon = address.rfind(':');
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~client() { ::close(fd_); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  bool connected() const { return connected_; }
  bool send(const std::string& text) {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// Reads until `mark` was seen, the server closed, or five seconds of silence.
  std::string until(const std::string& mark) {
    char part[4096];
    while (got_.find(mark) == std::string::npos) {
      const auto count = ::recv(fd_, part, sizeof part, 0);
      if (count <= 0) {
        closed_ = count == 0;
        break;
      }
      got_.append(part, static_cast<std::size_t>(count));
    }
    return got_;
  }
  std::string to_the_end() { return until("\xff no such mark"); }
  bool closed() const { return closed_; }
  void forget() { got_.clear(); }

 private:
  int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string got_;
};

class Server : public testing::Test {
 protected:
  void start() {
    auto made = server::start(settings_, [this](request asked, respond to) {
      if (asked.path == std::vector<std::string>{"events"}) {
        reply out;
        out.events = &hub_;
        out.may_watch = [this] { return may_watch_.load(); };
        return to(out);
      }
      if (asked.path == std::vector<std::string>{"later"}) {
        const std::lock_guard guard(lock_);
        later_.push_back(std::move(to));
        return;
      }
      reply out;
      out.type = "text/plain";
      out.body = asked.method + " " + std::to_string(asked.path.size()) + " [" + asked.body + "]";
      to(out);
    });
    ASSERT_TRUE(made) << made.error().message;
    server_ = std::move(*made);
  }
  void SetUp() override {
    settings_.host = "127.0.0.1";
    settings_.port = "0";
    settings_.body_limit = [](const std::vector<std::string>&) { return std::size_t{1000}; };
  }
  std::string ask(const std::string& text, const std::string& mark = "]") {
    client c(server_->address());
    c.send(text);
    return c.until(mark);
  }
  bool serves() { return ask("GET /x HTTP/1.1\r\nHost: a\r\n\r\n").find("GET 1 []") != std::string::npos; }

  event_hub hub_;
  std::atomic<bool> may_watch_{true};
  std::mutex lock_;
  std::vector<respond> later_;
  server_settings settings_;
  std::unique_ptr<server> server_;
};

TEST_F(Server, AnswersAndKeepsTheConnection) {
  start();
  client c(server_->address());
  c.send("POST /a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(c.until("]"), HasSubstr("POST 2 [abc]"));
  c.forget();
  c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(c.until("]"), HasSubstr("GET 0 []"));
}

TEST_F(Server, AnswersTwoRequestsThatCameTogetherInTheirOrder) {
  start();
  client c(server_->address());
  c.send("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n1POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n2");
  const std::string got = c.until("[2]");
  EXPECT_LT(got.find("[1]"), got.find("[2]"));
}

TEST_F(Server, TellsTheLengthOfABodyThatHeadLeavesOut) {
  start();
  client c(server_->address());
  c.send("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string got = c.to_the_end();
  EXPECT_THAT(got, HasSubstr("Content-Length: 8\r\n")) << "of \"GET 0 []\"";
  EXPECT_THAT(got, Not(HasSubstr("[]")));
}

TEST_F(Server, RefusesWhatItCannotRead) {
  start();
  const struct {
    std::string text;
    const char* status;
  } cases[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400"},
      {"GET /%zz HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
      {"GET http://elsewhere/ HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
      {"GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "HTTP/1.1 431"},
      {"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') +
           "\r\n0\r\n\r\n",
       "HTTP/1.1 413"},
      {"POST / HTTP/1.1\r\nContent-Length: nine\r\n\r\n", "HTTP/1.1 400"},
  };
  for (const auto& c : cases) {
    client rude(server_->address());
    rude.send(c.text);
    EXPECT_THAT(rude.to_the_end(), StartsWith(c.status)) << c.text.substr(0, 60);
    EXPECT_TRUE(serves()) << c.text.substr(0, 60);
  }
}

TEST_F(Server, SendsContinueToWhoWaitsForIt) {
  start();
  client c(server_->address());
  c.send("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(c.until("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
  c.send("ok");
  EXPECT_THAT(c.until("]"), HasSubstr("[ok]"));
}

TEST_F(Server, RefusesAHeadBeforeItsBodyIsThere) {
  settings_.refuse_head = [](request& head) -> std::optional<reply> {
    if (head.header("authorization") == "yes") return std::nullopt;
    reply out;
    out.status = 403;
    return out;
  };
  start();
  client stranger(server_->address());
  stranger.send("POST / HTTP/1.1\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(stranger.to_the_end(), StartsWith("HTTP/1.1 403")) << "no word of going on";
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nAuthorization: yes\r\nContent-Length: 2\r\n\r\nok"), HasSubstr("[ok]"));
}

TEST_F(Server, DoesNotKeepWhatNeverBecomesAChunk) {
  settings_.body_limit = [](const std::vector<std::string>&) { return std::size_t{10} << 20U; };
  start();
  client greedy(server_->address());
  greedy.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;");
  const std::string more(64 << 10U, 'a');
  for (int i = 0; i < 64; ++i) greedy.send(more);
  EXPECT_THAT(greedy.to_the_end(), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(serves());
}

TEST_F(Server, CutsOffWhoIsTooSlow) {
  settings_.read_patience = 200ms;
  settings_.idle_patience = 200ms;
  start();
  client silent(server_->address());
  silent.to_the_end();
  EXPECT_TRUE(silent.closed());
  client half(server_->address());
  half.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  half.to_the_end();
  EXPECT_TRUE(half.closed());
}

TEST_F(Server, ServesOthersWhileManyAreSilent) {
  start();
  std::vector<std::unique_ptr<client>> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(std::make_unique<client>(server_->address()));
    silent.back()->send("GET / HT");
  }
  EXPECT_TRUE(serves());
}

TEST_F(Server, TurnsAwayMoreConnectionsThanItHasRoomFor) {
  settings_.connections = 2;
  start();
  client one(server_->address());
  client two(server_->address());
  one.send("GET / HTTP/1.1\r\n\r\n");
  one.until("]");
  two.send("GET / HTTP/1.1\r\n\r\n");
  two.until("]");
  client three(server_->address());
  EXPECT_THAT(three.to_the_end(), StartsWith("HTTP/1.1 503"));
}

TEST_F(Server, BoundsTheMemoryOfAllBodiesTogether) {
  settings_.bodies = 1500;
  start();
  client one(server_->address());
  one.send("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nhalf");
  // The first has its place once the server has read its head, which it did when a later one is answered.
  ASSERT_TRUE(serves());
  client two(server_->address());
  two.send("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_THAT(two.to_the_end(), StartsWith("HTTP/1.1 429"));
  one.send(std::string(996, 'x'));
  EXPECT_THAT(one.until("]"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'y')),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(Server, AnAnswerMayComeFromAnotherThreadOrWhenNobodyIsThere) {
  start();
  auto gone = std::make_unique<client>(server_->address());
  gone->send("GET /later HTTP/1.1\r\n\r\n");
  client waits(server_->address());
  waits.send("GET /later HTTP/1.1\r\n\r\n");
  const auto both = [&] {
    const std::lock_guard guard(lock_);
    return later_.size() == 2;
  };
  for (int i = 0; i < 500 && !both(); ++i) std::this_thread::sleep_for(10ms);
  ASSERT_TRUE(both());
  gone.reset();
  reply out;
  out.body = "[late]";
  std::thread([&] {
    for (const auto& to : later_) to(out);
  }).join();
  EXPECT_THAT(waits.until("]"), HasSubstr("[late]"));
}

TEST_F(Server, AnAnswerMayComeWhenTheServerIsGone) {
  start();
  client c(server_->address());
  c.send("GET /later HTTP/1.1\r\n\r\n");
  const auto asked = [&] {
    const std::lock_guard guard(lock_);
    return !later_.empty();
  };
  for (int i = 0; i < 500 && !asked(); ++i) std::this_thread::sleep_for(10ms);
  ASSERT_TRUE(asked());
  server_.reset();
  later_.front()(reply{});
  c.to_the_end();
  EXPECT_TRUE(c.closed());
}

TEST_F(Server, StreamsEventsUntilTheClientLeaves) {
  start();
  auto c = std::make_unique<client>(server_->address());
  c->send("GET /events HTTP/1.1\r\n\r\n");
  EXPECT_THAT(c->until("\r\n\r\n"), HasSubstr("Content-Type: text/event-stream"));
  for (int i = 0; i < 500 && hub_.watchers() == 0; ++i) std::this_thread::sleep_for(10ms);
  hub_.publish("cluster", "one");
  EXPECT_THAT(c->until("data: one\n\n"), HasSubstr("event: cluster"));
  hub_.publish("cluster", "two");
  EXPECT_THAT(c->until("data: two\n\n"), HasSubstr("id: 2"));
  c.reset();
  for (int i = 0; i < 500 && hub_.watchers() > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(hub_.watchers(), 0U);
}

TEST_F(Server, AWatcherWhoMayNoLongerWatchGetsNoMoreEvents) {
  start();
  client c(server_->address());
  c.send("GET /events HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 500 && hub_.watchers() == 0; ++i) std::this_thread::sleep_for(10ms);
  hub_.publish("cluster", "one");
  c.until("data: one\n\n");
  may_watch_ = false;
  hub_.publish("cluster", "two");
  EXPECT_THAT(c.to_the_end(), Not(HasSubstr("two")));
  EXPECT_TRUE(c.closed());
  for (int i = 0; i < 500 && hub_.watchers() > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(hub_.watchers(), 0U);
}

TEST_F(Server, AWatcherThatDoesNotReadCostsOneFrame) {
  settings_.write_patience = 300ms;
  start();
  client c(server_->address());
  c.send("GET /events HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 500 && hub_.watchers() == 0; ++i) std::this_thread::sleep_for(10ms);
  const std::string large(1 << 20U, 'x');
  for (int i = 0; i < 64; ++i) hub_.publish("cluster", large);
  for (int i = 0; i < 500 && hub_.watchers() > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(hub_.watchers(), 0U) << "it was cut off";
  EXPECT_TRUE(serves());
}

TEST_F(Server, SaysWhenItsAddressIsTaken) {
  start();
  settings_.port = server_->address().substr(server_->address().rfind(':') + 1);
  const auto second = server::start(settings_, [](const request&, const respond&) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::conflict);
  settings_.host = "203.0.113.7";  // of documentation, nobody's
  const auto third = server::start(settings_, [](const request&, const respond&) {});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, errc::invalid);
}

}  // namespace
}  // namespace weir::http
