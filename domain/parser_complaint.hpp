// What libraries say of text that they can't parse, as messages for people. They quote the input as it is: broken
// bytes, control characters and all, and as long as its last token.
#pragma once

#include <string>
#include <string_view>

namespace weir::domain {

/// `text` in one line of printable characters, whatever it quotes; cut after 240 bytes of it.
std::string parser_complaint(std::string_view text);

/// The same of an exception of the JSON library, without its tag.
/// @param what  the exception's what()
std::string json_complaint(std::string_view what);

}  // namespace weir::domain
