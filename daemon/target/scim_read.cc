#include "daemon/target/scim_read.h"

#include <simdjson.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "daemon/target/scim_date.h"

namespace roster::target {
namespace {

// The DOM API, because it chooses the processor's best code when it runs, and reads whole
// documents; On-Demand is fixed when it is compiled (for a plain x86-64: without SIMD).
namespace dom = simdjson::dom;
using model::Account;
using model::Field;

// An account is to fit into a report (proto/README.md: 4 MiB).
constexpr std::size_t kTextMax = 2'000;    // bytes of one value
constexpr std::size_t kElementsMax = 100;  // of one multi-valued attribute

// Which attribute is not as it should be. Caught in this file.
struct Unusable {
  std::string_view attribute;
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// "" for null.
std::string_view Text(dom::element value, std::string_view attribute) {
  if (value.is_null()) return {};
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) throw Unusable{attribute};
  if (text.size() > kTextMax) throw Unusable{attribute};
  return text;
}

bool Flag(dom::element value, bool absent, std::string_view attribute) {
  if (value.is_null()) return absent;
  bool flag = false;
  if (value.get(flag) != simdjson::SUCCESS) throw Unusable{attribute};
  return flag;
}

std::optional<Time> Moment(dom::element value, std::string_view attribute) {
  const std::string_view text = Text(value, attribute);
  if (text.empty()) return std::nullopt;
  const auto time = ParseDateTime(text);
  if (!time) throw Unusable{attribute};
  return time;
}

// Calls visit(name, value) for each member. Null counts as an empty object.
template <typename Visit>
void EachMember(dom::element value, std::string_view attribute, const Visit& visit) {
  if (value.is_null()) return;
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS) throw Unusable{attribute};
  for (const auto& [name, member] : object) visit(name, member);
}

// One element of a multi-valued attribute (RFC 7643, 2.4).
struct Element {
  std::string_view value;
  std::string_view type;
  bool primary = false;
};

template <typename Visit>
void EachElement(dom::element value, std::string_view attribute, const Visit& visit) {
  if (value.is_null()) return;
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) throw Unusable{attribute};
  std::size_t count = 0;
  for (const dom::element item : array) {
    if (++count > kElementsMax) throw Unusable{attribute};
    Element element;
    if (item.is_string()) {
      element.value = Text(item, attribute);
    } else {
      EachMember(item, attribute, [&](std::string_view name, dom::element member) {
        if (SameName(name, "value")) {
          element.value = Text(member, attribute);
        } else if (SameName(name, "type")) {
          element.type = Text(member, attribute);
        } else if (SameName(name, "primary")) {
          element.primary = Flag(member, false, attribute);
        }
      });
    }
    if (!element.value.empty()) visit(element);
  }
}

void ReadName(dom::element value, Account& account) {
  EachMember(value, "name", [&](std::string_view name, dom::element part) {
    if (SameName(name, "givenName")) {
      account.fields.Set(Field::kGivenName, std::string(Text(part, "name.givenName")));
    } else if (SameName(name, "middleName")) {
      account.fields.Set(Field::kMiddleName, std::string(Text(part, "name.middleName")));
    } else if (SameName(name, "familyName")) {
      account.fields.Set(Field::kFamilyName, std::string(Text(part, "name.familyName")));
    }
  });
}

// The primary address, else the first, is the e-mail; the rest fit too (rules, 15).
void ReadEmails(dom::element value, Account& account) {
  std::vector<std::string> emails;
  std::optional<std::size_t> primary;
  EachElement(value, "emails", [&](const Element& element) {
    if (element.primary && !primary) primary = emails.size();
    emails.emplace_back(element.value);
  });
  account.other_emails.clear();
  account.fields.Set(Field::kEmail, "");
  for (std::size_t i = 0; i < emails.size(); ++i) {
    if (i == primary.value_or(0)) {
      account.fields.Set(Field::kEmail, std::move(emails[i]));
    } else {
      account.other_emails.push_back(std::move(emails[i]));
    }
  }
}

