#pragma once

// Personal data and secrets that nothing but the store and the replies to those who may see them is
// to hold, and the search for them.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/sandbox.h"

namespace roster::e2e {

// Names like "Hazel" or "June" stand in texts by chance. Gives everybody in FACTS and on the site a
// made-up name that cannot: the same name becomes the same one, spaces around it stay. May be asked
// again when people have come.
void MarkNames(sandbox::Sandbox& sandbox);
// What becomes of a name: "Zqx" and seven letters.
std::string Marked(std::string_view name);

class Needles {
 public:
  // Shorter ones would be found by chance, and are left out: by Add, too.
  static constexpr std::size_t kLengthMin = 7;

  // `kind`: "name", "email", "phone", "birthdate", "secret"
  void Add(const std::string& kind, std::string_view text);
  // Of everybody in FACTS and on the site as they stand now, after MarkNames: names, family names,
  // addresses and what stands before their @, phones, birthdates.
  void AddPeople(sandbox::Sandbox& sandbox);
  // Also both halves of one that is long enough.
  void AddSecret(std::string_view text);

  std::size_t Count(const std::string& kind) const;

  // What of it `text` holds, in any case (of ASCII), each once: "email: ... in: ...the text
  // around...".
  std::vector<std::string> In(std::string_view text) const;
  // Of these kinds something is in it.
  std::map<std::string, std::size_t> KindsIn(std::string_view text) const;

 private:
  std::map<std::string, std::string> kinds_;  // in lower case → kind
};

}  // namespace roster::e2e
