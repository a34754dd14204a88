// One body: what is tolerated, what rejects a row, what rejects the page.

#include "daemon/source/page.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/source/fakes.h"

namespace roster::source {
namespace {

using model::Person;
using model::Student;

std::string List(const std::string& results, std::size_t rows = 1) {
  return FakeFacts::Envelope(results, 1, 1, 1000, rows);
}

template <typename Reader>
struct Parsed {
  explicit Parsed(std::string_view resource) : parser(resource, json) {}

  // "" or the reason.
  std::string Parse(std::string body) {
    const auto result = parser.ParseList(body, text, rows);
    return result ? "" : result.error().reason;
  }

  simdjson::ondemand::parser json;
  PageParser<Reader> parser;
  model::TextArena text;
  Rows<Reader> rows;
};

struct People : Parsed<PersonReader> {
  People() : Parsed("People") {}
};
struct Students : Parsed<StudentReader> {
  Students() : Parsed("Students") {}
};
struct Members : Parsed<MemberReader> {
  Members() : Parsed("People/PersonFamily") {}
};
struct Ties : Parsed<TieReader> {
  Ties() : Parsed("People/ParentStudent") {}
};
struct Families : Parsed<FamilyReader> {
  Families() : Parsed("Families") {}
};

// The one row's fault, as "reason field".
template <typename Reader>
std::string Fault(Parsed<Reader>& parsed, const std::string& row) {
  parsed.rows = {};
  EXPECT_EQ(parsed.Parse(List(row)), "") << row;
  if (parsed.rows.named.empty()) return "";
  EXPECT_TRUE(parsed.rows.used.empty());
  return parsed.rows.named[0].reason + " " + parsed.rows.named[0].field;
}

TEST(PersonRow, GivesEveryFieldTrimmed) {
  People people;
  ASSERT_EQ(people.Parse(List(
                R"({"personId":7,"firstName":" Ada ","lastName":"Example\t","middleName":"M",)"
                R"("nickName":"A","gender":"F","email":"a@example.org","email2":"b@example.org",)"
                R"("homePhone":"1","cellPhone":"2","addressID":0,"deceased":true})")),
            "");
  ASSERT_EQ(people.rows.used.size(), 1U);
  const Person& person = people.rows.used[0];
  EXPECT_EQ(person.id, PersonId(7));
  EXPECT_EQ(person.first_name, "Ada");
  EXPECT_EQ(person.last_name, "Example") << "padded with a tab, written as an escape";
  EXPECT_EQ(person.middle_name, "M");
  EXPECT_EQ(person.nick_name, "A");
  EXPECT_EQ(person.email, "a@example.org");
  EXPECT_EQ(person.email2, "b@example.org");
  EXPECT_EQ(person.home_phone, "1");
  EXPECT_EQ(person.cell_phone, "2");
  EXPECT_TRUE(person.deceased);
}

TEST(PersonRow, NullMissingAndEmptyAreAlike) {
  People people;
  ASSERT_EQ(
      people.Parse(List(R"({"personId":1,"firstName":null,"lastName":"","deceased":null,)"
                        R"("addressID":null},{"personId" : 2 },{"personId":3,"lastName":"  "})",
                        3)),
      "");
  ASSERT_EQ(people.rows.used.size(), 3U);
  for (const Person& person : people.rows.used) {
    EXPECT_EQ(person.first_name, "");
    EXPECT_EQ(person.last_name, "");
    EXPECT_FALSE(person.deceased);
  }
}

TEST(PersonRow, IdIsReadInAnySpellingAndOrder) {
  People people;
  ASSERT_EQ(people.Parse(List(R"({"personId":1,"firstName":"A"},{"firstName":"B","personID":2},)"
                              R"({"PersonID":3,"unknown":{"a":[1,{"b":"}"}]},"FirstName":"C"},)"
                              R"({"lastName":"D","firstName":"D","email2":"e2","personid":4})",
                              4)),
            "");
  ASSERT_EQ(people.rows.used.size(), 4U);
  EXPECT_EQ(people.rows.used[1].id, PersonId(2));
  EXPECT_EQ(people.rows.used[1].first_name, "B");
  EXPECT_EQ(people.rows.used[2].id, PersonId(3));
  EXPECT_EQ(people.rows.used[2].first_name, "C");
  EXPECT_EQ(people.rows.used[3].id, PersonId(4));
  EXPECT_EQ(people.rows.used[3].email, "") << "email2 is not email";
  EXPECT_EQ(people.rows.used[3].email2, "e2");
}

TEST(PersonRow, ManyUnknownFieldsAndLongNamesAreHarmless) {
  People people;
  std::string row = R"({"personId":1)";
  for (int i = 0; i < 200; ++i) row += ",\"unknown" + std::to_string(i) + "\":" + std::to_string(i);
  row += ",\"" + std::string(500, 'n') + "\":null,\"with\\\"escape\":1,\"\":2,\"lastName\":\"L\"}";
  for (int round = 0; round < 3; ++round) ASSERT_EQ(people.Parse(List(row)), "");
  ASSERT_EQ(people.rows.used.size(), 3U);
  EXPECT_EQ(people.rows.used[2].last_name, "L");
}

TEST(PersonRow, EscapesAndUnicodeAreRead) {
  People people;
  ASSERT_EQ(people.Parse(List(
                R"({"personId":1,"firstName":"Zo\u00eb","lastName":"O\"Neil\\","nickName":"Ñandú",)"
                R"("middleName":"\ud83d\ude00"})")),
            "");
  ASSERT_EQ(people.rows.used.size(), 1U);
  EXPECT_EQ(people.rows.used[0].first_name, "Zoë");
  EXPECT_EQ(people.rows.used[0].last_name, "O\"Neil\\");
  EXPECT_EQ(people.rows.used[0].nick_name, "Ñandú");
  EXPECT_EQ(people.rows.used[0].middle_name, "😀");
}

