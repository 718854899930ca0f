// Reading and writing durations with one table of units.
#include "domain/duration_text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::domain {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t milliseconds;
};

constexpr std::array<unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr auto longest = static_cast<std::uint64_t>(longest_duration.count());

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The place of a unit in the table, units.size() if there is none of that name.
std::size_t find_unit(std::string_view name) {
  std::size_t place = 0;
  while (place < units.size() && units[place].name != name) ++place;
  return place;
}

// `magnitude` in the units chosen by the bits of `subset`; nullopt if they cannot say it exactly.
std::optional<std::string> spell(std::uint64_t magnitude, unsigned subset) {
  std::string text;
  for (std::size_t place = 0; place < units.size(); ++place) {
    if ((subset >> place & 1U) == 0) continue;
    const std::uint64_t count = magnitude / units[place].milliseconds;
    if (count == 0) return std::nullopt;  // the subset without this unit says the same, shorter
    magnitude %= units[place].milliseconds;
    text += std::to_string(count);
    text += units[place].name;
  }
  if (magnitude != 0) return std::nullopt;
  return text;
}

std::size_t part_count(unsigned subset) {
  std::size_t count = 0;
  for (; subset != 0; subset >>= 1U) count += subset & 1U;
  return count;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  std::size_t first_allowed = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_digit(text[at])) return std::nullopt;
    std::uint64_t count = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      count = count * 10 + static_cast<std::uint64_t>(text[at] - '0');
      if (count > longest) return std::nullopt;  // and so the multiplication above never overflows
    }
    std::size_t end = at;
    while (end < text.size() && !is_digit(text[end])) ++end;
    const std::size_t place = find_unit(text.substr(at, end - at));
    if (place == units.size() || place < first_allowed) return std::nullopt;
    if (count > (longest - total) / units[place].milliseconds) return std::nullopt;
    total += count * units[place].milliseconds;
    first_allowed = place + 1;
    at = end;
  }
  return std::chrono::milliseconds{static_cast<std::int64_t>(total)};
}

std::string format_duration(std::chrono::milliseconds value) {
  const bool negative = value.count() < 0;
  const auto bits = static_cast<std::uint64_t>(value.count());
  const std::uint64_t magnitude = negative ? 0 - bits : bits;
  if (magnitude == 0) return "0s";

  std::string best;
  std::size_t best_parts = 0;
  // Subsets in rising order have their largest unit (bit 0 = days) first, which settles ties.
  for (unsigned subset = 1; subset < 1U << units.size(); ++subset) {
    const auto text = spell(magnitude, subset);
    if (!text) continue;
    const std::size_t parts = part_count(subset);
    if (best.empty() || text->size() < best.size() || (text->size() == best.size() && parts < best_parts)) {
      best = *text;
      best_parts = parts;
    }
  }
  return (negative ? "-" : "") + best;
}

}  // namespace weir::domain
