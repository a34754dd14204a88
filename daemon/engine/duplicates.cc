// Duplicates and matches: the groups as people see them, and what they settle.

#include <algorithm>
#include <utility>

#include "daemon/engine/engine.h"
#include "daemon/engine/page_token.h"
#include "daemon/journal/word.h"
#include "daemon/store/codec.h"

namespace roster::engine {
namespace {

using model::DuplicateGroup;
using model::Reason;
using store::Family;

std::string PersonName(PersonId person) { return "Person " + std::to_string(person.value()); }
std::string GroupName(GroupId group) { return "Duplicate " + std::to_string(group.value()); }

bool Contains(const std::vector<PersonId>& persons, PersonId person) {
  return std::find(persons.begin(), persons.end(), person) != persons.end();
}

bool IsHeldByGroup(const model::Verdict& verdict) {
  return verdict.reason == Reason::kDuplicateEmail || verdict.reason == Reason::kTaken ||
         verdict.reason == Reason::kEmailCollision;
}

// What has changed since a duplicate was decided on, in words.
std::vector<std::string> WhatChanged(const model::GroupDecision& decision,
                                     const DuplicateGroup& group) {
  std::vector<std::string> words;
  if (decision.made_on == group.state) return words;
  for (const PersonId person : group.members) {
    if (!Contains(decision.members, person)) words.push_back(PersonName(person) + " has come");
  }
  for (const PersonId person : decision.members) {
    if (!Contains(group.members, person)) words.push_back(PersonName(person) + " has gone");
  }
  if (decision.address != group.address) words.emplace_back("the address is another one");
  if (words.empty()) words.emplace_back("an address or the account is another one");
  return words;
}

// Nobody knows before the site was read for the first time since the start: then yes.
bool IsOnSite(const School& school, const AccountId& account) {
  if (school.account_marks == nullptr) return true;
  const auto& marks = *school.account_marks;
  return std::find(marks.begin(), marks.end(), AccountMark(account)) != marks.end();
}

tl::unexpected<Error> NotThere(PersonId person) {
  return Fail(Code::kNotFound, "unknown-person",
              PersonName(person) +
                  " is not in the lists: not eligible, and never linked. Nothing was decided.");
}

}  // namespace

Result<model::GroupRow> Engine::GroupRowOf(const Book& book, const DuplicateGroup& group) {
  model::GroupRow row;
  row.group = group;
  row.open = false;
  for (const PersonId person : group.members) {
    ROSTER_ASSIGN(const auto change, book.FindChange(person), "listing duplicates");
    if (!change) continue;
    ROSTER_ASSIGN(model::UserRow member, book.Row(*change), "listing duplicates");
    row.open |= IsHeldByGroup(member.verdict);
    row.members.push_back(std::move(member));
    ROSTER_ASSIGN(const auto choice, book.FindEmailChoice(person), "listing duplicates");
    if (choice && !change->candidate.uses_email2) {
      row.outdated.push_back("the second e-mail of " + PersonName(person) +
                             ", which was chosen, is another one");
    }
  }
  ROSTER_ASSIGN(row.decision, book.FindGroupDecision(group.key), "listing duplicates");
  if (row.decision) {
    for (std::string& words : WhatChanged(*row.decision, group)) {
      row.outdated.push_back(std::move(words));
    }
  }
  return row;
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::ListGroups& body) {
  const store::Range range = store::GroupNumberRange(school.id());
  ROSTER_ASSIGN(const std::string from, TokenKey(body.page_token, range), "");
  const auto cursor =
      view_->Scan(Family::kReview, from.empty() ? range.begin : After(from), range.end);
  const Book book(*view_, school);
  model::GroupPage reply;
  std::size_t scanned = 0;
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const GroupId id, store::GroupNumberOfKey(cursor->key()), "listing duplicates");
    ROSTER_ASSIGN(const auto group, book.FindGroup(id), "listing duplicates");
    if (!group)
      return Fail(Code::kCorrupt, "row-missing", "An index names a row that is not there.");
    ROSTER_ASSIGN(model::GroupRow row, GroupRowOf(book, *group), "listing duplicates");
    scanned += 1 + row.members.size();
    const bool shown = body.status == model::GroupStatus::kAll ||
                       row.open == (body.status == model::GroupStatus::kNew);
    if (shown) reply.rows.push_back(std::move(row));
    if (reply.rows.size() == body.page_size || scanned >= kScannedMax) {
      reply.next_page_token = ToHex(cursor->key());
      break;
    }
  }
  ROSTER_TRY(cursor->status(), "listing duplicates");
  return model::ReplyBody(std::move(reply));
}

