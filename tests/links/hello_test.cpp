// The first messages of a connection: what is said, what is understood, what is turned down.
#include "actors/links/hello.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>
#include <string_view>

#include "actors/links/address.hpp"

namespace weir::actors::links {
namespace {

hello sample() {
  hello said;
  said.name = "n1";
  said.node_id = 0x0102030405060708;
  said.cluster = "7300112233445566778";
  for (std::size_t at = 0; at < said.nonce.size(); ++at) said.nonce[at] = static_cast<std::uint8_t>(at + 1);
  return said;
}

std::string body_of(const std::string& message) { return message.substr(message_head_bytes); }

std::string text(const result<hello>& decoded) { return decoded ? "" : decoded.error().message; }

TEST(Hello, ComesBackAsItWasSaid) {
  hello client;
  client.role = peer_role::client;
  client.name = "импорт";
  hello large = sample();
  large.name = std::string(64, 'n');
  large.cluster = std::string(cluster_bytes_max, 'c');
  for (const hello& said : {sample(), client, large}) {
    const auto bytes = encode_hello(said);
    ASSERT_TRUE(bytes.ok());
    EXPECT_LE(bytes->size(), message_bytes_max);
    const auto head = decode_head(std::string_view{*bytes}.substr(0, message_head_bytes));
    ASSERT_TRUE(head.ok());
    EXPECT_EQ(head->version, protocol_version);
    EXPECT_EQ(head->kind, message_kind::hello);
    EXPECT_EQ(head->body_bytes + message_head_bytes, bytes->size());
    const auto understood = decode_hello(body_of(*bytes));
    ASSERT_TRUE(understood.ok()) << understood.error().message;
    EXPECT_EQ(understood->role, said.role);
    EXPECT_EQ(understood->name, said.name);
    EXPECT_EQ(understood->node_id, said.node_id);
    EXPECT_EQ(understood->nonce, said.nonce);
    EXPECT_EQ(understood->cluster, said.cluster);
  }
}

TEST(Hello, HasTheseBytes) {
  // Another version must still be able to read the head: it never changes.
  const std::string expected = std::string{"weir\0\2\1\0", 8} + std::string{"\0\x32", 2} + "\1" +
                               "\1\2\3\4\5\6\7\x08" + "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10" +
                               std::string{"\0\2n1", 4} + std::string{"\0\x13", 2} + "7300112233445566778";
  EXPECT_EQ(*encode_hello(sample()), expected);
}

TEST(Hello, IsNotSaidOutsideItsBounds) {
  const auto with = [](const auto& change) {
    hello said = sample();
    change(said);
    const auto encoded = encode_hello(said);
    return encoded ? std::string{} : encoded.error().message;
  };
  EXPECT_NE(with([](hello& said) { said.name = ""; }), "");
  EXPECT_NE(with([](hello& said) { said.name = std::string(65, 'n'); }), "");
  EXPECT_NE(with([](hello& said) { said.name = "a\nb"; }), "");
  EXPECT_NE(with([](hello& said) { said.node_id = -1; }), "");
  EXPECT_NE(with([](hello& said) { said.cluster = ""; }), "");
  EXPECT_EQ(with([](hello& said) { said.cluster = std::string(257, 'c'); }),
            "the cluster in a hello has 257 bytes, where 256 are allowed");
}

TEST(Hello, KnowsGarbageByItsHead) {
  const struct {
    std::string bytes;
    std::string_view why;
  } cases[] = {
      {"GET / HTTP", "this is no weir link: it does not begin as one"},
      {std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03", 10},
       "this is no weir link: it does not begin as one"},
      {std::string(10, '\0'), "this is no weir link: it does not begin as one"},
      {std::string{"weir\0\1\0\0\0\0", 10}, "a message of the unknown kind 0"},
      {std::string{"weir\0\1\4\0\0\0", 10}, "a message of the unknown kind 4"},
      {std::string{"weir\0\2\1\0\xff\xff", 10}, "a message of 65545 bytes, where 1024 are allowed"},
      {std::string{"weir\0\2\1\0\x03\xf7", 10}, "a message of 1025 bytes, where 1024 are allowed"},
      {std::string{"weir\0\2\1", 7}, "the head of a message is incomplete"},
  };
  for (const auto& c : cases) {
    const auto head = decode_head(c.bytes);
    ASSERT_FALSE(head.ok()) << c.why;
    EXPECT_EQ(head.error().message, c.why);
  }
  EXPECT_TRUE(decode_head(std::string{"weir\0\2\1\0\x03\xf6", 10}).ok()) << "1024 in all";
}

TEST(Hello, IsRefusedWhenCutAnywhere) {
  const std::string body = body_of(*encode_hello(sample()));
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_EQ(text(decode_hello(body.substr(0, length))), "a hello that ends too early") << length;
  }
  EXPECT_EQ(text(decode_hello(body + "x")), "a hello with bytes behind its end");
}

TEST(Hello, IsRefusedWithAFieldOutsideItsBounds) {
  std::string body = body_of(*encode_hello(sample()));
  std::string changed = body;
  changed[0] = '\4';
  EXPECT_EQ(text(decode_hello(changed)), "a hello of the unknown role 4");
  changed = body;
  changed[1] = '\x80';
  EXPECT_EQ(text(decode_hello(changed)), "the incarnation in a hello is negative");
  changed = body;
  changed[27] = '\n';  // in the name
  EXPECT_NE(text(decode_hello(changed)), "");
  changed[27] = '\xff';  // no UTF-8
  EXPECT_NE(text(decode_hello(changed)), "");
}

TEST(Hello, SurvivesRandomBytes) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 dice{seed};
  const std::string good = body_of(*encode_hello(sample()));
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = round % 2 == 0 ? good : std::string(dice() % 200, '\0');
    for (auto changes = dice() % 8 + (round % 2 == 0 ? 1 : 200); changes-- > 0 && !bytes.empty();) {
      bytes[dice() % bytes.size()] = static_cast<char>(dice());
    }
    const auto decoded = decode_hello(bytes);
    EXPECT_TRUE(!decoded || encode_hello(*decoded).ok());
    static_cast<void>(decode_head(bytes));
    static_cast<void>(decode_refusal(bytes));
  }
}

