#include "daemon/spreadsheet/import_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace roster::spreadsheet {
namespace {

constexpr mode_t kMode = 0640;  // personal data: for roster-worker, and for the group of the folder
constexpr std::size_t kFileBytesMax = std::size_t{64} << 20U;
constexpr Duration kLockWait = std::chrono::milliseconds(5);
constexpr int kLockTries = 2000;
constexpr std::size_t kDigestShown = 16;  // hexadecimal digits

tl::unexpected<Error> Unwritable() {
  return Fail(Code::kUnavailable, "import-unwritable",
              "The import file can't be written: " + std::string(std::strerror(errno)) + ".");
}

// The bare name: the folder is the config's, and a name holds numbers alone.
std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

tl::unexpected<Error> Damaged(const std::string& path) {
  return Fail(Code::kUnavailable, "import-damaged",
              "The import file " + NameOf(path) +
                  " is not as roster-worker left it: move it out of its folder, and upload it as "
                  "well.");
}

tl::unexpected<Error> LedgerDamaged(const std::string& path) {
  return Fail(Code::kUnavailable, "import-damaged",
              "The ledger " + NameOf(path) +
                  " is not as roster-worker left it: move it out of its folder.");
}

tl::unexpected<Error> Foreign(const std::string& path) {
  return Fail(Code::kUnavailable, "import-foreign",
              "The ledger " + NameOf(path) +
                  " is of another state of rosterd: the numbers of its plans are not these. Move "
                  "plan-* and the hidden .plan-* out of the folder.");
}

// An open file. Closing it ends its lock.
class Handle {
 public:
  Handle() = default;
  explicit Handle(int descriptor) : descriptor_(descriptor) {}
  Handle(Handle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Handle() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  static Handle Open(const std::string& path, int flags) {
    return Handle(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kMode));
  }
  bool good() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  // Bytes; -1: can't be told.
  std::int64_t Size() const {
    struct stat found {};
    return ::fstat(descriptor_, &found) == 0 ? found.st_size : -1;
  }

  // Error: Unavailable "import-unwritable"; `damaged` when it is larger than any that we write.
  Result<std::string> Read(const tl::unexpected<Error>& damaged) const {
    std::string text;
    std::array<char, 65536> chunk{};
    while (true) {
      const auto got =
          ::pread(descriptor_, chunk.data(), chunk.size(), static_cast<off_t>(text.size()));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Unwritable();
      if (got == 0) return text;
      text.append(chunk.data(), static_cast<std::size_t>(got));
      if (text.size() > kFileBytesMax) return damaged;
    }
  }

  // At the end.
  bool Append(std::string_view bytes) const {
    std::int64_t at = Size();
    if (at < 0) return false;
    while (!bytes.empty()) {
      const auto put = ::pwrite(descriptor_, bytes.data(), bytes.size(), at);
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return false;
      at += put;
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }

  bool Sync() const { return ::fsync(descriptor_) == 0; }

  bool Truncate(std::int64_t size) const { return ::ftruncate(descriptor_, size) == 0 && Sync(); }

 private:
  int descriptor_ = -1;
};

bool SyncFolder(const std::string& directory) {
  const Handle folder = Handle::Open(directory, O_RDONLY | O_DIRECTORY);
  return folder.good() && folder.Sync();
}

bool IsThere(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

// A new file with this in it, in one piece: beside, and then moved into its place.
bool Replace(const std::string& directory, const std::string& path, std::string_view bytes) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());
  const Handle file = Handle::Open(beside, O_WRONLY | O_CREAT | O_EXCL);
  return file.good() && ::fchmod(file.get(), kMode) == 0 && file.Append(bytes) && file.Sync() &&
         ::rename(beside.c_str(), path.c_str()) == 0 && SyncFolder(directory);
}

std::optional<std::uint64_t> Number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

// "of ORIGIN" first: whose plans these are. Then a line each: "list INDEX DIGEST ATTEMPT ROUND
// OFFSET" before a row is written at that place of the file of that round, "done" when it is on
// disk; "fence INDEX DIGEST ATTEMPT 0 0": earlier attempts must not list it any more. Locked while
// it is open.
class ImportFolder::Ledger {
 public:
  // Where a task stands.
  struct Of {
    std::size_t rounds = 0;     // listed so often
    std::uint64_t attempt = 0;  // the newest that said anything
  };

