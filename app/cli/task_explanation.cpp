// The rules, one function each, in the order of their weight: what must change first comes first.
#include "app/cli/task_explanation.hpp"

#include <algorithm>
#include <functional>

#include <weir/defaults.hpp>

#include "app/cli/cell_text.hpp"
#include "app/cli/figures.hpp"
#include "app/cli/status_warnings.hpp"
#include "domain/awaited_performer.hpp"
#include "domain/execution.hpp"
#include "domain/names.hpp"
#include "domain/start_pace.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

using reasons = std::vector<reason>;

std::string number_of(task_id id) { return "task " + std::to_string(id); }

double seconds_until(const task_evidence& seen, wall_time at) {
  return std::chrono::duration<double>(at - seen.now).count();
}

std::string later(const task_evidence& seen, wall_time at) {
  return domain::format_time(at) + ", in " + age_text(seconds_until(seen, at));
}

const stream_row* stream_of(const task_evidence& seen) {
  for (const auto& one : seen.rows.streams)
    if (one.name == seen.task.stream) return &one;
  return nullptr;
}

const partition_row* partition_of(const task_evidence& seen) {
  for (const auto& one : seen.rows.partitions)
    if (one.id == seen.facts.part) return &one;
  return nullptr;
}

const node_row* node_of(const task_evidence& seen, node_id id) {
  for (const auto& one : seen.rows.nodes)
    if (one.id == id) return &one;
  return nullptr;
}

const node_row* node_of(const task_evidence& seen, const std::string& name) {
  for (const auto& one : seen.rows.nodes)
    if (one.facts.name == name) return &one;
  return nullptr;
}

std::vector<std::string> performers(const task_evidence& seen) {
  std::vector<std::string> names;
  for (const auto& node : seen.rows.nodes) {
    const auto& actions = node.facts.actions;
    const bool able = std::find(actions.begin(), actions.end(), seen.task.name) != actions.end();
    if (is_alive(node.state) && able) names.push_back(node.facts.name);
  }
  return names;
}

std::string last_words(const task_evidence& seen) {
  if (seen.attempts.empty()) return {};
  const auto& last = seen.attempts.back();
  const auto known = domain::run_result_of(last.result);
  return "attempt " + std::to_string(last.attempt) + (last.node.empty() ? "" : " on node " + last.node) +
         " ended with " + (known ? domain::to_string(*known) : "something unknown") +
         (last.message.empty() ? "" : ": " + last.message);
}

std::optional<reason> ended(const task_evidence& seen) {
  const std::string when =
      seen.task.finished_at ? " at " + domain::format_time(*seen.task.finished_at) : std::string{};
  switch (seen.task.state) {
    case task_state::done: return reason{"done", "It is DONE" + when + ": " + last_words(seen)};
    case task_state::failed: return reason{"failed", "It FAILED for good" + when + ": " + last_words(seen)};
    case task_state::cancelled: break;
    default: return std::nullopt;
  }
  if (seen.successor) {
    return reason{"superseded", "It was superseded by " + number_of(seen.successor->id) +
                                    ", a newer task of its key, which is " +
                                    to_string(seen.successor->state)};
  }
  return reason{"cancelled",
                "It was CANCELLED" + when + (seen.task.message ? ": " + *seen.task.message : std::string{})};
}

std::optional<reason> running(const task_evidence& seen) {
  const auto& open = seen.facts.open;
  if (!open || open->state != 'i') return std::nullopt;
  const auto* part = partition_of(seen);
  const std::string attempt = "attempt " + std::to_string(open->runs + 1);
  if (part != nullptr && part->owner != 0 && part->epoch == open->epoch) {
    return reason{"running", "It runs on node " + part->owner_name + ", " + attempt + ", for " +
                                 age_text(-seconds_until(seen, open->since)) + " or a little more"};
  }
  return reason{"cut_off",
                "Its run was cut off when its node lost the partition; the next owner runs it again"};
}

void nobody(const task_evidence& seen, reasons& out) {
  const auto& nodes = seen.rows.nodes;
  if (std::any_of(nodes.begin(), nodes.end(), [](const auto& n) { return is_alive(n.state); })) return;
  out.push_back({"no_nodes", "No node is running: start one with `weir run`"});
}

void paused(const task_evidence& seen, reasons& out) {
  const auto* stream = stream_of(seen);
  if (stream == nullptr || !stream->paused) return;
  out.push_back({"paused", "Stream " + stream->name + " is paused" +
                               (stream->paused_until ? " until " + later(seen, *stream->paused_until) : "") +
                               ": `weir stream resume " + stream->name + "`"});
}

