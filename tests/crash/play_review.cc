// What play.h promises of duplicates, matches and exclusions.

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "tests/crash/play.h"

namespace roster::crash {
namespace {

std::string Id(std::int64_t number) { return std::to_string(number); }

template <typename Row>
Row Parsed(const e2e::Json& json) {
  Row row;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json.dump(), &row);
  EXPECT_TRUE(parsed.ok()) << json.dump();
  return row;
}

template <typename Row>
std::vector<Row> AllParsed(const std::vector<e2e::Json>& lines) {
  std::vector<Row> rows;
  for (const e2e::Json& line : lines) rows.push_back(Parsed<Row>(line));
  return rows;
}

v1::Filter Because(const char* reason, v1::ListStatus status) {
  v1::Filter filter;
  filter.set_status(status);
  filter.add_reasons(reason);
  return filter;
}

bool IsUnlinked(const v1::UserRow& row) {
  return row.situation() == v1::NEW && !row.email().empty();
}

}  // namespace

// Some get another's address, with or without a second one of their own; for some there are
// accounts on the site that somebody has made by hand.
void Play::GetInEachOthersWay() {
  std::vector<v1::UserRow> all = Users({});
  std::erase_if(all, [](const v1::UserRow& row) { return row.email().empty(); });
  if (all.size() < 2) return;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const v1::UserRow& from = AnyOf(all);
    const v1::UserRow& to = AnyOf(all);
    const bool second = Below(3) != 0 && !books_.email2.contains(to.person());
    const std::unique_lock lock(world_.sandbox().school().mutex());
    if (!world_.sandbox().school().PersonRow(to.person())) continue;
    world_.sandbox().school().SetPersonField(to.person(), "email", from.email());
    if (second) {
      world_.sandbox().school().SetPersonField(to.person(), "email2",
                                               "second." + Id(to.person()) + "@work.example.com");
    }
  }
  std::erase_if(all, [](const v1::UserRow& row) { return !IsUnlinked(row); });
  if (all.empty() || Below(3) == 0) return;
  const std::string& email = AnyOf(all).email();
  for (int i = 0; i < 2; ++i) {
    const std::string login = "by.hand." + std::to_string(++accounts_) + "@example.org";
    world_.sandbox().store().Seed(
        {{"userName", login},
         {"name", {{"givenName", "Olden"}, {"familyName", "Dayes"}}},
         {"emails", sandbox::Json::array({{{"value", email}, {"primary", true}}})},
         {"active", Below(4) != 0}});
  }
}

std::vector<v1::GroupRow> Play::Groups(v1::GroupStatus status) {
  std::vector<v1::GroupRow> rows;
  v1::Request request;
  request.mutable_list_groups()->set_status(status);
  request.mutable_list_groups()->set_page_size(1000);
  do {
    const v1::Reply reply = Ask(request);
    rows.insert(rows.end(), reply.groups().rows().begin(), reply.groups().rows().end());
    request.mutable_list_groups()->set_page_token(reply.groups().next_page_token());
  } while (!request.list_groups().page_token().empty() && !::testing::Test::HasFailure());
  return rows;
}

Shown Play::Look() {
  Shown shown;
  shown.users = Users({});
  shown.excluded = Users(Because("excluded", v1::LIST_STATUS_UNSPECIFIED));
  shown.ambiguous = Users(Because("ambiguous", v1::STATUS_ERROR));
  shown.groups = Groups(v1::GROUP_ALL);
  v1::Request request;
  request.mutable_list_families()->set_excluded_only(true);
  request.mutable_list_families()->set_page_size(1000);
  const v1::Reply reply = Ask(request);
  EXPECT_EQ(reply.families().next_page_token(), "");
  shown.families.assign(reply.families().rows().begin(), reply.families().rows().end());
  return shown;
}

void Play::CheckShown(const Shown& shown, bool examined) {
  ExpectShown(books_, shown);
  if (!examined) return;
  std::map<std::int64_t, std::string> now;
  const std::shared_lock lock(world_.sandbox().school().mutex());
  for (const auto& [person, address] : books_.email2) {
    now[person] = world_.sandbox().school().PersonText(person, "email2");
  }
  ExpectExamined(books_, shown, now);
}

void Play::CheckLists() {
  PollUntilUsed();
  Shown shown;
  shown.users = AllParsed<v1::UserRow>(world_.CtlJson({"users", "--status", "all"}));
  shown.groups = AllParsed<v1::GroupRow>(world_.CtlJson({"duplicates", "--status", "all"}));
  shown.ambiguous = AllParsed<v1::UserRow>(world_.CtlJson({"matches"}));
  std::set<std::int64_t> held;
  for (const e2e::Json& line : world_.CtlJson({"excluded", "--status", "all"})) {
    if (!line.contains("person")) {
      shown.families.push_back(Parsed<v1::FamilyRow>(line));
      continue;
    }
    auto row = Parsed<v1::UserRow>(line);
    if (row.reason() == "excluded") {
      shown.excluded.push_back(std::move(row));
    } else {
      held.insert(row.person());
    }
  }
  for (const v1::UserRow& row : shown.ambiguous) EXPECT_TRUE(held.contains(row.person()));
  EXPECT_FALSE(shown.users.empty());
  CheckShown(shown, true);
}

