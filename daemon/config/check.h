#pragma once

// Holds a YAML tree against the table of keys, and answers for the values in it.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/config/keys.h"
#include "daemon/config/secret.h"
#include "daemon/config/yaml_tree.h"

namespace roster::config {

// Collects what is wrong; a value of the file is never part of it.
class Problems {
 public:
  explicit Problems(std::string filename) : filename_(std::move(filename)) {}

  // "file:line: path: what; allowed". An empty path is the file as a whole.
  void Add(int line, const std::string& path, const std::string& what, const std::string& allowed);
  bool empty() const { return found_.empty(); }
  // One a line, by line, at most kProblemsShownMax.
  std::string Text() const;

 private:
  std::string filename_;
  std::vector<std::pair<int, std::string>> found_;
};

// The values of a checked file by their full paths ("schools[0].facts.tier"), with the table's
// defaults for what is left out. What was wrong reads as its default, or as nothing.
class Values {
 public:
  // Adds to `problems` whatever does not fit the table.
  static Values Check(const YamlNode& root, Problems& problems);

  bool Has(const std::string& path) const { return given_.count(path) != 0; }
  int Line(const std::string& path) const;           // 0: not in the file
  std::size_t Items(const std::string& path) const;  // of a list; 0: left out
  // The free keys of a word map, as written; left out: none.
  const std::vector<std::string>& FreeKeys(const std::string& path) const;

  std::string Text(const std::string& path) const;
  std::uint64_t Count(const std::string& path) const;
  double Number(const std::string& path) const;  // kNumber, kPercent (20 for "20%")
  // kCountLimit, kPercentLimit (20 for "20%"); nullopt: "none".
  std::optional<double> Limit(const std::string& path) const;
  bool Flag(const std::string& path) const;
  Duration Length(const std::string& path) const;
  std::optional<std::chrono::sys_days> Date(const std::string& path) const;  // nullopt: not in it
  SecretRef Secret(const std::string& path) const;
  std::vector<std::string> Texts(const std::string& path) const;  // of a list

 private:
  friend class Checker;

  struct Given {
    int line = 0;
    std::string text;
    std::size_t items = 0;
    std::vector<std::string> free_keys;
    SecretRef secret;
  };
  std::map<std::string, Given> given_;
};

}  // namespace roster::config
