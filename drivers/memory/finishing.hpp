// The fenced writes of an owner, each one statement: results, open changes and marks; handed tasks.
#pragma once

#include "drivers/memory/client.hpp"

namespace weir::memory {

result<finish_reply> finish_rows(statement& now, const finish_request& request);
result<std::vector<inserted>> insert_handed_rows(statement& now, node_id me,
                                                 const std::vector<handed_row>& rows);

}  // namespace weir::memory
