// One person, explained: what FACTS says, what was decided, what was done.

#include <algorithm>

#include "daemon/engine/engine.h"
#include "daemon/review/review.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using store::Family;

constexpr std::size_t kEntriesMax = 500;

void Say(model::ExplainReply& reply, std::string text) {
  reply.lines.push_back({std::nullopt, std::move(text), Seq()});
}

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string Named(PersonId person) { return "person " + std::to_string(person.value()); }

void SayStudentFacts(model::ExplainReply& reply, const model::Candidate& who) {
  std::string text = "FACTS says: status " + Quoted(who.status_word);
  if (!who.grade.empty()) text += ", grade " + who.grade;
  if (!who.school_code.empty()) text += ", school " + who.school_code;
  if (!who.next_status.empty() || !who.next_grade.empty()) {
    text += "; next year: " + Quoted(who.next_status);
    if (!who.next_grade.empty()) text += ", grade " + who.next_grade;
  }
  Say(reply, text + ".");
}

void SayChild(model::ExplainReply& reply, const model::Child& child) {
  std::string text = "FACTS has them as a parent of " + Named(child.person);
  if (child.household && child.tie) {
    text += ", by household and by parent link";
  } else {
    text += child.household ? ", by household alone" : ", by parent link alone";
  }
  text += child.eligible ? ", who is in scope" : ", who is not in scope";
  if (child.blocked) {
    text += "; FACTS blocks that tie (pwBlock)";
  } else if (!child.counts) {
    text += "; the config does not count that tie (parents.require, parents.exclude)";
  }
  Say(reply, text + ".");
}

void SayFamilies(model::ExplainReply& reply, const model::Candidate& who) {
  for (const model::FamilyPlace& place : who.families) {
    std::string text = "In family " + std::to_string(place.family.value());
    if (place.family == who.families.front().family && !who.family_name.empty()) {
      text += " (" + who.family_name + ")";
    }
    Say(reply, text + (place.listed_first ? ", listed first." : ", listed after others."));
  }
  if (who.mismatch == model::Mismatch::kHouseholdAlone) {
    Say(reply,
        "FACTS's two graphs disagree: a household has them with an eligible child, and no "
        "parent link does.");
  } else if (who.mismatch == model::Mismatch::kTieAlone) {
    Say(reply,
        "FACTS's two graphs disagree: a parent link ties them to an eligible child, and no "
        "household does.");
  }
}

void SayEmail(model::ExplainReply& reply, const model::Candidate& who) {
  if (who.uses_email2) {
    Say(reply, "Their e-mail is " + who.email + ", from email2 by decision" +
                   (who.facts_email.empty() ? "; the email field has none."
                                            : "; the email field says " + who.facts_email + "."));
    return;
  }
  Say(reply, who.email.empty() ? "FACTS has no usable e-mail for them."
                               : "Their e-mail in FACTS is " + who.email + ".");
  if (!who.email2.empty()) Say(reply, "email2 has another address: " + who.email2 + ".");
}

void SayFacts(model::ExplainReply& reply, const model::Candidate& who, bool parents) {
  const bool eligible = who.eligibility == model::Eligibility::kEligible;
  if (who.no_person) {
    Say(reply, "FACTS lists a student with this id, and no person.");
  } else if (who.eligibility == model::Eligibility::kMissing && who.children.empty()) {
    Say(reply, parents ? "FACTS no longer ties them to any child who is a student."
                       : "FACTS no longer lists a student with this id.");
  } else if (!parents) {
    SayStudentFacts(reply, who);
  }
  for (const model::Child& child : who.children) SayChild(reply, child);
  SayFamilies(reply, who);
  Say(reply, eligible ? "That is in scope: this person should have an account."
                      : "That is not in scope (" + std::string(ReasonWord(who.reason)) + ").");
  if (eligible) SayEmail(reply, who);
}

void SaySite(model::ExplainReply& reply, const model::Change& change) {
  if (change.lost_account) {
    Say(reply,
        "Linked to account " + change.lost_account->value() + ", which the site no longer has.");
  } else if (change.account) {
    Say(reply, std::string(change.linked ? "Linked to" : "Fits") + " account " +
                   change.account->id.value() +
                   (change.account->active ? ", which is active." : ", which is archived."));
  } else {
    Say(reply, "No account on the site is linked to them.");
  }
  if (change.taken_by) {
    Say(reply,
        "That account is linked to person " + std::to_string(change.taken_by->value()) + ".");
  }
  if (change.collision) {
    Say(reply, "Their new e-mail belongs to account " + change.collision->value() + " already.");
  }
  for (const model::Fit& fit : change.several) {
    Say(reply, "Account " + fit.account.value() + " (" + fit.user_name + ") " +
                   (fit.carries_id ? "carries their id" : "fits") +
                   (fit.active ? "." : ", and is archived."));
  }
  if (change.never_archive) Say(reply, "The config says never to archive that account.");
  for (const PersonId other : change.duplicates) {
    Say(reply, "Person " + std::to_string(other.value()) + " has the same e-mail.");
  }
  for (const model::FieldChange& field : change.fields) {
    Say(reply, "Would be written: " + std::string(FieldWord(field.field)) + " from " +
                   Quoted(field.before) + " to " + Quoted(field.after) + ".");
  }
  for (const model::FieldChange& field : change.drift) {
    Say(reply, "Changed on the site: " + std::string(FieldWord(field.field)) + " is " +
                   Quoted(field.after) + " there, and was " + Quoted(field.before) + ".");
  }
}

