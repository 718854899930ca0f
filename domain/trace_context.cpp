#include "domain/trace_context.hpp"

#include <algorithm>
#include <cstddef>

#include <weir/assert.hpp>

#include "domain/task_bounds.hpp"

namespace weir::domain {
namespace {

constexpr std::size_t version_end = 2;
constexpr std::size_t trace_begin = 3;
constexpr std::size_t trace_end = 35;
constexpr std::size_t span_begin = 36;
constexpr std::size_t span_end = 52;
constexpr std::size_t flags_begin = 53;
constexpr std::size_t whole = 55;
constexpr std::uint8_t sampled_flag = 1;

/// The value of a lower-case hex digit, -1: it is none.
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_dash_place(std::size_t at) { return at == version_end || at == trace_end || at == span_end; }

/// Two digits that were looked at before.
std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(digit(text[at]) << 4U | digit(text[at + 1]));
}

template <std::size_t N>
std::array<std::uint8_t, N> bytes_at(std::string_view text, std::size_t at) {
  std::array<std::uint8_t, N> out{};
  for (std::size_t n = 0; n < N; ++n) out[n] = byte_at(text, at + 2 * n);
  return out;
}

template <std::size_t N>
bool all_zero(const std::array<std::uint8_t, N>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

template <std::size_t N>
void append_hex(std::string& out, const std::array<std::uint8_t, N>& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::uint8_t b : bytes) {
    out += digits[b >> 4U];
    out += digits[b & 0xFU];
  }
}

/// An id that the standard allows, also from bytes that luck made zero.
template <std::size_t N>
std::array<std::uint8_t, N> as_id(std::array<std::uint8_t, N> bytes) {
  if (all_zero(bytes)) bytes[N - 1] = 1;
  return bytes;
}

error complaint(std::string_view text, const std::string& what) {
  return {errc::invalid, "traceparent " + in_quotes(text) + " " + what};
}

/// The length and each character of "VV-TRACE-SPAN-FF"; what follows is not looked at.
result<void> check_form(std::string_view text) {
  constexpr const char* send_form =
      ": send version-trace-span-flags in 2, 32, 16 and 2 digits of lower-case hex";
  if (text.size() < whole) {
    return complaint(text, "has " + std::to_string(text.size()) + " characters, at least " +
                               std::to_string(whole) + " are needed" + send_form);
  }
  for (std::size_t at = 0; at < whole; ++at) {
    if (is_dash_place(at) ? text[at] == '-' : digit(text[at]) >= 0) continue;
    return complaint(text,
                     std::string{is_dash_place(at) ? "has no \"-\"" : "has no digit of lower-case hex"} +
                         " at character " + std::to_string(at + 1) + send_form);
  }
  return {};
}

result<trace_context> read(std::string_view text) {
  if (auto formed = check_form(text); !formed) return formed.error();
  const std::uint8_t version = byte_at(text, 0);
  if (version == 0xFF) return complaint(text, "has the version ff, which is none: send version 00");
  if (version == 0 && text.size() != whole) {
    return complaint(text, "has " + std::to_string(text.size()) + " characters, version 00 has " +
                               std::to_string(whole) + ": leave out what follows the flags");
  }
  if (text.size() > whole && text[whole] != '-') {
    return complaint(text, "goes on after the flags without a \"-\" at character " +
                               std::to_string(whole + 1) + ": send version 00, " + std::to_string(whole) +
                               " characters");
  }
  trace_context out;
  out.trace_id = bytes_at<16>(text, trace_begin);
  out.span_id = bytes_at<8>(text, span_begin);
  out.sampled = (byte_at(text, flags_begin) & sampled_flag) != 0;
  const bool no_trace = all_zero(out.trace_id);
  if (no_trace || all_zero(out.span_id)) {
    return complaint(
        text, std::string{"has a "} + (no_trace ? "trace" : "span") +
                  " id of zeros, which names no span: leave the traceparent out where nothing is traced");
  }
  return out;
}

}  // namespace

bool operator==(const trace_context& a, const trace_context& b) {
  return a.trace_id == b.trace_id && a.span_id == b.span_id && a.sampled == b.sampled;
}

bool operator!=(const trace_context& a, const trace_context& b) { return !(a == b); }

std::optional<trace_context> parse_traceparent(std::string_view text) {
  if (text.empty()) return std::nullopt;  // most runs: no complaint is worth writing
  auto found = read(text);
  if (!found) return std::nullopt;
  return *found;
}

result<void> check_traceparent(std::string_view text) {
  auto found = read(text);
  if (!found) return found.error();
  if (text.size() == whole) return {};
  return complaint(text, "has " + std::to_string(text.size()) + " characters, " + std::to_string(whole) +
                             " are kept: leave out what follows the flags");
}

std::string to_traceparent(const trace_context& what) {
  std::string out = "00-";
  out.reserve(whole);
  append_hex(out, what.trace_id);
  out += '-';
  append_hex(out, what.span_id);
  return out += what.sampled ? "-01" : "-00";
}

std::string trace_id_text(const trace_context& what) {
  std::string out;
  append_hex(out, what.trace_id);
  return out;
}

std::string span_id_text(const trace_context& what) { return span_id_text(what.span_id); }

std::string span_id_text(const span_id_bytes& id) {
  std::string out;
  append_hex(out, id);
  return out;
}

trace_rule::trace_rule(double ratio, bool join) : join_(join) {
  WEIR_ASSERT(ratio >= 0 && ratio <= 1);
  refused_below_ = static_cast<std::uint64_t>((1 - ratio) * 0x1p56);
}

attempt_trace trace_rule::begin(const std::optional<trace_context>& producer, trace_id_bytes trace,
                                span_id_bytes span) const {
  attempt_trace out;
  out.own.trace_id = producer && join_ ? producer->trace_id : as_id(trace);
  out.own.span_id = as_id(span);
  if (producer) {
    out.producer = join_ ? trace_tie::parent : trace_tie::link;
    out.own.sampled = producer->sampled;
    return out;
  }
  std::uint64_t drawn = 0;
  for (std::size_t at = 9; at < trace.size(); ++at) drawn = drawn << 8U | out.own.trace_id[at];
  out.own.sampled = drawn >= refused_below_;
  return out;
}

}  // namespace weir::domain
