#include "app/api/token_guard.hpp"

#include <chrono>

#include <spdlog/spdlog.h>

#include "http/problem.hpp"

namespace weir::app {

namespace {

using namespace std::chrono_literals;

/// A revoked token is refused within this.
constexpr auto look_again = 1s;

bool same(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

void token_guard::look() {
  const boot_time now = boot_clock::now();
  if (looked_ != boot_time{} && now - looked_ < look_again) return;
  looked_ = now;
  struct stat here {};
  if (::stat(file_.c_str(), &here) == 0 && known_ && same(here, seen_)) return;
  auto entries = http::read_tokens(file_);
  if (!entries) {
    if (trouble_ != entries.error().message) spdlog::error("http.tokens_file: {}", entries.error().message);
    trouble_ = entries.error().message;
    known_.reset();
    return;
  }
  seen_ = here;
  trouble_.clear();
  known_ = std::move(*entries);
}

std::optional<http::reply> token_guard::refuse(http::request& asked, std::optional<http::role> needs) {
  if (file_.empty()) return http::refuse(asked, nullptr, needs);
  if (needs) look();
  if (needs && !known_)
    return http::problem(503, "no_tokens", "the node cannot read its tokens file; its log says why");
  return http::refuse(asked, known_ ? &*known_ : nullptr, needs);
}

}  // namespace weir::app
