// Durations as people write them.
#include "domain/duration_text.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::domain;
  const auto text = text_of(data, size);
  const auto read = parse_duration(text);
  if (!read) return 0;
  hold(read->count() >= 0 && *read <= longest_duration, "a duration is within its bounds");
  const std::string shown = format_duration(*read);
  hold(parse_duration(shown) == read, "a duration that is shown is read as the same");
  hold(shown.size() <= text.size(), "a duration is shown in its shortest form");
  return 0;
}
