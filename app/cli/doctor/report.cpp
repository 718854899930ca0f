#include "app/cli/doctor/report.hpp"

#include <algorithm>

#include "app/cli/cell_text.hpp"

namespace weir::app {

namespace {

const char* word_of(weight one) { return one == weight::problem ? "problem" : "advice"; }

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

ordered_json diagnosis_json(const diagnosis& found) {
  auto findings = ordered_json::array();
  for (const auto& one : found.findings) {
    findings.push_back({{"code", one.code},
                        {"weight", word_of(one.weighs)},
                        {"what", one.what},
                        {"where", one.where},
                        {"fix", one.fix}});
  }
  auto blind = ordered_json::array();
  for (const auto& one : found.blind) blind.push_back({{"what", one.what}, {"why", one.why}});
  return {{"healthy", found.healthy()}, {"findings", std::move(findings)}, {"unchecked", std::move(blind)}};
}

std::string diagnosis_text(const diagnosis& found, bool colour) {
  std::string out;
  const auto put = [&](const line& spans) { out += paint(spans, colour) + "\n"; };
  for (const auto& one : found.findings) {
    const auto how = one.weighs == weight::problem ? look::red : look::yellow;
    put({{one.weighs == weight::problem ? "✗ " : "· ", how},
         {one.code, how},
         {"  " + printable(one.where), look::bold}});
    put({{"  " + printable(one.what)}});
    if (!one.fix.empty()) put({{"  fix: "}, {printable(one.fix), look::cyan}});
    out += "\n";
  }
  for (const auto& one : found.blind)
    put({{"not looked at: " + printable(one.what) + " (" + printable(one.why) + ")", look::dim}});
  const auto problems =
      static_cast<std::size_t>(std::count_if(found.findings.begin(), found.findings.end(),
                                             [](const auto& one) { return one.weighs == weight::problem; }));
  const auto advice = found.findings.size() - problems;
  if (found.findings.empty()) {
    put({{"nothing is wrong", look::green}});
  } else {
    put({{problems == 0 ? std::string{"no problem"} : counted(problems, "problem", "problems"),
          problems == 0 ? look::green : look::red},
         {advice == 0 ? std::string{} : ", " + counted(advice, "piece of advice", "pieces of advice")}});
  }
  return out;
}

}  // namespace weir::app
