// The `weir` program: one command line in the surroundings of this process.
#include <iostream>

#include "app/cli/run_command.hpp"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);  // standard input tells how much is waiting only when it has a buffer
  std::cin.tie(nullptr);
  auto surroundings = weir::app::process_io();
  const auto world = weir::app::make_postgres_backend();
  std::vector<std::string> args{argv + (argc > 0 ? 1 : 0), argv + argc};
  return weir::app::run_command(std::move(args), surroundings, *world);
}
