#include "app/api/http_service.hpp"

#include <algorithm>

#include <sys/resource.h>

#include "http/token_file.hpp"

namespace weir::app {

namespace {

/// "[::1]:7711" -> "::1" and "7711".
std::pair<std::string, std::string> parts_of(const std::string& listen) {
  const auto colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (!host.empty() && host.front() == '[') host = host.substr(1, host.size() - 2);
  return {host, listen.substr(colon + 1)};
}

/// Half of the descriptors that this process may have: the database and the runners need theirs.
std::size_t room_for_connections(std::size_t wanted) {
  rlimit most{};
  if (::getrlimit(RLIMIT_NOFILE, &most) != 0 || most.rlim_cur == RLIM_INFINITY) return wanted;
  return std::min(wanted, static_cast<std::size_t>(most.rlim_cur) / 2);
}

}  // namespace

node_config with_any_port(node_config config) {
  config.http.listen = config.http.listen.substr(0, config.http.listen.rfind(':')) + ":0";
  return config;
}

result<std::unique_ptr<http_service>> http_service::start(driver& store, const node_config& config,
                                                          node_metrics& metrics) {
  if (!config.http.tokens_file.empty()) {
    if (const auto known = http::read_tokens(config.http.tokens_file); !known)
      return error{errc::invalid, "http.tokens_file: " + known.error().message};
  }
  std::unique_ptr<http_service> made(new http_service(store, config, metrics));
  api& behind = made->api_;
  http::server_settings settings;
  std::tie(settings.host, settings.port) = parts_of(config.http.listen);
  settings.base_path = config.http.base_path;
  settings.connections = room_for_connections(settings.connections);
  settings.refuse_head = [&behind](http::request& head) { return behind.refuse_head(head); };
  settings.body_limit = [&behind](const std::vector<std::string>& path) { return behind.body_limit(path); };
  auto server = http::server::start(std::move(settings), [&behind](http::request asked, http::respond to) {
    behind.answer(std::move(asked), std::move(to));
  });
  if (!server) return error{server.error().code, "http.listen: " + server.error().message};
  made->server_ = std::move(*server);
  return made;
}

}  // namespace weir::app