TEST(PersonRow, WithoutItsIdIsRejected) {
  People people;
  EXPECT_EQ(Fault(people, R"({"firstName":"A"})"), "no-id personId");
  EXPECT_EQ(Fault(people, R"({"personId":null})"), "no-id personId");
  EXPECT_EQ(Fault(people, R"({"personId":0})"), "no-id personId");
  EXPECT_EQ(Fault(people, R"({"personId":-4})"), "no-id personId");
  EXPECT_EQ(Fault(people, R"({})"), "no-id personId");
}

TEST(PersonRow, OfAWrongTypeIsRejected) {
  People people;
  EXPECT_EQ(Fault(people, R"({"personId":"17"})"), "wrong-type personId") << "a number as text";
  EXPECT_EQ(Fault(people, R"({"personId":1.5})"), "wrong-type personId");
  EXPECT_EQ(Fault(people, R"({"personId":99999999999999999999})"), "wrong-type personId");
  EXPECT_EQ(Fault(people, R"({"personId":[1]})"), "wrong-type personId");
  EXPECT_EQ(Fault(people, R"({"personId":1,"email":5})"), "wrong-type email");
  EXPECT_EQ(Fault(people, R"({"personId":1,"email":{"a":"b"},"lastName":"L"})"),
            "wrong-type email");
  EXPECT_EQ(Fault(people, R"({"personId":1,"email":["a"]})"), "wrong-type email");
  EXPECT_EQ(Fault(people, R"({"personId":1,"email":true})"), "wrong-type email");
  EXPECT_EQ(Fault(people, R"({"personId":1,"deceased":"true"})"), "wrong-type deceased");
  EXPECT_EQ(Fault(people, R"({"personId":1,"deceased":1})"), "wrong-type deceased");
  EXPECT_EQ(Fault(people, R"(null)"), "wrong-type ");
  EXPECT_EQ(Fault(people, R"(5)"), "wrong-type ");
  EXPECT_EQ(Fault(people, R"([{"personId":1}])"), "wrong-type ");
}

TEST(PersonRow, HalfASurrogatePairIsNoUnicode) {
  People people;
  EXPECT_EQ(Fault(people, R"({"personId":1,"firstName":"\ud800"})"), "invalid-utf8 firstName");
  EXPECT_EQ(Fault(people, R"({"personId":1,"firstName":"\q"})"), "invalid-utf8 firstName");
}

