// The HTTP API of a node: requests in, replies out. What each path does is in *_routes.cpp; here is what they share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <weir/config.hpp>
#include <weir/driver.hpp>

#include "app/api/desk.hpp"
#include "app/api/live_feed.hpp"
#include "app/api/new_task.hpp"
#include "app/api/node_door.hpp"
#include "app/api/node_metrics.hpp"
#include "app/api/token_guard.hpp"
#include "app/api/waiting_room.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace weir::app {

class api {
 public:
  /// @param store, node, metrics  outlive it.
  api(driver& store, node_door& node, const node_config& config, node_metrics& metrics);
  ~api();
  api(const api&) = delete;
  api& operator=(const api&) = delete;

  /// http::server::handler: from the server's thread; does not block.
  void answer(http::request asked, http::respond to);
  /// Whom it would refuse anyway, before there is a body. On the same thread.
  std::optional<http::reply> refuse_head(http::request& head);
  /// Bytes that a body may have there.
  std::size_t body_limit(const std::vector<std::string>& path) const;

  // -- for the routes
  using work = std::function<http::reply(clerk&, const http::request&, const http::path_values&)>;
  using quick_work = std::function<http::reply(const http::request&)>;
  using enqueue_work = std::function<void(clerk&, const http::request&, const http::respond&)>;

  /// A route that is answered at a desk. `facts` has everything but the handler; `reply_schema` is one of schemas.hpp.
  void add(http::route facts, work what);
  void add(const char* reply_schema, http::route facts, work what);
  /// One that is answered at once, from memory.
  void add_quick(http::route facts, quick_work what);
  void add_quick(const char* reply_schema, http::route facts, quick_work what);
  /// One that enqueues: at a desk of its own, since it waits for commits.
  void add_enqueue(http::route facts, enqueue_work what);

  const http::router& routes() const { return router_; }
  node_door& node() { return node_; }
  live_feed& feed() { return feed_; }
  waiting_room& waits() { return waits_; }
  stream_names& streams_known() { return streams_known_; }
  node_metrics& metrics() { return metrics_; }
  /// What an address on this server begins with: "" or "/weir".
  std::string address_base() const { return base_path_ == "/" ? "" : base_path_; }
  const std::string& node_name() const { return node_name_; }
  std::size_t payload_limit() const { return payload_limit_; }

 private:
  node_door& node_;
  node_metrics& metrics_;
  const std::string node_name_;
  const std::size_t payload_limit_;
  const std::string base_path_;
  token_guard guard_;
  http::router router_;
  stream_names streams_known_;
  desk readers_;
  desk writers_;
  const std::string run_;  ///< with a number it names a request, in the audit
  std::atomic<std::uint64_t> requests_{0};
  live_feed feed_;
  waiting_room waits_;
};

/// Who asks, for audit and for created_by: the name of the token, or "http".
std::string who_asks(const http::request& asked);

void add_task_routes(api& to);
void add_task_order_routes(api& to);
void add_cluster_routes(api& to);
void add_stream_routes(api& to);
void add_schedule_routes(api& to);
void add_name_routes(api& to);
void add_health_routes(api& to);
void add_config_routes(api& to);
/// What the dashboard asks for besides the API proper.
void add_web_routes(api& to);

}  // namespace weir::app
