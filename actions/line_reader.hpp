// Output of a program, bounded: lines as they come, or the last one at the end.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace weir::actions {

/// Cuts a byte stream into lines; a longer line than `max_bytes` is handed out in its first so many bytes.
class line_cutter {
 public:
  using on_line = std::function<void(const std::string&)>;

  line_cutter(std::size_t max_bytes, on_line each) : max_bytes_(max_bytes), each_(std::move(each)) {}

  void feed(std::string_view bytes);
  /// The last line, if it did not end in a newline.
  void finish();

 private:
  const std::size_t max_bytes_;
  const on_line each_;
  std::string line_;
};

/// Keeps the end of a byte stream.
class tail {
 public:
  explicit tail(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void feed(std::string_view bytes);
  /// The last line that is not blank, without surrounding blanks; "" if there is none.
  std::string last_line() const;

 private:
  const std::size_t max_bytes_;
  std::string kept_;
};

}  // namespace weir::actions
