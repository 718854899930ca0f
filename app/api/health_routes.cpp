// /healthz/live, /healthz/ready, /openapi.json: answered from memory, whatever the database does.
#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/openapi.hpp"

namespace weir::app {

void add_health_routes(api& to) {
  to.add_quick({"GET", "/healthz/live", std::nullopt, "200 while the process serves", {}},
               [](const http::request&) {
                 return json_reply(200, {{"live", true}});
               });
  to.add_quick(
      {"GET", "/healthz/ready", std::nullopt, "200 while the node accepts tasks; 503 with reasons", {}},
      [&to](const http::request&) {
        const auto why = to.node().why_not_ready();
        ordered_json reasons = ordered_json::array();
        if (why) reasons.push_back({{"code", why->code}, {"message", why->message}});
        return json_reply(why ? 503 : 200, {{"ready", !why}, {"reasons", std::move(reasons)}});
      });
  to.add_quick({"GET", "/openapi.json", std::nullopt, "this description", {}},
               [&to](const http::request&) { return json_reply(200, openapi(to.routes())); });
}

}  // namespace weir::app
