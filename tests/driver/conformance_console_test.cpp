// What people ask and order: counts, lists, streams, pins, pauses.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class asking : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) own_lane();
  }
  std::vector<task_row> given(std::size_t count) {
    must(tasks().insert(std::vector<insert_row>(count, lane_task("t"))));
    return read_all(lane_);
  }
  static std::vector<task_id> ids_of_page(const task_page& page) {
    std::vector<task_id> ids;
    for (const auto& item : page.items) ids.push_back(item.id);
    return ids;
  }
  stream_row stream(const std::string& name) {
    for (const auto& row : must(console().view()).rows.streams) {
      if (row.name == name) return row;
    }
    throw std::runtime_error("no stream " + name);
  }
};

TEST_F(asking, EveryUnfinishedTaskIsInExactlyOneCount) {
  const auto rows = given(7);
  const auto page = read(lane_, start_, false, 5);
  finish({result_row(rows.at(0), 'd'), open_row(rows.at(1), 'i'), open_row(rows.at(2), 'r'),
          open_row(rows.at(3), 'w', hours{1}), result_row(rows.at(4), 'f')},
         {{lane_.part, {start_.seen, page.taken, rows.at(4).xid, rows.at(4).id}, 1, 1, 0}});
  const auto counts = counts_of("lane");
  EXPECT_EQ(counts.ready, 3) << "two unread, one not yet due";
  EXPECT_EQ(counts.in_progress, 1);
  EXPECT_EQ(counts.retry, 1);
  EXPECT_EQ(counts.done, 1);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_EQ(counts.cancelled, 0);
  EXPECT_FALSE(counts.capped);
}

TEST_F(asking, CountsDoNotDependOnTheMark) {
  const auto rows = given(4);
  finish({result_row(rows.at(0), 'd'), result_row(rows.at(2), 'c'), open_row(rows.at(1), 'i')});
  auto counts = counts_of("lane");
  EXPECT_EQ(counts.ready, 1);
  EXPECT_EQ(counts.in_progress, 1);
  const auto taken = read(lane_, start_).taken;
  finish({result_row(rows.at(3), 'd')}, {{lane_.part, {taken, std::nullopt, 0, 0}, 2, 0, 1}});
  counts = counts_of("lane");
  EXPECT_EQ(counts.ready, 0);
  EXPECT_EQ(counts.in_progress, 1);
  insert(lane_task("late"));
  EXPECT_EQ(counts_of("lane").ready, 1);
}

TEST_F(asking, ATaskThatCommitsLateIsCountedThen) {
  auto slow = store().begin();
  slow->insert(lane_task("slow"));
  const auto taken = read(lane_, start_).taken;
  finish({}, {{lane_.part, {taken, std::nullopt, 0, 0}, 0, 0, 0}});
  EXPECT_EQ(counts_of("lane").ready, 0);
  slow->commit();
  EXPECT_EQ(counts_of("lane").ready, 1);
}

TEST_F(asking, CountsAreOfEachStreamAndHandedTasksCount) {
  hand(lane_);
  insert(task_of("a"));
  insert(task_of("b"));
  EXPECT_EQ(counts_of("lane").ready, 1);
  EXPECT_EQ(counts_of("default").ready, 2);
}

TEST_F(asking, TheOldestReadyTaskTellsItsAge) {
  EXPECT_EQ(counts_of("lane").oldest_ready_seconds, 0);
  auto later = lane_task("later");
  later.do_after = store().now() + hours{1};
  insert(later);
  EXPECT_EQ(counts_of("lane").oldest_ready_seconds, 0) << "not yet due";
  insert(lane_task("t"));
  const auto age = counts_of("lane").oldest_ready_seconds;
  EXPECT_GE(age, 0);
  EXPECT_LT(age, 60);
}

