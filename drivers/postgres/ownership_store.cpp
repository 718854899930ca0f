// Taking and giving back partitions.
#include <nlohmann/json.hpp>

#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/session.hpp"
#include "drivers/postgres/stores.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

const session_kind ownership_kind{"own", false, std::chrono::seconds{5}, false, true};

ownership ownership_of(const pqxx::row& row, part_id part) {
  ownership taken;
  taken.held = {part, number(row[0])};
  taken.timeline = number<std::int32_t>(row[1]);
  taken.unclean = number<int>(row[2]);
  taken.mark.seen = text(row[3]);
  taken.mark.upto = maybe_text(row[4]);
  taken.mark.at_xid = number<transaction_id>(row[5]);
  taken.mark.at_id = number(row[6]);
  taken.next_due = maybe_ms(row[7]);
  for (const auto& item : nlohmann::json::parse(text(row[8]))) {
    taken.keyed.push_back({item.at(0).get<task_id>(), item.at(1).get<std::string>(),
                           item.at(2).get<std::string>(), item.at(3).get<int>()});
  }
  return taken;
}

class ownership_of_partitions : public ownership_store {
 public:
  explicit ownership_of_partitions(const options& where) : session_(where, ownership_kind) {}

  result<void> reconnect() override { return session_.open(); }

  result<ownership> acquire(node_id me, part_id part, bool timeline_waited, bool crash_waited) override {
    return taken(
        session_.run(sql::acquire, parameters{}.add(me).add(part).add(timeline_waited).add(crash_waited),
                     effect::writes),
        part);
  }

  result<ownership> renew(node_id me, fence held) override {
    return taken(session_.run(sql::renew_ownership, parameters{}.add(me).add(held.part).add(held.epoch),
                              effect::writes),
                 held.part);
  }

  result<bool> release(node_id me, fence held) override {
    const auto rows =
        session_.run(sql::release, parameters{}.add(me).add(held.part).add(held.epoch), effect::writes);
    if (!rows) return rows.error();
    return !rows->empty();
  }

 private:
  static result<ownership> taken(const result<pqxx::result>& rows, part_id part) {
    if (!rows) return rows.error();
    return ownership_of((*rows)[0], part);
  }

  session session_;
};

}  // namespace

std::unique_ptr<ownership_store> open_ownership_store(const options& where) {
  return std::make_unique<ownership_of_partitions>(where);
}

}  // namespace weir::postgres
