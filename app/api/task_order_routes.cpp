// cancel, retry, snooze, requeue: of one task, or of all that a filter means.
#include <map>

#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/request_body.hpp"
#include "app/cli/task_filters.hpp"
#include "app/cli/task_orders.hpp"
#include "http/problem.hpp"

namespace weir::app {

namespace {

/// Of one request by filter: a clerk is busy with it for some seconds. What is over it is asked again.
constexpr int most_tasks = 10'000;
/// How long a dry run looks. A page of the dashboard waits for it, and each is to be there within 50 ms.
constexpr std::chrono::milliseconds dry_time{20};

/// Until when a snooze lasts; nothing for the other kinds, nor where it is only counted.
result<std::optional<wall_time>> time_in(request_body& body, const order_kind& kind, bool dry) {
  if (kind.verb != "snooze") return std::optional<wall_time>{};
  const auto pause = body.duration("for");
  const auto until = body.time("until");
  if (dry) return std::optional<wall_time>{};
  if (body.has("for") == body.has("until"))
    return error{errc::invalid, "give one of \"for\" (a duration) and \"until\" (a time)"};
  if (pause) return std::optional<wall_time>{wall_now() + *pause};
  if (until && *until <= wall_now())
    return error{errc::invalid, "member \"until\" is past; to let it start now, retry it"};
  return until;
}

/// Each page by itself: one whose session was lost is asked again, and none that is done.
order_desk at(clerk& with) {
  return [&with](const order_page& page) { return with.console(page); };
}

ordered_json answer_json(const task_answer& one) {
  ordered_json out{{"id", std::to_string(one.id)}, {"answer", one.word}};
  if (one.made != 0) out["new_id"] = std::to_string(one.made);
  return out;
}

http::reply order_one(const order_kind& kind, clerk& with, const http::request& asked,
                      const http::path_values& values) {
  const auto id = task_of(values);
  if (!id) return no_task(values);
  auto taken = request_body::of(asked);
  if (auto* refused = std::get_if<refusal>(&taken)) return *refused;
  auto& body = std::get<request_body>(taken);
  const auto not_before = time_in(body, kind, false);
  if (const auto good = body.checked(); !good) return http::problem(good.error());
  if (!not_before) return http::problem(not_before.error());
  const auto answers = carry_out(at(with), kind, {*id}, *not_before, who_asks(asked));
  if (!answers) return http::problem(answers.error());
  const task_answer& one = answers->front();
  if (one.trouble == errc{}) return json_reply(200, answer_json(one));
  return http::problem({one.trouble, "task " + values.at("id") + " " + one.word});
}

result<task_filter> filter_in(request_body filter) {
  task_filter out;
  out.stream = filter.text("stream");
  out.name = filter.text("name");
  out.key = filter.text("key");
  const auto states = states_argument("state", filter.texts("state"));
  if (const auto good = filter.checked(); !good)
    return error{good.error().code, "filter: " + good.error().message};
  if (!states) return states.error();
  out.states = *states;
  if (!out.stream && !out.name && !out.key && out.states.empty())
    return error{errc::invalid, "filter: give at least one of stream, name, key, state"};
  return out;
}

ordered_json bulk_json(const order_kind& kind, bool dry, const bounded_count& found) {
  return {{"action", kind.verb}, {"dry_run", dry}, {"count", found.count}, {"capped", found.capped}};
}

http::reply count_many(clerk& with, const order_kind& kind, const task_filter& filter) {
  const auto found = with.console(
      [&](console_store& store) { return count_meant(store, kind, filter, most_tasks, dry_time); });
  return found ? json_reply(200, bulk_json(kind, true, *found)) : http::problem(found.error());
}

http::reply do_many(clerk& with, const order_kind& kind, const task_filter& filter,
                    const std::optional<wall_time>& not_before, const std::string& who) {
  const auto meant =
      with.console([&](console_store& store) { return tasks_meant(store, kind, filter, most_tasks); });
  if (!meant) return http::problem(meant.error());
  const int count = static_cast<int>(meant->size());
  std::size_t done = 0;
  const auto answers =
      carry_out(at(with), kind, *meant, not_before, who, [&done](std::size_t so_far) { done = so_far; });
  if (!answers) {
    return http::problem({answers.error().code, answers.error().message + " (" + std::to_string(done) +
                                                    " of " + std::to_string(count) +
                                                    " tasks were done before)"});
  }
  std::map<std::string, std::size_t> counts;
  for (const auto& one : *answers) ++counts[one.word];
  auto out = bulk_json(kind, false, {count, count >= most_tasks});
  out["answers"] = counts;
  return json_reply(200, out);
}

http::reply order_many(clerk& with, const http::request& asked, const http::path_values&) {
  auto taken = request_body::of(asked);
  if (auto* refused = std::get_if<refusal>(&taken)) return *refused;
  auto& body = std::get<request_body>(taken);
  const auto action = body.text("action");
  const bool dry = body.flag("dry_run").value_or(false);
  auto filter = filter_in(body.object("filter"));
  const order_kind* const kind = action ? find_order(*action) : nullptr;
  if (kind == nullptr)
    return http::problem({errc::invalid, "member \"action\" must be cancel, retry, snooze or requeue"});
  const auto not_before = time_in(body, *kind, dry);
  if (const auto good = body.checked(); !good) return http::problem(good.error());
  if (!filter) return http::problem(filter.error());
  if (!not_before) return http::problem(not_before.error());

  if (filter->states.empty()) filter->states = kind->by_filter;
  with.note_filter(filter_json(*filter));
  return dry ? count_many(with, *kind, *filter) : do_many(with, *kind, *filter, *not_before, who_asks(asked));
}

}  // namespace

void add_task_order_routes(api& to) {
  const std::vector<std::pair<std::string, std::string>> orders{
      {"cancel", "end it, also while it runs"},
      {"retry", "make it due now"},
      {"snooze", "let it wait longer"},
      {"requeue", "enqueue a copy of one that has ended"}};
  const std::vector<http::named_value> snooze{{"for", "how long: 30m"},
                                              {"until", "or until when (RFC 3339)"}};
  for (const auto& [verb, what] : orders) {
    http::route one{"POST", "/api/v1/tasks/{id}:" + verb, http::role::operator_, what, {}};
    one.reply_schema = "task_answer";
    if (verb == "snooze") one.body = snooze;
    to.add(std::move(one), [kind = find_order(verb)](clerk& with, const auto& asked, const auto& values) {
      return order_one(*kind, with, asked, values);
    });
  }
  http::route bulk{
      "POST", "/api/v1/tasks:bulk", http::role::operator_, "the same for all that a filter means", {}};
  bulk.reply_schema = "bulk_answer";
  bulk.body = {{"filter", "stream, name, key, state; at least one", "object", true},
               {"action", "cancel, retry, snooze or requeue", "string", true},
               {"dry_run", "only count, for some 20 ms", "boolean"}};
  bulk.body.insert(bulk.body.end(), snooze.begin(), snooze.end());
  to.add(std::move(bulk), order_many);
}

}  // namespace weir::app
