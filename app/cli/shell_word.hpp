// Words for commands that people copy into a shell.
#pragma once

#include <string>
#include <string_view>

namespace weir::app {

/// `text` as one word of a POSIX shell: quoted where it would mean something else.
std::string shell_word(std::string_view text);

}  // namespace weir::app
