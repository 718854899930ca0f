// Idempotency-Key: the same request sent again is answered with the task of the first time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>
#include <weir/result.hpp>

#include "http/message.hpp"

namespace weir::app {

/// A key becomes the token of a message (insert_row::token), whose receipt the inserting statement writes. Receipts are
/// forgotten by the time in their tokens, so a key has one token a day; yesterday's is looked up, too. A key is
/// remembered for an hour at least and a day at most.
class idempotency_key {
 public:
  /// nullopt: the request has none. Keys of different callers are different. @errors invalid (over 255 bytes)
  static result<std::optional<idempotency_key>> of(const http::request& asked);

  std::string token(wall_time now) const;
  /// The ids of the first time.
  result<std::optional<std::vector<task_id>>> answered(console_store& store, wall_time now) const;

 private:
  idempotency_key(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}
  std::uint64_t high_, low_;
};

}  // namespace weir::app
