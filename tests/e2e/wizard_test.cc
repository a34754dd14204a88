// The wizard's seven steps, from the poll to the invitations, by rosterctl alone on the sandbox
// school, in both modes: at each step every list and every count is what an independent computation
// (expected.h) makes of the sandbox's own data. Then what comes after: a poll with nothing new, the
// undo, and decisions that hold until what they were made on changes.

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "tests/e2e/review_check.h"
#include "tests/sandbox/school_rows.h"

namespace roster::e2e {
namespace {

using sandbox::kParentStudent;
using sandbox::kPeople;
using sandbox::kPersonFamily;

// People of the school to whom something is to happen. 0: nobody in this mode.
struct Cast {
  std::int64_t holder = 0, other = 0;          // one address; the holder keeps it
  std::int64_t first = 0, with_email2 = 0;     // one address; the latter has another
  std::int64_t stays = 0, goes = 0;            // one address; the latter is deselected
  std::int64_t ambiguous = 0;                  // two accounts fit
  std::int64_t taken = 0;                      // the account that fits is somebody else's
  std::int64_t deselected = 0, excluded = 0;   // without any error
  std::int64_t excluded_error = 0;             // without an e-mail
  std::int64_t third = 0;                      // gets the holder's address, later
  std::int64_t logged_in = 0;                  // before the invitations go
  std::int64_t family = 0, family_member = 0;  // excluded as a whole
  std::int64_t home = 0;                       // a family that somebody joins, later
  std::string account;                         // of `ambiguous`
};

class Wizard : public ::testing::TestWithParam<std::tuple<Mode, std::uint64_t>> {
 protected:
  static WorldOptions Options() {
    WorldOptions options = SmallSchool(std::get<1>(GetParam()));
    options.sandbox.school.people = 460;
    options.sandbox.school.enrolled = 80;
    options.accounts = mode() == Mode::kParents ? "parents" : "students";
    options.more = "    invite: {cooldown: 7d, batch: 1000}\n";
    return options;
  }

  static Mode mode() { return std::get<0>(GetParam()); }
  static bool parents() { return mode() == Mode::kParents; }

  Review Now() { return ReviewNow(world_, mode(), decided_); }

  // What FACTS says of them from now on.
  void Edit(std::int64_t person, const char* field, const Json& value) {
    const std::unique_lock lock(world_.sandbox().school().mutex());
    world_.sandbox().school().SetPersonField(person, field, sandbox::Json::parse(value.dump()));
  }

  void Remove(std::string_view table, const std::string& key, std::int64_t id) {
    const std::unique_lock lock(world_.sandbox().school().mutex());
    world_.sandbox().school().table(table).RemoveIf(
        [&](std::string_view row) { return sandbox::IntOf(row, key) == id; });
  }

  void EditRows(std::string_view table, const std::string& key, std::int64_t id, const char* field,
                const Json& value) {
    const std::unique_lock lock(world_.sandbox().school().mutex());
    sandbox::Table& rows = world_.sandbox().school().table(table);
    for (const std::uint32_t at : rows.Find(key, id)) {
      rows.Replace(at, sandbox::WithField(rows[at], field, sandbox::Json::parse(value.dump())));
    }
  }

  // Another parent of a family's children, who lives with them.
  std::int64_t AddParent(std::int64_t family, std::int64_t like, const std::string& email) {
    const std::unique_lock lock(world_.sandbox().school().mutex());
    sandbox::School& school = world_.sandbox().school();
    const std::int64_t id = school.NewPersonId();
    const std::string row(school.table(kPeople)[*school.PersonRow(like)]);
    std::string person = sandbox::WithField(row, "personId", id);
    person = sandbox::WithField(person, "firstName", "Third");
    person = sandbox::WithField(person, "email2", "");
    school.table(kPeople).Add(sandbox::WithField(person, "email", email));
    school.table(kPersonFamily).Add(sandbox::RowOf(sandbox::Member{id, family, true, false, 7}));
    std::vector<std::int64_t> children;
    for (const std::uint32_t at : school.table(kParentStudent).Find("parentID", like)) {
      children.push_back(sandbox::IntOf(school.table(kParentStudent)[at], "studentID"));
    }
    for (const std::int64_t child : children) {
      school.table(kParentStudent).Add(sandbox::RowOf(sandbox::Tie{id, child, "Guardian"}));
    }
    return id;
  }

