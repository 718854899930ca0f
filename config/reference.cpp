// The reference page: an introduction, then one table for each section.
#include "config/reference.hpp"

#include "config/key_table.hpp"
#include "config/value_check.hpp"

namespace weir::config {

namespace {

constexpr const char* introduction = R"(# Configuration

<!-- Made from config/keys.cpp; `UPDATE_GOLDEN=1` and the test `config_values` write it anew. -->

weir reads one TOML file, the environment and a few flags, and checks everything before it starts. An
annotated file with every section: [weir.example.toml](../config/weir.example.toml). `weir config check`
checks without a database; `weir config show --origin` prints each value in force and where it came from.
`weir config init` writes a first file with every key in it, commented out; `weir config schema` prints a JSON
Schema for editors.

## Where values come from

The file is the first of `--config FILE`, `$WEIR_CONFIG`, `./weir.toml`, `/etc/weir/weir.toml`; one that is
named must exist. A flag beats the environment, the environment beats the file, the file beats the defaults.

Every key is also a variable: `WEIR_SECTION__KEY`, e.g. `WEIR_CLUSTER__TTL=6s`, and below a name
`WEIR_STREAM__NETSUITE__MODE=single`. Names of streams, actions and schedules match those of the file without
regard to case; new ones are taken in lower case. Lists are written as in TOML
(`WEIR_ACTION__SYNC__COMMAND='["./sync", "--fast"]'`). Variables without `__` are left alone, except these:
the database is `WEIR_DATABASE__URL`, `WEIR_DATABASE_URL` or `DATABASE_URL`, in this order (empty ones of the
last two don't count), and without any address libpq's own `PG*` variables hold.

Relative paths, and programs with a `/` in their name, start at the file's folder; without a file at the
working directory.

**Durations** are `500ms`, `30s`, `5m`, `2h`, `7d` or `1h30m`: never bare numbers. **Sizes** are `512B`,
`64KiB`, `1MiB`. **Names** have 1 to 64 printable characters.

**Secrets** are never shown. Each may stand in a file of its own: `url_file = "..."` instead of `url = "..."`,
blanks around its text dropped. The same goes for variables (`WEIR_DATABASE__URL_FILE`).

## Mistakes

All mistakes are reported at once, with their place, and weir ends with exit code 78:

```
weir.toml:3:10: error: 'node.weight' must be an integer from 0 to 1000, not "heavy"
weir.toml:7:1: error: unknown key "node.namee" (did you mean 'name'?)
WEIR_LOG__FORMAT: error: 'log.format' must be "auto", "text" or "json", not "jsn" (did you mean 'json'?)
```

## While a node runs

`weir config reload`, or a SIGHUP to the node's process, makes nodes read their configuration again. A file with a
mistake is refused as a whole, and the old one stays in force. Keys marked *Live* below are taken over at once; the
answer and the log name each other key that has changed and needs a restart. Environment and flags are those the
process was started with. Tokens need none of this: their file is looked at every second.

In the tables below, a value that does not fit says: *'key' must be* what stands under **takes**.
)";

// '|' would end a cell.
std::string cell(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '|') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string preset_text(const key& row) {
  if (row.preset.empty()) return "";
  if (row.preset.front() == '(') return cell(row.preset.substr(1, row.preset.size() - 2));
  return "`" + std::string{row.preset} + "`";
}

std::string heading(std::string_view section_path) {
  std::string name{section_path};
  if (const auto star = name.find('*'); star != std::string::npos) name.replace(star, 1, "NAME");
  return "\n## [" + name + "]\n\n";
}

std::string row_text(const key& row, std::string_view section_path) {
  std::string name{row.path.substr(section_path.size() + 1)};
  if (const auto star = name.find('*'); star != std::string::npos) name.replace(star, 1, "NAME");
  std::string meaning{row.sentence};
  if (!row.only.empty()) {
    std::string types;
    for (const auto& type : split_choices(row.only)) types += (types.empty() ? "" : ", ") + type;
    meaning = "(" + types + ") " + meaning;
  }
  if (row.live) meaning += " *Live.*";
  if (is_secret(row) && row.type != kind::header) meaning += " Also `" + name + "_file`.";
  return "| `" + name + "` | " + cell(expectation(row)) + " | " + preset_text(row) + " | " + cell(meaning) +
         " |\n";
}

// What one section's tables can't say.
constexpr const char* retry_notes = R"(
`retry` is one table: `{ every = "1m" }`, `{ backoff = ["1m", "10m", "1h"] }` or
`{ exponential = "1s", max = "1h" }`, each with `max_attempts` if wanted. Every type of action needs some
keys: exec `command`, http `url`, email `api_key`, cdc `controller` and `query`. What cdc does is on
[its own page](cdc.md).
)";

}  // namespace

std::string reference() {
  std::string page = introduction;
  for (const auto& part : all_sections()) {
    page += heading(part.path) + std::string{part.sentence} + "\n\n";
    page += "| key | takes | default | meaning |\n|---|---|---|---|\n";
    const std::string start = std::string{part.path} + ".";
    for (const auto& row : all_keys()) {
      if (row.path.substr(0, start.size()) == start) page += row_text(row, part.path);
    }
    if (part.path == "action.*") page += retry_notes;
  }
  return page;
}

}  // namespace weir::config
