// The HTTP side of a node's process: the server, the API behind it, and its door to the node. Outlives incarnations.
#pragma once

#include <memory>
#include <string>

#include <weir/config.hpp>
#include <weir/driver.hpp>
#include <weir/result.hpp>

#include "app/api/api.hpp"
#include "app/api/node_door.hpp"
#include "http/server.hpp"

namespace weir::app {

class http_service {
 public:
  /// Serves at config.http.listen. @param store, metrics  outlive it.
  /// @errors invalid (the address, or the tokens file), conflict (the address is taken)
  static result<std::unique_ptr<http_service>> start(driver& store, const node_config& config,
                                                     node_metrics& metrics);

  node_door& door() { return door_; }
  /// "127.0.0.1:7711", the real port.
  const std::string& address() const { return server_->address(); }

 private:
  http_service(driver& store, const node_config& config, node_metrics& metrics)
      : api_(store, door_, config, metrics) {}

  node_door door_;
  api api_;
  std::unique_ptr<http::server> server_;  // goes first: nobody asks any more
};

/// The same, served at any free port of its address.
node_config with_any_port(node_config config);

}  // namespace weir::app
