// The configuration of a node or a command, validated: one plain struct.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <weir/defaults.hpp>
#include <weir/driver/schedule_types.hpp>
#include <weir/driver/types.hpp>

namespace weir {

/// When a task is tried again.
struct retry_policy {
  enum class shape { fixed, list, exponential };

  shape kind = shape::exponential;
  /// fixed, exponential: one; list: each in turn, the last repeats
  std::vector<std::chrono::milliseconds> delays{defaults::retry_first};
  std::chrono::milliseconds max = defaults::retry_max;  ///< exponential only
  int max_attempts = defaults::max_attempts;            ///< 0 = without end
};

/// What an action does, whoever performs it.
struct action_options {
  std::optional<std::string> stream;  ///< declares the route name -> stream
  std::optional<std::chrono::milliseconds> timeout;
  retry_policy retry;
  int max_crashes = defaults::max_crashes;
};

/// [action.NAME] of the configuration.
struct action_config {
  enum class type { exec, http, email, cdc, noop };

  std::string name;
  type kind = type::noop;
  action_options options;
  std::vector<std::string> command;  ///< exec: program and arguments, paths resolved
  std::string directory;             ///< exec: the configuration file's folder
  // http, email and cdc keep their keys here until their actions exist
  std::map<std::string, std::string> settings;
};

/// Everything [database] .. [schedule.*] say, after files, environment and flags.
struct node_config {
  struct {
    std::string url;         ///< "" = libpq's PG* environment
    std::string direct_url;  ///< "" = url
    std::string schema = "weir";
    std::string message_queue = "weir.message_queue";  ///< "" = none
  } database;
  struct {
    std::chrono::milliseconds ttl = defaults::ttl;
    std::chrono::milliseconds beat = defaults::beat;
    std::chrono::milliseconds margin = defaults::margin;
  } cluster;
  struct {
    std::string name;  ///< default: hostname
    std::string listen = "127.0.0.1:0";
    std::string state_dir;
    std::map<std::string, std::string> labels;
    int weight = defaults::weight;
    bool leader_eligible = true;
    std::chrono::milliseconds drain_timeout = defaults::drain_timeout;
  } node;
  struct {
    std::string cert, key, ca;
  } tls;
  struct {
    std::string listen;  ///< "" = not served
    std::string tokens_file;
    std::string base_path = "/";
  } http;
  struct {
    std::string level = "info";   ///< trace debug info warn error
    std::string format = "auto";  ///< auto text json
  } log;
  struct {
    std::string url;  ///< "" = not traced
    std::map<std::string, std::string> headers;
    int percent = defaults::trace_percent;
    bool join = false;
    int queue = defaults::trace_queue;
  } trace;
  struct {
    std::size_t payload = defaults::payload_bytes;
  } limits;
  struct {
    std::optional<std::chrono::milliseconds> done, failed, cancelled;
  } retention;
  std::vector<stream_declaration> streams;
  /// [stream.NAME] keys kept as text: retention.done and the like, and on_deadline, which is not served yet
  std::map<std::string, std::map<std::string, std::string>> stream_settings;
  std::vector<action_config> actions;
  std::vector<schedule_declaration> schedules;

  std::string file;  ///< where it was read from, "" = none
  /// "cluster.ttl" -> "weir.toml:3:1", "WEIR_CLUSTER__TTL", "--node-name", "default"
  std::map<std::string, std::string> origins;
  std::vector<std::string> notes;  ///< accepted but unused in this version, one sentence each
};

/// Reads flags (--config F, --node-name N, --url U), the environment and the configuration file of an
/// embedding program. Prints every mistake as `file:line:column: error: ...` and exits 78 on any.
node_config load_config(int argc, char** argv);

}  // namespace weir
