#include "config/starter.hpp"

#include <algorithm>

namespace weir::config {

namespace {

constexpr std::size_t widest = 100;

constexpr const char* introduction =
    R"(# weir.toml: every key, with its default or an example of what may stand there. Take the # away from what you
# need. `weir config check` finds every mistake at once; `weir config show --origin` says what is in force.
)";

/// Sentences as comment lines.
std::string comment(std::string_view text) {
  std::string out;
  std::string line = "#";
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (line.size() + 1 + end > widest) {
      out += line + "\n";
      line = "#";
    }
    line += " " + std::string{text.substr(0, end)};
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + line + "\n";
}

/// What a section of the user's naming is called in the file.
const char* name_in(std::string_view section) {
  if (section == "stream.*") return "mail";
  return section == "action.*" ? "send_mail" : "nightly";
}

std::string heading(const section& part) {
  std::string name{part.path};
  const auto star = name.find('*');
  if (star == std::string::npos) return "\n" + comment(part.sentence) + "[" + name + "]\n";
  name.replace(star, 1, name_in(part.path));
  return "\n" + comment(part.sentence) + "#[" + name + "]\n";
}

/// Where there is no literal default.
const char* example_by_kind(const key& rule) {
  switch (rule.type) {
    case kind::database: return "\"postgres://weir@127.0.0.1/weir\"";
    case kind::web: return "\"https://partner.example/hook\"";
    case kind::mail: return "\"audit@example.org\"";
    case kind::path: return "\"PATH\"";
    case kind::listen: return "\"127.0.0.1:7711\"";
    case kind::duration: return "\"30s\"";
    case kind::durations: return R"(["1m", "10m", "1h"])";
    case kind::rate: return "\"10/s\"";
    case kind::words: return R"(["./program", "argument"])";
    case kind::uuid: return "\"4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e\"";
    case kind::cron: return "\"0 2 * * *\"";
    case kind::integer: return "16";
    default: return "\"text\"";
  }
}

}  // namespace

std::string example_of(const key& rule) {
  const bool literal = !rule.preset.empty() && rule.preset.front() != '(';
  if (literal) {
    const bool bare = rule.type == kind::integer || rule.type == kind::boolean;
    if (rule.type == kind::data) return "{}";
    return bare ? std::string{rule.preset} : "\"" + std::string{rule.preset} + "\"";
  }
  if (rule.type == kind::choice) return "\"" + split_choices(rule.choices).front() + "\"";
  return example_by_kind(rule);
}

std::string starter() {
  std::string out = introduction;
  for (const auto& part : all_sections()) {
    out += heading(part);
    const std::string start = std::string{part.path} + ".";
    for (const auto& row : all_keys()) {
      if (row.path.substr(0, start.size()) != start) continue;
      std::string name{row.path.substr(start.size())};
      if (const auto star = name.find('*'); star != std::string::npos) name.replace(star, 1, "name");
      const std::string only = row.only.empty() ? std::string{} : "(" + std::string{row.only} + ") ";
      out += comment(only + std::string{row.sentence}) + "#" + name + " = " + example_of(row) + "\n";
    }
  }
  return out;
}

}  // namespace weir::config
