#include "cluster/elector.hpp"

#include <utility>

#include "domain/deadline.hpp"

namespace weir::cluster {

elector::change elector::step(boot_time sent) {
  if (!connected_) {
    if (!store_.reconnect()) return {};
    connected_ = true;
  }
  if (term_) {
    if (sent >= trusted_until_) return step_down("the last renewal is too old");
    const result<bool> held = store_.renew(settings_.me, *term_);
    if (!held) return step_down(held.error().message);
    if (!*held) return step_down("the lock or the term is no longer mine");
    trusted_until_ = domain::ownership_deadline(sent, settings_.ttl, settings_.margin);
    return {};
  }
  result<std::optional<leader_term>> obtained = store_.try_lead(settings_.me);
  if (!obtained) {
    connected_ = false;  // perhaps with the lock: only a new session is surely without it
    return {};
  }
  if (!*obtained) return {};
  term_ = **obtained;
  trusted_until_ = domain::ownership_deadline(sent, settings_.ttl, settings_.margin);
  return {term_, std::nullopt};
}

elector::change elector::resign(const std::string& reason) {
  if (!term_) return {};
  const leader_term term = *std::exchange(term_, std::nullopt);
  if (!store_.resign(settings_.me, term, reason)) connected_ = false;
  return {std::nullopt, reason};
}

elector::change elector::step_down(std::string why) {
  term_.reset();
  connected_ = false;  // a new session: the old one may still hold the lock
  return {std::nullopt, std::move(why)};
}

}  // namespace weir::cluster
