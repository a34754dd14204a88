#include "daemon/engine/verify.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/engine/page_token.h"
#include "daemon/journal/journal.h"
#include "daemon/journal/trace.h"
#include "daemon/journal/word.h"
#include "daemon/model/words.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/task/task.h"

namespace roster::engine {
namespace {

using journal::Trace;
using store::Family;

constexpr std::size_t kPlansAtOnce = 1024;   // whose approvals one pass over the entries looks for
constexpr std::size_t kEntriesKept = 64;     // decoded, for the persons that follow
constexpr std::size_t kFamiliesAtOnce = 48;  // whose last entries one pass looks for

// In the order in which they are gone through.
enum class Phase : unsigned char {
  kEntries = 1,
  kPersons,
  kDecisions,
  kLinks,
  kAccounts,
  kTasks,
  kHolders,
  kEmails,
  kMatches,
  kFamilies
};
constexpr Phase kLastPhase = Phase::kFamilies;

// How far a verification is; the token of a page.
struct Place {
  Phase phase = Phase::kEntries;
  // kEntries
  std::uint64_t first_plan = 1;                            // of this pass
  std::uint64_t seq = 1;                                   // the next entry
  std::uint64_t person = 0;                                // the next of those whom it names
  std::array<unsigned char, kPlansAtOnce / 8> approved{};  // of this pass's plans
  // kFamilies; `seq` as above
  std::optional<FamilyId> after;       // up to this one all are done
  std::map<FamilyId, Seq> last_words;  // of those that follow, the lowest: the last entry so far
  // the other phases
  std::string key;  // the last one looked at; "": none yet
  // kTasks: of the plan that `key` belongs to
  model::TaskCounts counts;
  bool exact = false;  // it had finished when its first task was looked at
};

class Writer {
 public:
  void Number(std::uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) {
      bytes_ += static_cast<char>((number >> static_cast<unsigned>(8 * i)) & 0xffU);
    }
  }
  void Rest(std::string_view bytes) { bytes_ += bytes; }
  std::string hex() const { return ToHex(bytes_); }

