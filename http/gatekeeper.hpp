// Who may: a token's role, and what a browser must not be talked into by other people's pages. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "http/role.hpp"
#include "http/token_file.hpp"

namespace weir::http {

/// @param tokens  null: nobody is asked for one, and only this machine can connect.
/// @param needs   of the route; nullopt: anybody.
/// @return the refusal; nullopt: go on, `asked.caller` and `asked.may` are set.
///
/// Without tokens the Host must be a name of this machine: a page of somebody else's whose name leads here (DNS
/// rebinding) is told 403. What changes something is refused from pages of other origins (Origin, Sec-Fetch-Site).
std::optional<reply> refuse(request& asked, const std::vector<token_entry>* tokens,
                            std::optional<role> needs);

}  // namespace weir::http
