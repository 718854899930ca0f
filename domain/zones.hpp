// Time zones: when which offset holds, and which instant a local clock means. The one place that sees the zone
// database of the machine (IANA, /usr/share/zoneinfo); what it says of the future changes when it is upgraded.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <weir/result.hpp>

namespace date {
class time_zone;
}

namespace weir::domain {

struct local_clock {};
/// What a wall clock of some zone shows, as if it were UTC.
using local_time = std::chrono::time_point<local_clock, std::chrono::seconds>;
/// An instant.
using utc_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

/// A zone of the machine's database. A cheap value; thread-safe.
class zone {
 public:
  /// A stretch of time in which one offset holds: [begin, end).
  struct period {
    utc_time begin;
    utc_time end;
    std::chrono::seconds offset{0};  ///< local = UTC + offset
    std::string abbreviation;        ///< "CEST"
  };

  /// UTC, which needs no database.
  zone() = default;
  /// The zone of an IANA name, exactly as it is spelt there.
  /// @param what  what the message calls it, e.g. "'schedule.nightly.zone'"
  /// @errors invalid: there is none; unavailable: this machine has no zone database
  static result<zone> find(std::string_view what, std::string_view name);

  period at(utc_time instant) const;
  /// When the local clock shows `shown`: the first of the two instants where it does so twice; the end of the gap
  /// where it never does.
  utc_time when(local_time shown) const;

  const std::string& name() const { return name_; }

 private:
  std::string name_ = "UTC";
  const date::time_zone* rules_ = nullptr;  ///< null: UTC
};

}  // namespace weir::domain
