// Comparing text with a file under tests/golden. UPDATE_GOLDEN=1 in the environment rewrites the file:
// look at the difference before committing it.
#pragma once

#include <string>

namespace weir::app {

/// Fails the running test unless tests/golden/`name` holds exactly `actual`.
void expect_golden(const std::string& name, const std::string& actual);

}  // namespace weir::app
