// weir db import-message-queue: takes over a table of episub/queue, batch by batch, and puts the view in its place.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/figures.hpp"
#include "app/cli/progress_lines.hpp"
#include "app/cli/table.hpp"

namespace weir::app {

namespace {

using postgres::queue_batch;
using postgres::queue_import;
using postgres::queue_rows;

/// How often the cut-over is tried while others use the table: each try stops producers for a second at most.
constexpr int most_tries = 60;
/// Rows that are listed at once: bounds the memory, and how often a large table is sorted.
constexpr int most_in_a_pass = 100'000;
constexpr std::chrono::milliseconds between_tries{500};
constexpr std::chrono::milliseconds between_passes{1000};

struct import_options {
  std::string from;
  std::string batch = "1000";
  bool history = false;
  bool dry_run = false;
  bool follow = false;
  bool switch_over = false;
};

/// What the whole command did.
struct import_report {
  std::string table;
  std::int64_t tasks = 0;
  std::int64_t ended = 0;
  std::string renamed;           ///< "" = no switch
  std::vector<queue_rows> left;  ///< in the table, afterwards

  void add(const queue_batch& batch) {
    tasks += batch.tasks;
    ended += batch.ended;
  }
  /// Rows that were meant to be moved and are still there.
  std::int64_t stuck(bool history) const {
    std::int64_t count = 0;
    for (const queue_rows& rows : left) {
      if (history || !rows.finished()) count += rows.count;
    }
    return count;
  }
};

std::string described(const queue_rows& rows) {
  const std::string state = rows.state.empty() ? "no state" : printable(rows.state);
  return grouped(rows.count) + " " + state +
         (rows.problem.empty() ? "" : ": " + rows.problem + " (one is " + rows.example + ")");
}

ordered_json rows_json(const std::vector<queue_rows>& all) {
  ordered_json items = ordered_json::array();
  for (const queue_rows& rows : all) {
    items.push_back({{"state", rows.state},
                     {"count", rows.count},
                     {"problem", rows.problem.empty() ? ordered_json() : ordered_json(rows.problem)},
                     {"example", rows.example}});
  }
  return items;
}

exit_code show_outlook(invocation& call, const std::string& table, const std::vector<queue_rows>& all) {
  if (!call.wants_table()) {
    call.print_json(ordered_json{{"table", table}, {"rows", rows_json(all)}});
    return exit_code::ok;
  }
  std::string text = table + (all.empty() ? " is empty\n" : " has\n");
  for (const queue_rows& rows : all) text += "  " + described(rows) + "\n";
  call.print(text);
  return exit_code::ok;
}

exit_code show_report(invocation& call, const import_report& done, bool history) {
  if (!call.wants_table()) {
    call.print_json(
        ordered_json{{"table", done.table},
                     {"tasks", done.tasks},
                     {"history", done.ended},
                     {"renamed", done.renamed.empty() ? ordered_json() : ordered_json(done.renamed)},
                     {"left", rows_json(done.left)}});
  } else {
    std::string text = grouped(done.tasks) + " tasks moved from " + done.table;
    if (history) text += ", and " + grouped(done.ended) + " finished rows";
    text += "\n";
    if (!done.renamed.empty())
      text += "the table is called " + done.renamed + " now; " + done.table + " is weir's view\n";
    for (const queue_rows& rows : done.left) text += "left there: " + described(rows) + "\n";
    call.print(text);
  }
  const std::int64_t stuck = done.stuck(history);
  if (stuck == 0) return exit_code::ok;
  bool locked = false;
  for (const queue_rows& rows : done.left)
    locked = locked || (rows.problem.empty() && (history || !rows.finished()));
  call.complain(grouped(stuck) + " rows could not be moved: mend or delete those with a problem" +
                (locked ? ", stop the old workers that hold the others" : "") + ", then run this again");
  return exit_code::failed;
}

/// Passes over the table, oldest rows first, until it has caught up with those who insert.
result<void> move_all(invocation& call, queue_import& from, const import_options& given, int batch,
                      import_report& done, progress_lines& lines) {
  for (;;) {
    const auto ids = from.oldest(given.history, most_in_a_pass);
    if (!ids) return ids.error();
    std::int64_t moved = 0;
    const auto size = static_cast<std::ptrdiff_t>(ids->size());
    for (std::ptrdiff_t at = 0; at < size; at += batch) {
      const auto end = std::min<std::ptrdiff_t>(at + batch, size);
      const auto step = from.move(given.history, {ids->begin() + at, ids->begin() + end});
      if (!step) return step.error();
      done.add(*step);
      moved += step->tasks + step->ended;
      lines.tell(done.tasks + done.ended);
      if (step->held > 0) break;  // from the oldest row again: none of its key may overtake it
    }
    if (moved > 0 && size >= batch) continue;
    if (!given.follow || !call.surroundings().pause(between_passes)) return {};
  }
}

std::string who_holds(queue_import& from) {
  const auto holders = from.holders();
  if (!holders || holders->empty()) return "a transaction that used it is not over";
  std::string text = "it is held by";
  for (const auto& one : *holders) {
    text += (text.back() == 'y' ? " " : ", ") + std::string{"process "} + std::to_string(one.pid) + " (" +
            printable(one.program.empty() ? "no name" : one.program) + " from " + one.from + ", for " +
            age_text(one.seconds) + ")";
  }
  return text;
}

/// Tries the cut-over until no transaction is in the way: each try gives up after a second, so that producers, who
/// wait behind it, never wait longer.
result<void> switch_over(invocation& call, queue_import& from, const import_options& given, int batch,
                         import_report& done, progress_lines& lines) {
  error why;
  for (int tries = 0; tries < most_tries; ++tries) {
    const auto switched = from.switch_over(given.history, 10 * batch);
    if (switched) {
      done.tasks += switched->tasks;
      done.ended += switched->ended;
      done.renamed = switched->renamed;
      return {};
    }
    why = switched.error();
    if (why.code == errc::refused && why.message.find("still to be moved") != std::string::npos) {
      if (auto moved = move_all(call, from, given, batch, done, lines); !moved) return moved;
      continue;
    }
    if (why.code != errc::timeout) return why;
    why.message =
        "the table cannot be locked: " + who_holds(from) + "; stop the old workers, then run this again";
    if (tries % 10 == 9) call.say(why.message);
    if (!call.surroundings().pause(between_tries)) break;
  }
  return why;
}

exit_code import_queue(invocation& call, const import_options& given) {
  const auto batch = number_argument("--batch", given.batch, 1, 10'000);
  if (!batch) return call.fail(batch.error());
  if (given.follow && given.switch_over)
    return call.usage("--follow and --switch: follow first, then switch with another command");
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  if (const auto fits = call.check_schema(*config); !fits) return call.fail(fits.error());
  std::string from = given.from;
  if (from.empty() && config->database.message_queue != "weir.message_queue")
    from = config->database.message_queue;
  if (from.empty()) return call.usage("name the table of episub/queue: --from SCHEMA.TABLE");
  const auto opened = call.world().open_queue_import(*config, call.identity(), from);
  if (!opened) return call.fail(opened.error());
  queue_import& table = **opened;
  if (given.dry_run) {
    const auto all = table.look();
    return all ? show_outlook(call, table.table(), *all) : call.fail(all.error());
  }
  import_report done;
  done.table = table.table();
  progress_lines lines{call, "rows moved"};
  auto moved = move_all(call, table, given, *batch, done, lines);
  if (moved && given.switch_over) moved = switch_over(call, table, given, *batch, done, lines);
  if (!moved) {
    if (done.tasks + done.ended > 0)
      call.say(grouped(done.tasks + done.ended) +
               " rows were moved and stay so; run this again for the rest");
    return call.fail(moved.error());
  }
  auto left = table.look();
  if (!left) return call.fail(left.error());
  done.left = std::move(*left);
  return show_report(call, done, given.history);
}

}  // namespace

void add_import_command(CLI::App& db, invocation& call) {
  auto given = std::make_shared<import_options>();
  auto& verb =
      add_verb(db, "import-message-queue", "take over a table of episub/queue while producers go on");
  verb.add_option("--from", given->from, "the table (default: database.message_queue)")
      ->type_name("SCHEMA.TABLE");
  verb.add_flag("--history", given->history, "finished rows, too");
  verb.add_option("--batch", given->batch, "rows in one transaction, 1 to 10000 (default 1000)")
      ->type_name("N");
  verb.add_flag("--dry-run", given->dry_run, "only count what is there, and what cannot be moved");
  verb.add_flag("--follow", given->follow, "go on with rows that come in, until Ctrl-C");
  verb.add_flag("--switch", given->switch_over,
                "in the end rename the table and put weir's view in its place: producers go on there");
  verb.callback(
      [&call, given] { call.chosen = [given](invocation& now) { return import_queue(now, *given); }; });
}

}  // namespace weir::app
