// What of one store another can take over: nothing in it means something there only, as numbers of partitions and
// incarnations, epochs and transactions do.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <weir/driver/cdc_store.hpp>
#include <weir/driver/schedule_types.hpp>
#include <weir/driver/types.hpp>

namespace weir::domain {

struct stored_pause {
  bool forever = false;
  std::optional<wall_time> until;  ///< if not for ever; nullopt: it is not paused

  bool any() const { return forever || until; }
};

struct stored_stream {
  stream_declaration settings;
  stored_pause pause;
  bool used = false;  ///< tasks of it are to be copied
};

struct stored_name {
  std::string name;
  stored_pause pause;
};

struct stored_schedule {
  schedule_declaration settings;
  wall_time since{};
  std::optional<wall_time> next_at;
  stored_pause pause;
  std::optional<wall_time> last_at;
  task_id last_task = 0;  ///< as that store calls it; 0 = none
};

struct stored_controller {
  struct kept {
    std::string object;
    cdc_hash hash{};
    std::int32_t round = 1;
  };
  cdc_controller row;
  std::vector<kept> objects;
};

struct stored_attempt {
  int number = 0;
  wall_time started_at{};
  std::chrono::milliseconds took{0};
  char result = 0;  ///< the letter of a domain::run_result
  std::string message;
};

/// A task that waits for its time, for its retry, or ran when its store was left: see open_task.
struct stored_open {
  char state = 'w';
  wall_time due{};
  wall_time since{};
  int attempts = 0;
  int crashes = 0;
  int runs = 0;
  bool marked = false;
};

/// What somebody asked of a task, and nobody has answered yet.
struct stored_request {
  task_request::what kind = task_request::what::cancel;
  std::optional<wall_time> due;
  std::string asked_by;
};

struct stored_task {
  task_id id = 0;  ///< as that store calls it
  std::string stream;
  std::string name;
  std::optional<std::string> key;
  std::string data;
  std::string created_by;
  std::string traceparent;
  wall_time created_at{};
  std::optional<wall_time> do_after;
  char ended = 0;  ///< the letter of the result that ended it; 0 = it has not ended
  std::vector<stored_attempt> attempts;
  std::optional<stored_open> open;
  std::optional<stored_request> request;
};

struct task_totals {
  std::int64_t unfinished = 0;
  std::int64_t failed = 0;
  std::int64_t done = 0;
  std::int64_t cancelled = 0;  ///< superseded ones included

  std::int64_t all() const { return unfinished + failed + done + cancelled; }
  /// One more that ended so; 0 = it has not ended.
  void add(char ended);
};

struct store_contents {
  std::int64_t server = 0;  ///< tells that store from others
  std::string node;         ///< who had it last
  std::string version;      ///< of that one
  wall_time last_sign{};    ///< the last thing that it wrote down

  std::vector<stored_stream> streams;
  std::vector<route_declaration> routes;
  std::vector<stored_name> paused_names;
  std::vector<stored_schedule> schedules;
  std::vector<stored_controller> controllers;

  task_totals tasks;  ///< that `next_tasks` will give
  task_totals left;   ///< that it will not
  /// The next ones, at most so many, in the order of their ids; none: that was all.
  std::function<std::vector<stored_task>(std::size_t)> next_tasks;
};

}  // namespace weir::domain
