// An order and its mail commit together: the task is enqueued in the caller's own transaction.
#include <iostream>

#include <weir/pqxx.hpp>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: order URL CUSTOMER\n";
    return 2;
  }
  pqxx::connection database{argv[1]};
  pqxx::work work{database};
  work.exec("create table if not exists orders(id bigserial primary key, customer text not null)");
  const std::string customer = argv[2];
  work.exec("insert into orders(customer) values (" + work.quote(customer) + ")");
  const auto id =
      weir::enqueue(work, weir::new_task{"order_mail"}.key(customer).data({{"customer", customer}}));
  work.commit();  // from here on there is an order and its task; before, neither
  std::cout << "task " << id << '\n';
}
