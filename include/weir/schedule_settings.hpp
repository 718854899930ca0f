// Rules and options of node::schedule, chained: cron("0 2 * * *").zone("Pacific/Auckland").task("price_pull").
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <weir/config.hpp>

namespace weir {

/// When a schedule ticks, and the task that it enqueues. The first declaration creates the schedule; afterwards
/// the database's value is in force. See docs/schedules.md for missed ticks and daylight saving.
class schedule_settings {
 public:
  explicit schedule_settings(schedule_declaration wanted) : wanted_(std::move(wanted)) {}

  /// Name of the task; without it the schedule's own name.
  schedule_settings& task(std::string name) {
    wanted_.task = std::move(name);
    return *this;
  }
  schedule_settings& key(std::string value) {
    wanted_.key = std::move(value);
    return *this;
  }
  schedule_settings& data(const nlohmann::json& value) {
    wanted_.data = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return *this;
  }
  /// IANA name, of a cron rule only; without it UTC.
  schedule_settings& zone(std::string name) {
    wanted_.zone = std::move(name);
    return *this;
  }
  schedule_settings& missed(missed_policy policy) {
    wanted_.missed = policy;
    return *this;
  }

  const schedule_declaration& wanted() const { return wanted_; }

 private:
  schedule_declaration wanted_;
};

/// What weir::every answers: the rule of a schedule, and a policy of retries with the same delay each time.
class interval : public schedule_settings {
 public:
  explicit interval(std::chrono::milliseconds length);
  operator retry_policy()
      const;  // NOLINT(google-explicit-constructor): retry(every(1min)) reads as what it is
};

/// Retries after the same delay each time; or a schedule that ticks at whole multiples of `length` since
/// 1970-01-01 00:00 UTC (every 15 min: at :00, :15, :30, :45), at least a second.
interval every(std::chrono::milliseconds length);

/// A schedule by five fields (minute, hour, day of month, month, day of week), e.g. "*/15 * * * *".
schedule_settings cron(std::string line);

}  // namespace weir
