#include "app/logging.hpp"

#include <unistd.h>

#include <spdlog/fmt/fmt.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "domain/log_event.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

wall_time microseconds_of(spdlog::log_clock::time_point at) {
  return std::chrono::time_point_cast<std::chrono::microseconds>(at);
}

/// One JSON object a line; spdlog's patterns do not escape quotes, so it is made by the JSON library.
class json_formatter final : public spdlog::formatter {
 public:
  explicit json_formatter(std::string node) : node_(std::move(node)) {}

  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
    const auto level = spdlog::level::to_string_view(line.level);
    nlohmann::ordered_json object{{"ts", domain::format_time(microseconds_of(line.time))},
                                  {"level", std::string(level.data(), level.size())},
                                  {"node", node_},
                                  {"msg", std::string(line.payload.data(), line.payload.size())}};
    // spdlog hands a formatter a text and nothing else, and calls it on the thread that logs.
    if (const auto* event = domain::log_event::current(); event != nullptr) {
      object["event"] = event->name();
      object.update(event->fields());
    }
    const std::string text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>(node_);
  }

 private:
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

namespace {

nlohmann::ordered_json fields_of(const runner::log_line& run) {
  nlohmann::ordered_json fields{{"stream", run.stream}};
  if (run.task_id == 0) return fields;
  fields["task"] = std::to_string(run.task_id);
  fields["name"] = run.task_name;
  fields["attempt"] = run.attempt;
  if (!run.trace_id.empty()) fields["trace_id"] = run.trace_id;
  return fields;
}

}  // namespace

runner::log_sink run_log() {
  return [](const runner::log_line& line) {
    const auto level = line.level == runner::log_level::error     ? spdlog::level::err
                       : line.level == runner::log_level::warning ? spdlog::level::warn
                                                                  : spdlog::level::info;
    if (!spdlog::should_log(level)) return;
    const domain::log_event event{line.level == runner::log_level::error ? "run.trouble" : "run.said",
                                  fields_of(line)};
    spdlog::log(level, "{}", text_of(line));
  };
}

std::string text_of(const runner::log_line& line) {
  if (line.task_id == 0) return fmt::format("stream {}: {}", line.stream, line.text);
  return fmt::format("stream {} task {} {} attempt {}: {}", line.stream, line.task_id, line.task_name,
                     line.attempt, line.text);
}

}  // namespace weir::app
