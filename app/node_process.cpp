#include "app/node_process.hpp"

#include <algorithm>
#include <iostream>
#include <thread>

#include <spdlog/spdlog.h>

#include "actions/registry.hpp"
#include "actors/runtime.hpp"
#include "app/api/http_service.hpp"
#include "app/cdc_streams.hpp"
#include "app/certificate_watch.hpp"
#include "app/cli/exit_code.hpp"
#include "app/error_log.hpp"
#include "app/join.hpp"
#include "app/live_settings.hpp"
#include "app/logging.hpp"
#include "app/metrics/measured_executor.hpp"
#include "app/node_service.hpp"
#include "app/node_store.hpp"
#include "app/open_door.hpp"
#include "app/state_dir.hpp"
#include "app/stop_signals.hpp"
#include "app/trace/tracing.hpp"
#include "domain/duration_text.hpp"
#include "drivers/postgres/newest_server.hpp"
#include "runner/invitation.hpp"
#include "runner/process_executor.hpp"
#include "runner/serve.hpp"
#include "runner/thread_pool.hpp"

namespace weir::app {

namespace {

using namespace std::chrono_literals;
using ending = actors::runtime::ending;

/// How often the process looks for signals and stops.
constexpr auto look = 50ms;
/// How often declarations that are not in force are tried again: a route waits for the tasks that came before it.
constexpr auto declare_again = 5s;
/// How often a node that runs once asks whether it is done.
constexpr auto ask_what_is_left = 200ms;
/// A pool of threads for one stream never grows beyond this, whatever its concurrency says.
constexpr int threads_at_most = 64;

/// Why the node does not run: to people as every command says it, and where the log is read by programs, there as well.
int fail(const node_config& config, const error& why) {
  if (logs_json(config) && !runner::invited()) {
    start_logging(config);
    spdlog::error("{}", why.message);
  }
  std::cerr << "weir: error: " << why.message << '\n';
  return number(exit_code_of(why.code));
}

/// The same where an error of the settings is one of the configuration: the exit code then says so.
int fail_on_settings(const node_config& config, const error& why) {
  const int code = fail(config, why);
  return why.code == errc::invalid ? number(exit_code::configuration) : code;
}

std::string cluster_settings(const node_config& config) {
  return nlohmann::json{{"ttl", domain::format_duration(config.cluster.ttl)},
                        {"beat", domain::format_duration(config.cluster.beat)},
                        {"margin", domain::format_duration(config.cluster.margin)}}
      .dump();
}

node_facts facts_of(const node_program& program) {
  node_facts facts;
  facts.name = program.config.node.name;
  facts.version = WEIR_VERSION;
  facts.labels = program.config.node.labels;
  facts.weight = program.config.node.weight;
  for (const auto& [name, _] : program.actions) facts.actions.push_back(name);
  facts.cluster_settings = cluster_settings(program.config);
  return facts;
}

actors::door_settings door_of(const node_config& config) {
  actors::door_settings settings;
  settings.name = config.node.name;
  settings.listen = config.node.listen;
  settings.cert = config.tls.cert;
  settings.key = config.tls.key;
  settings.ca = config.tls.ca;
  return settings;
}

declarations declared_by(const node_program& program) {
  declarations wanted;
  wanted.streams = program.config.streams;
  for (const auto& [name, registered] : program.actions) {
    if (registered.options.stream) wanted.routes.push_back({name, *registered.options.stream});
  }
  return wanted;
}

runner::stream_hooks hooks_of(const node_program& program, const std::string& stream) {
  const auto found = program.hooks.find(stream);
  return found == program.hooks.end() ? runner::stream_hooks{} : found->second;
}

actors::executor_factory executors_for(const node_program& program, int lock_fd, error_log& errors) {
  return [&program, lock_fd, log = errors.about_runs(run_log())](
             const stream_row& stream,
             domain::executor::on_verdict verdicts) -> std::unique_ptr<domain::executor> {
    const int concurrency = std::min(stream.concurrency, threads_at_most);
    if (stream.where == isolation::process) {
      runner::process_options options;
      options.stream = stream.name;
      options.node = program.config.node.name;
      options.concurrency = concurrency;
      options.payload_limit = program.config.limits.payload;
      options.with_database = program.controllers.count(stream.name) != 0;
      options.hooked = hooks_of(program, stream.name).any();
      options.inherit_fds = {lock_fd};  // while a runner lives, nobody else may prove this node dead
      return std::make_unique<runner::process_executor>(program.actions, options, std::move(verdicts), log);
    }
    runner::thread_options options;
    options.node = program.config.node.name;
    options.threads = concurrency;
    options.wait_for_abandoned = stream.mode == stream_mode::single;
    options.term = {stream.name, program.config.node.name, hooks_of(program, stream.name), {}};
    return std::make_unique<runner::thread_executor>(program.actions, options, std::move(verdicts), log);
  };
}

/// One incarnation after the other, until the process is asked to stop.
class node_life {
 public:
  node_life(const node_program& program, driver& store, state_dir& state, actors::door* entrance,
            http_service* web, node_metrics& metrics, trace::tracing* traces, live_settings& live,
            node_service& service, std::optional<former_process> former)
      : program_(program),
        store_(store),
        state_(state),
        entrance_(entrance),
        web_(web),
        metrics_(metrics),
        traces_(traces),
        live_(live),
        service_(service),
        former_(std::move(former)),
        errors_(program.on_error),
        certificate_(entrance == nullptr ? std::string{} : program.config.tls.cert) {}