  // An account that somebody has made on the site.
  std::string Seed(const std::string& user_name, const std::string& email, bool active,
                   const char* role = nullptr, const std::string& external_id = "") {
    sandbox::Json user = {{"userName", user_name},
                          {"name", {{"givenName", "Olden"}, {"familyName", "Dayes"}}},
                          {"emails", sandbox::Json::array({{{"value", email}, {"primary", true}}})},
                          {"active", active}};
    if (role != nullptr) user["roles"] = sandbox::Json::array({{{"value", role}}});
    if (!external_id.empty()) user["externalId"] = external_id;
    return world_.sandbox().store().Seed(user).id;
  }

  static std::string Second(std::int64_t person) {
    return "second." + Id(person) + "@work.example.com";
  }

  // The three duplicates of the story, and the accounts, of these.
  void Share(const Review& review) {
    const auto email = [&](std::int64_t person) { return review.people.at(person).email; };
    // The same to whoever compares by NFKC and case folding: a wide letter, and capitals.
    std::string wide = email(cast_.holder);
    std::transform(wide.begin(), wide.end(), wide.begin(),
                   [](char c) { return static_cast<char>(std::toupper(c)); });
    const unsigned char letter = static_cast<unsigned char>(wide[0]);
    wide = std::string("\xEF\xBC") + static_cast<char>(0x80 + letter - 0x20) + wide.substr(1);
    ASSERT_EQ(Key(wide), Key(email(cast_.holder)));
    Edit(cast_.other, "email", wide);
    Edit(cast_.with_email2, "email", email(cast_.first));
    Edit(cast_.with_email2, "email2", Second(cast_.with_email2));
    cast_.account = Seed(email(cast_.ambiguous), email(cast_.ambiguous), true);
    Seed("another." + Id(cast_.ambiguous) + "@example.org", email(cast_.ambiguous), true);
    Seed(email(cast_.taken), email(cast_.taken), true, nullptr, "another-school:17");
  }

  void SpoilStudents() {
    const Review review = Now();
    const Persons plain = Those(review, [](const Person& person) {
      return person.reason == "undecided" && person.situation == "NEW" && person.rivals.empty();
    });
    ASSERT_GE(plain.size(), 14U);
    auto next = plain.begin();
    for (std::int64_t* one : {&cast_.holder, &cast_.other, &cast_.first, &cast_.with_email2,
                              &cast_.stays, &cast_.goes, &cast_.ambiguous, &cast_.taken,
                              &cast_.deselected, &cast_.excluded, &cast_.third, &cast_.logged_in}) {
      *one = *next++;
    }
    Edit(cast_.goes, "email", review.people.at(cast_.stays).email);
    cast_.excluded_error = *Those(review, [](const Person& person) {
                              return person.reason == "missing-email";
                            }).begin();
    Share(review);
  }

