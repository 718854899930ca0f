// weir cert: what it makes, for whom, and what it refuses. That nodes link with it is shown by tests/e2e/links.py.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cert/certificate.hpp"
#include "command_harness.hpp"
#include "sample_view.hpp"

namespace weir::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CertCommand : public testing::Test {
 protected:
  CertCommand() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-cert-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~CertCommand() override { std::filesystem::remove_all(folder_); }

  std::string in(const std::string& name) const { return folder_ + "/" + name; }
  static std::string text(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  static unsigned mode(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777U;
  }
  command_output cert(std::vector<std::string> words) {
    words.insert(words.begin(), "cert");
    return shell_.run(std::move(words));
  }
  void make_authority_in(const std::string& folder) {
    const auto made = cert({"authority", "--out", in(folder)});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  std::set<std::string> files_in(const std::string& folder) const {
    std::set<std::string> names;
    for (const auto& one : std::filesystem::directory_iterator{in(folder)})
      names.insert(one.path().filename());
    return names;
  }

  command_harness shell_;
  std::string folder_;
};

TEST_F(CertCommand, MakesAnAuthorityWhoseKeyNobodyElseReads) {
  make_authority_in("ca");
  EXPECT_EQ(files_in("ca"), (std::set<std::string>{"ca.key", "ca.pem"}));
  EXPECT_EQ(mode(in("ca/ca.key")), 0600U);
  EXPECT_EQ(mode(in("ca/ca.pem")), 0644U);
  const auto shown = cert({"show", in("ca/ca.pem"), "-o", "json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  const auto one = shown.json()["items"].at(0);
  EXPECT_EQ(one["authority"], true);
  EXPECT_EQ(one["subject"], one["issuer"]);
  EXPECT_EQ(one["until"], "2036-11-19T19:26:03.000000Z");
}

TEST_F(CertCommand, MakesANodesFilesAndSaysWhatToWriteInItsConfiguration) {
  make_authority_in("ca");
  const auto made = cert({"node", "n1", "--authority", in("ca"), "--out", in("n1"), "--address",
                          "db.example.org", "--address", "::1"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.out, "[tls]\ncert = \"" + in("n1/n1.pem") + "\"\nkey = \"" + in("n1/n1.key") +
                          "\"\nca = \"" + in("n1/ca.pem") + "\"\n");
  EXPECT_THAT(made.err, HasSubstr("node n1, db.example.org, ::1, until 2027-11-22, SHA-256 "));
  EXPECT_EQ(mode(in("n1/n1.key")), 0600U);
  EXPECT_EQ(text(in("n1/ca.pem")), text(in("ca/ca.pem")));
  const auto facts = read_certificates(text(in("n1/n1.pem"))).value().front();
  EXPECT_FALSE(facts.authority);
  EXPECT_THAT(facts.nodes, ElementsAre("n1"));
  EXPECT_THAT(facts.clients, IsEmpty());
  EXPECT_THAT(facts.addresses, ElementsAre("db.example.org", "::1"));
  EXPECT_EQ(facts.subject, "n1");
  EXPECT_GT(facts.serial.size(), 20U);
}

TEST_F(CertCommand, NamesAClientAsAClientAlone) {
  make_authority_in("ca");
  const auto made =
      cert({"client", "shop", "--authority", in("ca"), "--out", in("ca"), "--days", "7", "-o", "json"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.json()["clients"], ordered_json::array({"shop"}));
  EXPECT_EQ(made.json()["nodes"], ordered_json::array());
  EXPECT_EQ(made.json()["until"], "2026-11-29T19:26:03.000000Z");
  EXPECT_EQ(made.json()["files"]["cert"], in("ca/shop.pem"));
  EXPECT_EQ(files_in("ca"), (std::set<std::string>{"ca.key", "ca.pem", "shop.key", "shop.pem"}));
}

TEST_F(CertCommand, GivesEachCertificateASerialOfItsOwn) {
  make_authority_in("ca");
  std::set<std::string> serials;
  for (const char* const name : {"a", "b", "c"}) {
    const auto made = cert({"node", name, "--authority", in("ca"), "--out", in("ca"), "-o", "json"});
    ASSERT_EQ(made.code, 0) << made.err;
    serials.insert(made.json()["serial"].get<std::string>());
  }
  EXPECT_EQ(serials.size(), 3U);
}

TEST_F(CertCommand, OverwritesNothingAndLeavesNoHalf) {
  make_authority_in("ca");
  const auto before = text(in("ca/ca.key"));
  const auto again = cert({"authority", "--out", in("ca")});
  EXPECT_EQ(again.code, 5);
  EXPECT_THAT(again.err, HasSubstr("exists and is not overwritten"));
  EXPECT_EQ(text(in("ca/ca.key")), before);

  std::filesystem::create_directories(in("n1"));
  std::ofstream{in("n1/n1.pem")} << "mine";
  const auto half = cert({"node", "n1", "--authority", in("ca"), "--out", in("n1")});
  EXPECT_EQ(half.code, 5);
  EXPECT_EQ(files_in("n1"), (std::set<std::string>{"n1.pem"}));
  EXPECT_EQ(text(in("n1/n1.pem")), "mine");

  make_authority_in("other");
  const auto mixed = cert({"node", "n2", "--authority", in("ca"), "--out", in("other")});
  EXPECT_EQ(mixed.code, 5);
  EXPECT_THAT(mixed.err, HasSubstr("another authority's"));
  EXPECT_EQ(files_in("other"), (std::set<std::string>{"ca.key", "ca.pem"}));
}

TEST_F(CertCommand, TakesEveryNameThatANodeMayHave) {
  make_authority_in("ca");
  const struct {
    const char* name;
    const char* file;
  } cases[] = {
      {"../../etc/n,URI:weir-node:n2", "_._.._etc_n_URI_weir-node_n2"}, {"Käse\"", "K__se_"}, {"ca", "ca_"}};
  for (const auto& [name, file] : cases) {
    const auto made = cert({"node", name, "--authority", in("ca"), "--out", in("out"), "-o", "json"});
    ASSERT_EQ(made.code, 0) << made.err;
    EXPECT_EQ(made.json()["nodes"], ordered_json::array({name}));
    EXPECT_EQ(made.json()["files"]["key"], in("out/") + file + ".key");
  }
}

TEST_F(CertCommand, RefusesWhatMakesNoSense) {
  make_authority_in("ca");
  make_authority_in("other");
  const auto refused = [&](std::vector<std::string> words, int code, const char* why) {
    const auto said = cert(words);
    EXPECT_EQ(said.code, code) << said.err;
    EXPECT_THAT(said.err, HasSubstr(why));
  };
  const std::string out = in("out");
  refused({"node", "", "--authority", in("ca"), "--out", out}, 2, "name of the node");
  refused({"node", "a\nb", "--authority", in("ca"), "--out", out}, 2, "name of the node");
  refused({"node", "a", "--authority", in("ca"), "--out", out, "--days", "0"}, 2, "--days");
  refused({"node", "a", "--authority", in("ca"), "--out", out, "--address", "h:7710"}, 2, "without a port");
  refused({"node", "a", "--authority", in("none"), "--out", out}, 3, "weir cert authority --out DIR");
  refused({"node", "a", "--out", out}, 2, "--authority");
  refused({"show", in("none.pem")}, 3, "none.pem");
  refused({"show", in("ca/ca.key")}, 2, "no certificate");
  std::filesystem::copy_file(in("other/ca.key"), in("ca/ca.key"),
                             std::filesystem::copy_options::overwrite_existing);
  refused({"node", "a", "--authority", in("ca"), "--out", out}, 2, "belongs to another certificate");
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(CertCommand, EndsNoLaterThanItsAuthorityAndIsNotMadeAfterIt) {
  const wall_time now = sample_now();
  const auto by = make_authority(10, now);
  ASSERT_TRUE(by.ok()) << by.error().message;
  const auto made = certify(*by, {certificate_role::node, "n1", {}, 365}, now + std::chrono::hours{24});
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(read_certificates(made->certificate)->front().until,
            read_certificates(by->certificate)->front().until);
  const auto late = certify(*by, {certificate_role::node, "n1", {}, 365}, now + std::chrono::hours{11 * 24});
  ASSERT_FALSE(late.ok());
  EXPECT_THAT(late.error().message, HasSubstr("has ended"));
  const auto below = certify(*made, {certificate_role::node, "n2", {}, 1}, now + std::chrono::hours{24});
  ASSERT_FALSE(below.ok());
  EXPECT_THAT(below.error().message, HasSubstr("may not sign others"));
}

TEST_F(CertCommand, ShowsAChainToPeople) {
  make_authority_in("ca");
  ASSERT_EQ(cert({"node", "n1", "--authority", in("ca"), "--out", in("ca")}).code, 0);
  std::ofstream{in("chain.pem")} << text(in("ca/n1.pem")) << text(in("ca/ca.pem"));
  const auto shown = cert({"show", in("chain.pem")});
  ASSERT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out,
              testing::MatchesRegex("WHO +UNTIL +ISSUER +SHA-256\nnode n1 +2027-11-22 +weir authority .*\n"
                                    "authority +2036-11-19 +weir authority .*\n"));
}

}  // namespace
}  // namespace weir::app
