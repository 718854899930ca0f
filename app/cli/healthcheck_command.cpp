// weir healthcheck [live|ready]: asks the node on this machine, for supervisors and containers.
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

/// Where this node's HTTP is: http.listen; of port 0 the database knows the real one.
result<std::string> address_of(invocation& call, const node_config& config) {
  const std::string& listen = config.http.listen;
  std::string below = config.http.base_path;
  while (!below.empty() && below.back() == '/') below.pop_back();
  if (listen.empty()) return error{errc::invalid, "http.listen is not set: the node serves no HTTP"};
  if (listen.substr(listen.rfind(':') + 1) != "0") return "http://" + listen + below;
  std::string found;
  call.with_console([&](open_console& console) {
    const auto rows = console.store->rows();
    if (!rows) return exit_code::ok;
    for (const auto& node : rows->nodes)
      if (node.facts.name == config.node.name) found = node.facts.http;
    return exit_code::ok;
  });
  if (found.empty())
    return error{errc::unavailable, "node " + config.node.name + " is not known to serve HTTP"};
  return "http://" + found + below;
}

exit_code check(invocation& call, const std::string& what) {
  if (what != "live" && what != "ready")
    return call.usage("healthcheck: " + domain::in_quotes(what) + " is none; write live or ready");
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  const auto base = address_of(call, *config);
  if (!base) return call.fail(base.error());
  const auto got = call.world().get(*base + "/healthz/" + what);
  if (!got) return call.fail(got.error());
  if (call.wants_table())
    call.say(got->status == 200 ? what : "not " + what + ": " + got->body);
  else
    call.print_json(got->body);
  return got->status == 200 ? exit_code::ok : exit_code::failed;
}

}  // namespace

void add_healthcheck_command(CLI::App& root, invocation& call) {
  auto what = std::make_shared<std::string>("ready");
  auto& verb =
      add_verb(root, "healthcheck", "is the node of this configuration live, or ready? exit 0 if so");
  verb.add_option("what", *what, "live: its process serves; ready (default): it accepts tasks")
      ->type_name("live|ready");
  verb.callback([&call, what] { call.chosen = [what](invocation& now) { return check(now, *what); }; });
}

}  // namespace weir::app
