// Operating errors of a running node: logged without flooding, and passed to the program's error handler.
#pragma once

#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include <weir/action_failed.hpp>
#include <weir/boot_clock.hpp>
#include <weir/result.hpp>

#include "app/logging.hpp"
#include "domain/log_event.hpp"
#include "runner/log_sink.hpp"

namespace weir::app {

/// Thread-safe. The same error is logged once in five seconds; the handler sees every one.
class error_log {
 public:
  explicit error_log(std::function<void(const error&)> seen_by) : seen_by_(std::move(seen_by)) {}

  void show(const error& why) {
    if (fresh(why.message)) {
      const domain::log_event event{"node.error", {{"code", to_string(why.code)}}};
      spdlog::warn("{}: {}", to_string(why.code), why.message);
    }
    hand_on(why);
  }

  /// Where executors send their lines: `log`, and those of errors here as well, those of one stream and text once in
  /// five seconds.
  runner::log_sink about_runs(runner::log_sink log) {
    return [this, log = std::move(log)](const runner::log_line& line) {
      const bool wrong = line.level == runner::log_level::error;
      if (!wrong || fresh(line.stream + ": " + line.text)) log(line);
      if (wrong) hand_on({action_failed, text_of(line)});
    };
  }

 private:
  bool fresh(const std::string& message) {
    const std::lock_guard guard(lock_);
    const boot_time now = boot_clock::now();
    if (last_.size() > 100) last_.clear();
    const auto [at, first] = last_.emplace(message, now);
    if (!first && now - at->second < std::chrono::seconds{5}) return false;
    at->second = now;
    return true;
  }

  void hand_on(const error& why) const {
    if (!seen_by_) return;
    try {
      seen_by_(why);
    } catch (const std::exception& e) {
      spdlog::error("the error handler threw: {}", e.what());
    } catch (...) {
      spdlog::error("the error handler threw");
    }
  }

  std::function<void(const error&)> seen_by_;
  std::mutex lock_;
  std::map<std::string, boot_time> last_;
};

}  // namespace weir::app
