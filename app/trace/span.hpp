// A span that has ended: what one attempt, or one enqueue, shows in a trace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <weir/boot_clock.hpp>

#include "domain/trace_context.hpp"

namespace weir::app::trace {

/// Of OpenTelemetry's kinds those that tasks have.
enum class span_kind {
  producer,  ///< makes tasks
  consumer,  ///< performs one
};

struct span_attribute {
  std::string name;  ///< "messaging.system"
  std::variant<std::string, std::int64_t, bool> value;
};

struct span {
  domain::trace_context context;
  std::optional<domain::span_id_bytes> parent;  ///< of the same trace, in another process
  std::optional<domain::trace_context> link;    ///< a span of another trace that led to this one
  std::string name;
  span_kind kind = span_kind::consumer;
  wall_time started_at{};
  wall_time ended_at{};  ///< counts as started_at where the clock was set back meanwhile
  std::vector<span_attribute> attributes;
  bool failed = false;
  std::string message;  ///< why it failed
};

}  // namespace weir::app::trace
