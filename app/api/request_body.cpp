#include "app/api/request_body.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "app/cli/json_text.hpp"
#include "app/cli/task_filters.hpp"
#include "config/suggest.hpp"
#include "domain/duration_text.hpp"
#include "domain/task_bounds.hpp"
#include "domain/time_text.hpp"
#include "http/problem.hpp"

namespace weir::app {

namespace {

constexpr int page_default = 50;
constexpr int page_most = 1000;

template <class Number>
std::optional<Number> whole(const std::string& text, Number low, Number high) {
  Number value{};
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (why != std::errc{} || end != text.data() + text.size() || value < low || value > high)
    return std::nullopt;
  return value;
}

result<int> limit_in(const std::string& value) {
  const auto limit = whole(value, 1, page_most);
  if (!limit) return error{errc::invalid, "limit: a whole number from 1 to 1000"};
  return *limit;
}

error unknown_parameter(const std::string& name, const std::vector<std::string>& known) {
  return {errc::invalid, "unknown parameter " + domain::in_quotes(name) + config::did_you_mean(name, known)};
}

}  // namespace

std::variant<request_body, refusal> request_body::of(const http::request& asked) {
  request_body out;
  if (asked.body.find_first_not_of(" \t\r\n") == std::string::npos) return out;
  auto members = object_members(asked.body);
  if (!members) return http::problem(400, "malformed", "the body: " + members.error().message);
  for (auto& member : *members) out.members_.push_back({std::move(member.name), std::string{member.value}});
  return out;
}

request_body::entry* request_body::take(const std::string& member) {
  const auto found =
      std::find_if(members_.begin(), members_.end(), [&](const entry& each) { return each.name == member; });
  if (found == members_.end()) return nullptr;
  found->used = true;
  return found->json == "null" ? nullptr : &*found;  // null is as if it were not there
}

bool request_body::has(const std::string& member) const {
  return std::any_of(members_.begin(), members_.end(),
                     [&](const entry& each) { return each.name == member && each.json != "null"; });
}

void request_body::complain(const std::string& member, const std::string& wanted) {
  if (!problem_)
    problem_ = error{errc::invalid, "member " + domain::in_quotes(member) + " must be " + wanted};
}

std::optional<std::string> request_body::text(const std::string& member) {
  const entry* const found = take(member);
  if (found == nullptr) return std::nullopt;
  auto value = string_value(found->json);
  if (!value) complain(member, "a string");
  return value;
}

std::optional<bool> request_body::flag(const std::string& member) {
  const entry* const found = take(member);
  if (found == nullptr) return std::nullopt;
  if (found->json != "true" && found->json != "false") complain(member, "true or false");
  return found->json == "true";
}

std::optional<int> request_body::number(const std::string& member, int low, int high) {
  const entry* const found = take(member);
  if (found == nullptr) return std::nullopt;
  const auto value = whole(found->json, low, high);
  if (!value) complain(member, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return value;
}

std::optional<epoch_number> request_body::epoch(const std::string& member) {
  const entry* const found = take(member);
  if (found == nullptr) return std::nullopt;
  const auto value = whole<epoch_number>(found->json, 0, std::numeric_limits<epoch_number>::max());
  if (!value) complain(member, "an epoch: a whole number");
  return value;
}

std::optional<std::chrono::milliseconds> request_body::duration(const std::string& member) {
  const auto written = text(member);
  if (!written) return std::nullopt;
  const auto value = domain::parse_duration(*written);
  if (!value) complain(member, "a duration such as \"30s\", \"5m\" or \"2h\"");
  return value;
}

std::optional<wall_time> request_body::time(const std::string& member) {
  const auto written = text(member);
  if (!written) return std::nullopt;
  const auto value = domain::parse_time(*written);
  if (!value) complain(member, "an RFC 3339 time such as \"2026-11-22T19:00:00Z\"");
  return value;
}

std::optional<wall_time> request_body::pause_end() {
  const auto until = time("until");
  if (until && *until <= wall_now() && !problem_)
    problem_ = error{errc::invalid, "member \"until\" is past; to let it go on, resume it"};
  return until;
}

request_body request_body::object(const std::string& member) {
  request_body out;
  const entry* const found = take(member);
  if (found == nullptr) return out;
  const auto members = object_members(found->json);
  if (!members) {
    complain(member, "an object");
    return out;
  }
  for (const auto& each : *members) out.members_.push_back({each.name, std::string{each.value}});
  return out;
}

std::vector<std::string> request_body::texts(const std::string& member) {
  const entry* const found = take(member);
  if (found == nullptr) return {};
  if (auto one = string_value(found->json)) return {std::move(*one)};
  const auto value = nlohmann::json::parse(found->json, nullptr, false);
  std::vector<std::string> out;
  const bool list = value.is_array() && std::all_of(value.begin(), value.end(),
                                                    [](const auto& each) { return each.is_string(); });
  if (!list) {
    complain(member, "a string or a list of strings");
    return out;
  }
  for (const auto& each : value) out.push_back(each.get<std::string>());
  return out;
}

result<void> request_body::checked() const {
  if (problem_) return *problem_;
  std::vector<std::string> known;
  for (const auto& each : members_)
    if (each.used) known.push_back(each.name);
  for (const auto& each : members_) {
    if (!each.used)
      return error{errc::invalid,
                   "unknown member " + domain::in_quotes(each.name) + config::did_you_mean(each.name, known)};
  }
  return {};
}

std::optional<refusal> unwanted_body(const http::request& asked) {
  auto taken = request_body::of(asked);
  if (auto* refused = std::get_if<refusal>(&taken)) return std::move(*refused);
  const auto good = std::get<request_body>(taken).checked();
  if (good) return std::nullopt;
  return http::problem(good.error());
}

wall_time wall_now() {
  return std::chrono::time_point_cast<wall_time::duration>(std::chrono::system_clock::now());
}

std::optional<task_id> task_of(const http::path_values& values) {
  return whole<task_id>(values.at("id"), 1, std::numeric_limits<task_id>::max());
}

http::reply no_task(const http::path_values& values) {
  return http::problem(404, "not_found", "there is no task " + values.at("id"));
}

result<int> limit_of(const http::request& asked) {
  result<int> limit = page_default;
  for (const auto& [name, value] : asked.query) {
    if (name != "limit") return unknown_parameter(name, {"limit"});
    limit = limit_in(value);
    if (!limit) break;
  }
  return limit;
}

result<audit_filter> audit_filter_of(const http::request& asked) {
  audit_filter out;
  out.limit = page_default;
  for (const auto& [name, value] : asked.query) {
    if (name == "limit") {
      const auto limit = limit_in(value);
      if (!limit) return limit.error();
      out.limit = *limit;
    } else if (name == "since") {
      out.since = domain::parse_time(value);
      if (!out.since) return error{errc::invalid, "since: an RFC 3339 time such as 2026-11-22T19:00:00Z"};
    } else if (name == "cursor") {
      out.before = whole<std::int64_t>(value, 1, std::numeric_limits<std::int64_t>::max());
      if (!out.before) return error{errc::invalid, "cursor: what the page before gave as \"next\""};
    } else {
      return unknown_parameter(name, {"limit", "since", "cursor"});
    }
  }
  return out;
}

result<task_filter> filter_of(const http::request& asked) {
  task_filter out;
  out.limit = page_default;
  std::vector<std::string> states;
  for (const auto& [name, value] : asked.query) {
    if (name == "stream") {
      out.stream = value;
    } else if (name == "name") {
      out.name = value;
    } else if (name == "key") {
      out.key = value;
    } else if (name == "state") {
      if (!value.empty()) states.push_back(value);
    } else if (name == "limit") {
      const auto limit = limit_in(value);
      if (!limit) return limit.error();
      out.limit = *limit;
    } else if (name == "cursor") {
      out.before = whole<task_id>(value, 1, std::numeric_limits<task_id>::max());
      if (!out.before) return error{errc::invalid, "cursor: what the page before gave as \"next\""};
    } else {
      return unknown_parameter(name, {"stream", "name", "key", "state", "limit", "cursor"});
    }
  }
  auto wanted = states_argument("state", states);
  if (!wanted) return wanted.error();
  out.states = std::move(*wanted);
  return out;
}

}  // namespace weir::app
