// Families: excluded on purpose and included again, and how their users stand.

#include <algorithm>
#include <utility>

#include "daemon/engine/engine.h"
#include "daemon/engine/page_token.h"
#include "daemon/journal/word.h"
#include "daemon/store/codec.h"

namespace roster::engine {
namespace {

using store::Family;

}  // namespace

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::DecideFamilies& body) {
  Book book(*view_, school);
  std::vector<FamilyId> families = body.families;
  std::sort(families.begin(), families.end());
  families.erase(std::unique(families.begin(), families.end()), families.end());
  for (const FamilyId family : families) {
    ROSTER_ASSIGN(const auto count, book.FindFamilyCount(family), "deciding");
    ROSTER_ASSIGN(const auto exclusion, book.FindFamilyExclusion(family), "deciding");
    if (count || exclusion) continue;
    return Fail(
        Code::kNotFound, "unknown-family",
        "Family " + std::to_string(family.value()) +
            (model::NeedsFamilies(school.rules())
                 ? " has nobody in the lists. Nothing was decided."
                 : " is not known: this school's students are read without their families. Fill a "
                   "field from family in the config to have them. Nothing was decided."));
  }
  const Time now = clock_.Now();
  model::DecideFamiliesReply reply;
  std::vector<FamilyId> changed;
  std::vector<PersonId> users;
  model::FamilyExclusion exclusion{{}, body.note, caller.actor, now};
  for (const FamilyId family : families) {
    ROSTER_ASSIGN(const auto before, book.FindFamilyExclusion(family), "deciding");
    const bool same = before.has_value() == body.exclude &&
                      (!before || body.note.empty() || body.note == before->note);
    if (same) {
      ++reply.unchanged;
      continue;
    }
    if (body.exclude) {
      exclusion.family = family;
      exclusion.left = before ? before->left : std::vector<PersonId>{};
      book.PutFamilyExclusion(exclusion);
    } else {
      book.RemoveFamilyExclusion(family);
    }
    changed.push_back(family);
    ROSTER_ASSIGN(const auto in_it, book.FindFamilyUsers(family), "deciding");
    users.insert(users.end(), in_it.begin(), in_it.end());
  }
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  ROSTER_TRY(Rejudge(school, users, body.exclude ? "excluded" : "selected", caller, now),
             "deciding");
  reply.changed = changed.size();
  reply.users = users.size();
  const Digest word = body.exclude ? journal::WordDigest(exclusion) : Digest{};
  for (model::Event& event : journal::SplitFamilies(body.exclude, changed, word)) {
    Append(school, caller, std::move(event));
    // The entry names families; whoever is in them finds it all the same.
    for (const PersonId person : users) {
      view_->Put(Family::kJournal, store::PersonEntryKey(school.id(), person, school.head.seq), "");
    }
  }
  reply.tally = school.head.tally;
  return model::ReplyBody(reply);
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&,
                                    const model::ListFamilies& body) {
  const store::Range range = body.excluded_only ? store::FamilyExclusionRange(school.id())
                                                : store::FamilyCountRange(school.id());
  ROSTER_ASSIGN(const std::string from, TokenKey(body.page_token, range), "");
  const auto cursor =
      view_->Scan(Family::kReview, from.empty() ? range.begin : After(from), range.end);
  const Book book(*view_, school);
  model::FamilyPage reply;
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const FamilyId family, store::FamilyOfKey(cursor->key()), "listing");
    model::FamilyRow row;
    row.count.family = family;
    ROSTER_ASSIGN(auto count, book.FindFamilyCount(family), "listing");
    if (count) row.count = *std::move(count);
    ROSTER_ASSIGN(const auto exclusion, book.FindFamilyExclusion(family), "listing");
    if (exclusion) {
      row.excluded = true;
      row.note = exclusion->note;
      row.actor = exclusion->actor;
      row.at = exclusion->at;
    }
    reply.rows.push_back(std::move(row));
    if (reply.rows.size() == body.page_size) {
      reply.next_page_token = ToHex(cursor->key());
      break;
    }
  }
  ROSTER_TRY(cursor->status(), "listing");
  reply.tally = school.head.tally;
  return model::ReplyBody(std::move(reply));
}

}  // namespace roster::engine
