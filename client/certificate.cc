#include "client/certificate.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace roster::client {
namespace {

constexpr std::size_t kKeySize = 40;
constexpr std::size_t kFileMax = 4096;  // bytes
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr mode_t kForAll = 0644;
constexpr mode_t kForOwner = 0600;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

std::string Certificate(const KeyPair& pair, const std::string& name, bool secret) {
  std::string text = secret ? "# ZeroMQ CURVE certificate with a secret key: for its owner alone.\n"
                            : "# ZeroMQ CURVE certificate: a public key, for anybody.\n";
  text += fmt::format("metadata\n    name = \"{}\"\ncurve\n    public-key = \"{}\"\n", name,
                      pair.public_key);
  if (secret) text += fmt::format("    secret-key = \"{}\"\n", pair.secret_key);
  return text;
}

bool WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Never follows a link, never writes over anything.
Answer<void> WriteNew(const std::string& path, std::string_view text, mode_t mode) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (file.get() < 0 && errno == EEXIST) {
    return Fail(Exit::kRefused,
                path +
                    " is there already, and a key is never written over. Take another NAME or "
                    "--dir, or move it away.");
  }
  // fchmod: whatever the umask.
  if (file.get() >= 0 && ::fchmod(file.get(), mode) == 0 && WriteAll(file.get(), text) &&
      ::fsync(file.get()) == 0) {
    return {};
  }
  const int error = errno;
  if (file.get() >= 0) ::unlink(path.c_str());
  return Fail(Exit::kFailed, fmt::format("{} cannot be written: {}.", path, std::strerror(error)));
}

// The text between quotation marks behind that name.
void Take(const std::string& line, std::string_view name, std::string& value) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string::npos || !std::string_view(line).substr(begin).starts_with(name)) return;
  const std::size_t open = line.find('"');
  const std::size_t close = line.rfind('"');
  if (open != std::string::npos && close > open) value = line.substr(open + 1, close - open - 1);
}

}  // namespace

bool IsKey(std::string_view text) {
  return text.size() == kKeySize && text.find_first_not_of(kZ85) == std::string_view::npos;
}

bool IsKeyName(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

Answer<KeyPair> ReadKeyPair(const std::string& path) {
  const auto fail = [&](const std::string& why) {
    return Fail(Exit::kUsage, "--key: " + path + " " + why);
  };
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) {
    return fail(fmt::format("cannot be read: {}.", std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) return fail("is no file.");
  if ((info.st_mode & 077U) != 0) {
    return fail(
        "may be used by others too, so its key proves nothing: chmod 600 it. If others "
        "may have read it, make a new one with rosterctl keygen.");
  }
  std::array<char, kFileMax> buffer{};
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size < 0) return fail(fmt::format("cannot be read: {}.", std::strerror(errno)));
  std::istringstream lines(std::string(buffer.data(), static_cast<std::size_t>(size)));
  KeyPair pair;
  for (std::string line; std::getline(lines, line);) {
    Take(line, "public-key", pair.public_key);
    Take(line, "secret-key", pair.secret_key);
  }
  if (!IsKey(pair.public_key) || !IsKey(pair.secret_key)) {
    return fail(
        "holds no key pair: the file that ends in .cert_secret is meant, as rosterctl "
        "keygen makes it.");
  }
  return pair;
}

KeyPair MakeKeyPair() {
  std::array<char, kKeySize + 1> public_key{};
  std::array<char, kKeySize + 1> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    throw std::runtime_error("libzmq has no CURVE here");
  }
  return {public_key.data(), secret_key.data()};
}

Answer<KeyFiles> WriteKeyPair(const KeyPair& pair, const std::string& name,
                              const std::string& folder) {
  std::error_code error;
  const std::filesystem::path base =
      std::filesystem::absolute(folder.empty() ? "." : folder, error).lexically_normal();
  if (!std::filesystem::is_directory(base, error)) {
    return Fail(Exit::kUsage, "--dir: " + base.string() + " is no folder: make it first.");
  }
  const KeyFiles files{(base / (name + std::string(kPublicSuffix))).string(),
                       (base / (name + std::string(kSecretSuffix))).string()};
  CLIENT_TRY(WriteNew(files.secret, Certificate(pair, name, true), kForOwner));
  if (auto written = WriteNew(files.certificate, Certificate(pair, name, false), kForAll);
      !written) {
    ::unlink(files.secret.c_str());
    return tl::unexpected(std::move(written).error());
  }
  return files;
}

}  // namespace roster::client
