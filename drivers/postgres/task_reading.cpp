// Polls, pages and take-overs; promotion; the question for newer tasks.
#include <algorithm>

#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/task_statements.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

/// part_id, id, xid, name, key, data, created_by, created, trace: from column `at` on.
task_row task_of(const pqxx::row& row, pqxx::row::size_type at) {
  task_row task;
  task.part = number<part_id>(row[at]);
  task.id = number(row[at + 1]);
  task.xid = number<transaction_id>(row[at + 2]);
  task.name = text(row[at + 3]);
  task.key = maybe_text(row[at + 4]);
  task.data = text(row[at + 5]);
  task.created_by = text(row[at + 6]);
  task.created_at = instant(row[at + 7]);
  task.traceparent = text(row[at + 8]);
  return task;
}

bool in_reading_order(const task_row& a, const task_row& b) {
  if (a.part != b.part) return a.part < b.part;
  return a.xid != b.xid ? a.xid < b.xid : a.id < b.id;
}

}  // namespace

result<read_reply> read_tasks(session& on, const std::vector<read_request>& requests) {
  array_text parts, epochs, seens, uptos, at_xids, at_ids, recovers, limits;
  for (const read_request& one : requests) {
    parts.add(one.held.part);
    epochs.add(one.held.epoch);
    seens.add(one.position.seen);
    uptos.add(one.position.upto);
    at_xids.add(one.position.at_xid);
    at_ids.add(one.position.at_id);
    recovers.add(one.recover);
    limits.add(one.limit);
  }
  const auto rows = on.run(
      sql::read_tasks,
      parameters{}.add(parts).add(epochs).add(seens).add(uptos).add(at_xids).add(at_ids).add(recovers).add(
          limits),
      effect::reads);
  if (!rows) return rows.error();
  read_reply reply;
  reply.rows.reserve(row_count(*rows));
  for (const auto& row : *rows) {
    if (!row[0].is_null()) {
      reply.taken = text(row[0]);
      continue;
    }
    task_row task = task_of(row, 1);
    task.due_in = maybe_ms(row[10]);
    reply.rows.push_back(std::move(task));
  }
  // each partition's rows come sorted; the partitions come in the order of the requests
  if (!std::is_sorted(reply.rows.begin(), reply.rows.end(), in_reading_order)) {
    std::sort(reply.rows.begin(), reply.rows.end(), in_reading_order);
  }
  return reply;
}

result<promote_reply> promote_tasks(session& on, const std::vector<promote_request>& requests) {
  array_text parts, epochs, after_dues, after_ids, limits;
  for (const promote_request& one : requests) {
    parts.add(one.held.part);
    epochs.add(one.held.epoch);
    after_dues.add(std::int64_t{one.after_due.count()});
    after_ids.add(one.after_id);
    limits.add(one.limit);
  }
  const auto rows =
      on.run(sql::promote_tasks,
             parameters{}.add(parts).add(epochs).add(after_dues).add(after_ids).add(limits), effect::reads);
  if (!rows) return rows.error();
  promote_reply reply;
  for (const auto& row : *rows) {
    if (row[1].is_null()) {
      reply.next_due.emplace_back(number<part_id>(row[0]), maybe_ms(row[13]));
      continue;
    }
    task_row task = task_of(row, 0);
    task.attempts = number<int>(row[9]);
    task.crashes = number<int>(row[10]);
    task.runs = number<int>(row[11]);
    task.due_order = std::chrono::microseconds{number(row[12])};
    task.open = true;
    if (!row[14].is_null())
      task.left =
          left_run{number(row[14]), instant(row[15]), *maybe_ms(row[16]), flag(row[17]), text(row[18])};
    reply.rows.push_back(std::move(task));
  }
  std::sort(reply.rows.begin(), reply.rows.end(), [](const task_row& a, const task_row& b) {
    if (a.part != b.part) return a.part < b.part;
    return a.due_order != b.due_order ? a.due_order < b.due_order : a.id < b.id;
  });
  return reply;
}

result<std::vector<newer_reply>> newer_tasks(session& on, const std::vector<newer_request>& asked,
                                             const std::vector<task_id>& running) {
  array_text parts, ids, names, keys, started;
  for (const newer_request& one : asked) {
    parts.add(one.part);
    ids.add(one.id);
    names.add(one.name);
    keys.add(one.key);
  }
  for (const task_id id : running) started.add(id);
  const auto rows = on.run(sql::newer_tasks,
                           parameters{}.add(parts).add(ids).add(names).add(keys).add(started), effect::reads);
  if (!rows) return rows.error();
  std::vector<newer_reply> reply;
  for (const auto& row : *rows) reply.push_back({number(row[0]), number(row[1])});
  return reply;
}

result<std::vector<task_request>> read_requests(session& on, const std::vector<request_page>& pages,
                                                int limit) {
  array_text parts, afters;
  for (const request_page& one : pages) {
    parts.add(one.held.part);
    afters.add(one.after);
  }
  const auto rows = on.run(sql::read_requests, parameters{}.add(parts).add(afters).add(limit), effect::reads);
  if (!rows) return rows.error();
  std::vector<task_request> found;
  for (const auto& row : *rows) {
    task_request one;
    one.id = number(row[0]);
    one.part = number<part_id>(row[1]);
    one.task = number(row[2]);
    one.kind = static_cast<task_request::what>(text(row[3]).at(0));
    one.due_in = maybe_ms(row[4]).value_or(std::chrono::milliseconds{0});
    one.asked_by = text(row[5]);
    one.name = text(row[6]);
    one.key = maybe_text(row[7]);
    one.ended = flag(row[8]);
    one.open = !row[9].is_null();
    if (one.open) {
      one.attempts = number<int>(row[9]);
      one.crashes = number<int>(row[10]);
      one.runs = number<int>(row[11]);
    }
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace weir::postgres
