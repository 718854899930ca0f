// What a runner writes into its node's socket. An action shares its process: it may be anything.
#include "runner/frames.hpp"

#include "hold.hpp"

using namespace weir::fuzz;

namespace {

struct decoded {
  std::string again;  ///< the frames that were found, written again
  bool broken = false;
};

decoded decode(std::string_view bytes, std::size_t piece) {
  weir::runner::frame_decoder decoder{1024};
  decoded answer;
  while (!bytes.empty() && !answer.broken) {
    decoder.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (;;) {
      const auto next = decoder.next();
      if (!next) {
        hold_refused(next.error());
        hold(!decoder.next(), "what is broken stays broken");
        answer.broken = true;
        break;
      }
      if (!*next) break;
      answer.again += weir::runner::encode(**next);
    }
  }
  return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = text_of(data, size);
  const decoded whole = decode(bytes, size + 1);
  hold(bytes.substr(0, whole.again.size()) == whole.again, "a frame has one spelling");
  const decoded pieces = decode(bytes, 3);
  hold(pieces.again == whole.again && pieces.broken == whole.broken, "it does not matter how bytes arrive");
  return 0;
}
