// Pieces of apply: how a checked value becomes a field, and the sections of actions and schedules.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/book.hpp"
#include "config/fields.hpp"
#include "config/files.hpp"
#include "config/formats.hpp"
#include "domain/duration_text.hpp"
#include "domain/names.hpp"
#include "domain/start_pace.hpp"

namespace weir::config {

/// A value as text: itself for text, JSON for the rest.
std::string plain_text(const nlohmann::json& value);

/// Writes the value at a path, if there is one, into a field. Values must have passed check_values.
class filler {
 public:
  filler(const book& values, const std::string& folder) : values_(values), folder_(folder) {}

  template <class Field>
  void operator()(const key_path& path, Field& field) const {
    if (const auto* held = values_.find(path)) set(*held, field);
  }
  /// Every name below `path`.
  void operator()(const key_path& path, std::map<std::string, std::string>& field) const {
    for (const auto& name : values_.names_below(path)) {
      key_path each = path;
      each.push_back(name);
      if (const auto* held = values_.find(each)) set(*held, field[name]);
    }
  }

  const std::string& folder() const { return folder_; }

 private:
  using text = std::string;

  void set(const setting& held, text& field) const {
    field = plain_text(held.value);
    if (held.rule->type == kind::path) field = resolved(folder_, field);
  }
  void set(const setting& held, std::chrono::milliseconds& field) const {
    field = domain::parse_duration(held.value.get_ref<const text&>()).value();
  }
  void set(const setting& held, start_rate& field) const {
    field = domain::parse_rate(held.value.get_ref<const text&>()).value();
  }
  void set(const setting& held, std::size_t& field) const {
    field = parse_size(held.value.get_ref<const text&>()).value();
  }
  void set(const setting& held, int& field) const { field = held.value.get<int>(); }
  void set(const setting& held, bool& field) const { field = held.value.get<bool>(); }
  void set(const setting& held, stream_mode& field) const {
    field = parse_stream_mode(held.value.get_ref<const text&>()).value();
  }
  void set(const setting& held, pin_policy& field) const {
    field = parse_pin_policy(held.value.get_ref<const text&>()).value();
  }
  void set(const setting& held, isolation& field) const {
    field = parse_isolation(held.value.get_ref<const text&>()).value();
  }
  void set(const setting& held, missed_policy& field) const {
    field = parse_missed_policy(held.value.get_ref<const text&>()).value();
  }
  void set(const setting& held, std::vector<text>& field) const {
    field = held.value.get<std::vector<text>>();
  }
  template <class Field>
  void set(const setting& held, std::optional<Field>& field) const {
    set(held, field.emplace());
  }

  const book& values_;
  const std::string& folder_;
};

/// Blames a section whose name is no name; `section` ends with it.
bool check_section_name(book& values, const key_path& section, const std::string& what);

action_config apply_action(book& values, const filler& fill, const std::string& name);
schedule_declaration apply_schedule(book& values, const filler& fill, const std::string& name);

}  // namespace weir::config
