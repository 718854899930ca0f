// What the audit says of each action of an operator: its name, what it is done to, with which values. The one place
// where actions are named; drivers write down what stands here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>
#include <weir/driver/schedule_types.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir::domain {

struct task_totals;

struct operator_action {
  std::string name;               ///< as "stream.pause"
  std::string object;             ///< a name or an id; "" = none, or many
  std::string details = "{}";     ///< a JSON object of at most 2,000 bytes
  std::optional<error> undone{};  ///< why nothing was done, though the store did answer
};

operator_action resigning();
operator_action resigned(const term_row& ended);
operator_action creating(const stream_declaration& wanted);
operator_action changing(const std::string& stream, const stream_change& change);
operator_action deleting(const std::string& stream);
operator_action moving(const std::string& stream, const std::vector<wish>& wishes);
operator_action pinning(const std::string& stream, const std::optional<std::string>& node,
                        std::optional<pin_policy> policy);
/// @param kind  "stream", "task" (a task name) or "schedule"
operator_action pausing(const char* kind, const std::string& name, const std::optional<wall_time>& until);
operator_action resuming(const char* kind, const std::string& name);
operator_action draining(const std::string& node, bool wanted);
operator_action reloading(const std::string& node, const std::vector<std::string>& applied,
                          const std::vector<std::string>& needs_restart);
/// Why nothing was done for a task ("has ended"); nothing: it was, or its owner was asked.
std::optional<error> undone(order_answer answer);
/// The same of a copy that was not made.
error not_requeued();
/// @param answers  of the store; empty: it refused all
/// @param filter   see operator_identity
operator_action ordering(const task_order& what, const std::vector<order_answer>& answers,
                         const std::string& filter);
/// @param made  the new ids, 0 = none; empty: the store refused
operator_action requeueing(const std::vector<task_id>& tasks, const std::vector<task_id>& made,
                           const std::string& filter);
/// Its rule only: a task's data is nobody's business here.
operator_action scheduling(const schedule_declaration& wanted);
operator_action unscheduling(const std::string& schedule);
operator_action triggering(const std::string& schedule, std::optional<task_id> made);
operator_action resyncing(const std::string& controller);
/// @param applied  names of migrations
operator_action migrating(int from, int to, const std::vector<std::string>& applied);
operator_action adopting();
operator_action importing(const std::string& table, std::int64_t tasks, std::int64_t ended,
                          const std::string& renamed);
/// @param store  its file
operator_action copying(const std::string& store, const task_totals& tasks);
operator_action granting(const std::string& role, const std::string& grantee, bool given);

/// The result as the audit tells it: "ok", or "refused: ..." and the like.
/// @param failure  the error that the store answered with, or none
std::string result_text(const operator_action& what, const std::optional<error>& failure);
/// True for what is written down: done, or refused for a reason that people should see. What was malformed was no
/// action, and what is not known to have happened cannot be told.
bool is_noted(const std::optional<error>& why);

/// Adds the figures of `more` to those of `so_far`, both JSON objects of one action: see operator_identity::request.
std::string added_up(const std::string& so_far, const std::string& more);

}  // namespace weir::domain
