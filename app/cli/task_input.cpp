// The bounds themselves are domain/task_bounds; here is which member is what.
#include "app/cli/task_input.hpp"

#include "app/cli/json_text.hpp"
#include "config/suggest.hpp"
#include "domain/task_bounds.hpp"
#include "domain/time_text.hpp"
#include "domain/trace_context.hpp"

namespace weir::app {

namespace {

/// 9999-01-01T00:00:00Z, which the database takes for a mistake.
constexpr wall_time first_refused{std::chrono::seconds{253'370'764'800}};

const std::vector<std::string> member_names{"name",     "key",        "stream",     "data",
                                            "do_after", "created_by", "traceparent"};

/// The parser counts lines, too; of one line that would name another one than it is.
std::string without_line(std::string message) {
  const std::string first = "at line 1, column";
  if (const auto at = message.find(first); at != std::string::npos)
    message.replace(at, first.size(), "at column");
  return message;
}

error wrong_type(const std::string& member, const std::string& wanted) {
  return {errc::invalid, "member " + domain::in_quotes(member) + " must be " + wanted};
}

result<void> take_member(insert_row& row, const json_member& member) {
  if (member.value == "null") return {};  // as if it were not there
  if (member.name == "data") {
    row.data = std::string{member.value};
    return {};
  }
  const bool known = std::find(member_names.begin(), member_names.end(), member.name) != member_names.end();
  if (!known) {
    return error{errc::invalid,
                 "unknown member " + domain::in_quotes(member.name) +
                     config::did_you_mean(member.name, member_names) +
                     "; a new task has name, key, stream, data, do_after, created_by, traceparent"};
  }
  auto text = string_value(member.value);
  if (!text) return wrong_type(member.name, "a string");
  if (member.name == "name") row.name = std::move(*text);
  if (member.name == "key") row.key = std::move(*text);
  if (member.name == "stream") row.stream = std::move(*text);
  if (member.name == "created_by") row.created_by = std::move(*text);
  if (member.name == "traceparent") row.traceparent = std::move(*text);
  if (member.name == "do_after") {
    row.do_after = domain::parse_time(*text);
    if (!row.do_after) return wrong_type("do_after", "an RFC 3339 time such as \"2026-11-22T19:00:00Z\"");
  }
  return {};
}

}  // namespace

result<insert_row> checked_row(insert_row row, std::size_t payload_limit) {
  if (row.key && row.key->empty()) row.key.reset();
  if (row.data.empty()) row.data = "{}";
  if (auto good = domain::check_name("task name", row.name); !good) return good.error();
  if (row.key)
    if (auto good = domain::check_key(*row.key); !good) return good.error();
  if (row.stream)
    if (auto good = domain::check_name("stream", *row.stream); !good) return good.error();
  if (row.created_by)
    if (auto good = domain::check_name("created_by", *row.created_by); !good) return good.error();
  if (!row.traceparent.empty())
    if (auto good = domain::check_traceparent(row.traceparent); !good) return good.error();
  if (auto good = domain::check_data(row.data, payload_limit); !good) return good.error();
  if (row.do_after && *row.do_after >= first_refused)
    return error{errc::invalid, "do_after must be before the year 9999"};
  return row;
}

result<insert_row> row_of_line(std::string_view line, std::size_t payload_limit) {
  const auto members = object_members(line);
  if (!members) return error{members.error().code, without_line(members.error().message)};
  insert_row row;
  bool named = false;
  for (const auto& member : *members) {
    if (auto taken = take_member(row, member); !taken) return taken.error();
    named = named || member.name == "name";
  }
  if (!named) return error{errc::invalid, "member \"name\" is missing: which action runs the task?"};
  return checked_row(std::move(row), payload_limit);
}

}  // namespace weir::app
