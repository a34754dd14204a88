#pragma once

// What the journal says of one person, from its entries alone: what was decided last, which account
// is linked, how each task ended. What is stored has to agree with it. Pure.

#include <map>
#include <optional>
#include <vector>

#include "daemon/model/entry.h"

namespace roster::journal {

struct Trace {
  // A link that was recorded, or, without an account, given up. A task that was done links the
  // account it names, unless another person has that.
  struct LinkMove {
    std::optional<AccountId> account;
    bool by_task = false;
  };
  enum class TaskEnd : std::uint8_t { kOpen, kApplied, kConfirmed, kDead, kSuperseded };
  struct TaskTrace {
    TaskEnd end = TaskEnd::kOpen;
    std::optional<Digest> digest;  // of the change that was applied
  };

  std::optional<model::DecisionKind> decision;  // nullopt: none, or taken back
  std::vector<LinkMove> links;                  // in order
  std::map<TaskId, TaskTrace> tasks;            // those that the journal names
};

// Adds what an entry says of this person. Entries come in their order.
void Add(Trace& trace, const model::Event& event, PersonId person);

}  // namespace roster::journal
