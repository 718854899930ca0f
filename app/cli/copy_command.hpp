// weir db copy, and what it needs of a backend besides the rest.
#pragma once

#include <cstdint>
#include <functional>

#include <weir/config.hpp>

#include "app/dev/copy_store.hpp"

namespace CLI {
class App;
}

namespace weir::app {

class invocation;

/// A backend with a database server, which can take over the store of `weir dev`.
class copying_backend {
 public:
  virtual ~copying_backend() = default;
  /// @errors see copy_store.hpp
  virtual result<copied_store> copy(const node_config& config, const operator_identity& who,
                                    const copy_order& what,
                                    const std::function<void(std::int64_t)>& progress) = 0;
};

void add_copy_command(CLI::App& db, invocation& call);

}  // namespace weir::app
