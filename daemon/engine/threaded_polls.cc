#include "daemon/engine/threaded_polls.h"

#include <exception>
#include <utility>

namespace roster::engine {

ThreadedPolls::ThreadedPolls(std::function<void()> wake) : wake_(std::move(wake)) {}

ThreadedPolls::~ThreadedPolls() { Stop(); }

void ThreadedPolls::AddSchool(const model::RosterRules& rules,
                              std::function<PollTools(const std::stop_token&)> make_tools) {
  auto& lane = *(lanes_[rules.school] = std::make_unique<Lane>());
  lane.thread =
      std::jthread([this, &lane, rules, make_tools = std::move(make_tools)](
                       const std::stop_token& stop) { Run(lane, rules, make_tools, stop); });
}

// Whatever goes wrong in a poll rejects it, and nothing else.
PollEnd ThreadedPolls::Poll(Lane& lane,
                            const std::function<PollTools(const std::stop_token&)>& make_tools,
                            const PollJob& job, const model::RosterRules& rules,
                            std::unique_ptr<Reading>& last, const std::stop_token& stop) {
  try {
    const PollTools tools = make_tools(stop);
    return RunPoll(
        *tools.source, *tools.site, job, rules, last,
        [&](PollProgress progress) {
          const std::lock_guard guard(lane.mutex);
          lane.progress = std::move(progress);
        },
        stop);
  } catch (const std::exception&) {  // its text may hold anything
    last.reset();
    return {job.school,
            job.poll,
            PollEnd::Side::kSource,
            Fail(Code::kUnavailable, "poll-failed",
                 "The poll ran into something unforeseen, most likely too little memory."),
            {}};
  }
}

void ThreadedPolls::Run(Lane& lane, const model::RosterRules& rules,
                        const std::function<PollTools(const std::stop_token&)>& make_tools,
                        const std::stop_token& stop) {
  std::unique_ptr<Reading> last;
  while (true) {
    std::unique_lock lock(lane.mutex);
    lane.woken.wait(lock, stop, [&] { return !lane.jobs.empty(); });
    if (stop.stop_requested()) return;
    const PollJob job = std::move(lane.jobs.front());
    lane.jobs.pop_front();
    lane.progress = {};
    lock.unlock();

    PollEnd end = Poll(lane, make_tools, job, rules, last, stop);
    {
      const std::lock_guard guard(ended_mutex_);
      ended_.push_back(std::move(end));
    }
    wake_();
  }
}

void ThreadedPolls::Start(PollJob job) {
  Lane& lane = *lanes_.at(job.school);
  {
    const std::lock_guard guard(lane.mutex);
    lane.jobs.push_back(std::move(job));
  }
  lane.woken.notify_one();
}

std::vector<PollEnd> ThreadedPolls::Take() {
  const std::lock_guard guard(ended_mutex_);
  return std::exchange(ended_, {});
}

PollProgress ThreadedPolls::Progress(const SchoolId& school) {
  Lane& lane = *lanes_.at(school);
  const std::lock_guard guard(lane.mutex);
  return lane.progress;
}

void ThreadedPolls::Stop() {
  for (auto& [school, lane] : lanes_) lane->thread.request_stop();
  for (auto& [school, lane] : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
}

}  // namespace roster::engine
