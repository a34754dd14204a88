// The present: sizes, ids, and the families of the enrolled. History is in school_history.cc.
#include "tests/sandbox/school_generator.h"

#include <iterator>
#include <stdexcept>

namespace roster::sandbox {

void Generator::PlanSizes() {
  const int64_t enrolled = options_.enrolled;
  if (enrolled < 0 || options_.people < 3 * enrolled) {
    throw std::invalid_argument(
        "people must be at least three times the enrolled: " + std::to_string(options_.people) +
        " people, " + std::to_string(enrolled) + " enrolled");
  }
  couples_sharing_ = ForEnrolled(12);
  strangers_sharing_ = ForEnrolled(3);
  two_family_parents_ = ForEnrolled(9);
  only_household_parents_ = ForEnrolled(9);

  for (int64_t left = enrolled; left > 0;) {
    const uint64_t kids_dice = random_.Below(100);
    const uint64_t parents_dice = random_.Below(100);
    FamilyPlan plan;
    plan.kids = kids_dice < 40 ? 1 : kids_dice < 78 ? 2 : kids_dice < 95 ? 3 : 4;
    plan.kids = static_cast<int>(std::min<int64_t>(plan.kids, left));
    plan.parents = parents_dice < 14 ? 1 : parents_dice < 82 ? 2 : parents_dice < 92 ? 3 : 4;
    left -= plan.kids;
    families_.push_back(plan);
  }
  // 1,605 adults are tied to 535 students: three for each.
  const auto family_count = static_cast<int64_t>(families_.size());
  const int64_t room = options_.people - enrolled - only_household_parents_ - family_count / 5;
  int64_t adults = std::max(family_count, std::min(3 * enrolled, room));
  int64_t planned = 0;
  for (const FamilyPlan& plan : families_) planned += plan.parents;
  for (size_t i = 0; planned > adults; i = (i + 1) % families_.size()) {
    if (families_[i].parents > 1) {
      --families_[i].parents;
      --planned;
    }
  }
  for (size_t i = 0; planned < adults; i = (i + 1) % families_.size(), ++planned) {
    ++families_[i].others;
  }
  PlanEmails();
}

void Generator::PlanEmails() {
  const auto enrolled = static_cast<size_t>(options_.enrolled);
  const auto blank =
      static_cast<size_t>(std::llround(options_.blank_email_share * static_cast<double>(enrolled)));
  const auto put = [&](EmailKind kind, size_t count) {
    for (; count > 0 && emails_.size() < enrolled; --count) emails_.push_back(kind);
  };
  put(EmailKind::kNoPerson, static_cast<size_t>(ForEnrolled(3)));
  put(EmailKind::kBlank, blank);
  put(EmailKind::kNoAt, static_cast<size_t>(ForEnrolled(4)));
  put(EmailKind::kParents, static_cast<size_t>(ForEnrolled(9)));
  put(EmailKind::kTwoInOne, static_cast<size_t>(ForEnrolled(2)));
  put(EmailKind::kPadded, static_cast<size_t>(ForEnrolled(3)));
  if (emails_.size() + 2 * static_cast<size_t>(ForEnrolled(2)) <= enrolled) {
    put(EmailKind::kFirstOfPair, static_cast<size_t>(ForEnrolled(2)));
    put(EmailKind::kSecondOfPair, static_cast<size_t>(ForEnrolled(2)));
  }
  put(EmailKind::kOwn, enrolled);
  const auto overlapping = static_cast<size_t>(
      std::llround(kOverlappingIdsThere / kEnrolledThere * static_cast<double>(enrolled)));
  overlapping_.assign(enrolled, false);
  std::fill_n(overlapping_.begin(), overlapping, true);
  for (size_t i = enrolled; i > 1; --i) {
    std::swap(emails_[i - 1], emails_[random_.Below(i)]);
    const size_t j = random_.Below(i);
    const bool kept = overlapping_[i - 1];
    overlapping_[i - 1] = overlapping_[j];
    overlapping_[j] = kept;
  }
}

void Generator::MakeIds() {
  const auto without_row = static_cast<size_t>(ForEnrolled(3));
  const size_t count = static_cast<size_t>(options_.people) + without_row;
  ids_.reserve(count);
  int64_t id = 1000;
  while (ids_.size() < count) {
    ++id;
    if (random_.Chance(0.25)) {
      gaps_.push_back(id);
    } else {
      ids_.push_back(id);
    }
  }
  shuffle_ = Shuffle(count, options_.seed + 11);
  other_ids_ = Shuffle(count, options_.seed + 12);
  for (size_t slot = count - without_row; slot < count; ++slot) {
    ids_without_row_.push_back(ids_[shuffle_(slot)]);
  }
  reserved_ids_ = ids_without_row_;
}

int64_t Generator::NewPersonStudentId(int64_t person_id, bool overlapping) {
  if (overlapping) {
    while (next_other_ < ids_.size()) {
      const int64_t id = ids_[other_ids_(next_other_++)];
      const bool nobody =
          std::find(reserved_ids_.begin(), reserved_ids_.end(), id) != reserved_ids_.end();
      if (id != person_id && !nobody) return id;
    }
  }
  if (next_gap_ < gaps_.size()) return gaps_[next_gap_++];
  return ids_.back() + 1 + static_cast<int64_t>(next_gap_++);
}

Person Generator::NewAdult(const Name& last, bool female) {
  Person person;
  person.id = NewId();
  person.female = female;
  person.first = FirstName(random_, female);
  person.last = last;
  person.first_name = person.first.text;
  person.last_name = last.text;
  if (random_.Chance(0.02)) person.first_name += "  ";
  if (random_.Chance(0.02)) person.last_name = " " + person.last_name;
  if (random_.Chance(0.3)) person.salutation = female ? "Mrs." : "Mr.";
  if (!female && random_.Chance(0.02)) person.suffix = "Jr.";
  if (random_.Chance(0.6)) person.home_phone = Phone(random_);
  if (random_.Chance(0.8)) person.cell_phone = Phone(random_);
  if (random_.Chance(0.8)) person.address_id = 100 + static_cast<int64_t>(random_.Below(9000));
  person.modified =
      Day(options_.year - 1 - static_cast<int>(random_.Below(8)),
          1 + static_cast<int>(random_.Below(12)), 1 + static_cast<int>(random_.Below(28)));
  return person;
}

void Generator::AddTie(int64_t parent, int64_t student, const std::string& relationship,
                       bool base) {
  Tie tie{parent, student, relationship};
  tie.custody = base && random_.Chance(0.95);
  tie.correspondence = base || random_.Chance(0.3);
  tie.grandparent = relationship.starts_with("Grand");
  tie.emergency = !base || random_.Chance(0.8);
  tie.blocked = base && random_.Chance(0.015);
  school_.table(kParentStudent).Add(RowOf(tie));
  ++ties_;
}

int64_t Generator::AddHousehold(const Name& last) {
  const int64_t id = next_household_;
  next_household_ += 1 + static_cast<int64_t>(random_.Below(3));
  school_.table(kFamilies).Add(RowOf(Household{id, last.text, ""}));
  return id;
}

Student Generator::NewStudent(int64_t id, bool female, int grade) {
  Student student;
  student.student_id = id;
  student.school_code = options_.school_code;
  student.female = female;
  student.grade = GradeName(grade);
  student.class_year = options_.year + kGradeCount - 1 - grade;
  const int started =
      options_.year - 1 - static_cast<int>(random_.Below(static_cast<uint64_t>(grade) + 1));
  student.enroll_date =
      Day(started, 5 + static_cast<int>(random_.Below(4)), 1 + static_cast<int>(random_.Below(28)));
  student.birthdate = Day(options_.year - 5 - grade, 1 + static_cast<int>(random_.Below(12)),
                          1 + static_cast<int>(random_.Below(28)));
  if (random_.Chance(0.7)) student.homeroom = "H" + student.grade;
  return student;
}

void Generator::MakeEnrolled(const Person& first_parent, const std::string& parent_email, Kin& kin,
                             const Name& last, const std::vector<int64_t>& households, int order) {
  const EmailKind kind = emails_[enrolled_made_];
  const bool overlapping = overlapping_[enrolled_made_];
  ++enrolled_made_;
  const bool female = random_.Chance(0.5);
  Person person = NewAdult(last, female);
  if (kind == EmailKind::kNoPerson) TakeIdWithoutRow(person);
  person.salutation.clear();
  person.cell_phone.clear();
  const int grade = static_cast<int>(random_.Below(kGradeCount));
  Student student = NewStudent(person.id, female, grade);
  person.birthdate = random_.Chance(0.95) ? student.birthdate : "";
  if (random_.Chance(0.1)) person.nick_name = FirstName(random_, female).text;
  const std::string own = Address(person.first, last, person.id, kStudentDomain);
  const auto note = [&](const char* what) { school_.NoteIrregularity(what, person.id); };
  switch (kind) {
    case EmailKind::kOwn:
      person.email = own;
      break;
    case EmailKind::kBlank:
      person.email = random_.Chance(0.1) ? "  " : "";
      note("blankEmail");
      break;
    case EmailKind::kNoPerson:
      note("noPersonRow");
      break;
    case EmailKind::kNoAt:
      person.email = random_.Chance(0.5) ? "none" : person.first.ascii + ".example.org";
      note("emailWithoutAt");
      break;
    case EmailKind::kFirstOfPair:
    case EmailKind::kSecondOfPair:
      // Whoever comes first has the address, the next one has it too.
      if (pairs_.empty()) {
        pairs_.push_back(own);
        pair_holders_.push_back(person.id);
        person.email = own;
      } else {
        person.email = pairs_.back();
        school_.NoteIrregularity("emailOfTwoStudents", pair_holders_.back());
        note("emailOfTwoStudents");
        pairs_.pop_back();
        pair_holders_.pop_back();
      }
      break;
    case EmailKind::kParents:
      person.email = parent_email;
      note("emailOfParent");
      school_.NoteIrregularity("parentWhoseEmailAChildHas", first_parent.id);
      break;
    case EmailKind::kTwoInOne:
      person.email = own + "; " + Address(person.first, last, person.id, "example.net");
      note("twoEmailsInOne");
      break;
    case EmailKind::kPadded:
      person.email = "  " + own + " ";
      note("paddedEmail");
      break;
  }
  if (kind == EmailKind::kOwn) note("plainEmail");
  if (kind != EmailKind::kNoPerson) {
    if (!person.email.empty()) current_addresses_.push_back(person.email);
    AddPerson(person);
  }

  const uint64_t dice = random_.Below(100);
  student.status = dice < 94   ? "Enrolled"
                   : dice < 96 ? "ENROLLED"
                   : dice < 98 ? "enrolled"
                               : "Enrolled ";
  const bool last_grade = grade == kGradeCount - 1;
  student.next_status = last_grade             ? "Graduate"
                        : random_.Chance(0.95) ? "Enrolled"
                        : random_.Chance(0.5)  ? "Withdrawn"
                                               : "";
  student.next_school_code = options_.school_code;
  student.next_grade = GradeAfter(student.grade);
  student.person_student_id = NewPersonStudentId(person.id, overlapping);
  school_.table(kStudents).Add(RowOf(student));
  if (options_.district && random_.Chance(0.05)) {
    student.config_school_id = 2;
    student.school_code = "TCS-EL";
    student.person_student_id = NewPersonStudentId(person.id, false);
    student.enroll_date = Day(options_.year - 12, 8, 1);
    student.status = "Inactive";
    note("twoSchools");
    school_.table(kStudents).Add(RowOf(student));
  }
  for (const int64_t household : households) {
    AddMember({person.id, household, false, true, random_.Chance(0.97) ? order : 0});
  }
  kin.kids.push_back(person.id);
}

void Generator::MakeOlderSibling(const Name& last, Kin& kin, int64_t household) {
  Person person = NewAdult(last, random_.Chance(0.5));
  person.email = Address(person.first, last, person.id, "example.net");
  AddPerson(person);
  school_.table(kStudents).Add(RowOf(NewFormerStudent(person.id, person.female, true)));
  AddMember({person.id, household, false, true, 9});
  kin.kids.push_back(person.id);
  ++history_made_;
}

void Generator::MakeCurrentFamily(const FamilyPlan& plan) {
  const Name last = LastName(random_);
  const Name other_last = plan.parents > 2 ? LastName(random_) : last;
  std::vector<int64_t> households = {AddHousehold(last)};
  if (plan.parents > 2) households.push_back(AddHousehold(other_last));
  Kin kin;
  Person first_parent;
  std::string first_email;
  // A mother here; a father here or in the other household; there a stepparent perhaps.
  for (int i = 0; i < plan.parents; ++i) {
    const bool elsewhere = plan.parents > 2 && i > 0 && i < 3;
    Person parent = NewAdult(elsewhere ? other_last : last, i % 2 == 0);
    const std::string own = Address(parent.first, parent.last, parent.id, ParentDomain(random_));
    parent.email = i == 0 || random_.Chance(0.92) ? own : "";
    if (i == 0 && strangers_sharing_ > 0 && !last_parent_email_.empty() && random_.Chance(0.2)) {
      --strangers_sharing_;
      parent.email = last_parent_email_;
      school_.NoteIrregularity("emailOfTwoFamilies", last_parent_);
      school_.NoteIrregularity("emailOfTwoFamilies", parent.id);
      last_parent_email_.clear();
    } else if (i == 1 && plan.parents == 2 && couples_sharing_ > 0 && random_.Chance(0.2)) {
      --couples_sharing_;
      parent.email = first_email;
      school_.NoteIrregularity("emailOfCouple", first_parent.id);
      school_.NoteIrregularity("emailOfCouple", parent.id);
    } else if (i == 0) {
      last_parent_email_ = plan.parents == 1 ? own : last_parent_email_;
      last_parent_ = plan.parents == 1 ? parent.id : last_parent_;
    }
    if (random_.Chance(0.1)) {
      parent.email2 = Address(parent.first, parent.last, parent.id, "work.example.com");
    }
    if (i == 1 && random_.Chance(0.012)) {
      parent.deceased = true;
      school_.NoteIrregularity("deceasedParent", parent.id);
    }
    if (!parent.email.empty()) current_addresses_.push_back(parent.email);
    AddPerson(parent);
    const int order = elsewhere ? i : i == 0 ? 1 : 2;
    const bool tied_in_order = i == 1 && plan.parents == 2 && random_.Chance(0.05);
    if (i > 0 && random_.Chance(0.012)) {
      school_.NoteIrregularity("parentWithoutHousehold", parent.id);
    } else {
      AddMember({parent.id, households[elsewhere ? 1 : 0], true, false, tied_in_order ? 1 : order});
    }
    if (i == 0) {
      first_parent = parent;
      first_email = parent.email;
    }
    kin.adults.push_back(parent.id);
  }
  if (two_family_parents_ > 0 && plan.parents == 4 && households.front() > 5010) {
    // The stepparent belongs to an earlier family's household as well.
    --two_family_parents_;
    const Table& members = school_.table(kPersonFamily);
    const int64_t earlier = IntOf(members[members.size() / 2], "familyId");
    AddMember({kin.adults.back(), earlier, true, false, 3});
    school_.NoteIrregularity("parentInTwoHouseholds", kin.adults.back());
  }
  if (only_household_parents_ > 0 && random_.Chance(0.3)) {
    --only_household_parents_;
    Person parent = NewAdult(last, false);
    parent.email = Address(parent.first, last, parent.id, "example.net");
    current_addresses_.push_back(parent.email);
    AddPerson(parent);
    AddMember({parent.id, households.front(), true, false, 3});
    school_.NoteIrregularity("parentWithoutTie", parent.id);
  }
  for (int i = 0; i < plan.kids; ++i) {
    MakeEnrolled(first_parent, first_email, kin, last, households, 3 + i);
  }
  const size_t enrolled_kids = kin.kids.size();
  if (made_ + plan.others < options_.people && random_.Chance(0.2)) {
    MakeOlderSibling(last, kin, households.front());
  }
  constexpr const char* kBase[] = {"Mother", "Father", "Stepmother", "Stepfather"};
  for (size_t a = 0; a < kin.adults.size(); ++a) {
    for (const int64_t kid : kin.kids) AddTie(kin.adults[a], kid, kBase[a], true);
  }
  constexpr const char* kOthers[] = {"Grand parent", "Grandmother", "Guardian",          "Aunt",
                                     "Uncle",        "Donor",       "Emergency contact", "Friend"};
  for (int i = 0; i < plan.others; ++i) {
    Person other = NewAdult(random_.Chance(0.5) ? last : LastName(random_), random_.Chance(0.6));
    if (random_.Chance(0.6)) {
      other.email = Address(other.first, other.last, other.id, ParentDomain(random_));
      current_addresses_.push_back(other.email);
    }
    AddPerson(other);
    if (random_.Chance(0.2)) AddMember({other.id, households.front(), false, false, 0});
    const std::string relationship = kOthers[random_.Below(std::size(kOthers))];
    for (size_t k = 0; k < enrolled_kids; ++k) {
      if (k == 0 || random_.Chance(0.6)) AddTie(other.id, kin.kids[k], relationship, false);
    }
  }
}

void Generate(School& school) { Generator(school).Run(); }

}  // namespace roster::sandbox
