// Answers are the same until the program changes: a browser asks each time whether its copy is still right, and is
// told so by 304.
#include "app/api/web_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace weir::app {

namespace {

/// Scripts, styles and data of this place alone, nothing written inside the page; nobody may frame it.
constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string type_of(std::string_view path) {
  const auto ending = path.substr(path.rfind('.') + 1);
  if (ending == "js") return "text/javascript; charset=utf-8";
  if (ending == "css") return "text/css; charset=utf-8";
  if (ending == "svg") return "image/svg+xml";
  return "text/html; charset=utf-8";
}

/// The path below web/ that a request means; "" = none.
std::string wanted_path(const std::vector<std::string>& path) {
  if (path.empty() || (path.size() == 1 && path[0].empty())) return "index.html";
  if (path.size() < 2 || path[0] != "assets") return {};
  std::string out;
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i].empty() || path[i].front() == '.' || path[i].find('/') != std::string::npos) return {};
    out += (i == 1 ? "" : "/") + path[i];
  }
  return out;
}

http::reply headed(std::string_view path) {
  http::reply out;
  out.type = type_of(path);
  out.headers = {{"Content-Security-Policy", policy},
                 {"Cross-Origin-Opener-Policy", "same-origin"},
                 {"Referrer-Policy", "no-referrer"},
                 {"Cache-Control", "no-cache"},
                 {"Vary", "Accept-Encoding"}};
  return out;
}

std::optional<http::reply> from_folder(const char* folder, const std::string& path) {
  std::ifstream file(std::filesystem::path(folder) / path, std::ios::binary);
  if (!file) return std::nullopt;
  http::reply out = headed(path);
  out.body.assign(std::istreambuf_iterator<char>(file), {});
  return out;
}

http::reply from_program(const web_file& file, const http::request& asked) {
  http::reply out = headed(file.path);
  const bool zip = asked.header("accept-encoding").find("gzip") != std::string::npos;
  const std::string tag = '"' + std::string{file.hash} + (zip ? "-gzip\"" : "\"");
  out.headers.emplace_back("ETag", tag);
  if (asked.header("if-none-match").find(tag) != std::string::npos) {
    out.status = 304;
    return out;
  }
  if (zip) out.headers.emplace_back("Content-Encoding", "gzip");
  out.body = zip ? file.zipped : file.plain;
  return out;
}

}  // namespace

std::optional<http::reply> web_reply(const http::request& asked, const std::string& base_path) {
  if (asked.method != "GET") return std::nullopt;
  const std::string path = wanted_path(asked.path);
  if (path.empty()) return std::nullopt;
  if (asked.path.empty() && base_path.back() != '/') {
    // The page's own addresses are relative, so it must be at a folder.
    http::reply out = headed(path);
    out.status = 308;
    out.headers.emplace_back("Location", base_path + "/");
    return out;
  }
  if (const char* folder = std::getenv("WEIR_WEB_DIR")) return from_folder(folder, path);
  for (std::size_t i = 0; i < web_file_count; ++i) {
    if (web_files[i].path == path) return from_program(web_files[i], asked);
  }
  return std::nullopt;
}

}  // namespace weir::app
