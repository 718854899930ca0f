// What every target says with: a property that holds, or the end of the process, which keeps the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <weir/result.hpp>

#include "domain/utf8.hpp"

/// The one function of a target: libFuzzer's, and driver.cpp's. Always 0.
// NOLINTNEXTLINE(readability-identifier-naming): its name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace weir::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(data), size};
}

/// Ends the process with `what` unless it is so.
inline void hold(bool truth, const char* what) {
  if (truth) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// A message for people: one line of valid UTF-8 that moves no cursor, and no flood of what was refused.
inline void hold_message(std::string_view message) {
  hold(!message.empty(), "a refusal says why");
  hold(message.size() <= 4096, "a message is at most 4 KiB long");
  hold(!domain::first_invalid_utf8(message), "a message is valid UTF-8");
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    hold(byte >= 0x20 && byte != 0x7f, "a message has no control characters");
  }
}

inline void hold_refused(const error& why) {
  hold(why.code == errc::invalid, "bad input is refused as invalid");
  hold_message(why.message);
}

/// The parts of `text` between marks; with N marks N + 1 of them.
inline std::vector<std::string_view> parts(std::string_view text, char mark) {
  std::vector<std::string_view> found;
  for (;;) {
    const std::size_t end = text.find(mark);
    found.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return found;
    text.remove_prefix(end + 1);
  }
}

}  // namespace weir::fuzz
