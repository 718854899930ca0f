// Addresses of HTTP requests.
#include "hold.hpp"
#include "http/router.hpp"
#include "http/target.hpp"

using namespace weir::fuzz;

namespace {

/// Every byte but a few as a percent code.
std::string encoded(const std::string& text) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4U]);
    out.push_back(digits[byte & 15U]);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::http;
  auto read = parse_target(text_of(data, size));
  if (!read) {
    hold(read.error().code == weir::errc::invalid && !read.error().message.empty(), "a refusal says why");
    return 0;
  }
  std::string written;
  for (const auto& segment : read->path) written += "/" + encoded(segment);
  if (written.empty()) written = "/";
  for (std::size_t i = 0; i < read->query.size(); ++i)
    written += (i == 0 ? "?" : "&") + encoded(read->query[i].first) + "=" + encoded(read->query[i].second);
  const auto again = parse_target(written);
  hold(again && again->path == read->path && again->query == read->query,
       "what is encoded is read as the same");
  auto path = read->path;
  if (below("/api", path)) hold(read->path.front() == "api", "a base path is the first segment");
  router routes;
  routes.add({"GET", "/tasks/{id}:retry", std::nullopt, "", {}});
  const auto match = routes.find("GET", read->path);
  if (match.found != nullptr) hold(!match.values.at("id").empty(), "a name in braces is never empty");
  return 0;
}
