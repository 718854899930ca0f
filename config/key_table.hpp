// Every key of the configuration in one table: the reader checks against it, and the reference page is
// made from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

/// What a key holds; decides how its text is read and checked.
enum class kind {
  text,      ///< any text without control characters
  name,      ///< 1-64 printable characters
  database,  ///< secret: a PostgreSQL address, "" allowed
  secret,    ///< secret: any text
  header,    ///< secret when its name says so: value of an HTTP header
  web,       ///< http:// or https:// address
  mail,      ///< e-mail address
  path,      ///< file or folder, relative to the configuration file
  listen,    ///< host:port
  link,      ///< host:port or "off"
  duration,
  size,  ///< bytes with a unit
  integer,
  boolean,
  choice,     ///< one of `choices`
  rate,       ///< "10/s"
  words,      ///< program and arguments
  durations,  ///< list of durations
  uuid,
  cron,  ///< five fields
  zone,  ///< IANA time zone
  key,   ///< a task's key
  data,  ///< a table, or JSON text
};

/// One key. `path` has `*` for a name that the user chooses.
struct key {
  std::string_view path;
  kind type;
  std::string_view preset;        ///< the default as text; "" = none; in parentheses: described, not literal
  std::string_view sentence;      ///< what it means, for the reference
  std::int64_t least = 0;         ///< integer: itself; duration: milliseconds; size: bytes
  std::int64_t most = 0;          ///< 0 = `least` is not checked either
  std::string_view choices = {};  ///< "a|b|c"
  std::string_view only = {};     ///< [action.*]: the types that take it, "a|b"; "" = all
  bool live = false;              ///< a running node takes a new value over (`weir config reload`)
};

/// One section of the reference, in its order.
struct section {
  std::string_view path;  ///< "node", "stream.*"
  std::string_view sentence;
};

/// Segments of a key's place, e.g. {"stream", "netsuite", "mode"}. A name may hold any character.
using key_path = std::vector<std::string>;

const std::vector<key>& all_keys();
const std::vector<section>& all_sections();

/// The row for `path`, nullptr when it is not a key.
const key* find_key(const key_path& path);
/// The row whose `*_file` twin `path` is; nullptr when there is none.
const key* find_twin(const key_path& path);
/// May a table stand at `path`?
bool is_section(const key_path& path);
/// What may stand directly below `path`, without `*`; twins of secrets included.
std::vector<std::string> children(const key_path& path);
/// Does `path` take names of the user's choice directly below it?
bool takes_names(const key_path& path);
/// May its value never be shown?
bool is_secret(const key& rule);

/// `stream."a b".mode`: segments that TOML would need quotes for are quoted.
std::string joined(const key_path& path);
/// The words of "a|b|c".
std::vector<std::string> split_choices(std::string_view choices);

}  // namespace weir::config
