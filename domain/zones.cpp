// Asks Howard Hinnant's date library, which reads the machine's zone files.
#include "domain/zones.hpp"

#include <date/tz.h>

#include "domain/task_bounds.hpp"

namespace weir::domain {

namespace {

error no_such_zone(std::string_view what, std::string_view name) {
  return {errc::invalid,
          std::string{what} + R"( must be a time zone such as "Pacific/Auckland", not )" + in_quotes(name)};
}

}  // namespace

result<zone> zone::find(std::string_view what, std::string_view name) {
  zone found;
  if (name == found.name_) return found;
  if (name.empty() || name.size() > 64) return no_such_zone(what, name);
  try {
    date::get_tzdb();
  } catch (const std::exception& problem) {
    return error{errc::unavailable, std::string{what} + ": the time zones of this machine cannot be read (" +
                                        problem.what() + "); install tzdata"};
  }
  try {
    found.name_ = std::string{name};
    found.rules_ = date::locate_zone(found.name_);
    return found;
  } catch (const std::exception&) {
    return no_such_zone(what, name);
  }
}

zone::period zone::at(utc_time instant) const {
  if (rules_ == nullptr) return {utc_time::min(), utc_time::max(), std::chrono::seconds{0}, "UTC"};
  const date::sys_info info = rules_->get_info(instant);
  return {info.begin, info.end, info.offset, info.abbrev};
}

utc_time zone::when(local_time shown) const {
  if (rules_ == nullptr) return utc_time{shown.time_since_epoch()};
  const date::local_seconds local{shown.time_since_epoch()};
  const date::local_info info = rules_->get_info(local);
  if (info.result == date::local_info::nonexistent) return info.second.begin;
  return utc_time{local.time_since_epoch() - info.first.offset};
}

}  // namespace weir::domain
