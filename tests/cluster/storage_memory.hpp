// The memory driver under the randomised storage test: virtual time, and every fault it can order.
#pragma once

#include <map>
#include <memory>

#include "drivers/memory/memory_driver.hpp"
#include "drivers/memory/producer_transaction.hpp"
#include "tests/cluster/storage_random.hpp"

namespace weir::storage_test {

class memory_backend final : public backend {
 public:
  /// @param trouble  probability that a call of a node fails
  memory_backend(std::uint64_t seed, double trouble);

  moment now() override { return {boot_time{since_}, wall()}; }
  void pass(dice& random) override { since_ += std::chrono::milliseconds{random.between(1, 8)}; }
  driver& way(int number) override;
  std::unique_ptr<sim_producer> begin() override;
  void strike(dice& random) override;
  void restart(dice& random) override;
  void calm(dice& random) override;
  std::vector<let_go> gone() override;
  std::vector<std::string> broken_rules() override { return world_->broken_rules; }

 private:
  boot_time away_until_{};  ///< the server is down until then
  wall_time wall() const {
    return wall_time{std::chrono::hours{24} * 20000 +
                     std::chrono::duration_cast<std::chrono::microseconds>(since_)};
  }

  std::chrono::nanoseconds since_ = std::chrono::hours{1};
  std::shared_ptr<memory::world> world_;
  dice faults_;
  double trouble_;
  std::map<int, std::unique_ptr<memory::memory_driver>> ways_;
};

}  // namespace weir::storage_test
