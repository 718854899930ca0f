// From a task's data to SendGrid's request: the seed's fields, and every way to get them wrong.
#include "actions/mail.hpp"

#include <gtest/gtest.h>

namespace weir::actions {
namespace {

using nlohmann::json;

json least() {
  return {{"to_email", "ann@example.org"},
          {"from_email", "shop@example.org"},
          {"subject", "s"},
          {"text_body", "t"}};
}

TEST(Mail, HasEveryFieldOfTheSeed) {
  const json data = json::parse(R"({
    "attachments": [{"Data": "aGVsbG8=", "Filename": "hello.txt", "Type": "text/plain"}],
    "from_email": "shop@example.org", "from_name": "Shop", "html_body": "<b>hi</b>",
    "reply_to_email": "help@example.org", "reply_to_name": "Help", "subject": "Grüße", "text_body": "hi",
    "to_email": "ann@example.org", "to_name": "Ann", "cc_emails": [{"name": "Bo", "email": "bo@example.org"}]})");
  const auto request = sendgrid_request(data, "archive@example.org");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(*request, json::parse(R"({
    "personalizations": [{"to": [{"email": "ann@example.org", "name": "Ann"}],
                          "cc": [{"email": "bo@example.org", "name": "Bo"}],
                          "bcc": [{"email": "archive@example.org"}]}],
    "from": {"email": "shop@example.org", "name": "Shop"},
    "reply_to": {"email": "help@example.org", "name": "Help"},
    "subject": "Grüße",
    "content": [{"type": "text/plain", "value": "hi"}, {"type": "text/html", "value": "<b>hi</b>"}],
    "attachments": [{"content": "aGVsbG8=", "type": "text/plain", "filename": "hello.txt",
                     "disposition": "attachment"}]})"));
}

TEST(Mail, ReadsNamesWithoutRegardToCaseAndUnderscores) {
  json data = least();
  data["attachments"] = json::array({{{"data", "aGVsbG8="}, {"FILENAME", "a"}, {"type", nullptr}}});
  const auto request = sendgrid_request(data, "");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ((*request)["attachments"][0]["filename"], "a");
  const auto as_go_spells_it = sendgrid_request(
      json::parse(R"({"FromEmail": "shop@example.org", "FromName": "Shop", "HTMLBody": "<b>hi</b>",
                      "ReplyToEmail": "help@example.org", "ReplyToName": "Help", "Subject": "s", "TextBody": "hi",
                      "ToEmail": "ann@example.org", "ToName": "Ann",
                      "CCEmails": [{"Name": "Bo", "Email": "bo@example.org"}]})"),
      "");
  ASSERT_TRUE(as_go_spells_it) << as_go_spells_it.error().message;
  EXPECT_EQ(*as_go_spells_it, json::parse(R"({
    "personalizations": [{"to": [{"email": "ann@example.org", "name": "Ann"}],
                          "cc": [{"email": "bo@example.org", "name": "Bo"}]}],
    "from": {"email": "shop@example.org", "name": "Shop"},
    "reply_to": {"email": "help@example.org", "name": "Help"},
    "subject": "s",
    "content": [{"type": "text/plain", "value": "hi"}, {"type": "text/html", "value": "<b>hi</b>"}]})"));
}

TEST(Mail, BlanksAroundAddressesDoNotCount) {
  json data = least();
  data["to_email"] = " ann@example.org\n";
  data["cc_emails"] = {{{"email", " bo@example.org "}, {"name", " Bo "}}};
  const auto request = sendgrid_request(data, " ann@example.org");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ((*request)["personalizations"], json::parse(R"([{"to": [{"email": "ann@example.org"}],
                                                            "cc": [{"email": "bo@example.org", "name": "Bo"}]}])"))
      << "and the blind copy goes to nobody: that is the recipient";
  data["to_email"] = "  ";
  EXPECT_EQ(sendgrid_request(data, "").error().message, "to_email is missing");
}

TEST(Mail, TheConfiguredBlindCopyIsAddedUnlessItIsTheRecipient) {
  const auto to = [](const char* bcc) { return (*sendgrid_request(least(), bcc))["personalizations"][0]; };
  EXPECT_EQ(to("archive@example.org")["bcc"], json::parse(R"([{"email": "archive@example.org"}])"));
  EXPECT_EQ(to("ann@example.org").count("bcc"), 0U);
  EXPECT_EQ(to("").count("bcc"), 0U);
}

TEST(Mail, NamesNobodyTwice) {
  json data = least();
  data["cc_emails"] = {
      {{"email", "ANN@example.org"}}, {{"email", "bo@example.org"}}, {{"email", "Bo@example.org"}}};
  for (const char* bcc : {"Ann@Example.org", "BO@example.org", ""}) {
    const auto request = sendgrid_request(data, bcc);
    ASSERT_TRUE(request);
    const json& to = (*request)["personalizations"][0];
    EXPECT_EQ(to["cc"].size(), 1U) << to;
    EXPECT_EQ(to.count("bcc"), 0U) << to;
  }
}

TEST(Mail, SaysWhichFieldIsWrong) {
  struct row {
    const char* change;  ///< merged into the least mail; null removes
    const char* message;
  };
  const row table[] = {
      {R"({"to_email": null})", "to_email is missing"},
      {R"({"to_email": "ann"})", R"(to_email: "ann" is no address)"},
      {R"({"to_email": "a@b.c, d@e.f"})", R"(to_email: "a@b.c, d@e.f" is no address)"},
      {R"({"to_email": 7})", "to_email must be a text"},
      {R"({"from_email": ""})", "from_email is missing"},
      {R"({"subject": ""})", "subject is missing"},
      {R"({"text_body": null})", "text_body and html_body are missing: one of them is needed"},
      {R"({"reply_to_email": "nobody"})", R"(reply_to_email: "nobody" is no address)"},
      {R"({"cc_emails": "bo@example.org"})", "cc_emails must be a list"},
      {R"({"cc_emails": ["bo@example.org"]})", "cc_emails[0] must be a JSON object"},
      {R"({"cc_emails": [{"email": "a@b.c"}, {"name": "Bo"}]})", "cc_emails[1].email is missing"},
      {R"({"attachments": [{"Filename": "f"}]})", "attachments[0].Data is missing"},
      {R"({"attachments": [{"Data": "?", "Filename": "f"}]})", "attachments[0].Data is not base64"},
      {R"({"attachments": [{"Data": "aGVsbG8="}]})", "attachments[0].Filename is missing"},
  };
  for (const row& r : table) {
    json data = least();
    data.merge_patch(json::parse(r.change));
    const auto request = sendgrid_request(data, "");
    ASSERT_FALSE(request) << r.change;
    EXPECT_EQ(request.error().message, r.message);
  }
  EXPECT_EQ(sendgrid_request(json::array(), "").error().message, "the data must be a JSON object");
}

}  // namespace
}  // namespace weir::actions
