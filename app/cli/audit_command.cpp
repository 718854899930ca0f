// weir audit list: what people ordered, newest first
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/audit_json.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/table.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

struct list_options {
  std::string limit = "50";
  std::optional<std::string> since, cursor;
};

std::string audit_table(const audit_page& page, bool colour, int width) {
  table rows{{{{"TIME"}}, {{"WHO"}}, {{"WAY"}}, {{"ACTION"}}, {{"OBJECT"}}, {{"RESULT"}}, {{"DETAILS"}}}};
  for (const auto& row : page.items) {
    rows.add({{domain::format_time(row.at)},
              {printable(row.who)},
              {row.way},
              {row.action},
              {printable(row.object)},
              {printable(row.result)},
              {row.details == "{}" ? "" : printable(squeezed(row.details))}});
  }
  return rows.text(colour, width);
}

result<audit_filter> filter_of(const list_options& options) {
  audit_filter out;
  const auto limit = number_argument("--limit", options.limit, 1, 1000);
  if (!limit) return limit.error();
  out.limit = *limit;
  if (options.since) {
    const auto since = time_argument("--since", *options.since);
    if (!since) return since.error();
    out.since = *since;
  }
  if (options.cursor) {
    const auto before = id_argument("--cursor", *options.cursor);
    if (!before) return before.error();
    out.before = *before;
  }
  return out;
}

exit_code list_audit(invocation& call, const list_options& options) {
  const auto filter = filter_of(options);
  if (!filter) return call.fail(filter.error());
  return call.with_console([&](open_console& console) {
    const auto page = console.store->audit(*filter);
    if (!page) return call.fail(page.error());
    if (call.wants_table()) {
      call.print(audit_table(*page, call.surroundings().colour(), call.width()));
      if (page->next) call.say("more: add --cursor " + std::to_string(*page->next));
      return exit_code::ok;
    }
    call.print_list(audit_page_json(*page));
    return exit_code::ok;
  });
}

}  // namespace

void add_audit_command(CLI::App& root, invocation& call) {
  auto& audit = add_noun(root, "audit", "what people ordered: list");
  auto given = std::make_shared<list_options>();
  auto& list = add_verb(audit, "list", "orders, newest first: who, when, by which way, and what came of it");
  list.add_option("--limit", given->limit, "at most N, 1 to 1000 (default 50)")->type_name("N");
  list.add_option("--since", given->since, "not older than this (RFC 3339)")->type_name("T");
  list.add_option("--cursor", given->cursor, "go on where the page before ended")->type_name("ID");
  list.callback(
      [&call, given] { call.chosen = [given](invocation& now) { return list_audit(now, *given); }; });
}

}  // namespace weir::app
