#include "app/api/schemas.hpp"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <weir/driver/types.hpp>

#include "domain/names.hpp"

namespace weir::app {

namespace {

using member = std::pair<std::string, ordered_json>;
using members = std::vector<member>;

ordered_json typed(const char* type) {
  ordered_json out;
  out["type"] = type;
  return out;
}
ordered_json text() { return typed("string"); }
ordered_json whole() { return typed("integer"); }
ordered_json number() { return typed("number"); }
ordered_json flag() { return typed("boolean"); }

ordered_json time() {
  auto out = text();
  out["format"] = "date-time";
  return out;
}

ordered_json id() {
  auto out = text();
  out["pattern"] = "^[0-9]+$";
  return out;
}

ordered_json word(std::initializer_list<const char*> words) {
  auto out = text();
  out["enum"] = std::vector<std::string>(words.begin(), words.end());
  return out;
}

ordered_json list(ordered_json items) {
  auto out = typed("array");
  out["items"] = std::move(items);
  return out;
}

/// Any JSON.
ordered_json any() { return ordered_json::object(); }

ordered_json with(ordered_json schema, const char* description) {
  schema["description"] = description;
  return schema;
}

ordered_json either(std::vector<ordered_json> schemas) {
  ordered_json out;
  out["anyOf"] = std::move(schemas);
  return out;
}

ordered_json or_null(ordered_json schema) { return either({std::move(schema), typed("null")}); }

/// All of its members are always there, but for those whose name ends with "?".
ordered_json object(const members& all) {
  auto out = typed("object");
  out["required"] = ordered_json::array();
  out["properties"] = ordered_json::object();
  for (const auto& [name, schema] : all) {
    const bool always = name.back() != '?';
    if (always) out["required"].push_back(name);
    out["properties"][always ? name : name.substr(0, name.size() - 1)] = schema;
  }
  return out;
}

members operator+(members some, const members& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

ordered_json page(ordered_json items) {
  return object({{"items", list(std::move(items))},
                 {"next", with(or_null(id()), "for cursor=; null: there are no more")}});
}

ordered_json paused() {
  return with(either({flag(), time()}), "false, true, or the time at which it resumes by itself");
}

ordered_json code_and_message() { return object({{"code", text()}, {"message", text()}}); }

ordered_json problem() {
  return object({{"type", text()},
                 {"title", text()},
                 {"status", whole()},
                 {"code", with(text(), "stable: what programs may rely on")},
                 {"detail", text()}});
}

ordered_json task_state_word() {
  return word({to_string(task_state::ready), to_string(task_state::in_progress), to_string(task_state::retry),
               to_string(task_state::done), to_string(task_state::failed), to_string(task_state::cancelled)});
}

ordered_json node_state_word() {
  return word({to_string(node_state::joining), to_string(node_state::active), to_string(node_state::draining),
               to_string(node_state::stopped), to_string(node_state::dead)});
}

ordered_json policy_word() { return word({to_string(pin_policy::strict), to_string(pin_policy::prefer)}); }

members task() {
  return {{"id", id()},
          {"name", text()},
          {"key", or_null(text())},
          {"stream", text()},
          {"data", with(any(), "as it was enqueued")},
          {"state", task_state_word()},
          {"attempt", whole()},
          {"message", or_null(text())},
          {"do_after", time()},
          {"created_at", time()},
          {"created_by", text()},
          {"finished_at", or_null(time())},
          {"traceparent?", with(text(), "W3C trace context of its producer; not there if there was none")}};
}

ordered_json attempt() {
  return object({{"attempt", whole()},
                 {"node", text()},
                 {"epoch", whole()},
                 {"started_at", time()},
                 {"finished_at", time()},
                 {"result", text()},
                 {"message", text()}});
}

ordered_json explanation() {
  const auto owner = object({{"node", text()},
                             {"node_id", id()},
                             {"epoch", whole()},
                             {"state", or_null(node_state_word())},
                             {"beat_age_seconds", or_null(number())}});
  const auto last = object({{"attempt", whole()},
                            {"node", text()},
                            {"finished_at", time()},
                            {"result", text()},
                            {"message", text()}});
  return object({{"id", id()},
                 {"state", task_state_word()},
                 {"reason", with(text(), "stable: the code of the first of `reasons`")},
                 {"conclusion", text()},
                 {"reasons", list(code_and_message())},
                 {"name", text()},
                 {"key", or_null(text())},
                 {"stream", text()},
                 {"slot", or_null(whole())},
                 {"owner", or_null(owner)},
                 {"assigned_to", or_null(text())},
                 {"pin", or_null(text())},
                 {"pin_policy", or_null(policy_word())},
                 {"paused", paused()},
                 {"due_at", or_null(time())},
                 {"attempt", whole()},
                 {"counted_attempts", whole()},
                 {"crashes", whole()},
                 {"last_attempt", or_null(last)},
                 {"waits_for", or_null(id())},
                 {"newer", or_null(id())},
                 {"superseded_by", or_null(id())},
                 {"ahead", whole()},
                 {"performers", list(text())}});
}

members stream() {
  return {{"name", text()},
          {"mode", word({to_string(stream_mode::single), to_string(stream_mode::parallel)})},
          {"pin", or_null(text())},
          {"pin_policy", policy_word()},
          {"paused", paused()},
          {"ready", whole()},
          {"in_progress", whole()},
          {"retry", whole()},
          {"oldest_ready_seconds", number()},
          {"counts_capped", with(flag(), "there are more than the counts say")},
          {"done", whole()},
          {"failed", whole()},
          {"cancelled", whole()},
          {"partitions", list(object({{"slot", whole()}, {"owner", or_null(text())}, {"epoch", whole()}}))}};
}

members stream_settings() {
  return {{"concurrency", whole()},
          {"isolation", word({to_string(isolation::process), to_string(isolation::thread)})},
          {"handover_delay", text()},
          {"async_finish", flag()},
          {"notify", flag()},
          {"rate", or_null(text())},
          {"breaker", or_null(object({{"failures", whole()}, {"pause", text()}}))},
          {"routes", list(text())},
          {"done", whole()},
          {"failed", whole()},
          {"cancelled", whole()}};
}

members node() {
  return {{"name", text()},
          {"node_id", id()},
          {"state", node_state_word()},
          {"beat_age_seconds", number()},
          {"running", whole()},
          {"address", text()},
          {"http", text()},
          {"version", text()},
          {"late_writes_refused", whole()}};
}

members node_facts_members() {
  auto labels = typed("object");
  labels["additionalProperties"] = text();
  return {{"machine", text()},
          {"labels", labels},
          {"weight", whole()},
          {"actions", list(text())},
          {"drain_wanted", flag()},
          {"timeline", whole()},
          {"owns", list(object({{"stream", text()}, {"slot", whole()}, {"epoch", whole()}}))}};
}

ordered_json term() {
  return object({{"term", whole()},
                 {"timeline", whole()},
                 {"node", text()},
                 {"since", time()},
                 {"ended", or_null(time())},
                 {"reason", or_null(text())}});
}

ordered_json owner() {
  return object({{"slot", whole()},
                 {"epoch", whole()},
                 {"timeline", whole()},
                 {"node", text()},
                 {"since", time()},
                 {"ended", or_null(time())},
                 {"reason", or_null(text())}});
}

ordered_json schedule() {
  return object({{"name", text()},
                 {"task", text()},
                 {"key", or_null(text())},
                 {"data", any()},
                 {"cron", or_null(text())},
                 {"every", or_null(text())},
                 {"zone", or_null(text())},
                 {"missed", text()},
                 {"paused", paused()},
                 {"next_at", or_null(time())},
                 {"last_at", or_null(time())},
                 {"last_task", or_null(id())}});
}

ordered_json audit_record_schema() {
  return object({{"id", id()},
                 {"at", time()},
                 {"who", text()},
                 {"login", text()},
                 {"way", word({"cli", "http", "program"})},
                 {"action", text()},
                 {"object", text()},
                 {"details", typed("object")},
                 {"result", with(text(), "ok, or why it was not done")}});
}

ordered_json cluster() {
  const auto leader = object({{"node", text()}, {"node_id", id()}, {"term", whole()}, {"since", time()}});
  return object({{"leader", or_null(leader)},
                 {"nodes", list(schema_ref("node"))},
                 {"streams", list(schema_ref("stream"))},
                 {"warnings", list(code_and_message())}});
}

/// A copy's id is there where one was made.
ordered_json task_answer_schema() {
  auto out = object({{"id", id()}, {"answer", text()}});
  out["properties"]["new_id"] = id();
  return out;
}

/// What became of each is told of an order that was carried out.
ordered_json bulk_answer() {
  auto out = object({{"action", text()},
                     {"dry_run", flag()},
                     {"count", whole()},
                     {"capped", with(flag(), "there may be more")}});
  auto answers = typed("object");
  answers["additionalProperties"] = whole();
  out["properties"]["answers"] = std::move(answers);
  return out;
}

}  // namespace

ordered_json schema_ref(const std::string& name) {
  ordered_json out;
  out["$ref"] = "#/components/schemas/" + name;
  return out;
}

ordered_json reply_schemas() {
  const auto ticks = object({{"at", time()}, {"local", text()}, {"zone", text()}});
  const auto ended = object({{"node", text()}, {"term", whole()}});
  const auto error = object({{"code", text()}, {"detail", text()}});
  ordered_json out;
  out["problem"] = problem();
  out["task"] = object(task());
  out["task_details"] = object(task() + members{{"attempts", list(attempt())}});
  out["task_page"] = page(schema_ref("task"));
  out["batch_line"] = either({object({{"id", id()}}), object({{"error", error}})});
  out["task_answer"] = task_answer_schema();
  out["bulk_answer"] = bulk_answer();
  out["explanation"] = explanation();
  out["stream"] = object(stream());
  out["stream_details"] = object(stream() + stream_settings());
  out["stream_list"] = page(schema_ref("stream"));
  out["node"] = object(node());
  out["node_details"] = object(node() + node_facts_members());
  out["node_list"] = page(schema_ref("node"));
  out["cluster"] = cluster();
  out["term_list"] = page(term());
  out["owner_list"] = page(owner());
  out["resigned"] = object({{"ended", ended}});
  out["reload"] = object(
      {{"node", text()}, {"file", text()}, {"applied", list(text())}, {"needs_restart", list(text())}});
  out["schedule"] = schedule();
  out["schedule_list"] = page(schema_ref("schedule"));
  out["tick_list"] = page(ticks);
  out["paused_name"] = object({{"name", text()}, {"paused", paused()}});
  out["triggered"] = object({{"task", id()}});
  out["audit_page"] = page(audit_record_schema());
  out["live"] = object({{"live", flag()}});
  out["ready"] = object({{"ready", flag()}, {"reasons", list(code_and_message())}});
  out["me"] = object({{"name", text()}, {"role", word({"viewer", "operator", "admin"})}});
  return out;
}

}  // namespace weir::app
