// What was set, where, and what is wrong with it: filled by the three layers, read by everything after them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/key_table.hpp"
#include "config/load.hpp"

namespace weir::config {

/// Where something was written. Orders by strength, then by position.
struct place {
  enum class layer { file, environment, flag };

  layer from = layer::file;
  int line = 0;  ///< file: from 1; 0 = the file as a whole
  int column = 0;
  std::string name;  ///< the file as it was named, the variable, or the flag

  std::string text() const;  ///< "weir.toml:3:7"
  bool operator<(const place& other) const;
};

/// A value as TOML text gives it: null stands for a date or time, which no key takes.
struct setting {
  const key* rule = nullptr;
  nlohmann::json value;
  place at_key;
  place at_value;
  bool twin = false;  ///< the value names a file that holds the text
};

/// All layers merged: a stronger one replaces a weaker one key by key.
class book {
 public:
  /// Adds a value; of two in one layer the first stays and the second is a mistake.
  void add(const key_path& path, setting value);
  /// Notes that a table stands at `path`, though it may be empty.
  void add_table(const key_path& path, const place& at);
  void blame(const place& at, std::string text);
  /// Blames a key where it was set, else the nearest table above it, else the whole configuration.
  void blame(const key_path& path, std::string text);
  /// Takes a value away that has its mistake already, or is overruled; `mentions` still knows of it.
  void remove(const key_path& path);

  const setting* find(const key_path& path) const;
  setting* find(const key_path& path);
  bool has(const key_path& path) const { return find(path) != nullptr; }
  /// A table or a value, also a removed one, stands at or below `path`.
  bool mentions(const key_path& path) const;
  bool removed(const key_path& path) const { return removed_.count(path) != 0; }
  /// The names below `path`: streams below {"stream"}, labels below {"node", "labels"}.
  std::vector<std::string> names_below(const key_path& path) const;

  const std::map<key_path, setting>& values() const { return values_; }
  /// Values that a stronger layer replaced: not in force, but to be checked all the same.
  const std::vector<std::pair<key_path, setting>>& overruled() const { return overruled_; }
  /// Ordered by place.
  std::vector<mistake> mistakes() const;

 private:
  struct blamed {
    place at;
    std::string text;
  };

  std::map<key_path, setting> values_;
  std::vector<std::pair<key_path, setting>> overruled_;
  std::map<key_path, place> tables_;
  std::set<key_path> removed_;
  std::vector<blamed> mistakes_;
};

/// `key` was not expected below `above`: the text of the mistake, with what was probably meant.
std::string unknown_text(const key_path& above, const std::string& key);
/// The same for a plain value above all sections: where a key of that name belongs.
std::string outside_text(const std::string& key);

}  // namespace weir::config
