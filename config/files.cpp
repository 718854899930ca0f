// Finding and reading files.
#include "config/files.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "domain/task_bounds.hpp"

namespace weir::config {

namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20U;
constexpr const char* system_file = "/etc/weir/weir.toml";

std::string working_directory(const sources& from) {
  if (!from.working_directory.empty()) return from.working_directory;
  std::error_code failure;
  const auto here = std::filesystem::current_path(failure);
  return failure ? "/" : here.string();
}

bool exists(const std::string& path) {
  std::error_code failure;
  return std::filesystem::exists(path, failure) || failure;  // an answer of "no permission" is not "absent"
}

}  // namespace

result<std::string> read_small_file(const std::string& path) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) return error{errc::invalid, "is a folder, not a file"};
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  if (!in) {
    const int why = errno;
    if (why == ENOENT) return error{errc::not_found, "does not exist"};
    return error{errc::invalid, std::string{"can't be read: "} + std::strerror(why)};
  }
  std::string text(largest_file + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return error{errc::invalid, "can't be read to its end"};
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > largest_file) return error{errc::invalid, "is larger than 1 MiB"};
  return text;
}

std::string resolved(const std::string& folder, const std::string& path) {
  return (std::filesystem::path{folder} / path).lexically_normal().string();
}

config_file find_file(const sources& from, book& into) {
  const std::string here = working_directory(from);
  config_file found{"", here, ""};
  place blamed{place::layer::flag, 0, 0, "--config"};
  const auto variable = from.environment.find("WEIR_CONFIG");
  if (from.file) {
    found.name = *from.file;
  } else if (variable != from.environment.end() && !variable->second.empty()) {
    found.name = variable->second;
    blamed = {place::layer::environment, 0, 0, "WEIR_CONFIG"};
  } else if (exists(resolved(here, "weir.toml"))) {
    found.name = "weir.toml";
    blamed = {place::layer::file, 0, 0, found.name};
  } else if (exists(system_file)) {
    found.name = system_file;
    blamed = {place::layer::file, 0, 0, found.name};
  } else {
    return found;
  }
  const std::string full = resolved(here, found.name);
  auto text = found.name.empty() ? error{errc::invalid, "is an empty name"} : read_small_file(full);
  if (!text.ok()) {
    into.blame(blamed, "the configuration file \"" + found.name + "\" " + text.error().message);
    found.name.clear();
    found.whole = false;
    return found;
  }
  found.folder = std::filesystem::path{full}.parent_path().string();
  found.text = std::move(*text);
  return found;
}

void read_twins(book& into, const std::string& folder) {
  std::vector<key_path> unread;
  for (const auto& [path, held] : into.values()) {
    if (!held.twin) continue;
    auto* value = into.find(path);
    const std::string name = joined(path) + "_file";
    if (!value->value.is_string() || value->value.get_ref<const std::string&>().empty()) {
      into.blame(held.at_value, "'" + name + "' must be the path of a file");
      unread.push_back(path);
      continue;
    }
    const auto& file = value->value.get_ref<const std::string&>();
    auto text = read_small_file(resolved(folder, file));
    if (!text.ok()) {
      into.blame(held.at_value,
                 "'" + name + "': the file " + domain::in_quotes(file) + " " + text.error().message);
      unread.push_back(path);
      continue;
    }
    const auto first = text->find_first_not_of(" \t\r\n");
    const auto last = text->find_last_not_of(" \t\r\n");
    if (first == std::string::npos) {
      into.blame(held.at_value, "'" + name + "': the file " + domain::in_quotes(file) + " is empty");
      unread.push_back(path);
      continue;
    }
    value->value = text->substr(first, last - first + 1);
  }
  for (const auto& path : unread) into.remove(path);
}

}  // namespace weir::config
