#include "runner/stream_hooks.hpp"

#include <utility>

#include "domain/task_bounds.hpp"
#include "runner/exception_text.hpp"

namespace weir::runner {

namespace {

class hook_context final : public stream_context {
 public:
  hook_context(const hook_place& where, const run_control& control, const log_sink& log)
      : where_(where), control_(control), log_(log) {}

  const std::string& stream() const override { return where_.stream; }
  const std::string& node() const override { return where_.node; }
  std::uint64_t fencing_token() const override { return where_.fencing_token; }
  bool stop_requested() const override { return control_.should_end(); }
  boot_time deadline() const override { return control_.deadline(); }
  void log(const std::string& line) override {
    if (log_) log_({log_level::info, where_.stream, 0, {}, 0, domain::cut_message(line)});
  }

 private:
  const hook_place& where_;
  const run_control& control_;
  const log_sink& log_;
};

}  // namespace

result<void> call_hook(const stream_hook& hook, const hook_place& where, const run_control& control,
                       const log_sink& log) {
  if (!hook) return {};
  hook_context ctx{where, control, log};
  try {
    hook(ctx);
    return {};
  } catch (...) {
    return error{errc::invalid, domain::cut_message(text_of_exception("the hook"))};
  }
}

}  // namespace weir::runner
