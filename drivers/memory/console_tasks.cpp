#include "drivers/memory/console_tasks.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <tuple>

#include "domain/task_state.hpp"

namespace weir::memory {
namespace {

constexpr std::int64_t exact_counts = 10'000;
constexpr int most_errors = 1'000;
constexpr int most_ids = 10'000;

const std::vector<attempt_entry>& attempts_or_none(const world& store, task_id id) {
  static const std::vector<attempt_entry> none;
  const auto at = store.attempts.find(id);
  return at == store.attempts.end() ? none : at->second;
}

task_state state_after(char result) {
  return domain::ended_by(static_cast<domain::run_result>(result)).value_or(task_state::ready);
}

task_state state_of_open(char letter) {
  return letter == 'i' ? task_state::in_progress : letter == 'r' ? task_state::retry : task_state::ready;
}

const open_entry* open_row(const world& store, const task_entry& entry) {
  const auto home = store.partitions.find(entry.part);
  if (home == store.partitions.end()) return nullptr;
  const auto at = home->second.open.find(entry.id);
  return at == home->second.open.end() ? nullptr : &at->second;
}

bool is_failing(char result) {
  switch (static_cast<domain::run_result>(result)) {
    case domain::run_result::failure:
    case domain::run_result::retry:
    case domain::run_result::timeout:
    case domain::run_result::crash:
    case domain::run_result::last_crash: return true;
    default: return false;
  }
}

wall_time end_of(const attempt_entry& attempt) { return attempt.started_at + attempt.took; }

bool matches(const task_filter& filter, const task_record& record) {
  if (filter.stream && record.stream != *filter.stream) return false;
  if (filter.name && record.name != *filter.name) return false;
  if (filter.key && record.key != filter.key) return false;
  return filter.states.empty() ||
         std::find(filter.states.begin(), filter.states.end(), record.state) != filter.states.end();
}

}  // namespace

task_record record_of(const world& store, const task_entry& entry) {
  task_record record;
  record.id = entry.id;
  record.name = entry.name;
  record.key = entry.key;
  record.stream = store.stream_name(entry.stream);
  record.data = entry.data;
  record.do_after = entry.do_after.value_or(entry.created_at);
  record.created_at = entry.created_at;
  record.created_by = entry.created_by;
  record.traceparent = entry.traceparent;
  const auto& past = attempts_or_none(store, entry.id);
  record.attempt = static_cast<int>(std::count_if(past.begin(), past.end(), [](const attempt_entry& row) {
    const auto result = static_cast<domain::run_result>(row.result);
    return result != domain::run_result::superseded && result != domain::run_result::moved;
  }));
  if (!past.empty()) {
    record.state = state_after(past.back().result);
    if (!past.back().message.empty()) record.message = past.back().message;
  }
  if (const auto* last = store.final_attempt(entry.id)) {
    record.state = state_after(last->result);
    record.finished_at = end_of(*last);
  } else if (const auto* waiting = open_row(store, entry)) {
    record.state = state_of_open(waiting->state);
    record.do_after = waiting->due;
  }
  return record;
}

namespace {

/// Newest first, at most `most`, what `take` makes of a record. @return where the next page begins
template <class Take>
std::optional<task_id> walk(const world& store, const task_filter& filter, int most, Take take) {
  int taken = 0;
  task_id last = 0;
  for (auto at = store.task_rows.rbegin(); at != store.task_rows.rend(); ++at) {
    if (filter.before && at->first >= *filter.before) continue;
    auto record = record_of(store, at->second);
    if (!matches(filter, record)) continue;
    if (taken++ == most) return last;
    last = at->first;
    take(std::move(record));
  }
  return std::nullopt;
}

}  // namespace

task_page page_of(const world& store, const task_filter& filter) {
  task_page page;
  page.next = walk(store, filter, std::clamp(filter.limit, 1, 1000),
                   [&](task_record record) { page.items.push_back(std::move(record)); });
  return page;
}

task_id_page ids_of_page(const world& store, const task_filter& filter) {
  task_id_page page;
  page.next = walk(store, filter, std::clamp(filter.limit, 1, most_ids),
                   [&](const task_record& record) { page.ids.push_back(record.id); });
  return page;
}

std::vector<attempt_record> attempts_of(const world& store, task_id id) {
  std::vector<attempt_record> records;
  for (const auto& row : attempts_or_none(store, id)) {
    attempt_record record;
    record.attempt = row.number;
    if (const auto at = store.nodes.find(row.node); at != store.nodes.end())
      record.node = at->second.facts.name;
    record.epoch = row.epoch;
    record.started_at = row.started_at;
    record.finished_at = end_of(row);
    record.result = row.result;
    record.message = row.message;
    records.push_back(std::move(record));
  }
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.attempt < b.attempt; });
  return records;
}

