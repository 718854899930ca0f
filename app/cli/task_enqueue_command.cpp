// weir task enqueue NAME ... | enqueue -
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/data_argument.hpp"
#include "app/cli/enqueue_lines.hpp"
#include "app/cli/figures.hpp"
#include "app/cli/task_input.hpp"
#include "app/cli/task_text.hpp"
#include "app/cli/wait_task.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

struct enqueue_options {
  std::string name;
  std::optional<std::string> key, stream, data, in, at, wait;
};

result<insert_row> row_of(invocation& call, const enqueue_options& options, std::size_t limit) {
  insert_row row;
  row.name = options.name;
  row.key = options.key;
  row.stream = options.stream;
  if (options.in && options.at) return error{errc::invalid, "--in and --at exclude each other"};
  if (options.data) {
    auto data = data_argument(call, *options.data, limit);
    if (!data) return data.error();
    row.data = std::move(*data);
  }
  if (options.in) {
    const auto delay = duration_argument("--in", *options.in);
    if (!delay) return delay.error();
    row.do_after = call.surroundings().now() + *delay;
  }
  if (options.at) {
    const auto at = time_argument("--at", *options.at);
    if (!at) return at.error();
    row.do_after = *at;
  }
  return checked_row(std::move(row), limit);
}

// The task as it is in the store now, or at least its id: it is accepted whatever the second look says.
void print_accepted(invocation& call, console_store& store, task_id id) {
  if (call.wants_table()) return call.print(std::to_string(id) + "\n");
  if (auto task = store.task(id)) return call.print_json(task_json(*task));
  call.print_json(ordered_json{{"id", std::to_string(id)}});
}

exit_code wait_and_print(invocation& call, console_store& store, task_id id, const std::string& wait) {
  const auto limit = limit_argument("--wait", wait);
  if (!limit) return call.fail(limit.error());
  const auto ended = wait_for_task(call.surroundings(), store, id, *limit);
  if (call.wants_table()) {
    std::string text = std::to_string(ended.last.id);
    if (ended.last.id != id) text = std::to_string(id) + " superseded by " + text;
    if (ended.code != exit_code::unreachable) text += std::string{" "} + to_string(ended.last.state);
    if (ended.last.message && !ended.last.message->empty()) text += " " + printable(*ended.last.message);
    call.print(text + "\n");
  } else if (ended.problem.message.empty()) {
    call.print_json(task_json(ended.last));
  }
  if (!ended.problem.message.empty()) return call.fail(ended.problem);
  if (ended.code == exit_code::late) {
    call.complain("task " + std::to_string(ended.last.id) + " is " + to_string(ended.last.state) + " after " +
                  wait + "; it goes on (weir task show " + std::to_string(ended.last.id) + ")");
  }
  return ended.code;
}

exit_code enqueue_one(invocation& call, const enqueue_options& options, open_console& console) {
  auto row = row_of(call, options, console.config.limits.payload);
  if (!row) return call.fail(row.error());
  const auto answer = console.store->enqueue({std::move(*row)});
  if (!answer) {
    if (answer.error().code != errc::in_doubt) return call.fail(answer.error());
    return call.fail({errc::in_doubt, "the task may have been enqueued: " + answer.error().message +
                                          "; look (weir task list) before enqueueing it again"});
  }
  const task_id id = answer->front().id;
  if (!options.wait) {
    print_accepted(call, *console.store, id);
    return exit_code::ok;
  }
  return wait_and_print(call, *console.store, id, *options.wait);
}

std::string summary(const enqueue_totals& totals) {
  std::string out = grouped(totals.enqueued) + " enqueued";
  if (totals.failed > 0) out += ", " + grouped(totals.failed) + " not";
  if (totals.in_doubt > 0) out += " (" + grouped(totals.in_doubt) + " of them in doubt)";
  return out;
}

