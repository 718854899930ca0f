// The conformance suite on the sqlite driver. After each sentence the file must hold what the tables in memory do: a
// change that was not written through shows here, whichever sentence makes it.
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <weir/testing/driver_conformance.hpp>

#include "drivers/memory/producer_transaction.hpp"
#include "drivers/sqlite/change.hpp"
#include "drivers/sqlite/sqlite_driver.hpp"
#include "drivers/sqlite/store_file.hpp"

namespace weir::conformance {
namespace {

class sqlite_producer final : public producer {
 public:
  explicit sqlite_producer(std::shared_ptr<memory::world> world) : transaction_(std::move(world)) {}

  task_id insert(const insert_row& row) override {
    auto id = transaction_.insert(row);
    if (id) return *id;
    ADD_FAILURE() << id.error().message;
    return 0;
  }
  void hold_fence(part_id part) override { transaction_.hold_fence(part); }
  void commit() override { transaction_.commit(); }
  void rollback() override { transaction_.rollback(); }

 private:
  memory::producer_transaction transaction_;
};

std::string text_of(const sqlite::change& one) {
  std::string text = sqlite::shape_of(one.layout).name + ":";
  for (const auto& cell : one.cells) {
    const auto* number = std::get_if<std::int64_t>(&cell);
    const auto* words = std::get_if<std::string>(&cell);
    text += ' ' + (number != nullptr ? std::to_string(*number) : words != nullptr ? *words : "null");
  }
  return text;
}

/// Without what is counted: ids that nobody was told may be given again.
std::vector<std::string> texts_of(const memory::world_rows& rows) {
  std::vector<std::string> texts;
  for (const auto& one : sqlite::all_of(rows)) {
    if (sqlite::shape_of(one.layout).name != "counter") texts.push_back(text_of(one));
  }
  return texts;
}

class sqlite_harness final : public harness {
 public:
  sqlite_harness() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-sqlite-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    auto opened = sqlite::sqlite_driver::open({file()});
    if (!opened) throw std::runtime_error(opened.error().message);
    driver_ = std::move(*opened);
    world_ = driver_->world();
  }
  ~sqlite_harness() override {
    for (const auto& broken : world_->broken_rules) ADD_FAILURE() << broken;
    const auto in_memory = texts_of(*world_);
    const auto last_task = world_->task_rows.empty() ? 0 : world_->task_rows.rbegin()->first;
    driver_.reset();
    world_.reset();  // with it the file is closed
    auto reopened = sqlite::store_file::open(file());
    EXPECT_TRUE(reopened.ok());
    if (reopened) {
      const auto on_disk = (*reopened)->load();
      EXPECT_TRUE(on_disk.ok());
      EXPECT_EQ(texts_of(on_disk.value()), in_memory);
      EXPECT_GT(on_disk->counted.next_task, last_task);
    }
    std::filesystem::remove_all(folder_);
  }

  weir::driver& driver() override { return *driver_; }
  std::unique_ptr<producer> begin() override { return std::make_unique<sqlite_producer>(world_); }
  void fail_over() override {
    world_->fail_over();
    keep();
  }
  /// As harsh as can be: everything is read anew from the file, as after a kill.
  void break_sessions() override {
    world_->break_sessions();
    const std::lock_guard held{world_->mutex};
    if (!world_->open_transactions.empty()) return;
    EXPECT_TRUE(world_->recover().ok());
  }
  void fill_segment() override {
    world_->fill_segment();
    keep();
  }
  cdc_query source(const std::vector<cdc_source_row>& rows) override {
    world_->sources["source"] = rows;
    return {"", "source", std::chrono::seconds{5}};
  }
  wall_time now() override { return world_->now(); }

 private:
  std::filesystem::path file() const { return folder_ / "weir.db"; }
  void keep() {
    std::unique_lock held{world_->mutex};
    EXPECT_TRUE(world_->keep(held).ok());
  }

  std::filesystem::path folder_;
  std::unique_ptr<sqlite::sqlite_driver> driver_;
  std::shared_ptr<memory::world> world_;
};

}  // namespace

std::unique_ptr<harness> make_harness() { return std::make_unique<sqlite_harness>(); }

}  // namespace weir::conformance
