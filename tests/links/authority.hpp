// Certificates for one test, made with OpenSSL in a folder that goes with it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/links/transport.hpp"

namespace weir::actors::links {

struct certificate_wish {
  std::string common_name;
  /// As OpenSSL writes them: "DNS:n1", "URI:weir-node:n1".
  std::vector<std::string> alternative_names;
  long valid_seconds = 3600;  ///< from now; negative: expired
};

/// An authority of its own; its files live as long as it does.
class authority {
 public:
  authority();
  ~authority();
  authority(const authority&) = delete;
  authority& operator=(const authority&) = delete;

  /// A key and a certificate of this authority.
  tls_files issue(const certificate_wish& wish);
  tls_files issue(const std::string& common_name) { return issue(certificate_wish{common_name, {}, 3600}); }
  const std::string& folder() const { return folder_; }

 private:
  struct keys;
  std::string folder_;
  std::unique_ptr<keys> keys_;
  int issued_ = 0;
};

}  // namespace weir::actors::links
