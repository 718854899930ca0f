// The configuration of the node behind this API: reading it again.
#include <spdlog/spdlog.h>

#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/request_body.hpp"
#include "http/problem.hpp"

namespace weir::app {

void add_config_routes(api& to) {
  http::route reload{
      "POST", "/api/v1/config:reload", http::role::admin, "let this node read its configuration again", {}};
  reload.reply_schema = "reload";
  to.add(std::move(reload), [&to](clerk& with, const auto&, const auto&) {
    const auto report = to.node().reload();
    if (!report) return http::problem({errc::unavailable, "the node is starting"});
    if (!report->mistakes.empty()) {
      std::string all;
      for (const auto& one : report->mistakes) all += (all.empty() ? "" : "\n") + one;
      return http::problem({errc::invalid, all});
    }
    // The node works by it already: an audit that is away takes nothing back.
    const auto noted = with.console([&](console_store& store) {
      return store.note_reload(to.node_name(), report->applied, report->needs_restart);
    });
    if (!noted) spdlog::warn("a reload is not in the audit: {}", noted.error().message);
    return json_reply(200, ordered_json{{"node", to.node_name()},
                                        {"file", report->file},
                                        {"applied", report->applied},
                                        {"needs_restart", report->needs_restart}});
  });
}

}  // namespace weir::app
