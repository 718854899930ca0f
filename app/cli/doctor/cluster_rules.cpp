// Nodes, streams and tasks: what `status` warns of, and what takes a longer look.
#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "app/cli/doctor/evidence.hpp"
#include "app/cli/figures.hpp"
#include "app/cli/shell_word.hpp"
#include "app/cli/status_warnings.hpp"
#include "domain/duration_text.hpp"

namespace weir::app {

namespace {

/// Work behind a pause that is older than this was forgotten.
constexpr double forgotten_seconds = 3600;
/// A due task that waits for so long waits for something.
constexpr double stuck_seconds = 900;
constexpr std::chrono::minutes lately{10};
constexpr int many_terms = 5;
constexpr int many_deaths = 3;
/// A node that is dead for longer was meant to go.
constexpr std::chrono::hours death_news{24};
/// Crashes older than this have been seen.
constexpr std::chrono::hours crash_news{24};

void judge_warnings(const cluster_view& view, std::vector<finding>& out) {
  for (const auto& one : warnings_of(view)) {
    // Somebody paused it on purpose; whether work waits there for long is another rule's.
    const auto weighs = one.code == "name_paused" ? weight::advice : weight::problem;
    out.push_back({one.code, one.message, one.where, one.fix, weighs});
  }
}

void judge_streams(const cluster_view& view, std::vector<finding>& out) {
  for (const auto& counts : view.counts) {
    const auto& streams = view.rows.streams;
    const auto stream =
        std::find_if(streams.begin(), streams.end(), [&](const auto& s) { return s.id == counts.stream; });
    if (stream == streams.end()) continue;
    const double age = counts.oldest_ready_seconds;
    const std::string waits = "its oldest due task has waited for " + age_text(age);
    if (stream->paused && age >= forgotten_seconds) {
      out.push_back({"paused_with_work", "the stream is paused, and " + waits, "stream " + stream->name,
                     "weir stream resume " + shell_word(stream->name)});
    } else if (!stream->paused && age >= stuck_seconds) {
      out.push_back(
          {"old_work", waits + "; which one, and why it waits:", "stream " + stream->name,
           "weir task list --stream " + shell_word(stream->name) + " --state ready, and weir task explain ID",
           weight::advice});
    }
  }
}

void judge_leaders(const evidence& seen, std::vector<finding>& out) {
  // A leader that stops, drains or resigns has been asked to.
  const auto counts = [&](const term_row& term) {
    return term.ended_at && seen.now - *term.ended_at < lately && term.reason != "resigned" &&
           term.reason != "drained";
  };
  const auto recent = std::count_if(seen.terms.begin(), seen.terms.end(), counts);
  if (recent < many_terms) return;
  std::string reasons;
  for (const auto& term : seen.terms) {
    if (!counts(term)) continue;
    if (reasons.find(term.reason) == std::string::npos)
      reasons += (reasons.empty() ? "" : ", ") + term.reason;
  }
  out.push_back({"leader_changes",
                 std::to_string(recent) + " leaders within ten minutes (" + reasons +
                     "): look where their connections break",
                 "cluster", "weir leader history"});
}

void judge_nodes(const evidence& seen, const cluster_view& view, std::vector<finding>& out) {
  const auto& nodes = view.rows.nodes;
  const auto alive =
      std::count_if(nodes.begin(), nodes.end(), [](const auto& n) { return is_alive(n.state); });
  const auto drained = std::count_if(nodes.begin(), nodes.end(),
                                     [](const auto& n) { return is_alive(n.state) && n.drain_wanted; });
  for (const auto& node : nodes) {
    if (!is_alive(node.state) || !node.drain_wanted) continue;
    const bool all = alive == drained;
    out.push_back({all ? "no_worker" : "node_drained",
                   "the node is drained and takes no work" + std::string{all ? ", nor does any other" : ""},
                   "node " + node.facts.name, "weir node undrain " + shell_word(node.facts.name),
                   all ? weight::problem : weight::advice});
  }
  for (const auto& node : nodes) {
    const auto age = std::chrono::duration<double>(node.beat_age_seconds);
    if (node.state != node_state::dead || age > death_news) continue;
    out.push_back(
        {"node_dead",
         "the node was declared dead, and has not come back since its last beat " +
             age_text(node.beat_age_seconds) + " ago",
         "node " + node.facts.name,
         "start it there: weir run; if it is gone for good there is nothing to do, and a day after its "
         "last beat nobody speaks of it",
         weight::advice});
  }
  if (!seen.database || !seen.database->schema) return;
  for (const auto& [name, deaths] : seen.database->schema->deaths) {
    if (deaths < many_deaths) continue;
    out.push_back({"node_dies",
                   "declared dead " + std::to_string(deaths) +
                       " times within ten minutes: its process crashes, or it loses its database",
                   "node " + name, "look at that node's log; weir task errors names tasks that crash it"});
  }
}

/// A node started with this configuration would end with exit code 78.
void judge_settings(const evidence& seen, const cluster_view& view, std::vector<finding>& out) {
  const auto& mine = seen.config.cluster;
  const std::pair<const char*, std::string> here[] = {{"ttl", domain::format_duration(mine.ttl)},
                                                      {"beat", domain::format_duration(mine.beat)},
                                                      {"margin", domain::format_duration(mine.margin)}};
  for (const auto& node : view.rows.nodes) {
    if (!is_alive(node.state)) continue;
    const auto told = nlohmann::json::parse(node.facts.cluster_settings, nullptr, false);
    if (!told.is_object()) continue;
    std::string difference;
    std::string fix;
    for (const auto& [name, value] : here) {
      const std::string there = told.value(name, value);
      if (there == value) continue;
      difference += (difference.empty() ? "" : ", ") + std::string{name} + " is " + value + " here and " +
                    there + " there";
      std::string variable = name;
      std::transform(variable.begin(), variable.end(), variable.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      fix += (fix.empty() ? "" : " ") + ("WEIR_CLUSTER__" + variable) + "=" + there;
    }
    if (difference.empty()) continue;
    out.push_back({"cluster_settings_differ",
                   difference + ": a node with this configuration could not join node " + node.facts.name,
                   seen.config.file.empty() ? "[cluster]" : "[cluster] of " + seen.config.file, fix});
    return;
  }
}

void judge_tasks(const evidence& seen, std::vector<finding>& out) {
  for (const auto& group : seen.errors) {
    const auto result = group.result;
    if ((result != 'x' && result != 'X') || seen.now - group.last_at > crash_news) continue;
    out.push_back({"task_crashes",
                   "a run takes its process down (" + group.message + "), " + grouped(group.count) +
                       (group.count == 1 ? " task" : " tasks") + " so far",
                   "task name " + group.name, "weir task show " + std::to_string(group.last_task)});
  }
  for (const auto& one : seen.paused) {
    if (one.oldest_seconds < forgotten_seconds) continue;
    out.push_back(
        {"paused_with_work",
         "tasks of this name are paused, and the oldest has waited for " + age_text(one.oldest_seconds),
         "task name " + one.name, "weir task resume " + shell_word(one.name)});
  }
}

}  // namespace

void judge_cluster(const evidence& seen, std::vector<finding>& out) {
  if (!seen.view) return;
  judge_warnings(*seen.view, out);
  judge_nodes(seen, *seen.view, out);
  judge_leaders(seen, out);
  judge_settings(seen, *seen.view, out);
  judge_streams(*seen.view, out);
  judge_tasks(seen, out);
}

}  // namespace weir::app
