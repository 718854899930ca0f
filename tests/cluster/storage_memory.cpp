#include "tests/cluster/storage_memory.hpp"

namespace weir::storage_test {

using memory::fault;

namespace {

class memory_producer final : public sim_producer {
 public:
  explicit memory_producer(std::shared_ptr<memory::world> world) : work_(std::move(world)) {}
  void insert(const insert_row& row, bool, bool) override { WEIR_ASSERT(work_.insert(row).ok()); }
  void prepare() override {}
  void commit() override { work_.commit(); }
  void rollback() override { work_.rollback(); }

 private:
  memory::producer_transaction work_;
};

}  // namespace

memory_backend::memory_backend(std::uint64_t seed, double trouble) : faults_(seed + 7), trouble_(trouble) {
  memory::world_options options;
  options.clock = [this] { return wall(); };
  options.segment_size = 30;
  world_ = memory::make_world(options);
}

driver& memory_backend::way(int number) {
  auto& way = ways_[number];
  if (!way) {
    way = memory::make_driver(world_);
    if (number >= 0 && trouble_ > 0) {
      way->trouble().decide_by([this](const std::string& operation) -> std::optional<fault> {
        if (now().boot < away_until_) return fault{fault::what::refuse, errc::unavailable};
        const bool path = operation.rfind("tasks.", 0) == 0 || operation.rfind("ownership.", 0) == 0;
        if (!faults_.chance(path ? trouble_ : trouble_ / 4)) return std::nullopt;
        static const fault all[] = {{fault::what::refuse, errc::unavailable},
                                    {fault::what::refuse, errc::timeout},
                                    {fault::what::refuse, errc::in_doubt},
                                    {fault::what::lose_answer, {}},
                                    {fault::what::delay, {}},
                                    {fault::what::hold, {}}};
        return all[faults_.between(0, 5)];
      });
    }
  }
  return *way;
}

std::unique_ptr<sim_producer> memory_backend::begin() { return std::make_unique<memory_producer>(world_); }

std::vector<let_go> memory_backend::gone() {
  std::vector<let_go> all;
  for (const auto& one : world_->forgotten) all.push_back({one.task, one.attempts, one.at});
  return all;
}

void memory_backend::strike(dice& random) {
  switch (random.between(0, 3)) {
    case 0: world_->break_sessions(); break;
    case 1: world_->deliver_delayed(); break;
    default: world_->decide_held(random.chance(0.5)); break;
  }
}

void memory_backend::restart(dice& random) {
  world_->decide_held(random.chance(0.5));
  world_->break_sessions();
  away_until_ = now().boot + std::chrono::milliseconds{random.between(0, 1500)};
}

void memory_backend::calm(dice& random) {
  away_until_ = {};
  for (auto& [number, way] : ways_) way->trouble().decide_by({});
  world_->deliver_delayed();
  world_->decide_held(random.chance(0.5));
}

}  // namespace weir::storage_test
