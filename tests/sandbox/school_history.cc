// The past: former students and their parents, shared addresses, and the school's own documents.
#include <unordered_map>
#include <utility>

#include "tests/sandbox/school_generator.h"

namespace roster::sandbox {

void Generator::CountSharedAddresses() {
  std::unordered_map<std::string, int64_t> holders;
  for (const std::string& address : current_addresses_) ++holders[Lower(Trim(address))];
  int64_t groups = 0;
  int64_t colliding = 0;
  for (const auto& [address, count] : holders) {
    if (address.empty() || count < 2 || address.find('@') == std::string::npos) continue;
    ++groups;
    colliding += count - 1;
  }
  groups_wanted_ = std::max<int64_t>(0, ForPeople(kSharedAddressesThere) - groups);
  groups_left_ = groups_wanted_;
  extras_left_ =
      std::max<int64_t>(0, ForPeople(kCollidingPeopleThere) - colliding - groups_wanted_);
  history_size_ = std::max<int64_t>(1, options_.people - made_);
  history_made_ = 0;
}

// History's shared addresses: spread over all of it, some with a third holder.
std::string Generator::HistoricalEmail(const Person& person) {
  ++history_made_;
  if (!group_email_.empty() && extras_left_ > 0) {
    --extras_left_;
    return std::exchange(group_email_, {});
  }
  const int64_t due = groups_wanted_ * (history_made_ + 1) / history_size_ + 1;
  if (groups_left_ > 0 && groups_wanted_ - groups_left_ < due && !fresh_email_.empty()) {
    --groups_left_;
    group_email_ = extras_left_ > 0 ? fresh_email_ : "";
    return std::exchange(fresh_email_, {});
  }
  if (random_.Chance(0.35)) return {};
  if (random_.Chance(0.005)) return "unknown";
  fresh_email_ = Address(person.first, person.last, person.id, ParentDomain(random_));
  return fresh_email_;
}

Student Generator::NewFormerStudent(int64_t id, bool female, bool graduate_only) {
  const int left = options_.year - 1 - static_cast<int>(random_.Below(18));
  const uint64_t dice = graduate_only ? 0 : random_.Below(100);
  Student student = NewStudent(id, female, kGradeCount - 1 - (dice < 45 ? 0 : 3));
  student.person_student_id = NewPersonStudentId(id, random_.Chance(0.5));
  student.class_year = left;
  student.enroll_date = Day(left - 4, 8, 15);
  student.birthdate = Day(left - 18, 1 + static_cast<int>(random_.Below(12)), 10);
  if (dice < 45) {
    student.status = random_.Chance(0.95) ? "Graduate" : "GRADUATE";
    student.graduation_date = Day(left, 6, 1);
  } else if (dice < 70) {
    student.status = random_.Chance(0.95) ? "Withdrawn" : "withdrawn";
    student.withdraw_date = Day(left, 3, 1);
    student.withdraw_reason = random_.Chance(0.5) ? "Moved" : "Other school";
  } else if (dice < 80) {
    student.status = "Inactive";
  } else if (dice < 84) {
    student.status = "Admissions";
  } else if (dice < 88) {
    student.status = "Pre-enrolled";
  } else if (dice < 95) {
    school_.NoteIrregularity("emptyStatus", id);
  } else {
    // Left years ago, and nobody tidied up; or a word that nobody maps.
    student.status = dice < 98 ? "Pre-Enrolled" : "Alumni";
    student.next_status = "Enrolled";
    student.next_grade = "12";
    school_.NoteIrregularity(dice < 98 ? "staleStatus" : "unmappedStatus", id);
  }
  return student;
}

void Generator::MakeHistoricalFamily() {
  const Name last = LastName(random_);
  const bool lone = random_.Chance(0.08);  // staff, donors
  const int adults = lone || random_.Chance(0.2) ? 1 : 2;
  const int kids = lone ? 0 : 1 + static_cast<int>(random_.Below(3));
  const bool household_left = !lone && random_.Chance(0.7);
  const int64_t household = household_left ? AddHousehold(last) : 0;
  Kin kin;
  for (int i = 0; i < adults + kids && made_ < options_.people; ++i) {
    const bool adult = i < adults;
    Person person = NewAdult(last, i == 0 || random_.Chance(0.3));
    person.email = HistoricalEmail(person);
    person.deceased = adult && random_.Chance(0.03);
    AddPerson(person);
    if (household_left) AddMember({person.id, household, adult, !adult, i + 1});
    if (!adult) {
      school_.table(kStudents).Add(RowOf(NewFormerStudent(person.id, person.female, false)));
    }
    (adult ? kin.adults : kin.kids).push_back(person.id);
  }
  const bool parents_removed = random_.Chance(0.05);
  if (!parents_removed) {
    for (size_t a = 0; a < kin.adults.size(); ++a) {
      for (const int64_t kid : kin.kids) {
        if (ties_ >= ForPeople(kTiesThere)) break;
        AddTie(kin.adults[a], kid, a == 0 ? "Mother" : "Father", true);
      }
    }
  }
  if (random_.Chance(0.01) && !kin.kids.empty() && ties_ < ForPeople(kTiesThere)) {
    // A parent whose own row is gone, but not the tie.
    const int64_t gone = gaps_[random_.Below(gaps_.size())];
    AddTie(gone, kin.kids.front(), "Father", true);
    school_.NoteIrregularity("tieToNobody", gone);
  }
  if (!kin.kids.empty()) history_.push_back(std::move(kin));
}

// Relatives among the historical families, until there are as many ties as asked for.
void Generator::TopUpTies() {
  const int64_t wanted = ForPeople(kTiesThere);
  for (size_t step = 1; step < history_.size() && ties_ < wanted; ++step) {
    for (size_t i = 0; i < history_.size() && ties_ < wanted; ++i) {
      for (const int64_t adult : history_[i].adults) {
        for (const int64_t kid : history_[(i + step) % history_.size()].kids) {
          if (ties_ < wanted) AddTie(adult, kid, step % 2 == 1 ? "Grand parent" : "Aunt", false);
        }
      }
    }
  }
}

void Generator::MakeDocuments() {
  Json statuses = Json::array();
  int id = 1;
  for (const char* status :
       {"Enrolled", "Pre-enrolled", "Admissions", "Inactive", "Graduate", "Withdrawn"}) {
    Json sub = Json::array();
    sub.push_back({{"id", id}, {"status", "None"}, {"schoolCode", options_.school_code}});
    statuses.push_back({{"status", status}, {"displayName", status}, {"subStatus", sub}});
    ++id;
  }
  school_.set_statuses(statuses.dump());

  const auto add_school = [&](int number, const std::string& code, const std::string& name) {
    school_.table(kConfigurations)
        .Add(RowWriter()
                 .Int("configSchoolID", number)
                 .Text("schoolCode", code)
                 .Text("schoolName", name)
                 .Text("districtName", options_.district ? "Example District" : "")
                 .Int("defaultYearId", 40)
                 .Int("nextYearId", 41)
                 .Finish());
  };
  add_school(1, options_.school_code, options_.school_name);
  if (options_.district) add_school(2, "TCS-EL", "Example Elementary School");

  int number = 0;
  const auto add_grade = [&](const std::string& name, bool final_grade) {
    ++number;
    school_.table(kGradeLevels)
        .Add(RowWriter()
                 .Int("gradeLevelId", 100 + number)
                 .Text("gradeLevelName", name)
                 .Int("sortOrder", number)
                 .Bool("finalGradeLevel", final_grade)
                 .Finish());
  };
  for (const char* name : {"PS", "JK", "PK", "TK"}) add_grade(name, false);
  for (int i = 1; i < kGradeCount; ++i) add_grade(GradeName(i), i == kGradeCount - 1);
}

}  // namespace roster::sandbox
