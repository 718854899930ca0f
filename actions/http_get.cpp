#include "actions/http_get.hpp"

#include <algorithm>
#include <utility>

#include "actions/curl_handle.hpp"

namespace weir::actions {

namespace {

struct kept_body {
  std::string text;
  std::size_t most = 0;
};

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<kept_body*>(into);
  body.text.append(bytes, std::min(size * count, body.most - body.text.size()));
  return size * count;
}

int stop_if_asked(void* what, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const page_request*>(what)->stop() ? 1 : 0;
}

}  // namespace

result<http_page> ask(const page_request& what) {
  const easy_handle handle = new_handle();
  const header_list headers = header_lines(what.headers);
  if (!handle || !headers) return error{errc::internal, "libcurl has no memory for a request"};
  kept_body body{{}, what.most};
  set(handle, CURLOPT_URL, what.url.c_str());
  set(handle, CURLOPT_PROXY, "");
  set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(what.patience.count()));
  set(handle, CURLOPT_QUICK_EXIT, 1L);  // not waiting for the resolver's thread either
  if (what.stop) {
    set(handle, CURLOPT_XFERINFOFUNCTION, &stop_if_asked);
    set(handle, CURLOPT_XFERINFODATA, static_cast<const void*>(&what));
    set(handle, CURLOPT_NOPROGRESS, 0L);
  }
  set(handle, CURLOPT_WRITEFUNCTION, &take);
  set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&body));
  set(handle, CURLOPT_HTTPHEADER, headers.get());
  if (what.method != "GET") {
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
    set(handle, CURLOPT_POSTFIELDS, what.body.data());
    set(handle, CURLOPT_CUSTOMREQUEST, what.method.c_str());
  }
  const CURLcode done = curl_easy_perform(handle.get());
  if (done == CURLE_ABORTED_BY_CALLBACK)
    return error{errc::timeout, what.url + ": ended when asked to, before an answer came"};
  if (done != CURLE_OK) return error{errc::unavailable, what.url + ": " + curl_easy_strerror(done)};
  http_page page;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &page.status);
  page.retry_after = retry_after(handle);
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
