// The engine before clients and workers that send anything, right or wrong: it goes on, answers
// each question under its id, keeps rows, indexes and counters in step, and its journal true.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message_mutator.h"
#include "tests/fuzz/script.pb.h"
#include "tests/unit/engine/desk.h"

namespace roster::fuzz {
namespace {

namespace v1 = ::roster::v1;
using engine::Desk;
using store::Family;

constexpr int kFramesMax = 40;
constexpr Family kFamilies[] = {Family::kMeta, Family::kReview, Family::kWork, Family::kJournal,
                                Family::kReplies};

// A school whose first plan has been carried out, but for one task that is unknown; with a second
// plan that is approved and not begun, and somebody who waits for a decision.
void Prepare(Desk& desk) {
  for (int id = 1; id <= 6; ++id) {
    const std::string n = std::to_string(id);
    desk.pupils.push_back({id, "First" + n, "Last" + n, "p" + n + "@example.org"});
  }
  desk.pupils[4].email = desk.pupils[5].email;
  desk.Poll();
  desk.Decide(v1::SYNC, {1, 2});
  desk.Approve(desk.Plan());
  desk.WorkUntilDone();
  desk.Poll();
  desk.pupils[0].last = "Changed";
  desk.Poll();
  desk.Decide(v1::SYNC, {3});
  desk.Approve(desk.Plan());
  desk.Lease("lost", 1);
  desk.clock.Advance(std::chrono::hours(1));
  desk.Step();
}

// The prepared desk's store, and the world around it.
struct Start {
  store::Batch kept;
  std::vector<engine::Pupil> pupils;
  std::map<std::string, model::Account> site;
  Duration at{};

  Start() {
    // What the desk's own checks find ends the process.
    testing::GTEST_FLAG(break_on_failure) = true;
    Desk desk;
    Prepare(desk);
    pupils = desk.pupils;
    site = desk.site;
    at = desk.clock.Steady();
    for (const Family family : kFamilies) {
      for (auto cursor = desk.store.Scan(family, "", ""); cursor->Valid(); cursor->Next()) {
        kept.Put(family, std::string(cursor->key()), std::string(cursor->value()));
      }
    }
  }
};

class Session {
 public:
  explicit Session(const Start& start) {
    desk_.pupils = start.pupils;
    desk_.site = start.site;
    desk_.clock.Advance(start.at);
    Desk::Must(desk_.store.Commit(start.kept, true));
    desk_.Restart();
    // Learn the newest plan.
    v1::Request request;
    request.mutable_list_plans();
    Learn(desk_.Ask(request));
  }

  void Take(const Frame& frame) {
    switch (frame.what_case()) {
      case Frame::kControl:
        return Control(frame);
      case Frame::kWorker:
        return Worker(frame);
      case Frame::kRawControl:
        return Send(bus::Channel::kControl, frame.raw_control());
      case Frame::kRawWorker:
        return Send(bus::Channel::kTasks, frame.raw_worker());
      case Frame::kSeconds:
        desk_.clock.Advance(std::chrono::seconds(frame.seconds() % 1'000'000));
        return desk_.Step();
      case Frame::kRestart:
        return desk_.Restart();
      case Frame::kPoll:
        if (desk_.polls.started.empty()) return;
        return desk_.EndPoll(desk_.Look(desk_.StartPoll()));
      case Frame::WHAT_NOT_SET:
        return;
    }
  }

  void Check() {
    desk_.Step();
    desk_.ExpectConsistent();
    const model::VerifyReply verified = desk_.Verify(1000);
    Expect(verified.differences_total == 0, "The journal and what is stored disagree:",
           verified.differences.empty() ? "" : verified.differences[0].sentence);
  }

 private:
  void Send(bus::Channel channel, const std::string& payload) {
    desk_.bus.inputs.push_back({channel, "r", {1000, 1000, 1}, payload});
    desk_.Step();
  }

  void Learn(const v1::Reply& reply) {
    if (reply.has_plan()) plan_ = reply.plan().plan();
    if (reply.has_plans() && reply.plans().plans_size() > 0) plan_ = reply.plans().plans(0);
    if (reply.has_users()) token_ = reply.users().next_page_token();
    if (reply.has_plan_users()) token_ = reply.plan_users().next_page_token();
    if (reply.has_tasks()) token_ = reply.tasks().next_page_token();
    if (reply.has_plans()) token_ = reply.plans().next_page_token();
    if (reply.has_families()) token_ = reply.families().next_page_token();
    if (reply.has_groups()) token_ = reply.groups().next_page_token();
    if (reply.has_verify()) token_ = reply.verify().next_page_token();
    if (reply.has_error()) ExpectSilent(reply.error().message());
  }

