// What awaits people, and whether they know; and whether anybody works.

#include <algorithm>

#include "daemon/engine/engine.h"

namespace roster::engine {

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::Acknowledge& body) {
  model::SchoolHead& head = school.head;
  if (body.seq > head.seq) {
    return Fail(Code::kInvalid, "unknown-entry",
                "The newest entry is " + std::to_string(head.seq.value()) +
                    ": nobody can know what comes after it. Nothing was done.");
  }
  const bool all = body.seq.value() == 0 || body.seq == head.seq;
  const Seq seq = all ? head.seq : body.seq;
  if (seq > head.acknowledged) {
    Append(school, caller, model::Acknowledged{seq});
    // Who knows everything knows of the entry that says so.
    head.acknowledged = all ? head.seq : seq;
  }
  return model::ReplyBody(model::AcknowledgeReply{head.acknowledged});
}

// Tasks wait, and nobody has asked for any for a while, nor holds one. Told once, and once more
// when somebody asks again; a restart repeats neither, and gives workers the same time.
void Engine::WatchWorkers(School& school) {
  const Duration steady = clock_.Steady();
  const model::TaskCounts& tasks = school.head.tasks;
  const std::uint64_t waiting = tasks.waiting();
  if (waiting == 0) school.waiting_since.reset();
  if (waiting == 0 && tasks.leased == 0) {
    school.NoteSiteAnswers();  // nobody would ever find out that it does
    TellSiteBack(school, true);
  }
  if (waiting > 0 && !school.waiting_since) school.waiting_since = steady;
  const Caller self{"rosterd", ""};
  const bool asked =
      school.worker_asked && steady - school.worker_asked_steady < settings_.worker_away;
  if (school.head.workers_away) {
    if (!asked && tasks.leased == 0) return;
    school.head.workers_away = false;
    Append(school, self, model::WorkersBack{});
    return;
  }
  if (waiting == 0 || tasks.leased > 0) return;
  const Duration since = std::max(*school.waiting_since, school.worker_asked_steady);
  if (steady - since < settings_.worker_away) return;
  school.head.workers_away = true;
  Append(school, self, model::WorkersAway{waiting, school.worker_asked});
}

}  // namespace roster::engine
