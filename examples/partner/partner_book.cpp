// The partner's accounting. See partner_book.hpp.
#include "partner_book.hpp"

#include <cstdio>

#include "flat_json.hpp"

namespace partner {
namespace {

std::string number(seconds value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

}  // namespace

// A fencing token that is lower than one seen before belongs to an owner that has been replaced.
bool book::stale(std::int64_t token) {
  if (token < highest_token_) {
    ++token_regressions_;
    return true;
  }
  highest_token_ = token;
  return false;
}

std::string book::login(int connection, const std::string& node, std::int64_t token, seconds now) {
  if (open_.count(connection) != 0) return "this connection has a session already";
  std::string refusal;
  if (!open_.empty()) {
    ++overlaps_;
    const session& other = open_.begin()->second;
    log_.write("\"event\":\"overlap\",\"node\":" + quoted(node) + ",\"other\":" + quoted(other.node));
    if (rule_ == overlap_rule::refuse) refusal = "another session is open, of node " + other.node;
  }
  if (stale(token)) {
    log_.write("\"event\":\"stale_token\",\"node\":" + quoted(node) + ",\"token\":" + std::to_string(token));
    refusal = "the fencing token is lower than one seen before";
  }
  if (!refusal.empty()) {
    ++refused_;
    return refusal;
  }
  if (open_.empty() && sessions_ > 0) gaps_.push_back({last_node_, node, now - last_end_});
  ++sessions_;
  open_[connection] = {node, token, 0, now};
  log_.write("\"event\":\"login\",\"node\":" + quoted(node) + ",\"token\":" + std::to_string(token));
  return {};
}

void book::end(int connection, const std::string& how, seconds now) {
  const auto found = open_.find(connection);
  if (found == open_.end()) return;
  last_node_ = found->second.node;
  last_end_ = now;
  log_.write("\"event\":" + quoted(how) + ",\"node\":" + quoted(last_node_) + ",\"updates\":" +
             std::to_string(found->second.updates) + ",\"lasted\":" + number(now - found->second.since));
  open_.erase(found);
}

std::vector<int> book::sessions() const {
  std::vector<int> all;
  for (const auto& [connection, ignored] : open_) all.push_back(connection);
  return all;
}

std::string book::begin_update(int connection, const std::string& customer, std::int64_t version,
                               std::int64_t token, seconds /*now*/) {
  const auto found = open_.find(connection);
  std::string refusal;
  if (found == open_.end()) {
    refusal = "log in first";
  } else if (stale(token)) {
    log_.write("\"event\":\"stale_token\",\"token\":" + std::to_string(token));
    refusal = "the fencing token is lower than one seen before";
  }
  if (!refusal.empty()) {
    ++refused_;
    return refusal;
  }
  if (in_flight_ > 0) {
    ++overlapping_updates_;
    log_.write("\"event\":\"overlapping_update\",\"customer\":" + quoted(customer));
  }
  ++in_flight_;
  ++found->second.updates;
  log_.write("\"event\":\"update\",\"customer\":" + quoted(customer) +
             ",\"version\":" + std::to_string(version));
  return {};
}

void book::finish_update(const std::string& customer, std::int64_t version, seconds /*now*/) {
  --in_flight_;
  ++updates_;
  const auto [place, fresh] = customers_.try_emplace(customer, version);
  if (!fresh && version < place->second) {
    ++version_regressions_;
    log_.write("\"event\":\"version_regression\",\"customer\":" + quoted(customer) +
               ",\"version\":" + std::to_string(version) + ",\"held\":" + std::to_string(place->second));
  }
  place->second = version;  // a partner believes what it was told last
}

std::string book::report() const {
  std::string out =
      "{\"sessions\":" + std::to_string(sessions_) + ",\"updates\":" + std::to_string(updates_) +
      ",\"overlaps\":" + std::to_string(overlaps_) +
      ",\"overlapping_updates\":" + std::to_string(overlapping_updates_) +
      ",\"token_regressions\":" + std::to_string(token_regressions_) +
      ",\"version_regressions\":" + std::to_string(version_regressions_) +
      ",\"refused\":" + std::to_string(refused_) + ",\"open_sessions\":" + std::to_string(open_.size()) +
      ",\"session\":" + (open_.empty() ? "null" : quoted(open_.begin()->second.node)) + ",\"gaps\":[";
  const char* comma = "";
  for (const gap& each : gaps_) {
    out += comma;
    out += "{\"from\":" + quoted(each.from) + ",\"to\":" + quoted(each.to) +
           ",\"seconds\":" + number(each.length) + "}";
    comma = ",";
  }
  out += "],\"customers\":{";
  comma = "";
  for (const auto& [customer, version] : customers_) {
    out += comma + quoted(customer) + ":" + std::to_string(version);
    comma = ",";
  }
  return out + "}}";
}

}  // namespace partner
