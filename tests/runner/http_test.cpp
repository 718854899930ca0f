// http and email actions against a real server: what is sent, and what each answer means.
#include "actions/http.hpp"

#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include "actions/email.hpp"
#include "runner/perform.hpp"
#include "web_server.hpp"

namespace weir::actions {
namespace {

using namespace std::chrono_literals;
using domain::run_request;
using domain::run_result;
using domain::run_verdict;

/// Runs actions the way an executor does, in this thread.
struct WebActions : testing::Test {
  web_server server;
  runner::verdict_box box;
  std::shared_ptr<runner::shared_instant> owned = std::make_shared<runner::shared_instant>();
  runner::run_control control{owned};

  WebActions() { owned->set(runner::far_away()); }

  run_verdict perform(action what, run_request wanted) {
    runner::action_table table;
    table[wanted.name] = {std::move(what), {}};
    return runner::perform(table, wanted, "n1", control, box.log_taker());
  }
  run_verdict post(const std::string& url, run_request wanted = runner::request(5, "push", R"({"id":"42"})"),
                   std::map<std::string, std::string> settings = {}) {
    action_config config;
    config.name = "push";
    config.settings = std::move(settings);
    config.settings["url"] = url;
    return perform(make_http_action(config), std::move(wanted));
  }
  /// The answer is in the subject: web_server.py.
  run_verdict mail(const std::string& subject, nlohmann::json more = nlohmann::json::object()) {
    action_config config;
    config.name = "mail";
    config.settings = {{"api_key", "SG.very-secret"}, {"base_url", server.address() + "/"}};
    more.update({{"to_email", "a@example.org"}, {"from_email", "b@example.org"}, {"subject", subject}});
    if (more.count("text_body") == 0) more["text_body"] = "hello";
    return perform(make_email_action(config), runner::request(6, "mail", more.dump()));
  }
};

TEST_F(WebActions, SendNothingBehindATraceContextThatSomebodyWroteIntoTheDatabase) {
  auto wanted = runner::request(5, "push");
  wanted.traceparent = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-\r\nX-Evil: 1";
  EXPECT_EQ(post(server.answering("body=ok"), wanted).result, run_result::success);
  wanted.traceparent = "x\r\nX-Evil: 1";
  EXPECT_EQ(post(server.answering("body=ok"), wanted).result, run_result::success);
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0]["headers"]["traceparent"], "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  for (const auto& one : seen) EXPECT_EQ(one["headers"].count("x-evil"), 0U);
  EXPECT_EQ(seen[1]["headers"].count("traceparent"), 0U);
}

TEST_F(WebActions, PostTheTaskWithItsHeaders) {
  auto wanted = runner::request(5, "push", R"({"id":"4\u00e42"})");
  wanted.attempt = 3;
  wanted.fencing_token = 77;
  wanted.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  wanted.created_at = wall_time{123us};
  const auto verdict =
      post(server.answering("body=first%0Asaved+it"), wanted,
           {{"headers.X-Tenant", "blue"}, {"headers.Content-Type", "application/vnd.task+json"}});
  EXPECT_EQ(verdict.result, run_result::success);
  EXPECT_EQ(verdict.message, "saved it");
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 1U);
  const auto& headers = seen[0]["headers"];
  EXPECT_EQ(headers["weir-task-id"], std::to_string(wanted.task_id));
  EXPECT_EQ(headers["weir-attempt"], "3");
  EXPECT_EQ(headers["weir-fencing-token"], "77");
  EXPECT_EQ(headers["traceparent"], wanted.traceparent);
  EXPECT_EQ(headers["idempotency-key"], "weir-" + std::to_string(wanted.task_id) + "-123");
  EXPECT_EQ(headers["x-tenant"], "blue");
  EXPECT_EQ(headers["content-type"], "application/vnd.task+json");
  const auto body = nlohmann::json::parse(seen[0]["body"].get<std::string>());
  EXPECT_EQ(body["data"]["id"], "4\u00e42");
  EXPECT_EQ(body["id"], std::to_string(wanted.task_id));
}

TEST_F(WebActions, EveryAnswerHasAMeaning) {
  struct row {
    const char* query;
    run_result result;
    const char* message;
    std::optional<std::chrono::milliseconds> delay;
  };
  const row table[] = {
      {"status=200", run_result::success, "", {}},
      {"status=204", run_result::success, "", {}},
      {"status=301&header=Location:/elsewhere",
       run_result::failure,
       "HTTP 301 (redirects are not followed)",
       {}},
      {"status=400&body=no+such+customer", run_result::failure, "HTTP 400: no such customer", {}},
      {"status=401", run_result::failure, "HTTP 401", {}},
      {"status=404", run_result::failure, "HTTP 404", {}},
      {"status=429&header=Retry-After:7", run_result::retry, "HTTP 429", 7s},
      {"status=503&header=Retry-After:999999999", run_result::retry, "HTTP 503", 24h},
      {"status=503", run_result::retry, "HTTP 503", {}},
      {"status=503&header=Retry-After:soon", run_result::retry, "HTTP 503", {}},
      {"status=500&body=oops", run_result::retry, "HTTP 500: oops", {}},
      {"status=502", run_result::retry, "HTTP 502", {}},
      {"status=500&header=Retry-After:7", run_result::retry, "HTTP 500", {}},
  };
  for (const row& r : table) {
    SCOPED_TRACE(r.query);
    const auto verdict = post(server.answering(r.query));
    EXPECT_EQ(verdict.result, r.result);
    EXPECT_EQ(verdict.message, r.message);
    EXPECT_EQ(verdict.delay, r.delay);
  }
}

