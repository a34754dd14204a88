#pragma once

// The site's own export of its volunteers: from a file to accounts that are whole, or why it can't
// be trusted. It is believed no more than FACTS is.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/model/account.h"
#include "daemon/model/spreadsheet.h"

namespace roster::spreadsheet {

inline constexpr std::uint64_t kExportBytesMax = std::uint64_t{256} << 20U;
inline constexpr std::size_t kValueBytesMax = 1000;  // of what is read; other columns: CsvLimits

using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Tells one state of a file from another.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  Time modified;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

struct Export {
  FileStamp stamp;
  model::Accounts accounts;  // as_of: when the file was last written to

  // nullptr when there is none.
  const model::Account* Find(const AccountId& id) const;
  std::vector<const model::Account*> FindByExternalId(std::string_view id) const;
  // Whose login or e-mail it is.
  std::vector<const model::Account*> FindByEmail(std::string_view email) const;

  void Index();

 private:
  std::unordered_multimap<std::string, std::size_t> by_external_id_;
  std::unordered_multimap<std::string, std::size_t> by_email_;  // EmailKey
};

// Reads the file. Errors: Unavailable "site-unavailable" (it is not there, or can't be read);
// "site-incomplete" (it changed while it was read); Invalid "site-malformed", naming line and
// column and never a value; Invalid "site-stale" (it is dated in the future); Unavailable
// "stopped".
Result<Export> ReadExport(const model::Spreadsheet& settings, const Clock& clock,
                          const Progress& progress, const std::stop_token& stop);

// The same of bytes that are at hand; `as_of` and the stamp stay as they are. For tests.
Result<model::Accounts> ParseExport(const model::Spreadsheet& settings, std::string_view bytes);

// The export as it is now, read again when it has changed. Any thread.
class SharedExport {
 public:
  SharedExport(model::Spreadsheet settings, const Clock& clock)
      : settings_(std::move(settings)), clock_(clock) {}

  Result<std::shared_ptr<const Export>> Get(const Progress& progress, const std::stop_token& stop);
  const model::Spreadsheet& settings() const { return settings_; }

 private:
  const model::Spreadsheet settings_;
  const Clock& clock_;
  std::mutex mutex_;
  std::shared_ptr<const Export> last_;  // guarded by mutex_
};

}  // namespace roster::spreadsheet
