// A store's side of its connection: every operation of every store goes through `client::run`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "drivers/memory/faults.hpp"
#include "drivers/memory/world.hpp"

namespace weir::memory {

enum class access { read, write };

/// One statement on its way through the world. Writes that may be left undecided (fault::hold) put their
/// effect into `commit`; all others change the world directly.
class statement {
 public:
  statement(world& store, session& by, bool hold) : store_(store), by_(by), hold_(hold) {}
  /// Rolls back what was begun and not committed.
  ~statement() {
    if (xid_ != 0 && !ended_) store_.roll_back(xid_);
  }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  world& store() { return store_; }
  session& by() { return by_; }

  /// The number of this statement's transaction; taken at the first call.
  transaction_id xid() {
    if (xid_ == 0) xid_ = store_.begin_transaction();
    return xid_;
  }
  bool began() const { return xid_ != 0; }
  /// For a write that changes more than its transaction's private rows: it is never left undecided.
  void decide_at_once() { hold_ = false; }
  /// The transaction's private rows, fences and effect.
  open_transaction& transaction() { return store_.open_transactions.at(xid()); }
  /// Commits, or stays open when the fault says so.
  void commit() {
    ended_ = true;
    if (hold_) {
      transaction().in_doubt = true;
    } else {
      store_.commit(xid());
    }
  }

 private:
  world& store_;
  session& by_;
  bool hold_;
  transaction_id xid_ = 0;
  bool ended_ = false;
};

/// Owns one session and applies the ordered faults. One owner thread, like the store that holds it.
class client {
 public:
  client(std::shared_ptr<world> store, std::shared_ptr<faults> trouble, std::string kind)
      : store_(std::move(store)), trouble_(std::move(trouble)), kind_(std::move(kind)) {
    const std::lock_guard lock{store_->mutex};
    session_ = store_->connect();
    if (trouble_->is_cut()) session_->broken = true;
  }
  ~client() {
    const std::lock_guard lock{store_->mutex};
    if (!trouble_->is_cut()) store_->end_session(*session_);
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  result<void> reconnect() {
    const std::lock_guard lock{store_->mutex};
    if (trouble_->is_cut()) {
      session_->broken = true;  // the server has not noticed: it keeps the lock
      return unreachable();
    }
    if (store_->lost()) {
      if (auto back = store_->recover(); !back) return back;
    }
    store_->end_session(*session_);
    session_ = store_->connect();
    if (session_->broken) return unreachable();
    return {};
  }

  /// Runs `body` as one statement: all of it or, when it answers an error, nothing.
  /// @param body  captures by value: a delayed statement runs it later.
  template <class R>
  result<R> run(const char* operation, access kind, std::function<result<R>(statement&)> body) {
    const auto struck = trouble_->take(kind_ + "." + operation);
    std::unique_lock lock{store_->mutex};
    if (!store_->reachable || trouble_->is_cut() || store_->lost()) session_->broken = true;
    if (session_->broken) return unreachable();
    if (struck && struck->kind == fault::what::refuse) {
      if (struck->code == errc::unavailable || struck->code == errc::in_doubt) session_->broken = true;
      return error{struck->code, "ordered fault in " + kind_ + "." + operation};
    }
    if (struck && struck->kind == fault::what::delay) {
      if (kind == access::write) {
        store_->delayed.push_back([body, from = session_](world& later) {
          if (later.read_only) return;
          statement late{later, *from, false};
          static_cast<void>(body(late));
        });
      }
      return lost_answer(kind, operation);
    }
    if (kind == access::write && store_->read_only) {
      return error{errc::read_only, "the store accepts no writes"};
    }
    result<R> answer = whole(kind, struck && struck->kind == fault::what::hold, body);
    if (struck) return lost_answer(kind, operation);
    if (const auto kept = store_->keep(lock); !kept) {
      return error{kind == access::write ? errc::in_doubt : errc::unavailable, kept.error().message};
    }
    return answer;
  }

 private:
  /// From its beginning to its end: it is committed, held, or rolled back when this returns.
  template <class R>
  result<R> whole(access kind, bool hold, const std::function<result<R>(statement&)>& body) {
    statement now{*store_, *session_, hold};
    result<R> answer = body(now);
    if (kind == access::write && !now.began()) store_->commit(store_->begin_transaction());
    return answer;
  }

  error unreachable() const {
    return {errc::unavailable, store_->lost()
                                   ? "the store could not be written, and is read anew once it can be"
                                   : "no connection to the store (" + kind_ + ")"};
  }
  error lost_answer(access kind, const char* operation) {
    session_->broken = true;
    return {kind == access::write ? errc::in_doubt : errc::unavailable,
            "the answer of " + kind_ + "." + operation + " was lost"};
  }

  std::shared_ptr<world> store_;
  std::shared_ptr<faults> trouble_;
  std::string kind_;
  std::shared_ptr<session> session_;
};

}  // namespace weir::memory
