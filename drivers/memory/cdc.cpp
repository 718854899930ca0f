// What change data capture keeps, and the source it reads: a list in the world.
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "domain/object_hash.hpp"
#include "drivers/memory/acting.hpp"
#include "drivers/memory/client.hpp"
#include "drivers/memory/inserting.hpp"
#include "drivers/memory/stores.hpp"

namespace weir::memory {
namespace {

using what = cdc_change::what;

/// Rows of one page of a source: few, so that tests see page edges.
constexpr std::ptrdiff_t page_rows = 7;

const char* verb(what kind) {
  switch (kind) {
    case what::create: return "create";
    case what::update: return "update";
    case what::remove: return "delete";
  }
  return "?";
}

result<const cdc_entry*> entry_of_pass(const world& store, const std::string& controller, std::int64_t pass) {
  const auto at = store.cdc.find(controller);
  if (at == store.cdc.end() || at->second.row.pass != pass) {
    return error{errc::refused, "pass " + std::to_string(pass) + " of controller " + controller +
                                    " is over: a newer one has begun"};
  }
  return &at->second;
}

bool still_so(const cdc_entry& entry, const cdc_write& write, const cdc_change& change) {
  const auto kept = entry.hashes.find(change.object);
  if (change.kind == what::create) return kept == entry.hashes.end();
  if (kept == entry.hashes.end() || kept->second.hash != change.before) return false;
  return change.kind == what::remove || change.before != change.now || kept->second.round < write.round;
}

insert_row task_of(const cdc_write& write, const cdc_change& change) {
  nlohmann::json data{{"object_id", change.object}};
  if (change.kind != what::remove) data["hash"] = domain::format_object_hash(change.now);
  insert_row row;
  row.name = *write.tasks + "." + verb(change.kind);
  row.key = change.object;
  row.data = data.dump();
  row.created_by = "cdc " + *write.tasks;
  return row;
}

void keep(cdc_entry& entry, const cdc_write& write, const std::vector<cdc_change>& changes) {
  for (const cdc_change& change : changes) {
    if (change.kind == what::remove)
      entry.hashes.erase(change.object);
    else
      entry.hashes[change.object] = {change.now, write.round};
  }
  entry.row.objects = static_cast<std::int64_t>(entry.hashes.size());
  if (write.go_on_after) entry.row.go_on_after = write.go_on_after;
}

class cdc final : public cdc_store {
 public:
  cdc(shared_world store, shared_faults trouble) : client_(std::move(store), std::move(trouble), "cdc") {}

  result<void> reconnect() override { return client_.reconnect(); }
  void act_as(operator_identity who) override { by_ = std::move(who); }

  result<cdc_pass> begin(const std::string& controller, const std::string& name) override {
    return client_.run<
        cdc_pass>("begin", access::write, [controller, name](statement& now) -> result<cdc_pass> {
      cdc_entry& entry = now.store().cdc[controller];
      entry.row.controller = controller;
      entry.row.name = name;
      ++entry.row.pass;
      entry.row.started_at = now.store().now();
      entry.row.finished_at.reset();
      return cdc_pass{controller, entry.row.pass, entry.row.round, entry.row.go_on_after, entry.row.objects};
    });
  }

  result<std::vector<cdc_stored_row>> stored(const std::string& controller, std::int32_t round,
                                             const cdc_range& range, int limit) override {
    using answer = std::vector<cdc_stored_row>;
    return client_.run<answer>("stored", access::read, [=](statement& now) -> result<answer> {
      answer rows;
      const auto entry = now.store().cdc.find(controller);
      if (entry == now.store().cdc.end()) return rows;
      const auto& hashes = entry->second.hashes;
      for (auto at = hashes.upper_bound(range.after.value_or("")); at != hashes.end(); ++at) {
        if (range.upto && at->first > *range.upto) break;
        if (rows.size() == static_cast<std::size_t>(limit)) break;
        rows.push_back({at->first, at->second.hash, at->second.round < round});
      }
      return rows;
    });
  }

