// What a process counts, and its text for Prometheus (exposition format 0.0.4).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace weir::http {

/// Values of a family's labels, in the family's order.
using label_values = std::vector<std::string>;

/// One number that only grows. Threads: any.
class counter {
 public:
  void add(double amount = 1);
  double value() const;

 private:
  mutable std::mutex lock_;
  double value_ = 0;
};

/// How many were at most so much, in fixed steps. Threads: any.
class histogram {
 public:
  explicit histogram(const std::vector<double>& steps) : steps_(steps), counts_(steps.size() + 1) {}
  void add(double value);

  struct reading {
    std::vector<std::uint64_t> counts;  ///< of each step alone, the last beyond all
    double sum = 0;
  };
  reading read() const;
  const std::vector<double>& steps() const { return steps_; }

 private:
  const std::vector<double>& steps_;
  mutable std::mutex lock_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

/// One metric with its labels. A family has at most `most_series`; what comes after that is counted under labels
/// "(other)", so that names that never repeat cost no memory. Threads: any.
template <class Metric>
class family {
 public:
  static constexpr std::size_t most_series = 2000;

  family(std::string name, std::string help, std::vector<std::string> labels, std::vector<double> steps = {})
      : name_(std::move(name)),
        help_(std::move(help)),
        labels_(std::move(labels)),
        steps_(std::move(steps)) {}

  Metric& with(const label_values& values);
  void write(std::string& out) const;
  /// Shows each series; must not come back to the family.
  void each(const std::function<void(const label_values&, const Metric&)>& show) const;

 private:
  const std::string name_, help_;
  const std::vector<std::string> labels_;
  const std::vector<double> steps_;
  mutable std::mutex lock_;
  std::map<label_values, std::unique_ptr<Metric>> series_;
};

/// A gauge as it is now, made when it is asked for.
struct gauge_reading {
  label_values labels;
  double value = 0;
};

/// "# HELP", "# TYPE" and a line a value. @param type  "gauge" or "counter"
void write_readings(std::string& out, const std::string& name, const std::string& help,
                    const std::string& type, const std::vector<std::string>& labels,
                    const std::vector<gauge_reading>& readings);

}  // namespace weir::http
