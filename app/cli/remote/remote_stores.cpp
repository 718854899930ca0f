// Each order is one request; what the API has no path for is refused by name.
#include "app/cli/remote/remote_stores.hpp"

#include <algorithm>

#include "app/cli/api_client.hpp"
#include "app/cli/remote/parse.hpp"
#include "domain/names.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

/// Tasks of one page.
constexpr int page_tasks = 1000;

error needs_database() {
  return {errc::invalid, "the API does not offer this: give --url postgres://..., or leave it to [database]"};
}

std::string quoted_json(const std::string& text) { return compact(ordered_json(text)); }

std::string query_of(const task_filter& filter) {
  std::string out = "?limit=" + std::to_string(std::clamp(filter.limit, 1, page_tasks));
  const auto add = [&](const char* name, const std::optional<std::string>& value) {
    if (value) out += std::string{"&"} + name + "=" + url_part(*value);
  };
  add("stream", filter.stream);
  add("name", filter.name);
  add("key", filter.key);
  std::string states;
  for (const auto state : filter.states) {
    std::string word = to_string(state);
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return c == ' ' ? '_' : static_cast<char>(std::tolower(c)); });
    states += (states.empty() ? "" : ",") + word;
  }
  if (!states.empty()) out += "&state=" + states;
  if (filter.before) out += "&cursor=" + std::to_string(*filter.before);
  return out;
}

/// A task object as the API takes it; its data is not read.
std::string task_object(const insert_row& row) {
  std::string out = "{\"name\":" + quoted_json(row.name);
  if (row.key) out += ",\"key\":" + quoted_json(*row.key);
  if (row.stream) out += ",\"stream\":" + quoted_json(*row.stream);
  out += ",\"data\":" + squeezed(row.data);
  if (row.do_after) out += ",\"do_after\":\"" + domain::format_time(*row.do_after) + "\"";
  if (row.created_by) out += ",\"created_by\":" + quoted_json(*row.created_by);
  if (!row.traceparent.empty()) out += ",\"traceparent\":" + quoted_json(row.traceparent);
  return out + "}";
}

std::string until_body(const std::optional<wall_time>& until) {
  return until ? "{\"until\":\"" + domain::format_time(*until) + "\"}" : std::string{};
}

task_id id_of(const ordered_json& object, const char* member) {
  return std::strtoll(object.value(member, "0").c_str(), nullptr, 10);
}

}  // namespace

// -- what both stores share

result<std::string> remote_api::get(const std::string& path) { return call_.ask_api("GET", path); }

result<void> remote_api::post(const std::string& path, const std::string& body) {
  const auto done = call_.ask_api("POST", path, body);
  if (!done) return done.error();
  return {};
}

result<ordered_json> remote_api::post_json(const std::string& path, const std::string& body) {
  const auto done = call_.ask_api("POST", path, body);
  if (!done) return done.error();
  auto answer = ordered_json::parse(*done, nullptr, false);
  if (!answer.is_object()) return error{errc::unavailable, "the API's answer cannot be read"};
  return answer;
}

// -- the console

result<audit_page> remote_console::audit(const audit_filter& filter) {
  std::string query = "?limit=" + std::to_string(filter.limit);
  if (filter.since) query += "&since=" + url_part(domain::format_time(*filter.since));
  if (filter.before) query += "&cursor=" + std::to_string(*filter.before);
  const auto page = api_.get("/audit" + query);
  return page ? parse_audit(*page) : page.error();
}

result<cluster_view> remote_console::view() {
  const auto page = api_.get("/cluster");
  if (!page) return page.error();
  auto parsed = parse_cluster(*page);
  if (!parsed) return parsed.error();
  warnings_ = std::move(parsed->warnings);
  return std::move(parsed->view);
}

result<catalog> remote_console::rows() {
  auto seen = view();
  if (!seen) return seen.error();
  return std::move(seen->rows);
}

result<std::vector<term_row>> remote_console::leaders(int limit) {
  const auto page = api_.get("/leader/terms");
  if (!page) return page.error();
  auto terms = parse_terms(*page);
  if (terms && terms->size() > static_cast<std::size_t>(limit))
    terms->resize(static_cast<std::size_t>(limit));
  return terms;
}

result<std::vector<owner_record>> remote_console::owners(const std::string& stream, int limit) {
  const auto page = api_.get("/streams/" + url_part(stream) + "/owners?limit=" + std::to_string(limit));
  return page ? parse_owners(*page) : page.error();
}

