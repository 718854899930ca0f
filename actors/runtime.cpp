#include "actors/runtime.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <random>

#include <spdlog/spdlog.h>

#include "actors/caf_door.hpp"
#include "actors/coordinator.hpp"
#include "actors/elector.hpp"
#include "actors/executor_set.hpp"
#include "actors/gate.hpp"
#include "actors/gateway.hpp"
#include "actors/note_box.hpp"
#include "actors/opening.hpp"
#include "actors/outside_asker.hpp"
#include "actors/pulse_thread.hpp"
#include "actors/retention.hpp"
#include "actors/scheduler.hpp"
#include "actors/supervisor.hpp"
#include "actors/worker.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

namespace {

struct system_config : caf::actor_system_config {
  system_config() {
    add_message_types<caf::id_block::weir_peers>();
    add_message_types<caf::id_block::weir_actors>();
    // Few threads that share one queue: idle they cost nothing, and no actor on them ever blocks.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("scheduler.max-throughput", std::size_t{200});
  }
};

wall_time wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// Where executors send their verdicts; cut before the actor system goes away.
struct verdict_line {
  std::mutex lock;
  worker_actor to;
  verdict_ptr box = std::make_shared<verdict_box>();

  void send(domain::run_verdict verdict) {
    if (!box->put(std::move(verdict))) return;
    const std::lock_guard guard(lock);
    if (to) caf::anon_send(to, verdict_atom_v, box);
  }
  void cut() {
    const std::lock_guard guard(lock);
    to = worker_actor{};
  }
};

double random_unit() {
  static thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>{0.0, 1.0}(engine);
}

}  // namespace

struct runtime::parts {
  runtime_settings settings;
  runtime_parts given;
  system_config config;
  std::unique_ptr<caf::actor_system> system;
  std::shared_ptr<verdict_line> line = std::make_shared<verdict_line>();
  std::shared_ptr<executor_set> executors;
  std::vector<caf::actor> all;  ///< in the order in which they end
  supervisor_actor supervisor;
  gateway_actor gateway;
  worker_actor owner;
  std::shared_ptr<hint_way> hints = std::make_shared<hint_way>();
  std::shared_ptr<note_box> notes;
  std::unique_ptr<pulse_thread> pulse;
  std::atomic<boot_time> deadline{boot_time{}};
  std::atomic<boot_time> alive{boot_clock::now()};
  std::atomic<pulse_thread*> heart = nullptr;  ///< the same, for other threads; null until it beats

  std::mutex lock;
  std::condition_variable ended;
  ending how = ending::running;

  void on_end(bool fenced) {
    const std::lock_guard guard(lock);
    how = fenced ? ending::fenced : ending::stopped;
    ended.notify_all();
  }

  /// Nodes or wishes have changed: everybody shall look.
  void call_for_a_look() {
    hints->tell_all({true, {}, {}});
    look();
  }
  void look() {
    if (pulse_thread* beats = heart) beats->look();
  }
  void on_hints(const cluster::hints& heard);
  void tell_of_late_writes(bool last_word = false) {
    if (auto news = notes->news(boot_clock::now(), last_word))
      given.on_error({errc::refused, std::move(*news)});
  }

  worker_actor spawn_worker();
  elector_actor spawn_elector();
  coordinator_actor spawn_coordinator(leader_term term);
  void spawn_all();
};

void runtime::parts::on_hints(const cluster::hints& heard) {
  if (heard.look) {
    look();
    caf::anon_send(supervisor, look_atom_v);
  }
  if (!heard.freed.empty() || !heard.fed.empty())
    caf::anon_send(owner, hint_atom_v, hints_ptr(std::make_shared<cluster::hints>(heard)));
  // The wish may not be known here yet.
  if (!heard.freed.empty()) look();
}

worker_actor runtime::parts::spawn_worker() {
  worker_parts w;
  w.keeper = system->spawn<caf::detached>(keeper, given.store, settings.worker.me, given.on_error);
  w.reader = system->spawn<caf::detached>(reader, given.store, given.on_error);
  w.finisher = system->spawn<caf::detached>(finisher, given.store, given.on_error);
  w.executors = executors;
  w.settings = settings.worker;
  w.actions = given.actions;
  w.notes = notes;
  w.random = random_unit;
  w.now = [] { return cluster::moment{boot_clock::now(), wall_now()}; };
  w.on_freed = [hints = hints](const std::vector<cluster::freed_part>& freed) {
    for (const auto& one : freed) hints->tell(one.node, {false, {one.part}, {}});
  };
  w.on_wakeup = given.on_wakeup;
  w.on_idle = [this] { caf::anon_send(supervisor, idle_atom_v); };
  const auto worker_ref = system->spawn(worker, w);
  for (const auto& a : {caf::actor_cast<caf::actor>(worker_ref), caf::actor_cast<caf::actor>(w.keeper),
                        caf::actor_cast<caf::actor>(w.reader), caf::actor_cast<caf::actor>(w.finisher)}) {
    all.push_back(a);
  }
  return worker_ref;
}

