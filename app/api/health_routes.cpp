// Health and the description, answered from memory whatever the database does; and metrics.
#include "app/api/api.hpp"
#include "app/api/cluster_gauges.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/openapi.hpp"

namespace weir::app {

namespace {

const char* const metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// What the database tells; nothing if it does not. Who does not lead asks one question only.
std::string cluster_text(clerk& with, api& to) {
  node_metrics& mine = to.metrics();
  const int asked = mine.terms.wanted();
  const auto terms = with.console([asked](console_store& store) { return store.leaders(asked); });
  if (!terms) return {};
  mine.terms.settle(*terms, asked, mine.leader_changes);
  const bool leads =
      !terms->empty() && !terms->front().ended_at && terms->front().node_name == to.node_name();
  std::string out = leader_gauge(leads);
  if (!leads) return out;
  if (const auto seen = with.console([](console_store& store) { return store.view(); }); seen && seen->leader)
    out += cluster_gauges(*seen);
  using told = std::optional<cluster_figures>;
  const auto figures = with.console([](console_store& store) -> result<told> {
    auto* source = dynamic_cast<figures_source*>(&store);
    if (source == nullptr) return told{};
    auto read = source->figures();
    if (!read) return read.error();
    return told{std::move(*read)};
  });
  if (figures && *figures) out += figure_gauges(**figures);
  return out;
}

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
    // Without a database the node's own figures are the more interesting ones.
    const std::string cluster = cluster_text(with, to);
    out.body = to.metrics().text() + cluster;
    return out;
  });
  to.add_quick({"GET", "/openapi.json", std::nullopt, "this description", {}},
               [&to](const http::request&) { return json_reply(200, openapi(to.routes())); });
}

}  // namespace weir::app
