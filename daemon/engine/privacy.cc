// What is kept of people who have left, and its removal: by a person's word, or by age.

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "daemon/bus/reply_rows.h"
#include "daemon/engine/engine.h"
#include "daemon/journal/trace.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using store::Family;

constexpr std::size_t kEntriesKept = 64;
// Looked at for their age in one step, and forgotten; then some time is left to others.
constexpr std::size_t kLookedAtOnce = 200;
constexpr std::size_t kForgottenAtOnce = 50;
constexpr Duration kLookPause = std::chrono::seconds(10);
constexpr Duration kLookAgain = std::chrono::hours(1);  // from the beginning
constexpr Duration kPurgePause = std::chrono::minutes(10);
constexpr Duration kPurgeRetry = std::chrono::minutes(1);

std::string Sentence(std::string_view reason) {
  if (reason == "unknown-person") return "Nothing is held of such a person, and never was.";
  if (reason == "nothing-held") return "Nothing is held of them: what was, is removed already.";
  if (reason == "still-here") {
    return "They have not left: FACTS has them in scope, not there yet, or with a status word that "
           "the config does not map. Nothing was removed.";
  }
  if (reason == "task-open") {
    return "A task of theirs is under way: wait until it has ended. Nothing was removed.";
  }
  return "Their account on the site is active: archive it first. Nothing was removed.";
}

}  // namespace

// Entries are shared by many: each is decoded once.
class Engine::EntryCache {
 public:
  EntryCache(const store::Reader& view, SchoolId school)
      : view_(view), school_(std::move(school)) {}

  // nullptr: not there.
  Result<std::shared_ptr<const model::Entry>> Find(Seq seq) {
    const auto known = entries_.find(seq);
    if (known != entries_.end()) return known->second;
    ROSTER_ASSIGN(const auto value, view_.Get(Family::kJournal, store::EntryKey(school_, seq)), "");
    std::shared_ptr<const model::Entry> entry;
    if (value) {
      ROSTER_ASSIGN(auto decoded, store::DecodeEntry(*value), "");
      entry = std::make_shared<const model::Entry>(std::move(decoded));
    }
    if (entries_.size() == kEntriesKept) entries_.erase(entries_.begin());
    entries_[seq] = entry;
    return entry;
  }

 private:
  const store::Reader& view_;
  const SchoolId school_;
  std::map<Seq, std::shared_ptr<const model::Entry>> entries_;
};

struct Engine::Kept {
  PersonId person = {};
  std::optional<model::Change> change = {};
  bool linked = false;
  bool words = false;   // a decision, a second address, a match, a duplicate that they hold
  bool family = false;  // a word on a family that they were in
  std::optional<HeldTask> held = {};
  std::vector<TaskId> tasks = {};  // ended ones, with their values
  std::optional<Time> last = {};   // of the newest entry that names them
  bool forgotten = false;          // is what that entry says

  bool any() const { return change || linked || words || family || held || !tasks.empty(); }
};

Result<std::map<PersonId, Time>> Engine::LeftFamilies(const School& school) const {
  std::map<PersonId, Time> left;
  const store::Range range = store::FamilyExclusionRange(school.id());
  const auto cursor = view_->Scan(Family::kReview, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const FamilyId family, store::FamilyOfKey(cursor->key()), "reading exclusions");
    ROSTER_ASSIGN(const auto word, store::DecodeFamilyExclusion(family, cursor->value()), "");
    for (const PersonId person : word.left) {
      Time& at = left.try_emplace(person, word.at).first->second;
      at = std::max(at, word.at);
    }
  }
  ROSTER_TRY(cursor->status(), "reading exclusions");
  return left;
}

