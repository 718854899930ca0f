// Fences are checked and locked when the statement runs; its effect comes with its commit.
#include "drivers/memory/finishing.hpp"

#include <algorithm>
#include <utility>

#include <weir/defaults.hpp>
#include "domain/execution.hpp"
#include "domain/names.hpp"
#include "domain/task_bounds.hpp"

namespace weir::memory {
namespace {

/// A row whose fence held, with the times of its statement.
struct decided_row {
  finish_row row;
  epoch_number epoch = 0;
  wall_time due{};
};

/// A mark may pass a task only when it is finished or safe in open: else the next owner never sees it.
void check_mark(world& store, const partition_entry& home) {
  const auto seen = parse(home.mark.seen);
  const auto upto = home.mark.upto ? std::optional{parse(*home.mark.upto)} : std::nullopt;
  for (const task_id id : home.unfinished) {
    if (home.open.count(id) != 0) continue;
    const auto& entry = store.task_rows.at(id);
    const bool passed =
        seen.sees(entry.xid) || (upto && upto->sees(entry.xid) &&
                                 std::pair{entry.xid, id} <= std::pair{home.mark.at_xid, home.mark.at_id});
    if (passed) {
      store.broken_rules.push_back("the mark of partition " + std::to_string(home.id) + " passes task " +
                                   std::to_string(id) + ", which is neither finished nor in open");
    }
  }
}

node_id owner_under(const world& store, part_id part, epoch_number epoch) {
  const auto at = store.owners.find({part, epoch});
  return at == store.owners.end() ? 0 : at->second.node;
}

void apply_row(world& store, node_id node, const decided_row& decided) {
  const auto& row = decided.row;
  auto& home = store.partitions.change(row.part);
  if (row.result != 0) {
    attempt_entry attempt;
    attempt.number = row.number;
    attempt.started_at = row.started_at;
    attempt.took = row.took;
    attempt.epoch = row.epoch == 0 ? decided.epoch : row.epoch;
    attempt.node = row.epoch == 0 ? node : owner_under(store, row.part, row.epoch);
    attempt.result = row.result;
    attempt.message = row.message;
    store.add_attempt(row.id, home, std::move(attempt));
  }
  if (const auto asked = store.requests.find(row.id);
      asked != store.requests.end() && asked->second.id == row.request) {
    store.requests.erase(row.id);
  }
  switch (row.open) {
    case finish_row::open_change::none: break;
    case finish_row::open_change::remove: home.open.erase(row.id); break;
    case finish_row::open_change::put:
      open_entry waiting;
      waiting.epoch = decided.epoch;
      waiting.state = row.open_state;
      waiting.marked = row.marked;
      waiting.due = decided.due;
      waiting.since = row.open_state == 'i' ? decided.due : store.now();
      waiting.attempts = row.attempts;
      waiting.crashes = row.crashes;
      waiting.runs = row.runs;
      waiting.name = row.name;
      waiting.key = row.key;
      home.open[row.id] = std::move(waiting);
      break;
  }
  if (home.unfinished.count(row.id) == 0 && home.open.count(row.id) != 0) {
    store.broken_rules.push_back("finished task " + std::to_string(row.id) + " is still in open");
  }
}

/// What a database would refuse the whole statement for.
result<void> check_rows(const world& store, const std::vector<decided_row>& rows) {
  std::set<std::pair<task_id, int>> numbers;
  std::set<task_id> changed;
  for (const auto& [row, epoch, due] : rows) {
    const auto known = store.task_rows.find(row.id);
    // A mere answer to what people asked of it: it had ended, and retention has let it go since.
    const bool answers = row.result == 0 && row.open == finish_row::open_change::none;
    if (answers && known == store.task_rows.end()) continue;
    if (known == store.task_rows.end() || known->second.part != row.part) {
      return error{errc::internal, "finish: partition " + std::to_string(row.part) + " has no task " +
                                       std::to_string(row.id)};
    }
    if (row.open != finish_row::open_change::none && !changed.insert(row.id).second) {
      return error{errc::internal,
                   "finish: open row of task " + std::to_string(row.id) + " is changed twice"};
    }
    if (row.marked && (row.open != finish_row::open_change::put || row.open_state != 'i')) {
      return error{errc::internal, "finish: only runs are marked"};
    }
    if (row.open == finish_row::open_change::put && (row.runs < row.attempts || row.runs < row.crashes)) {
      return error{errc::internal, "finish: runs of task " + std::to_string(row.id) + " do not include all"};
    }
    if (row.result == 0) continue;
    if (row.message.size() > defaults::message_bytes)
      return error{errc::internal, "finish: the message is too long"};
    if (!domain::run_result_of(row.result)) return error{errc::internal, "finish: unknown result letter"};
    bool taken = row.number < 1 || !numbers.emplace(row.id, row.number).second;
    if (const auto at = store.attempts.find(row.id); at != store.attempts.end()) {
      taken =
          taken || std::any_of(at->second.begin(), at->second.end(),
                               [&, number = row.number](const auto& past) { return past.number == number; });
    }
    if (taken) {
      return error{errc::internal, "finish: attempt " + std::to_string(row.number) + " of task " +
                                       std::to_string(row.id) + " exists already"};
    }
  }
  return {};
}

}  // namespace

result<finish_reply> finish_rows(statement& now, const finish_request& request) {
  auto& store = now.store();
  finish_reply reply;
  std::map<part_id, epoch_number> held;
  std::set<part_id> asked;
  for (const fence& wanted : request.held) {
    WEIR_ASSERT(asked.insert(wanted.part).second);  // one fence a partition
    if (store.fenced(request.node, wanted) == nullptr) continue;
    held.emplace(wanted.part, wanted.epoch);
    reply.held.push_back(wanted.part);
  }

  std::vector<decided_row> rows;
  std::map<part_id, std::chrono::microseconds> earliest;
  for (const auto& row : request.rows) {
    WEIR_ASSERT(asked.count(row.part) != 0);
    const auto fenced = held.find(row.part);
    if (fenced == held.end()) continue;
    decided_row decided{row, fenced->second, store.now() + row.due_in};
    if (row.open == finish_row::open_change::put && row.open_state != 'i') {
      const auto due = decided.due.time_since_epoch();
      const auto [at, first] = earliest.emplace(row.part, due);
      if (!first) at->second = std::min(at->second, due);
    }
    rows.push_back(std::move(decided));
  }
  if (auto valid = check_rows(store, rows); !valid) return valid.error();
  reply.earliest_put.assign(earliest.begin(), earliest.end());

  std::vector<mark_move> marks;
  for (const auto& mark : request.marks) {
    WEIR_ASSERT(asked.count(mark.part) != 0);
    if (!mark.position.upto && mark.position.at_id != 0) {
      return error{errc::internal, "finish: a cursor needs the snapshot that it is in"};
    }
    if (held.count(mark.part) != 0) marks.push_back(mark);
  }
  auto& transaction = now.transaction();
  for (const part_id part : reply.held) store.hold_fence(transaction, part);
  transaction.effect = [node = request.node, rows = std::move(rows), marks = std::move(marks)](world& then) {
    for (const auto& decided : rows) apply_row(then, node, decided);
    for (const auto& move : marks) {
      auto& home = then.partitions.change(move.part);
      home.mark = move.position;
      home.done += move.done;
      home.failed += move.failed;
      home.cancelled += move.cancelled;
      check_mark(then, home);
    }
  };
  now.commit();
  return reply;
}

}  // namespace weir::memory
