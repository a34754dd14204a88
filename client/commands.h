#pragma once

// One function a command: what was asked for in, what was answered out. Options are what the
// command line said, checked as far as the client can.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/session.h"
#include "roster/v1/control.pb.h"

namespace roster::client {

struct StatusOptions {
  bool exit_code = false;
};
Answer<Exit> RunStatus(Session& session, const StatusOptions& options);

struct PollOptions {
  bool wait = false;
};
Answer<Exit> RunPoll(Session& session, const PollOptions& options);

Answer<Exit> RunUsers(Session& session, const v1::Filter& filter);

struct DecideOptions {
  v1::Decision decision = v1::SYNC;
  std::vector<std::int64_t> persons;  // either these
  std::optional<v1::Filter> filter;   // or all that it shows
};
Answer<Exit> RunDecide(Session& session, const DecideOptions& options);

struct PlanOptions {
  std::uint64_t plan = 0;            // 0: as things stand now
  std::optional<v1::Bucket> bucket;  // set: the list alone, whole; UNSPECIFIED: all items
};
Answer<Exit> RunPlan(Session& session, const PlanOptions& options);

struct SyncOptions {
  std::uint64_t plan = 0;  // 0: as things stand now, after a question
  bool leave_out_changed = false;
  bool yes = false;
  bool wait = false;
};
Answer<Exit> RunSync(Session& session, const SyncOptions& options);

struct InviteOptions {
  std::vector<std::int64_t> persons;  // none: everybody linked and active
  bool never_accessed = false;
  bool yes = false;
  bool wait = false;
};
Answer<Exit> RunInvite(Session& session, const InviteOptions& options);

struct TasksOptions {
  v1::TaskState state = v1::TASK_STATE_UNSPECIFIED;  // all
  std::uint64_t plan = 0;                            // 0: all
};
Answer<Exit> RunTasks(Session& session, const TasksOptions& options);

struct RetryOptions {
  std::vector<v1::TaskRef> tasks;  // either these
  bool all = false;                // or all that are dead
};
Answer<Exit> RunRetry(Session& session, const RetryOptions& options);

Answer<Exit> RunExplain(Session& session, std::int64_t person);

struct EventsOptions {
  bool follow = false;
  std::optional<std::uint64_t> since;
  std::vector<std::string> types;  // names of events; none: all
};
Answer<Exit> RunEvents(Session& session, const EventsOptions& options);

}  // namespace roster::client