// What people have said of them, and whether it still counts.
Result<void> SayDecisions(model::ExplainReply& reply, const Book& book,
                          const model::Change& change) {
  const PersonId person = change.candidate.person;
  ROSTER_ASSIGN(const auto decision, book.FindDecision(person), "explaining");
  if (!decision) {
    Say(reply, "Nobody has decided on them yet.");
  } else {
    std::string text = "Decided: " + std::string(DecisionWord(decision->kind)) + ", by " +
                       decision->actor + " on " + FormatTime(decision->at);
    if (!decision->note.empty()) text += ", noting " + Quoted(decision->note);
    Say(reply, text + ".");
    const auto outdated = review::WhatChanged(*decision, change);
    if (!outdated.empty())
      Say(reply, "Changed since they were decided on: " + Joined(outdated) + ".");
  }
  for (const model::FamilyPlace& place : change.candidate.families) {
    ROSTER_ASSIGN(const auto exclusion, book.FindFamilyExclusion(place.family), "explaining");
    if (!exclusion) continue;
    std::string text = "Family " + std::to_string(place.family.value()) +
                       " is excluded on purpose, by " + exclusion->actor + " on " +
                       FormatTime(exclusion->at);
    if (!exclusion->note.empty()) text += ", noting " + Quoted(exclusion->note);
    Say(reply, text + ".");
  }
  ROSTER_ASSIGN(const auto email2, book.FindEmailChoice(person), "explaining");
  if (email2) {
    Say(reply,
        "email2 was chosen for them, by " + email2->actor + " on " + FormatTime(email2->at) +
            (change.candidate.uses_email2 ? "." : "; it is no longer the address that was seen."));
  }
  ROSTER_ASSIGN(const auto match, book.FindMatchDecision(person), "explaining");
  if (match) {
    Say(reply, (match->account ? "Account " + match->account->value() + " was said to be theirs"
                               : "None of the accounts that fit was said to be theirs") +
                   ", by " + match->actor + " on " + FormatTime(match->at) + ".");
  }
  if (!change.group) return {};
  ROSTER_ASSIGN(const auto group, book.FindGroup(*change.group), "explaining");
  ROSTER_ASSIGN(const auto holder, book.FindGroupDecision(*change.group), "explaining");
  if (group) {
    Say(reply, "In duplicate " + std::to_string(group->id.value()) + " with " +
                   (group->members_total == 2
                        ? "one other person."
                        : std::to_string(group->members_total - 1) + " other people."));
  }
  if (group && holder) {
    Say(reply,
        (holder->holder == person ? "They were"
                                  : "Person " + std::to_string(holder->holder.value()) + " was") +
            " chosen to hold its address, by " + holder->actor + " on " + FormatTime(holder->at) +
            (holder->made_on == group->state ? "." : "; it has changed since."));
  }
  return {};
}

}  // namespace

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::Explain& body) {
  Book book(*view_, school);
  model::ExplainReply reply;
  ROSTER_ASSIGN(const auto change, book.FindChange(body.person), "explaining");
  const store::Range range = store::PersonEntryRange(school.id(), body.person);
  std::vector<Seq> entries;
  const auto cursor = view_->Scan(Family::kJournal, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const Seq seq, store::SeqOfKey(cursor->key()), "explaining");
    entries.push_back(seq);
  }
  ROSTER_TRY(cursor->status(), "explaining");
  if (!change && entries.empty() && school.head.last_good_poll.value() == 0) {
    return Fail(Code::kNotFound, "unknown-person",
                "Nothing was read from FACTS yet, so nobody is known: rosterctl poll --wait.");
  }
  if (!change && entries.empty()) {
    return Fail(Code::kNotFound, "unknown-person",
                "Person " + std::to_string(body.person.value()) +
                    " is not in the lists and never was: not eligible by the scope in the config, "
                    "and never linked to an account.");
  }
  const std::size_t first = entries.size() > kEntriesMax ? entries.size() - kEntriesMax : 0;
  if (first > 0) Say(reply, std::to_string(first) + " older entries are left out here.");
  for (std::size_t i = first; i < entries.size(); ++i) {
    ROSTER_ASSIGN(const auto value,
                  view_->Get(Family::kJournal, store::EntryKey(school.id(), entries[i])), "");
    if (!value) return Fail(Code::kCorrupt, "entry-missing", "A journal entry is not there.");
    ROSTER_ASSIGN(const model::Entry entry, store::DecodeEntry(*value), "explaining");
    reply.lines.push_back({entry.at, journal::Tell(entry, body.person), entry.seq});
  }
  if (!change) {
    Say(reply, "Now: no longer in the lists; neither eligible nor linked.");
    return model::ReplyBody(std::move(reply));
  }
  SayFacts(reply, change->candidate, school.rules().accounts == model::AccountsOf::kParents);
  SaySite(reply, *change);
  ROSTER_TRY(SayDecisions(reply, book, *change), "explaining");
  ROSTER_ASSIGN(const auto held, book.FindHeldTask(body.person), "explaining");
  if (held) {
    ROSTER_ASSIGN(const auto task, FindTask(school, held->id), "explaining");
    if (task) {
      Say(reply, "Task " + ToString(task->id) + " (" + std::string(ActionWord(task->action)) +
                     ") is " + std::string(TaskStateWord(task->state)) + ". " +
                     review::TaskSentence(task->reason));
    }
  }
  ROSTER_ASSIGN(model::UserRow row, book.Row(*change), "explaining");
  Say(reply, "Now: " + std::string(ListStatusWord(row.verdict.status)) + ", " +
                 std::string(BucketWord(row.verdict.bucket)) + ". " + row.sentence);
  reply.row = std::move(row);
  return model::ReplyBody(std::move(reply));
}

}  // namespace roster::engine