  void SpoilParents() {
    const Review review = Now();
    // Families of two parents, one listed first, without any fault so far.
    std::vector<std::pair<std::int64_t, std::int64_t>> couples;
    const auto is_plain = [](const Person& person) {
      return person.reason == "undecided" && person.situation == "NEW" && person.rivals.empty() &&
             person.families.size() == 1 && person.mismatch.empty();
    };
    for (const auto& [id, person] : review.people) {
      if (!is_plain(person) || !person.families.begin()->second) continue;
      for (const auto& [other_id, other] : review.people) {
        if (id == other_id || !is_plain(other)) continue;
        if (other.families.begin()->first != person.families.begin()->first) continue;
        if (!other.families.begin()->second) couples.emplace_back(id, other_id);
      }
    }
    ASSERT_GE(couples.size(), 17U);
    const auto family = [&](std::size_t couple) {
      return review.people.at(couples[couple].first).families.begin()->first;
    };
    const auto email = [&](std::int64_t person) { return review.people.at(person).email; };
    cast_.holder = couples[0].first;  // in several families: an error
    cast_.other = couples[1].first;
    cast_.first = couples[2].first;  // in one family, listed first among them: an error
    cast_.with_email2 = couples[2].second;
    cast_.stays = couples[3].second;  // in one family, listed second and lower: a warning
    cast_.goes = AddParent(family(3), cast_.stays, email(cast_.stays));
    EditRows(kParentStudent, "parentID", couples[4].second, "pwBlock", true);
    EditRows(kParentStudent, "parentID", couples[5].second, "custody", true);
    Remove(kPersonFamily, "personId", couples[5].second);   // the graphs disagree
    Remove(kParentStudent, "parentID", couples[6].second);  // and here, which is only marked
    Edit(couples[7].second, "deceased", true);
    Remove(kPeople, "personId", couples[8].second);
    Edit(couples[9].first, "email", "");
    cast_.excluded_error = couples[9].first;
    Edit(couples[10].second, "email", "none");
    Seed(email(couples[11].first), email(couples[11].first), true);
    Seed(email(couples[11].second), email(couples[11].second), false);
    Seed(email(couples[12].first), email(couples[12].first), true, "coordinator");
    cast_.ambiguous = couples[12].second;
    cast_.taken = couples[13].first;
    cast_.excluded = couples[13].second;
    cast_.family = family(14);
    cast_.family_member = couples[14].second;
    cast_.deselected = couples[15].second;
    cast_.home = family(15);
    cast_.third = couples[16].first;
    cast_.logged_in = couples[16].second;
    Share(review);
  }

  void Spoil() { parents() ? SpoilParents() : SpoilStudents(); }

  // The group that holds them, as rosterctl shows it.
  Json GroupOf(std::int64_t person) {
    for (Json& row : world_.CtlJson({"duplicates", "--status", "all"})) {
      for (const Json& member : row.at("members")) {
        if (Int(member, "person") == person) return row;
      }
    }
    ADD_FAILURE() << "no duplicate holds " << person;
    return Json::object();
  }

  // What the independent computation makes of what the sandbox holds is what all lists show.
  void Check(const char* step) {
    SCOPED_TRACE(step);
    ExpectReview(world_, Now());
  }

  void Do(const std::vector<std::string>& command) {
    const Finished finished = world_.Ctl(command);
    EXPECT_EQ(finished.code, 0) << command[0] << ": " << finished.out << finished.err;
  }

  void Word(const Persons& persons, const char* word) {
    const Review review = Now();
    for (const std::int64_t person : persons) {
      decided_.persons[person] = word;
      decided_.made_on[person] = BasisOf(review.people.at(person));
    }
  }

  static std::uint64_t CountOf(const std::map<std::string, std::uint64_t>& counts,
                               const char* name) {
    const auto at = counts.find(name);
    return at == counts.end() ? 0 : at->second;
  }

  static Persons Fresh(const Review& review) {
    return Those(review, [](const Person& person) { return person.status == "STATUS_NEW"; });
  }

  void SelectAll() {
    Word(Fresh(Now()), "sync");
    world_.SelectAllNew();
  }

  void Keep(std::int64_t group_number, std::int64_t holder) {
    const Review review = Now();
    const int group = review.people.at(holder).group;
    ASSERT_GE(group, 0);
    Decided::Keep keep{holder, {}};
    for (const std::int64_t member : review.groups[static_cast<std::size_t>(group)].members) {
      keep.then[member] = Key(review.people.at(member).email);
    }
    // The last word on a duplicate counts.
    std::erase_if(decided_.keeps, [&](const auto& word) { return word.then.contains(holder); });
    decided_.keeps.push_back(keep);
    Do({"resolve", Id(group_number), "--keep", Id(holder)});
  }

