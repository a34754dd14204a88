// Of a kept reply nothing but the ids of some people stays.

#include "daemon/bus/reply_rows.h"

#include <gtest/gtest.h>

#include "roster/v1/control.pb.h"

namespace roster::bus {
namespace {

namespace wire = roster::v1;

void Fill(wire::UserRow& row, std::int64_t person) {
  row.set_person(person);
  row.set_last_name("Zymurgy" + std::to_string(person));
  row.set_email("z" + std::to_string(person) + "@example.org");
  row.add_fields()->set_after("Zymurgy" + std::to_string(person));
}

TEST(ReplyRows, OthersStayAsTheyAre) {
  wire::Reply reply;
  Fill(*reply.mutable_error()->add_changed(), 7);
  Fill(*reply.mutable_error()->add_changed(), 8);
  reply.mutable_error()->set_message("2 have changed");
  const auto without = WithoutPersons(reply.SerializeAsString(), {PersonId(7), PersonId(9)});
  ASSERT_TRUE(without);
  EXPECT_EQ(without->find("Zymurgy7"), std::string::npos);
  EXPECT_EQ(without->find("z7@"), std::string::npos);
  wire::Reply left;
  ASSERT_TRUE(left.ParseFromString(*without));
  ASSERT_EQ(left.error().changed_size(), 2);
  EXPECT_EQ(left.error().changed(0).person(), 7);
  EXPECT_EQ(left.error().changed(1).SerializeAsString(),
            reply.error().changed(1).SerializeAsString());
  EXPECT_EQ(left.error().message(), "2 have changed");
}

TEST(ReplyRows, ADuplicateLosesItsAddressWithAMember) {
  wire::Reply reply;
  auto& group = *reply.mutable_groups()->add_rows();
  group.set_address("shared@example.org");
  Fill(*group.add_members(), 7);
  const auto without = WithoutPersons(reply.SerializeAsString(), {PersonId(7)});
  ASSERT_TRUE(without);
  EXPECT_EQ(without->find("shared@"), std::string::npos);
  EXPECT_FALSE(WithoutPersons(reply.SerializeAsString(), {PersonId(8)}));
}

TEST(ReplyRows, WhatNamesNobodyIsLeftAlone) {
  wire::Reply reply;
  reply.mutable_plan()->mutable_plan()->set_plan(7);
  EXPECT_FALSE(WithoutPersons(reply.SerializeAsString(), {PersonId(7)}));
  EXPECT_FALSE(WithoutPersons("", {PersonId(7)}));
}

TEST(ReplyRows, WhatCannotBeReadIsEmptied) {
  EXPECT_EQ(WithoutPersons("\xff\xffno reply", {PersonId(7)}), "");
}

}  // namespace
}  // namespace roster::bus
