// The stores of commands with a node's API behind them. Errors are those that the API's problems stand for; what it
// does not offer is invalid.
#pragma once

#include <string>
#include <vector>

#include <weir/driver.hpp>

#include "app/cli/invocation.hpp"
#include "app/cli/status_warnings.hpp"

namespace weir::app {

/// Paths are below /api/v1.
class remote_api {
 public:
  explicit remote_api(invocation& call) : call_(call) {}

  result<std::string> get(const std::string& path);
  result<void> post(const std::string& path, const std::string& body = {});
  result<ordered_json> post_json(const std::string& path, const std::string& body = {});
  invocation& call() { return call_; }

 private:
  invocation& call_;
};

class remote_console final : public console_store {
 public:
  explicit remote_console(invocation& call) : api_(call) {}

  /// Those that the cluster of the last view had.
  const std::vector<warning>& warnings() const { return warnings_; }

  result<void> reconnect() override { return {}; }
  void act_as(operator_identity) override {}  // the API knows by the token
  result<audit_page> audit(const audit_filter& filter) override;
  result<cluster_view> view() override;
  result<catalog> rows() override;
  result<std::vector<term_row>> leaders(int limit) override;
  result<std::vector<owner_record>> owners(const std::string& stream, int limit) override;
  result<term_row> resign_leader() override;
  result<std::vector<inserted>> enqueue(const std::vector<insert_row>& rows) override;
  result<std::optional<std::vector<task_id>>> answered(const std::string& token) override;
  result<task_page> tasks(const task_filter& filter) override;
  result<task_id_page> ids(const task_filter& filter) override;
  result<task_record> task(task_id id) override;
  result<std::vector<attempt_record>> attempts(task_id id) override;
  result<std::vector<order_answer>> order(const task_order& what) override;
  result<std::vector<task_id>> requeue(const std::vector<task_id>& tasks, const std::string& who) override;
  result<std::optional<task_id>> successor(task_id id) override;
  result<task_facts> facts(task_id id) override;
  result<work_left> left_for(node_id me) override;
  result<std::int64_t> count_unfinished(const std::string& name, std::int64_t cap) override;
  result<std::int64_t> count_ended() override;
  result<std::vector<task_id>> unfinished(const task_filter& filter, int most) override;
  result<bounded_count> unfinished_at_least(const task_filter& filter, int most) override;
  result<std::vector<error_group>> errors(int limit) override;
  result<void> create_stream(const stream_declaration& wanted) override;
  result<void> change_stream(const std::string& name, const stream_change& change) override;
  result<void> delete_stream(const std::string& name) override;
  result<void> wish_for(const std::vector<wish>& wishes) override;
  result<void> pin(const std::string& name, const std::optional<std::string>& node,
                   std::optional<pin_policy> policy) override;
  result<void> pause(const std::string& name, const std::optional<wall_time>& until) override;
  result<void> resume(const std::string& name) override;
  result<void> pause_name(const std::string& name, const std::optional<wall_time>& until) override;
  result<void> resume_name(const std::string& name) override;
  result<void> drain(const std::string& node, bool wanted) override;
  result<void> note_reload(const std::string& node, const std::vector<std::string>& applied,
                           const std::vector<std::string>& needs_restart) override;

 private:
  remote_api api_;
  std::vector<warning> warnings_;
};

class remote_schedules final : public schedule_store {
 public:
  explicit remote_schedules(invocation& call) : api_(call) {}

  result<void> reconnect() override { return {}; }
  result<std::vector<std::string>> declare(node_id me,
                                           const std::vector<schedule_declaration>& wanted) override;
  result<due_schedules> due(int limit) override;
  result<std::optional<std::vector<task_id>>> fire(node_id me, leader_term term,
                                                   const schedule_firing& what) override;
  void act_as(operator_identity) override {}
  result<std::vector<schedule_row>> list() override;
  result<schedule_row> find(const std::string& name) override;
  result<void> add(const schedule_declaration& wanted) override;
  result<void> remove(const std::string& name) override;
  result<void> pause(const std::string& name, const std::optional<wall_time>& until) override;
  result<void> resume(const std::string& name) override;
  result<task_id> trigger(const std::string& name, const std::string& who) override;

 private:
  remote_api api_;
};

}  // namespace weir::app
