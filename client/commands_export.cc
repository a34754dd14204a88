// journal export: what an auditor takes along.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "client/commands.h"
#include "client/follow.h"
#include "client/format.h"
#include "client/progress.h"

namespace roster::client {
namespace {

constexpr std::uint32_t kReplayMax = 1000;  // entries in one answer

// Standard output, or a new file that nobody else can read.
class Output {
 public:
  explicit Output(Session& session) : session_(session) {}
  ~Output() {
    if (file_ >= 0) ::close(file_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  Answer<void> Open(const std::string& file) {
    name_ = file;
    if (file.empty()) return {};
    file_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   S_IRUSR | S_IWUSR);
    if (file_ >= 0) return {};
    if (errno == EEXIST) {
      return Fail(Exit::kFailed,
                  file + " is there already, and is left as it is: name a new file.");
    }
    return Broken();
  }

  Answer<void> Write(std::string_view lines) {
    if (file_ < 0) {
      session_.console.Print(lines);
      session_.console.Flush();
      if (!session_.console.broken()) return {};
      return Fail(Exit::kFailed, "Standard output takes no more.");
    }
    const std::size_t size = lines.size();
    while (!lines.empty()) {
      const ssize_t written = ::write(file_, lines.data(), lines.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        auto broken = Broken();
        if (::ftruncate(file_, whole_) != 0) return broken;  // a torn line is left; it is no JSON
        return broken;
      }
      lines.remove_prefix(static_cast<std::size_t>(written));
    }
    whole_ += static_cast<off_t>(size);
    return {};
  }

  // Takes an empty file away again.
  void Undo() {
    if (whole_ == 0 && !name_.empty()) ::unlink(name_.c_str());
  }

  // On disk, whole.
  Answer<void> Close() {
    if (file_ < 0) return {};
    const int file = std::exchange(file_, -1);
    const bool synced = ::fsync(file) == 0 || errno == EINVAL;  // no file that can be synced
    if (::close(file) != 0 || !synced) return Broken();
    return {};
  }

 private:
  Answer<void> Broken() const {
    return Fail(Exit::kFailed,
                fmt::format("{} can't be written: {}.", name_, std::strerror(errno)));
  }

  Session& session_;
  std::string name_;
  int file_ = -1;
  off_t whole_ = 0;  // bytes of whole lines
};

// Gives out the entries in order, each one checked against the one before.
class Exporter {
 public:
  explicit Exporter(std::uint64_t since) : last_(since), written_(since) {}

  // A line: the entry by the protobuf JSON mapping, and the digest of its bytes.
  Answer<std::string> Line(const std::string& school, const std::string& bytes) {
    v1::Entry entry;
    const bool next = entry.ParseFromString(bytes) && entry.school() == school &&
                      entry.seq() == last_ + 1 &&
                      (last_hash_.empty() || entry.previous() == last_hash_);
    if (!next) {
      return Fail(Exit::kFailed,
                  fmt::format("The journal is broken behind entry {}: nothing more is written. "
                              "rosterctl journal verify says more.",
                              last_));
    }
    last_ = entry.seq();
    last_hash_ = EntryHash(bytes);
    return fmt::format("{{\"hash\":\"{}\",\"entry\":{}}}\n", Hex(last_hash_), ToJson(entry));
  }

  // Everything so far is where it was to be written.
  void Written() { written_ = last_; }

  std::uint64_t written() const { return written_; }
  std::uint64_t last() const { return last_; }
  const std::string& last_hash() const { return last_hash_; }

 private:
  std::uint64_t last_;
  std::uint64_t written_;
  std::string last_hash_;  // "": of none yet
};

Answer<void> WriteAll(Session& session, Exporter& exporter, Output& output) {
  Progress progress(session.console, session.progress());
  while (true) {
    v1::Request request;
    request.mutable_replay()->set_since(exporter.last());
    request.mutable_replay()->set_limit(kReplayMax);
    CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
    std::string lines;
    Answer<void> sound;
    for (const std::string& bytes : reply.replay().entries()) {
      auto line = exporter.Line(session.school, bytes);
      if (!line) {
        sound = tl::unexpected(std::move(line).error());
        break;
      }
      lines += *line;
    }
    CLIENT_TRY(output.Write(lines));
    exporter.Written();
    CLIENT_TRY(sound);
    if (exporter.last() >= reply.replay().head()) return {};
    if (reply.replay().entries().empty()) {
      return Fail(Exit::kFailed,
                  fmt::format("The journal should go on behind entry {} up to {}, and does not: "
                              "entries are missing. rosterctl journal verify says more.",
                              exporter.last(), reply.replay().head()));
    }
    progress.Show("Journal", exporter.last(), reply.replay().head());
    if (session.clock.Interrupted()) return Fail(Exit::kFailed, "Interrupted.");
  }
  return {};
}

}  // namespace

Answer<Exit> RunJournalExport(Session& session, const ExportOptions& options) {
  CLIENT_ASSIGN(const Standing standing, AskStanding(session));
  session.school = standing.school.school();
  if (options.since > standing.school.head()) {
    return Fail(Exit::kUsage, fmt::format("The newest entry is {}: there is none after {}.",
                                          standing.school.head(), options.since));
  }
  Output output(session);
  CLIENT_TRY(output.Open(options.file));
  Exporter exporter(options.since);
  auto written = WriteAll(session, exporter, output);
  const auto closed = output.Close();
  if (written && !closed) written = closed;
  if (!written) {
    Failure failure = std::move(written).error();
    if (failure.message.empty()) failure = {Exit::kFailed, "Interrupted.", std::nullopt};
    failure.message += fmt::format(
        " What was written is whole up to entry {}; the rest: rosterctl journal export --since {}.",
        exporter.written(), exporter.written());
    if (exporter.written() == options.since) output.Undo();
    return tl::unexpected(std::move(failure));
  }
  // Not into what a program reads.
  session.console.Error(
      fmt::format("{} written, up to entry {}{}. What comes later: rosterctl "
                  "journal export --since {}.",
                  Count(exporter.last() - options.since, "line"), exporter.last(),
                  exporter.last_hash().empty() ? std::string()
                                               : ", whose digest is " + Hex(exporter.last_hash()),
                  exporter.last()));
  return Exit::kDone;
}

}  // namespace roster::client
