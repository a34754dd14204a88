#include "daemon/bus/wake.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace roster::bus {

Wake::Wake() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Wake::~Wake() { ::close(fd_); }

void Wake::Signal() {
  const int before = errno;  // a signal's handler leaves it as it was
  const std::uint64_t one = 1;
  // Fails only when it is signalled to the brim already, which is as good.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
  errno = before;
}

void Wake::Clear() {
  std::uint64_t count = 0;
  // Fails only when nothing was signalled.
  [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
}

}  // namespace roster::bus
