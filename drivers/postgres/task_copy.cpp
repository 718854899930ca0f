#include "drivers/postgres/task_copy.hpp"

#include <utility>

#include "drivers/postgres/fields.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

/// Rows of one statement: some hundred KB for usual tasks, and a line of progress often enough.
constexpr std::size_t rows_at_once = 1000;
/// With data of a MiB each a statement stays far below the GiB that a parameter can have.
constexpr std::size_t bytes_at_once = std::size_t{16} << 20U;

}  // namespace

result<void> put(const session::step& run, const sql::statement& what, const parameters& with) {
  if (const auto done = run(what, with); !done) return done.error();
  return {};
}

task_copy::task_copy(const session::step& run, domain::store_contents& from) : run_(run), from_(from) {}

std::map<task_id, task_id> task_copy::last_of_schedules() const {
  std::map<task_id, task_id> known;
  for (const auto& [was, is] : new_ids_) {
    if (is != 0) known.emplace(was, is);
  }
  return known;
}

result<void> task_copy::all(node_id first_owner, const std::function<void(std::int64_t)>& progress) {
  for (const domain::stored_schedule& one : from_.schedules) {
    if (one.last_task != 0) new_ids_[one.last_task] = 0;
  }
  std::vector<domain::stored_task> some;
  for (auto more = from_.next_tasks(rows_at_once); !more.empty(); more = from_.next_tasks(rows_at_once)) {
    std::size_t bytes = 0;
    for (domain::stored_task& task : more) {
      bytes += task.data.size();
      some.push_back(std::move(task));
      if (bytes < bytes_at_once) continue;
      if (auto done = some_tasks(some); !done) return done;
      some.clear();
      bytes = 0;
    }
    if (auto done = some_tasks(some); !done) return done;
    some.clear();
    progress(made_.all());
  }
  return write_totals(first_owner);
}

result<void> task_copy::some_tasks(const std::vector<domain::stored_task>& some) {
  if (some.empty()) return {};
  if (auto room = put(run_, sql::keep_room_for_copy); !room) return room;
  array_text streams, names, keys, datas, creators, created, due, traces;
  for (const domain::stored_task& task : some) {
    streams.add(task.stream);
    names.add(task.name);
    keys.add(task.key);
    datas.add(task.data);
    creators.add(task.created_by);
    created.add(microseconds_of(task.created_at));
    due.add(microseconds_of(task.do_after));
    traces.add(unless_empty(task.traceparent));
  }
  const auto placed =
      run_(sql::copy_tasks,
           parameters{}.add(streams).add(names).add(keys).add(datas).add(creators).add(created).add(due).add(
               traces));
  if (!placed) return placed.error();
  WEIR_ASSERT(row_count(*placed) == some.size());
  return what_belongs_to(some, *placed);
}

/// Attempts, rows of weir.open and requests of tasks that are in.
result<void> task_copy::what_belongs_to(const std::vector<domain::stored_task>& some,
                                        const pqxx::result& placed) {
  struct {
    array_text ids, parts, numbers, started, took, results, messages;
  } attempts;
  struct {
    array_text ids, parts, states, due, since, attempts, crashes, runs, marked, names, keys;
  } open;
  struct {
    array_text ids, parts, kinds, due, asked_by;
  } requests;
  for (std::size_t i = 0; i < some.size(); ++i) {
    const domain::stored_task& task = some[i];
    const auto row = placed[static_cast<pqxx::result::size_type>(i)];
    const auto id = number<task_id>(row[0]);
    const auto part = number<part_id>(row[1]);
    count(task, id, part);
    for (const domain::stored_attempt& one : task.attempts) {
      attempts.ids.add(id);
      attempts.parts.add(part);
      attempts.numbers.add(one.number);
      attempts.started.add(microseconds_of(one.started_at));
      attempts.took.add(std::int64_t{one.took.count()});
      attempts.results.add(std::string(1, one.result));
      attempts.messages.add(one.message);
    }
    if (task.open) {
      open.ids.add(id);
      open.parts.add(part);
      open.states.add(std::string(1, task.open->state));
      open.due.add(microseconds_of(task.open->due));
      open.since.add(microseconds_of(task.open->since));
      open.attempts.add(task.open->attempts);
      open.crashes.add(task.open->crashes);
      open.runs.add(task.open->runs);
      open.marked.add(task.open->marked);
      open.names.add(task.name);
      open.keys.add(task.key);
    }
    if (task.request) {
      requests.ids.add(id);
      requests.parts.add(part);
      requests.kinds.add(std::string(1, static_cast<char>(task.request->kind)));
      requests.due.add(microseconds_of(task.request->due));
      requests.asked_by.add(task.request->asked_by);
    }
  }
  auto done = put(run_, sql::copy_attempts,
                  parameters{}
                      .add(attempts.ids)
                      .add(attempts.parts)
                      .add(attempts.numbers)
                      .add(attempts.started)
                      .add(attempts.took)
                      .add(attempts.results)
                      .add(attempts.messages));
  if (!done) return done;
  done = put(run_, sql::copy_open,
             parameters{}
                 .add(open.ids)
                 .add(open.parts)
                 .add(open.states)
                 .add(open.due)
                 .add(open.since)
                 .add(open.attempts)
                 .add(open.crashes)
                 .add(open.runs)
                 .add(open.marked)
                 .add(open.names)
                 .add(open.keys));
  if (!done) return done;
  return put(run_, sql::copy_requests,
             parameters{}
                 .add(requests.ids)
                 .add(requests.parts)
                 .add(requests.kinds)
                 .add(requests.due)
                 .add(requests.asked_by));
}

void task_copy::count(const domain::stored_task& task, task_id id, part_id part) {
  made_.add(task.ended);
  parts_[part].add(task.ended);
  if (const auto wanted = new_ids_.find(task.id); wanted != new_ids_.end()) wanted->second = id;
}

result<void> task_copy::write_totals(node_id first_owner) {
  array_text parts, done, failed, cancelled;
  for (const auto& [part, there] : parts_) {
    parts.add(part);
    done.add(there.done);
    failed.add(there.failed);
    cancelled.add(there.cancelled);
  }
  return put(run_, sql::copy_totals,
             parameters{}
                 .add(parts)
                 .add(done)
                 .add(failed)
                 .add(cancelled)
                 .add(first_owner)
                 .add(microseconds_of(from_.last_sign)));
}

}  // namespace weir::postgres
