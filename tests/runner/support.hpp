// What the runner's tests share: verdicts to wait for, requests, temporary files.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "domain/execution.hpp"
#include "runner/log_sink.hpp"

namespace weir::runner {

/// Prints a result as its word in failed expectations.
inline void PrintTo(log_level level, std::ostream* out) { *out << static_cast<int>(level); }

using namespace std::chrono_literals;

/// Collects verdicts and log lines from any thread.
class verdict_box {
 public:
  domain::executor::on_verdict taker();
  log_sink log_taker();

  /// The verdict of a run; fails the test and returns a result of `moved` after ten seconds.
  domain::run_verdict wait_for(std::uint64_t run_id, std::chrono::milliseconds patience = 10s);
  /// Waits for a log line that contains `text`.
  bool wait_for_line(const std::string& text, std::chrono::milliseconds patience = 10s);
  std::size_t verdicts() const;
  std::vector<log_line> lines() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, domain::run_verdict> verdicts_;
  std::vector<log_line> lines_;
};

/// A request for run `id` of the action `name`.
domain::run_request request(std::uint64_t id, const std::string& name, std::string data = "{}");

/// Polls until `done`; false after `patience`.
bool eventually(const std::function<bool()>& done, std::chrono::milliseconds patience = 10s);

/// An ownership deadline that no test reaches.
boot_time far_away();

/// Closes an executor and waits for it; what is still open then ends as interrupted.
void close_and_wait(domain::executor& executor, std::chrono::milliseconds grace = 0ms);

/// A directory of its own, removed at the end.
class temporary_directory {
 public:
  temporary_directory();
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  /// Writes an executable file and returns its path.
  std::string script(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

std::string content(const std::string& file);

}  // namespace weir::runner

namespace weir::domain {
inline void PrintTo(run_result result, std::ostream* out) { *out << to_string(result); }
}  // namespace weir::domain
