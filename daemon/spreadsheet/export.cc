#include "daemon/spreadsheet/export.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <map>
#include <optional>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/base/time_range.h"
#include "daemon/spreadsheet/csv.h"

namespace roster::spreadsheet {
namespace {

using model::Account;
using model::Field;

constexpr std::size_t kChunkBytes = std::size_t{64} << 10U;

Error Malformed(std::uint64_t line, const std::string& what) {
  return {Code::kInvalid, "site-malformed", "Line " + std::to_string(line) + ": " + what};
}

std::string Named(const std::string& header) { return "column \"" + header + "\""; }

// "2026-08-24" and what stands behind it; nullopt: no day of the calendar.
std::optional<std::pair<std::chrono::sys_days, std::string_view>> ParseDay(const std::string& text,
                                                                           model::DateOrder order) {
  const char* const format = order == model::DateOrder::kIso          ? "%Y-%m-%d"
                             : order == model::DateOrder::kMonthFirst ? "%m/%d/%Y"
                                                                      : "%d/%m/%Y";
  std::tm day{};
  const char* const end = ::strptime(text.c_str(), format, &day);
  if (end == nullptr) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(day.tm_year + 1900),
                                         std::chrono::month(static_cast<unsigned>(day.tm_mon + 1)),
                                         std::chrono::day(static_cast<unsigned>(day.tm_mday)));
  if (!date.ok()) return std::nullopt;
  return std::pair(std::chrono::sys_days(date),
                   std::string_view(text).substr(static_cast<std::size_t>(end - text.c_str())));
}

// A day, with or without the time of day; taken as UTC. nullopt: neither.
std::optional<Time> ParseTime(const std::string& text, model::DateOrder order) {
  const auto day = ParseDay(text, order);
  if (!day) return std::nullopt;
  std::string rest(day->second);
  if (rest.empty()) return Time(day->first);
  if (rest.front() != ' ' && rest.front() != 'T') return std::nullopt;
  rest = Trim(std::string_view(rest).substr(1));
  for (const char* const format :
       {"%H:%M:%SZ", "%H:%M:%S", "%H:%MZ", "%H:%M", "%I:%M:%S %p", "%I:%M %p"}) {
    std::tm time{};
    const char* const end = ::strptime(rest.c_str(), format, &time);
    if (end == nullptr || *end != '\0') continue;
    return Time(day->first) + std::chrono::hours(time.tm_hour) + std::chrono::minutes(time.tm_min) +
           std::chrono::seconds(time.tm_sec);
  }
  return std::nullopt;
}

bool Holds(const std::vector<std::string>& words, const std::string& folded) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return Fold(Trim(word)) == folded; });
}

// From rows to accounts.
class Parser {
 public:
  explicit Parser(const model::Spreadsheet& settings) : settings_(settings) {}

  Result<void> Take(std::uint64_t line, const CsvRow& row) {
    if (!header_) return TakeHeader(line, row);
    if (row.size() != columns_) {
      return tl::unexpected(
          Malformed(line, "has " + std::to_string(row.size()) + " columns, and the header has " +
                              std::to_string(columns_) + ". Nothing of the export was used."));
    }
    return TakeAccount(line, row);
  }

  Result<model::Accounts> Finish() {
    if (!header_) {
      return Fail(Code::kInvalid, "site-malformed", "The export is empty: it has no header.");
    }
    std::sort(accounts_.all.begin(), accounts_.all.end(),
              [](const Account& a, const Account& b) { return a.id < b.id; });
    // Which fields have a place, the config has seen to.
    accounts_.has_extension = true;
    return std::move(accounts_);
  }

  std::uint64_t rows() const { return accounts_.all.size(); }

 private:
  // Where in a row, and how it is called; nullopt: the site has no such column.
  using Column = std::optional<std::pair<std::size_t, std::string>>;

