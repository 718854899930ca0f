// Transactions, snapshots, sessions and what tests do to the server.
#include "drivers/memory/world.hpp"

#include <algorithm>
#include <utility>

#include <weir/assert.hpp>
#include <weir/defaults.hpp>

namespace weir::memory {

world::world(world_options options, std::unique_ptr<keeper> keeps)
    : options_(std::move(options)), keeper_(std::move(keeps)) {
  if (!options_.clock) {
    options_.clock = [] {
      return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    };
  }
  segments[0];
  stream_declaration standard;
  standard.name = "default";
  standard.partitions = defaults::partitions;
  standard.concurrency = defaults::parallel_concurrency;
  add_stream(standard);
}

std::shared_ptr<world> make_world(world_options options, std::unique_ptr<keeper> keeps) {
  return std::make_shared<world>(std::move(options), std::move(keeps));
}

// -- keeping

result<void> world::keep(std::unique_lock<std::mutex>& held) {
  const keeper::ticket seen = keeper_ ? keeper_->take(*this) : 0;
  settle(*this);
  if (!keeper_) return {};
  held.unlock();
  return keeper_->wait(seen);
}

result<void> world::recover() {
  WEIR_ASSERT(keeper_ != nullptr);
  auto rows = keeper_->load();
  if (!rows) return rows.error();
  for (const auto& weak : sessions) {
    if (const auto open = weak.lock()) end_session(*open);
  }
  // What this process has given it gives to nobody else: owners still hold positions in the order of transactions.
  auto& fresh = rows->counted;
  fresh.next_xid = std::max(fresh.next_xid, counted.next_xid);
  fresh.next_task = std::max(fresh.next_task, counted.next_task);
  fresh.next_request = std::max(fresh.next_request, counted.next_request);
  take_over(std::move(*rows));
  return {};
}

void world::take_over(world_rows rows) {
  static_cast<world_rows&>(*this) = std::move(rows);
  open_transactions.clear();
  delayed.clear();
  latest_over_ = counted.next_xid - 1;
  pulses.clear();
  for (const auto& [id, node] : nodes) pulses[id].at = now();
}

// -- sessions

std::shared_ptr<session> world::connect() {
  auto opened = std::make_shared<session>();
  opened->who = options_.login;
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
  const transaction_id xid = counted.next_xid++;
  open_transactions[xid].xid = xid;
  return xid;
}

void world::commit(transaction_id xid) {
  auto node = open_transactions.extract(xid);
  WEIR_ASSERT(!node.empty());
  open_transaction& ending = node.mapped();
  latest_over_ = std::max(latest_over_, xid);
  for (task_entry& row : ending.rows) {
    auto& home = partitions.change(row.part);  // a stream with open transactions is not changed
    home.reading_order.emplace(std::pair{row.xid, row.id}, row.id);
    home.unfinished.insert(row.id);
    segments.emplace(row.id / segment_size(), {});
    task_rows.emplace(row.id, row);
  }
  for (auto& [token, receipt] : ending.receipts) receipts.emplace(token, std::move(receipt));
  if (ending.effect) ending.effect(*this);
}

void world::roll_back(transaction_id xid) {
  auto node = open_transactions.extract(xid);
  WEIR_ASSERT(!node.empty());
  latest_over_ = std::max(latest_over_, xid);
}

void world::hold_fence(open_transaction& holder, part_id part) {
  WEIR_ASSERT(find_partition(part) != nullptr);
  holder.fences.push_back(part);
}

void world::skip_ids_after_fail_over() {
  if (counted.ids_of_timeline == counted.timeline) return;
  counted.ids_of_timeline = counted.timeline;
  counted.next_task += task_id{1} << 20;
  counted.next_node += node_id{1} << 16;
}

// -- for tests

void world::fail_over() {
  const std::lock_guard lock{mutex};
  ++counted.timeline;
  for (const auto& weak : sessions) {
    if (const auto open = weak.lock()) end_session(*open);
  }
}

void world::fill_segment() {
  const std::lock_guard lock{mutex};
  counted.next_task = (counted.next_task / segment_size() + 1) * segment_size();
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