// The first of each type counts.
void ReadPhones(dom::element value, Account& account) {
  EachElement(value, "phoneNumbers", [&](const Element& element) {
    const bool home = SameName(element.type, "home");
    if (!home && !SameName(element.type, "mobile")) return;
    const Field field = home ? Field::kHomePhone : Field::kMobilePhone;
    if (account.fields.Get(field).empty()) account.fields.Set(field, std::string(element.value));
  });
}

void ReadExtension(dom::element value, Account& account) {
  EachMember(value, "the volunteer extension", [&](std::string_view name, dom::element part) {
    if (SameName(name, "school")) {
      account.fields.Set(Field::kSchool, std::string(Text(part, "school")));
    } else if (SameName(name, "grade")) {
      account.fields.Set(Field::kGrade, std::string(Text(part, "grade")));
    } else if (SameName(name, "grouping")) {
      account.fields.Set(Field::kGrouping, std::string(Text(part, "grouping")));
    } else if (SameName(name, "role")) {
      account.fields.Set(Field::kRole, std::string(Text(part, "role")));
    } else if (SameName(name, "lastAccessedAt")) {
      account.last_accessed = Moment(part, "lastAccessedAt");
    } else if (SameName(name, "invitedAt")) {
      account.invited = Moment(part, "invitedAt");
    }
  });
}

void ReadAttribute(std::string_view name, dom::element value, Account& account) {
  if (SameName(name, "id")) {
    account.id = AccountId(std::string(Text(value, "id")));
  } else if (SameName(name, "externalId")) {
    account.external_id = Text(value, "externalId");
  } else if (SameName(name, "active")) {
    account.active = Flag(value, true, "active");
  } else if (SameName(name, "userName")) {
    account.fields.Set(Field::kUserName, std::string(Text(value, "userName")));
  } else if (SameName(name, "nickName")) {
    account.fields.Set(Field::kNickName, std::string(Text(value, "nickName")));
  } else if (SameName(name, "displayName")) {
    account.fields.Set(Field::kDisplayName, std::string(Text(value, "displayName")));
  } else if (SameName(name, "name")) {
    ReadName(value, account);
  } else if (SameName(name, "emails")) {
    ReadEmails(value, account);
  } else if (SameName(name, "phoneNumbers")) {
    ReadPhones(value, account);
  } else if (SameName(name, "roles")) {
    account.roles.clear();
    EachElement(value, "roles",
                [&](const Element& role) { account.roles.emplace_back(role.value); });
  } else if (SameName(name, "meta")) {
    EachMember(value, "meta", [&](std::string_view part, dom::element member) {
      if (SameName(part, "version")) account.version = Text(member, "meta.version");
    });
  } else if (SameName(name, kVolunteerSchema)) {
    ReadExtension(value, account);
  }
}

Account ReadUser(dom::element value) {
  Account account;
  EachMember(value, "the account", [&](std::string_view name, dom::element member) {
    ReadAttribute(name, member, account);
  });
  if (account.id.value().empty()) throw Unusable{"id"};
  return account;
}

tl::unexpected<Error> Malformed(const std::string& what) {
  return Fail(Code::kInvalid, "site-malformed",
              what + " This is not what RFC 7643 and 7644 say; nothing of it is used.");
}

tl::unexpected<Error> NoJson() { return Malformed("The site's answer is no whole JSON document."); }

void ReadResources(dom::element value, std::vector<Account>& accounts) {
  if (value.is_null()) return;
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) throw Unusable{"Resources"};
  for (const dom::element item : array) accounts.push_back(ReadUser(item));
}

const nlohmann::json* Member(const nlohmann::json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (SameName(it.key(), name)) return &it.value();
  }
  return nullptr;
}

nlohmann::json ParseSmall(const std::string& body) {
  return nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
}

