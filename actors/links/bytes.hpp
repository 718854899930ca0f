// Numbers and texts as bytes, big-endian: what this folder's protocols are written in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::actors::links {

template <class Number>
void put(std::string& to, Number value) {
  const auto bits = static_cast<std::uint64_t>(value);
  for (std::size_t at = sizeof value; at-- > 0;) to.push_back(static_cast<char>((bits >> (8 * at)) & 0xffU));
}

/// A text of at most 65,535 bytes behind its length, u16.
inline void put_text(std::string& to, std::string_view text) {
  put(to, static_cast<std::uint16_t>(text.size()));
  to.append(text);
}

/// Takes fields off the front; once something is missing, everything that follows is.
class byte_reader {
 public:
  explicit byte_reader(std::string_view bytes) : bytes_(bytes) {}

  bool complete() const { return complete_; }
  bool at_end() const { return bytes_.empty(); }

  /// @param bytes  its width, 1 to 8
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char byte : take(bytes)) value = (value << 8U) | static_cast<unsigned char>(byte);
    return value;
  }
  std::string_view take(std::size_t bytes) {
    if (bytes > bytes_.size()) {
      complete_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, bytes);
    bytes_.remove_prefix(bytes);
    return taken;
  }
  /// A text behind its length.
  /// @param width  of that length, bytes
  std::string text(std::size_t width) { return std::string{take(static_cast<std::size_t>(number(width)))}; }

 private:
  std::string_view bytes_;
  bool complete_ = true;
};

}  // namespace weir::actors::links
