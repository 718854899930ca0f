#include "app/certificate_watch.hpp"

#include <spdlog/spdlog.h>

#include "app/cert/certificate.hpp"
#include "app/cli/cell_text.hpp"
#include "app/cli/new_files.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

std::optional<std::string> certificate_warning(const std::string& path, wall_time now) {
  const auto text = read_text_file(path);
  const auto all = text ? read_certificates(*text) : text.error();
  if (!all) return std::nullopt;
  const wall_time until = all->front().until;
  if (until - now > certificate_notice) return std::nullopt;
  const auto days = std::chrono::duration_cast<std::chrono::hours>(until - now).count() / 24;
  const std::string when = domain::format_time(until).substr(0, 10);
  return "the certificate \"" + printable(path) + "\"" +
         (until <= now
              ? " ended on " + when + ": no link can be made with it"
              : " ends on " + when + ", in " + std::to_string(days) + (days == 1 ? " day" : " days")) +
         "; make another one by `weir cert node`, and restart";
}

void certificate_watch::look() {
  const boot_time now = boot_clock::now();
  if (path_.empty() || (looked_ && now - *looked_ < std::chrono::hours{24})) return;
  looked_ = now;
  const auto wall = std::chrono::floor<wall_time::duration>(std::chrono::system_clock::now());
  if (const auto warning = certificate_warning(path_, wall)) spdlog::warn("{}", *warning);
}

}  // namespace weir::app
