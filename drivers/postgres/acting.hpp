// The one way in which a store carries out what an operator orders: the action and its row in weir.audit are one
// transaction.
#pragma once

#include <functional>
#include <optional>

#include <weir/driver/audit.hpp>

#include "domain/operator_action.hpp"
#include "drivers/postgres/session.hpp"

namespace weir::postgres {

/// Looks at the answer of the statement: may complete what the audit says, and answers why it was not done.
using verdict = std::function<std::optional<error>(const pqxx::result&, domain::operator_action&)>;

/// Runs `order` and writes the row in the same transaction. A refused action leaves a row, too.
/// @errors those of the statement and of `judge`
result<pqxx::result> act(session& on, const operator_identity& by, domain::operator_action what,
                         const sql::statement& order, const parameters& with, const verdict& judge = {});

/// The same of an order that takes several statements. Where `order` answers false, all of it is taken back, and
/// there is no row.
result<void> act(session& on, const operator_identity& by, domain::operator_action what,
                 const std::function<result<bool>(const session::step&, domain::operator_action&)>& order);

/// Writes a row about what was done before, in several transactions.
result<void> note(session& on, const operator_identity& by, const domain::operator_action& what,
                  const std::optional<error>& why = {});

/// A session for people: it reads, or it acts. There is no way to write through it that the audit does not tell of.
class operator_session {
 public:
  operator_session(const options& where, session_kind kind) : session_(where, kind) {}

  void act_as(operator_identity who) { by_ = std::move(who); }
  const operator_identity& acts_as() const { return by_; }

  result<void> open() { return session_.open(); }
  const options& where() const { return session_.where(); }
  result<pqxx::result> read(const sql::statement& what, const parameters& with) {
    return session_.run(what, with, effect::reads);
  }
  result<pqxx::result> act(domain::operator_action what, const sql::statement& order, const parameters& with,
                           const verdict& judge = {}) {
    return postgres::act(session_, by_, std::move(what), order, with, judge);
  }
  /// For an order that the store answered without a statement that writes.
  result<void> note(const domain::operator_action& what, const std::optional<error>& why) {
    return postgres::note(session_, by_, what, why);
  }
  /// Enqueues as any program does: that is no action of an operator, and each task says who created it.
  result<std::vector<inserted>> enqueue(const std::vector<insert_row>& rows);

 private:
  session session_;
  operator_identity by_;
};

}  // namespace weir::postgres