 private:
  std::string bytes_;
};

class Parser {
 public:
  explicit Parser(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t Number(std::size_t bytes) {
    std::uint64_t number = 0;
    for (const char byte : Take(bytes)) number = number << 8U | static_cast<unsigned char>(byte);
    return number;
  }
  std::string_view Take(std::size_t count) {
    if (bytes_.size() < count) {
      good_ = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  std::string_view rest() const { return bytes_; }
  bool good() const { return good_; }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

std::array<std::uint64_t*, 6> NumbersOf(model::TaskCounts& counts) {
  return {&counts.queued,  &counts.leased, &counts.unknown,
          &counts.applied, &counts.dead,   &counts.superseded};
}

std::uint64_t Bits(FamilyId family) { return static_cast<std::uint64_t>(family.value()); }
FamilyId FamilyOf(std::uint64_t bits) { return FamilyId(static_cast<std::int64_t>(bits)); }

// False when the rest is not what a token of this phase has.
bool ReadFamilies(Parser& in, Place& place) {
  const bool any = in.Number(1) == 1;
  const FamilyId after = FamilyOf(in.Number(8));
  if (any) place.after = after;
  place.seq = in.Number(8);
  while (!in.rest().empty() && in.good() && place.last_words.size() < kFamiliesAtOnce) {
    const FamilyId family = FamilyOf(in.Number(8));
    place.last_words[family] = Seq(in.Number(8));
  }
  return in.rest().empty() && place.seq > 0 &&
         place.seq < std::numeric_limits<std::uint64_t>::max() / 2;
}

std::string ToToken(Place place) {
  Writer out;
  out.Number(static_cast<std::uint64_t>(place.phase), 1);
  if (place.phase == Phase::kEntries) {
    for (const auto number : {place.first_plan, place.seq, place.person}) out.Number(number, 8);
    out.Rest({reinterpret_cast<const char*>(place.approved.data()), place.approved.size()});
    return out.hex();
  }
  if (place.phase == Phase::kFamilies) {
    out.Number(place.after ? 1 : 0, 1);
    out.Number(Bits(place.after.value_or(FamilyId())), 8);
    out.Number(place.seq, 8);
    for (const auto& [family, seq] : place.last_words) {
      out.Number(Bits(family), 8);
      out.Number(seq.value(), 8);
    }
    return out.hex();
  }
  if (place.phase == Phase::kTasks) {
    for (const auto* number : NumbersOf(place.counts)) out.Number(*number, 8);
    out.Number(place.exact ? 1 : 0, 1);
  }
  out.Rest(place.key);
  return out.hex();
}

Result<Place> FromToken(const std::string& token) {
  Place place;
  if (token.empty()) return place;
  ROSTER_ASSIGN(const std::string bytes, FromHex(token), "");
  Parser in(bytes);
  const std::uint64_t phase = in.Number(1);
  bool good = phase >= static_cast<std::uint64_t>(Phase::kEntries) &&
              phase <= static_cast<std::uint64_t>(kLastPhase);
  place.phase = good ? static_cast<Phase>(phase) : Phase::kEntries;
  if (place.phase == Phase::kEntries) {
    for (auto* number : {&place.first_plan, &place.seq, &place.person}) *number = in.Number(8);
    const std::string_view bits = in.Take(place.approved.size());
    std::copy(bits.begin(), bits.end(), place.approved.begin());
    constexpr auto kMax = std::numeric_limits<std::uint64_t>::max() / 2;
    good = good && in.rest().empty() && place.first_plan % kPlansAtOnce == 1 && place.seq > 0 &&
           place.first_plan < kMax && place.seq < kMax;
  } else if (place.phase == Phase::kFamilies) {
    good = ReadFamilies(in, place) && good;
  } else {
    if (place.phase == Phase::kTasks) {
      for (auto* number : NumbersOf(place.counts)) *number = in.Number(8);
      place.exact = in.Number(1) == 1;
    }
    place.key = in.rest();
  }
  if (!good || !in.good()) {
    return Fail(Code::kInvalid, "page-token", "This page token belongs to another list.");
  }
  return place;
}

std::string Named(PersonId person) { return "Person " + std::to_string(person.value()); }

std::string Word(const std::optional<model::DecisionKind>& kind) {
  return kind ? "\"" + std::string(DecisionWord(*kind)) + "\"" : "nothing";
}

std::string Word(const std::optional<AccountId>& account) {
  return account ? "account " + account->value() : "no account";
}

std::string_view Word(Trace::TaskEnd end) {
  switch (end) {
    case Trace::TaskEnd::kOpen:
      return "not ended";
    case Trace::TaskEnd::kApplied:
      return "applied";
    case Trace::TaskEnd::kConfirmed:
      return "applied, confirmed by a person";
    case Trace::TaskEnd::kDead:
      return "dead";
    case Trace::TaskEnd::kSuperseded:
      return "superseded";
  }
  return "";
}

Trace::TaskEnd EndOf(const model::Task& task) {
  switch (task.state) {
    case model::TaskState::kApplied:
      return task.reason == model::kConfirmed ? Trace::TaskEnd::kConfirmed
                                              : Trace::TaskEnd::kApplied;
    case model::TaskState::kDead:
      return Trace::TaskEnd::kDead;
    case model::TaskState::kSuperseded:
      return Trace::TaskEnd::kSuperseded;
    default:
      return Trace::TaskEnd::kOpen;
  }
}

class Verification {
 public:
  Verification(const VerifyScope& scope, Place place, std::size_t work_max)
      : scope_(scope), place_(std::move(place)), work_max_(work_max) {}

  Result<model::VerifyReply> Run() {
    bool more = true;
    while (more && work_ < work_max_) {
      ROSTER_ASSIGN(const bool done, RunPhase(), "verifying");
      if (!done) continue;
      more = place_.phase != kLastPhase;
      place_.phase = static_cast<Phase>(static_cast<unsigned char>(place_.phase) + 1);
      place_.key.clear();
      place_.seq = 1;
    }
    if (more) reply_.next_page_token = ToToken(place_);
    return std::move(reply_);
  }

 private:
  // True when the phase has come to its end; false when the work of this slice is done.
  Result<bool> RunPhase() {
    switch (place_.phase) {
      case Phase::kEntries:
        return Entries();
      case Phase::kPersons:
        return Persons();
      case Phase::kDecisions:
        return Rows(store::DecisionRange(scope_.school), reply_.decisions,
                    &Verification::CheckDecision);
      case Phase::kLinks:
        return Rows(store::LinkRange(scope_.school), reply_.links, &Verification::CheckLink);
      case Phase::kAccounts: {
        std::uint64_t uncounted = 0;
        return Rows(store::AccountRange(scope_.school), uncounted, &Verification::CheckAccount);
      }
      case Phase::kTasks:
        return Tasks();
      case Phase::kHolders:
        return Rows(store::GroupDecisionRange(scope_.school), reply_.decisions,
                    &Verification::CheckHolder);
      case Phase::kEmails:
        return Rows(store::EmailChoiceRange(scope_.school), reply_.decisions,
                    &Verification::CheckEmail2);
      case Phase::kMatches:
        return Rows(store::MatchDecisionRange(scope_.school), reply_.decisions,
                    &Verification::CheckMatch);
      case Phase::kFamilies:
        return Families();
    }
    return true;
  }

  void Differ(std::string about, std::string id, std::string reason, std::string sentence) {
    ++reply_.differences_total;
    if (reply_.differences.size() == kDifferencesMax) return;
    reply_.differences.push_back(
        {std::move(about), std::move(id), std::move(reason), std::move(sentence)});
  }

  // nullopt: not there, or not to be read, which is said.
  template <typename Decode>
  auto Find(Family family, const std::string& key, const std::string& about, const std::string& id,
            Decode decode) -> Result<decltype(std::optional(*decode(std::string_view())))> {
    ++work_;
    ROSTER_ASSIGN(const auto value, scope_.view.Get(family, key), "reading the store");
    if (!value) return {std::nullopt};
    auto decoded = decode(std::string_view(*value));
    if (!decoded) {
      Unreadable(about, id);
      return {std::nullopt};
    }
    return {*std::move(decoded)};
  }

  void Unreadable(const std::string& about, const std::string& id) {
    Differ(about, id, "unreadable", "What is stored of " + about + " " + id + " can't be read.");
  }

  // ---- entries

  Result<bool> Entries() {
    const store::Range range =
        store::EntryRange(scope_.school, Seq(place_.seq), Seq(scope_.head.value() + 1));
    const auto cursor = scope_.view.Scan(Family::kJournal, range.begin, range.end);
    for (; cursor->Valid(); cursor->Next()) {
      if (work_ >= work_max_) return false;
      ++work_;
      ROSTER_ASSIGN(const Seq seq, store::SeqOfKey(cursor->key()), "");
      if (seq.value() != place_.seq) place_.person = 0;
      place_.seq = seq.value();
      const auto entry = store::DecodeEntry(cursor->value());
      if (!entry && place_.first_plan == 1) Unreadable("entry", std::to_string(seq.value()));
      if (entry) {
        ROSTER_ASSIGN(const bool whole, CheckEntry(*entry, seq), "");
        if (!whole) return false;
      }
      if (place_.first_plan == 1) ++reply_.entries;
      place_.person = 0;
      ++place_.seq;
    }
    ROSTER_TRY(cursor->status(), "reading the journal");
    ROSTER_TRY(CheckApprovals(), "");
    place_.first_plan += kPlansAtOnce;
    place_.seq = 1;
    place_.approved.fill(0);
    return place_.first_plan > scope_.plans;
  }

  // False when the work of this slice ended amid those whom it names.
  Result<bool> CheckEntry(const model::Entry& entry, Seq seq) {
    if (const auto* approved = std::get_if<model::PlanApproved>(&entry.event)) {
      ROSTER_TRY(CheckApproved(*approved), "");
    }
    if (const auto* given = std::get_if<model::ApprovalGiven>(&entry.event)) {
      ROSTER_TRY(CheckGiven(*given, seq), "");
    }
    if (place_.first_plan > 1) return true;
    const std::vector<PersonId> persons = journal::PersonsOf(entry.event);
    work_ += persons.size() / 16;
    for (; place_.person < persons.size(); ++place_.person) {
      if (work_ >= work_max_) return false;
      ++work_;
      const PersonId person = persons[place_.person];
      ROSTER_ASSIGN(
          const auto value,
          scope_.view.Get(Family::kJournal, store::PersonEntryKey(scope_.school, person, seq)), "");
      if (value) continue;
      Differ("entry", std::to_string(seq.value()), "not-indexed",
             "Entry " + std::to_string(seq.value()) + " names person " +
                 std::to_string(person.value()) +
                 ", and the index of persons does not lead to it.");
    }
    return true;
  }

  Result<std::optional<model::Plan>> FindPlan(PlanId id) {
    const auto known = scope_.known_plans.find(id);
    if (known != scope_.known_plans.end()) return {known->second};
    return Find(Family::kWork, store::PlanKey(scope_.school, id), "plan",
                std::to_string(id.value()),
                [&](std::string_view value) { return store::DecodePlan(id, value); });
  }

  bool InThisPass(PlanId plan) const {
    return plan.value() >= place_.first_plan && plan.value() < place_.first_plan + kPlansAtOnce;
  }

  void Mark(PlanId plan) {
    const std::uint64_t at = plan.value() - place_.first_plan;
    place_.approved.at(at / 8) |= static_cast<unsigned char>(1U << (at % 8));
  }
  bool IsMarked(PlanId plan) const {
    const std::uint64_t at = plan.value() - place_.first_plan;
    return (place_.approved.at(at / 8) >> (at % 8) & 1U) != 0;
  }

  // The first of two: of a plan that is open it is the last one that was given.
  Result<void> CheckGiven(const model::ApprovalGiven& given, Seq seq) {
    if (!InThisPass(given.plan)) return {};
    ROSTER_ASSIGN(const auto plan, FindPlan(given.plan), "");
    if (!plan || plan->state != model::PlanState::kOpen) return {};  // expired, or see below
    const auto& first = plan->first_approval;
    if (first && first->seq == seq && first->choice == given.choice &&
        plan->digest == given.digest) {
      Mark(given.plan);
    } else if (!first || first->seq <= seq) {
      const std::string id = std::to_string(given.plan.value());
      Differ("plan", id, "other-approval",
             "The journal says that the first of two approvals of plan " + id +
                 " was given; what is stored says otherwise.");
    }
    return {};
  }

  Result<void> CheckApproved(const model::PlanApproved& approved) {
    if (!InThisPass(approved.plan)) return {};
    Mark(approved.plan);
    ROSTER_ASSIGN(const auto plan, FindPlan(approved.plan), "");
    const std::string id = std::to_string(approved.plan.value());
    if (!plan || plan->state == model::PlanState::kOpen) {
      Differ("plan", id, "not-approved",
             "The journal says that plan " + id + " was approved; what is stored says it was not.");
      return {};
    }
    const auto& of = plan->by_action;
    const std::string first = plan->first_approval ? plan->first_approval->actor : "";
    const bool same = plan->digest == approved.digest && first == approved.first_actor &&
                      of[static_cast<std::size_t>(model::Action::kAdd)] == approved.adds &&
                      of[static_cast<std::size_t>(model::Action::kUpdate)] == approved.updates &&
                      of[static_cast<std::size_t>(model::Action::kArchive)] == approved.archives &&
                      of[static_cast<std::size_t>(model::Action::kRestore)] == approved.restores &&
                      of[static_cast<std::size_t>(model::Action::kInvite)] == approved.invites;
    if (!same) {
      Differ("plan", id, "other-content",
             "Plan " + id + " is not the one that the journal says was approved.");
    }
    const std::uint64_t tasks =
        approved.adds + approved.updates + approved.archives + approved.restores + approved.invites;
    if (plan->tasks.total() != tasks) {
      Differ("plan", id, "other-count",
             "The journal says that " + std::to_string(tasks) + " changes of plan " + id +
                 " were approved, and " + std::to_string(plan->tasks.total()) +
                 " tasks are counted.");
    }
    return {};
  }

  // At the end of a pass: what is stored as approved, and no entry says so.
  Result<void> CheckApprovals() {
    const std::uint64_t end = std::min(place_.first_plan + kPlansAtOnce, scope_.plans + 1);
    for (std::uint64_t id = place_.first_plan; id < end; ++id) {
      ROSTER_ASSIGN(const auto plan, FindPlan(PlanId(id)), "");
      if (!plan) continue;
      if (plan->state == model::PlanState::kOpen) {
        if (!plan->first_approval || IsMarked(PlanId(id))) continue;
        Differ("plan", std::to_string(id), "not-in-journal",
               "Plan " + std::to_string(id) +
                   " is stored as approved by one of two, and no entry says so.");
        continue;
      }
      ++reply_.plans;
      if (IsMarked(PlanId(id))) continue;
      Differ("plan", std::to_string(id), "not-in-journal",
             "Plan " + std::to_string(id) + " is stored as approved, and no entry says so.");
    }
    return {};
  }

  // ---- what the journal says of somebody

  Result<std::shared_ptr<const model::Entry>> FindEntry(Seq seq) {
    const auto kept = entries_.find(seq);
    if (kept != entries_.end()) return kept->second;
    ++work_;
    ROSTER_ASSIGN(const auto value,
                  scope_.view.Get(Family::kJournal, store::EntryKey(scope_.school, seq)), "");
    std::shared_ptr<const model::Entry> entry;
    if (value) {
      auto decoded = store::DecodeEntry(*value);  // what can't be read was said before
      if (decoded) entry = std::make_shared<const model::Entry>(*std::move(decoded));
    }
    if (entry) work_ += journal::PersonsOf(entry->event).size() / 16;
    if (entries_.size() == kEntriesKept) entries_.erase(entries_.begin());
    entries_[seq] = entry;
    return entry;
  }

  Result<const Trace*> TraceOf(PersonId person) {
    if (traced_ == person) return &trace_;
    trace_ = {};
    traced_ = person;
    const store::Range range = store::PersonEntryRange(scope_.school, person);
    const auto cursor = scope_.view.Scan(Family::kJournal, range.begin, range.end);
    for (; cursor->Valid(); cursor->Next()) {
      ++work_;
      ROSTER_ASSIGN(const Seq seq, store::SeqOfKey(cursor->key()), "");
      ROSTER_ASSIGN(const auto entry, FindEntry(seq), "");
      if (entry) journal::Add(trace_, entry->event, person);
    }
    ROSTER_TRY(cursor->status(), "reading the journal");
    return &trace_;
  }

  Result<std::optional<model::Link>> FindLink(PersonId person) {
    return Find(Family::kReview, store::LinkKey(scope_.school, person), "link",
                std::to_string(person.value()),
                [&](std::string_view value) { return store::DecodeLink(person, value); });
  }

  Result<std::optional<PersonId>> FindOwner(const AccountId& account) {
    return Find(Family::kReview, store::AccountKey(scope_.school, account), "account",
                account.value(), store::DecodePerson);
  }

  // Everybody whom the journal names, by the index of persons.
  Result<bool> Persons() {
    using Limits = std::numeric_limits<std::int64_t>;
    const store::Range range{store::PersonEntryRange(scope_.school, PersonId(Limits::min())).begin,
                             store::PersonEntryRange(scope_.school, PersonId(Limits::max())).end};
    if (!place_.key.empty() && (place_.key < range.begin || place_.key > range.end)) {
      return Fail(Code::kInvalid, "page-token", "This page token belongs to another list.");
    }
    std::string from = place_.key.empty() ? range.begin : place_.key;
    while (true) {
      const auto cursor = scope_.view.Scan(Family::kJournal, from, range.end);
      if (!cursor->Valid()) {
        ROSTER_TRY(cursor->status(), "reading the journal");
        return true;
      }
      if (work_ >= work_max_) return false;
      const auto person = store::PersonOfKey(cursor->key());
      if (!person) {
        return Fail(Code::kInvalid, "page-token", "This page token belongs to another list.");
      }
      ROSTER_TRY(CheckPerson(*person), "");
      from = store::PersonEntryRange(scope_.school, *person).end;
      place_.key = from;
    }
  }

  Result<void> CheckPerson(PersonId person) {
    ROSTER_ASSIGN(const Trace* const trace, TraceOf(person), "");
    const std::string id = std::to_string(person.value());
    ROSTER_ASSIGN(
        const auto decision,
        Find(Family::kReview, store::DecisionKey(scope_.school, person), "decision", id,
             [&](std::string_view value) { return store::DecodeDecision(person, value); }),
        "");
    const auto kind = decision ? std::optional(decision->kind) : std::nullopt;
    if (kind != trace->decision) {
      Differ("decision", id, "other-decision",
             Named(person) + ": " + Word(kind) + " is stored as decided; the journal says " +
                 Word(trace->decision) + ".");
    }
    ROSTER_TRY(CheckLinkOf(person, *trace), "");
    ROSTER_TRY(CheckWordsOf(person, *trace), "");
    for (const auto& [task, said] : trace->tasks) {
      ++work_;
      ROSTER_ASSIGN(const auto value,
                    scope_.view.Get(Family::kWork, store::TaskKey(scope_.school, task)), "");
      if (value) continue;
      Differ("task", ToString(task), "gone",
             "The journal names task " + ToString(task) + ", and it is not stored.");
    }
    return {};
  }

  Result<void> CheckLinkOf(PersonId person, const Trace& trace) {
    std::optional<AccountId> said;
    for (auto move = trace.links.rbegin(); move != trace.links.rend(); ++move) {
      said = move->account;
      if (!move->by_task || !move->account) break;
      // The site gave an account to two people: the second was not linked.
      ROSTER_ASSIGN(const auto owner, FindOwner(*move->account), "");
      if (!owner || *owner == person) break;
      said.reset();
    }
    ROSTER_ASSIGN(const auto link, FindLink(person), "");
    const auto account = link ? std::optional(link->account) : std::nullopt;
    if (account != said) {
      Differ("link", std::to_string(person.value()), "other-account",
             Named(person) + " is stored as linked to " + Word(account) + "; the journal says " +
                 Word(said) + ".");
    }
    return {};
  }

  // Second address, match, and the duplicates that they hold.
  Result<void> CheckWordsOf(PersonId person, const Trace& trace) {
    const std::string id = std::to_string(person.value());
    ROSTER_ASSIGN(
        const auto choice,
        Find(Family::kReview, store::EmailChoiceKey(scope_.school, person), "email2", id,
             [&](std::string_view value) { return store::DecodeEmailChoice(person, value); }),
        "");
    if (choice.has_value() != trace.email2.has_value()) {
      Differ("email2", id, "other-decision",
             Named(person) + ": the second address is stored as " +
                 (choice ? "chosen" : "not chosen") + "; the journal says otherwise.");
    } else if (choice && !Agrees(*choice, *trace.email2)) {
      Differ("email2", id, "other-content",
             Named(person) +
                 ": the choice of the second address is stored with another address, "
                 "actor or time than the journal says.");
    }
    ROSTER_ASSIGN(
        const auto match,
        Find(Family::kReview, store::MatchDecisionKey(scope_.school, person), "match", id,
             [&](std::string_view value) { return store::DecodeMatchDecision(person, value); }),
        "");
    const bool same_match = match.has_value() == trace.match.has_value() &&
                            (!match || match->account == trace.match->account);
    if (!same_match) {
      Differ("match", id, "other-decision",
             Named(person) + ": " + (match ? Word(match->account) : "nothing") +
                 " is stored as said of their account; the journal says " +
                 (trace.match ? Word(trace.match->account) : "nothing") + ".");
    } else if (match && !Agrees(*match, trace.match->word)) {
      Differ("match", id, "other-content",
             Named(person) +
                 ": what was said of their account is stored with other accounts that "
                 "fitted, another actor or time than the journal says.");
    }
    for (const auto& [key, resolved] : trace.duplicates) {
      if (!resolved.kind || resolved.holder != person) continue;
      ++work_;
      ROSTER_ASSIGN(
          const auto value,
          scope_.view.Get(Family::kReview,
                          store::GroupDecisionKey(scope_.school, *Fingerprint::FromBytes(key))),
          "");
      if (value) continue;  // its content: CheckHolder
      Differ("duplicate", id, "gone",
             "The journal says that person " + id +
                 " was chosen to hold the address of a duplicate, and it is not stored.");
    }
    return {};
  }

  // Whether a word is what the entry says; one of a version that did not say it is believed.
  template <typename Kept>
  static bool Agrees(const Kept& kept, const Digest& word) {
    return word.empty() || journal::WordDigest(kept) == word;
  }

  // ---- what is stored, and the journal may know nothing of

  using Check = Result<void> (Verification::*)(std::string_view key, std::string_view value);

  Result<bool> Rows(const store::Range& range, std::uint64_t& count, Check check) {
    if (!place_.key.empty() && (place_.key < range.begin || place_.key >= range.end)) {
      return Fail(Code::kInvalid, "page-token", "This page token belongs to another list.");
    }
    const auto cursor = scope_.view.Scan(
        Family::kReview, place_.key.empty() ? range.begin : After(place_.key), range.end);
    for (; cursor->Valid(); cursor->Next()) {
      if (work_ >= work_max_) return false;
      ++work_;
      ++count;
      ROSTER_TRY((this->*check)(cursor->key(), cursor->value()), "");
      place_.key = cursor->key();
    }
    ROSTER_TRY(cursor->status(), "reading the store");
    return true;
  }

  Result<bool> IsNamed(PersonId person) {
    ++work_;
    const store::Range range = store::PersonEntryRange(scope_.school, person);
    const auto cursor = scope_.view.Scan(Family::kJournal, range.begin, range.end);
    const bool named = cursor->Valid();
    ROSTER_TRY(cursor->status(), "reading the journal");
    return named;
  }

  Result<void> CheckDecision(std::string_view key, std::string_view) {
    return CheckNamed(key, "decision", "a decision is stored");
  }
  Result<void> CheckEmail2(std::string_view key, std::string_view) {
    return CheckNamed(key, "email2", "the second address is stored as chosen");
  }
  Result<void> CheckMatch(std::string_view key, std::string_view) {
    return CheckNamed(key, "match", "a word on their account is stored");
  }

  // Of whom an entry names, CheckPerson has looked at the rest.
  Result<void> CheckNamed(std::string_view key, const char* about, const char* what) {
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(key), "");
    ROSTER_ASSIGN(const bool named, IsNamed(person), "");
    if (named) return {};
    Differ(about, std::to_string(person.value()), "not-in-journal",
           Named(person) + ": " + what + ", and no entry names the person.");
    return {};
  }

  Result<void> CheckHolder(std::string_view key, std::string_view value) {
    ROSTER_ASSIGN(const Fingerprint duplicate, store::GroupOfKey(key), "");
    const auto kept = store::DecodeGroupDecision(duplicate, value);
    if (!kept) {
      Unreadable("duplicate", ToHex(duplicate.view()));
      return {};
    }
    const std::string id = std::to_string(kept->holder.value());
    ROSTER_ASSIGN(const Trace* const trace, TraceOf(kept->holder), "");
    const auto same = [&](const Trace::Resolved& said) {
      return said.kind == kept->kind && said.holder == kept->holder;
    };
    const auto said = trace->duplicates.find(std::string(duplicate.view()));
    if (said == trace->duplicates.end()) {
      const auto& older = trace->without_key;
      if (std::any_of(older.begin(), older.end(), same)) return {};
      Differ("duplicate", id, "not-in-journal",
             Named(kept->holder) +
                 " is stored as chosen to hold the address of a duplicate, and no entry says so.");
    } else if (!same(said->second)) {
      Differ("duplicate", id, "other-decision",
             Named(kept->holder) +
                 " is stored as chosen to hold the address of a duplicate; the journal says "
                 "otherwise.");
    } else if (!Agrees(*kept, said->second.word)) {
      Differ("duplicate", id, "other-content",
             "That person " + id +
                 " was chosen to hold the address of a duplicate is stored with other members, "
                 "another address, actor or time than the journal says.");
    }
    return {};
  }

  // ---- families: which entry is the last word on each, a few at a time

  Result<bool> Families() {
    const store::Range range =
        store::EntryRange(scope_.school, Seq(place_.seq), Seq(scope_.head.value() + 1));
    const auto cursor = scope_.view.Scan(Family::kJournal, range.begin, range.end);
    for (; cursor->Valid(); cursor->Next()) {
      if (work_ >= work_max_) return false;
      ++work_;
      ROSTER_ASSIGN(const Seq seq, store::SeqOfKey(cursor->key()), "");
      place_.seq = seq.value() + 1;
      const auto entry = store::DecodeEntry(cursor->value());  // what can't be read was said before
      if (!entry) continue;
      if (const auto* decided = std::get_if<model::FamiliesDecided>(&entry->event)) {
        NoteFamilies(*decided, seq);
      }
    }
    ROSTER_TRY(cursor->status(), "reading the journal");
    return CompareFamilies();
  }

  // Keeps the lowest that are not done yet. One that was let go is never taken up again in this
  // pass: those kept are all lower, and none of them leaves but for a lower one.
  void NoteFamilies(const model::FamiliesDecided& decided, Seq seq) {
    work_ += decided.families.size() / 16;
    for (const FamilyId family : decided.families) {
      if (place_.after && family <= *place_.after) continue;
      place_.last_words[family] = seq;
      if (place_.last_words.size() > kFamiliesAtOnce) {
        place_.last_words.erase(std::prev(place_.last_words.end()));
      }
    }
  }

  // At the end of a pass, in the view whose newest entry it has seen: the rows beside the words.
  // True when these were the last.
  Result<bool> CompareFamilies() {
    const bool more_words = place_.last_words.size() == kFamiliesAtOnce;
    const store::Range range = store::FamilyExclusionRange(scope_.school);
    const auto row = scope_.view.Scan(
        Family::kReview,
        place_.after ? After(store::FamilyExclusionKey(scope_.school, *place_.after)) : range.begin,
        range.end);
    auto said = place_.last_words.begin();
    bool done = !more_words;
    for (std::size_t count = 0; said != place_.last_words.end() || (row->Valid() && !more_words);
         ++count) {
      if (count == 2 * kFamiliesAtOnce) {
        done = false;  // many more rows than words: the rest in another pass
        break;
      }
      std::optional<FamilyId> stored;
      if (row->Valid()) {
        ROSTER_ASSIGN(stored, store::FamilyOfKey(row->key()), "");
      }
      const bool has_word = said != place_.last_words.end() && (!stored || said->first <= *stored);
      const FamilyId family = has_word ? said->first : *stored;
      const bool has_row = stored == family;
      ROSTER_TRY(CheckFamily(family, has_row ? std::optional(row->value()) : std::nullopt,
                             has_word ? std::optional(said->second) : std::nullopt),
                 "");
      if (has_row) row->Next();
      if (has_word) ++said;
      place_.after = family;
    }
    ROSTER_TRY(row->status(), "reading the store");
    place_.last_words.clear();
    place_.seq = 1;
    return done;
  }

  Result<void> CheckFamily(FamilyId family, std::optional<std::string_view> row,
                           std::optional<Seq> last_word) {
    const std::string id = std::to_string(family.value());
    work_ += 2;
    std::optional<model::FamilyExclusion> kept;
    if (row) {
      ++reply_.decisions;
      auto decoded = store::DecodeFamilyExclusion(family, *row);
      if (!decoded) {
        Unreadable("family", id);
        return {};
      }
      kept = *std::move(decoded);
    }
    if (!last_word) {
      Differ("family", id, "not-in-journal",
             "Family " + id + " is stored as excluded, and no entry says so.");
      return {};
    }
    ROSTER_ASSIGN(const auto entry, FindEntry(*last_word), "");
    const auto* const said = entry ? std::get_if<model::FamiliesDecided>(&entry->event) : nullptr;
    if (said == nullptr) {
      return Fail(Code::kInvalid, "page-token", "This page token belongs to another list.");
    }
    if (said->excluded != kept.has_value()) {
      Differ("family", id, "other-decision",
             "Family " + id + " is stored as " + (kept ? "excluded" : "not excluded") +
                 "; the journal says otherwise.");
    } else if (kept && !Agrees(*kept, said->word)) {
      Differ("family", id, "other-content",
             "The exclusion of family " + id +
                 " is stored with another note, actor or time than the journal says.");
    }
    return {};
  }

  Result<void> CheckLink(std::string_view key, std::string_view value) {
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(key), "");
    const std::string id = std::to_string(person.value());
    const auto link = store::DecodeLink(person, value);
    if (!link) {
      Unreadable("link", id);
      return {};
    }
    ROSTER_ASSIGN(const bool named, IsNamed(person), "");
    if (!named) {
      Differ("link", id, "not-in-journal",
             Named(person) + " is stored as linked to " + Word(std::optional(link->account)) +
                 ", and no entry names the person.");
    }
    ROSTER_ASSIGN(const auto owner, FindOwner(link->account), "");
    if (owner == person) return {};
    Differ("account", link->account.value(), "other-person",
           Named(person) + " is stored as linked to account " + link->account.value() +
               ", and the account is not stored as theirs.");
    return {};
  }

  Result<void> CheckAccount(std::string_view key, std::string_view value) {
    ROSTER_ASSIGN(const AccountId account, store::AccountOfKey(key), "");
    const auto person = store::DecodePerson(value);
    if (!person) {
      Unreadable("account", account.value());
      return {};
    }
    ROSTER_ASSIGN(const auto link, FindLink(*person), "");
    if (link && link->account == account) return {};
    Differ("account", account.value(), "not-linked",
           "Account " + account.value() + " is stored as that of person " +
               std::to_string(person->value()) + ", who is not stored as linked to it.");
    return {};
  }

  // ---- tasks, and their counts by plan

  Result<bool> Tasks() {
    const store::Range range = store::TaskRange(scope_.school);
    if (!place_.key.empty() && (place_.key < range.begin || place_.key >= range.end)) {
      return Fail(Code::kInvalid, "page-token", "This page token belongs to another list.");
    }
    std::optional<PlanId> plan;
    if (!place_.key.empty()) {
      ROSTER_ASSIGN(const TaskId last, ParseTask(place_.key), "");
      plan = last.plan;
    }
    bool begun_here = false;
    const auto cursor = scope_.view.Scan(
        Family::kWork, place_.key.empty() ? range.begin : After(place_.key), range.end);
    for (; cursor->Valid(); cursor->Next()) {
      if (work_ >= work_max_) return false;
      ROSTER_ASSIGN(const TaskId id, store::TaskOfKey(cursor->key()), "");
      if (id.plan != plan) {
        if (plan) {
          ROSTER_TRY(CheckCounts(*plan, begun_here), "");
        }
        plan = id.plan;
        begun_here = true;
        place_.counts = {};
        ROSTER_ASSIGN(const auto of, FindPlan(id.plan), "");
        place_.exact = of && of->state == model::PlanState::kFinished;
      }
      ROSTER_TRY(CheckTask(id, cursor->value()), "");
      place_.key = cursor->key();
    }
    ROSTER_TRY(cursor->status(), "reading tasks");
    if (plan) {
      ROSTER_TRY(CheckCounts(*plan, begun_here), "");
    }
    return true;
  }

  static Result<TaskId> ParseTask(const std::string& key) {
    auto task = store::TaskOfKey(key);
    if (task) return *std::move(task);
    return Fail(Code::kInvalid, "page-token", "This page token belongs to another list.");
  }

  Result<void> CheckTask(TaskId id, std::string_view value) {
    ++work_;
    ++reply_.tasks;
    const auto task = store::DecodeTask(id, value);
    if (!task) {
      Unreadable("task", ToString(id));
      return {};
    }
    task::Count(place_.counts, task->state, true, task->resting);
    ROSTER_ASSIGN(const Trace* const trace, TraceOf(task->person), "");
    const auto said = trace->tasks.find(id);
    const Trace::TaskTrace none;
    const Trace::TaskTrace& by_journal = said == trace->tasks.end() ? none : said->second;
    if (by_journal.end != EndOf(*task)) {
      Differ("task", ToString(id), "other-end",
             "Task " + ToString(id) + " is stored as " + std::string(Word(EndOf(*task))) +
                 "; the journal says " + std::string(Word(by_journal.end)) + ".");
    } else if (by_journal.digest && *by_journal.digest != task->digest) {
      Differ("task", ToString(id), "other-content",
             "Task " + ToString(id) + " is not the change that the journal says was applied.");
    }
    return {};
  }

  // Tasks that are under way move between slices: their states are compared where one slice has
  // seen them all.
  Result<void> CheckCounts(PlanId id, bool begun_here) {
    ROSTER_ASSIGN(auto plan, FindPlan(id), "");
    const std::string name = std::to_string(id.value());
    if (!plan) {
      Differ("plan", name, "gone", "There are tasks of plan " + name + ", and it is not stored.");
      return {};
    }
    bool same = plan->tasks.total() == place_.counts.total();
    if (begun_here || (place_.exact && plan->state == model::PlanState::kFinished)) {
      same = plan->tasks == place_.counts;
    }
    if (same) return {};
    Differ("plan", name, "other-count",
           "The counts of plan " + name + " are not those of its tasks.");
    return {};
  }

  const VerifyScope& scope_;
  Place place_;
  std::size_t work_max_;
  std::size_t work_ = 0;
  model::VerifyReply reply_;
  std::map<Seq, std::shared_ptr<const model::Entry>> entries_;
  std::optional<PersonId> traced_;
  Trace trace_;
};

}  // namespace

Result<model::VerifyReply> VerifySlice(const VerifyScope& scope, const std::string& token,
                                       std::size_t work_max) {
  ROSTER_ASSIGN(Place place, FromToken(token), "");
  return Verification(scope, std::move(place), work_max).Run();
}

}  // namespace roster::engine