TEST(PersonRow, ARejectedRowKeepsItsIdForTheCount) {
  People people;
  ASSERT_EQ(people.Parse(List(R"({"personId":5,"email":5},{"email":6},{"personId":7})", 3)), "");
  EXPECT_EQ(people.rows.rejected_keys, std::vector<std::int64_t>{5});
  EXPECT_EQ(people.rows.rejected_without_key, 1U);
  EXPECT_EQ(people.rows.used_keys, std::vector<std::int64_t>{7});
  ASSERT_EQ(people.rows.named.size(), 2U);
  EXPECT_EQ(people.rows.named[0].resource, "People");
  EXPECT_EQ(people.rows.named[0].row, 1U);
  EXPECT_EQ(people.rows.named[0].id, 5);
  EXPECT_EQ(people.rows.named[1].row, 2U);
  EXPECT_EQ(people.rows.named[1].id, std::nullopt);
}

TEST(PersonRow, OnlyTheFirstRejectedAreNamedAllAreCounted) {
  People people;
  std::string rows;
  for (int i = 0; i < 150; ++i) rows += (i == 0 ? "" : ",") + std::string("{}");
  ASSERT_EQ(people.Parse(List(rows, 150)), "");
  EXPECT_EQ(people.rows.named.size(), model::Snapshot::kRejectedKept);
  EXPECT_EQ(people.rows.rejected(), 150U);
}

TEST(InvalidUtf8, RejectsExactlyTheRowsThatHoldIt) {
  People people;
  ASSERT_EQ(people.Parse(List("{\"personId\":1,\"lastName\":\"A\"},"
                              "{\"personId\":2,\"lastName\":\"B\xE9\"},"
                              "{\"personId\":3,\"lastName\":\"\xC3\xA9\"},"
                              "{\"personId\":4,\"salutation\":\"\xF0\x9F\x98\",\"email\":\"e\"},"
                              "{\"personId\":5,\"lastName\":\"C\"}",
                              5)),
            "");
  EXPECT_EQ(people.rows.used_keys, (std::vector<std::int64_t>{1, 3, 5}));
  EXPECT_EQ(people.rows.rejected_keys, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(people.rows.used[1].last_name, "\xC3\xA9");
  ASSERT_EQ(people.rows.named.size(), 2U);
  EXPECT_EQ(people.rows.named[0].reason, "invalid-utf8");
  EXPECT_EQ(people.rows.named[0].field, "lastName");
  EXPECT_EQ(people.rows.named[1].reason, "invalid-utf8");
  EXPECT_EQ(people.rows.named[1].field, "") << "a field that FACTS adds; its name may be anything";
}

TEST(InvalidUtf8, InTheLastRowOrBehindItIsToldApart) {
  People last;
  ASSERT_EQ(last.Parse(List("{\"personId\":1},{\"personId\":2,\"email\":\"\xFF\"}", 2)), "");
  EXPECT_EQ(last.rows.used_keys, std::vector<std::int64_t>{1});
  EXPECT_EQ(last.rows.named[0].field, "email");

  People behind;
  std::string body = List(R"({"personId":1},{"personId":2})", 2);
  body.insert(1, "\"before\":\"\xFF\",");
  body.insert(body.size() - 1, ",\"behind\":\"\xC0\xAF\"");
  ASSERT_EQ(behind.Parse(body), "");
  EXPECT_EQ(behind.rows.used_keys, (std::vector<std::int64_t>{1, 2}));
}

TEST(InvalidUtf8, InAnIdOrInsideTheSchoolIsNamedSo) {
  People people;
  EXPECT_EQ(Fault(people, "{\"personId\":\xFF\x31,\"email\":\"e\"}"), "invalid-utf8 personId");
  Students students;
  EXPECT_EQ(Fault(students,
                  "{\"personStudentId\":1,\"studentId\":2,\"school\":{\"status\":\"\x80\"},"
                  "\"homeroom\":\"1\"}"),
            "invalid-utf8 school");
  EXPECT_EQ(students.rows.rejected_keys, std::vector<std::int64_t>{1});
}

TEST(InvalidUtf8, IsFoundByTheStandard) {
  const auto bad = [](std::string text) {
    BadBytes bytes;
    const std::string before = text;
    BlankInvalidUtf8(text, bytes);
    return !bytes.empty();
  };
  for (const std::string good : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                 "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_FALSE(bad(good));
  }
  for (const std::string wrong :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2z", "\xE0\x9F\xBF", "\xE1\x80", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xF0\x90\x80"}) {
    EXPECT_TRUE(bad(wrong));
    EXPECT_FALSE(simdjson::validate_utf8(wrong)) << "simdjson agrees";
  }
}

