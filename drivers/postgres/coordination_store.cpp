// What a leader reads and writes; declarations.
#include "drivers/postgres/catalog_json.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/session.hpp"
#include "drivers/postgres/stores.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

const session_kind coordination_kind{"coordinate", false, std::chrono::seconds{5}, false, true};

error not_leader(leader_term term) {
  return {errc::refused, "term " + std::to_string(term.term) + " on timeline " +
                             std::to_string(term.timeline) + " does not run any more; nothing was written"};
}

class coordination : public coordination_store {
 public:
  explicit coordination(const options& where) : session_(where, coordination_kind) {}

  result<void> reconnect() override { return session_.open(); }

  result<catalog> load() override {
    const auto rows = session_.run(sql::load_catalog, {}, effect::reads);
    if (!rows) return rows.error();
    const auto row = (*rows)[0];
    return catalog_of(text(row[0]), text(row[1]), text(row[2]), text(row[3]));
  }

  result<void> assign(node_id me, leader_term term, const std::vector<wish>& wishes) override {
    array_text parts;
    array_text names;
    for (const wish& one : wishes) {
      parts.add(one.part);
      names.add(one.node);
    }
    const auto rows = session_.run(
        sql::assign, parameters{}.add(me).add(term.timeline).add(term.term).add(parts).add(names),
        effect::writes);
    if (!rows) return rows.error();
    if (number((*rows)[0][0]) == 0) return not_leader(term);
    return {};
  }

  result<std::vector<std::string>> declare(node_id me, const declarations& wanted) override {
    const auto rows = session_.run(sql::declare, parameters{}.add(me).add(json_of(wanted)), effect::writes);
    if (!rows) return rows.error();
    return texts_of(text((*rows)[0][0]));
  }

  result<void> keep_room(node_id me, leader_term term) override {
    const auto rows =
        session_.run(sql::keep_room, parameters{}.add(me).add(term.timeline).add(term.term), effect::writes);
    if (!rows) return rows.error();
    if (rows->empty()) return not_leader(term);
    return {};
  }

 private:
  session session_;
};

}  // namespace

std::unique_ptr<coordination_store> open_coordination_store(const options& where) {
  return std::make_unique<coordination>(where);
}

}  // namespace weir::postgres
