// Data of tasks and schedules is taken over as text, so that large numbers stay what they are.
#include "app/cli/remote/parse.hpp"

#include <cstdlib>
#include <map>

#include "app/cli/json_text.hpp"
#include "domain/duration_text.hpp"
#include "domain/execution.hpp"
#include "domain/names.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

using json = ordered_json;

error not_ours(const std::string& why) {
  return {errc::unavailable, "the API's answer cannot be read (" + why + "): is it another version of weir?"};
}

/// What goes wrong in `work` is an answer that is not ours.
template <class T, class Work>
result<T> read(const Work& work) {
  try {
    return work();
  } catch (const json::exception& problem) {
    return not_ours(problem.what());
  } catch (const std::invalid_argument& problem) {
    return not_ours(problem.what());
  }
}

wall_time time_in(const std::string& text) {
  const auto at = domain::parse_time(text);
  if (!at) throw std::invalid_argument{"no time: " + text};
  return *at;
}
std::optional<wall_time> maybe_time(const json& value) {
  if (value.is_null()) return std::nullopt;
  return time_in(value.get<std::string>());
}
std::optional<std::string> maybe_text(const json& value) {
  if (value.is_null()) return std::nullopt;
  return value.get<std::string>();
}
std::int64_t id_in(const json& value) { return std::strtoll(value.get<std::string>().c_str(), nullptr, 10); }

/// The raw text of a member.
std::string raw_member(std::string_view object, const std::string& name) {
  const auto members = object_members(object);
  if (!members) throw std::invalid_argument{members.error().message};
  for (const auto& one : *members)
    if (one.name == name) return std::string{one.value};
  throw std::invalid_argument{"no member " + name};
}

/// The raw texts of a list's objects: nesting and strings are minded, nothing else.
std::vector<std::string_view> raw_items(std::string_view list) {
  std::vector<std::string_view> out;
  int depth = 0;
  bool text = false;
  std::size_t from = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    if (text) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        text = false;
      continue;
    }
    if (c == '"') text = true;
    if (c == '{' || c == '[') {
      if (++depth == 2) from = i;
    }
    if (c == '}' || c == ']') {
      if (depth-- == 2) out.push_back(list.substr(from, i + 1 - from));
    }
  }
  return out;
}

task_record task_of(std::string_view text) {
  const auto value = json::parse(text);
  task_record out;
  out.id = id_in(value.at("id"));
  out.name = value.at("name");
  out.key = maybe_text(value.at("key"));
  out.stream = value.at("stream");
  out.data = raw_member(text, "data");
  const auto state = parse_task_state(value.at("state").get<std::string>());
  if (!state) throw std::invalid_argument{"no state of tasks"};
  out.state = *state;
  out.attempt = value.at("attempt");
  out.message = maybe_text(value.at("message"));
  out.do_after = time_in(value.at("do_after"));
  out.created_at = time_in(value.at("created_at"));
  out.created_by = value.at("created_by");
  out.finished_at = maybe_time(value.at("finished_at"));
  out.traceparent = value.value("traceparent", "");
  return out;
}

schedule_row schedule_of(std::string_view text) {
  const auto value = json::parse(text);
  schedule_row out;
  auto& settings = out.settings;
  settings.name = value.at("name");
  settings.task = value.at("task");
  settings.key = maybe_text(value.at("key"));
  settings.data = raw_member(text, "data");
  settings.cron = maybe_text(value.at("cron")).value_or("");
  if (const auto every = maybe_text(value.at("every")))
    settings.every = domain::parse_duration(*every).value_or(std::chrono::milliseconds{0});
  settings.zone = maybe_text(value.at("zone")).value_or(settings.zone);
  if (const auto missed = parse_missed_policy(value.at("missed").get<std::string>()))
    settings.missed = *missed;
  const auto& paused = value.at("paused");
  out.paused = !paused.is_boolean() || paused.get<bool>();
  if (paused.is_string()) out.paused_until = time_in(paused);
  out.next_at = maybe_time(value.at("next_at"));
  out.last_at = maybe_time(value.at("last_at"));
  if (!value.at("last_task").is_null()) out.last_task = id_in(value.at("last_task"));
  return out;
}

node_row node_of(const json& value) {
  node_row out;
  out.facts.name = value.at("name");
  out.id = static_cast<node_id>(id_in(value.at("node_id")));
  const auto state = parse_node_state(value.at("state").get<std::string>());
  if (!state) throw std::invalid_argument{"no state of nodes"};
  out.state = *state;
  out.beat_age_seconds = value.at("beat_age_seconds");
  out.running = value.at("running");
  out.facts.address = value.at("address");
  out.facts.http = value.at("http");
  out.facts.version = value.at("version");
  out.said.late_writes_refused = value.value("late_writes_refused", std::int64_t{0});
  return out;
}