  static Result<Ledger> Open(const std::string& directory, const model::Task& task,
                             const Clock& clock, const std::stop_token& stop) {
    Ledger ledger;
    ledger.path_ = PathOf(directory, task.id.plan, task.action);
    const bool fresh = !IsThere(ledger.path_);
    ledger.file_ = Handle::Open(ledger.path_, O_RDWR | O_CREAT);
    if (!ledger.file_.good()) return Unwritable();
    for (int i = 0; ::flock(ledger.file_.get(), LOCK_EX | LOCK_NB) != 0; ++i) {
      if (errno != EWOULDBLOCK && errno != EINTR) return Unwritable();
      if (i < kLockTries && clock.Wait(kLockWait, stop)) continue;
      return Fail(Code::kUnavailable, "import-busy",
                  "Another worker has held the import file for too long.");
    }
    if (fresh && !SyncFolder(directory)) return Unwritable();
    ROSTER_TRY(ledger.Read(), "");
    ROSTER_TRY(ledger.Claim(directory, task), "");
    return ledger;
  }

  Of Find(const model::Task& task) const {
    Of of;
    for (const Line& line : lines_) {
      if (line.index != task.id.index || line.digest != DigestOf(task)) continue;
      of.attempt = std::max(of.attempt, line.attempt);
      if (line.round > 0) of.rounds = std::max(of.rounds, line.round);
    }
    return of;
  }

  // A row that a crash has cut off is taken away, and with it the word that it is there.
  Result<void> Recover(const std::function<std::string(std::size_t round)>& path_of) {
    if (!open_) return {};
    const Line last = lines_.back();
    const Handle rows = Handle::Open(path_of(last.round), O_RDWR);
    const std::int64_t size = rows.good() ? rows.Size() : -1;
    // Shorter, or gone: somebody has been there since. It may have been uploaded.
    if (size < last.offset) return Write("done\n");
    if (size > last.offset) {
      ROSTER_ASSIGN(const std::string text, rows.Read(Damaged(path_of(last.round))), "");
      if (text.back() == '\n') return rows.Sync() ? Write("done\n") : Unwritable();
      if (!rows.Truncate(last.offset)) return Unwritable();
    }
    if (!file_.Truncate(open_at_)) return Unwritable();
    lines_.pop_back();
    open_ = false;
    return {};
  }

  Result<void> Begin(const model::Task& task, std::size_t round, std::int64_t offset) {
    return Write(LineOf("list", task, round, offset));
  }
  Result<void> End() { return Write("done\n"); }
  Result<void> Fence(const model::Task& task) { return Write(LineOf("fence", task, 0, 0)); }

 private:
  struct Line {
    std::uint64_t index = 0;
    std::string digest;
    std::uint64_t attempt = 0;
    std::size_t round = 0;  // 0: a fence
    std::int64_t offset = 0;
  };

  static std::string DigestOf(const model::Task& task) {
    return task.digest.Hex().substr(0, kDigestShown);
  }
  static std::string LineOf(const std::string& word, const model::Task& task, std::size_t round,
                            std::int64_t offset) {
    return word + " " + std::to_string(task.id.index) + " " + DigestOf(task) + " " +
           std::to_string(task.attempt) + " " + std::to_string(round) + " " +
           std::to_string(offset) + "\n";
  }

  Result<void> Read() {
    ROSTER_ASSIGN(std::string text, file_.Read(LedgerDamaged(path_)), "");
    // A line that a crash has cut off: nothing was done on its word.
    const std::size_t whole = text.rfind('\n') + 1;
    if (whole != text.size() && !file_.Truncate(static_cast<std::int64_t>(whole))) {
      return Unwritable();
    }
    text.resize(whole);
    std::istringstream stream(text);
    std::int64_t at = 0;
    for (std::string line; std::getline(stream, line);) {
      ROSTER_TRY(TakeLine(line, at), "");
      at += static_cast<std::int64_t>(line.size()) + 1;
    }
    return {};
  }

  static std::string PathOf(const std::string& directory, PlanId plan, model::Action action) {
    return directory + "/." + model::ImportFileStem(plan, action) + ".listed";
  }

