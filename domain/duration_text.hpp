// Durations as people write them: "500ms 30s 5m 2h 7d", and "1h30m".
//
// Used by the configuration, by the command line and wherever a duration is shown.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace weir::domain {

/// The longest duration that text may say: 100 years. Every accepted duration can be added to any clock of
/// weir (nanoseconds in 64 bits) without overflow.
inline constexpr std::chrono::milliseconds longest_duration = std::chrono::hours{24 * 36'500};

/// Reads integers with the units d h m s ms, each unit at most once and the larger first ("1h30m").
/// nullopt: empty, a bare number (also "0"), a sign, a fraction, blanks, another unit, units out of order,
/// or more than `longest_duration`.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads as exactly `value`: "90s", "1d", "1500ms", "0s".
/// Of equally short ones the one with fewer parts, then with the larger unit. Negative values get a leading
/// "-" (which parse_duration refuses).
std::string format_duration(std::chrono::milliseconds value);

}  // namespace weir::domain
