// Retention over the model's tables. Segments are ranges of ids here too, and what outlives one is only marked so.
#include <algorithm>

#include "domain/execution.hpp"
#include "drivers/memory/client.hpp"
#include "drivers/memory/console_tasks.hpp"
#include "drivers/memory/stores.hpp"

namespace weir::memory {
namespace {

using std::chrono::milliseconds;

error stale_term(const leader_term& term) {
  return {errc::refused, "term " + std::to_string(term.term) + " of timeline " +
                             std::to_string(term.timeline) + " is not the running one"};
}

error locked() { return {errc::timeout, "a transaction that is still open has used the tasks"}; }

segment_number segment_of(const world& store, task_id id) { return id / store.segment_size(); }

bool full(const world& store, segment_number segment) {
  return (segment + 1) * store.segment_size() <= store.next_id();
}

/// Calls `use` for each task that is in the segment itself, from behind an id on, until it answers false.
template <class Use>
void each_in(const world& store, segment_number segment, task_id after, Use use) {
  const task_id first = std::max(after + 1, segment * store.segment_size());
  for (auto at = store.task_rows.lower_bound(first);
       at != store.task_rows.end() && segment_of(store, at->first) == segment; ++at) {
    if (store.kept.count(at->first) == 0 && !use(at->second)) return;
  }
}

bool is_open(const world& store, const task_entry& task) {
  const auto home = store.partitions.find(task.part);
  return home != store.partitions.end() && home->second.open.count(task.id) != 0;
}

bool unfinished(const world& store, const task_entry& task) {
  const auto home = store.partitions.find(task.part);
  return home != store.partitions.end() && home->second.unfinished.count(task.id) != 0;
}

bool passed(const world& store, segment_number segment, const std::optional<snapshot>& walked) {
  bool all = true;
  each_in(store, segment, -1, [&](const task_entry& task) {
    all = (!unfinished(store, task) || is_open(store, task)) && (!walked || parse(*walked).sees(task.xid));
    return all;
  });
  return all;
}

std::optional<milliseconds> age_of(const world& store, const task_entry& task, char result,
                                   const retention_policy& ages) {
  const auto own = ages.streams.find(store.stream_name(task.stream));
  const auto of = [&](std::optional<milliseconds> retention_ages::*state) {
    return own != ages.streams.end() && own->second.*state ? own->second.*state : ages.all.*state;
  };
  switch (static_cast<domain::run_result>(result)) {
    case domain::run_result::success: return of(&retention_ages::done);
    case domain::run_result::failure:
    case domain::run_result::last_crash: return of(&retention_ages::failed);
    default: return of(&retention_ages::cancelled);
  }
}

void forget(world& store, task_id id) {
  const task_entry gone = store.task_rows.at(id);
  if (store.remembers_forgotten())
    store.forgotten.push_back({record_of(store, gone), attempts_of(store, id), store.now()});
  if (auto* home = store.partitions.change_if(gone.part)) {
    if (home->unfinished.erase(id) != 0)
      store.broken_rules.push_back("retention lets go of task " + std::to_string(id) +
                                   ", which is unfinished");
    home->open.erase(id);
    home->reading_order.erase({gone.xid, id});
  }
  store.kept.erase(id);
  store.requests.erase(id);
  store.attempts.erase(id);
  store.task_rows.erase(id);
}

retention_view view_of(const world& store) {
  retention_view view;
  view.now = store.now();
  view.taken = format(store.take_snapshot());
  view.next_id = store.next_id();
  view.any_kept = !store.kept.empty();
  for (const auto& [number, _] : store.segments) {
    segment_row row;
    row.number = number;
    row.first_id = number * store.segment_size();
    row.end_id = row.first_id + store.segment_size();
    each_in(store, number, -1, [&row](const task_entry& task) {
      if (!row.oldest) row.oldest = task.created_at;
      row.newest = task.created_at;
      return true;
    });
    row.passed = row.newest && full(store, number) && passed(store, number, std::nullopt);
    view.segments.push_back(row);
  }
  for (const auto& [id, node] : store.nodes) {
    if (node.alive()) view.nodes.push_back(node.retention);
  }
  return view;
}

/// The tasks of the range, in the order of ids.
std::vector<task_id> range_of(const world& store, const retention_walk& portion) {
  std::vector<task_id> ids;
  if (portion.segment) {
    each_in(store, *portion.segment, portion.after, [&ids](const task_entry& task) {
      ids.push_back(task.id);
      return true;
    });
  } else {
    for (auto at = store.kept.upper_bound(portion.after); at != store.kept.end(); ++at)
      ids.push_back(at->first);
  }
  return ids;
}

walk_reply walk_on(world& store, const retention_walk& portion) {
  using what = retention_walk::what;
  const wall_time now = store.now();
  walk_reply reply;
  int seen = 0, ended_changed = 0, open_changed = 0;
  for (const task_id id : range_of(store, portion)) {
    const task_entry& task = store.task_rows.at(id);
    const auto* last = store.final_attempt(id);
    if (last == nullptr) {
      // What is neither finished nor in `open` is read and moved by nobody: the segment is not passed then.
      if (!is_open(store, task)) continue;
      ++reply.unfinished;
      if (portion.does == what::clear) {
        store.kept.emplace(id, {});
        reply.more = ++open_changed == portion.most_changed;
      }
    } else {
      const auto age = age_of(store, task, last->result, portion.ages);
      const auto end = last->started_at + last->took;
      const bool gone = age && end + *age <= now;
      ++(gone ? reply.gone : reply.stays);
      if (!gone && age) {
        const auto left = std::chrono::ceil<milliseconds>(end + *age - now);
        reply.next_in = reply.next_in ? std::min(*reply.next_in, left) : left;
      }
      const bool changes = (portion.does == what::sweep && gone) || (portion.does == what::clear && !gone);
      reply.upto_created = task.created_at;
      if (changes && portion.does == what::sweep) forget(store, id);
      if (changes && portion.does == what::clear) store.kept.emplace(id, {});
      ended_changed += changes ? 1 : 0;
      reply.more = ++seen == portion.most_seen || (changes && ended_changed == portion.most_changed);
    }
    reply.upto = id;
    if (reply.more) return reply;
  }
  return reply;
}

class retention final : public retention_store {
 public:
  retention(shared_world store, shared_faults trouble)
      : client_(std::move(store), std::move(trouble), "retention") {}