// Whoever held the address until now finds the entry as well, though they may have left the group:
// so each entry on a duplicate leads to the one that ended its word (verify.h).
void Engine::AppendResolved(School& school, const Caller& caller,
                            const std::optional<model::GroupDecision>& before,
                            model::DuplicateResolved event) {
  Append(school, caller, std::move(event));
  if (!before) return;
  view_->Put(Family::kJournal, store::PersonEntryKey(school.id(), before->holder, school.head.seq),
             "");
}

// Who holds the address from now on; `kind` says what becomes of the others.
Result<void> Engine::ChooseHolder(School& school, const Caller& caller, const DuplicateGroup& group,
                                  model::HolderKind kind, PersonId holder) {
  Book book(*view_, school);
  if (!Contains(group.members, holder)) {
    return Fail(Code::kInvalid, "not-a-member",
                PersonName(holder) + " is not in " + GroupName(group.id) +
                    ". Nothing was decided: `rosterctl duplicates` shows who is.");
  }
  if (group.members_total > group.members.size()) {
    return Fail(Code::kRefused, "group-too-large",
                GroupName(group.id) + " has " + std::to_string(group.members_total) +
                    " people, too many to choose one of: it looks like a placeholder address. Mend "
                    "it in FACTS. Nothing was decided.");
  }
  if (kind == model::HolderKind::kShare && (!school.rules().shared_logins || !group.family)) {
    return Fail(Code::kRefused, "no-shared-login",
                !group.family ? GroupName(group.id) +
                                    " is not within one family, and only a family can share a "
                                    "login. Nothing was decided."
                              : "This site gives each person a login of their own "
                                "(site.scim.shared_logins in the config). Nothing was decided.");
  }
  ROSTER_ASSIGN(const auto change, book.FindChange(holder), "resolving");
  if (!change) return NotThere(holder);
  if (change->situation == model::Situation::kTaken || change->collision) {
    return Fail(Code::kRefused, "address-in-use",
                PersonName(holder) +
                    " can't hold the address: another account on the site has it. Choose whoever "
                    "that account belongs to, use email2, or mend it on the site. Nothing was "
                    "decided.");
  }
  ROSTER_ASSIGN(const auto before, book.FindGroupDecision(group.key), "resolving");
  const bool same =
      before && before->kind == kind && before->holder == holder && before->made_on == group.state;
  if (same) return {};
  const Time now = clock_.Now();
  const model::GroupDecision decision{group.key,     kind,          holder,       group.state,
                                      group.members, group.address, caller.actor, now};
  book.PutGroupDecision(decision);
  AppendResolved(school, caller, before,
                 {group.id, kind, holder, group.members, group.key, journal::WordDigest(decision)});
  return Rejudge(school, group.members, "changed", caller, now);
}

