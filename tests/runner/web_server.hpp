// The web server of tests (web_server.py) as a process of the test's own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "actions/child_process.hpp"
#include "support.hpp"

namespace weir::actions {

class web_server {
 public:
  enum class scheme { http, https };

  /// Listens when this returns; fails the test otherwise. With https its certificate, for 127.0.0.1, is signed by
  /// nobody: `certificate()` is the authority to trust.
  explicit web_server(scheme how = scheme::http);

  /// "http://127.0.0.1:PORT".
  std::string address() const;
  /// An address that answers so: answering("status=404&body=gone").
  std::string answering(const std::string& query) const { return address() + "/hook?" + query; }
  /// What it was asked so far: path, body, headers (lower case), connection.
  std::vector<nlohmann::json> requests() const;
  std::string certificate() const { return place_.file("cert.pem"); }

 private:
  runner::temporary_directory place_;
  scheme how_;
  std::optional<child_process> child_;
};

}  // namespace weir::actions
