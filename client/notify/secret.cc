#include "client/notify/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace roster::notify {
namespace {

using client::Answer;
using client::Exit;

constexpr std::size_t kSecretMax = 4096;

tl::unexpected<client::Failure> Bad(const SecretRef& ref, const std::string& why) {
  return client::Fail(Exit::kUsage, "The secret " + ToString(ref) + " " + why);
}

Answer<std::string> ReadFile(const SecretRef& ref, const std::string& path) {
  // Without O_NONBLOCK a named pipe would make the start wait for ever.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return Bad(ref, std::string("can't be read: ") + std::strerror(errno) +
                        "; check the path and who may read it.");
  }
  struct stat status {};
  std::string content(kSecretMax + 3, '\0');
  const bool regular = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  const ssize_t got = regular ? ::read(file, content.data(), content.size()) : -1;
  ::close(file);
  if (got < 0) return Bad(ref, "can't be read: it is no regular file, or damaged.");
  if ((status.st_mode & S_IROTH) != 0) {
    return Bad(ref,
               "may be read by everybody on this machine, so it is not used; run chmod o-r on it, "
               "and think of replacing it.");
  }
  content.resize(static_cast<std::size_t>(got));
  return content;
}

Answer<std::string> ReadRaw(const SecretRef& ref) {
  if (ref.kind == SecretRef::Kind::kFile) return ReadFile(ref, ref.value);
  const char* variable =
      ref.kind == SecretRef::Kind::kEnv ? ref.value.c_str() : "CREDENTIALS_DIRECTORY";
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') {
    return Bad(ref,
               std::string("can't be read: $") + variable +
                   " is not set; set it, start the program by systemd with LoadCredential=, or "
                   "refer to a file.");
  }
  if (ref.kind == SecretRef::Kind::kEnv) return std::string(value);
  return ReadFile(ref, std::string(value) + "/" + ref.value);
}

}  // namespace

std::string ToString(const SecretRef& ref) {
  switch (ref.kind) {
    case SecretRef::Kind::kFile:
      return "{file: " + ref.value + "}";
    case SecretRef::Kind::kEnv:
      return "{env: " + ref.value + "}";
    case SecretRef::Kind::kCredential:
      return "{credential: " + ref.value + "}";
  }
  return "{}";
}

Answer<std::string> Resolve(const SecretRef& ref) {
  CLIENT_ASSIGN(std::string secret, ReadRaw(ref));
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return Bad(ref, "is empty; put it there.");
  if (secret.size() > kSecretMax) return Bad(ref, "is longer than 4,096 bytes, so it is none.");
  const bool control = std::any_of(secret.begin(), secret.end(), [](const char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control)
    return Bad(ref, "holds a line break or another control character; one line is meant.");
  return secret;
}

Answer<client::KeyPair> ResolveKeyPair(const SecretRef& ref) {
  std::string path = ref.value;
  if (ref.kind != SecretRef::Kind::kFile) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr) return Bad(ref, "can't be read: $CREDENTIALS_DIRECTORY is not set.");
    path = std::string(folder) + "/" + ref.value;
  }
  return client::ReadKeyPair(path);
}

}  // namespace roster::notify
