// Transactions, snapshots, sessions and what tests do to the server.
#include "drivers/memory/world.hpp"

#include <utility>

#include <weir/assert.hpp>
#include <weir/defaults.hpp>

namespace weir::memory {

world::world(world_options options) : options_(std::move(options)) {
  if (!options_.clock) {
    options_.clock = [] {
      return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    };
  }
  stream_declaration standard;
  standard.name = "default";
  standard.partitions = defaults::partitions;
  standard.concurrency = defaults::parallel_concurrency;
  add_stream(standard);
}

std::shared_ptr<world> make_world(world_options options) {
  return std::make_shared<world>(std::move(options));
}

// -- sessions

std::shared_ptr<session> world::connect() {
  auto opened = std::make_shared<session>();
  opened->who = "memory";
  opened->broken = !reachable;
  for (auto at = sessions.begin(); at != sessions.end();) at = at->expired() ? sessions.erase(at) : at + 1;
  sessions.push_back(opened);
  return opened;
}

void world::end_session(session& ended) {
  ended.broken = true;
  if (leader_lock == &ended) leader_lock = nullptr;
}

void world::end_session_of(const term_entry& leader) {
  for (const auto& weak : sessions) {
    const auto open = weak.lock();
    if (open && open.get() == leader.holder && leader_lock == open.get()) end_session(*open);
  }
}

// -- transactions

parsed_snapshot world::take_snapshot() const {
  // As PostgreSQL: xmax is one past the latest transaction that has *ended*, so one that began later and
  // still runs is beyond xmax and not listed.
  parsed_snapshot taken;
  taken.xmax = latest_over_ + 1;
  taken.xmin = taken.xmax;
  for (const auto& [xid, ignored] : open_transactions) {
    if (xid >= taken.xmax) break;
    taken.xmin = std::min(taken.xmin, xid);
    taken.running.insert(xid);
  }
  return taken;
}

transaction_id world::begin_transaction() {
  const transaction_id xid = next_xid_++;
  open_transactions[xid].xid = xid;
  return xid;
}

void world::commit(transaction_id xid) {
  auto node = open_transactions.extract(xid);
  WEIR_ASSERT(!node.empty());
  open_transaction& ending = node.mapped();
  latest_over_ = std::max(latest_over_, xid);
  for (const part_id part : ending.fences) {
    if (auto* held = find_partition(part)) --held->fence_holders;
  }
  for (task_entry& row : ending.rows) {
    auto* home = find_partition(row.part);
    WEIR_ASSERT(home != nullptr);  // a stream with open transactions is not changed
    home->reading_order.emplace(std::pair{row.xid, row.id}, row.id);
    home->unfinished.insert(row.id);
    segments.insert(row.id / segment_size());
    task_rows.emplace(row.id, std::move(row));
  }
  receipts.merge(ending.receipts);
  if (ending.effect) ending.effect(*this);
}

void world::roll_back(transaction_id xid) {
  auto node = open_transactions.extract(xid);
  WEIR_ASSERT(!node.empty());
  latest_over_ = std::max(latest_over_, xid);
  for (const part_id part : node.mapped().fences) {
    if (auto* held = find_partition(part)) --held->fence_holders;
  }
}

void world::hold_fence(open_transaction& holder, part_id part) {
  auto* held = find_partition(part);
  WEIR_ASSERT(held != nullptr);
  ++held->fence_holders;
  holder.fences.push_back(part);
}

void world::skip_ids_after_fail_over() {
  if (ids_of_timeline_ == timeline) return;
  ids_of_timeline_ = timeline;
  next_task_ += task_id{1} << 20;
  next_node_ += node_id{1} << 16;
}

// -- for tests

void world::fail_over() {
  const std::lock_guard lock{mutex};
  ++timeline;
  for (const auto& weak : sessions) {
    if (const auto open = weak.lock()) end_session(*open);
  }
}

void world::fill_segment() {
  const std::lock_guard lock{mutex};
  next_task_ = (next_task_ / segment_size() + 1) * segment_size();
}

void world::break_sessions() {
  const std::lock_guard lock{mutex};
  for (const auto& weak : sessions) {
    if (const auto open = weak.lock()) end_session(*open);
  }
}

void world::set_reachable(bool value) {
  const std::lock_guard lock{mutex};
  reachable = value;
}

void world::set_read_only(bool value) {
  const std::lock_guard lock{mutex};
  read_only = value;
}

std::size_t world::deliver_delayed() {
  const std::lock_guard lock{mutex};
  const auto arriving = std::exchange(delayed, {});
  for (const auto& statement : arriving) statement(*this);
  return arriving.size();
}

std::size_t world::decide_held(bool commit_them) {
  const std::lock_guard lock{mutex};
  std::vector<transaction_id> held;
  for (const auto& [xid, open] : open_transactions) {
    if (open.in_doubt) held.push_back(xid);
  }
  for (const transaction_id xid : held) commit_them ? commit(xid) : roll_back(xid);
  return held.size();
}

}  // namespace weir::memory