TEST(Hello, RefusalsTravelAsPrintableText) {
  const std::string refusal = encode_refusal("not now");
  const auto head = decode_head(std::string_view{refusal}.substr(0, message_head_bytes));
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->kind, message_kind::refusal);
  EXPECT_EQ(decode_refusal(body_of(refusal)), "not now");
  EXPECT_EQ(encode_refusal(std::string(5000, 'x')).size(), message_bytes_max);
  EXPECT_EQ(decode_refusal("a\x1b[2Jb\r\n"), "a?[2Jb??");
  EXPECT_EQ(decode_refusal(""), "refused without a reason");
}

TEST(Hello, OtherVersionsAreRefusedByBothNumbers) {
  EXPECT_EQ(object_to_version(protocol_version), std::nullopt);
  EXPECT_EQ(
      object_to_version(7).value_or(""),
      "links of version 7 and 2 can't be joined (you speak 7, this end 2): run the same weir on all nodes");
}

TEST(Hello, JoinsOnlyWhatBelongsTogether) {
  hello mine = sample();
  hello peer = sample();
  EXPECT_EQ(object_to_peer(mine, peer).value_or(""), "this end and yours are one process");
  peer.nonce[0] = 99;
  EXPECT_EQ(object_to_peer(mine, peer), std::nullopt);
  peer.cluster = "other";
  EXPECT_EQ(object_to_peer(mine, peer).value_or(""),
            "this end is of cluster \"7300112233445566778\", you are of \"other\"");
  peer.role = peer_role::client;
  EXPECT_TRUE(object_to_peer(mine, peer).has_value()) << "a client that names a cluster means it";
  peer.cluster = "";
  EXPECT_EQ(object_to_peer(mine, peer), std::nullopt);
  EXPECT_EQ(object_to_peer(peer, mine), std::nullopt);
  mine.role = peer_role::client;
  EXPECT_EQ(object_to_peer(mine, peer).value_or(""), "two clients can't be linked");
}

TEST(Address, IsTakenApartAndPutTogether) {
  const struct {
    std::string_view text, host;
    int port;
  } good[] = {{"127.0.0.1:7700", "127.0.0.1", 7700},
              {"[::1]:0", "::1", 0},
              {"db.example:65535", "db.example", 65535}};
  for (const auto& c : good) {
    const auto split = split_address(c.text);
    ASSERT_TRUE(split.ok()) << c.text;
    EXPECT_EQ(split->host, c.host);
    EXPECT_EQ(split->port, c.port);
    EXPECT_EQ(join_address(split->host, split->port), c.text);
  }
  for (const std::string_view bad : {"", ":", "host", "host:", ":80", "host:65536", "host:-1", "host:8x",
                                     "::1:80", "[::1:80", "[]:80", "a b:80", "a/b:80"}) {
    EXPECT_FALSE(split_address(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace weir::actors::links