Result<Engine::Kept> Engine::KeptOf(School& school, PersonId person, EntryCache& entries,
                                    const std::map<PersonId, Time>& left) {
  const Book book(*view_, school);
  Kept kept;
  kept.person = person;
  const auto word = left.find(person);
  kept.family = word != left.end();
  if (kept.family) kept.last = word->second;
  ROSTER_ASSIGN(kept.change, book.FindChange(person), "");
  ROSTER_ASSIGN(kept.held, book.FindHeldTask(person), "");
  ROSTER_ASSIGN(const auto link, book.FindLink(person), "");
  ROSTER_ASSIGN(const auto decision, book.FindDecision(person), "");
  ROSTER_ASSIGN(const auto email2, book.FindEmailChoice(person), "");
  ROSTER_ASSIGN(const auto match, book.FindMatchDecision(person), "");
  kept.linked = link.has_value();
  kept.words = decision || email2 || match;
  journal::Trace trace;
  const store::Range range = store::PersonEntryRange(school.id(), person);
  const auto cursor = view_->Scan(Family::kJournal, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const Seq seq, store::SeqOfKey(cursor->key()), "");
    ROSTER_ASSIGN(const auto entry, entries.Find(seq), "");
    if (!entry) continue;
    journal::Add(trace, entry->event, person);
    kept.last = std::max(kept.last.value_or(entry->at), entry->at);
    kept.forgotten = std::holds_alternative<model::PersonsForgotten>(entry->event);
  }
  ROSTER_TRY(cursor->status(), "");
  for (const auto& [id, end] : trace.tasks) {
    ROSTER_ASSIGN(const auto task, FindTask(school, id), "");
    if (task && task->person == person && !task->forgotten && !IsOpen(task->state)) {
      kept.tasks.push_back(id);
    }
  }
  for (const auto& [key, resolved] : trace.duplicates) {
    if (resolved.kind && resolved.holder == person) kept.words = true;
  }
  return kept;
}

// Why nothing is removed of them: a stable word; "": they have left.
std::string Engine::WhyHere(const Kept& kept) {
  if (!kept.any() && !kept.last) return "unknown-person";
  if (!kept.any() && kept.forgotten) return "nothing-held";
  if (kept.change) {
    switch (kept.change->candidate.eligibility) {
      case model::Eligibility::kEligible:
      case model::Eligibility::kNotYet:
      case model::Eligibility::kUnclear:
        return "still-here";
      case model::Eligibility::kIneligible:
      case model::Eligibility::kMissing:
        break;
    }
  }
  if (kept.held && !kept.held->dead) return "task-open";
  const bool active =
      kept.linked && (!kept.change || (kept.change->account && kept.change->account->active));
  return active ? "account-active" : "";
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::Forget& body) {
  std::vector<PersonId> persons = body.persons;
  std::sort(persons.begin(), persons.end());
  persons.erase(std::unique(persons.begin(), persons.end()), persons.end());
  EntryCache entries(*view_, school.id());
  ROSTER_ASSIGN(const auto left, LeftFamilies(school), "forgetting");
  model::ForgetReply reply;
  std::vector<Kept> gone;
  for (const PersonId person : persons) {
    ROSTER_ASSIGN(Kept kept, KeptOf(school, person, entries, left), "forgetting");
    if (std::string reason = WhyHere(kept); !reason.empty()) {
      std::string sentence = Sentence(reason);
      reply.refused.push_back({person, std::move(reason), std::move(sentence)});
      continue;
    }
    ++reply.forgotten;  // of whom nothing else is kept, a reply may still be
    gone.push_back(std::move(kept));
  }
  ROSTER_TRY(Forget(school, caller, gone, false, clock_.Now()), "forgetting");
  return model::ReplyBody(std::move(reply));
}

// Everybody in `all` has left.
Result<void> Engine::Forget(School& school, const Caller& caller, const std::vector<Kept>& all,
                            bool by_age, Time now) {
  if (all.empty()) return {};
  Book book(*view_, school);
  std::vector<PersonId> persons;
  std::set<PersonId> concerned;  // who is judged anew
  for (const Kept& kept : all) {
    persons.push_back(kept.person);
    ROSTER_ASSIGN(const auto rivals, book.FindRivals(kept.person), "");
    concerned.insert(rivals.begin(), rivals.end());
  }
  for (const Kept& kept : all) ROSTER_TRY(ForgetTasks(school, caller, kept, now), "");
  bool groups_changed = false;
  ROSTER_TRY(ForgetGroups(book, school, persons, concerned, groups_changed), "");
  for (const PersonId person : persons) {
    ROSTER_TRY(book.RemoveChange(person), "");
    ROSTER_TRY(book.RemoveLink(person), "");
    book.RemoveDecision(person);
    book.RemoveEmailChoice(person);
    book.RemoveMatchDecision(person);
    book.PutForgotten(person);
    concerned.insert(person);
    school.touched.erase(person);
    school.forgotten.insert(person);
  }
  for (const PersonId person : concerned) ROSTER_TRY(book.Settle(person), "");
  ROSTER_TRY(ForgetFamilies(school, caller, persons), "");
  ROSTER_TRY(ForgetInReplies(school, persons, now), "");
  for (std::size_t at = 0; at < persons.size(); at += model::kEntryPersonsMax) {
    const std::size_t end = std::min(persons.size(), at + model::kEntryPersonsMax);
    Append(school, caller,
           model::PersonsForgotten{{persons.begin() + static_cast<std::ptrdiff_t>(at),
                                    persons.begin() + static_cast<std::ptrdiff_t>(end)},
                                   by_age});
  }
  // What is left of the duplicates they were in is found anew.
  if (groups_changed || school.polling) school.read_again = true;
  school.head.purge = true;
  school.head_changed = true;
  school.purging = false;  // one that is under way may have gone past
  return {};
}

