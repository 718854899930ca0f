// The environment and the flags into the book: names of variables into places of keys.
#pragma once

#include <map>
#include <string>

#include "config/book.hpp"

namespace weir::config {

/// WEIR_SECTION__KEY of `environment`, WEIR_DATABASE_URL and DATABASE_URL. Names that the user chose
/// (streams, actions) are matched without regard to case against those already in the book, else taken
/// in lower case. WEIR_ names without "__" are left alone.
void read_environment(const std::map<std::string, std::string>& environment, book& into);

/// Flags by the place of their key; flags that are no key are mistakes.
void read_flags(const std::map<std::string, std::string>& flags, book& into);

}  // namespace weir::config
