// A producer: enqueues from any program. A gateway's address (weir://host:port) or the database's url.
#include <iostream>

#include <weir/weir.hpp>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: producer URL CUSTOMER...\n";
    return 2;
  }
  weir::client client{argv[1]};
  for (int n = 2; n < argc; ++n) {
    const auto id =
        client.enqueue(weir::new_task{"customer_update"}.key(argv[n]).data({{"customer_id", argv[n]}}));
    if (!id) {
      std::cerr << "not enqueued: " << id.error().message << '\n';
      return 1;
    }
    std::cout << "task " << *id << '\n';  // durable from here on
  }
  return 0;
}
