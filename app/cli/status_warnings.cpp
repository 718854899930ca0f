// The rules of the warnings, one function each, in the order in which they are shown.
#include "app/cli/status_warnings.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include <weir/defaults.hpp>

#include "app/cli/figures.hpp"
#include "app/cli/shell_word.hpp"
#include "domain/names.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

const node_row* find_node(const cluster_view& view, const std::string& name) {
  for (const auto& node : view.rows.nodes)
    if (node.facts.name == name) return &node;
  return nullptr;
}

std::string listed(const std::set<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void nobody(const cluster_view& view, std::vector<warning>& out) {
  const auto& nodes = view.rows.nodes;
  const bool alive = std::any_of(nodes.begin(), nodes.end(), [](const auto& n) { return is_alive(n.state); });
  if (!alive)
    out.push_back({"no_nodes", "no node is running: start one with `weir run`", "cluster", "weir run"});
  if (alive && !view.leader) {
    out.push_back({"no_leader", "no node leads: new and orphaned partitions wait until one is elected",
                   "cluster", "WEIR_NODE__LEADER_ELIGIBLE=true weir run"});
  }
}

// A node that everybody forgot to declare dead: nobody is left to do it, or the database stands still.
void silent(const cluster_view& view, std::vector<warning>& out) {
  const double limit = 2 * std::chrono::duration<double>(defaults::ttl).count();
  for (const auto& node : view.rows.nodes) {
    if (!is_alive(node.state) || node.beat_age_seconds <= limit) continue;
    out.push_back({"node_silent",
                   "node " + node.facts.name + " is " + to_string(node.state) + " but has not beaten for " +
                       age_text(node.beat_age_seconds) + ": it hangs, or nobody is left to declare it dead",
                   "node " + node.facts.name,
                   "restart that node's process, or start another node, which declares it dead: weir run"});
  }
}

void versions(const cluster_view& view, std::vector<warning>& out) {
  std::map<std::string, std::set<std::string>> nodes_by_version;
  for (const auto& node : view.rows.nodes) {
    if (is_alive(node.state)) nodes_by_version[node.facts.version].insert(node.facts.name);
  }
  if (nodes_by_version.size() < 2) return;
  std::string text;
  for (const auto& [version, names] : nodes_by_version) {
    text += (text.empty() ? "" : "; ") + version + " on " + listed(names);
  }
  out.push_back({"versions_differ", "nodes run different versions: " + text, "cluster",
                 "install the newer program where the other one runs, and restart it there"});
}

void pins(const cluster_view& view, std::vector<warning>& out) {
  for (const auto& stream : view.rows.streams) {
    if (!stream.pin) continue;
    const node_row* node = find_node(view, *stream.pin);
    if (node != nullptr && (node->state == node_state::active || node->state == node_state::joining))
      continue;
    const std::string why = node == nullptr ? "was never seen" : std::string{"is "} + to_string(node->state);
    const bool waits = stream.policy == pin_policy::strict;
    out.push_back(
        {"pinned_node_away",
         "stream " + stream.name + " is pinned to node " + *stream.pin + ", which " + why +
             (waits ? ": it waits, as its policy is strict (start the node, or `weir stream unpin " +
                          stream.name + "`)"
                    : ": it runs elsewhere meanwhile, as its policy is prefer"),
         "stream " + stream.name, "weir stream unpin " + shell_word(stream.name)});
  }
}

/// Said by nodes that are alive: what a dead one said holds no more.
void rests(const cluster_view& view, std::vector<warning>& out) {
  for (const auto& node : view.rows.nodes) {
    if (!is_alive(node.state)) continue;
    for (const auto& one : node.said.resting) {
      const auto& streams = view.rows.streams;
      const auto stream =
          std::find_if(streams.begin(), streams.end(), [&](const auto& s) { return s.id == one.stream; });
      if (stream == streams.end()) continue;
      out.push_back({"stream_rests",
                     "stream " + stream->name + " rests on node " + node.facts.name + " after " +
                         std::to_string(one.failures) + " failed runs in a row" + rest_text(one),
                     "stream " + stream->name,
                     "mend what the message names; to go on without resting: weir stream set " +
                         shell_word(stream->name) + " breaker.failures=0"});
    }
  }
}

void names(const cluster_view& view, std::vector<warning>& out) {
  for (const auto& one : view.rows.paused) {
    out.push_back({"name_paused",
                   "tasks named " + one.name + " are paused" +
                       (one.until ? " until " + domain::format_time(*one.until) : "") +
                       ": `weir task resume " + one.name + "` lets them start",
                   "task name " + one.name, "weir task resume " + shell_word(one.name)});
  }
}

void missing_actions(const cluster_view& view, std::vector<warning>& out) {
  std::set<std::string> performed;
  bool alive = false;
  for (const auto& node : view.rows.nodes) {
    if (!is_alive(node.state)) continue;
    alive = true;
    performed.insert(node.facts.actions.begin(), node.facts.actions.end());
  }
  if (!alive) return;  // no_nodes says it all
  for (const auto& stream : view.rows.streams) {
    std::set<std::string> missing;
    for (const auto& name : stream.routes)
      if (performed.count(name) == 0) missing.insert(name);
    if (missing.empty()) continue;
    const bool all = missing.size() == stream.routes.size();
    out.push_back({"no_action",
                   "stream " + stream.name +
                       (all ? ": no running node can perform its tasks (" : ": no running node performs ") +
                       listed(missing) + (all ? ")" : "") + "; start a node that has the action",
                   "stream " + stream.name,
                   "start a node whose configuration or program has the action: weir run"});
  }
}

/// Tasks of these names go to stream default, any partition of which may be with a node that cannot perform them.
void actions_of_some(const cluster_view& view, std::vector<warning>& out) {
  std::map<std::string, std::set<std::string>> nodes_by_action;
  std::set<std::string> active;
  for (const auto& node : view.rows.nodes) {
    if (node.state != node_state::active) continue;
    active.insert(node.facts.name);
    for (const auto& name : node.facts.actions) nodes_by_action[name].insert(node.facts.name);
  }
  for (const auto& stream : view.rows.streams)
    for (const auto& name : stream.routes) nodes_by_action.erase(name);
  for (const auto& [name, nodes] : nodes_by_action) {
    if (nodes.size() == active.size()) continue;
    out.push_back({"action_elsewhere",
                   "only " + listed(nodes) + " performs " + name +
                       ", whose tasks go to stream default and wait where another node owns their partition: "
                       "give the action a stream",
                   "task name " + name, "set stream in [action." + name + "] of its node, and restart it"});
  }
}

/// A stream that was deleted while its nodes went on. @param nodes  "n1, n2"
warning missing_stream(const std::string& name, const std::string& nodes) {
  const bool one = nodes.find(", ") == std::string::npos;
  const std::string who = (one ? "node " : "nodes ") + nodes;
  return {"stream_missing",
          "stream " + name + " is declared by running " + who +
              ", but missing: it was deleted, and tasks whose route it was go to stream default, where all "
              "nodes run "
              "them at once",
          "stream " + name,
          "restart " + who + ", which " + (one ? "makes" : "make") +
              " the stream and its routes anew; or take it out of the configuration there"};
}

/// Two modes: no setting can mend that, and what follows from either would be wrong with the other.
warning mode_warning(const std::string& stream, const std::string& present, const std::string& declared,
                     const std::string& nodes) {
  const bool one = nodes.find(", ") == std::string::npos;
  const std::string who = nodes.empty() ? std::string{"a node"} : (one ? "node " : "nodes ") + nodes;
  return {"declaration_differs",
          "stream " + stream + ": the file (or program) of " + who + " says " + declared + ", the database " +
              present + ", which is in force",
          "stream " + stream,
          "write mode = \"" + present + "\" in [stream." + stream + "] of " + who + "; or, if " + declared +
              " is meant, delete the stream (weir stream delete " + shell_word(stream) + ") and restart " +
              who + ", which makes it anew"};
}

}  // namespace

