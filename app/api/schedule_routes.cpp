// Schedules: what is, pause, resume, trigger.
#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/request_body.hpp"
#include "app/cli/schedule_text.hpp"
#include "domain/tick_rule.hpp"
#include "http/problem.hpp"

namespace weir::app {

namespace {

http::reply one_schedule(clerk& with, const std::string& name) {
  const auto found = with.schedules([&](schedule_store& store) { return store.find(name); });
  return found ? json_reply(200, schedule_json(*found)) : http::problem(found.error());
}

http::reply pause(clerk& with, const http::request& asked, const http::path_values& values) {
  const std::string& name = values.at("schedule");
  auto taken = request_body::of(asked);
  if (auto* refused = std::get_if<refusal>(&taken)) return *refused;
  auto& body = std::get<request_body>(taken);
  const auto until = body.pause_end();
  if (const auto good = body.checked(); !good) return http::problem(good.error());
  const auto done = with.schedules([&](schedule_store& store) { return store.pause(name, until); });
  return done ? one_schedule(with, name) : http::problem(done.error());
}

constexpr int ticks_shown = 5;

/// When it ticks next, the pause left out: that is shown beside it.
http::reply next_ticks(clerk& with, const std::string& name) {
  const auto found = with.schedules([&](schedule_store& store) { return store.find(name); });
  if (!found) return http::problem(found.error());
  const auto rule = domain::tick_rule::of(found->settings);
  if (!rule) return http::problem(rule.error());
  auto after = std::chrono::time_point_cast<wall_time::duration>(std::chrono::system_clock::now());
  std::vector<wall_time> ticks;
  for (int i = 0; i < ticks_shown; ++i) {
    after = rule->next(after);
    ticks.push_back(after);
  }
  return json_reply(200, tick_list_json(*rule, ticks));
}

}  // namespace

void add_schedule_routes(api& to) {
  using http::role;
  const std::string one = "/api/v1/schedules/{schedule}";
  to.add("schedule_list", {"GET", "/api/v1/schedules", role::viewer, "all schedules, by name", {}},
         [](clerk& with, const auto&, const auto&) {
           const auto rows = with.schedules([](schedule_store& store) { return store.list(); });
           return rows ? json_reply(200, schedule_list_json(*rows)) : http::problem(rows.error());
         });
  to.add(
      "schedule", {"GET", one, role::viewer, "a schedule", {}},
      [](clerk& with, const auto&, const auto& values) { return one_schedule(with, values.at("schedule")); });
  to.add(
      "tick_list", {"GET", one + "/next", role::viewer, "its next five ticks, in its time zone", {}},
      [](clerk& with, const auto&, const auto& values) { return next_ticks(with, values.at("schedule")); });
  http::route pausing{
      "POST", one + ":pause", role::operator_, "fire nothing; ticks of a pause are dropped", {}};
  pausing.reply_schema = "schedule";
  pausing.body = {{"until", "resume by itself then (RFC 3339)"}};
  to.add(std::move(pausing), pause);
  to.add("schedule", {"POST", one + ":resume", role::operator_, "fire again", {}},
         [](clerk& with, const auto&, const auto& values) {
           const std::string& name = values.at("schedule");
           const auto done = with.schedules([&](schedule_store& store) { return store.resume(name); });
           return done ? one_schedule(with, name) : http::problem(done.error());
         });
  to.add("triggered",
         {"POST", one + ":trigger", role::operator_, "enqueue its task now; its ticks stay as they are", {}},
         [](clerk& with, const auto& asked, const auto& values) {
           const auto made = with.schedules(
               [&](schedule_store& store) { return store.trigger(values.at("schedule"), who_asks(asked)); });
           if (!made) return http::problem(made.error());
           return json_reply(200, ordered_json{{"task", std::to_string(*made)}});
         });
}

}  // namespace weir::app
