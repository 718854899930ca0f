// One value against its row of the table.
#include "config/value_check.hpp"

#include <algorithm>

#include <weir/defaults.hpp>

#include "config/formats.hpp"
#include "config/masking.hpp"
#include "config/suggest.hpp"
#include "domain/cron.hpp"
#include "domain/duration_text.hpp"
#include "domain/start_pace.hpp"
#include "domain/task_bounds.hpp"
#include "domain/zones.hpp"

namespace weir::config {

namespace {

using nlohmann::json;
using text = std::string;
using maybe = std::optional<std::string>;

text duration_text(std::int64_t ms) { return domain::format_duration(std::chrono::milliseconds{ms}); }

text bounds(const key& rule) {
  const auto say = [&](std::int64_t bound) {
    if (rule.type == kind::integer) return std::to_string(bound);
    if (rule.type == kind::size) return format_size(static_cast<std::size_t>(bound));
    return duration_text(bound);
  };
  // An upper bound that only guards against overflow is no news.
  if (rule.most >= domain::longest_duration.count() && rule.type != kind::integer) {
    return rule.least > 0 ? " of at least " + say(rule.least) : "";
  }
  return " from " + say(rule.least) + " to " + say(rule.most);
}

// "the integer 6", "the list [..]": what was found instead.
text found(const json& value) {
  switch (value.type()) {
    case json::value_t::string: return domain::in_quotes(masked_address(value.get_ref<const text&>()));
    case json::value_t::boolean: return value.get<bool>() ? "the boolean true" : "the boolean false";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned: return "the integer " + value.dump();
    case json::value_t::number_float: return "the number " + value.dump();
    case json::value_t::array: return "a list";
    case json::value_t::object: return "a table";
    default: return "a date or time";
  }
}

text instead(const key& rule, const text& name, const json& value, const text& hint = "") {
  return "'" + name + "' must be " + expectation(rule) + ", not " +
         (is_secret(rule) && value.is_string() ? "this text" : found(value)) + hint;
}

bool has_control(const text& value) {
  return std::any_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f;
  });
}

maybe check_duration(const key& rule, const text& name, const json& value) {
  if (value.is_number_integer()) {
    return instead(rule, name, value, " (no bare numbers: write \"" + value.dump() + "s\")");
  }
  if (!value.is_string()) return instead(rule, name, value);
  const auto& written = value.get_ref<const text&>();
  const auto parsed = domain::parse_duration(written);
  if (!parsed) {
    const bool bare = !written.empty() && written.find_first_not_of("0123456789") == text::npos;
    return instead(rule, name, value,
                   bare ? " (the unit is missing: write \"" + written + "s\")" : " (units: ms, s, m, h, d)");
  }
  if (parsed->count() < rule.least || parsed->count() > rule.most) return instead(rule, name, value);
  return std::nullopt;
}

maybe check_list(const key& rule, const text& name, const json& value) {
  const bool fits =
      value.is_array() && !value.empty() &&
      std::all_of(value.begin(), value.end(), [](const json& each) { return each.is_string(); });
  if (!fits) return instead(rule, name, value);
  if (rule.type == kind::words) {
    if (value[0].get_ref<const text&>().empty())
      return "'" + name + "' names no program: its first text is empty";
    for (const auto& each : value) {
      if (each.get_ref<const text&>().find('\0') != text::npos) return "'" + name + "' must not hold NUL";
    }
    return std::nullopt;
  }
  if (value.size() > 100) return "'" + name + "' has more than 100 delays; the last one repeats by itself";
  for (std::size_t i = 0; i < value.size(); ++i) {
    key one = rule;
    one.type = kind::duration;
    if (auto wrong = check_duration(one, name + "[" + std::to_string(i) + "]", value[i])) return wrong;
  }
  return std::nullopt;
}

maybe check_data(const text& name, const json& value) {
  const text written = value.is_string() ? value.get_ref<const text&>()
                                         : value.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto checked = domain::check_data(written, defaults::payload_bytes);
  if (checked.ok()) return std::nullopt;
  return "'" + name + "': " + checked.error().message;
}

bool text_fits(const key& rule, const text& value) {
  switch (rule.type) {
    case kind::database: return is_database_address(value);
    case kind::secret: return !value.empty() && !has_control(value) && value.find('\n') == text::npos;
    case kind::header: return !has_control(value) && value.find_first_of("\r\n") == text::npos;
    case kind::web: return is_web_address(value);
    case kind::mail: {
      const auto at = value.find('@');
      return at != text::npos && at > 0 && at + 1 < value.size() &&
             value.find_first_of(" \t\r\n,;<>") == text::npos;
    }
    case kind::path: return !value.empty() && !has_control(value);
    case kind::listen: return parse_address(value).has_value();
    case kind::link: return value == "off" || parse_address(value).has_value();
    case kind::rate: return domain::parse_rate(value).has_value();
    case kind::uuid: return is_uuid(value);
    default: return !has_control(value);
  }
}

