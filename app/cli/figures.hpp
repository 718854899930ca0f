// Numbers as people read them: 12,345 and 2m03s and 95.2/s.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::app {

/// "12,345"; with `capped` "10,000+".
std::string grouped(std::int64_t count, bool capped = false);
/// A span of time in at most two units: "0.4s", "12s", "2m03s", "3h05m", "2d04h". Negative counts as 0.
std::string age_text(double seconds);
/// "95.2/s"; nothing below 0.05.
std::string rate_text(double per_second);
/// One block character a value, scaled to the highest: " ▁▄█".
std::string sparkline(const std::vector<double>& values);

}  // namespace weir::app
