#include "tests/load/peers.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "roster/v1/events.pb.h"
#include "roster/v1/journal.pb.h"

namespace roster::load {

std::uint64_t Memory(pid_t pid, const std::string& line) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with(line + ":")) return std::stoull(text.substr(line.size() + 1)) / 1024;
  }
  return 0;
}

std::uint64_t MemoryMax(std::uint64_t baseline, std::uint64_t above) {
#ifdef __SANITIZE_ADDRESS__
  return baseline + 2 * above + 256;
#else
  return baseline + above;
#endif
}

void RaiseDescriptors() {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
}

void Start(e2e::World& world, bool hasty) {
  if (hasty) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto zero = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    ::setenv("ROSTER_CLOCK_ZERO", std::to_string(zero).c_str(), 0);
    world.daemon() =
        e2e::Process::Start({e2e::Program("tests/load/hasty-rosterd"), "--config", world.config()},
                            world.Path("rosterd.log"));
  } else {
    world.StartDaemon();
  }
  ASSERT_TRUE(e2e::Eventually([&] { return world.Ctl({"status"}).code == 0; }));
}

void StartWorker(e2e::World& world, bool hasty) {
  if (!hasty) return world.StartWorker();
  world.worker() = e2e::Process::Start(
      {e2e::Program("tests/load/hasty-roster-worker"), "--config", world.config()},
      world.Path("worker.log"));
}

std::uint64_t TimesReached(e2e::World& world, const std::string& limit) {
  const e2e::Json status = world.CtlJson({"status"}).at(0);
  for (const e2e::Json& one : status.value("limits", e2e::Json::array())) {
    if (one.at("limit") != limit) continue;
    EXPECT_NE(one.value("sentence", ""), "");
    return std::stoull(one.at("times").get<std::string>());
  }
  return 0;
}

std::size_t LinesAbout(const e2e::World& world, const std::string& limit) {
  std::size_t lines = 0;
  std::ifstream file(world.Path("rosterd.log"));
  for (std::string line; std::getline(file, line);) {
    if (line.find("Limit " + limit + ":") != std::string::npos) ++lines;
  }
  return lines;
}

Asker::Asker(zmq::context_t& context, const std::string& endpoint, int queue_max)
    : socket_(context, zmq::socket_type::dealer) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::rcvhwm, queue_max);
  socket_.connect(endpoint);
}

bool Asker::Ask(v1::Request request) {
  request.set_version(1);
  request.set_request_id("r" + std::to_string(++asked_));
  return Send(request.SerializeAsString());
}

bool Asker::Send(const std::string& frame) {
  return socket_.send(zmq::buffer(frame), zmq::send_flags::dontwait).has_value();
}

std::optional<v1::Reply> Asker::Hear(std::chrono::milliseconds wait_max) {
  zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
  if (zmq::poll(&item, 1, wait_max) == 0) return std::nullopt;
  zmq::message_t message;
  if (!socket_.recv(message, zmq::recv_flags::dontwait)) return std::nullopt;
  v1::Reply reply;
  EXPECT_TRUE(reply.ParseFromArray(message.data(), static_cast<int>(message.size())));
  return reply;
}

v1::Reply Asker::Answered(v1::Request request) {
  EXPECT_TRUE(Ask(std::move(request)));
  while (auto reply = Hear()) {
    if (reply->request_id() == "r" + std::to_string(asked_)) return *std::move(reply);
  }
  ADD_FAILURE() << "no answer";
  return {};
}

v1::Request BigPage() {
  v1::Request request;
  request.mutable_list_users()->set_page_size(1000);
  return request;
}

v1::Request Decision(bool sync, std::int64_t person, std::uint64_t number) {
  v1::Request request;
  request.set_command_id("load-" + std::to_string(number));
  request.mutable_decide()->set_decision(sync ? v1::SYNC : v1::SKIP);
  request.mutable_decide()->add_persons(person);
  return request;
}

v1::Request ReplaySince(std::uint64_t since) {
  v1::Request request;
  request.mutable_replay()->set_since(since);
  request.mutable_replay()->set_limit(10'000);
  return request;
}

bool Follower::Take(const std::string& topic, const std::string& bytes) {
  if (topic.ends_with(".Beat")) {
    v1::Beat beat;
    EXPECT_TRUE(beat.ParseFromString(bytes));
    head_ = std::max<std::uint64_t>(head_, beat.head());
    return false;
  }
  v1::Entry entry;
  EXPECT_TRUE(entry.ParseFromString(bytes));
  Add(entry.seq(), bytes);
  return true;
}

void Follower::Add(std::uint64_t seq, const std::string& bytes) {
  seen_.emplace(seq, bytes.size());
  head_ = std::max(head_, seq);
  while (seen_.contains(next_)) ++next_;
}

std::uint64_t Follower::CatchUp(Asker& asker) {
  std::uint64_t asked_for = 0;
  do {
    const v1::Reply reply = asker.Answered(ReplaySince(next_ - 1));
    if (!reply.has_replay()) break;
    head_ = std::max<std::uint64_t>(head_, reply.replay().head());
    for (const std::string& bytes : reply.replay().entries()) {
      v1::Entry entry;
      EXPECT_TRUE(entry.ParseFromString(bytes));
      if (!seen_.contains(entry.seq())) ++asked_for;
      Add(entry.seq(), bytes);
    }
  } while (!whole());
  return asked_for;
}

std::optional<std::pair<std::string, std::string>> Hear(zmq::socket_t& subscriber, bool wait) {
  zmq::pollitem_t item{subscriber.handle(), 0, ZMQ_POLLIN, 0};
  if (wait && zmq::poll(&item, 1, std::chrono::milliseconds(100)) == 0) return std::nullopt;
  zmq::message_t topic;
  zmq::message_t bytes;
  if (!subscriber.recv(topic, zmq::recv_flags::dontwait)) return std::nullopt;
  EXPECT_TRUE(topic.more());
  if (!subscriber.recv(bytes, zmq::recv_flags::dontwait)) return std::nullopt;
  return {{topic.to_string(), bytes.to_string()}};
}

zmq::socket_t Subscribe(zmq::context_t& context, const e2e::World& world, int queue_max) {
  zmq::socket_t socket(context, zmq::socket_type::sub);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvhwm, queue_max);
  socket.set(zmq::sockopt::subscribe, "tcs.");
  socket.connect("ipc://" + world.Path("events.sock"));
  return socket;
}

Onlooker::Onlooker(e2e::World& world, std::vector<std::string> arguments)
    : thread_([this, &world, arguments](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const e2e::Finished finished = world.Ctl(arguments);
          if (finished.code == 0) {
            ++answered_;
          } else {
            failed_ = finished.out + finished.err;
          }
        }
      }) {}

std::uint64_t Onlooker::Stop() {
  thread_.request_stop();
  thread_.join();
  EXPECT_EQ(failed_, "");
  EXPECT_GT(answered_, 0U);
  return answered_;
}

}  // namespace roster::load
