#include "app/node_service.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include <weir/defaults.hpp>

#include "domain/log_event.hpp"

namespace weir::app {

namespace {

using namespace std::chrono_literals;

/// How long the statements of a start or an end may take, besides what is waited for on purpose.
constexpr auto statements_take = 30s;
/// A healthy node gives a sign with each beat; that one or two are late is no death.
constexpr int beats_until_doubt = 3;

}  // namespace

node_service::node_service(const node_config& config) : config_(config) {
  // Both the state folder and the name may have to be waited for, a ttl each.
  notice_.starting(2 * config.cluster.ttl + statements_take);
  if (const auto period = notice_.watchdog()) {
    const auto patience = std::max(*period / 2, beats_until_doubt * config.cluster.beat);
    watchdog_ = std::make_unique<watchdog>(*period, patience, [this] { notice_.alive(); });
  }
}

node_service::at_work::at_work(node_service& service, node_id me, std::function<boot_time()> last_sign)
    : service_(service) {
  if (service_.watchdog_) service_.watchdog_->look_at(std::move(last_sign));
  service_.state_ = "works as " + service_.config_.node.name + ", incarnation " + std::to_string(me);
  service_.notice_.ready(service_.state_);
}

node_service::at_work::~at_work() {
  if (service_.watchdog_) service_.watchdog_->look_at({});
}

void node_service::reload(const std::function<reload_report()>& reload) {
  notice_.reloading();
  const reload_report report = reload();
  notice_.ready(report.mistakes.empty()
                    ? state_
                    : state_ + "; the new configuration is refused: " + report.mistakes.front());
}

void node_service::stopping(bool draining) {
  state_ = draining ? "stopping: draining" : "stopping: ending what runs";
  const domain::log_event event{"node.stopping", {{"drains", draining}}};
  spdlog::info("{}", state_);
  notice_.stopping(state_, config_.cluster.ttl + defaults::grace + statements_take +
                               (draining ? config_.node.drain_timeout : 0ms));
}

void node_service::joining_again() { notice_.state("was declared dead: joining again"); }

void node_service::cannot_join(const error& why) { notice_.state(why.message); }

}  // namespace weir::app