TEST(StudentRow, GivesEveryField) {
  Students students;
  ASSERT_EQ(students.Parse(
                List(R"({"personStudentId":1568,"studentId":1203006,"configSchoolId":1,)"
                     R"("schoolCode":"TCS-CA","school":{"status":"Enrolled ","substatus":"",)"
                     R"("enrollDate":"2016-05-26T00:00:00Z","withdrawReason":"","gradeLevel":"08",)"
                     R"("nextStatus":"Graduate","nextSchoolCode":"TCS-CB","nextGradeLevel":"09"},)"
                     R"("locker":[{"id":1,"name":"x"}],"classYear":2030,"homeroom":"H"})")),
            "");
  ASSERT_EQ(students.rows.used.size(), 1U);
  const Student& student = students.rows.used[0];
  EXPECT_EQ(student.person, PersonId(1203006));
  EXPECT_EQ(student.config_school_id, 1);
  EXPECT_EQ(student.school_code, "TCS-CA");
  EXPECT_EQ(student.status, "Enrolled");
  EXPECT_EQ(student.enroll_date, std::chrono::sys_days(std::chrono::year(2016) / 5 / 26));
  EXPECT_EQ(student.grade_level, "08");
  EXPECT_EQ(student.next_status, "Graduate");
  EXPECT_EQ(student.next_school_code, "TCS-CB");
  EXPECT_EQ(student.next_grade_level, "09");
  EXPECT_EQ(student.class_year, 2030);
  EXPECT_EQ(student.homeroom, "H");
  EXPECT_EQ(students.rows.used_keys, std::vector<std::int64_t>{1568});
}

TEST(StudentRow, ToleratesWhatIsHarmless) {
  Students students;
  EXPECT_EQ(Fault(students, R"({"personStudentID":1,"studentID":2,"school":null})"), "");
  EXPECT_EQ(Fault(students, R"({"personStudentId":1,"studentId":2})"), "");
  EXPECT_EQ(Fault(students, R"({"personStudentId":1,"studentId":2,"configSchoolID":3,)"
                            R"("school":{"enrollDate":null},"classYear":null})"),
            "");
  EXPECT_EQ(Fault(students, R"({"personStudentId":1,"studentId":2,"school":{"enrollDate":""}})"),
            "");
  EXPECT_EQ(Fault(students,
                  R"({"personStudentId":1,"studentId":2,"school":{"enrollDate":"2024-02-29"}})"),
            "");
}

TEST(StudentRow, RejectsWhatIsNot) {
  Students students;
  EXPECT_EQ(Fault(students, R"({"personStudentId":1})"), "no-id studentId");
  EXPECT_EQ(Fault(students, R"({"studentId":1})"), "no-id personStudentId");
  EXPECT_EQ(Fault(students, R"({"personStudentId":1,"studentId":"2"})"), "wrong-type studentId");
  EXPECT_EQ(Fault(students, R"({"personStudentId":1,"studentId":2,"configSchoolId":"1"})"),
            "wrong-type configSchoolId");
  EXPECT_EQ(Fault(students, R"({"personStudentId":1,"studentId":2,"configSchoolId":5000000000})"),
            "wrong-type configSchoolId");
  EXPECT_EQ(Fault(students, R"({"personStudentId":1,"studentId":2,"school":"x"})"),
            "wrong-type school");
  EXPECT_EQ(Fault(students, R"({"personStudentId":1,"studentId":2,"school":{"gradeLevel":8}})"),
            "wrong-type gradeLevel");
  for (const std::string date : {"2016-13-01T00:00:00Z", "2023-02-29", "yesterday", "05/26/2016",
                                 "2016-05-26x", "2016-5-26"}) {
    EXPECT_EQ(Fault(students, R"({"personStudentId":1,"studentId":2,"school":{"enrollDate":")" +
                                  date + R"("}})"),
              "wrong-type enrollDate")
        << date;
  }
}

