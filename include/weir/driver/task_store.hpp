// The task path of an owner. A node holds several of these, each a session with one owner thread.
#pragma once

#include <vector>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

class task_store {
 public:
  virtual ~task_store() = default;
  virtual result<void> reconnect() = 0;

  /// Reads partitions onwards, all from one statement (one snapshot, returned even without rows).
  /// Rows that were handed under the asking epoch are left out.
  virtual result<read_reply> read(const std::vector<read_request>& requests) = 0;

  /// Open tasks that became due.
  virtual result<promote_reply> promote(const std::vector<promote_request>& requests) = 0;

  /// For rows of a full page: which have a newer task of their key that is visible, due, unfinished, not
  /// in open and not among `running`? The answer names the newest; rows without one are left out.
  virtual result<std::vector<newer_reply>> newer(const std::vector<newer_request>& rows,
                                                 const std::vector<task_id>& running) = 0;

  /// What people asked of tasks of these partitions, by partition and id, at most `limit` of each.
  virtual result<std::vector<task_request>> requests(const std::vector<request_page>& pages, int limit) = 0;

  /// Writes results, open changes and marks in one fenced statement.
  /// @errors unavailable (nothing happened), in_doubt (may have happened: renew the ownership and read)
  virtual result<finish_reply> finish(const finish_request& request) = 0;

  /// Inserts tasks of any stream, routed by the database; all or nothing; ids in the order of `rows`.
  /// Those that fall into an offered partition, whose fence holds and which are due, are handed: they are the
  /// offerer's from the commit on. The owners' polls find the others. Rows whose token was inserted before are
  /// not inserted again: their answer has the id of then, part 0, and is not handed.
  /// @errors invalid (names the row and what is wrong), read_only, unavailable, in_doubt (after which who
  ///         offered partitions must renew them: rows may have been handed)
  virtual result<std::vector<inserted>> insert(const std::vector<insert_row>& rows,
                                               const hand_offer& offer = {}) = 0;
};

}  // namespace weir
