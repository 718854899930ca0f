// Streams with `notify`: what producers enqueue is told to whoever waits between two beats.
#include <thread>

#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// Far longer than a notification takes, and seldom waited for.
constexpr auto patience = 10s;
/// As long as a test looks whether nothing comes.
constexpr auto while_nothing_comes = 200ms;

class notified : public sql_test {
 protected:
  void SetUp() override {
    sql_test::SetUp();
    if (IsSkipped()) return;
    waiting_ = driver().open_membership();
    must(driver().open_console()->create_stream(named("quick", true)));
    must(driver().open_console()->create_stream(named("slow", false)));
    EXPECT_THAT(hear(0ms), IsEmpty()) << "from now on it listens";
  }
  static stream_declaration named(const std::string& name, bool notify) {
    stream_declaration wanted;
    wanted.name = name;
    wanted.notify = notify;
    return wanted;
  }
  std::vector<stream_id> hear(std::chrono::milliseconds most) { return waiting_->await_tasks(most, bell_); }
  /// What is heard first.
  std::vector<stream_id> hear_something() {
    const auto end = std::chrono::steady_clock::now() + patience;
    std::vector<stream_id> heard;
    while (heard.empty() && std::chrono::steady_clock::now() < end) heard = hear(patience);
    return heard;
  }
  stream_id id_of(const std::string& stream) {
    return static_cast<stream_id>(number("select stream_id from weir.stream where name = '" + stream + "'"));
  }

  bell bell_;
  std::unique_ptr<membership_store> waiting_;
};

TEST_F(notified, AStreamIsNamedOnceItsTasksAreCommitted) {
  exec("select weir.enqueue('any', stream => 'quick')");
  EXPECT_THAT(hear(patience), ElementsAre(id_of("quick")));
  EXPECT_THAT(hear(while_nothing_comes), IsEmpty()) << "once is enough";
}

TEST_F(notified, OneCallOfManyTasksIsOneWord) {
  exec(R"(select weir.enqueue_many('[{"name": "a", "stream": "quick"}, {"name": "b", "stream": "quick"},
                                     {"name": "c", "stream": "slow"}]'))");
  EXPECT_THAT(hear(patience), ElementsAre(id_of("quick")));
}

TEST_F(notified, TheSeedsInsertIsToldToo) {
  exec("update weir.stream set notify = true where name = 'default'");
  exec("insert into weir.message_queue(task_name, data) values ('any', '{}')");
  EXPECT_THAT(hear(patience), ElementsAre(id_of("default")));
}

TEST_F(notified, WhatIsRolledBackIsNotTold) {
  exec("begin; select weir.enqueue('any', stream => 'quick'); rollback");
  EXPECT_THAT(hear(while_nothing_comes), IsEmpty());
}

TEST_F(notified, OtherStreamsAreNotTold) {
  exec("select weir.enqueue('any', stream => 'slow')");
  EXPECT_THAT(hear(while_nothing_comes), IsEmpty());
}

TEST_F(notified, ARingEndsTheWait) {
  std::thread ringer([this] { bell_.ring(); });
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(hear(patience), IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, patience);
  ringer.join();
}

TEST_F(notified, WhatSomebodyElseCallsIsNoHarm) {
  for (const char* said : {"", "x", "1,", "[1]", "1.5", "null"})
    exec(std::string{"select pg_notify(weir.wake_channel(), '"} + said + "')");
  EXPECT_THAT(hear(patience), IsEmpty());
  exec("select weir.enqueue('any', stream => 'quick')");
  EXPECT_THAT(hear_something(), ElementsAre(id_of("quick")));
}

TEST_F(notified, ANewSessionListensAgainAndALostOneEndsNothing) {
  exec(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and query ilike "
      "'%" +
      schema().where().schema + "_tasks%'");
  EXPECT_THAT(hear(while_nothing_comes), IsEmpty());
  must(waiting_->reconnect());
  EXPECT_THAT(hear(0ms), IsEmpty());
  exec("select weir.enqueue('any', stream => 'quick')");
  EXPECT_THAT(hear(patience), ElementsAre(id_of("quick")));
}

}  // namespace
}  // namespace weir::test_support
