// From the configuration's [action.*] to code.
#pragma once

#include <weir/config.hpp>
#include <weir/result.hpp>

#include "runner/action_table.hpp"

namespace weir::actions {

/// One entry per [action.NAME].
/// @errors  invalid: a type that this version does not perform, a name given twice, an exec without command.
result<runner::action_table> make_action_table(const node_config& config);

}  // namespace weir::actions
