#pragma once

// A ScimSite in front of a FakeScim that has two accounts, and tasks on one of them.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "daemon/target/scim_site.h"
#include "tests/unit/target/fake_scim.h"
#include "tests/unit/target/manual_clock.h"

namespace roster::target {

using model::Action;
using model::Applied;
using model::Failed;
using model::Field;
using model::Outcome;
using model::Superseded;
using model::Task;
using model::Unknown;
using Fault = FakeScim::Fault;

// "applied", "applied already", "superseded: x", "failed: x again site", "unknown: x"
inline std::string Word(const Outcome& outcome) {
  if (const auto* applied = std::get_if<Applied>(&outcome)) {
    return applied->already ? "applied already" : "applied";
  }
  if (const auto* superseded = std::get_if<Superseded>(&outcome)) {
    return "superseded: " + superseded->reason;
  }
  if (const auto* unknown = std::get_if<Unknown>(&outcome)) return "unknown: " + unknown->reason;
  const auto& failed = std::get<Failed>(outcome);
  return "failed: " + failed.reason + (failed.again ? " again" : "") +
         (failed.site_failing ? " site" : "");
}

class ScimSiteTest : public testing::Test {
 protected:
  ScimSiteTest() {
    settings.school = SchoolId("tcs");
    settings.base_url = FakeScim::kBase;
    scim.Add("1", "other@example.org")["externalId"] = "tcs:1";
    auto& ann = scim.Add("7", "ann@example.org");
    ann["externalId"] = "tcs:12";
    ann["name"] = {{"givenName", "Ann"}, {"familyName", "B"}};
    ann["emails"] = {{{"value", "ann@example.org"}, {"primary", true}},
                     {{"value", "second@example.org"}}};
    ann[FakeScim::kExtension] = {{"grade", "09"}};
  }

  ScimSite& site() {
    if (!site_) site_.emplace(settings, "w", scim, rate, clock, random);
    return *site_;
  }
  Outcome Execute(const Task& task) { return site().Execute(task, stop.get_token()); }
  std::string Run(const Task& task) { return Word(Execute(task)); }
  // Asks /Schemas, so that later requests can be counted from one.
  void Warm() {
    Task task = Archive();
    task.look_only = true;
    Execute(task);
    scim.requests.clear();
  }

  static Task MakeTask(Action action) {
    Task task;
    task.action = action;
    task.external_id = "tcs:12";
    task.account = AccountId("7");
    return task;
  }
  static Task Add() {
    Task task = MakeTask(Action::kAdd);
    task.external_id = "tcs:50";
    task.account = AccountId();
    task.fields = {{Field::kUserName, "", "new@example.org"},
                   {Field::kEmail, "", "new@example.org"},
                   {Field::kGivenName, "", "Newt"},
                   {Field::kGrade, "", "10"}};
    return task;
  }
  static Task Update() {
    Task task = MakeTask(Action::kUpdate);
    task.fields = {{Field::kEmail, "ann@example.org", "anna@example.org"},
                   {Field::kGivenName, "Ann", "Anna"},
                   {Field::kGrade, "09", "10"}};
    return task;
  }
  static Task Archive() { return MakeTask(Action::kArchive); }
  static Task Restore() { return MakeTask(Action::kRestore); }
  static Task Invite() { return MakeTask(Action::kInvite); }

  FakeScim scim;
  ManualClock clock;
  SeededRandom random{1};
  SiteRate rate{10'000, clock};
  ScimSettings settings;
  std::stop_source stop;

 private:
  std::optional<ScimSite> site_;
};

}  // namespace roster::target
