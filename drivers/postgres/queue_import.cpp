// Statements of sql/queries/moving_over.sql, each a transaction.
#include "drivers/postgres/queue_import.hpp"

#include <utility>

#include "drivers/postgres/acting.hpp"
#include "drivers/postgres/fields.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

// A table may be large, and the last step of a switch waits for others: no limit on a statement.
const session_kind import_kind{"import", true, std::chrono::milliseconds{0}, false, true, false, true};

class table_import final : public queue_import {
 public:
  table_import(const options& where, operator_identity who)
      : session_(where, import_kind), who_(std::move(who)) {}

  result<void> choose(const std::string& place) {
    const auto rows = session_.run(sql::seed_table, parameters{}.add(place), effect::reads);
    if (!rows) return rows.error();
    oid_ = number((*rows)[0][0]);
    table_ = text((*rows)[0][1]);
    id_column_ = text((*rows)[0][2]);
    return {};
  }

  const std::string& table() const override { return table_; }

  result<std::vector<queue_rows>> look() override {
    const auto rows = session_.run(sql::rows_by_state, parameters{}.add(oid_).add(id_column_), effect::reads);
    if (!rows) return rows.error();
    std::vector<queue_rows> all;
    for (const auto& row : *rows) all.push_back({text(row[0]), text(row[1]), number(row[2]), text(row[3])});
    return all;
  }

  result<std::vector<std::string>> oldest(bool history, int most) override {
    const auto rows = session_.run(
        sql::rows_to_move, parameters{}.add(oid_).add(id_column_).add(history).add(most), effect::reads);
    if (!rows) return rows.error();
    std::vector<std::string> ids;
    ids.reserve(row_count(*rows));
    for (const auto& row : *rows) ids.push_back(text(row[0]));
    return ids;
  }

  result<queue_batch> move(bool history, const std::vector<std::string>& ids) override {
    array_text list;
    for (const std::string& id : ids) list.add(id);
    const auto rows = act(session_, who_, domain::importing(table_, 0, 0, ""), sql::import_rows,
                          parameters{}.add(oid_).add(id_column_).add(history).add(list),
                          [this](const pqxx::result& moved, domain::operator_action& told) {
                            told = domain::importing(table_, number(moved[0][0]), number(moved[0][1]), "");
                            return std::optional<error>{};
                          });
    if (!rows) return rows.error();
    return queue_batch{number((*rows)[0][0]), number((*rows)[0][1]), number((*rows)[0][2])};
  }

  result<queue_switch> switch_over(bool history, int most) override {
    const auto rows =
        act(session_, who_, domain::importing(table_, 0, 0, ""), sql::switch_message_queue,
            parameters{}.add(table_).add(history).add(most),
            [this](const pqxx::result& done, domain::operator_action& told) {
              told = domain::importing(table_, number(done[0][1]), number(done[0][2]), text(done[0][0]));
              return std::optional<error>{};
            });
    if (!rows) return rows.error();
    const auto row = (*rows)[0];
    return queue_switch{text(row[0]), number(row[1]), number(row[2])};
  }

  result<std::vector<table_holder>> holders() override {
    const auto rows = session_.run(sql::table_holders, parameters{}.add(oid_), effect::reads);
    if (!rows) return rows.error();
    std::vector<table_holder> all;
    for (const auto& row : *rows)
      all.push_back({number<int>(row[0]), text(row[1]), text(row[2]), row[3].as<double>()});
    return all;
  }

 private:
  session session_;
  operator_identity who_;
  std::int64_t oid_ = 0;
  std::string table_, id_column_;
};

}  // namespace

result<std::unique_ptr<queue_import>> open_queue_import(const options& where, const std::string& table,
                                                        const operator_identity& who) {
  auto made = std::make_unique<table_import>(where, who);
  if (const auto chosen = made->choose(table); !chosen) return chosen.error();
  return std::unique_ptr<queue_import>{std::move(made)};
}

result<queue_view> place_message_queue(const options& where, const std::string& place) {
  session on{where, import_kind};
  const std::string wanted = place == "weir.message_queue" ? where.schema + ".message_queue" : place;
  const auto rows = on.run(sql::place_message_queue, parameters{}.add(wanted), effect::writes);
  if (!rows) return rows.error();
  const std::string word = text((*rows)[0][0]);
  if (word == "placed") return queue_view::placed;
  if (word == "table") return queue_view::table;
  if (word == "off") return queue_view::off;
  return queue_view::there;
}

}  // namespace weir::postgres
