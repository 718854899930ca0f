#include "app/cli/watched_cluster.hpp"

#include <weir/forbidden.hpp>

#include "app/cli/remote/remote.hpp"

namespace weir::app {

result<cluster_view> watched_cluster::look() {
  if (!store_) {
    if (call_.by_api()) {
      driver_ = open_remote(call_);
    } else {
      if (auto fits = call_.check_schema(config_); !fits) return fits.error();
      driver_ = call_.world().open(config_);
    }
    store_ = driver_->open_console();
  }
  auto view = store_->view();
  if (!view) static_cast<void>(store_->reconnect());
  return view;
}

std::optional<std::vector<warning>> watched_cluster::warnings() const {
  return store_ ? warnings_told(*store_) : std::nullopt;
}

bool watched_cluster::passes(errc code) {
  return code != errc::schema_missing && code != errc::schema_mismatch && code != errc::invalid &&
         code != errc::internal && code != forbidden;
}

}  // namespace weir::app
