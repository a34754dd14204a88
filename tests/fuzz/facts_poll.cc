// A whole poll of FACTS, from scripted answers: a snapshot that is whole and in order, or the
// reason why not. The first byte: whether families are read; the rest: see scripted_http.h.

#include <algorithm>

#include "daemon/base/text.h"
#include "daemon/source/facts_source.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/scripted_http.h"

namespace roster::fuzz {
namespace {

constexpr std::size_t kAnswersMax = 24;

// Ascending, each once.
template <typename Rows, typename Key>
void CheckOrder(const Rows& rows, const Key& key) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    Expect(key(rows[i - 1]) < key(rows[i]), "Rows are not in order, or come twice.");
  }
}

void CheckSnapshot(const model::Snapshot& snapshot, bool families, std::size_t requests) {
  Expect(!snapshot.people.empty(), "A snapshot without people is taken for whole.");
  CheckOrder(snapshot.people, [](const model::Person& p) { return p.id; });
  CheckOrder(snapshot.families, [](const model::Family& f) { return f.id; });
  CheckOrder(snapshot.members,
             [](const model::FamilyMember& m) { return std::pair(m.family, m.person); });
  CheckOrder(snapshot.ties,
             [](const model::ParentTie& t) { return std::pair(t.parent, t.student); });
  for (std::size_t i = 1; i < snapshot.students.size(); ++i) {
    Expect(snapshot.students[i - 1].person <= snapshot.students[i].person,
           "Students are not in order.");
  }
  for (const model::Person& person : snapshot.people) {
    Expect(snapshot.FindPerson(person.id) == &person, "A person is not found.");
    Expect(IsValidUtf8(person.email) && IsValidUtf8(person.last_name), "A text is not UTF-8.");
  }
  Expect(families || (snapshot.members.empty() && snapshot.ties.empty()),
         "Families were read, and not wanted.");
  Expect(snapshot.requests == requests, "Requests are miscounted.");
  Expect(snapshot.rejected.size() ==
             std::min<std::uint64_t>(snapshot.rejected_count, model::Snapshot::kRejectedKept),
         "Rejected rows are not named.");
}

void Check(bool families, std::string_view script) {
  ScriptedHttp http(Parts(script, kAnswersMax));
  const WaitingClock clock;
  SeededRandom random(1);
  source::Quota quota({10, 600, 1'000'000}, clock,
                      [](const source::QuotaState&) { return Result<void>(); });
  source::FactsSettings settings;
  settings.base_url = "https://facts.example.org";
  settings.page_size = 3;
  settings.rows_max = 10'000;
  settings.families = families;
  const source::FactsKeys keys{"subscriptionkey1", "schoolkey2"};
  source::FactsSource facts(settings, keys, http, clock, random, quota);
  const auto snapshot = facts.Fetch({}, nullptr, {});
  if (snapshot) {
    CheckSnapshot(*snapshot, families, http.exchanges.size());
    return;
  }
  const Error& error = snapshot.error();
  ExpectError(error,
              {"subscription-key-refused", "school-key-refused", "scope-missing", "quota-exhausted",
               "facts-unavailable", "facts-rejected-request", "malformed", "rows-missing",
               "row-count-changed", "empty", "shrunk", "too-many-rejected", "too-many-rows"});
  Expect(error.message.find(keys.subscription) == std::string::npos &&
             error.message.find(keys.school) == std::string::npos,
         "An error names a key.");
  Expect(!error.retry_after || error.retry_after->count() >= 0, "A wait is negative.");
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roster::fuzz;
  if (size == 0) return 0;
  Check(data[0] % 2 == 1, Bytes(data + 1, size - 1));
  return 0;
}
