#include "drivers/memory/contents.hpp"

#include <algorithm>

#include "domain/task_state.hpp"

namespace weir::memory {
namespace {

using domain::store_contents;

domain::stored_pause pause_of(bool forever, const std::optional<wall_time>& until) {
  return {forever, forever ? std::nullopt : until};
}

/// The letter of the result that ended it; 0 = none has.
char end_of(const world_rows& rows, task_id id) {
  const auto past = rows.attempts.find(id);
  if (past == rows.attempts.end()) return 0;
  for (const attempt_entry& one : past->second) {
    if (domain::is_final(static_cast<domain::run_result>(one.result))) return one.result;
  }
  return 0;
}

bool is_wanted(const world_rows& rows, const task_entry& task, char ended, bool history) {
  if (rows.streams.count(task.stream) == 0) return false;
  return ended == 0 || history ||
         domain::ended_by(static_cast<domain::run_result>(ended)) == task_state::failed;
}

domain::stored_task task_of(const world_rows& rows, const task_entry& entry, char ended) {
  domain::stored_task task;
  task.id = entry.id;
  task.stream = rows.streams.at(entry.stream).settings.name;
  task.name = entry.name;
  task.key = entry.key;
  task.data = entry.data;
  task.created_by = entry.created_by;
  task.traceparent = entry.traceparent;
  task.created_at = entry.created_at;
  task.do_after = entry.do_after;
  task.ended = ended;
  if (const auto past = rows.attempts.find(entry.id); past != rows.attempts.end()) {
    for (const attempt_entry& one : past->second)
      task.attempts.push_back({one.number, one.started_at, one.took, one.result, one.message});
  }
  if (ended != 0) return task;
  if (const auto home = rows.partitions.find(entry.part); home != rows.partitions.end()) {
    if (const auto open = home->second.open.find(entry.id); open != home->second.open.end()) {
      const open_entry& row = open->second;
      task.open = {row.state, row.due, row.since, row.attempts, row.crashes, row.runs, row.marked};
    }
  }
  if (const auto asked = rows.requests.find(entry.id); asked != rows.requests.end())
    task.request = {asked->second.kind, asked->second.due, asked->second.asked_by};
  return task;
}

wall_time last_sign(const world_rows& rows) {
  wall_time last{};
  for (const auto& [id, task] : rows.task_rows) last = std::max(last, task.created_at);
  for (const auto& [id, past] : rows.attempts) {
    for (const attempt_entry& one : past) last = std::max(last, one.started_at + one.took);
  }
  for (const auto& [id, home] : rows.partitions) {
    for (const auto& [task, open] : home.open) last = std::max(last, open.since);
  }
  for (const auto& [number, term] : rows.terms) last = std::max(last, term.row.elected_at);
  return last;
}

void add_settings(const world_rows& rows, store_contents& found) {
  for (const auto& [id, stream] : rows.streams)
    found.streams.push_back({stream.settings, pause_of(stream.paused_forever, stream.paused_until)});
  for (const auto& [name, stream] : rows.routes)
    found.routes.push_back({name, rows.streams.at(stream).settings.name});
  for (const auto& [name, until] : rows.paused_names)
    found.paused_names.push_back({name, pause_of(!until, until)});
  for (const auto& [name, one] : rows.schedules) {
    found.schedules.push_back({one.settings, one.since, one.next_at,
                               pause_of(one.paused_forever, one.paused_until), one.last_at, one.last_task});
  }
  for (const auto& [id, one] : rows.cdc) {
    domain::stored_controller controller{one.row, {}};
    for (const auto& [object, kept] : one.hashes)
      controller.objects.push_back({object, kept.hash, kept.round});
    found.controllers.push_back(std::move(controller));
  }
}

}  // namespace

store_contents contents_of(const world_rows& rows, bool history) {
  store_contents found;
  found.server = rows.counted.server;
  if (const auto last = rows.nodes.rbegin(); last != rows.nodes.rend()) {
    found.node = last->second.facts.name;
    found.version = last->second.facts.version;
  }
  found.last_sign = last_sign(rows);
  add_settings(rows, found);
  for (const auto& [id, task] : rows.task_rows) {
    const char ended = end_of(rows, id);
    const bool wanted = is_wanted(rows, task, ended, history);
    (wanted ? found.tasks : found.left).add(ended);
    if (!wanted) continue;
    const std::string& stream = rows.streams.at(task.stream).settings.name;
    const auto home = std::find_if(found.streams.begin(), found.streams.end(),
                                   [&](const auto& one) { return one.settings.name == stream; });
    home->used = true;
  }
  found.next_tasks = [&rows, history, at = rows.task_rows.begin()](std::size_t most) mutable {
    std::vector<domain::stored_task> some;
    for (; at != rows.task_rows.end() && some.size() < most; ++at) {
      const char ended = end_of(rows, at->first);
      if (is_wanted(rows, at->second, ended, history)) some.push_back(task_of(rows, at->second, ended));
    }
    return some;
  };
  return found;
}

}  // namespace weir::memory
