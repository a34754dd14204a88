#include "daemon/config/check.h"

#include <algorithm>
#include <optional>

#include "daemon/config/config.h"
#include "daemon/config/scalar.h"
#include "daemon/model/access.h"

namespace roster::config {
namespace {

using Kind = YamlNode::Kind;

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The word that was probably meant: at most two slips, and fewer than half of the word.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view nearest;
  std::size_t best = 3;
  if (word.size() > 64) return nearest;
  for (const std::string_view candidate : known) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < best && 2 * distance < candidate.size()) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string_view nearest = Nearest(word, known);
  return nearest.empty() ? "" : " (did you mean " + std::string(nearest) + "?)";
}

bool IsKeyName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string Below(std::string_view map, std::string_view name) {
  return map.empty() ? std::string(name) : std::string(map) + "." + std::string(name);
}

// The table's rows one step below a map.
std::vector<const Key*> RowsBelow(std::string_view map) {
  std::vector<const Key*> rows;
  const std::string prefix = Below(map, "");
  for (const Key& key : Keys()) {
    if (!key.path.starts_with(prefix) || key.path.size() == prefix.size()) continue;
    if (key.path.substr(prefix.size()).find_first_of(".[") == std::string_view::npos) {
      rows.push_back(&key);
    }
  }
  return rows;
}

bool InRange(const Key& key, double number) { return number >= key.min && number <= key.max; }

// What is wrong with a scalar; "" when nothing is.
std::string WhyNotScalar(const Key& key, const std::string& text) {
  const auto ranged = [&key](std::optional<double> number, const char* not_read) {
    if (!number) return std::string(not_read);
    return std::string(InRange(key, *number) ? "" : "is out of range");
  };
  switch (key.type) {
    case Type::kText:
      if (HasControlCharacter(text)) return "holds a control character";
      return InRange(key, static_cast<double>(text.size())) ? "" : "is too short or too long";
    case Type::kWord:
      if (std::find(key.words.begin(), key.words.end(), text) != key.words.end()) return "";
      return "is not a word that is known here" + DidYouMean(text, key.words);
    case Type::kBool:
      return ParseBool(text) ? "" : "is neither true nor false";
    case Type::kCountLimit:
    case Type::kCount: {
      if (key.type == Type::kCountLimit && text == kNoLimit) return "";
      const auto count = ParseCount(text);
      return ranged(count ? std::optional(static_cast<double>(*count)) : std::nullopt,
                    "is not a whole number");
    }
    case Type::kNumber:
      return ranged(ParseNumber(text), "is not a number");
    case Type::kPercentLimit:
    case Type::kPercent:
      if (key.type == Type::kPercentLimit && text == kNoLimit) return "";
      return ranged(ParsePercent(text), "is not a number with a percent sign");
    case Type::kDuration: {
      const auto length = ParseDuration(text);
      return ranged(
          length ? std::optional(std::chrono::duration<double>(*length).count()) : std::nullopt,
          "is not a number with s, m, h or d");
    }
    case Type::kDate:
      return ParseDate(text) ? "" : "is not a day of the calendar";
    case Type::kUrl:
      return WhyNotUrl(text);
    case Type::kEndpoint:
      return WhyNotEndpoint(text);
    case Type::kLoopback:
      return WhyNotLoopback(text);
    case Type::kPath:
      return text.empty() || text.size() > 4000 || HasControlCharacter(text) ? "is not a path" : "";
    case Type::kSchoolId:
      return IsSchoolId(text) ? "" : "is not an id";
    case Type::kAccount:
      return IsAccountName(text) ? "" : "is no name of a user or group, and no number";
    case Type::kPublicKey:
      return model::IsPublicKey(text) ? "" : "is not a public key";
    case Type::kTemplate:
      return WhyNotTemplate(text);
    case Type::kMap:
    case Type::kWordMap:
    case Type::kList:
    case Type::kSecret:
      break;
  }
  return "is a single value";
}

// "schools[12].id" -> "schools[].id". Free keys are never asked for by this way.
std::string PatternOf(const std::string& path) {
  std::string pattern;
  bool inside = false;
  for (const char c : path) {
    if (c == ']') inside = false;
    if (!inside) pattern += c;
    if (c == '[') inside = true;
  }
  return pattern;
}