TEST_F(asking, TheViewShowsNodesStreamsAndOwners) {
  const auto view = must(console().view());
  ASSERT_THAT(view.rows.nodes, SizeIs(1));
  EXPECT_EQ(view.rows.nodes.front().facts.name, "n1");
  EXPECT_THAT(view.rows.streams, SizeIs(2));
  EXPECT_THAT(view.rows.partitions, SizeIs(17));
  EXPECT_EQ(view.rows.partitions.back().owner_name, "n1");
  ASSERT_TRUE(view.leader.has_value());
  EXPECT_EQ(view.leader->node_name, "n1");
  EXPECT_THAT(view.differences, IsEmpty());
}

TEST_F(asking, TasksAreListedNewestFirstPageByPage) {
  std::vector<task_id> ids;
  for (const auto& row : must(tasks().insert(std::vector<insert_row>(5, lane_task("t")))))
    ids.insert(ids.begin(), row.id);
  task_filter filter;
  filter.limit = 2;
  std::vector<task_id> listed;
  for (int pages = 0; pages < 5; ++pages) {
    const auto page = must(console().tasks(filter));
    for (const auto id : ids_of_page(page)) listed.push_back(id);
    if (!page.next) break;
    filter.before = page.next;
  }
  EXPECT_EQ(listed, ids);
}

TEST_F(asking, ListsAreFilteredByEverything) {
  const auto a = insert(lane_task("a", "k1"));
  const auto b = insert(lane_task("b", "k1"));
  const auto c = insert(task_of("a", "k2"));
  const auto rows = read_all(lane_);
  finish({result_row(rows.at(0), 'd'), open_row(rows.at(1), 'r', hours{1})});
  const auto listed = [&](const task_filter& filter) { return ids_of_page(must(console().tasks(filter))); };
  task_filter filter;
  EXPECT_THAT(listed(filter), ElementsAre(c, b, a));
  filter.stream = "lane";
  EXPECT_THAT(listed(filter), ElementsAre(b, a));
  filter.name = "a";
  EXPECT_THAT(listed(filter), ElementsAre(a));
  filter = {};
  filter.key = "k1";
  EXPECT_THAT(listed(filter), ElementsAre(b, a));
  filter = {};
  filter.states = {task_state::done};
  EXPECT_THAT(listed(filter), ElementsAre(a));
  filter.states = {task_state::ready, task_state::retry};
  EXPECT_THAT(listed(filter), ElementsAre(c, b));
  EXPECT_THAT(must(console().ids(filter)).ids, ElementsAre(c, b));
  EXPECT_THAT(must(console().unfinished(filter, 10)), ElementsAre(b, c));
  filter.limit = 1;
  EXPECT_EQ(must(console().ids(filter)).next, c);
  filter.states = {task_state::retry};
  EXPECT_THAT(must(console().unfinished(filter, 10)), ElementsAre(b));
  filter.states = {task_state::failed};
  EXPECT_THAT(listed(filter), IsEmpty());
  filter = {};
  filter.stream = "nowhere";
  EXPECT_THAT(listed(filter), IsEmpty());
}

TEST_F(asking, AnUntouchedTaskIsReadyWithoutMessageOrEnd) {
  auto wanted = lane_task("t", "k");
  wanted.created_by = "somebody";
  wanted.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto record = must(console().task(insert(wanted)));
  EXPECT_EQ(record.state, task_state::ready);
  EXPECT_EQ(record.name, "t");
  EXPECT_EQ(record.key, "k");
  EXPECT_EQ(record.created_by, "somebody");
  EXPECT_EQ(record.traceparent, wanted.traceparent);
  EXPECT_EQ(record.attempt, 0);
  EXPECT_EQ(record.message, std::nullopt);
  EXPECT_EQ(record.finished_at, std::nullopt);
  EXPECT_THAT(must(console().attempts(record.id)), IsEmpty());
  EXPECT_EQ(must(console().successor(record.id)), std::nullopt);
}

TEST_F(asking, AnUnknownTaskIsNotFound) { EXPECT_EQ(code_of(console().task(999'999'999)), errc::not_found); }

