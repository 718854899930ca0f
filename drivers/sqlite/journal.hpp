// Keeps a world in a file: what its calls changed, in their order, those that wait at the same time in one transaction.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "drivers/memory/keeper.hpp"
#include "drivers/sqlite/store_file.hpp"

namespace weir::sqlite {

/// When a write fails, whatever came after it is lost as well, and so are the tables in memory: they are read anew
/// from the file as soon as that can be written again. Callers get errors meanwhile, as from a database that is away.
/// Going on with what no disk has would be answering enqueues that a crash takes back.
class journal final : public memory::keeper {
 public:
  explicit journal(std::unique_ptr<store_file> file) : file_(std::move(file)) {}

  result<memory::world_rows> load() override;
  ticket take(const memory::world_rows& changed) override;
  bool lost() const override;
  result<void> wait(ticket upto) override;

 private:
  /// Writes what is pending, without the lock meanwhile.
  void write(std::unique_lock<std::mutex>& held);

  const std::unique_ptr<store_file> file_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  std::vector<change> pending_;
  record counters_;  ///< as taken last
  ticket last_ = 0;  ///< given to what is pending or written
  ticket kept_ = 0;
  std::size_t out_ = 0;  ///< tickets that are not waited for yet, or not to the end
  bool writing_ = false;
  std::optional<error> failed_;
};

}  // namespace weir::sqlite
