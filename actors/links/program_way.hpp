// A program's way to gateways: a transport that only dials, and the one link that it has at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <weir/gate_link_options.hpp>
#include <weir/result.hpp>

#include "actors/links/transport.hpp"

namespace weir::actors::links {

/// Not thread-safe: one owner.
class program_way {
 public:
  /// @param role  client or producer: what follows the greeting
  program_way(const gate_link_options& options, peer_role role) : options_(options), role_(role) {}
  ~program_way();
  program_way(const program_way&) = delete;
  program_way& operator=(const program_way&) = delete;

  /// Ends the former link and waits for another. Its transport starts with the first one.
  /// @errors those of transport::start and dial
  result<link> connect(const std::string& address, const expected_peer& expected);
  /// Ends the link, if there is one.
  void hang_up();

 private:
  const gate_link_options options_;
  const peer_role role_;
  std::unique_ptr<transport> way_;
  std::optional<link_id> link_;
};

}  // namespace weir::actors::links
