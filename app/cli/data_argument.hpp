// --data of commands: JSON, @file, or - for standard input.
#pragma once

#include <cstddef>
#include <string>

#include <weir/result.hpp>

#include "app/cli/invocation.hpp"

namespace weir::app {

/// The text meant, not longer than a little over `limit` bytes: enough to be refused. Whether it is JSON is not looked
/// at. @errors invalid: the file cannot be read, or there is nothing
result<std::string> data_argument(invocation& call, const std::string& text, std::size_t limit);

}  // namespace weir::app
