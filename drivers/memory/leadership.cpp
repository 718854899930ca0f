// The election: a lock that lives with its session, and terms that are only ever counted up.
#include "drivers/memory/client.hpp"
#include "drivers/memory/stores.hpp"

namespace weir::memory {
namespace {

class leadership final : public leadership_store {
 public:
  leadership(shared_world store, shared_faults trouble)
      : client_(std::move(store), std::move(trouble), "leadership") {}

  result<void> reconnect() override { return client_.reconnect(); }

  result<std::optional<leader_term>> try_lead(node_id me) override {
    using answer = std::optional<leader_term>;
    return client_.run<answer>("try_lead", access::write, [me](statement& now) -> result<answer> {
      auto& store = now.store();
      if (store.leader_lock != nullptr && store.leader_lock != &now.by()) return answer{};
      if (store.writer(me) == nullptr) {
        store.leader_lock = nullptr;
        return error{errc::refused, "incarnation " + std::to_string(me) + " is dead and cannot lead"};
      }
      store.skip_ids_after_fail_over();
      const auto former = store.terms.empty() ? 0 : store.terms.rbegin()->first;
      if (const auto* running = store.running_term(); running != nullptr) {
        store.end_running_term(running->row.node == me ? "superseded" : "lost");
      }
      term_entry begun;
      begun.row.fence = {store.timeline(), former + 1};
      begun.row.node = me;
      begun.row.node_name = store.nodes.at(me).facts.name;
      begun.row.elected_at = store.now();
      begun.holder = &now.by();
      // A statement that arrives late, from a session that has ended, keeps no lock.
      if (!now.by().broken) store.leader_lock = &now.by();
      store.terms[former + 1] = begun;
      return answer{begun.row.fence};
    });
  }

  result<bool> renew(node_id me, leader_term term) override {
    return client_.run<bool>("renew", access::read, [me, term](statement& now) -> result<bool> {
      return now.store().leader_lock == &now.by() && now.store().leads(me, term);
    });
  }

  result<void> resign(node_id me, leader_term term, const std::string& reason) override {
    return client_.run<void>("resign", access::write, [me, term, reason](statement& now) -> result<void> {
      if (now.store().leads(me, term)) now.store().end_running_term(reason);
      if (now.store().leader_lock == &now.by()) now.store().leader_lock = nullptr;
      return {};
    });
  }

 private:
  client client_;
};

}  // namespace

std::unique_ptr<leadership_store> open_leadership(shared_world store, shared_faults trouble) {
  return std::make_unique<leadership>(std::move(store), std::move(trouble));
}

}  // namespace weir::memory