exit_code enqueue_stream(invocation& call, open_console& console) {
  auto& surroundings = call.surroundings();
  const auto begin = surroundings.ticks();
  const bool progress = surroundings.err_is_terminal && !call.globals.quiet;
  std::vector<line_result> kept;  // for -o json, which is one document
  line_enqueuer::hooks hooks;
  hooks.on_result = [&](const line_result& one) {
    if (call.format() == output_format::ndjson) call.print(line_result_json(one) + "\n");
    if (call.format() == output_format::json) kept.push_back(one);
    if (!one.id && call.wants_table()) {
      if (progress) surroundings.err << "\r\x1b[K";
      call.complain("line " + std::to_string(one.line) + ": " + to_string(one.problem.code) + ": " +
                    one.problem.message);
    }
  };
  hooks.on_batch = [&](const enqueue_totals& totals) {
    surroundings.out.flush();
    if (!progress) return;
    const double seconds = std::chrono::duration<double>(surroundings.ticks() - begin).count();
    const auto rate = seconds > 0 ? rate_text(static_cast<double>(totals.enqueued) / seconds) : std::string{};
    surroundings.err << "\r" << summary(totals) << "  " << rate << "\x1b[K" << std::flush;
  };
  hooks.pause = surroundings.pause;
  const auto sender = call.by_api() ? nullptr : call.world().open_sender(console.config);
  if (sender) hooks.send = [&](const std::vector<insert_row>& rows) { return sender->send(rows); };
  line_enqueuer machine{*console.store, console.config.limits.payload, hooks};
  const auto totals = machine.run(surroundings.in);
  if (progress) surroundings.err << "\r\x1b[K";
  if (call.format() == output_format::json) {
    std::string items;
    for (const auto& one : kept) items += (items.empty() ? "" : ",") + line_result_json(one);
    call.print_json("{\"items\":[" + items + "],\"next\":null}");
  }
  call.say(summary(totals));
  return totals.failed == 0 ? exit_code::ok : exit_code::failed;
}

exit_code enqueue(invocation& call, const enqueue_options& options) {
  if (options.name == "-") {
    const bool others =
        options.key || options.stream || options.data || options.in || options.at || options.wait;
    if (others)
      return call.usage(
          "task enqueue -: every line says its own name, key, stream, data, do_after; no other options");
    return call.ordering().with_console([&](open_console& console) { return enqueue_stream(call, console); });
  }
  if (options.wait) {
    if (const auto limit = limit_argument("--wait", *options.wait); !limit) return call.fail(limit.error());
  }
  return call.ordering().with_console(
      [&](open_console& console) { return enqueue_one(call, options, console); });
}

}  // namespace

void add_task_enqueue_command(CLI::App& task, invocation& call) {
  auto options = std::make_shared<enqueue_options>();
  auto& verb = add_verb(task, "enqueue", "add a task, or with - one per NDJSON line of standard input");
  verb.add_option("name", options->name, "the action that runs it; - reads task objects from standard input")
      ->required()
      ->type_name("NAME");
  verb.add_option("--key", options->key,
                  "which thing it is about: a newer task of a key supersedes older ones")
      ->type_name("K");
  verb.add_option("--stream", options->stream, "default: by the route of NAME, else stream default")
      ->type_name("S");
  verb.add_option("--data", options->data, "JSON, @file, or - for standard input (default {})")
      ->type_name("JSON");
  verb.add_option("--in", options->in, "not before this long from now: 500ms 30s 5m 2h 7d")->type_name("D");
  verb.add_option("--at", options->at, "not before this time (RFC 3339)")->type_name("T");
  verb.add_option("--wait", options->wait,
                  "wait for its end, at most D: exit 0 DONE, 1 FAILED or CANCELLED, 124 too late")
      ->type_name("[=D]");
  verb.footer(
      "A line of standard input: "
      "{\"name\":\"mail\",\"key\":\"42\",\"data\":{},\"stream\":..,\"do_after\":..,\"created_by\":..,"
      "\"traceparent\":..}\n"
      "With -o ndjson each line is answered by {\"line\":1,\"id\":\"..\"} or "
      "{\"line\":1,\"error\":{\"code\",\"message\"}}.");
  verb.callback(
      [&call, options] { call.chosen = [options](invocation& now) { return enqueue(now, *options); }; });
}

}  // namespace weir::app