  result<void> reconnect() override { return client_.reconnect(); }

  result<void> declare(node_id me, const retention_policy& wanted) override {
    return client_.run<void>("declare", access::write, [me, wanted](statement& now) -> result<void> {
      if (now.store().writer(me) == nullptr)
        return error{errc::refused, "incarnation " + std::to_string(me) + " is dead"};
      now.store().nodes.change(me).retention = wanted;
      return {};
    });
  }

  result<retention_view> look() override {
    return client_.run<retention_view>(
        "look", access::read, [](statement& now) -> result<retention_view> { return view_of(now.store()); });
  }

  result<walk_reply> walk(node_id me, leader_term term, const retention_walk& portion) override {
    return client_.run<walk_reply>("walk", access::write,
                                   [me, term, portion](statement& now) -> result<walk_reply> {
                                     if (!now.store().leads(me, term)) return stale_term(term);
                                     return walk_on(now.store(), portion);
                                   });
  }

  result<bool> empty(node_id me, leader_term term, segment_number segment, const snapshot& walked) override {
    return client_.run<bool>("empty", access::write,
                             [me, term, segment, walked](statement& now) -> result<bool> {
                               world& store = now.store();
                               if (!store.leads(me, term)) return stale_term(term);
                               if (store.anybody_writes()) return locked();
                               if (!full(store, segment) || !passed(store, segment, walked)) return false;
                               std::vector<task_id> ids;
                               bool all_over = true;
                               each_in(store, segment, -1, [&](const task_entry& task) {
                                 ids.push_back(task.id);
                                 all_over = !unfinished(store, task);
                                 return all_over;
                               });
                               if (!all_over) return false;
                               for (const task_id id : ids) forget(store, id);
                               return true;
                             });
  }

  result<bool> drop(node_id me, leader_term term, segment_number segment) override {
    return client_.run<bool>("drop", access::write, [me, term, segment](statement& now) -> result<bool> {
      world& store = now.store();
      if (!store.leads(me, term)) return stale_term(term);
      if (store.anybody_writes()) return locked();
      if (!full(store, segment) || store.segments.empty() || store.segments.begin()->first != segment)
        return false;
      bool empty = true;
      each_in(store, segment, -1, [&empty](const task_entry&) { return empty = false; });
      if (!empty) return false;
      store.segments.erase(segment);
      return true;
    });
  }

 private:
  client client_;
};

}  // namespace

std::unique_ptr<retention_store> open_retention(shared_world store, shared_faults trouble) {
  return std::make_unique<retention>(std::move(store), std::move(trouble));
}

}  // namespace weir::memory
