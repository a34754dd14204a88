#pragma once

// What the journal says of one person, from its entries alone: what was decided last on them, their
// second address, their account and the duplicates they hold; which account is linked; how each
// task ended. What is stored has to agree with it. Pure.

#include <map>
#include <optional>
#include <string>
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
  // Of words, `word` is the digest of what is kept of it; empty: of a version that did not say it.
  struct Match {
    std::optional<AccountId> account;  // nullopt: none of those that fitted
    Digest word;
  };
  struct Resolved {
    std::optional<model::HolderKind> kind;  // nullopt: taken back
    PersonId holder;
    Digest word;
  };

  std::optional<model::DecisionKind> decision;  // nullopt: none, or taken back
  std::vector<LinkMove> links;                  // in order
  std::map<TaskId, TaskTrace> tasks;            // those that the journal names
  std::optional<Digest> email2;                 // the second address counts; its `word`
  std::optional<Match> match;
  // The last word on a duplicate, by the bytes of its key, of those that concern this person: they
  // were a member then, or the holder until then.
  std::map<std::string, Resolved> duplicates;
  std::vector<Resolved> without_key;  // of a version that did not say which duplicate it was
};

// Adds what an entry says of this person. Entries come in their order.
void Add(Trace& trace, const model::Event& event, PersonId person);

}  // namespace roster::journal
