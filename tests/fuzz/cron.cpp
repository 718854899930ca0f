// Cron lines, zones and intervals: "line newline zone newline seconds since 1970".
#include "domain/cron.hpp"

#include <charconv>

#include "domain/task_bounds.hpp"
#include "domain/tick_rule.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

namespace {

using namespace weir::domain;

bool has(std::uint64_t set, std::int64_t value) { return ((set >> static_cast<unsigned>(value)) & 1U) != 0; }

void check_line(std::string_view line, std::int64_t start) {
  const auto rule = parse_cron("the line", line);
  if (!rule) {
    hold_refused(rule.error());
    hold(rule.error().message.find("the line") != std::string::npos, "the refusal of a cron line names it");
    return;
  }
  hold(line.size() <= 512, "a cron line is bounded");
  const local_time from{std::chrono::seconds{start}};
  const auto found = next_match(*rule, from);
  hold(found.has_value(), "a line that is taken has a tick within a century");
  const std::int64_t minute = found->time_since_epoch().count() / 60;
  hold(*found >= from && found->time_since_epoch().count() % 60 == 0,
       "a match is a whole minute, not before");
  hold(has(rule->minutes, minute % 60) && has(rule->hours, minute / 60 % 24),
       "a match has a minute and hour named");
  hold(next_match(*rule, *found) == found, "a match is its own next match");
}

void check_ticks(const weir::schedule_declaration& wanted, std::int64_t start) {
  const auto rule = tick_rule::of(wanted);
  if (!rule) return hold_refused(rule.error());
  const weir::wall_time at{std::chrono::seconds{start}};
  const weir::wall_time next = rule->next(at);
  hold(next > at, "the next tick is later");
  const auto last = rule->last(next);
  hold(last == next, "a tick is the last one at its own instant");
  const auto before = rule->last(at);
  hold(!before || (*before <= at && rule->next(*before) == next), "no tick lies between two neighbours");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto said = parts(text_of(data, size), '\n');
  said.resize(3);
  std::int64_t start = 0;
  std::from_chars(said[2].data(), said[2].data() + said[2].size(), start);
  start = std::abs(start % 7'258'118'400);  // up to the year 2200
  check_line(said[0], start);
  weir::schedule_declaration wanted;
  wanted.name = "s";
  wanted.task = "t";
  wanted.cron = std::string{said[0]};
  if (!said[1].empty()) wanted.zone = std::string{said[1]};
  check_ticks(wanted, start);
  return 0;
}
