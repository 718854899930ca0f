#include "drivers/memory/inserting.hpp"

#include <limits>
#include <map>
#include <set>
#include <utility>

#include "domain/due_bound.hpp"
#include "domain/task_bounds.hpp"
#include "domain/trace_context.hpp"

namespace weir::memory {
namespace {

result<void> check_row(world& store, const insert_row& row) {
  if (auto named = domain::check_name("task name", row.name); !named) return named;
  if (row.key) {
    if (auto keyed = domain::check_key(*row.key); !keyed) return keyed;
  }
  if (!row.traceparent.empty()) {
    if (auto traced = domain::check_traceparent(row.traceparent); !traced) return traced;
  }
  // How large data may be is checked by whoever takes it in; the store takes any valid JSON.
  if (auto valid = domain::check_data(row.data, std::numeric_limits<std::size_t>::max()); !valid)
    return valid;
  if (row.do_after) {
    if (auto soon = domain::check_do_after(*row.do_after); !soon) return soon;
  }
  if (row.stream && store.find_stream(*row.stream) == nullptr) {
    return error{errc::invalid,
                 "stream " + domain::in_quotes(*row.stream) + " does not exist: create it first"};
  }
  return {};
}

const stream_entry& target_of(world& store, const insert_row& row) {
  if (row.stream) return *store.find_stream(*row.stream);
  const auto routed = store.routes.find(row.name);
  return routed == store.routes.end() ? *store.find_stream("default") : store.streams.at(routed->second);
}

}  // namespace

result<task_entry> prepare_row(world& store, transaction_id xid, const insert_row& row,
                               const std::string& who) {
  if (auto valid = check_row(store, row); !valid) return valid.error();
  const auto& target = target_of(store, row);
  task_entry added;
  added.id = store.next_task_id();
  added.xid = xid;
  added.stream = target.id;
  added.name = row.name;
  if (row.key && !row.key->empty()) added.key = row.key;
  added.part = store.place(target, row.name, added.key, added.id);
  added.data = row.data;
  added.created_by = row.created_by.value_or(who);
  added.traceparent = row.traceparent;
  added.created_at = store.now();
  if (row.do_after && *row.do_after > added.created_at) added.do_after = row.do_after;
  return added;
}

result<std::vector<inserted>> insert_rows(statement& now, const std::vector<insert_row>& rows,
                                          const hand_offer& offer) {
  std::map<part_id, epoch_number> offered;
  for (const fence& held : offer.held) offered[held.part] = held.epoch;
  std::vector<inserted> answer;
  std::vector<task_entry> ready;
  std::set<part_id> fenced;
  std::map<std::string, receipt_entry> fresh;
  std::map<std::string, std::size_t> repeated;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string& token = rows[i].token;
    if (const auto before = now.store().receipts.find(token);
        !token.empty() && before != now.store().receipts.end()) {
      const std::size_t nth = repeated[token]++;
      if (nth >= before->second.ids.size())
        return error{errc::invalid, "a token was used before for another number of tasks"};
      inserted again;
      again.id = before->second.ids[nth];
      answer.push_back(again);
      continue;
    }
    auto added = prepare_row(now.store(), now.xid(), rows[i], now.by().who);
    if (!added) {
      if (rows.size() == 1) return added.error();
      return error{added.error().code, "row " + std::to_string(i + 1) + ": " + added.error().message};
    }
    const auto held = offered.find(added->part);
    const bool handed = held != offered.end() && !added->do_after &&
                        now.store().fenced(offer.me, {held->first, held->second}) != nullptr;
    if (handed) {
      added->handed_epoch = held->second;
      fenced.insert(added->part);
    }
    if (!token.empty()) fresh[token].ids.push_back(added->id);
    answer.push_back({added->id, added->xid, added->part, handed, added->created_by, added->created_at});
    ready.push_back(std::move(*added));
  }
  for (const auto& [token, times] : repeated) {
    if (times != now.store().receipts.at(token).ids.size())
      return error{errc::invalid, "a token was used before for another number of tasks"};
  }
  for (const part_id part : fenced) now.store().hold_fence(now.transaction(), part);
  for (task_entry& row : ready) now.transaction().rows.push_back(std::move(row));
  for (auto& [token, receipt] : fresh) now.transaction().receipts.emplace(token, std::move(receipt));
  if (!rows.empty()) now.commit();
  return answer;
}

}  // namespace weir::memory