TEST(MemberRow, GivesEveryField) {
  Members members;
  ASSERT_EQ(members.Parse(List(
                R"({"personId":7,"familyId":40,"parent":true,"student":false,)"
                R"("financialResponsibility":true,"financialResponsibilityPercent":"100",)"
                R"("familyOrder":2,"factsCustomer":true},)"
                R"({"personId":8,"familyId":40,"parent":false,"student":true,"familyOrder":3})",
                2)),
            "");
  ASSERT_EQ(members.rows.used.size(), 2U);
  EXPECT_EQ(members.rows.used[0].person, PersonId(7));
  EXPECT_EQ(members.rows.used[0].family, FamilyId(40));
  EXPECT_TRUE(members.rows.used[0].parent);
  EXPECT_FALSE(members.rows.used[0].student);
  EXPECT_EQ(members.rows.used[0].order, 2);
  EXPECT_FALSE(members.rows.used[1].parent);
  EXPECT_TRUE(members.rows.used[1].student);
  EXPECT_EQ(members.rows.used_keys, (std::vector<TwoIds>{{7, 40}, {8, 40}}));
}

TEST(MemberRow, WithoutAnOrderItIsZero) {
  Members members;
  ASSERT_EQ(members.Parse(List(R"({"personId":1,"familyId":1},)"
                               R"({"personId":2,"familyId":1,"familyOrder":null},)"
                               R"({"personId":3,"familyId":1,"familyOrder":0},)"
                               R"({"personId":4,"familyId":1,"familyOrder":-2})",
                               4)),
            "");
  ASSERT_EQ(members.rows.used.size(), 4U);
  for (const model::FamilyMember& member : members.rows.used) EXPECT_EQ(member.order, 0);
}

TEST(MemberRow, FlagsThatAreMissingOrNullAreFalse) {
  Members members;
  ASSERT_EQ(members.Parse(List(R"({"personId":1,"familyId":1},)"
                               R"({"personId":2,"familyId":1,"parent":null,"student":null})",
                               2)),
            "");
  for (const model::FamilyMember& member : members.rows.used) {
    EXPECT_FALSE(member.parent);
    EXPECT_FALSE(member.student);
  }
}

TEST(MemberRow, IdsAreReadInAnySpellingAndOrder) {
  Members members;
  ASSERT_EQ(members.Parse(List(
                R"({"familyID":5,"parent":true,"PersonID":1},{"personid":2,"FamilyId":6})", 2)),
            "");
  EXPECT_EQ(members.rows.used_keys, (std::vector<TwoIds>{{1, 5}, {2, 6}}));
}

TEST(MemberRow, WithoutBothIdsIsRejected) {
  Members members;
  EXPECT_EQ(Fault(members, R"({"familyId":1})"), "no-id personId");
  EXPECT_EQ(Fault(members, R"({"personId":1})"), "no-id familyId");
  EXPECT_EQ(Fault(members, R"({"personId":null,"familyId":1})"), "no-id personId");
  EXPECT_EQ(Fault(members, R"({"personId":1,"familyId":null})"), "no-id familyId");
  EXPECT_EQ(Fault(members, R"({"personId":0,"familyId":1})"), "no-id personId");
  EXPECT_EQ(Fault(members, R"({"personId":1,"familyId":0})"), "no-id familyId");
  EXPECT_EQ(Fault(members, R"({"personId":1,"familyId":-1})"), "no-id familyId");
}

TEST(MemberRow, OfAWrongTypeIsRejected) {
  Members members;
  EXPECT_EQ(Fault(members, R"({"personId":"1","familyId":1})"), "wrong-type personId");
  EXPECT_EQ(Fault(members, R"({"personId":1,"familyId":"1"})"), "wrong-type familyId");
  EXPECT_EQ(Fault(members, R"({"personId":1,"familyId":1.5})"), "wrong-type familyId");
  EXPECT_EQ(Fault(members, R"({"personId":1,"familyId":1,"parent":"true"})"), "wrong-type parent");
  EXPECT_EQ(Fault(members, R"({"personId":1,"familyId":1,"student":1})"), "wrong-type student");
  EXPECT_EQ(Fault(members, R"({"personId":1,"familyId":1,"familyOrder":"1"})"),
            "wrong-type familyOrder");
  EXPECT_EQ(Fault(members, R"({"personId":1,"familyId":1,"familyOrder":5000000000})"),
            "wrong-type familyOrder");
  EXPECT_EQ(Fault(members, "{\"personId\":1,\"familyId\":1,\"percent\":\"\xFF\"}"),
            "invalid-utf8 ");
}

