// The action that does nothing, successfully: for trying things out and for measuring what weir itself costs.
#pragma once

#include <weir/node.hpp>

namespace weir::actions {

action make_noop_action();

}  // namespace weir::actions
