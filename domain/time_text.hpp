// Instants as text: RFC 3339, in UTC with microseconds on the way out, with any offset on the way in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <weir/boot_clock.hpp>

namespace weir::domain {

/// "2026-11-22T19:00:00.123456Z", always 27 characters, so that texts sort like instants. Instants outside
/// the years 0000-9999 (a database's infinity) are shown as the first or last instant of that range.
std::string format_time(wall_time at);

/// Reads RFC 3339: date, "T" (or "t", or one blank), time, at most nine digits of fraction (cut to
/// microseconds), "Z" or an offset such as "+13:00". The offset is required: a time without one means
/// something else on every machine. A leap second (":60") is the first instant of the next minute.
/// nullopt for everything else, days that do not exist included.
std::optional<wall_time> parse_time(std::string_view text);

}  // namespace weir::domain
