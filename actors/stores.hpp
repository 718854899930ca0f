// The actors that own a database session each: KEEPER, READER, FINISHER, INBOX, UNDERTAKER.
//
// A session blocks, so each of these is spawned detached: it has a thread of its own, and the scheduler's few
// threads never wait for the database. They decide nothing; a broken session is reopened before its next use.
#pragma once

#include <functional>

#include <weir/driver.hpp>

#include "actors/interfaces.hpp"

namespace weir::actors {

/// A session and whether it must be reopened first.
template <class Store>
class session {
 public:
  explicit session(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  /// Calls `use` with an open session; an error that leaves the session useless reopens it next time.
  template <class Use>
  auto call(Use use) -> decltype(use(std::declval<Store&>())) {
    if (broken_) {
      if (auto again = store_->reconnect(); !again) return again.error();
      broken_ = false;
    }
    auto answer = use(*store_);
    if (!answer && (answer.error().code == errc::unavailable || answer.error().code == errc::in_doubt))
      broken_ = true;
    return answer;
  }

 private:
  std::unique_ptr<Store> store_;
  bool broken_ = false;
};

using error_sink = std::function<void(const error&)>;

keeper_actor::behavior_type keeper(keeper_actor::pointer self, driver* store, node_id me, error_sink errors);
reader_actor::behavior_type reader(reader_actor::pointer self, driver* store, error_sink errors);
finisher_actor::behavior_type finisher(finisher_actor::pointer self, driver* store, error_sink errors);
inbox_actor::behavior_type inbox(inbox_actor::pointer self, driver* store, error_sink errors);
undertaker_actor::behavior_type undertaker(undertaker_actor::pointer self, driver* store, error_sink errors);

}  // namespace weir::actors
