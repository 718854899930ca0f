// Which span a producer says that it is in.
#include "domain/trace_context.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::domain;
  const std::string_view text = text_of(data, size);
  const auto read = parse_traceparent(text);
  const auto checked = check_traceparent(text);
  hold(checked.ok() == (read.has_value() && text.size() == 55), "what is kept is what is read, and no more");
  if (!checked) hold_message(checked.error().message);
  if (!read) return 0;
  const std::string shown = to_traceparent(*read);
  hold(text.substr(3, 49) == std::string_view{shown}.substr(3, 49), "the ids are those of the text");
  hold(parse_traceparent(shown) == read, "what is written is read as the same");
  return 0;
}