result<term_row> remote_console::resign_leader() {
  const auto before = leaders(1);
  const auto ended = api_.post_json("/leader:resign");
  if (!ended) return ended.error();
  term_row out;
  if (before && !before->empty()) out = before->front();
  const auto& told = ended->at("ended");
  out.node_name = told.value("node", "");
  out.fence.term = told.value("term", term_number{0});
  // With its end, which only the history tells.
  if (const auto after = leaders(10)) {
    for (const auto& one : *after)
      if (one.fence.term == out.fence.term) out = one;
  }
  return out;
}

result<std::vector<inserted>> remote_console::enqueue(const std::vector<insert_row>& rows) {
  std::vector<inserted> out(rows.size());
  if (rows.size() == 1) {
    const auto made = api_.post_json("/tasks", task_object(rows[0]));
    if (!made) return made.error();
    out[0].id = id_of(*made, "id");
    return out;
  }
  std::string lines;
  for (const auto& row : rows) lines += task_object(row) + "\n";
  const auto answer = api_.call().ask_api("POST", "/tasks:batch", lines);
  if (!answer) return answer.error();
  std::size_t at = 0;
  for (std::size_t from = 0; from < answer->size() && at < rows.size(); ++at) {
    const auto end = std::min(answer->find('\n', from), answer->size());
    const auto told = ordered_json::parse(answer->substr(from, end - from), nullptr, false);
    from = end + 1;
    if (!told.is_object() || !told.contains("id")) {
      // Others of the batch are enqueued by now: it must not be sent again.
      return error{errc::in_doubt, "a task of the batch was refused, others were taken: " + compact(told)};
    }
    out[at].id = id_of(told, "id");
  }
  if (at != rows.size()) return error{errc::in_doubt, "the API answered fewer lines than were sent"};
  return out;
}

result<task_page> remote_console::tasks(const task_filter& filter) {
  const auto page = api_.get("/tasks" + query_of(filter));
  return page ? parse_tasks(*page) : page.error();
}

result<task_id_page> remote_console::ids(const task_filter& filter) {
  const auto page = tasks(filter);
  return page ? result<task_id_page>{ids_of(*page)} : page.error();
}

result<task_record> remote_console::task(task_id id) {
  const auto page = api_.get("/tasks/" + std::to_string(id));
  return page ? parse_task(*page) : page.error();
}

result<std::vector<attempt_record>> remote_console::attempts(task_id id) {
  const auto page = api_.get("/tasks/" + std::to_string(id));
  return page ? parse_attempts(*page) : page.error();
}

result<std::vector<order_answer>> remote_console::order(const task_order& what) {
  const char* verb = what.kind == task_request::what::cancel  ? "cancel"
                     : what.kind == task_request::what::retry ? "retry"
                                                              : "snooze";
  std::vector<order_answer> out;
  for (const task_id id : what.tasks) {
    const auto answer =
        api_.post_json("/tasks/" + std::to_string(id) + ":" + verb, until_body(what.not_before));
    if (answer) {
      const bool asked = answer->value("answer", "") == "asked its owner";
      out.push_back(asked ? order_answer::asked : order_answer::done);
      continue;
    }
    const auto& why = answer.error();
    if (why.code != errc::not_found && why.code != errc::refused) return why;
    const bool running = why.message.find("is running") != std::string::npos;
    out.push_back(why.code == errc::not_found ? order_answer::unknown
                  : running                   ? order_answer::running
                                              : order_answer::ended);
  }
  return out;
}

result<std::vector<task_id>> remote_console::requeue(const std::vector<task_id>& tasks, const std::string&) {
  std::vector<task_id> out;
  for (const task_id id : tasks) {
    const auto answer = api_.post_json("/tasks/" + std::to_string(id) + ":requeue");
    if (!answer && answer.error().code != errc::refused && answer.error().code != errc::not_found)
      return answer.error();
    out.push_back(answer ? id_of(*answer, "new_id") : 0);
  }
  return out;
}

result<std::optional<task_id>> remote_console::successor(task_id id) {
  const auto page = api_.get("/tasks/" + std::to_string(id) + "/explain");
  if (!page) return page.error();
  const auto told = ordered_json::parse(*page, nullptr, false);
  if (!told.is_object() || !told.contains("superseded_by") || told["superseded_by"].is_null())
    return std::optional<task_id>{};
  return std::optional<task_id>{id_of(told, "superseded_by")};
}

