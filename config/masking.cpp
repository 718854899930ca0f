// Passwords are found by the places where addresses keep them, not by parsing the address: an address
// that is malformed must not leak either.
#include "config/masking.hpp"

#include <array>

namespace weir::config {

namespace {

std::string lower(std::string_view text) {
  std::string low{text};
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return low;
}

// Everything from the first ':' after "://" to the last '@': a password may itself hold '@', ':' and '/'.
std::string without_user_password(std::string address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string::npos) return address;
  const std::size_t at = address.rfind('@');
  const std::size_t colon = address.find(':', scheme + 3);
  if (at == std::string::npos || colon == std::string::npos || colon > at) return address;
  return address.replace(colon + 1, at - colon - 1, mask);
}

constexpr std::string_view ends_of_value = "& \t\r\n#";

// Where the value that starts at `begin` ends: libpq words may be quoted, parameters end at '&'.
std::size_t value_end(std::string_view text, std::size_t begin) {
  if (begin < text.size() && text[begin] == '\'') {
    for (std::size_t i = begin + 1; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '\'') {
        // What goes on behind the quote is malformed: it may be the rest of the password.
        const bool ends = i + 1 == text.size() || ends_of_value.find(text[i + 1]) != std::string_view::npos;
        return ends ? i + 1 : text.size();
      }
    }
    return text.size();
  }
  const std::size_t end = text.find_first_of(ends_of_value, begin);
  return end == std::string_view::npos ? text.size() : end;
}

std::string without_parameters(std::string address) {
  for (const std::string_view word :
       {"password", "passwd", "passcode", "secret", "token", "api_key", "apikey", "signature"}) {
    for (std::size_t at = lower(address).find(word); at != std::string::npos;) {
      std::size_t sign = at + word.size();
      while (sign < address.size() && (address[sign] == ' ' || address[sign] == '\t')) ++sign;
      std::size_t next = sign;
      if (sign < address.size() && address[sign] == '=') {
        std::size_t begin = sign + 1;
        while (begin < address.size() && (address[begin] == ' ' || address[begin] == '\t')) ++begin;
        address.replace(begin, value_end(address, begin) - begin, mask);
        next = begin + mask.size();
      }
      at = lower(address).find(word, next);
    }
  }
  return address;
}

}  // namespace

std::string masked_address(std::string_view address) {
  return without_parameters(without_user_password(std::string{address}));
}

bool is_credential_header(std::string_view name) {
  const std::string low = lower(name);
  constexpr std::array<std::string_view, 8> marks{"auth",   "token",     "key",      "secret",
                                                  "cookie", "signature", "password", "credential"};
  for (const auto word : marks) {
    if (low.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace weir::config