TEST_F(asking, ASupersededTaskNamesItsSuccessor) {
  const auto rows = given(2);
  finish({result_row(rows.at(0), 's', 1, "superseded by " + std::to_string(rows.at(1).id)),
          result_row(rows.at(1), 'd')});
  EXPECT_EQ(must(console().successor(rows.at(0).id)), rows.at(1).id);
  EXPECT_EQ(must(console().successor(rows.at(1).id)), std::nullopt);
  EXPECT_EQ(must(console().task(rows.at(0).id)).message, "superseded by " + std::to_string(rows.at(1).id));
}

TEST_F(asking, UnfinishedTasksOfANameAreCountedUpToACap) {
  const auto rows = given(4);
  insert(lane_task("other"));
  finish({result_row(rows.at(0), 'd'), open_row(rows.at(1), 'i')});
  EXPECT_EQ(must(console().count_unfinished("t", 100)), 3);
  EXPECT_EQ(must(console().count_unfinished("t", 2)), 2);
  EXPECT_EQ(must(console().count_unfinished("nobody", 100)), 0);
}

TEST_F(asking, EnqueueingFromTheConsoleIsTheSame) {
  const auto rows = must(console().enqueue({lane_task("a", "k"), lane_task("b")}));
  EXPECT_THAT(ids_of(read_all(lane_)), testing::ElementsAreArray(ids_of(rows)));
  EXPECT_EQ(code_of(console().enqueue({lane_task(std::string(65, 'x'))})), errc::invalid);
}

TEST_F(asking, AStreamIsCreatedOnceAndConflictsWhenItDiffers) {
  stream_declaration wanted;
  wanted.name = "mail";
  wanted.partitions = 4;
  must(console().create_stream(wanted));
  must(console().create_stream(wanted));
  EXPECT_THAT(parts_of("mail"), SizeIs(4));
  wanted.concurrency = 9;
  EXPECT_EQ(code_of(console().create_stream(wanted)), errc::conflict);
  wanted.name = "bad";
  wanted.mode = stream_mode::single;
  EXPECT_EQ(code_of(console().create_stream(wanted)), errc::invalid);
  wanted.name = std::string(65, 's');
  wanted.partitions = 1;
  EXPECT_EQ(code_of(console().create_stream(wanted)), errc::invalid);
}

TEST_F(asking, SettingsChangeOneByOne) {
  stream_change change;
  change.concurrency = 5;
  change.where = isolation::process;
  change.handover_delay = std::chrono::milliseconds{2500};
  must(console().change_stream("default", change));
  stream_change more;
  more.async_finish = true;
  more.notify = true;
  more.policy = pin_policy::prefer;
  more.rate = start_rate{10, std::chrono::seconds{1}};
  more.breaker_failures = 3;
  must(console().change_stream("default", more));
  const auto row = stream("default");
  EXPECT_EQ(row.concurrency, 5);
  EXPECT_EQ(row.where, isolation::process);
  EXPECT_EQ(row.handover_delay, std::chrono::milliseconds{2500});
  EXPECT_TRUE(row.async_finish);
  EXPECT_TRUE(row.notify);
  EXPECT_EQ(row.policy, pin_policy::prefer);
  EXPECT_EQ(row.partitions, 16);
  EXPECT_EQ(row.rate.starts, 10);
  EXPECT_EQ(row.breaker.failures, 3);
  EXPECT_EQ(row.breaker.pause, defaults::breaker_pause);
  stream_change off;
  off.rate = start_rate{};
  off.breaker_pause = std::chrono::milliseconds{500};
  must(console().change_stream("default", off));
  EXPECT_EQ(stream("default").rate.starts, 0);
  EXPECT_EQ(stream("default").breaker.failures, 3);
  EXPECT_EQ(stream("default").breaker.pause, std::chrono::milliseconds{500});
  EXPECT_EQ(stream("default").concurrency, 5);
  off.breaker_failures = 1001;
  EXPECT_EQ(code_of(console().change_stream("default", off)), errc::invalid);
  off.breaker_failures = 1;
  off.rate = start_rate{2'000'000, std::chrono::seconds{1}};
  EXPECT_EQ(code_of(console().change_stream("default", off)), errc::invalid);
  change.concurrency = 0;
  EXPECT_EQ(code_of(console().change_stream("default", change)), errc::invalid);
  EXPECT_EQ(code_of(console().change_stream("nowhere", more)), errc::not_found);
}

