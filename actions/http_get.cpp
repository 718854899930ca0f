#include "actions/http_get.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace weir::actions {

namespace {

struct easy_end {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct list_end {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct kept_body {
  std::string text;
  std::size_t most = 0;
};

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<kept_body*>(into);
  body.text.append(bytes, std::min(size * count, body.most - body.text.size()));
  return size * count;
}

}  // namespace

result<http_page> ask(const page_request& what) {
  const std::unique_ptr<CURL, easy_end> handle{curl_easy_init()};
  if (!handle) return error{errc::internal, "libcurl has no memory for a request"};
  kept_body body{{}, what.most};
  std::unique_ptr<curl_slist, list_end> headers;
  for (const auto& each : what.headers) headers.reset(curl_slist_append(headers.release(), each.c_str()));
  curl_easy_setopt(handle.get(), CURLOPT_URL, what.url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(what.patience.count()));
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  if (what.method != "GET") {
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, what.body.data());
    curl_easy_setopt(handle.get(), CURLOPT_CUSTOMREQUEST, what.method.c_str());
  }
  const CURLcode done = curl_easy_perform(handle.get());
  if (done != CURLE_OK) return error{errc::unavailable, what.url + ": " + curl_easy_strerror(done)};
  http_page page;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &page.status);
  page.body = std::move(body.text);
  return page;
}

result<http_page> get(const std::string& url, std::chrono::milliseconds patience) {
  page_request what;
  what.url = url;
  what.patience = patience;
  return ask(what);
}

}  // namespace weir::actions
