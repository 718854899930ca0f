// Commands that mend a database, ready to be copied.
#pragma once

#include <string>
#include <vector>

#include "drivers/postgres/examination.hpp"

namespace weir::app {

/// `psql` that runs each statement by itself, as this login if it is a superuser, else as `postgres`.
/// @param as_owner  the login is enough, whoever it is
std::string psql(const postgres::examination& at, const std::vector<std::string>& statements,
                 bool as_owner = false);

/// Puts a setting right where it was set wrong.
std::string setting_fix(const postgres::examination& at, const std::string& name, const std::string& value);

/// Statements for it, as people type them.
namespace mend {
std::string reload_settings();
std::string end_session(int pid);
std::string drop_slot(const std::string& slot);
std::string no_limit_of_login(const std::string& login);
std::string no_limit_of_database(const std::string& database);
std::string watch_table(const std::string& table);
std::string drop_index(const std::string& index);
std::string make_room(const std::string& schema);
}  // namespace mend

/// "database weir at 127.0.0.1:5432"
std::string place_of(const postgres::examination& at);

/// An identifier in double quotes where it needs them, a text in single ones.
std::string sql_name(const std::string& name);
std::string sql_text(const std::string& text);

}  // namespace weir::app
