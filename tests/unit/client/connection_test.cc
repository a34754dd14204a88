#include "client/connection.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "client/subscriber/subscriber.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() { daemon_.On("start_poll", Started()); }
  static v1::Reply Started() {
    v1::Reply reply;
    reply.mutable_poll()->mutable_poll()->set_poll(12);
    return reply;
  }
  static v1::Request StartPoll() {
    v1::Request request;
    request.mutable_start_poll();
    return request;
  }
  double Waited() const {
    return std::chrono::duration<double>(clock_.Now().time_since_epoch()).count();
  }

  FakeClock clock_;
  FakeDaemon daemon_{clock_};
  Connection connection_{daemon_, clock_, Patience{}, "tcs"};
};

TEST_F(ConnectionTest, ARequestCarriesVersionSchoolAndIds) {
  ASSERT_TRUE(connection_.Call(StartPoll()));
  ASSERT_EQ(daemon_.requests.size(), 1U);
  const v1::Request& sent = daemon_.requests[0];
  EXPECT_EQ(sent.version(), 1U);
  EXPECT_EQ(sent.school(), "tcs");
  EXPECT_EQ(sent.request_id().size(), 32U);
  EXPECT_EQ(sent.command_id().size(), 32U);
  EXPECT_NE(sent.command_id(), sent.request_id());
}

TEST_F(ConnectionTest, ACommandWithoutAnAnswerIsSentAgainUnderTheSameCommandId) {
  daemon_.swallow = 2;
  ASSERT_TRUE(connection_.Call(StartPoll()));
  ASSERT_EQ(daemon_.requests.size(), 3U);
  EXPECT_EQ(daemon_.requests[0].command_id(), daemon_.requests[2].command_id());
  EXPECT_EQ(daemon_.requests[0].request_id(), daemon_.requests[2].request_id());
  EXPECT_DOUBLE_EQ(Waited(), 6.0);
}

TEST_F(ConnectionTest, EventsAreWhereTheyAreReachedFromHere) {
  v1::Reply reply = SampleStatus();
  reply.mutable_status()->set_events_endpoint("tcp://0.0.0.0:7401");
  daemon_.On("get_status", reply);
  const auto events = [this](const std::string& control, const std::string& told) {
    const auto found = FindSchool(connection_, control, told, "tcs");
    return found ? found->events : found.error().message;
  };
  EXPECT_EQ(events("tcp://rosterd.example.org:7400", ""), "tcp://rosterd.example.org:7401");
  EXPECT_EQ(events("ipc:///run/rosterd/control.sock", ""), "tcp://127.0.0.1:7401");
  EXPECT_EQ(events("tcp://rosterd.example.org:7400", "tcp://relay.example.org:1"),
            "tcp://relay.example.org:1");
}

TEST_F(ConnectionTest, TwoCommandsHaveTwoCommandIds) {
  ASSERT_TRUE(connection_.Call(StartPoll()));
  ASSERT_TRUE(connection_.Call(StartPoll()));
  EXPECT_NE(daemon_.requests[0].command_id(), daemon_.requests[1].command_id());
}

TEST_F(ConnectionTest, AQuestionHasNoCommandId) {
  daemon_.On("get_status", SampleStatus());
  v1::Request request;
  request.mutable_get_status();
  ASSERT_TRUE(connection_.Call(request));
  EXPECT_EQ(daemon_.requests[0].command_id(), "");
}

TEST_F(ConnectionTest, ADaemonThatComesLateIsWaitedFor) {
  daemon_.connected = false;
  daemon_.swallow = 0;
  FakeClock* clock = &clock_;
  // It comes up after ten seconds.
  class Late : public Channel {
   public:
    Late(FakeDaemon& daemon, FakeClock& clock) : daemon_(daemon), clock_(clock) {}
    Answer<bool> Send(const std::string& frame, Millis wait_max) override {
      daemon_.connected = clock_.Now().time_since_epoch() >= std::chrono::seconds(10);
      return daemon_.Send(frame, wait_max);
    }
    Answer<std::optional<std::string>> Receive(Millis wait_max) override {
      return daemon_.Receive(wait_max);
    }
    std::string_view endpoint() const override { return daemon_.endpoint(); }

   private:
    FakeDaemon& daemon_;
    FakeClock& clock_;
  } late(daemon_, *clock);
  Connection connection(late, clock_, Patience{}, "");
  EXPECT_TRUE(connection.Call(StartPoll()));
}

TEST_F(ConnectionTest, PatienceEndsWithWhatToLookAt) {
  daemon_.connected = false;
  const auto reply = connection_.Call(StartPoll());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().exit, Exit::kFailed);
  EXPECT_NE(reply.error().message.find(
                "No answer from rosterd at ipc:///nowhere/control.sock within 15 s: is it running "
                "(systemctl status rosterd)?"),
            std::string::npos);
  EXPECT_DOUBLE_EQ(Waited(), 15.0);
}