elector_actor runtime::parts::spawn_elector() {
  elector_parts e;
  e.store = given.store;
  e.settings = {settings.worker.me, settings.pulse.ttl, settings.pulse.margin};
  e.every = settings.pulse.beat;
  e.now = [] { return boot_clock::now(); };
  e.random = random_unit;
  e.on_change = [this](const cluster::elector::change& change) {
    caf::anon_send(supervisor, change_atom_v,
                   change_ptr(std::make_shared<const cluster::elector::change>(change)));
  };
  const auto ref = system->spawn<caf::detached>(elector, e);
  all.push_back(caf::actor_cast<caf::actor>(ref));
  return ref;
}

coordinator_actor runtime::parts::spawn_coordinator(leader_term term) {
  coordinator_parts c;
  c.store = given.store;
  c.me = settings.worker.me;
  c.term = term;
  c.every = settings.pulse.beat;
  c.now = [] { return boot_clock::now(); };
  c.on_moves = [this] { call_for_a_look(); };
  c.errors = given.on_error;
  const auto leading = system->spawn<caf::detached>(coordinator, c);

  scheduler_parts f;
  f.store = given.store;
  f.settings.me = settings.worker.me;
  f.settings.term = term;
  // As promised for partitions: within this, whoever died has a successor.
  f.settings.grace = settings.pulse.ttl + 3s;
  f.leading = caf::actor_cast<caf::actor>(leading);
  f.errors = given.on_error;
  system->spawn<caf::detached>(scheduler, f);

  retention_parts r;
  r.store = given.store;
  r.settings.me = settings.worker.me;
  r.settings.term = term;
  r.leading = caf::actor_cast<caf::actor>(leading);
  r.errors = given.on_error;
  system->spawn<caf::detached>(retention, r);
  return leading;
}

void runtime::parts::spawn_all() {
  supervisor_parts s;
  owner = spawn_worker();
  s.worker = owner;
  line->to = s.worker;
  s.undertaker = system->spawn<caf::detached>(undertaker, given.store, given.on_error);
  all.push_back(caf::actor_cast<caf::actor>(s.undertaker));
  s.lead = [this](leader_term term) { return spawn_coordinator(term); };
  s.on_death = [this] { call_for_a_look(); };
  s.begin_stop = [this] { pulse->begin_stop(); };
  s.on_view = [hints = hints](const news_ptr& news) { hints->show(news); };
  s.on_end = [this](bool fenced) { on_end(fenced); };
  s.on_alive = [this] { alive = boot_clock::now(); };
  s.errors = given.on_error;
  if (settings.leader_eligible) s.elector = spawn_elector();
  supervisor = system->spawn(actors::supervisor, s);
  all.push_back(caf::actor_cast<caf::actor>(supervisor));
  // The elector tells the supervisor, so it takes its first step only now.
  if (s.elector) caf::anon_send(s.elector, step_atom_v);

  gateway_parts g;
  g.worker = s.worker;
  g.on_fed = [hints = hints, here = s.worker](const std::vector<part_id>& fed) {
    cluster::hints what{false, {}, fed};
    caf::anon_send(here, hint_atom_v, hints_ptr(std::make_shared<cluster::hints>(what)));
    hints->tell_all(std::move(what));
  };
  g.inbox = system->spawn<caf::detached>(inbox, given.store, given.on_error);
  all.push_back(caf::actor_cast<caf::actor>(g.inbox));
  gateway = system->spawn(actors::gateway, g);
  all.push_back(caf::actor_cast<caf::actor>(gateway));
}

