// New tasks from the command line and from NDJSON, checked before anything is sent.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir::app {

/// Checks names, key and data against the bounds of INTERFACE section 3; an empty key becomes none.
/// @errors invalid: what, where, and the fix
result<insert_row> checked_row(insert_row row, std::size_t payload_limit);

/// One line of NDJSON: an object with name and, as wanted, key, stream, data, do_after, created_by, traceparent.
/// `data` is kept as it was written.
/// @errors invalid
result<insert_row> row_of_line(std::string_view line, std::size_t payload_limit);

}  // namespace weir::app
