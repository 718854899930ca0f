// The frames of a peer, vetted before CAF sees them.
#include "actors/links/frame_check.hpp"

#include <algorithm>

#include "hold.hpp"

using namespace weir::fuzz;

namespace {

using namespace weir::actors::links;

bool taken(std::string_view bytes, std::size_t piece) {
  frame_check check;
  while (!bytes.empty()) {
    const auto good = check.feed(bytes.substr(0, piece));
    if (!good) {
      hold_refused(good.error());
      hold(!check.feed("x"), "what is refused stays refused");
      return false;
    }
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return true;
}

/// The same by the definition: header after header.
bool allowed(std::string_view bytes) {
  while (bytes.size() >= frame_header_bytes) {
    const auto byte = [&](std::size_t at) { return std::size_t{static_cast<unsigned char>(bytes[at])}; };
    const std::size_t length = byte(4) << 24U | byte(5) << 16U | byte(6) << 8U | byte(7);
    if (byte(0) > 6 || length > (std::size_t{64} << 20U) || (byte(0) < 2 && length == 0)) return false;
    bytes.remove_prefix(std::min(bytes.size(), frame_header_bytes + length));
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = text_of(data, size);
  hold(taken(bytes, size + 1) == allowed(bytes), "a link takes what its definition allows");
  hold(taken(bytes, 1) == allowed(bytes), "it does not matter how bytes arrive");
  return 0;
}
