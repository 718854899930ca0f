// Change data capture: what is kept of the objects of another system, and how a source is read.
//
// A *controller* (a uuid) watches over one source. Its *passes* are numbered; only the newest may write. What is kept
// of an object is a hash, in the *round* in which it was handled: a higher round makes all hashes stale at once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/driver/audit.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

/// The 16 bytes of a uuid, as md5 gives them.
using cdc_hash = std::array<unsigned char, 16>;

/// Where the objects are: a database and a statement in it that gives `object_id` and `hash`.
struct cdc_query {
  std::string url;  ///< "" = the driver's own database
  std::string text;
  std::chrono::milliseconds timeout{0};  ///< of each statement there, > 0
};

/// Objects by the bytes of their ids: those after `after`, up to and with `upto`; nullopt = no bound.
struct cdc_range {
  std::optional<std::string> after, upto;
};

/// An object as its source gives it: nothing about it has been checked.
struct cdc_source_row {
  std::optional<std::string> object;
  std::optional<std::string> hash;
};
/// What is kept of an object.
struct cdc_stored_row {
  std::string object;
  cdc_hash hash{};
  bool stale = false;  ///< of an earlier round: counts as changed, whatever its hash
};

struct cdc_change {
  enum class what : char { create = 'c', update = 'u', remove = 'd' };

  what kind = what::create;
  std::string object;
  cdc_hash before{};  ///< of update and remove: what is kept
  cdc_hash now{};     ///< of create and update: what the source gives
};

/// A pass that has begun. It ends when a newer one begins.
struct cdc_pass {
  std::string controller;
  std::int64_t number = 0;
  std::int32_t round = 1;
  std::optional<std::string> go_on_after;  ///< where the last pass stopped; nullopt = begin at the beginning
  std::int64_t objects = 0;                ///< kept now
};

/// Changes that were handled, to be kept in one transaction.
struct cdc_write {
  std::string controller;
  std::int64_t pass = 0;
  std::int32_t round = 1;
  std::vector<cdc_change> changes;
  std::optional<std::string> go_on_after;  ///< nullopt = as it is
  /// Enqueues a task "NAME.create", "NAME.update" or "NAME.delete" for each change that is kept, in their order,
  /// in the same transaction: key = object id, data = {"object_id", "hash"} (no hash where it is gone).
  std::optional<std::string> tasks;
};

/// What came of a pass.
struct cdc_counts {
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::int64_t deleted = 0;
  std::int64_t failed = 0;
};
struct cdc_ended {
  std::string controller;
  std::int64_t pass = 0;
  cdc_counts counts;
  std::optional<std::string> problem;      ///< what ended it early, or the first failure; up to 2,000 bytes
  std::optional<std::string> go_on_after;  ///< nullopt = the next one begins at the beginning
};

/// A controller as people see it.
struct cdc_controller {
  std::string controller;
  std::string name;          ///< of the action that ran its last pass
  std::int64_t objects = 0;  ///< kept now
  std::int64_t pass = 0;
  std::int32_t round = 1;
  std::optional<std::string> go_on_after;
  std::optional<wall_time> started_at;
  std::optional<wall_time> finished_at;  ///< nullopt while it runs, or when it was cut off
  cdc_counts last;
  std::optional<std::string> problem;
};

/// One session. Every method but `controllers` and `act_as` is about one controller, and touches no other's rows.
class cdc_store {
 public:
  virtual ~cdc_store() = default;
  virtual result<void> reconnect() = 0;

  /// Begins a pass: whatever an earlier one still writes is refused from now on.
  /// @param controller  a uuid; created if it is new. @param name  of the action
  virtual result<cdc_pass> begin(const std::string& controller, const std::string& name) = 0;
  /// A page of what is kept, by the bytes of the ids; fewer than `limit` rows = the range has no more.
  /// @param round  of the pass: rows of earlier ones are stale
  virtual result<std::vector<cdc_stored_row>> stored(const std::string& controller, std::int32_t round,
                                                     const cdc_range& range, int limit) = 0;
  /// Keeps changes whose object is still as the change says, all in one transaction; no object twice.
  /// @return how many were kept. @errors refused (a newer pass has begun: nothing was written), invalid
  virtual result<std::int64_t> write(const cdc_write& what) = 0;
  /// @errors refused (a newer pass has begun)
  virtual result<void> finish(const cdc_ended& what) = 0;

  /// Every controller, by name.
  virtual result<std::vector<cdc_controller>> controllers() = 0;
  /// For whom it acts from now on.
  virtual void act_as(operator_identity who) = 0;
  /// From the next pass on every object counts as changed. Leaves a row in the audit. @errors not_found
  virtual result<void> resync(const std::string& controller) = 0;
};

/// Reads a source. One session of its own that can write nothing there.
class cdc_reader {
 public:
  virtual ~cdc_reader() = default;

  /// Connects where needed and begins to read; what was being read is given up. Rows without an id come first, then
  /// the others by the bytes of their ids.
  /// @errors invalid (the statement is wrong: says how), unavailable, timeout
  virtual result<void> open(const cdc_range& range) = 0;
  /// The next page, of some thousands of rows; empty = that was all. After an error nothing more is to be had.
  virtual result<std::vector<cdc_source_row>> next() = 0;
  /// Lets go of the source: no transaction is left open there.
  virtual void close() = 0;
};

}  // namespace weir
