// The form of a cron line: five fields, each a list of values, ranges and steps within its bounds.
#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "config/formats.hpp"

namespace weir::config {

namespace {

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

bool well_formed(const field& of, std::string_view part) {
  const auto stepped = split(part, '/');
  if (stepped.size() > 2) return false;
  if (stepped.size() == 2) {
    const auto step = number(stepped[1]);
    if (!step || *step < 1 || *step > of.most) return false;
  }
  if (stepped[0] == "*") return true;
  const auto range = split(stepped[0], '-');
  if (range.size() > 2) return false;
  const auto first = value_of(of, range[0]);
  const auto last = value_of(of, range.back());
  return first && last && *first <= *last;
}

}  // namespace

std::optional<std::string> cron_complaint(std::string_view text) {
  std::vector<std::string_view> parts = split(text, ' ');
  parts.erase(std::remove(parts.begin(), parts.end(), std::string_view{}), parts.end());
  if (parts.size() != fields.size()) {
    return "has " + std::to_string(parts.size()) +
           " fields instead of five: minute, hour, day of month, month, day of week, e.g. \"0 2 * * *\"";
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const auto part : split(parts[i], ',')) {
      if (well_formed(fields[i], part)) continue;
      return "has the " + std::string{fields[i].name} + " field \"" + std::string{parts[i]} +
             "\": write values from " + std::to_string(fields[i].least) + " to " +
             std::to_string(fields[i].most) + ", ranges a-b, steps */n and lists a,b";
    }
  }
  return std::nullopt;
}

}  // namespace weir::config
