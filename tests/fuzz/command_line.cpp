// Arguments of the command, a line each: a help page, or one sentence that says what was not understood.
#include <sstream>
#include <stdexcept>

#include "app/cli/run_command.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

namespace {

/// Nothing is ever carried out here: every command line ends in --help.
class no_backend final : public weir::app::backend {
 public:
  std::unique_ptr<weir::driver> open(const weir::node_config&) override { throw std::logic_error{"opened"}; }
  weir::result<weir::app::schema_state> schema(const weir::node_config&) override {
    return weir::error{weir::errc::unavailable, "there is no database here"};
  }
  weir::result<weir::app::schema_state> migrate(const weir::node_config& config,
                                                const weir::operator_identity&,
                                                const std::function<void(const std::string&)>&) override {
    return schema(config);
  }
  int run_node(weir::node_config, bool) override { throw std::logic_error{"run"}; }
  weir::result<std::vector<weir::app::bench_figures>> bench(
      const weir::node_config&, const weir::app::bench_plan&,
      const std::function<void(const std::string&)>&) override {
    throw std::logic_error{"measured"};
  }
  int supervise_node(const weir::node_config&) override { throw std::logic_error{"supervised"}; }
  int run_cells(const std::vector<weir::app::cell>&) override { throw std::logic_error{"run as cells"}; }
  int run_dev(weir::node_config, const weir::app::dev_wish&) override { throw std::logic_error{"run alone"}; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> arguments;
  for (const auto line : parts(text_of(data, size), '\n')) {
    // A process has no NUL in its arguments; behind -- nothing is a flag.
    if (line.find('\0') != std::string_view::npos || line == "--") return 0;
    arguments.emplace_back(line);
  }
  // Twice, since an option may take the first one for its value.
  arguments.insert(arguments.end(), {"--help", "--help"});
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  weir::app::io surroundings{in, out, err};
  surroundings.working_directory = "/nonexistent";
  surroundings.now = [] { return weir::wall_time{}; };
  surroundings.ticks = [] { return weir::boot_time{}; };
  surroundings.pause = [](std::chrono::milliseconds) { return false; };
  no_backend world;
  const int code = weir::app::run_command(arguments, surroundings, world);
  const std::string said = err.str();
  hold(code == 0 || code == 2, "a command line is understood or explained");
  if (code == 0) hold(said.empty() && out.str().size() > 100, "a help page is printed");
  if (code == 2) {
    hold(out.str().empty() && said.rfind("weir: error: ", 0) == 0 && said.back() == '\n',
         "an explanation is printed");
    hold_message(said.substr(0, said.size() - 1));
  }
  return 0;
}
