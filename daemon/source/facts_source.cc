#include "daemon/source/facts_source.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <tuple>
#include <utility>

namespace roster::source {
namespace {

// Memory set aside on the word of the first page; more grows as it comes.
constexpr std::uint64_t kReserveMax = 2'000'000;

template <typename Key>
std::uint64_t CountUnique(const std::vector<Key>& used, const std::vector<Key>& rejected) {
  std::vector<Key> all;
  all.reserve(used.size() + rejected.size());
  all.insert(all.end(), used.begin(), used.end());
  all.insert(all.end(), rejected.begin(), rejected.end());
  if (!std::is_sorted(all.begin(), all.end())) std::sort(all.begin(), all.end());
  return static_cast<std::uint64_t>(
      std::distance(all.begin(), std::unique(all.begin(), all.end())));
}

// Of rows that came twice, because they moved while the list was walked, the later one stays.
template <typename Reader>
void DropRepeated(Rows<Reader>& rows) {
  const auto& keys = rows.used_keys;
  if (std::adjacent_find(keys.begin(), keys.end(), std::greater_equal<>()) == keys.end()) return;
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&keys](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  std::vector<typename Reader::Row> kept;
  kept.reserve(rows.used.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool repeated = i + 1 < order.size() && keys[order[i]] == keys[order[i + 1]];
    if (!repeated) kept.push_back(std::move(rows.used[order[i]]));
  }
  rows.used = std::move(kept);
}

bool InOrder(const model::Person& a, const model::Person& b) { return a.id < b.id; }
bool InOrder(const model::Student& a, const model::Student& b) {
  return std::tie(a.person, a.config_school_id) < std::tie(b.person, b.config_school_id);
}
bool InOrder(const model::FamilyMember& a, const model::FamilyMember& b) {
  return std::tie(a.family, a.person) < std::tie(b.family, b.person);
}
bool InOrder(const model::ParentTie& a, const model::ParentTie& b) {
  return std::tie(a.parent, a.student) < std::tie(b.parent, b.student);
}
bool InOrder(const model::Family& a, const model::Family& b) { return a.id < b.id; }

// What FACTS lists several times as rows of their own, and is one thing to the stages.
template <typename Row>
void Merge(std::vector<Row>&) {}
// A parent and a child: whatever any of the rows says. `ties` is in order.
void Merge(std::vector<model::ParentTie>& ties) {
  std::size_t kept = 0;
  for (std::size_t i = 1; i < ties.size(); ++i) {
    model::ParentTie& into = ties[kept];
    const model::ParentTie& tie = ties[i];
    if (InOrder(into, tie)) {
      ties[++kept] = tie;
      continue;
    }
    into.custody |= tie.custody;
    into.correspondence |= tie.correspondence;
    into.grandparent |= tie.grandparent;
    into.emergency_contact |= tie.emergency_contact;
    into.parents_web |= tie.parents_web;
    into.pw_block |= tie.pw_block;
  }
  if (!ties.empty()) ties.resize(kept + 1);
}

// Whose they are, where they say so: an id is never 0.
void KeepUnread(const model::Student& row, model::UnreadRows& unread) {
  if (row.person != PersonId()) unread.students.push_back(row.person);
}
void KeepUnread(const model::FamilyMember& row, model::UnreadRows& unread) {
  if (row.person == PersonId() || row.family == FamilyId()) return;
  unread.members.emplace_back(row.family, row.person);
}
void KeepUnread(const model::ParentTie& row, model::UnreadRows& unread) {
  if (row.parent == PersonId() || row.student == PersonId()) return;
  unread.ties.emplace_back(row.parent, row.student);
}
// Without one of these rows nobody is concluded to have left at once.
void KeepUnread(const model::Person&, model::UnreadRows&) {}
void KeepUnread(const model::Family&, model::UnreadRows&) {}
void KeepUnread(const model::StatusWord&, model::UnreadRows&) {}

template <typename Row>
void SortUnique(std::vector<Row>& rows) {
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

template <typename Reader>
void KeepRejected(Rows<Reader>& rows, model::Snapshot& snapshot) {
  snapshot.rejected_count += rows.rejected();
  for (model::RejectedRow& row : rows.named) {
    if (snapshot.rejected.size() == model::Snapshot::kRejectedKept) break;
    snapshot.rejected.push_back(std::move(row));
  }
  for (const auto& row : rows.unread) KeepUnread(row, snapshot.unread);
  SortUnique(snapshot.unread.students);
  SortUnique(snapshot.unread.members);
  SortUnique(snapshot.unread.ties);
}

}  // namespace

FactsSource::FactsSource(FactsSettings settings, FactsKeys keys, http::Http& http,
                         const Clock& clock, Random& random, Quota& quota)
    : settings_(std::move(settings)),
      client_(settings_.base_url, std::move(keys), settings_.retry, settings_.timeout, http, clock,
              random, quota),
      statuses_("Students/Status", json_),
      students_("Students", json_),
      people_("People", json_),
      members_("People/PersonFamily", json_),
      ties_("People/ParentStudent", json_),
      families_("Families", json_) {}

Result<model::Snapshot> FactsSource::Fetch(const LastGood& last_good,
                                           const std::function<void(const Progress&)>& progress,
                                           const std::stop_token& stop) {
  model::Snapshot snapshot;
  const auto whole = FetchAll(last_good, progress, stop, snapshot);
  rejected_ = {snapshot.rejected_count, snapshot.rejected};
  if (!whole) return tl::unexpected<Error>(whole.error());
  return snapshot;
}

Result<void> FactsSource::FetchAll(const LastGood& last_good, const Report& progress,
                                   const std::stop_token& stop, model::Snapshot& snapshot) {
  Progress last;
  const Report report = [&](const Progress& at) {
    last = at;
    if (progress) progress(at);
  };
  client_.StartPoll([&](std::string_view resource) {
    if (!progress) return;
    // Rows of the list before say nothing of this one.
    const bool same = resource == last.resource;
    progress({resource, same ? last.rows : 0, same ? last.total : 0, true});
  });
  auto whole = FetchLists(last_good, report, stop, snapshot);
  client_.StopTelling();
  return whole;
}

Result<void> FactsSource::FetchLists(const LastGood& last_good, const Report& progress,
                                     const std::stop_token& stop, model::Snapshot& snapshot) {
  const List students{"Students", "1.3", "personStudentId", "students", last_good.students};
  const List people{"People", "1", "personId", "people", last_good.people};
  const List members{"People/PersonFamily", "1", "personId,familyId", "family members",
                     last_good.members};
  const List ties{"People/ParentStudent", "1.1", "parentID,studentID", "parent links",
                  last_good.ties};
  const List families{"Families",           "1.1", "familyID", "families", last_good.families,
                      /*may_be_empty=*/true};
  ROSTER_TRY(FetchStatuses(snapshot, stop), "");
  ROSTER_TRY(FetchList(students, students_, snapshot, snapshot.students, progress, stop), "");
  if (settings_.families) {
    ROSTER_TRY(FetchList(members, members_, snapshot, snapshot.members, progress, stop), "");
    ROSTER_TRY(FetchList(ties, ties_, snapshot, snapshot.ties, progress, stop), "");
  }
  ROSTER_TRY(FetchList(people, people_, snapshot, snapshot.people, progress, stop), "");
  if (settings_.families) {
    ROSTER_TRY(FetchList(families, families_, snapshot, snapshot.families, progress, stop), "");
  }
  snapshot.requests = client_.requests();
  snapshot.bytes = client_.bytes();
  return {};
}

Result<void> FactsSource::FetchStatuses(model::Snapshot& into, const std::stop_token& stop) {
  Rows<StatusReader> rows;
  ROSTER_TRY(
      client_.Get(
          "Students/Status", "api-version=1",
          [&](std::string& body) { return statuses_.ParseArray(body, into.text, rows); }, stop),
      "");
  Walked walked;
  walked.what = "status words";
  walked.announced = rows.received();
  walked.unique = rows.used.size();
  walked.without_id = rows.rejected();
  walked.used = rows.used.size();
  walked.rejected = rows.rejected();
  KeepRejected(rows, into);
  ROSTER_TRY(CheckWhole(walked, 0, settings_.limits), "");
  into.statuses = std::move(rows.used);
  return {};
}

Result<void> FactsSource::CheckEnvelope(const List& list, const Envelope& envelope,
                                        std::uint64_t page, const Envelope* first) const {
  const std::string resource(list.resource);
  const auto row_count = static_cast<std::uint64_t>(envelope.row_count);
  if (first != nullptr && envelope.row_count != first->row_count) {
    return Fail(Code::kInvalid, "row-count-changed",
                Grouped(static_cast<std::uint64_t>(first->row_count)) + " " +
                    std::string(list.what) + " announced on the first page, " + Grouped(row_count) +
                    " on page " + Grouped(page) + ": the list changed while it was read.");
  }
  if (row_count > settings_.rows_max) {
    return Fail(Code::kInvalid, "too-many-rows",
                Grouped(row_count) + " " + std::string(list.what) + " announced, more than the " +
                    Grouped(settings_.rows_max) + " that are read at the most.");
  }
  if (static_cast<std::uint64_t>(envelope.current_page) != page) {
    return Fail(Code::kInvalid, "malformed",
                "page " + Grouped(page) + " of " + resource + " was asked for, and page " +
                    Grouped(static_cast<std::uint64_t>(envelope.current_page)) + " came");
  }
  if (envelope.last != (page >= static_cast<std::uint64_t>(envelope.page_count))) {
    return Fail(Code::kInvalid, "malformed",
                "page " + Grouped(page) + " of " + resource + " says that there are " +
                    Grouped(static_cast<std::uint64_t>(envelope.page_count)) + " pages, and that " +
                    (envelope.last ? "none" : "another one") + " follows");
  }
  return {};
}

template <typename Reader>
Result<void> FactsSource::FetchList(const List& list, PageParser<Reader>& parser,
                                    model::Snapshot& snapshot,
                                    std::vector<typename Reader::Row>& into, const Report& progress,
                                    const std::stop_token& stop) {
  using Row = typename Reader::Row;
  Rows<Reader> rows;
  Envelope first;
  Envelope envelope;
  std::uint64_t largest_page = 0;
  for (std::uint64_t page = 1; !envelope.last; ++page) {
    const std::string query = "Sorts=" + std::string(list.key) + "&Page=" + std::to_string(page) +
                              "&PageSize=" + std::to_string(settings_.page_size) +
                              "&api-version=" + std::string(list.version);
    const std::uint64_t before = rows.received();
    const auto use = [&](std::string& body) -> Result<void> {
      ROSTER_ASSIGN(envelope, parser.ParseList(body, snapshot.text, rows), "");
      return {};
    };
    ROSTER_TRY(client_.Get(list.resource, query, use, stop), "");
    ROSTER_TRY(CheckEnvelope(list, envelope, page, page == 1 ? nullptr : &first), "");
    if (page == 1) {
      first = envelope;
      const auto expected = static_cast<std::uint64_t>(first.row_count);
      rows.used.reserve(std::min(expected, kReserveMax));
      rows.used_keys.reserve(std::min(expected, kReserveMax));
    }
    const std::uint64_t brought = rows.received() - before;
    largest_page = std::max(largest_page, brought);
    if (progress) {
      progress({list.resource, rows.received(), static_cast<std::uint64_t>(first.row_count)});
    }
    // An empty page in the middle, or more than was announced: what is left can't mend the count.
    if (brought == 0 || rows.received() > 2 * static_cast<std::uint64_t>(first.row_count)) break;
  }

  Walked walked;
  walked.what = list.what;
  walked.announced = static_cast<std::uint64_t>(first.row_count);
  walked.unique = CountUnique(rows.used_keys, rows.rejected_keys);
  walked.without_id = rows.rejected_without_key;
  walked.rejected = rows.rejected();
  walked.page_size = settings_.page_size;
  walked.largest_page = largest_page;
  walked.may_be_empty = list.may_be_empty;
  DropRepeated(rows);
  into = std::move(rows.used);
  const auto in_order = [](const Row& a, const Row& b) { return InOrder(a, b); };
  if (!std::is_sorted(into.begin(), into.end(), in_order)) {
    std::stable_sort(into.begin(), into.end(), in_order);
  }
  Merge(into);
  walked.used = into.size();
  KeepRejected(rows, snapshot);
  return CheckWhole(walked, list.last_good, settings_.limits);
}

}  // namespace roster::source
