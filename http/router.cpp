#include "http/router.hpp"

#include <sstream>

#include <weir/assert.hpp>

namespace weir::http {

std::vector<router::piece> router::pieces_of(const std::string& pattern) {
  WEIR_ASSERT(!pattern.empty() && pattern.front() == '/');
  std::vector<piece> out;
  std::istringstream text(pattern.substr(1));
  for (std::string segment; std::getline(text, segment, '/');) {
    const auto end = segment.find('}');
    if (segment.front() == '{' && end != std::string::npos)
      out.push_back({segment.substr(1, end - 1), true, segment.substr(end + 1)});
    else
      out.push_back({segment, false, {}});
  }
  return out;
}

bool router::fits(const std::vector<piece>& pattern, const std::vector<std::string>& path,
                  path_values& values) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const piece& wanted = pattern[i];
    const std::string& given = path[i];
    if (!wanted.brace) {
      if (wanted.text != given) return false;
      continue;
    }
    const std::size_t verb = wanted.verb.size();
    if (given.size() <= verb || given.compare(given.size() - verb, verb, wanted.verb) != 0) return false;
    values[wanted.text] = given.substr(0, given.size() - verb);
  }
  return true;
}

void router::add(route what) {
  pieces_.push_back(pieces_of(what.pattern));
  routes_.push_back(std::move(what));
}

router::match router::find(const std::string& method, const std::vector<std::string>& path) const {
  match out;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    path_values values;
    if (!fits(pieces_[i], path, values)) continue;
    if (routes_[i].method != method) {
      out.allowed.push_back(routes_[i].method);
      continue;
    }
    out.found = &routes_[i];
    out.values = std::move(values);
    return out;
  }
  return out;
}

}  // namespace weir::http
