#include "app/logging.hpp"

#include <unistd.h>

#include <spdlog/fmt/fmt.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "domain/time_text.hpp"

namespace weir::app {

namespace {

wall_time microseconds_of(spdlog::log_clock::time_point at) {
  return std::chrono::time_point_cast<std::chrono::microseconds>(at);
}

/// The run that this thread is writing a line about. spdlog hands its formatters a text and nothing else, and calls
/// them on the thread that logs.
thread_local const runner::log_line* about_run = nullptr;

/// One JSON object a line; spdlog's patterns do not escape quotes, so it is made by the JSON library.
class json_formatter final : public spdlog::formatter {
 public:
  explicit json_formatter(std::string node) : node_(std::move(node)) {}

  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
    const auto level = spdlog::level::to_string_view(line.level);
    nlohmann::json object{{"ts", domain::format_time(microseconds_of(line.time))},
                          {"level", std::string(level.data(), level.size())},
                          {"node", node_},
                          {"msg", std::string(line.payload.data(), line.payload.size())}};
    if (about_run != nullptr) describe(*about_run, object);
    const std::string text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>(node_);
  }

 private:
  static void describe(const runner::log_line& run, nlohmann::json& object) {
    object["stream"] = run.stream;
    if (run.task_id == 0) return;
    object["task"] = std::to_string(run.task_id);
    object["attempt"] = run.attempt;
    if (!run.trace_id.empty()) object["trace_id"] = run.trace_id;
  }

  std::string node_;
};

/// '%' begins a placeholder in a pattern.
std::string escaped_for_pattern(const std::string& text) {
  std::string out;
  for (const char c : text) out.append(c == '%' ? 2U : 1U, c);
  return out;
}

}  // namespace

bool logs_json(const node_config& config) {
  return config.log.format == "json" || (config.log.format == "auto" && ::isatty(STDERR_FILENO) != 1);
}

void start_logging(const node_config& config) {
  auto logger =
      std::make_shared<spdlog::logger>("weir", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  if (logs_json(config))
    logger->set_formatter(std::make_unique<json_formatter>(config.node.name));
  else
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%f %^%-5l%$ " + escaped_for_pattern(config.node.name) + ": %v");
  logger->set_level(spdlog::level::from_str(config.log.level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void set_log_level(const std::string& level) {
  spdlog::default_logger_raw()->set_level(spdlog::level::from_str(level));
}

runner::log_sink run_log() {
  return [](const runner::log_line& line) {
    const auto level = line.level == runner::log_level::error     ? spdlog::level::err
                       : line.level == runner::log_level::warning ? spdlog::level::warn
                                                                  : spdlog::level::info;
    if (!spdlog::should_log(level)) return;
    about_run = &line;
    spdlog::log(level, "{}", text_of(line));
    about_run = nullptr;
  };
}

std::string text_of(const runner::log_line& line) {
  if (line.task_id == 0) return fmt::format("stream {}: {}", line.stream, line.text);
  return fmt::format("stream {} task {} {} attempt {}: {}", line.stream, line.task_id, line.task_name,
                     line.attempt, line.text);
}

}  // namespace weir::app
