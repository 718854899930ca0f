#include "app/api/new_task.hpp"

#include "app/cli/json_text.hpp"
#include "app/cli/task_input.hpp"
#include "http/problem.hpp"

namespace weir::app {

namespace {

/// Of one batch: more are several batches.
constexpr std::size_t most_lines = 10'000;

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// The bytes of the member "data", 0 if there is none.
std::size_t data_bytes(const std::vector<json_member>& members) {
  for (const auto& each : members)
    if (each.name == "data") return each.value.size();
  return 0;
}

}  // namespace

std::variant<insert_row, refusal> read_new_task(std::string_view json, std::size_t payload_limit) {
  const auto members = object_members(json);
  if (!members) return http::problem(400, "malformed", "the body: " + members.error().message);
  if (data_bytes(*members) > payload_limit) {
    return http::problem(413, "too_large",
                         "data has " + std::to_string(data_bytes(*members)) +
                             " bytes, more than limits.payload, " + std::to_string(payload_limit));
  }
  auto row = row_of_line(json, payload_limit);
  if (!row) return http::problem(row.error());
  return std::move(*row);
}

std::variant<std::vector<new_task_line>, refusal> read_new_tasks(std::string_view body,
                                                                 std::size_t payload_limit) {
  std::vector<new_task_line> out;
  while (!body.empty()) {
    const auto end = std::min(body.find('\n'), body.size());
    const auto line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (blank(line)) continue;
    if (out.size() == most_lines)
      return http::problem(413, "too_large", "a batch has at most 10000 lines: send several");
    auto row = row_of_line(line, payload_limit);
    if (row)
      out.push_back({std::move(*row), {}});
    else
      out.push_back({std::nullopt, row.error()});
  }
  if (out.empty()) return http::problem(400, "malformed", "the body has no line: write a task object a line");
  return out;
}

std::string result_lines(const std::vector<new_task_line>& lines, const std::vector<task_id>& ids) {
  std::string out;
  std::size_t at = 0;
  for (const auto& line : lines) {
    if (line.row)
      out += "{\"id\":\"" + std::to_string(ids.at(at++)) + "\"}\n";
    else
      out += compact({{"error", {{"code", to_string(line.why.code)}, {"detail", line.why.message}}}}) + "\n";
  }
  return out;
}

task_record record_of(const insert_row& sent, const inserted& made, const std::string& stream) {
  task_record out;
  out.id = made.id;
  out.name = sent.name;
  out.key = sent.key;
  out.stream = stream;
  out.data = sent.data;
  out.do_after = sent.do_after.value_or(made.created_at);
  out.created_at = made.created_at;
  out.created_by = made.created_by;
  out.traceparent = sent.traceparent;
  return out;
}

bool same_task(const insert_row& asked, const task_record& task) {
  const auto parsed = [](const std::string& text) { return nlohmann::json::parse(text, nullptr, false); };
  return asked.name == task.name && asked.key == task.key &&
         (!asked.stream || *asked.stream == task.stream) && parsed(asked.data) == parsed(task.data);
}

std::optional<std::string> stream_names::find(part_id part) const {
  const std::lock_guard guard(lock_);
  const auto found = names_.find(part);
  return found == names_.end() ? std::nullopt : std::optional<std::string>{found->second};
}

void stream_names::learn(const catalog& rows) {
  const std::lock_guard guard(lock_);
  names_.clear();
  std::map<stream_id, std::string> streams;
  for (const auto& each : rows.streams) streams[each.id] = each.name;
  for (const auto& each : rows.partitions) names_[each.id] = streams[each.stream];
}

}  // namespace weir::app
