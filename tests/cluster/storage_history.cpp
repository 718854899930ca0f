#include "tests/cluster/storage_history.hpp"

#include <algorithm>

#include "domain/execution.hpp"

namespace weir::storage_test {
namespace {

std::string show(task_id id, const std::optional<std::string>& key) {
  return "task " + std::to_string(id) + (key ? " of key " + *key : "");
}

/// The task that superseded this one; 0 if none did.
task_id successor(const task_record& task) {
  static const std::string text = "superseded by ";
  return task.message && task.message->rfind(text, 0) == 0 ? std::stoll(task.message->substr(text.size()))
                                                           : 0;
}

bool ends(char result) { return domain::is_final(static_cast<domain::run_result>(result)); }

}  // namespace

void history::maybe_committed(const std::string& data, const std::optional<std::string>& key,
                              std::size_t batch) {
  promised_[data] = {key, ++step_, batch, false, false, 0};
}

void history::committed(const std::string& data) {
  promise& kept = promised_.at(data);
  kept.sure = true;
  kept.sure_from = ++step_;
}

void history::new_epoch(node_id incarnation, part_id part) {
  seen_.erase({incarnation, part});
  doomed_.erase({incarnation, part});
  started_.erase({incarnation, part});
}

void history::handed(node_id incarnation, part_id part, const std::string& name,
                     const std::optional<std::string>& key, task_id id) {
  delivered(incarnation, part, name, key, id);
  handed_.insert(id);
}

/// Between a handed task and others of its key more is promised than what the owner happened to have seen: an
/// older one that was committed before the newer one never starts after it.
void history::judge_handed(const run_told& run, const std::string& who) {
  auto& of_key = started_[{run.incarnation, run.part}][{run.name, *run.key}];
  const auto mine = promised_.find(run.data);
  if (mine != promised_.end() && mine->second.sure && !mine->second.later) {
    for (const std::size_t serial : of_key) {
      const run_told& newer = runs_[serial].told;
      const bool by_hand = handed_.count(newer.task) != 0 || handed_.count(run.task) != 0;
      if (newer.task <= run.task || !by_hand) continue;
      if (mine->second.sure_from < promised_[newer.data].visible_from) {
        violation(who + " starts although it was committed before the newer " + std::to_string(newer.task) +
                  ", which has started");
      }
    }
  }
  of_key.push_back(runs_.size());
}

void history::delivered(node_id incarnation, part_id part, const std::string& name,
                        const std::optional<std::string>& key, task_id id) {
  if (key) seen_[{incarnation, part}][{name, *key}].insert(id);
}

std::size_t history::started(const run_told& run) {
  const std::size_t serial = runs_.size();
  run_entry entry{run, ++step_, false, {}, false};
  const std::string who = show(run.task, run.key) + " on " + run.node;
  const auto promised = promised_.find(run.data);
  if (promised == promised_.end()) violation(who + " runs with data that nobody committed: " + run.data);

  for (auto at = live_.begin(); at != live_.end();) {
    const run_entry& other = runs_[*at];
    if (other.over) {
      at = live_.erase(at);
      continue;
    }
    ++at;
    const bool same_task = other.told.task == run.task;
    const bool same_key = run.key && other.told.key == run.key && other.told.name == run.name;
    if (!same_task && !same_key) continue;
    if (strict_ || (run.owns && other.told.node == run.node)) {
      violation(who + " starts while " + show(other.told.task, other.told.key) + " runs on " +
                other.told.node);
    }
  }
  if (run.owns) {
    const std::pair place{run.incarnation, run.part};
    auto& doomed = doomed_[place];
    if (const auto by = doomed.find(run.task); by != doomed.end()) {
      violation(who + " starts although its owner had seen it when it started the newer " +
                std::to_string(runs_[by->second].told.task));
    }
    if (run.key) {
      judge_handed(run, who);
      const auto& of_key = seen_[place][{run.name, *run.key}];
      entry.older_seen.assign(of_key.begin(), of_key.lower_bound(run.task));
      for (const task_id older : entry.older_seen) doomed[older] = serial;
    }
  }
  live_.insert(serial);
  runs_of_[run.task].push_back(serial);
  runs_.push_back(std::move(entry));
  return serial;
}

void history::judge(console_store& console, const std::vector<std::string>& streams,
                    const std::vector<let_go>& gone, bool calm) {
  std::vector<task_record> tasks;
  for (const std::string& stream : streams) {
    task_filter filter;
    filter.stream = stream;
    filter.limit = 1000;
    for (;;) {
      const auto page = console.tasks(filter);
      if (!page) return violation("console.tasks: " + page.error().message);
      tasks.insert(tasks.end(), page->items.begin(), page->items.end());
      if (!page->next) break;
      filter.before = page->next;
    }
  }
  std::size_t recorded = 0;
  const auto judge_one = [&](const task_record& task, const std::vector<attempt_record>& attempts) {
    judge_task(task, attempts);
    for (const attempt_record& a : attempts)
      recorded += a.message.rfind("superseded", 0) == 0 || a.message == cancelled_by_people ? 0U : 1U;
  };
  for (const task_record& task : tasks) {
    const auto attempts = console.attempts(task.id);
    if (!attempts) return violation("console.attempts: " + attempts.error().message);
    judge_one(task, *attempts);
  }
  for (const let_go& one : gone) {
    judge_gone(one);
    judge_one(one.task, one.attempts);
    tasks.push_back(one.task);
  }
  if (calm && recorded != runs_.size()) {
    violation(std::to_string(runs_.size()) + " runs, but " + std::to_string(recorded) +
              " attempts, although nothing failed: not exactly once");
  }
  judge_batches(tasks);
  judge_superseded(tasks);
  judge_order();
}

void history::judge_gone(const let_go& gone) {
  const task_record& task = gone.task;
  const std::string who = show(task.id, task.key) + " is gone, but ";
  if (!task.finished_at) return violation(who + "was unfinished");
  const auto age = task.state == task_state::done     ? ages_of_all.done
                   : task.state == task_state::failed ? ages_of_all.failed
                                                      : ages_of_all.cancelled;
  if (!age) return violation(who + "tasks of its state are kept for ever");
  if (*task.finished_at + *age > gone.at) violation(who + "was not old enough");
}

void history::judge_task(const task_record& task, const std::vector<attempt_record>& attempts) {
  const std::string who = show(task.id, task.key);
  int finals = 0;
  std::set<int> numbers;
  for (const attempt_record& attempt : attempts) {
    numbers.insert(attempt.attempt);
    finals += ends(attempt.result) ? 1 : 0;
    const auto runs = runs_of_.find(task.id);
    if (runs == runs_of_.end()) continue;
    for (const std::size_t serial : runs->second) {
      const std::string text = run_text(serial);
      const auto at = attempt.message.find(text);
      const auto after = at + text.size();
      if (at == std::string::npos) continue;
      if (after < attempt.message.size() && attempt.message[after] >= '0' && attempt.message[after] <= '9')
        continue;
      if (runs_[serial].recorded) violation(who + ": " + text + " was recorded twice");
      runs_[serial].recorded = true;
      if (ends(attempt.result)) final_run_[task.id] = serial;
    }
  }
  if (finals == 0) violation(who + " has not ended");
  if (finals > 1) violation(who + " has ended " + std::to_string(finals) + " times");
  const bool counted =
      numbers.size() == attempts.size() &&
      (numbers.empty() || (*numbers.begin() == 1 && *numbers.rbegin() == static_cast<int>(numbers.size())));
  if (!counted) violation(who + ": its attempts are not numbered 1, 2, 3, ...");
}

void history::judge_batches(const std::vector<task_record>& tasks) {
  std::map<std::size_t, int> present;
  std::set<std::string> found;
  for (const task_record& task : tasks) {
    found.insert(task.data);
    const auto at = promised_.find(task.data);
    if (at == promised_.end())
      violation(show(task.id, task.key) + " exists, but nobody committed it");
    else
      ++present[at->second.batch];
  }
  std::map<std::size_t, int> expected;
  for (const auto& [data, made] : promised_) {
    ++expected[made.batch];
    if (made.sure && found.count(data) == 0) violation("the acknowledged task " + data + " does not exist");
  }
  for (const auto& [batch, count] : present) {
    if (count != expected[batch]) violation("half of transaction " + std::to_string(batch) + " is there");
  }
}

/// A task that was superseded: the newer one that its message names ran after it was visible, or was superseded
/// in turn by one of which this holds.
void history::judge_superseded(const std::vector<task_record>& tasks) {
  std::map<task_id, const task_record*> by_id;
  for (const task_record& task : tasks) by_id[task.id] = &task;
  for (const task_record& task : tasks) {
    const task_id named = successor(task);
    const auto promised = promised_.find(task.data);
    if (named == 0 || promised == promised_.end()) continue;
    const std::string who = show(task.id, task.key) + " was " + *task.message;
    if (!task.key) {
      violation(who + ", but has no key");
      continue;
    }
    task_id last = task.id;
    for (task_id next = named; next != 0; next = successor(*by_id[last])) {
      if (next <= last || by_id.count(next) == 0) {
        violation(who + ", but " + std::to_string(next) + " is no newer task");
        break;
      }
      last = next;
    }
    // A page of a backlog ends what has a newer one further on, which may be cancelled before its turn comes.
    if (by_id[last]->message == cancelled_by_people) continue;
    const auto runs = runs_of_.find(last);
    if (runs == runs_of_.end() || runs_[runs->second.back()].step < promised->second.visible_from) {
      violation(who + ", but " + std::to_string(last) + " did not run after it was committed");
    }
  }
}

/// A newer one that has recorded its run ends the older ones that its owner had seen: they never start again.
void history::judge_order() {
  for (const run_entry& newer : runs_) {
    if (!newer.recorded) continue;
    for (const task_id older : newer.older_seen) {
      for (const std::size_t serial : runs_of_[older]) {
        const run_entry& late = runs_[serial];
        if (!late.told.owns || late.step < newer.step) continue;
        violation(show(older, late.told.key) + " started after the newer " + std::to_string(newer.told.task) +
                  " had started and was recorded");
      }
    }
  }
}

}  // namespace weir::storage_test
