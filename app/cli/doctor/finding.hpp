// What `weir doctor` finds: one thing that is wrong, where, and what mends it.
#pragma once

#include <string>
#include <vector>

namespace weir::app {

enum class weight {
  problem,  ///< weir does not keep its promises, or soon will not: exit code 6
  advice,   ///< it works; somebody should know all the same
};

struct finding {
  std::string code;  ///< stable; all of them are in docs/doctor.md
  std::string what;  ///< what is, and what follows
  std::string where;
  std::string fix;  ///< a command for a shell; where none can, what to do
  weight weighs = weight::problem;
};

/// What could not be looked at, and how it could.
struct unchecked {
  std::string what;
  std::string why;
};

struct diagnosis {
  std::vector<finding> findings;  ///< in the order of the rules: database, schema, cluster, this machine
  std::vector<unchecked> blind;

  bool healthy() const;  ///< no problem; advice does not count
};

}  // namespace weir::app
