// What is unfinished, and what goes wrong: told at a cost that does not grow with history.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class errors_and_leftovers : public conformance {
 protected:
  /// Its first run failed for good, or asks for another one.
  void fails(const task_row& row, char letter, const std::string& message) {
    auto end = result_row(row, letter, 1, message);
    if (letter != 'f') {
      end.open = finish_row::open_change::put;
      end.open_state = 'r';
      end.due_in = std::chrono::hours{1};
      end.runs = end.attempts = 1;
    }
    finish({end});
  }
  std::vector<task_id> unfinished(const task_filter& filter, int most = 100) {
    return must(console().unfinished(filter, most));
  }
};

TEST_F(errors_and_leftovers, UnfinishedTasksAreThoseUnreadAndThoseInOpen) {
  own_lane();
  for (int i = 0; i < 4; ++i) insert(lane_task("t"));
  const auto rows = read_all(lane_);
  finish({result_row(rows.at(0), 'd'), open_row(rows.at(1), 'w', std::chrono::hours{1})});
  const auto late = insert(lane_task("t"));
  EXPECT_THAT(unfinished({}), ElementsAre(rows[1].id, rows[2].id, rows[3].id, late));
  EXPECT_THAT(unfinished({}, 2), ElementsAre(rows[1].id, rows[2].id));
}

TEST_F(errors_and_leftovers, UnfinishedTasksAreFoundByStreamNameAndKey) {
  own_lane();
  const auto a = insert(lane_task("a", "1"));
  const auto b = insert(task_of("b", "1"));
  const auto c = insert(task_of("b", "2"));
  const auto d = insert(task_of("b"));
  finish({open_row(read_all(lane_).at(0), 'w', std::chrono::hours{1})});
  const auto by = [](auto change) {
    task_filter filter;
    change(filter);
    return filter;
  };
  EXPECT_THAT(unfinished(by([](auto& f) { f.stream = "lane"; })), ElementsAre(a));
  EXPECT_THAT(unfinished(by([](auto& f) { f.stream = "default"; })), ElementsAre(b, c, d));
  EXPECT_THAT(unfinished(by([](auto& f) { f.stream = "nowhere"; })), IsEmpty());
  EXPECT_THAT(unfinished(by([](auto& f) { f.name = "b"; })), ElementsAre(b, c, d));
  EXPECT_THAT(unfinished(by([](auto& f) { f.key = "1"; })), ElementsAre(a, b));
  EXPECT_THAT(unfinished(by([](auto& f) { f.name = "b", f.key = "2"; })), ElementsAre(c));
}

TEST_F(errors_and_leftovers, UnfinishedTasksAreCountedByEverythingUpToABound) {
  own_lane();
  insert(lane_task("a", "1"));
  insert(lane_task("a", "2"));
  insert(lane_task("b"));
  const auto rows = read_all(lane_);
  insert(lane_task("a", "1"));
  insert(task_of("b", "1"));
  finish({result_row(rows.at(0), 'd'), open_row(rows.at(1), 'w', std::chrono::hours{1}),
          open_row(rows.at(2), 'r', std::chrono::hours{1})});
  const auto counted = [this](auto change, int most = 100) {
    task_filter filter;
    change(filter);
    const bounded_count found = must(console().unfinished_at_least(filter, most));
    return std::to_string(found.count) + (found.capped ? "+" : "");
  };
  EXPECT_EQ(counted([](auto&) {}), "4");
  EXPECT_EQ(counted([](auto&) {}, 3), "3+");
  EXPECT_EQ(counted([](auto& f) { f.stream = "lane"; }), "3");
  EXPECT_EQ(counted([](auto& f) { f.stream = "nowhere"; }), "0");
  EXPECT_EQ(counted([](auto& f) { f.name = "a"; }), "2");
  EXPECT_EQ(counted([](auto& f) { f.key = "1"; }), "2");
  EXPECT_EQ(counted([](auto& f) { f.name = "a", f.key = "2"; }), "1");
  EXPECT_EQ(counted([](auto& f) { f.states = {task_state::ready}; }), "3");
  EXPECT_EQ(counted([](auto& f) { f.states = {task_state::retry}; }), "1");
  EXPECT_EQ(counted([](auto& f) { f.states = {task_state::in_progress, task_state::done}; }), "0");
}

TEST_F(errors_and_leftovers, ErrorsOfOneNameThatSayTheSameAreOneGroup) {
  own_lane();
  for (const char* name : {"a", "a", "a", "b", "a"}) insert(lane_task(name));
  const auto rows = read_all(lane_);
  fails(rows.at(0), 'f', "no such customer");
  fails(rows.at(1), 'f', "no such customer");
  fails(rows.at(2), 'r', "partner is away");
  fails(rows.at(3), 't', "timed out");
  finish({result_row(rows.at(4), 'd', 1, "fine")});
  const auto groups = must(console().errors(10));
  ASSERT_THAT(groups, SizeIs(3));
  for (const auto& group : groups) {
    if (group.message == "no such customer") {
      EXPECT_EQ(group.name, "a");
      EXPECT_EQ(group.result, 'f');
      EXPECT_EQ(group.count, 2);
      EXPECT_EQ(group.last_task, rows[1].id);
      EXPECT_GT(group.last_at, wall_time{});
    } else {
      EXPECT_EQ(group.result, group.name == "b" ? 't' : 'r') << group.message;
      EXPECT_EQ(group.count, 1);
    }
  }
  EXPECT_THAT(must(console().errors(2)), SizeIs(2));
}

TEST_F(errors_and_leftovers, ATaskThatSucceededAfterItsRetryIsNoError) {
  own_lane();
  insert(lane_task("a"));
  const auto row = read_all(lane_).at(0);
  fails(row, 'r', "partner is away");
  ASSERT_THAT(must(console().errors(10)), SizeIs(1));
  auto done = result_row(row, 'd', 2);
  done.open = finish_row::open_change::remove;
  finish({done});
  EXPECT_THAT(must(console().errors(10)), IsEmpty());
}

}  // namespace
}  // namespace weir::conformance
