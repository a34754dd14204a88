#include "tests/simulation/checker.h"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace roster::simulation {
namespace {

// proto/README.md, "The disk": big-endian numbers, those of persons and families with the sign bit
// flipped.
std::uint64_t Number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = (number << 8U) | static_cast<unsigned char>(byte);
  return number;
}
std::int64_t Signed(std::string_view bytes) {
  return static_cast<std::int64_t>(Number(bytes) ^ (std::uint64_t{1} << 63U));
}
Checker::TaskKey Task(std::string_view rest) {
  return {Number(rest.substr(0, 8)), static_cast<std::uint32_t>(Number(rest.substr(8, 4)))};
}
std::string Name(const Checker::TaskKey& key) {
  return "task " + std::to_string(key.first) + "." + std::to_string(key.second);
}

std::string Hash(std::string_view bytes) {
  std::string hash(32, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr,
                     0);
  return hash;
}

template <typename Message>
Message Parsed(std::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw Violation{"bytes that are no " + message.GetTypeName()};
  }
  return message;
}

template <typename Map, typename Message>
void Keep(Map& map, std::int64_t id, const std::optional<std::string>& value, const Message*) {
  if (value) {
    map[id] = Parsed<Message>(*value);
  } else {
    map.erase(id);
  }
}
template <typename Set, typename Key>
void Mark(Set& set, const Key& key, bool in) {
  if (in) {
    set.insert(key);
  } else {
    set.erase(key);
  }
}

bool IsEnd(std::uint32_t state) { return state >= 5; }  // applied, dead, superseded
constexpr std::uint32_t kLeased = 2, kUnknown = 4, kApplied = 5, kDead = 6, kSuperseded = 7;

// What plans are counted by: the guard of a class.
int GuardOf(wire::ChangeClass which) {
  switch (which) {
    case wire::CLASS_ADD:
      return wire::GUARD_ADD;
    case wire::CLASS_UPDATE:
    case wire::CLASS_EMAIL_CHANGE:
      return wire::GUARD_UPDATE;
    case wire::CLASS_ARCHIVE:
      return wire::GUARD_ARCHIVE;
    case wire::CLASS_MISSING:
      return wire::GUARD_MISSING;
    case wire::CLASS_RESTORE:
      return wire::GUARD_RESTORE;
    default:
      return 0;
  }
}

// An account's JSON as the fields of the wire, by SCIM's paths; what is left of it beside.
std::map<std::string, std::string> Project(Json account, Json* left = nullptr) {
  std::map<std::string, std::string> fields;
  const auto take = [&](Json& from, const char* name, const std::string& as) {
    if (from.is_object() && from.contains(name) && from[name].is_string()) {
      fields[as] = from[name].get<std::string>();
      from.erase(name);
    }
  };
  take(account, "userName", "userName");
  if (account.contains("name")) {
    take(account["name"], "givenName", "name.givenName");
    take(account["name"], "familyName", "name.familyName");
    if (account["name"].empty()) account.erase("name");
  }
  if (account.contains("emails") && !account["emails"].empty()) {
    auto& emails = account["emails"];
    fields["emails"] = emails[0].value("value", "");
    emails.erase(0);
    if (emails.empty()) account.erase("emails");
  }
  if (account.contains(target::FakeScim::kExtension)) {
    Json& extension = account[target::FakeScim::kExtension];
    for (const char* name : {"school", "grade", "grouping", "role"}) take(extension, name, name);
    take(extension, "invitedAt", "invitedAt");
    if (extension.empty()) account.erase(target::FakeScim::kExtension);
  }
  take(account, "externalId", "externalId");
  fields["active"] = account.value("active", true) ? "true" : "false";
  account.erase("active");
  account.erase("meta");
  account.erase("schemas");
  if (left != nullptr) *left = std::move(account);
  return fields;
}

