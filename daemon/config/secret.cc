#include "daemon/config/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "daemon/base/text.h"
#include "daemon/config/scalar.h"
#include "daemon/model/access.h"

namespace roster::config {
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

tl::unexpected<Error> Unreadable(const SecretRef& ref, const std::string& why) {
  return Fail(Code::kInvalid, "secret-unreadable",
              "The secret " + ToString(ref) + " can't be read: " + why);
}

tl::unexpected<Error> TooLong(const SecretRef& ref) {
  return Fail(Code::kInvalid, "secret-too-long",
              "The secret " + ToString(ref) +
                  " is longer than 4096 bytes, so it is not a key; "
                  "check the reference");
}

std::string Describe(int error) { return std::strerror(error); }

Result<std::string> ReadFile(const SecretRef& ref, const std::string& path) {
  // Without O_NONBLOCK a named pipe would make the start wait for ever.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    return Unreadable(ref, Describe(errno) + "; check the path and who may read it");
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Unreadable(ref, Describe(errno));
  if (!S_ISREG(status.st_mode)) return Unreadable(ref, "it is no regular file");
  if ((status.st_mode & S_IROTH) != 0) {
    return Fail(Code::kRefused, "secret-world-readable",
                "The secret " + ToString(ref) +
                    " may be read by everybody on this machine, so it is not used; run chmod o-r "
                    "on it, and think of replacing it");
  }
  std::string content(kSecretBytesMax + 3, '\0');  // its line break, and one byte too many
  std::size_t filled = 0;
  while (filled < content.size()) {
    const auto got = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(ref, Describe(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

Result<std::string> ReadEnvironment(const SecretRef& ref) {
  const char* value = std::getenv(ref.value.c_str());
  if (value == nullptr) return Unreadable(ref, "it is not set; set it, or refer to a file");
  return std::string(value, ::strnlen(value, kSecretBytesMax + 3));
}

Result<std::string> ReadCredential(const SecretRef& ref) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') {
    return Unreadable(ref,
                      "$CREDENTIALS_DIRECTORY is not set; start the program by systemd with "
                      "LoadCredential=, or refer to a file");
  }
  if (!IsCredentialName(ref.value)) return Unreadable(ref, "this is no name of a credential");
  return ReadFile(ref, std::string(folder) + "/" + ref.value);
}

Result<std::string> ReadRaw(const SecretRef& ref) {
  switch (ref.kind) {
    case SecretRef::Kind::kFile:
      return ReadFile(ref, ref.value);
    case SecretRef::Kind::kEnv:
      return ReadEnvironment(ref);
    case SecretRef::Kind::kCredential:
      return ReadCredential(ref);
  }
  return Unreadable(ref, "its kind is not known");
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

Result<std::string> Resolve(const SecretRef& ref) {
  ROSTER_ASSIGN(std::string secret, ReadRaw(ref), "");
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) {
    return Fail(Code::kInvalid, "secret-empty",
                "The secret " + ToString(ref) + " is empty; put the key there");
  }
  if (secret.size() > kSecretBytesMax) return TooLong(ref);
  if (HasControlCharacter(secret)) {
    return Fail(Code::kInvalid, "secret-malformed",
                "The secret " + ToString(ref) +
                    " holds a line break or another control character, so it could not be sent; "
                    "it must be one line");
  }
  return secret;
}

Result<Certificate> ResolveCertificate(const SecretRef& ref) {
  ROSTER_ASSIGN(const std::string text, ReadRaw(ref), "");
  if (text.size() > kSecretBytesMax) return TooLong(ref);
  Certificate certificate;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view trimmed = Trim(line);
    for (const auto& [name, value] : {std::pair{"public-key", &certificate.public_key},
                                      std::pair{"secret-key", &certificate.secret_key}}) {
      const std::size_t open = trimmed.find('"');
      if (!trimmed.starts_with(name) || open == std::string_view::npos) continue;
      const std::size_t close = trimmed.rfind('"');
      if (close > open) *value = trimmed.substr(open + 1, close - open - 1);
    }
  }
  if (!model::IsPublicKey(certificate.public_key) || !model::IsPublicKey(certificate.secret_key)) {
    return Fail(Code::kInvalid, "certificate-malformed",
                "The certificate " + ToString(ref) +
                    " holds no public-key and secret-key of 40 characters; rosterctl keygen makes "
                    "one, and the file that ends in .cert_secret is meant");
  }
  return certificate;
}

}  // namespace roster::config
