// The hooks of a stream's term, and the one place that calls them.
#pragma once

#include <map>
#include <string>

#include <weir/result.hpp>
#include <weir/stream_context.hpp>

#include "runner/log_sink.hpp"
#include "runner/run_control.hpp"

namespace weir::runner {

struct stream_hooks {
  stream_hook open, close;  ///< either may be empty

  bool any() const { return open != nullptr || close != nullptr; }
};

/// By stream name: only streams that have one. Built at start like the action_table.
using hook_table = std::map<std::string, stream_hooks>;

/// The stream whose hook is called, and on which node.
struct hook_place {
  std::string stream;
  std::string node;
  std::uint64_t fencing_token = 0;
};

/// Calls a hook in this thread and waits for it; an empty one succeeds. Nothing is thrown.
/// @errors  invalid: it threw; the message is the exception's text.
result<void> call_hook(const stream_hook& hook, const hook_place& where, const run_control& control,
                       const log_sink& log);

}  // namespace weir::runner
