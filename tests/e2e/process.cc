#include "tests/e2e/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace roster::e2e {
namespace {

int CodeOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

// As execv takes it; made before the fork. Between that and execv nothing is allocated: another
// thread of the test may have held the allocator's lock, and that of a sanitizer is never let go.
std::vector<char*> WordsOf(const std::vector<std::string>& argv) {
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  return words;
}

[[noreturn]] void Exec(char* const* words, int in, int out, int err) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::close_range(3, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(words[0], words);
  ::_exit(127);
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  }
  void Close(int end) {
    if (ends[end] >= 0) ::close(std::exchange(ends[end], -1));
  }
  ~Pipe() {
    Close(0);
    Close(1);
  }
};

}  // namespace

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

Process::~Process() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  Wait();
}

Process Process::Start(const std::vector<std::string>& argv, const std::string& log) {
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = log.empty()
                      ? ::open("/dev/null", O_WRONLY | O_CLOEXEC)
                      : ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::vector<char*> words = WordsOf(argv);
  Process process;
  process.pid_ = ::fork();
  if (process.pid_ == 0) Exec(words.data(), in, out, out);
  ::close(in);
  ::close(out);
  return process;
}

void Process::Kill(int signal) {
  if (running()) ::kill(pid_, signal);
}

bool Process::HasEnded() const {
  siginfo_t info{};
  return running() &&
         ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid_;
}

int Process::Wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return CodeOf(status);
}

Finished Run(const std::vector<std::string>& argv, const std::string& input,
             std::chrono::seconds patience) {
  Pipe in;
  Pipe out;
  Pipe err;
  const std::vector<char*> words = WordsOf(argv);
  const pid_t pid = ::fork();
  if (pid == 0) Exec(words.data(), in.ends[0], out.ends[1], err.ends[1]);
  in.Close(0);
  out.Close(1);
  err.Close(1);
  if (!input.empty() && ::write(in.ends[1], input.data(), input.size()) < 0) std::abort();
  in.Close(1);

  Finished finished;
  const auto end = std::chrono::steady_clock::now() + kSlower * patience;
  std::array<pollfd, 2> fds{{{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}}};
  std::array<std::string*, 2> texts{&finished.out, &finished.err};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    ::poll(fds.data(), fds.size(), 100);
    if (std::chrono::steady_clock::now() > end) ::kill(pid, SIGKILL);
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      std::array<char, 65536> buffer{};
      const ssize_t got = ::read(fds[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(got));
      } else {
        fds[i].fd = -1;
      }
    }
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  finished.code = CodeOf(status);
  return finished;
}

bool Eventually(const std::function<bool()>& condition, std::chrono::seconds patience) {
  const auto end = std::chrono::steady_clock::now() + kSlower * patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 20);
  }
  return true;
}

}  // namespace roster::e2e
