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

void SayFacts(model::ExplainReply& reply, const model::Candidate& who) {
  if (who.no_person) {
    Say(reply, "FACTS lists a student with this id, and no person.");
  } else if (who.eligibility == model::Eligibility::kMissing) {
    Say(reply, "FACTS no longer lists a student with this id.");
  } else {
    std::string text = "FACTS says: status " + Quoted(who.status_word);
    if (!who.grade.empty()) text += ", grade " + who.grade;
    if (!who.school_code.empty()) text += ", school " + who.school_code;
    if (!who.next_status.empty() || !who.next_grade.empty()) {
      text += "; next year: " + Quoted(who.next_status);
      if (!who.next_grade.empty()) text += ", grade " + who.next_grade;
    }
    Say(reply, text + ".");
  }
  Say(reply, who.eligibility == model::Eligibility::kEligible
                 ? "That is in scope: this person should have an account."
                 : "That is not in scope (" + std::string(ReasonWord(who.reason)) + ").");
  if (who.eligibility == model::Eligibility::kEligible) {
    Say(reply, who.email.empty() ? "FACTS has no usable e-mail for them."
                                 : "Their e-mail in FACTS is " + who.email + ".");
  }
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
  SayFacts(reply, change->candidate);
  SaySite(reply, *change);
  ROSTER_ASSIGN(const auto decision, book.FindDecision(body.person), "explaining");
  if (!decision) {
    Say(reply, "Nobody has decided on them yet.");
  } else {
    Say(reply, "Decided: " + std::string(DecisionWord(decision->kind)) + ", by " + decision->actor +
                   " on " + FormatTime(decision->at) + ".");
  }
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
