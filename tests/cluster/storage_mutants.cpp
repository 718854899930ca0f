#include "tests/cluster/storage_mutants.hpp"

#include <algorithm>
#include <utility>

#include "drivers/memory/snapshot.hpp"

namespace weir::storage_test {
namespace {

bool sees(const snapshot& text, transaction_id xid) { return memory::parse(text).sees(xid); }

/// Passes everything on; each mutant overrides what it does wrong.
class faithful : public task_store {
 public:
  faithful(std::unique_ptr<task_store> inner, std::shared_ptr<mutation> shared)
      : inner_(std::move(inner)), shared_(std::move(shared)) {}

  result<void> reconnect() override { return inner_->reconnect(); }
  result<read_reply> read(const std::vector<read_request>& requests) override {
    return inner_->read(requests);
  }
  result<promote_reply> promote(const std::vector<promote_request>& r) override { return inner_->promote(r); }
  result<std::vector<newer_reply>> newer(const std::vector<newer_request>& rows,
                                         const std::vector<task_id>& running) override {
    return inner_->newer(rows, running);
  }
  result<std::vector<task_request>> requests(const std::vector<request_page>& pages, int limit) override {
    return inner_->requests(pages, limit);
  }
  result<finish_reply> finish(const finish_request& request) override { return inner_->finish(request); }
  result<std::vector<inserted>> insert(const std::vector<insert_row>& rows,
                                       const hand_offer& offer) override {
    return inner_->insert(rows, offer);
  }

 protected:
  std::unique_ptr<task_store> inner_;
  std::shared_ptr<mutation> shared_;
};

class mark_by_id final : public faithful {
 public:
  using faithful::faithful;
  result<read_reply> read(const std::vector<read_request>& requests) override {
    read_reply all;
    for (read_request request : requests) {
      const int limit = std::exchange(request.limit, 100000);
      auto reply = inner_->read({request});
      if (!reply) return reply;
      if (all.taken.empty()) all.taken = reply->taken;
      int taken = 0;
      for (const task_row& row : reply->rows) {
        if (request.recover && row.id <= shared_->id_mark[row.part]) continue;
        if (taken++ == limit) break;
        all.rows.push_back(row);
        shared_->read[row.part].push_back({row.xid, row.id});
      }
    }
    return all;
  }
  result<finish_reply> finish(const finish_request& request) override {
    auto reply = inner_->finish(request);
    if (!reply) return reply;
    for (const mark_move& mark : request.marks) {
      if (std::find(reply->held.begin(), reply->held.end(), mark.part) == reply->held.end()) continue;
      task_id& by_id = shared_->id_mark[mark.part];
      for (const auto& [xid, id] : shared_->read[mark.part]) {
        if (sees(mark.position.seen, xid)) by_id = std::max(by_id, id);
      }
    }
    return reply;
  }
};

class no_fence final : public faithful {
 public:
  using faithful::faithful;
  result<finish_reply> finish(const finish_request& request) override {
    const auto truth = shared_->truth->load();
    if (!truth) return truth.error();
    std::map<node_id, std::vector<fence>> by_owner;
    for (const fence& held : request.held) {
      for (const partition_row& row : truth->partitions) {
        if (row.id == held.part) by_owner[row.owner].push_back({row.id, row.epoch});
      }
    }
    finish_reply all;
    for (const auto& [owner, fences] : by_owner) {
      finish_request part = request;
      part.node = owner;
      part.held = fences;
      const auto foreign = [&, &held = fences](const auto& row) {
        return std::none_of(held.begin(), held.end(), [&](const fence& f) { return f.part == row.part; });
      };
      part.rows.erase(std::remove_if(part.rows.begin(), part.rows.end(), foreign), part.rows.end());
      part.marks.erase(std::remove_if(part.marks.begin(), part.marks.end(), foreign), part.marks.end());
      auto reply = inner_->finish(part);
      if (!reply) return reply;
      all.held.insert(all.held.end(), reply->held.begin(), reply->held.end());
      all.earliest_put.insert(all.earliest_put.end(), reply->earliest_put.begin(), reply->earliest_put.end());
    }
    return all;
  }
};

class reads_again final : public faithful {
 public:
  using faithful::faithful;
  result<read_reply> read(const std::vector<read_request>& requests) override {
    std::vector<read_request> again = requests;
    for (read_request& request : again) {
      auto& last = last_[request.held.part];
      const bool same = last.first == request.held.epoch;
      auto asked = std::exchange(last, {request.held.epoch, request.position}).second;
      if (same && !request.recover && !request.position.upto && !asked.upto) request.position = asked;
    }
    return inner_->read(again);
  }

