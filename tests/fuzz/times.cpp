// RFC 3339.
#include <algorithm>

#include "domain/time_text.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::domain;
  const auto read = parse_time(text_of(data, size));
  if (!read) return 0;
  static const auto first = parse_time("0000-01-01T00:00:00Z").value();
  static const auto last = parse_time("9999-12-31T23:59:59.999999Z").value();
  const std::string shown = format_time(*read);
  hold(shown.size() == 27, "every time has 27 characters");
  hold(parse_time(shown) == std::clamp(*read, first, last), "a time that is shown is read as the same");
  hold(*read >= first - std::chrono::hours{24} && *read <= last + std::chrono::hours{24},
       "an offset is below a day");
  return 0;
}