bool IsVolunteerSchema(const nlohmann::json& schema) {
  const auto* id = Member(schema, "id");
  return id != nullptr && id->is_string() && SameName(id->get<std::string>(), kVolunteerSchema);
}

bool DeclaresInvited(const nlohmann::json& schema) {
  const auto* attributes = Member(schema, "attributes");
  if (attributes == nullptr || !attributes->is_array()) return false;
  return std::any_of(attributes->begin(), attributes->end(), [](const nlohmann::json& attribute) {
    const auto* name = Member(attribute, "name");
    return name != nullptr && name->is_string() && SameName(name->get<std::string>(), "invitedAt");
  });
}

}  // namespace

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

struct ScimReader::Parser {
  // The document lives until the next one.
  bool Parse(std::string& body, dom::element& document) {
    if (body.capacity() - body.size() < simdjson::SIMDJSON_PADDING) {
      body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    }
    return parser.parse(body.data(), body.size(), /*realloc_if_needed=*/false).get(document) ==
           simdjson::SUCCESS;
  }

  dom::parser parser;
};

ScimReader::ScimReader() : parser_(std::make_unique<Parser>()) {}
ScimReader::~ScimReader() = default;

Result<UserPage> ScimReader::Users(std::string& body) {
  dom::element document;
  if (!parser_->Parse(body, document) || !document.is_object()) return NoJson();
  UserPage page;
  std::optional<std::uint64_t> total;
  try {
    EachMember(document, "the list", [&](std::string_view name, dom::element value) {
      if (SameName(name, "totalResults")) {
        std::uint64_t number = 0;
        if (value.get(number) != simdjson::SUCCESS) throw Unusable{"totalResults"};
        total = number;
      } else if (SameName(name, "Resources")) {
        ReadResources(value, page.accounts);
      }
    });
  } catch (const Unusable& unusable) {
    return Malformed("In the site's list of accounts, after " +
                     std::to_string(page.accounts.size()) + " of this page, " +
                     std::string(unusable.attribute) + " is missing, too long or of another type.");
  }
  if (!total) return Malformed("The site's answer is no list: totalResults is missing.");
  page.total = *total;
  return page;
}

Result<model::Account> ScimReader::User(std::string& body) {
  dom::element document;
  if (!parser_->Parse(body, document) || !document.is_object()) return NoJson();
  try {
    return ReadUser(document);
  } catch (const Unusable& unusable) {
    return Malformed("In an account of the site, " + std::string(unusable.attribute) +
                     " is missing, too long or of another type.");
  }
}

Result<SchemaAnswer> ReadSchemas(const std::string& body) {
  const auto document = ParseSmall(body);
  if (!document.is_object()) return NoJson();
  const auto* resources = Member(document, "Resources");
  if (resources == nullptr) {
    const bool named = IsVolunteerSchema(document);
    return SchemaAnswer{named, true, named && DeclaresInvited(document)};
  }
  if (!resources->is_array()) return Malformed("The site's list of schemas is no list.");
  SchemaAnswer answer;
  for (const auto& schema : *resources) {
    if (!IsVolunteerSchema(schema)) continue;
    answer.named = true;
    answer.invited = answer.invited || DeclaresInvited(schema);
  }
  const auto* total = Member(document, "totalResults");
  answer.whole = total != nullptr && total->is_number_unsigned() &&
                 total->get<std::uint64_t>() == resources->size();
  return answer;
}

bool ReadSortSupported(const std::string& body) {
  const auto document = ParseSmall(body);
  const auto* sort = Member(document, "sort");
  const auto* supported = sort == nullptr ? nullptr : Member(*sort, "supported");
  return supported != nullptr && supported->is_boolean() && supported->get<bool>();
}

std::string ReadScimType(const std::string& body) {
  const auto document = ParseSmall(body);
  const auto* type = Member(document, "scimType");
  return type != nullptr && type->is_string() ? type->get<std::string>() : std::string();
}

}  // namespace roster::target
