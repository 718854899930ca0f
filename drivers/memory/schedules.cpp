// Schedules: what a leader fires, and what people ask and order of them.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "domain/duration_text.hpp"
#include "domain/names.hpp"
#include "domain/task_bounds.hpp"
#include "domain/tick_rule.hpp"
#include "drivers/memory/acting.hpp"
#include "drivers/memory/client.hpp"
#include "drivers/memory/inserting.hpp"
#include "drivers/memory/stores.hpp"
#include "drivers/memory/views.hpp"

namespace weir::memory {
namespace {

error no_such(const std::string& name) {
  return {errc::not_found, "schedule " + domain::in_quotes(name) + " does not exist"};
}

bool paused(const world& store, const schedule_entry& entry) {
  return entry.paused_forever || (entry.paused_until && store.now() < *entry.paused_until);
}

schedule_row row_of(const world& store, const schedule_entry& entry) {
  schedule_row row;
  row.id = entry.id;
  row.settings = entry.settings;
  row.since = entry.since;
  row.next_at = entry.next_at;
  row.paused = paused(store, entry);
  if (!entry.paused_forever) row.paused_until = entry.paused_until;
  row.last_at = entry.last_at;
  row.last_task = entry.last_task;
  return row;
}

std::vector<std::string> differences(const schedule_declaration& wanted,
                                     const schedule_declaration& present) {
  std::vector<std::string> found;
  const auto compare = [&](const std::string& what, const std::string& declared, const std::string& kept) {
    if (declared != kept) {
      found.push_back("schedule " + wanted.name + ": " + what + " = " + declared + " is declared, but " +
                      kept + " is in force");
    }
  };
  // As a database compares it: without regard to blanks and the order of members.
  const auto plain = [](const std::string& data) {
    return nlohmann::json::parse(data, nullptr, false).dump();
  };
  compare("task", wanted.task, present.task);
  compare("key", wanted.key.value_or(""), present.key.value_or(""));
  compare("data", plain(wanted.data), plain(present.data));
  compare("every", domain::format_duration(wanted.every), domain::format_duration(present.every));
  compare("cron", wanted.cron, present.cron);
  compare("zone", wanted.zone, present.zone);
  compare("missed", to_string(wanted.missed), to_string(present.missed));
  return found;
}

/// Creates it, or tells how the one that exists differs.
std::vector<std::string> add_one(world& store, const schedule_declaration& wanted) {
  const auto present = store.schedules.find(wanted.name);
  if (present != store.schedules.end()) return differences(wanted, present->second.settings);
  schedule_entry made;
  made.id = store.next_schedule_id();
  made.settings = wanted;
  if (made.settings.key && made.settings.key->empty()) made.settings.key.reset();
  made.since = store.now();
  store.schedules[wanted.name] = std::move(made);
  return {};
}

due_schedules due_of(const world& store, int limit) {
  due_schedules found;
  found.now = store.now();
  std::optional<wall_time> first;
  for (const auto& [name, entry] : store.schedules) {
    const bool stopped = paused(store, entry);
    if (!stopped && (!entry.next_at || *entry.next_at <= found.now)) {
      found.due.push_back(row_of(store, entry));
    } else if (!entry.paused_forever) {
      wall_time then = entry.next_at.value_or(wall_time::min());
      if (entry.paused_until) then = std::max(then, *entry.paused_until);
      first = first ? std::min(*first, then) : then;
    }
  }
  std::stable_sort(found.due.begin(), found.due.end(), [](const auto& a, const auto& b) {
    return a.next_at.value_or(wall_time::min()) < b.next_at.value_or(wall_time::min());
  });
  if (found.due.size() > static_cast<std::size_t>(limit)) found.due.resize(static_cast<std::size_t>(limit));
  if (first) found.next_in = until(store, *first);
  return found;
}

insert_row task_of(const schedule_declaration& settings, std::string created_by) {
  insert_row row;
  row.name = settings.task;
  row.key = settings.key;
  row.data = settings.data;
  row.created_by = std::move(created_by);
  return row;
}

const schedule_entry* find_by_id(const world& store, schedule_id id) {
  for (const auto& [name, entry] : store.schedules) {
    if (entry.id == id) return &entry;
  }
  return nullptr;
}

result<std::optional<std::vector<task_id>>> fire_ticks(statement& now, const schedule_firing& what) {
  using answer = std::optional<std::vector<task_id>>;
  const auto* entry = find_by_id(now.store(), what.id);
  if (entry == nullptr || paused(now.store(), *entry) || entry->next_at != what.seen_next) return answer{};
  now.decide_at_once();
  std::vector<task_id> made;
  if (!what.ticks.empty()) {
    const std::vector<insert_row> rows(what.ticks.size(),
                                       task_of(entry->settings, "schedule " + entry->settings.name));
    const auto tasks = insert_rows(now, rows);
    if (!tasks) return tasks.error();
    for (const auto& task : *tasks) made.push_back(task.id);
  }
  auto& fired = now.store().schedules.change(entry->settings.name);
  if (!made.empty()) {
    fired.last_at = what.ticks.back();
    fired.last_task = made.back();
  }
  fired.next_at = what.next;
  return answer{std::move(made)};
}

class schedules final : public schedule_store {
 public:
  schedules(shared_world store, shared_faults trouble)
      : client_(std::move(store), std::move(trouble), "schedules") {}