void Play::ReviewAll() {
  for (const v1::GroupRow& group : Groups(v1::GROUP_NEW)) ReviewGroup(group);
  for (const v1::GroupRow& group : Groups(v1::GROUP_RESOLVED)) {
    if (Below(5) == 0) Reopen(group);
  }
  const std::vector<v1::UserRow> users = Users({});
  if (users.empty()) return;
  ReviewMatches(users);
  ReviewFamilies(users);
  ReviewPersons(users);
}

void Play::ReviewGroup(const v1::GroupRow& group) {
  const std::vector<v1::UserRow> members(group.members().begin(), group.members().end());
  if (members.empty()) return;
  const v1::UserRow& member = AnyOf(members);
  v1::ResolveGroup how;
  how.set_group(group.group());
  switch (Below(6)) {
    case 0:
    case 1:
    case 2:
      how.set_keep(member.person());
      break;
    case 3:
    case 4:
      if (member.email2().empty()) return;
      how.set_use_email2(member.person());
      break;
    default:
      return;
  }
  Resolve(how);
}

void Play::Resolve(const v1::ResolveGroup& how) {
  v1::Request request;
  *request.mutable_resolve_group() = how;
  const auto reply = Command(request);
  if (!reply) return;
  ++counts_.resolved;
  if (how.has_keep()) {
    books_.holders[how.group()] = how.keep();
    return;
  }
  for (const v1::UserRow& row : reply->settle().rows()) {
    if (row.person() != how.use_email2() || row.uses_email2()) continue;
    books_.email2[row.person()] = row.email2();
  }
  EXPECT_TRUE(books_.email2.contains(how.use_email2()));
}

void Play::Reopen(const v1::GroupRow& group) {
  v1::Request request;
  request.mutable_resolve_group()->set_group(group.group());
  request.mutable_resolve_group()->set_reopen(true);
  const auto reply = Command(request);
  if (!reply) return;
  ++counts_.resolved;
  if (!group.decision().empty()) books_.holders[group.group()] = 0;
  for (const v1::UserRow& row : reply->settle().rows()) books_.email2.erase(row.person());
}

void Play::ReviewMatches(const std::vector<v1::UserRow>& users) {
  for (const v1::UserRow& row : users) {
    v1::DecideMatch word;
    word.set_person(row.person());
    if (row.situation() == v1::AMBIGUOUS && row.fits_size() > 0 && Below(4) != 0) {
      if (Below(3) == 0) {
        word.set_none(true);
      } else {
        const auto at = static_cast<int>(Below(static_cast<std::uint64_t>(row.fits_size())));
        word.set_account(row.fits(at).account());
      }
    } else if (books_.matches.contains(row.person()) && Below(5) == 0) {
      word.set_withdraw(true);
    } else {
      continue;
    }
    Match(row, word);
  }
}

void Play::Match(const v1::UserRow& row, const v1::DecideMatch& word) {
  v1::Request request;
  *request.mutable_decide_match() = word;
  if (!Command(request)) return;
  ++counts_.matched;
  books_.matches.erase(row.person());
  if (word.has_withdraw()) return;
  Books::Match& match = books_.matches[row.person()];
  match.account = word.account();
  for (const v1::Fit& fit : row.fits()) match.seen.insert(fit.account());
}

void Play::ReviewFamilies(const std::vector<v1::UserRow>& users) {
  std::vector<std::int64_t> out;
  for (int i = 0; i < 3; ++i) {
    const v1::UserRow& row = AnyOf(users);
    if (row.families_size() == 0) continue;
    const std::int64_t family = row.families(0).family();
    if (std::find(out.begin(), out.end(), family) == out.end()) out.push_back(family);
  }
  std::vector<std::int64_t> in;
  for (const auto& [family, note] : books_.families) {
    if (Below(4) == 0) in.push_back(family);
  }
  if (!out.empty()) DecideFamilies(true, out);
  if (!in.empty()) DecideFamilies(false, in);
}

void Play::DecideFamilies(bool exclude, const std::vector<std::int64_t>& families) {
  v1::Request request;
  v1::DecideFamilies& decide = *request.mutable_decide_families();
  decide.set_exclude(exclude);
  for (const std::int64_t family : families) decide.add_families(family);
  if (exclude) decide.set_note(NextNote());
  if (!Command(request)) return;
  ++counts_.excluded;
  for (const std::int64_t family : families) {
    books_.families.erase(family);
    if (exclude) books_.families[family] = decide.note();
  }
}

void Play::ReviewPersons(const std::vector<v1::UserRow>& users) {
  for (const auto decision : {v1::EXCLUDE, v1::PROTECT}) {
    std::vector<std::int64_t> persons;
    for (int i = 0; i < 3; ++i) persons.push_back(AnyOf(users).person());
    Decide(decision, persons, NextNote());
    ++counts_.excluded;
  }
  std::vector<std::int64_t> in;
  for (const v1::UserRow& row : users) {
    if (!row.decision().empty() && books_.persons.contains(row.person()) && Below(8) == 0) {
      in.push_back(row.person());
    }
  }
  if (in.empty()) return;
  Decide(v1::INCLUDE, in);
  ++counts_.excluded;
}

}  // namespace roster::crash
