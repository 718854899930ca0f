// Everything a program needs that runs or feeds weir. See docs/start.md.
#pragma once

#include <weir/cdc.hpp>
#include <weir/client.hpp>
#include <weir/config.hpp>
#include <weir/context.hpp>
#include <weir/node.hpp>
#include <weir/outcome.hpp>
#include <weir/result.hpp>
#include <weir/task.hpp>
