// Enqueues rows by message where a gateway can be reached, else by SQL.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/client.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir::app {

/// Not thread-safe.
class row_sender {
 public:
  virtual ~row_sender() = default;
  /// Ids in the order of `rows`; what is more than one message is sent as several.
  /// @errors as weir::client::enqueue
  virtual result<std::vector<task_id>> send(std::vector<insert_row> rows) = 0;
};

/// @param url  as weir::client takes it. Throws std::invalid_argument if it is none.
std::unique_ptr<row_sender> make_row_sender(const std::string& url, client_options options);

}  // namespace weir::app