  int run() {
    for (;;) {
      const result<membership> joined = join_cluster();
      if (!joined) {
        if (stops() > 0) return number(exit_code::ok);
        service_.cannot_join(joined.error());
        return fail(program_.config, joined.error());
      }
      switch (serve(*joined)) {
        case ending::stopped: return number(exit_code::ok);
        case ending::fenced: break;  // comes back as a new incarnation
        case ending::running: return number(exit_code::failed);
      }
      if (stops() > 0) return number(exit_code::ok);
      rejoining_ = true;
      service_.joining_again();
    }
  }

 private:
  int stops() const {
    return stop_signals::count() + (program_.stops != nullptr ? program_.stops->load() : 0);
  }

  join_request request_of() const {
    join_request request;
    request.config = &program_.config;
    request.facts = facts_of(program_);
    if (entrance_ != nullptr) request.facts.address = entrance_->address();
    if (web_ != nullptr) request.facts.http = web_->address();
    request.declared = declared_by(program_);
    request.schedules = program_.config.schedules;
    request.former = former_;
    request.stop_wanted = [this] { return stops() > 0; };
    return request;
  }

  result<membership> join_cluster() {
    const join_request request = request_of();
    for (;;) {
      result<membership> joined = join(store_, state_, request);
      if (joined) {
        former_.reset();
        for (const std::string& difference : joined->differences)
          errors_.show({errc::conflict, "declaration not in force: " + difference});
        return joined;
      }
      const errc code = joined.error().code;
      const bool passing = code == errc::unavailable || code == errc::in_doubt || code == errc::read_only ||
                           code == errc::timeout;
      // At the first start the operator waits for an answer; a node that was up waits for its database.
      if (!rejoining_ || !passing || stops() > 0) return joined;
      errors_.show(joined.error());
      std::this_thread::sleep_for(500ms);
    }
  }

  ending serve(const membership& m) {
    const node_config& config = program_.config;
    actors::runtime_settings settings;
    settings.pulse = {m.joined.id, config.cluster.ttl, config.cluster.beat, config.cluster.margin,
                      m.joined.timeline};
    settings.worker.me = m.joined.id;
    settings.worker.name = config.node.name;
    settings.worker.drain_timeout = config.node.drain_timeout;
    for (const auto& [stream, _] : program_.hooks) settings.worker.hooked.insert(stream);
    settings.joined = m.at;
    settings.cluster = m.joined.cluster;
    settings.machine = state_.machine();
    settings.data_bytes_max = config.limits.payload;
    settings.leader_eligible = config.node.leader_eligible;
    settings.late_writes_refused = late_writes_refused_;

    actors::runtime_parts parts;
    parts.store = &store_;
    parts.entrance = entrance_;
    parts.executors =
        trace::traced(measured(executors_for(program_, state_.fd(), errors_), metrics_), traces_);
    parts.actions = [this](const std::string& name) { return live_.options_of(name); };
    parts.on_error = [this](const error& why) { errors_.show(why); };
    parts.on_wakeup = [this](cluster::wakeup why) { metrics_.wakeups.with({cluster::to_string(why)}).add(); };
    if (entrance_ != nullptr) {
      parts.on_links = [this](std::size_t up) { metrics_.links = static_cast<int>(up); };
      metrics_.links = 0;
    }

    actors::runtime runtime(settings, std::move(parts));
    const open_door door(web_, runtime);
    const node_service::at_work working(service_, m.joined.id,
                                        [&runtime] { return runtime.last_sign_of_life(); });
    int obeyed = 0;
    std::optional<boot_time> give_up;
    boot_time declared = boot_clock::now();
    bool differs = !m.differences.empty();
    boot_time asked = declared;
    for (;;) {
      certificate_.look();
      const ending how = runtime.wait_for(look);
      for (; hangups_ < stop_signals::hangups(); ++hangups_)
        service_.reload([this] { return live_.reload(); });
      if (how != ending::running) {
        late_writes_refused_ = runtime.late_writes_refused();
        return how;
      }
      if (differs && boot_clock::now() - declared >= declare_again) {
        const auto differences = declare(store_, m.joined.id, request_of());
        if (!differences) errors_.show(differences.error());
        differs = !differences || !differences->empty();
        declared = boot_clock::now();
        if (!differs) spdlog::info("all declarations are in force now");
      }
      if (program_.once && !done_ && boot_clock::now() - asked >= ask_what_is_left) {
        done_ = nothing_left(m.joined.id);
        asked = boot_clock::now();
        if (done_) spdlog::info("nothing due is left here");
      }
      const int wanted = std::min(stops() + (done_ ? 1 : 0), 2);
      for (; obeyed < wanted; ++obeyed) {
        give_up = boot_clock::now() + config.cluster.ttl + defaults::grace +
                  (obeyed == 0 ? config.node.drain_timeout : 0ms);
        service_.stopping(obeyed == 0);
        if (web_ != nullptr) web_->door().begin_stop();
        runtime.stop();
      }
      if (give_up && boot_clock::now() >= *give_up) {
        // The database is away, or an action cannot be ended: the deadline has passed, so nothing of ours may
        // write any more, and whoever takes over will know.
        spdlog::error("could not drain in time: leaving without a goodbye");
        spdlog::shutdown();
        std::_Exit(number(exit_code::failed));
      }
    }
  }

