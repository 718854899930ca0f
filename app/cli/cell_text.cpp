// UTF-8 by hand, widths from the C library's table of the C.UTF-8 locale (built into glibc).
#include "app/cli/cell_text.hpp"

#include <clocale>
#include <cwchar>

#include "domain/utf8.hpp"

namespace weir::app {

namespace {

constexpr char32_t broken = 0xFFFD;

// Reads one character at `at` and moves past it; anything invalid is one byte of `broken`.
char32_t next_character(std::string_view text, std::size_t& at) {
  return domain::next_code_point(text, at).value_or(broken);
}

void append(std::string& out, char32_t c) {
  const auto put = [&](char32_t bits) { out.push_back(static_cast<char>(static_cast<unsigned char>(bits))); };
  if (c < 0x80) {
    put(c);
    return;
  }
  if (c < 0x800) {
    put(0xC0U | (c >> 6U));
    put(0x80U | (c & 0x3FU));
    return;
  }
  if (c < 0x10000) {
    put(0xE0U | (c >> 12U));
    put(0x80U | ((c >> 6U) & 0x3FU));
    put(0x80U | (c & 0x3FU));
    return;
  }
  put(0xF0U | (c >> 18U));
  put(0x80U | ((c >> 12U) & 0x3FU));
  put(0x80U | ((c >> 6U) & 0x3FU));
  put(0x80U | (c & 0x3FU));
}

int width_of(char32_t c) {
  if (c < 0x80) return c < 0x20 || c == 0x7F ? 0 : 1;
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (utf8 == nullptr) return 1;
  const locale_t before = ::uselocale(utf8);
  const int width = ::wcwidth(static_cast<wchar_t>(c));
  ::uselocale(before);
  return width < 0 ? 1 : width;
}

bool turns_text_around(char32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
}

const char* opening(look style) {
  switch (style) {
    case look::plain: return "";
    case look::bold: return "\x1b[1m";
    case look::dim: return "\x1b[2m";
    case look::green: return "\x1b[32m";
    case look::yellow: return "\x1b[33m";
    case look::red: return "\x1b[31m";
    case look::cyan: return "\x1b[36m";
  }
  return "";
}

}  // namespace

int display_width(std::string_view text) {
  int width = 0;
  for (std::size_t at = 0; at < text.size();) width += width_of(next_character(text, at));
  return width;
}

int display_width(const line& spans) {
  int width = 0;
  for (const auto& piece : spans) width += display_width(piece.text);
  return width;
}

std::string clip(std::string_view text, int width) {
  if (width <= 0) return {};
  if (display_width(text) <= width) return std::string{text};
  std::string out;
  int used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const int wide = width_of(next_character(text, at));
    if (used + wide > width - 1) break;
    used += wide;
    out.append(text.substr(from, at - from));
  }
  return out + "…";
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (c == '\n' || c == '\t' || c == '\r')
      out.push_back(' ');
    else if (c < 0x20 || (c >= 0x7F && c < 0xA0) || turns_text_around(c))
      append(out, broken);
    else
      append(out, c);
  }
  return out;
}

std::string paint(const line& spans, bool colour, int width) {
  std::string out;
  int left = width;
  const bool cut = width > 0 && display_width(spans) > width;
  for (const auto& piece : spans) {
    std::string text = piece.text;
    if (cut) {
      const int wide = display_width(text);
      // a piece that exactly fills the line still has to give a column to the "…" of what follows
      const bool last = wide >= left;
      if (last) text = wide == left ? clip(text + " ", left) : clip(text, left);
      left -= display_width(text);
    }
    const bool painted = colour && piece.style != look::plain && !text.empty();
    if (painted) out += opening(piece.style);
    out += text;
    if (painted) out += "\x1b[0m";
    if (cut && left <= 0) break;
  }
  return out;
}

}  // namespace weir::app
