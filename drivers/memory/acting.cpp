// The audit of the memory store.
#include "drivers/memory/acting.hpp"

#include <algorithm>

namespace weir::memory {
namespace {}  // namespace

void note(world& store, const operator_identity& by, const domain::operator_action& what,
          const std::optional<error>& why) {
  const std::string result = domain::result_text(what, why);
  if (!by.request.empty()) {
    for (const auto& [id, noted] : store.audit) {
      if (noted.request != by.request || noted.row.action != what.name || noted.row.object != what.object)
        continue;
      auto& entry = store.audit.change(id);
      entry.row.details = domain::added_up(entry.row.details, what.details);
      entry.row.result = result;
      return;
    }
  }
  audit_record row;
  row.id = store.audit.empty() ? 1 : store.audit.rbegin()->first + 1;
  row.at = store.now();
  row.who = by.who.empty() ? store.login() : by.who;
  row.login = store.login();
  row.way = by.way;
  row.action = what.name;
  row.object = what.object;
  row.details = what.details;
  row.result = result;
  store.audit[row.id] = {row, by.request};
}

audit_page audit_of(const world& store, const audit_filter& filter) {
  const auto limit = static_cast<std::size_t>(std::clamp(filter.limit, 1, 1000));
  audit_page page;
  for (auto at = store.audit.rbegin(); at != store.audit.rend(); ++at) {
    if (filter.before && at->first >= *filter.before) continue;
    if (filter.since && at->second.row.at < *filter.since) continue;
    if (page.items.size() == limit) {
      page.next = page.items.back().id;
      break;
    }
    page.items.push_back(at->second.row);
  }
  return page;
}

}  // namespace weir::memory
