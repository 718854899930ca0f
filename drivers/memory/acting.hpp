// Orders of people on the memory store: the action and its row in the audit are one statement.
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "domain/operator_action.hpp"
#include "drivers/memory/client.hpp"

namespace weir::memory {

/// Writes the row, or adds its figures to the one of the same request.
void note(world& store, const operator_identity& by, const domain::operator_action& what,
          const std::optional<error>& why);

/// Runs `body` as one write and notes what became of it. `told` completes the row from a good answer.
template <class R>
result<R> act(client& through, const char* operation, const operator_identity& by,
              domain::operator_action what, std::function<result<R>(statement&)> body,
              std::function<domain::operator_action(const R&)> told = {}) {
  return through.run<R>(operation, access::write, [by, what, body, told](statement& now) -> result<R> {
    auto answer = body(now);
    const std::optional<error> why = answer ? std::nullopt : std::optional{answer.error()};
    if (domain::is_noted(why)) note(now.store(), by, answer && told ? told(answer.value()) : what, why);
    return answer;
  });
}

inline result<void> act(client& through, const char* operation, const operator_identity& by,
                        const domain::operator_action& what, std::function<result<void>(statement&)> body) {
  return through.run<void>(
      operation, access::write, [by, what, body = std::move(body)](statement& now) -> result<void> {
        auto answer = body(now);
        const std::optional<error> why = answer ? std::nullopt : std::optional{answer.error()};
        if (domain::is_noted(why)) note(now.store(), by, what, why);
        return answer;
      });
}

audit_page audit_of(const world& store, const audit_filter& filter);

}  // namespace weir::memory
