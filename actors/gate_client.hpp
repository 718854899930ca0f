// A program's line to one gateway: enqueues by actor message, answered after the commit. No CAF type is seen
// through it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <weir/driver/types.hpp>
#include <weir/gate_link_options.hpp>
#include <weir/result.hpp>

namespace weir::actors {

/// Not thread-safe: one owner. Has threads of its own.
class gate_client {
 public:
  explicit gate_client(const gate_link_options& options);
  ~gate_client();
  gate_client(const gate_client&) = delete;
  gate_client& operator=(const gate_client&) = delete;

  /// Links with the gateway at "host:port"; a former link ends.
  /// @param name, id  who must answer there; "" and 0 = whoever does
  /// @errors unavailable, timeout, refused, invalid (the address, or a certificate file)
  result<void> connect(const std::string& address, const std::string& name = {}, node_id id = 0);
  bool connected() const;

  /// Where a message that begins at `begin` ends: at most 500 tasks with 1 MiB of data go in one, at least one does.
  static std::size_t message_end(const std::vector<insert_row>& rows, std::size_t begin);
  /// Sends one message: one transaction, ids in the order of `rows`. Its token is the first row's.
  /// @errors unavailable: nothing was sent; in_doubt: the link broke, or the answer took too long; overloaded,
  ///         invalid, ... : what the gateway says
  result<std::vector<task_id>> enqueue(const std::vector<insert_row>& rows);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace weir::actors
