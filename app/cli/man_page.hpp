// weir(1), made from the parser's own tree.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace weir::app {

/// The page as troff with the man macros.
std::string man_page(const CLI::App& root);

}  // namespace weir::app
