// The shapes of what the API answers, for its description; tests/e2e/http_description.py holds real answers to them.
#pragma once

#include "app/cli/json_text.hpp"

namespace weir::app {

/// All schemas by name, as OpenAPI 3.1 has them in `components`: JSON Schema, with every member that there always is
/// among those `required`.
ordered_json reply_schemas();

/// {"$ref": ..} to one of them.
ordered_json schema_ref(const std::string& name);

}  // namespace weir::app
