// Schedules as JSON and as tables. Pure: records in, text out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/schedule_store.hpp>

#include "domain/tick_rule.hpp"

namespace weir::app {

/// The next tick that will be fired; nullopt: paused until resumed, or its rule means nothing on this machine.
std::optional<wall_time> next_tick(const schedule_row& row);

/// One schedule, compact: {"name","task","key","data","cron","every","zone","missed","paused","next_at","last_at",
/// "last_task"}.
std::string schedule_json(const schedule_row& row);
/// {"items":[..],"next":null}, compact.
std::string schedule_list_json(const std::vector<schedule_row>& rows);
std::string schedule_table(const std::vector<schedule_row>& rows, wall_time now, bool colour, int width);
/// One schedule for people.
std::string schedule_card(const schedule_row& row);

/// {"items":[{"at","local","zone"}],"next":null}: the instant, and what the clock of the rule's zone shows then.
std::string tick_list_json(const domain::tick_rule& rule, const std::vector<wall_time>& ticks);
std::string tick_table(const domain::tick_rule& rule, const std::vector<wall_time>& ticks, bool colour,
                       int width);

}  // namespace weir::app
