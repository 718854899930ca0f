// The environment that weir hands on: the node's, without what only the node may know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::runner {

/// True for a variable by which weir finds its database: WEIR_DATABASE..., DATABASE_URL and libpq's own PG
/// names. A runner has no use for them, unless its stream
/// is a controller's (cdc).
bool names_database(std::string_view variable);

/// True for the variables by which systemd speaks to its service's own process (NOTIFY_SOCKET and the like).
bool names_service(std::string_view variable);

/// True for the database's variables, for those of the service, for what weir tells its runners (WEIR_RUNNER_...), and
/// for every other secret of the configuration (WEIR_X__Y__API_KEY, ..._SOURCE_URL, ..._PASSWORD and the like, with
/// their `_FILE` twins): what a program that an action starts does not get.
bool is_secret(std::string_view variable);

/// "NAME=value" of this process's environment, without those whose name `leave_out` says.
std::vector<std::string> environment_without(bool (*leave_out)(std::string_view));

/// Pointers to the texts and a null at the end, as exec wants them; valid while `texts` is unchanged.
std::vector<char*> pointers_to(const std::vector<std::string>& texts);

}  // namespace weir::runner
