// What needs somebody: that nothing is left out, that each has something to do, and in which order.

#include "client/needs.h"

#include <gtest/gtest.h>

#include <regex>

#include "daemon/access/access.h"
#include "tests/unit/access/asked.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

class NeedsTest : public testing::Test {
 protected:
  NeedsTest() {
    status_ = SampleStatus().status();
    status_.mutable_schools(0)->mutable_counters()->Clear();
  }
  v1::SchoolStatus& School() { return *status_.mutable_schools(0); }
  void Reject(const std::string& reason, const std::string& message) {
    School().mutable_last_poll()->set_state(v1::Poll::REJECTED);
    School().mutable_last_poll()->set_reason(reason);
    School().mutable_last_poll()->set_message(message);
    School().set_source_problem(message);
  }
  // The one that there is.
  Need Only(bool several = false) {
    const std::vector<Need> needs = NeedsOf(status_, several);
    EXPECT_EQ(needs.size(), 1U);
    return needs.empty() ? Need{} : needs.front();
  }

  v1::Status status_;
};

TEST_F(NeedsTest, NothingWhenAllIsWell) { EXPECT_TRUE(NeedsOf(status_, false).empty()); }

TEST_F(NeedsTest, OfASiteWithoutAnApiItSaysWhatToUploadAndWhatToType) {
  School().set_import_directory("/srv/imports");
  School().mutable_tasks()->Clear();
  School().mutable_tasks()->set_unknown(40);
  School().mutable_tasks()->set_resting(40);
  School().clear_plans();
  v1::Plan& plan = *School().add_plans();
  plan.set_plan(12);
  plan.mutable_tasks()->set_resting(40);
  EXPECT_EQ(Only().urgency, Urgency::kReview);
  EXPECT_EQ(Only().what, "40 tasks of plan 12 wait in import files for a person to upload.");
  EXPECT_NE(Only(true).mend.find("/srv/imports/plan-12-*.csv"), std::string::npos);
  EXPECT_NE(Only(true).mend.find("rosterctl confirm --plan 12 --school tcs"), std::string::npos);
  plan.mutable_tasks()->set_resting(0);
  EXPECT_NE(Only().mend.find("rosterctl tasks --state unknown"), std::string::npos);
}

TEST_F(NeedsTest, WhileANewExportIsWantedNothingIsSaidToBePlanned) {
  School().mutable_counters()->set_to_add(40);
  School().set_export_wanted(true);
  EXPECT_EQ(Only().mend, "export the volunteers on the site again, then: rosterctl poll --wait");
  Reject("site-stale", "The site's export is of before.");
  EXPECT_NE(Only().what.find("The site's export is of before."), std::string::npos);
}

TEST_F(NeedsTest, CommandsInWhatIsToldNameTheirSchoolWhereThereAreSeveral) {
  School().set_site_problem("It failed; `rosterctl retry --all` tries at once.");
  EXPECT_EQ(Only(true).what,
            "Site: It failed; `rosterctl --school tcs retry --all` tries at once.");
  EXPECT_EQ(Only().what, "Site: It failed; `rosterctl retry --all` tries at once.");
}

TEST_F(NeedsTest, ARejectedPollIsToldOnceWithWhatToDo) {
  Reject("facts-unavailable", "FACTS did not answer.");
  EXPECT_EQ(Only().what, "The last poll was not used: FACTS did not answer.");
  EXPECT_EQ(Only().mend, "it tries again by itself; at once: rosterctl poll --wait");
  EXPECT_EQ(Only(true).mend,
            "it tries again by itself; at once: rosterctl poll --wait --school tcs");
}

