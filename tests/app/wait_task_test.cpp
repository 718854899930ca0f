// Waiting for a task: its end, its successors, a database that is away.
#include "app/cli/wait_task.hpp"

#include <map>
#include <sstream>

#include <gtest/gtest.h>

namespace weir::app {
namespace {

using std::chrono::milliseconds;

// Tasks as a script: each look at a task takes its next answer; the last one stays.
class scripted_store final : public console_store {
 public:
  std::map<task_id, std::vector<result<task_record>>> looks;
  std::map<task_id, task_id> successors;
  int reconnects = 0;

  result<task_record> task(task_id id) override {
    auto& answers = looks.at(id);
    auto answer = answers.front();
    if (answers.size() > 1) answers.erase(answers.begin());
    return answer;
  }
  result<std::optional<task_id>> successor(task_id id) override {
    const auto found = successors.find(id);
    if (found == successors.end()) return std::optional<task_id>{};
    return std::optional<task_id>{found->second};
  }
  result<void> reconnect() override {
    ++reconnects;
    return {};
  }

  void act_as(operator_identity) override {}
  result<audit_page> audit(const audit_filter&) override { return unused(); }
  result<cluster_view> view() override { return unused(); }
  result<catalog> rows() override { return unused(); }
  result<std::vector<term_row>> leaders(int) override { return unused(); }
  result<std::vector<owner_record>> owners(const std::string&, int) override { return unused(); }
  result<term_row> resign_leader() override { return unused(); }
  result<std::vector<inserted>> enqueue(const std::vector<insert_row>&) override { return unused(); }
  result<std::optional<std::vector<task_id>>> answered(const std::string&) override { return unused(); }
  result<task_page> tasks(const task_filter&) override { return unused(); }
  result<std::vector<attempt_record>> attempts(task_id) override { return unused(); }
  result<task_facts> facts(task_id) override { return unused(); }
  result<work_left> left_for(node_id) override { return unused(); }
  result<std::int64_t> count_unfinished(const std::string&, std::int64_t) override { return unused(); }
  result<std::int64_t> count_ended() override { return unused(); }
  result<void> create_stream(const stream_declaration&) override { return unused(); }
  result<void> change_stream(const std::string&, const stream_change&) override { return unused(); }
  result<void> delete_stream(const std::string&) override { return unused(); }
  result<void> wish_for(const std::vector<wish>&) override { return unused(); }
  result<void> pin(const std::string&, const std::optional<std::string>&,
                   std::optional<weir::pin_policy>) override {
    return unused();
  }
  result<void> pause(const std::string&, const std::optional<wall_time>&) override { return unused(); }
  result<void> resume(const std::string&) override { return unused(); }
  result<void> pause_name(const std::string&, const std::optional<wall_time>&) override { return unused(); }
  result<void> resume_name(const std::string&) override { return unused(); }
  result<std::vector<order_answer>> order(const task_order&) override { return unused(); }
  result<std::vector<task_id>> requeue(const std::vector<task_id>&, const std::string&) override {
    return unused();
  }
  result<void> drain(const std::string&, bool) override { return unused(); }
  result<void> note_reload(const std::string&, const std::vector<std::string>&,
                           const std::vector<std::string>&) override {
    return unused();
  }
  result<task_id_page> ids(const task_filter&) override { return unused(); }
  result<std::vector<task_id>> unfinished(const task_filter&, int) override { return unused(); }
  result<bounded_count> unfinished_at_least(const task_filter&, int) override { return unused(); }
  result<std::vector<error_group>> errors(int) override { return unused(); }

 private:
  static error unused() { return {errc::internal, "not part of the script"}; }
};

class WaitTask : public testing::Test {
 protected:
  static task_record in_state(task_id id, task_state state) {
    task_record out;
    out.id = id;
    out.state = state;
    return out;
  }

  wait_result wait(task_id id, std::optional<milliseconds> limit = {}) {
    std::istringstream in;
    std::ostringstream out;
    io surroundings{in, out, out};
    surroundings.ticks = [this] { return boot_time{waited_}; };
    surroundings.pause = [this](milliseconds time) {
      longest_ = std::max(longest_, time);
      waited_ += time;
      return true;
    };
    return wait_for_task(surroundings, store_, id, limit);
  }

  scripted_store store_;
  milliseconds waited_{0};
  milliseconds longest_{0};
};

TEST_F(WaitTask, EndsWithTheTask) {
  store_.looks[1] = {in_state(1, task_state::ready), in_state(1, task_state::in_progress),
                     in_state(1, task_state::done)};
  EXPECT_EQ(wait(1).code, exit_code::ok);
  store_.looks[1] = {in_state(1, task_state::failed)};
  EXPECT_EQ(wait(1).code, exit_code::failed);
  store_.looks[1] = {in_state(1, task_state::cancelled)};
  EXPECT_EQ(wait(1).code, exit_code::failed) << "cancelled without a successor";
}

TEST_F(WaitTask, FollowsSuccessorsToTheLast) {
  store_.looks[1] = {in_state(1, task_state::ready), in_state(1, task_state::cancelled)};
  store_.looks[4] = {in_state(4, task_state::cancelled)};
  store_.looks[9] = {in_state(9, task_state::ready), in_state(9, task_state::done)};
  store_.successors = {{1, 4}, {4, 9}};
  const auto ended = wait(1);
  EXPECT_EQ(ended.code, exit_code::ok);
  EXPECT_EQ(ended.last.id, 9);
}

TEST_F(WaitTask, IsLateAtItsLimitAndNotBefore) {
  store_.looks[1] = {in_state(1, task_state::retry)};
  const auto ended = wait(1, milliseconds{3000});
  EXPECT_EQ(ended.code, exit_code::late);
  EXPECT_EQ(ended.last.state, task_state::retry);
  EXPECT_GE(waited_, milliseconds{3000});
  EXPECT_LE(waited_, milliseconds{3010});
  EXPECT_LE(longest_, milliseconds{500}) << "looks at least twice a second";
}

TEST_F(WaitTask, WaitsForADatabaseThatIsAway) {
  const error away{errc::unavailable, "gone"};
  store_.looks[1] = {away, away, in_state(1, task_state::done)};
  EXPECT_EQ(wait(1).code, exit_code::ok);
  EXPECT_EQ(store_.reconnects, 2);
}

TEST_F(WaitTask, GivesUpOnWhatWaitingDoesNotMend) {
  store_.looks[1] = {error{errc::not_found, "there is no task 1"}};
  const auto ended = wait(1);
  EXPECT_EQ(ended.code, exit_code::not_found);
  EXPECT_EQ(ended.problem.message, "there is no task 1");
}

}  // namespace
}  // namespace weir::app
