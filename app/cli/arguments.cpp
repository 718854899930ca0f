// One sentence a mistake: the option, what it got, what it wants.
#include "app/cli/arguments.hpp"

#include <charconv>

#include "domain/duration_text.hpp"
#include "domain/task_bounds.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

error mistake(const std::string& option, const std::string& text, const std::string& wanted) {
  return {errc::invalid, option + ": " + domain::in_quotes(text) + " is not " + wanted};
}

}  // namespace

result<std::chrono::milliseconds> duration_argument(const std::string& option, const std::string& text) {
  const auto value = domain::parse_duration(text);
  if (!value) return mistake(option, text, "a duration; write 500ms, 30s, 5m, 2h or 7d");
  return *value;
}

result<std::optional<std::chrono::milliseconds>> limit_argument(const std::string& option,
                                                                const std::string& text) {
  if (text == "forever") return std::optional<std::chrono::milliseconds>{};
  const auto value = duration_argument(option, text);
  if (!value) return value.error();
  return std::optional<std::chrono::milliseconds>{*value};
}

result<wall_time> time_argument(const std::string& option, const std::string& text) {
  const auto value = domain::parse_time(text);
  if (!value)
    return mistake(option, text, "an RFC 3339 time; write 2026-11-22T19:00:00Z or with an offset, +13:00");
  return *value;
}

result<std::optional<wall_time>> until_argument(const std::optional<std::string>& text, wall_time now,
                                                const std::string& to_go_on) {
  if (!text) return std::optional<wall_time>{};
  const auto given = time_argument("--until", *text);
  if (!given) return given.error();
  if (*given <= now) return error{errc::invalid, "--until: " + *text + " is past; to go on now: " + to_go_on};
  return std::optional<wall_time>{*given};
}

result<bool> switch_argument(const std::string& option, const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return mistake(option, text, "true or false");
}

result<int> number_argument(const std::string& option, const std::string& text, int low, int high) {
  int value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stop != end || value < low || value > high) {
    return mistake(option, text,
                   "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

result<task_id> id_argument(const std::string& option, const std::string& text) {
  task_id id = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, id);
  if (problem != std::errc{} || stop != end || id < 1)
    return mistake(option, text, "a task id; ids are whole numbers such as 42");
  return id;
}

}  // namespace weir::app