TEST_F(asking, PartitionsAndModeStayWhileTasksAreUnfinished) {
  stream_declaration mail;
  mail.name = "mail";
  mail.partitions = 4;
  must(console().create_stream(mail));
  auto row = task_of("t");
  row.stream = "mail";
  insert(row);
  stream_change more;
  more.partitions = 8;
  EXPECT_EQ(code_of(console().change_stream("mail", more)), errc::refused);
  stream_change one;
  one.mode = stream_mode::single;
  EXPECT_EQ(code_of(console().change_stream("mail", one)), errc::refused);
  EXPECT_EQ(stream("mail").partitions, 4);
  stream_change harmless;
  harmless.concurrency = 3;
  harmless.partitions = 4;
  must(console().change_stream("mail", harmless));
}

TEST_F(asking, PartitionsOfAnEmptyStreamCanChange) {
  stream_declaration mail;
  mail.name = "mail";
  mail.partitions = 4;
  must(console().create_stream(mail));
  const auto before = parts_of("mail");
  stream_change more;
  more.partitions = 8;
  must(console().change_stream("mail", more));
  EXPECT_THAT(parts_of("mail"), SizeIs(8));
  EXPECT_THAT(must(coordination().load()).partitions, SizeIs(16 + 1 + 8));
  auto row = task_of("t", "k");
  row.stream = "mail";
  const auto parts = parts_of("mail");
  EXPECT_THAT(parts, testing::Contains(must(tasks().insert({row})).at(0).part));
  more.partitions = 0;
  EXPECT_EQ(code_of(console().change_stream("default", more)), errc::invalid);
}

TEST_F(asking, AStreamIsPinnedToAnyNameAndUnpinned) {
  must(console().pin("lane", "never-seen", std::nullopt));
  EXPECT_EQ(stream("lane").pin, "never-seen");
  EXPECT_EQ(stream("lane").policy, pin_policy::strict);
  must(console().pin("lane", "n1", pin_policy::prefer));
  EXPECT_EQ(stream("lane").policy, pin_policy::prefer);
  must(console().pin("lane", std::nullopt, std::nullopt));
  EXPECT_EQ(stream("lane").pin, std::nullopt);
  EXPECT_EQ(code_of(console().pin("nowhere", "n1", std::nullopt)), errc::not_found);
}

TEST_F(asking, AStreamIsPausedForEverOrForATime) {
  must(console().pause("lane", std::nullopt));
  EXPECT_TRUE(stream("lane").paused);
  EXPECT_EQ(stream("lane").paused_until, std::nullopt);
  const auto until = store().now() + hours{1};
  must(console().pause("lane", until));
  EXPECT_TRUE(stream("lane").paused);
  EXPECT_EQ(stream("lane").paused_until, until);
  must(console().pause("lane", store().now() - hours{1}));
  EXPECT_FALSE(stream("lane").paused) << "over already";
  must(console().pause("lane", std::nullopt));
  must(console().resume("lane"));
  EXPECT_FALSE(stream("lane").paused);
  EXPECT_EQ(code_of(console().pause("nowhere", std::nullopt)), errc::not_found);
  EXPECT_EQ(code_of(console().resume("nowhere")), errc::not_found);
}

TEST_F(asking, OnlyAKnownNodeCanBeDrained) {
  must(console().drain("n1", true));
  EXPECT_TRUE(must(console().view()).rows.nodes.front().drain_wanted);
  EXPECT_EQ(code_of(console().drain("nobody", true)), errc::not_found);
}

}  // namespace
}  // namespace weir::conformance