void add_stream(cluster_view& view, const json& value, const std::map<std::string, node_id>& nodes) {
  stream_row stream;
  stream.id = static_cast<stream_id>(view.rows.streams.size() + 1);
  stream.name = value.at("name");
  stream.mode = parse_stream_mode(value.at("mode").get<std::string>()).value_or(stream.mode);
  stream.pin = maybe_text(value.at("pin"));
  stream.policy = parse_pin_policy(value.at("pin_policy").get<std::string>()).value_or(stream.policy);
  const auto& paused = value.at("paused");
  stream.paused = !paused.is_boolean() || paused.get<bool>();
  if (paused.is_string()) stream.paused_until = time_in(paused);
  stream_counts counts;
  counts.stream = stream.id;
  counts.ready = value.at("ready");
  counts.in_progress = value.at("in_progress");
  counts.retry = value.at("retry");
  counts.oldest_ready_seconds = value.at("oldest_ready_seconds");
  counts.capped = value.at("counts_capped");
  counts.done = value.value("done", std::int64_t{0});
  counts.failed = value.value("failed", std::int64_t{0});
  counts.cancelled = value.value("cancelled", std::int64_t{0});
  for (const auto& one : value.at("partitions")) {
    partition_row part;
    part.id = static_cast<part_id>(view.rows.partitions.size() + 1);
    part.stream = stream.id;
    part.slot = one.at("slot");
    part.epoch = one.at("epoch");
    part.owner_name = maybe_text(one.at("owner")).value_or("");
    const auto owner = nodes.find(part.owner_name);
    part.owner = owner == nodes.end() ? 0 : owner->second;
    view.rows.partitions.push_back(std::move(part));
  }
  stream.partitions = static_cast<int>(value.at("partitions").size());
  view.rows.streams.push_back(std::move(stream));
  view.counts.push_back(counts);
}

attempt_record attempt_of(const json& value) {
  attempt_record out;
  out.attempt = value.at("attempt");
  out.node = value.at("node");
  out.epoch = value.at("epoch");
  out.started_at = time_in(value.at("started_at"));
  out.finished_at = time_in(value.at("finished_at"));
  const auto result = domain::parse_run_result(value.at("result").get<std::string>());
  if (!result) throw std::invalid_argument{"no result of a run"};
  out.result = static_cast<char>(*result);
  out.message = value.at("message");
  return out;
}

audit_record audit_of(const json& value) {
  audit_record out;
  out.id = id_in(value.at("id"));
  out.at = time_in(value.at("at"));
  out.who = value.at("who");
  out.login = value.at("login");
  out.way = value.at("way");
  out.action = value.at("action");
  out.object = value.at("object");
  out.details = value.at("details").dump();
  out.result = value.at("result");
  return out;
}

}  // namespace

result<parsed_cluster> parse_cluster(std::string_view text) {
  return read<parsed_cluster>([&] {
    const auto value = json::parse(text);
    parsed_cluster out;
    std::map<std::string, node_id> nodes;
    for (const auto& one : value.at("nodes")) {
      out.view.rows.nodes.push_back(node_of(one));
      nodes[out.view.rows.nodes.back().facts.name] = out.view.rows.nodes.back().id;
    }
    for (const auto& one : value.at("streams")) add_stream(out.view, one, nodes);
    if (const auto& leader = value.at("leader"); !leader.is_null()) {
      term_row term;
      term.node_name = leader.at("node");
      term.node = static_cast<node_id>(id_in(leader.at("node_id")));
      term.fence.term = leader.at("term");
      term.elected_at = time_in(leader.at("since"));
      out.view.leader = std::move(term);
    }
    for (const auto& one : value.at("warnings"))
      out.warnings.push_back({one.at("code"), one.at("message"), {}, {}});
    return out;
  });
}

result<task_record> parse_task(std::string_view text) {
  return read<task_record>([&] { return task_of(text); });
}

result<std::vector<attempt_record>> parse_attempts(std::string_view text) {
  return read<std::vector<attempt_record>>([&] {
    std::vector<attempt_record> out;
    const auto task = json::parse(text);
    for (const auto& one : task.at("attempts")) out.push_back(attempt_of(one));
    return out;
  });
}

result<task_page> parse_tasks(std::string_view text) {
  return read<task_page>([&] {
    task_page out;
    const std::string items = raw_member(text, "items");
    for (const auto item : raw_items(items)) out.items.push_back(task_of(item));
    const auto next = json::parse(raw_member(text, "next"));
    if (!next.is_null()) out.next = id_in(next);
    return out;
  });
}

task_id_page ids_of(const task_page& page) {
  task_id_page out{{}, page.next};
  for (const auto& one : page.items) out.ids.push_back(one.id);
  return out;
}

result<std::vector<term_row>> parse_terms(std::string_view text) {
  return read<std::vector<term_row>>([&] {
    std::vector<term_row> out;
    const auto list = json::parse(text);
    for (const auto& one : list.at("items")) {
      term_row term;
      term.fence = {one.at("timeline"), one.at("term")};
      term.node_name = one.at("node");
      term.elected_at = time_in(one.at("since"));
      term.ended_at = maybe_time(one.at("ended"));
      term.reason = maybe_text(one.at("reason")).value_or("");
      out.push_back(std::move(term));
    }
    return out;
  });
}

result<std::vector<owner_record>> parse_owners(std::string_view text) {
  return read<std::vector<owner_record>>([&] {
    std::vector<owner_record> out;
    const auto list = json::parse(text);
    for (const auto& one : list.at("items")) {
      out.push_back({one.at("slot"), one.at("epoch"), one.at("timeline"), one.at("node"),
                     time_in(one.at("since")), maybe_time(one.at("ended")),
                     maybe_text(one.at("reason")).value_or("")});
    }
    return out;
  });
}

result<audit_page> parse_audit(std::string_view text) {
  return read<audit_page>([&] {
    audit_page out;
    const auto page = json::parse(text);
    for (const auto& one : page.at("items")) out.items.push_back(audit_of(one));
    if (!page.at("next").is_null()) out.next = id_in(page.at("next"));
    return out;
  });
}

result<schedule_row> parse_schedule(std::string_view text) {
  return read<schedule_row>([&] { return schedule_of(text); });
}

result<std::vector<schedule_row>> parse_schedules(std::string_view text) {
  return read<std::vector<schedule_row>>([&] {
    std::vector<schedule_row> out;
    const std::string items = raw_member(text, "items");
    for (const auto item : raw_items(items)) out.push_back(schedule_of(item));
    return out;
  });
}

}  // namespace weir::app
