// Which trace a task belongs to (W3C Trace Context), and which one its attempt gets.
//
// A producer sends its span as a `traceparent`; the attempt has a span of its own, tied to the producer's one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <weir/result.hpp>

namespace weir::domain {

using trace_id_bytes = std::array<std::uint8_t, 16>;
using span_id_bytes = std::array<std::uint8_t, 8>;

/// A span of a trace. Ids of a real one are never all zero.
struct trace_context {
  trace_id_bytes trace_id{};
  span_id_bytes span_id{};
  bool sampled = false;  ///< somebody records it
};
bool operator==(const trace_context& a, const trace_context& b);
bool operator!=(const trace_context& a, const trace_context& b);

/// Reads a `traceparent` of level 1 or 2: "00-TRACE-SPAN-FLAGS" in lower-case hex. Versions above 00 may go on after
/// another "-", which is not read; of the flags only `sampled` is.
/// For what others send: their headers.
std::optional<trace_context> parse_traceparent(std::string_view text);

/// Checks what is kept with a task: 55 characters, without anything behind them.
/// @errors invalid: what is wrong, where, and the fix
result<void> check_traceparent(std::string_view text);

/// Version 00, 55 characters.
std::string to_traceparent(const trace_context& what);
/// 32 characters of lower-case hex.
std::string trace_id_text(const trace_context& what);
/// 16 characters of lower-case hex.
std::string span_id_text(const trace_context& what);
std::string span_id_text(const span_id_bytes& id);

/// What the producer's span is to the attempt's one.
enum class trace_tie {
  none,    ///< the producer sent none
  parent,  ///< same trace, below the producer's span
  link,    ///< another trace, which names the producer's span
};

struct attempt_trace {
  trace_context own;
  trace_tie producer = trace_tie::none;
};

/// Decides which trace an attempt gets and whether it is recorded. Pure: equal bytes, equal answers.
class trace_rule {
 public:
  /// @param ratio  of the attempts without a producer's context that are recorded; asserts 0 <= ratio <= 1.
  /// @param join   attempts are children of the producer's span; else they are linked to it, in a trace of their own.
  trace_rule(double ratio, bool join);

  /// Recorded if the producer's span is. Without one the trace id's last 56 bits decide, which level 2 wants random:
  /// whatever a ratio records, a greater one records, too.
  /// @param trace, span  random bytes: the attempt's ids, but for a trace id that is the producer's
  attempt_trace begin(const std::optional<trace_context>& producer, trace_id_bytes trace,
                      span_id_bytes span) const;

 private:
  std::uint64_t refused_below_;  ///< of the 56 bits
  bool join_;
};

}  // namespace weir::domain