warning difference_warning(const std::string& sentence) {
  static const std::regex missing{"stream \"(.*)\": missing, declared by (.*)"};
  static const std::regex mode{"stream \"(.*)\": mode is ([a-z]+), declared ([a-z]+)(?: by (.*))?"};
  std::smatch told;
  if (std::regex_match(sentence, told, missing)) return missing_stream(told[1], told[2]);
  if (std::regex_match(sentence, told, mode)) return mode_warning(told[1], told[2], told[3], told[4]);
  const bool schedule = sentence.rfind("schedule ", 0) == 0;
  const bool route = sentence.rfind("route ", 0) == 0;
  warning out{"declaration_differs",
              sentence + " (the database's value is in force; " +
                  (schedule ? "`weir schedule remove` makes room for the declared one)"
                   : route  ? "a route stays as it was first declared)"
                            : "`weir stream set` changes it)"),
              "declarations", "make the configuration say what the database has"};
  // stream "mail": concurrency is 16, declared 4
  static const std::regex shape{
      "(stream|schedule|route) \"(.*)\": (?:([a-z_.]+) is (?:.*), declared (.*)|goes to .*)"};
  std::smatch found;
  if (!std::regex_match(sentence, found, shape)) return out;
  const std::string kind = found[1];
  const std::string name = found[2];
  out.where = kind + " " + name;
  if (kind == "stream" && found[3].matched && found[4] != "not set")
    out.fix = "weir stream set " + shell_word(name) + " " + shell_word(found[3].str() + "=" + found[4].str());
  if (kind == "stream" && found[3] == "rate" && found[4] == "not set")
    out.fix = "weir stream set " + shell_word(name) + " rate=off";
  if (kind == "route") {
    static const std::regex streams{"route .*: goes to stream \"(.*)\"(.*), declared \"(.*)\""};
    std::smatch way;
    out.fix = "name the same stream in [action." + name + "] of every node";
    if (!std::regex_match(sentence, way, streams)) return out;
    // Tasks of a name that waits in stream default: its nodes declare the route again by themselves.
    out.fix = way[2].length() > 0
                  ? "let those tasks finish: its nodes then make the route by themselves"
                  : "name stream \"" + way[1].str() + "\" in [action." + name + "] of every node; or, if " +
                        way[3].str() + " is meant, let stream " + way[1].str() +
                        " finish its tasks, delete it with its routes (weir stream delete " +
                        shell_word(way[1].str()) + "), and restart the nodes, which make them anew";
  }
  if (kind == "schedule")
    out.fix = "weir schedule remove " + shell_word(name) + ", and restart a node that declares it";
  return out;
}

