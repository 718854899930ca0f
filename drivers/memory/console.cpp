// What people ask and order.
#include <algorithm>
#include <utility>

#include "domain/duration_text.hpp"
#include "domain/task_bounds.hpp"
#include "drivers/memory/acting.hpp"
#include "drivers/memory/client.hpp"
#include "drivers/memory/console_facts.hpp"
#include "drivers/memory/console_tasks.hpp"
#include "drivers/memory/inserting.hpp"
#include "drivers/memory/ordering.hpp"
#include "drivers/memory/stores.hpp"
#include "drivers/memory/streams.hpp"
#include "drivers/memory/views.hpp"

namespace weir::memory {
namespace {

error no_such(const std::string& what, const std::string& name) {
  return {errc::not_found, what + " " + domain::in_quotes(name) + " does not exist"};
}

error no_such_task(task_id id) { return {errc::not_found, "task " + std::to_string(id) + " does not exist"}; }

/// One sentence for each state of which the nodes that are alive say different ages.
std::vector<std::string> retention_differences(const world& store) {
  using age = std::optional<std::chrono::milliseconds>;
  std::vector<std::string> found;
  const auto compare = [&](const char* state, age retention_ages::*of) {
    std::set<std::string> said;
    for (const auto& [id, node] : store.nodes) {
      if (!node.alive() || node.state == node_state::joining) continue;
      const age wanted = node.retention.all.*of;
      said.insert(wanted ? domain::format_duration(*wanted) : "for ever");
    }
    if (said.size() < 2) return;
    std::string text = std::string{"[retention] "} + state + " is ";
    for (const auto& one : said) text += (one == *said.begin() ? "" : ", ") + one;
    found.push_back(text + "; the longest counts");
  };
  compare("done", &retention_ages::done);
  compare("failed", &retention_ages::failed);
  compare("cancelled", &retention_ages::cancelled);
  return found;
}

cluster_view view_of_all(world& store) {
  cluster_view all;
  all.rows = catalog_of(store);
  for (auto& node : all.rows.nodes) node.running = running_on(store, node.id);
  for (const auto& [id, entry] : store.streams) all.counts.push_back(counts_of(store, entry));
  if (const auto* leader = store.running_term()) all.leader = leader->row;
  std::set<std::string> told;
  for (const auto& [id, node] : store.nodes) {
    if (!node.alive()) continue;
    told.insert(node.differences.begin(), node.differences.end());
    told.insert(node.schedule_differences.begin(), node.schedule_differences.end());
  }
  for (auto& difference : retention_differences(store)) told.insert(std::move(difference));
  all.differences.assign(told.begin(), told.end());
  return all;
}

class console final : public console_store, public figures_source {
 public:
  console(shared_world store, shared_faults trouble)
      : client_(std::move(store), std::move(trouble), "console") {}

  result<void> reconnect() override { return client_.reconnect(); }
  void act_as(operator_identity who) override { by_ = std::move(who); }

  result<audit_page> audit(const audit_filter& filter) override {
    return client_.run<audit_page>("audit", access::read, [filter](statement& now) -> result<audit_page> {
      return audit_of(now.store(), filter);
    });
  }

  result<cluster_view> view() override {
    return client_.run<cluster_view>("view", access::read, [](statement& now) -> result<cluster_view> {
      return view_of_all(now.store());
    });
  }

  result<cluster_figures> figures() override {
    return client_.run<cluster_figures>(
        "figures", access::read,
        [](statement& now) -> result<cluster_figures> { return figures_of(now.store()); });
  }

  result<std::vector<term_row>> leaders(int limit) override {
    using answer = std::vector<term_row>;
    return client_.run<answer>("leaders", access::read, [limit](statement& now) -> result<answer> {
      answer rows;
      const auto& terms = now.store().terms;
      for (auto at = terms.rbegin(); at != terms.rend() && static_cast<int>(rows.size()) < limit; ++at) {
        rows.push_back(at->second.row);
      }
      return rows;
    });
  }

  result<std::vector<owner_record>> owners(const std::string& stream, int limit) override {
    using answer = std::vector<owner_record>;
    return client_.run<answer>("owners", access::read, [stream, limit](statement& now) -> result<answer> {
      return owners_of(now.store(), stream, limit);
    });
  }

  result<catalog> rows() override {
    return client_.run<catalog>("rows", access::read,
                                [](statement& now) -> result<catalog> { return catalog_of(now.store()); });
  }

  result<term_row> resign_leader() override {
    return act<term_row>(
        client_, "resign_leader", by_, domain::resigning(),
        [](statement& now) -> result<term_row> {
          auto& store = now.store();
          const auto* leader = store.running_term();
          if (leader == nullptr) return error{errc::not_found, "no node leads"};
          store.end_session_of(*leader);
          store.end_running_term("resigned");
          return leader->row;
        },
        [](const term_row& ended) { return domain::resigned(ended); });
  }

