#include "daemon/store/log_check.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace roster::store {
namespace {

// RocksDB's log format (its wiki, "Write Ahead Log File Format"): blocks of 32 KiB; a record does
// not cross their ends, and has a masked CRC-32C of type and payload (4 bytes), the payload's
// length (2), both little-endian, and a type (1): full, first, middle or last of a commit.
constexpr std::size_t kBlock = 32768;
constexpr std::size_t kHeader = 7;
constexpr unsigned kFirst = 2;  // of a commit; kFull is 1
constexpr unsigned kLast = 4;

// CRC-32C, Castagnoli's polynomial (RFC 3720, appendix B.4), bits reversed.
std::uint32_t Crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82f63b78U : 0U);
      }
      table[i] = value;
    }
    return table;
  }();
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xffU] ^ (crc >> 8U);
  }
  return ~crc;
}

std::uint32_t Masked(std::uint32_t crc) { return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U; }

std::uint32_t Number(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint32_t number = 0;
  for (std::size_t i = width; i > 0; --i) {
    number = (number << 8U) | static_cast<unsigned char>(bytes[at + i - 1]);
  }
  return number;
}

struct Record {
  std::size_t end = 0;
  unsigned type = 0;
};

Record RecordAt(std::string_view block, std::size_t at) {
  return {at + kHeader + Number(block, at + 4, 2), static_cast<unsigned char>(block[at + 6])};
}

bool IsWhole(std::string_view block, std::size_t at) {
  const Record record = RecordAt(block, at);
  if (record.type == 0 || record.type > kLast || record.end > block.size()) return false;
  const std::string_view covered = block.substr(at + kHeader - 1, record.end - at - kHeader + 1);
  return Number(block, at, 4) == Masked(Crc32c(covered));
}

bool BeginsCommit(std::string_view block, std::size_t at) {
  return RecordAt(block, at).type <= kFirst && IsWhole(block, at);
}

// Reads a log block by block.
class LogCheck {
 public:
  // False when a commit begins behind a record that is not whole.
  bool Take(std::string_view block) {
    std::size_t at = 0;
    while (!torn_ && at + kHeader <= block.size()) {
      if (IsWhole(block, at)) {
        at = RecordAt(block, at).end;
      } else {
        torn_ = true;
        ++at;
      }
    }
    if (!torn_) return true;
    for (; at + kHeader <= block.size(); ++at) {
      if (BeginsCommit(block, at)) return false;
    }
    return true;
  }

 private:
  bool torn_ = false;
};

Result<void> CheckLog(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Fail(Code::kUnavailable, "disk",
                "The log " + path.string() +
                    " cannot be read. Look at the disk, then start rosterd again.");
  }
  LogCheck check;
  std::string block(kBlock, '\0');
  do {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    if (check.Take(std::string_view(block).substr(0, static_cast<std::size_t>(in.gcount())))) {
      continue;
    }
    return Fail(Code::kCorrupt, "damaged",
                "The log " + path.string() +
                    " is damaged before its end. Nothing was touched: look at the disk, and "
                    "restore the last backup.");
  } while (in);
  return {};
}

}  // namespace

Result<void> CheckLogs(const std::filesystem::path& directory) {
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(directory, error)) {
    if (file.path().extension() == ".log") ROSTER_TRY(CheckLog(file.path()), "");
  }
  return {};
}

}  // namespace roster::store
