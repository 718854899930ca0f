// Rendering of tasks. `data` is spliced in as the store gave it, never re-parsed.
#include "app/cli/task_text.hpp"

#include "app/cli/cell_text.hpp"
#include "app/cli/figures.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/table.hpp"
#include "domain/execution.hpp"
#include "domain/names.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

std::string quoted_json(const std::string& text) { return compact(ordered_json(text)); }

ordered_json attempt_object(const attempt_record& one) {
  return {{"attempt", one.attempt},
          {"node", one.node},
          {"epoch", one.epoch},
          {"started_at", domain::format_time(one.started_at)},
          {"finished_at", domain::format_time(one.finished_at)},
          {"result", result_word(one.result)},
          {"message", one.message}};
}

look look_of(task_state state) {
  switch (state) {
    case task_state::ready: return look::plain;
    case task_state::in_progress: return look::cyan;
    case task_state::retry: return look::yellow;
    case task_state::done: return look::green;
    case task_state::failed: return look::red;
    case task_state::cancelled: return look::dim;
  }
  return look::plain;
}

// To the second: what a list has room for.
std::string short_time(wall_time at) { return domain::format_time(at).substr(0, 19) + "Z"; }

}  // namespace

std::string result_word(char letter) {
  const auto known = domain::run_result_of(letter);
  return known ? domain::to_string(*known) : std::string{"unknown"};
}

table error_table(const std::vector<error_group>& groups, wall_time now, look result) {
  table rows{{{{"TASKS"}, side::right},
              {{"NAME"}},
              {{"RESULT"}},
              {{"LATEST"}, side::right},
              {{"ID"}, side::right},
              {{"MESSAGE"}}}};
  for (const error_group& group : groups) {
    rows.add({{grouped(group.count)},
              {printable(group.name)},
              {{result_word(group.result), result}},
              {age_text(std::chrono::duration<double>(now - group.last_at).count()) + " ago"},
              {std::to_string(group.last_task)},
              {printable(group.message)}});
  }
  return rows;
}

std::string task_json(const task_record& task, const std::vector<attempt_record>* attempts) {
  std::string out = "{\"id\":\"" + std::to_string(task.id) + "\"";
  out += ",\"name\":" + quoted_json(task.name);
  out += ",\"key\":" + (task.key ? quoted_json(*task.key) : "null");
  out += ",\"stream\":" + quoted_json(task.stream);
  out += ",\"data\":" + (task.data.empty() ? "null" : squeezed(task.data));
  out += std::string{",\"state\":\""} + to_string(task.state) + "\"";
  out += ",\"attempt\":" + std::to_string(task.attempt);
  out += ",\"message\":" + (task.message ? quoted_json(*task.message) : "null");
  out += ",\"do_after\":\"" + domain::format_time(task.do_after) + "\"";
  out += ",\"created_at\":\"" + domain::format_time(task.created_at) + "\"";
  out += ",\"created_by\":" + quoted_json(task.created_by);
  out += ",\"finished_at\":" +
         (task.finished_at ? "\"" + domain::format_time(*task.finished_at) + "\"" : "null");
  if (!task.traceparent.empty()) out += ",\"traceparent\":" + quoted_json(task.traceparent);
  if (attempts != nullptr) {
    auto list = ordered_json::array();
    for (const auto& one : *attempts) list.push_back(attempt_object(one));
    out += ",\"attempts\":" + compact(list);
  }
  return out + "}";
}

std::string task_page_json(const task_page& page) {
  std::string out = "{\"items\":[";
  for (std::size_t i = 0; i < page.items.size(); ++i) out += (i == 0 ? "" : ",") + task_json(page.items[i]);
  out += "],\"next\":";
  out += page.next ? "\"" + std::to_string(*page.next) + "\"" : "null";
  return out + "}";
}

std::string task_table(const task_page& page, bool colour, int width) {
  table rows{{{{"ID"}, side::right},
              {{"STATE"}},
              {{"NAME"}},
              {{"KEY"}},
              {{"STREAM"}},
              {{"ATTEMPT"}, side::right},
              {{"CREATED"}},
              {{"MESSAGE"}}}};
  for (const auto& task : page.items) {
    rows.add({{std::to_string(task.id)},
              {{to_string(task.state), look_of(task.state)}},
              {printable(task.name)},
              {task.key ? clip(printable(*task.key), 32) : "-"},
              {printable(task.stream)},
              {std::to_string(task.attempt)},
              {short_time(task.created_at)},
              {printable(task.message.value_or(""))}});
  }
  return rows.text(colour, width);
}

std::string task_card(const task_record& task, const std::vector<attempt_record>& attempts, bool colour,
                      int width) {
  std::string out;
  const auto field = [&](const char* name, const line& value) {
    line whole{{std::string{name} + std::string(12 - std::string_view{name}.size(), ' '), look::dim}};
    whole.insert(whole.end(), value.begin(), value.end());
    out += paint(whole, colour, width) + "\n";
  };
  field("id", {{std::to_string(task.id), look::bold}});
  field("name", {printable(task.name)});
  field("key", {task.key ? printable(*task.key) : "-"});
  field("stream", {printable(task.stream)});
  field("state", {{to_string(task.state), look_of(task.state)}});
  field("attempt", {std::to_string(task.attempt)});
  if (task.message) field("message", {printable(*task.message)});
  field("do after", {domain::format_time(task.do_after)});
  field("created", {domain::format_time(task.created_at) + " by " + printable(task.created_by)});
  if (task.finished_at) field("finished", {domain::format_time(*task.finished_at)});
  if (!task.traceparent.empty()) field("traceparent", {printable(task.traceparent)});
  field("data", {printable(task.data)});
  if (attempts.empty()) return out;
  table rows{{{{"ATTEMPT"}, side::right},
              {{"RESULT"}},
              {{"NODE"}},
              {{"EPOCH"}, side::right},
              {{"STARTED"}},
              {{"TOOK"}, side::right},
              {{"MESSAGE"}}}};
  for (const auto& one : attempts) {
    const double took = std::chrono::duration<double>(one.finished_at - one.started_at).count();
    rows.add({{std::to_string(one.attempt)},
              {result_word(one.result)},
              {printable(one.node)},
              {std::to_string(one.epoch)},
              {domain::format_time(one.started_at)},
              {age_text(took)},
              {printable(one.message)}});
  }
  return out + "\n" + rows.text(colour, width);
}

}  // namespace weir::app
