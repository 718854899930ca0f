// A folder of one test's own, and loading a text as if it were the weir.toml in it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "config/load.hpp"

namespace weir::config::testing {

/// Is removed with everything in it.
class scratch_folder {
 public:
  scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-config-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "can't make " << name;
    path_ = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& text) const {
    const std::string full = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path{full}.parent_path());
    std::ofstream{full, std::ios::binary} << text;
    return full;
  }

 private:
  std::string path_;
};

using variables = std::map<std::string, std::string>;

/// Sources that take nothing from this machine but the folder.
inline sources sources_in(const scratch_folder& folder, variables environment = {}, variables flags = {}) {
  sources from;
  from.working_directory = folder.path();
  from.environment = std::move(environment);
  from.flags = std::move(flags);
  from.home = "/users/someone";
  from.root = false;
  from.hostname = "host-1";
  return from;
}

/// Loads `text` as weir.toml.
inline loaded load_text(const std::string& text, variables environment = {}, variables flags = {}) {
  const scratch_folder folder;
  folder.write("weir.toml", text);
  return load(sources_in(folder, std::move(environment), std::move(flags)));
}

/// load_text, and a failure of the test when there are mistakes.
inline node_config accepted(const std::string& text, variables environment = {}, variables flags = {}) {
  auto answer = load_text(text, std::move(environment), std::move(flags));
  EXPECT_EQ(describe(answer.mistakes), "") << text;
  return std::move(answer.config);
}

}  // namespace weir::config::testing
