// Who gets in by which certificate, and that nobody else's link notices those who do not.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>
#include <string>

#include "authority.hpp"
#include "station.hpp"

namespace weir::actors::links {
namespace {

transport_options with(const tls_files& files, const std::string& name, std::int64_t node_id) {
  auto options = node_options(name, node_id);
  options.tls = files;
  return options;
}

struct encrypted : testing::Test {
  authority ours;
  witness beside{[this](transport_options& options) { options.tls = ours.issue(options.me.name); }};
  station node{with(ours.issue("n1"), "n1", 11)};

  void TearDown() override {
    station good{with(ours.issue("n2"), "n2", 22)};
    EXPECT_TRUE(good.dial(node.address(), {"n1", 11}).ok());
    beside.check();
  }
  std::string why_not(station& from) {
    const auto refused = from.dial(node.address(), {"n1", 11});
    return refused ? "linked" : refused.error().message.substr(node.address().size() + 2);
  }
};

using Tls = encrypted;

TEST_F(Tls, LinksNodesOfOneAuthorityAndCarriesBulk) {
  station peer{with(ours.issue("n2"), "n2", 22)};
  const auto linked = peer.dial(node.address(), {"n1", 11});
  ASSERT_TRUE(linked.ok()) << linked.error().message;
  const link far = node.accepted();
  for (int round = 0; round < 20; ++round) {
    const std::string bytes = frame(static_cast<std::size_t>(round) * 9001 + 1);
    ASSERT_TRUE(write_all(linked->end.get(), bytes));
    ASSERT_EQ(read_exactly(far.end.get(), bytes.size()), bytes);
    ASSERT_TRUE(write_all(far.end.get(), bytes));
    ASSERT_EQ(read_exactly(linked->end.get(), bytes.size()), bytes);
  }
}

TEST_F(Tls, HoldsBackWhoWritesFasterThanIsRead) {
  station peer{with(ours.issue("n2"), "n2", 22)};
  const auto linked = peer.dial(node.address(), {"n1", 11});
  ASSERT_TRUE(linked.ok());
  const link far = node.accepted();
  const std::size_t before = resident_bytes();
  const std::string one = frame(1'000'000);
  std::size_t written = 0;
  while (write_all(linked->end.get(), one, 100ms) && written < (std::size_t{200} << 20U))
    written += one.size();
  EXPECT_LT(written, std::size_t{32} << 20U);
  EXPECT_LT(resident_bytes() - before, spare_bytes);
  EXPECT_EQ(read_exactly(far.end.get(), written).size(), written);
}

TEST_F(Tls, TakesTheNameFromTheCertificate) {
  const struct {
    certificate_wish wish;
    bool in;
  } cases[] = {
      {{"n2", {}}, true},
      {{"whatever", {"DNS:n2"}}, true},
      {{"whatever", {"DNS:other", "DNS:n2"}}, true},
      {{"whatever", {"URI:weir-node:n2"}}, true},
      {{"n2", {"URI:weir-node:n2", "DNS:host.example"}}, true},
      {{"n3", {}}, false},
      {{"n2", {"DNS:n3"}}, false},  // alternative names decide, where there are any
      {{"n2", {"URI:weir-node:n3"}}, false},
      {{"n2", {"URI:weir-node:n3", "DNS:n2"}}, false},
      {{"n2", {"URI:weir-client:n2"}}, false},  // a client's certificate is nobody's node
      {{"n2", {"URI:weir-client:n2", "DNS:n2"}}, false},
      {{"N2", {}}, false},
      {{"*", {"DNS:*"}}, false},
  };
  for (const auto& c : cases) {
    const std::string shown =
        c.wish.common_name + " " + (c.wish.alternative_names.empty() ? "" : c.wish.alternative_names.front());
    station peer{with(ours.issue(c.wish), "n2", 22)};
    const auto dialed = peer.dial(node.address(), {"n1", 11});
    EXPECT_EQ(dialed.ok(), c.in) << shown;
    if (!c.in) {
      EXPECT_NE(dialed.error().message.find("the certificate of node \"n2\" names "), std::string::npos)
          << dialed.error().message;
      EXPECT_TRUE(node.saw_why("the certificate of node \"n2\" names ")) << node.story();
    }
    // The other way round, too: who dials looks at the certificate of who answers.
    const auto answered = node.dial(peer.address(), {"n2", 22});
    EXPECT_EQ(answered.ok(), c.in) << shown;
  }
}

TEST_F(Tls, TakesAnyCertificateOfTheAuthorityForAClient) {
  auto options = with(ours.issue("someone"), "importer", 0);
  options.me.role = peer_role::client;
  options.me.cluster = "";
  options.listen = "off";
  station client{std::move(options)};
  EXPECT_TRUE(client.dial(node.address(), {"n1", 0}).ok());
}

TEST_F(Tls, RefusesAnotherAuthorityBothWays) {
  authority theirs;
  station stranger{with(theirs.issue("n2"), "n2", 22)};
  EXPECT_NE(why_not(stranger).find("TLS: "), std::string::npos) << why_not(stranger);
  const auto answered = node.dial(stranger.address(), {"n2", 22});
  ASSERT_FALSE(answered.ok());
  EXPECT_NE(answered.error().message.find("TLS: "), std::string::npos) << answered.error().message;
  // A stranger that trusts us is refused by us alone.
  tls_files mixed = theirs.issue("n2");
  mixed.ca = ours.issue("n9").ca;
  station half{with(mixed, "n2", 22)};
  EXPECT_NE(why_not(half).find("unknown ca"), std::string::npos) << why_not(half);
  EXPECT_TRUE(node.saw_why("TLS: unable to get local issuer certificate")) << node.story();
}

TEST_F(Tls, RefusesAnExpiredCertificate) {
  station late{with(ours.issue(certificate_wish{"n2", {}, -60}), "n2", 22)};
  EXPECT_NE(why_not(late).find("expired"), std::string::npos) << why_not(late);
  EXPECT_TRUE(node.saw_why("TLS: certificate has expired")) << node.story();
  const auto answered = node.dial(late.address(), {"n2", 22});
  ASSERT_FALSE(answered.ok());
  EXPECT_NE(answered.error().message.find("TLS: certificate has expired"), std::string::npos);
}

TEST_F(Tls, RefusesWhoShowsNoCertificate) {
  // Not possible with a transport, so by hand.
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const local_end raw = connect_to(node.its().port());
    SSL* const session = SSL_new(context);
    SSL_set_min_proto_version(session, version);
    SSL_set_max_proto_version(session, version);
    SSL_set_fd(session, raw.get());
    char byte = 0;
    const bool in = SSL_connect(session) == 1 && SSL_read(session, &byte, 1) == 1;
    EXPECT_FALSE(in) << version;
    SSL_free(session);
    EXPECT_TRUE(ends(raw.get()));
  }
  SSL_CTX_free(context);
  EXPECT_TRUE(node.saw_why("TLS: peer did not return a certificate")) << node.story();
}

TEST_F(Tls, RefusesOldVersions) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  const local_end raw = connect_to(node.its().port());
  SSL* const session = SSL_new(context);
  SSL_set_fd(session, raw.get());
  EXPECT_NE(SSL_connect(session), 1);
  SSL_free(session);
  SSL_CTX_free(context);
}

