// What a producer's link carries to a node, and back.
#include "actors/links/enqueue_frame.hpp"

#include "hold.hpp"

using namespace weir::fuzz;
using namespace weir::actors::links;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = text_of(data, size);
  if (const auto question = decode_question(bytes); !question) {
    hold_refused(question.error());
  } else if (!question->rows.empty()) {
    const auto again = encode_question(question->number, question->rows);
    hold(again.ok() && *again == bytes, "a question has one spelling");
  }
  if (const auto reply = decode_reply(bytes); !reply)
    hold_refused(reply.error());
  else if (reply->ids)
    hold(encode_reply(*reply) == bytes, "an answer has one spelling");
  else
    hold_message("the gateway: " + reply->ids.error().message);
  return 0;
}
