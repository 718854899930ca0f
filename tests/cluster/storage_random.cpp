#include "tests/cluster/storage_random.hpp"

#include <algorithm>
#include <chrono>

namespace weir::storage_test {

using namespace std::chrono_literals;

namespace {

const std::vector<std::string> streams = {"lane", "wide"};

class scenario {
 public:
  scenario(const plan& wanted, backend& store, mutant kind)
      : plan_(wanted), store_(store), random_(wanted.seed), told_(wanted.strict) {
    defect_->kind = kind;
  }

  outcome_of_storage run() {
    if (begin()) {
      for (int n = 0; n < plan_.active_steps; ++n) {
        produce();
        if (plan_.troubled) trouble();
        step();
      }
      come_to_rest();
    }
    outcome_.violations = told_.violations();
    outcome_.runs = told_.runs();
    for (const auto& node : nodes_) {
      outcome_.refused += node.sim->refused();
      outcome_.renewals += node.sim->renewals();
      outcome_.handed += node.sim->handed();
      if (!node.leader) continue;
      outcome_.elections += node.leader->elections();
      outcome_.dropped += node.leader->dropped();
    }
    return outcome_;
  }

 private:
  struct member {
    std::unique_ptr<sim_node> sim;
    std::unique_ptr<sim_leader> leader;  ///< null: the simulation leads
    int asleep = 0;                      ///< steps; a stopped process
  };
  struct open_producer {
    std::unique_ptr<sim_producer> work;
    std::vector<insert_row> rows;
    int steps = 0;  ///< until it ends
    bool prepared = false;
    int born = 0;
  };

  bool begin() {
    boss_way_ = &store_.way(-1);
    boss_membership_ = boss_way_->open_membership();
    coordination_ = boss_way_->open_coordination();
    console_ = boss_way_->open_console();
    leadership_ = boss_way_->open_leadership();
    gateway_ = store_.open_tasks(store_.way(0));
    retention_ = boss_way_->open_retention();
    defect_->truth = coordination_.get();

    node_facts facts;
    facts.name = "boss";
    facts.weight = 0;  // has no actions
    facts.cluster_settings = "{}";
    const auto joined = boss_membership_->join(facts);
    if (!joined || !boss_membership_->set_state(joined->id, node_state::active))
      return fail("the boss can't join");
    boss_ = joined->id;
    if (!retention_->declare(boss_, {ages_of_all, {}})) return fail("the boss can't declare");
    if (!plan_.elected) {
      const auto term = leadership_->try_lead(boss_);
      if (!term || !*term) return fail("the boss can't lead");
      term_ = **term;
    }
    stream_declaration lane, wide;
    lane.name = "lane";
    lane.mode = stream_mode::single;
    wide.name = "wide";
    wide.partitions = 3;
    wide.concurrency = random_.between(1, 4);
    if (!console_->create_stream(lane) || !console_->create_stream(wide)) return fail("no streams");
    const auto all = coordination_->load();
    if (!all) return fail(all.error().message);
    for (const partition_row& row : all->partitions) {
      for (const stream_row& stream : all->streams) {
        if (stream.id == row.stream && stream.name != "default") parts_.push_back(row.id);
      }
    }
    for (int n = 0; n < plan_.nodes; ++n) {
      node_settings s;
      s.name = "n" + std::to_string(n);
      s.limits = plan_.limits;
      s.finish_rows = plan_.finish_rows;
      s.strict = plan_.strict;
      s.actions = {"sync", "mail"};
      if (n == 0) s.actions.insert("rare");
      s.outlives = defect_->kind == mutant::outlives_deadline;
      const auto open = [this](driver& way) { return mutate(store_.open_tasks(way), defect_); };
      const auto clock = plan_.elected ? clock_of_a_node() : [this] { return store_.now(); };
      driver& way = store_.way(n + 1);
      member one{std::make_unique<sim_node>(s, way, open, clock, random_, told_, *coordination_), nullptr, 0};
      if (plan_.elected)
        one.leader = std::make_unique<sim_leader>(way, clock, random_, told_, *console_, defect_);
      nodes_.push_back(std::move(one));
    }
    for (const part_id part : parts_) wish(part, random_.between(0, plan_.nodes - 1));
    return true;
  }

