// `rosterctl journal verify` with the real programs: after a sync all is well; what is then changed
// in the database while the daemon is down is found and named when it is up again.

#include <gtest/gtest.h>

#include <csignal>
#include <functional>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/store/rocks_store.h"
#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

using store::Family;

const SchoolId kSchool("tcs");

class JournalVerify : public testing::Test {
 protected:
  void SetUp() override {
    world.StartDaemon();
    world.StartWorker();
    world.Poll();
    world.SelectAllNew();
    ASSERT_EQ(world.Sync().code, 0);
    const Finished well = world.Ctl({"journal", "verify"});
    ASSERT_EQ(well.code, 0) << well.out << well.err;
    EXPECT_NE(well.out.find("verified."), std::string::npos) << well.out;
    EXPECT_NE(well.out.find("all agree with the journal"), std::string::npos) << well.out;
  }

  using Change = std::function<void(const store::Store& stored, store::Batch& batch)>;
  // What verify says after the store was changed while the daemon was down.
  std::string After(const Change& change) {
    world.daemon().Kill(SIGKILL);
    world.daemon().Wait();
    {
      auto stored = store::RocksStore::Open(world.Path("state") + "/db");
      EXPECT_TRUE(stored) << (stored ? "" : stored.error().message);
      if (!stored) return "";
      store::Batch batch;
      change(**stored, batch);
      EXPECT_TRUE((*stored)->Commit(batch, true));
    }
    world.StartDaemon();
    const Finished ran = world.Ctl({"journal", "verify"});
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    return ran.out;
  }
  static std::string Value(const store::Store& stored, Family family, const std::string& key) {
    const auto value = stored.Get(family, key);
    EXPECT_TRUE(value && *value);
    return value && *value ? **value : "";
  }
  static std::string EntryKey(std::uint64_t seq) { return store::EntryKey(kSchool, Seq(seq)); }

  World world{SmallSchool(21)};
};

TEST_F(JournalVerify, AFlippedBit) {
  const std::string out = After([](const store::Store& stored, store::Batch& batch) {
    std::string bytes = Value(stored, Family::kJournal, EntryKey(3));
    bytes.back() ^= 1;
    batch.Put(Family::kJournal, EntryKey(3), bytes);
  });
  EXPECT_NE(out.find("Entry 3 is altered"), std::string::npos) << out;
}

TEST_F(JournalVerify, AnEntryThatIsTakenOut) {
  const std::string out = After([](const store::Store&, store::Batch& batch) {
    batch.Delete(Family::kJournal, EntryKey(4));
  });
  EXPECT_NE(out.find("Entry 4 is missing."), std::string::npos) << out;
}

TEST_F(JournalVerify, EntriesThatChangePlaces) {
  const std::string out = After([](const store::Store& stored, store::Batch& batch) {
    batch.Put(Family::kJournal, EntryKey(5), Value(stored, Family::kJournal, EntryKey(6)));
    batch.Put(Family::kJournal, EntryKey(6), Value(stored, Family::kJournal, EntryKey(5)));
  });
  EXPECT_NE(out.find("Entries 5 and 6 have changed places."), std::string::npos) << out;
}

TEST_F(JournalVerify, ALinkToAnotherAccount) {
  PersonId person;
  const std::string out = After([&](const store::Store& stored, store::Batch& batch) {
    const store::Range range = store::LinkRange(kSchool);
    const auto cursor = stored.Scan(Family::kReview, range.begin, range.end);
    ASSERT_TRUE(cursor->Valid());
    person = *store::PersonOfKey(cursor->key());
    batch.Put(Family::kReview, std::string(cursor->key()),
              store::EncodeLink({person, AccountId("acc-other"), {}}));
  });
  EXPECT_NE(out.find("verified."), std::string::npos) << "the journal itself is well: " << out;
  EXPECT_NE(out.find("Person " + std::to_string(person.value()) +
                     " is stored as linked to account acc-other"),
            std::string::npos)
      << out;
}

}  // namespace
}  // namespace roster::e2e
