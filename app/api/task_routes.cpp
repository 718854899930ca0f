// Tasks: enqueue one or many, list, look at one, and why it runs or does not.
#include <algorithm>
#include <set>

#include "app/api/api.hpp"
#include "app/api/idempotency.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/new_task.hpp"
#include "app/api/request_body.hpp"
#include "app/cli/task_evidence.hpp"
#include "app/cli/task_text.hpp"
#include "domain/duration_text.hpp"
#include "domain/task_bounds.hpp"
#include "domain/trace_context.hpp"
#include "http/problem.hpp"

namespace weir::app {

namespace {

using std::chrono::milliseconds;

/// Longer waits are asked for again: proxies cut a connection that is silent for a minute.
constexpr milliseconds longest_wait{30'000};

http::reply made_reply(const std::string& base, unsigned status, const task_record& task) {
  auto out = json_reply(status, task_json(task));
  out.headers.emplace_back("Location", base + "/api/v1/tasks/" + std::to_string(task.id));
  return out;
}

http::reply key_reused(const std::string& what) {
  return http::problem(409, "key_reused", "this Idempotency-Key was used for another " + what);
}

/// Answers with the task, or, if the caller wants to, once it has ended.
void answer_with_task(api& to, unsigned status, const task_record& task,
                      const std::optional<milliseconds>& patience, const http::respond& answer) {
  if (!patience) return answer(made_reply(to.address_base(), status, task));
  const bool waits = to.waits().wait(
      task.id, *patience, [answer, status, task, base = to.address_base()](const result<task_record>& seen) {
        answer(made_reply(base, status, seen ? *seen : task));
      });
  // The task is there, so this is no error: the caller looks for its end by itself.
  if (!waits) answer(made_reply(to.address_base(), status, task));
}

result<std::optional<milliseconds>> patience_of(const http::request& asked) {
  for (const auto& [name, _] : asked.query) {
    if (name != "wait") return error{errc::invalid, "unknown parameter \"" + name + "\": there is \"wait\""};
  }
  const auto written = asked.parameter("wait");
  if (!written) return std::optional<milliseconds>{};
  const auto patience = domain::parse_duration(*written);
  if (!patience) return error{errc::invalid, "wait: a duration such as 5s, at most 30s"};
  return std::optional<milliseconds>{std::min(*patience, longest_wait)};
}

result<std::string> stream_of(clerk& with, stream_names& names, part_id part) {
  if (auto known = names.find(part)) return *known;
  const auto rows = with.console([](console_store& store) { return store.rows(); });
  if (!rows) return rows.error();
  names.learn(*rows);
  return names.find(part).value_or("");
}

/// What a request says of all its tasks that do not say so themselves.
struct said_of_all {
  explicit said_of_all(const http::request& asked) : who(who_asks(asked)) {
    // One that is no trace context is as if it were not there: W3C Trace Context, section 3.2.
    if (const auto given = domain::parse_traceparent(asked.header("traceparent")))
      traceparent = domain::to_traceparent(*given);
  }
  void complete(insert_row& row) const {
    if (!row.created_by) row.created_by = who;
    if (row.traceparent.empty()) row.traceparent = traceparent;
  }

  std::string who;
  std::string traceparent{};
};

void enqueue_one(api& to, clerk& with, const http::request& asked, const http::respond& answer) {
  const auto patience = patience_of(asked);
  if (!patience) return answer(http::problem(patience.error()));
  auto read = read_new_task(asked.body, to.payload_limit());
  if (auto* refused = std::get_if<refusal>(&read)) return answer(std::move(*refused));
  auto& row = std::get<insert_row>(read);
  said_of_all(asked).complete(row);

  const auto key = idempotency_key::of(asked);
  const wall_time now = wall_now();
  if (!key) return answer(http::problem(key.error()));
  if (*key) {
    const auto before = with.console([&](console_store& store) { return (*key)->answered(store, now); });
    if (!before) return answer(http::problem(before.error()));
    if (*before) {
      const auto task = with.console([&](console_store& store) { return store.task((*before)->front()); });
      if (!task) return answer(http::problem(task.error()));
      if ((*before)->size() == 1 && same_task(row, *task))
        return answer_with_task(to, 200, *task, *patience, answer);
      return answer(key_reused("task, " + std::to_string(task->id)));
    }
    row.token = (*key)->token(now);
  }
  const insert_row sent = row;
  const auto made = to.node().enqueue({std::move(row)});
  if (!made) return answer(http::problem(made.error()));
  if (made->front().part == 0) {  // the same key came by another way meanwhile
    const auto task = with.console([&](console_store& store) { return store.task(made->front().id); });
    if (!task) return answer(http::problem(task.error()));
    if (!same_task(sent, *task)) return answer(key_reused("task, " + std::to_string(task->id)));
    return answer_with_task(to, 200, *task, *patience, answer);
  }
  auto stream = stream_of(with, to.streams_known(), made->front().part);
  answer_with_task(to, 201, record_of(sent, made->front(), stream ? *stream : ""), *patience, answer);
}

/// One statement inserts the whole batch, and would refuse it for one line.
result<void> blame_unknown_streams(clerk& with, std::vector<new_task_line>& lines) {
  const auto named = [](const new_task_line& line) { return line.row && line.row->stream; };
  if (std::none_of(lines.begin(), lines.end(), named)) return {};
  const auto rows = with.console([](console_store& store) { return store.rows(); });
  if (!rows) return rows.error();
  std::set<std::string> known;
  for (const auto& stream : rows->streams) known.insert(stream.name);
  for (auto& line : lines) {
    if (!named(line) || known.count(*line.row->stream) > 0) continue;
    line.why = {errc::invalid, "there is no stream " + domain::in_quotes(*line.row->stream)};
    line.row.reset();
  }
  return {};
}

void enqueue_many(api& to, clerk& with, const http::request& asked, const http::respond& answer) {
  auto lines = read_new_tasks(asked.body, to.payload_limit());
  if (auto* refused = std::get_if<refusal>(&lines)) return answer(std::move(*refused));
  auto& all = std::get<std::vector<new_task_line>>(lines);
  if (const auto known = blame_unknown_streams(with, all); !known)
    return answer(http::problem(known.error()));
  std::vector<insert_row> rows;
  const auto key = idempotency_key::of(asked);
  const wall_time now = wall_now();
  if (!key) return answer(http::problem(key.error()));
  const said_of_all said(asked);
  for (auto& line : all) {
    if (!line.row) continue;
    rows.push_back(*line.row);
    said.complete(rows.back());
  }
  std::vector<task_id> ids;
  if (*key && !rows.empty()) {
    const auto before = with.console([&](console_store& store) { return (*key)->answered(store, now); });
    if (!before) return answer(http::problem(before.error()));
    if (*before) ids = **before;
    if (*before && ids.size() != rows.size()) return answer(key_reused("number of tasks"));
    for (auto& row : rows) row.token = (*key)->token(now);
  }
  if (ids.empty() && !rows.empty()) {
    const auto made = to.node().enqueue(std::move(rows));
    if (!made) return answer(http::problem(made.error()));
    for (const auto& one : *made) ids.push_back(one.id);
  }
  http::reply out;
  out.type = "application/x-ndjson";
  out.body = result_lines(all, ids);
  answer(std::move(out));
}

http::reply show(clerk& with, const http::request&, const http::path_values& values) {
  const auto id = task_of(values);
  if (!id) return no_task(values);
  const auto task = with.console([&](console_store& store) { return store.task(*id); });
  if (!task) return http::problem(task.error());
  const auto attempts = with.console([&](console_store& store) { return store.attempts(*id); });
  if (!attempts) return http::problem(attempts.error());
  return json_reply(200, task_json(*task, &*attempts));
}

http::reply explain(clerk& with, const http::request&, const http::path_values& values) {
  const auto id = task_of(values);
  if (!id) return no_task(values);
  const auto seen =
      with.console([&](console_store& store) { return gather_evidence(store, *id, wall_now()); });
  return seen ? json_reply(200, explanation_json(*seen)) : http::problem(seen.error());
}

http::reply list(clerk& with, const http::request& asked, const http::path_values&) {
  const auto filter = filter_of(asked);
  if (!filter) return http::problem(filter.error());
  const auto page = with.console([&](console_store& store) { return store.tasks(*filter); });
  return page ? json_reply(200, task_page_json(*page)) : http::problem(page.error());
}

const http::named_value idempotency_header{
    "Idempotency-Key",
    "sent again within an hour, the same request is answered with the tasks of the first time"};

const std::vector<http::named_value> new_task_members{{"name", "which action runs it", "string", true},
                                                      {"key", "which thing it is about"},
                                                      {"stream", "instead of the name's route"},
                                                      {"data", "any JSON", ""},
                                                      {"do_after", "RFC 3339"},
                                                      {"created_by", "default: the token's name"},
                                                      {"traceparent", "default: that of the request"}};

const http::named_value trace_header{
    "traceparent", "W3C trace context of the producer: the attempts of these tasks are linked to it"};

}  // namespace

void add_task_routes(api& to) {
  using http::role;
  http::route one{
      "POST", "/api/v1/tasks", role::operator_, "enqueue a task; answered when it is durable", {}};
  one.query = {{"wait", "answer when it has ended, at most so long after: 5s"}};
  one.body = new_task_members;
  one.headers = {idempotency_header, trace_header};
  one.answers = 201;
  one.also = {{200, "this Idempotency-Key was used before: the task of the first time"}};
  one.reply_schema = "task";
  to.add_enqueue(std::move(one), [&to](clerk& with, const auto& asked, const auto& answer) {
    enqueue_one(to, with, asked, answer);
  });
  http::route many{
      "POST", "/api/v1/tasks:batch", role::operator_, "enqueue a task a line; a result a line", {}};
  many.body = new_task_members;
  many.headers = {idempotency_header, trace_header};
  many.reply_schema = "batch_line";
  many.body_type = many.reply_type = "application/x-ndjson";
  to.add_enqueue(std::move(many), [&to](clerk& with, const auto& asked, const auto& answer) {
    enqueue_many(to, with, asked, answer);
  });
  http::route all{"GET", "/api/v1/tasks", role::viewer, "tasks, newest first", {}};
  all.reply_schema = "task_page";
  all.query = {
      {"stream", "only of this stream"}, {"name", "only of this name"},
      {"key", "only of this key"},       {"state", "ready,in_progress,retry,done,failed,cancelled"},
      {"limit", "1 to 1000", "integer"}, {"cursor", "next of the page before"},
  };
  to.add(std::move(all), list);
  to.add("task_details", {"GET", "/api/v1/tasks/{id}", role::viewer, "a task with its attempts", {}}, show);
  to.add("explanation", {"GET", "/api/v1/tasks/{id}/explain", role::viewer, "why it runs, or does not", {}},
         explain);
}

}  // namespace weir::app