std::optional<task_id> successor_of(const world& store, task_id id) {
  constexpr std::string_view says = "superseded by ";
  const auto* last = store.final_attempt(id);
  if (last == nullptr || static_cast<domain::run_result>(last->result) != domain::run_result::superseded) {
    return std::nullopt;
  }
  const std::string_view message = last->message;
  task_id newer = 0;
  if (message.substr(0, says.size()) != says) return std::nullopt;
  const auto digits = message.substr(says.size());
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), newer);
  return failure == std::errc{} ? std::optional{newer} : std::nullopt;
}

std::int64_t count_unfinished(const world& store, const std::string& name, std::int64_t cap) {
  std::int64_t count = 0;
  for (const auto& [part, home] : store.partitions) {
    count += std::count_if(home.unfinished.begin(), home.unfinished.end(),
                           [&](task_id id) { return store.task_rows.at(id).name == name; });
  }
  return std::min(count, cap);
}

std::int64_t count_ended(const world& store) {
  std::int64_t count = 0;
  for (const auto& [part, home] : store.partitions) count += home.done + home.failed + home.cancelled;
  return count;
}

std::vector<task_id> unfinished(const world& store, const task_filter& filter, int most) {
  std::vector<task_id> ids;
  for (const auto& [part, home] : store.partitions) {
    for (const task_id id : home.unfinished) {
      if (matches(filter, record_of(store, store.task_rows.at(id)))) ids.push_back(id);
    }
  }
  std::sort(ids.begin(), ids.end());
  if (ids.size() > static_cast<std::size_t>(most)) ids.resize(static_cast<std::size_t>(most));
  return ids;
}

bounded_count unfinished_at_least(const world& store, const task_filter& filter, int most) {
  const int count = static_cast<int>(unfinished(store, filter, most).size());
  return {count, count >= most};
}

std::vector<error_group> recent_errors(const world& store, int limit) {
  std::map<std::tuple<std::string, char, std::string>, error_group> groups;
  int failed = 0, retrying = 0;
  for (auto at = store.task_rows.rbegin(); at != store.task_rows.rend(); ++at) {
    const auto& [id, task] = *at;
    const auto* last = store.final_attempt(id);
    if (last != nullptr && state_after(last->result) != task_state::failed) continue;
    if (last == nullptr) {
      const auto* waiting = open_row(store, task);
      if (waiting == nullptr || waiting->state != 'r') continue;
      for (const auto& past : attempts_or_none(store, id)) {
        if (is_failing(past.result) && (last == nullptr || past.number > last->number)) last = &past;
      }
      if (last == nullptr || ++retrying > most_errors) continue;
    } else if (++failed > most_errors) {
      continue;
    }
    error_group& group = groups[{task.name, last->result, last->message}];
    group.name = task.name;
    group.result = last->result;
    group.message = last->message;
    ++group.count;
    group.last_task = std::max(group.last_task, id);
    group.last_at = std::max(group.last_at, end_of(*last));
  }
  std::vector<error_group> all;
  all.reserve(groups.size());
  for (auto& [what, group] : groups) all.push_back(std::move(group));
  std::sort(all.begin(), all.end(), [](const error_group& a, const error_group& b) {
    return std::tie(a.last_at, a.last_task) > std::tie(b.last_at, b.last_task);
  });
  if (all.size() > static_cast<std::size_t>(limit)) all.resize(static_cast<std::size_t>(limit));
  return all;
}

std::int64_t running_on(const world& store, node_id node) {
  std::int64_t count = 0;
  for (const auto& [part, home] : store.partitions) {
    if (home.owner != node) continue;
    count += std::count_if(home.open.begin(), home.open.end(),
                           [](const auto& entry) { return entry.second.state == 'i'; });
  }
  return count;
}

stream_counts counts_of(const world& store, const stream_entry& entry) {
  stream_counts counts;
  counts.stream = entry.id;
  const wall_time now = store.now();
  std::optional<wall_time> oldest;
  for (const auto& [part, home] : store.partitions) {
    if (home.stream != entry.id) continue;
    counts.done += home.done;
    counts.failed += home.failed;
    counts.cancelled += home.cancelled;
    for (const task_id id : home.unfinished) {
      const auto& task = store.task_rows.at(id);
      const auto waiting = home.open.find(id);
      const auto state =
          waiting == home.open.end() ? task_state::ready : state_of_open(waiting->second.state);
      if (state == task_state::in_progress) ++counts.in_progress;
      if (state == task_state::retry) ++counts.retry;
      if (state != task_state::ready) continue;
      ++counts.ready;
      const wall_time due =
          waiting == home.open.end() ? task.do_after.value_or(task.created_at) : waiting->second.due;
      const wall_time since = std::max(due, task.created_at);
      if (since <= now && (!oldest || since < *oldest)) oldest = since;
    }
  }
  if (oldest) counts.oldest_ready_seconds = std::chrono::duration<double>(now - *oldest).count();
  for (auto* count : {&counts.ready, &counts.in_progress, &counts.retry}) {
    counts.capped = counts.capped || *count > exact_counts;
    *count = std::min(*count, exact_counts);
  }
  return counts;
}

}  // namespace weir::memory
