// The calls that libpqxx 6.4 (Debian 12) and 7.10 (Debian 13) do not share, and those that one of them warns of: said
// here, so that the rest of the folder knows of no version.
//
// What 7.10 calls deprecated it still has, and 6.4 has nothing else.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pqxx/pqxx>

#include "drivers/postgres/parameters.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace weir::postgres {

/// Connects. A connection that breaks stays broken: libpqxx 6 would come back by itself, 7 never does.
/// Throws pqxx::broken_connection.
inline std::unique_ptr<pqxx::connection> open_connection(const std::string& text) {
  auto made = std::make_unique<pqxx::connection>(text);
#if PQXX_VERSION_MAJOR < 7
  made->inhibit_reactivation(true);
#endif
  return made;
}

/// Runs a text with parameters. Throws as transaction_base::exec.
inline pqxx::result exec(pqxx::transaction_base& in, const std::string& text, const parameters& with) {
  const auto pointers = with.pointers();
  return in.exec_params(text, pqxx::prepare::make_dynamic_params(pointers));
}

/// Runs what the connection has prepared under that name. Throws as transaction_base::exec.
inline pqxx::result exec_prepared(pqxx::transaction_base& in, const char* name, const parameters& with) {
  const auto pointers = with.pointers();
  return in.exec_prepared(name, pqxx::prepare::make_dynamic_params(pointers));
}

/// Keeps the notices of a connection off stderr. Goes before the connection does.
class notice_handler : public pqxx::errorhandler {
 public:
  explicit notice_handler(pqxx::connection& of) : pqxx::errorhandler(of) {}
  bool operator()(const char* text) noexcept final {
    heard(text);
    return false;
  }

 private:
  virtual void heard(std::string_view /*text*/) noexcept {}
};

/// Listens to a channel, and keeps what was said there. Goes before the connection does.
class channel_ear : public pqxx::notification_receiver {
 public:
  channel_ear(pqxx::connection& of, const std::string& channel) : pqxx::notification_receiver(of, channel) {}
  void operator()(const std::string& said, int /*backend*/) override { heard_.push_back(said); }

  /// What came since the last look.
  std::vector<std::string> take() { return std::exchange(heard_, {}); }

 private:
  std::vector<std::string> heard_;
};

}  // namespace weir::postgres

#pragma GCC diagnostic pop
