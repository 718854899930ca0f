// The tokens that callers present: made once, shown once, kept as hashes.
//
// One line a token: NAME ROLE sha256:HEX TIME. A '#' begins a comment line. Tokens are 256 random bits, so that a plain
// hash is enough: there is nothing to guess.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/result.hpp>

#include "http/role.hpp"

namespace weir::http {

struct token_entry {
  std::string name;  ///< 1-64 printable characters without blanks
  role may = role::viewer;
  std::string hash;     ///< of the token, 64 hex digits
  std::string created;  ///< RFC 3339
};

/// A new token, "weir_" and 43 characters of A-Z a-z 0-9 - _.
std::string make_token();
/// SHA-256, in hex.
std::string token_hash(std::string_view token);

/// @errors invalid: names the line and what is wrong; also a name twice.
result<std::vector<token_entry>> parse_tokens(std::string_view text);
std::string tokens_text(const std::vector<token_entry>& entries);

/// @errors not_found (no such file), invalid
result<std::vector<token_entry>> read_tokens(const std::string& path);
/// Changes what the file holds; one that is not there holds nothing. It is read, changed and replaced as a whole, for
/// its owner alone to read, while nobody else does so (a lock on its folder). Blocks while somebody does.
/// @errors invalid (what is there), unavailable (says why it cannot be written), those of `change`: nothing is written
result<void> change_tokens(const std::string& path,
                           const std::function<result<void>(std::vector<token_entry>&)>& change);

/// The entry whose token this is. Takes as long whichever it is.
const token_entry* find_token(const std::vector<token_entry>& entries, std::string_view token);

}  // namespace weir::http
