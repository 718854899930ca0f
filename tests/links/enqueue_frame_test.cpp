// What a producer and a node say to each other: there and back, and nothing that is cut short or goes on.
#include "actors/links/enqueue_frame.hpp"

#include <gtest/gtest.h>

namespace weir::actors::links {
namespace {

insert_row full_row() {
  insert_row row;
  row.name = "sync";
  row.key = std::string("k\0y", 3);
  row.stream = "partner";
  row.created_by = "shop";
  row.data = R"({"n":1})";
  row.do_after = wall_time{std::chrono::microseconds{-5}};
  row.token = "01890a5d-ac96-774b-bcce-b302099a8057";
  return row;
}

insert_row bare_row() {
  insert_row row;
  row.name = "mail";
  row.data = "{}";
  row.token = full_row().token;
  return row;
}

TEST(EnqueueFrame, AQuestionArrivesAsItWasAsked) {
  const auto frame = encode_question(7, {full_row(), bare_row()});
  ASSERT_TRUE(frame.ok());
  const auto heard = decode_question(*frame);
  ASSERT_TRUE(heard.ok()) << heard.error().message;
  EXPECT_EQ(heard->number, 7U);
  ASSERT_EQ(heard->rows.size(), 2U);
  const insert_row& first = heard->rows.front();
  EXPECT_EQ(first.name, "sync");
  EXPECT_EQ(first.key, std::string("k\0y", 3));
  EXPECT_EQ(first.stream, "partner");
  EXPECT_EQ(first.created_by, "shop");
  EXPECT_EQ(first.data, R"({"n":1})");
  EXPECT_EQ(first.do_after, full_row().do_after);
  EXPECT_EQ(first.token, full_row().token);
  const insert_row& second = heard->rows.back();
  EXPECT_EQ(second.key, std::nullopt);
  EXPECT_EQ(second.stream, std::nullopt);
  EXPECT_EQ(second.created_by, std::nullopt);
  EXPECT_EQ(second.do_after, std::nullopt);
  EXPECT_EQ(second.token, full_row().token);
}

TEST(EnqueueFrame, ATraceContextArrivesWithItsTask) {
  insert_row traced = full_row();
  traced.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto heard = decode_question(*encode_question(7, {bare_row(), traced}));
  ASSERT_TRUE(heard.ok()) << heard.error().message;
  EXPECT_EQ(heard->rows.at(0).traceparent, "");
  EXPECT_EQ(heard->rows.at(1).traceparent, traced.traceparent);
  EXPECT_EQ(heard->rows.at(1).data, traced.data);
}

TEST(EnqueueFrame, AnAnswerArrivesAsItWasGiven) {
  const auto ids = decode_reply(encode_reply({3, std::vector<task_id>{1, 9'007'199'254'740'993}}));
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(ids->number, 3U);
  EXPECT_EQ(*ids->ids, (std::vector<task_id>{1, 9'007'199'254'740'993}));
  const auto refused = decode_reply(encode_reply({4, error{errc::overloaded, "full"}}));
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->number, 4U);
  EXPECT_EQ(refused->ids.error().code, errc::overloaded);
  EXPECT_EQ(refused->ids.error().message, "full");
}

TEST(EnqueueFrame, WhateverIsCutShortOrGoesOnIsRefused) {
  const std::string question = *encode_question(7, {full_row(), bare_row()});
  for (std::size_t bytes = 0; bytes < question.size(); ++bytes)
    EXPECT_FALSE(decode_question(question.substr(0, bytes)).ok()) << bytes << " bytes of " << question.size();
  EXPECT_FALSE(decode_question(question + "x").ok());
  const std::string reply = encode_reply({3, std::vector<task_id>{1, 2}});
  for (std::size_t bytes = 0; bytes < reply.size(); ++bytes)
    EXPECT_FALSE(decode_reply(reply.substr(0, bytes)).ok());
  EXPECT_FALSE(decode_reply(reply + "x").ok());
}

TEST(EnqueueFrame, AnErrorThatDoesNotExistIsNoAnswer) {
  std::string reply = encode_reply({3, error{errc::internal, ""}});
  ASSERT_TRUE(decode_reply(reply).ok());
  reply[7] = 13;
  EXPECT_FALSE(decode_reply(reply).ok());
  reply[7] = '\0';
  EXPECT_TRUE(decode_reply(reply).ok()) << "done, and nothing was made";
  reply[4] = static_cast<char>(0xff);
  EXPECT_FALSE(decode_reply(reply).ok());
}

TEST(EnqueueFrame, WhatNoFrameCanSayIsRefusedWhereItIsSaid) {
  EXPECT_EQ(encode_question(1, {}).error().code, errc::invalid);
  insert_row row = bare_row();
  row.key = std::string(70'000, 'k');
  EXPECT_EQ(encode_question(1, {row}).error().code, errc::invalid);
  EXPECT_EQ(encode_question(1, std::vector<insert_row>(70'000, bare_row())).error().code, errc::invalid);
}

}  // namespace
}  // namespace weir::actors::links
