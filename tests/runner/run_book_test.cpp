// Who is asked, who is killed, who waits again: the process executor's decisions without a process.
#include "runner/run_book.hpp"

#include <csignal>

#include <gtest/gtest.h>

#include "runner/runner_end.hpp"
#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_result;

constexpr boot_time t0{1000s};

run_book with_sent(std::uint64_t count) {
  run_book book;
  for (std::uint64_t id = 1; id <= count; ++id) book.add(request(id, "x"));
  while (book.send_next(count) != nullptr) {
  }
  return book;
}

TEST(RunBook, SendsNoMoreThanTheLimit) {
  run_book book;
  for (std::uint64_t id = 1; id <= 3; ++id) book.add(request(id, "x"));
  EXPECT_EQ(book.send_next(2)->run_id, 1U);
  EXPECT_EQ(book.send_next(2)->run_id, 2U);
  EXPECT_EQ(book.send_next(2), nullptr);
  EXPECT_TRUE(book.finished(1));
  EXPECT_FALSE(book.finished(1));
  EXPECT_EQ(book.send_next(2)->run_id, 3U);
}

TEST(RunBook, AsksOnceAtTheTimeoutAndIsDueAfterTheGrace) {
  run_book book = with_sent(1);
  book.started(1, {}, t0, 5s);
  EXPECT_EQ(book.next_event(), t0 + 5s);
  EXPECT_TRUE(book.ask_timed_out(t0 + 4999ms, 2s).empty());
  EXPECT_EQ(book.ask_timed_out(t0 + 5s, 2s), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(book.ask_timed_out(t0 + 6s, 2s).empty());
  EXPECT_EQ(book.next_event(), t0 + 7s);
  EXPECT_FALSE(book.overstayed(t0 + 6999ms));
  EXPECT_TRUE(book.overstayed(t0 + 7s));
}

TEST(RunBook, AnEarlierWishFromOutsideReplacesATimeout) {
  run_book book = with_sent(1);
  book.started(1, {}, t0, 5s);
  book.ask_timed_out(t0 + 5s, 10s);
  EXPECT_TRUE(book.ask(1, t0 + 6s));
  const auto gone = book.runner_gone();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].kill_as, run_result::interrupted);
  EXPECT_EQ(gone[0].kill_at, t0 + 6s);
}

TEST(RunBook, ALaterWishFromOutsideLeavesTheTimeout) {
  run_book book = with_sent(1);
  book.started(1, {}, t0, 5s);
  book.ask_timed_out(t0 + 5s, 1s);
  book.ask(1, t0 + 60s);
  EXPECT_EQ(book.runner_gone()[0].kill_as, run_result::timeout);
}

TEST(RunBook, WithoutTimeoutNothingIsEverDue) {
  run_book book = with_sent(1);
  book.started(1, {}, t0, std::nullopt);
  EXPECT_EQ(book.next_event(), boot_time::max());
  EXPECT_FALSE(book.overstayed(boot_time::max() - 1ns));
}

TEST(RunBook, AWaitForEverDoesNotOverflow) {
  EXPECT_EQ(later(t0, std::chrono::milliseconds::max()), boot_time::max());
}

TEST(RunBook, RunsThatHadNotBegunWaitAgainBeforeTheOthers) {
  run_book book = with_sent(3);
  book.add(request(4, "x"));
  book.started(2, {}, t0, std::nullopt);
  const auto gone = book.runner_gone();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].request.run_id, 2U);
  EXPECT_EQ(book.send_next(9)->run_id, 1U);
  EXPECT_EQ(book.send_next(9)->run_id, 3U);
  EXPECT_EQ(book.send_next(9)->run_id, 4U);
}

TEST(RunBook, ARunThatWasAskedToEndDoesNotWaitAgain) {
  run_book book = with_sent(1);
  book.ask_all(t0);
  EXPECT_EQ(book.runner_gone().size(), 1U);
  EXPECT_TRUE(book.empty());
}

TEST(RunBook, DropsOnlyWhatWaits) {
  run_book book = with_sent(1);
  book.add(request(2, "x"));
  EXPECT_FALSE(book.drop_waiting(1).has_value());
  EXPECT_TRUE(book.drop_waiting(2).has_value());
  EXPECT_FALSE(book.ask(2, t0));
}

struct ended_case {
  const char* what;
  bool begun;
  boot_time kill_at;
  run_result kill_as;
  inquest found;
  run_result expected;
  const char* text;
};

TEST(RunnerEnd, BlamesTheRightOne) {
  const boot_time never = boot_time::max();
  const runner_end segv{SIGSEGV, 0}, killed_hard{SIGKILL, 0}, exited{0, 3};
  const run_result i = run_result::interrupted;
  const ended_case table[] = {
      {"a crash", true, never, i, {segv, killed::no, false, t0, {}}, run_result::crash, "killed by SIGSEGV"},
      {"an exit",
       true,
       never,
       i,
       {exited, killed::no, false, t0, {}},
       run_result::crash,
       "exited with status 3"},
      {"an unknown SIGKILL",
       true,
       never,
       i,
       {killed_hard, killed::no, false, t0, {}},
       run_result::crash,
       "killed by SIGKILL"},
      {"the deadline",
       true,
       never,
       i,
       {killed_hard, killed::no, true, t0, {}},
       i,
       "ownership of the stream ended"},
      {"its timeout",
       true,
       t0,
       run_result::timeout,
       {killed_hard, killed::for_a_run, false, t0, {}},
       run_result::timeout,
       "timed out after"},
      {"an interrupt",
       true,
       t0,
       i,
       {killed_hard, killed::for_a_run, false, t0, {}},
       i,
       "did not end when asked"},
      {"another's timeout",
       true,
       never,
       i,
       {killed_hard, killed::for_a_run, false, t0, {}},
       i,
       "another run"},
      {"a broken line",
       true,
       never,
       i,
       {killed_hard, killed::as_broken, false, t0, {}},
       run_result::crash,
       "broke its runner"},
      {"a crash while it is being asked",
       true,
       t0 + 1s,
       i,
       {segv, killed::no, false, t0, {}},
       run_result::crash,
       "SIGSEGV"},
      {"never begun", false, t0 + 1s, i, {segv, killed::no, false, t0, {}}, i, "before it started"},
  };
  for (const ended_case& c : table) {
    sent_run run;
    run.request = request(8, "x");
    if (c.begun) run.started = t0 - 5s;
    run.timeout_at = t0 - 1s;
    run.kill_at = c.kill_at;
    run.kill_as = c.kill_as;
    const auto verdict = last_word(run, c.found);
    EXPECT_EQ(verdict.run_id, 8U);
    EXPECT_EQ(verdict.result, c.expected) << c.what;
    EXPECT_NE(verdict.message.find(c.text), std::string::npos) << c.what << ": " << verdict.message;
  }
}

}  // namespace
}  // namespace weir::runner
