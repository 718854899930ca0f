#include "app/cli/data_argument.hpp"

#include <fstream>
#include <istream>

#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

// Reads at most a byte more than allowed: enough to be refused.
std::string read_bounded(std::istream& in, std::size_t limit) {
  std::string out(limit + 1, '\0');
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(in.gcount()));
  return out;
}

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

result<std::string> text_meant(invocation& call, const std::string& text, std::size_t limit) {
  if (text == "-") return without_line_end(read_bounded(call.surroundings().in, limit + 2));
  if (text.empty() || text[0] != '@') return text;
  const auto path = text.substr(1);
  std::ifstream file{path, std::ios::binary};
  if (!file) return error{errc::invalid, "--data: file " + domain::in_quotes(path) + " cannot be read"};
  return without_line_end(read_bounded(file, limit + 2));
}

}  // namespace

result<std::string> data_argument(invocation& call, const std::string& text, std::size_t limit) {
  auto data = text_meant(call, text, limit);
  // Only so much was read that it is known to be too much.
  if (data && data->size() > limit) {
    return error{errc::invalid,
                 "--data: more than " + std::to_string(limit) +
                     " bytes, the most that is allowed (limits.payload): store it elsewhere and send a "
                     "reference"};
  }
  if (data && data->empty())
    return error{errc::invalid, "--data: empty; write JSON such as '{\"customer_id\":\"42\"}'"};
  return data;
}

}  // namespace weir::app
