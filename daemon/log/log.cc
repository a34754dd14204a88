#include "daemon/log/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

#include "daemon/log/record.h"

namespace roster::log {
namespace {

// Of the line that this thread is writing: the logger calls its sinks on the thread that writes.
thread_local const Fields* fields_now = nullptr;

Level LevelOf(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return Level::kDebug;
    case spdlog::level::warn:
      return Level::kWarning;
    case spdlog::level::err:
      return Level::kError;
    case spdlog::level::critical:
      return Level::kCritical;
    default:
      return Level::kInfo;
  }
}

spdlog::level::level_enum LevelOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kCritical:
      return spdlog::level::critical;
  }
  return spdlog::level::info;
}

bool StderrIsJournal() {
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) != 0) return false;
  return NamesStream(std::getenv("JOURNAL_STREAM"), status.st_dev, status.st_ino);
}

// spdlog's lock keeps lines whole.
class Sink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Sink(std::string program, bool journal) : program_(std::move(program)), journal_(journal) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    Record record;
    record.level = LevelOf(message.level);
    record.message.assign(message.payload.data(), message.payload.size());
    if (fields_now != nullptr) record.fields = *fields_now;
    if (journal_ && ToJournal(record)) return;
    spdlog::memory_buf_t time;
    formatter_->format(message, time);
    record.time.assign(time.data(), time.size());
    ToStderr(TextLine(record));
  }
  void flush_() override {}

 private:
  // False when the journal does not take it: then it is at least on stderr.
  bool ToJournal(const Record& record) const {
    std::vector<std::string> fields = JournalFields(record, program_);
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (std::string& field : fields) parts.push_back({field.data(), field.size()});
    return ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
  }

  // A log that nobody can take any more stops nothing.
  static void ToStderr(const std::string& line) {
    std::size_t written = 0;
    while (written < line.size()) {
      const auto got = ::write(STDERR_FILENO, line.data() + written, line.size() - written);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return;
      written += static_cast<std::size_t>(got);
    }
  }

  std::string program_;
  bool journal_;
};

}  // namespace

void Start(const std::string& program, Level least) {
  auto sink = std::make_shared<Sink>(program, StderrIsJournal());
  sink->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ", spdlog::pattern_time_type::utc, ""));
  auto logger = std::make_shared<spdlog::logger>(program, std::move(sink));
  logger->set_level(LevelOf(least));
  spdlog::set_default_logger(std::move(logger));
}

void SetLevel(Level least) { spdlog::default_logger_raw()->set_level(LevelOf(least)); }

void Write(Level level, std::string_view message, const Fields& fields) {
  fields_now = &fields;
  spdlog::default_logger_raw()->log(LevelOf(level),
                                    spdlog::string_view_t(message.data(), message.size()));
  fields_now = nullptr;
}

}  // namespace roster::log
