// The producer of docs/from-episub-queue.md, moved over: what was a TaskManager or a SyncClient in Go.
#include <iostream>

#include <weir/weir.hpp>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: moved-producer URL CUSTOMER\n";
    return 2;
  }
  weir::client client{argv[1]};  // was: NewTaskManager(driver), NewSyncClient(driver)
  const auto id =
      client.enqueue(weir::new_task{"CUSTOMER"}  // was: AddTask(name, key, doAfter, createdBy, data)
                         .key(argv[2])
                         .created_by("shop")
                         .data({{"busy", false}}));
  if (!id) {
    std::cerr << "not added: " << id.error().message << '\n';
    return 1;
  }
  std::cout << "task " << *id << '\n';
  return 0;
}