  Result<void> TakeHeader(std::uint64_t line, const CsvRow& row) {
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string name = Fold(Trim(row[i]));
      if (name.empty()) continue;
      const auto [first, fresh] = places.emplace(name, i);
      if (fresh) continue;
      return tl::unexpected(Malformed(line, "columns " + std::to_string(first->second + 1) +
                                                " and " + std::to_string(i + 1) +
                                                " have the same header."));
    }
    std::string missing;
    const auto find = [&](const std::string& header) -> Column {
      if (header.empty()) return std::nullopt;
      const auto place = places.find(Fold(Trim(header)));
      if (place != places.end()) return std::pair(place->second, header);
      missing += (missing.empty() ? "" : ", ") + Named(header);
      return std::nullopt;
    };
    const model::SheetColumns& columns = settings_.columns;
    id_ = find(columns.id);
    external_id_ = find(columns.external_id);
    status_ = find(columns.status);
    site_roles_ = find(columns.site_roles);
    last_accessed_ = find(columns.last_accessed);
    invited_ = find(columns.invited);
    for (const auto& [field, name] : columns.fields) {
      if (auto column = find(name)) fields_.emplace_back(field, *std::move(column));
    }
    if (!missing.empty()) {
      return tl::unexpected(Malformed(
          line, "the header lacks " + missing +
                    ". Look whether the site names its columns otherwise now (site.spreadsheet."
                    "columns in the config), and whether the delimiter is right."));
    }
    columns_ = row.size();
    header_ = true;
    return {};
  }

  Result<std::string> Value(std::uint64_t line, const CsvRow& row, const Column& column) const {
    if (!column) return std::string();
    const std::string_view value = Trim(row[column->first]);
    if (value.size() > kValueBytesMax) {
      return tl::unexpected(Malformed(line, Named(column->second) + " is too long."));
    }
    if (!IsPlainText(value)) {
      return tl::unexpected(
          Malformed(line, Named(column->second) + " holds a line break or a control character."));
    }
    return std::string(value);
  }

  Result<std::optional<Time>> When(std::uint64_t line, const CsvRow& row,
                                   const Column& column) const {
    ROSTER_ASSIGN(const std::string text, Value(line, row, column), "");
    if (text.empty() || text == "-" || Fold(text) == "never") return {std::nullopt};
    const auto time = ParseTime(text, settings_.dates);
    // A year of two digits is one of the first century: nobody guesses which was meant.
    if (!time || !IsSensible(*time)) {
      return tl::unexpected(Malformed(
          line, Named(column->second) +
                    " is no time that is written as site.spreadsheet.dates of the config says."));
    }
    return {time};
  }

  Result<bool> IsActive(std::uint64_t line, const CsvRow& row) const {
    ROSTER_ASSIGN(const std::string text, Value(line, row, status_), "");
    const std::string word = Fold(text);
    if (Holds(settings_.active_words, word)) return true;
    if (Holds(settings_.archived_words, word)) return false;
    return tl::unexpected(Malformed(
        line, Named(status_->second) +
                  " has a word that is neither in active_words nor in archived_words of the "
                  "config. Nobody is taken for archived, or for active, by a guess."));
  }

  Result<void> TakeAccount(std::uint64_t line, const CsvRow& row) {
    Account account;
    ROSTER_ASSIGN(const std::string id, Value(line, row, id_), "");
    if (id.empty()) return tl::unexpected(Malformed(line, Named(id_->second) + " is blank."));
    account.id = AccountId(id);
    const auto [first, fresh] = lines_.emplace(id, line);
    if (!fresh) {
      return tl::unexpected(Malformed(line, Named(id_->second) + " is that of line " +
                                                std::to_string(first->second) +
                                                " too: an id is one account's."));
    }
    ROSTER_ASSIGN(account.external_id, Value(line, row, external_id_), "");
    ROSTER_ASSIGN(account.active, IsActive(line, row), "");
    for (const auto& [field, column] : fields_) {
      ROSTER_ASSIGN(std::string value, Value(line, row, column), "");
      account.fields.Set(field, std::move(value));
    }
    if (settings_.columns.Of(Field::kUserName).empty()) {
      account.fields.Set(Field::kUserName, account.fields.Get(Field::kEmail));
    }
    ROSTER_ASSIGN(const std::string roles, Value(line, row, site_roles_), "");
    for (std::size_t at = 0; at < roles.size();) {
      const std::size_t end = std::min(roles.find_first_of(";,|", at), roles.size());
      const std::string_view role = Trim(std::string_view(roles).substr(at, end - at));
      if (!role.empty()) account.roles.emplace_back(role);
      at = end + 1;
    }
    ROSTER_ASSIGN(account.last_accessed, When(line, row, last_accessed_), "");
    ROSTER_ASSIGN(account.invited, When(line, row, invited_), "");
    accounts_.all.push_back(std::move(account));
    return {};
  }

  const model::Spreadsheet& settings_;
  bool header_ = false;
  std::size_t columns_ = 0;
  Column id_, external_id_, status_, site_roles_, last_accessed_, invited_;
  std::vector<std::pair<Field, Column>> fields_;
  std::unordered_map<std::string, std::uint64_t> lines_;  // id → where it stood
  model::Accounts accounts_;
};

