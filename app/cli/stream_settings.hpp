// Streams from the command line: what `stream create` and `stream set` accept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

namespace weir::app {

struct create_options {
  std::string name, mode;
  std::optional<std::string> partitions, concurrency, pin, policy, isolation, handover_delay;
};

/// A declaration with the defaults of its mode. @errors invalid
result<stream_declaration> declaration_of(const create_options& options);

/// KEY=VALUE words: mode, partitions, concurrency, pin_policy, isolation, handover_delay, async_finish, notify,
/// rate (or off), breaker.failures, breaker.pause.
/// @errors invalid
result<stream_change> change_of(const std::vector<std::string>& words);

/// "strict" or "prefer". @errors invalid
result<pin_policy> policy_argument(const std::string& option, const std::string& text);

}  // namespace weir::app
