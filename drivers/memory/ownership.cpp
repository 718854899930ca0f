// Taking and giving back partitions: the compare-and-set on the fence row.
#include "domain/careful_start.hpp"
#include "drivers/memory/client.hpp"
#include "drivers/memory/stores.hpp"
#include "drivers/memory/views.hpp"

namespace weir::memory {
namespace {

error refused(part_id part, const std::string& why) {
  return {errc::refused, "partition " + std::to_string(part) + " " + why};
}

/// Begins the next epoch: from here on every write under an older one is refused.
ownership begin_epoch(world& store, partition_entry& taken, node_id owner) {
  store.skip_ids_after_fail_over();
  taken.owner = owner;
  taken.timeline = store.timeline();
  ++taken.epoch;
  taken.freed_by_crash = false;
  store.owners[{taken.id, taken.epoch}] = {taken.id, taken.timeline, taken.epoch, owner, store.now()};

  ownership begun;
  begun.held = {taken.id, taken.epoch};
  begun.timeline = taken.timeline;
  begun.mark = taken.mark;
  begun.unclean = taken.deaths;
  for (const auto& [id, waiting] : taken.open) {
    const auto due_in = until(store, waiting.due);
    if (!begun.next_due || due_in < *begun.next_due) begun.next_due = due_in;
    if (!waiting.key) continue;
    open_task keyed;
    keyed.id = id;
    keyed.name = waiting.name;
    keyed.key = *waiting.key;
    keyed.runs = waiting.runs;
    begun.keyed.push_back(std::move(keyed));
  }
  return begun;
}

class ownerships final : public ownership_store {
 public:
  ownerships(shared_world store, shared_faults trouble)
      : client_(std::move(store), std::move(trouble), "ownership") {}

  result<void> reconnect() override { return client_.reconnect(); }

  result<ownership> acquire(node_id me, part_id part, bool timeline_waited, bool crash_waited) override {
    return client_.run<ownership>("acquire", access::write, [=](statement& now) -> result<ownership> {
      auto& store = now.store();
      const auto* mine = store.writer(me);
      if (mine == nullptr) return refused(part, "is not for a dead incarnation");
      const auto* wanted = store.find_partition(part);
      if (wanted == nullptr) return refused(part, "does not exist");
      if (wanted->assigned_to != mine->facts.name) return refused(part, "is not wished here");
      if (wanted->owner != 0)
        return refused(part, "is owned by incarnation " + std::to_string(wanted->owner));
      if (wanted->timeline != store.timeline() && !timeline_waited)
        return refused(part, "is of an older timeline");
      const bool crashed = wanted->freed_by_crash;
      if (crashed && !crash_waited) return refused(part, "was freed by a crash a moment ago");
      if (store.fence_held(part)) return error{errc::timeout, "a statement still holds the fence"};
      const bool lived = store.now() - wanted->acquired_at >= domain::careful_for;
      auto& taken = store.partitions.change(part);
      taken.deaths = !crashed ? 0 : lived ? 1 : taken.deaths + 1;
      taken.acquired_at = store.now();
      return begin_epoch(store, taken, me);
    });
  }

  result<ownership> renew(node_id me, fence held) override {
    return client_.run<ownership>("renew", access::write, [me, held](statement& now) -> result<ownership> {
      auto& store = now.store();
      if (store.writer(me) == nullptr || store.fenced(me, held) == nullptr)
        return refused(held.part, "is not owned under epoch " + std::to_string(held.epoch));
      if (store.fence_held(held.part)) return error{errc::timeout, "a statement still holds the fence"};
      store.end_ownership(held, "renewed");
      return begin_epoch(store, store.partitions.change(held.part), me);
    });
  }

  result<bool> release(node_id me, fence held) override {
    return client_.run<bool>("release", access::write, [me, held](statement& now) -> result<bool> {
      auto& store = now.store();
      if (store.fenced(me, held) == nullptr) return false;
      if (store.fence_held(held.part)) return error{errc::timeout, "a statement still holds the fence"};
      store.end_ownership(held, "released");
      auto& mine = store.partitions.change(held.part);
      mine.owner = 0;
      mine.free_since = store.now();
      mine.freed_by_crash = false;
      return true;
    });
  }

 private:
  client client_;
};

}  // namespace

std::unique_ptr<ownership_store> open_ownership(shared_world store, shared_faults trouble) {
  return std::make_unique<ownerships>(std::move(store), std::move(trouble));
}

}  // namespace weir::memory