// An open file.
class File {
 public:
  explicit File(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

FileStamp StampOf(const struct stat& found) {
  const auto modified =
      std::chrono::seconds(found.st_mtim.tv_sec) + std::chrono::nanoseconds(found.st_mtim.tv_nsec);
  return {found.st_dev, found.st_ino, found.st_size,
          Time(std::chrono::duration_cast<Duration>(modified))};
}

std::optional<FileStamp> StampAt(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return StampOf(found);
}

tl::unexpected<Error> Unreadable(const std::string& path, int why) {
  const std::string what =
      why == ENOENT ? "is not there: export the volunteers on the site, and put the file there."
                    : "can't be read: " + std::string(std::strerror(why)) +
                          ". The users of rosterd and roster-worker must be able to read it.";
  return Fail(Code::kUnavailable, "site-unavailable", "The site's export " + path + " " + what);
}

tl::unexpected<Error> Changed() {
  return Fail(Code::kUnavailable, "site-incomplete",
              "The site's export was written to while it was read. Write it beside, and move it "
              "into its place.");
}

Result<FileStamp> CheckStamp(const std::string& path, int descriptor, const Clock& clock) {
  struct stat found {};
  if (::fstat(descriptor, &found) != 0) return Unreadable(path, errno);
  if (!S_ISREG(found.st_mode)) {
    return Fail(Code::kInvalid, "site-malformed", "The site's export " + path + " is no file.");
  }
  const FileStamp stamp = StampOf(found);
  if (static_cast<std::uint64_t>(stamp.size) > kExportBytesMax) {
    return Fail(Code::kInvalid, "site-malformed", "The site's export is larger than 256 MiB.");
  }
  if (stamp.modified > clock.Now()) {
    return Fail(Code::kInvalid, "site-stale",
                "The site's export is dated " + FormatTime(stamp.modified) +
                    ", which has not come yet, so that nobody can tell what it knows of. Look at "
                    "the clocks of this machine and of the one it was made on, then export again.");
  }
  return stamp;
}

Result<void> ReadInto(int descriptor, CsvReader& reader, const std::string& path,
                      const std::function<Result<void>()>& each) {
  std::string chunk(kChunkBytes, '\0');
  while (true) {
    const auto got = ::read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(path, errno);
    if (got == 0) return reader.Finish();
    ROSTER_TRY(reader.Feed(std::string_view(chunk).substr(0, static_cast<std::size_t>(got))), "");
    ROSTER_TRY(each(), "");
  }
}

}  // namespace

const Account* Export::Find(const AccountId& id) const {
  const auto at = std::lower_bound(
      accounts.all.begin(), accounts.all.end(), id,
      [](const Account& account, const AccountId& wanted) { return account.id < wanted; });
  return at == accounts.all.end() || at->id != id ? nullptr : &*at;
}

std::vector<const Account*> Export::FindByExternalId(std::string_view id) const {
  std::vector<const Account*> found;
  const auto [first, last] = by_external_id_.equal_range(std::string(id));
  for (auto at = first; at != last; ++at) found.push_back(&accounts.all[at->second]);
  return found;
}

std::vector<const Account*> Export::FindByEmail(std::string_view email) const {
  std::vector<const Account*> found;
  const auto [first, last] = by_email_.equal_range(EmailKey(email));
  for (auto at = first; at != last; ++at) found.push_back(&accounts.all[at->second]);
  return found;
}

void Export::Index() {
  for (std::size_t i = 0; i < accounts.all.size(); ++i) {
    const Account& account = accounts.all[i];
    if (!account.external_id.empty()) by_external_id_.emplace(account.external_id, i);
    const std::string login = EmailKey(account.fields.Get(Field::kUserName));
    const std::string email = EmailKey(account.fields.Get(Field::kEmail));
    if (!login.empty()) by_email_.emplace(login, i);
    if (!email.empty() && email != login) by_email_.emplace(email, i);
  }
}

Result<Export> ReadExport(const model::Spreadsheet& settings, const Clock& clock,
                          const Progress& progress, const std::stop_token& stop) {
  const std::string& path = settings.export_file;
  const File file(path);
  if (file.descriptor() < 0) return Unreadable(path, errno);
  Export read;
  ROSTER_ASSIGN(read.stamp, CheckStamp(path, file.descriptor(), clock), "");
  Parser parser(settings);
  CsvReader reader(settings.delimiter, CsvLimits(),
                   [&](std::uint64_t line, CsvRow& row) { return parser.Take(line, row); });
  const auto each = [&]() -> Result<void> {
    if (stop.stop_requested()) return Fail(Code::kUnavailable, "stopped", "Told to stop.");
    progress(parser.rows(), 0);
    return {};
  };
  const auto whole = ReadInto(file.descriptor(), reader, path, each);
  // What is wrong with a file that somebody is writing is that it is not whole.
  struct stat after {};
  if (::fstat(file.descriptor(), &after) != 0 || StampOf(after) != read.stamp ||
      StampAt(path) != read.stamp) {
    return Changed();
  }
  ROSTER_TRY(whole, "Reading the site's export");
  ROSTER_ASSIGN(read.accounts, parser.Finish(), "");
  read.accounts.as_of = read.stamp.modified;
  read.Index();
  return read;
}

Result<model::Accounts> ParseExport(const model::Spreadsheet& settings, std::string_view bytes) {
  Parser parser(settings);
  CsvReader reader(settings.delimiter, CsvLimits(),
                   [&](std::uint64_t line, CsvRow& row) { return parser.Take(line, row); });
  ROSTER_TRY(reader.Feed(bytes), "");
  ROSTER_TRY(reader.Finish(), "");
  return parser.Finish();
}

Result<std::shared_ptr<const Export>> SharedExport::Get(const Progress& progress,
                                                        const std::stop_token& stop) {
  const std::lock_guard guard(mutex_);
  if (last_ && StampAt(settings_.export_file) == last_->stamp) return last_;
  last_.reset();
  ROSTER_ASSIGN(Export read, ReadExport(settings_, clock_, progress, stop), "");
  last_ = std::make_shared<const Export>(std::move(read));
  return last_;
}

}  // namespace roster::spreadsheet
