// A diagnosis as people and as programs read it. Pure.
#pragma once

#include <string>

#include "app/cli/doctor/finding.hpp"
#include "app/cli/json_text.hpp"

namespace weir::app {

/// {"healthy": .., "findings": [{"code","weight","what","where","fix"}], "unchecked": [{"what","why"}]}
ordered_json diagnosis_json(const diagnosis& found);
std::string diagnosis_text(const diagnosis& found, bool colour);

}  // namespace weir::app