  result<std::int64_t> write(const cdc_write& wanted) override {
    return client_.run<std::int64_t>(
        "write", access::write, [wanted](statement& now) -> result<std::int64_t> {
          const auto entry = entry_of_pass(now.store(), wanted.controller, wanted.pass);
          if (!entry) return entry.error();
          std::vector<cdc_change> changes;
          std::vector<insert_row> tasks;
          for (const cdc_change& change : wanted.changes) {
            if (!still_so(**entry, wanted, change)) continue;
            changes.push_back(change);
            if (wanted.tasks) tasks.push_back(task_of(wanted, change));
          }
          const auto count = static_cast<std::int64_t>(changes.size());
          now.transaction().effect = [wanted, changes](world& later) {
            keep(later.cdc.change(wanted.controller), wanted, changes);
          };
          if (tasks.empty()) {
            now.commit();
            return count;
          }
          if (const auto inserted = insert_rows(now, tasks); !inserted) return inserted.error();
          return count;
        });
  }

  result<void> finish(const cdc_ended& ended) override {
    return none(client_.run<bool>("finish", access::write, [ended](statement& now) -> result<bool> {
      const auto entry = entry_of_pass(now.store(), ended.controller, ended.pass);
      if (!entry) return entry.error();
      cdc_controller& row = now.store().cdc.change(ended.controller).row;
      row.finished_at = now.store().now();
      row.last = ended.counts;
      row.problem = ended.problem;
      row.go_on_after = ended.go_on_after;
      return true;
    }));
  }

  result<std::vector<cdc_controller>> controllers() override {
    using answer = std::vector<cdc_controller>;
    return client_.run<answer>("controllers", access::read, [](statement& now) -> result<answer> {
      answer rows;
      for (const auto& [id, entry] : now.store().cdc) rows.push_back(entry.row);
      std::stable_sort(rows.begin(), rows.end(),
                       [](const cdc_controller& a, const cdc_controller& b) { return a.name < b.name; });
      return rows;
    });
  }

  result<void> resync(const std::string& controller) override {
    return act(client_, "resync", by_, domain::resyncing(controller),
               [controller](statement& now) -> result<void> {
                 const auto at = now.store().cdc.find(controller);
                 if (at == now.store().cdc.end())
                   return error{errc::not_found, "there is no controller " + controller};
                 auto& row = now.store().cdc.change(controller).row;
                 ++row.round;
                 row.go_on_after.reset();
                 return {};
               });
  }

 private:
  static result<void> none(const result<bool>& answer) {
    if (!answer) return answer.error();
    return {};
  }

  client client_;
  operator_identity by_;
};

class reader final : public cdc_reader {
 public:
  reader(shared_world store, shared_faults trouble, cdc_query query)
      : client_(std::move(store), std::move(trouble), "cdc_reader"), query_(std::move(query)) {}

  result<void> open(const cdc_range& range) override {
    using answer = std::vector<cdc_source_row>;
    rows_.clear();
    if (auto connected = client_.reconnect(); !connected) return connected;
    auto found = client_.run<answer>("open", access::read, [this, range](statement& now) -> result<answer> {
      const auto at = now.store().sources.find(query_.text);
      if (at == now.store().sources.end()) return error{errc::invalid, "there is no source " + query_.text};
      answer rows;
      for (const cdc_source_row& row : at->second) {
        const bool after = !range.after || (row.object && *row.object > *range.after);
        const bool before = !range.upto || !row.object || *row.object <= *range.upto;
        if (after && before) rows.push_back(row);
      }
      std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        return a.object < b.object;
      });  // no id comes first
      return rows;
    });
    if (!found) return found.error();
    rows_ = std::move(*found);
    return {};
  }

  result<std::vector<cdc_source_row>> next() override {
    using answer = std::vector<cdc_source_row>;
    return client_.run<answer>("next", access::read, [this](statement&) -> result<answer> {
      const auto end = rows_.begin() + std::min(page_rows, static_cast<std::ptrdiff_t>(rows_.size()));
      answer page(rows_.begin(), end);
      rows_.erase(rows_.begin(), end);
      return page;
    });
  }

  void close() override { rows_.clear(); }

 private:
  client client_;
  const cdc_query query_;
  std::vector<cdc_source_row> rows_;
};

}  // namespace

std::unique_ptr<cdc_store> open_cdc(shared_world store, shared_faults trouble) {
  return std::make_unique<cdc>(std::move(store), std::move(trouble));
}

std::unique_ptr<cdc_reader> open_cdc_reader(shared_world store, shared_faults trouble,
                                            const cdc_query& query) {
  return std::make_unique<reader>(std::move(store), std::move(trouble), query);
}

}  // namespace weir::memory
