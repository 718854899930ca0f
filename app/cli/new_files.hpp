// Several new files that belong together: all are made, or none.
#pragma once

#include <string>
#include <vector>

#include <weir/result.hpp>

namespace weir::app {

struct new_file {
  std::string path;
  std::string text;
  bool secret = false;  ///< for its owner's eyes only: mode 0600, else 0644
};

/// Makes the folder that they are in, if need be, and the files. Nothing is overwritten.
/// @errors conflict: one of them exists; invalid: one can't be made, and why. None is left then.
result<void> make_files(const std::string& folder, const std::vector<new_file>& files);

/// A text file of at most 1 MiB.
/// @errors not_found; invalid: it can't be read, or is larger
result<std::string> read_text_file(const std::string& path);

}  // namespace weir::app
