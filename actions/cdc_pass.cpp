// Gathering changes, handling them, and what is written when.
#include "actions/cdc_pass.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "domain/change_merge.hpp"
#include "domain/object_hash.hpp"
#include "domain/task_bounds.hpp"
#include "runner/exception_text.hpp"

namespace weir::actions {

namespace {

using what = cdc_change::what;
using domain::change_merge;

/// Rows of one read of what is kept, and changes of one write.
constexpr int page_rows = 5000;
constexpr std::size_t batch_changes = 500;
/// Failures of one pass that are logged one by one.
constexpr std::int64_t logged_failures = 10;

error unlike_a_source(std::int64_t kept) {
  return {errc::invalid,
          "the source gives no object at all while " + std::to_string(kept) +
              " are kept: nothing was deleted; if they are gone indeed, set allow_empty = true"};
}

class pass {
 public:
  pass(const cdc_plan& plan, weir::driver& store, context& ctx)
      : plan_(plan), ctx_(ctx), store_(store.open_cdc()), reader_(store.open_cdc_reader(plan.source)) {}

  result<cdc_report> run() {
    const auto begun = store_->begin(plan_.controller, plan_.name);
    if (!begun) return begun.error();
    begun_ = *begun;
    auto worked = gather();
    reader_->close();
    if (worked && !report_.stopped) worked = plan_.enqueues ? enqueue() : call_back();
    if (worked) worked = finish();
    if (worked) return report_;
    note(worked.error());
    return worked.error();
  }

 private:
  // -- what changed

  result<void> gather() {
    std::vector<cdc_range> circle{{begun_.go_on_after, std::nullopt}};
    if (begun_.go_on_after) circle.push_back({std::nullopt, begun_.go_on_after});
    std::size_t read = 0;
    while (read < circle.size() && !report_.limited && !report_.stopped) {
      if (auto gathered = gather(circle[read++]); !gathered) return gathered;
    }
    const bool removes = std::any_of(changes_.begin(), changes_.end(),
                                     [](const cdc_change& change) { return change.kind == what::remove; });
    if (!removes || plan_.allow_empty || begun_.objects <= defaults::cdc_empty_objects) return {};
    for (; report_.source_rows == 0 && read < circle.size(); ++read) {
      if (auto looked = look_into(circle[read]); !looked) return looked;
    }
    if (report_.source_rows == 0 && !report_.stopped) return unlike_a_source(begun_.objects);
    return {};
  }

  result<void> gather(const cdc_range& range) {
    if (auto opened = reader_->open(range); !opened) return opened;
    change_merge merge;
    cdc_range left = range;  // of what is kept
    for (;;) {
      auto next = merge.next();
      if (!next) return next.error();
      if (*next) {
        if (changes_.size() == static_cast<std::size_t>(plan_.limit)) {
          report_.limited = true;
          break;
        }
        changes_.push_back(std::move(**next));
        continue;
      }
      if (merge.needs() == change_merge::wants::nothing) break;
      if (auto fed = feed(merge, left); !fed) return fed;
      if (ctx_.stop_requested()) {
        report_.stopped = true;
        break;
      }
    }
    report_.source_rows += merge.source_rows();
    return {};
  }

  result<void> feed(change_merge& merge, cdc_range& left) {
    if (merge.needs() == change_merge::wants::source) {
      auto page = reader_->next();
      if (!page) return page.error();
      merge.add_source(std::move(*page));
      return {};
    }
    auto page = store_->stored(plan_.controller, begun_.round, left, page_rows);
    if (!page) return page.error();
    if (!page->empty()) left.after = page->back().object;
    merge.add_stored(std::move(*page));
    return {};
  }

  /// Is there anything at all?
  result<void> look_into(const cdc_range& range) {
    if (auto opened = reader_->open(range); !opened) return opened;
    const auto page = reader_->next();
    if (!page) return page.error();
    report_.source_rows += static_cast<std::int64_t>(page->size());
    return {};
  }

  // -- handling it

  result<void> enqueue() {
    for (std::size_t from = 0; from < changes_.size(); from += batch_changes) {
      if (stop_wanted(from)) return {};
      const std::size_t end = std::min(changes_.size(), from + batch_changes);
      for (std::size_t at = from; at < end; ++at) handled_.push_back(std::move(changes_[at]));
      const std::string last = handled_.back().object;
      if (auto kept = keep(last); !kept) return kept;
      had_turn_ = last;
    }
    return {};
  }