  // The preset of the user review: new users, and in parent mode their relatives for context.
  void ExpectPreset() {
    const Review review = Now();
    const Persons fresh = Fresh(review);
    const Persons relatives = Those(review, [&](const Person& person) {
      if (fresh.contains(person.id)) return false;
      return std::any_of(fresh.begin(), fresh.end(), [&](std::int64_t other) {
        const auto& families = review.people.at(other).families;
        return std::any_of(families.begin(), families.end(), [&](const auto& place) {
          return person.families.contains(place.first);
        });
      });
    });
    Persons shown, context;
    for (const Json& row : world_.CtlJson({"users"})) {
      Persons& into = Flag(row, "context") ? context : shown;
      EXPECT_TRUE(into.insert(Int(row, "person")).second) << "shown twice: " << row.dump();
    }
    EXPECT_EQ(shown, fresh);
    EXPECT_EQ(context, relatives);
  }

  // ---- the steps ----

  void StepOne() {
    world_.Poll();
    Check("preview");
    ExpectPreset();
    EXPECT_EQ(world_.CountEvents("reviewRequired"), 1U);
    EXPECT_TRUE(world_.Effects().empty());

    // At the top of the screen: how many are new, and of how many families.
    const Review review = Now();
    const Finished screen = world_.Ctl({"users"});
    EXPECT_EQ(screen.code, 0) << screen.err;
    EXPECT_NE(screen.out.find(Id(static_cast<std::int64_t>(review.counters.at("fresh")))),
              std::string::npos)
        << screen.out;

    // Sync? by filters: a grade's students, or a family's parents.
    Persons some;
    if (parents()) {
      const std::int64_t family = review.people.at(cast_.third).families.begin()->first;
      for (const std::int64_t id : Fresh(review)) {
        if (review.people.at(id).families.contains(family)) some.insert(id);
      }
      Do({"select", "--all", "--family", Id(family)});
    } else {
      const std::string grade = review.people.at(cast_.third).grade;
      for (const std::int64_t id : Fresh(review)) {
        if (review.people.at(id).grade == grade) some.insert(id);
      }
      Do({"select", "--all", "--grade", grade});
    }
    ASSERT_FALSE(some.empty());
    Word(some, "sync");
    Check("select with a filter");
    SelectAll();
    Check("select all that are new");
    Do({"deselect", Id(cast_.deselected)});
    Word({cast_.deselected}, "skip");
    Check("deselect");
    ExpectPreset();
  }

  void StepTwo() {
    EXPECT_EQ(Text(GroupOf(cast_.goes), "severity"), parents() ? "warning" : "error");
    EXPECT_EQ(Text(GroupOf(cast_.holder), "severity"), "error");
    EXPECT_EQ(Text(GroupOf(cast_.first), "severity"), "error");

    Keep(Int(GroupOf(cast_.holder), "group"), cast_.holder);
    Check("resolve --keep");
    EXPECT_FALSE(Flag(GroupOf(cast_.holder), "open"));

    decided_.email2.insert(cast_.with_email2);
    Do({"resolve", Id(Int(GroupOf(cast_.first), "group")), "--use-email2", Id(cast_.with_email2)});
    Check("resolve --use-email2");

    Do({"deselect", Id(cast_.goes)});
    Word({cast_.goes}, "skip");
    Check("a duplicate resolved by deselecting");

    // A stranger to the group cannot hold its address, and nothing is decided.
    const Finished refused = world_.Ctl(
        {"resolve", Id(Int(GroupOf(cast_.holder), "group")), "--keep", Id(cast_.deselected)});
    EXPECT_NE(refused.code, 0);
    EXPECT_NE(refused.err.find("Nothing was decided"), std::string::npos) << refused.err;

    EXPECT_EQ(PersonsOf(world_.CtlJson({"matches"})), Those(Now(), [](const Person& person) {
                return person.situation == "AMBIGUOUS" && person.reason == "ambiguous";
              }));
    decided_.matches[cast_.ambiguous] = cast_.account;
    Do({"match", Id(cast_.ambiguous), "--account", cast_.account});
    Check("match");
  }

