// Who may do what: the table written out once more, by hand, and how a peer becomes somebody.

#include "daemon/access/access.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace roster::access {
namespace {

using model::Grant;
using model::Peer;
using model::Role;

constexpr char kAda[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
constexpr char kBob[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

// v viewer, r reviewer, a approver, o operator, w worker, s subscriber; of WhoAmI: everybody.
const std::map<std::string, std::string> kTable = {
    {"GetStatus", "vraows"}, {"StartPoll", "ro"},   {"GetPoll", "vrao"},
    {"ListUsers", "vra"},    {"Decide", "r"},       {"PreparePlan", "ra"},
    {"GetPlan", "vra"},      {"ListPlans", "vra"},  {"ListPlan", "vra"},
    {"ApprovePlan", "a"},    {"ListTasks", "vra"},  {"RetryTasks", "ao"},
    {"Explain", "vra"},      {"Replay", "vraos"},   {"DecideFamilies", "r"},
    {"ListFamilies", "vra"}, {"ListGroups", "vra"}, {"ResolveGroup", "r"},
    {"DecideMatch", "r"},    {"ConfirmTasks", "a"}, {"VerifyState", "vraos"},
    {"WhoAmI", ""},          {"Reload", "o"},       {"Acknowledge", "rao"},
    {"Forget", "o"},         {"MakeBackup", "o"},   {"ListBackups", "o"},
};

constexpr std::pair<char, Role> kLetters[] = {{'v', Role::kViewer},   {'r', Role::kReviewer},
                                              {'a', Role::kApprover}, {'o', Role::kOperator},
                                              {'w', Role::kWorker},   {'s', Role::kSubscriber}};

template <std::size_t... I>
std::vector<model::RequestBody> EachBody(std::index_sequence<I...>) {
  return {model::RequestBody(std::in_place_index<I>)...};
}
std::vector<model::RequestBody> EachBody() {
  return EachBody(std::make_index_sequence<std::variant_size_v<model::RequestBody>>());
}

TEST(AccessTable, EachRequestIsForTheRolesWrittenHere) {
  std::set<std::string> seen;
  for (const model::RequestBody& body : EachBody()) {
    const std::string name(RequestName(body));
    seen.insert(name);
    ASSERT_TRUE(kTable.contains(name)) << name;
    for (const auto& [letter, role] : kLetters) {
      EXPECT_EQ(RolesFor(body).Has(role), kTable.at(name).find(letter) != std::string::npos)
          << name << " " << RoleWord(role);
    }
    EXPECT_EQ(RolesFor(body).empty(), name == "WhoAmI") << name;
  }
  EXPECT_EQ(seen.size(), kTable.size());
}

TEST(AccessTable, WorkersAndListeners) {
  for (const auto& [letter, role] : kLetters) {
    EXPECT_EQ(kMayWork.Has(role), letter == 'w');
    EXPECT_EQ(kMayHear.Has(role), letter != 'w');
    EXPECT_TRUE(kAnyRole.Has(role));
  }
}

Grant Give(const std::string& name, std::vector<Role> roles) {
  Grant grant;
  grant.name = name;
  grant.roles = std::move(roles);
  return grant;
}

Grant ToUser(const std::string& name, std::int64_t uid, std::vector<Role> roles) {
  Grant grant = Give(name, std::move(roles));
  grant.uids = {uid};
  return grant;
}

Peer User(std::int64_t uid, std::int64_t gid = -1, std::vector<std::int64_t> groups = {}) {
  Peer peer;
  peer.uid = uid;
  peer.gid = gid;
  peer.groups = std::move(groups);
  return peer;
}

Peer Key(const std::string& key) {
  Peer peer;
  peer.key = key;
  return peer;
}

TEST(Identify, ByUserGroupSupplementaryGroupAndKey) {
  Grant ada = ToUser("ada", 1000, {Role::kViewer});
  Grant office = Give("office", {Role::kReviewer});
  office.gids = {50};
  Grant far = Give("far", {Role::kApprover});
  far.keys = {kAda};
  const Access access({ada, office, far});

  EXPECT_EQ(access.Identify(User(1000)).everywhere, Roles(Role::kViewer));
  EXPECT_EQ(access.Identify(User(7, 50)).everywhere, Roles(Role::kReviewer));
  EXPECT_EQ(access.Identify(User(7, 8, {9, 50})).everywhere, Roles(Role::kReviewer));
  EXPECT_EQ(access.Identify(Key(kAda)).everywhere, Roles(Role::kApprover));
  EXPECT_TRUE(access.Identify(Key(kBob)).everywhere.empty());
  EXPECT_TRUE(access.Identify(User(1001, 51, {49, 52})).everywhere.empty());

  const Principal both = access.Identify(User(1000, 1000, {50}));
  EXPECT_EQ(both.everywhere, Roles(Role::kViewer, Role::kReviewer));
  EXPECT_EQ(both.names, (std::vector<std::string>{"ada", "office"}));
  EXPECT_EQ(both.actor, "uid:1000");
  EXPECT_FALSE(both.by_key);
}

TEST(Identify, AKeyIsNeverKnownByAUser) {
  Grant ada = ToUser("ada", 1000, {Role::kApprover});
  ada.gids = {50};
  Peer peer = Key(kBob);
  peer.uid = 1000;
  peer.gid = 50;
  peer.groups = {50};
  const Principal who = Access({ada}).Identify(peer);
  EXPECT_TRUE(who.everywhere.empty());
  EXPECT_TRUE(who.names.empty());
  EXPECT_TRUE(who.by_key);
  EXPECT_EQ(who.actor, model::KeyName(kBob));
}

TEST(Identify, WhoeverIsNotAttestedFitsNobody) {
  Grant careless = ToUser("careless", -1, {Role::kOperator});
  careless.gids = {-1};
  careless.keys = {""};
  const Access access({careless});
  EXPECT_TRUE(access.Identify(Peer()).everywhere.empty());
  EXPECT_TRUE(access.Identify(User(-1, 50, {50})).everywhere.empty());
  EXPECT_EQ(access.Identify(Peer()).actor, "unattested");
  EXPECT_TRUE(Access().Identify(User(0)).everywhere.empty()) << "root neither, unless granted";
}

TEST(Identify, RolesAreOfTheSchoolsNamedOrOfAll) {
  Grant here = ToUser("ada", 1000, {Role::kApprover});
  here.schools = {SchoolId("tcs"), SchoolId("scs")};
  const Access access({here, ToUser("ada", 1000, {Role::kViewer})});
  const Principal who = access.Identify(User(1000));
  EXPECT_EQ(who.In(SchoolId("tcs")), Roles(Role::kViewer, Role::kApprover));
  EXPECT_EQ(who.In(SchoolId("other")), Roles(Role::kViewer));
  EXPECT_EQ(who.Anywhere(), Roles(Role::kViewer, Role::kApprover));
  EXPECT_EQ(who.names, std::vector<std::string>{"ada"}) << "each once";

  const Principal only = Access({here}).Identify(User(1000));
  EXPECT_TRUE(only.In(SchoolId("other")).empty());
  EXPECT_TRUE(only.everywhere.empty());
}

TEST(Identify, KeysThatNoGrantNamesAreNotKnown) {
  Grant ada = Give("ada", {Role::kViewer});
  ada.keys = {kAda};
  const Access access({ada});
  EXPECT_TRUE(access.Knows(kAda));
  EXPECT_FALSE(access.Knows(kBob));
  EXPECT_FALSE(access.Knows(""));
}

TEST(SamePerson, ByActorOrByAName) {
  Grant user = ToUser("ada", 1000, {Role::kApprover});
  Grant key = Give("ada", {Role::kApprover});
  key.keys = {kAda};
  const Access access({user, key, ToUser("bob", 1001, {Role::kApprover})});
  const Principal ada = access.Identify(User(1000));
  EXPECT_TRUE(SamePerson(ada, "uid:1000", ""));
  EXPECT_TRUE(SamePerson(ada, model::KeyName(kAda), "ada")) << "by another door";
  EXPECT_FALSE(SamePerson(ada, "uid:1001", "bob"));
  EXPECT_FALSE(SamePerson(ada, "uid:1001", ""));
  Principal nameless;
  nameless.actor = "uid:5";
  EXPECT_FALSE(SamePerson(nameless, "uid:6", "")) << "no name is nobody's name";
}

TEST(Refusals, SayWhatIsNeededAndWhatToDo) {
  const Error missing = RoleMissing("StartPoll", Roles(Role::kOperator, Role::kReviewer));
  EXPECT_EQ(missing.code, Code::kRefused);
  EXPECT_EQ(missing.reason, "role-missing");
  EXPECT_NE(missing.message.find("StartPoll needs the role reviewer or operator"),
            std::string::npos)
      << missing.message;
  EXPECT_NE(missing.message.find("rosterctl whoami"), std::string::npos);
  const Error none = NoRoleAtAll("uid:1000");
  EXPECT_EQ(none.code, Code::kRefused);
  EXPECT_EQ(none.reason, "no-role");
  EXPECT_NE(none.message.find("uid:1000"), std::string::npos);
}

TEST(RolesSet, AddsAndLists) {
  Roles roles;
  EXPECT_TRUE(roles.empty());
  roles.Add(Role::kSubscriber);
  roles.Add(Roles(Role::kViewer));
  EXPECT_EQ(roles.List(), (std::vector<Role>{Role::kViewer, Role::kSubscriber}));
  EXPECT_TRUE(roles.HasAnyOf(kMayHear));
  EXPECT_FALSE(roles.HasAnyOf(kMayWork));
}

TEST(PublicKeys, AreFortyCharactersOfZ85) {
  EXPECT_TRUE(model::IsPublicKey(kAda));
  EXPECT_FALSE(model::IsPublicKey(std::string(39, 'a')));
  EXPECT_FALSE(model::IsPublicKey(std::string(41, 'a')));
  EXPECT_FALSE(model::IsPublicKey(std::string(39, 'a') + "\""));
  EXPECT_EQ(model::KeyName(kAda).size(), 4U + 16U);
  EXPECT_NE(model::KeyName(kAda), model::KeyName(kBob));
}

}  // namespace
}  // namespace roster::access