// A dead task ends, since nobody can want to retry it; all of them lose their values.
Result<void> Engine::ForgetTasks(School& school, const Caller& caller, const Kept& kept, Time now) {
  if (kept.held) {
    ROSTER_ASSIGN(auto task, FindTask(school, kept.held->id), "");
    if (task && task->state == model::TaskState::kDead) {
      task->state = model::TaskState::kSuperseded;
      task->reason = "forgotten";
      task->ended_at = now;
      ROSTER_TRY(PutTask(school, *task, model::TaskState::kDead, false), "");
      Append(school, caller,
             model::TaskSuperseded{task->id, task->person, task->action, task->reason});
      ROSTER_TRY(EndTask(school, *task, caller, now), "");
    }
  }
  for (const TaskId id : kept.tasks) {
    ROSTER_ASSIGN(auto task, FindTask(school, id), "");
    if (!task) continue;
    task->fields.clear();
    task->fitted_by.reset();
    task->invited_before.reset();
    task->forgotten = true;
    view_->Put(Family::kWork, store::TaskKey(school.id(), id), store::EncodeTask(*task));
  }
  return {};
}

// Duplicates that they are in, which name an address, and words on those that they hold.
Result<void> Engine::ForgetGroups(Book& book, const School& school,
                                  const std::vector<PersonId>& persons,
                                  std::set<PersonId>& concerned, bool& changed) {
  const auto forgotten = [&](PersonId person) {
    return std::binary_search(persons.begin(), persons.end(), person);
  };
  std::vector<Fingerprint> groups;
  store::Range range = store::GroupRange(school.id());
  auto cursor = view_->Scan(Family::kReview, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const Fingerprint key, store::GroupOfKey(cursor->key()), "");
    ROSTER_ASSIGN(const auto group, store::DecodeGroup(key, cursor->value()), "");
    if (std::none_of(group.members.begin(), group.members.end(), forgotten)) continue;
    concerned.insert(group.members.begin(), group.members.end());
    groups.push_back(key);
  }
  ROSTER_TRY(cursor->status(), "");
  for (const Fingerprint& key : groups) ROSTER_TRY(book.RemoveGroup(key), "");
  std::vector<Fingerprint> words;
  range = store::GroupDecisionRange(school.id());
  cursor = view_->Scan(Family::kReview, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const Fingerprint key, store::GroupOfKey(cursor->key()), "");
    ROSTER_ASSIGN(const auto decision, store::DecodeGroupDecision(key, cursor->value()), "");
    if (!forgotten(decision.holder)) continue;
    concerned.insert(decision.members.begin(), decision.members.end());
    ROSTER_ASSIGN(const auto group, book.FindGroup(key), "");
    if (group) concerned.insert(group->members.begin(), group->members.end());
    words.push_back(key);
  }
  ROSTER_TRY(cursor->status(), "");
  for (const Fingerprint& key : words) book.RemoveGroupDecision(key);
  changed = !groups.empty();
  return {};
}

// A family of which nobody is left: the word on it, and its note, go too. Their rows are gone, so
// that the words on their families name them.
Result<void> Engine::ForgetFamilies(School& school, const Caller& caller,
                                    const std::vector<PersonId>& persons) {
  Book book(*view_, school);
  std::vector<model::FamilyExclusion> words;
  const store::Range range = store::FamilyExclusionRange(school.id());
  const auto cursor = view_->Scan(Family::kReview, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const FamilyId family, store::FamilyOfKey(cursor->key()), "");
    ROSTER_ASSIGN(auto word, store::DecodeFamilyExclusion(family, cursor->value()), "");
    const auto gone = std::erase_if(word.left, [&](PersonId person) {
      return std::binary_search(persons.begin(), persons.end(), person);
    });
    if (gone > 0) words.push_back(std::move(word));
  }
  ROSTER_TRY(cursor->status(), "");
  std::vector<FamilyId> removed;
  for (const model::FamilyExclusion& word : words) {
    ROSTER_ASSIGN(const auto count, book.FindFamilyCount(word.family), "");
    if (count) {
      book.PutFamilyExclusion(word);
      continue;
    }
    book.RemoveFamilyExclusion(word.family);
    removed.push_back(word.family);
  }
  for (model::Event& event : journal::SplitFamilies(false, removed, Digest{})) {
    Append(school, caller, std::move(event));
  }
  return {};
}

