#include "daemon/spreadsheet/paths.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace roster::spreadsheet {
namespace {

// The program's own user, as with open(2); not the real one, as access(2) has it.
bool MayUse(const std::string& path, int how) {
  return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0;
}

Result<void> CheckFolder(const std::string& path, int how, const std::string& reason,
                         const std::string& whom) {
  struct stat found {};
  std::string why;
  if (::stat(path.c_str(), &found) == 0 && !S_ISDIR(found.st_mode)) {
    why = "it is no folder";
  } else if (MayUse(path, how)) {
    return {};
  } else {
    why = std::strerror(errno);
  }
  return Fail(Code::kInvalid, reason,
              "The folder of import files " + path + " can't be used: " + why + ". " + whom);
}

}  // namespace

Result<void> CheckExport(const model::Spreadsheet& settings) {
  const std::string& path = settings.export_file;
  struct stat found {};
  const bool there = ::stat(path.c_str(), &found) == 0;
  if (there && !S_ISREG(found.st_mode)) {
    return Fail(Code::kInvalid, "export-unreadable",
                "The site's export " + path + " is no file. Put the export there.");
  }
  if (there && MayUse(path, R_OK)) return {};
  if (errno == ENOENT) {
    return Fail(Code::kNotFound, "export-missing",
                "The site's export " + path +
                    " is not there yet: export the volunteers on the site, and put the file there. "
                    "Until then no poll is used.");
  }
  return Fail(Code::kInvalid, "export-unreadable",
              "The site's export " + path + " can't be read: " + std::strerror(errno) +
                  ". The users of rosterd and roster-worker must be able to.");
}

Result<void> CheckImportsReadable(const model::Spreadsheet& settings) {
  return CheckFolder(settings.import_directory, R_OK | X_OK, "imports-unreadable",
                     "Make it, and let the user of rosterd read it.");
}

Result<void> CheckImportsWritable(const model::Spreadsheet& settings) {
  return CheckFolder(settings.import_directory, R_OK | W_OK | X_OK, "imports-unwritable",
                     "Make it, let the user of roster-worker write to it, and name it in a drop-in "
                     "of its unit: ReadWritePaths=-" +
                         settings.import_directory);
}

}  // namespace roster::spreadsheet
