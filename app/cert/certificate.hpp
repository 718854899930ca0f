// Certificates of links: made for an authority, a node or a client, and read back. Text in, text out; no files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/result.hpp>

namespace weir::app {

/// Ten years: a new authority means new certificates everywhere.
inline constexpr int authority_days = 3650;
/// A year: weir warns in the last month, and a lost key is of no use afterwards.
inline constexpr int certificate_days = 365;
/// X.509 writes years with four digits; nobody means more than a century.
inline constexpr int most_days = 36'500;

enum class certificate_role { node, client };
const char* to_string(certificate_role role) noexcept;

/// PEM, the key without a pass phrase (PKCS #8, P-256).
struct key_pair {
  std::string certificate;
  std::string key;
};

/// What is to be certified.
struct certificate_wish {
  certificate_role role = certificate_role::node;
  std::string name;                    ///< of the node or client: 1-64 printable characters
  std::vector<std::string> addresses;  ///< host names and IP addresses, beside the name
  int days = certificate_days;         ///< 1..most_days; cut where the authority ends
};

/// What a certificate says of itself.
struct certificate_facts {
  bool authority = false;
  std::vector<std::string> nodes;      ///< that it speaks for, by weir-node:NAME
  std::vector<std::string> clients;    ///< by weir-client:NAME
  std::vector<std::string> addresses;  ///< host names and IP addresses
  std::string subject;                 ///< its common name
  std::string issuer;                  ///< the common name of who signed it
  std::string serial;                  ///< hexadecimal
  std::string fingerprint;             ///< SHA-256, "AB:CD:..."
  wall_time from{}, until{};
};

/// A new authority, which certifies nodes and clients and no further authorities.
/// @errors invalid: days out of bounds; internal: OpenSSL can't
result<key_pair> make_authority(int days, wall_time now);

/// A new key and its certificate, signed by `authority`.
/// @errors invalid: a name, address or number of days out of bounds; the authority is none, has ended, or its key
///         belongs to another certificate; internal: OpenSSL can't
result<key_pair> certify(const key_pair& authority, const certificate_wish& wish, wall_time now);

/// Every certificate in PEM text, in its order: one, or a chain.
/// @errors invalid: there is none, or one can't be read
result<std::vector<certificate_facts>> read_certificates(std::string_view pem);

}  // namespace weir::app
