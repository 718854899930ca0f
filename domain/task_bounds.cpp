// Bounds of a task. Limits are those of defaults.hpp; every message says what, where, and the fix.
#include "domain/task_bounds.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include <nlohmann/json.hpp>
#include <weir/defaults.hpp>

#include "domain/parser_complaint.hpp"
#include "domain/utf8.hpp"

namespace weir::domain {
namespace {

using nlohmann::json;

error invalid(std::string message) { return {errc::invalid, std::move(message)}; }

std::string code_point_name(char32_t value) {
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "U+%04X", static_cast<unsigned>(value));
  return buffer.data();
}

bool printable(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
  const bool separator = c == 0x2028 || c == 0x2029;  // they break lines in logs and tables
  return !control && !separator;
}

// Walks the text without building it: counts depth, looks for NUL, keeps the first problem.
class walker final : public json::json_sax_t {
 public:
  std::string problem;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& text) override { return without_nul(text, "a string"); }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return deeper(); }
  bool key(string_t& text) override { return without_nul(text, "a member's name"); }
  bool end_object() override { return shallower(); }
  bool start_array(std::size_t) override { return deeper(); }
  bool end_array() override { return shallower(); }
  bool parse_error(std::size_t, const std::string&, const json::exception& found) override {
    problem = "data is not valid JSON: " + json_complaint(found.what());
    return false;
  }

 private:
  bool without_nul(const string_t& text, const char* where) {
    if (text.find('\0') == string_t::npos) return true;
    problem =
        std::string{"data holds \\u0000 in "} + where + ", which the database cannot store: leave it out";
    return false;
  }
  bool deeper() {
    if (++depth_ <= defaults::json_depth) return true;
    problem = "data is nested more than " + std::to_string(defaults::json_depth) + " levels deep: flatten it";
    return false;
  }
  bool shallower() {
    --depth_;
    return true;
  }

  int depth_ = 0;
};

void append_escaped(std::string& out, std::string_view raw) {
  for (const char c : raw) {
    std::array<char, 8> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "\\x%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += buffer.data();
  }
}

/// What nearly every name is: seen without making a text to complain with.
bool is_plain_name(std::string_view value) {
  return !value.empty() && value.size() <= defaults::name_characters &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

result<void> check_name(std::string_view what, std::string_view value) {
  if (is_plain_name(value)) return {};
  const std::string subject{what};
  const std::string rule = std::to_string(defaults::name_characters) + " printable characters";
  if (value.empty()) return invalid(subject + " is empty: give it 1 to " + rule);
  std::size_t characters = 0;
  for (std::size_t at = 0; at < value.size(); ++characters) {
    const std::size_t start = at;
    if (characters == defaults::name_characters) {
      return invalid(subject + " " + in_quotes(value) + " has more than " + rule + ": shorten it");
    }
    const auto point = next_code_point(value, at);
    if (!point) {
      return invalid(subject + " " + in_quotes(value) + " is not valid UTF-8 at byte " +
                     std::to_string(start + 1) + ": send UTF-8");
    }
    if (!printable(*point)) {
      return invalid(subject + " " + in_quotes(value) + " has the control character " +
                     code_point_name(*point) + " at character " + std::to_string(characters + 1) +
                     ": leave it out");
    }
  }
  return {};
}

result<void> check_key(std::string_view value) {
  if (value.size() > defaults::key_bytes) {
    return invalid("task key " + in_quotes(value) + " is " + std::to_string(value.size()) +
                   " bytes long, allowed are " + std::to_string(defaults::key_bytes) +
                   ": use a shorter key, or a hash of it");
  }
  if (const std::size_t nul = value.find('\0'); nul != std::string_view::npos) {
    return invalid("task key " + in_quotes(value) + " has a NUL at byte " + std::to_string(nul + 1) +
                   ": leave it out");
  }
  if (const auto bad = first_invalid_utf8(value)) {
    return invalid("task key " + in_quotes(value) + " is not valid UTF-8 at byte " +
                   std::to_string(*bad + 1) + ": send UTF-8");
  }
  return {};
}

result<void> check_data(std::string_view text, std::size_t limit) {
  if (text.size() > limit) {
    return invalid("data is " + std::to_string(text.size()) + " bytes of JSON, allowed are " +
                   std::to_string(limit) + " (limits.payload): store it elsewhere and send a reference");
  }
  // The JSON library takes a NUL byte for the end of its input and skips a byte order mark; the database
  // does neither.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return invalid("data has a NUL at byte " + std::to_string(nul + 1) + ": leave it out");
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    return invalid("data begins with a byte order mark: send plain UTF-8");
  }
  if (const auto bad = first_invalid_utf8(text)) {
    return invalid("data is not valid UTF-8 at byte " + std::to_string(*bad + 1) + ": send UTF-8");
  }
  walker found;
  if (!json::sax_parse(text.begin(), text.end(), &found)) return invalid(found.problem);
  return {};
}

std::string cut_message(std::string message) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  const bool clean = message.size() <= defaults::message_bytes && message.find('\0') == std::string::npos &&
                     !first_invalid_utf8(message);
  if (clean) return message;
  std::string kept;
  kept.reserve(defaults::message_bytes);
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t start = at;
    const auto point = next_code_point(message, at);
    const std::string_view piece =
        point && *point != 0 ? std::string_view{message}.substr(start, at - start) : replacement;
    if (kept.size() + piece.size() > defaults::message_bytes) break;
    kept += piece;
  }
  return kept;
}

std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  std::size_t characters = 0;
  for (std::size_t at = 0; at < value.size(); ++characters) {
    if (characters == defaults::name_characters) {
      out += "...";
      break;
    }
    const std::size_t start = at;
    const auto point = next_code_point(value, at);
    const std::string_view raw = value.substr(start, at - start);
    if (point == U'\n') {
      out += "\\n";
    } else if (point == U'\t') {
      out += "\\t";
    } else if (point == U'"' || point == U'\\') {
      (out += '\\') += raw;
    } else if (point && printable(*point)) {
      out += raw;
    } else {
      append_escaped(out, raw);
    }
  }
  return out + "\"";
}

}  // namespace weir::domain
