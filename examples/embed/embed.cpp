// A service with CAF actors and threads of its own: a weir node runs beside them, and an actor enqueues by message.
#include <iostream>
#include <thread>

#include <weir/caf.hpp>
#include <weir/weir.hpp>

// Types of the program's own, numbered after weir's.
CAF_BEGIN_TYPE_ID_BLOCK(shop, caf::id_block::weir_gate::end)
CAF_ADD_ATOM(shop, shop, order_atom, "order")
CAF_END_TYPE_ID_BLOCK(shop)

namespace shop {

using till = caf::typed_actor<caf::replies_to<order_atom, std::string>::with<std::int64_t>>;

/// Takes orders, and answers each with its task's id once that is durable.
till::behavior_type till_of(till::pointer self, weir::gate_actor gate) {
  return {[=](order_atom, const std::string& customer) -> caf::result<std::int64_t> {
    weir::task_message task;
    task.name = "ship";
    task.key = customer;
    auto promise = self->make_response_promise<std::int64_t>();
    self->request(gate, std::chrono::seconds{10}, weir::enqueue_atom_v, std::vector<weir::task_message>{task})
        .then(
            [promise](const weir::enqueue_answer& done) mutable {
              if (done.failed == 0)
                promise.deliver(done.ids.front());
              else
                promise.deliver(caf::make_error(caf::sec::runtime_error, done.message));
            },
            [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
    return promise;
  }};
}

struct config : caf::actor_system_config {
  config() {
    add_message_types<caf::id_block::shop>();
    weir::prepare_for_gates(*this);
  }
};

}  // namespace shop

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};
  node.action("ship", [](const weir::task&, weir::context&) { return weir::outcome::success("shipped"); });
  int code = 0;
  std::thread beside{[&] { code = node.run(); }};

  shop::config settings;
  caf::actor_system actors{settings};
  weir::gate_link link{actors};
  // The node's address, as `weir status -o json` shows it, once it is at work.
  for (std::string gateway; std::getline(std::cin, gateway);) {
    const auto gate = link.connect(gateway);
    if (!gate) {
      std::cerr << gateway << ": " << gate.error().message << '\n';
      continue;
    }
    const auto till = actors.spawn(shop::till_of, *gate);
    caf::scoped_actor self{actors};
    self->request(till, std::chrono::seconds{15}, shop::order_atom_v, std::string{"42"})
        .receive([](std::int64_t id) { std::cout << "task " << id << std::endl; },
                 [&](const caf::error& why) { std::cerr << actors.render(why) << '\n'; });
    self->send_exit(till, caf::exit_reason::user_shutdown);
  }
  node.stop();  // drains; from any thread
  beside.join();
  return code;
}
