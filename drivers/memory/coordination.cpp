// What a leader reads and writes, and the declarations of a joining node.
#include <algorithm>
#include <iomanip>
#include <sstream>

#include "domain/task_bounds.hpp"
#include "drivers/memory/client.hpp"
#include "drivers/memory/stores.hpp"
#include "drivers/memory/streams.hpp"
#include "drivers/memory/views.hpp"

namespace weir::memory {
namespace {

error stale_term(const leader_term& term) {
  return {errc::refused, "term " + std::to_string(term.term) + " of timeline " +
                             std::to_string(term.timeline) + " is not the running one"};
}

/// Everything that is wrong with a declaration, before anything is written.
result<void> check_all(world& store, const declarations& wanted) {
  for (const auto& stream : wanted.streams) {
    if (auto valid = check_stream(stream); !valid) return valid;
  }
  for (const auto& route : wanted.routes) {
    if (auto named = domain::check_name("task name", route.task_name); !named) return named;
    const bool declared = std::any_of(wanted.streams.begin(), wanted.streams.end(),
                                      [&](const auto& stream) { return stream.name == route.stream; });
    if (!declared && store.find_stream(route.stream) == nullptr) {
      return error{errc::invalid, "task " + domain::in_quotes(route.task_name) + " is routed to stream " +
                                      domain::in_quotes(route.stream) + ", which does not exist"};
    }
  }
  return {};
}

void declare_stream(world& store, const stream_declaration& wanted, std::vector<std::string>& found) {
  const auto* present = store.find_stream(wanted.name);
  if (present == nullptr) {
    store.add_stream(wanted);
    return;
  }
  for (auto& difference : differences(wanted, *present)) found.push_back(std::move(difference));
}

void declare_route(world& store, const route_declaration& wanted, std::vector<std::string>& found) {
  const stream_id target = store.find_stream(wanted.stream)->id;
  const auto present = store.routes.find(wanted.task_name);
  if (present != store.routes.end()) {
    if (present->second == target) return;
    found.push_back("task " + wanted.task_name + ": stream " + wanted.stream + " is declared, but " +
                    store.streams.at(present->second).settings.name + " is in force");
    return;
  }
  // Two streams with unfinished tasks of one name could run two tasks of one key at the same time.
  if (has_unfinished_elsewhere(store, wanted.task_name, target)) {
    found.push_back("task " + wanted.task_name + ": stream " + wanted.stream +
                    " is declared, but unfinished tasks of that name are in another stream");
    return;
  }
  store.routes[wanted.task_name] = target;
}

/// Those of messages that were written down more than an hour ago: their tokens, UUIDs of version 7, say when.
void forget_receipts(world& store) {
  const auto hour_ago = std::chrono::duration_cast<std::chrono::milliseconds>(
      (store.now() - std::chrono::hours{1}).time_since_epoch());
  std::ostringstream digits;
  digits << std::hex << std::setw(12) << std::setfill('0') << hour_ago.count();
  const std::string oldest = digits.str().insert(8, "-");
  while (!store.receipts.empty() && store.receipts.begin()->first < oldest)
    store.receipts.erase(store.receipts.begin());
}

class coordination final : public coordination_store {
 public:
  coordination(shared_world store, shared_faults trouble)
      : client_(std::move(store), std::move(trouble), "coordination") {}

  result<void> reconnect() override { return client_.reconnect(); }

  result<catalog> load() override {
    return client_.run<catalog>("load", access::read,
                                [](statement& now) -> result<catalog> { return catalog_of(now.store()); });
  }

  result<void> assign(node_id me, leader_term term, const std::vector<wish>& wishes) override {
    return client_.run<void>("assign", access::write, [me, term, wishes](statement& now) -> result<void> {
      if (!now.store().leads(me, term)) return stale_term(term);
      for (const auto& wished : wishes) {
        if (auto* part = now.store().partitions.change_if(wished.part)) part->assigned_to = wished.node;
      }
      return {};
    });
  }

  result<std::vector<std::string>> declare(node_id me, const declarations& wanted) override {
    using answer = std::vector<std::string>;
    return client_.run<answer>("declare", access::write, [me, wanted](statement& now) -> result<answer> {
      auto& store = now.store();
      if (store.writer(me) == nullptr)
        return error{errc::refused, "incarnation " + std::to_string(me) + " is dead"};
      if (auto valid = check_all(store, wanted); !valid) return valid.error();
      answer found;
      for (const auto& stream : wanted.streams) declare_stream(store, stream, found);
      for (const auto& route : wanted.routes) declare_route(store, route, found);
      auto& mine = store.nodes.change(me);
      mine.declared = true;
      mine.differences = found;
      return found;
    });
  }

  result<void> keep_room(node_id me, leader_term term) override {
    return client_.run<void>("keep_room", access::write, [me, term](statement& now) -> result<void> {
      if (!now.store().leads(me, term)) return stale_term(term);
      forget_receipts(now.store());
      return {};
    });
  }

 private:
  client client_;
};

}  // namespace

std::unique_ptr<coordination_store> open_coordination(shared_world store, shared_faults trouble) {
  return std::make_unique<coordination>(std::move(store), std::move(trouble));
}

}  // namespace weir::memory
