// Nobody is told to run what they may not, by rosterd's own table of who may what.

#include "client/notify/wording.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "client/notify/matters.h"
#include "daemon/access/access.h"
#include "tests/unit/access/asked.h"
#include "tests/unit/notify/entries.h"

namespace roster::notify {
namespace {

using model::Role;

// What a command of rosterctl asks rosterd for.
std::vector<model::RequestBody> RequestsOf(const std::string& command) {
  std::istringstream words(command);
  std::string program;
  std::string option;
  std::string school;
  std::string name;
  std::string more;
  words >> program >> option >> school >> name;
  EXPECT_EQ(program + " " + option + " " + school, "rosterctl --school tcs") << command;
  if (words >> more && more.find_first_not_of("0123456789.") == std::string::npos) name += " N";
  return access::AskedBy(name);
}

std::vector<Role> RolesIn(const std::string& words) {
  std::vector<Role> roles;
  if (words.find("reviewer") != std::string::npos) roles.push_back(Role::kReviewer);
  if (words.find("approver") != std::string::npos) roles.push_back(Role::kApprover);
  if (words.find("operator") != std::string::npos) roles.push_back(Role::kOperator);
  EXPECT_FALSE(roles.empty()) << words;
  return roles;
}

void MayRun(const std::string& whom, const std::vector<std::string>& commands) {
  for (const std::string& command : commands) {
    if (command.starts_with("systemctl ")) continue;
    for (const model::RequestBody& request : RequestsOf(command)) {
      for (const Role role : RolesIn(whom)) {
        EXPECT_TRUE(access::RolesFor(request).Has(role)) << whom << " may not: " << command;
      }
    }
  }
}

v1::Entry ReviewOfErrors() {
  v1::Entry entry = Review(1);
  entry.mutable_review_required()->set_new_errors(2);
  return entry;
}

v1::Entry BackupFailed() {
  v1::Entry entry = EntryOf(1);
  entry.mutable_backup_failed()->set_message("There is no room.");
  return entry;
}

v1::Entry PutBack() {
  v1::Entry entry = EntryOf(1);
  entry.mutable_restored()->set_backup(12);
  entry.mutable_restored()->set_open_tasks(3);
  return entry;
}

TEST(Wording, WhomItAwaitsMayRunWhatItNames) {
  const std::vector<v1::Entry> entries{Review(1),
                                       ReviewOfErrors(),
                                       Held(1, 7),
                                       First(1, 7),
                                       Rejected(1),
                                       Stopped(1),
                                       Away(1),
                                       BackupFailed(),
                                       PutBack(),
                                       Dead(1, 3),
                                       Unknown(1, 3, true),
                                       SiteStopped(1),
                                       SiteStopped(1, "connect"),
                                       Refused(1),
                                       Refused(1, "same-person"),
                                       Refused(1, "other-actor")};
  for (const v1::Entry& entry : entries) {
    const Telling telling = Tell(entry, "tcs");
    ASSERT_FALSE(telling.commands.empty()) << telling.headline;
    MayRun(telling.awaits, telling.commands);
    if (!telling.others.empty()) MayRun(telling.others, telling.others_commands);
    MayRun(telling.awaits, {AcknowledgeCommand(1, "tcs")});
  }
  // Every event that can await somebody is among them.
  const auto* events = v1::Entry::descriptor()->FindOneofByName("event");
  for (int i = 0; i < events->field_count(); ++i) {
    v1::Entry entry = EntryOf(1);
    const auto* reflection = v1::Entry::GetReflection();
    reflection->MutableMessage(&entry, events->field(i));
    if (entry.has_plan_prepared()) entry = Held(1, 7);
    if (entry.has_task_unknown()) entry = Unknown(1, 3, true);
    if (entry.has_request_refused()) entry = Refused(1);
    if (!Awaits(entry, 1, 1)) continue;
    EXPECT_TRUE(std::any_of(entries.begin(), entries.end(), [&](const v1::Entry& one) {
      return one.event_case() == entry.event_case();
    })) << events->field(i)->name();
  }
}

// A retried task moves to another file: who goes by the first one uploads it twice.
TEST(Wording, ImportFilesAreThoseOfARetryToo) {
  v1::Entry entry = Unknown(1, 3, true);
  entry.mutable_task_unknown()->set_action(v1::ADD);
  entry.mutable_task_unknown()->set_person(4711);
  entry.mutable_task_unknown()->set_reason("to-upload");
  const Telling telling = Tell(entry, "tcs");
  EXPECT_NE(telling.what.find("The add of person 4711"), std::string::npos) << telling.what;
  EXPECT_NE(telling.what.find("plan-7-add.csv, or, after a retry, in the newest plan-7-add-N.csv"),
            std::string::npos)
      << telling.what;
  EXPECT_NE(telling.what.find("--except"), std::string::npos) << telling.what;
}

}  // namespace
}  // namespace roster::notify