const Key& RowOf(const std::string& path) {
  static const Key kNone;
  const Key* key = FindKey(PatternOf(path));
  return key == nullptr ? kNone : *key;
}

}  // namespace

class Checker {
 public:
  Checker(Values& values, Problems& problems) : values_(values), problems_(problems) {}

  void Node(const YamlNode& node, const Key& key, const std::string& path) {
    if (node.kind == Kind::kNull) {
      Complain(node, key, path, "has no value");
      return;
    }
    switch (key.type) {
      case Type::kMap:
        return Map(node, key, path);
      case Type::kWordMap:
        return WordMap(node, key, path);
      case Type::kList:
        return List(node, key, path);
      case Type::kSecret:
        return Secret(node, key, path);
      default:
        return Scalar(node, key, path);
    }
  }

 private:
  void Complain(const YamlNode& node, const Key& key, const std::string& path,
                const std::string& what) {
    problems_.Add(node.line, path, what, "allowed is " + AllowedText(key));
  }

  // False, with a complaint, when the node is of another kind or has too few or too many items.
  bool Sized(const YamlNode& node, const Key& key, const std::string& path, Kind kind) {
    if (node.kind != kind) {
      Complain(node, key, path, kind == Kind::kList ? "is not a list" : "is not a map");
      return false;
    }
    if (key.type != Type::kMap && !InRange(key, static_cast<double>(node.items.size()))) {
      Complain(node, key, path, "has too few or too many items");
      return false;
    }
    return true;
  }

  void Map(const YamlNode& node, const Key& key, const std::string& path) {
    if (!Sized(node, key, path, Kind::kMap)) return;
    values_.given_[path].line = node.line;
    const std::vector<const Key*> rows = RowsBelow(key.path);
    std::vector<std::string_view> names;
    names.reserve(rows.size());
    for (const Key* row : rows) names.push_back(row->path.substr(Below(key.path, "").size()));
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode::MapKey& name = node.keys[i];
      const auto at = std::find(names.begin(), names.end(), name.text);
      if (at == names.end()) {
        const std::string shown = IsKeyName(name.text) ? name.text : "?";
        problems_.Add(name.line, Below(path, shown),
                      "is not a key that is known here" + DidYouMean(name.text, names),
                      "allowed are " + Joined(names));
      } else {
        Node(node.items[i], *rows[static_cast<std::size_t>(at - names.begin())],
             Below(path, name.text));
      }
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const bool given = std::any_of(node.keys.begin(), node.keys.end(),
                                     [&](const auto& name) { return name.text == names[i]; });
      if (rows[i]->required && !given) {
        Complain(node, *rows[i], Below(path, names[i]), "is missing");
      }
    }
  }

  void WordMap(const YamlNode& node, const Key& key, const std::string& path) {
    if (!Sized(node, key, path, Kind::kMap)) return;
    const Key& row = *FindKey(std::string(key.path) + ".*");
    Values::Given& given = values_.given_[path];
    given.line = node.line;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string& word = node.keys[i].text;
      const std::string place = path + "[" + std::to_string(i) + "]";
      if (word.size() > 64 || HasControlCharacter(word)) {
        problems_.Add(node.keys[i].line, place, "is too long a word",
                      "allowed are 64 bytes without control characters");
      }
      values_.given_[path].free_keys.push_back(word);
      Node(node.items[i], row, place);
    }
  }

  void List(const YamlNode& node, const Key& key, const std::string& path) {
    if (!Sized(node, key, path, Kind::kList)) return;
    Values::Given& given = values_.given_[path];
    given.line = node.line;
    given.items = node.items.size();
    const Key& row = *FindKey(std::string(key.path) + "[]");
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      Node(node.items[i], row, path + "[" + std::to_string(i) + "]");
    }
  }

  // Neither a value nor a key in here is ever repeated: either could be the secret itself.
  void Secret(const YamlNode& node, const Key& key, const std::string& path) {
    if (node.kind == Kind::kText) {
      Complain(node, key, path, "is given as text, but a secret must not stand in this file");
      return;
    }
    if (node.kind != Kind::kMap || node.items.size() != 1) {
      Complain(node, key, path, "does not name one place");
      return;
    }
    const std::string& kind = node.keys.front().text;
    const YamlNode& place = node.items.front();
    SecretRef ref;
    bool fine = place.kind == Kind::kText;
    if (kind == "file") {
      ref.kind = SecretRef::Kind::kFile;
      fine = fine && !place.text.empty() && place.text.size() <= 4000 &&
             !HasControlCharacter(place.text);
    } else if (kind == "env") {
      ref.kind = SecretRef::Kind::kEnv;
      fine = fine && IsEnvironmentName(place.text);
    } else if (kind == "credential") {
      ref.kind = SecretRef::Kind::kCredential;
      fine = fine && IsCredentialName(place.text);
    } else {
      Complain(node, key, path, "names a place of no known kind");
      return;
    }
    if (!fine) {
      Complain(place, key, path, "names no place that can be");
      return;
    }
    ref.value = place.text;
    Values::Given& given = values_.given_[path];
    given.line = node.line;
    given.secret = ref;
  }

  void Scalar(const YamlNode& node, const Key& key, const std::string& path) {
    if (node.kind != Kind::kText) {
      Complain(node, key, path, "is not a single value");
      return;
    }
    if (const std::string why = WhyNotScalar(key, node.text); !why.empty()) {
      Complain(node, key, path, why);
      return;
    }
    Values::Given& given = values_.given_[path];
    given.line = node.line;
    given.text = node.text;
  }

  static std::string Joined(const std::vector<std::string_view>& names) {
    std::string text;
    for (const std::string_view name : names) {
      if (!text.empty()) text += ", ";
      text += name;
    }
    return text;
  }

  Values& values_;
  Problems& problems_;
};

