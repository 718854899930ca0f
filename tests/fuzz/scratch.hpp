// A folder of this process with one file in it, for what is read by path.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "hold.hpp"

namespace weir::fuzz {

/// Is removed when the process ends well.
class scratch {
 public:
  explicit scratch(const std::string& file) {
    std::string name = (std::filesystem::temp_directory_path() / "weir-fuzz-XXXXXX").string();
    hold(::mkdtemp(name.data()) != nullptr, "a folder for files can be made");
    folder_ = name;
    path_ = folder_ + "/" + file;
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  void write(std::string_view text) const {
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    hold(file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
         "a file can be written");
    ::close(file);
  }
  const std::string& folder() const { return folder_; }
  const std::string& path() const { return path_; }

 private:
  std::string folder_;
  std::string path_;
};

}  // namespace weir::fuzz
