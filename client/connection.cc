#include "client/connection.h"

#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace roster::client {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr Millis kUnavailablePause{500};
constexpr std::string_view kIpc = "ipc://";

std::string GroupName(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "";
  const group* found = getgrgid(info.st_gid);
  return found == nullptr ? "" : found->gr_name;
}

// The reply as it is, or what is wrong with it.
Answer<v1::Reply> Checked(v1::Reply reply) {
  if (reply.body_case() == v1::Reply::kError) return tl::unexpected(FromError(reply.error()));
  if (reply.version() != kVersion || reply.body_case() == v1::Reply::BODY_NOT_SET) {
    return Fail(Exit::kFailed,
                fmt::format("rosterd answers in version {} of the protocol in a way that this "
                            "rosterctl does not know: install the same version of both.",
                            reply.version()));
  }
  return reply;
}

}  // namespace

struct Connection::Course {
  std::string request_id;
  Millis waited{0};  // until now
  Millis wait{0};    // for this try
  bool connected = false;
  bool strange = false;  // a frame came that is no Reply
};

Answer<v1::Reply> Connection::Call(v1::Request request) {
  Course course;
  course.request_id = RandomHex();
  request.set_version(kVersion);
  request.set_request_id(course.request_id);
  if (request.school().empty()) request.set_school(school_);
  if (IsCommand(request) && request.command_id().empty()) request.set_command_id(RandomHex());
  const std::string frame = request.SerializeAsString();
  if (frame.size() > kMessageMax) {
    return Fail(Exit::kUsage, "The request is larger than 4 MiB: ask for less at once.");
  }

  const auto start = clock_.Now();
  bool told = false;
  while (!clock_.Interrupted()) {
    course.waited = std::chrono::duration_cast<Millis>(clock_.Now() - start);
    course.wait = patience_.each;
    if (patience_.overall) {
      if (course.waited >= *patience_.overall) {
        if (!waiting_) return tl::unexpected(GiveUp(course));
        if (!told) waiting_(GiveUp(course).message);
        told = true;
      } else if (!waiting_) {
        course.wait = std::min(course.wait, *patience_.overall - course.waited);
      }
    }
    CLIENT_ASSIGN(auto reply, Try(frame, course));
    if (!reply) continue;
    // Not now, but later: whoever waits for ever waits for that too.
    if (!waiting_ || reply->error().code() != "unavailable") return Checked(std::move(*reply));
    if (!told) waiting_(reply->error().message());
    told = true;
    clock_.Wait(kUnavailablePause);
  }
  return tl::unexpected(Failure{Exit::kDone, "", std::nullopt});
}

Answer<std::optional<v1::Reply>> Connection::Try(const std::string& frame, Course& course) {
  const auto end = clock_.Now() + course.wait;
  const auto left = [&] {
    return std::max(std::chrono::ceil<Millis>(end - clock_.Now()), Millis{0});
  };
  CLIENT_ASSIGN(const bool sent, channel_.Send(frame, left()));
  if (!sent) {
    if (auto problem = PermissionProblem(channel_.endpoint())) {
      return tl::unexpected(Failure{Exit::kRefused, std::move(*problem), std::nullopt, true});
    }
    return std::nullopt;
  }
  course.connected = true;
  while (clock_.Now() < end && !clock_.Interrupted()) {
    CLIENT_ASSIGN(auto received, channel_.Receive(left()));
    if (!received) continue;
    v1::Reply reply;
    if (!reply.ParseFromString(*received)) {
      course.strange = true;
    } else if (reply.request_id() == course.request_id) {
      return reply;
    }  // else the late answer to an earlier question
  }
  return std::nullopt;
}

Connection Connection::For(std::string school) const {
  Connection other = *this;
  other.school_ = std::move(school);
  return other;
}

Failure Connection::GiveUp(const Course& course) const {
  const auto seconds = std::chrono::duration<double>(course.waited).count();
  if (course.strange) {
    return Failure{Exit::kFailed,
                   fmt::format("What answers at {} does not speak rosterd's protocol: check "
                               "--endpoint or ROSTER_CONTROL.",
                               channel_.endpoint()),
                   std::nullopt, true};
  }
  if (course.connected) {
    return Failure{Exit::kFailed,
                   fmt::format("rosterd at {} is there, and gave no answer within {:.0f} s: it is "
                               "busy or stuck. Look at its log (journalctl -u rosterd), or give it "
                               "more time with --timeout.",
                               channel_.endpoint(), seconds),
                   std::nullopt, true};
  }
  return Failure{Exit::kFailed,
                 fmt::format("No answer from rosterd at {} within {:.0f} s: is it running "
                             "(systemctl status rosterd)? Another endpoint is given with "
                             "--endpoint or ROSTER_CONTROL.",
                             channel_.endpoint(), seconds),
                 std::nullopt, true};
}

void Connection::WaitForEver(std::function<void(const std::string& message)> waiting) {
  waiting_ = std::move(waiting);
}

bool IsCommand(const v1::Request& request) {
  switch (request.body_case()) {
    case v1::Request::kStartPoll:
    case v1::Request::kDecide:
    case v1::Request::kPreparePlan:
    case v1::Request::kApprovePlan:
    case v1::Request::kRetryTasks:
    case v1::Request::kDecideFamilies:
    case v1::Request::kResolveGroup:
    case v1::Request::kDecideMatch:
    case v1::Request::kConfirmTasks:
    case v1::Request::kAcknowledge:
    case v1::Request::kForget:
    case v1::Request::kMakeBackup:
      return true;
    case v1::Request::kGetStatus:
    case v1::Request::kGetPoll:
    case v1::Request::kListUsers:
    case v1::Request::kGetPlan:
    case v1::Request::kListPlan:
    case v1::Request::kListTasks:
    case v1::Request::kExplain:
    case v1::Request::kReplay:
    case v1::Request::kListPlans:
    case v1::Request::kListFamilies:
    case v1::Request::kListGroups:
    case v1::Request::kVerifyState:
    case v1::Request::kWhoAmI:
    case v1::Request::kReload:
    case v1::Request::kListBackups:
    case v1::Request::BODY_NOT_SET:
      return false;
  }
  return false;
}

std::optional<std::string> PermissionProblem(std::string_view endpoint) {
  if (!endpoint.starts_with(kIpc)) return std::nullopt;
  const std::string path(endpoint.substr(kIpc.size()));
  if (access(path.c_str(), W_OK) == 0 || errno != EACCES) return std::nullopt;
  const std::string owner = GroupName(path);
  if (owner.empty()) {
    return fmt::format(
        "You may not use {}: its folder is closed to you. Ask who runs rosterd to "
        "put you in its group.",
        path);
  }
  return fmt::format(
      "You may not use {}: it is for members of the group \"{}\". Ask who runs "
      "rosterd to put you in it, and log in again.",
      path, owner);
}

}  // namespace roster::client