  // Plans of a state that was begun anew have the numbers of those before it, and mean others. A
  // plan's files are uploaded together: beside foreign ones none is begun.
  Result<void> Claim(const std::string& directory, const model::Task& task) {
    if (task.origin.empty() || task.origin == origin_) return {};
    if (!origin_.empty()) return Foreign(path_);
    // One with lines and without an origin is older than origins are.
    if (file_.Size() != 0) return {};
    for (const auto action : {model::Action::kAdd, model::Action::kUpdate, model::Action::kArchive,
                              model::Action::kRestore, model::Action::kInvite}) {
      const std::string other = PathOf(directory, task.id.plan, action);
      const Handle file = Handle::Open(other, O_RDONLY);
      if (!file.good() && errno == ENOENT) continue;
      if (!file.good()) return Unwritable();
      ROSTER_ASSIGN(const std::string text, file.Read(LedgerDamaged(other)), "");
      const std::string_view first = std::string_view(text).substr(0, text.find('\n'));
      if (first.substr(0, 3) == "of " && first.substr(3) != task.origin) return Foreign(other);
    }
    return Write("of " + task.origin + "\n");
  }

  Result<void> TakeLine(const std::string& text, std::int64_t at) {
    if (text == "done") {
      open_ = false;
      return {};
    }
    std::istringstream words(text);
    std::vector<std::string> all;
    for (std::string word; words >> word;) all.push_back(std::move(word));
    if (all.size() == 2 && all[0] == "of") {
      origin_ = all[1];
      return {};
    }
    if (all.size() != 6 || (all[0] != "list" && all[0] != "fence")) return LedgerDamaged(path_);
    const auto index = Number(all[1]);
    const auto attempt = Number(all[3]);
    const auto round = Number(all[4]);
    const auto offset = Number(all[5]);
    if (!index || !attempt || !round || !offset) return LedgerDamaged(path_);
    lines_.push_back({*index, all[2], *attempt, static_cast<std::size_t>(*round),
                      static_cast<std::int64_t>(*offset)});
    open_ = all[0] == "list";
    open_at_ = at;
    return {};
  }

  Result<void> Write(const std::string& line) {
    const std::int64_t at = file_.Size();
    if (at < 0 || !file_.Append(line) || !file_.Sync()) {
      // Half a line is cut off by whoever reads it next.
      return Unwritable();
    }
    return TakeLine(line.substr(0, line.size() - 1), at);
  }

