// The comparison itself, and what a row of a source must be like.
#include "domain/change_merge.hpp"

#include <utility>

#include <weir/defaults.hpp>

#include "domain/object_hash.hpp"
#include "domain/task_bounds.hpp"

namespace weir::domain {

namespace {

using what = cdc_change::what;

error bad(std::string sentence) { return {errc::invalid, "the source " + std::move(sentence)}; }

}  // namespace

change_merge::wants change_merge::needs() const {
  if (!at_source_ && source_at_ == source_.size() && !source_ended_) return wants::source;
  if (stored_at_ == stored_.size() && !stored_ended_) return wants::stored;
  return wants::nothing;
}

void change_merge::add_source(std::vector<cdc_source_row> page) {
  source_ended_ = page.empty();
  source_rows_ += static_cast<std::int64_t>(page.size());
  source_ = std::move(page);
  source_at_ = 0;
}

void change_merge::add_stored(std::vector<cdc_stored_row> page) {
  stored_ended_ = page.empty();
  stored_ = std::move(page);
  stored_at_ = 0;
}

result<void> change_merge::look_at_source() {
  if (at_source_ || source_at_ == source_.size()) return {};
  cdc_source_row& row = source_[source_at_];
  if (!row.object) return bad("gives a row without object_id (null): leave such rows out of the query");
  if (row.object->empty()) return bad("gives an empty object_id: leave such rows out of the query");
  if (row.object->size() > defaults::key_bytes) {
    return bad("gives object_id " + in_quotes(*row.object) + ", which has " +
               std::to_string(row.object->size()) + " bytes; at most 512 are possible");
  }
  if (*row.object == last_) {
    return bad("gives object_id " + in_quotes(*row.object) +
               " twice: one row an object (group by it, or add distinct)");
  }
  if (*row.object < last_) {
    return bad(
        "gives object_id " + in_quotes(*row.object) + " after " + in_quotes(last_) +
        ", which is not the order of their bytes in UTF-8: use a database whose encoding is UTF8, or ids in "
        "ASCII");
  }
  if (!row.hash) return bad("gives no hash (null) for object_id " + in_quotes(*row.object));
  const auto hash = parse_object_hash(*row.hash);
  if (!hash) {
    return bad("gives hash " + in_quotes(*row.hash) + " for object_id " + in_quotes(*row.object) +
               ", which is no uuid: write md5(...)::uuid as hash");
  }
  last_ = *row.object;
  at_source_ = checked{std::move(*row.object), *hash};
  ++source_at_;
  return {};
}

cdc_change change_merge::take(what kind) {
  cdc_change change;
  change.kind = kind;
  if (kind != what::create) {
    cdc_stored_row& kept = stored_[stored_at_++];
    change.before = kept.hash;
    change.object = std::move(kept.object);
  }
  if (kind != what::remove) {
    change.now = at_source_->hash;
    change.object = std::move(at_source_->object);
    at_source_.reset();
  }
  return change;
}

result<std::optional<cdc_change>> change_merge::next() {
  using answer = std::optional<cdc_change>;
  for (;;) {
    if (auto looked = look_at_source(); !looked) return looked.error();
    if (needs() != wants::nothing) return answer{};
    const bool kept = stored_at_ < stored_.size();
    if (!at_source_ && !kept) return answer{};
    const int order = !kept ? -1 : !at_source_ ? 1 : at_source_->object.compare(stored_[stored_at_].object);
    if (order < 0) return answer{take(what::create)};
    if (order > 0) return answer{take(what::remove)};
    const cdc_stored_row& same = stored_[stored_at_];
    if (same.stale || same.hash != at_source_->hash) return answer{take(what::update)};
    ++stored_at_;
    at_source_.reset();
  }
}

}  // namespace weir::domain
