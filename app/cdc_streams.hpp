// What cdc actions need besides their code: a single stream each, named by its controller.
#pragma once

#include <memory>

#include <weir/driver.hpp>
#include <weir/result.hpp>

#include "app/node_process.hpp"

namespace weir::app {

/// Declares the streams of all controllers, those of the configuration and of the program, routes their actions
/// there, and adds the actions of the program's sources. A stream that is declared already stays as it is.
/// @errors invalid: a controller with two actions, a stream of that name that is not single, an action twice
result<void> prepare_cdc(node_program& program, const std::shared_ptr<driver>& store);

}  // namespace weir::app