  void StepThree() {
    const std::set<std::string> errors = {"missing-email", "no-person", "graphs-disagree",
                                          "ambiguous", "lost"};
    const auto held = [&](const Person& person) {
      return person.status == "STATUS_ERROR" && errors.contains(person.reason);
    };
    EXPECT_EQ(PersonsOf(world_.CtlJson({"excluded"})), Those(Now(), held));
    Do({"exclude", "person", Id(cast_.excluded), Id(cast_.excluded_error), "--note",
        "asked by the office"});
    Word({cast_.excluded, cast_.excluded_error}, "exclude");
    Check("exclude person");
    if (parents()) {
      Do({"exclude", "family", Id(cast_.family), "--note", "home-schooled this year"});
      decided_.families.insert(cast_.family);
      Check("exclude family");
    }
    ExpectOnPurpose();
    EXPECT_EQ(PersonsOf(world_.CtlJson({"excluded"})), Those(Now(), held));
  }

  void ExpectOnPurpose() {
    Persons families, users;
    for (const Json& row : world_.CtlJson({"excluded", "--status", "on-purpose"})) {
      if (!row.contains("person")) {
        families.insert(Int(row, "family"));
        EXPECT_EQ(Text(row, "note"), "home-schooled this year");
        EXPECT_NE(Text(row, "actor"), "");
        continue;
      }
      users.insert(Int(row, "person"));
      const bool by_word = decided_.persons[Int(row, "person")] == "exclude";
      EXPECT_EQ(Text(row, "note"), by_word ? "asked by the office" : "home-schooled this year");
    }
    EXPECT_EQ(families, decided_.families);
    EXPECT_EQ(users,
              Those(Now(), [](const Person& person) { return person.reason == "excluded"; }));
  }

  void StepFour() {
    ExpectPreset();
    SelectAll();
    Check("review of everybody");
  }

  void StepFive() {
    ExpectPlan(world_, Now());
    EXPECT_TRUE(world_.Effects().empty()) << "nothing before the approval";
  }

  // Approves today's plan, and expects exactly it on the site. The plan's number.
  std::int64_t Sync(const std::vector<std::string>& more) {
    const Review before = Now();
    const auto accounts = AccountsNow(world_);
    const std::size_t from = world_.Effects().size();
    std::vector<std::string> command = {"sync", "--yes", "--wait"};
    command.insert(command.end(), more.begin(), more.end());
    const auto said = world_.CtlJson(command);
    EXPECT_EQ(Done(world_, from), Effects(before));
    Persons touched =
        Those(before, [](const Person& person) { return person.action != "ACTION_UNSPECIFIED"; });
    std::map<std::string, Json> now;
    for (const Json& account : AccountsNow(world_)) now[Text(account, "id")] = account;
    for (const Json& account : accounts) {
      const bool planned = std::any_of(touched.begin(), touched.end(), [&](std::int64_t id) {
        return before.people.at(id).account == Text(account, "id");
      });
      if (!planned) {
        EXPECT_EQ(now[Text(account, "id")], account) << "not in the plan";
      }
    }
    return said.empty() ? 0 : Int(said.back(), "plan");
  }

  void StepSix() {
    plan_ = Sync({});
    // The accounts are as FACTS has the people: nothing is left to be done.
    EXPECT_TRUE(Effects(Now()).empty());
    EXPECT_EQ(world_.CountEvents("syncCompleted"), 1U);

    world_.Poll();
    Check("after the sync");
    const std::string head = Text(world_.School(), "head");
    world_.Poll();
    const Json school = world_.School();
    EXPECT_EQ(Number(school["lastPoll"], "rowsChanged"), 0U);
    EXPECT_EQ(Text(school, "head"), head) << "an unchanged poll makes no entry";
    EXPECT_EQ(world_.CountEvents("reviewRequired"), 1U) << "nothing is asked again";
    Check("a second poll");
  }

