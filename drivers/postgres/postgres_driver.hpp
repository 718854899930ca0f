// The postgres driver: weir's store in a PostgreSQL database (13 or later, UTF8).
#pragma once

#include <memory>
#include <string>

#include <weir/driver.hpp>

namespace weir::postgres {

class newest_server;

/// Whose rights a login needs that lacks one, as the message says it: by what the statement does, or by what the whole
/// program is about (who gives an order looks first).
enum class needed_rights { by_statement, node, owner };

/// Where the database is and what sessions there are called.
struct options {
  std::string url;               ///< postgres://... or key=value words; "" = libpq's PG* environment
  std::string direct_url;        ///< a session connection, not pooled by transaction; "" = url
  std::string schema = "weir";   ///< ^[a-z_][a-z0-9_]{0,62}$, else every store answers errc::invalid
  std::string application_name;  ///< "weir NODE"; the duty of each session is appended; "" = "weir"
  needed_rights needs = needed_rights::by_statement;

  /// What all sessions of a driver have seen of the server, so that none of them goes back to an old primary; set by
  /// make_driver.
  std::shared_ptr<newest_server> newest;

  /// True if `url` goes through a transaction pooler: then only membership and leadership keep session
  /// state (on direct_url); everything else runs without SET and prepared statements.
  bool pooled() const { return !direct_url.empty() && direct_url != url; }
};

/// True if a schema may be called `name`.
bool valid_schema(const std::string& name) noexcept;

/// The driver. Nothing is connected before the first store is opened.
std::unique_ptr<weir::driver> make_driver(options where);

}  // namespace weir::postgres
