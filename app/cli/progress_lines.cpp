#include "app/cli/progress_lines.hpp"

#include <utility>

#include "app/cli/figures.hpp"

namespace weir::app {

namespace {

constexpr std::chrono::seconds between_lines{1};

}  // namespace

progress_lines::progress_lines(invocation& call, std::string what)
    : call_(call), what_(std::move(what)), begin_(call.surroundings().ticks()), told_(begin_) {}

void progress_lines::tell(std::int64_t so_far) {
  const auto now = call_.surroundings().ticks();
  if (now - told_ < between_lines) return;
  told_ = now;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  call_.say(grouped(so_far) + " " + what_ + ", " + rate_text(static_cast<double>(so_far) / seconds));
}

}  // namespace weir::app
