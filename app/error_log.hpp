// Operating errors of a running node: logged without flooding, and passed to the program's error handler.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include <spdlog/spdlog.h>

#include <weir/boot_clock.hpp>
#include <weir/result.hpp>

namespace weir::app {

/// Thread-safe. The same error is logged once in five seconds; the handler sees every one.
class error_log {
 public:
  explicit error_log(std::function<void(const error&)> seen_by) : seen_by_(std::move(seen_by)) {}

  void show(const error& why) {
    if (fresh(why)) spdlog::warn("{}: {}", to_string(why.code), why.message);
    if (seen_by_) seen_by_(why);
  }

 private:
  bool fresh(const error& why) {
    const std::lock_guard guard(lock_);
    const boot_time now = boot_clock::now();
    if (last_.size() > 100) last_.clear();
    const auto [at, first] = last_.emplace(why.message, now);
    if (!first && now - at->second < std::chrono::seconds{5}) return false;
    at->second = now;
    return true;
  }

  std::function<void(const error&)> seen_by_;
  std::mutex lock_;
  std::map<std::string, boot_time> last_;
};

}  // namespace weir::app