  result<std::vector<inserted>> enqueue(const std::vector<insert_row>& rows) override {
    return client_.run<std::vector<inserted>>("enqueue", access::write,
                                              [rows](statement& now) { return insert_rows(now, rows); });
  }

  result<task_page> tasks(const task_filter& filter) override {
    return client_.run<task_page>("tasks", access::read, [filter](statement& now) -> result<task_page> {
      return page_of(now.store(), filter);
    });
  }

  result<task_id_page> ids(const task_filter& filter) override {
    return client_.run<task_id_page>("ids", access::read, [filter](statement& now) -> result<task_id_page> {
      return ids_of_page(now.store(), filter);
    });
  }

  result<task_record> task(task_id id) override {
    return client_.run<task_record>("task", access::read, [id](statement& now) -> result<task_record> {
      const auto at = now.store().task_rows.find(id);
      if (at == now.store().task_rows.end()) return no_such_task(id);
      return record_of(now.store(), at->second);
    });
  }

  result<std::vector<attempt_record>> attempts(task_id id) override {
    using answer = std::vector<attempt_record>;
    return client_.run<answer>("attempts", access::read, [id](statement& now) -> result<answer> {
      return attempts_of(now.store(), id);
    });
  }

  result<std::vector<order_answer>> order(const task_order& what) override {
    using answer = std::vector<order_answer>;
    return act<answer>(
        client_, "order", by_, domain::ordering(what, {}, by_.filter),
        [what](statement& now) -> result<answer> { return order_tasks(now.store(), what); },
        [what, filter = by_.filter](const answer& all) { return domain::ordering(what, all, filter); });
  }

  result<std::vector<task_id>> requeue(const std::vector<task_id>& tasks, const std::string& who) override {
    using answer = std::vector<task_id>;
    return act<answer>(
        client_, "requeue", by_, domain::requeueing(tasks, {}, by_.filter),
        [tasks, who](statement& now) { return requeue_tasks(now, tasks, who); },
        [tasks, filter = by_.filter](const answer& made) { return domain::requeueing(tasks, made, filter); });
  }

  result<std::optional<std::vector<task_id>>> answered(const std::string& token) override {
    using answer = std::optional<std::vector<task_id>>;
    return client_.run<answer>("answered", access::read, [token](statement& now) -> result<answer> {
      const auto found = now.store().receipts.find(token);
      return found == now.store().receipts.end() ? answer{} : answer{found->second.ids};
    });
  }

  result<std::optional<task_id>> successor(task_id id) override {
    using answer = std::optional<task_id>;
    return client_.run<answer>("successor", access::read, [id](statement& now) -> result<answer> {
      return successor_of(now.store(), id);
    });
  }

  result<task_facts> facts(task_id id) override {
    return client_.run<task_facts>("facts", access::read, [id](statement& now) -> result<task_facts> {
      const auto at = now.store().task_rows.find(id);
      if (at == now.store().task_rows.end()) return no_such_task(id);
      return facts_of(now.store(), at->second);
    });
  }

  result<work_left> left_for(node_id me) override {
    return client_.run<work_left>("left_for", access::read, [me](statement& now) -> result<work_left> {
      const auto* node = now.store().find_node(me);
      if (node == nullptr || !node->alive()) {
        return error{errc::refused, "node " + std::to_string(me) + " is not alive"};
      }
      return memory::left_for(now.store(), *node);
    });
  }

  result<std::int64_t> count_unfinished(const std::string& name, std::int64_t cap) override {
    return client_.run<std::int64_t>("count_unfinished", access::read,
                                     [name, cap](statement& now) -> result<std::int64_t> {
                                       return memory::count_unfinished(now.store(), name, cap);
                                     });
  }

  result<std::int64_t> count_ended() override {
    return client_.run<std::int64_t>("count_ended", access::read, [](statement& now) -> result<std::int64_t> {
      return memory::count_ended(now.store());
    });
  }

  result<std::vector<task_id>> unfinished(const task_filter& filter, int most) override {
    using answer = std::vector<task_id>;
    return client_.run<answer>("unfinished", access::read, [filter, most](statement& now) -> result<answer> {
      return memory::unfinished(now.store(), filter, most);
    });
  }

  result<bounded_count> unfinished_at_least(const task_filter& filter, int most) override {
    return client_.run<bounded_count>("unfinished_at_least", access::read,
                                      [filter, most](statement& now) -> result<bounded_count> {
                                        return memory::unfinished_at_least(now.store(), filter, most);
                                      });
  }

  result<std::vector<error_group>> errors(int limit) override {
    using answer = std::vector<error_group>;
    return client_.run<answer>("errors", access::read, [limit](statement& now) -> result<answer> {
      return recent_errors(now.store(), limit);
    });
  }

