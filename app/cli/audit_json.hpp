// The audit as JSON.
#pragma once

#include <weir/driver/audit.hpp>

#include "app/cli/json_text.hpp"

namespace weir::app {

/// {"items":[{"id","at","who","login","way","action","object","details","result"}],"next":cursor or null}
ordered_json audit_page_json(const audit_page& page);

}  // namespace weir::app
