// What change data capture keeps: statements that each name one controller.
#include "domain/object_hash.hpp"
#include "domain/task_bounds.hpp"
#include "drivers/postgres/acting.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/stores.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

// A batch of some hundred hashes and tasks on a slow disk; pages are read by the primary key, whatever statistics say.
const session_kind cdc_kind{"cdc", false, std::chrono::seconds{20}, true, true};

const char* verb(cdc_change::what kind) {
  switch (kind) {
    case cdc_change::what::create: return "create";
    case cdc_change::what::update: return "update";
    case cdc_change::what::remove: return "delete";
  }
  return "?";
}

cdc_hash hash_of(const pqxx::field& field) {
  const auto hash = domain::parse_object_hash({field.c_str(), field.size()});
  WEIR_ASSERT(hash.has_value());
  return *hash;
}

cdc_controller controller_of(const pqxx::row& row) {
  cdc_controller found;
  found.controller = text(row[0]);
  found.name = text(row[1]);
  found.objects = number(row[2]);
  found.pass = number(row[3]);
  found.round = number<std::int32_t>(row[4]);
  found.go_on_after = maybe_text(row[5]);
  found.started_at = maybe_instant(row[6]);
  found.finished_at = maybe_instant(row[7]);
  found.last = {number(row[8]), number(row[9]), number(row[10]), number(row[11])};
  found.problem = maybe_text(row[12]);
  return found;
}

class cdc : public cdc_store {
 public:
  explicit cdc(const options& where) : session_(where, cdc_kind) {}

  result<void> reconnect() override { return session_.open(); }
  void act_as(operator_identity who) override { by_ = std::move(who); }

  result<cdc_pass> begin(const std::string& controller, const std::string& name) override {
    const auto rows = session_.run(sql::cdc_begin, parameters{}.add(controller).add(name), effect::writes);
    if (!rows) return rows.error();
    const auto row = (*rows)[0];
    return cdc_pass{controller, number(row[0]), number<std::int32_t>(row[1]), maybe_text(row[2]),
                    number(row[3])};
  }

  result<std::vector<cdc_stored_row>> stored(const std::string& controller, std::int32_t round,
                                             const cdc_range& range, int limit) override {
    const auto rows = session_.run(
        sql::cdc_stored, parameters{}.add(controller).add(round).add(range.after.value_or("")).add(limit),
        effect::reads);
    if (!rows) return rows.error();
    std::vector<cdc_stored_row> page;
    page.reserve(row_count(*rows));
    for (const auto& row : *rows) {
      cdc_stored_row one{text(row[0]), hash_of(row[1]), flag(row[2])};
      if (range.upto && one.object > *range.upto) break;
      page.push_back(std::move(one));
    }
    return page;
  }

  result<std::int64_t> write(const cdc_write& what) override {
    array_text kinds, ids, befores, nows;
    for (const cdc_change& change : what.changes) {
      const bool creates = change.kind == cdc_change::what::create;
      const bool removes = change.kind == cdc_change::what::remove;
      kinds.add(verb(change.kind));
      ids.add(change.object);
      creates ? befores.add_null() : befores.add(domain::format_object_hash(change.before));
      removes ? nows.add_null() : nows.add(domain::format_object_hash(change.now));
    }
    parameters with;
    with.add(what.controller).add(what.pass).add(what.round).add(kinds).add(ids).add(befores).add(nows);
    with.add(what.go_on_after).add(what.tasks);
    const auto rows = session_.run(sql::cdc_write, with, effect::writes);
    if (!rows) return rows.error();
    return number((*rows)[0][0]);
  }

  result<void> finish(const cdc_ended& what) override {
    parameters with;
    with.add(what.controller).add(what.pass);
    with.add(what.counts.created).add(what.counts.updated).add(what.counts.deleted).add(what.counts.failed);
    what.problem && !what.problem->empty() ? with.add(domain::cut_message(*what.problem)) : with.add_null();
    with.add(what.go_on_after);
    const auto rows = session_.run(sql::cdc_finish, with, effect::writes);
    if (!rows) return rows.error();
    if (rows->affected_rows() == 1) return {};
    return error{errc::refused, "pass " + std::to_string(what.pass) + " of controller " + what.controller +
                                    " is over: a newer one has begun"};
  }

  result<std::vector<cdc_controller>> controllers() override {
    const auto rows = session_.run(sql::cdc_controllers, {}, effect::reads);
    if (!rows) return rows.error();
    std::vector<cdc_controller> found;
    for (const auto& row : *rows) found.push_back(controller_of(row));
    return found;
  }

  result<void> resync(const std::string& controller) override {
    const auto rows =
        act(session_, by_, domain::resyncing(controller), sql::cdc_resync, parameters{}.add(controller),
            [&](const pqxx::result& changed, domain::operator_action&) -> std::optional<error> {
              if (changed.affected_rows() == 1) return std::nullopt;
              return error{errc::not_found, "there is no controller " + controller};
            });
    if (!rows) return rows.error();
    return {};
  }

 private:
  session session_;
  operator_identity by_;
};

}  // namespace

std::unique_ptr<cdc_store> open_cdc_store(const options& where) { return std::make_unique<cdc>(where); }

}  // namespace weir::postgres