 private:
  std::map<part_id, std::pair<epoch_number, reading_position>> last_;
};

class finished_supersedes final : public faithful {
 public:
  using faithful::faithful;
  result<std::vector<newer_reply>> newer(const std::vector<newer_request>& rows,
                                         const std::vector<task_id>& running) override {
    auto reply = inner_->newer(rows, running);
    if (!reply) return reply;
    for (const newer_request& row : rows) {
      const auto& ended = shared_->finished[{row.name, row.key}];
      const auto said = [&](const newer_reply& r) { return r.id == row.id; };
      if (ended.upper_bound(row.id) == ended.end()) continue;
      if (std::none_of(reply->begin(), reply->end(), said)) reply->push_back({row.id, *ended.rbegin()});
    }
    return reply;
  }
  result<finish_reply> finish(const finish_request& request) override {
    auto reply = inner_->finish(request);
    for (const finish_row& row : request.rows) {
      if (reply && row.key && row.result == 'd') shared_->finished[{row.name, *row.key}].insert(row.id);
    }
    return reply;
  }
};

class superseding_late final : public faithful {
 public:
  using faithful::faithful;
  result<finish_reply> finish(const finish_request& request) override {
    finish_request now = request;
    now.rows.clear();
    std::vector<finish_row> later;
    for (const finish_row& row : late_) {
      const bool same =
          std::any_of(now.held.begin(), now.held.end(), [&](const fence& f) { return f.part == row.part; });
      (same ? now.rows : later).push_back(row);
    }
    for (const finish_row& row : request.rows) (row.result == 's' ? later : now.rows).push_back(row);
    auto reply = inner_->finish(now);
    if (reply) late_ = std::move(later);
    return reply;
  }

 private:
  std::vector<finish_row> late_;
};

class mark_passes_unsettled final : public faithful {
 public:
  using faithful::faithful;
  result<read_reply> read(const std::vector<read_request>& requests) override {
    for (const read_request& r : requests) shared_->reached[{r.held.part, r.held.epoch}] = r.position;
    return inner_->read(requests);
  }
  result<finish_reply> finish(const finish_request& request) override {
    finish_request far = request;
    for (mark_move& mark : far.marks) {
      for (const fence& held : far.held) {
        const auto reached = shared_->reached.find({held.part, held.epoch});
        if (held.part == mark.part && reached != shared_->reached.end()) mark.position = reached->second;
      }
    }
    return inner_->finish(far);
  }
};

class doubt_is_failure final : public faithful {
 public:
  using faithful::faithful;
  result<finish_reply> finish(const finish_request& request) override {
    auto reply = inner_->finish(request);
    if (reply || reply.error().code != errc::in_doubt) return reply;
    return error{errc::unavailable, reply.error().message};
  }
};

class retention_mutant final : public retention_store {
 public:
  retention_mutant(std::unique_ptr<retention_store> inner, mutant kind)
      : inner_(std::move(inner)), kind_(kind) {}

  result<void> reconnect() override { return inner_->reconnect(); }
  result<void> declare(node_id me, const retention_policy& wanted) override {
    return inner_->declare(me, wanted);
  }
  result<retention_view> look() override { return inner_->look(); }
  result<walk_reply> walk(node_id me, leader_term term, const retention_walk& portion) override {
    if (kind_ == mutant::clears_nothing && portion.does == retention_walk::what::clear) return walk_reply{};
    retention_walk now = portion;
    if (kind_ == mutant::one_age_for_all) now.ages.all.failed = now.ages.all.cancelled = now.ages.all.done;
    return inner_->walk(me, term, now);
  }
  result<bool> empty(node_id me, leader_term term, segment_number segment, const snapshot& walked) override {
    return inner_->empty(me, term, segment, walked);
  }
  result<bool> drop(node_id me, leader_term term, segment_number segment) override {
    return inner_->drop(me, term, segment);
  }

 private:
  std::unique_ptr<retention_store> inner_;
  mutant kind_;
};

}  // namespace

std::unique_ptr<retention_store> mutate(std::unique_ptr<retention_store> inner,
                                        const std::shared_ptr<mutation>& shared) {
  if (shared->kind != mutant::clears_nothing && shared->kind != mutant::one_age_for_all) return inner;
  return std::make_unique<retention_mutant>(std::move(inner), shared->kind);
}

const char* to_string(mutant kind) {
  switch (kind) {
    case mutant::none: return "none";
    case mutant::mark_by_id: return "mark_by_id";
    case mutant::no_fence: return "no_fence";
    case mutant::reads_again: return "reads_again";
    case mutant::finished_supersedes: return "finished_supersedes";
    case mutant::superseding_late: return "superseding_late";
    case mutant::mark_passes_unsettled: return "mark_passes_unsettled";
    case mutant::doubt_is_failure: return "doubt_is_failure";
    case mutant::outlives_deadline: return "outlives_deadline";
    case mutant::clears_nothing: return "clears_nothing";
    case mutant::one_age_for_all: return "one_age_for_all";
  }
  return "?";
}

std::unique_ptr<task_store> mutate(std::unique_ptr<task_store> inner, std::shared_ptr<mutation> shared) {
  switch (shared->kind) {
    case mutant::none:
    case mutant::outlives_deadline:  // of the node, not of its store
    case mutant::clears_nothing:
    case mutant::one_age_for_all: break;  // of retention
    case mutant::mark_by_id: return std::make_unique<mark_by_id>(std::move(inner), std::move(shared));
    case mutant::no_fence: return std::make_unique<no_fence>(std::move(inner), std::move(shared));
    case mutant::reads_again: return std::make_unique<reads_again>(std::move(inner), std::move(shared));
    case mutant::finished_supersedes:
      return std::make_unique<finished_supersedes>(std::move(inner), std::move(shared));
    case mutant::superseding_late:
      return std::make_unique<superseding_late>(std::move(inner), std::move(shared));
    case mutant::mark_passes_unsettled:
      return std::make_unique<mark_passes_unsettled>(std::move(inner), std::move(shared));
    case mutant::doubt_is_failure:
      return std::make_unique<doubt_is_failure>(std::move(inner), std::move(shared));
  }
  return inner;
}

}  // namespace weir::storage_test
