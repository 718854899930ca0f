// A schedule as it is declared: when, and which task.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace weir {

/// What becomes of ticks that passed while the whole cluster was away.
enum class missed_policy {
  skip,  ///< nothing, unless the last one is only seconds old
  once,  ///< one task for all of them
  all,   ///< a task each
};

/// A durable rule that enqueues one task per tick, cluster-wide. Either `every` or `cron` is set.
struct schedule_declaration {
  std::string name;                ///< 1-64 printable characters
  std::string task;                ///< name of the task
  std::optional<std::string> key;  ///< of the task
  std::string data = "{}";         ///< of the task, JSON text
  std::chrono::milliseconds every{
      0};                    ///< ticks at whole multiples since 1970-01-01 UTC, at least 1 s; 0 = cron
  std::string cron;          ///< five fields, "" = every
  std::string zone = "UTC";  ///< IANA zone of `cron`
  missed_policy missed = missed_policy::once;
};

}  // namespace weir