void name_paused(const task_evidence& seen, reasons& out) {
  for (const auto& one : seen.rows.paused) {
    if (one.name != seen.task.name) continue;
    out.push_back({"name_paused", "Tasks named " + one.name + " are paused" +
                                      (one.until ? " until " + later(seen, *one.until) : "") +
                                      ": `weir task resume " + one.name + "`"});
  }
}

void pinned_away(const task_evidence& seen, reasons& out) {
  const auto* stream = stream_of(seen);
  if (stream == nullptr || !stream->pin || stream->policy != pin_policy::strict) return;
  const auto* node = node_of(seen, *stream->pin);
  if (node != nullptr && is_alive(node->state)) return;
  out.push_back({"pinned_node_away",
                 "Stream " + stream->name + " is pinned to node " + *stream->pin + ", which " +
                     (node == nullptr ? "was never seen" : std::string{"is "} + to_string(node->state)) +
                     ": start it, or `weir stream unpin " + stream->name + "`"});
}

void stream_rests(const task_evidence& seen, reasons& out) {
  const auto* part = partition_of(seen);
  const auto* owner = part == nullptr ? nullptr : node_of(seen, part->owner);
  const auto* stream = stream_of(seen);
  if (owner == nullptr || stream == nullptr || !is_alive(owner->state)) return;
  for (const auto& one : owner->said.resting) {
    if (one.stream != stream->id) continue;
    out.push_back({"stream_rests", "Stream " + stream->name + " rests on node " + owner->facts.name +
                                       " after " + std::to_string(one.failures) + " failed runs in a row" +
                                       rest_text(one)});
  }
}

void unowned(const task_evidence& seen, reasons& out) {
  const auto* part = partition_of(seen);
  if (part == nullptr || part->owner != 0 || !out.empty()) return;
  if (!seen.leader) {
    out.push_back({"no_leader", "No node leads, and nobody owns its partition: one is elected in a moment"});
    return;
  }
  out.push_back(
      {"unowned", "Nobody owns its partition just now; " +
                      (part->assigned_to.empty() ? "the leader has named nobody yet"
                                                 : "node " + part->assigned_to + " is to take it")});
}

void owner_silent(const task_evidence& seen, reasons& out) {
  const auto* part = partition_of(seen);
  const auto* node = part == nullptr ? nullptr : node_of(seen, part->owner);
  if (node == nullptr) return;
  if (node->beat_age_seconds <= std::chrono::duration<double>(defaults::ttl).count()) return;
  out.push_back(
      {"owner_silent", "Its owner, node " + node->facts.name + ", has not beaten for " +
                           age_text(node->beat_age_seconds) +
                           ": it hangs or is cut off, and another takes over once it is declared dead"});
}

/// Its place is with a node that cannot perform it: the leader looks at the names that are routed to a stream, not at
/// single tasks that were put there.
void owner_without_action(const task_evidence& seen, const std::string& able, reasons& out) {
  const auto* part = partition_of(seen);
  const auto* owner = part == nullptr ? nullptr : node_of(seen, part->owner);
  const auto* stream = stream_of(seen);
  if (owner == nullptr || stream == nullptr) return;
  const auto& actions = owner->facts.actions;
  if (std::find(actions.begin(), actions.end(), seen.task.name) != actions.end()) return;
  const bool single = stream->mode == stream_mode::single;
  out.push_back({"no_action", "Node " + owner->facts.name + " owns its partition and has no action named " +
                                  seen.task.name + ", node " + able + " has: `weir stream move " +
                                  stream->name + " " + able +
                                  (single ? "" : " --slot " + std::to_string(seen.facts.slot.value_or(0))) +
                                  "`, and give the action a stream that its tasks go to"});
}

void no_action(const task_evidence& seen, reasons& out) {
  const auto able = performers(seen);
  if (!able.empty()) return owner_without_action(seen, able.front(), out);
  if (!out.empty() && out.front().code == "no_nodes") return;
  const auto* away = domain::awaited_performer(seen.rows.nodes, seen.task.name, defaults::away_action_grace);
  const std::string what = "No running node has an action named " + seen.task.name;
  if (away != nullptr)
    out.push_back({"action_away", what + ": it waits for node " + away->facts.name + ", which is " +
                                      to_string(away->state) + ", or another that has it"});
  else
    out.push_back(
        {"no_action", what + ", and none had one within a day: if none starts now, the task is cancelled"});
}

