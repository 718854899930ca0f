// Names, keys and messages: what passes is what PostgreSQL and a terminal can take.
#include "app/cli/cell_text.hpp"
#include "domain/message_token.hpp"
#include "domain/names.hpp"
#include "domain/task_bounds.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

namespace {

template <class Value>
void same_word(const std::optional<Value>& read, std::string_view text) {
  if (read) hold(weir::to_string(*read) == text, "a word is spelt as it is read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::domain;
  const auto text = text_of(data, size);
  const auto broken = first_invalid_utf8(text);
  hold(!broken || *broken < size, "the broken byte is one of the text");

  const auto name = weir::domain::check_name("the name", text);
  if (name) {
    hold(!broken && size >= 1 && size <= 256, "a name is short and valid UTF-8");
    hold_message(text);
  } else {
    hold_refused(name.error());
    hold(name.error().message.find("the name") != std::string::npos, "the refusal of a name says which");
  }
  const auto key = check_key(text);
  if (key)
    hold(!broken && size <= 512 && text.find('\0') == std::string_view::npos, "a key is within its bounds");
  else
    hold_refused(key.error());

  const std::string cut = cut_message(std::string{text});
  hold(cut.size() <= 2000 && !first_invalid_utf8(cut) && cut.find('\0') == std::string::npos,
       "a message is what the store takes");
  hold(cut_message(cut) == cut, "what was cut is not cut again");
  hold_message(in_quotes(text));
  const std::string shown = weir::app::printable(text);
  hold(shown.empty() || !first_invalid_utf8(shown), "what is shown is valid UTF-8");
  hold(weir::app::printable(shown) == shown, "what is shown stays the same");
  for (const int width : {0, 1, 2, 7, 80})
    hold(weir::app::display_width(weir::app::clip(shown, width)) <= width, "what is cut fits");

  same_word(weir::parse_stream_mode(text), text);
  same_word(weir::parse_pin_policy(text), text);
  same_word(weir::parse_isolation(text), text);
  same_word(weir::parse_missed_policy(text), text);
  // States are taken in any case.
  if (const auto state = weir::parse_task_state(std::string{text}))
    hold(weir::parse_task_state(weir::to_string(*state)) == state, "a state is read as it is spelt");
  same_word(weir::parse_node_state(std::string{text}), text);
  hold(!is_message_token(text) || size == 36, "a token has 36 characters");
  return 0;
}