bool IsProtected(const std::string& role) {
  return role == "owner" || role == "manager" || role == "coordinator";
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

void Checker::Fail(int invariant, const std::string& what) const {
  throw Violation{"invariant " + std::to_string(invariant) + ": " + what};
}

// ---- the disk -----------------------------------------------------------------------------------

void Checker::OnCommitted(const store::Batch& batch) {
  ++commits_;
  latest_ = std::max(latest_, clock_.Now());
  moved_.clear();
  fresh_.clear();
  review_written_ = false;
  for (const auto& write : batch.writes) Put(write);
  for (const auto& [key, before] : moved_) {
    const auto task = now_.tasks.find(key);
    Require(task != now_.tasks.end(), 2, Name(key) + " is lost");
    CheckTaskMove(key, before ? &*before : nullptr, task->second);
  }
  for (const wire::Entry& entry : fresh_) Follow(entry);
  // A poll that is not whole changes nothing: nothing else was in that step.
  const bool only_rejected =
      alone_ && std::any_of(fresh_.begin(), fresh_.end(),
                            [](const auto& entry) { return entry.has_poll_rejected(); });
  Require(!only_rejected || !review_written_, 6, "a poll that was rejected has changed rows");
  CheckState();
}

void Checker::Put(const store::Batch::Write& write) {
  const std::string_view key(write.key);
  const auto zero = key.find('\0');
  if (zero == 0 || zero == std::string_view::npos) return;  // the format, the quota
  const char kind = key[zero + 1];
  const std::string_view rest = key.substr(zero + 2);
  switch (write.family) {
    case store::Family::kMeta:
      if (write.value) now_.head = Parsed<disk::SchoolHead>(*write.value);
      return;
    case store::Family::kReview:
      review_written_ = true;
      return PutReview(kind, rest, write.value);
    case store::Family::kWork:
      return PutWork(kind, rest, write.value);
    case store::Family::kJournal:
      if (kind == 'e') PutEntry(rest, write.value);
      return;
    case store::Family::kReplies:
      if (kind == 'k' && write.value) kept_at_.try_emplace(std::string(rest), clock_.Now());
      return;
  }
}

void Checker::PutReview(char kind, std::string_view rest, const std::optional<std::string>& value) {
  const bool in = value.has_value();
  switch (kind) {
    case 'c':
      return Keep(now_.changes, Signed(rest), value, static_cast<disk::Change*>(nullptr));
    case 'd':
      return Keep(now_.decisions, Signed(rest), value, static_cast<disk::Decision*>(nullptr));
    case 'v':
      return Keep(now_.placements, Signed(rest), value, static_cast<disk::Placement*>(nullptr));
    case 'l':
      if (in) {
        now_.links[Signed(rest)] = Parsed<disk::Link>(*value).account();
      } else {
        now_.links.erase(Signed(rest));
      }
      return;
    case 'a':
      if (in) {
        now_.owners[std::string(rest)] = Signed(*value);
      } else {
        now_.owners.erase(std::string(rest));
      }
      return;
    case 's':
      return Mark(now_.status_index, std::string(rest), in);
    case 'b':
      return Mark(now_.bucket_index, std::string(rest), in);
    case 'g':
      if (in) {
        now_.groups[std::string(rest)] = Parsed<disk::DuplicateGroup>(*value).id();
      } else {
        now_.groups.erase(std::string(rest));
      }
      return;
    case 'w':
      return Mark(now_.group_decisions, std::string(rest), in);
    case 'e':
      return Mark(now_.email_choices, Signed(rest), in);
    case 'm':
      return Mark(now_.match_decisions, Signed(rest), in);
    case 'f':
      return Mark(now_.exclusions, Signed(rest), in);
    case 'n':
      return Keep(now_.families, Signed(rest), value, static_cast<disk::FamilyCount*>(nullptr));
    default:
      return;
  }
}

void Checker::PutWork(char kind, std::string_view rest, const std::optional<std::string>& value) {
  switch (kind) {
    case 'p':
      return Keep(now_.polls, static_cast<std::int64_t>(Number(rest)), value,
                  static_cast<disk::Poll*>(nullptr));
    case 'n': {
      const auto id = Number(rest);
      if (!value) {
        Require(now_.plans[id].state() == 1, 2, "an approved plan is deleted");
        now_.plans.erase(id);
        return;
      }
      plans_made_.insert(id);
      now_.plans[id] = Parsed<disk::Plan>(*value);
      return;
    }
    case 't': {
      const auto key = Task(rest);
      const auto known = now_.tasks.find(key);
      moved_.emplace_back(key,
                          known == now_.tasks.end() ? std::nullopt : std::optional(known->second));
      if (value) {
        now_.tasks[key] = Parsed<disk::Task>(*value);
      } else {
        now_.tasks.erase(key);
      }
      return;
    }
    case 'o':
      if (value) {
        now_.held[Signed(rest)] = {Task(*value), (*value)[12] == 1};
      } else {
        now_.held.erase(Signed(rest));
      }
      return;
    case 'x':
      return Mark(now_.dead, Task(rest), value.has_value());
    default:
      return;
  }
}

void Checker::PutEntry(std::string_view rest, const std::optional<std::string>& value) {
  const auto seq = Number(rest);
  Require(value.has_value(), 5, "a journal entry is deleted");
  Require(seq == entries_.size() + 1, 5, "a journal entry is out of order: " + std::to_string(seq));
  auto entry = Parsed<wire::Entry>(*value);
  Require(entry.seq() == seq && entry.previous() == hash_, 5, "the chain does not hold");
  hash_ = Hash(*value);
  bytes_ += value->size();
  entries_.push_back(*value);
  fresh_.push_back(std::move(entry));
}

void Checker::CheckTaskMove(const TaskKey& key, const disk::Task* before,
                            const disk::Task& after) const {
  if (before == nullptr) return CheckNewTask(key, after);
  const auto from = before->state(), to = after.state();
  Require(from != kApplied || to == kApplied, 2, Name(key) + " was applied, and is not any more");
  Require(from != kSuperseded || to == kSuperseded, 2, Name(key) + " comes back");
  const bool retried = std::any_of(fresh_.begin(), fresh_.end(), [&](const auto& entry) {
    const auto& tasks = entry.tasks_retried().tasks();
    return std::any_of(tasks.begin(), tasks.end(),
                       [&](const auto& task) { return TaskKey(task.plan(), task.index()) == key; });
  });
  Require(from != kDead || to == kDead || to == kSuperseded || retried, 2,
          Name(key) + " was dead, and goes on by itself");
  Require(after.attempt() >= before->attempt(), 3, Name(key) + ": its attempts run backwards");
  Require(after.person() == before->person() && after.action() == before->action() &&
              after.digest() == before->digest() &&
              // An add is given its account's name when it is applied.
              (after.account() == before->account() || before->account().empty()) &&
              after.external_id() == before->external_id(),
          1, Name(key) + " becomes another");
  Require(after.fields_size() == before->fields_size(), 1, Name(key) + ": its fields change");
  for (int i = 0; i < after.fields_size(); ++i) {
    Require(after.fields(i).SerializeAsString() == before->fields(i).SerializeAsString(), 1,
            Name(key) + ": its fields change");
  }
}

// A task is made by an approval that arrived, of what was shown.
void Checker::CheckNewTask(const TaskKey& key, const disk::Task& task) const {
  const bool approved = std::any_of(fresh_.begin(), fresh_.end(), [&](const auto& entry) {
    return entry.has_plan_approved() && entry.plan_approved().plan() == key.first;
  });
  Require(approved, 1, Name(key) + " comes without an approval");
  Require(IsAllowed(key.first, task.person()), 1, Name(key) + " is of a person nobody approved");
  const auto plan = shown_.find(key.first);
  Require(plan != shown_.end(), 1, Name(key) + " is of a plan that nobody was shown");
  const auto row = plan->second.rows.find(task.person());
  Require(row != plan->second.rows.end(), 1, Name(key) + " is of a person who was not shown");
  Require(static_cast<int>(task.action()) == row->second.action(), 1,
          Name(key) + " does something else than was shown");
  if (row->second.changed() || plan->second.undo_of > 0 || plan->second.invitations) return;
  const bool writes = task.action() != wire::ARCHIVE;
  const int count = writes ? row->second.fields_size() : 0;
  Require(task.fields_size() == count, 1, Name(key) + " holds other fields than were shown");
  for (int i = 0; i < count; ++i) {
    Require(task.fields(i).before() == row->second.fields(i).before() &&
                task.fields(i).after() == row->second.fields(i).after(),
            1, Name(key) + " holds other values than were shown");
  }
  Require(task.action() == wire::ADD || task.account() == row->second.account(), 1,
          Name(key) + " is on another account than was shown");
}

void Checker::CheckState() const {
  if (now_.head.seq() == 0 && now_.changes.empty()) return;
  const bool newest =
      now_.head.seq() == entries_.size() && (entries_.empty() || now_.head.hash() == hash_);
  Require(newest, 5, "the head is not the newest entry");
  CheckTally();
  CheckTasks();
  CheckJournal();
}

void Checker::CheckTally() const {
  const auto& tally = now_.head.tally();
  std::map<std::uint32_t, std::uint64_t> status, bucket, reason, classes;
  std::uint64_t fresh = 0, linked = 0;
  std::map<std::int64_t, std::uint64_t> users;
  Require(now_.changes.size() == now_.placements.size(), 5, "rows and placements differ");
  Require(now_.status_index.size() == now_.placements.size() &&
              now_.bucket_index.size() == now_.placements.size(),
          5, "an index differs from the rows");
  std::string key;
  for (const auto& [person, place] : now_.placements) {
    const auto row = now_.changes.find(person);
    Require(row != now_.changes.end(), 5, "a placement without a row");
    ++status[place.status()];
    ++bucket[place.bucket()];
    if (place.bucket() == 5) ++reason[place.reason()];
    if (place.bucket() != 5 && place.change_class() != 0) ++classes[place.change_class()];
    fresh += place.is_new() ? 1 : 0;
    linked += place.linked_active() ? 1 : 0;
    for (const auto family : place.families()) ++users[family];
    Require(place.linked_active() == (row->second.linked() && row->second.has_account() &&
                                      row->second.account().active()),
            5, "who is linked and active differs from the row");
    std::string id;
    const auto flipped = static_cast<std::uint64_t>(person) ^ (std::uint64_t{1} << 63U);
    for (int i = 7; i >= 0; --i)
      id += static_cast<char>((flipped >> (8U * static_cast<unsigned>(i))) & 0xffU);
    key.assign(1, static_cast<char>(place.status()));
    key.append(place.sort_name()).append(1, '\0').append(id);
    Require(now_.status_index.contains(key), 5, "a row is not in the index of its list");
    key[0] = static_cast<char>(place.bucket());
    Require(now_.bucket_index.contains(key), 5, "a row is not in the index of its bucket");
    const auto held = now_.held.find(person);
    const bool busy = held != now_.held.end() && !held->second.second;
    Require(!busy || place.bucket() == 6 || (place.bucket() == 5 && place.action() == 0), 5,
            "a person with an open task is proposed once more");
  }
  const auto at = [](const auto& list, std::uint32_t i) {
    return static_cast<int>(i) < list.size() ? list.Get(static_cast<int>(i)) : 0;
  };
  std::uint64_t sum = 0;
  for (std::uint32_t i = 1; i <= 6; ++i) {
    Require(at(tally.by_bucket(), i) == bucket[i], 7,
            "bucket " + std::to_string(i) + " is miscounted");
    sum += bucket[i];
  }
  for (std::uint32_t i = 1; i <= 4; ++i) {
    Require(at(tally.by_status(), i) == status[i], 5, "a list is miscounted");
  }
  for (std::uint32_t i = 0; i < 64; ++i) {
    Require(at(tally.by_reason(), i) == reason[i], 5, "a reason is miscounted");
  }
  for (std::uint32_t i = 1; i <= 7; ++i) {
    Require(at(tally.by_class(), i) == classes[i], 5, "a class is miscounted");
  }
  Require(tally.everybody() == now_.placements.size() && sum == tally.everybody(), 7,
          "the buckets do not add up to everybody");
  Require(tally.fresh() == fresh && tally.linked_active() == linked, 5, "a counter is wrong");
  Require(users.size() == now_.families.size() && tally.families() == users.size(), 5,
          "families are miscounted");
  for (const auto& [family, count] : users) {
    const auto known = now_.families.find(family);
    Require(known != now_.families.end() && known->second.users() == count, 5,
            "a family's users are miscounted");
  }
}

void Checker::CheckTasks() const {
  std::map<std::uint64_t, std::array<std::uint64_t, 8>> by_plan;
  std::array<std::uint64_t, 8> all{};
  std::map<std::int64_t, TaskKey> open;
  std::size_t dead = 0;
  for (const auto& [key, task] : now_.tasks) {
    Require(task.state() >= 1 && task.state() <= 7, 2, Name(key) + " is nowhere");
    ++by_plan[key.first][task.state()];
    ++all[task.state()];
    if (task.state() == kDead) {
      ++dead;
      Require(now_.dead.contains(key), 2, Name(key) + " is dead, and not listed so");
    }
    if (IsEnd(task.state())) continue;
    Require(open.emplace(task.person(), key).second, 3, Name(key) + " is a person's second");
    const auto held = now_.held.find(task.person());
    Require(held != now_.held.end() && held->second == std::pair(key, false), 2,
            Name(key) + " is open, and not listed so");
  }
  Require(dead == now_.dead.size(), 5, "a task that is not dead is listed so");
  for (const auto& [person, held] : now_.held) {
    const auto task = now_.tasks.find(held.first);
    Require(task != now_.tasks.end(), 2, Name(held.first) + " is listed, and lost");
    Require(held.second ? task->second.state() == kDead : !IsEnd(task->second.state()), 5,
            Name(held.first) + " is listed as what it is not");
  }
  const auto same = [](const disk::TaskCounts& counts, const std::array<std::uint64_t, 8>& real) {
    return counts.queued() == real[1] + real[3] && counts.leased() == real[kLeased] &&
           counts.unknown() == real[kUnknown] && counts.applied() == real[kApplied] &&
           counts.dead() == real[kDead] && counts.superseded() == real[kSuperseded];
  };
  Require(same(now_.head.tasks(), all), 5, "tasks are miscounted");
  for (const auto& [id, plan] : now_.plans) {
    const auto& real = by_plan[id];
    Require(same(plan.tasks(), real), 5, "a plan's tasks are miscounted");
    const bool done = real[1] + real[2] + real[3] + real[4] == 0;
    if (plan.state() == 1) {
      Require(done, 1, "a plan that nobody approved has tasks");
    } else {
      Require((plan.state() == 3) == done, 2, "a plan's state is not that of its tasks");
    }
  }
  for (const auto& [id, count] : told_.approved) {
    std::uint64_t sum = 0;
    for (const auto n : by_plan[id]) sum += n;
    Require(sum == count, 2, "plan " + std::to_string(id) + " has lost a task");
  }
}

// ---- the journal --------------------------------------------------------------------------------

void Checker::Follow(const wire::Entry& entry) {
  if (!entry.cause().empty()) {
    const auto [known, is_new] = caused_.try_emplace(entry.cause(), commits_, clock_.Now());
    if (!is_new && latest_ - known->second.second < hours(23)) {
      Require(known->second.first == commits_, 3, "a command was done twice");
    }
  }
  switch (entry.event_case()) {
    case wire::Entry::kPollCompleted: {
      const auto& poll = entry.poll_completed();
      const auto read = polls_read_.find(poll.poll());
      Require(read != polls_read_.end() && read->second, 6,
              "poll " + std::to_string(poll.poll()) + " was not whole, and is used");
      const double least = 1 - SimFacts::kShrinkMax;
      Require(
          static_cast<double>(poll.people()) >= least * static_cast<double>(good_people_) &&
              static_cast<double>(poll.students()) >= least * static_cast<double>(good_students_),
          6, "a poll that has shrunk is used");
      good_people_ = now_.head.last_good_people();
      good_students_ = now_.head.last_good_students();
      return;
    }
    case wire::Entry::kLinksRecorded:
      for (const auto& link : entry.links_recorded().links()) {
        told_.links[link.person()] = link.account();
      }
      return;
    case wire::Entry::kLinksForgotten:
      for (const auto& link : entry.links_forgotten().links()) told_.links.erase(link.person());
      return;
    case wire::Entry::kPersonsDecided:
      for (const auto person : entry.persons_decided().persons()) {
        if (entry.persons_decided().decision() == wire::INCLUDE) {
          told_.decisions.erase(person);
        } else {
          told_.decisions[person] = entry.persons_decided().decision();
        }
      }
      return;
    case wire::Entry::kFamiliesDecided:
      for (const auto family : entry.families_decided().families()) {
        Mark(told_.exclusions, family, entry.families_decided().excluded());
      }
      return;
    case wire::Entry::kEmailChosen:
      return Mark(told_.email_choices, entry.email_chosen().person(),
                  entry.email_chosen().email2());
    case wire::Entry::kMatchDecided:
      return Mark(told_.match_decisions, entry.match_decided().person(),
                  !entry.match_decided().withdrawn());
    case wire::Entry::kPlanApproved: {
      const auto& plan = entry.plan_approved();
      Require(!told_.approved.contains(plan.plan()), 3, "a plan is approved twice");
      approved_in_[plan.plan()] = commits_;
      told_.approved[plan.plan()] =
          plan.adds() + plan.updates() + plan.archives() + plan.restores() + plan.invites();
      return;
    }
    case wire::Entry::kTaskApplied: {
      const auto& task = entry.task_applied();
      const TaskKey key(task.plan(), task.index());
      Require(!told_.ended.contains(key) || told_.ended[key] == wire::DEAD, 2,
              Name(key) + " ends twice");
      told_.ended[key] = wire::APPLIED;
      told_.already[key] = task.already();
      // Whose account it is already, stays.
      const bool taken = std::any_of(told_.links.begin(), told_.links.end(), [&](const auto& link) {
        return link.second == task.account() && link.first != task.person();
      });
      if (!taken) told_.links[task.person()] = task.account();
      return;
    }
    case wire::Entry::kTaskDead:
      told_.ended[{entry.task_dead().plan(), entry.task_dead().index()}] = wire::DEAD;
      return;
    case wire::Entry::kTaskSuperseded:
      told_.ended[{entry.task_superseded().plan(), entry.task_superseded().index()}] =
          wire::SUPERSEDED;
      return;
    case wire::Entry::kTasksRetried:
      for (const auto& task : entry.tasks_retried().tasks()) {
        told_.ended.erase({task.plan(), task.index()});
      }
      return;
    default:
      return;
  }
}

void Checker::CheckJournal() const {
  Require(told_.links == now_.links, 5, "links are not what the journal says");
  Require(now_.owners.size() == now_.links.size(), 5, "accounts and links differ");
  for (const auto& [person, account] : now_.links) {
    const auto owner = now_.owners.find(account);
    Require(owner != now_.owners.end() && owner->second == person, 5, "accounts and links differ");
  }
  Require(told_.decisions.size() == now_.decisions.size(), 5, "decisions are not in the journal");
  for (const auto& [person, kind] : told_.decisions) {
    const auto decision = now_.decisions.find(person);
    Require(decision != now_.decisions.end() && static_cast<int>(decision->second.kind()) == kind,
            5, "a decision is not what the journal says");
  }
  Require(told_.exclusions == now_.exclusions, 5, "exclusions are not what the journal says");
  Require(told_.email_choices == now_.email_choices, 5, "choices are not what the journal says");
  Require(told_.match_decisions == now_.match_decisions, 5,
          "matches are not what the journal says");
  for (const auto& [key, task] : now_.tasks) {
    const auto ended = told_.ended.find(key);
    Require(IsEnd(task.state())
                ? ended != told_.ended.end() && ended->second == static_cast<int>(task.state())
                : ended == told_.ended.end(),
            5, Name(key) + " is not what the journal says");
  }
}

void Checker::OnForgotten(const store::MemoryStore& left) {
  // What was answered or told is on disk, or it was not to be answered.
  const auto before = entries_;
  now_ = {};
  told_ = {};
  entries_.clear();
  hash_ = std::string(32, '\0');
  caused_.clear();
  good_people_ = good_students_ = 0;
  for (std::size_t family = 0; family < store::kFamilies; ++family) {
    const auto which = static_cast<store::Family>(family);
    for (auto at = left.Scan(which, "", ""); at->Valid(); at->Next()) {
      Put({which, std::string(at->key()), std::string(at->value())});
    }
  }
  for (const auto& [name, known] : told_to_) {
    Require(entries_.size() >= known, 4, "an entry that was told to " + name + " is lost");
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Require(i < before.size() && before[i] == entries_[i], 5, "the journal is another one");
  }
  for (const auto& [id, kept] : kept_) {
    const auto reply = Parsed<wire::Reply>(kept.reply);
    if (!reply.has_approve()) continue;
    const auto plan = now_.plans.find(reply.approve().plan().plan());
    Require(plan != now_.plans.end() && plan->second.state() != 1, 2,
            "an approval that was acknowledged is lost");
  }
  fresh_.clear();
  for (const auto& bytes : entries_) Follow(Parsed<wire::Entry>(bytes));
}

// ---- the wire -----------------------------------------------------------------------------------

void Checker::OnReceived(const bus::Inbound& input) {
  latest_ = std::max(latest_, clock_.Now());
  if (input.route == kStranger) return;  // what follows from it has nobody who asked for it
  if (input.channel == bus::Channel::kTasks) {
    wire::WorkerRequest request;
    if (!request.ParseFromString(input.payload)) return;
    worker_asked_[{input.route, request.request_id()}] = std::move(request);
    return;
  }
  wire::Request request;
  if (!request.ParseFromString(input.payload)) return;
  if (request.has_approve_plan()) {
    approvals_[request.approve_plan().plan()].push_back(request.approve_plan());
  }
  asked_[{input.route, request.request_id()}].push_back(
      {request, now_.head.tally().linked_active()});
}

// Whoever has not the role is refused, whatever they send.
void Checker::SentStranger(bus::Channel channel, const std::string& payload) {
  if (channel == bus::Channel::kTasks) {
    Require(Parsed<wire::WorkerReply>(payload).has_error(), 8, "a stranger is given work");
    return;
  }
  const auto reply = Parsed<wire::Reply>(payload);
  Require(reply.has_error() || reply.has_status() || reply.has_replay(), 8,
          "a stranger is answered: " + reply.ShortDebugString());
}

void Checker::OnSent(bus::Channel channel, const std::string& route, const std::string& payload) {
  if (route == kStranger) return SentStranger(channel, payload);
  if (channel == bus::Channel::kControl) {
    SentControl(route, payload);
  } else {
    SentTasks(route, payload);
  }
}

void Checker::CheckCounters(const wire::Counters& counters) const {
  Require(counters.to_add() + counters.to_update() + counters.to_archive() + counters.to_restore() +
                  counters.to_skip() + counters.unchanged() ==
              counters.everybody(),
          7, "the buckets of an answer do not add up");
  Require(counters.status_new() + counters.status_selected() + counters.status_skipped() +
                  counters.status_error() ==
              counters.everybody(),
          7, "the lists of an answer do not add up");
}

void Checker::SentControl(const std::string& route, const std::string& payload) {
  const auto reply = Parsed<wire::Reply>(payload);
  if (reply.has_users()) CheckCounters(reply.users().counters());
  if (reply.has_decide()) CheckCounters(reply.decide().counters());
  for (const auto& school : reply.status().schools()) CheckCounters(school.counters());
  const auto at = asked_.find({route, reply.request_id()});
  if (at == asked_.end() || at->second.empty()) return;
  const Asked asked = at->second.front();
  if (at->second.size() > 1) {
    at->second.erase(at->second.begin());
  } else {
    asked_.erase(at);
  }
  const bool first = !asked.request.command_id().empty() && CheckKept(asked, reply);
  if (first && reply.has_approve()) CheckApproval(asked, reply.approve());
  if (first && reply.has_plan()) {
    Require(plans_made_.contains(reply.plan().plan().plan()), 5,
            "a plan is answered that is not committed");
  }
  if (reply.has_replay()) {
    std::uint64_t seq = asked.request.replay().since();
    for (const std::string& bytes : reply.replay().entries()) {
      Require(seq < entries_.size() && entries_[seq] == bytes, 4,
              "a replay gives what is not committed");
      ++seq;
    }
  }
}

// A command that is repeated gets its first answer; with another body, a refusal.
bool Checker::CheckKept(const Asked& asked, const wire::Reply& reply) {
  wire::Request body = asked.request;
  body.clear_request_id();
  body.clear_version();
  wire::Reply plain = reply;
  plain.clear_request_id();
  const std::string& reason = reply.error().reason();
  static const std::set<std::string> kNotTaken = {"disk-full",       "bad-request",
                                                  "unknown-school",  "reason-missing",
                                                  "unknown-version", "not-a-message"};
  if (kNotTaken.contains(reason)) return false;
  Require(reply.error().code() != "unavailable", 2, "a command ends without a word");
  const auto at = kept_at_.find(asked.request.command_id());
  Require(at != kept_at_.end(), 3, "a command is answered, and its answer is not on disk");
  // The id's own answer may have been lost in a crash: what it was for is not known here yet.
  if (reason == "command-id-reused" && !kept_.contains(asked.request.command_id())) return false;
  const Kept now{body.SerializeAsString(), plain.SerializeAsString(), at->second};
  const auto [known, is_new] = kept_.try_emplace(asked.request.command_id(), now);
  if (is_new) return true;
  Kept& kept = known->second;
  kept.forgotten |= latest_ - kept.at >= hours(23);
  if (kept.forgotten) return false;
  if (kept.body == now.body) {
    Require(kept.reply == now.reply, 3,
            "a command that is repeated gets another answer: " + reply.ShortDebugString() +
                "\nfirst: " + Parsed<wire::Reply>(kept.reply).ShortDebugString() +
                "\nto: " + body.ShortDebugString());
  } else {
    Require(reason == "command-id-reused", 3,
            "a command's id does for two commands: " + reply.ShortDebugString() +
                "\nto: " + body.ShortDebugString() + "\nfirst: " + kept.body);
  }
  return false;
}

bool Checker::IsAllowed(std::uint64_t plan, std::int64_t person) const {
  const auto shown = shown_.find(plan);
  const auto arrived = approvals_.find(plan);
  if (shown == shown_.end() || arrived == approvals_.end()) return false;
  const auto row = shown->second.rows.find(person);
  if (row == shown->second.rows.end()) return false;
  return std::any_of(arrived->second.begin(), arrived->second.end(), [&](const auto& approval) {
    if (approval.digest() != shown->second.digest) return false;
    const auto& except = approval.except();
    if (std::find(except.begin(), except.end(), person) != except.end()) return false;
    const auto& only = approval.only();
    return only.empty() ||
           std::find(only.begin(), only.end(), row->second.change_class()) != only.end();
  });
}

void Checker::CheckApproval(const Asked& asked, const wire::ApproveReply& reply) {
  const auto id = reply.plan().plan();
  const auto plan = now_.plans.find(id);
  Require(plan != now_.plans.end() && plan->second.state() != 1, 2,
          "an approval is acknowledged that is not committed");
  const auto& request = asked.request.approve_plan();
  const auto shown = shown_.find(id);
  Require(shown != shown_.end() && shown->second.digest == request.digest(), 1,
          "an approval of something else than was shown");
  // The guards, counted again: what was let through without a person's word.
  if (request.override_guards() || approved_in_[id] != commits_) return;
  std::map<int, std::uint64_t> counts;
  for (const auto& [key, task] : now_.tasks) {
    if (key.first != id) continue;
    ++counts[GuardOf(shown->second.rows.at(task.person()).change_class())];
  }
  const std::uint64_t population = std::max(asked.population, now_.head.tally().linked_active());
  for (const auto& [guard, limit] : guards_) {
    Require(counts[guard] <= limit.max_count, 6, "a guard that trips lets a plan through");
    Require(
        std::min(asked.population, now_.head.tally().linked_active()) < limit.min_population ||
            static_cast<double>(counts[guard]) <= limit.max_share * static_cast<double>(population),
        6, "a guard on the share lets a plan through");
  }
}

void Checker::SentTasks(const std::string& route, const std::string& payload) {
  const auto reply = Parsed<wire::WorkerReply>(payload);
  const auto at = worker_asked_.find({route, reply.request_id()});
  if (reply.has_lease()) {
    for (const auto& task : reply.lease().tasks()) {
      const TaskKey key(task.plan(), task.index());
      const auto known = now_.tasks.find(key);
      Require(known != now_.tasks.end() && known->second.state() == kLeased &&
                  known->second.attempt() == task.attempt(),
              3, Name(key) + " is handed out before that is on disk");
      Require(task.attempt() > attempts_[key], 3,
              Name(key) + " is handed out twice as one attempt");
      attempts_[key] = task.attempt();
    }
  }
  if (!reply.has_report() || at == worker_asked_.end()) return;
  for (const auto& outcome : at->second.report().outcomes()) {
    const auto& ref = outcome.lease();
    const TaskKey key(ref.plan(), ref.index());
    const auto& refused = reply.report().refused();
    const bool taken = std::none_of(refused.begin(), refused.end(), [&](const auto& one) {
      return one.plan() == ref.plan() && one.index() == ref.index() &&
             one.attempt() == ref.attempt();
    });
    if (!taken) continue;
    Require(ref.attempt() >= attempts_[key], 3,
            Name(key) + ": the report of an attempt counts that is not the current one");
    if (outcome.has_applied()) {
      Require(now_.tasks.at(key).state() == kApplied, 2,
              Name(key) + ": a report is acknowledged that is not committed");
    }
  }
}

void Checker::OnPublished(const std::string& topic, std::string_view payload) {
  if (topic.ends_with(".Beat")) return;
  const auto entry = Parsed<wire::Entry>(payload);
  Require(entry.seq() <= entries_.size() && entries_[entry.seq() - 1] == payload, 4,
          "an entry is published that is not committed");
}

void Checker::OnShown(const wire::Plan& plan, const std::vector<wire::UserRow>& rows) {
  Shown& shown = shown_[plan.plan()];
  shown.digest = plan.digest();
  shown.undo_of = plan.undo_of();
  shown.invitations = plan.invitations();
  // What is no longer what the plan holds is not shown as it holds it.
  for (const auto& row : rows) {
    auto [known, is_new] = shown.rows.try_emplace(row.person(), row);
    if (!is_new && known->second.changed()) known->second = row;
  }
}

void Checker::OnTold(const std::string& subscriber, const wire::Entry& entry) {
  auto& known = told_to_[subscriber];
  Require(entry.seq() == known + 1, 4,
          subscriber + " is given entry " + std::to_string(entry.seq()) + " after " +
              std::to_string(known));
  known = entry.seq();
  Require(known <= entries_.size(), 4, subscriber + " is given what is not committed");
  Require(Parsed<wire::Entry>(entries_[known - 1]).SerializeAsString() == entry.SerializeAsString(),
          4, subscriber + " is given another entry");
}

void Checker::OnSubscriberFault(const std::string& subscriber, const std::string& fault) {
  Fail(5, subscriber + ": " + fault);
}

void Checker::OnPollRead(std::uint64_t poll, bool may_be_used) { polls_read_[poll] = may_be_used; }

// ---- the site -----------------------------------------------------------------------------------

void Checker::OnEffect(const Effect& effect) {
  const TaskKey key(effect.asker.plan, effect.asker.index);
  const auto task = now_.tasks.find(key);
  Require(effect.asker.plan != 0 && task != now_.tasks.end(), 1, "a write without a task");
  const auto person = task->second.person();
  Require(IsAllowed(key.first, person), 1, Name(key) + ": a write that nobody approved");
  const auto& row = shown_.at(key.first).rows.at(person);
  CheckContent(effect, row, task->second);
  CheckRepeated(key, effect);
  effects_.emplace_back(key, effect);
}

void Checker::CheckContent(const Effect& effect, const wire::UserRow& row,
                           const disk::Task& task) const {
  const std::string who = "person " + std::to_string(task.person());
  Json left_before, left_after;
  const auto before = effect.before.is_null() ? std::map<std::string, std::string>()
                                              : Project(effect.before, &left_before);
  const auto after = Project(effect.after, &left_after);
  left_after.erase("id");
  if (!effect.before.is_null()) left_before.erase("id");
  const auto action = row.action();
  const std::string external = "tcs:" + std::to_string(task.person());
  std::map<std::string, const wire::FieldChange*> approved;
  for (const auto& field : row.fields()) approved[field.field()] = &field;
  const bool exact = !row.changed() && shown_.at(effect.asker.plan).undo_of == 0;
  Require((action == wire::ADD) == effect.before.is_null(), 1, who + ": another kind of write");
  if (!effect.before.is_null()) {
    Require(left_before == left_after, 1,
            who + ": more was written than was approved: " + left_before.dump() + " " +
                left_after.dump());
    Require(effect.account == task.account(), 1, who + ": another account is written");
    for (const auto& role : effect.before.value("roles", Json::array())) {
      Require(!IsProtected(role.value("value", "")), 1, who + ": a protected account is written");
    }
  }
  std::set<std::string> names;
  for (const auto& [name, value] : before) names.insert(name);
  for (const auto& [name, value] : after) names.insert(name);
  for (const auto& name : names) {
    const auto was = before.contains(name) ? before.at(name) : "";
    const auto is = after.contains(name) ? after.at(name) : "";
    if (was == is) continue;
    if (name == "active") {
      const bool good = action == wire::ADD       ? is == "true"
                        : action == wire::ARCHIVE ? is == "false"
                                                  : action == wire::RESTORE && is == "true";
      Require(good, 1, who + ": made " + (is == "true" ? "active" : "inactive"));
    } else if (name == "externalId") {
      Require(is == external && was.empty() && action != wire::ARCHIVE && action != wire::INVITE, 1,
              who + ": another external id");
    } else if (name == "invitedAt") {
      Require(action == wire::INVITE, 1, who + ": an invitation that nobody approved");
    } else {
      Require(action == wire::ADD || action == wire::UPDATE || action == wire::RESTORE, 1,
              who + ": a field is written");
      if (!exact) continue;
      const auto field = approved.find(name);
      Require(field != approved.end(), 1, who + ": " + name + " is written, and was not approved");
      Require(Lower(field->second->after()) == Lower(is), 1, who + ": another " + name);
      Require(effect.before.is_null() || Lower(field->second->before()) == Lower(was), 1,
              who + ": " + name + " was not what was approved to be written over");
    }
  }
}

// What a task does is done once. Where the site's people have undone it meanwhile, nobody can tell
// that from never done: then it may be done again, but an invitation never.
void Checker::CheckRepeated(const TaskKey& key, const Effect& effect) const {
  for (const auto& [other, earlier] : effects_) {
    if (other != key) continue;
    const bool invitation = Project(earlier.after)["invitedAt"] !=
                            (earlier.before.is_null() ? "" : Project(earlier.before)["invitedAt"]);
    Require(!invitation, 3, Name(key) + ": somebody is invited twice");
    const bool made_again = effect.before.is_null();
    Require(made_again || effect.people_edits > earlier.people_edits, 3,
            Name(key) + ": its effect happens twice");
  }
}

// ---- at rest ------------------------------------------------------------------------------------

// Ended, or unknown and a person's to settle: nothing more comes of it by itself.
bool IsAtRest(const disk::Task& task) {
  return IsEnd(task.state()) || (task.state() == kUnknown && task.resting());
}

std::size_t Checker::open_tasks() const {
  return static_cast<std::size_t>(
      std::count_if(now_.tasks.begin(), now_.tasks.end(),
                    [](const auto& task) { return !IsAtRest(task.second); }));
}

std::string Checker::DescribeOpen() const {
  std::string text;
  const auto now = clock_.Now().time_since_epoch().count();
  const auto in = [&](std::int64_t at) { return std::to_string((at - now) / 1'000'000) + " s"; };
  for (const auto& [key, task] : now_.tasks) {
    if (IsAtRest(task)) continue;
    text += "\n" + Name(key) + ": state " + std::to_string(task.state()) + ", action " +
            std::to_string(task.action()) + ", attempt " + std::to_string(task.attempt()) +
            ", failures " + std::to_string(task.failures()) + ", " + task.reason() +
            (task.look_only() ? ", only looked at" : "") + ", not before " +
            in(task.not_before_us()) + ", leased for " + in(task.lease_until_us()) + ", to " +
            task.worker();
  }
  return text;
}

void Checker::CompareWith(const store::MemoryStore& store) const {
  Checker again(clock_, guards_);
  for (std::size_t family = 0; family < store::kFamilies; ++family) {
    const auto which = static_cast<store::Family>(family);
    for (auto at = store.Scan(which, "", ""); at->Valid(); at->Next()) {
      again.Put({which, std::string(at->key()), std::string(at->value())});
    }
  }
  Require(again.entries_ == entries_ && again.hash_ == hash_, 5, "the journal on disk is another");
  Require(again.now_.links == now_.links && again.now_.tasks.size() == now_.tasks.size() &&
              again.now_.placements.size() == now_.placements.size() &&
              again.now_.plans.size() == now_.plans.size(),
          5, "what is on disk is not what was committed");
}

void Checker::AtRest(const std::map<std::string, std::uint64_t>& told) const {
  Require(open_tasks() == 0, 2, "a task stays open");
  for (const auto& [name, known] : told) {
    Require(known == entries_.size(), 4,
            name + " knows " + std::to_string(known) + " of " + std::to_string(entries_.size()) +
                " entries");
  }
  std::set<TaskKey> done;
  for (const auto& [key, effect] : effects_) done.insert(key);
  for (const auto& [key, task] : now_.tasks) {
    if (task.state() != kApplied || told_.already.at(key)) continue;
    Require(done.contains(key), 2,
            Name(key) + " is said to be applied, and the site knows nothing");
  }
}

void Checker::CompareSite(SimSite& site, const SimFacts& facts, bool parents) const {
  for (const auto& [person, place] : now_.placements) {
    const auto& row = now_.changes.at(person);
    if (place.bucket() != 6 || row.situation() != 7) continue;  // unchanged, in step
    Require(site.scim.Has(row.account().id()), 2, "in step with an account that is not there");
    const auto fields = Project(site.scim.User(row.account().id()));
    const Person& known = facts.people.at(person);
    const auto said = [&](const char* name) {
      return fields.contains(name) ? fields.at(name) : std::string();
    };
    const std::string who = "person " + std::to_string(person) + " is in step, and is not: ";
    Require(said("active") == "true", 2, who + "archived");
    Require(said("externalId") == "tcs:" + std::to_string(person), 2, who + "external id");
    Require(said("name.givenName") == known.first, 2, who + "first name");
    Require(said("name.familyName") == known.last, 2, who + "last name");
    const bool second = row.candidate().uses_email2();
    const std::string& email = second ? known.email2 : known.email;
    if (!email.empty()) Require(Lower(said("emails")) == Lower(email), 2, who + "e-mail");
    if (!parents) Require(said("grade") == known.grade, 2, who + "grade");
  }
}

}  // namespace roster::simulation
