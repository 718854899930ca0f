// Who ordered what: every action of an operator leaves a row, written in the transaction that acts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/driver/types.hpp>

namespace weir {

/// For whom a store acts from now on. Without any it acts for its database login.
struct operator_identity {
  std::string who;  ///< "ann@desk", or the name of an API token; "" = the login. Cut at 128 characters
  std::string way = "program";  ///< cli, http, or program
  /// Up to 64 bytes, the same for all that one command or request does: orders that take several transactions then
  /// add up in one row. "" = each for itself.
  std::string request;
  /// How the tasks of an order were chosen, as a JSON object; "" = by their ids.
  std::string filter;
};

struct audit_record {
  std::int64_t id = 0;
  wall_time at{};
  std::string who;
  std::string login;  ///< of the database: the store knows it by itself
  std::string way;
  std::string action;   ///< as "stream.pause"
  std::string object;   ///< a name or a task id; "" = none, or many
  std::string details;  ///< a JSON object
  std::string result;   ///< "ok", or why it was not done
};

struct audit_filter {
  int limit = 50;                      ///< 1..1000
  std::optional<wall_time> since;      ///< not older than this
  std::optional<std::int64_t> before;  ///< cursor: ids below this; newest first
};
struct audit_page {
  std::vector<audit_record> items;
  std::optional<std::int64_t> next;  ///< cursor of the next page
};

}  // namespace weir
