// Statements of sql/queries/copying.sql, in the order in which they may be.
#include "drivers/postgres/store_copy.hpp"

#include <map>
#include <utility>

#include "domain/object_hash.hpp"
#include "domain/task_bounds.hpp"
#include "domain/time_text.hpp"
#include "drivers/postgres/acting.hpp"
#include "drivers/postgres/catalog_json.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/task_copy.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

using domain::in_quotes;

// All of it is one transaction, however much that is: no limit on a statement.
const session_kind copy_kind{"copy", true, std::chrono::milliseconds{0}, false, true, false, true};

/// Objects of one statement.
constexpr std::size_t objects_at_once = 1000;

parameters& add_pause(parameters& to, const domain::stored_pause& pause) {
  return to.add(pause.forever).add(microseconds_of(pause.until));
}

class copying {
 public:
  copying(const session::step& run, domain::store_contents& from, const copy_wish& how)
      : run_(run), from_(from), how_(how) {}

  result<bool> all(const std::function<void(std::int64_t)>& progress) {
    for (auto step : {&copying::begin, &copying::streams, &copying::routes}) {
      if (const auto done = (this->*step)(); !done) return done.error();
    }
    if (how_.dry_run) return look_at_the_rest();
    task_copy tasks{run_, from_};
    if (const auto done = tasks.all(node_, progress); !done) return done.error();
    made_.tasks = tasks.made();
    last_tasks_ = tasks.last_of_schedules();
    for (auto step : {&copying::pauses, &copying::schedules, &copying::controllers}) {
      if (const auto done = (this->*step)(); !done) return done.error();
    }
    return true;
  }

  copy_report& made() { return made_; }

 private:
  result<void> begin() {
    if (auto locked = put(run_, sql::begin_copy); !locked) return locked;
    const std::string mark = "store:" + std::to_string(from_.server);
    const auto before = run_(sql::copied_before, parameters{}.add(mark));
    if (!before) return before.error();
    if (!before->empty()) {
      return error{errc::refused, "this store was copied here at " +
                                      domain::format_time(instant((*before)[0][0])) +
                                      ": nothing was copied again; its tasks live here since"};
    }
    if (how_.dry_run) return {};
    const auto made = run_(sql::copy_node, parameters{}
                                               .add(from_.node.empty() ? "weir dev" : from_.node)
                                               .add(mark)
                                               .add(from_.version)
                                               .add(microseconds_of(from_.last_sign)));
    if (!made) return made.error();
    node_ = number<node_id>((*made)[0][0]);
    return {};
  }

  result<void> streams() {
    for (const domain::stored_stream& one : from_.streams) {
      const std::string wanted = json_of(one.settings);
      const auto rows = run_(sql::stream_for_copy, parameters{}.add(wanted).add(one.used));
      if (!rows) return rows.error();
      if (rows->empty()) {
        ++made_.streams;
        if (how_.dry_run) continue;
        if (auto made = put(run_, sql::create_stream, parameters{}.add(wanted)); !made) return made;
        continue;
      }
      if (const auto free = may_come(one, flag((*rows)[0][0]), text((*rows)[0][1])); !free) return free;
      for (std::string& sentence : texts_of(text((*rows)[0][2]))) tell(std::move(sentence));
    }
    return {};
  }

  result<void> may_come(const domain::stored_stream& stream, bool unfinished, const std::string& owners) {
    if (!stream.used) return {};
    const std::string name = "stream " + in_quotes(stream.settings.name);
    if (!owners.empty())
      return error{errc::refused, name + " is owned by " + owners +
                                      ", and tasks would be copied into it: stop its nodes, copy, and start "
                                      "them again"};
    if (unfinished && !how_.merge)
      return error{errc::refused, name +
                                      " has unfinished tasks here: let them end first, or copy with "
                                      "--merge, which puts the copied ones behind them"};
    return {};
  }

  result<void> routes() {
    for (const route_declaration& one : from_.routes) {
      const auto rows = run_(sql::route_for_copy, parameters{}.add(one.task_name));
      if (!rows) return rows.error();
      const auto present = maybe_text((*rows)[0][0]);
      const std::string name = "route " + in_quotes(one.task_name) + ": ";
      const std::string wanted = ", in the store to stream " + in_quotes(one.stream);
      if (present) {
        if (*present != one.stream) tell(name + "goes to stream " + in_quotes(*present) + wanted);
        continue;
      }
      if (one.stream != "default" && flag((*rows)[0][1])) {
        tell(name + "goes to stream \"default\" while tasks of that name are unfinished there" + wanted);
        continue;
      }
      ++made_.routes;
      if (how_.dry_run) continue;
      if (auto put_in = put(run_, sql::copy_route, parameters{}.add(one.task_name).add(one.stream)); !put_in)
        return put_in;
    }
    return {};
  }

