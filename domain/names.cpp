// One table per enumeration: both directions read it, so that they cannot differ.
#include "domain/names.hpp"

#include <array>
#include <string>
#include <utility>

#include <weir/task.hpp>

namespace weir {
namespace {

template <class Enum, std::size_t N>
using name_table = std::array<std::pair<Enum, const char*>, N>;

constexpr name_table<task_state, 6> task_states{{{task_state::ready, "READY"},
                                                 {task_state::in_progress, "IN PROGRESS"},
                                                 {task_state::retry, "RETRY"},
                                                 {task_state::done, "DONE"},
                                                 {task_state::failed, "FAILED"},
                                                 {task_state::cancelled, "CANCELLED"}}};

constexpr name_table<node_state, 5> node_states{{{node_state::joining, "joining"},
                                                 {node_state::active, "active"},
                                                 {node_state::draining, "draining"},
                                                 {node_state::stopped, "stopped"},
                                                 {node_state::dead, "dead"}}};

constexpr name_table<stream_mode, 2> stream_modes{
    {{stream_mode::single, "single"}, {stream_mode::parallel, "parallel"}}};

constexpr name_table<pin_policy, 2> pin_policies{
    {{pin_policy::strict, "strict"}, {pin_policy::prefer, "prefer"}}};

constexpr name_table<isolation, 2> isolations{
    {{isolation::process, "process"}, {isolation::thread, "thread"}}};

constexpr name_table<missed_policy, 3> missed_policies{
    {{missed_policy::skip, "skip"}, {missed_policy::once, "once"}, {missed_policy::all, "all"}}};

using domain::run_result;
constexpr name_table<run_result, 11> run_results{{{run_result::success, "success"},
                                                  {run_result::retry, "retry"},
                                                  {run_result::failure, "failure"},
                                                  {run_result::snooze, "snooze"},
                                                  {run_result::cancel, "cancel"},
                                                  {run_result::timeout, "timeout"},
                                                  {run_result::crash, "crash"},
                                                  {run_result::last_crash, "crash"},
                                                  {run_result::interrupted, "interrupted"},
                                                  {run_result::superseded, "superseded"},
                                                  {run_result::moved, "moved"}}};

template <class Enum, std::size_t N>
const char* name_of(const name_table<Enum, N>& table, Enum value) noexcept {
  for (const auto& [candidate, name] : table) {
    if (candidate == value) return name;
  }
  return "unknown";
}

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const name_table<Enum, N>& table, std::string_view text) noexcept {
  for (const auto& [candidate, name] : table) {
    if (text == name) return candidate;
  }
  return std::nullopt;
}

// Not std::toupper: it follows the locale (a Turkish one has no 'I' for 'i').
char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

const char* to_string(task_state state) noexcept { return name_of(task_states, state); }

std::optional<task_state> parse_task_state(const std::string& text) {
  std::string canonical;
  canonical.reserve(text.size());
  for (const char c : text) canonical += c == '_' ? ' ' : upper(c);
  return value_of(task_states, canonical);
}

const char* to_string(node_state state) noexcept { return name_of(node_states, state); }
std::optional<node_state> parse_node_state(const std::string& text) { return value_of(node_states, text); }

const char* to_string(stream_mode mode) noexcept { return name_of(stream_modes, mode); }
std::optional<stream_mode> parse_stream_mode(std::string_view text) noexcept {
  return value_of(stream_modes, text);
}

const char* to_string(pin_policy policy) noexcept { return name_of(pin_policies, policy); }
std::optional<pin_policy> parse_pin_policy(std::string_view text) noexcept {
  return value_of(pin_policies, text);
}

const char* to_string(isolation where) noexcept { return name_of(isolations, where); }
std::optional<isolation> parse_isolation(std::string_view text) noexcept {
  return value_of(isolations, text);
}

const char* to_string(missed_policy policy) noexcept { return name_of(missed_policies, policy); }
std::optional<missed_policy> parse_missed_policy(std::string_view text) noexcept {
  return value_of(missed_policies, text);
}

}  // namespace weir

namespace weir::domain {

const char* to_string(run_result result) noexcept { return name_of(run_results, result); }
std::optional<run_result> parse_run_result(std::string_view word) noexcept {
  return value_of(run_results, word);
}

std::optional<run_result> run_result_of(char letter) noexcept {
  for (const auto& [candidate, name] : run_results) {
    if (static_cast<char>(candidate) == letter) return candidate;
  }
  return std::nullopt;
}

}  // namespace weir::domain
