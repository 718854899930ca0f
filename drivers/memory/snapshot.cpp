#include "drivers/memory/snapshot.hpp"

#include <charconv>
#include <string_view>

#include <weir/assert.hpp>

namespace weir::memory {
namespace {

/// Reads digits from the front of `text` and drops them and the `separator` after them, if one follows.
transaction_id take_number(std::string_view& text, char separator) {
  transaction_id number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  WEIR_ASSERT(failure == std::errc{} && end != text.data());
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty()) {
    WEIR_ASSERT(text.front() == separator);
    text.remove_prefix(1);
  }
  return number;
}

}  // namespace

parsed_snapshot parse(const snapshot& text) {
  parsed_snapshot value;
  std::string_view rest = text;
  value.xmin = take_number(rest, ':');
  value.xmax = take_number(rest, ':');
  while (!rest.empty()) value.running.insert(take_number(rest, ','));
  WEIR_ASSERT(value.xmin <= value.xmax);
  return value;
}

snapshot format(const parsed_snapshot& value) {
  snapshot text = std::to_string(value.xmin) + ':' + std::to_string(value.xmax) + ':';
  bool first = true;
  for (const transaction_id xid : value.running) {
    if (!first) text += ',';
    text += std::to_string(xid);
    first = false;
  }
  return text;
}

}  // namespace weir::memory
