#include "tests/sandbox/sandbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "tests/sandbox/control_server.h"
#include "tests/sandbox/school_rows.h"
#include "tests/sandbox/scim_schema.h"

namespace roster::sandbox {
namespace {

std::string Hex(Random& random, size_t digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  while (out.size() < digits) out += kDigits[random.Below(16)];
  return out;
}

// Keys that open nothing but this sandbox, in the lengths that FACTS uses.
SandboxOptions WithKeys(SandboxOptions options) {
  Random random(options.school.seed + 4711);
  if (options.facts.subscription_key.empty()) options.facts.subscription_key = Hex(random, 32);
  if (options.facts.api_key.empty()) options.facts.api_key = "sandbox-" + Hex(random, 100);
  if (options.site.read_token.empty()) options.site.read_token = "sandbox-read-" + Hex(random, 24);
  if (options.site.write_token.empty()) {
    options.site.write_token = "sandbox-write-" + Hex(random, 24);
  }
  return options;
}

}  // namespace

Sandbox::Sandbox(SandboxOptions options)
    : options_(WithKeys(std::move(options))),
      faults_(options_.school.seed + 99),
      school_(options_.school),
      store_(clock_, effects_),
      scenarios_(school_, store_),
      facts_(options_.facts, school_, clock_, faults_),
      site_(options_.site, options_.school.seed + 5, store_, faults_),
      control_(std::make_unique<ControlServer>(*this)) {
  if (!options_.effects_file.empty()) effects_.WriteTo(options_.effects_file);
  SeedAccounts();
}

Sandbox::~Sandbox() { Stop(); }

void Sandbox::Start() {
  facts_.Start(options_.facts_port);
  site_.Start(options_.site_port);
  control_->Start(options_.control_port);
}

void Sandbox::Stop() {
  control_->Stop();
  site_.Stop();
  facts_.Stop();
}

int Sandbox::control_port() const { return control_->port(); }

Json Sandbox::UserOf(int64_t person_id, const std::string& address) const {
  const std::string first(Trim(school_.PersonText(person_id, "firstName")));
  const std::string last(Trim(school_.PersonText(person_id, "lastName")));
  return {{"userName", address},
          {"name", {{"givenName", first}, {"familyName", last}}},
          {"emails", Json::array({{{"value", address}, {"type", "work"}, {"primary", true}}})}};
}

void Sandbox::SeedOne(const std::string& group, const Json& user, int64_t person) {
  const AccountView view = store_.Seed(user);
  Json entry = {{"account", view.id}, {"userName", user["userName"]}};
  if (person != 0) entry["person"] = person;
  seeded_[group].push_back(std::move(entry));
}

void Sandbox::SeedAccounts() {
  Random random(options_.school.seed + 31);
  const auto known = school_.irregularities().find("plainEmail");
  std::vector<int64_t> students;
  if (known != school_.irregularities().end()) students = known->second;
  const auto email_of = [&](int64_t person) { return school_.PersonText(person, "email"); };
  const auto seed_person = [&](const std::string& group, int64_t person, bool active,
                               const char* role) {
    Json user = UserOf(person, email_of(person));
    user["active"] = active;
    if (role != nullptr) user["roles"] = Json::array({{{"value", role}}});
    SeedOne(group, user, person);
  };
  const auto seed_stranger = [&](const std::string& group, bool active, const char* role) {
    const Name first = FirstName(random, random.Chance(0.5));
    const Name last = LastName(random);
    const std::string address =
        Address(first, last, static_cast<int64_t>(random.Below(90)) + 10, kStaffDomain);
    Json user = {{"userName", address},
                 {"name", {{"givenName", first.text}, {"familyName", last.text}}},
                 {"emails", Json::array({{{"value", address}, {"primary", true}}})},
                 {"active", active}};
    if (role != nullptr) user["roles"] = Json::array({{{"value", role}}});
    SeedOne(group, user, 0);
  };
  if (options_.hand_made) {
    seed_stranger("protected", true, "owner");
    seed_stranger("protected", true, "manager");
    seed_stranger("protected", true, "coordinator");
    for (int i = 0; i < 5; ++i) seed_stranger("handMade", true, nullptr);
    seed_stranger("handMadeArchived", false, nullptr);
    // Students who are on the site already, under the address that FACTS has.
    const size_t count = std::min<size_t>(students.size(), 7);
    for (size_t i = 0; i < count; ++i) {
      const int64_t person = students[i * students.size() / count];
      if (i < 5) {
        seed_person("found", person, true, nullptr);
      } else if (i == 5) {
        seed_person("foundArchived", person, false, nullptr);
      } else {
        seed_person("protectedFits", person, true, "coordinator");
      }
    }
    // And some of the same name under an address that FACTS does not know.
    for (size_t i = 0; i < std::min<size_t>(students.size() / 20, 2); ++i) {
      const int64_t person = students[7 * i + 3];
      Json user = UserOf(person, "private" + std::to_string(i + 1) + "@example.net");
      SeedOne("probable", user, person);
    }
  }
  if (!options_.linked) return;
  const Table& rows = school_.table(kStudents);
  for (const uint32_t position : school_.EnrolledRows()) {
    const int64_t person = IntOf(rows[position], "studentId");
    const std::string address(Trim(email_of(person)));
    if (address.find('@') == std::string::npos || address.find(';') != std::string::npos) continue;
    Json user = UserOf(person, address);
    user["externalId"] = options_.school.school_code + ":" + std::to_string(person);
    user[std::string(kVolunteerUrn)] = {{"grade", TextOf(rows[position], "school.gradeLevel")},
                                        {"school", options_.school.school_code}};
    try {
      store_.Seed(user);
    } catch (const ScimError&) {
      // Two students with one address: the first has it.
    }
  }
}

Json Sandbox::Ready() const {
  return {{"pid", static_cast<int64_t>(::getpid())},
          {"facts",
           {{"url", facts_.url()},
            {"subscription_key", options_.facts.subscription_key},
            {"api_key", options_.facts.api_key},
            {"school_code", options_.school.school_code},
            {"school_name", options_.school.school_name}}},
          {"site",
           {{"url", site_.url()},
            {"read_token", options_.site.read_token},
            {"write_token", options_.site.write_token}}},
          {"control", {{"url", "http://127.0.0.1:" + std::to_string(control_port())}}},
          {"seed", options_.school.seed},
          {"people", options_.school.people},
          {"enrolled", options_.school.enrolled}};
}

void Sandbox::WriteSecrets(const std::string& directory) const {
  std::filesystem::create_directories(directory);
  const std::filesystem::path home(directory);
  WritePrivately(home / "subscription_key", options_.facts.subscription_key + "\n");
  WritePrivately(home / "api_key", options_.facts.api_key + "\n");
  WritePrivately(home / "read_token", options_.site.read_token + "\n");
  WritePrivately(home / "write_token", options_.site.write_token + "\n");
}

void WritePrivately(const std::string& file, const std::string& text) {
  const std::string draft = file + ".new";
  ::unlink(draft.c_str());
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("cannot write " + file + ": " + std::strerror(errno));
  const ssize_t written = ::write(fd, text.data(), text.size());
  ::close(fd);
  if (written != static_cast<ssize_t>(text.size()) || ::rename(draft.c_str(), file.c_str()) != 0) {
    throw std::runtime_error("cannot write " + file + ": " + std::strerror(errno));
  }
}

}  // namespace roster::sandbox
