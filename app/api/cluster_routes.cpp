// The cluster, its nodes and its leader: what is, and what may be asked of them.
#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/request_body.hpp"
#include "app/cli/audit_json.hpp"
#include "app/cli/find_row.hpp"
#include "app/cli/status_json.hpp"
#include "app/cli/view_index.hpp"
#include "http/problem.hpp"

namespace weir::app {

namespace {

constexpr int terms_shown = 100;

/// Answers with what `shape` makes of the cluster.
template <class Shape>
http::reply shown(clerk& with, const Shape& shape) {
  const auto seen = with.console([](console_store& store) { return store.view(); });
  if (!seen) return http::problem(seen.error());
  return shape(*seen);
}

http::reply one_node(clerk& with, const std::string& name) {
  return shown(with, [&](const cluster_view& seen) {
    const auto found = find_node(seen, name);
    if (!found) return http::problem(found.error());
    return json_reply(200, node_json(view_index{seen}, **found, true));
  });
}

http::reply drain(clerk& with, const std::string& name, bool wanted) {
  const auto done = with.console([&](console_store& store) { return store.drain(name, wanted); });
  return done ? one_node(with, name) : http::problem(done.error());
}

}  // namespace

void add_cluster_routes(api& to) {
  using http::role;
  to.add("cluster", {"GET", "/api/v1/cluster", role::viewer, "leader, nodes, streams and warnings", {}},
         [](clerk& with, const auto&, const auto&) {
           return shown(with, [](const cluster_view& seen) { return json_reply(200, status_json(seen)); });
         });
  to.add("node_list", {"GET", "/api/v1/nodes", role::viewer, "the newest incarnation of each name", {}},
         [](clerk& with, const auto&, const auto&) {
           return shown(with, [](const cluster_view& seen) { return json_reply(200, node_list_json(seen)); });
         });
  to.add("node_details", {"GET", "/api/v1/nodes/{node}", role::viewer, "a node, with what it owns", {}},
         [](clerk& with, const auto&, const auto& values) { return one_node(with, values.at("node")); });
  to.add(
      "node_details",
      {"POST", "/api/v1/nodes/{node}:drain", role::operator_, "finish what runs and hand the rest over", {}},
      [](clerk& with, const auto&, const auto& values) { return drain(with, values.at("node"), true); });
  to.add("node_details", {"POST", "/api/v1/nodes/{node}:undrain", role::operator_, "take work again", {}},
         [](clerk& with, const auto&, const auto& values) { return drain(with, values.at("node"), false); });
  to.add("term_list",
         {"GET", "/api/v1/leader/terms", role::viewer, "who led, newest first, and why each term ended", {}},
         [](clerk& with, const auto&, const auto&) {
           const auto terms = with.console([](console_store& store) { return store.leaders(terms_shown); });
           return terms ? json_reply(200, leader_history_json(*terms)) : http::problem(terms.error());
         });
  to.add("resigned", {"POST", "/api/v1/leader:resign", role::admin, "let another node lead", {}},
         [](clerk& with, const auto&, const auto&) {
           const auto ended = with.console([](console_store& store) { return store.resign_leader(); });
           if (!ended) return http::problem(ended.error());
           return json_reply(
               200, ordered_json{{"ended", {{"node", ended->node_name}, {"term", ended->fence.term}}}});
         });
  http::route audit{"GET", "/api/v1/audit", role::viewer, "what people ordered, newest first", {}};
  audit.reply_schema = "audit_page";
  audit.query = {
      {"limit", "1 to 1000", "integer"}, {"since", "RFC 3339"}, {"cursor", "next of the page before"}};
  to.add(std::move(audit), [](clerk& with, const auto& asked, const auto&) {
    const auto filter = audit_filter_of(asked);
    if (!filter) return http::problem(filter.error());
    const auto page = with.console([&](console_store& store) { return store.audit(*filter); });
    return page ? json_reply(200, audit_page_json(*page)) : http::problem(page.error());
  });
  http::route events{"GET", "/api/v1/events", role::viewer, "`cluster` once a second, as GET /cluster", {}};
  events.reply_type = "text/event-stream";
  to.add_quick(std::move(events), [&to](const http::request& asked) {
    http::reply out;
    out.events = &to.feed().hub();
    // A token may be revoked while its owner watches.
    http::request again = asked;
    again.body.clear();
    out.may_watch = [&to, again = std::move(again)]() mutable { return !to.refuse_head(again); };
    return out;
  });
}

}  // namespace weir::app
