// Fixed sections and streams; actions and schedules have files of their own.
#include "config/apply.hpp"

#include "config/apply_sections.hpp"
#include "config/value_check.hpp"
#include "domain/task_bounds.hpp"

namespace weir::config {

void check_values(book& values) {
  std::vector<key_path> refused;
  for (const auto& [path, held] : values.values()) {
    const std::string name = joined(path) + (held.twin ? "_file" : "");
    if (const auto wrong = complaint(*held.rule, name, held.value)) {
      values.blame(held.at_value, *wrong);
      refused.push_back(path);
    }
  }
  for (const auto& path : refused) values.remove(path);
  for (const auto& [path, held] : values.overruled()) {
    if (held.twin) continue;  // its file is not read
    if (const auto wrong = complaint(*held.rule, joined(path), held.value))
      values.blame(held.at_value, *wrong);
  }
}

bool check_section_name(book& values, const key_path& section, const std::string& what) {
  const auto checked = domain::check_name(what, section.back());
  if (!checked.ok()) values.blame(section, checked.error().message);
  return checked.ok();
}

namespace {

stream_declaration apply_stream(book& values, const filler& fill, const std::string& name) {
  stream_declaration stream;
  stream.name = name;
  const key_path mode{"stream", name, "mode"};
  // A forgotten mode must not let what needs one instance run everywhere.
  if (!values.mentions(mode) && name != "default") {
    values.blame({"stream", name},
                 "'" + joined({"stream", name}) + R"(' needs mode = "single" or "parallel")");
  }
  fill(mode, stream.mode);
  const bool single = stream.mode == stream_mode::single;
  stream.partitions = single ? 1 : defaults::partitions;
  stream.concurrency = single ? defaults::single_concurrency : defaults::parallel_concurrency;
  stream.where = single ? isolation::process : isolation::thread;
  visit_stream(stream, fill);
  if (single && stream.partitions != 1) {
    values.blame(
        {"stream", name, "partitions"},
        "'" + joined({"stream", name, "partitions"}) +
            "' must be 1: a single stream has one partition (remove the key, or use mode = \"parallel\")");
  }
  return stream;
}

void keep_stream_settings(const book& values, const std::string& name, node_config& config) {
  for (const key_path& key : {key_path{"on_deadline"},
                              {"retention", "done"},
                              {"retention", "failed"},
                              {"retention", "cancelled"}}) {
    key_path path{"stream", name};
    path.insert(path.end(), key.begin(), key.end());
    if (const auto* set = values.find(path))
      config.stream_settings[name][joined(key)] = plain_text(set->value);
  }
}

void note_origins(const book& values, node_config& config) {
  for (const auto& [path, held] : values.values()) {
    config.origins[joined(path)] = held.at_key.text();
  }
}

}  // namespace

node_config apply(book& values, const std::string& folder) {
  node_config config;
  const filler fill{values, folder};
  // One address for both, unless direct_url comes from as strong a source: else a lock would be taken in one
  // database for tasks of another.
  const key_path direct{"database", "direct_url"};
  const auto* url = values.find({"database", "url"});
  const auto* direct_url = values.find(direct);
  if (url != nullptr && direct_url != nullptr && direct_url->at_key.from < url->at_key.from) {
    config.notes.push_back("database.direct_url (" + direct_url->at_key.text() +
                           ") is not used: database.url comes from " + url->at_key.text());
    values.remove(direct);
  }
  visit_fields(config, fill);
  for (const auto& name : values.names_below({"stream"})) {
    if (!check_section_name(values, {"stream", name}, "stream")) continue;
    config.streams.push_back(apply_stream(values, fill, name));
    keep_stream_settings(values, name, config);
  }
  for (const auto& name : values.names_below({"action"})) {
    if (!check_section_name(values, {"action", name}, "action (task name)")) continue;
    config.actions.push_back(apply_action(values, fill, name));
  }
  for (const auto& name : values.names_below({"schedule"})) {
    if (!check_section_name(values, {"schedule", name}, "schedule")) continue;
    config.schedules.push_back(apply_schedule(values, fill, name));
  }
  note_origins(values, config);
  return config;
}

}  // namespace weir::config
