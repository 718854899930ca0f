// Reading what people write as arguments: durations and times, with a usage error that names the option.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <weir/boot_clock.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir::app {

/// "--in" and "5m" -> five minutes. @errors invalid
result<std::chrono::milliseconds> duration_argument(const std::string& option, const std::string& text);
/// The same for --wait: "forever" (no value given) is nullopt.
result<std::optional<std::chrono::milliseconds>> limit_argument(const std::string& option,
                                                                const std::string& text);
/// RFC 3339. @errors invalid
result<wall_time> time_argument(const std::string& option, const std::string& text);
/// The end of a pause: nullopt = until it is resumed. @errors invalid, also for a time that is past: then `to_go_on`
/// is the command that is meant.
result<std::optional<wall_time>> until_argument(const std::optional<std::string>& text, wall_time now,
                                                const std::string& to_go_on);
/// "true" or "false". @errors invalid
result<bool> switch_argument(const std::string& option, const std::string& text);
/// A whole number within [low, high]. @errors invalid
result<int> number_argument(const std::string& option, const std::string& text, int low, int high);
/// A task's id. @errors invalid
result<task_id> id_argument(const std::string& option, const std::string& text);

}  // namespace weir::app
