#include "daemon/model/snapshot.h"

#include <algorithm>
#include <cstring>

namespace roster::model {

std::string_view TextArena::Add(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > left_) {
    const std::size_t size = std::max(kBlock, text.size());
    blocks_.push_back(std::make_unique<char[]>(size));
    next_ = blocks_.back().get();
    left_ = size;
  }
  std::memcpy(next_, text.data(), text.size());
  const std::string_view kept(next_, text.size());
  next_ += text.size();
  left_ -= text.size();
  bytes_ += text.size();
  return kept;
}

const Person* Snapshot::FindPerson(PersonId id) const {
  const auto at = std::lower_bound(people.begin(), people.end(), id,
                                   [](const Person& p, PersonId wanted) { return p.id < wanted; });
  return at != people.end() && at->id == id ? &*at : nullptr;
}

const Family* Snapshot::FindFamily(FamilyId id) const {
  const auto at = std::lower_bound(families.begin(), families.end(), id,
                                   [](const Family& f, FamilyId wanted) { return f.id < wanted; });
  return at != families.end() && at->id == id ? &*at : nullptr;
}

std::pair<const Student*, const Student*> Snapshot::FindStudents(PersonId id) const {
  struct ByPerson {
    bool operator()(const Student& s, PersonId wanted) const { return s.person < wanted; }
    bool operator()(PersonId wanted, const Student& s) const { return wanted < s.person; }
  };
  const auto [first, last] = std::equal_range(students.begin(), students.end(), id, ByPerson{});
  const Student* base = students.data();
  return {base + (first - students.begin()), base + (last - students.begin())};
}

}  // namespace roster::model