  v1::Request Honest(v1::Request request) {
    request.set_version(1);
    request.set_school("");
    request.set_request_id("q" + std::to_string(++asked_));
    request.set_command_id("c" + std::to_string(asked_));
    if (!client_commands_.contains(request.body_case())) request.clear_command_id();
    if (request.has_approve_plan()) {
      request.mutable_approve_plan()->set_plan(plan_.plan());
      request.mutable_approve_plan()->set_digest(plan_.digest());
    }
    if (request.has_list_users()) request.mutable_list_users()->set_page_token(token_);
    if (request.has_list_plan()) {
      request.mutable_list_plan()->set_plan(plan_.plan());
      request.mutable_list_plan()->set_page_token(token_);
    }
    if (request.has_list_tasks()) request.mutable_list_tasks()->set_page_token(token_);
    if (request.has_list_groups()) request.mutable_list_groups()->set_page_token(token_);
    if (request.has_list_families()) request.mutable_list_families()->set_page_token(token_);
    if (request.has_verify_state()) request.mutable_verify_state()->set_page_token(token_);
    return request;
  }

  void Control(const Frame& frame) {
    const v1::Request request = frame.honest() ? Honest(frame.control()) : frame.control();
    desk_.bus.replies.clear();
    Send(bus::Channel::kControl, request.SerializePartialAsString());
    const auto& replies = desk_.bus.replies["r"];
    Expect(replies.size() == 1, "A question is not answered once.");
    v1::Reply reply;
    Expect(reply.ParseFromString(replies.front()), "An answer is no reply.");
    Expect(reply.body_case() != v1::Reply::BODY_NOT_SET, "An answer says nothing.");
    Expect(reply.request_id() == request.request_id() || reply.has_error(),
           "An answer is to another question.");
    Learn(reply);
  }

  void Worker(const Frame& frame) {
    v1::WorkerRequest request = frame.worker();
    if (frame.honest()) {
      request.set_version(1);
      request.set_request_id("w" + std::to_string(++asked_));
      request.set_worker("w");
      if (request.has_report()) {
        for (int i = 0; i < request.report().outcomes_size() && i < leased_.tasks_size(); ++i) {
          v1::LeaseRef& lease = *request.mutable_report()->mutable_outcomes(i)->mutable_lease();
          lease.set_school(leased_.tasks(i).school());
          lease.set_plan(leased_.tasks(i).plan());
          lease.set_index(leased_.tasks(i).index());
          lease.set_attempt(leased_.tasks(i).attempt());
        }
      }
    }
    desk_.bus.replies.clear();
    Send(bus::Channel::kTasks, request.SerializePartialAsString());
    for (const std::string& bytes : desk_.bus.replies["r"]) {
      v1::WorkerReply reply;
      Expect(reply.ParseFromString(bytes), "An answer is no reply.");
      if (reply.has_lease()) leased_ = reply.lease();
      if (reply.has_error()) ExpectSilent(reply.error().message());
    }
  }

  static inline const std::set<v1::Request::BodyCase> client_commands_ = {
      v1::Request::kStartPoll,    v1::Request::kDecide,      v1::Request::kPreparePlan,
      v1::Request::kApprovePlan,  v1::Request::kRetryTasks,  v1::Request::kDecideFamilies,
      v1::Request::kResolveGroup, v1::Request::kDecideMatch, v1::Request::kConfirmTasks};

  Desk desk_;
  v1::Plan plan_;
  std::string token_;
  v1::LeaseReply leased_;
  int asked_ = 0;
};

void Check(std::string_view bytes) {
  Frames frames;
  if (!frames.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  if (frames.frames_size() > kFramesMax) return;
  static const Start start;
  Session session(start);
  for (const Frame& frame : frames.frames()) session.Take(frame);
  session.Check();
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  roster::fuzz::Check(roster::fuzz::Bytes(data, size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  return roster::fuzz::MutateMessage(roster::fuzz::Frames::default_instance(), data, size, size_max,
                                     seed);
}
