#include "app/bench/node.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "app/bench/load.hpp"
#include "runner/environment.hpp"

namespace weir::app::bench {

namespace {

/// Nothing of the caller's configuration is to change what is measured.
bool belongs_to_weir(std::string_view variable) {
  return variable.rfind("WEIR_", 0) == 0 || runner::names_database(variable);
}

void write_configuration(const std::filesystem::path& file) {
  std::ofstream out{file};
  out << "[node]\nname = \"" << node_process::name << "\"\nlisten = \"127.0.0.1:0\"\nstate_dir = \"state\"\n"
      << "[log]\nlevel = \"warn\"\nformat = \"text\"\n"
      << "[stream.bench]\nmode = \"parallel\"\npartitions = 4\nconcurrency = 8\n"
      << "[action." << task_name << "]\ntype = \"noop\"\nstream = \"bench\"\n";
}

}  // namespace

own_folder::own_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "weir-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder can be made as " + pattern);
  path_ = pattern;
}

own_folder::~own_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

result<node_process> node_process::start(const node_config& where, const std::filesystem::path& folder) {
  const auto file = folder / "weir.toml";
  write_configuration(file);
  actions::program program;
  const auto log = folder / "log";
  // The shell only leads its output into a file: nobody here has time to read a pipe.
  program.command = {"/bin/sh",
                     "-c",
                     "exec \"$0\" run --config \"$1\" >\"$2\" 2>&1 </dev/null",
                     std::filesystem::read_symlink("/proc/self/exe").string(),
                     file.string(),
                     log.string()};
  program.variables = runner::environment_without(belongs_to_weir);
  program.variables.push_back("WEIR_DATABASE__URL=" + where.database.url);
  program.variables.push_back("WEIR_DATABASE__SCHEMA=" + where.database.schema);
  if (!where.database.direct_url.empty())
    program.variables.push_back("WEIR_DATABASE__DIRECT_URL=" + where.database.direct_url);
  program.directory = folder.string();
  auto child = actions::child_process::start(program);
  if (!child) return child.error();
  return node_process{std::move(*child), log};
}

int node_process::stop() {
  child_.signal_group(SIGTERM);
  const int status = child_.wait().value_or(0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string node_process::last_words() const {
  std::ifstream in{log_};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  constexpr std::size_t enough = 1000;
  return text.substr(text.size() - std::min(text.size(), enough));
}

}  // namespace weir::app::bench