TEST(MemberRow, RejectedKeepsItsTwoIdsForTheCountIfBothCouldBeRead) {
  Members members;
  ASSERT_EQ(members.Parse(List(R"({"personId":5,"familyId":9,"parent":1},{"personId":6},)"
                               R"({"personId":"7","familyId":9})",
                               3)),
            "");
  EXPECT_EQ(members.rows.rejected_keys, (std::vector<TwoIds>{{5, 9}}));
  EXPECT_EQ(members.rows.rejected_without_key, 2U);
  ASSERT_EQ(members.rows.named.size(), 3U);
  EXPECT_EQ(members.rows.named[0].resource, "People/PersonFamily");
  EXPECT_EQ(members.rows.named[0].id, 5);
  EXPECT_EQ(members.rows.named[1].id, 6) << "the person is known, the household is not";
  EXPECT_EQ(members.rows.named[2].id, std::nullopt);
}

TEST(TieRow, GivesEveryField) {
  Ties ties;
  ASSERT_EQ(ties.Parse(List(R"({"parentID":7,"studentID":8,"custody":true,"correspondence":false,)"
                            R"("grandparent":true,"emergencyContact":false,"reportCard":false,)"
                            R"("pwBlock":true,"pickUp":false,"parentsWeb":false,"reEnroll":false,)"
                            R"("relationship":"Grand parent","id":"7-8"},)"
                            R"({"parentID":7,"studentID":9,"custody":false,"correspondence":true,)"
                            R"("grandparent":false,"emergencyContact":true,"pwBlock":false,)"
                            R"("parentsWeb":true})",
                            2)),
            "");
  ASSERT_EQ(ties.rows.used.size(), 2U);
  const model::ParentTie& first = ties.rows.used[0];
  EXPECT_EQ(first.parent, PersonId(7));
  EXPECT_EQ(first.student, PersonId(8));
  EXPECT_TRUE(first.custody);
  EXPECT_FALSE(first.correspondence);
  EXPECT_TRUE(first.grandparent);
  EXPECT_FALSE(first.emergency_contact);
  EXPECT_FALSE(first.parents_web);
  EXPECT_TRUE(first.pw_block);
  const model::ParentTie& second = ties.rows.used[1];
  EXPECT_FALSE(second.custody);
  EXPECT_TRUE(second.correspondence);
  EXPECT_FALSE(second.grandparent);
  EXPECT_TRUE(second.emergency_contact);
  EXPECT_TRUE(second.parents_web);
  EXPECT_FALSE(second.pw_block);
  ASSERT_EQ(ties.rows.used_keys.size(), 2U);
  EXPECT_EQ(std::get<0>(ties.rows.used_keys[0]), 7);
  EXPECT_EQ(std::get<1>(ties.rows.used_keys[0]), 8);
  EXPECT_NE(std::get<2>(ties.rows.used_keys[0]), 0U) << "has an id of its own";
  EXPECT_EQ(ties.rows.used_keys[1], PairWithId(7, 9, 0));
}

TEST(TieRow, FlagsThatAreMissingOrNullAreFalse) {
  Ties ties;
  ASSERT_EQ(ties.Parse(List(R"({"parentID":1,"studentID":2},)"
                            R"({"parentID":1,"studentID":3,"custody":null,"correspondence":null,)"
                            R"("grandparent":null,"emergencyContact":null,"parentsWeb":null,)"
                            R"("pwBlock":null,"id":null,"relationship":null})",
                            2)),
            "");
  ASSERT_EQ(ties.rows.used.size(), 2U);
  for (const model::ParentTie& tie : ties.rows.used) {
    EXPECT_FALSE(tie.custody || tie.correspondence || tie.grandparent || tie.emergency_contact ||
                 tie.parents_web || tie.pw_block);
  }
}