Result<std::optional<PollId>> Engine::ChooseEmail2(School& school, const Caller& caller,
                                                   PersonId person) {
  Book book(*view_, school);
  ROSTER_ASSIGN(const auto change, book.FindChange(person), "resolving");
  if (!change) return NotThere(person);
  const model::Candidate& who = change->candidate;
  if (who.uses_email2) return {std::nullopt};
  if (who.email2.empty()) {
    return Fail(Code::kRefused, "no-email2",
                PersonName(person) +
                    " has no other usable address in email2. Nothing was decided: add one in "
                    "FACTS, or choose another way.");
  }
  const Time now = clock_.Now();
  ROSTER_ASSIGN(const auto before, book.FindEmailChoice(person), "resolving");
  if (!before || before->email2 != who.email2) {  // else chosen, and not examined yet
    const model::EmailChoice choice{person, who.email2, caller.actor, now};
    book.PutEmailChoice(choice);
    Append(school, caller, model::EmailChosen{person, true, journal::WordDigest(choice)});
  }
  ROSTER_ASSIGN(const PollId poll, ExamineAgain(school, now), "resolving");
  return {poll};
}

// Takes back whatever was decided on the group and its people.
Result<std::optional<PollId>> Engine::ReopenGroup(School& school, const Caller& caller,
                                                  const DuplicateGroup& group) {
  Book book(*view_, school);
  const Time now = clock_.Now();
  std::optional<PollId> poll;
  ROSTER_ASSIGN(const auto decision, book.FindGroupDecision(group.key), "reopening");
  if (decision) {
    book.RemoveGroupDecision(group.key);
    AppendResolved(school, caller, decision,
                   {group.id, std::nullopt, decision->holder, group.members, group.key});
    ROSTER_TRY(Rejudge(school, group.members, "changed", caller, now), "reopening");
  }
  for (const PersonId person : group.members) {
    ROSTER_ASSIGN(const auto choice, book.FindEmailChoice(person), "reopening");
    if (!choice) continue;
    book.RemoveEmailChoice(person);
    Append(school, caller, model::EmailChosen{person, false});
    ROSTER_ASSIGN(poll, ExamineAgain(school, now), "reopening");
  }
  return {poll};
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::ResolveGroup& body) {
  Book book(*view_, school);
  std::optional<DuplicateGroup> group;
  if (body.group.value() != 0) {
    ROSTER_ASSIGN(group, book.FindGroup(body.group), "resolving");
    if (!group) {
      return Fail(Code::kNotFound, "unknown-duplicate",
                  GroupName(body.group) +
                      " is not there, or no longer: its people are in nobody's way. Nothing was "
                      "decided.");
    }
  }
  model::SettleReply reply;
  std::vector<PersonId> shown = group ? group->members : std::vector<PersonId>();
  if (const auto* keep = std::get_if<model::KeepHolder>(&body.how)) {
    ROSTER_TRY(ChooseHolder(school, caller, *group, model::HolderKind::kKeep, keep->person), "");
  } else if (const auto* share = std::get_if<model::ShareLogin>(&body.how)) {
    ROSTER_TRY(ChooseHolder(school, caller, *group, model::HolderKind::kShare, share->person), "");
  } else if (const auto* email2 = std::get_if<model::UseEmail2>(&body.how)) {
    if (group && !Contains(group->members, email2->person)) {
      return Fail(Code::kInvalid, "not-a-member",
                  PersonName(email2->person) + " is not in " + GroupName(group->id) +
                      ". Nothing was decided: `rosterctl duplicates` shows who is.");
    }
    ROSTER_ASSIGN(reply.poll, ChooseEmail2(school, caller, email2->person), "");
    if (!group) shown.push_back(email2->person);
  } else {
    ROSTER_ASSIGN(reply.poll, ReopenGroup(school, caller, *group), "");
  }
  ROSTER_ASSIGN(reply.rows, RowsOf(book, shown), "");
  return model::ReplyBody(std::move(reply));
}

Result<std::vector<model::UserRow>> Engine::RowsOf(const Book& book,
                                                   const std::vector<PersonId>& persons) {
  std::vector<model::UserRow> rows;
  for (const PersonId person : persons) {
    ROSTER_ASSIGN(const auto change, book.FindChange(person), "listing");
    if (!change) continue;
    ROSTER_ASSIGN(model::UserRow row, book.Row(*change), "listing");
    rows.push_back(std::move(row));
  }
  return rows;
}

