#include "tests/cluster/storage_node.hpp"

#include <algorithm>

#include "cluster/handed_rows.hpp"

namespace weir::storage_test {

using namespace std::chrono_literals;
using cluster::ownership_request;
using domain::run_result;

namespace {
constexpr auto ttl = 600ms, beat_every = 50ms, margin = 100ms;
}  // namespace

sim_node::sim_node(node_settings settings, driver& way, const open_tasks& open, clock now, dice& random,
                   history& told, coordination_store& truth)
    : settings_(std::move(settings)),
      now_(std::move(now)),
      random_(random),
      told_(told),
      truth_(truth),
      membership_(way.open_membership()),
      ownership_(way.open_ownership()),
      reader_(open(way)),
      finisher_(open(way)),
      inserter_(open(way)) {
  for (const std::string& name : settings_.actions) {
    action_options& o = options_[name];
    o.retry.kind = retry_policy::shape::list;
    o.retry.delays = {20ms, 60ms};
    o.retry.max_attempts = 6;
  }
}

bool sim_node::join() {
  node_facts facts;
  facts.name = settings_.name;
  facts.machine = "machine of " + settings_.name;
  facts.actions.assign(settings_.actions.begin(), settings_.actions.end());
  facts.cluster_settings = "{}";
  if (!membership_->reconnect()) return false;
  const auto former = membership_->find(settings_.name);
  if (!former) return false;
  if (*former && (*former)->state != node_state::dead && (*former)->state != node_state::stopped) {
    if (!membership_->declare_dead_by_proof((*former)->id)) return false;
  }
  const boot_time joined = now_().boot;
  const auto registered = membership_->join(facts);
  if (!registered || !membership_->set_state(registered->id, node_state::active)) return false;
  if (!truth_.declare(registered->id, {})) return false;
  id_ = registered->id;
  ownership_broken_ = reader_broken_ = finisher_broken_ = inserter_broken_ = true;
  pulse_ =
      std::make_unique<cluster::pulse>(*membership_, cluster::pulse_settings{id_, ttl, beat_every, margin},
                                       joined, [this] { return now_().boot; });
  cluster::worker_settings s;
  s.me = id_;
  s.name = settings_.name;
  s.limits = settings_.limits;
  s.finish_rows = settings_.finish_rows;
  s.poll_idle = 40ms;
  s.poll_busy = 2ms;
  s.in_progress_after = 80ms;
  s.mark_interval = 30ms;
  s.missing_action_grace = 60s;
  s.drain_timeout = 200ms;
  machine_ = std::make_unique<cluster::worker_machine>(
      s,
      [this](const std::string& name) {
        const auto at = options_.find(name);
        return at == options_.end() ? nullptr : &at->second;
      },
      [this] { return random_.uniform(); });
  fenced_ = false;
  next_beat_ = {};
  return true;
}

void sim_node::crash() {
  for (const sim_run& run : running_) told_.ended(run.serial);
  running_.clear();
  if (machine_) refused_ += machine_->late_writes_refused();
  machine_.reset();
  pulse_.reset();
  own_.clear();
  released_.reset();
  read_.clear();
  newer_.clear();
  promote_.clear();
  requests_.clear();
  finish_.clear();
  hand_.clear();
  page_.clear();
  page_parts_.clear();
  epoch_.clear();
  id_ = 0;
}

bool sim_node::try_leave() {
  if (!machine_ || !machine_->idle()) return false;
  if (!own_.empty() || !finish_.empty()) return false;
  if (!pulse_->leave()) return false;
  crash();
  return true;
}

void sim_node::step() {
  if (!machine_) return;
  if (now_().boot >= next_beat_) beat();
  enforce_deadline();
  end_runs();
  const int rounds = random_.between(1, 8);
  for (int n = 0; n < rounds; ++n) {
    switch (random_.between(0, 3)) {
      case 0: ask(); break;
      case 1: carry_out(); break;
      case 2: answer(); break;
      default: start_runs(); break;
    }
  }
  if (fenced_ && machine_->idle()) crash();
}

void sim_node::beat() {
  const auto news = pulse_->step();
  next_beat_ = news.next;
  deadline_ = settings_.strict ? news.deadline : boot_time::max();
  machine_->on_deadline(deadline_);
  if (news.kind == cluster::pulse_news::what::fenced && !fenced_) {
    fenced_ = true;
    machine_->on_fenced(now_());
  }
  if (news.kind != cluster::pulse_news::what::good) return;
  machine_->on_view(news.view, news.timeline_waited, now_());
  for (const auto& dead : news.suspects) {
    static_cast<void>(membership_->declare_dead(dead.id, dead.beat, dead.timeline));
  }
}

void sim_node::enforce_deadline() {
  if (!settings_.strict || settings_.outlives || !machine_ || now_().boot < deadline_) return;
  for (sim_run& run : running_) {
    if (run.killed) continue;
    run.killed = true;
    told_.ended(run.serial);
  }
}

domain::run_verdict sim_node::verdict_of(const sim_run& run) {
  domain::run_verdict v;
  v.run_id = run.run_id;
  v.message = history::run_text(run.serial);
  v.started_at = run.started;
  if (run.killed) {
    v.result = run_result::interrupted;
    return v;
  }
  if (!settings_.troubled_runs) return v;
  const double u = random_.uniform();
  if (u < 0.70) return v;
  if (u < 0.80) {
    v.result = run_result::retry;
    if (random_.chance(0.5)) v.delay = std::chrono::milliseconds{random_.between(0, 150)};
  } else if (u < 0.84) {
    v.result = run_result::snooze;
    v.delay = std::chrono::milliseconds{random_.between(1, 150)};
  } else if (u < 0.89) {
    v.result = run_result::failure;
  } else if (u < 0.92) {
    v.result = run_result::cancel;
  } else if (u < 0.95) {
    v.result = run_result::crash;
  } else if (u < 0.98) {
    v.result = run_result::timeout;
  } else {
    v.result = run_result::interrupted;
  }
  return v;
}

void sim_node::end_runs() {
  const boot_time now = now_().boot;
  for (auto at = running_.begin(); at != running_.end();) {
    if (!at->killed && at->ends > now) {
      ++at;
      continue;
    }
    const sim_run run = *at;
    at = running_.erase(at);
    if (!run.killed) told_.ended(run.serial);
    machine_->on_verdict(verdict_of(run), now_());
  }
}

void sim_node::note_start(const domain::run_request& request, const catalog& truth) {
  run_told run;
  run.node = settings_.name;
  run.incarnation = id_;
  run.task = request.task_id;
  run.part = part_of_[run.task];
  run.name = request.name;
  run.key = request.key;
  run.data = request.data;
  for (const partition_row& row : truth.partitions)
    run.owns = run.owns || (row.id == run.part && row.owner == id_);
  sim_run mine;
  mine.run_id = request.run_id;
  mine.serial = told_.started(run);
  mine.started = now_().wall;
  const int most = settings_.troubled_runs && random_.chance(0.1) ? 300 : 20;
  mine.ends = now_().boot + std::chrono::milliseconds{random_.between(0, most)};
  running_.push_back(mine);
}

void sim_node::start_runs() {
  const auto orders = machine_->next_runs(now_());
  if (!orders.empty()) {
    const auto truth = truth_.load();
    if (!truth) {
      told_.violation("the simulation can't see the truth: " + truth.error().message);
      return;
    }
    for (const auto& order : orders) {
      for (const domain::run_request& request : order.requests) note_start(request, *truth);
    }
  }
  for (const auto& order : machine_->next_interrupts(now_())) {
    for (sim_run& run : running_) {
      if (run.run_id != order.run_id || run.killed) continue;
      run.killed = true;
      told_.ended(run.serial);
    }
  }
  for (const std::string& stream : machine_->next_closes()) machine_->on_closed(stream);
}

bool sim_node::ask() {
  const moment now = now_();
  if (hand_.asked && !hand_.asked->offer && random_.chance(0.5))
    hand_.asked->offer = machine_->offer_hands(static_cast<int>(hand_.asked->rows.size()), now);
  switch (random_.between(0, 4)) {
    case 0:
      if (own_.empty()) own_.asked = machine_->next_ownership(now);
      return true;
    case 1:
      if (read_.empty()) read_.asked = machine_->next_read(now);
      if (newer_.empty()) newer_.asked = machine_->next_newer();
      return true;
    case 2:
      if (requests_.empty()) requests_.asked = machine_->next_requests(now);
      return true;
    case 3:
      if (promote_.empty()) promote_.asked = machine_->next_promote(now);
      return true;
    default:
      if (finish_.empty()) finish_.asked = machine_->next_finish(now);
      return true;
  }
}

template <class T>
result<T> sim_node::checked(const char* what, result<T> answer, bool& broken) {
  if (answer) return answer;
  const errc code = answer.error().code;
  broken = code == errc::unavailable || code == errc::in_doubt;
  if (code == errc::internal || code == errc::invalid)
    told_.violation(std::string(what) + ": " + answer.error().message);
  return answer;
}

bool sim_node::carry_out() {
  const auto mend = [](auto& store, bool& broken) {
    if (broken && store.reconnect()) broken = false;
  };
  if (own_.asked && !own_.answer && !released_) {
    mend(*ownership_, ownership_broken_);
    const ownership_request& r = *own_.asked;
    switch (r.kind) {
      case ownership_request::what::acquire:
        own_.answer =
            checked("acquire", ownership_->acquire(id_, r.held.part, r.timeline_waited, r.crash_waited),
                    ownership_broken_);
        break;
      case ownership_request::what::renew:
        ++renewals_;
        own_.answer = checked("renew", ownership_->renew(id_, r.held), ownership_broken_);
        break;
      case ownership_request::what::release:
        released_ = checked("release", ownership_->release(id_, r.held), ownership_broken_);
        break;
    }
  }
  mend(*reader_, reader_broken_);
  if (read_.asked && !read_.answer)
    read_.answer = checked("read", reader_->read(*read_.asked), reader_broken_);
  if (newer_.asked && !newer_.answer && random_.chance(0.7)) {
    newer_.answer =
        checked("newer", reader_->newer(newer_.asked->rows, newer_.asked->running), reader_broken_);
  }
  if (promote_.asked && !promote_.answer && random_.chance(0.7)) {
    promote_.answer = checked("promote", reader_->promote(*promote_.asked), reader_broken_);
  }
  if (requests_.asked && !requests_.answer && random_.chance(0.7))
    requests_.answer = checked("requests", reader_->requests(*requests_.asked, 500), reader_broken_);
  if (hand_.asked && hand_.asked->offer && !hand_.answer && random_.chance(0.7)) insert();
  if (finish_.asked && !finish_.answer && random_.chance(0.7)) {
    mend(*finisher_, finisher_broken_);
    finish_.answer = checked("finish", finisher_->finish(*finish_.asked), finisher_broken_);
  }
  return true;
}

bool sim_node::enqueue(const std::vector<insert_row>& rows, std::size_t batch) {
  if (!machine_ || !hand_.empty()) return false;
  hand_.asked = hand_in{rows, batch, {}};
  return true;
}

void sim_node::insert() {
  if (inserter_broken_ && inserter_->reconnect()) inserter_broken_ = false;
  for (const insert_row& row : hand_.asked->rows) {
    told_.maybe_committed(row.data, row.key, hand_.asked->batch);
    if (row.do_after) told_.deferred(row.data);
  }
  hand_.answer =
      checked("insert", inserter_->insert(hand_.asked->rows, *hand_.asked->offer), inserter_broken_);
  if (!*hand_.answer) return;
  for (const insert_row& row : hand_.asked->rows) told_.committed(row.data);
}

void sim_node::answer_hands() {
  const hand_in asked = *hand_.asked;
  const result<std::vector<inserted>> reply = std::move(*hand_.answer);
  hand_.clear();
  if (!reply) return machine_->on_handed(*asked.offer, reply.error(), now_());
  std::map<part_id, epoch_number> offered;
  for (const fence& held : asked.offer->held) offered[held.part] = held.epoch;
  std::vector<task_row> rows = cluster::handed_rows(asked.rows, *reply);
  for (const task_row& row : rows) {
    part_of_[row.id] = row.part;
    if (offered[row.part] == epoch_[row.part]) told_.handed(id_, row.part, row.name, row.key, row.id);
    ++handed_;
  }
  machine_->on_handed(*asked.offer, std::move(rows), now_());
}

void sim_node::told_read(const std::vector<read_request>& asked, const read_reply& reply) {
  std::map<part_id, epoch_number> read_under;
  for (const read_request& r : asked) read_under[r.held.part] = r.held.epoch;
  for (const task_row& row : reply.rows) {
    part_of_[row.id] = row.part;
    if (read_under[row.part] != epoch_[row.part]) continue;
    if (page_parts_.count(row.part) != 0)
      page_.push_back(row);
    else
      told_.delivered(id_, row.part, row.name, row.key, row.id);
  }
}

bool sim_node::answer() {
  const moment now = now_();
  if (own_.asked && (own_.answer || released_) && random_.chance(0.7)) {
    const ownership_request r = *own_.asked;
    if (released_) {
      machine_->on_released(r, *released_, now);
    } else {
      if (*own_.answer) {
        told_.new_epoch(id_, r.held.part);
        epoch_[r.held.part] = (*own_.answer)->held.epoch;
        page_.erase(std::remove_if(page_.begin(), page_.end(),
                                   [&](const task_row& row) { return row.part == r.held.part; }),
                    page_.end());
        for (const open_task& t : (*own_.answer)->keyed)
          told_.delivered(id_, r.held.part, t.name, t.key, t.id);
      }
      machine_->on_acquired(r, std::move(*own_.answer), now);
    }
    own_.clear();
    released_.reset();
  }
  if (read_.answer && random_.chance(0.7)) {
    const auto asked = *read_.asked;
    const auto reply = *read_.answer;
    read_.clear();
    machine_->on_read(reply, now);
    newer_.asked = machine_->next_newer();  // now: which rows still wait for it, the history must know
    page_.clear();
    page_parts_.clear();
    if (newer_.asked) {
      for (const newer_request& row : newer_.asked->rows) page_parts_.insert(row.part);
    }
    if (reply) told_read(asked, *reply);
  }
  if (newer_.answer && random_.chance(0.7)) {
    if (*newer_.answer) {
      for (const task_row& row : page_) told_.delivered(id_, row.part, row.name, row.key, row.id);
    }
    page_.clear();
    page_parts_.clear();
    const auto reply = *newer_.answer;
    newer_.clear();
    machine_->on_newer(reply);
  }
  if (promote_.answer && random_.chance(0.7)) {
    if (*promote_.answer) {
      std::map<part_id, epoch_number> asked_under;
      for (const promote_request& r : *promote_.asked) asked_under[r.held.part] = r.held.epoch;
      for (const task_row& row : (*promote_.answer)->rows) {
        part_of_[row.id] = row.part;
        if (asked_under[row.part] == epoch_[row.part])
          told_.delivered(id_, row.part, row.name, row.key, row.id);
      }
    }
    auto reply = std::move(*promote_.answer);
    promote_.clear();
    machine_->on_promoted(std::move(reply), now);
  }
  if (requests_.answer && random_.chance(0.7)) {
    auto reply = std::move(*requests_.answer);
    requests_.clear();
    machine_->on_requests(std::move(reply), now);
  }
  if (hand_.answer && random_.chance(0.7)) answer_hands();
  if (finish_.answer && random_.chance(0.7)) {
    const auto reply = *finish_.answer;
    finish_.clear();
    machine_->on_finished(reply, now);
  }
  return true;
}

}  // namespace weir::storage_test