  result<bool> look_at_the_rest() {
    made_.tasks = from_.tasks;
    made_.paused_names = static_cast<int>(from_.paused_names.size());
    made_.controllers = static_cast<int>(from_.controllers.size());
    for (const domain::stored_schedule& one : from_.schedules) {
      const auto there = run_(sql::schedule_there, parameters{}.add(one.settings.name));
      if (!there) return there.error();
      if (!flag((*there)[0][0])) ++made_.schedules;
    }
    return false;
  }

  result<void> pauses() {
    for (const domain::stored_stream& one : from_.streams) {
      if (!one.pause.any()) continue;
      parameters with;
      with.add(one.settings.name);
      if (auto done = put(run_, sql::pause_copied_stream, add_pause(with, one.pause)); !done) return done;
    }
    for (const domain::stored_name& one : from_.paused_names) {
      parameters with;
      with.add(one.name);
      if (auto done = put(run_, sql::pause_copied_name, add_pause(with, one.pause)); !done) return done;
      ++made_.paused_names;
    }
    return {};
  }

  result<void> schedules() {
    for (const domain::stored_schedule& one : from_.schedules) {
      const auto there = run_(sql::schedule_there, parameters{}.add(one.settings.name));
      if (!there) return there.error();
      const auto rows = run_(sql::add_schedule, parameters{}.add(json_of(one.settings)));
      if (!rows) return rows.error();
      if (flag((*there)[0][0])) {
        for (std::string& sentence : texts_of(text((*rows)[0][0]))) tell(std::move(sentence));
        continue;
      }
      ++made_.schedules;
      const auto last = last_tasks_.find(one.last_task);
      const bool known = last != last_tasks_.end();
      parameters with;
      with.add(one.settings.name).add(microseconds_of(one.since)).add(microseconds_of(one.next_at));
      add_pause(with, one.pause).add(known ? microseconds_of(one.last_at) : std::nullopt);
      with.add(known ? std::optional{last->second} : std::nullopt);
      if (auto placed = put(run_, sql::place_schedule, with); !placed) return placed;
    }
    return {};
  }

  result<void> controllers() {
    for (const domain::stored_controller& one : from_.controllers) {
      const cdc_controller& row = one.row;
      const auto made = run_(sql::copy_controller, parameters{}
                                                       .add(row.controller)
                                                       .add(row.pass)
                                                       .add(row.objects)
                                                       .add(microseconds_of(row.started_at))
                                                       .add(microseconds_of(row.finished_at))
                                                       .add(row.last.created)
                                                       .add(row.last.updated)
                                                       .add(row.last.deleted)
                                                       .add(row.last.failed)
                                                       .add(row.round)
                                                       .add(row.name)
                                                       .add(row.go_on_after)
                                                       .add(row.problem.value_or("")));
      if (!made) return made.error();
      if (made->affected_rows() == 0) {
        tell("controller " + row.controller + ": has its objects here already");
        continue;
      }
      ++made_.controllers;
      if (auto done = objects(one); !done) return done;
    }
    return {};
  }

  result<void> objects(const domain::stored_controller& of) {
    array_text hashes, rounds, ids;
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < of.objects.size(); ++i) {
      hashes.add(domain::format_object_hash(of.objects[i].hash));
      rounds.add(of.objects[i].round);
      ids.add(of.objects[i].object);
      if (++waiting < objects_at_once && i + 1 < of.objects.size()) continue;
      waiting = 0;
      auto done =
          put(run_, sql::copy_objects, parameters{}.add(of.row.controller).add(hashes).add(rounds).add(ids));
      if (!done) return done;
    }
    return {};
  }

  void tell(std::string sentence) { made_.differences.push_back(std::move(sentence)); }

  const session::step& run_;
  domain::store_contents& from_;
  const copy_wish how_;
  node_id node_ = 0;
  copy_report made_;
  std::map<task_id, task_id> last_tasks_;
};

}  // namespace

result<copy_report> copy_store(const options& where, const operator_identity& who, const std::string& of,
                               domain::store_contents& from, const copy_wish& how,
                               const std::function<void(std::int64_t)>& progress) {
  session on{where, copy_kind};
  copy_report made;
  const auto steps = [&](const session::step& run) -> result<bool> {
    copying work{run, from, how};
    auto done = work.all(progress);
    made = std::move(work.made());
    return done;
  };
  const auto done =
      how.dry_run
          ? on.run_steps(steps)
          : act(on, who, domain::copying(of, from.tasks),
                [&](const session::step& run, domain::operator_action& /*what*/) { return steps(run); });
  if (!done) return done.error();
  return made;
}

}  // namespace weir::postgres
