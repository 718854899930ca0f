#include "app/dev/dev_settings.hpp"

#include <chrono>
#include <iterator>

namespace weir::app {

namespace {

/// Where it serves HTTP if [http] listen does not say: this machine only.
constexpr const char* own_listen = "127.0.0.1:7711";
/// Its history is in memory, too; without an age it would grow for ever.
constexpr std::chrono::hours keeps_ended{24};
constexpr std::chrono::hours keeps_failed{7 * 24};

bool names_database(const std::string& variable) {
  return variable == "DATABASE_URL" || variable.rfind("WEIR_DATABASE", 0) == 0 ||
         variable.rfind("PG", 0) == 0;
}

bool set_by_somebody(const node_config& config, const std::string& key) {
  const auto origin = config.origins.find(key);
  return origin != config.origins.end() && origin->second != "default";
}

}  // namespace

config::sources without_database(config::sources from) {
  for (auto at = from.environment.begin(); at != from.environment.end();)
    at = names_database(at->first) ? from.environment.erase(at) : std::next(at);
  from.flags.erase("database.url");
  // The state directory is beside the configuration: nobody needs a home folder.
  if (from.home.empty() && from.environment.count("HOME") == 0) from.home = from.working_directory;
  return from;
}

void settle_for_dev(node_config& config, const std::string& working_directory) {
  if (!set_by_somebody(config, "node.state_dir")) {
    const auto here = working_directory.empty() ? std::filesystem::current_path()
                                                : std::filesystem::path{working_directory};
    const auto folder = config.file.empty() ? here : (here / config.file).parent_path();
    config.node.state_dir = (folder / ".weir" / "dev").lexically_normal().string();
  }
  if (config.http.listen.empty()) config.http.listen = own_listen;
  auto& ages = config.retention;
  if (!ages.done) ages.done = keeps_ended;
  if (!ages.failed) ages.failed = keeps_failed;
  if (!ages.cancelled) ages.cancelled = keeps_ended;
}

std::filesystem::path store_of(const node_config& config) {
  return std::filesystem::path{config.node.state_dir} / "weir.db";
}

}  // namespace weir::app
