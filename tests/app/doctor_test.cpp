// The doctor's rules: a row of evidence in, findings out. That they hold of real servers: tests/e2e/doctor.py.
#include <functional>

#include <gtest/gtest.h>

#include "app/cli/doctor/evidence.hpp"
#include "app/cli/doctor/mending.hpp"
#include "app/cli/doctor/report.hpp"
#include "app/cli/invocation.hpp"
#include "app/cli/shell_word.hpp"
#include "app/cli/status_warnings.hpp"
#include "tests/app/command_harness.hpp"
#include "tests/app/golden.hpp"
#include "tests/app/sample_view.hpp"

namespace weir::app {
namespace {

using codes = std::vector<std::string>;

postgres::examination sound_server() {
  postgres::examination at;
  at.host = "db.example.org";
  at.port = 5432;
  at.database = "app";
  at.login = "weir";
  at.version_number = 150018;
  at.version = "15.18";
  at.sees_sessions = at.encrypted = true;
  at.encoding = "UTF8";
  at.connections = 20;
  at.connections_most = 97;
  for (const char* name : {"fsync", "full_page_writes", "synchronous_commit", "autovacuum", "track_counts"})
    at.settings[name] = {"on", "default"};
  at.settings["default_transaction_read_only"] = {"off", "default"};
  at.schema.emplace();
  at.schema->ids_left = 20'000'000;
  return at;
}

evidence sound() {
  evidence seen;
  seen.config.database.url = "postgres://weir:secret@db.example.org/app";
  seen.config.node.name = "n1";
  seen.config.node.state_dir = "/var/lib/weir/n1";
  seen.database = sound_server();
  seen.view = sample_view();
  seen.view->differences.clear();
  seen.view->rows.streams[1].routes = {"mail"};
  seen.view->rows.streams[2].pin.reset();
  for (auto& node : seen.view->rows.nodes) {
    node.facts.cluster_settings = R"({"ttl":"6s","beat":"1s","margin":"1s"})";
    if (node.state == node_state::dead) node.beat_age_seconds = 25 * 3600.0;  // old news
  }
  for (auto& counts : seen.view->counts) counts.oldest_ready_seconds = 0;
  seen.now = sample_now();
  return seen;
}

codes codes_of(const evidence& seen) {
  codes out;
  for (const auto& one : diagnose(seen).findings) out.push_back(one.code);
  return out;
}

std::string fix_of(const evidence& seen) {
  const auto found = diagnose(seen).findings;
  return found.size() == 1 ? found[0].fix : std::to_string(found.size()) + " findings";
}

TEST(Doctor, FindsNothingWhereNothingIsWrong) {
  const auto found = diagnose(sound());
  EXPECT_TRUE(found.findings.empty()) << diagnosis_text(found, false);
  EXPECT_TRUE(found.blind.empty()) << diagnosis_text(found, false);
  EXPECT_TRUE(found.healthy());
}

TEST(Doctor, LooksAtTheServer) {
  const struct {
    const char* code;
    std::function<void(postgres::examination&)> spoil;
  } cases[] = {
      {"server_too_old", [](auto& at) { at.version_number = 120012; }},
      {"database_is_standby", [](auto& at) { at.standby = true; }},
      {"database_encoding", [](auto& at) { at.encoding = "LATIN1"; }},
      {"fsync_off", [](auto& at) { at.settings["fsync"].value = "off"; }},
      {"full_page_writes_off", [](auto& at) { at.settings["full_page_writes"].value = "off"; }},
      {"synchronous_commit_off", [](auto& at) { at.settings["synchronous_commit"].value = "off"; }},
      {"autovacuum_off", [](auto& at) { at.settings["autovacuum"].value = "off"; }},
      {"track_counts_off", [](auto& at) { at.settings["track_counts"].value = "off"; }},
      {"database_read_only", [](auto& at) { at.settings["default_transaction_read_only"].value = "on"; }},
      {"connections_scarce", [](auto& at) { at.connections = 90; }},
      {"login_connection_limit", [](auto& at) { at.login_most = 15; }},  // two nodes are alive
      {"database_connection_limit", [](auto& at) { at.database_most = 15; }},
      {"standby_missing", [](auto& at) { at.waits_for_standby = true; }},
      {"wraparound_close",
       [](auto& at) {
         at.transactions = {"app", 1'000'000'000};
       }},
      {"wraparound_close",
       [](auto& at) {
         at.multixacts = {"app", 1'000'000'000};
       }},
      {"clock_differs", [](auto& at) { at.clock_ahead = std::chrono::seconds{6}; }},
      {"clock_differs", [](auto& at) { at.clock_ahead = -std::chrono::hours{1}; }},
  };
  for (const auto& one : cases) {
    auto seen = sound();
    one.spoil(*seen.database);
    EXPECT_EQ(codes_of(seen), codes{one.code});
    EXPECT_FALSE(fix_of(seen).empty()) << one.code;
  }
}

TEST(Doctor, SaysNothingBelowItsBounds) {
  auto seen = sound();
  auto& at = *seen.database;
  at.connections = at.connections_most - 8;
  at.login_most = at.database_most = 16;
  at.transactions = at.multixacts = {"app", 999'999'999};
  at.clock_ahead = std::chrono::seconds{8};
  at.clock_doubt = std::chrono::seconds{4};  // a slow network, not a wrong clock
  at.open_transactions = {{7, "ann", "psql", true, 59, true},
                          {8, "ann", "report", false, 599, true},
                          {9, "ann", "idle by name only", false, 5000, false}};
  at.prepared = {{"a", "ann", 599}};
  at.slots = {{"s", (std::int64_t{1} << 30U) - 1, 9'999'999, false}};
  at.schema->tables = {{"beat", 10, 100'000, false}, {"mark", 10'000, 200'000, false}};
  at.schema->ids_left = 10'000'000;
  at.schema->deaths["n1"] = 2;
  EXPECT_EQ(codes_of(seen), codes{});
}

TEST(Doctor, LooksAtTheWaysToTheDatabase) {
  auto seen = sound();
  seen.database->direct.shared = true;
  seen.database->direct.host = "10.0.0.7";
  seen.database->direct.port = 5433;
  EXPECT_EQ(codes_of(seen), codes{"direct_url_pooled"});
  EXPECT_EQ(fix_of(seen), "WEIR_DATABASE__DIRECT_URL=postgres://weir@10.0.0.7:5433/app");

  seen = sound();
  seen.config.database.direct_url = "postgres://elsewhere/app";
  seen.database->direct.trouble = error{errc::unavailable, "connection refused"};
  EXPECT_EQ(codes_of(seen), codes{"direct_url_unreachable"});
  seen.database->direct.trouble.reset();
  seen.database->direct.elsewhere = true;
  EXPECT_EQ(codes_of(seen), codes{"direct_url_elsewhere"});
  EXPECT_EQ(fix_of(seen), "WEIR_DATABASE__DIRECT_URL=postgres://weir@db.example.org:5432/app");

  seen = sound();
  seen.database->slow_parameters = {"keepalives=0", "tcp_user_timeout=60000"};
  EXPECT_EQ(codes_of(seen), codes{"slow_loss_detection"});

  seen = sound();
  seen.database->open_transactions = {{7, "ann", "psql", true, 60, true},
                                      {8, "ann", "report", false, 600, true}};
  seen.database->prepared = {{"it's", "ann", 600}};
  seen.database->slots = {{"old", std::int64_t{1} << 30U, 0, false}, {"gone", 0, 0, true}};
  EXPECT_EQ(codes_of(seen), (codes{"idle_in_transaction", "old_snapshot", "prepared_transaction",
                                   "replication_slot_idle", "replication_slot_idle"}));
  EXPECT_EQ(
      diagnose(seen).findings[2].fix,
      R"(psql -h db.example.org -p 5432 -U postgres -d app -c 'rollback prepared '\''it'\'''\''s'\''')");
}

TEST(Doctor, AdviceIsNoProblem) {
  auto seen = sound();
  seen.database->encrypted = false;
  seen.config.http.listen = "0.0.0.0:7711";
  seen.view->rows.paused = {{"mail", std::nullopt}};
  seen.view->rows.nodes[0].drain_wanted = true;
  seen.view->counts.push_back({1, 5, 0, 0, 0, 0, 0, 900, false});
  EXPECT_EQ(codes_of(seen),
            (codes{"database_plain", "name_paused", "node_drained", "old_work", "http_plain"}));
  EXPECT_TRUE(diagnose(seen).healthy());
}

TEST(Doctor, LooksAtTheSchema) {
  const struct {
    const char* code;
    std::function<void(evidence&)> spoil;
    const char* fix;
  } cases[] = {
      {"schema_missing",
       [](auto& s) {
         s.schema_trouble = schema_complaint(schema_state{0, 17, {}});
       },
       "weir db migrate"},
      {"schema_mismatch",
       [](auto& s) {
         s.schema_trouble = schema_complaint(schema_state{9, 17, {}});
       },
       "weir db migrate"},
      {"schema_mismatch",
       [](auto& s) {
         s.schema_trouble = schema_complaint(schema_state{18, 17, {}});
       },
       "use the program that made the schema, or a newer one"},
      {"table_locked",
       [](auto& s) {
         s.database->schema->holders = {{7, "ann", "psql", "node", 12}};
       },
       "psql -h db.example.org -p 5432 -U postgres -d app -c 'select pg_terminate_backend(7)'"},
      {"table_autovacuum_off",
       [](auto& s) {
         s.database->schema->tables = {{"open", 1, 1, true}};
       },
       "psql -h db.example.org -p 5432 -U weir -d app -c 'alter table weir.open reset (autovacuum_enabled)'"},
      {"dead_rows",
       [](auto& s) {
         s.database->schema->tables = {{"beat", 3, 100'001, false}};
       },
       "psql -h db.example.org -p 5432 -U weir -d app -c 'vacuum weir.beat'"},
      {"invalid_index", [](auto& s) { s.database->schema->invalid_indexes = {"task_read_ccnew"}; },
       "psql -h db.example.org -p 5432 -U weir -d app -c 'drop index concurrently weir.task_read_ccnew'"},
      {"segments_low", [](auto& s) { s.database->schema->ids_left = 9'999'999; },
       "psql -h db.example.org -p 5432 -U weir -d app -c 'select weir.keep_room()'"},
      {"message_queue_missing",
       [](auto& s) { s.database->schema->missing_queue_view = "public.message_queue"; }, "weir db migrate"},
  };
  for (const auto& one : cases) {
    auto seen = sound();
    seen.config.database.schema = "weir";
    one.spoil(seen);
    EXPECT_EQ(codes_of(seen), codes{one.code});
    EXPECT_EQ(fix_of(seen), one.fix);
  }
}

TEST(Doctor, LooksAtTheCluster) {
  const struct {
    const char* code;
    std::function<void(evidence&)> spoil;
    const char* fix;
  } cases[] = {
      {"no_leader", [](auto& s) { s.view->leader.reset(); }, "WEIR_NODE__LEADER_ELIGIBLE=true weir run"},
      {"pinned_node_away", [](auto& s) { s.view->rows.streams[2].pin = "n3"; }, "weir stream unpin partner"},
      {"declaration_differs",
       [](auto& s) { s.view->differences = {R"(stream "my mail": concurrency is 16, declared 4)"}; },
       "weir stream set 'my mail' concurrency=4"},
      {"cluster_settings_differ", [](auto& s) { s.config.cluster.ttl = std::chrono::seconds{9}; },
       "WEIR_CLUSTER__TTL=6s"},
      {"task_crashes",
       [](auto& s) {
         s.errors = {{"push", 'x', "SIGSEGV", 3, 42, s.now - std::chrono::hours{23}}};
       },
       "weir task show 42"},
      {"node_dies", [](auto& s) { s.database->schema->deaths["n3"] = 3; },
       "look at that node's log; weir task errors names tasks that crash it"},
      {"paused_with_work",
       [](auto& s) {
         s.paused = {{"mail", 3600}};
       },
       "weir task resume mail"},
      {"paused_with_work",
       [](auto& s) {
         s.view->rows.streams[1].paused = true;
         s.view->counts = {{2, 1, 0, 0, 0, 0, 0, 3600, false}};
       },
       "weir stream resume mail"},
      {"leader_changes",
       [](auto& s) {
         for (int i = 1; i <= 5; ++i) {
           term_row term;
           term.ended_at = s.now - std::chrono::minutes{i};
           term.reason = "lost";
           s.terms.push_back(term);
         }
       },
       "weir leader history"},
  };
  for (const auto& one : cases) {
    auto seen = sound();
    one.spoil(seen);
    EXPECT_EQ(codes_of(seen), codes{one.code});
    EXPECT_EQ(fix_of(seen), one.fix);
    EXPECT_FALSE(diagnose(seen).healthy());
  }
}

TEST(Doctor, OldNewsAreNone) {
  auto seen = sound();
  seen.errors = {{"push", 'x', "SIGSEGV", 3, 42, seen.now - std::chrono::hours{25}},
                 {"push", 'f', "no such customer", 3, 43, seen.now}};
  for (int i = 10; i < 20; ++i) {
    term_row term;
    term.ended_at = seen.now - std::chrono::minutes{i};
    seen.terms.push_back(term);
  }
  seen.paused = {{"mail", 3599}};
  EXPECT_EQ(codes_of(seen), codes{});
}

TEST(Doctor, ADeadNodeIsSpokenOfForADay) {
  auto seen = sound();
  auto& dead = seen.view->rows.nodes.back();
  ASSERT_EQ(dead.state, node_state::dead);
  dead.beat_age_seconds = 3600;
  EXPECT_EQ(codes_of(seen), codes{"node_dead"});
  EXPECT_TRUE(diagnose(seen).healthy()) << "somebody may have meant it";
  dead.beat_age_seconds = 25 * 3600.0;
  EXPECT_EQ(codes_of(seen), codes{});
}

TEST(Doctor, LeadersThatWereAskedToEndAreNoTrouble) {
  auto seen = sound();
  for (int i = 1; i <= 9; ++i) {
    term_row term;
    term.ended_at = seen.now - std::chrono::minutes{i};
    term.reason = i % 2 == 0 ? "resigned" : "drained";
    seen.terms.push_back(term);
  }
  EXPECT_EQ(codes_of(seen), codes{});
}

TEST(Doctor, NamesTheCommandForADatabaseOrALoginThatIsNotThere) {
  const struct {
    const char* message;
    const char* url;
    const char* fix;
  } cases[] = {
      {R"(FATAL:  database "shop" does not exist)", "postgres://app:secret@db.example.org:5433/shop",
       "createdb -h db.example.org -p 5433 -U postgres shop"},
      {R"(FATAL:  role "app" does not exist)", "postgres://app@localhost/shop",
       "createuser -h localhost -U postgres app"},
      {R"(database "my shop" does not exist)", "", "createdb -U postgres 'my shop'"},
      {"connection refused", "postgres://app@localhost/shop", "pg_isready -d postgres://app@localhost/shop"},
  };
  for (const auto& one : cases) {
    auto seen = sound();
    seen.config.database.url = one.url;
    seen.unreachable = error{errc::unavailable, one.message};
    seen.database.reset();
    seen.view.reset();
    EXPECT_EQ(codes_of(seen), codes{"database_unreachable"});
    EXPECT_EQ(fix_of(seen), one.fix);
  }
}

TEST(Doctor, ALoginWithoutARoleIsGivenOne) {
  auto seen = sound();
  seen.schema_trouble =
      error{errc::schema_mismatch,
            "permission denied for schema weir; the login \"shop\" needs the role reader, which the "
            "schema's owner gives: weir db grant reader --to shop"};
  EXPECT_EQ(codes_of(seen), codes{"login_without_role"});
  EXPECT_EQ(fix_of(seen), "as the schema's owner: weir db grant reader --to shop");
}

TEST(Doctor, ATokensFileThatNobodyCanReadIsPutAside) {
  auto seen = sound();
  seen.config.http.tokens_file = "/etc/weir/tokens";
  seen.machine.tokens_trouble = "/etc/weir/tokens: No such file or directory";
  seen.machine.tokens_missing = true;
  EXPECT_EQ(fix_of(seen), "weir token create NAME --role viewer");
  seen.machine.tokens_missing = false;
  seen.machine.tokens_trouble = "/etc/weir/tokens: line 1: it has not four words";
  EXPECT_EQ(fix_of(seen), "mv /etc/weir/tokens /etc/weir/tokens.old && weir token create NAME --role viewer");
}

TEST(Doctor, WhereAllAreDrainedNobodyWorks) {
  auto seen = sound();
  for (auto& node : seen.view->rows.nodes) node.drain_wanted = true;
  EXPECT_EQ(codes_of(seen), (codes{"no_worker", "no_worker"}));  // the third is dead
  EXPECT_FALSE(diagnose(seen).healthy());
}

TEST(Doctor, LooksAtThisMachine) {
  auto seen = sound();
  seen.machine.state_dir_trouble = "is not a folder";
  seen.machine.certificate_trouble = "the certificate n1.pem ends on 2026-12-01: ...";
  seen.machine.tokens_trouble = "tokens: No such file or directory";
  seen.machine.missing_programs = {{"push", "/opt/push", "weir.toml:9:1"}};
  EXPECT_EQ(codes_of(seen),
            (codes{"state_dir_unusable", "certificate_ends", "tokens_unreadable", "command_missing"}));
}

TEST(Doctor, SaysWhatItCannotSee) {
  auto seen = sound();
  seen.database->sees_sessions = false;
  seen.database->schema->ids_left.reset();
  seen.view.reset();
  seen.view_trouble = error{errc::timeout, "canceling statement due to lock timeout"};
  const auto found = diagnose(seen);
  ASSERT_EQ(found.blind.size(), 3U);
  EXPECT_EQ(found.blind[0].why, "login weir may not see them: grant pg_read_all_stats to weir");
}

TEST(Doctor, WithoutADatabaseLooksAtTheRest) {
  auto seen = sound();
  seen.database.reset();
  seen.view.reset();
  seen.unreachable = error{errc::unavailable, "connection refused"};
  seen.machine.state_dir_trouble = "is not a folder";
  EXPECT_EQ(codes_of(seen), (codes{"database_unreachable", "state_dir_unusable"}));
  const auto text = diagnosis_text(diagnose(seen), false);
  EXPECT_EQ(text.find("secret"), std::string::npos) << text;
  EXPECT_NE(text.find("postgres://weir:***@db.example.org/app"), std::string::npos) << text;
}

TEST(Doctor, MendsASettingWhereItIsSet) {
  auto at = sound_server();
  const auto fix = [&](const char* source) {
    at.settings["synchronous_commit"].source = source;
    return setting_fix(at, "synchronous_commit", "on");
  };
  const std::string psql = "psql -h db.example.org -p 5432 -U postgres -d app -c ";
  EXPECT_EQ(fix("configuration file"),
            psql + "'alter system set synchronous_commit = on' -c 'select pg_reload_conf()'");
  EXPECT_EQ(fix("database"), psql + "'alter database app reset synchronous_commit'");
  EXPECT_EQ(fix("user"), psql + "'alter role weir reset synchronous_commit'");
  EXPECT_EQ(fix("database user"), psql + "'alter role weir in database app reset synchronous_commit'");
  EXPECT_NE(fix("client").find("PGOPTIONS"), std::string::npos);
  EXPECT_NE(fix("command line").find("command line"), std::string::npos);
}

TEST(Doctor, PrintsWhatItFound) {
  auto seen = sound();
  seen.database->settings["fsync"].value = "off";
  seen.database->encrypted = false;
  seen.database->sees_sessions = false;
  seen.view->rows.streams[2].pin = "n3";
  const auto found = diagnose(seen);
  expect_golden("doctor.json", pretty(compact(diagnosis_json(found))) + "\n");
  expect_golden("doctor.txt", diagnosis_text(found, false));
  expect_golden("doctor_sound.json", pretty(compact(diagnosis_json(diagnose(sound())))) + "\n");
}

TEST(ShellWord, IsOneWordWhateverItHolds) {
  EXPECT_EQ(shell_word("mail"), "mail");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("my mail; rm -rf $HOME"), "'my mail; rm -rf $HOME'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
}

TEST(DifferenceWarning, NamesTheCommandThatMendsIt) {
  const struct {
    const char* sentence;
    const char* fix;
  } cases[] = {
      {R"(stream "a": handover_delay is 0s, declared 5s)", "weir stream set a handover_delay=5s"},
      {R"(stream "a": mode is single, declared parallel by n2, n3)",
       "write mode = \"single\" in [stream.a] of nodes n2, n3; or, if parallel is meant, delete the stream "
       "(weir stream "
       "delete a) and restart nodes n2, n3, which makes it anew"},
      {R"(stream "a": missing, declared by n1)",
       "restart node n1, which makes the stream and its routes anew; or take it out of the configuration "
       "there"},
      {R"(stream "a": rate is not set, declared 10/s)", "weir stream set a rate=10/s"},
      {R"(stream "a": rate is 10/s, declared not set)", "weir stream set a rate=off"},
      {R"(schedule "a": cron is 0 2 * * *, declared 0 3 * * *)",
       "weir schedule remove a, and restart a node that declares it"},
      {R"(route "a": goes to stream "b", declared "c")",
       "name stream \"b\" in [action.a] of every node; or, if c is meant, let stream b finish its tasks, "
       "delete it with "
       "its routes (weir stream delete b), and restart the nodes, which make them anew"},
      {R"(route "a": goes to stream "default" while tasks of that name are unfinished there, declared "c")",
       "let those tasks finish: its nodes then make the route by themselves"},
      {"something else", "make the configuration say what the database has"},
  };
  for (const auto& one : cases) {
    const auto found = difference_warning(one.sentence);
    EXPECT_EQ(found.fix, one.fix) << one.sentence;
    EXPECT_FALSE(found.where.empty()) << one.sentence;
  }
}

TEST(DifferenceWarning, OfTwoModesNamesTheNodesAndOneThingOnly) {
  const auto found = difference_warning(R"(stream "ledger": mode is single, declared parallel by n3)");
  EXPECT_EQ(found.code, "declaration_differs");
  EXPECT_EQ(found.message,
            "stream ledger: the file (or program) of node n3 says parallel, the database single, which is in "
            "force");
  EXPECT_EQ(found.fix.find("stream set"), std::string::npos) << "no setting mends that";
  const auto gone = difference_warning(R"(stream "ledger": missing, declared by n1, n2)");
  EXPECT_EQ(gone.code, "stream_missing");
  EXPECT_NE(gone.message.find("declared by running nodes n1, n2, but missing"), std::string::npos)
      << gone.message;
}

TEST(DoctorCommand, ReportsMistakesOfTheConfigurationAsFindings) {
  command_harness weir;
  weir.environment["WEIR_NODE__WIEGHT"] = "3";
  const auto done = weir.run({"doctor", "-o", "json"});
  EXPECT_EQ(done.code, 6);
  EXPECT_EQ(done.json()["healthy"], false);
  EXPECT_EQ(done.json()["findings"][0]["code"], "configuration_mistake");
  EXPECT_EQ(done.json()["findings"][0]["where"], "WEIR_NODE__WIEGHT");
}

TEST(DoctorCommand, EndsWithSixWhereThereIsNoDatabase) {
  command_harness weir;
  const auto done = weir.run({"doctor"});
  EXPECT_EQ(done.code, 6) << done.out << done.err;
  EXPECT_NE(done.out.find("database_unreachable"), std::string::npos) << done.out;
}

}  // namespace
}  // namespace weir::app
