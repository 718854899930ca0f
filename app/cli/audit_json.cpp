#include "app/cli/audit_json.hpp"

#include "domain/time_text.hpp"

namespace weir::app {

namespace {

ordered_json record_json(const audit_record& row) {
  return {{"id", std::to_string(row.id)},
          {"at", domain::format_time(row.at)},
          {"who", row.who},
          {"login", row.login},
          {"way", row.way},
          {"action", row.action},
          {"object", row.object},
          {"details", ordered_json::parse(row.details, nullptr, false)},
          {"result", row.result}};
}

}  // namespace

ordered_json audit_page_json(const audit_page& page) {
  auto items = ordered_json::array();
  for (const auto& row : page.items) items.push_back(record_json(row));
  return {{"items", std::move(items)},
          {"next", page.next ? ordered_json(std::to_string(*page.next)) : ordered_json(nullptr)}};
}

}  // namespace weir::app
