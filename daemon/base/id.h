#pragma once

// Strong ids: a person's id can't be passed where a family's is expected.

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace roster {

template <typename Tag, typename Rep>
class Id {
 public:
  Id() = default;
  explicit Id(Rep value) : value_(std::move(value)) {}

  const Rep& value() const { return value_; }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  Rep value_{};
};

using SchoolId = Id<struct SchoolTag, std::string>;    // [a-z0-9-]{1,32}, from the config
using PersonId = Id<struct PersonTag, std::int64_t>;   // FACTS personId == studentId == parentID
using FamilyId = Id<struct FamilyTag, std::int64_t>;   // FACTS familyID
using AccountId = Id<struct AccountTag, std::string>;  // the site's id of an account
using GroupId = Id<struct GroupTag, std::uint64_t>;    // duplicates; counts from 1 within a school
using CommandId = Id<struct CommandTag, std::string>;  // chosen by the client, 1..64 bytes
using PollId = Id<struct PollTag, std::uint64_t>;      // counts from 1 within a school
using PlanId = Id<struct PlanTag, std::uint64_t>;      // counts from 1 within a school
using Seq = Id<struct SeqTag, std::uint64_t>;          // journal number, from 1 within a school

// A task is named by its plan and its place in that plan (from 1); written "7.12".
struct TaskId {
  PlanId plan;
  std::uint32_t index = 0;

  friend bool operator==(const TaskId&, const TaskId&) = default;
  friend auto operator<=>(const TaskId&, const TaskId&) = default;
};

std::string ToString(const TaskId& id);

}  // namespace roster

template <typename Tag, typename Rep>
struct std::hash<roster::Id<Tag, Rep>> {
  std::size_t operator()(const roster::Id<Tag, Rep>& id) const {
    return std::hash<Rep>()(id.value());
  }
};

template <>
struct std::hash<roster::TaskId> {
  std::size_t operator()(const roster::TaskId& id) const {
    return std::hash<std::uint64_t>()((id.plan.value() << 32U) ^ id.index);
  }
};
