// Names and values of actions, as JSON.
#include "domain/operator_action.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "domain/duration_text.hpp"
#include "domain/names.hpp"
#include "domain/start_pace.hpp"
#include "domain/store_contents.hpp"
#include "domain/task_bounds.hpp"
#include "domain/time_text.hpp"

namespace weir::domain {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_bytes = 2000;
constexpr std::size_t most_ids = 20;
constexpr std::size_t most_wishes = 20;

std::string compact(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// Too long a text is kept as the beginning of what it was. (Escaping may double it, and a backslash takes two.)
std::string details_text(const ordered_json& value) {
  std::string text = compact(value);
  if (text.size() <= most_bytes) return text;
  std::size_t end = most_bytes / 4;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return compact(ordered_json{{"cut", text.substr(0, end)}});
}

operator_action action(std::string name, std::string object,
                       const ordered_json& details = ordered_json::object()) {
  return {std::move(name), std::move(object), details_text(details), {}};
}

const char* verb(task_request::what kind) {
  switch (kind) {
    case task_request::what::cancel: return "task.cancel";
    case task_request::what::retry: return "task.retry";
    case task_request::what::snooze: return "task.snooze";
  }
  return "task.order";
}

/// How many tasks, and which: by the filter that chose them, else the first ids.
ordered_json chosen(const std::vector<task_id>& tasks, const std::string& filter) {
  ordered_json out{{"tasks", tasks.size()}};
  if (!filter.empty()) {
    out["filter"] = ordered_json::parse(filter, nullptr, false);
    if (out["filter"].is_discarded()) out["filter"] = nullptr;
    return out;
  }
  if (tasks.size() == 1) return out;
  auto ids = ordered_json::array();
  for (std::size_t i = 0; i < std::min(tasks.size(), most_ids); ++i) ids.push_back(std::to_string(tasks[i]));
  out["ids"] = std::move(ids);
  return out;
}

std::string only(const std::vector<task_id>& tasks, const std::string& filter) {
  return filter.empty() && tasks.size() == 1 ? std::to_string(tasks.front()) : std::string{};
}

/// The reason of the first one, where people named the tasks and there was one for each. (A filter may mean tasks that
/// end meanwhile: the figures tell of them.)
template <class Answer, class Reason>
std::optional<error> reason_of_all(const std::vector<task_id>& tasks, const std::vector<Answer>& answers,
                                   const std::string& filter, const Reason& reason) {
  if (!filter.empty() || answers.empty() || answers.size() != tasks.size()) return std::nullopt;
  for (const Answer& one : answers)
    if (!reason(one)) return std::nullopt;
  error why = *reason(answers.front());
  why.message = "task " + std::to_string(tasks.front()) + " " + why.message;
  return why;
}

}  // namespace

operator_action resigning() { return action("leader.resign", ""); }
operator_action resigned(const term_row& ended) {
  return action("leader.resign", ended.node_name, {{"term", ended.fence.term}});
}

operator_action creating(const stream_declaration& wanted) {
  ordered_json details{{"mode", to_string(wanted.mode)}, {"partitions", wanted.partitions}};
  details["concurrency"] = wanted.concurrency;
  if (wanted.pin) {
    details["pin"] = *wanted.pin;
    details["pin_policy"] = to_string(wanted.policy);
  }
  return action("stream.create", wanted.name, details);
}

operator_action changing(const std::string& stream, const stream_change& change) {
  auto details = ordered_json::object();
  if (change.mode) details["mode"] = to_string(*change.mode);
  if (change.partitions) details["partitions"] = *change.partitions;
  if (change.concurrency) details["concurrency"] = *change.concurrency;
  if (change.policy) details["pin_policy"] = to_string(*change.policy);
  if (change.where) details["isolation"] = to_string(*change.where);
  if (change.handover_delay) details["handover_delay"] = format_duration(*change.handover_delay);
  if (change.async_finish) details["async_finish"] = *change.async_finish;
  if (change.notify) details["notify"] = *change.notify;
  if (change.rate) details["rate"] = change.rate->starts > 0 ? format_rate(*change.rate) : "off";
  if (change.breaker_failures) details["breaker.failures"] = *change.breaker_failures;
  if (change.breaker_pause) details["breaker.pause"] = format_duration(*change.breaker_pause);
  return action("stream.set", stream, details);
}

operator_action deleting(const std::string& stream) { return action("stream.delete", stream); }

operator_action moving(const std::string& stream, const std::vector<wish>& wishes) {
  auto moves = ordered_json::array();
  for (std::size_t i = 0; i < std::min(wishes.size(), most_wishes); ++i)
    moves.push_back({{"partition", wishes[i].part}, {"node", wishes[i].node}});
  return action("stream.move", stream, {{"moves", moves}});
}

operator_action pinning(const std::string& stream, const std::optional<std::string>& node,
                        std::optional<pin_policy> policy) {
  if (!node) return action("stream.unpin", stream);
  ordered_json details{{"node", *node}};
  if (policy) details["policy"] = to_string(*policy);
  return action("stream.pin", stream, details);
}

operator_action pausing(const char* kind, const std::string& name, const std::optional<wall_time>& until) {
  auto details = ordered_json::object();
  if (until) details["until"] = format_time(*until);
  return action(std::string{kind} + ".pause", name, details);
}
operator_action resuming(const char* kind, const std::string& name) {
  return action(std::string{kind} + ".resume", name);
}

operator_action draining(const std::string& node, bool wanted) {
  return action(wanted ? "node.drain" : "node.undrain", node);
}

operator_action reloading(const std::string& node, const std::vector<std::string>& applied,
                          const std::vector<std::string>& needs_restart) {
  return action("config.reload", node, {{"applied", applied}, {"needs_restart", needs_restart}});
}

std::optional<error> undone(order_answer answer) {
  switch (answer) {
    case order_answer::done:
    case order_answer::asked: return std::nullopt;
    case order_answer::ended: return error{errc::refused, "has ended"};
    case order_answer::running: return error{errc::refused, "is running: only cancel is for that"};
    case order_answer::unknown: break;
  }
  return error{errc::not_found, "does not exist"};
}
error not_requeued() { return {errc::refused, "has not ended, or does not exist"}; }

operator_action ordering(const task_order& what, const std::vector<order_answer>& answers,
                         const std::string& filter) {
  auto details = chosen(what.tasks, filter);
  if (what.not_before) details["until"] = format_time(*what.not_before);
  const auto count = [&](const char* name, order_answer one) {
    const auto n = std::count(answers.begin(), answers.end(), one);
    if (n > 0) details[name] = n;
  };
  count("done", order_answer::done);
  count("asked", order_answer::asked);
  count("ended", order_answer::ended);
  count("running", order_answer::running);
  count("unknown", order_answer::unknown);
  auto told = action(verb(what.kind), only(what.tasks, filter), details);
  told.undone = reason_of_all(what.tasks, answers, filter, undone);
  return told;
}

operator_action requeueing(const std::vector<task_id>& tasks, const std::vector<task_id>& made,
                           const std::string& filter) {
  auto details = chosen(tasks, filter);
  const auto n = std::count_if(made.begin(), made.end(), [](task_id id) { return id != 0; });
  if (!made.empty()) details["made"] = n;
  if (made.size() == 1 && made.front() != 0) details["new_id"] = std::to_string(made.front());
  auto told = action("task.requeue", only(tasks, filter), details);
  told.undone = reason_of_all(
      tasks, made, filter, [](task_id id) { return id == 0 ? std::optional{not_requeued()} : std::nullopt; });
  return told;
}

operator_action scheduling(const schedule_declaration& wanted) {
  ordered_json details{{"task", wanted.task}};
  if (wanted.cron.empty()) {
    details["every"] = format_duration(wanted.every);
  } else {
    details["cron"] = wanted.cron;
    details["zone"] = wanted.zone;
  }
  details["missed"] = to_string(wanted.missed);
  return action("schedule.add", wanted.name, details);
}
operator_action unscheduling(const std::string& schedule) { return action("schedule.remove", schedule); }
operator_action triggering(const std::string& schedule, std::optional<task_id> made) {
  auto details = ordered_json::object();
  if (made) details["task"] = std::to_string(*made);
  return action("schedule.trigger", schedule, details);
}

operator_action resyncing(const std::string& controller) { return action("cdc.resync", controller); }

operator_action migrating(int from, int to, const std::vector<std::string>& applied) {
  return action("db.migrate", "", {{"from", from}, {"to", to}, {"applied", applied}});
}
operator_action adopting() { return action("db.adopt", ""); }
operator_action importing(const std::string& table, std::int64_t tasks, std::int64_t ended,
                          const std::string& renamed) {
  ordered_json details{{"tasks", tasks}, {"history", ended}};
  if (!renamed.empty()) details["renamed"] = renamed;
  return action("db.import", table, details);
}
operator_action copying(const std::string& store, const task_totals& tasks) {
  return action(
      "db.copy", store,
      {{"tasks", tasks.unfinished}, {"failed", tasks.failed}, {"history", tasks.done + tasks.cancelled}});
}
operator_action granting(const std::string& role, const std::string& grantee, bool given) {
  return action(given ? "db.grant" : "db.revoke", grantee, {{"role", role}});
}

std::string result_text(const operator_action& what, const std::optional<error>& failure) {
  const std::optional<error>& why = failure ? failure : what.undone;
  return why ? std::string{to_string(why->code)} + ": " + why->message : "ok";
}

bool is_noted(const std::optional<error>& why) {
  if (!why) return true;
  return why->code == errc::not_found || why->code == errc::refused || why->code == errc::conflict ||
         why->code == errc::timeout;
}

std::string added_up(const std::string& so_far, const std::string& more) {
  auto sum = ordered_json::parse(so_far);
  const auto added = ordered_json::parse(more);
  for (const auto& [key, value] : added.items()) {
    if (!sum.contains(key)) {
      sum[key] = value;
    } else if (sum[key].is_number_integer() && value.is_number_integer()) {
      sum[key] = sum[key].get<std::int64_t>() + value.get<std::int64_t>();
    }
  }
  return compact(sum);
}

}  // namespace weir::domain
