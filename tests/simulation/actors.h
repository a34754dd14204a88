#pragma once

// Who lives in the simulated world besides the daemon: workers, clients, subscribers. Each speaks
// the real wire; workers and subscribers run the product's own code.

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/follow.h"
#include "daemon/worker/lease_protocol.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/world.h"

namespace roster::simulation {

// A worker's process: the real LeaseProtocol and the real ScimSite. What the crew's threads do,
// fibers do.
class SimWorker {
 public:
  SimWorker(std::string name, Chance& chance, const SimClock& clock, Network& network,
            SimSite& site);

  void Step();
  void Die();  // and a new one is started

 private:
  struct Slot {
    Asker asker;
    worker::Attempt attempt;
    std::stop_source stop;
    std::unique_ptr<http::Http> door;
    std::unique_ptr<target::ScimSite> site;
    model::Outcome outcome;
    std::unique_ptr<Fiber> fiber;  // last: it uses the rest
    Duration hung_until{};
  };
  void Begin();
  void Send();
  void Take(const std::string& payload);
  void Run(Slot& slot);

  const std::string name_;
  Chance& chance_;
  const SimClock& clock_;
  Network& network_;
  SimSite& site_;
  int life_ = 0;
  std::string route_;
  target::SiteRate rate_;
  std::unique_ptr<worker::LeaseProtocol> protocol_;
  std::deque<std::string> inbox_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<std::pair<std::string, std::string>> reports_;  // route, payload: sent before
  Duration frozen_until_{};
};

// A person at a client, who reads lists and decides, and repeats what was not answered.
class SimClient {
 public:
  SimClient(std::string name, Chance& chance, const SimClock& clock, Network& network,
            Checker& checker);

  void Step();
  // Nothing new from here on; what has begun is ended.
  void Rest() { resting_ = true; }
  bool resting() const { return resting_ && fiber_ == nullptr; }
  // One round, as somebody would who wants everything done: decides on all, approves all.
  void Finish();
  bool finishing() const { return fiber_ != nullptr; }
  std::uint64_t left() const { return left_; }  // items of the plan that Finish() made
  std::uint64_t commands() const { return commands_; }

 private:
  // Within the fiber. An empty reply: gave up.
  wire::Reply Ask(wire::Request request);
  wire::Reply Command(wire::Request request);
  std::vector<wire::UserRow> Users(wire::ListStatus status);
  std::vector<wire::UserRow> ShowPlan(const wire::Plan& plan, bool& whole);

  void Choose();
  void DecidePersons();
  void DecideFamilies();
  void ResolveGroups();
  void DecideMatches();
  void Prepare();
  void Approve(const wire::Plan& plan);
  void Retry();
  void Look();
  void RepeatOld();
  void FinishAll();

  const std::string name_;
  Chance& chance_;
  const SimClock& clock_;
  Network& network_;
  Checker& checker_;
  std::map<std::string, wire::Reply> replies_;  // by request id, of what is waited for
  std::string waiting_;
  std::unique_ptr<Fiber> fiber_;
  bool resting_ = false;
  int next_ = 1;
  std::uint64_t commands_ = 0;
  std::uint64_t left_ = 0;
  std::vector<wire::Request> old_;  // commands sent before
  std::vector<wire::Plan> approved_;
};

// A subscriber that follows the protocol, by the client's own Follower.
class SimSubscriber {
 public:
  SimSubscriber(std::string name, Chance& chance, const SimClock& clock, Network& network,
                Checker& checker);

  void Step();
  const std::string& name() const { return name_; }
  std::uint64_t known() const { return follower_->known(); }

 private:
  void Listen();

  const std::string name_;
  Chance& chance_;
  const SimClock& clock_;
  Network& network_;
  Checker& checker_;
  std::unique_ptr<client::Follower> follower_;
  std::map<std::string, std::uint64_t> asked_;  // request id -> since
  int next_ = 1;
  Duration ask_again_{};
  Duration heard_{};
};

}  // namespace roster::simulation