runtime::runtime(runtime_settings settings, runtime_parts given) : parts_(std::make_unique<parts>()) {
  parts& p = *parts_;
  p.settings = std::move(settings);
  p.given = std::move(given);
  p.notes = std::make_shared<note_box>(p.settings.late_writes_refused);
  if (p.given.entrance != nullptr) prepare_for_links(p.config);
  p.system = std::make_unique<caf::actor_system>(p.config);
  p.executors = std::make_shared<executor_set>(
      p.given.executors, [line = p.line](domain::run_verdict verdict) { line->send(std::move(verdict)); });
  p.deadline = p.settings.joined + p.settings.pulse.ttl - p.settings.pulse.margin;
  p.executors->extend(p.deadline);
  p.spawn_all();
  p.pulse = std::make_unique<pulse_thread>(
      p.given.store->open_membership(), p.settings.pulse, p.settings.joined,
      [notes = p.notes] { return notes->get(); },
      [&p](cluster::pulse_news news) {
        p.tell_of_late_writes();
        // The deadline goes to the executors first and directly: it must not queue behind anything.
        if (news.kind == cluster::pulse_news::what::good) {
          p.executors->extend(news.deadline);
          p.deadline = news.deadline;
        }
        if (news.shows_anew) {
          p.hints->tell_all({true, {}, {}});
          caf::anon_send(p.supervisor, look_atom_v);
        }
        caf::anon_send(p.supervisor, news_atom_v,
                       news_ptr(std::make_shared<const cluster::pulse_news>(std::move(news))));
      },
      [worker = p.owner](std::vector<part_id> fed) {
        caf::anon_send(
            worker, hint_atom_v,
            hints_ptr(std::make_shared<cluster::hints>(cluster::hints{false, {}, std::move(fed)})));
      });
  p.heart = p.pulse.get();
  if (p.given.entrance != nullptr) open_entrance();
  let_go_of_system();
}

void runtime::open_entrance() {
  parts& p = *parts_;
  opening in;
  in.me = p.settings.worker.me;
  in.machine = p.settings.machine;
  in.cluster = p.settings.cluster;
  in.system = p.system.get();
  in.gate = {p.gateway, p.settings.data_bytes_max};
  in.hints = p.hints;
  in.on_hints = [&p](const cluster::hints& heard) { p.on_hints(heard); };
  in.on_linked = [worker = p.owner, count = p.given.on_links](names_ptr names) {
    if (count) count(names->size());
    caf::anon_send(worker, linked_atom_v, std::move(names));
  };
  in.on_error = p.given.on_error;
  p.given.entrance->open(in);
}

runtime::~runtime() {
  parts& p = *parts_;
  if (p.given.entrance != nullptr) p.given.entrance->close();
  p.pulse->end(wait_for(0ms) == ending::stopped);
  p.line->cut();
  for (const auto& a : p.all) caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  p.all.clear();
  p.system->await_all_actors_done();  // the elector may be talking to the supervisor still
  p.supervisor = supervisor_actor{};
  p.gateway = gateway_actor{};
  p.owner = worker_actor{};
  p.system.reset();
  if (p.given.on_links) p.given.on_links(0);  // only now the MESH says nothing more
  p.executors.reset();
  p.tell_of_late_writes(true);
}

std::int64_t runtime::late_writes_refused() const { return parts_->notes->get().late_writes_refused; }

void runtime::stop() { caf::anon_send(parts_->supervisor, stop_atom_v); }

runtime::ending runtime::wait_for(std::chrono::milliseconds patience) {
  std::unique_lock guard(parts_->lock);
  parts_->ended.wait_for(guard, patience, [&] { return parts_->how != ending::running; });
  return parts_->how;
}

boot_time runtime::deadline() const { return parts_->deadline; }

boot_time runtime::last_sign_of_life() const {
  return parts_->pulse->asks_database() ? boot_clock::now() : parts_->alive.load();
}

result<std::vector<inserted>> runtime::enqueue(std::vector<insert_row> rows) {
  const auto answered = std::make_shared<std::promise<result<std::vector<inserted>>>>();
  auto made = answered->get_future();
  auto order = std::make_shared<enqueue_order>();
  order->rows = std::move(rows);
  order->answer = [answered](const result<std::vector<inserted>>& reply) { answered->set_value(reply); };
  caf::anon_send(parts_->gateway, enqueue_atom_v, order_ptr(std::move(order)));
  const error silence{errc::in_doubt, "the gateway did not answer"};
  if (made.wait_for(60s) != std::future_status::ready) return silence;
  try {
    return made.get();
  } catch (const std::future_error&) {
    return silence;  // it ended with the order in its queue
  }
}

}  // namespace weir::actors