TEST_F(ConnectionTest, ADaemonThatIsThereAndSilentIsToldFromOneThatIsNot) {
  daemon_.swallow = 1000;
  const auto reply = connection_.Call(StartPoll());
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().message.find("is there, and gave no answer"), std::string::npos);
  EXPECT_DOUBLE_EQ(Waited(), 15.0);
}

TEST_F(ConnectionTest, WithoutEndItIsSaidOnceAndWaitedOn) {
  daemon_.swallow = 20;  // a minute
  int told = 0;
  connection_.WaitForEver([&](const std::string&) { ++told; });
  EXPECT_TRUE(connection_.Call(StartPoll()));
  EXPECT_EQ(told, 1);
  EXPECT_DOUBLE_EQ(Waited(), 60.0);
}

TEST_F(ConnectionTest, AnInterruptEndsTheWaitWithoutAWord) {
  daemon_.swallow = 1000;
  clock_.waits_max_ = 2;
  const auto reply = connection_.Call(StartPoll());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().exit, Exit::kDone);
  EXPECT_EQ(reply.error().message, "");
}

TEST_F(ConnectionTest, AnswersToOtherQuestionsAndNoiseAreDropped) {
  v1::Reply late = Started();
  late.set_version(1);
  late.set_request_id("another");
  late.mutable_poll()->mutable_poll()->set_poll(99);
  daemon_.unasked = {late.SerializeAsString(), "\xff\xff noise"};
  const auto reply = connection_.Call(StartPoll());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->poll().poll().poll(), 12U);
}

TEST_F(ConnectionTest, SomethingThatSpeaksOtherwiseIsNamedSo) {
  daemon_.swallow = 1000;
  daemon_.unasked = {"\xff\xff HTTP/1.1 400"};
  const auto reply = connection_.Call(StartPoll());
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().message.find("does not speak rosterd's protocol"), std::string::npos);
}

TEST_F(ConnectionTest, AnotherVersionIsRefusedWithWhatToDo) {
  v1::Reply other = Started();
  other.set_version(2);
  daemon_.On("start_poll", other);
  const auto reply = connection_.Call(StartPoll());
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().message.find("version 2"), std::string::npos);
}

TEST_F(ConnectionTest, AnAnswerOfAKindThatIsNotKnownIsRefused) {
  daemon_.On("start_poll", v1::Reply());
  EXPECT_FALSE(connection_.Call(StartPoll()));
}

TEST_F(ConnectionTest, ErrorsOfTheDaemonBecomeExitCodes) {
  for (const auto& [code, exit] : {std::pair<const char*, Exit>{"refused", Exit::kRefused},
                                   {"conflict", Exit::kRefused},
                                   {"invalid", Exit::kUsage},
                                   {"not-found", Exit::kFailed},
                                   {"unavailable", Exit::kFailed},
                                   {"exhausted", Exit::kFailed},
                                   {"corrupt", Exit::kFailed}}) {
    daemon_.On("start_poll", ErrorOf(code, "some-reason", "A sentence."));
    const auto reply = connection_.Call(StartPoll());
    ASSERT_FALSE(reply) << code;
    EXPECT_EQ(reply.error().exit, exit) << code;
    EXPECT_EQ(reply.error().message, "A sentence.");
    ASSERT_TRUE(reply.error().error);
    EXPECT_EQ(reply.error().error->reason(), "some-reason");
  }
}

TEST_F(ConnectionTest, EveryCommandOfTheContractCounts) {
  // control.proto marks these (command).
  for (const char* name : {"start_poll", "decide", "prepare_plan", "approve_plan", "retry_tasks"}) {
    v1::Request request;
    const auto* field = v1::Request::descriptor()->FindFieldByName(name);
    v1::Request::GetReflection()->MutableMessage(&request, field);
    EXPECT_TRUE(IsCommand(request)) << name;
  }
  v1::Request request;
  request.mutable_get_plan();
  EXPECT_FALSE(IsCommand(request));
}

TEST(Permission, ASocketThatIsClosedToThisUserIsSaidAtOnce) {
  char folder[] = "/tmp/roster-client-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/control.sock";
  std::ofstream(path) << "";
  ASSERT_EQ(chmod(folder, 0755), 0);
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  // Whoever runs the tests may be root, who may do anything: so as nobody.
  EXPECT_EXIT(
      {
        if (geteuid() == 0 && setuid(65534) != 0) _exit(1);
        const auto problem = PermissionProblem("ipc://" + path);
        _exit(problem && problem->find("for members of the group") != std::string::npos ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
  std::filesystem::remove_all(folder);
}

TEST(Permission, ASocketThatIsNotThereYetIsNoProblem) {
  EXPECT_FALSE(PermissionProblem("ipc:///nowhere/at/all.sock"));
  EXPECT_FALSE(PermissionProblem("tcp://127.0.0.1:1"));
}

TEST(Random, IdsDiffer) {
  EXPECT_EQ(RandomHex().size(), 32U);
  EXPECT_NE(RandomHex(), RandomHex());
}

}  // namespace
}  // namespace roster::client
