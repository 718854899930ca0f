// The gatekeeper with its list: the tokens file, read again when it has changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <weir/boot_clock.hpp>

#include "http/gatekeeper.hpp"

namespace weir::app {

/// Threads: one.
class token_guard {
 public:
  /// @param file  "" = nobody is asked for a token.
  explicit token_guard(std::string file) : file_(std::move(file)) {}

  /// See http::refuse. A file that cannot be read lets nobody in: 503.
  std::optional<http::reply> refuse(http::request& asked, std::optional<http::role> needs);

 private:
  void look();

  const std::string file_;
  std::optional<std::vector<http::token_entry>> known_;
  std::string trouble_;
  boot_time looked_{};
  struct stat seen_ {};
};

}  // namespace weir::app
