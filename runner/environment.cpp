// Filtering the environment by name; values are never looked at.
#include "runner/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace weir::runner {

namespace {

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}
bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// Everything libpq reads (chapter "Environment Variables" of its manual). Not by prefix: PGP_... is not its.
constexpr std::array<std::string_view, 36> libpq_names{"PGHOST",
                                                       "PGHOSTADDR",
                                                       "PGPORT",
                                                       "PGDATABASE",
                                                       "PGUSER",
                                                       "PGPASSWORD",
                                                       "PGPASSFILE",
                                                       "PGREQUIREPEER",
                                                       "PGREQUIREAUTH",
                                                       "PGCHANNELBINDING",
                                                       "PGSERVICE",
                                                       "PGSERVICEFILE",
                                                       "PGREALM",
                                                       "PGOPTIONS",
                                                       "PGAPPNAME",
                                                       "PGSSLMODE",
                                                       "PGREQUIRESSL",
                                                       "PGSSLCOMPRESSION",
                                                       "PGSSLCERT",
                                                       "PGSSLKEY",
                                                       "PGSSLROOTCERT",
                                                       "PGSSLCRL",
                                                       "PGSSLCRLDIR",
                                                       "PGSSLSNI",
                                                       "PGSSLCERTMODE",
                                                       "PGGSSENCMODE",
                                                       "PGKRBSRVNAME",
                                                       "PGGSSLIB",
                                                       "PGSYSCONFDIR",
                                                       "PGCONNECT_TIMEOUT",
                                                       "PGCLIENTENCODING",
                                                       "PGTARGETSESSIONATTRS",
                                                       "PGLOADBALANCEHOSTS",
                                                       "PGDATESTYLE",
                                                       "PGTZ",
                                                       "PGGEQO"};

// Addresses may carry a password or a token.
constexpr std::array<std::string_view, 7> secret_endings{"API_KEY", "PASSWORD", "SECRET", "TOKEN",
                                                         "TOKENS",  "_URL",     "__KEY"};
// Any header of an action's requests may be a credential, whatever it is called.
constexpr std::string_view headers = "__HEADERS__";

}  // namespace

bool names_database(std::string_view variable) {
  return starts_with(variable, "WEIR_DATABASE") || variable == "DATABASE_URL" ||
         std::find(libpq_names.begin(), libpq_names.end(), variable) != libpq_names.end();
}

bool names_service(std::string_view variable) {
  return variable == "NOTIFY_SOCKET" || variable == "WATCHDOG_PID" || variable == "WATCHDOG_USEC";
}

bool is_secret(std::string_view variable) {
  if (names_database(variable) || names_service(variable) || starts_with(variable, "WEIR_RUNNER_"))
    return true;
  if (!starts_with(variable, "WEIR_")) return false;
  if (variable.find(headers) != std::string_view::npos) return true;
  if (ends_with(variable, "_FILE")) variable.remove_suffix(5);
  return std::any_of(secret_endings.begin(), secret_endings.end(),
                     [&](std::string_view ending) { return ends_with(variable, ending); });
}

std::vector<std::string> environment_without(bool (*leave_out)(std::string_view)) {
  std::vector<std::string> kept;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry{*at};
    if (!leave_out(entry.substr(0, entry.find('=')))) kept.emplace_back(entry);
  }
  return kept;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace weir::runner
