// The election on a session of its own: the lock lives and dies with it.
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/session.hpp"
#include "drivers/postgres/stores.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

const session_kind leadership_kind{"lead", true, std::chrono::seconds{2}, false, true};

class leadership : public leadership_store {
 public:
  explicit leadership(const options& where) : session_(where, leadership_kind), lock_(leader_lock(where)) {}
  // The backend of a closed connection lives a moment longer: the lock is freed by word, not by its end.
  ~leadership() override { give_back(); }

  result<void> reconnect() override {
    give_back();
    return session_.open();
  }

  result<std::optional<leader_term>> try_lead(node_id me) override {
    // Session locks stack: a lock that is held already must not be taken again.
    if (!locked_) {
      const auto tried = session_.run(sql::try_lock, lock_parameters(), effect::writes);
      if (!tried) return tried.error();
      if (!flag((*tried)[0][0])) return std::optional<leader_term>{};
      locked_ = true;
    }
    const auto rows = session_.run(sql::begin_term, parameters{}.add(me), effect::writes);
    if (!rows) {
      unlock();
      return rows.error();
    }
    const auto row = (*rows)[0];
    return std::optional<leader_term>{leader_term{number<std::int32_t>(row[0]), number(row[1])}};
  }

  result<bool> renew(node_id me, leader_term term) override {
    const auto rows = session_.run(
        sql::renew_term,
        parameters{}.add(term.timeline).add(term.term).add(me).add(lock_.lock_class).add(lock_.lock_object),
        effect::reads);
    if (!rows) {
      locked_ = locked_ && rows.error().code != errc::unavailable;
      return rows.error();
    }
    return flag((*rows)[0][0]);
  }

  result<void> resign(node_id me, leader_term term, const std::string& reason) override {
    const auto rows = session_.run(
        sql::end_term, parameters{}.add(term.timeline).add(term.term).add(me).add(reason), effect::writes);
    unlock();
    if (!rows) return rows.error();
    return {};
  }

 private:
  parameters lock_parameters() const { return parameters{}.add(lock_.lock_class).add(lock_.lock_object); }

  /// Where the statement fails, the lock's fate is unknown: then the session is given up, and the lock with it.
  void unlock() {
    if (locked_ && !give_back()) static_cast<void>(session_.open());
  }

  bool give_back() {
    if (!locked_) return true;
    locked_ = false;
    const auto freed = session_.run(sql::unlock, lock_parameters(), effect::writes);
    return freed && flag((*freed)[0][0]);
  }

  session session_;
  const advisory_lock lock_;
  bool locked_ = false;
};

}  // namespace

std::unique_ptr<leadership_store> open_leadership_store(const options& where) {
  return std::make_unique<leadership>(where);
}

}  // namespace weir::postgres
