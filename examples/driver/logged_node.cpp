// A node that asks its store through a driver of its own, which tells each statement on stderr:
//
//   logged-node --config n1/weir.toml
#include <iostream>

#include <weir/weir.hpp>

#include "logged_driver.hpp"

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};
  node.stream("netsuite", weir::single_instance);
  node.action(
      "customer_update",
      [](const weir::task& task, weir::context&) {
        return weir::outcome::success("synced " + task.data.at("customer_id").get<std::string>());
      },
      weir::on_stream("netsuite"));
  node.wrap_driver([](std::unique_ptr<weir::driver> own) {
    return std::make_unique<logged_driver>(std::move(own),
                                           [](const std::string& line) { std::clog << line + '\n'; });
  });
  return node.run();
}