TEST(TieRow, IdsAreReadInAnySpellingAndItsOwnIdIsNoneOfThem) {
  Ties ties;
  ASSERT_EQ(ties.Parse(List(R"({"id":"a","parentId":1,"studentId":2},{"ID":3,"STUDENTID":4,)"
                            R"("PARENTID":3,"Id":"b"})",
                            2)),
            "");
  ASSERT_EQ(ties.rows.used.size(), 2U);
  EXPECT_EQ(ties.rows.used[0].parent, PersonId(1));
  EXPECT_EQ(ties.rows.used[0].student, PersonId(2));
  EXPECT_EQ(ties.rows.used[1].parent, PersonId(3));
  EXPECT_EQ(ties.rows.used[1].student, PersonId(4));
  for (const PairWithId& key : ties.rows.used_keys) EXPECT_NE(std::get<2>(key), 0U);
}

TEST(TieRow, WithoutBothIdsIsRejected) {
  Ties ties;
  EXPECT_EQ(Fault(ties, R"({"id":"1-2"})"), "no-id parentID");
  EXPECT_EQ(Fault(ties, R"({"studentID":1})"), "no-id parentID");
  EXPECT_EQ(Fault(ties, R"({"parentID":1,"studentID":null})"), "no-id studentID");
  EXPECT_EQ(Fault(ties, R"({"parentID":0,"studentID":1})"), "no-id parentID");
}

TEST(TieRow, OfAWrongTypeIsRejected) {
  Ties ties;
  EXPECT_EQ(Fault(ties, R"({"parentID":"1","studentID":2})"), "wrong-type parentID");
  EXPECT_EQ(Fault(ties, R"({"parentID":1,"studentID":[2]})"), "wrong-type studentID");
  for (const std::string flag :
       {"custody", "correspondence", "grandparent", "emergencyContact", "parentsWeb", "pwBlock"}) {
    EXPECT_EQ(Fault(ties, R"({"parentID":1,"studentID":2,")" + flag + R"(":"yes"})"),
              "wrong-type " + flag);
  }
}

TEST(FamilyRow, GivesItsNameTrimmed) {
  Families families;
  ASSERT_EQ(families.Parse(List(R"({"familyID":40,"familyName":" Example ","familyName2":"Other",)"
                                R"("unlisted":0},{"familyId":41,"familyName":null},)"
                                R"({"FamilyID":42})",
                                3)),
            "");
  ASSERT_EQ(families.rows.used.size(), 3U);
  EXPECT_EQ(families.rows.used[0].id, FamilyId(40));
  EXPECT_EQ(families.rows.used[0].name, "Example");
  EXPECT_EQ(families.rows.used[1].name, "");
  EXPECT_EQ(families.rows.used[2].id, FamilyId(42));
  EXPECT_EQ(families.rows.used_keys, (std::vector<std::int64_t>{40, 41, 42}));
}

TEST(FamilyRow, WithoutItsIdOrOfAWrongTypeIsRejected) {
  Families families;
  EXPECT_EQ(Fault(families, R"({"familyName":"A"})"), "no-id familyID");
  EXPECT_EQ(Fault(families, R"({"familyID":null})"), "no-id familyID");
  EXPECT_EQ(Fault(families, R"({"familyID":0})"), "no-id familyID");
  EXPECT_EQ(Fault(families, R"({"familyID":"1"})"), "wrong-type familyID");
  EXPECT_EQ(Fault(families, R"({"familyID":1,"familyName":7})"), "wrong-type familyName");
  EXPECT_EQ(Fault(families, "{\"familyID\":1,\"familyName\":\"\xC3\"}"), "invalid-utf8 familyName");
}

// A gzip body that was cut short can arrive without an error: only here is it noticed.
TEST(Page, CutAtEveryByteIsMalformedAndLeavesNothing) {
  People people;
  ASSERT_EQ(people.Parse(List(R"({"personId":100,"lastName":"Kept"})")), "");
  const std::string body =
      List(R"({"personId":1,"lastName":"A","list":[1,[2,{"x":{}}]]},{"personId":2},{"email":7},)"
           R"({"personId":3,"email":"a@example.org","unknown":{"personId":9}})",
           4);
  for (std::size_t length = 0; length < body.size(); ++length) {
    ASSERT_EQ(people.Parse(body.substr(0, length)), "malformed") << "cut at " << length;
    ASSERT_EQ(people.rows.used_keys, std::vector<std::int64_t>{100});
    ASSERT_EQ(people.rows.used.size(), 1U);
    ASSERT_EQ(people.rows.received(), 1U);
    ASSERT_TRUE(people.rows.named.empty());
  }
  EXPECT_EQ(people.Parse(body), "");
  EXPECT_EQ(people.rows.used_keys, (std::vector<std::int64_t>{100, 1, 2, 3}));
}