  result<void> create_stream(const stream_declaration& wanted) override {
    return act(client_, "create_stream", by_, domain::creating(wanted),
               [wanted](statement& now) -> result<void> {
                 if (auto valid = check_stream(wanted); !valid) return valid;
                 auto& store = now.store();
                 const auto* present = store.find_stream(wanted.name);
                 if (present == nullptr) {
                   store.add_stream(wanted);
                   return {};
                 }
                 const auto found = differences(wanted, *present);
                 if (found.empty()) return {};
                 return error{errc::conflict, found.front() + ": `weir stream set` changes it"};
               });
  }

  result<void> change_stream(const std::string& name, const stream_change& change) override {
    return change_named("change_stream", domain::changing(name, change),
                        [change](world& store, stream_entry& entry) { return apply(store, entry, change); });
  }

  result<void> delete_stream(const std::string& name) override {
    return change_named("delete_stream", domain::deleting(name),
                        [](world& store, stream_entry& entry) { return remove(store, entry); });
  }

  result<void> wish_for(const std::vector<wish>& wishes) override {
    const auto done = act<std::string>(
        client_, "wish_for", by_, domain::moving("", wishes),
        [wishes](statement& now) -> result<std::string> {
          std::string stream;
          for (const wish& one : wishes) {
            auto* part = now.store().partitions.change_if(one.part);
            if (part == nullptr) continue;
            part->assigned_to = one.node;
            stream = now.store().stream_name(part->stream);
          }
          return stream;
        },
        [wishes](const std::string& stream) { return domain::moving(stream, wishes); });
    if (!done) return done.error();
    return {};
  }

  result<void> pin(const std::string& name, const std::optional<std::string>& node,
                   std::optional<weir::pin_policy> policy) override {
    return change_named("pin", domain::pinning(name, node, policy),
                        [node, policy](world&, stream_entry& entry) -> result<void> {
                          if (node) {
                            if (auto named = domain::check_name("node name", *node); !named) return named;
                          }
                          entry.settings.pin = node;
                          if (policy) entry.settings.policy = *policy;
                          return {};
                        });
  }

  result<void> pause(const std::string& name, const std::optional<wall_time>& until_then) override {
    return change_named("pause", domain::pausing("stream", name, until_then),
                        [until_then](world&, stream_entry& entry) -> result<void> {
                          entry.paused_forever = !until_then;
                          entry.paused_until = until_then;
                          return {};
                        });
  }

  result<void> resume(const std::string& name) override {
    return change_named("resume", domain::resuming("stream", name),
                        [](world&, stream_entry& entry) -> result<void> {
                          entry.paused_forever = false;
                          entry.paused_until.reset();
                          return {};
                        });
  }

  result<void> pause_name(const std::string& name, const std::optional<wall_time>& until_then) override {
    return act(client_, "pause_name", by_, domain::pausing("task", name, until_then),
               [name, until_then](statement& now) -> result<void> {
                 if (auto named = domain::check_name("task name", name); !named) return named;
                 now.store().paused_names[name] = until_then;
                 ++now.store().counted.pauses;
                 return {};
               });
  }

  result<void> resume_name(const std::string& name) override {
    return act(client_, "resume_name", by_, domain::resuming("task", name),
               [name](statement& now) -> result<void> {
                 if (now.store().paused_names.erase(name) == 0) return no_such("paused task name", name);
                 ++now.store().counted.pauses;
                 return {};
               });
  }

  result<void> note_reload(const std::string& node, const std::vector<std::string>& applied,
                           const std::vector<std::string>& needs_restart) override {
    return act(client_, "note_reload", by_, domain::reloading(node, applied, needs_restart),
               [](statement&) -> result<void> { return {}; });
  }

  result<void> drain(const std::string& node, bool wanted) override {
    return act(client_, "drain", by_, domain::draining(node, wanted),
               [node, wanted](statement& now) -> result<void> {
                 const auto* newest = now.store().newest_incarnation(node);
                 if (newest == nullptr) return no_such("node", node);
                 now.store().nodes.change(newest->id).drain_wanted = wanted;
                 return {};
               });
  }

 private:
  using change_one = std::function<result<void>(world&, stream_entry&)>;
  result<void> change_named(const char* operation, const domain::operator_action& what, change_one change) {
    return act(client_, operation, by_, what,
               [name = what.object, change = std::move(change)](statement& now) -> result<void> {
                 const auto* entry = now.store().find_stream(name);
                 if (entry == nullptr) return no_such("stream", name);
                 return change(now.store(), now.store().streams.change(entry->id));
               });
  }

  client client_;
  operator_identity by_;
};

}  // namespace

std::unique_ptr<console_store> open_console(shared_world store, shared_faults trouble) {
  return std::make_unique<console>(std::move(store), std::move(trouble));
}

}  // namespace weir::memory