TEST_F(NeedsTest, EachKnownReasonHasItsRemedyAndNamesTheSchoolsPlace) {
  for (const auto& [reason, part] :
       {std::pair{"school-key-refused", "schools[tcs].facts.api_key"},
        {"subscription-key-refused", "schools[tcs].facts.subscription_key"},
        {"scope-missing", "have FACTS give"},
        {"quota-exhausted", "facts.poll_every of schools[tcs]"},
        {"shrunk", "raise facts.max_shrink of schools[tcs]"},
        {"site-shrunk", "raise facts.max_shrink of schools[tcs]"},
        {"too-many-rejected", "mend the rows in FACTS"},
        {"site-unauthorized", "site.scim.read_token of schools[tcs]"},
        {"site-forbidden", "read token of schools[tcs]"},
        {"site-stale", "export the volunteers on the site again"},
        {"site-malformed", "site of schools[tcs] in the config"},
        {"tls", "certificate"}}) {
    Reject(reason, "It was so.");
    EXPECT_NE(Only().mend.find(part), std::string::npos) << reason << ": " << Only().mend;
    EXPECT_EQ(Only().mend.find("{}"), std::string::npos) << reason;
  }
}

// The remedy of the last poll is for what it said, and for nothing else that is wrong.
TEST_F(NeedsTest, ATroubleOfFactsBesideAPollThatTheSiteFailedHasARemedyOfItsOwn) {
  Reject("site-unauthorized", "The site refuses the token.");
  School().set_source_problem("FACTS does not answer.");
  const auto needs = NeedsOf(status_, true);
  ASSERT_EQ(needs.size(), 2U);
  EXPECT_NE(needs[0].mend.find("site.scim.read_token"), std::string::npos) << needs[0].mend;
  EXPECT_EQ(needs[1].what, "Source: FACTS does not answer.");
  EXPECT_EQ(needs[1].mend, "it tries again by itself; at once: rosterctl poll --wait --school tcs");
}

TEST_F(NeedsTest, StatusWordsThatNobodyHasMappedWantSomebody) {
  School().add_unknown_words()->set_reason("Leaving");
  EXPECT_EQ(Only().urgency, Urgency::kReview);
  EXPECT_EQ(Only().what,
            "The config does not map 1 status word of FACTS: who has one is left as they are.");
  EXPECT_EQ(Only(true).mend,
            "rosterctl status --school tcs names them (Unmapped); say in status_words of "
            "schools[tcs] what they mean, then: systemctl restart rosterd");
}

TEST_F(NeedsTest, WhatNobodyKnowsNamesItsSchoolInEachCommand) {
  School().mutable_tasks()->set_resting(2);
  EXPECT_EQ(Only(true).mend,
            "rosterctl tasks --state unknown --school tcs names them; look on the site, then "
            "rosterctl confirm ID... --school tcs or rosterctl retry ID... --school tcs");
}

TEST_F(NeedsTest, StoppedPollsAreToldBesideTheirReason) {
  Reject("school-key-refused", "FACTS refuses the key.");
  School().clear_next_poll_at();
  const auto needs = NeedsOf(status_, false);
  ASSERT_EQ(needs.size(), 2U);
  EXPECT_EQ(needs[1].what, "No poll goes out until somebody asks for one.");
  EXPECT_EQ(needs[1].mend, "what is said above");
}

TEST_F(NeedsTest, APollThatIsMissedIsToldThoughNoneWasRejected) {
  School().set_poll_overdue(true);
  EXPECT_NE(Only().what.find("what is shown here is old"), std::string::npos);
  School().clear_last_good_poll();
  EXPECT_NE(Only().what.find("Nothing was read"), std::string::npos);
}

// A command that whoever asks may not send would be refused, and put on record.
TEST_F(NeedsTest, CommandsAreForThoseWhoMay) {
  School().mutable_counters()->set_fresh(3);
  School().add_roles("operator");
  EXPECT_EQ(Only().mend, "for a viewer, reviewer or approver: rosterctl users");
  School().add_roles("viewer");
  EXPECT_EQ(Only().mend, "rosterctl users");
  School().mutable_counters()->set_fresh(0);
  School().mutable_counters()->set_to_add(2);
  EXPECT_EQ(Only().mend,
            "for a reviewer or approver: rosterctl plan, then for an approver: rosterctl sync");
}