  /// In what this node owns, once it owns what it shall. A database that is away leaves it open.
  bool nothing_left(node_id me) {
    if (!console_) console_ = store_.open_console();
    const auto left = console_->left_for(me);
    if (left) return left->settled && left->due == 0;
    static_cast<void>(console_->reconnect());
    return false;
  }

  const node_program& program_;
  driver& store_;
  state_dir& state_;
  actors::door* entrance_;
  http_service* web_;  ///< null: not served
  node_metrics& metrics_;
  trace::tracing* traces_;  ///< null: none
  live_settings& live_;
  node_service& service_;
  std::optional<former_process> former_;  ///< until the first incarnation has joined
  error_log errors_;
  certificate_watch certificate_;
  bool rejoining_ = false;
  int hangups_ = 0;                         ///< that were obeyed
  std::int64_t late_writes_refused_ = 0;    ///< by the incarnations that have ended
  std::unique_ptr<console_store> console_;  ///< of a node that runs once
  bool done_ = false;                       ///< it has run what was due
};

}  // namespace

int run_node_process(node_program program) {
  const auto newest = std::make_shared<postgres::newest_server>();
  const node_config& config = program.config;
  node_metrics metrics(config.actions);
  const auto opened = open_store(program, newest, metrics);
  if (!opened) return fail(config, opened.error());
  const std::shared_ptr<driver>& store = *opened;
  if (const auto prepared = prepare_cdc(program, store); !prepared) return fail(config, prepared.error());
  auto configured = actions::make_action_table(config, store);
  if (!configured) return fail(config, configured.error());
  for (auto& [name, registered] : *configured) {
    if (!program.actions.emplace(name, std::move(registered)).second)
      return fail(config, {errc::invalid,
                           "action '" + name + "' is in the configuration and in the program: keep one"});
  }
  if (runner::invited()) {
    if (auto invitation = runner::take_invitation()) {
      const runner::stream_hooks hooks = hooks_of(program, invitation->stream);
      return runner::serve_runner(std::move(*invitation), program.actions, hooks);
    }
  }

  auto former = take_former_process();
  start_logging(config);
  const stop_signals signals;
  node_service service(config);
  for (const std::string& note : config.notes) spdlog::info("{}", note);
  auto state = state_dir::open(config.node.state_dir, config.cluster.ttl);
  if (!state) return fail(config, state.error());
  // An old primary stays one also for the next process.
  if (const state_note note = state->read(); note.server != 0) newest->behind(note.server, note.timeline);
  std::unique_ptr<actors::door> entrance;
  if (config.node.listen != "off") {
    auto made = actors::door::make(door_of(config));
    if (!made)
      return fail_on_settings(config, {made.error().code, "node.listen, [tls]: " + made.error().message});
    entrance = std::move(*made);
    spdlog::info("links are taken at {}", entrance->address());
  }
  live_settings live(
      config, program.actions, program.read_again ? program.read_again : [] { return read_again(); });
  const auto traces = trace::tracing::of(config, metrics);
  std::unique_ptr<http_service> web;
  if (!config.http.listen.empty()) {
    auto serving = http_service::start(*store, config, metrics);
    if (!serving && program.any_port && serving.error().code == errc::conflict)
      serving = http_service::start(*store, with_any_port(config), metrics);
    if (!serving) return fail_on_settings(config, serving.error());
    web = std::move(*serving);
    web->door().reload_by([&live] { return live.reload(); });
    spdlog::info("HTTP is served at http://{}{}", web->address(), config.http.base_path);
    if (program.serving) program.serving(web->address());
  }
  return node_life(program, *store, *state, entrance.get(), web.get(), metrics, traces.get(), live, service,
                   std::move(former))
      .run();
}

}  // namespace weir::app
