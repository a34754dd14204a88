#pragma once

// A site's files in a folder of the test's own, and tasks on them.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "daemon/base/system_clock.h"
#include "daemon/model/plan.h"
#include "daemon/model/spreadsheet.h"

namespace roster::spreadsheet {

inline model::Spreadsheet SampleSheet() {
  using model::Field;
  model::Spreadsheet sheet;
  sheet.columns.id = "ID";
  sheet.columns.external_id = "External ID";
  sheet.columns.status = "Status";
  sheet.columns.site_roles = "Site roles";
  sheet.columns.last_accessed = "Last login";
  sheet.columns.invited = "Invited";
  sheet.columns.fields = {{Field::kEmail, "Email"},
                          {Field::kGivenName, "First Name"},
                          {Field::kFamilyName, "Last Name"},
                          {Field::kMobilePhone, "Mobile"},
                          {Field::kGrade, "Grade"}};
  sheet.active_words = {"Active"};
  sheet.archived_words = {"Archived", "Inactive"};
  return sheet;
}

inline constexpr const char* kHeader =
    "ID,External ID,Email,First Name,Last Name,Mobile,Grade,Status,Site roles,Last login,Invited\n";

class SheetTest : public ::testing::Test {
 protected:
  SheetTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sheet-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder = name;
    sheet.export_file = name + "/export.csv";
    sheet.import_directory = name + "/imports";
    std::filesystem::create_directory(sheet.import_directory);
  }
  ~SheetTest() override { std::filesystem::remove_all(folder); }

  void WriteExport(const std::string& rows) const {
    std::ofstream(sheet.export_file) << kHeader << rows;
  }
  std::string Import(const std::string& name) const { return sheet.import_directory + "/" + name; }
  static std::string Text(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static void Put(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
  }

  // An add of somebody made up; attempt 1, no doubt.
  static model::Task Add(std::uint32_t index, std::uint64_t plan = 12) {
    using model::Field;
    const std::string number = std::to_string(index);
    model::Task task;
    task.id = {PlanId(plan), index};
    task.person = PersonId(1000 + index);
    task.action = model::Action::kAdd;
    task.digest = Blake2b("item " + number);
    task.external_id = "tcs:" + std::to_string(1000 + index);
    task.fields = {{Field::kUserName, "", "p" + number + "@example.org"},
                   {Field::kEmail, "", "p" + number + "@example.org"},
                   {Field::kGivenName, "", "Pia"},
                   {Field::kFamilyName, "", "Probe " + number}};
    task.attempt = 1;
    task.origin = "0123456789ab";
    return task;
  }
  static model::Task On(const std::string& account, model::Action action,
                        std::vector<model::FieldChange> fields = {}) {
    model::Task task = Add(7);
    task.action = action;
    task.account = AccountId(account);
    task.external_id = "tcs:4711";
    task.fields = std::move(fields);
    return task;
  }
  static model::Task Again(model::Task task, const std::string& doubt) {
    ++task.attempt;
    task.doubt = doubt;
    return task;
  }

  std::filesystem::path folder;
  model::Spreadsheet sheet = SampleSheet();
  SystemClock clock;
};

}  // namespace roster::spreadsheet