bool is_alive(node_state state) noexcept {
  return state == node_state::joining || state == node_state::active || state == node_state::draining;
}

std::string pin_text(const stream_row& stream) {
  const bool waits = stream.policy == pin_policy::strict;
  return "pinned to node " + stream.pin.value_or("") + " (" + to_string(stream.policy) + ": " +
         (waits ? "waits" : "runs elsewhere") + " while it is away)";
}

std::string rest_text(const resting_stream& rests) {
  const std::string next =
      rests.left.count() > 0
          ? "one is tried in " + age_text(std::chrono::duration<double>(rests.left).count())
          : std::string{"one is tried now"};
  return ", " + next + "; the last one said: " + rests.message;
}

std::optional<std::string> deletion_warning(const cluster_view& view, const stream_row& stream) {
  std::set<std::string> nodes, tasks;
  for (const auto& node : view.rows.nodes) {
    if (!is_alive(node.state)) continue;
    for (const auto& name : stream.routes) {
      const auto& actions = node.facts.actions;
      if (std::find(actions.begin(), actions.end(), name) == actions.end()) continue;
      nodes.insert(node.facts.name);
      tasks.insert(name);
    }
  }
  if (nodes.empty()) return std::nullopt;
  return listed(nodes) + (nodes.size() == 1 ? " performs " : " perform ") + listed(tasks) +
         ", whose tasks go to stream default from now on, where all nodes run them at once: take stream " +
         stream.name + " and its actions from their configuration, or stop them";
}

std::vector<warning> warnings_of(const cluster_view& view) {
  std::vector<warning> out;
  nobody(view, out);
  silent(view, out);
  versions(view, out);
  pins(view, out);
  rests(view, out);
  names(view, out);
  missing_actions(view, out);
  actions_of_some(view, out);
  for (const auto& text : view.differences) out.push_back(difference_warning(text));
  return out;
}

}  // namespace weir::app
