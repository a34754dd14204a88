// Crowds: an address on a whole school, a family of hundreds. What they cost is counted in reads of
// the store, and grows with the crowd, not with its square.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

constexpr std::int64_t kCrowd = 400;
constexpr std::uint64_t kReadsEach = 100;

TEST(Crowd, ADecisionOnAllHoldersOfAPlaceholderAddressJudgesEachOnce) {
  Desk desk;
  std::vector<std::int64_t> all;
  for (std::int64_t id = 1; id <= kCrowd; ++id) {
    desk.pupils.push_back({id, "Ada " + std::to_string(id), "Abel", "office@example.org"});
    all.push_back(id);
  }
  desk.Poll();
  const std::uint64_t before = desk.store.reads();
  desk.Decide(wire::SYNC, all);
  EXPECT_LT(desk.store.reads() - before, kCrowd * kReadsEach);
  EXPECT_EQ(desk.School().counters().status_error(), static_cast<std::uint64_t>(kCrowd));
  desk.ExpectConsistent();
}

TEST(Crowd, WhereOneOfACrowdIsLeftToBeSyncedTheyAreHeldBackAllTheSame) {
  Desk desk;
  std::vector<std::int64_t> others;
  for (std::int64_t id = 1; id <= kCrowd; ++id) {
    desk.pupils.push_back({id, "Ada " + std::to_string(id), "Abel", "office@example.org"});
    if (id > 1) others.push_back(id);
  }
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  desk.Decide(wire::SKIP, others);
  EXPECT_EQ(desk.User(1).reason(), "duplicate-email");
  EXPECT_EQ(desk.Plan().items(), 0U);
}

TEST(Crowd, RelativesOfALargeFamilyAreEachShownOnce) {
  constexpr std::int64_t kChild = 100'000;
  Desk desk;
  desk.SyncParents();
  Desk::Household household{7, "Abel", {}, {kChild}};
  desk.pupils.push_back({kChild, "Kid", "Abel", "kid@example.org"});
  std::vector<std::int64_t> reviewed;
  for (std::int64_t id = 1; id <= kCrowd; ++id) {
    const std::string name = "Ada " + std::to_string(id);
    const std::string email = "ada" + std::to_string(id) + "@example.org";
    desk.pupils.push_back({id, name, "Abel", email, "Enrolled", "09", "", false, false});
    household.parents.push_back(id);
    desk.links.push_back({id, kChild, false});
    if (id % 2 == 0) reviewed.push_back(id);
  }
  desk.households.push_back(household);
  desk.Poll();
  desk.Decide(wire::SYNC, reviewed);

  wire::Request request;
  auto* list = request.mutable_list_users();
  list->mutable_filter()->set_status(wire::STATUS_NEW);
  list->mutable_filter()->set_family_context(true);
  list->set_page_size(1000);
  const std::uint64_t before = desk.store.reads();
  const wire::Reply reply = desk.Ask(request);
  EXPECT_LT(desk.store.reads() - before, kCrowd * kReadsEach);
  ASSERT_TRUE(reply.has_users()) << reply.error().message();
  EXPECT_EQ(reply.users().rows_size(), kCrowd);
  EXPECT_FALSE(reply.users().rows(0).context());
  EXPECT_TRUE(reply.users().rows(1).context()) << "beside the first new user of the family";
}

}  // namespace
}  // namespace roster::engine