// By rosterd's own table: nobody is told what they may not, and all who may are named.
TEST_F(NeedsTest, WhomCommandsAreForIsWhoMaySendThem) {
  School().add_roles("worker");
  School().mutable_counters()->set_fresh(3);
  School().mutable_counters()->set_to_add(2);
  School().mutable_tasks()->set_dead(1);
  School().mutable_tasks()->set_resting(5);
  School().set_import_directory("/srv/imports");
  School().set_site_problem("The site does not answer.");
  School().mutable_plans()->Clear();
  v1::Plan& plan = *School().add_plans();
  plan.set_plan(12);
  plan.mutable_tasks()->set_resting(3);
  std::string all;
  for (const Need& need : NeedsOf(status_, false)) all += need.mend + "\n";
  School().mutable_counters()->set_to_add(0);
  School().mutable_holds()->Add()->set_guard(v1::GUARD_ARCHIVE);
  Reject("scope-missing", "FACTS lets the key read less.");
  for (const Need& need : NeedsOf(status_, false)) all += need.mend + "\n";

  const std::regex command("for an? ([a-z, ]+): rosterctl ([a-z]+)");
  std::size_t found = 0;
  for (std::sregex_iterator at(all.begin(), all.end(), command), end; at != end; ++at, ++found) {
    for (const model::Role role : access::kAnyRole.List()) {
      const std::string name(model::RoleWord(role));
      bool may = true;
      for (const model::RequestBody& body : access::AskedBy((*at)[2])) {
        may = may && access::RolesFor(body).Has(role);
      }
      EXPECT_EQ((" " + (*at)[1].str()).find(" " + name) != std::string::npos, may)
          << name << ": " << (*at)[0];
    }
  }
  EXPECT_GE(found, 9U) << all;
  std::size_t named = 0;
  for (auto at = all.find("rosterctl "); at != std::string::npos;
       at = all.find("rosterctl ", at + 1))
    ++named;
  EXPECT_EQ(found, named) << "a command is named without whom it is for: " << all;
}

TEST_F(NeedsTest, WhatWaitsForASecondApproverIsToldOnce) {
  School().mutable_counters()->set_to_archive(2);
  v1::Plan& plan = *School().add_waiting();
  plan.set_plan(7);
  plan.set_items(2);
  EXPECT_NE(Only().what.find("waits for a second approver"), std::string::npos);
  School().mutable_counters()->set_to_archive(3);
  EXPECT_EQ(NeedsOf(status_, false).size(), 2U);
}

TEST_F(NeedsTest, TasksWithoutWorkersDeadAndUnknown) {
  School().mutable_tasks()->set_queued(1);
  School().set_workers_away(true);
  EXPECT_NE(Only().mend.find("systemctl status roster-worker"), std::string::npos);
  School().mutable_tasks()->Clear();
  School().set_workers_away(false);
  School().mutable_tasks()->set_dead(2);
  EXPECT_EQ(Only().what, "2 tasks could not be done.");
  EXPECT_NE(Only().mend.find("rosterctl tasks --state dead"), std::string::npos);
  School().mutable_tasks()->Clear();
  School().mutable_tasks()->set_unknown(1);
  School().mutable_tasks()->set_resting(1);
  EXPECT_NE(Only().mend.find("rosterctl confirm ID... or rosterctl retry ID..."),
            std::string::npos);
}

TEST_F(NeedsTest, DiskConfigAndSilentWorkersAreOfNoSchool) {
  status_.set_disk_problem("full");
  EXPECT_EQ(Only().school, "");
  status_.clear_disk_problem();
  status_.set_config_problem("line 3");
  EXPECT_NE(Only().mend.find("rosterctl reload"), std::string::npos);
  status_.set_config_problem("line 3: one\nline 5: two\n");
  EXPECT_TRUE(Only().what.ends_with("with it: line 3: one; line 5: two")) << Only().what;
  status_.clear_config_problem();
  *status_.mutable_workers(0)->mutable_seen_at() = At();
  EXPECT_NE(Only().what.find("host-4711-a3"), std::string::npos);
}

