// weir status [--watch[=2s]]
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/live_screen.hpp"
#include "app/cli/live_view.hpp"
#include "app/cli/remote/remote.hpp"
#include "app/cli/status_json.hpp"
#include "app/cli/status_table.hpp"
#include "app/cli/watched_cluster.hpp"

namespace weir::app {

namespace {

using std::chrono::milliseconds;

exit_code show_once(invocation& call) {
  if (const auto printed = print_of_api(call, "/cluster")) return *printed;
  return call.with_console([&](open_console& console) {
    const auto view = console.store->view();
    if (!view) return call.fail(view.error());
    auto& surroundings = call.surroundings();
    if (call.wants_table()) {
      const frame_input input{*view, surroundings.now(), {}, {}, warnings_told(*console.store)};
      call.print(status_text(input, {surroundings.colour(), call.width(), 0}));
    } else {
      call.print_json(status_json(*view));
    }
    return exit_code::ok;
  });
}

void append_frame(invocation& call, const live_view& live, const result<cluster_view>& view) {
  auto& surroundings = call.surroundings();
  if (!call.wants_table()) {
    if (view && print_of_api(call, "/cluster")) {
      surroundings.out.flush();
      return;
    }
    if (view)
      call.print_json(status_json(*view));
    else
      call.complain(view.error().message);
  } else {
    for (const auto& line :
         live.frame(surroundings.now(), surroundings.ticks(), {surroundings.colour(), call.width(), 0})) {
      call.print(line + "\n");
    }
    call.print("\n");
  }
  surroundings.out.flush();
}

exit_code watch(invocation& call, const std::string& text) {
  const auto interval = duration_argument("--watch", text);
  if (!interval) return call.fail(interval.error());
  if (*interval < milliseconds{100}) return call.usage("--watch: at least 100ms");
  auto config = call.by_api() ? node_config{} : call.configuration();
  if (!config) return exit_code::configuration;
  auto& surroundings = call.surroundings();
  watched_cluster cluster{call, std::move(*config)};
  live_view live{call.by_api() ? "API" : "database"};
  std::unique_ptr<live_screen> screen;
  do {
    const auto view = cluster.look();
    if (!view && !watched_cluster::passes(view.error().code)) {
      screen.reset();
      return call.fail(view.error());
    }
    if (view)
      live.saw(*view, surroundings.ticks(), cluster.warnings());
    else
      live.missed(view.error().message, surroundings.ticks());
    const bool in_place = surroundings.out_is_terminal && call.wants_table();
    if (!in_place) {
      append_frame(call, live, view);
      continue;
    }
    if (!screen) screen = std::make_unique<live_screen>(surroundings);
    auto size = surroundings.size ? surroundings.size() : terminal_size{};
    if (size.columns > 1)
      --size.columns;  // a character in the last column would be erased with the line's rest
    screen->draw(live.frame(surroundings.now(), surroundings.ticks(),
                            {surroundings.colour(), size.columns, size.rows}));
  } while (surroundings.pause(*interval));
  return exit_code::ok;
}

}  // namespace

void add_status_command(CLI::App& root, invocation& call) {
  auto interval = std::make_shared<std::optional<std::string>>();
  auto& verb = add_verb(root, "status", "nodes, streams, leader, counts and warnings");
  verb.add_option("--watch", *interval, "again and again (default every 2s), until Ctrl-C")
      ->type_name("[=D]");
  verb.callback([&call, interval] {
    call.chosen = [interval](invocation& now) { return *interval ? watch(now, **interval) : show_once(now); };
  });
}

}  // namespace weir::app
