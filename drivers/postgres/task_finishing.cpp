// Results and marks in one fenced statement.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "domain/task_bounds.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/task_statements.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

using change = finish_row::open_change;

/// The place of the last open change of each task: the only one that is sent, since a statement may change
/// a row of weir.open once.
std::unordered_map<task_id, std::size_t> last_changes(const std::vector<finish_row>& rows) {
  std::unordered_map<task_id, std::size_t> last;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].open != change::none) last[rows[i].id] = i;
  }
  return last;
}

/// A delay that the database's times can bear: at most ten thousand years either way.
std::int64_t bounded_ms(std::chrono::milliseconds delay) {
  constexpr std::int64_t most = 315'360'000'000'000;
  return std::clamp(std::int64_t{delay.count()}, -most, most);
}

std::int32_t whole_ms(const finish_row& row) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(row.took.count(), 0, 2'147'483'647));
}

void add_attempts(parameters& to, const std::vector<const finish_row*>& rows) {
  array_text parts, ids, epochs, numbers, results, started, took, messages;
  for (const finish_row* const one : rows) {
    const finish_row& row = *one;
    parts.add(row.part);
    ids.add(row.id);
    row.epoch == 0 ? epochs.add_null() : epochs.add(row.epoch);
    numbers.add(row.number);
    results.add(std::string_view{&row.result, 1});
    started.add(microseconds_of(row.started_at));
    took.add(whole_ms(row));
    row.message.empty() ? messages.add_null() : messages.add(domain::cut_message(row.message));
  }
  to.add(parts).add(ids).add(epochs).add(numbers).add(results).add(started).add(took).add(messages);
}

void add_changes(parameters& to, const std::vector<finish_row>& rows) {
  array_text parts, ids, changes, states, marked, due_ins, attempts, crashes, runs, names, keys;
  const auto last = last_changes(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const finish_row& row = rows[i];
    if (row.open == change::none || last.at(row.id) != i) continue;
    parts.add(row.part);
    ids.add(row.id);
    changes.add(row.open == change::put ? "p" : "r");
    states.add(std::string_view{&row.open_state, 1});
    marked.add(row.marked);
    due_ins.add(bounded_ms(row.due_in));
    attempts.add(row.attempts);
    crashes.add(row.crashes);
    runs.add(row.runs);
    names.add(row.name);
    keys.add(row.key);
  }
  to.add(parts).add(ids).add(changes).add(states).add(marked).add(due_ins).add(attempts).add(crashes).add(
      runs);
  to.add(names).add(keys);
}

/// What the rows answer of what people asked.
void add_answers(parameters& to, const std::vector<finish_row>& rows) {
  array_text parts, ids, requests;
  for (const finish_row& row : rows) {
    if (row.request == 0) continue;
    parts.add(row.part);
    ids.add(row.id);
    requests.add(row.request);
  }
  to.add(parts).add(ids).add(requests);
}

/// Ids of a row of weir.success have the same quotient by this.
constexpr task_id block_ids = 1000;
/// Fewer are cheaper as attempts; more would not stay in the page of their row.
constexpr std::ptrdiff_t least_together = 4, most_together = 128;
/// That far apart two starts may be in one row: what an int holds of microseconds.
constexpr std::chrono::seconds farthest{2'000};

/// Never in weir.open, and nothing to tell of it but when it ran.
bool is_plain_success(const finish_row& row) {
  return row.result == 'd' && row.number == 1 && row.epoch == 0 && row.message.empty() &&
         row.open == change::none && row.request == 0;
}

/// What ended, in the two shapes that it is written in.
struct ended {
  explicit ended(const std::vector<finish_row>& rows) {
    std::map<std::pair<task_id, part_id>, group> found;
    for (const finish_row& row : rows) {
      if (is_plain_success(row))
        found[{row.id / block_ids, row.part}].push_back(&row);
      else if (row.result != 0)
        attempts.push_back(&row);
    }
    for (auto& [_, together] : found) split(together);
  }

  using group = std::vector<const finish_row*>;
  group attempts;
  std::vector<group> successes;  ///< each of one block and one partition, by id

 private:
  void split(group& together) {
    std::sort(together.begin(), together.end(), [](auto* a, auto* b) { return a->id < b->id; });
    const auto earlier = [](const finish_row* a, const finish_row* b) {
      return a->started_at < b->started_at;
    };
    for (auto at = together.begin(); at != together.end();) {
      const auto end = at + std::min<std::ptrdiff_t>(most_together, together.end() - at);
      const auto [first, last] = std::minmax_element(at, end, earlier);
      const bool near = (*last)->started_at - (*first)->started_at <= farthest;
      if (near && end - at >= least_together)
        successes.emplace_back(at, end);
      else
        attempts.insert(attempts.end(), at, end);
      at = end;
    }
  }
};

void add_successes(parameters& to, const std::vector<ended::group>& groups) {
  array_text blocks, parts, started, firsts, lasts, places, after, took;
  for (const auto& together : groups) {
    const finish_row& first = *together.front();
    wall_time earliest = first.started_at;
    for (const finish_row* const row : together) earliest = std::min(earliest, row->started_at);
    array_text place, later, time;
    for (const finish_row* const row : together) {
      place.add(row->id % block_ids);
      later.add(microseconds_of(row->started_at) - microseconds_of(earliest));
      time.add(whole_ms(*row));
    }
    blocks.add(first.id / block_ids);
    parts.add(first.part);
    started.add(microseconds_of(earliest));
    firsts.add(first.id % block_ids);
    lasts.add(together.back()->id % block_ids);
    places.add(place.take());
    after.add(later.take());
    took.add(time.take());
  }
  to.add(blocks).add(parts).add(started).add(firsts).add(lasts).add(places).add(after).add(took);
}

/// In the order of partitions, as fences are locked: two sessions of a node must not wait for each other.
void add_marks(parameters& to, std::vector<mark_move> marks) {
  std::sort(marks.begin(), marks.end(),
            [](const mark_move& a, const mark_move& b) { return a.part < b.part; });
  array_text parts, seens, uptos, at_xids, at_ids, done, failed, cancelled;
  for (const mark_move& move : marks) {
    parts.add(move.part);
    seens.add(move.position.seen);
    uptos.add(move.position.upto);
    // without a snapshot that is being read there is no place in it
    at_xids.add(move.position.upto ? move.position.at_xid : transaction_id{0});
    at_ids.add(move.position.upto ? move.position.at_id : task_id{0});
    done.add(move.done);
    failed.add(move.failed);
    cancelled.add(move.cancelled);
  }
  to.add(parts).add(seens).add(uptos).add(at_xids).add(at_ids).add(done).add(failed).add(cancelled);
}

}  // namespace

result<finish_reply> finish_tasks(session& on, const finish_request& request) {
  array_text parts, epochs;
  for (const fence& one : request.held) {
    parts.add(one.part);
    epochs.add(one.epoch);
  }
  parameters with;
  with.add(request.node).add(parts).add(epochs);
  const ended by_shape(request.rows);
  add_attempts(with, by_shape.attempts);
  add_changes(with, request.rows);
  add_answers(with, request.rows);
  add_marks(with, request.marks);
  with.add(request.async);
  add_successes(with, by_shape.successes);
  const auto rows = on.run(sql::finish, with, effect::writes);
  if (!rows) return rows.error();
  finish_reply reply;
  for (const auto& row : *rows) {
    const auto part = number<part_id>(row[0]);
    reply.held.push_back(part);
    if (!row[1].is_null()) reply.earliest_put.emplace_back(part, std::chrono::microseconds{number(row[1])});
  }
  return reply;
}

}  // namespace weir::postgres
