// Rendering of schedules. `data` is spliced in as the store gave it, never re-parsed.
#include "app/cli/schedule_text.hpp"

#include <cstdlib>

#include "app/cli/cell_text.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/table.hpp"
#include "domain/duration_text.hpp"
#include "domain/names.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

using std::chrono::seconds;

/// A tick that is so late is not fired by anybody.
constexpr seconds late{15};

std::string quoted_json(const std::string& text) { return compact(ordered_json(text)); }
std::string time_or_null(const std::optional<wall_time>& at) {
  return at ? "\"" + domain::format_time(*at) + "\"" : "null";
}

// To the second: what a list has room for.
std::string short_time(wall_time at) { return domain::format_time(at).substr(0, 19) + "Z"; }

std::string when_of(const schedule_declaration& settings) {
  if (settings.cron.empty()) return "every " + domain::format_duration(settings.every);
  return printable(settings.cron + "  " + settings.zone);
}

line next_cell(const schedule_row& row, wall_time now) {
  if (row.paused) {
    return {{row.paused_until ? "paused until " + short_time(*row.paused_until) : "paused", look::yellow}};
  }
  const auto next = next_tick(row);
  if (!next) return {{"unknown zone", look::red}};
  return {{short_time(*next), *next + late < now ? look::red : look::plain}};
}

struct shown_tick {
  std::string local;   ///< "2026-10-25T02:30:00"
  std::string offset;  ///< "+02:00"
  std::string zone;    ///< "CEST"
};

shown_tick shown(const domain::tick_rule& rule, wall_time tick) {
  const auto here = rule.where().at(std::chrono::floor<seconds>(tick));
  const auto minutes = here.offset.count() / 60;
  const auto two = [](long long value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return {domain::format_time(tick + here.offset).substr(0, 19),
          (minutes < 0 ? "-" : "+") + two(std::llabs(minutes) / 60) + ":" + two(std::llabs(minutes) % 60),
          here.abbreviation};
}

}  // namespace

std::optional<wall_time> next_tick(const schedule_row& row) {
  if (row.paused && !row.paused_until) return std::nullopt;
  const auto rule = domain::tick_rule::of(row.settings);
  if (!rule) return row.next_at;
  const wall_time next = row.next_at ? *row.next_at : rule->next(row.since);
  if (row.paused_until && next < *row.paused_until)
    return rule->next(*row.paused_until - std::chrono::microseconds{1});
  return next;
}

std::string schedule_json(const schedule_row& row) {
  const auto& settings = row.settings;
  const bool interval = settings.cron.empty();
  std::string out = "{\"name\":" + quoted_json(settings.name);
  out += ",\"task\":" + quoted_json(settings.task);
  out += ",\"key\":" + (settings.key ? quoted_json(*settings.key) : "null");
  out += ",\"data\":" + squeezed(settings.data);
  out += ",\"cron\":" + (interval ? "null" : quoted_json(settings.cron));
  out += ",\"every\":" + (interval ? quoted_json(domain::format_duration(settings.every)) : "null");
  out += ",\"zone\":" + (interval ? "null" : quoted_json(settings.zone));
  out += std::string{",\"missed\":\""} + to_string(settings.missed) + "\"";
  out += ",\"paused\":" + (row.paused && row.paused_until ? time_or_null(row.paused_until)
                                                          : std::string{row.paused ? "true" : "false"});
  out += ",\"next_at\":" + time_or_null(next_tick(row));
  out += ",\"last_at\":" + time_or_null(row.last_at);
  out += ",\"last_task\":" + (row.last_task == 0 ? "null" : "\"" + std::to_string(row.last_task) + "\"");
  return out + "}";
}

std::string schedule_list_json(const std::vector<schedule_row>& rows) {
  std::string items;
  for (const auto& row : rows) items += (items.empty() ? "" : ",") + schedule_json(row);
  return "{\"items\":[" + items + "],\"next\":null}";
}

std::string schedule_table(const std::vector<schedule_row>& rows, wall_time now, bool colour, int width) {
  table out{{{{"SCHEDULE"}}, {{"WHEN"}}, {{"TASK"}}, {{"MISSED"}}, {{"NEXT"}}, {{"LAST"}}}};
  for (const auto& row : rows) {
    out.add({{{printable(row.settings.name), look::bold}},
             {when_of(row.settings)},
             {printable(row.settings.task)},
             {to_string(row.settings.missed)},
             next_cell(row, now),
             {row.last_at ? short_time(*row.last_at) : "-"}});
  }
  return out.text(colour, width);
}

std::string schedule_card(const schedule_row& row) {
  std::string out;
  const auto field = [&](const std::string& name, const std::string& value) {
    out += name + std::string(12 - name.size(), ' ') + (value.empty() ? "-" : printable(value)) + "\n";
  };
  const auto& settings = row.settings;
  field("name", settings.name);
  field("when", when_of(settings));
  field("task", settings.task);
  field("key", settings.key.value_or(""));
  field("data", squeezed(settings.data));
  field("missed", to_string(settings.missed));
  field("paused", !row.paused ? "no" : row.paused_until ? "until " + short_time(*row.paused_until) : "yes");
  const auto next = next_tick(row);
  field("next", next ? short_time(*next) : "");
  field("last", row.last_at ? short_time(*row.last_at) + ", task " + std::to_string(row.last_task) : "");
  return out;
}

std::string tick_list_json(const domain::tick_rule& rule, const std::vector<wall_time>& ticks) {
  ordered_json items = ordered_json::array();
  for (const wall_time tick : ticks) {
    const auto here = shown(rule, tick);
    items.push_back(
        {{"at", domain::format_time(tick)}, {"local", here.local + here.offset}, {"zone", here.zone}});
  }
  return compact({{"items", items}, {"next", nullptr}});
}

std::string tick_table(const domain::tick_rule& rule, const std::vector<wall_time>& ticks, bool colour,
                       int width) {
  table out{{{{"LOCAL TIME"}}, {{"OFFSET"}}, {{"ZONE"}}, {{"UTC"}}}};
  for (const wall_time tick : ticks) {
    const auto here = shown(rule, tick);
    out.add({{{here.local, look::bold}}, {here.offset}, {printable(here.zone)}, {short_time(tick)}});
  }
  return out.text(colour, width);
}

}  // namespace weir::app
