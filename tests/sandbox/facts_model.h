// The FACTS resources that the sandbox serves: path, version, scope and columns, in the vendor's
// own spelling of Id and ID.
#pragma once

#include <span>
#include <string_view>

namespace roster::sandbox {

enum class ColumnType { kInt, kText, kBool, kDate };

struct Column {
  std::string_view name;
  ColumnType type;
  // A column that can be filtered but holds nothing: it answers an empty envelope.
  bool populated = true;
};

struct Resource {
  std::string_view name;         // as in the control API, e.g. "parentStudent"
  std::string_view path;         // as in the vendor's URL
  std::string_view api_version;  // the one that gives the model served here
  std::string_view scope;        // of the school's key
  std::string_view key;          // a column that is unique, or the first part of the key
  std::span<const Column> columns;
};

inline constexpr std::string_view kPeople = "people";
inline constexpr std::string_view kStudents = "students";
inline constexpr std::string_view kPersonFamily = "personFamily";
inline constexpr std::string_view kParentStudent = "parentStudent";
inline constexpr std::string_view kFamilies = "families";
inline constexpr std::string_view kConfigurations = "schoolConfigurations";
inline constexpr std::string_view kGradeLevels = "gradeLevels";

// All list resources.
std::span<const Resource> Resources();

// By its name, or by its path in any case; nullptr when there is none.
const Resource* FindResource(std::string_view name_or_path);

// Names are compared without case, as Sieve does; nullptr when unknown.
const Column* FindColumn(const Resource& resource, std::string_view name);

}  // namespace roster::sandbox
