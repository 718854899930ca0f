// For programs that write to the same database with libpqxx: tasks that are enqueued if, and only if, the caller's
// own transaction commits.
//
// Opt-in and header-only: needs libpqxx 6.4 or 7. The connection needs the right to call weir.enqueue_many.
#pragma once

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include <pqxx/pqxx>

#include <weir/task.hpp>

namespace weir {

namespace detail {

/// RFC 3339, UTC, microseconds: what weir.enqueue_many takes as a time.
inline std::string instant_text(wall_time at) {
  const auto us = at.time_since_epoch().count();
  const auto below = (us % 1'000'000 + 1'000'000) % 1'000'000;
  const std::time_t seconds = static_cast<std::time_t>((us - below) / 1'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char day[40], text[64];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%06ldZ", day, static_cast<long>(below));
  return text;
}

inline nlohmann::json task_json(const new_task& task) {
  nlohmann::json one{{"name", task.name()}, {"data", task.data()}};
  if (task.key()) one["key"] = *task.key();
  if (task.stream()) one["stream"] = *task.stream();
  if (task.created_by()) one["created_by"] = *task.created_by();
  if (!task.traceparent().empty()) one["traceparent"] = task.traceparent();
  if (task.do_after()) one["do_after"] = instant_text(*task.do_after());
  return one;
}

}  // namespace detail

/// Enqueues tasks in the caller's transaction: all or none, ids in their order. They are durable, and are run, once
/// that transaction commits. Any thread, as far as its transaction belongs to it.
/// @param schema  of weir
/// Throws pqxx::sql_error where a task is refused, which names the task and what is wrong; the transaction can only
/// be rolled back then (or a pqxx::subtransaction around the call).
inline std::vector<std::int64_t> enqueue(pqxx::transaction_base& in, const std::vector<new_task>& tasks,
                                         const std::string& schema = "weir") {
  nlohmann::json all = nlohmann::json::array();
  for (const new_task& task : tasks) all.push_back(detail::task_json(task));
  const std::string text = all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::vector<std::int64_t> ids;
  // Not exec_params: in libpqxx 6.4 it does not begin a subtransaction, whose failure then undoes the whole.
  const auto rows =
      in.exec("select * from " + in.quote_name(schema) + ".enqueue_many(" + in.quote(text) + "::jsonb)");
  for (const auto& row : rows) {
    ids.push_back(row[0].as<std::int64_t>());
  }
  return ids;
}

/// The same for one task.
inline std::int64_t enqueue(pqxx::transaction_base& in, const new_task& task,
                            const std::string& schema = "weir") {
  return enqueue(in, std::vector<new_task>{task}, schema).front();
}

}  // namespace weir
