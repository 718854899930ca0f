// Change data capture: callbacks for the objects of another system that were created, changed or removed.
//
// Each pass compares the source with the hashes kept from earlier passes, under one controller id. A pass is a task:
// whatever enqueues tasks of that name (a schedule, a program, a person) starts one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <weir/context.hpp>
#include <weir/outcome.hpp>

namespace weir::defaults {

/// Objects of one pass: some seconds of callbacks of 10 ms.
inline constexpr int cdc_limit = 500;
/// A statement in the source: to sort millions of rows takes seconds; longer is a lock or a bad plan.
inline constexpr std::chrono::milliseconds cdc_source_timeout = std::chrono::minutes{5};
/// A source that suddenly gives no object at all is believed while no more than these are kept: a small table may
/// well become empty, a large one rather is the wrong database.
inline constexpr std::int64_t cdc_empty_objects = 100;

}  // namespace weir::defaults

namespace weir {

/// An object that has changed.
struct object_change {
  std::string object_id;
  std::string hash;  ///< as the source gave it, a uuid; "" where the object is gone
};

/// Handles one object, in the process and thread of the pass. `success`: its hash is kept, and it is not given again
/// until it changes. Any other outcome, or an exception: it is given again in a later pass, after the others. It may
/// be given twice, for its process can end between the callback and the keeping.
using change_callback = std::function<outcome(const object_change&, context&)>;

/// A source to watch over, chained:
///   weir::cdc_source{"4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e", "select id as object_id, ..."}.on_create(f).limit(100)
class cdc_source {
 public:
  /// @param controller  a uuid that names this watch for good: the hashes are kept under it, and its stream has its
  ///                    name.
  /// @param query       gives `object_id` (any type, as text 1 to 512 bytes, each once) and `hash` (a uuid, as
  ///                    md5(...)::uuid) of every object.
  cdc_source(std::string controller, std::string query)
      : controller_(std::move(controller)), query_(std::move(query)) {}

  /// The database that the query runs in, in a read-only transaction; without it: weir's own.
  cdc_source& url(std::string address) {
    url_ = std::move(address);
    return *this;
  }
  /// Objects that one pass handles at most, 1 to 100,000. The next pass goes on behind them.
  cdc_source& limit(int objects) {
    limit_ = objects;
    return *this;
  }
  /// Of a statement in the source.
  cdc_source& timeout(std::chrono::milliseconds statement) {
    timeout_ = statement;
    return *this;
  }
  /// Believe a source that gives no object at all while more than defaults::cdc_empty_objects are kept; without it
  /// such a pass fails.
  cdc_source& allow_empty(bool value = true) {
    allow_empty_ = value;
    return *this;
  }
  // Without a callback the change is only remembered.
  cdc_source& on_create(change_callback f) {
    create_ = std::move(f);
    return *this;
  }
  cdc_source& on_update(change_callback f) {
    update_ = std::move(f);
    return *this;
  }
  cdc_source& on_delete(change_callback f) {
    delete_ = std::move(f);
    return *this;
  }

  const std::string& controller() const { return controller_; }
  const std::string& query() const { return query_; }
  const std::string& url() const { return url_; }
  int limit() const { return limit_; }
  std::chrono::milliseconds timeout() const { return timeout_; }
  bool empty_allowed() const { return allow_empty_; }
  const change_callback& create_callback() const { return create_; }
  const change_callback& update_callback() const { return update_; }
  const change_callback& delete_callback() const { return delete_; }

 private:
  std::string controller_, query_, url_;
  int limit_ = defaults::cdc_limit;
  std::chrono::milliseconds timeout_ = defaults::cdc_source_timeout;
  bool allow_empty_ = false;
  change_callback create_, update_, delete_;
};

}  // namespace weir
