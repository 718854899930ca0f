// What weir's callers of libcurl share: handles that end themselves, and the calling thread's open connections.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::actions {

struct easy_end {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct list_end {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using easy_handle = std::unique_ptr<CURL, easy_end>;
using header_list = std::unique_ptr<curl_slist, list_end>;

/// A handle for one request by http or https, which raises no signals. The calling thread keeps its connections for its
/// next request. Certificates are verified against the system's authorities, or those in the file that SSL_CERT_FILE
/// names. Null: no memory.
easy_handle new_handle();

/// Lines "Name: value", and none of libcurl's that would wait for 100 Continue. Null: no memory.
header_list header_lines(const std::vector<std::string>& lines);

template <class T>
void set(const easy_handle& handle, CURLoption option, T value) {
  curl_easy_setopt(handle.get(), option, value);
}

/// What the answer's header Retry-After asks for, in seconds or as a date, if that is above 0. Later versions of
/// libcurl read it, too, but cut it to six hours.
std::optional<std::chrono::seconds> retry_after(const easy_handle& answered);

}  // namespace weir::actions