maybe check_text(const key& rule, const text& name, const json& value) {
  if (!value.is_string()) return instead(rule, name, value);
  const auto& written = value.get_ref<const text&>();
  if (rule.type == kind::name || rule.type == kind::key) {
    const auto checked =
        rule.type == kind::name ? domain::check_name(name, written) : domain::check_key(written);
    if (checked.ok()) return std::nullopt;
    return rule.type == kind::name ? checked.error().message : "'" + name + "': " + checked.error().message;
  }
  if (rule.type == kind::choice) {
    const auto words = split_choices(rule.choices);
    if (std::find(words.begin(), words.end(), written) != words.end()) return std::nullopt;
    return instead(rule, name, value, did_you_mean(written, words));
  }
  if (rule.type == kind::cron) {
    const auto line = domain::parse_cron("'" + name + "'", written);
    return line ? std::nullopt : maybe{line.error().message};
  }
  if (rule.type == kind::zone) {
    const auto place = domain::zone::find("'" + name + "'", written);
    return place ? std::nullopt : maybe{place.error().message};
  }
  if (rule.type == kind::size) {
    const auto bytes = parse_size(written);
    if (bytes && *bytes >= static_cast<std::size_t>(rule.least) &&
        *bytes <= static_cast<std::size_t>(rule.most)) {
      return std::nullopt;
    }
    return instead(rule, name, value, bytes ? "" : " (units: B, KiB, MiB)");
  }
  if (text_fits(rule, written)) return std::nullopt;
  const bool calls = rule.path == "database.url" &&
                     (written.compare(0, 7, "http://") == 0 || written.compare(0, 8, "https://") == 0);
  return instead(rule, name, value, calls ? " (commands through the HTTP API come in a later version)" : "");
}

}  // namespace

text expectation(const key& rule) {
  switch (rule.type) {
    case kind::text: return "a text without control characters";
    case kind::name: return "a name of 1 to 64 printable characters";
    case kind::database: return "a postgres:// address or words such as \"host=db dbname=app\"";
    case kind::secret: return "a text of one line";
    case kind::header: return "a text of one line";
    case kind::web: return "an http:// or https:// address";
    case kind::mail: return "an e-mail address";
    case kind::path: return "the path of a file or folder";
    case kind::listen: return "an address such as \"127.0.0.1:7711\"";
    case kind::link: return "\"off\" or an address such as \"127.0.0.1:0\"";
    case kind::duration: return "a duration such as \"30s\"" + bounds(rule);
    case kind::size: return "a size such as \"1MiB\"" + bounds(rule);
    case kind::integer: return "an integer" + bounds(rule);
    case kind::boolean: return "true or false";
    case kind::choice: {
      text list;
      const auto words = split_choices(rule.choices);
      for (std::size_t i = 0; i < words.size(); ++i) {
        list += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + ("\"" + words[i] + "\"");
      }
      return list;
    }
    case kind::rate: return "a rate such as \"10/s\", \"10/m\" or \"10/h\"";
    case kind::words: return "a list of texts such as [\"./program\", \"argument\"]";
    case kind::durations: return "a list of durations such as [\"1m\", \"1h\"], each" + bounds(rule);
    case kind::uuid: return "a uuid such as \"4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e\"";
    case kind::cron: return "a cron line of five fields such as \"0 2 * * *\"";
    case kind::zone: return "a time zone such as \"Pacific/Auckland\"";
    case kind::key: return "a text of up to 512 bytes";
    case kind::data: return "a table or a JSON text";
  }
  return "a value";
}

maybe complaint(const key& rule, const text& name, const json& value) {
  switch (rule.type) {
    case kind::duration: return check_duration(rule, name, value);
    case kind::integer:
      if (value.is_number_integer() && value >= rule.least && value <= rule.most) return std::nullopt;
      return instead(rule, name, value);
    case kind::boolean: return value.is_boolean() ? std::nullopt : maybe{instead(rule, name, value)};
    case kind::words:
    case kind::durations: return check_list(rule, name, value);
    case kind::data:
      return value.is_object() || value.is_string() ? check_data(name, value) : instead(rule, name, value);
    default: return check_text(rule, name, value);
  }
}

}  // namespace weir::config