void not_due(const task_evidence& seen, reasons& out) {
  const auto& open = seen.facts.open;
  const wall_time due = open ? open->due : seen.task.do_after;
  if (due <= seen.now) return;
  if (!open || open->state != 'r') {
    out.push_back({"not_due", "It is not due before " + later(seen, due)});
    return;
  }
  const std::string why = last_words(seen);
  out.push_back({"retry_later", "It is retried at " + later(seen, due) + (why.empty() ? "" : "; " + why)});
}

void key_rules(const task_evidence& seen, reasons& out) {
  if (seen.facts.running_of_key) {
    out.push_back({"key_busy", "It waits for " + number_of(*seen.facts.running_of_key) +
                                   " of the same key, which runs: two of one key never run at once"});
  }
  if (seen.facts.newer_of_key && seen.facts.newer_of_key != seen.facts.running_of_key) {
    out.push_back({"will_be_superseded", "It will be superseded by " + number_of(*seen.facts.newer_of_key) +
                                             ", a newer task of its key, as soon as that one starts"});
  }
}

std::string counted(std::int64_t count, const char* one, const char* many) {
  return grouped(std::min<std::int64_t>(count, 10'000), count > 10'000) + (count == 1 ? one : many);
}

/// Where there is room to run it and it does not run, its stream's rate is what it waits for.
reason queued(const task_evidence& seen) {
  const auto* part = partition_of(seen);
  const auto* stream = stream_of(seen);
  const bool limited =
      stream != nullptr && stream->rate.starts > 0 && seen.facts.running < stream->concurrency;
  std::string text = limited ? "It waits for the rate limit of stream " + stream->name + " (" +
                                   domain::format_rate(stream->rate) + ")"
                             : "It is ready and starts as soon as it is its turn";
  if (part != nullptr && part->owner != 0) text += " on node " + part->owner_name;
  if (seen.facts.ahead > 0)
    text += ", behind about" + std::string{" "} + counted(seen.facts.ahead, " task", " tasks");
  return {limited ? "rate_limited" : "queued", text};
}

}  // namespace

std::vector<reason> reasons_of(const task_evidence& seen) {
  if (auto over = ended(seen)) return {*over};
  if (auto now = running(seen); now && now->code == "running") return {*now};
  reasons out;
  nobody(seen, out);
  paused(seen, out);
  name_paused(seen, out);
  pinned_away(seen, out);
  unowned(seen, out);
  owner_silent(seen, out);
  no_action(seen, out);
  if (auto cut = running(seen)) out.push_back(*cut);
  not_due(seen, out);
  stream_rests(seen, out);
  key_rules(seen, out);
  if (out.empty()) out.push_back(queued(seen));
  return out;
}

namespace {

ordered_json text_or_null(const std::optional<std::string>& text) {
  return text ? ordered_json(*text) : ordered_json(nullptr);
}

ordered_json id_or_null(const std::optional<task_id>& id) {
  return id ? ordered_json(std::to_string(*id)) : ordered_json(nullptr);
}

ordered_json owner_json(const task_evidence& seen) {
  const auto* part = partition_of(seen);
  if (part == nullptr || part->owner == 0) return nullptr;
  const auto* node = node_of(seen, part->owner);
  return {
      {"node", part->owner_name},
      {"node_id", std::to_string(part->owner)},
      {"epoch", part->epoch},
      {"state", node == nullptr ? ordered_json(nullptr) : ordered_json(to_string(node->state))},
      {"beat_age_seconds", node == nullptr ? ordered_json(nullptr) : ordered_json(node->beat_age_seconds)}};
}

ordered_json paused_json(const stream_row* stream) {
  if (stream == nullptr || !stream->paused) return false;
  if (!stream->paused_until) return true;
  return domain::format_time(*stream->paused_until);
}

ordered_json last_attempt_json(const task_evidence& seen) {
  if (seen.attempts.empty()) return nullptr;
  const auto& last = seen.attempts.back();
  const auto known = domain::run_result_of(last.result);
  return {{"attempt", last.attempt},
          {"node", last.node},
          {"finished_at", domain::format_time(last.finished_at)},
          {"result", known ? domain::to_string(*known) : "unknown"},
          {"message", last.message}};
}

bool is_unfinished(const task_evidence& seen) { return !ended(seen); }

}  // namespace