  std::string path_;
  Handle file_;
  std::string origin_;  // "": it says none
  std::vector<Line> lines_;
  bool open_ = false;  // the last line's row is not known to be on disk
  std::int64_t open_at_ = 0;
};

namespace {

// The first row; empty: there is none that can be read.
CsvRow HeaderOf(const std::string& text, char delimiter) {
  CsvRow header;
  CsvReader reader(delimiter, CsvLimits(), [&](std::uint64_t, CsvRow& row) -> Result<void> {
    header = row;
    return Fail(Code::kUnavailable, "header-read", "");  // the rest is not looked at
  });
  if (reader.Feed(text)) (void)reader.Finish();
  return header;
}

}  // namespace

std::string ImportFolder::PathOf(const model::Task& task, std::size_t round) const {
  return directory_ + "/" + model::ImportFileName(task.id.plan, task.action, round);
}

Result<ImportFolder::Standing> ImportFolder::List(const model::Task& task, const ImportRow& row,
                                                  const std::stop_token& stop) {
  ROSTER_ASSIGN(Ledger ledger, Ledger::Open(directory_, task, clock_, stop), "");
  ROSTER_TRY(ledger.Recover([&](std::size_t round) { return PathOf(task, round); }), "");
  const Ledger::Of known = ledger.Find(task);
  // A later attempt has taken over: this one's word counts for nothing.
  if (known.attempt > task.attempt) return Standing::kListed;
  if (!task.doubt.empty()) {
    ROSTER_TRY(ledger.Fence(task), "");
    if (known.rounds > 0) return Standing::kListed;
    // Without a ledger, or with one that was deleted, the file itself still tells.
    ROSTER_ASSIGN(const bool there, Holds(PathOf(task, 1), row), "");
    if (there) return Standing::kListed;
  }
  for (std::size_t round = 1; round <= known.rounds; ++round) {
    ROSTER_TRY(Remove(PathOf(task, round), row), "");
  }
  return ListIn(PathOf(task, known.rounds + 1), ledger, task, row);
}

// First the header, then the word that a row comes, then the row: so that whatever a crash leaves
// tells how far it was.
Result<ImportFolder::Standing> ImportFolder::ListIn(const std::string& path, Ledger& ledger,
                                                    const model::Task& task,
                                                    const ImportRow& row) const {
  const std::string header = CsvLine(row.header, delimiter_);
  if (!IsThere(path) && !Replace(directory_, path, header)) return Unwritable();
  const Handle rows = Handle::Open(path, O_RDWR);
  if (!rows.good()) return Unwritable();
  ROSTER_ASSIGN(const std::string before, rows.Read(Damaged(path)), "");
  // Other columns: the config was changed. A program that saved it may write its lines otherwise.
  if (!before.starts_with(header) && HeaderOf(before, delimiter_) != row.header) {
    return Damaged(path);
  }
  // Whoever edits a file may leave its last line without an end.
  if (before.back() != '\n' && !rows.Append("\r\n")) return Unwritable();
  const std::int64_t offset = rows.Size();
  if (offset < 0) return Unwritable();
  ROSTER_TRY(ledger.Begin(task, ledger.Find(task).rounds + 1, offset), "");
  if (!rows.Append(CsvLine(row.row, delimiter_)) || !rows.Sync()) return Standing::kUnclear;
  if (const auto ended = ledger.End(); !ended) return Standing::kUnclear;
  return Standing::kListed;
}

Result<ImportFolder::Standing> ImportFolder::Withdraw(const model::Task& task, const ImportRow& row,
                                                      const std::stop_token& stop) {
  ROSTER_ASSIGN(Ledger ledger, Ledger::Open(directory_, task, clock_, stop), "");
  ROSTER_TRY(ledger.Recover([&](std::size_t round) { return PathOf(task, round); }), "");
  const Ledger::Of known = ledger.Find(task);
  if (known.attempt > task.attempt) return Standing::kListed;
  ROSTER_TRY(ledger.Fence(task), "");
  if (!task.doubt.empty() && known.rounds > 0) return Standing::kListed;
  for (std::size_t round = 1; round <= known.rounds; ++round) {
    ROSTER_TRY(Remove(PathOf(task, round), row), "");
  }
  return Standing::kNever;
}

namespace {

// The rows of a file with this row's columns, by its key. nullopt: there is no such file.
struct Rows {
  std::vector<CsvRow> all;  // the header too
  std::size_t key = 0;
};

Result<std::optional<Rows>> ReadRows(const std::string& path, const ImportRow& row,
                                     char delimiter) {
  const Handle file = Handle::Open(path, O_RDONLY);
  if (!file.good()) {
    if (errno == ENOENT) return {std::nullopt};
    return Unwritable();
  }
  ROSTER_ASSIGN(const std::string text, file.Read(Damaged(path)), "");
  Rows rows;
  CsvReader reader(delimiter, CsvLimits(), [&](std::uint64_t, CsvRow& one) -> Result<void> {
    rows.all.push_back(one);
    return {};
  });
  if (!reader.Feed(text) || !reader.Finish() || rows.all.empty()) return Damaged(path);
  const CsvRow& header = rows.all.front();
  const auto key = std::find(header.begin(), header.end(), row.header[row.key]);
  if (key == header.end()) return Damaged(path);
  rows.key = static_cast<std::size_t>(key - header.begin());
  return {std::move(rows)};
}

}  // namespace

Result<bool> ImportFolder::Holds(const std::string& path, const ImportRow& row) const {
  ROSTER_ASSIGN(const auto rows, ReadRows(path, row, delimiter_), "");
  return rows && std::any_of(rows->all.begin() + 1, rows->all.end(), [&](const CsvRow& one) {
           return one.size() > rows->key && one[rows->key] == row.row[row.key];
         });
}

Result<void> ImportFolder::Remove(const std::string& path, const ImportRow& row) const {
  ROSTER_ASSIGN(auto rows, ReadRows(path, row, delimiter_), "");
  if (!rows) return {};  // deleted after it was uploaded
  std::string kept;
  bool found = false;
  std::size_t rows_left = 0;
  for (std::size_t i = 0; i < rows->all.size(); ++i) {
    const CsvRow& one = rows->all[i];
    const bool its = i > 0 && one.size() > rows->key && one[rows->key] == row.row[row.key];
    found = found || its;
    if (its) continue;
    kept += CsvLine(one, delimiter_);
    if (i > 0) ++rows_left;
  }
  if (!found) return {};
  if (rows_left == 0) {
    // Nobody is to upload a header alone. Whoever is listed there next makes it anew.
    if (::unlink(path.c_str()) != 0 || !SyncFolder(directory_)) return Unwritable();
    return {};
  }
  if (!Replace(directory_, path, kept)) return Unwritable();
  return {};
}

}  // namespace roster::spreadsheet
