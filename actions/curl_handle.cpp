#include "actions/curl_handle.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <string_view>
#include <utility>

namespace weir::actions {

namespace {

struct share_end {
  void operator()(CURLSH* share) const { curl_share_cleanup(share); }
};
using share_handle = std::unique_ptr<CURLSH, share_end>;

/// The thread's open connections, kept between requests without a lock.
CURLSH* own_connections() {
  thread_local const share_handle share = [] {
    share_handle made{curl_share_init()};
    if (made) curl_share_setopt(made.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    return made;
  }();
  return share.get();
}

bool append(header_list& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(list.release());
  list.reset(longer);
  return true;
}

}  // namespace

/// One that has been used, curl_easy_reset or not, remembers where the last header of its former answer was (libcurl
/// 7.88): an answer whose first header is a continuation made it write into freed memory. So none is used twice.
easy_handle new_handle() {
  static std::once_flag started;
  std::call_once(started, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  CURLSH* const connections = own_connections();
  easy_handle handle{curl_easy_init()};
  if (!handle || connections == nullptr) return nullptr;
  set(handle, CURLOPT_SHARE, connections);
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  if (const char* authorities = std::getenv("SSL_CERT_FILE")) set(handle, CURLOPT_CAINFO, authorities);
  return handle;
}

header_list header_lines(const std::vector<std::string>& lines) {
  header_list list;
  for (const std::string& line : lines) {
    if (!append(list, line)) return nullptr;
  }
  return append(list, "Expect:") ? std::move(list) : nullptr;
}

std::optional<std::chrono::seconds> retry_after(const easy_handle& answered) {
  curl_header* header = nullptr;
  if (curl_easy_header(answered.get(), "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return {};
  const std::string_view text{header->value};
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ptr != text.data() + text.size())
    seconds = curl_getdate(header->value, nullptr) - std::time(nullptr);
  if (seconds <= 0) return {};
  return std::chrono::seconds{seconds};
}

}  // namespace weir::actions
