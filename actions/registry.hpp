// From the configuration's [action.*] to code.
#pragma once

#include <memory>

#include <weir/config.hpp>
#include <weir/driver.hpp>
#include <weir/result.hpp>

#include "runner/action_table.hpp"

namespace weir::actions {

/// One entry per [action.NAME].
/// @param store  what actions of type cdc open sessions of, when they run; may be null without such actions
/// @errors  invalid: a name given twice, a setting that a type needs and does not have.
result<runner::action_table> make_action_table(const node_config& config,
                                               const std::shared_ptr<weir::driver>& store = nullptr);

}  // namespace weir::actions
