#include "app/api/api.hpp"

#include <algorithm>

#include "app/api/request_body.hpp"
#include "app/api/web_files.hpp"
#include "http/problem.hpp"
#include "http/token_file.hpp"

namespace weir::app {

namespace {

/// Sessions that the API has at most, all kinds of requests together; they are closed when nobody asks.
constexpr std::size_t reading_clerks = 2;
/// Enqueues wait for commits, not for sessions: the gateway gathers them.
constexpr std::size_t enqueueing_clerks = 16;
constexpr std::size_t most_waiting = 256;
/// What surrounds a task's data in a request.
constexpr std::size_t around_data = 64U << 10U;
constexpr std::size_t batch_bytes = 16U << 20U;

http::reply busy() { return http::problem(429, "overloaded", "too many requests wait already"); }

/// Of what clients invent none becomes a series of the metrics.
std::string known_method(const std::string& method) {
  for (const char* const known : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    if (method == known) return method;
  return "other";
}

/// "/", or "/weir" without a slash at its end.
std::string tidied(std::string base_path) {
  while (base_path.size() > 1 && base_path.back() == '/') base_path.pop_back();
  return base_path;
}

}  // namespace

std::string who_asks(const http::request& asked) { return asked.caller.empty() ? "http" : asked.caller; }

api::api(driver& store, node_door& node, const node_config& config, node_metrics& metrics)
    : node_(node),
      metrics_(metrics),
      node_name_(config.node.name),
      payload_limit_(config.limits.payload),
      base_path_(tidied(config.http.base_path)),
      guard_(config.http.tokens_file),
      readers_(store, reading_clerks, most_waiting),
      writers_(store, enqueueing_clerks, most_waiting),
      run_(http::make_token().substr(0, 16) + "-"),
      feed_(readers_),
      waits_(readers_) {
  add_health_routes(*this);
  add_cluster_routes(*this);
  add_stream_routes(*this);
  add_schedule_routes(*this);
  add_name_routes(*this);
  add_task_routes(*this);
  add_task_order_routes(*this);
  add_config_routes(*this);
  add_web_routes(*this);
}

api::~api() {
  writers_.close();
  readers_.close();  // errands there look after the feed and the waits
}

std::size_t api::body_limit(const std::vector<std::string>& path) const {
  const bool batch = !path.empty() && path.back() == "tasks:batch";
  return batch ? std::max(batch_bytes, payload_limit_ + around_data) : payload_limit_ + around_data;
}

void api::add(http::route facts, work what) {
  facts.handle = [this, what = std::move(what), wordless = facts.method == "POST" && facts.body.empty()](
                     const http::request& asked, const http::path_values& values, const http::respond& to) {
    if (wordless)
      if (auto refused = unwanted_body(asked)) return to(std::move(*refused));
    const bool taken = readers_.take([this, what, asked, values, to](clerk& with) {
      with.serve({who_asks(asked), "http", run_ + std::to_string(++requests_), {}});
      to(what(with, asked, values));
    });
    if (!taken) to(busy());
  };
  router_.add(std::move(facts));
}

void api::add(const char* reply_schema, http::route facts, work what) {
  facts.reply_schema = reply_schema;
  add(std::move(facts), std::move(what));
}

void api::add_quick(const char* reply_schema, http::route facts, quick_work what) {
  facts.reply_schema = reply_schema;
  add_quick(std::move(facts), std::move(what));
}

void api::add_quick(http::route facts, quick_work what) {
  facts.handle = [what = std::move(what)](const http::request& asked, const http::path_values&,
                                          const http::respond& to) { to(what(asked)); };
  router_.add(std::move(facts));
}

void api::add_enqueue(http::route facts, enqueue_work what) {
  facts.handle = [this, what = std::move(what)](const http::request& asked, const http::path_values&,
                                                const http::respond& to) {
    // Whoever has to look something up first goes where the sessions are.
    desk& at = asked.header("idempotency-key").empty() ? writers_ : readers_;
    if (!at.take([what, asked, to](clerk& with) { what(with, asked, to); })) to(busy());
  };
  router_.add(std::move(facts));
}

std::optional<http::reply> api::refuse_head(http::request& head) {
  const auto match = router_.find(head.method, head.path);
  if (match.found == nullptr) return std::nullopt;  // `answer` says what is wrong with it
  return guard_.refuse(head, match.found->needs);
}

void api::answer(http::request asked, http::respond to) {
  const auto match = router_.find(asked.method, asked.path);
  const http::respond reply_to = [this, method = known_method(asked.method),
                                  pattern = match.found == nullptr ? "none" : match.found->pattern,
                                  to = std::move(to)](http::reply what) {
    metrics_.requests.with({method, pattern, std::to_string(what.status)}).add();
    to(std::move(what));
  };
  if (match.found == nullptr && match.allowed.empty()) {
    if (auto file = web_reply(asked, base_path_)) return reply_to(std::move(*file));
    return reply_to(http::problem(404, "not_found", "nothing is served here; see /openapi.json"));
  }
  if (match.found == nullptr) {
    auto refused = http::problem(405, "method_not_allowed", "this takes another method, see Allow");
    std::string allowed;
    for (const auto& method : match.allowed) allowed += (allowed.empty() ? "" : ", ") + method;
    refused.headers.emplace_back("Allow", allowed);
    return reply_to(std::move(refused));
  }
  if (auto refused = guard_.refuse(asked, match.found->needs)) return reply_to(std::move(*refused));
  match.found->handle(asked, match.values, reply_to);
}

}  // namespace weir::app