  static std::multiset<std::string> Invited(const Persons& persons) {
    std::multiset<std::string> effects;
    for (const std::int64_t person : persons) effects.insert("tcs:" + Id(person) + " invite");
    return effects;
  }

  void StepSeven() {
    world_.sandbox().store().Access("tcs:" + Id(cast_.logged_in));
    world_.Poll();
    const Review review = Now();
    Persons uninvited = Those(review, [&](const Person& person) {
      return person.linked && person.active && person.eligible && person.reason == "in-step" &&
             person.id != cast_.logged_in;
    });
    ASSERT_GT(uninvited.size(), 10U);
    const Persons everybody = uninvited;
    std::size_t from = world_.Effects().size();
    const std::size_t first = from;
    while (!uninvited.empty()) {
      Do({"invite", "--never-accessed", "--batch", "10", "--yes", "--wait"});
      const auto done = Done(world_, from);
      from = world_.Effects().size();
      ASSERT_EQ(done.size(), std::min<std::size_t>(10, uninvited.size()));
      for (auto person = uninvited.begin(); person != uninvited.end();) {
        person = done.contains("tcs:" + Id(*person) + " invite") ? uninvited.erase(person)
                                                                 : std::next(person);
      }
    }
    EXPECT_EQ(Done(world_, first), Invited(everybody)) << "each once, and nobody else";

    // At once again: all are within the cool-down.
    const auto again = world_.CtlJson({"invite", "--never-accessed", "--yes", "--wait"});
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(Number(again[0].at("plan"), "items"), 0U);
    EXPECT_EQ(Number(again[0].at("plan"), "recentlyInvited"), everybody.size());
    const Finished named = world_.Ctl({"invite", Id(*everybody.begin()), "--yes", "--wait"});
    EXPECT_EQ(named.code, 3) << named.out << named.err;
    EXPECT_EQ(world_.Effects().size(), from);
    EXPECT_EQ(PersonsOf(world_.CtlJson({"invite", "--log"})), everybody);
    Check("after the invitations");
  }

  // ---- and after ----

  // The inverse of the sync is a plan like any other; what it claims to bring back is back.
  void Undo() {
    const auto shown = world_.CtlJson({"undo", Id(plan_)});
    ASSERT_EQ(shown.size(), 1U);
    const Json& plan = shown[0].at("plan");
    EXPECT_EQ(Int(plan, "undoOf"), plan_);
    const std::string number = Id(Int(plan, "plan"));
    const auto items = world_.CtlJson({"plan", number, "--action", "all"});
    Persons claimed = PersonsOf(items);
    Persons applied;
    for (const Json& task : world_.CtlJson({"tasks", "--plan", Id(plan_)})) {
      applied.insert(Int(task, "person"));
    }
    for (const Json& left : plan.at("notUndone")) {
      EXPECT_FALSE(claimed.contains(Int(left, "person")));
      claimed.insert(Int(left, "person"));
      EXPECT_NE(Text(left, "sentence"), "");
    }
    EXPECT_EQ(claimed, applied) << "each is taken back, or it is said why not";

    // So many archives are held, like those of any plan; the reason is on record.
    const Finished held = world_.Ctl({"sync", number, "--yes", "--wait"});
    EXPECT_EQ(held.code, 3) << held.out << held.err;
    EXPECT_NE((held.out + held.err).find("archive"), std::string::npos) << held.out << held.err;
    const std::size_t from = world_.Effects().size();
    Do({"sync", number, "--override-guard", "--reason", "the wrong list", "--wait"});
    std::multiset<std::string> wanted;
    for (const Json& item : items) {
      const std::string who = "tcs:" + Text(item, "person");
      const auto account = world_.sandbox().store().Find(who);
      ASSERT_TRUE(account);
      const Json user = Json::parse(account->json);
      if (Text(item, "action") == "ARCHIVE") {
        wanted.insert(who + " archive");
        EXPECT_FALSE(Flag(user, "active")) << who;
        continue;
      }
      ASSERT_EQ(Text(item, "action"), "UPDATE");
      wanted.insert(who + " update");
      for (const Json& field : item.at("fields")) {
        const std::string path = Text(field, "field");
        const Json name = user.value("name", Json::object());
        if (path == "name.givenName") {
          EXPECT_EQ(Text(name, "givenName"), Text(field, "after"));
        }
        if (path == "name.familyName") {
          EXPECT_EQ(Text(name, "familyName"), Text(field, "after"));
        }
      }
    }
    EXPECT_EQ(Done(world_, from), wanted);
    world_.Poll();
    Check("after the undo");

    // And forward again.
    const Review review = Now();
    ExpectPlan(world_, review);
    Sync({"--override-guard", "--reason", "it was the right list"});
    EXPECT_TRUE(Effects(Now()).empty());
    world_.Poll();
    Check("after the undo of the undo");
  }

