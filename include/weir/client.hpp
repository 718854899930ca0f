// A producer: enqueues tasks from any program, without being a node.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <weir/result.hpp>
#include <weir/task.hpp>

namespace weir {

/// Certificates for links with gateways that demand them: PEM files, all or none.
struct client_options {
  std::string cert, key, ca;
  /// What the gateway's log calls this program and what `created_by` says where a task does not.
  std::string name = "client";
  std::string schema = "weir";  ///< of a database url
};

/// Thread-safe: calls take turns. Links and sessions are opened when first used and opened again when lost.
class client {
 public:
  /// @param url  weir://host:port, or several: weir://a:7710,b:7710 (the first that answers is used, and the
  ///             next when it is lost); or postgres://..., a database: the gateway of a live node is used, if one
  ///             can be reached, else the tasks are inserted by SQL.
  /// Throws std::invalid_argument if it is neither.
  explicit client(const std::string& url, client_options options = {});
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Returns the task's id once it is durable. Blocks.
  /// Where an answer is lost the task is sent again, to another gateway if need be, and is enqueued once.
  /// @errors invalid (nothing was enqueued), unavailable (likewise), overloaded (likewise: try again later),
  ///         in_doubt (it may have been enqueued: every way to ask again was gone, too)
  result<std::int64_t> enqueue(const new_task& task);
  /// One batch; ids in the order of `tasks`. Up to 500 tasks with up to 1 MiB of data are one transaction.
  /// @errors as above; where the first ones of a larger batch were enqueued, the message says how many.
  result<std::vector<std::int64_t>> enqueue(const std::vector<new_task>& tasks);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace weir
