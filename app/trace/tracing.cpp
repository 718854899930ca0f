#include "app/trace/tracing.hpp"

#include <spdlog/spdlog.h>

#include "app/trace/traced_executor.hpp"

namespace weir::app::trace {

namespace {

span_exporter_options options_of(const node_config& config) {
  span_exporter_options options;
  options.url = config.trace.url;
  for (const auto& [name, value] : config.trace.headers) options.headers.push_back(name + ": " + value);
  options.from.instance_id = config.node.name;
  options.from.version = WEIR_VERSION;
  options.queue = static_cast<std::size_t>(config.trace.queue);
  return options;
}

}  // namespace

tracing::tracing(const node_config& config)
    : rule_(config.trace.percent / 100.0, config.trace.join),
      exporter_(options_of(config), [](const std::string& trouble) { spdlog::warn("{}", trouble); }) {}

tracing::~tracing() { exporter_.stop(defaults::trace_goodbye); }

std::unique_ptr<tracing> tracing::of(const node_config& config, node_metrics& into) {
  if (config.trace.url.empty()) return nullptr;
  std::unique_ptr<tracing> made(new tracing(config));
  into.spans = [&exporter = made->exporter_] { return exporter.counts(); };
  return made;
}

actors::executor_factory traced(actors::executor_factory make, tracing* by) {
  return by == nullptr ? make : traced(std::move(make), by->rule_, by->exporter_);
}

}  // namespace weir::app::trace