void Problems::Add(int line, const std::string& path, const std::string& what,
                   const std::string& allowed) {
  std::string text = filename_ + ":" + std::to_string(line) + ": ";
  if (!path.empty()) text += path + ": ";
  text += what;
  if (!allowed.empty()) text += "; " + allowed;
  found_.emplace_back(line, std::move(text));
}

std::string Problems::Text() const {
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), kProblemsShownMax); ++i) {
    if (i > 0) text += '\n';
    text += sorted[i].second;
  }
  if (sorted.size() > kProblemsShownMax) {
    text += "\nand " + std::to_string(sorted.size() - kProblemsShownMax) + " more";
  }
  return text;
}

Values Values::Check(const YamlNode& root, Problems& problems) {
  Values values;
  Key whole;
  whole.type = Type::kMap;
  if (root.kind == Kind::kNull) {
    problems.Add(1, "", "the file is empty", "schools is required");
  } else {
    Checker(values, problems).Node(root, whole, "");
  }
  return values;
}

int Values::Line(const std::string& path) const {
  const auto at = given_.find(path);
  return at == given_.end() ? 0 : at->second.line;
}

std::size_t Values::Items(const std::string& path) const {
  const auto at = given_.find(path);
  return at == given_.end() ? 0 : at->second.items;
}

const std::vector<std::string>& Values::FreeKeys(const std::string& path) const {
  static const std::vector<std::string> kNone;
  const auto at = given_.find(path);
  return at == given_.end() ? kNone : at->second.free_keys;
}

std::string Values::Text(const std::string& path) const {
  const auto at = given_.find(path);
  return at == given_.end() ? std::string(RowOf(path).fallback) : at->second.text;
}

std::uint64_t Values::Count(const std::string& path) const {
  return ParseCount(Text(path)).value_or(0);
}

double Values::Number(const std::string& path) const {
  const std::string text = Text(path);
  return ParsePercent(text).value_or(ParseNumber(text).value_or(0));
}

std::optional<double> Values::Limit(const std::string& path) const {
  if (Text(path) == kNoLimit) return std::nullopt;
  return Number(path);
}

bool Values::Flag(const std::string& path) const { return ParseBool(Text(path)).value_or(false); }

Duration Values::Length(const std::string& path) const {
  return ParseDuration(Text(path)).value_or(Duration::zero());
}

std::optional<std::chrono::sys_days> Values::Date(const std::string& path) const {
  return ParseDate(Text(path));
}

SecretRef Values::Secret(const std::string& path) const {
  const auto at = given_.find(path);
  return at == given_.end() ? SecretRef{} : at->second.secret;
}

std::vector<std::string> Values::Texts(const std::string& path) const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < Items(path); ++i) {
    texts.push_back(Text(path + "[" + std::to_string(i) + "]"));
  }
  return texts;
}

}  // namespace roster::config
