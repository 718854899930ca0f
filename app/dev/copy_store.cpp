#include "app/dev/copy_store.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "app/state_dir.hpp"
#include "drivers/memory/contents.hpp"
#include "drivers/sqlite/store_file.hpp"

namespace weir::app {

namespace {

/// Nobody who was started by a process that had the store still runs a task of it.
result<std::optional<state_dir>> hold_state(const copy_order& what) {
  const auto folder = what.from.parent_path();
  if (!state_dir::is_one(folder)) return std::optional<state_dir>{};  // a store that was put elsewhere
  auto held = state_dir::open(folder, what.patience);
  if (held) return std::optional<state_dir>{std::move(*held)};
  if (held.error().code != errc::refused) return held.error();
  return error{errc::refused, what.from.string() +
                                  " has tasks that a process of weir dev is still at, though it has ended "
                                  "itself: wait for the end of its runs, then copy again"};
}

}  // namespace

result<copied_store> copy_store(const copy_order& what, const postgres::options& to,
                                const operator_identity& who,
                                const std::function<void(std::int64_t)>& progress) {
  auto store = sqlite::store_file::open(what.from, sqlite::opened_for::copy);
  if (!store) return store.error();
  const auto state = hold_state(what);
  if (!state) return state.error();
  const auto rows = (*store)->load();
  if (!rows) return rows.error();
  auto contents = memory::contents_of(*rows, what.history);
  auto made = postgres::copy_store(to, who, what.from.string(), contents, what.how, progress);
  if (!made) return made.error();
  if (!what.how.dry_run) {
    if (const auto given_up = (*store)->give_up(); !given_up) {
      return error{given_up.error().code, "the tasks are copied, but the store cannot be marked (" +
                                              given_up.error().message +
                                              "): move it away, or the next `weir dev` performs them too"};
    }
  }
  return copied_store{std::move(*made), contents.left};
}

}  // namespace weir::app
