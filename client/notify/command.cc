#include "client/notify/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "client/session.h"

namespace roster::notify {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kGrace{2000};
constexpr milliseconds kLook{50};

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  bool Open() { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  void Close(std::size_t end) {
    if (ends.at(end) >= 0) ::close(std::exchange(ends.at(end), -1));
  }
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    Close(0);
    Close(1);
  }
};

// Of the strings of a vector, which outlives it.
std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// After fork in a program with threads: nothing but what is safe in a signal handler.
[[noreturn]] void Exec(char* const* argv, char* const* environment, int in, int out) {
  ::setpgid(0, 0);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::close_range(3, ~0U, 0);
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(argv[0], argv, environment);
  ::_exit(127);
}

std::string_view KindOf(const Delivery& delivery) {
  if (delivery.parcel.kind == Parcel::Kind::kReminder) return "reminder";
  return delivery.digest ? "digest" : "entry";
}

// The child, its pipes, and its end.
class Child {
 public:
  Child(pid_t pid, int in, int out) : pid_(pid), in_(in), out_(out) {
    ::setpgid(pid, pid);  // here too, so that it is so before the first kill
    ::fcntl(in, F_SETFL, O_NONBLOCK);
    ::fcntl(out, F_SETFL, O_NONBLOCK);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    // Not waited for until now, so the group's number is still its own.
    Signal(SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    CloseIn();
    ::close(out_);
  }

  void Signal(int number) const { ::kill(-pid_, number); }

  // Its wait status when it has ended. It is still to be waited for.
  std::optional<siginfo_t> Ended() const {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid != pid_) {
      return std::nullopt;
    }
    return info;
  }

  // Hands it what it takes of `input`, throws away what it prints; returns after `wait_max` at
  // most.
  void Exchange(std::string_view& input, milliseconds wait_max) {
    if (input.empty()) CloseIn();
    std::array<pollfd, 2> fds{{{out_at_end_ ? -1 : out_, POLLIN, 0}, {in_, POLLOUT, 0}}};
    if (::poll(fds.data(), fds.size(), static_cast<int>(wait_max.count())) <= 0) return;
    if (fds[0].revents != 0) {
      std::array<char, 16384> buffer{};
      const ssize_t got = ::read(out_, buffer.data(), buffer.size());
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) out_at_end_ = true;
    }
    if (fds[1].revents != 0) {
      const ssize_t put = ::write(in_, input.data(), input.size());
      if (put > 0) input.remove_prefix(static_cast<std::size_t>(put));
      // It does not read it: that is its own affair, its exit code counts.
      if (put < 0 && errno != EAGAIN && errno != EINTR) input = {};
    }
  }

 private:
  void CloseIn() {
    if (in_ >= 0) ::close(std::exchange(in_, -1));
  }

  const pid_t pid_;
  int in_;
  int out_;
  bool out_at_end_ = false;
};

Outcome Failed(std::string why) { return {Outcome::How::kFailed, std::move(why), {}, {}}; }

Outcome OfEnd(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED && info.si_status == 0) return {};
  if (info.si_code != CLD_EXITED) {
    return Failed(fmt::format("The command was ended by signal {}", info.si_status));
  }
  std::string why = fmt::format("The command ended with exit code {}", info.si_status);
  if (info.si_status == 127) why += ": is it there, and executable?";
  return Failed(std::move(why));
}

}  // namespace

std::string ComposeInput(const Delivery& delivery) {
  std::string input;
  for (const v1::Entry& entry : delivery.parcel.entries) input += client::ToJson(entry) + "\n";
  return input;
}

Outcome CommandByFork::Deliver(const Delivery& delivery, const client::Clock& clock) {
  const std::string whole = ComposeInput(delivery);
  std::vector<std::string> words = target_.argv;
  std::vector<std::string> variables{
      "PATH=/usr/local/bin:/usr/bin:/bin",
      "LANG=C.UTF-8",
      "ROSTER_RULE=" + delivery.rule,
      "ROSTER_SCHOOL=" + delivery.school,
      "ROSTER_KIND=" + std::string(KindOf(delivery)),
      fmt::format("ROSTER_SEQ={}", delivery.parcel.entries.back().seq())};
  const std::vector<char*> argv = Pointers(words);
  const std::vector<char*> environment = Pointers(variables);
  Pipe in;
  Pipe out;
  if (!in.Open() || !out.Open()) return Failed(std::string("No pipe: ") + std::strerror(errno));
  const pid_t pid = ::fork();
  if (pid == 0) Exec(argv.data(), environment.data(), in.ends[0], out.ends[1]);
  if (pid < 0) return Failed(std::string("No process: ") + std::strerror(errno));
  in.Close(0);
  out.Close(1);
  Child child(pid, std::exchange(in.ends[1], -1), std::exchange(out.ends[0], -1));

  std::string_view input = whole;
  const auto start = steady_clock::now();
  std::optional<steady_clock::time_point> told;  // to end
  bool interrupted = false;
  while (true) {
    const auto ended = child.Ended();
    const auto now = steady_clock::now();
    if (ended && !told) return OfEnd(*ended);
    if (ended || (told && now - *told > kGrace)) break;
    interrupted = interrupted || clock.Interrupted();
    if (!told && (interrupted || now - start > target_.timeout)) {
      told = now;
      child.Signal(SIGTERM);
    }
    child.Exchange(input, kLook);
  }
  if (interrupted) return {Outcome::How::kInterrupted, "", {}, {}};
  return Failed(
      fmt::format("The command did not end within {} s and was ended", target_.timeout.count()));
}

}  // namespace roster::notify