ordered_json explanation_json(const task_evidence& seen) {
  const auto why = reasons_of(seen);
  auto list = ordered_json::array();
  for (const auto& one : why) list.push_back({{"code", one.code}, {"message", one.sentence}});
  const auto* stream = stream_of(seen);
  const auto* part = partition_of(seen);
  const auto& open = seen.facts.open;
  const bool unfinished = is_unfinished(seen);
  const wall_time due = open ? open->due : seen.task.do_after;
  return {{"id", std::to_string(seen.task.id)},
          {"state", to_string(seen.task.state)},
          {"reason", why.front().code},
          {"conclusion", why.front().sentence},
          {"reasons", list},
          {"name", seen.task.name},
          {"key", text_or_null(seen.task.key)},
          {"stream", seen.task.stream},
          {"slot", seen.facts.slot ? ordered_json(*seen.facts.slot) : ordered_json(nullptr)},
          {"owner", owner_json(seen)},
          {"assigned_to", part == nullptr || part->assigned_to.empty() ? ordered_json(nullptr)
                                                                       : ordered_json(part->assigned_to)},
          {"pin", stream == nullptr ? ordered_json(nullptr) : text_or_null(stream->pin)},
          {"pin_policy", stream == nullptr ? ordered_json(nullptr) : ordered_json(to_string(stream->policy))},
          {"paused", paused_json(stream)},
          {"due_at", unfinished ? ordered_json(domain::format_time(due)) : ordered_json(nullptr)},
          {"attempt", seen.task.attempt},
          {"counted_attempts", open ? open->attempts : 0},
          {"crashes", open ? open->crashes : 0},
          {"last_attempt", last_attempt_json(seen)},
          {"waits_for", id_or_null(unfinished ? seen.facts.running_of_key : std::nullopt)},
          {"newer", id_or_null(unfinished ? seen.facts.newer_of_key : std::nullopt)},
          {"superseded_by",
           seen.successor ? ordered_json(std::to_string(seen.successor->id)) : ordered_json(nullptr)},
          {"ahead", unfinished ? std::min<std::int64_t>(seen.facts.ahead, 10'000) : 0},
          {"performers", performers(seen)}};
}

std::string explanation_text(const task_evidence& seen, bool colour, int width) {
  const auto why = reasons_of(seen);
  std::string out = paint({{printable(why.front().sentence), look::bold}}, colour, width) + "\n";
  for (std::size_t i = 1; i < why.size(); ++i)
    out += paint({{"also: ", look::dim}, printable(why[i].sentence)}, colour, width) + "\n";
  out += "\n";
  const auto field = [&](const std::string& name, const std::string& value) {
    out += paint({{name + std::string(14 - name.size(), ' '), look::dim}, printable(value)}, colour, width) +
           "\n";
  };
  const auto& task = seen.task;
  field("task", std::to_string(task.id) + " " + task.name + (task.key ? ", key " + *task.key : ""));
  field("state", to_string(task.state));
  const auto* stream = stream_of(seen);
  field("stream", task.stream + (stream == nullptr ? " (deleted)" : "") +
                      (seen.facts.slot ? ", slot " + std::to_string(*seen.facts.slot) : ""));
  if (stream != nullptr && stream->pin)
    field("pin", "node " + *stream->pin + ", " + to_string(stream->policy));
  if (const auto* part = partition_of(seen); part != nullptr) {
    const auto* node = node_of(seen, part->owner);
    field("owner",
          part->owner == 0
              ? std::string{"nobody"}
              : "node " + part->owner_name + ", epoch " + std::to_string(part->epoch) +
                    (node == nullptr ? "" : ", last beat " + age_text(node->beat_age_seconds) + " ago"));
    if (part->assigned_to != part->owner_name && !part->assigned_to.empty())
      field("goes to", "node " + part->assigned_to);
  }
  if (is_unfinished(seen)) {
    const auto able = performers(seen);
    std::string names;
    for (const auto& one : able) names += (names.empty() ? "" : ", ") + one;
    field("performed by", names.empty() ? "no running node" : names);
    const auto& open = seen.facts.open;
    field("due", domain::format_time(open ? open->due : task.do_after));
    if (open && open->runs > 0)
      field("used up",
            std::to_string(open->attempts) + " attempts, " + std::to_string(open->crashes) + " crashes");
    if (stream != nullptr)
      field("beside it", std::to_string(seen.facts.running) + " of its stream in progress there, at most " +
                             std::to_string(stream->concurrency) + " at once");
  }
  if (!seen.attempts.empty()) field("last", last_words(seen));
  return out;
}

}  // namespace weir::app
