// The task path of an owner: reading by commit visibility, and the fenced writes.
#include <algorithm>

#include "drivers/memory/client.hpp"
#include "drivers/memory/finishing.hpp"
#include "drivers/memory/inserting.hpp"
#include "drivers/memory/ordering.hpp"
#include "drivers/memory/stores.hpp"
#include "drivers/memory/views.hpp"

namespace weir::memory {
namespace {

task_row row_of(const world& store, const task_entry& entry) {
  task_row row;
  row.part = entry.part;
  row.id = entry.id;
  row.xid = entry.xid;
  row.name = entry.name;
  row.key = entry.key;
  row.data = entry.data;
  row.created_by = entry.created_by;
  row.traceparent = entry.traceparent;
  row.created_at = entry.created_at;
  if (entry.do_after && *entry.do_after > store.now()) row.due_in = until(store, *entry.do_after);
  return row;
}

/// Appends what `request` reads on from its position.
void read_one(world& store, const read_request& request, std::vector<task_row>& rows) {
  WEIR_ASSERT(request.limit >= 1);
  const auto* home = store.find_partition(request.held.part);
  if (home == nullptr) return;
  const auto seen = parse(request.position.seen);
  const auto upto = request.position.upto ? std::optional{parse(*request.position.upto)} : std::nullopt;
  const std::pair cursor{request.position.at_xid, request.position.at_id};
  int found = 0;
  // What `seen` does not see begins at its xmin: below that, every transaction was over.
  const auto from = std::max(cursor, std::pair{seen.xmin, task_id{0}});
  for (auto at = home->reading_order.lower_bound(from);
       at != home->reading_order.end() && found < request.limit; ++at) {
    const auto& [place, id] = *at;
    if (place <= cursor || seen.sees(place.first)) continue;
    if (upto && !upto->sees(place.first)) continue;
    const auto& entry = store.task_rows.at(id);
    if (entry.handed_epoch != 0 && entry.handed_epoch == request.held.epoch) continue;
    if (request.recover && (home->unfinished.count(id) == 0 || home->open.count(id) != 0)) continue;
    rows.push_back(row_of(store, entry));
    ++found;
  }
}

/// What is known of a run whose owner's epoch has ended.
left_run left_by(const world& store, part_id part, const open_entry& run) {
  left_run left{run.epoch, run.since, {}, run.marked, {}};
  wall_time until = store.now();
  const auto owner = store.owners.find({part, run.epoch});
  if (owner != store.owners.end()) {
    if (const auto node = store.nodes.find(owner->second.node); node != store.nodes.end()) {
      left.ended_by = node->second.ended_by;
    }
    if (const auto pulse = store.pulses.find(owner->second.node); pulse != store.pulses.end())
      until = std::min(until, pulse->second.at);
  }
  left.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::max(until, run.since) - run.since);
  return left;
}

/// Appends open tasks that became due, and answers until when the next one waits.
std::optional<std::chrono::milliseconds> promote_one(world& store, const promote_request& request,
                                                     std::vector<task_row>& rows) {
  WEIR_ASSERT(request.limit >= 1);
  const auto* home = store.find_partition(request.held.part);
  if (home == nullptr) return std::nullopt;
  std::vector<std::pair<wall_time, task_id>> waiting;
  for (const auto& [id, entry] : home->open) {
    if (entry.state == 'i' && entry.epoch == request.held.epoch) continue;  // runs here
    if (paused(store, entry.name)) continue;
    const std::pair place{entry.due, id};
    if (place > std::pair{wall_time{request.after_due}, request.after_id}) waiting.push_back(place);
  }
  std::sort(waiting.begin(), waiting.end());
  int found = 0;
  for (const auto& [due, id] : waiting) {
    if (due > store.now() || found == request.limit) return until(store, due);
    const auto& entry = home->open.at(id);
    auto row = row_of(store, store.task_rows.at(id));
    row.due_in.reset();
    row.attempts = entry.attempts;
    row.crashes = entry.crashes;
    row.runs = entry.runs;
    row.open = true;
    if (entry.state == 'i') row.left = left_by(store, request.held.part, entry);
    row.due_order = due.time_since_epoch();
    rows.push_back(std::move(row));
    ++found;
  }
  return std::nullopt;
}

/// The newest task of the key that `asked` must yield to; 0 = none.
task_id newer_than(world& store, const newer_request& asked, const std::vector<task_id>& running) {
  const auto* home = store.find_partition(asked.part);
  if (home == nullptr) return 0;
  for (auto at = home->unfinished.rbegin(); at != home->unfinished.rend() && *at > asked.id; ++at) {
    const auto& entry = store.task_rows.at(*at);
    if (!entry.key || *entry.key != asked.key || entry.name != asked.name) continue;
    if (entry.do_after && *entry.do_after > store.now()) continue;
    if (home->open.count(*at) != 0) continue;
    if (std::find(running.begin(), running.end(), *at) != running.end()) continue;
    return *at;
  }
  return 0;
}

class tasks final : public task_store {
 public:
  tasks(shared_world store, shared_faults trouble) : client_(std::move(store), std::move(trouble), "tasks") {}

  result<void> reconnect() override { return client_.reconnect(); }

  result<read_reply> read(const std::vector<read_request>& requests) override {
    return client_.run<read_reply>("read", access::read, [requests](statement& now) -> result<read_reply> {
      read_reply reply;
      reply.taken = format(now.store().take_snapshot());
      for (const auto& request : requests) read_one(now.store(), request, reply.rows);
      std::stable_sort(reply.rows.begin(), reply.rows.end(),
                       [](const task_row& a, const task_row& b) { return a.part < b.part; });
      return reply;
    });
  }

  result<promote_reply> promote(const std::vector<promote_request>& requests) override {
    return client_.run<promote_reply>(
        "promote", access::read, [requests](statement& now) -> result<promote_reply> {
          promote_reply reply;
          for (const auto& request : requests) {
            reply.next_due.emplace_back(request.held.part, promote_one(now.store(), request, reply.rows));
          }
          return reply;
        });
  }

  result<std::vector<newer_reply>> newer(const std::vector<newer_request>& rows,
                                         const std::vector<task_id>& running) override {
    using answer = std::vector<newer_reply>;
    return client_.run<answer>("newer", access::read, [rows, running](statement& now) -> result<answer> {
      answer found;
      for (const auto& row : rows) {
        if (const task_id newest = newer_than(now.store(), row, running); newest != 0) {
          found.push_back({row.id, newest});
        }
      }
      return found;
    });
  }

  result<std::vector<task_request>> requests(const std::vector<request_page>& pages, int limit) override {
    using answer = std::vector<task_request>;
    return client_.run<answer>("requests", access::read, [pages, limit](statement& now) -> result<answer> {
      return requests_of(now.store(), pages, limit);
    });
  }

  result<finish_reply> finish(const finish_request& request) override {
    return client_.run<finish_reply>("finish", access::write,
                                     [request](statement& now) { return finish_rows(now, request); });
  }

  result<std::vector<inserted>> insert(const std::vector<insert_row>& rows,
                                       const hand_offer& offer) override {
    return client_.run<std::vector<inserted>>(
        "insert", access::write, [rows, offer](statement& now) { return insert_rows(now, rows, offer); });
  }

 private:
  client client_;
};

}  // namespace

std::unique_ptr<task_store> open_tasks(shared_world store, shared_faults trouble) {
  return std::make_unique<tasks>(std::move(store), std::move(trouble));
}

}  // namespace weir::memory
