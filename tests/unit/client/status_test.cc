// The status of many schools on one screen, and the live view.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

v1::SchoolStatus& Add(v1::Status& status, const std::string& id) {
  v1::SchoolStatus& school = *status.add_schools();
  school = status.schools(0);
  school.set_school(id);
  school.set_name("School " + id);
  return school;
}

class ManySchools : public testing::TestWithParam<std::size_t> {
 protected:
  ManySchools() {
    world_.terminal = Terminal{GetParam(), true, true, true, false};
    status_ = SampleStatus().status();
    status_.mutable_schools(0)->mutable_counters()->set_fresh(0);
    status_.mutable_schools(0)->mutable_counters()->set_to_add(0);
    status_.mutable_schools(0)->mutable_counters()->set_to_update(0);
    status_.mutable_schools(0)->mutable_counters()->set_to_archive(0);
    status_.mutable_schools(0)->mutable_counters()->set_to_restore(0);
  }
  void Serve() {
    v1::Reply reply;
    *reply.mutable_status() = status_;
    world_.daemon.On("get_status", reply);
  }

  FakeWorld world_;
  v1::Status status_;
};

INSTANTIATE_TEST_SUITE_P(Width, ManySchools, testing::Values(80U, 120U));

TEST_P(ManySchools, ThatAreWellAreALineEach) {
  Add(status_, "north");
  Add(status_, "south").clear_last_good_poll();
  Serve();
  ExpectScreen(world_, "status-many-well", {"status"});
}

TEST_P(ManySchools, ThoseThatFailAreInFullAndTheWorstFirst) {
  Add(status_, "north").mutable_counters()->set_fresh(3);
  v1::SchoolStatus& south = Add(status_, "south");
  south.mutable_last_poll()->set_state(v1::Poll::REJECTED);
  south.mutable_last_poll()->set_reason("school-key-refused");
  south.mutable_last_poll()->set_message("FACTS refuses the school's key.");
  south.set_source_problem("FACTS refuses the school's key.");
  south.clear_next_poll_at();
  v1::Hold& hold = *Add(status_, "west").add_holds();
  hold.set_guard(v1::GUARD_ARCHIVE);
  hold.set_message("41 accounts of 412 would be archived, and the limit is 25.");
  Serve();
  ExpectScreen(world_, "status-many", {"status", "--exit-code"});
}

TEST_P(ManySchools, ThreeHundredStayReadable) {
  for (int i = 1; i < 300; ++i) {
    v1::SchoolStatus& school = Add(status_, "s" + std::to_string(i));
    school.mutable_counters()->set_fresh(1);
    if (i % 10 == 0) school.mutable_tasks()->set_dead(1);
  }
  Serve();
  const Ran ran = world_.Run({"status"});
  const auto begin = ran.out.find("rosterd 0.1.0");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_LT(std::count(ran.out.begin(), ran.out.begin() + static_cast<std::ptrdiff_t>(begin), '\n'),
            70)
      << "what needs somebody is bounded";
  EXPECT_TRUE(ran.out.starts_with("328 things need you:\n")) << ran.out.substr(0, 100);
  EXPECT_NE(ran.out.find("... and 308 more"), std::string::npos);
  EXPECT_LT(std::count(ran.out.begin(), ran.out.end(), '\n'), 450);
  for (int i = 1; i < 300; ++i) {
    EXPECT_NE(ran.out.find("s" + std::to_string(i) + " "), std::string::npos) << i;
  }
}

class LiveView : public testing::Test {
 protected:
  LiveView() {
    world_.terminal = Terminal{80, true, true, true, false, 24};
    world_.daemon.On("get_status", SampleStatus());
    world_.clock.waits_max_ = 3;
  }
  static std::size_t Count(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
      ++times;
    }
    return times;
  }
  static constexpr const char* kClear = "\x1b[H\x1b[2J";

  FakeWorld world_;
};

TEST_F(LiveView, RedrawsUntilItIsInterruptedAndLeavesTheTerminalAsItWas) {
  const Ran ran = world_.Run({"status", "--watch"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(Count(ran.out, kClear), 3U);
  EXPECT_EQ(world_.daemon.Requests("get_status").size(), 3U);
  EXPECT_TRUE(ran.out.starts_with("\x1b[?1049h"));
  EXPECT_TRUE(ran.out.ends_with("\x1b[?1049l\x1b[?25h"));
  EXPECT_NE(ran.out.find("things need you:"), std::string::npos);
}

TEST_F(LiveView, ShowsNoMoreLinesThanTheTerminalHas) {
  world_.terminal.height = 8;
  world_.clock.waits_max_ = 1;
  const Ran ran = world_.Run({"status", "--watch"});
  EXPECT_LT(std::count(ran.out.begin(), ran.out.end(), '\n'), 8);
  EXPECT_NE(ran.out.find("rosterctl status shows the rest"), std::string::npos);
}

TEST_F(LiveView, FitsTheTerminalAsItIsByThen) {
  world_.daemon.On("get_status", [this](const v1::Request&) {
    world_.terminal.height = world_.daemon.Requests("get_status").size() == 1 ? 100 : 8;
    return SampleStatus();
  });
  world_.terminal.height = 100;
  world_.clock.waits_max_ = 2;
  const std::string out = world_.Run({"status", "--watch"}).out;
  ASSERT_EQ(Count(out, kClear), 2U);
  const std::size_t second = out.rfind(kClear);
  const std::size_t cut = out.find("rosterctl status shows the rest");
  EXPECT_NE(cut, std::string::npos);
  EXPECT_GT(cut, second) << "the first has room for all";
  EXPECT_LT(std::count(out.begin() + static_cast<std::ptrdiff_t>(second), out.end(), '\n'), 8);
}

TEST_F(LiveView, IsForATerminalAlone) {
  world_.terminal.out = false;
  Ran ran = world_.Run({"status", "--watch"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("for a terminal"), std::string::npos);
  world_.terminal.out = true;
  ran = world_.Run({"status", "--watch", "--json"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.out, "");
  ran = world_.Run({"status", "--watch", "--exit-code"});
  EXPECT_EQ(ran.exit, 2);
}

TEST_F(LiveView, WaitsForARosterdThatIsAway) {
  world_.daemon.swallow = 3;
  world_.clock.waits_max_ = 50;  // waiting for an answer is waiting too
  const Ran ran = world_.Run({"status", "--watch"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("things need you:"), std::string::npos);
}

TEST_F(LiveView, ARefusalEndsItWithWords) {
  world_.daemon.On("get_status", ErrorOf("refused", "no-role", "You have no role here."));
  const Ran ran = world_.Run({"status", "--watch"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_NE(ran.err.find("You have no role here."), std::string::npos);
  EXPECT_TRUE(ran.out.ends_with("\x1b[?1049l\x1b[?25h"));
}

TEST_F(LiveView, NothingFromTheWireReachesTheTerminalAsAnEscape) {
  v1::Reply reply = SampleStatus();
  reply.mutable_status()->mutable_schools(0)->set_source_problem("\x1b]0;owned\x07");
  world_.daemon.On("get_status", reply);
  world_.clock.waits_max_ = 1;
  EXPECT_EQ(world_.Run({"status", "--watch"}).out.find("\x1b]"), std::string::npos);
}

}  // namespace
}  // namespace roster::client