  // A decision holds until what it was made on changes, and then says what has changed.
  void DecisionsReturn() {
    const std::string own = Now().people.at(cast_.third).email;
    const std::size_t asked = world_.CountEvents("reviewRequired");
    Edit(cast_.third, "email", Now().people.at(cast_.holder).email);
    world_.Poll();
    Check("somebody gets the address of a resolved duplicate");
    Json group = GroupOf(cast_.holder);
    EXPECT_TRUE(Flag(group, "open"));
    ASSERT_FALSE(group.at("outdated").empty());
    EXPECT_NE(group["outdated"].dump().find(Id(cast_.third)), std::string::npos) << group.dump();
    EXPECT_EQ(world_.CountEvents("reviewRequired"), asked + 1);

    Keep(Int(group, "group"), cast_.holder);
    Check("resolved again");
    EXPECT_FALSE(Flag(GroupOf(cast_.holder), "open"));
    Edit(cast_.third, "email", own);
    world_.Poll();
    Check("and the address is changed back");
    group = GroupOf(cast_.holder);
    EXPECT_TRUE(Flag(group, "open"));
    ASSERT_FALSE(group.at("outdated").empty());
    EXPECT_NE(group["outdated"].dump().find(Id(cast_.third)), std::string::npos) << group.dump();
    Keep(Int(group, "group"), cast_.holder);
    Check("and resolved a third time");

    // The second address, which was chosen, is another one now.
    Edit(cast_.with_email2, "email2", "third." + Id(cast_.with_email2) + "@work.example.com");
    decided_.email2.clear();
    world_.Poll();
    Check("a chosen second address changes");
    group = GroupOf(cast_.with_email2);
    EXPECT_TRUE(Flag(group, "open"));
    EXPECT_FALSE(group.at("outdated").empty()) << "it says what has changed: " << group.dump();
    decided_.email2.insert(cast_.with_email2);
    Do({"resolve", Id(Int(group, "group")), "--use-email2", Id(cast_.with_email2)});
    Check("and is chosen again");
  }

  void ExclusionsLast() {
    const std::size_t asked = world_.CountEvents("reviewRequired");
    Edit(cast_.excluded, "lastName", "Newname");
    Edit(cast_.excluded, "email", "newname." + Id(cast_.excluded) + "@example.org");
    if (parents()) {
      Edit(cast_.family_member, "lastName", "Newname");
      Edit(cast_.family_member, "email", "other." + Id(cast_.family_member) + "@example.org");
    }
    world_.Poll();
    Check("what was excluded changes");
    ExpectOnPurpose();
    EXPECT_EQ(world_.CountEvents("reviewRequired"), asked) << "nobody is asked about it";
  }

