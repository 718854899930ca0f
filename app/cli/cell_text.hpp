// Text as a terminal shows it: how wide it is, how it is cut, how it is coloured.
//
// Everything that came from outside (names, keys, messages) goes through `printable`: a task's message
// must not move the cursor of whoever lists it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::app {

enum class look { plain, bold, dim, green, yellow, red, cyan };

/// A piece of a line in one look.
struct span {
  span(std::string words, look how = look::plain)
      : text(std::move(words)), style(how) {}  // NOLINT(google-explicit-constructor)
  span(const char* words, look how = look::plain)
      : text(words), style(how) {}  // NOLINT(google-explicit-constructor)

  std::string text;
  look style;
};
using line = std::vector<span>;

/// Columns that `text` (UTF-8) takes: 2 for wide characters, 0 for combining ones.
int display_width(std::string_view text);
int display_width(const line& spans);

/// `text` in at most `width` columns; what was cut ends in "…".
std::string clip(std::string_view text, int width);

/// Control characters, direction overrides and broken UTF-8 replaced: one line, safe for a terminal.
std::string printable(std::string_view text);

/// The line as bytes, cut to `width` columns (0 = not cut), with colours only if `colour`.
std::string paint(const line& spans, bool colour, int width = 0);

}  // namespace weir::app
