// The node that `weir bench` measures: this program, run as `weir run` in a folder of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <weir/config.hpp>
#include <weir/result.hpp>

#include "actions/child_process.hpp"

namespace weir::app::bench {

/// A folder for as long as it lives.
class own_folder {
 public:
  own_folder();
  ~own_folder();
  own_folder(const own_folder&) = delete;
  own_folder& operator=(const own_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Started at once; killed, if it was not stopped, when this goes.
class node_process {
 public:
  /// @param where  database and schema; nothing else of it is used.
  /// @errors  those of starting a program.
  static result<node_process> start(const node_config& where, const std::filesystem::path& folder);

  /// Drains it and waits. @return its exit code, 128 + the signal's number if it was killed.
  int stop();
  /// The last lines of its log, which says little unless something is wrong.
  std::string last_words() const;
  static constexpr const char* name = "bench";

 private:
  node_process(actions::child_process child, std::filesystem::path log)
      : child_(std::move(child)), log_(std::move(log)) {}

  actions::child_process child_;
  std::filesystem::path log_;
};

}  // namespace weir::app::bench
