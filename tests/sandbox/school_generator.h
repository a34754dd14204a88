// Makes the people of a school, from its seed: the enrolled with their families first, then history
// until the number of people is reached. Shares follow what one real school was seen to have.
// Only school.cc needs this.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/sandbox/random.h"
#include "tests/sandbox/school.h"
#include "tests/sandbox/school_rows.h"

namespace roster::sandbox {

// At that school: 9,176 people, 535 enrolled.
inline constexpr double kPeopleThere = 9176;
inline constexpr double kEnrolledThere = 535;
inline constexpr double kTiesThere = 10021;
inline constexpr double kSharedAddressesThere = 368;
inline constexpr double kCollidingPeopleThere = 403;
inline constexpr double kOverlappingIdsThere = 463;

// What is in an enrolled student's e-mail field.
enum class EmailKind {
  kOwn,
  kBlank,
  kNoPerson,
  kNoAt,
  kFirstOfPair,
  kSecondOfPair,
  kParents,
  kTwoInOne,
  kPadded
};

// How an enrolled student's family lives.
struct FamilyPlan {
  int kids = 1;
  int parents = 1;  // 1 alone, 2 together, 3 and 4: two households
  int others = 0;   // grandparents and the like
};

struct Kin {
  std::vector<int64_t> adults;
  std::vector<int64_t> kids;
};

class Generator {
 public:
  explicit Generator(School& school)
      : school_(school), options_(school.options()), random_(options_.seed) {}

  void Run() {
    PlanSizes();
    MakeIds();
    for (const FamilyPlan& family : families_) MakeCurrentFamily(family);
    CountSharedAddresses();
    while (made_ < options_.people) MakeHistoricalFamily();
    TopUpTies();
    MakeDocuments();
  }

 private:
  // A number seen at 535 enrolled, for as many as there are here; at least one in a real school.
  int64_t ForEnrolled(double there) const {
    if (options_.enrolled < 20) return 0;
    const double scaled = there * static_cast<double>(options_.enrolled) / kEnrolledThere;
    return std::max<int64_t>(1, std::llround(scaled));
  }
  int64_t ForPeople(double there) const {
    return std::llround(there * static_cast<double>(options_.people) / kPeopleThere);
  }

  void PlanSizes();
  void PlanEmails();
  void MakeIds();
  void MakeCurrentFamily(const FamilyPlan& plan);
  void MakeEnrolled(const Person& first_parent, const std::string& parent_email, Kin& kin,
                    const Name& last, const std::vector<int64_t>& households, int order);
  void MakeOlderSibling(const Name& last, Kin& kin, int64_t household);
  void MakeHistoricalFamily();
  std::string HistoricalEmail(const Person& person);
  void CountSharedAddresses();
  void TopUpTies();
  void MakeDocuments();

  int64_t NewId() {
    if (next_slot_ >= static_cast<size_t>(options_.people)) {
      throw std::invalid_argument(
          "there are too few people for so many enrolled students' families");
    }
    return ids_[shuffle_(next_slot_++)];
  }
  // For a student without a People row: gives back the id of `person` and takes one that is never
  // a person's.
  void TakeIdWithoutRow(Person& person) {
    --next_slot_;
    person.id = ids_without_row_.back();
    ids_without_row_.pop_back();
  }
  Person NewAdult(const Name& last, bool female);
  void AddPerson(const Person& person) {
    school_.table(kPeople).Add(RowOf(person));
    ++made_;
  }
  void AddMember(const Member& member) { school_.table(kPersonFamily).Add(RowOf(member)); }
  void AddTie(int64_t parent, int64_t student, const std::string& relationship, bool base);
  int64_t AddHousehold(const Name& last);
  int64_t NewPersonStudentId(int64_t person_id, bool overlapping);
  Student NewStudent(int64_t id, bool female, int grade);
  Student NewFormerStudent(int64_t id, bool female, bool graduate_only);

  School& school_;
  const SchoolOptions& options_;
  Random random_;

  std::vector<FamilyPlan> families_;
  std::vector<EmailKind> emails_;  // one for each enrolled
  std::vector<bool> overlapping_;  // one for each enrolled
  size_t enrolled_made_ = 0;
  std::vector<std::string> pairs_;  // addresses that a second student is to get
  std::vector<int64_t> pair_holders_;

  std::vector<int64_t> ids_;              // ascending, with gaps
  std::vector<int64_t> gaps_;             // numbers in between: no person's id
  std::vector<int64_t> ids_without_row_;  // still to use
  std::vector<int64_t> reserved_ids_;     // all of them
  Shuffle shuffle_{0, 0};                 // slot → id, so that history and present are mixed
  Shuffle other_ids_{0, 0};               // picks ids of other people
  uint64_t next_slot_ = 0;
  uint64_t next_other_ = 0;
  uint64_t next_gap_ = 0;
  int64_t made_ = 0;  // People rows
  int64_t history_size_ = 0;
  int64_t ties_ = 0;
  int64_t next_household_ = 5001;

  int64_t couples_sharing_ = 0;  // still to make
  int64_t strangers_sharing_ = 0;
  int64_t two_family_parents_ = 0;
  int64_t only_household_parents_ = 0;
  std::string last_parent_email_;
  int64_t last_parent_ = 0;
  std::vector<std::string> current_addresses_;

  int64_t groups_left_ = 0;  // shared addresses that history still has to make
  int64_t extras_left_ = 0;  // third holders of them
  int64_t groups_wanted_ = 0;
  int64_t history_made_ = 0;
  std::string fresh_email_;
  std::string group_email_;
  std::vector<Kin> history_;
};

}  // namespace roster::sandbox
