#include "cluster/link_plan.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace weir::cluster {

using std::chrono::milliseconds;

link_plan::link_plan(link_peer me, std::function<double()> random, link_patience patience)
    : me_(std::move(me)), random_(std::move(random)), patience_(patience) {}

namespace {

/// node_facts::machine is the boot of a host, ":", and what else proves something there.
bool one_host(const std::string& left, const std::string& right) {
  return left.substr(0, left.find(':')) == right.substr(0, right.find(':'));
}

bool reaches(const link_peer& from, const link_peer& to) {
  if (to.address.empty()) return false;
  const bool loopback = to.address.rfind("127.", 0) == 0 || to.address.rfind("localhost:", 0) == 0 ||
                        to.address.rfind("[::1]:", 0) == 0;
  return !loopback || one_host(from.machine, to.machine);
}

}  // namespace

// Both ends see the same two rows, so both come to the same answer.
bool link_plan::mine_to_dial(const link_peer& peer) const {
  const bool mine = reaches(me_, peer);
  // The larger name is dialed, unless it alone cannot be reached.
  return me_.name < peer.name ? mine : mine && !reaches(peer, me_);
}

void link_plan::on_peers(const std::vector<link_peer>& peers, boot_time now) {
  std::set<std::string> seen;
  for (const link_peer& peer : peers) {
    if (peer.name == me_.name) continue;
    seen.insert(peer.name);
    partner& known = partners_[peer.name];
    if (peer.id < known.peer.id) continue;  // an older view, late
    if (peer.id > known.peer.id) {
      if (known.link) drop_.push_back(*known.link);
      known = partner{};
      known.due = now;
    }
    known.peer = peer;
  }
  for (auto one = partners_.begin(); one != partners_.end();) {
    if (seen.count(one->first) > 0) {
      ++one;
      continue;
    }
    if (one->second.link) drop_.push_back(*one->second.link);
    one = partners_.erase(one);
  }
}

void link_plan::on_up(const std::string& name, node_id id, link_number link, boot_time now) {
  const auto found = partners_.find(name);
  if (found == partners_.end() || found->second.peer.id != id) {
    drop_.push_back(link);
    return;
  }
  partner& known = found->second;
  // Its dialer makes a new one only when it has lost the older one, whatever this end believes.
  if (known.link && *known.link != link) drop_.push_back(*known.link);
  known.link = link;
  known.since = now;
  known.dialing = false;
}

void link_plan::on_failed(const std::string& name, node_id id, boot_time now) {
  const auto found = partners_.find(name);
  if (found == partners_.end() || found->second.peer.id != id || !found->second.dialing) return;
  found->second.dialing = false;
  wait(found->second, now);
}

void link_plan::on_closed(link_number link, boot_time now) {
  for (auto& [name, known] : partners_) {
    if (known.link != link) continue;
    known.link.reset();
    if (now - known.since >= patience_.proof) known.failures = 0;
    wait(known, now);
    return;
  }
}

void link_plan::wait(partner& who, boot_time now) {
  // The longest wait doubles; the actual one is somewhere in its upper half, never below the first.
  constexpr int doublings = 16;
  const milliseconds longest =
      std::min(patience_.last, patience_.first * (2 << std::min(who.failures, doublings)));
  const milliseconds shortest = std::max(patience_.first, longest / 2);
  const auto spread = static_cast<double>((longest - shortest).count());
  ++who.failures;
  who.due = now + shortest + milliseconds{static_cast<milliseconds::rep>(spread * random_())};
}

link_plan::step link_plan::next(boot_time now) {
  step todo;
  todo.drop = std::exchange(drop_, {});
  for (auto& [name, known] : partners_) {
    if (known.link || known.dialing || !mine_to_dial(known.peer)) continue;
    if (known.due <= now) {
      known.dialing = true;
      todo.dial.push_back(known.peer);
    } else if (!todo.next || known.due < *todo.next) {
      todo.next = known.due;
    }
  }
  return todo;
}

std::optional<std::string> link_plan::object_to(const std::string& name, node_id id) const {
  const auto found = partners_.find(name);
  if (name == me_.name) return "this node has that name itself";
  if (found == partners_.end()) return "this node does not see you in its table yet";
  const node_id known = found->second.peer.id;
  if (id < known)
    return "incarnation " + std::to_string(id) + " is over: this node sees " + std::to_string(known);
  if (id > known) return "this node does not see incarnation " + std::to_string(id) + " in its table yet";
  if (mine_to_dial(found->second.peer)) return "of the two of us this node dials";
  return std::nullopt;
}

std::optional<link_plan::link_number> link_plan::linked(const std::string& name) const {
  const auto found = partners_.find(name);
  return found == partners_.end() ? std::nullopt : found->second.link;
}

}  // namespace weir::cluster
