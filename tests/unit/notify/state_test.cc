// The state of a watch, as a file.

#include "client/notify/state.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "tests/unit/notify/entries.h"

namespace roster::notify {
namespace {

State Sample() {
  State state;
  state.seq = 9;
  state.hash = std::string(32, '\xF3');
  state.at = TimeOf(Review(9)) + std::chrono::nanoseconds(5);
  state.rejected_in_a_row = 2;
  state.reminders = 4;
  state.pending.push_back({Review(8), Time(std::chrono::seconds(1'800'000'100))});
  state.open.push_back({Away(3), std::nullopt});
  state.open.push_back({Review(8), Time(std::chrono::seconds(1'800'000'200))});
  Parcel parcel;
  parcel.kind = Parcel::Kind::kReminder;
  parcel.number = 4;
  parcel.entries = {Away(3), Review(8)};
  parcel.attempts = 3;
  parcel.failures = 2;
  parcel.next_at = Time(std::chrono::seconds(1'800'000'300));
  state.sending = parcel;
  parcel.kind = Parcel::Kind::kEntries;
  parcel.to = {"gone@example.org"};
  state.aside.push_back(parcel);
  state.plans[7] = {true, 5, Time(std::chrono::seconds(1'800'000'050))};
  state.refusals.push_back({"uid:1001", "Lease", "no-role", 5,
                            Time(std::chrono::seconds(1'800'000'060)),
                            Time(std::chrono::seconds(1'800'000'070)), true});
  return state;
}

TEST(State, IsReadAsItWasWritten) {
  const std::string text = ToText(Sample(), "people", "tcs");
  const auto read = FromText(text, "people", "tcs");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(ToText(*read, "people", "tcs"), text);
  EXPECT_EQ(read->hash, Sample().hash);
  EXPECT_EQ(read->at, Sample().at);
  EXPECT_EQ(read->sending->failures, 2U);
  EXPECT_EQ(read->sending->entries.size(), 2U);
  ASSERT_EQ(read->aside.size(), 1U);
  EXPECT_EQ(read->aside.front().to, std::vector<std::string>{"gone@example.org"});
  EXPECT_EQ(read->plans.at(7).undo_of, 5U);
  EXPECT_TRUE(read->refusals.at(0).known);
}

TEST(State, OfAnOlderVersionIsTaken) {
  std::string text = ToText(State{}, "people", "tcs");
  for (const std::string name : {"aside", "plans", "refusals"}) {
    const std::string field = "\"" + name + "\":[],";
    const std::size_t at = text.find(field);
    ASSERT_NE(at, std::string::npos) << text;
    text.erase(at, field.size());
  }
  const std::string field = "\"at\":0,";
  ASSERT_NE(text.find(field), std::string::npos) << text;
  text.erase(text.find(field), field.size());
  EXPECT_TRUE(FromText(text, "people", "tcs"));
}

TEST(State, AnotherRulesStateIsNotTaken) {
  const std::string text = ToText(Sample(), "people", "tcs");
  EXPECT_FALSE(FromText(text, "others", "tcs"));
  EXPECT_FALSE(FromText(text, "people", "elsewhere"));
}

// A torn or changed file is a failure or a state, and never a crash; never an empty state either.
TEST(State, DamageIsSaid) {
  google::protobuf::SetLogHandler(nullptr);
  const std::string text = ToText(Sample(), "people", "tcs");
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    EXPECT_FALSE(FromText(text.substr(0, size), "people", "tcs")) << size;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x11);
    static_cast<void>(FromText(damaged, "people", "tcs"));
  }
  EXPECT_FALSE(FromText("{}", "people", "tcs"));
  EXPECT_FALSE(FromText("[]", "people", "tcs"));
  EXPECT_FALSE(FromText("null", "people", "tcs"));
}

}  // namespace
}  // namespace roster::notify
