#include "http/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace weir::http {

namespace {

const std::string other = "(other)";

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  constexpr double exact = 9e15;  // whole numbers up to here are shown digit by digit
  if (value == std::floor(value) && std::abs(value) < exact)
    return std::to_string(static_cast<std::int64_t>(value));
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  char shorter[32];
  for (int digits = 1; digits < 17; ++digits) {
    std::snprintf(shorter, sizeof shorter, "%.*g", digits, value);
    if (std::strtod(shorter, nullptr) == value) return shorter;
  }
  return text;
}

/// Backslash, quote and line end are escaped, as the format wants it.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n')
      out += "\\n";
    else
      out.push_back(c);
  }
  return out;
}

void write_head(std::string& out, const std::string& name, const std::string& help, const char* type) {
  out += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

std::string braces(const std::vector<std::string>& labels, const label_values& values,
                   const std::string& last = {}) {
  std::string inside;
  for (std::size_t i = 0; i < labels.size(); ++i)
    inside += (i == 0 ? "" : ",") + labels[i] + "=\"" + escaped(values[i]) + "\"";
  if (!last.empty()) inside += (inside.empty() ? "" : ",") + last;
  return inside.empty() ? "" : "{" + inside + "}";
}

void write_one(std::string& out, const std::string& name, const std::vector<std::string>& labels,
               const label_values& values, const counter& one) {
  out += name + braces(labels, values) + " " + number(one.value()) + "\n";
}

void write_one(std::string& out, const std::string& name, const std::vector<std::string>& labels,
               const label_values& values, const histogram& one) {
  const auto now = one.read();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < now.counts.size(); ++i) {
    sum += now.counts[i];
    const std::string step = i < one.steps().size() ? number(one.steps()[i]) : "+Inf";
    out +=
        name + "_bucket" + braces(labels, values, "le=\"" + step + "\"") + " " + std::to_string(sum) + "\n";
  }
  out += name + "_sum" + braces(labels, values) + " " + number(now.sum) + "\n";
  out += name + "_count" + braces(labels, values) + " " + std::to_string(sum) + "\n";
}

std::unique_ptr<counter> made(const counter*, const std::vector<double>&) {
  return std::make_unique<counter>();
}
std::unique_ptr<histogram> made(const histogram*, const std::vector<double>& steps) {
  return std::make_unique<histogram>(steps);
}
const char* type_of(const counter*) { return "counter"; }
const char* type_of(const histogram*) { return "histogram"; }

}  // namespace

void counter::add(double amount) {
  const std::lock_guard guard(lock_);
  value_ += amount;
}

double counter::value() const {
  const std::lock_guard guard(lock_);
  return value_;
}

void histogram::add(double value) {
  const auto at = std::lower_bound(steps_.begin(), steps_.end(), value) - steps_.begin();
  const std::lock_guard guard(lock_);
  ++counts_[static_cast<std::size_t>(at)];
  sum_ += value;
}

histogram::reading histogram::read() const {
  const std::lock_guard guard(lock_);
  return {counts_, sum_};
}

template <class Metric>
Metric& family<Metric>::with(const label_values& values) {
  const std::lock_guard guard(lock_);
  auto found = series_.find(values);
  if (found != series_.end()) return *found->second;
  const bool full = series_.size() >= most_series;
  auto& one = series_[full ? label_values(labels_.size(), other) : values];
  if (!one) one = made(static_cast<const Metric*>(nullptr), steps_);
  return *one;
}

template <class Metric>
void family<Metric>::write(std::string& out) const {
  const std::lock_guard guard(lock_);
  write_head(out, name_, help_, type_of(static_cast<const Metric*>(nullptr)));
  for (const auto& [values, one] : series_) write_one(out, name_, labels_, values, *one);
}

template <class Metric>
void family<Metric>::each(const std::function<void(const label_values&, const Metric&)>& show) const {
  const std::lock_guard guard(lock_);
  for (const auto& [values, one] : series_) show(values, *one);
}

template class family<counter>;
template class family<histogram>;

void write_readings(std::string& out, const std::string& name, const std::string& help,
                    const std::string& type, const std::vector<std::string>& labels,
                    const std::vector<gauge_reading>& readings) {
  write_head(out, name, help, type.c_str());
  for (const auto& each : readings)
    out += name + braces(labels, each.labels) + " " + number(each.value) + "\n";
}

}  // namespace weir::http
