// Health and the description, answered from memory whatever the database does; and metrics.
#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/openapi.hpp"

namespace weir::app {

namespace {

const char* const metrics_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

void add_health_routes(api& to) {
  to.add_quick("live", {"GET", "/healthz/live", std::nullopt, "200 while the process serves", {}},
               [](const http::request&) {
                 return json_reply(200, {{"live", true}});
               });
  http::route ready{
      "GET", "/healthz/ready", std::nullopt, "200 while the node accepts tasks; 503 with reasons", {}};
  ready.reply_schema = "ready";
  ready.also = {{503, "the node accepts no tasks"}};
  to.add_quick(std::move(ready), [&to](const http::request&) {
    const auto why = to.node().why_not_ready();
    ordered_json reasons = ordered_json::array();
    if (why) reasons.push_back({{"code", why->code}, {"message", why->message}});
    return json_reply(why ? 503 : 200, {{"ready", !why}, {"reasons", std::move(reasons)}});
  });
  http::route metrics{"GET", "/metrics", http::role::viewer, "for Prometheus", {}};
  metrics.reply_type = metrics_type;
  to.add(std::move(metrics), [&to](clerk& with, const auto&, const auto&) {
    http::reply out;
    out.type = metrics_type;
    out.body = to.metrics().text();
    // Without a database the node's own figures are the more interesting ones.
    const auto seen = with.console([](console_store& store) { return store.view(); });
    if (seen) out.body += cluster_gauges(*seen, to.node_name());
    return out;
  });
  to.add_quick({"GET", "/openapi.json", std::nullopt, "this description", {}},
               [&to](const http::request&) { return json_reply(200, openapi(to.routes())); });
}

}  // namespace weir::app
