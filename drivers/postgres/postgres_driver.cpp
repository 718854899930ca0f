// Opens the stores.
#include "drivers/postgres/postgres_driver.hpp"

#include <cstring>
#include <utility>

#include "drivers/postgres/newest_server.hpp"
#include "drivers/postgres/stores.hpp"

namespace weir::postgres {
namespace {

class postgres_driver : public weir::driver {
 public:
  explicit postgres_driver(options where) : where_(std::move(where)) {}

  std::unique_ptr<membership_store> open_membership() override { return open_membership_store(where_); }
  std::unique_ptr<leadership_store> open_leadership() override { return open_leadership_store(where_); }
  std::unique_ptr<ownership_store> open_ownership() override { return open_ownership_store(where_); }
  std::unique_ptr<coordination_store> open_coordination() override { return open_coordination_store(where_); }
  std::unique_ptr<task_store> open_tasks() override { return open_task_store(where_); }
  std::unique_ptr<console_store> open_console() override { return open_console_store(where_); }
  std::unique_ptr<schedule_store> open_schedules() override { return open_schedule_store(where_); }
  std::unique_ptr<retention_store> open_retention() override { return open_retention_store(where_); }
  std::unique_ptr<cdc_store> open_cdc() override { return open_cdc_store(where_); }
  std::unique_ptr<cdc_reader> open_cdc_reader(const cdc_query& query) override {
    return make_cdc_reader(where_, query);
  }

 private:
  const options where_;
};

/// FNV-1a of the schema's name: stable over versions and platforms.
std::int32_t hash(const std::string& name) {
  std::uint32_t value = 2166136261U;
  for (const char c : name) value = (value ^ static_cast<unsigned char>(c)) * 16777619U;
  std::int32_t out = 0;
  std::memcpy(&out, &value, sizeof out);
  return out;
}

}  // namespace

bool valid_schema(const std::string& name) noexcept {
  if (name.empty() || name.size() > 63) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || c == '_';
    if (!letter && (i == 0 || c < '0' || c > '9')) return false;
  }
  return true;
}

std::unique_ptr<weir::driver> make_driver(options where) {
  if (!where.newest) where.newest = std::make_shared<newest_server>();
  return std::make_unique<postgres_driver>(std::move(where));
}

advisory_lock leader_lock(const options& where) { return {0x77656972 /* "weir" */, hash(where.schema)}; }
advisory_lock migration_lock(const options& where) { return {0x77656973, hash(where.schema)}; }

}  // namespace weir::postgres
