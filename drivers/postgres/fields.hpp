// Reading rows of a result, and their fields.
#pragma once

#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <pqxx/pqxx>
#include <weir/assert.hpp>
#include <weir/driver/types.hpp>

namespace weir::postgres {

/// How many rows there are; libpqxx 7 counts them by a signed number.
inline std::size_t row_count(const pqxx::result& rows) { return static_cast<std::size_t>(rows.size()); }

/// An integer; a field that is none is a defect of a statement.
template <class T = std::int64_t>
T number(const pqxx::field& field) {
  T value{};
  const char* text = field.c_str();
  const auto end = text + field.size();
  const auto parsed = std::from_chars(text, end, value);
  WEIR_ASSERT(parsed.ec == std::errc{} && parsed.ptr == end);
  return value;
}

template <class T = std::int64_t>
std::optional<T> maybe_number(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return number<T>(field);
}

/// An array of integers, none of them null: {1,2}.
template <class T = std::int64_t>
std::vector<T> numbers(const pqxx::field& field) {
  std::vector<T> out;
  const char* const end = field.c_str() + field.size();
  for (const char* at = field.c_str() + 1; at < end && *at != '}';) {
    const auto parsed = std::from_chars(at, end, out.emplace_back());
    WEIR_ASSERT(parsed.ec == std::errc{} && parsed.ptr < end);
    at = parsed.ptr + (*parsed.ptr == ',' ? 1 : 0);
  }
  return out;
}

inline bool flag(const pqxx::field& field) { return !field.is_null() && field.c_str()[0] == 't'; }

inline std::string text(const pqxx::field& field) { return {field.c_str(), field.size()}; }

inline std::optional<std::string> maybe_text(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return text(field);
}

inline wall_time instant(const pqxx::field& field) {
  return wall_time{std::chrono::microseconds{number(field)}};
}

inline std::optional<wall_time> maybe_instant(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return instant(field);
}

inline std::optional<std::chrono::milliseconds> maybe_ms(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return std::chrono::milliseconds{number(field)};
}

inline std::int64_t microseconds_of(wall_time at) { return at.time_since_epoch().count(); }

inline std::optional<std::int64_t> microseconds_of(const std::optional<wall_time>& at) {
  if (!at) return std::nullopt;
  return microseconds_of(*at);
}

}  // namespace weir::postgres
