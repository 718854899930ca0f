// cdc: a task that is one pass of change data capture.
#pragma once

#include <memory>
#include <string>

#include <weir/cdc.hpp>
#include <weir/config.hpp>
#include <weir/driver.hpp>
#include <weir/node.hpp>

#include "actions/cdc_pass.hpp"

namespace weir::actions {

/// The plan of an [action.NAME] of type cdc: it enqueues tasks.
/// @errors invalid: controller or query is missing or wrong
result<cdc_plan> plan_of(const action_config& config);
/// The plan of a program's source: it calls back.
/// @errors invalid: says what is wrong
result<cdc_plan> plan_of(const std::string& name, const cdc_source& source);

/// The action that performs one pass a run. Its message tells what changed. A source or store that cannot be reached
/// is a retry, one that gives nonsense a failure; objects that could not be handled are neither: the pass is done.
/// @param store  opens sessions for a pass only; null: every run is a failure that says so
action make_cdc_action(cdc_plan plan, std::shared_ptr<weir::driver> store);

}  // namespace weir::actions