  result<void> reconnect() override { return client_.reconnect(); }
  void act_as(operator_identity who) override { by_ = std::move(who); }

  result<std::vector<std::string>> declare(node_id me,
                                           const std::vector<schedule_declaration>& wanted) override {
    using answer = std::vector<std::string>;
    return client_.run<answer>("declare", access::write, [me, wanted](statement& now) -> result<answer> {
      if (now.store().writer(me) == nullptr)
        return error{errc::refused, "incarnation " + std::to_string(me) + " is dead"};
      for (const auto& one : wanted) {
        if (const auto valid = domain::check_schedule(one); !valid) return valid.error();
      }
      answer found;
      for (const auto& one : wanted) {
        for (auto& difference : add_one(now.store(), one)) found.push_back(std::move(difference));
      }
      now.store().nodes.change(me).schedule_differences = found;
      return found;
    });
  }

  result<due_schedules> due(int limit) override {
    return client_.run<due_schedules>("due", access::read, [limit](statement& now) -> result<due_schedules> {
      return due_of(now.store(), limit);
    });
  }

  result<std::optional<std::vector<task_id>>> fire(node_id me, leader_term term,
                                                   const schedule_firing& what) override {
    using answer = std::optional<std::vector<task_id>>;
    return client_.run<answer>("fire", access::write, [me, term, what](statement& now) -> result<answer> {
      if (!now.store().leads(me, term)) {
        return error{errc::refused, "term " + std::to_string(term.term) + " of timeline " +
                                        std::to_string(term.timeline) + " is not the running one"};
      }
      return fire_ticks(now, what);
    });
  }

  result<std::vector<schedule_row>> list() override {
    using answer = std::vector<schedule_row>;
    return client_.run<answer>("list", access::read, [](statement& now) -> result<answer> {
      answer rows;
      for (const auto& [name, entry] : now.store().schedules) rows.push_back(row_of(now.store(), entry));
      return rows;
    });
  }

  result<schedule_row> find(const std::string& name) override {
    return client_.run<schedule_row>("find", access::read, [name](statement& now) -> result<schedule_row> {
      const auto at = now.store().schedules.find(name);
      if (at == now.store().schedules.end()) return no_such(name);
      return row_of(now.store(), at->second);
    });
  }

  result<void> add(const schedule_declaration& wanted) override {
    return act(client_, "add", by_, domain::scheduling(wanted), [wanted](statement& now) -> result<void> {
      if (auto valid = domain::check_schedule(wanted); !valid) return valid;
      const auto found = add_one(now.store(), wanted);
      if (found.empty()) return {};
      return error{errc::conflict, found.front() + "; to change it, remove it first"};
    });
  }

  result<void> remove(const std::string& name) override {
    return act(client_, "remove", by_, domain::unscheduling(name), [name](statement& now) -> result<void> {
      if (now.store().schedules.erase(name) == 0) return no_such(name);
      return {};
    });
  }

  result<void> pause(const std::string& name, const std::optional<wall_time>& until_then) override {
    return change_named("pause", domain::pausing("schedule", name, until_then),
                        [until_then](world&, schedule_entry& entry) {
                          entry.paused_forever = !until_then;
                          entry.paused_until = until_then;
                        });
  }

  result<void> resume(const std::string& name) override {
    return change_named("resume", domain::resuming("schedule", name),
                        [](world& store, schedule_entry& entry) {
                          if (!paused(store, entry)) return;
                          entry.paused_forever = false;
                          entry.paused_until = store.now();
                        });
  }

  result<task_id> trigger(const std::string& name, const std::string& who) override {
    return act<task_id>(
        client_, "trigger", by_, domain::triggering(name, std::nullopt),
        [name, who](statement& now) -> result<task_id> {
          const auto at = now.store().schedules.find(name);
          if (at == now.store().schedules.end()) return no_such(name);
          const auto& settings = at->second.settings;
          const auto made =
              insert_rows(now, {task_of(settings, "schedule " + settings.name + ", triggered by " + who)});
          if (!made) return made.error();
          return made->front().id;
        },
        [name](const task_id& made) { return domain::triggering(name, made); });
  }

 private:
  using change_one = std::function<void(world&, schedule_entry&)>;
  result<void> change_named(const char* operation, const domain::operator_action& what, change_one change) {
    return act(client_, operation, by_, what,
               [name = what.object, change = std::move(change)](statement& now) -> result<void> {
                 const auto at = now.store().schedules.find(name);
                 if (at == now.store().schedules.end()) return no_such(name);
                 change(now.store(), now.store().schedules.change(at->first));
                 return {};
               });
  }

  client client_;
  operator_identity by_;
};

}  // namespace

std::unique_ptr<schedule_store> open_schedules(shared_world store, shared_faults trouble) {
  return std::make_unique<schedules>(std::move(store), std::move(trouble));
}

}  // namespace weir::memory
