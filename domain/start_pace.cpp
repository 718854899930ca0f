// Tokens as time, and how a rate is spelt.
#include "domain/start_pace.hpp"

#include <algorithm>
#include <charconv>

namespace weir::domain {

namespace {

using std::chrono::nanoseconds;

constexpr int most_starts = 1'000'000;

struct interval_unit {
  char letter;
  std::chrono::milliseconds length;
};
constexpr interval_unit units[] = {
    {'s', std::chrono::seconds{1}}, {'m', std::chrono::minutes{1}}, {'h', std::chrono::hours{1}}};

/// Between two starts: rounded up, so that a rate is never exceeded.
nanoseconds spacing(const start_rate& limit) {
  const auto whole = std::chrono::duration_cast<nanoseconds>(limit.interval).count();
  return nanoseconds{(whole + limit.starts - 1) / limit.starts};
}

std::int64_t burst(nanoseconds space) {
  return std::max<std::int64_t>(1, nanoseconds{burst_of_rate} / space);
}

}  // namespace

void start_pace::obey(const start_rate& limit, boot_time now) {
  const bool same = limit.starts == limit_.starts && limit.interval == limit_.interval;
  limit_ = limit;
  if (same || limit.starts <= 0) return;
  const nanoseconds space = spacing(limit);
  full_again_ = std::min(full_again_, now + burst(space) * space);
}

boot_time start_pace::next(boot_time now) const {
  if (limit_.starts <= 0) return now;
  const nanoseconds space = spacing(limit_);
  return full_again_ - (burst(space) - 1) * space;
}

void start_pace::started(boot_time now) {
  if (limit_.starts <= 0) return;
  full_again_ = std::max(full_again_, now) + spacing(limit_);
}

std::optional<start_rate> parse_rate(std::string_view text) {
  start_rate found;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, found.starts);
  if (failure != std::errc{} || found.starts < 1 || found.starts > most_starts) return std::nullopt;
  if (end - rest != 2 || rest[0] != '/') return std::nullopt;
  for (const interval_unit& unit : units) {
    if (rest[1] != unit.letter) continue;
    found.interval = unit.length;
    return found;
  }
  return std::nullopt;
}

std::string format_rate(const start_rate& rate) {
  if (rate.starts <= 0) return {};
  for (const interval_unit& unit : units) {
    if (rate.interval == unit.length) return std::to_string(rate.starts) + "/" + unit.letter;
  }
  return {};
}

}  // namespace weir::domain
