// The dashboard's files, which are part of the program: cmake/EmbedWeb.cmake makes their table from web/.
//
// Nobody is asked for a token here: the files are the same for everyone, and what they show they ask of the API.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace weir::app {

struct web_file {
  std::string_view path;  ///< below web/: "pages/cluster.js"
  std::string_view hash;  ///< of its content
  std::string_view plain;
  std::string_view zipped;  ///< gzip
};

/// All of them.
extern const web_file web_files[];
extern const std::size_t web_file_count;

/// The page at the base path and what it loads from below assets/; nullopt: no file is there.
/// Where WEIR_WEB_DIR names a folder, files come from there, read anew each time: for work on the dashboard.
std::optional<http::reply> web_reply(const http::request& asked, const std::string& base_path);

}  // namespace weir::app
