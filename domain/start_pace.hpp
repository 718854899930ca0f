// How fast tasks of a stream may start on one node: at most so many in each interval, evenly spread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <weir/boot_clock.hpp>
#include <weir/driver/types.hpp>

namespace weir::domain {

/// After a lull as many may start at once as come in this time, and one in any case: a wake-up for each of a thousand
/// starts a second would cost more than the starts, while a caller who counts by the second does not see it.
inline constexpr std::chrono::milliseconds burst_of_rate{100};

/// A bucket of tokens, kept as the one moment from which on it is full again. In any span of time no more start than
/// the rate gives in it, and a burst.
class start_pace {
 public:
  /// From now on this limit holds; with another one than before the bucket lacks at most what the new one holds.
  void obey(const start_rate& limit, boot_time now);
  /// The earliest moment of the next start; not later than `now`: at once. Without a limit it is always at once.
  boot_time next(boot_time now) const;
  /// One starts now; next() must have allowed it.
  void started(boot_time now);

 private:
  start_rate limit_;
  boot_time full_again_{};
};

/// "10/s", "10/m", "10/h"; counts from 1 to 1,000,000. nullopt: anything else.
std::optional<start_rate> parse_rate(std::string_view text);
/// The same; "" = no limit.
std::string format_rate(const start_rate& rate);

}  // namespace weir::domain
