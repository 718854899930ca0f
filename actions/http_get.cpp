#include "actions/http_get.hpp"

#include <curl/curl.h>

#include <memory>

namespace weir::actions {

namespace {

constexpr std::size_t kept_body = std::size_t{64} << 10U;

struct easy_end {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  body.append(bytes, std::min(size * count, kept_body - body.size()));
  return size * count;
}

}  // namespace

result<http_page> get(const std::string& url, std::chrono::milliseconds patience) {
  const std::unique_ptr<CURL, easy_end> handle{curl_easy_init()};
  if (!handle) return error{errc::internal, "libcurl has no memory for a request"};
  http_page page;
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &page.body);
  const CURLcode done = curl_easy_perform(handle.get());
  if (done != CURLE_OK) return error{errc::unavailable, url + ": " + curl_easy_strerror(done)};
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &page.status);
  return page;
}

}  // namespace weir::actions