result<std::vector<task_id>> remote_console::unfinished(const task_filter& filter, int most) {
  task_filter asked{filter.stream, filter.name, filter.key, filter.states, page_tasks, std::nullopt};
  if (asked.states.empty()) asked.states = {task_state::ready, task_state::in_progress, task_state::retry};
  std::vector<task_id> all;
  do {
    const auto page = ids(asked);
    if (!page) return page.error();
    all.insert(all.end(), page->ids.begin(), page->ids.end());
    asked.before = page->next;
  } while (asked.before && all.size() < static_cast<std::size_t>(most));
  std::sort(all.begin(), all.end());
  if (all.size() > static_cast<std::size_t>(most)) all.resize(static_cast<std::size_t>(most));
  return all;
}

result<void> remote_console::pin(const std::string& name, const std::optional<std::string>& node,
                                 std::optional<pin_policy> policy) {
  const std::string path = "/streams/" + url_part(name);
  if (!node) return api_.post(path + ":unpin");
  ordered_json body{{"node", *node}};
  if (policy) body["policy"] = to_string(*policy);
  return api_.post(path + ":pin", compact(body));
}

result<void> remote_console::pause(const std::string& name, const std::optional<wall_time>& until) {
  return api_.post("/streams/" + url_part(name) + ":pause", until_body(until));
}

result<void> remote_console::resume(const std::string& name) {
  return api_.post("/streams/" + url_part(name) + ":resume");
}

result<void> remote_console::drain(const std::string& node, bool wanted) {
  return api_.post("/nodes/" + url_part(node) + (wanted ? ":drain" : ":undrain"));
}

result<task_facts> remote_console::facts(task_id) { return needs_database(); }
result<work_left> remote_console::left_for(node_id) { return needs_database(); }
result<std::int64_t> remote_console::count_unfinished(const std::string&, std::int64_t) {
  return needs_database();
}
result<std::int64_t> remote_console::count_ended() { return needs_database(); }
result<bounded_count> remote_console::unfinished_at_least(const task_filter&, int) {
  return needs_database();
}
result<std::optional<std::vector<task_id>>> remote_console::answered(const std::string&) {
  return needs_database();
}
result<std::vector<error_group>> remote_console::errors(int) { return needs_database(); }
result<void> remote_console::create_stream(const stream_declaration&) { return needs_database(); }
result<void> remote_console::change_stream(const std::string&, const stream_change&) {
  return needs_database();
}
result<void> remote_console::delete_stream(const std::string&) { return needs_database(); }
result<void> remote_console::wish_for(const std::vector<wish>&) { return needs_database(); }
result<void> remote_console::pause_name(const std::string& name, const std::optional<wall_time>& until) {
  return api_.post("/task-names/" + url_part(name) + ":pause", until_body(until));
}
result<void> remote_console::resume_name(const std::string& name) {
  return api_.post("/task-names/" + url_part(name) + ":resume");
}

result<void> remote_console::note_reload(const std::string&, const std::vector<std::string>&,
                                         const std::vector<std::string>&) {
  return needs_database();
}

// -- schedules

result<std::vector<schedule_row>> remote_schedules::list() {
  const auto page = api_.get("/schedules");
  return page ? parse_schedules(*page) : page.error();
}

result<schedule_row> remote_schedules::find(const std::string& name) {
  const auto page = api_.get("/schedules/" + url_part(name));
  return page ? parse_schedule(*page) : page.error();
}

result<void> remote_schedules::pause(const std::string& name, const std::optional<wall_time>& until) {
  return api_.post("/schedules/" + url_part(name) + ":pause", until_body(until));
}

result<void> remote_schedules::resume(const std::string& name) {
  return api_.post("/schedules/" + url_part(name) + ":resume");
}

result<task_id> remote_schedules::trigger(const std::string& name, const std::string&) {
  const auto made = api_.post_json("/schedules/" + url_part(name) + ":trigger");
  if (!made) return made.error();
  return id_of(*made, "task");
}

result<std::vector<std::string>> remote_schedules::declare(node_id,
                                                           const std::vector<schedule_declaration>&) {
  return needs_database();
}
result<due_schedules> remote_schedules::due(int) { return needs_database(); }
result<std::optional<std::vector<task_id>>> remote_schedules::fire(node_id, leader_term,
                                                                   const schedule_firing&) {
  return needs_database();
}
result<void> remote_schedules::add(const schedule_declaration&) { return needs_database(); }
result<void> remote_schedules::remove(const std::string&) { return needs_database(); }

}  // namespace weir::app
