#include "client/subscriber/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace roster::client {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const { return value_; }

 private:
  int value_;
};

tl::unexpected<Failure> CannotWrite(const std::string& path) {
  return Fail(Exit::kFailed, path + " can't be written: " + std::strerror(errno) +
                                 ". Make room there, or let this program write in its folder.");
}

bool WriteAll(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t put = ::write(file, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace

Answer<void> ReplaceFile(const std::string& path, std::string_view content) {
  const std::string beside = path + ".new";
  {
    const Descriptor file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0 || !WriteAll(file.get(), content) || ::fsync(file.get()) != 0) {
      return CannotWrite(beside);
    }
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) return CannotWrite(path);
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return CannotWrite(folder);
  return {};
}

Answer<std::optional<std::string>> ReadWholeFile(const std::string& path) {
  const auto cannot = [&path] {
    return Fail(Exit::kFailed, path + " can't be read: " + std::strerror(errno) + ".");
  };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    return cannot();
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return cannot();
  if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) > kDurableFileMax) {
    return Fail(Exit::kFailed, path + " is no file of this program.");
  }
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot();
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

}  // namespace roster::client
