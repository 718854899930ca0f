#include "app/live_settings.hpp"

#include <spdlog/spdlog.h>

#include "app/logging.hpp"
#include "config/changes.hpp"
#include "runner/spawn_self.hpp"

namespace weir::app {

namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void tell(const reload_report& report) {
  for (const auto& mistake : report.mistakes) spdlog::error("{}", mistake);
  if (!report.mistakes.empty()) {
    spdlog::error("the configuration is refused, and the one in force stays");
    return;
  }
  spdlog::info("{} was read again: {}", report.file,
               report.applied.empty() ? "nothing to take over" : "now in force: " + listed(report.applied));
  if (!report.needs_restart.empty()) spdlog::warn("needs a restart: {}", listed(report.needs_restart));
}

}  // namespace

live_settings::live_settings(node_config config, const runner::action_table& actions, reading again)
    : config_(std::move(config)), again_(std::move(again)) {
  for (const auto& [name, registered] : actions) {
    kept_.push_back(registered.options);
    options_[name] = &kept_.back();
  }
}

const action_options* live_settings::options_of(const std::string& name) const {
  const auto found = options_.find(name);
  return found == options_.end() ? nullptr : found->second.load(std::memory_order_acquire);
}

reload_report live_settings::reload() {
  const std::lock_guard guard{reloading_};
  reload_report report;
  report.file = config_.file;
  if (config_.file.empty()) {
    report.mistakes.emplace_back(
        "the node was started without a configuration file: there is nothing to read again");
  } else {
    const auto fresh = again_();
    report.file = fresh.config.file;
    for (const auto& one : fresh.mistakes) report.mistakes.push_back(one.where + ": error: " + one.text);
    // Found by its place, not by a name, a file that is gone is no mistake to whoever starts.
    if (report.mistakes.empty() && fresh.config.file != config_.file) {
      report.mistakes.push_back(
          config_.file + ": error: the configuration file is gone" +
          (fresh.config.file.empty() ? std::string{} : ", and " + fresh.config.file + " is another one"));
      report.file = config_.file;
    }
    if (report.mistakes.empty()) {
      for (const auto& one : config::changes(config_, fresh.config))
        (one.live ? report.applied : report.needs_restart).push_back(one.path);
      take_over(fresh.config);
    }
  }
  tell(report);
  return report;
}

void live_settings::take_over(const node_config& fresh) {
  config_.log.level = fresh.log.level;
  set_log_level(fresh.log.level);
  for (auto& action : config_.actions) {
    for (const auto& wanted : fresh.actions) {
      const auto found = options_.find(action.name);
      if (wanted.name != action.name || wanted.kind != action.kind || found == options_.end()) continue;
      action.options.retry = wanted.options.retry;
      action.options.max_crashes = wanted.options.max_crashes;
      kept_.push_back(*found->second.load());
      kept_.back().retry = wanted.options.retry;
      kept_.back().max_crashes = wanted.options.max_crashes;
      found->second.store(&kept_.back(), std::memory_order_release);
    }
  }
}

config::loaded read_again(const std::function<config::sources(config::sources)>& filtered) {
  const std::vector<std::string> words = runner::own_arguments();
  std::vector<const char*> pointers;
  pointers.reserve(words.size());
  for (const auto& word : words) pointers.push_back(word.c_str());
  auto from = config::sources_from_process(static_cast<int>(pointers.size()), pointers.data());
  return config::load(filtered ? filtered(std::move(from)) : from);
}

}  // namespace weir::app
