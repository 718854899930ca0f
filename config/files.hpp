// Which configuration file is read, what is in it, and paths that start at its folder.
#pragma once

#include <optional>
#include <string>

#include <weir/result.hpp>

#include "config/book.hpp"
#include "config/load.hpp"

namespace weir::config {

/// The whole of a text file of at most 1 MiB.
/// @errors not_found, invalid (a folder, no permission, too large): a sentence without the path.
result<std::string> read_small_file(const std::string& path);

struct config_file {
  std::string name;    ///< as messages call it; "" = there is none
  std::string folder;  ///< absolute; where relative paths start
  std::string text;
  bool whole = true;  ///< false: it exists, or was named, and could not be read
};

/// The first of from.file, $WEIR_CONFIG, ./weir.toml, /etc/weir/weir.toml. One that is named and can't
/// be read is blamed in `into`.
config_file find_file(const sources& from, book& into);

/// `path` as an absolute path that starts at `folder`, without `.` and `..` where they can be folded.
std::string resolved(const std::string& folder, const std::string& path);

/// The text of the file that a `*_file` key names goes into its key. What can't be read is blamed, and
/// the key is removed.
void read_twins(book& into, const std::string& folder);

}  // namespace weir::config