// A lost account: the link is given up, and the person starts anew.
Result<void> Engine::ForgetLink(School& school, const Caller& caller, const model::Change& change) {
  Book book(*view_, school);
  const PersonId person = change.candidate.person;
  ROSTER_ASSIGN(const auto link, book.FindLink(person), "forgetting a link");
  if (!link) return {};
  ROSTER_TRY(book.RemoveLink(person), "forgetting a link");
  school.touched.erase(person);
  Append(school, caller, model::LinksForgotten{{{person, link->account}}});
  return {};
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::DecideMatch& body) {
  Book book(*view_, school);
  const Time now = clock_.Now();
  ROSTER_ASSIGN(const auto change, book.FindChange(body.person), "matching");
  if (!change) return NotThere(body.person);
  ROSTER_ASSIGN(const auto before, book.FindMatchDecision(body.person), "matching");
  model::SettleReply reply;
  if (body.withdraw) {
    if (!before) {
      return Fail(Code::kNotFound, "no-match-decision",
                  "Nobody has said which account is that of " + PersonName(body.person) +
                      ": there is nothing to take back.");
    }
    book.RemoveMatchDecision(body.person);
    Append(school, caller, model::MatchDecided{body.person, std::nullopt, true});
  } else if (change->situation == model::Situation::kLost && !body.account) {
    ROSTER_TRY(ForgetLink(school, caller, *change), "matching");
  } else if (change->linked) {
    return Fail(Code::kRefused, "linked-already",
                PersonName(body.person) + " is linked to account " +
                    (change->account ? change->account->id.value()
                                     : change->lost_account.value_or(AccountId()).value()) +
                    " already. Nothing was decided.");
  } else if (model::CarryId(change->several)) {
    // An external id goes before any choice (rules, 14): one that was kept would do nothing.
    return Fail(Code::kRefused, "id-on-several",
                "Several accounts carry the id of " + PersonName(body.person) +
                    ", and no choice made here can tell which is theirs. Nothing was decided: take "
                    "it away from all but one on the site, then `rosterctl poll --wait`.");
  } else {
    if (body.account) {
      ROSTER_ASSIGN(const auto owner, book.FindOwner(*body.account), "matching");
      if (owner) {
        return Fail(Code::kRefused, "linked-elsewhere",
                    "That account is linked to person " + std::to_string(owner->value()) +
                        ". Nothing was decided.");
      }
      if (!IsOnSite(school, *body.account)) {
        return Fail(Code::kRefused, "unknown-account",
                    "The site had no such account when it was last read. Nothing was decided: "
                    "`rosterctl matches` shows the accounts that fit; if it was made since, "
                    "`rosterctl poll --wait` reads it first.");
      }
    }
    model::MatchDecision decision{body.person, body.account, {}, caller.actor, now};
    for (const model::Fit& fit : change->several) decision.seen.push_back(fit.account);
    if (change->account) decision.seen.push_back(change->account->id);
    if (change->collision) decision.seen.push_back(*change->collision);
    std::sort(decision.seen.begin(), decision.seen.end());
    if (!body.account && decision.seen.empty()) {
      return Fail(Code::kRefused, "no-fit",
                  "No account fits " + PersonName(body.person) +
                      ", so there is none to turn down. Nothing was decided.");
    }
    const bool same =
        before && before->account == decision.account && before->seen == decision.seen;
    if (!same) {
      book.PutMatchDecision(decision);
      Append(school, caller,
             model::MatchDecided{body.person, body.account, false, journal::WordDigest(decision)});
    }
  }
  ROSTER_ASSIGN(reply.poll, ExamineAgain(school, now), "matching");
  ROSTER_ASSIGN(reply.rows, RowsOf(book, {body.person}), "matching");
  return model::ReplyBody(std::move(reply));
}

}  // namespace roster::engine
