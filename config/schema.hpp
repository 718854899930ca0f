// The table of keys as a JSON Schema, for editors that complete and check weir.toml.
#pragma once

#include <string>

namespace weir::config {

/// JSON Schema, draft 2020-12, laid out. It holds what one key alone can say: names, types, forms, bounds, and which
/// keys an action of some type takes; rules between keys are `weir config check`'s.
std::string json_schema();

}  // namespace weir::config
