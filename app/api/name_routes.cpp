// Task names: pause and resume, wherever tasks of a name are.
#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/request_body.hpp"
#include "domain/time_text.hpp"
#include "http/problem.hpp"

namespace weir::app {

namespace {

http::reply as_paused(const std::string& name, const ordered_json& paused) {
  return json_reply(200, ordered_json{{"name", name}, {"paused", paused}});
}

http::reply pause(clerk& with, const http::request& asked, const http::path_values& values) {
  const std::string& name = values.at("name");
  auto taken = request_body::of(asked);
  if (auto* refused = std::get_if<refusal>(&taken)) return *refused;
  auto& body = std::get<request_body>(taken);
  const auto until = body.pause_end();
  if (const auto good = body.checked(); !good) return http::problem(good.error());
  const auto done = with.console([&](console_store& store) { return store.pause_name(name, until); });
  if (!done) return http::problem(done.error());
  return as_paused(name, until ? ordered_json(domain::format_time(*until)) : ordered_json(true));
}

http::reply resume(clerk& with, const http::request&, const http::path_values& values) {
  const std::string& name = values.at("name");
  const auto done = with.console([&](console_store& store) { return store.resume_name(name); });
  return done ? as_paused(name, false) : http::problem(done.error());
}

}  // namespace

void add_name_routes(api& to) {
  const std::string one = "/api/v1/task-names/{name}";
  http::route pausing{
      "POST", one + ":pause", http::role::operator_, "start no more tasks of this name, in any stream", {}};
  pausing.reply_schema = "paused_name";
  pausing.body = {{"until", "resume by itself then (RFC 3339)"}};
  to.add(std::move(pausing), pause);
  to.add("paused_name", {"POST", one + ":resume", http::role::operator_, "start them again", {}}, resume);
}

}  // namespace weir::app