TEST_F(WebActions, RetryAfterMayBeADate) {
  char text[64];
  const std::time_t then = std::time(nullptr) + 3600;
  std::tm parts{};
  ::gmtime_r(&then, &parts);
  std::strftime(text, sizeof text, "%a,+%d+%b+%Y+%H:%M:%S+GMT", &parts);
  const auto verdict = post(server.answering(std::string{"status=429&header=Retry-After:"} + text));
  ASSERT_TRUE(verdict.delay);
  EXPECT_GT(*verdict.delay, 3500s);
  EXPECT_LE(*verdict.delay, 3600s);
}

TEST_F(WebActions, KeepTheirConnection) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(post(server.answering("body=ok")).result, run_result::success);
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 5U);
  for (const auto& one : seen) EXPECT_EQ(one["connection"], 1);
}

TEST_F(WebActions, KeepOnlyTheEndOfABigAnswer) {
  const auto verdict = post(server.answering("times=300000&body=0123456789%0A"));
  EXPECT_EQ(verdict.result, run_result::success);
  EXPECT_EQ(verdict.message, "0123456789");
}

TEST_F(WebActions, AreTriedAgainWhereNobodyAnswers) {
  const auto verdict = post("http://127.0.0.1:1/");
  EXPECT_EQ(verdict.result, run_result::retry);
  EXPECT_NE(verdict.message.find("127.0.0.1"), std::string::npos) << verdict.message;
}

TEST_F(WebActions, AreTriedAgainWhereTheAnswerIsLost) {
  EXPECT_EQ(post(server.answering("drop=1")).result, run_result::retry);
  EXPECT_EQ(server.requests().size(), 1U) << "a second try is a second attempt, and not ours to make";
}

TEST_F(WebActions, EndSoonWhenTheyAreAskedTo) {
  std::thread asker{[this] {
    runner::eventually([this] { return !server.requests().empty(); });
    control.stop();
  }};
  const auto begin = boot_clock::now();
  const auto verdict = post(server.answering("delay=60"));
  asker.join();
  EXPECT_EQ(verdict.result, run_result::interrupted);
  EXPECT_LT(boot_clock::now() - begin, 8s);
}

TEST_F(WebActions, SpeakNoOtherProtocol) {
  const auto verdict = post("file:///etc/passwd");
  EXPECT_EQ(verdict.result, run_result::retry);
  EXPECT_NE(verdict.message.find("file"), std::string::npos) << verdict.message;
}

TEST_F(WebActions, TrustOnlyWhomTheyShould) {
  const web_server secure{web_server::scheme::https};
  const auto refused = post(secure.answering("body=ok"));
  EXPECT_EQ(refused.result, run_result::retry);
  EXPECT_NE(refused.message.find("certificate"), std::string::npos) << refused.message;
  EXPECT_TRUE(secure.requests().empty());
  ::setenv("SSL_CERT_FILE", secure.certificate().c_str(), 1);
  const auto taken = post(secure.answering("body=ok"));
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_EQ(taken.result, run_result::success) << taken.message;
}

TEST_F(WebActions, MailGoesOutWithTheKeyThatNobodySeesAgain) {
  const auto verdict = mail("status=202&header=X-Message-Id:abc.1");
  EXPECT_EQ(verdict.result, run_result::success);
  EXPECT_EQ(verdict.message, "sent as abc.1");
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0]["path"], "/v3/mail/send");
  EXPECT_EQ(seen[0]["headers"]["authorization"], "Bearer SG.very-secret");
}

TEST_F(WebActions, MailIsRefusedForGoodOnlyWhereTryingAgainWouldNotHelp) {
  EXPECT_EQ(mail("status=400&body=bad").result, run_result::failure);
  EXPECT_EQ(mail("status=413").result, run_result::failure);
  EXPECT_EQ(mail("status=500").result, run_result::retry);
  const auto busy = mail("status=429&header=Retry-After:30");
  EXPECT_EQ(busy.result, run_result::retry);
  EXPECT_EQ(busy.delay, 30s);
}

TEST_F(WebActions, MailsKeepTheirConnectionAndGoOnlyToWhomTheyTrust) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(mail("status=202").result, run_result::success);
  for (const auto& one : server.requests()) EXPECT_EQ(one["connection"], 1);
  const web_server secure{web_server::scheme::https};
  action_config config;
  config.name = "mail";
  config.settings = {{"api_key", "SG.very-secret"}, {"base_url", secure.address()}};
  const std::string data =
      R"({"to_email":"a@b.c","from_email":"d@e.f","subject":"status=202","text_body":"t"})";
  const auto refused = perform(make_email_action(config), runner::request(7, "mail", data));
  EXPECT_EQ(refused.result, run_result::retry);
  EXPECT_NE(refused.message.find("certificate"), std::string::npos) << refused.message;
  EXPECT_TRUE(secure.requests().empty()) << "the key was sent to a stranger";
}

TEST_F(WebActions, AWrongKeyIsTriedAgainAndSaidLoudly) {
  for (const char* status : {"401", "403"}) {
    const auto verdict = mail(std::string{"body=invalid+key&status="} + status);
    EXPECT_EQ(verdict.result, run_result::retry);
    EXPECT_NE(verdict.message.find("action.mail.api_key_file"), std::string::npos) << verdict.message;
    EXPECT_NE(verdict.message.find("invalid key"), std::string::npos) << verdict.message;
  }
  EXPECT_TRUE(box.wait_for_line("error: the mail service refuses the API key (HTTP 403)"));
  for (const auto& line : box.lines()) EXPECT_EQ(line.text.find("SG.very"), std::string::npos);
}

TEST_F(WebActions, DataThatIsNoMailIsNotSent) {
  const auto verdict = mail("x", {{"text_body", 5}});
  EXPECT_EQ(verdict.result, run_result::failure);
  EXPECT_EQ(verdict.message, "text_body must be a text");
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace weir::actions