  /// Boot clocks begin anywhere and go wrong by up to 5 %: an owner's 500 ms then end within 527 true ones, and nobody
  /// declares it dead before 571.
  sim_node::clock clock_of_a_node() {
    const boot_time begin = store_.now().boot;
    const auto ahead = std::chrono::milliseconds{random_.between(0, 100'000)};
    const double rate = 0.95 + 0.1 * random_.uniform();
    return [this, begin, ahead, rate] {
      moment now = store_.now();
      const auto since = std::chrono::duration<double, std::nano>(now.boot - begin) * rate;
      now.boot = begin + ahead + std::chrono::duration_cast<boot_clock::duration>(since);
      return now;
    };
  }

  bool fail(const std::string& why) {
    told_.violation("the simulation can't begin: " + why);
    return false;
  }

  /// What an operator wants; a leader of the nodes sees to it.
  void wish(part_id part, int node) {
    if (plan_.elected) {
      const std::string& stream = streams[static_cast<std::size_t>(random_.between(0, 1))];
      if (random_.chance(0.3))
        static_cast<void>(console_->pin(stream, std::nullopt, std::nullopt));
      else
        pin(stream, node, random_.chance(0.5));
      return;
    }
    static_cast<void>(coordination_->assign(boss_, term_, {{part, "n" + std::to_string(node)}}));
  }

  void pin(const std::string& stream, int node, bool strict) {
    static_cast<void>(
        console_->pin(stream, "n" + std::to_string(node), strict ? pin_policy::strict : pin_policy::prefer));
  }

  insert_row next_row() {
    insert_row row;
    row.name = random_.chance(0.03) ? "rare" : random_.chance(0.7) ? "sync" : "mail";
    row.stream = random_.chance(0.3) ? "lane" : "wide";
    if (random_.chance(0.85)) row.key = *row.stream + std::to_string(random_.between(1, plan_.keys));
    row.data = "{\"n\": " + std::to_string(++last_data_) + "}";  // spelt as PostgreSQL spells it
    if (random_.chance(0.08)) {
      row.do_after = store_.now().wall + std::chrono::milliseconds{random_.between(1, 300)};
    }
    ++outcome_.tasks;
    return row;
  }

  void produce() {
    if (producers_.size() < 4 && random_.chance(0.25)) {
      open_producer p;
      p.work = store_.begin();
      for (int n = random_.between(1, 4); n > 0; --n) {
        const auto row = next_row();
        const bool savepoint = store_.has_savepoints() && random_.chance(0.3);
        const bool undone = savepoint && random_.chance(0.5);
        p.work->insert(row, savepoint, undone);
        if (!undone) p.rows.push_back(row);
      }
      p.steps = random_.chance(0.35) ? random_.between(1, random_.chance(0.3) ? 60 : 8) : 0;
      producers_.push_back(std::move(p));
    }
    for (auto at = producers_.begin(); at != producers_.end();) {
      if (at->steps-- > 0) {
        ++at->born;
        ++at;
        continue;
      }
      if (!at->prepared && store_.has_savepoints() && random_.chance(0.1)) {
        at->work->prepare();
        at->prepared = true;
        at->steps = random_.between(1, 40);
        ++at;
        continue;
      }
      end(*at, !random_.chance(0.12));
      at = producers_.erase(at);
    }
    if (random_.chance(0.1)) insert_through_a_node();
    if (random_.chance(0.3)) hand_to_a_node();
    if (plan_.people && random_.chance(0.1)) people_ask();
    if (plan_.people && random_.chance(0.02)) people_pause();
  }

  /// Of any task, mostly one of the last.
  void people_ask() {
    const int newest = static_cast<int>(outcome_.tasks);
    if (newest == 0) return;
    using what = task_request::what;
    task_order order;
    const int oldest = random_.chance(0.8) ? std::max(1, newest - 20) : 1;
    for (int n = random_.between(1, 3); n > 0; --n)
      order.tasks.push_back(random_.between(oldest, newest + 2));
    order.kind = random_.chance(0.5) ? what::cancel : random_.chance(0.5) ? what::snooze : what::retry;
    if (order.kind == what::snooze)
      order.not_before = store_.now().wall + std::chrono::milliseconds{random_.between(-5, 200)};
    order.who = "people";
    if (const auto answers = console_->order(order)) {
      for (const order_answer answer : *answers) outcome_.orders += answer == order_answer::asked ? 1 : 0;
    }
  }

  /// Names are paused for moments, and none for ever: everything must come to rest.
  void people_pause() {
    const std::string name = random_.chance(0.7) ? "sync" : "mail";
    if (random_.chance(0.5))
      static_cast<void>(
          console_->pause_name(name, store_.now().wall + std::chrono::milliseconds{random_.between(1, 300)}));
    else
      static_cast<void>(console_->resume_name(name));
  }

  void end(open_producer& p, bool commits) {
    if (!commits) return p.work->rollback();
    ++batch_;
    outcome_.late_commits += p.born > 2 ? 1 : 0;
    for (const insert_row& row : p.rows) {
      told_.maybe_committed(row.data, row.key, batch_);
      if (row.do_after) told_.deferred(row.data);
    }
    p.work->commit();
    for (const insert_row& row : p.rows) told_.committed(row.data);
  }

  /// Through the gateway of a node, which may own what the rows fall into.
  void hand_to_a_node() {
    std::vector<insert_row> rows;
    for (int n = random_.between(1, 3); n > 0; --n) rows.push_back(next_row());
    if (!random_.pick(nodes_).sim->enqueue(rows, ++batch_)) outcome_.tasks -= rows.size();
  }

  void insert_through_a_node() {
    if (gateway_broken_ && gateway_->reconnect()) gateway_broken_ = false;
    if (gateway_broken_) return;
    std::vector<insert_row> rows;
    for (int n = random_.between(1, 5); n > 0; --n) rows.push_back(next_row());
    ++batch_;
    for (const insert_row& row : rows) {
      told_.maybe_committed(row.data, row.key, batch_);
      if (row.do_after) told_.deferred(row.data);
    }
    const auto answer = gateway_->insert(rows);
    if (answer) {
      for (const insert_row& row : rows) told_.committed(row.data);
    } else {
      gateway_broken_ = true;
    }
  }

  void trouble() {
    if (random_.chance(0.02)) wish(random_.pick(parts_), random_.between(0, plan_.nodes - 1));
    if (random_.chance(0.01)) {
      store_.strike(random_);
      static_cast<void>(boss_membership_->reconnect());  // the simulation itself has no troubles
      static_cast<void>(coordination_->reconnect());
      static_cast<void>(console_->reconnect());
      static_cast<void>(retention_->reconnect());
    }
    if (plan_.elected && random_.chance(0.003)) {
      store_.restart(random_);
      static_cast<void>(boss_membership_->reconnect());
      static_cast<void>(coordination_->reconnect());
      static_cast<void>(console_->reconnect());
      static_cast<void>(retention_->reconnect());
    }
    member& one = random_.pick(nodes_);
    if (random_.chance(0.004)) {
      one.sim->crash();
      if (one.leader) one.leader->crash();
    }
    if (random_.chance(0.006)) one.asleep = random_.between(5, 200);
    if (!plan_.strict && random_.chance(0.008) && one.sim->up()) {
      static_cast<void>(boss_membership_->declare_dead_by_proof(one.sim->id()));  // a lie: it works on
    }
  }

  void step() {
    store_.pass(random_);
    if (store_.now().boot >= next_boss_beat_) {
      if (!boss_membership_->beat(boss_)) static_cast<void>(boss_membership_->reconnect());
      next_boss_beat_ = store_.now().boot + 50ms;
    }
    for (member& one : nodes_) {
      if (one.asleep > 0) {
        --one.asleep;
        one.sim->enforce_deadline();
      } else if (one.sim->up()) {
        one.sim->step();
        if (one.leader && !one.sim->up()) one.leader->crash();  // fenced
        if (one.leader) one.leader->step();
      } else if (random_.chance(0.1)) {
        const bool joined = one.sim->join();
        outcome_.joins += joined ? 1 : 0;
        if (joined && one.leader) one.leader->begin(one.sim->id());
        if (joined) static_cast<void>(retention_->declare(one.sim->id(), {ages_of_all, {}}));
      }
    }
  }

  bool at_rest() {
    for (const std::string& stream : streams) {
      task_filter left;
      left.stream = stream;
      left.states = {task_state::ready, task_state::in_progress, task_state::retry};
      left.limit = 1;
      const auto page = console_->tasks(left);
      if (!page || !page->items.empty()) return false;
    }
    return true;
  }

  void come_to_rest() {
    for (open_producer& p : producers_) end(p, p.prepared || random_.chance(0.8));
    producers_.clear();
    store_.calm(random_);
    for (member& one : nodes_) {
      one.asleep = 0;
      one.sim->calm();
    }
    if (plan_.elected) {
      for (const std::string& stream : streams) pin(stream, 0, true);  // it has all actions
    } else {
      for (const part_id part : parts_) wish(part, 0);
    }
    const boot_time limit = store_.now().boot + 60s;
    int steps = 0;
    do {
      step();
    } while ((++steps % 20 != 0 || !at_rest()) && store_.now().boot < limit);
    const boot_time written = store_.now().boot + 200ms;  // results and marks
    while (store_.now().boot < written) step();
    told_.judge(*console_, streams, store_.gone(), !plan_.troubled);
    outcome_.gone = store_.gone().size();
    judge_counts();
    for (const std::string& broken :
         defect_->kind == mutant::none ? store_.broken_rules() : std::vector<std::string>{}) {
      told_.violation("the store says: " + broken);
    }
    start_again();
  }

  void judge_counts() {
    const auto view = console_->view();
    if (!view) return told_.violation("console.view: " + view.error().message);
    for (const stream_counts& counts : view->counts) {
      if (counts.ready + counts.in_progress + counts.retry == 0) continue;
      told_.violation("at rest, but counted: ready " + std::to_string(counts.ready) + ", in progress " +
                      std::to_string(counts.in_progress) + ", retry " + std::to_string(counts.retry));
    }
  }

  /// New incarnations find nothing left to do.
  void start_again() {
    const std::size_t runs = told_.runs();
    for (member& one : nodes_) {
      one.sim->crash();
      if (one.leader) one.leader->crash();
    }
    const boot_time until = store_.now().boot + 400ms;
    while (store_.now().boot < until) step();
    if (told_.runs() != runs) told_.violation("tasks that had ended run again after a restart");
  }

  plan plan_;
  backend& store_;
  dice random_;
  history told_;
  std::shared_ptr<mutation> defect_ = std::make_shared<mutation>();
  outcome_of_storage outcome_;

  driver* boss_way_ = nullptr;
  std::unique_ptr<membership_store> boss_membership_;
  std::unique_ptr<coordination_store> coordination_;
  std::unique_ptr<console_store> console_;
  std::unique_ptr<leadership_store> leadership_;
  std::unique_ptr<task_store> gateway_;
  std::unique_ptr<retention_store> retention_;  ///< for what nodes declare
  bool gateway_broken_ = false;
  node_id boss_ = 0;
  leader_term term_;
  boot_time next_boss_beat_{};
  std::vector<part_id> parts_;
  std::vector<member> nodes_;
  std::vector<open_producer> producers_;
  std::size_t batch_ = 0;
  int last_data_ = 0;
};

}  // namespace

plan plan::of(std::uint64_t seed) {
  dice random(seed ^ 0x5eedU);
  plan p;
  p.seed = seed;
  p.nodes = random.between(2, 3);
  p.keys = random.chance(0.3) ? random.between(1, 3) : random.between(8, 60);
  p.strict = random.chance(0.5);
  p.troubled = !random.chance(0.1);
  p.limits.window = random.between(4, 40);
  p.limits.batch = random.between(1, 9);
  p.limits.shadows = random.chance(0.3) ? random.between(2, 10) : 1000;
  p.finish_rows = random.between(1, 20);
  p.elected = random.chance(0.5);
  p.people = random.chance(0.5);
  return p;
}

outcome_of_storage run_storage(const plan& wanted, backend& store, mutant kind) {
  return scenario(wanted, store, kind).run();
}

}  // namespace weir::storage_test
