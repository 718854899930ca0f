// Lexical work on JSON that a parser has accepted before: only strings and nesting matter.
#include "app/cli/json_text.hpp"

#include "domain/parser_complaint.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void skip_blanks(std::string_view text, std::size_t& at) {
  while (at < text.size() && is_blank(text[at])) ++at;
}

// `at` stands on the opening quote; moves behind the closing one.
void skip_string(std::string_view text, std::size_t& at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      break;
  }
  at = std::min(at + 1, text.size());
}

void skip_value(std::string_view text, std::size_t& at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      skip_string(text, at);
      if (depth == 0) return;
      --at;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return;
      if (--depth == 0) {
        ++at;
        return;
      }
    } else if (depth == 0 && (c == ',' || is_blank(c))) {
      return;
    }
  }
}

std::string complaint_of(std::string_view json) {
  try {
    [[maybe_unused]] const auto value = nlohmann::json::parse(json);
  } catch (const nlohmann::json::exception& problem) {
    return domain::json_complaint(problem.what());
  }
  return "unknown";
}

void indent(std::string& out, int depth) {
  out.push_back('\n');
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
}

}  // namespace

std::string compact(const ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string pretty(std::string_view json) {
  std::string out;
  int depth = 0;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t from = at;
      skip_string(json, at);
      out.append(json.substr(from, at - from));
      continue;
    }
    ++at;
    if (is_blank(c)) continue;
    if (c == '{' || c == '[') {
      out.push_back(c);
      skip_blanks(json, at);
      if (at < json.size() && (json[at] == '}' || json[at] == ']'))
        out.push_back(json[at++]);
      else
        indent(out, ++depth);
    } else if (c == '}' || c == ']') {
      indent(out, --depth);
      out.push_back(c);
    } else if (c == ',') {
      out.push_back(c);
      indent(out, depth);
    } else if (c == ':') {
      out += ": ";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string squeezed(std::string_view json) {
  std::string out;
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t from = at;
    if (json[at] == '"')
      skip_string(json, at);
    else if (is_blank(json[at++]))
      continue;
    out.append(json.substr(from, at - from));
  }
  return out;
}

result<std::vector<json_member>> object_members(std::string_view json) {
  // The library takes a NUL for the end of its input: what is behind it would be passed over.
  if (const auto nul = json.find('\0'); nul != std::string_view::npos)
    return error{errc::invalid, "not valid JSON: there is a NUL at byte " + std::to_string(nul + 1)};
  if (!nlohmann::json::accept(json)) return error{errc::invalid, "not valid JSON: " + complaint_of(json)};
  std::size_t at = 0;
  skip_blanks(json, at);
  if (json[at] != '{') return error{errc::invalid, "not a JSON object; write {\"name\": \"...\", ...}"};
  std::vector<json_member> out;
  for (++at;;) {
    skip_blanks(json, at);
    if (json[at] == '}') return out;
    if (json[at] == ',') {
      ++at;
      continue;
    }
    const std::size_t name_from = at;
    skip_string(json, at);
    auto name = string_value(json.substr(name_from, at - name_from)).value_or("");
    skip_blanks(json, at);
    ++at;  // the colon
    skip_blanks(json, at);
    const std::size_t from = at;
    skip_value(json, at);
    for (const auto& earlier : out) {
      if (earlier.name == name)
        return error{errc::invalid, "member " + domain::in_quotes(name) + " is given twice"};
    }
    out.push_back({std::move(name), json.substr(from, at - from)});
  }
}

std::optional<std::string> string_value(std::string_view json) {
  const auto value = nlohmann::json::parse(json, nullptr, false);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

}  // namespace weir::app
