// Schedules: what is, pause, resume, trigger.
#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/request_body.hpp"
#include "app/cli/schedule_text.hpp"
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
  const auto until = body.time("until");
  if (const auto good = body.checked(); !good) return http::problem(good.error());
  const auto done = with.schedules([&](schedule_store& store) { return store.pause(name, until); });
  return done ? one_schedule(with, name) : http::problem(done.error());
}

}  // namespace

void add_schedule_routes(api& to) {
  using http::role;
  const std::string one = "/api/v1/schedules/{schedule}";
  to.add({"GET", "/api/v1/schedules", role::viewer, "all schedules, by name", {}},
         [](clerk& with, const auto&, const auto&) {
           const auto rows = with.schedules([](schedule_store& store) { return store.list(); });
           return rows ? json_reply(200, schedule_list_json(*rows)) : http::problem(rows.error());
         });
  to.add({"GET", one, role::viewer, "a schedule", {}}, [](clerk& with, const auto&, const auto& values) {
    return one_schedule(with, values.at("schedule"));
  });
  http::route pausing{
      "POST", one + ":pause", role::operator_, "fire nothing; ticks of a pause are dropped", {}};
  pausing.body = {{"until", "resume by itself then (RFC 3339)"}};
  to.add(std::move(pausing), pause);
  to.add({"POST", one + ":resume", role::operator_, "fire again", {}},
         [](clerk& with, const auto&, const auto& values) {
           const std::string& name = values.at("schedule");
           const auto done = with.schedules([&](schedule_store& store) { return store.resume(name); });
           return done ? one_schedule(with, name) : http::problem(done.error());
         });
  to.add({"POST", one + ":trigger", role::operator_, "enqueue its task now; its ticks stay as they are", {}},
         [](clerk& with, const auto& asked, const auto& values) {
           const auto made = with.schedules(
               [&](schedule_store& store) { return store.trigger(values.at("schedule"), who_asks(asked)); });
           if (!made) return http::problem(made.error());
           return json_reply(200, ordered_json{{"task", std::to_string(*made)}});
         });
}

}  // namespace weir::app
