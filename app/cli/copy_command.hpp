// weir db copy
#pragma once

namespace CLI {
class App;
}

namespace weir::app {

class invocation;

void add_copy_command(CLI::App& db, invocation& call);

}  // namespace weir::app
