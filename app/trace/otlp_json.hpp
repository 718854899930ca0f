// Spans as OTLP spells them in JSON (OpenTelemetry protocol over HTTP), and what a collector answers. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/trace/span.hpp"

namespace weir::app::trace {

/// Who recorded the spans.
struct resource {
  std::string service_name = "weir";
  std::string instance_id;  ///< the node's name
  std::string version;      ///< the program's
};

/// The body of one export request. Bytes that are not UTF-8 become U+FFFD; instants before 1970 become 1970.
std::string otlp_json(const std::vector<span>& spans, const resource& from);

/// What a collector took only in part.
struct partial_success {
  std::int64_t rejected = 0;  ///< spans, at least 0
  std::string message;        ///< the collector's
};

/// Reads the body of a good answer. All was taken where it says nothing of the kind, or is no JSON at all.
partial_success read_partial_success(std::string_view answer);

}  // namespace weir::app::trace
