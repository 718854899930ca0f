// The file of tokens.
#include "hold.hpp"
#include "http/token_file.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::http;
  const auto read = parse_tokens(text_of(data, size));
  if (!read) {
    hold(read.error().message.find("line ") == 0, "a refusal names the line");
    return 0;
  }
  const auto again = parse_tokens(tokens_text(*read));
  hold(again && again->size() == read->size(), "what is written is read again");
  for (std::size_t i = 0; i < read->size(); ++i) {
    const auto& one = (*read)[i];
    const auto& other = (*again)[i];
    hold(one.name == other.name && one.may == other.may && one.hash == other.hash, "and is the same");
    hold(find_token(*read, one.hash) == nullptr, "a hash is no token");
  }
  return 0;
}
