// A recursive-descent reader of one flat JSON object, and the quoting for answers. See flat_json.hpp.
#include "flat_json.hpp"

#include <cctype>
#include <cstdio>

namespace partner {
namespace {

constexpr int deepest = 32;

class reader {
 public:
  explicit reader(const std::string& line) : line_(line) {}

  std::optional<fields> whole() {
    fields found;
    if (!object(&found, 0)) return std::nullopt;
    blanks();
    if (at_ != line_.size()) return std::nullopt;
    return found;
  }

 private:
  void blanks() {
    while (at_ < line_.size() && std::isspace(static_cast<unsigned char>(line_[at_])) != 0) ++at_;
  }
  bool take(char wanted) {
    blanks();
    if (at_ >= line_.size() || line_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  bool object(fields* into, int depth) {
    if (depth > deepest || !take('{')) return false;
    if (take('}')) return true;
    do {
      std::string name;
      std::string value;
      if (!string(name) || !take(':') || !any(value, depth)) return false;
      if (into != nullptr) (*into)[name] = value;
    } while (take(','));
    return take('}');
  }
  bool array(int depth) {
    if (depth > deepest || !take('[')) return false;
    if (take(']')) return true;
    do {
      std::string ignored;
      if (!any(ignored, depth)) return false;
    } while (take(','));
    return take(']');
  }
  bool any(std::string& value, int depth) {
    blanks();
    if (at_ >= line_.size()) return false;
    if (line_[at_] == '"') return string(value);
    if (line_[at_] == '{') return object(nullptr, depth + 1);
    if (line_[at_] == '[') return array(depth + 1);
    const std::size_t start = at_;
    while (at_ < line_.size() && (std::isalnum(static_cast<unsigned char>(line_[at_])) != 0 ||
                                  line_[at_] == '-' || line_[at_] == '+' || line_[at_] == '.')) {
      ++at_;
    }
    value = line_.substr(start, at_ - start);
    return !value.empty();
  }

  bool string(std::string& value) {
    if (!take('"')) return false;
    while (at_ < line_.size() && line_[at_] != '"') {
      if (line_[at_] != '\\') {
        value += line_[at_++];
      } else if (!escape(value)) {
        return false;
      }
    }
    return take('"');
  }
  bool escape(std::string& value) {
    if (++at_ >= line_.size()) return false;
    const char letter = line_[at_++];
    switch (letter) {
      case 'n': value += '\n'; return true;
      case 't': value += '\t'; return true;
      case 'r': value += '\r'; return true;
      case 'b': value += '\b'; return true;
      case 'f': value += '\f'; return true;
      case 'u': return unicode(value);
      case '"':
      case '\\':
      case '/': value += letter; return true;
      default: return false;
    }
  }
  // Surrogate pairs are written as two three-byte units: the partner only compares and repeats names.
  bool unicode(std::string& value) {
    if (at_ + 4 > line_.size()) return false;
    unsigned code = 0;
    for (int i = 0; i < 4; ++i) {
      const char digit = line_[at_++];
      if (std::isxdigit(static_cast<unsigned char>(digit)) == 0) return false;
      const int plain = std::tolower(static_cast<unsigned char>(digit));
      code = code * 16 + static_cast<unsigned>(plain <= '9' ? plain - '0' : plain - 'a' + 10);
    }
    if (code < 0x80) {
      value += static_cast<char>(code);
    } else if (code < 0x800) {
      value += static_cast<char>(0xC0U | (code >> 6U));
      value += static_cast<char>(0x80U | (code & 0x3FU));
    } else {
      value += static_cast<char>(0xE0U | (code >> 12U));
      value += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
      value += static_cast<char>(0x80U | (code & 0x3FU));
    }
    return true;
  }

  const std::string& line_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<fields> parse_line(const std::string& line) { return reader{line}.whole(); }

std::optional<std::int64_t> integer(const fields& from, const std::string& name) {
  const auto found = from.find(name);
  if (found == from.end() || found->second.empty() || found->second.size() > 18) return std::nullopt;
  for (const char c : found->second) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
  }
  return std::stoll(found->second);
}

std::string text(const fields& from, const std::string& name) {
  const auto found = from.find(name);
  return found == from.end() ? std::string{} : found->second;
}

std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace partner
