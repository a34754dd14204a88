#include "tests/simulation/world.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "daemon/model/settings.h"
#include "daemon/source/wholeness.h"
#include "tests/simulation/checker.h"

namespace roster::simulation {
namespace {

tl::unexpected<Error> DiskFails() {
  return Fail(Code::kUnavailable, "disk", "The disk does not answer.");
}

// A scan that the disk ends before its range did.
class BrokenCursor : public store::Cursor {
 public:
  explicit BrokenCursor(std::unique_ptr<store::Cursor> whole) : whole_(std::move(whole)) {}
  bool Valid() const override { return false; }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  void Next() override {}
  Result<void> status() const override { return DiskFails(); }

 private:
  std::unique_ptr<store::Cursor> whole_;
};

}  // namespace

SchoolId TheSchool() { return SchoolId("tcs"); }

target::ScimSettings SiteSettings() {
  target::ScimSettings settings;
  settings.school = TheSchool();
  settings.base_url = target::FakeScim::kBase;
  settings.page_size = 9;
  return settings;
}

bool SimClock::Wait(Duration duration, const std::stop_token& stop) const {
  const Duration until = steady_ + duration;
  while (steady_ < until) {
    if (stop.stop_requested()) return false;
    Fiber::Yield();
  }
  return true;
}

// ---- SimStore -----------------------------------------------------------------------------------

Result<std::optional<std::string>> SimStore::Get(store::Family family, std::string_view key) const {
  if (chance_.Fault("read fails", 0.00001)) return DiskFails();
  return memory_.Get(family, key);
}

std::unique_ptr<store::Cursor> SimStore::Scan(store::Family family, std::string_view begin,
                                              std::string_view end) const {
  auto cursor = memory_.Scan(family, begin, end);
  if (chance_.Fault("scan fails", 0.00005))
    return std::make_unique<BrokenCursor>(std::move(cursor));
  return cursor;
}

std::unique_ptr<store::Reader> SimStore::Snapshot() const { return memory_.Snapshot(); }

Result<void> SimStore::Commit(const store::Batch& batch, bool sync) {
  if (chance_.Fault("disk full", 0.002)) {
    full_until_ = clock_.Steady() + chance_.Between(seconds(0), minutes(20));
  }
  if (clock_.Steady() < full_until_) {
    return Fail(Code::kExhausted, "disk-full", "No room.");
  }
  if (chance_.Fault("crash before a commit", 0.002)) throw Crash{};
  if (chance_.Fault("commit fails", 0.0005)) return DiskFails();
  if (!sync) {
    store::Batch undo;
    for (const auto& write : batch.writes) {
      undo.writes.push_back({write.family, write.key, *memory_.Get(write.family, write.key)});
    }
    undo_.push_back(std::move(undo));
  } else {
    undo_.clear();
  }
  const auto done = memory_.Commit(batch, sync);
  if (!done) return done;
  checker->OnCommitted(batch);
  if (chance_.Fault("crash after a commit", 0.002)) throw Crash{};
  if (chance_.Fault("commit fails, and is there", 0.0005)) return DiskFails();
  return {};
}

void SimStore::Forget() {
  if (undo_.empty()) return;
  for (auto lost = chance_.Below(undo_.size() + 1); lost > 0; --lost) {
    static_cast<void>(memory_.Commit(undo_.back(), true));
    undo_.pop_back();
  }
  undo_.clear();
  checker->OnForgotten(memory_);
}

// ---- Network ------------------------------------------------------------------------------------

void Network::Post(Packet packet, double loss) {
  const auto delay = [&] {
    if (chance_.Fault("message late", 0.02)) return chance_.Between(seconds(1), minutes(10));
    return chance_.faults ? chance_.Between(Duration(0), milliseconds(20)) : Duration(0);
  };
  if (chance_.Fault("message doubled", 0.03)) {
    on_the_way_.emplace(clock_.Steady() + delay(), packet);
  }
  if (chance_.Fault("message dropped", loss)) return;
  on_the_way_.emplace(clock_.Steady() + delay(), std::move(packet));
}

void Network::Ask(bus::Channel channel, const std::string& route, std::string payload) {
  if (chance_.Fault("message garbled", 0.001)) payload = payload.substr(payload.size() / 2);
  Packet packet;
  packet.to_daemon = true;
  // Word for word, before the one who means it or after: nothing may come of it.
  if (chance_.Fault("somebody without the role sends it too", 0.01)) {
    const std::int64_t uid = chance_.Is(0.5) ? kNobody : kListener;
    packet.inbound = {channel, kStranger, {uid, uid, 2}, payload};
    Post(packet, 0.03);
  }
  packet.inbound = {channel, route, {1000, 1000, 1}, std::move(payload)};
  Post(std::move(packet), 0.03);
}

Result<std::vector<bus::Inbound>> Network::Receive(Duration, std::size_t count_max) {
  std::vector<bus::Inbound> taken;
  for (auto at = on_the_way_.begin();
       at != on_the_way_.end() && at->first <= clock_.Steady() && taken.size() < count_max;) {
    if (!at->second.to_daemon) {
      ++at;
      continue;
    }
    taken.push_back(std::move(at->second.inbound));
    at = on_the_way_.erase(at);
  }
  for (const bus::Inbound& input : taken) checker->OnReceived(input);
  return taken;
}

void Network::Send(bus::Channel channel, const std::string& route, std::string payload) {
  if (chance_.Fault("crash before a reply", 0.0005)) throw Crash{};
  checker->OnSent(channel, route, payload);
  Packet packet;
  packet.name = route;
  packet.payload = std::move(payload);
  Post(std::move(packet), 0.03);
}

void Network::Publish(const std::string& topic, std::string_view payload) {
  if (chance_.Fault("crash before publishing", 0.0005)) throw Crash{};
  checker->OnPublished(topic, payload);
  for (const auto& [name, feed] : feeds_) {
    Packet packet;
    packet.name = name;
    packet.topic = topic;
    packet.payload = payload;
    Post(std::move(packet), 0.15);
  }
}

void Network::Deliver() {
  while (true) {
    auto at = std::find_if(on_the_way_.begin(), on_the_way_.end(),
                           [](const auto& packet) { return !packet.second.to_daemon; });
    if (at == on_the_way_.end() || at->first > clock_.Steady()) return;
    const Packet packet = std::move(at->second);
    on_the_way_.erase(at);
    if (!packet.topic.empty()) {
      if (const auto feed = feeds_.find(packet.name); feed != feeds_.end()) {
        feed->second(packet.topic, packet.payload);
      }
    } else if (const auto inbox = inboxes_.find(packet.name); inbox != inboxes_.end()) {
      inbox->second(packet.payload);
    }
  }
}

void Network::Cut() {
  std::erase_if(on_the_way_, [&](const auto& packet) {
    return chance_.Is(packet.second.to_daemon ? 0.5 : 0.3);
  });
}

// ---- SimFacts -----------------------------------------------------------------------------------

SimFacts::SimFacts(Chance& chance, const SimClock& clock, bool with_families)
    : chance_(chance), clock_(clock), with_families_(with_families) {
  const auto homes = 4 + chance_.Below(8);
  for (std::uint64_t i = 0; i < homes; ++i) {
    Household home;
    home.name = "Home " + std::to_string(i);
    for (auto n = 1 + chance_.Below(2); n > 0; --n) home.parents.push_back(AddPerson(false));
    for (auto n = 1 + chance_.Below(3); n > 0; --n) home.children.push_back(AddPerson(true));
    households[1000 + static_cast<std::int64_t>(i)] = std::move(home);
  }
}

std::string SimFacts::FreshEmail() { return "e" + std::to_string(next_email_++) + "@example.org"; }

std::int64_t SimFacts::AddPerson(bool student) {
  static const std::vector<std::string> kFirst = {"Ann", "Bob", "Cleo", "Dan", "Eve", "Finn"};
  static const std::vector<std::string> kLast = {"Adams", "Baker", "Cook", "Dyer"};
  Person person;
  person.first = chance_.Of(kFirst);
  person.last = chance_.Of(kLast);
  person.email = chance_.Is(0.93) ? FreshEmail() : "";
  if (chance_.Is(0.3)) person.email2 = FreshEmail();
  person.student = student;
  person.grade = chance_.Is(0.5) ? "09" : "10";
  people[++next_id_] = std::move(person);
  return next_id_;
}

std::int64_t SimFacts::AnyOf(bool student) {
  std::vector<std::int64_t> ids;
  for (const auto& [id, person] : people) {
    if (person.student == student) ids.push_back(id);
  }
  return ids.empty() ? people.begin()->first : chance_.Of(ids);
}

void SimFacts::ChangePerson(Person& person) {
  static const std::vector<std::string> kWords = {"Enrolled",  "Enrolled", "Graduate",
                                                  "Withdrawn", "Inactive", "Enrolled",
                                                  "On leave",  "",         "Admissions"};
  switch (chance_.Below(9)) {
    case 0:
      person.first += "x";
      if (person.first.size() > 8) person.first = "Zoe";
      return;
    case 1:
      person.email = FreshEmail();
      return;
    case 2:
      std::swap(person.email, people[AnyOf(person.student)].email);
      return;
    case 3:
      person.email = people[AnyOf(person.student)].email;
      return;
    case 4:
      person.email2 = chance_.Is(0.2) ? "" : FreshEmail();
      return;
    case 5:
      person.status = chance_.Of(kWords);
      return;
    case 6:
      person.grade = person.grade == "09" ? "10" : "09";
      return;
    case 7:
      if (chance_.Is(0.1)) person.deceased = !person.deceased;
      return;
    default:
      if (person.email.empty()) person.email = FreshEmail();
      return;
  }
}

void SimFacts::Change() {
  const bool student = chance_.Is(0.6);
  const std::int64_t id = AnyOf(student);
  Person& person = people.at(id);
  const auto home =
      std::next(households.begin(), static_cast<std::ptrdiff_t>(chance_.Below(households.size())));
  switch (chance_.Below(12)) {
    case 0:
      if (people.size() < 60) home->second.children.push_back(AddPerson(true));
      return;
    case 1:
      if (people.size() < 60) home->second.parents.push_back(AddPerson(false));
      return;
    case 2:  // rows that go, and come back
      person.listed = !person.listed || chance_.Is(0.7);
      return;
    case 3: {
      auto& children = home->second.children;
      const auto child = AnyOf(true);
      if (std::find(children.begin(), children.end(), child) == children.end()) {
        children.push_back(child);
      } else if (children.size() > 1) {
        std::erase(children, child);
      }
      return;
    }
    case 4: {
      const std::pair tie(AnyOf(false), AnyOf(true));
      if (blocked.erase(tie) == 0) blocked.insert(tie);
      return;
    }
    case 5:
      home->second.name += home->second.name.size() < 12 ? "a" : "";
      return;
    default:
      ChangePerson(person);
  }
}

// What FACTS answers instead of a list.
std::optional<Error> SimFacts::Refusal() {
  static const std::vector<Error> kErrors = {
      {Code::kRefused, "subscription-key-refused", "The key was refused."},
      {Code::kRefused, "school-key-refused", "The key was refused."},
      {Code::kRefused, "scope-missing", "A scope is missing."},
      {Code::kExhausted, "quota-exhausted", "The quota is used up.", milliseconds(7'200'000)},
      {Code::kUnavailable, "facts-unavailable", "FACTS does not answer."},
      {Code::kInvalid, "malformed", "What came is no list."},
      {Code::kInvalid, "row-count-changed", "The list changed while it was read."},
  };
  if (!chance_.Fault("FACTS refuses", 0.05)) return std::nullopt;
  return chance_.Of(kErrors);
}

// The real gate: whether what came is all there is.
Result<void> SimFacts::Walk(std::string_view what, std::uint64_t announced, std::uint64_t received,
                            std::uint64_t rejected, std::uint64_t last_good) {
  source::Walked walked;
  walked.what = what;
  walked.announced = announced;
  walked.unique = received;
  walked.used = received - rejected;
  walked.rejected = rejected;
  walked.page_size = 1000;
  walked.largest_page = received;
  walked.may_be_empty = true;
  return source::CheckWhole(walked, last_good, {kShrinkMax, 0.1});
}

void SimFacts::ReadStudents(model::Snapshot& into) {
  for (const auto& [id, person] : people) {
    if (!person.student) continue;
    model::Student row;
    row.person = PersonId(id);
    row.school_code = into.text.Add(person.code);
    row.status = into.text.Add(person.status);
    row.grade_level = into.text.Add(person.grade);
    into.students.push_back(row);
  }
}

void SimFacts::ReadPeople(model::Snapshot& into) {
  for (const auto& [id, person] : people) {
    if (!person.listed) continue;
    model::Person row;
    row.id = PersonId(id);
    row.deceased = person.deceased;
    row.first_name = into.text.Add(person.first);
    row.last_name = into.text.Add(person.last);
    row.email = into.text.Add(person.email);
    row.email2 = into.text.Add(person.email2);
    into.people.push_back(row);
  }
}

void SimFacts::ReadFamilies(model::Snapshot& into) {
  for (const auto& [id, home] : households) {
    into.families.push_back({FamilyId(id), into.text.Add(home.name)});
    std::int32_t order = 0;
    for (const auto parent : home.parents) {
      into.members.push_back({FamilyId(id), PersonId(parent), true, false, ++order});
      for (const auto child : home.children) {
        model::ParentTie tie;
        tie.parent = PersonId(parent);
        tie.student = PersonId(child);
        tie.custody = true;
        tie.pw_block = blocked.contains({parent, child});
        into.ties.push_back(tie);
      }
    }
    for (const auto child : home.children) {
      into.members.push_back({FamilyId(id), PersonId(child), false, true, ++order});
    }
  }
  std::sort(into.members.begin(), into.members.end(), [](const auto& a, const auto& b) {
    return std::tie(a.family, a.person) < std::tie(b.family, b.person);
  });
  const auto key = [](const model::ParentTie& tie) { return std::tie(tie.parent, tie.student); };
  std::sort(into.ties.begin(), into.ties.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  into.ties.erase(std::unique(into.ties.begin(), into.ties.end(),
                              [&](const auto& a, const auto& b) { return key(a) == key(b); }),
                  into.ties.end());
}

Result<model::Snapshot> SimFacts::Fetch(
    const source::LastGood& last_good, const std::function<void(const source::Progress&)>& progress,
    const std::stop_token& stop) {
  whole = false;
  rejected_ = {};
  model::Snapshot snapshot;
  bool torn = false;
  // The lists are read one after the other, and the school goes on meanwhile.
  const auto walk = [&](std::string_view what, auto& rows, std::uint64_t good) -> Result<void> {
    Fiber::Yield();
    if (stop.stop_requested()) return Fail(Code::kUnavailable, "stopped", "Stopped.");
    if (auto refused = Refusal()) return tl::unexpected<Error>(*std::move(refused));
    const std::uint64_t announced = rows.size();
    std::uint64_t bad = 0;
    if (!rows.empty() && chance_.Fault("FACTS torn page", 0.05)) {
      torn = true;
      rows.resize(chance_.Below(rows.size()));
    } else if (!rows.empty() && chance_.Fault("FACTS bad row", 0.02)) {
      const auto at = static_cast<std::ptrdiff_t>(chance_.Below(rows.size()));
      rows.erase(rows.begin() + at);
      bad = 1;
      ++snapshot.rejected_count;
      snapshot.rejected.push_back({std::string(what), 1, std::nullopt, "wrong-type", "email"});
      rejected_ = {snapshot.rejected_count, snapshot.rejected};
    }
    progress({what, rows.size(), announced});
    return Walk(what, announced, rows.size() + bad, bad, good);
  };
  ReadStudents(snapshot);
  ROSTER_TRY(walk("students", snapshot.students, last_good.students), "");
  if (with_families_) {
    ReadFamilies(snapshot);
    ROSTER_TRY(walk("family members", snapshot.members, last_good.members), "");
    ROSTER_TRY(walk("parent links", snapshot.ties, last_good.ties), "");
    ROSTER_TRY(walk("families", snapshot.families, last_good.families), "");
  }
  ReadPeople(snapshot);
  ROSTER_TRY(walk("people", snapshot.people, last_good.people), "");
  whole = !torn;
  snapshot.requests = 5;
  return snapshot;
}

// ---- SimSite ------------------------------------------------------------------------------------

// The way of one request to the site and back.
class SimDoor : public http::Http {
 public:
  SimDoor(SimSite& site, const Asker* asker) : site_(site), asker_(asker) {}

  Result<http::Response> Send(const http::Request& request) override {
    if (site_.chance_.Fault("site slow", 0.05)) {
      const Duration until = site_.clock_.Steady() + site_.chance_.Between(seconds(1), minutes(3));
      while (site_.chance_.faults && site_.clock_.Steady() < until &&
             !request.stop.stop_requested()) {
        Fiber::Yield();
      }
    } else {
      Fiber::Yield();
    }
    if (request.stop.stop_requested()) {
      return Fail(Code::kUnavailable, "stopped", "Stopped.");
    }
    if (auto fault = site_.FaultBefore()) return *std::move(fault);
    auto answer = site_.Handle(request, asker_);
    if (site_.chance_.Is(0.3)) Fiber::Yield();
    if (auto fault = site_.FaultAfter()) return *std::move(fault);
    return answer;
  }

 private:
  SimSite& site_;
  const Asker* asker_;
};

SimSite::SimSite(Chance& chance, const SimClock& clock, SimFacts& facts)
    : chance_(chance), clock_(clock), facts_(facts) {
  scim.sorts = chance_.Is(0.5);
  scim.answers_204 = chance_.Is(0.3);
  scim.create_without_body = chance_.Is(0.2);
  scim.wraps_around = chance_.Is(0.3);
  scim.version_in_meta = chance_.Is(0.7);
  // Made by hand before we came: some fit people of the school, some nobody.
  for (const auto& [id, person] : facts.people) {
    if (person.email.empty() || !chance_.Is(0.3)) continue;
    Json& account = Add(person.email);
    account["name"] = {{"givenName", person.first}, {"familyName", person.last}};
    account["active"] = chance_.Is(0.8);
  }
  for (int i = 0; i < 3; ++i) Add("other" + std::to_string(i) + "@example.org");
  if (chance_.Is(0.5)) {
    scim.User(*ids.begin())["roles"] = Json::array({{{"value", "owner"}}});
  }
}

std::unique_ptr<http::Http> SimSite::Door(const Asker* asker) {
  return std::make_unique<SimDoor>(*this, asker);
}

Json& SimSite::Add(const std::string& user_name) {
  const std::string id = "h" + std::to_string(next_++);
  ids.insert(id);
  return scim.Add(id, user_name);
}

void SimSite::ChangeAccount(const std::string& id) {
  Json& account = scim.User(id);
  people_edits[id] = ++edits_;
  const std::string fresh = "s" + std::to_string(edits_);
  switch (chance_.Below(12)) {
    case 0:
    case 1:
      account["name"]["givenName"] = fresh;
      break;
    case 2:
      account["emails"] = Json::array({{{"value", fresh + "@example.org"}, {"primary", true}}});
      break;
    case 3:
      account["active"] = !account.value("active", true);
      break;
    case 4:
      account["roles"] = chance_.Is(0.6) ? Json::array({{{"value", "manager"}}}) : Json::array();
      break;
    case 5:
      if (account.contains(target::FakeScim::kExtension)) {
        account[target::FakeScim::kExtension]["grade"] = fresh;
      }
      break;
    case 6:
      account["userName"] = fresh + "@example.org";
      break;
    case 7:
      if (ids.size() > 12 && chance_.Is(0.5)) {
        scim.Remove(id);
        ids.erase(id);
        return;
      }
      break;
    default:
      account[target::FakeScim::kExtension]["lastAccessedAt"] = FormatTime(clock_.Now());
  }
  scim.Touch(id);
}

void SimSite::Change() {
  if (chance_.Is(0.15) && ids.size() < 80) {
    std::string name = "new" + std::to_string(++edits_) + "@example.org";
    const auto person = std::next(facts_.people.begin(),
                                  static_cast<std::ptrdiff_t>(chance_.Below(facts_.people.size())));
    const auto taken = [&](const std::string& wanted) {
      return std::any_of(ids.begin(), ids.end(),
                         [&](const auto& id) { return scim.User(id)["userName"] == wanted; });
    };
    if (chance_.Is(0.5) && !person->second.email.empty() && !taken(person->second.email)) {
      name = person->second.email;
    }
    Add(name);
    return;
  }
  ChangeAccount(*std::next(ids.begin(), static_cast<std::ptrdiff_t>(chance_.Below(ids.size()))));
}

std::optional<Result<http::Response>> SimSite::FaultBefore() {
  static const std::vector<int> kWords = {400, 401, 403, 404, 409, 412, 429, 500, 502, 503, 302};
  using Given = Result<http::Response>;
  if (chance_.Fault("site down", 0.002)) {
    down_until_ = clock_.Steady() + chance_.Between(seconds(10), hours(2));
  }
  if (chance_.faults && clock_.Steady() < down_until_) {
    if (chance_.Is(0.5)) return Given(Fail(Code::kUnavailable, "connect", "Refused."));
    return Given(http::Response{503, {}, ""});
  }
  if (chance_.Fault("site not reached", 0.01)) {
    return Given(Fail(Code::kUnavailable, "connect", "Refused."));
  }
  if (chance_.Fault("answer lost before the effect", 0.01)) {
    return Given(Fail(Code::kUnavailable, "broken", "Closed."));
  }
  if (chance_.Fault("site refuses", 0.02)) {
    http::Response answer{chance_.Of(kWords), {}, R"({"detail":"about somebody@example.org"})"};
    if (answer.status == 429) answer.headers["retry-after"] = "30";
    if (answer.status == 409 && chance_.Is(0.5)) answer.body = R"({"scimType":"uniqueness"})";
    return Given(std::move(answer));
  }
  return std::nullopt;
}

std::optional<Result<http::Response>> SimSite::FaultAfter() {
  using Given = Result<http::Response>;
  if (chance_.Fault("answer lost after the effect", 0.02)) {
    return Given(
        Fail(Code::kUnavailable, chance_.Is(0.5) ? "broken" : "timeout", "No whole answer."));
  }
  if (chance_.Fault("error after the effect", 0.01)) return Given(http::Response{500, {}, ""});
  if (chance_.Fault("site garbles its answer", 0.005))
    return Given(http::Response{200, {}, "{\"id"});
  return std::nullopt;
}

Result<http::Response> SimSite::Handle(const http::Request& request, const Asker* asker) {
  const std::string users = std::string(target::FakeScim::kBase) + "/Users/";
  const bool patch = request.method == "PATCH";
  const std::string id = patch ? request.url.substr(users.size()) : "";
  Json before = patch && scim.Has(id) ? scim.User(id) : Json();
  const std::size_t count = scim.size();
  auto answer = scim.Send(request);
  scim.requests.clear();
  if (request.method == "GET" || !answer || answer->status >= 300) return answer;
  Effect effect;
  if (asker != nullptr) effect.asker = *asker;
  effect.before = std::move(before);
  if (patch) {
    effect.account = id;
  } else if (scim.size() == count + 1) {
    effect.account = std::to_string(made_++);
    ids.insert(effect.account);
  }
  effect.after = scim.User(effect.account);
  if (const auto edits = people_edits.find(effect.account); edits != people_edits.end()) {
    effect.people_edits = edits->second;
  }
  checker->OnEffect(effect);
  return answer;
}

// ---- SimPolls -----------------------------------------------------------------------------------

SimPolls::SimPolls(Chance& chance, const SimClock& clock, SimFacts& facts, SimSite& site,
                   const model::RosterRules& rules)
    : chance_(chance),
      clock_(clock),
      facts_(facts),
      rules_(rules),
      door_(site.Door(nullptr)),
      rate_(10'000, clock),
      reader_(SiteSettings(), "w", *door_, rate_, clock, chance) {}

void SimPolls::Start(engine::PollJob job) {
  if (chance_.Fault("crash before a poll", 0.0005)) throw Crash{};
  fiber_ = std::make_unique<Fiber>([this, job = std::move(job)] {
    const bool reads = !job.reuse || last_ == nullptr;
    auto end = engine::RunPoll(facts_, reader_, job, rules_, last_,
                               [](const engine::PollProgress&) {}, {});
    checker->OnPollRead(job.poll.value(), end.findings.has_value() && (!reads || facts_.whole));
    ended_.push_back(std::move(end));
  });
}

std::vector<engine::PollEnd> SimPolls::Take() { return std::exchange(ended_, {}); }

void SimPolls::Step() {
  if (!fiber_ || (chance_.faults && clock_.Steady() < slow_until_)) return;
  for (int i = 0; i < 20 && !fiber_->ended(); ++i) {
    if (chance_.Fault("poll slow", 0.01)) {
      slow_until_ = clock_.Steady() + chance_.Between(seconds(1), hours(3));
      return;
    }
    fiber_->Resume();
    if (chance_.Is(0.2)) break;
  }
  if (fiber_->ended()) fiber_.reset();
}

void SimPolls::Die() {
  fiber_.reset();
  last_.reset();
  ended_.clear();
  slow_until_ = {};
}

}  // namespace roster::simulation
