#include "drivers/memory/ordering.hpp"

#include <algorithm>
#include <map>

#include "domain/execution.hpp"
#include "drivers/memory/inserting.hpp"
#include "drivers/memory/views.hpp"

namespace weir::memory {

namespace {

using kind = task_request::what;

int runs_of(const world& store, task_id id) {
  const auto at = store.attempts.find(id);
  int most = 0;
  if (at == store.attempts.end()) return most;
  for (const attempt_entry& past : at->second) most = std::max(most, past.number);
  return most;
}

/// In the place of an owner: nobody has one.
void decide(world& store, const task_order& what, const task_entry& task, partition_entry& home) {
  if (what.kind == kind::cancel) {
    attempt_entry end;
    end.number = runs_of(store, task.id) + 1;
    end.started_at = store.now();
    end.epoch = home.epoch;
    end.result = static_cast<char>(domain::run_result::cancel);
    end.message = "cancelled by " + what.who;
    home.open.erase(task.id);
    store.add_attempt(task.id, home, std::move(end));
    ++home.cancelled;
    return;
  }
  open_entry& row = home.open[task.id];
  row.epoch = home.epoch;
  row.state = 'w';
  row.marked = false;
  row.due = what.not_before.value_or(store.now());
  row.since = store.now();
  row.name = task.name;
  row.key = task.key;
}

order_answer order_one(world& store, const task_order& what, task_id id) {
  const auto task = store.task_rows.find(id);
  if (task == store.task_rows.end()) return order_answer::unknown;
  if (store.final_attempt(id) != nullptr) return order_answer::ended;
  partition_entry& home = store.partitions.change(task->second.part);
  if (home.owner == 0) {
    decide(store, what, task->second, home);
    return order_answer::done;
  }
  const auto open = home.open.find(id);
  const bool runs = open != home.open.end() && open->second.state == 'i' && open->second.epoch == home.epoch;
  if (runs && what.kind != kind::cancel) return order_answer::running;
  request_entry& request = store.requests[id];
  request = {store.next_request_id(), home.id, what.kind, what.not_before, what.who};
  return order_answer::asked;
}

}  // namespace

std::vector<order_answer> order_tasks(world& store, const task_order& what) {
  std::map<task_id, order_answer> decided;
  std::vector<order_answer> answers;
  for (const task_id id : what.tasks) {
    const auto known = decided.find(id);
    answers.push_back(known != decided.end() ? known->second : decided[id] = order_one(store, what, id));
  }
  return answers;
}

std::vector<task_request> requests_of(const world& store, const std::vector<request_page>& pages, int limit) {
  std::vector<task_request> found;
  for (const request_page& page : pages) {
    std::vector<task_request> of_part;
    for (const auto& [id, request] : store.requests) {
      if (request.part != page.held.part || request.id <= page.after) continue;
      const task_entry& task = store.task_rows.at(id);
      task_request one;
      one.id = request.id;
      one.part = request.part;
      one.task = id;
      one.kind = request.kind;
      if (request.due) one.due_in = until(store, *request.due);
      one.asked_by = request.asked_by;
      one.name = task.name;
      one.key = task.key;
      one.ended = store.final_attempt(id) != nullptr;
      const auto& open = store.partitions.at(request.part).open;
      if (const auto row = open.find(id); row != open.end()) {
        one.open = true;
        one.attempts = row->second.attempts;
        one.crashes = row->second.crashes;
        one.runs = row->second.runs;
      }
      of_part.push_back(std::move(one));
    }
    std::sort(of_part.begin(), of_part.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    if (of_part.size() > static_cast<std::size_t>(limit)) of_part.resize(static_cast<std::size_t>(limit));
    std::move(of_part.begin(), of_part.end(), std::back_inserter(found));
  }
  return found;
}

result<std::vector<task_id>> requeue_tasks(statement& now, const std::vector<task_id>& tasks,
                                           const std::string& who) {
  world& store = now.store();
  std::vector<insert_row> rows;
  std::vector<std::size_t> places;
  std::map<task_id, std::size_t> first;  // of each task; one that is named twice is copied once
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!first.emplace(tasks[i], i).second) continue;
    if (store.final_attempt(tasks[i]) == nullptr) continue;
    const task_entry& task = store.task_rows.at(tasks[i]);
    insert_row row;
    row.name = task.name;
    row.key = task.key;
    row.data = task.data;
    row.created_by = who;
    if (store.streams.count(task.stream) != 0) row.stream = store.stream_name(task.stream);
    rows.push_back(std::move(row));
    places.push_back(i);
  }
  std::vector<task_id> made(tasks.size(), 0);
  if (rows.empty()) return made;
  const auto added = insert_rows(now, rows);
  if (!added) return added.error();
  for (std::size_t n = 0; n < places.size(); ++n) made[places[n]] = (*added)[n].id;
  for (std::size_t i = 0; i < tasks.size(); ++i) made[i] = made[first.at(tasks[i])];
  return made;
}

}  // namespace weir::memory
