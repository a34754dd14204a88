// A worker that leases whatever it can get, under one name after the other, and does nothing.

#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "roster/v1/tasks.pb.h"
#include "tests/load/peers.h"

namespace roster::load {
namespace {

// How many tasks it got, and how many requests were refused.
struct Hoard {
  std::uint64_t requests = 0;
  std::uint64_t tasks = 0;
  std::uint64_t refused = 0;
};

// One request as `name`, with a connection of its own.
void LeaseAs(zmq::context_t& context, const std::string& endpoint, const std::string& name,
             Hoard& hoard) {
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvtimeo, 20'000);
  socket.connect(endpoint);
  v1::WorkerRequest request;
  request.set_version(1);
  request.set_request_id("lease");
  request.set_worker(name);
  request.mutable_lease()->set_max(1000);
  ASSERT_TRUE(socket.send(zmq::buffer(request.SerializeAsString())));
  zmq::message_t message;
  ASSERT_TRUE(socket.recv(message));
  v1::WorkerReply reply;
  ASSERT_TRUE(reply.ParseFromArray(message.data(), static_cast<int>(message.size())));
  ++hoard.requests;
  hoard.tasks += static_cast<std::uint64_t>(reply.lease().tasks_size());
  if (reply.has_error()) {
    ++hoard.refused;
    EXPECT_EQ(reply.error().reason(), "too-many-names");
  }
}

TEST(Load, AWorkerThatDoesNothingKeepsNobodyFromWorking) {
  e2e::WorldOptions options = e2e::SmallSchool(41);
  options.sandbox.school.people = 4800;
  options.sandbox.school.enrolled = 1300;
  options.sandbox.school.blank_email_share = 0;
  options.lease = "20s";
  e2e::World world(options);
  Start(world, true);
  world.Poll();
  world.SelectAllNew();
  const pid_t pid = world.daemon().pid();
  const std::uint64_t baseline = Memory(pid, "VmHWM");
  ASSERT_EQ(world.Ctl({"sync", "--yes"}).code, 0);
  const auto tasks = [&](const std::string& state) -> std::uint64_t {
    const e2e::Json school = world.School();
    if (!school.contains("tasks") || !school["tasks"].contains(state)) return 0;
    return std::stoull(school["tasks"][state].get<std::string>());
  };
  const std::uint64_t all = tasks("queued");
  ASSERT_GT(all, 1000U);

  const std::string endpoint = "ipc://" + world.Path("tasks.sock");
  zmq::context_t context;
  Hoard hoard;
  for (int i = 0; i < 5; ++i) LeaseAs(context, endpoint, "idle-" + std::to_string(i), hoard);
  EXPECT_EQ(hoard.tasks, 1000U) << "all its names together";
  EXPECT_EQ(tasks("leased"), 1000U);
  EXPECT_GT(TimesReached(world, "held"), 0U);

  StartWorker(world, true);
  Onlooker onlooker(world);
  // What it left is done meanwhile, what it held when its leases have run out.
  EXPECT_TRUE(e2e::Eventually([&] { return tasks("applied") >= all - 1000; }));
  std::uint64_t name = 5;
  while (tasks("applied") < all && !HasFailure() && hoard.requests < 2000) {
    LeaseAs(context, endpoint, "idle-0", hoard);  // one that let all its leases run out
    for (int i = 0; i < 20; ++i) {
      LeaseAs(context, endpoint, "idle-" + std::to_string(name++), hoard);
    }
  }
  EXPECT_TRUE(e2e::Eventually([&] { return tasks("applied") == all; })) << world.School();
  const std::uint64_t answered = onlooker.Stop();

  std::map<std::string, int> added;
  for (const e2e::Json& effect : world.Effects()) {
    EXPECT_NE(effect["effect"], "violation");
    if (effect["effect"] == "add") ++added[effect["externalId"]];
  }
  for (const auto& [id, times] : added) EXPECT_EQ(times, 1) << id;
  const std::uint64_t peak = Memory(pid, "VmHWM");
  std::cout << "load: worker that does nothing: " << all << " tasks, it held " << hoard.tasks
            << " in " << hoard.requests << " leases, " << hoard.refused << " names refused, "
            << world.CountEvents("taskUnknown") << " ran out, all applied once, " << answered
            << " answers to others, peak " << peak << " MiB (baseline " << baseline << ")\n";
  EXPECT_GT(TimesReached(world, "lapsed"), 0U);
  EXPECT_GT(TimesReached(world, "names"), 0U);
  EXPECT_GE(LinesAbout(world, "held"), 1U);
  EXPECT_LT(peak, MemoryMax(baseline, 120));
}

}  // namespace
}  // namespace roster::load
