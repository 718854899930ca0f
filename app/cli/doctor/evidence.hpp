// Everything that the doctor's rules look at, gathered before. Plain values: a test makes its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/config.hpp>
#include <weir/driver/console_store.hpp>
#include <weir/result.hpp>

#include "app/cli/doctor/finding.hpp"
#include "config/load.hpp"
#include "drivers/postgres/examination.hpp"

namespace weir::app {

/// Work that waits behind a pause of somebody's.
struct paused_work {
  std::string name;           ///< of the tasks
  double oldest_seconds = 0;  ///< since the oldest of them was due
};

/// Files and folders of a node that would run here with this configuration.
struct machine_facts {
  std::optional<std::string> state_dir_trouble;  ///< "is not a folder", ...
  std::optional<std::string> tokens_trouble;
  bool tokens_missing = false;  ///< that is the trouble: there is no such file
  std::optional<std::string> certificate_trouble;
  struct missing_program {
    std::string action, program, origin;
  };
  std::vector<missing_program> missing_programs;  ///< of exec actions
};

struct evidence {
  node_config config;
  std::vector<config::mistake> mistakes;  ///< of the configuration: then nothing else was looked at
  std::string same_configuration;    ///< " --config F" if the command was given one, for commands to copy
  std::optional<error> unreachable;  ///< no way to the database
  std::optional<postgres::examination> database;
  std::optional<error> schema_trouble;  ///< missing, of another version, of another server
  std::optional<cluster_view> view;
  std::optional<error> view_trouble;
  std::vector<term_row> terms;  ///< newest first
  std::vector<error_group> errors;
  std::vector<paused_work> paused;
  machine_facts machine;
  wall_time now{};  ///< by the database's clock, where there is one
};

/// The rules, each set by itself; `diagnose` is all of them.
void judge_database(const evidence& seen, std::vector<finding>& out);
void judge_ways(const evidence& seen, std::vector<finding>& out);
void judge_schema(const evidence& seen, std::vector<finding>& out);
void judge_cluster(const evidence& seen, std::vector<finding>& out);
void judge_machine(const evidence& seen, std::vector<finding>& out);

diagnosis diagnose(const evidence& seen);

}  // namespace weir::app