  // The new school year: the steps once more, now with archives, changed addresses and names.
  void AnotherYear() {
    const std::size_t asked = world_.CountEvents("reviewRequired");
    world_.sandbox().scenarios().Apply("new-school-year");
    world_.Poll();
    Check("the new school year");
    ExpectPreset();
    EXPECT_EQ(world_.CountEvents("reviewRequired"), asked + 1);
    SelectAll();
    Check("select the new ones");
    const Review review = Now();
    EXPECT_GT(CountOf(review.counters, "toAdd"), 0U);
    ExpectPlan(world_, review);
    Sync({"--override-guard", "--reason", "the year has turned"});
    EXPECT_TRUE(Effects(Now()).empty());
    world_.Poll();
    Check("after the second sync");
    EXPECT_EQ(world_.CountEvents("reviewRequired"), asked + 1);
    if (parents()) return;
    EXPECT_GT(CountOf(review.counters, "toArchive"), 0U);
    EXPECT_GT(CountOf(review.counters, "toUpdate"), 0U);
    // Addresses that are swapped, or that other accounts have, wait for a person.
    world_.sandbox().scenarios().Apply("email-changes");
    world_.Poll();
    Check("addresses in each other's way");
    const Review changed = Now();
    EXPECT_GE(
        CountOf(changed.skipped, "email-collision") + CountOf(changed.skipped, "duplicate-email"),
        2U);
    ExpectPlan(world_, changed);
    Sync({"--override-guard", "--reason", "the rest may go"});
    world_.Poll();
    Check("after the third sync");
  }

  // A new parent of a family whose others were reviewed before: those are shown for context.
  void SomebodyJoins() {
    const Review review = Now();
    std::int64_t like = 0;
    for (const auto& [id, person] : review.people) {
      if (person.families.contains(cast_.home)) like = id;
    }
    ASSERT_NE(like, 0);
    const std::int64_t joined = AddParent(cast_.home, like, "joined@example.net");
    world_.Poll();
    Check("somebody joins a family");
    ExpectPreset();
    bool seen = false;
    std::size_t context = 0;
    for (const Json& row : world_.CtlJson({"users"})) {
      if (Int(row, "person") == joined) {
        seen = true;
        EXPECT_TRUE(Flag(row, "isNew"));
      }
      if (!Flag(row, "context")) continue;
      ++context;
      EXPECT_FALSE(Flag(row, "isNew")) << "reviewed earlier";
    }
    EXPECT_TRUE(seen);
    EXPECT_GE(context, 2U);
  }

  World world_{Options()};
  Cast cast_;
  Decided decided_;
  std::int64_t plan_ = 0;
};

TEST_P(Wizard, ShowsAtEachStepWhatTheDataSays) {
  Spoil();
  if (HasFatalFailure()) return;
  world_.StartDaemon();
  world_.StartWorker();
  StepOne();
  StepTwo();
  StepThree();
  StepFour();
  StepFive();
  StepSix();
  StepSeven();
  Undo();
  DecisionsReturn();
  ExclusionsLast();
  if (parents()) SomebodyJoins();
  AnotherYear();
  for (const Json& effect : world_.Effects()) EXPECT_NE(Text(effect, "effect"), "violation");
}

std::string NameOf(const ::testing::TestParamInfo<Wizard::ParamType>& world) {
  return (std::get<0>(world.param) == Mode::kStudents ? "Students" : "Parents") +
         std::to_string(std::get<1>(world.param));
}

const auto kModes = ::testing::Values(Mode::kStudents, Mode::kParents);
INSTANTIATE_TEST_SUITE_P(School, Wizard, ::testing::Combine(kModes, ::testing::Values(51UL)),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Long, Wizard, ::testing::Combine(kModes, ::testing::Range(52UL, 60UL)),
                         NameOf);

}  // namespace
}  // namespace roster::e2e
