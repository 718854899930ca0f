// The fenced writes of an owner, each one statement: results, open changes and marks.
#pragma once

#include "drivers/memory/client.hpp"

namespace weir::memory {

result<finish_reply> finish_rows(statement& now, const finish_request& request);

}  // namespace weir::memory
