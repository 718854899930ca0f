// Where others reach a node: it listens for links, and lets whoever is admitted talk to the node's gate.
//
// Outlives the node's incarnations: its address is known before the first one registers. No CAF type is seen
// through it.
#pragma once

#include <memory>
#include <string>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir::actors {

struct opening;

struct door_settings {
  std::string name;           ///< the node's
  std::string listen;         ///< "host:port", port 0 = any
  std::string cert, key, ca;  ///< PEM files; all or none
};

class door {
 public:
  /// Listens; everybody is refused until an incarnation opens it.
  /// @errors invalid, conflict (address in use), unavailable
  static result<std::unique_ptr<door>> make(door_settings settings);
  ~door();
  door(const door&) = delete;
  door& operator=(const door&) = delete;

  /// Where others reach it: "127.0.0.1:41233"; of one that listens everywhere, this machine's name.
  std::string address() const;

  /// From now on links lead to this incarnation, and it keeps links with the others. For the runtime.
  void open(const opening& incarnation);
  /// Ends all links.
  void close();

 private:
  struct parts;
  explicit door(std::shared_ptr<parts> held);
  std::shared_ptr<parts> parts_;
};

}  // namespace weir::actors