// Replies are kept for repeated commands, and may show people.
Result<void> Engine::ForgetInReplies(const School& school, const std::vector<PersonId>& persons,
                                     Time now) {
  const store::Range range =
      store::ReplyExpiryRange(school.id(), now + std::chrono::hours(24 * 365));
  std::vector<CommandId> commands;
  const auto cursor = view_->Scan(Family::kReplies, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(CommandId command, store::CommandOfKey(cursor->key()), "");
    commands.push_back(std::move(command));
  }
  ROSTER_TRY(cursor->status(), "");
  for (const CommandId& command : commands) {
    const std::string key = store::ReplyKey(school.id(), command);
    ROSTER_ASSIGN(const auto value, view_->Get(Family::kReplies, key), "");
    if (!value) continue;
    ROSTER_ASSIGN(store::KeptReply kept, store::DecodeKeptReply(*value), "");
    auto without = bus::WithoutPersons(kept.reply, persons);
    if (!without) continue;
    kept.reply = *std::move(without);
    view_->Put(Family::kReplies, key, store::EncodeKeptReply(kept));
  }
  return {};
}

// Who has left so long ago, counted from the newest entry that names them: the archive of their
// account, as a rule. Some at a time, by the index of persons.
Result<void> Engine::ForgetByAge(School& school, Time now) {
  const auto& age = school.settings->retention.left;
  if (!age || clock_.Steady() < school.next_age_look) return {};
  const store::Range range = store::PersonEntryRange(school.id());
  std::string from = school.age_cursor.empty() ? range.begin : school.age_cursor;
  EntryCache entries(*view_, school.id());
  const Book book(*view_, school);
  ROSTER_ASSIGN(const auto left, LeftFamilies(school), "");
  std::vector<Kept> gone;
  const auto look = [&](PersonId person) -> Result<void> {
    ROSTER_ASSIGN(const auto change, book.FindChange(person), "");
    if (change && change->candidate.eligibility == model::Eligibility::kEligible) return {};
    ROSTER_ASSIGN(Kept kept, KeptOf(school, person, entries, left), "");
    if (!kept.any() || !kept.last || *kept.last + *age > now || !WhyHere(kept).empty()) return {};
    gone.push_back(std::move(kept));
    return {};
  };
  // Those whom no entry need name: their family was excluded before they came.
  for (const auto& [person, at] : left) {
    if (gone.size() == kForgottenAtOnce) break;
    if (at + *age <= now) ROSTER_TRY(look(person), "");
  }
  bool more = true;
  for (std::size_t looked = 0; looked < kLookedAtOnce && gone.size() < kForgottenAtOnce; ++looked) {
    const auto cursor = view_->Scan(Family::kJournal, from, range.end);
    more = cursor->Valid();
    if (!more) {
      ROSTER_TRY(cursor->status(), "");
      break;
    }
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "");
    from = store::PersonEntryRange(school.id(), person).end;
    if (!left.contains(person)) ROSTER_TRY(look(person), "");
  }
  std::sort(gone.begin(), gone.end(),
            [](const Kept& a, const Kept& b) { return a.person < b.person; });
  school.age_cursor = more ? from : "";
  school.next_age_look = clock_.Steady() + (more ? kLookPause : kLookAgain);
  return Forget(school, {"rosterd", ""}, gone, true, now);
}

void Engine::StartPurge() {
  if (purging_ || clock_.Steady() < next_purge_) return;
  // A poll that is under way reads an older state.
  const auto polling = [](const School& school) { return school.polling.has_value(); };
  if (std::any_of(schools_.begin(), schools_.end(), polling)) return;
  // A backup holds on to the files that it copies.
  if (backup_.state == model::BackupRun::State::kRunning) return;
  for (School& school : schools_) {
    school.purging = school.head.purge;
    purging_ = purging_ || school.head.purge;
  }
  if (purging_) store_.StartPurge();
}

void Engine::EndPurge() {
  if (!purging_) return;
  const auto ended = store_.TakePurged();
  if (!ended) return;
  purging_ = false;
  next_purge_ = clock_.Steady() + (*ended ? kPurgePause : kPurgeRetry);
  for (School& school : schools_) {
    if (!*ended || !std::exchange(school.purging, false)) continue;
    school.head.purge = false;
    school.head_changed = true;
  }
}

}  // namespace roster::engine
