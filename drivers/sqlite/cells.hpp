// Values of the model as SQLite holds them, and back.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <weir/driver.hpp>

#include "domain/names.hpp"
#include "domain/object_hash.hpp"

namespace weir::sqlite {

/// null, integer, text.
using cell = std::variant<std::monostate, std::int64_t, std::string>;
using record = std::vector<cell>;

/// A file that was written by somebody else: a cell says what no weir writes.
struct strange_cell : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// -- to cells

template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, char>, int> = 0>
cell to_cell(T value) {
  return static_cast<std::int64_t>(value);
}
inline cell to_cell(char letter) { return std::string(1, letter); }
inline cell to_cell(const std::string& text) { return text; }
inline cell to_cell(wall_time at) { return std::int64_t{at.time_since_epoch().count()}; }
inline cell to_cell(std::chrono::milliseconds length) { return std::int64_t{length.count()}; }
inline cell to_cell(const cdc_hash& hash) { return domain::format_object_hash(hash); }
template <class T, std::enable_if_t<std::is_enum_v<T>, int> = 0>
cell to_cell(T word) {
  if constexpr (std::is_same_v<std::underlying_type_t<T>, char>)
    return std::string(1, static_cast<char>(word));
  else
    return std::string{to_string(word)};
}
template <class T>
cell to_cell(const std::optional<T>& value) {
  return value ? to_cell(*value) : cell{};
}
template <class T>
cell to_cell(const std::vector<T>& list) {
  return nlohmann::json(list).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
inline cell to_cell(const std::map<std::string, std::string>& words) {
  return nlohmann::json(words).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
cell to_cell(const retention_policy& policy);

// -- from cells; what does not fit throws strange_cell

std::int64_t integer_of(const cell& from);
const std::string& text_of(const cell& from);

template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, char>, int> = 0>
void from_cell(const cell& from, T& value) {
  value = static_cast<T>(integer_of(from));
}
inline void from_cell(const cell& from, char& letter) {
  const std::string& text = text_of(from);
  letter = text.empty() ? '\0' : text.front();
}
inline void from_cell(const cell& from, std::string& text) { text = text_of(from); }
inline void from_cell(const cell& from, wall_time& at) {
  at = wall_time{std::chrono::microseconds{integer_of(from)}};
}
inline void from_cell(const cell& from, std::chrono::milliseconds& length) {
  length = std::chrono::milliseconds{integer_of(from)};
}
inline std::optional<stream_mode> parsed(const std::string& text, stream_mode /*kind*/) {
  return parse_stream_mode(text);
}
inline std::optional<pin_policy> parsed(const std::string& text, pin_policy /*kind*/) {
  return parse_pin_policy(text);
}
inline std::optional<isolation> parsed(const std::string& text, isolation /*kind*/) {
  return parse_isolation(text);
}
inline std::optional<missed_policy> parsed(const std::string& text, missed_policy /*kind*/) {
  return parse_missed_policy(text);
}
inline std::optional<node_state> parsed(const std::string& text, node_state /*kind*/) {
  return parse_node_state(text);
}
template <class T, std::enable_if_t<std::is_enum_v<T>, int> = 0>
void from_cell(const cell& from, T& word) {
  if constexpr (std::is_same_v<std::underlying_type_t<T>, char>) {
    char letter = 0;
    from_cell(from, letter);
    word = static_cast<T>(letter);
  } else {
    const auto known = parsed(text_of(from), word);
    if (!known) throw strange_cell("'" + text_of(from) + "' is no word that weir knows");
    word = *known;
  }
}
template <class T>
void from_cell(const cell& from, std::optional<T>& value) {
  value.reset();
  if (!std::holds_alternative<std::monostate>(from)) from_cell(from, value.emplace());
}
void from_cell(const cell& from, cdc_hash& hash);
void from_cell(const cell& from, retention_policy& policy);
template <class T>
void from_cell(const cell& from, std::vector<T>& list) {
  list = nlohmann::json::parse(text_of(from)).get<std::vector<T>>();
}
inline void from_cell(const cell& from, std::map<std::string, std::string>& words) {
  words = nlohmann::json::parse(text_of(from)).get<std::map<std::string, std::string>>();
}

}  // namespace weir::sqlite
