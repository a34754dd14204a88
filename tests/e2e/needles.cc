#include "tests/e2e/needles.h"

#include <algorithm>
#include <cstdint>
#include <mutex>

#include "tests/sandbox/json_row.h"

namespace roster::e2e {
namespace {

using sandbox::Json;

constexpr std::string_view kMark = "Zqx";
constexpr const char* kPersonNames[] = {"firstName", "lastName", "middleName", "nickName"};
constexpr const char* kFamilyNames[] = {"familyName", "familyName2", "familyLetter"};

void MarkRows(sandbox::Table& table, const auto& fields) {
  for (std::uint32_t at = 0; at < table.size(); ++at) {
    for (const char* field : fields) {
      const std::string name = sandbox::TextOf(table[at], field);
      const std::string_view trimmed = sandbox::Trim(name);
      if (trimmed.empty() || trimmed.starts_with(kMark)) continue;
      std::string marked = name;
      marked.replace(marked.find(trimmed), trimmed.size(), Marked(trimmed));
      table.Replace(at, sandbox::WithField(table[at], field, marked));
    }
  }
}

std::vector<Json> Accounts(sandbox::Sandbox& sandbox) {
  std::vector<Json> accounts;
  for (const auto& view : sandbox.store().List(nullptr, 0, 1'000'000).accounts) {
    accounts.push_back(Json::parse(view.json));
    accounts.back()["id"] = view.id;
  }
  return accounts;
}

std::string Cleaned(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return clean;
}

}  // namespace

std::string Marked(std::string_view name) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::string marked(kMark);
  for (int i = 0; i < 7; ++i, hash /= 26) marked += static_cast<char>('a' + hash % 26);
  return marked;
}

void MarkNames(sandbox::Sandbox& sandbox) {
  {
    const std::unique_lock lock(sandbox.school().mutex());
    MarkRows(sandbox.school().table(sandbox::kPeople), kPersonNames);
    MarkRows(sandbox.school().table(sandbox::kFamilies), kFamilyNames);
  }
  for (const Json& account : Accounts(sandbox)) {
    if (!account.contains("name")) continue;
    Json name = account.at("name");
    bool changed = false;
    for (const char* part : {"givenName", "familyName"}) {
      const std::string text = sandbox::MemberText(name, part);
      if (text.empty() || text.starts_with(kMark)) continue;
      name[part] = Marked(text);
      changed = true;
    }
    if (changed) sandbox.store().Edit(account.at("id").get<std::string>(), {{"name", name}});
  }
}

void Needles::Add(const std::string& kind, std::string_view text) {
  const std::string_view trimmed = sandbox::Trim(text);
  if (trimmed.size() >= kLengthMin) kinds_.emplace(sandbox::Lower(trimmed), kind);
}

void Needles::AddPeople(sandbox::Sandbox& sandbox) {
  const auto add_email = [this](const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {  // two in one field, too
      const std::size_t end = std::min(text.find_first_of(";, ", at), text.size());
      const std::string one = text.substr(at, end - at);
      Add("email", one);
      if (one.find('@') != std::string::npos) Add("email", one.substr(0, one.find('@')));
      at = end + 1;
    }
  };
  {
    const std::shared_lock lock(sandbox.school().mutex());
    const sandbox::Table& people = sandbox.school().table(sandbox::kPeople);
    for (std::uint32_t at = 0; at < people.size(); ++at) {
      for (const char* field : kPersonNames) Add("name", sandbox::TextOf(people[at], field));
      for (const char* field : {"email", "email2", "username"}) {
        add_email(sandbox::TextOf(people[at], field));
      }
      for (const char* field : {"homePhone", "cellPhone"}) {
        Add("phone", sandbox::TextOf(people[at], field));
      }
      const std::string born = sandbox::TextOf(people[at], "birthdate");
      Add("birthdate", std::string_view(born).substr(0, 10));
    }
    const sandbox::Table& families = sandbox.school().table(sandbox::kFamilies);
    for (std::uint32_t at = 0; at < families.size(); ++at) {
      for (const char* field : kFamilyNames) Add("name", sandbox::TextOf(families[at], field));
    }
  }
  for (const Json& account : Accounts(sandbox)) {
    add_email(sandbox::MemberText(account, "userName"));
    for (const Json& email : account.value("emails", Json::array())) {
      add_email(sandbox::MemberText(email, "value"));
    }
    if (!account.contains("name")) continue;
    for (const char* part : {"givenName", "familyName", "formatted"}) {
      Add("name", sandbox::MemberText(account.at("name"), part));
    }
  }
}

void Needles::AddSecret(std::string_view text) {
  Add("secret", text);
  if (text.size() < 24) return;
  Add("secret", text.substr(0, text.size() / 2));
  Add("secret", text.substr(text.size() / 2));
}

std::size_t Needles::Count(const std::string& kind) const {
  return static_cast<std::size_t>(std::count_if(
      kinds_.begin(), kinds_.end(), [&kind](const auto& one) { return one.second == kind; }));
}

std::vector<std::string> Needles::In(std::string_view text) const {
  const std::string lower = sandbox::Lower(text);
  std::vector<std::string> found;
  for (const auto& [needle, kind] : kinds_) {
    const std::size_t at = lower.find(needle);
    if (at == std::string::npos) continue;
    const std::size_t from = at < 80 ? 0 : at - 80;
    found.push_back(kind + ": " + needle + " in: " + Cleaned(text.substr(from, 240)));
  }
  return found;
}

std::map<std::string, std::size_t> Needles::KindsIn(std::string_view text) const {
  const std::string lower = sandbox::Lower(text);
  std::map<std::string, std::size_t> kinds;
  for (const auto& [needle, kind] : kinds_) {
    if (lower.find(needle) != std::string::npos) ++kinds[kind];
  }
  return kinds;
}

}  // namespace roster::e2e
