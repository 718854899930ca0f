// What the switchboard keeps of a link that is up, whatever its bytes are.
#pragma once

#include <string>

namespace weir::actors::links {

/// Threads: the transport's.
class live_link {
 public:
  virtual ~live_link() = default;

  virtual void start() = 0;
  /// Tells whoever waits for its end, once; later calls do nothing.
  virtual void close(std::string why) = 0;
  /// The answer to the oldest question without one; ignored by links that ask none.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): links that do something with it keep it
  virtual void answer(std::string /*frame*/) {}
};

}  // namespace weir::actors::links