  result<void> call_back() {
    for (std::size_t at = 0; at < changes_.size(); ++at) {
      cdc_change& change = changes_[at];
      const change_callback& callback = callback_for(change.kind);
      if (callback && stop_wanted(at)) break;
      had_turn_ = change.object;
      // Before a callback: keeps the one before it, and notes its turn. Should it end this process, the next pass
      // begins behind it.
      if (callback || handled_.size() == batch_changes) {
        if (auto kept = keep(had_turn_); !kept) return kept;
      }
      if (!callback || call(callback, change)) handled_.push_back(std::move(change));
    }
    return handled_.empty() ? result<void>{} : keep(had_turn_);
  }

  const change_callback& callback_for(what kind) const {
    return kind == what::create ? plan_.create : kind == what::update ? plan_.update : plan_.remove;
  }

  bool call(const change_callback& callback, const cdc_change& change) {
    const object_change told{change.object,
                             change.kind == what::remove ? "" : domain::format_object_hash(change.now)};
    std::string why;
    try {
      const outcome said = callback(told, ctx_);
      if (said.what() == outcome::kind::success) return true;
      why = said.message().empty() ? "not handled" : said.message();
    } catch (...) {
      why = runner::text_of_exception("the callback");
    }
    why = "object " + domain::in_quotes(change.object) + ": " + why;
    if (++report_.counts.failed <= logged_failures) ctx_.log(why);
    if (report_.first_failure.empty()) report_.first_failure = std::move(why);
    return false;
  }

  bool stop_wanted(std::size_t at) {
    if (at > 0) ctx_.progress(static_cast<double>(at) / static_cast<double>(changes_.size()));
    report_.stopped = ctx_.stop_requested();
    return report_.stopped;
  }

  /// Writes what was handled.
  result<void> keep(const std::optional<std::string>& go_on_after) {
    cdc_write write;
    write.controller = plan_.controller;
    write.pass = begun_.number;
    write.round = begun_.round;
    write.changes = std::move(handled_);
    write.go_on_after = go_on_after;
    if (plan_.enqueues) write.tasks = plan_.name;
    handled_.clear();
    const auto kept = store_->write(write);
    if (!kept) return kept.error();
    for (const cdc_change& change : write.changes) count(change.kind);
    return {};
  }

  void count(what kind) {
    switch (kind) {
      case what::create: ++report_.counts.created; break;
      case what::update: ++report_.counts.updated; break;
      case what::remove: ++report_.counts.deleted; break;
    }
  }

  // -- the end

  cdc_ended ended() const {
    return {plan_.controller, begun_.number, report_.counts, std::nullopt, std::nullopt};
  }

  result<void> finish() {
    cdc_ended end = ended();
    if (!report_.first_failure.empty()) end.problem = report_.first_failure;
    // Failures too are tried again only after the others had their turn.
    const bool all_had_their_turn = !report_.limited && !report_.stopped && report_.counts.failed == 0;
    if (!all_had_their_turn) end.go_on_after = had_turn_ ? had_turn_ : begun_.go_on_after;
    return store_->finish(end);
  }

  /// For `weir cdc status`; the task's own message has it, too.
  void note(const error& why) {
    cdc_ended end = ended();
    end.problem = why.message;
    end.go_on_after = had_turn_ ? had_turn_ : begun_.go_on_after;
    if (store_->finish(end) || !store_->reconnect()) return;
    static_cast<void>(store_->finish(end));
  }

  const cdc_plan& plan_;
  context& ctx_;
  std::unique_ptr<cdc_store> store_;
  std::unique_ptr<cdc_reader> reader_;
  cdc_pass begun_;
  std::vector<cdc_change> changes_;
  std::vector<cdc_change> handled_;      ///< and not yet kept
  std::optional<std::string> had_turn_;  ///< the last object that had its turn
  cdc_report report_;
};

}  // namespace

std::string cdc_report::text() const {
  std::string said;
  const auto part = [&](std::int64_t count, const char* word) {
    if (count != 0) said += (said.empty() ? "" : ", ") + std::to_string(count) + " " + word;
  };
  part(counts.created, "created");
  part(counts.updated, "updated");
  part(counts.deleted, "deleted");
  part(counts.failed, "failed");
  if (said.empty()) said = "nothing has changed";
  if (limited) said += ", limit reached: the next pass goes on";
  if (!first_failure.empty()) said += ", first: " + first_failure;
  return said;
}

result<cdc_report> run_pass(const cdc_plan& plan, weir::driver& store, context& ctx) {
  return pass{plan, store, ctx}.run();
}

}  // namespace weir::actions
