// What a caught exception says for itself, of whatever type it is.
#pragma once

#include <string>

namespace weir::runner {

/// The text of the exception being handled; call it inside a catch block. One that is no std::exception, or
/// has no text, is named by its type: `who` ("the action") threw it.
std::string text_of_exception(const char* who);

}  // namespace weir::runner