TEST_F(Tls, RefusesPlainConnections) {
  station plain{"n2", 22};
  const std::string why = why_not(plain);
  EXPECT_NE(why.find("the peer closed the connection during the greeting"), std::string::npos) << why;
  EXPECT_NE(why.find("it may want TLS"), std::string::npos) << why;
  EXPECT_TRUE(node.saw_why("TLS: wrong version number")) << node.story();
  const auto answered = node.dial(plain.address(), {"n2", 22});
  EXPECT_FALSE(answered.ok());
}

TEST_F(Tls, OutlastsGarbageAndSilence) {
  for (int round = 0; round < 30; ++round) {
    const local_end raw = connect_to(node.its().port());
    write_all(raw.get(),
              std::string{"\x16\x03\x01\x00\x20", 5} + std::string(static_cast<std::size_t>(32), '\x55'));
    if (round % 2 == 0) {
      EXPECT_TRUE(ends(raw.get(), 2s));
    }
  }
  for (int round = 0; round < 100; ++round) connect_to(node.its().port());
  EXPECT_EQ(node.count(link_event::what::up), 0);
}

TEST_F(Tls, DialsABlackHoleOnAnotherMachineInTime) {
  // With TLS other machines may be dialed. 240.0.0.1 is nobody's: it is silent, or known to be unreachable.
  auto options = with(ours.issue("n2"), "n2", 22);
  options.limits.dial = 300ms;
  station peer{std::move(options)};
  const auto before = clock::now();
  EXPECT_FALSE(peer.dial("240.0.0.1:7700", {"n3", 33}).ok());
  EXPECT_LT(clock::now() - before, 2s);
}

TEST_F(Tls, SaysWhichFileIsWrong) {
  const tls_files good = ours.issue("n2");
  const auto why = [](const tls_files& files) {
    const auto started = transport::start(with(files, "n2", 22));
    return started ? "started" : started.error().message;
  };
  EXPECT_EQ(why({"/none", good.cert, good.key}), "tls.ca (/none) can't be used: No such file or directory");
  EXPECT_NE(why({good.ca, "/none", good.key}).find("tls.cert (/none) can't be used"), std::string::npos);
  EXPECT_NE(why({good.ca, good.cert, "/none"}).find("tls.key (/none) can't be used"), std::string::npos);
  EXPECT_NE(why({good.ca, good.cert, ours.issue("n3").key}).find("key values mismatch"), std::string::npos);
  std::ofstream{ours.folder() + "/bad"} << "no certificate";
  EXPECT_NE(why({ours.folder() + "/bad", good.cert, good.key}).find("/bad) can't be used"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::actors::links
