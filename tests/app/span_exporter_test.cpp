// Spans on their way to a collector that takes them, is away, busy, picky, or never answers.
#include "app/trace/span_exporter.hpp"

#include <thread>

#include <gmock/gmock.h>

#include "fake_collector.hpp"

namespace weir::app::trace {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// Far below what a test waits, far above what a bounded wait takes on a busy machine.
constexpr auto bounded = 8s;

span named(const std::string& name) {
  span one;
  one.context.trace_id[0] = one.context.span_id[0] = 1;
  one.context.sampled = true;
  one.name = name;
  return one;
}

http::reply answering(unsigned status, std::string body = "{}") {
  http::reply out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

struct SpanExporter : testing::Test {
  fake_collector collector;
  std::mutex mutex;
  std::condition_variable told;
  std::vector<std::string> troubles;
  std::unique_ptr<span_exporter> exporter;

  static span_exporter_options quick(std::string url) {
    span_exporter_options out;
    out.url = std::move(url);
    out.flush = 1ms;
    out.retry_first = 1ms;
    out.retry_max = 20ms;
    return out;
  }
  span_exporter_options quick() const { return quick(collector.url()); }
  /// Waits for a full batch, or a stop.
  span_exporter_options patient() const {
    auto out = quick();
    out.flush = 1h;
    return out;
  }
  void start(span_exporter_options options) {
    exporter = std::make_unique<span_exporter>(std::move(options), [this](const std::string& text) {
      const std::lock_guard guard{mutex};
      troubles.push_back(text);
      told.notify_all();
    });
  }
  void add(int spans, const std::string& name = "s") {
    for (int n = 0; n < spans; ++n) exporter->add(named(name + std::to_string(n)));
  }
  /// Waits for the first one.
  std::string trouble() {
    std::unique_lock guard{mutex};
    told.wait_for(guard, 10s, [this] { return !troubles.empty(); });
    return troubles.empty() ? "" : troubles.front();
  }
  std::vector<std::string> all_troubles() {
    const std::lock_guard guard{mutex};
    return troubles;
  }
  /// Polls until nothing waits any more.
  span_counts settled() const {
    const boot_time end = boot_clock::now() + 10s;
    span_counts now = exporter->counts();
    for (; now.waiting > 0 && boot_clock::now() < end; now = exporter->counts())
      std::this_thread::sleep_for(1ms);
    return now;
  }
  void expect_counts(std::uint64_t exported, std::uint64_t queue_full, std::uint64_t refused,
                     std::uint64_t gave_up) {
    const span_counts now = settled();
    EXPECT_EQ(now.exported, exported);
    EXPECT_EQ(now.queue_full, queue_full);
    EXPECT_EQ(now.refused, refused);
    EXPECT_EQ(now.gave_up, gave_up);
    EXPECT_EQ(now.waiting, 0U);
  }
  boot_clock::duration time_of_stop(std::chrono::milliseconds patience) const {
    const boot_time begin = boot_clock::now();
    exporter->stop(patience);
    return boot_clock::now() - begin;
  }
};

TEST_F(SpanExporter, SendsAFullBatchAtOnce) {
  collector.open();
  auto options = patient();
  options.batch = 3;
  options.headers = {"X-Tenant: blue"};
  options.from = {"weir", "n1", "9.9"};
  start(options);
  add(3);
  const auto posts = collector.posts(1);
  ASSERT_THAT(posts, SizeIs(1));
  EXPECT_THAT(posts[0].names, ElementsAre("s0", "s1", "s2"));
  EXPECT_EQ(posts[0].headers.at("content-type"), "application/json");
  EXPECT_EQ(posts[0].headers.at("x-tenant"), "blue");
  EXPECT_EQ(posts[0].body["resourceSpans"][0]["resource"]["attributes"][1]["value"]["stringValue"], "n1");
  expect_counts(3, 0, 0, 0);
  EXPECT_THAT(all_troubles(), IsEmpty());
}

TEST_F(SpanExporter, ASpanWaitsForOthersButNotForEver) {
  collector.open();
  auto options = quick();
  options.flush = 200ms;
  start(options);
  const boot_time begin = boot_clock::now();
  add(1);
  const auto posts = collector.posts(1);
  ASSERT_THAT(posts, SizeIs(1));
  EXPECT_GE(posts[0].at - begin, 190ms);
}

TEST_F(SpanExporter, KeepsTheOrderOfManyAndNoBatchIsTooGreat) {
  collector.open();
  auto options = quick();
  options.batch = 64;
  start(options);
  add(1000);
  expect_counts(1000, 0, 0, 0);
  const auto names = collector.spans(1000);
  ASSERT_THAT(names, SizeIs(1000));
  for (std::size_t n = 0; n < names.size(); ++n) ASSERT_EQ(names[n], "s" + std::to_string(n));
  for (const auto& each : collector.posts(1)) EXPECT_LE(each.names.size(), 64U);
}

TEST_F(SpanExporter, LosesNothingWhileTheCollectorIsAway) {
  auto options = quick();
  options.batch = 10;
  start(options);
  add(15);
  EXPECT_THAT(trouble(), HasSubstr("no answer from " + collector.url()));
  EXPECT_EQ(exporter->counts().waiting, 15U);
  collector.open();
  EXPECT_THAT(collector.spans(15), SizeIs(15));
  expect_counts(15, 0, 0, 0);
  collector.close();
  add(5, "later");
  collector.open();
  EXPECT_THAT(collector.spans(20), SizeIs(20));
  expect_counts(20, 0, 0, 0);
  EXPECT_THAT(all_troubles(), SizeIs(1)) << "it is told once a minute at most";
}

TEST_F(SpanExporter, AsksABusyCollectorAgain) {
  collector.open();
  for (const unsigned status : {429U, 502U, 503U, 504U}) {
    SCOPED_TRACE(status);
    troubles.clear();
    const std::size_t before = collector.posts(0).size();
    collector.will_answer({answering(status), answering(status)});
    auto options = patient();
    options.batch = 2;
    start(options);
    add(2);
    expect_counts(2, 0, 0, 0);
    EXPECT_THAT(trouble(), HasSubstr("answered HTTP " + std::to_string(status)));
    EXPECT_EQ(collector.posts(before + 3).size(), before + 3);
    exporter.reset();
  }
}

TEST_F(SpanExporter, LeavesABusyCollectorAloneForAsLongAsItWants) {
  collector.open();
  auto busy = answering(503);
  busy.headers.emplace_back("Retry-After", "1");
  collector.will_answer({busy});
  start(quick());
  add(1);
  const auto posts = collector.posts(2);
  ASSERT_THAT(posts, SizeIs(2));
  EXPECT_GE(posts[1].at - posts[0].at, 990ms);
}

TEST_F(SpanExporter, DropsWhatACollectorRefusesAndGoesOn) {
  collector.open();
  for (const unsigned status : {301U, 400U, 401U, 404U, 413U, 500U}) {
    SCOPED_TRACE(status);
    troubles.clear();
    const std::size_t before = collector.spans(0).size();
    collector.will_answer({answering(status, "no such\ntenant"), answering(status)});
    auto options = quick();
    options.batch = 1;
    start(options);
    add(3);
    expect_counts(1, 0, 2, 0);
    EXPECT_EQ(collector.spans(before + 3).size(), before + 3) << "none is sent twice";
    EXPECT_THAT(trouble(), HasSubstr(collector.url() + " answered HTTP " + std::to_string(status) +
                                     " \"no such\\ntenant\": 1 span dropped; look at the url"));
    exporter.reset();
    EXPECT_THAT(troubles, SizeIs(1)) << "it is told once a minute at most";
  }
}

TEST_F(SpanExporter, CountsWhatACollectorRejectsOfABatch) {
  collector.open();
  collector.will_answer(
      {answering(200, R"({"partialSuccess": {"rejectedSpans": "2", "errorMessage": "too old"}})"),
       answering(200, R"({"partialSuccess": {"rejectedSpans": "99"}})")});
  auto options = patient();
  options.batch = 5;
  start(options);
  add(5);
  expect_counts(3, 0, 2, 0);
  EXPECT_THAT(trouble(), HasSubstr("rejected 2 spans: \"too old\""));
  add(5);
  expect_counts(3, 0, 7, 0);
}

TEST_F(SpanExporter, DropsWhatDoesNotFitAndCountsIt) {
  collector.open();
  collector.hold();
  auto options = quick();
  options.batch = 1;
  options.queue = 3;
  start(options);
  add(1, "first");
  ASSERT_THAT(collector.posts(1), SizeIs(1));
  add(5);
  const span_counts now = exporter->counts();
  EXPECT_EQ(now.waiting, 3U) << "the one under way counts";
  EXPECT_EQ(now.queue_full, 3U);
  collector.release();
  expect_counts(3, 3, 0, 0);
  EXPECT_THAT(collector.spans(3), ElementsAre("first0", "s0", "s1"));
}

TEST_F(SpanExporter, SendsWhatWaitsWhenItIsStopped) {
  collector.open();
  auto options = patient();
  options.batch = 10;
  start(options);
  add(25);
  exporter->stop(60s);
  EXPECT_EQ(exporter->counts().exported, 25U);
  EXPECT_THAT(collector.spans(25), SizeIs(25));
}

TEST_F(SpanExporter, IsStoppedThoughTheCollectorNeverAnswers) {
  collector.open();
  collector.hold();
  auto options = quick();
  options.batch = 2;
  options.patience = 60s;
  start(options);
  add(5);
  ASSERT_THAT(collector.posts(1), SizeIs(1));
  EXPECT_LT(time_of_stop(100ms), bounded);
  expect_counts(0, 0, 0, 5);
  EXPECT_THAT(collector.posts(0), SizeIs(1));
}

TEST_F(SpanExporter, IsStoppedThoughTheCollectorIsAway) {
  auto options = patient();
  options.retry_first = options.retry_max = 60s;
  start(options);
  add(5);
  EXPECT_LT(time_of_stop(100ms), bounded);
  expect_counts(0, 0, 0, 5);
}

TEST_F(SpanExporter, AStopEndsTheWaitForAnotherTry) {
  auto options = quick();
  options.retry_first = options.retry_max = 60s;
  start(options);
  add(1);
  EXPECT_THAT(trouble(), HasSubstr("1 waiting for another try"));
  collector.open();
  EXPECT_LT(time_of_stop(60s), bounded);
  expect_counts(1, 0, 0, 0);
}

TEST_F(SpanExporter, ALaterStopIsNotLongerThanTheFirst) {
  collector.open();
  collector.hold();
  auto options = quick();
  options.patience = 60s;
  start(options);
  add(1);
  ASSERT_THAT(collector.posts(1), SizeIs(1));
  std::thread patient_one{[this] { exporter->stop(60s); }};
  EXPECT_LT(time_of_stop(0ms), bounded);
  patient_one.join();
  EXPECT_LT(time_of_stop(60s), bounded);
  expect_counts(0, 0, 0, 1);
}

TEST_F(SpanExporter, TakesNoMoreOnceItIsStopped) {
  collector.open();
  start(quick());
  exporter->stop(1s);
  add(2);
  expect_counts(0, 0, 0, 2);
}

TEST_F(SpanExporter, EndsWithItsObject) {
  start(quick());
  add(100);
  const boot_time begin = boot_clock::now();
  exporter.reset();
  EXPECT_LT(boot_clock::now() - begin, bounded);
}

TEST_F(SpanExporter, TakesSpansFromManyThreads) {
  collector.open();
  start(quick());
  std::vector<std::thread> adding;
  for (int n = 0; n < 4; ++n) adding.emplace_back([this] { add(1000); });
  std::uint64_t seen = 0;
  for (const boot_time end = boot_clock::now() + 10s; seen < 4000 && boot_clock::now() < end;) {
    const span_counts now = exporter->counts();
    const std::uint64_t all = now.exported + now.queue_full + now.refused + now.gave_up + now.waiting;
    EXPECT_GE(all, seen) << "a span is in exactly one of them at any time";
    seen = all;
  }
  EXPECT_EQ(seen, 4000U);
  for (auto& one : adding) one.join();
  expect_counts(4000, 0, 0, 0);
  EXPECT_THAT(collector.spans(4000), SizeIs(4000));
}

TEST_F(SpanExporter, ShowsNoPasswordOfItsUrl) {
  collector.open();
  auto url = collector.url();
  url.insert(7, "user:very-secret@");
  collector.will_answer({answering(400)});
  start(quick(url));
  add(1);
  EXPECT_THAT(trouble(), HasSubstr("HTTP 400"));
  EXPECT_THAT(trouble(), Not(HasSubstr("very-secret")));
  exporter.reset();
  troubles.clear();
  collector.close();
  start(quick(url));
  add(1);
  EXPECT_THAT(trouble(), HasSubstr("no answer from"));
  EXPECT_THAT(trouble(), Not(HasSubstr("very-secret")));
}

}  // namespace
}  // namespace weir::app::trace
