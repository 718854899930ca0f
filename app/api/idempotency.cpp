#include "app/api/idempotency.hpp"

#include <chrono>

#include "domain/message_token.hpp"
#include "http/token_file.hpp"

namespace weir::app {

namespace {

using day = std::chrono::duration<std::int64_t, std::ratio<86'400>>;
constexpr std::size_t most_bytes = 255;

wall_time start_of_day(wall_time now) { return std::chrono::floor<day>(now); }

}  // namespace

result<std::optional<idempotency_key>> idempotency_key::of(const http::request& asked) {
  const std::string& given = asked.header("idempotency-key");
  if (given.empty()) return std::optional<idempotency_key>{};
  if (given.size() > most_bytes)
    return error{errc::invalid,
                 "Idempotency-Key has " + std::to_string(given.size()) + " bytes, at most 255"};
  const std::string hash = http::token_hash(asked.caller + "\n" + given);
  const auto part = [&](std::size_t from) { return std::stoull(hash.substr(from, 16), nullptr, 16); };
  return std::optional<idempotency_key>{idempotency_key{part(0), part(16)}};
}

std::string idempotency_key::token(wall_time now) const {
  return domain::make_message_token(start_of_day(now) + day{1}, high_, low_);
}

result<std::optional<std::vector<task_id>>> idempotency_key::answered(console_store& store,
                                                                      wall_time now) const {
  // Tomorrow's: by the clock of another node it may have begun.
  for (const wall_time when : {now, now - day{1}, now + day{1}}) {
    auto found = store.answered(token(when));
    if (!found || *found) return found;
  }
  return std::optional<std::vector<task_id>>{};
}

}  // namespace weir::app