TEST_F(NeedsTest, WhoIsToBeDecidedOnAgainIsToldApart) {
  School().mutable_counters()->set_fresh(77);
  EXPECT_EQ(Only().what, "77 users to review.");
  v1::Count& again = *School().mutable_counters()->add_skipped_because();
  again.set_reason("decision-outdated");
  again.set_count(69);
  EXPECT_EQ(Only().what, "77 users to review, 69 of them again, since something changed.");
}

TEST_F(NeedsTest, ASchoolWithoutAWorkerIsSeenBesideOneThatHasOne) {
  v1::SchoolStatus& other = *status_.add_schools();
  other = School();
  other.set_school("north");
  other.mutable_tasks()->set_queued(3);
  other.set_workers_away(true);
  ASSERT_FALSE(status_.workers().empty());
  EXPECT_EQ(Only(true).school, "north");
  EXPECT_EQ(Only(true).urgency, Urgency::kFailing);
}

TEST_F(NeedsTest, ABackupThatIsMissedIsToldWithTheCommandAndTheTimer) {
  status_.mutable_backup()->set_overdue(true);
  EXPECT_EQ(Only().urgency, Urgency::kFailing);
  EXPECT_EQ(Only().what, "There is no good backup.");
  EXPECT_NE(Only().mend.find("rosterctl backup --wait"), std::string::npos);
  EXPECT_NE(Only().mend.find("systemctl enable --now rosterd-backup.timer"), std::string::npos);
  *status_.mutable_backup()->mutable_last_good_at() = At(300 - 86400 * 90);
  EXPECT_EQ(Only().what, "The last good backup was made 90 days ago.");
  status_.mutable_backup()->set_problem("The disk is full.");
  EXPECT_EQ(Only().what, "Backup: The disk is full.") << "told once";
  status_.mutable_backup()->clear_problem();
  School().mutable_tasks()->set_dead(1);
  ASSERT_EQ(NeedsOf(status_, false).size(), 2U);
  EXPECT_EQ(NeedsOf(status_, false)[0].school, "tcs") << "behind what does not work";
}

TEST_F(NeedsTest, PendingChangesThatAGuardHoldsAreToldAsHeld) {
  School().mutable_counters()->set_to_archive(41);
  EXPECT_EQ(Only().urgency, Urgency::kReview);
  EXPECT_EQ(Only().mend, "rosterctl plan, then rosterctl sync");
  v1::Hold& hold = *School().add_holds();
  hold.set_guard(v1::GUARD_ARCHIVE);
  hold.set_message("41 would be archived.");
  EXPECT_EQ(Only().urgency, Urgency::kHeld);
  EXPECT_EQ(Only().mend, "rosterctl plan");
}

TEST_F(NeedsTest, TheWorstComesFirstAndSchoolsInTheirOrder) {
  School().mutable_counters()->set_fresh(3);
  *status_.add_schools() = School();
  status_.mutable_schools(1)->set_school("b");
  status_.mutable_schools(1)->mutable_tasks()->set_dead(1);
  *status_.add_schools() = School();
  status_.mutable_schools(2)->set_school("c");
  const auto needs = NeedsOf(status_, true);
  ASSERT_EQ(needs.size(), 4U);
  EXPECT_EQ(needs[0].urgency, Urgency::kFailing);
  EXPECT_EQ(needs[0].school, "b");
  EXPECT_EQ(needs[1].school, "tcs");
  EXPECT_EQ(needs[1].mend, "rosterctl users --school tcs");
  EXPECT_EQ(needs[2].school, "b");
  EXPECT_EQ(needs[3].school, "c");
}

}  // namespace
}  // namespace roster::client
