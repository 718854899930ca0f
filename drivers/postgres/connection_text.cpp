// Puts weir's time-outs into libpq's connection options.
//
// A half-open link must be noticed soon, and by the client sooner than by the server: else a holder of the
// leader's lock would believe in it after the server has given it to somebody else.
#include "drivers/postgres/connection_text.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include <libpq-fe.h>

namespace weir::postgres {
namespace {

using words = std::map<std::string, std::string>;

struct free_options {
  void operator()(PQconninfoOption* list) const { PQconninfoFree(list); }
};

error unreadable() {
  return {errc::invalid,
          "database: the url cannot be read; it must look like "
          "postgres://user:password@host:port/database, special characters percent-encoded"};
}

result<words> parse(const std::string& url) {
  words found;
  if (url.empty()) return found;
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, free_options> list{PQconninfoParse(url.c_str(), &problem)};
  if (problem != nullptr) PQfreemem(problem);  // it may repeat parts of the password
  if (!list) return unreadable();
  for (const PQconninfoOption* option = list.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) found[option->keyword] = option->val;
  }
  // Unescaped, a password's @ or / makes other parts of it, which would be shown when they are not found.
  for (const char* part : {"host", "port", "dbname"}) {
    if (found[part].find('@') != std::string::npos) return unreadable();
    if (found[part].empty()) found.erase(part);
  }
  const auto port = found.find("port");
  if (port != found.end() && port->second.find_first_not_of("0123456789,") != std::string::npos)
    return unreadable();
  return found;
}

std::string quote(const std::string& value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

const std::string& url_of(const options& where, const session_kind& kind) {
  return kind.direct && !where.direct_url.empty() ? where.direct_url : where.url;
}

int entries(const std::string& list) {
  return 1 + static_cast<int>(std::count(list.begin(), list.end(), ','));
}

/// "a,b,c" by 1 is "b,c,a"; a list of one entry, which counts for all, stays.
std::string rotated(const std::string& list, int by) {
  std::string text = list;
  for (int turn = 0; turn < by && entries(text) > 1; ++turn) {
    const auto comma = text.find(',');
    text = text.substr(comma + 1) + "," + text.substr(0, comma);
  }
  return text;
}

std::string server_settings(const session_kind& kind) {
  std::string text = " -c statement_timeout=" + std::to_string(kind.statement_timeout.count()) +
                     " -c lock_timeout=1000 -c idle_in_transaction_session_timeout=10000"
                     " -c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
                     " -c tcp_user_timeout=5000 -c jit=off -c default_transaction_isolation=read\\ committed"
                     " -c search_path=pg_catalog,pg_temp -c synchronous_commit=on";
  // A bitmap reads all that a page has before it, and sorts it.
  if (kind.task_plans)
    text += " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off";
  return text;
}

}  // namespace

bool is_pooled(const options& where, const session_kind& kind) { return where.pooled() && !kind.direct; }

bool must_check_writable(const options& where, const session_kind& kind) {
  if (!is_pooled(where, kind) || kind.foreign) return false;
  const auto given = parse(url_of(where, kind));
  return given && given->count("target_session_attrs") == 0;
}

std::vector<std::string> slow_parameters(const options& where, const session_kind& kind) {
  auto parsed = parse(url_of(where, kind));
  if (!parsed) return {};
  const words all = std::move(parsed).value();
  // Longer than this, and an owner's deadline passes before it knows that its connection is gone.
  const std::map<std::string, std::pair<long, long>> bounds{
      {"keepalives", {1, 1}},       {"keepalives_idle", {1, 5}},     {"keepalives_interval", {1, 3}},
      {"keepalives_count", {1, 5}}, {"tcp_user_timeout", {1, 5000}}, {"connect_timeout", {1, 10}}};
  std::vector<std::string> found;
  for (const auto& [name, allowed] : bounds) {
    const auto given = all.find(name);
    if (given == all.end()) continue;
    const long value = std::strtol(given->second.c_str(), nullptr, 10);
    if (value < allowed.first || value > allowed.second) found.push_back(name + "=" + given->second);
  }
  return found;
}

int servers_of(const options& where, const session_kind& kind) {
  auto parsed = parse(url_of(where, kind));
  if (!parsed) return 1;
  const words all = std::move(parsed).value();
  int most = 1;
  for (const char* part : {"host", "hostaddr", "port"}) {
    if (const auto found = all.find(part); found != all.end()) most = std::max(most, entries(found->second));
  }
  return most;
}

result<std::string> connection_text(const options& where, const session_kind& kind, int first) {
  const bool pooled = is_pooled(where, kind);
  auto parsed = parse(url_of(where, kind));
  if (!parsed) return parsed.error();
  words all = std::move(parsed).value();
  for (const char* part : {"host", "hostaddr", "port"}) {
    if (const auto found = all.find(part); found != all.end()) found->second = rotated(found->second, first);
  }
  all.emplace("connect_timeout", "3");
  all.emplace("keepalives", "1");
  all.emplace("keepalives_idle", "1");
  all.emplace("keepalives_interval", "1");
  all.emplace("keepalives_count", "3");
  all.emplace("tcp_user_timeout", "3000");
  if (!pooled && !kind.foreign) all.emplace("target_session_attrs", "read-write");
  all["client_encoding"] = "UTF8";
  all["application_name"] =
      (where.application_name.empty() ? "weir" : where.application_name) + " " + kind.duty;
  if (!pooled && !kind.foreign) {
    const char* from_environment = std::getenv("PGOPTIONS");
    const auto given = all.find("options");
    const std::string before = given != all.end()            ? given->second
                               : from_environment != nullptr ? from_environment
                                                             : "";
    all["options"] = before + server_settings(kind);
  }
  std::string text;
  for (const auto& [key, value] : all) text += (text.empty() ? "" : " ") + key + "=" + quote(value);
  return text;
}

}  // namespace weir::postgres
