// journal verify: the whole journal in pages, what is stored in slices, and what comes of both.

#include <gtest/gtest.h>

#include <map>

#include "client/follow.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

class Journal : public testing::Test {
 protected:
  Journal() {
    world_.daemon.On("get_status", SampleStatus());
    std::string hash(32, '\0');
    for (std::uint64_t seq = 1; seq <= 2500; ++seq) {
      v1::Entry entry;
      entry.set_version(1);
      entry.set_school("tcs");
      entry.set_seq(seq);
      entry.set_previous(hash);
      entry.mutable_poll_completed()->set_poll(seq);
      entries_[seq] = entry.SerializeAsString();
      hash = EntryHash(entries_[seq]);
    }
    world_.daemon.On("replay", [this, hash](const v1::Request& request) {
      v1::Reply reply;
      v1::ReplayReply& replay = *reply.mutable_replay();
      replay.set_head(2500);
      auto at = entries_.upper_bound(request.replay().since());
      for (; at != entries_.end() && replay.entries_size() < 1000; ++at) {
        replay.add_entries(at->second);
        if (request.replay().numbered()) replay.add_numbers(at->first);
      }
      if (request.replay().numbered()) replay.set_head_hash(hash);
      return reply;
    });
    world_.daemon.On("verify_state", [this](const v1::Request& request) {
      v1::Reply reply;
      v1::VerifyReply& slice = *reply.mutable_verify();
      const bool first = request.verify_state().page_token().empty();
      slice.set_entries(first ? 2500 : 0);
      slice.set_links(first ? 0 : 1498);
      slice.set_decisions(first ? 0 : 1535);
      slice.set_tasks(first ? 0 : 3204);
      slice.set_plans(first ? 12 : 0);
      if (first) slice.set_next_page_token("0102");
      if (!first && !difference_.about().empty()) {
        *slice.add_differences() = difference_;
        slice.set_differences_total(1);
      }
      return reply;
    });
  }
  FakeWorld world_;
  std::map<std::uint64_t, std::string> entries_;
  v1::Difference difference_;
};

TEST_F(Journal, VerifiedIsSaidWithTheFigures) {
  const Ran ran = world_.Run({"journal", "verify"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("Journal of tcs: 2,500 entries, verified."), std::string::npos);
  EXPECT_NE(ran.out.find("1,535 decisions, 1,498 links, 3,204 tasks, 12 approved plans"),
            std::string::npos)
      << ran.out;
  EXPECT_EQ(world_.daemon.Requests("replay").size(), 3U);
  EXPECT_EQ(world_.daemon.Requests("verify_state").size(), 2U);
}

TEST_F(Journal, AFaultAtTheSeamOfTwoPagesIsFound) {
  entries_[1000].back() ^= 1;
  entries_.erase(2000);
  const Ran ran = world_.Run({"journal", "verify"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("Entry 1000 is altered"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("Entry 2000 is missing."), std::string::npos);
  EXPECT_EQ(ran.out.find("verified"), std::string::npos);
}

TEST_F(Journal, AnEndThatIsCutOffIsFound) {
  while (entries_.size() > 1000) entries_.erase(std::prev(entries_.end()));
  const Ran ran = world_.Run({"journal", "verify"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("Entries 1001 to 2500 are missing (1,500)."), std::string::npos)
      << ran.out;
}

TEST_F(Journal, AStateThatDisagreesIsAFailureOfItsOwn) {
  difference_.set_about("link");
  difference_.set_id("10412");
  difference_.set_reason("other-account");
  difference_.set_sentence("Person 10412 is stored as linked to account b.");
  const Ran ran = world_.Run({"journal", "verify"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("2,500 entries, verified."), std::string::npos);
  EXPECT_NE(ran.out.find("1 thing does not agree"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("Person 10412 is stored as linked to account b."), std::string::npos);
  const Ran json = world_.Run({"journal", "verify", "--json"});
  EXPECT_EQ(json.exit, 1);
  EXPECT_NE(json.out.find("\"reason\":\"other-account\""), std::string::npos);
  EXPECT_NE(json.out.find("\"differencesTotal\":\"1\""), std::string::npos);
}

TEST_F(Journal, ADaemonThatDoesNotSayTheNumbersProvesNothing) {
  v1::Reply reply;
  reply.mutable_replay()->set_head(1);
  reply.mutable_replay()->add_entries(entries_[1]);
  world_.daemon.On("replay", reply);
  EXPECT_EQ(world_.Run({"journal", "verify"}).exit, 1);
}

TEST_F(Journal, AloneItPrintsTheEntries) {
  const Ran ran = world_.Run({"journal", "--since", "2498"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("   2499  "), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("   2498  "), std::string::npos);
}

}  // namespace
}  // namespace roster::client
