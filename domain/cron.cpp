// Reading fields, and walking the calendar.
#include "domain/cron.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "domain/task_bounds.hpp"

namespace weir::domain {

namespace {

/// Nobody writes a longer one; a list of all minutes has 169 characters.
constexpr std::size_t most_characters = 512;
/// 29 February falls on a given weekday at least once in 40 years.
constexpr int searched_days = 100 * 366;

struct field {
  std::string_view name;
  int least;
  int most;
  std::string_view words;  ///< three letters each, the first for `first_word`
  int first_word;
};
constexpr std::array<field, 5> fields{{
    {"minute", 0, 59, "", 0},
    {"hour", 0, 23, "", 0},
    {"day of month", 1, 31, "", 0},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec", 1},
    {"day of week", 0, 7, "sunmontuewedthufrisat", 0},
}};
constexpr std::size_t weekday_field = 4;

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> nicknames{{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

std::vector<std::string_view> split(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(mark, start);
    parts.push_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.front() == '-' || failure != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<int> value_of(const field& of, std::string_view text) {
  if (const auto plain = number(text)) {
    return *plain >= of.least && *plain <= of.most ? plain : std::nullopt;
  }
  if (text.size() != 3) return std::nullopt;
  std::string low{text};
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (std::size_t at = 0; at + 3 <= of.words.size(); at += 3) {
    if (of.words.substr(at, 3) == low) return of.first_word + static_cast<int>(at / 3);
  }
  return std::nullopt;
}

constexpr std::uint64_t bit(int value) { return std::uint64_t{1} << static_cast<unsigned>(value); }

/// The values of one part of a list; nullopt: malformed or out of bounds.
std::optional<std::uint64_t> values_of(const field& of, std::string_view part) {
  const auto stepped = split(part, '/');
  int step = 1;
  if (stepped.size() > 2) return std::nullopt;
  if (stepped.size() == 2) {
    const auto given = number(stepped[1]);
    if (!given || *given < 1 || *given > of.most) return std::nullopt;
    step = *given;
  }
  int first = of.least;
  int last = of.most;
  if (stepped[0] != "*") {
    const auto range = split(stepped[0], '-');
    // "5/15" is read in two ways by other programs: 5 alone, and 5-59/15.
    if (range.size() > 2 || (range.size() == 1 && stepped.size() == 2)) return std::nullopt;
    const auto from = value_of(of, range[0]);
    const auto to = value_of(of, range.back());
    if (!from || !to) return std::nullopt;
    first = *from;
    last = *to;
    if (of.name == fields[weekday_field].name && last == 0 && first > 0) last = 7;  // "fri-sun"
    if (first > last) return std::nullopt;
  }
  std::uint64_t set = 0;
  for (int value = first; value <= last; value += step) set |= bit(value);
  return set;
}

error bad_field(std::string_view what, const field& of, std::string_view text) {
  return {errc::invalid, std::string{what} + " has the " + std::string{of.name} + " field " +
                             in_quotes(text) + ": write values from " + std::to_string(of.least) + " to " +
                             std::to_string(of.most) + ", ranges a-b, steps */n or a-b/n, and lists a,b"};
}

struct date {
  int year;
  int month;
  int day;
  int weekday;

  int days_of_month() const {
    constexpr std::array<int, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return lengths[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
  }
  void advance() {
    weekday = (weekday + 1) % 7;
    if (++day <= days_of_month()) return;
    day = 1;
    if (++month <= 12) return;
    month = 1;
    ++year;
  }
};

/// The proleptic Gregorian date of a number of days since 1970-01-01, by eras of 400 years that begin in March.
date date_of(std::int64_t days) {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const auto of_era = static_cast<int>(shifted - era * 146097);
  const int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int of_year = of_era - (365 * year + year / 4 - year / 100);
  const int from_march = (5 * of_year + 2) / 153;
  const int month = from_march < 10 ? from_march + 3 : from_march - 9;
  const auto weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  return {year + static_cast<int>(era) * 400 + (month <= 2 ? 1 : 0), month,
          of_year - (153 * from_march + 2) / 5 + 1, weekday};
}

bool matches(const cron_rule& rule, const date& on) {
  if ((rule.months & bit(on.month)) == 0) return false;
  const bool day = (rule.days & bit(on.day)) != 0;
  const bool weekday = (rule.weekdays & bit(on.weekday)) != 0;
  return rule.any_day || rule.any_weekday ? day && weekday : day || weekday;
}

}  // namespace

result<cron_rule> parse_cron(std::string_view what, std::string_view text) {
  if (text.size() > most_characters) {
    return error{errc::invalid, std::string{what} + " has " + std::to_string(text.size()) +
                                    " characters; a cron line has at most 512"};
  }
  for (const auto& [nickname, meaning] : nicknames) {
    if (text == nickname) return parse_cron(what, meaning);
  }
  std::vector<std::string_view> parts = split(text, ' ');
  parts.erase(std::remove(parts.begin(), parts.end(), std::string_view{}), parts.end());
  if (parts.size() != fields.size()) {
    return error{
        errc::invalid,
        std::string{what} + " has " + std::to_string(parts.size()) +
            " fields instead of five: minute, hour, day of month, month, day of week, e.g. \"0 2 * * *\""};
  }
  std::array<std::uint64_t, fields.size()> sets{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const auto part : split(parts[i], ',')) {
      const auto values = values_of(fields[i], part);
      if (!values) return bad_field(what, fields[i], parts[i]);
      sets[i] |= *values;
    }
  }
  auto& weekdays = sets[weekday_field];
  if ((weekdays & bit(7)) != 0) weekdays = (weekdays & ~bit(7)) | bit(0);
  const auto any = [&](std::size_t i) { return parts[i].front() == '*'; };
  const cron_rule rule{sets[0], sets[1], sets[2], sets[3], weekdays, any(0), any(1), any(2), any(4)};
  if (!next_match(rule, local_time{})) {
    return error{errc::invalid, std::string{what} + " never fires: no month of " + in_quotes(parts[3]) +
                                    " has a day " + in_quotes(parts[2])};
  }
  return rule;
}

std::optional<local_time> next_match(const cron_rule& rule, local_time from) {
  using std::chrono::seconds;
  constexpr std::int64_t day_seconds = 86400;
  const std::int64_t at = from.time_since_epoch().count();
  std::int64_t day = (at >= 0 ? at : at - (day_seconds - 1)) / day_seconds;
  const auto of_day = static_cast<int>(at - day * day_seconds);
  int first = (of_day + 59) / 60;  // the first minute that may match on the first day
  date on = date_of(day);
  for (int i = 0; i < searched_days; ++i, ++day, on.advance(), first = 0) {
    if (!matches(rule, on)) continue;
    for (int hour = first / 60; hour < 24; ++hour) {
      if ((rule.hours & bit(hour)) == 0) continue;
      for (int minute = hour == first / 60 ? first % 60 : 0; minute < 60; ++minute) {
        if ((rule.minutes & bit(minute)) == 0) continue;
        return local_time{std::chrono::hours{day * 24 + hour} + std::chrono::minutes{minute}};
      }
    }
  }
  return std::nullopt;
}

}  // namespace weir::domain
