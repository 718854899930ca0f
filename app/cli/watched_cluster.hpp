// The store of a live view: opened when it is there, asked again and again when it is not.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "app/cli/invocation.hpp"
#include "app/cli/status_warnings.hpp"

namespace weir::app {

class watched_cluster {
 public:
  watched_cluster(invocation& call, node_config config) : call_(call), config_(std::move(config)) {}

  /// @errors those of the store, and of a schema that does not fit
  result<cluster_view> look();
  /// Of the last view, where they do not follow from it.
  std::optional<std::vector<warning>> warnings() const;
  /// Asks the store something else. @errors unavailable, before the first look that succeeded
  template <class Ask>
  auto ask(const Ask& what) -> decltype(what(std::declval<console_store&>())) {
    if (!store_) return error{errc::unavailable, "not connected"};
    return what(*store_);
  }

  /// Is it worth to ask again after such an error?
  static bool passes(errc code);

 private:
  invocation& call_;
  node_config config_;
  std::unique_ptr<driver> driver_;
  std::unique_ptr<console_store> store_;
};

}  // namespace weir::app
