#include "actions/http_call.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "actions/curl_handle.hpp"
#include "actions/line_reader.hpp"

namespace weir::actions {

namespace {

constexpr std::size_t kept_body = std::size_t{64} << 10U;
constexpr std::chrono::milliseconds connect_limit{10'000};
/// A server that never answers must not keep a task for ever where its action has no timeout.
constexpr std::chrono::milliseconds longest_call{300'000};
constexpr std::chrono::seconds longest_pause{86'400};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* into) {
  static_cast<tail*>(into)->feed({bytes, size * count});
  return size * count;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* into) {
  constexpr std::string_view name = "x-message-id:";
  const std::string_view line{bytes, size * count};
  const bool mine = line.size() > name.size() &&
                    std::equal(name.begin(), name.end(), line.begin(), [](char want, char got) {
                      return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got + 32) : got);
                    });
  if (mine) {
    const auto from = line.find_first_not_of(" \t", name.size());
    // Anything but plain characters ends it: it is shown to people.
    const auto to = std::find_if(line.begin() + static_cast<std::ptrdiff_t>(std::min(from, line.size())),
                                 line.end(), [](char c) { return c <= ' ' || c > '~'; });
    if (from != std::string_view::npos)
      *static_cast<std::string*>(into) =
          line.substr(from, static_cast<std::size_t>(to - line.begin()) - from);
  }
  return size * count;
}

int stop_if_asked(void* asked, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const context*>(asked)->stop_requested() ? 1 : 0;
}

}  // namespace

result<http_answer> post(const http_request& request, const context& ctx) {
  const easy_handle handle = new_handle();
  const header_list headers = header_lines(request.headers);
  if (!handle || !headers) throw std::runtime_error("libcurl has no memory for a request");
  tail body{kept_body};
  http_answer answer;
  char trouble[CURL_ERROR_SIZE] = "";
  set(handle, CURLOPT_URL, request.url.c_str());
  set(handle, CURLOPT_HTTPHEADER, headers.get());
  set(handle, CURLOPT_POST, 1L);
  set(handle, CURLOPT_POSTFIELDS, request.body.data());
  set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  set(handle, CURLOPT_WRITEFUNCTION, &take_body);
  set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&body));
  set(handle, CURLOPT_HEADERFUNCTION, &take_header);
  set(handle, CURLOPT_HEADERDATA, static_cast<void*>(&answer.message_id));
  set(handle, CURLOPT_XFERINFOFUNCTION, &stop_if_asked);
  set(handle, CURLOPT_XFERINFODATA, static_cast<const void*>(&ctx));
  set(handle, CURLOPT_NOPROGRESS, 0L);
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_limit.count()));
  set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(longest_call.count()));
  set(handle, CURLOPT_ERRORBUFFER, static_cast<char*>(trouble));

  const CURLcode code = curl_easy_perform(handle.get());
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return error{errc::timeout, "ended when asked to, before an answer came"};
  if (code != CURLE_OK) {
    return error{errc::unavailable, *trouble != '\0' ? std::string{trouble} : curl_easy_strerror(code)};
  }
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  if (const auto pause = retry_after(handle)) answer.retry_after = std::min(*pause, longest_pause);
  answer.last_line = body.last_line();
  return answer;
}

outcome judge(const http_answer& answer) {
  if (answer.good()) return outcome::success(answer.last_line);
  std::string message = "HTTP " + std::to_string(answer.status);
  if (!answer.last_line.empty()) message += ": " + answer.last_line;
  if (answer.status == 429 || answer.status >= 500)
    return outcome::retry(std::move(message), answer.retry_after);
  if (answer.status >= 300 && answer.status < 400) message += " (redirects are not followed)";
  return outcome::failure(std::move(message));
}

}  // namespace weir::actions
