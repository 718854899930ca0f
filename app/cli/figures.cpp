// Formatting of numbers, locale-free.
#include "app/cli/figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace weir::app {

namespace {

std::string two_units(std::int64_t large, char large_unit, std::int64_t small, char small_unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%lld%c%02lld%c", static_cast<long long>(large), large_unit,
                static_cast<long long>(small), small_unit);
  return text.data();
}

std::string one_decimal(double value, const char* unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.1f%s", value, unit);
  return text.data();
}

}  // namespace

std::string grouped(std::int64_t count, bool capped) {
  std::string digits = std::to_string(count);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, 1, ',');
  return capped ? digits + "+" : digits;
}

std::string age_text(double seconds) {
  if (!(seconds > 0)) return "0.0s";
  if (seconds < 9.95) return one_decimal(seconds, "s");
  const double bounded = std::min(seconds, 1e14);
  const auto whole = static_cast<std::int64_t>(std::llround(bounded));
  if (whole < 60) return std::to_string(whole) + "s";
  if (whole < 3600) return two_units(whole / 60, 'm', whole % 60, 's');
  if (whole < 86400) return two_units(whole / 3600, 'h', whole % 3600 / 60, 'm');
  return two_units(whole / 86400, 'd', whole % 86400 / 3600, 'h');
}

std::string rate_text(double per_second) {
  if (!(per_second >= 0.05)) return {};
  if (per_second < 999.95) return one_decimal(per_second, "/s");
  return grouped(std::llround(std::min(per_second, 1e15))) + "/s";
}

std::string sparkline(const std::vector<double>& values) {
  static constexpr std::array<const char*, 9> blocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double highest = 0;
  for (const double value : values) highest = std::max(highest, value);
  std::string out;
  for (const double value : values) {
    const double share = highest > 0 ? std::max(0.0, value) / highest : 0;
    out += blocks.at(static_cast<std::size_t>(std::ceil(share * 8)));
  }
  return out;
}

}  // namespace weir::app
