// weir top: the cluster full screen, live, with keys.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/live_screen.hpp"
#include "app/cli/live_view.hpp"
#include "app/cli/top_view.hpp"
#include "app/cli/watched_cluster.hpp"

namespace weir::app {

namespace {

using std::chrono::milliseconds;

/// Rows that a pane asks the store for, however large the window is.
constexpr int most_rows = 200;

frame_shape shape_of(invocation& call) {
  auto& surroundings = call.surroundings();
  const auto size = surroundings.size ? surroundings.size() : terminal_size{};
  // A character in the last column would be erased with the line's rest; a terminal that tells no size is small.
  return {surroundings.colour(), size.columns > 1 ? size.columns - 1 : 79, size.rows > 0 ? size.rows : 24};
}

/// The rows of the pane that is shown; of the others nobody is asked.
void fill(watched_cluster& cluster, pane at, top_input& into) {
  if (at == pane::tasks) {
    task_filter filter;
    filter.limit = most_rows;
    auto page = cluster.ask([&](console_store& store) { return store.tasks(filter); });
    if (page)
      into.tasks = std::move(page).value();
    else
      into.trouble = page.error().message;
  }
  if (at == pane::errors) {
    auto groups = cluster.ask([](console_store& store) { return store.errors(most_rows); });
    if (groups)
      into.errors = std::move(groups).value();
    else
      into.trouble = groups.error().message;
  }
}

/// Waits for the next look at the cluster; keys are obeyed meanwhile. False: another pane needs its rows now.
bool wait_for_keys(invocation& call, keyboard& keys, top_state& state, boot_time until,
                   const std::function<void()>& draw) {
  auto& surroundings = call.surroundings();
  while (!state.done) {
    const auto left = std::chrono::ceil<milliseconds>(until - surroundings.ticks());
    if (left <= milliseconds{0}) return true;
    const pane before = state.at;
    const auto key = keys.next(left);
    state = pressed(state, key, room_of(shape_of(call)));
    if (state.at != before) return false;
    if (!state.done) draw();  // scrolled, or the window has another size
  }
  return true;
}

exit_code watch(invocation& call, const std::string& text) {
  const auto interval = duration_argument("--every", text);
  if (!interval) return call.fail(interval.error());
  if (*interval < milliseconds{100}) return call.usage("--every: at least 100ms");
  auto& surroundings = call.surroundings();
  const auto term = surroundings.environment.find("TERM");
  const bool dumb = term != surroundings.environment.end() && term->second == "dumb";
  auto keys = surroundings.out_is_terminal && !dumb && surroundings.open_keyboard
                  ? surroundings.open_keyboard()
                  : nullptr;
  if (!keys) {
    return call.usage(
        "top: needs a terminal on standard input and output; `weir status --watch` prints lines "
        "where there is none");
  }
  auto config = call.by_api() ? node_config{} : call.configuration();
  if (!config) return exit_code::configuration;
  watched_cluster cluster{call, std::move(*config)};
  live_view live{call.by_api() ? "API" : "database"};
  top_state state;
  std::unique_ptr<live_screen> screen;
  while (!state.done) {
    const auto view = cluster.look();
    if (!view && !watched_cluster::passes(view.error().code)) {
      screen.reset();
      keys.reset();
      return call.fail(view.error());
    }
    if (view)
      live.saw(*view, surroundings.ticks(), cluster.warnings());
    else
      live.missed(view.error().message, surroundings.ticks());
    if (!screen) screen = std::make_unique<live_screen>(surroundings);
    bool again = false;
    const auto until = surroundings.ticks() + *interval;
    do {
      const auto shape = shape_of(call);
      if (!live.has_view()) {
        screen->draw(live.frame(surroundings.now(), surroundings.ticks(), shape));
        again = !wait_for_keys(call, *keys, state, until, [] {});
        continue;
      }
      top_input input{live.input(surroundings.now(), surroundings.ticks())};
      fill(cluster, state.at, input);
      const auto draw = [&] { screen->draw(top_frame(input, state, shape_of(call))); };
      draw();
      again = !wait_for_keys(call, *keys, state, until, draw);
    } while (again);
  }
  return exit_code::ok;
}

}  // namespace

void add_top_command(CLI::App& root, invocation& call) {
  auto interval = std::make_shared<std::string>("1s");
  auto& verb =
      add_verb(root, "top", "the cluster, live and full screen: streams, nodes, tasks, errors; q ends it");
  verb.add_option("--every", *interval, "how often it looks (default 1s)")->type_name("D");
  verb.callback(
      [&call, interval] { call.chosen = [interval](invocation& now) { return watch(now, *interval); }; });
}

}  // namespace weir::app
