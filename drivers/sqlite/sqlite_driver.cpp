#include "drivers/sqlite/sqlite_driver.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "drivers/sqlite/journal.hpp"

namespace weir::sqlite {
namespace {

/// Owners of former epochs matter only while a run of theirs is to be written down.
void forget_owners(memory::world& store) {
  for (auto at = store.owners.begin(); at != store.owners.end();) {
    const auto home = store.partitions.find(at->first.first);
    const epoch_number epoch = at->first.second;
    const bool needed = home != store.partitions.end() &&
                        (home->second.epoch == epoch ||
                         std::any_of(home->second.open.begin(), home->second.open.end(),
                                     [epoch](const auto& open) { return open.second.epoch == epoch; }));
    at = needed ? std::next(at) : store.owners.erase(at);
  }
}

std::int64_t new_server() {
  std::random_device device;
  return std::uniform_int_distribution<std::int64_t>{1}(device);
}

}  // namespace

result<std::unique_ptr<sqlite_driver>> sqlite_driver::open(options how) {
  auto file = store_file::open(how.file);
  if (!file) return file.error();
  const bool fresh = (*file)->empty();
  memory::world_options settings = how.world;
  settings.login = "weir dev";
  settings.remembers_forgotten = false;
  auto world = memory::make_world(std::move(settings), std::make_unique<journal>(std::move(*file)));
  std::unique_lock held{world->mutex};
  if (fresh) {
    world->counted.server = new_server();
  } else {
    if (auto loaded = world->recover(); !loaded) return loaded.error();
    forget_owners(*world);
  }
  if (auto kept = world->keep(held); !kept) return kept.error();
  return std::unique_ptr<sqlite_driver>(new sqlite_driver(std::move(world), std::move(how)));
}

std::unique_ptr<cdc_reader> sqlite_driver::open_cdc_reader(const cdc_query& query) {
  return options_.open_source ? options_.open_source(query) : model_.open_cdc_reader(query);
}

}  // namespace weir::sqlite
