#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/account.h"
#include "daemon/model/settings.h"

namespace roster::match {

// Patterns of the config, made ready to be held against accounts often. Without case.
class AccountPatterns {
 public:
  explicit AccountPatterns(const std::vector<std::string>& patterns);
  // True when one of them describes the userName or an e-mail.
  bool Cover(const model::Account& account) const;

 private:
  bool Fit(std::string_view address) const;

  std::vector<std::string> patterns_;  // folded
};

// Rules, 16, made ready to be asked often.
class Protection {
 public:
  explicit Protection(const model::RosterRules& rules);
  bool Covers(const model::Account& account) const;

 private:
  std::vector<std::string> roles_;  // folded
  AccountPatterns patterns_;
};

// True when `pattern` describes all of `text`: '*' stands for any run, the empty one too; every
// other character for itself.
bool FitsGlob(std::string_view pattern, std::string_view text);

}  // namespace roster::match
