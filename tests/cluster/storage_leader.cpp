#include "tests/cluster/storage_leader.hpp"

#include <utility>

namespace weir::storage_test {

using namespace std::chrono_literals;

namespace {
constexpr auto election_every = 50ms, placement_every = 40ms;
}  // namespace

sim_leader::sim_leader(driver& way, clock now, dice& random, history& told, console_store& truth,
                       const std::shared_ptr<mutation>& defect)
    : now_(std::move(now)),
      random_(random),
      told_(told),
      truth_(truth),
      leadership_(way.open_leadership()),
      coordination_(way.open_coordination()),
      segments_(mutate(way.open_retention(), defect)) {}

void sim_leader::begin(node_id me) {
  me_ = me;
  elector_ = std::make_unique<cluster::elector>(*leadership_, cluster::elector_settings{me, 600ms, 100ms});
  next_election_ = {};
}

void sim_leader::crash() {
  // The process is gone, and its sessions with it: what a reconnect does first is end the older session.
  if (me_ != 0) static_cast<void>(leadership_->reconnect());
  me_ = 0;
  elector_.reset();
  assigner_.reset();
  retention_.reset();
}

void sim_leader::step() {
  if (me_ == 0) return;
  const boot_time now = now_().boot;
  if (now >= next_election_) {
    next_election_ = now + election_every;
    const auto change = elector_->step(now);
    if (change.lost) {
      assigner_.reset();
      retention_.reset();
    }
    if (change.gained) {
      assigner_ = std::make_unique<cluster::assigner>();
      cluster::retention_settings settings;
      settings.me = me_;
      settings.term = *change.gained;
      settings.pace = 5ms;
      settings.most_seen = random_.between(1, 20);
      settings.most_changed = random_.between(1, 10);
      retention_ = std::make_unique<cluster::retention>(settings);
      ++elections_;
    }
  }
  if (assigner_ && now >= next_placement_ && random_.chance(0.5)) place();
  if (retention_ && now >= next_retention_ && random_.chance(0.5)) retain();
}

void sim_leader::retain() {
  const auto done = retention_->step(*segments_);
  dropped_ += done.dropped;
  next_retention_ = now_().boot + std::min<std::chrono::milliseconds>(done.wait, 40ms);
  if (done.over) retention_.reset();
}

void sim_leader::place() {
  next_placement_ = now_().boot + placement_every;
  if (broken_ && coordination_->reconnect()) broken_ = false;
  const auto rows = coordination_->load();
  if (!rows) {
    broken_ = true;
    return;
  }
  const auto moves = assigner_->moves(*rows, now_().boot);
  if (moves.empty()) return;
  const leader_term mine = *elector_->leading();
  const auto running = truth_.leaders(1);
  const auto written = coordination_->assign(me_, mine, moves);
  if (!written) {
    broken_ = written.error().code != errc::refused;
    if (!broken_) assigner_.reset();  // a newer leader is at work; the elector will say so
    return;
  }
  const bool leads = running && !running->empty() && running->front().fence.term == mine.term &&
                     running->front().node == me_;
  if (!leads)
    told_.violation("a leader of term " + std::to_string(mine.term) + " wrote wishes after its term");
}

}  // namespace weir::storage_test