TEST(Page, CutShortLeavesNoPairOfIdsBehindEither) {
  Members members;
  ASSERT_EQ(members.Parse(List(R"({"personId":1,"familyId":1})")), "");
  const std::string body =
      List(R"({"personId":2,"familyId":1},{"personId":3,"familyId":1,"parent":7},{})", 3);
  for (std::size_t length = 0; length < body.size(); ++length) {
    ASSERT_EQ(members.Parse(body.substr(0, length)), "malformed") << "cut at " << length;
    ASSERT_EQ(members.rows.used_keys, (std::vector<TwoIds>{{1, 1}}));
    ASSERT_EQ(members.rows.received(), 1U);
  }
  EXPECT_EQ(members.Parse(body), "");
  EXPECT_EQ(members.rows.received(), 4U);
}

TEST(Page, ThatIsNoListIsMalformed) {
  People people;
  for (
      const std::string body :
      {"", " ", "<!DOCTYPE html><html><body>Maintenance</body></html>", "null", "[]", "5",
       R"("text")", "{}", R"({"results":[]})", R"({"error":{"code":"x"}})",
       R"({"results":{},"currentPage":1,"pageCount":1,"rowCount":0,"nextPage":""})",
       R"({"results":[],"currentPage":"1","pageCount":1,"rowCount":0,"nextPage":""})",
       R"({"results":[],"currentPage":1,"pageCount":1,"rowCount":-1,"nextPage":""})",
       R"({"results":[],"currentPage":1,"pageCount":1,"rowCount":0,"nextPage":0})",
       R"({"results":[],"currentPage":1,"pageCount":1,"rowCount":0,"nextPage":""} x)",
       R"({"results":[],"currentPage":1,"pageCount":1,"rowCount":0,"nextPage":""}{})",
       R"({"results":[],"results":[],"currentPage":1,"pageCount":1,"rowCount":0,"nextPage":""})"}) {
    EXPECT_EQ(people.Parse(body), "malformed") << body;
  }
}

TEST(Page, EachEnvelopeMemberIsNeeded) {
  const std::vector<std::string> members = {R"("results":[])", R"("currentPage":1)",
                                            R"("pageCount":0)", R"("rowCount":0)",
                                            R"("nextPage":"")"};
  for (std::size_t left_out = 0; left_out <= members.size(); ++left_out) {
    std::string body;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i != left_out) body += (body.empty() ? "" : ",") + members[i];
    }
    People people;
    EXPECT_EQ(people.Parse("{" + body + "}"), left_out < members.size() ? "malformed" : "");
  }
}

TEST(Page, MembersInAnyOrderAByteOrderMarkAndSpaceAreHarmless) {
  People people;
  EXPECT_EQ(
      people.Parse("\xEF\xBB\xBF { \"nextPage\" : null , \"rowCount\" : 1 ,\n \"pageCount\":1,"
                   "\"currentPage\":1, \"results\" : [ { \"personId\" : 1 } ] } \n"),
      "");
  EXPECT_EQ(people.rows.used_keys, std::vector<std::int64_t>{1});
}

TEST(StatusPage, IsAPlainArray) {
  Parsed<StatusReader> statuses("Students/Status");
  std::string body =
      R"([{"status":"Enrolled","displayName":"Is here ","subStatus":[{"id":1,"status":"x"}]},)"
      R"({"status":"Graduate","displayName":null}])";
  ASSERT_TRUE(statuses.parser.ParseArray(body, statuses.text, statuses.rows));
  ASSERT_EQ(statuses.rows.used.size(), 2U);
  EXPECT_EQ(statuses.rows.used[0].status, "Enrolled");
  EXPECT_EQ(statuses.rows.used[0].display_name, "Is here");
  EXPECT_EQ(statuses.rows.used[1].display_name, "");
  for (std::string wrong : {"{}", "", "[{\"status\":\"x\"}", "<html>", "[] []"}) {
    const auto result = statuses.parser.ParseArray(wrong, statuses.text, statuses.rows);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "malformed");
  }
  EXPECT_EQ(statuses.rows.used.size(), 2U);
}

}  // namespace
}  // namespace roster::source
