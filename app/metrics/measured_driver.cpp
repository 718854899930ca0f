#include "app/metrics/measured_driver.hpp"

#include <map>
#include <mutex>
#include <set>

#include "app/metrics/measured_leading.hpp"
#include "domain/execution.hpp"
#include "domain/names.hpp"

namespace weir::app {

namespace {

/// Times one call; errors are counted by their class.
template <class Call>
auto timed(http::histogram& into, node_metrics& all, const Call& call) {
  const boot_time begun = boot_clock::now();
  auto answer = call();
  into.add(std::chrono::duration<double>(boot_clock::now() - begun).count());
  if (!answer) all.errors.with({to_string(answer.error().code)}).add();
  return answer;
}

/// The streams of this node's partitions, as its beats show them. Threads: any.
class known_parts {
 public:
  void learn(const beat_view& seen) {
    std::map<stream_id, std::string> names;
    for (const auto& each : seen.streams) names[each.id] = each.name;
    const std::lock_guard guard(lock_);
    for (const auto& each : seen.partitions) streams_[each.id] = names[each.stream];
  }
  /// "" for those that this node never had.
  std::string stream_of(part_id part) const {
    const std::lock_guard guard(lock_);
    const auto found = streams_.find(part);
    return found == streams_.end() ? std::string{} : found->second;
  }

 private:
  mutable std::mutex lock_;
  std::map<part_id, std::string> streams_;
};

class measured_tasks final : public task_store {
 public:
  measured_tasks(std::unique_ptr<task_store> real, std::shared_ptr<const known_parts> parts,
                 node_metrics& into)
      : real_(std::move(real)),
        parts_(std::move(parts)),
        into_(into),
        read_(into.statements.with({"read"})),
        promote_(into.statements.with({"promote"})),
        newer_(into.statements.with({"newer"})),
        requests_(into.statements.with({"requests"})),
        finish_(into.statements.with({"finish"})),
        insert_(into.statements.with({"insert"})) {}

  result<void> reconnect() override { return real_->reconnect(); }
  result<read_reply> read(const std::vector<read_request>& asked) override {
    return timed(read_, into_, [&] { return real_->read(asked); });
  }
  result<promote_reply> promote(const std::vector<promote_request>& asked) override {
    return timed(promote_, into_, [&] { return real_->promote(asked); });
  }
  result<std::vector<newer_reply>> newer(const std::vector<newer_request>& rows,
                                         const std::vector<task_id>& running) override {
    return timed(newer_, into_, [&] { return real_->newer(rows, running); });
  }
  result<std::vector<task_request>> requests(const std::vector<request_page>& pages, int limit) override {
    return timed(requests_, into_, [&] { return real_->requests(pages, limit); });
  }
  result<finish_reply> finish(const finish_request& asked) override {
    auto written = timed(finish_, into_, [&] { return real_->finish(asked); });
    if (written) count(asked, *written);
    return written;
  }
  result<std::vector<inserted>> insert(const std::vector<insert_row>& rows,
                                       const hand_offer& offer) override {
    auto made = timed(insert_, into_, [&] { return real_->insert(rows, offer); });
    if (made) count(rows, *made);
    return made;
  }

 private:
  using names =
      std::map<http::label_values, double>;  // a batch has few: one lookup for each, not for each row

  void count(const std::vector<insert_row>& rows, const std::vector<inserted>& made) {
    names found;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (made[i].part == 0) continue;  // it was inserted before
      found[{rows[i].stream.value_or(parts_->stream_of(made[i].part)), rows[i].name}] += 1;
    }
    for (const auto& [labels, times] : found) into_.enqueued.with(labels).add(times);
  }

  /// What ended tasks, as it was written: superseded ones and those that were given up included.
  void count(const finish_request& asked, const finish_reply& written) {
    const std::set<part_id> held(written.held.begin(), written.held.end());
    names found;
    for (const finish_row& row : asked.rows) {
      const auto result = domain::run_result_of(row.result);
      if (!result || !domain::is_final(*result) || held.count(row.part) == 0) continue;
      found[{parts_->stream_of(row.part), row.name, domain::to_string(*result)}] += 1;
    }
    for (const auto& [labels, times] : found) into_.finished.with(labels).add(times);
  }

  std::unique_ptr<task_store> real_;
  std::shared_ptr<const known_parts> parts_;
  node_metrics& into_;
  http::histogram &read_, &promote_, &newer_, &requests_, &finish_, &insert_;
};

class measured_membership final : public membership_store {
 public:
  measured_membership(std::unique_ptr<membership_store> real, std::shared_ptr<known_parts> parts,
                      node_metrics& into)
      : real_(std::move(real)), parts_(std::move(parts)), into_(into), beat_(into.beat.with({})) {}

  result<void> reconnect() override { return real_->reconnect(); }
  result<registration> identify() override { return real_->identify(); }
  result<std::optional<incarnation>> find(const std::string& name) override { return real_->find(name); }
  result<registration> join(const node_facts& facts) override { return real_->join(facts); }
  result<beat_view> beat(node_id me, const beat_note& note) override {
    auto seen = timed(beat_, into_, [&] { return real_->beat(me, note); });
    if (seen) parts_->learn(*seen);
    return seen;
  }
  std::vector<stream_id> await_tasks(std::chrono::nanoseconds most, const bell& rung) override {
    return real_->await_tasks(most, rung);
  }
  result<void> set_state(node_id me, node_state state) override { return real_->set_state(me, state); }
  result<bool> declare_dead(node_id who, std::int64_t seen_beat, std::int32_t timeline) override {
    return real_->declare_dead(who, seen_beat, timeline);
  }
  result<void> note_process_end(node_id who, const std::string& how) override {
    return real_->note_process_end(who, how);
  }
  result<bool> declare_dead_by_proof(node_id who) override { return real_->declare_dead_by_proof(who); }

 private:
  std::unique_ptr<membership_store> real_;
  std::shared_ptr<known_parts> parts_;
  node_metrics& into_;
  http::histogram& beat_;
};

class measured_driver final : public driver {
 public:
  measured_driver(std::shared_ptr<driver> real, node_metrics& into) : real_(std::move(real)), into_(into) {}

  std::unique_ptr<membership_store> open_membership() override {
    return std::make_unique<measured_membership>(real_->open_membership(), parts_, into_);
  }
  std::unique_ptr<leadership_store> open_leadership() override {
    return measured(real_->open_leadership(), into_);
  }
  std::unique_ptr<ownership_store> open_ownership() override { return real_->open_ownership(); }
  std::unique_ptr<coordination_store> open_coordination() override {
    return measured(real_->open_coordination(), into_);
  }
  std::unique_ptr<task_store> open_tasks() override {
    return std::make_unique<measured_tasks>(real_->open_tasks(), parts_, into_);
  }
  std::unique_ptr<console_store> open_console() override { return real_->open_console(); }
  std::unique_ptr<schedule_store> open_schedules() override { return real_->open_schedules(); }
  std::unique_ptr<retention_store> open_retention() override { return real_->open_retention(); }
  std::unique_ptr<cdc_store> open_cdc() override { return real_->open_cdc(); }
  std::unique_ptr<cdc_reader> open_cdc_reader(const cdc_query& query) override {
    return real_->open_cdc_reader(query);
  }

 private:
  std::shared_ptr<driver> real_;
  std::shared_ptr<known_parts> parts_ = std::make_shared<known_parts>();
  node_metrics& into_;
};

}  // namespace

std::unique_ptr<driver> measured(std::shared_ptr<driver> real, node_metrics& into) {
  return std::make_unique<measured_driver>(std::move(real), into);
}

}  // namespace weir::app
