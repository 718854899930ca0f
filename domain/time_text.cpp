// Calendar arithmetic without the C library: gmtime and strptime know locales, zones and no microseconds.
#include "domain/time_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace weir::domain {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

struct date {
  std::int64_t year;
  std::int64_t month;  // 1..12
  std::int64_t day;    // 1..31
};

constexpr std::int64_t days_per_era = 146'097;  // 400 years
constexpr std::int64_t epoch_day = 719'468;     // 1970-01-01 counted from 0000-03-01
constexpr std::int64_t seconds_per_day = 86'400;

// Years are counted from the first of March here, so that the leap day is the last one of its year and
// month lengths follow (153 m + 2) / 5.
constexpr std::int64_t day_number(date d) {
  const std::int64_t year = d.month <= 2 ? d.year - 1 : d.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = (d.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + d.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * days_per_era + day_of_era - epoch_day;
}

constexpr date date_of(std::int64_t number) {
  const std::int64_t days = number + epoch_day;
  const std::int64_t era = (days >= 0 ? days : days - (days_per_era - 1)) / days_per_era;
  const std::int64_t day_of_era = days - era * days_per_era;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month + 2) / 5 + 1;
  const std::int64_t civil_month = month < 10 ? month + 3 : month - 9;
  return {year_of_era + era * 400 + (civil_month <= 2 ? 1 : 0), civil_month, day};
}

constexpr bool leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr std::int64_t month_length(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : lengths[static_cast<std::size_t>(month - 1)];
}

constexpr wall_time earliest{seconds{day_number({0, 1, 1}) * seconds_per_day}};
constexpr wall_time latest{seconds{day_number({10'000, 1, 1}) * seconds_per_day} - microseconds{1}};

// A cursor over the text; every step answers whether the text went on as wanted.
struct reader {
  std::string_view text;
  std::size_t at = 0;

  bool number(int digits, std::int64_t low, std::int64_t high, std::int64_t& value) {
    value = 0;
    for (int i = 0; i < digits; ++i, ++at) {
      if (at == text.size() || text[at] < '0' || text[at] > '9') return false;
      value = value * 10 + (text[at] - '0');
    }
    return value >= low && value <= high;
  }
  bool one_of(std::string_view characters) {
    if (at == text.size() || characters.find(text[at]) == std::string_view::npos) return false;
    ++at;
    return true;
  }
  bool fraction(std::int64_t& micros) {
    micros = 0;
    if (!one_of(".")) return true;
    std::int64_t scale = 100'000;
    const std::size_t first = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      micros += (text[at] - '0') * scale;
    }
    return at > first && at - first <= 9;
  }
  bool offset(std::int64_t& minutes) {
    minutes = 0;
    if (one_of("Zz")) return true;
    const bool west = at < text.size() && text[at] == '-';
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    if (!one_of("+-") || !number(2, 0, 23, hour) || !one_of(":") || !number(2, 0, 59, minute)) return false;
    minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return true;
  }
};

}  // namespace

std::string format_time(wall_time at) {
  const std::int64_t micros = std::clamp(at, earliest, latest).time_since_epoch().count();
  constexpr std::int64_t micros_per_day = seconds_per_day * 1'000'000;
  const std::int64_t number = (micros >= 0 ? micros : micros - (micros_per_day - 1)) / micros_per_day;
  const std::int64_t rest = micros - number * micros_per_day;
  const std::int64_t second = rest / 1'000'000;
  const date d = date_of(number);

  std::array<char, 64> buffer{};
  const int length = std::snprintf(
      buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", static_cast<int>(d.year),
      static_cast<int>(d.month), static_cast<int>(d.day), static_cast<int>(second / 3600),
      static_cast<int>(second / 60 % 60), static_cast<int>(second % 60), static_cast<int>(rest % 1'000'000));
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::optional<wall_time> parse_time(std::string_view text) {
  reader in{text};
  date d{};
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t micros = 0;
  std::int64_t offset = 0;
  const bool complete = in.number(4, 0, 9999, d.year) && in.one_of("-") && in.number(2, 1, 12, d.month) &&
                        in.one_of("-") && in.number(2, 1, month_length(d.year, d.month), d.day) &&
                        in.one_of("Tt ") && in.number(2, 0, 23, hour) && in.one_of(":") &&
                        in.number(2, 0, 59, minute) && in.one_of(":") && in.number(2, 0, 60, second) &&
                        in.fraction(micros) && in.offset(offset) && in.at == text.size();
  if (!complete) return std::nullopt;
  const std::int64_t total = day_number(d) * seconds_per_day + hour * 3600 + (minute - offset) * 60 + second;
  return wall_time{seconds{total} + microseconds{micros}};
}

}  // namespace weir::domain
