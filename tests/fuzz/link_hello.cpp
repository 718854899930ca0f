// The first bytes of a connection, from anybody who can reach the port.
#include "actors/links/hello.hpp"

#include "domain/task_bounds.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

namespace {

using namespace weir::actors::links;

void check_hello(std::string_view body) {
  const auto said = decode_hello(body);
  if (!said) return hold_refused(said.error());
  hold(weir::domain::check_name("", said->name).ok(), "the name in a hello is one");
  hold(said->cluster.size() <= cluster_bytes_max && said->node_id >= 0, "a hello is within its bounds");
  const auto again = encode_hello(*said);
  hold(again.ok() && again->size() <= message_bytes_max, "a hello that is taken can be said");
  hold(again->substr(message_head_bytes) == body, "a hello has one spelling");
  hello other;
  other.name = "n1";
  other.cluster = "other";
  if (const auto why = object_to_peer(other, *said)) hold_message(*why);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = text_of(data, size);
  check_hello(bytes);
  hold_message(decode_refusal(bytes));
  const auto head = decode_head(bytes.substr(0, message_head_bytes));
  if (!head) {
    hold_refused(head.error());
    return 0;
  }
  hold(head->body_bytes + message_head_bytes <= message_bytes_max, "nobody announces more than a kilobyte");
  if (const auto why = object_to_version(head->version)) hold_message(*why);
  const auto body = bytes.substr(message_head_bytes);
  if (head->body_bytes > body.size()) return 0;
  if (head->kind == message_kind::hello) check_hello(body.substr(0, head->body_bytes));
  if (head->kind == message_kind::refusal) hold_message(decode_refusal(body.substr(0, head->body_bytes)));
  return 0;
}
