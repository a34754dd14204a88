#pragma once

// The world as the source's tests need it: a clock that is moved by waiting on it, an Http that
// asks a function, and a small FACTS that holds rows as text.

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/http/http.h"

namespace roster::source {

class ManualClock : public Clock {
 public:
  Time Now() const override { return wall_; }
  Duration Steady() const override { return steady_; }
  bool Wait(Duration duration, const std::stop_token& stop) const override {
    if (on_wait) on_wait(duration);
    if (stop.stop_requested()) return false;
    waits.push_back(duration);
    Advance(duration);
    return true;
  }
  void Advance(Duration duration) const {
    wall_ += duration;
    steady_ += duration;
  }
  void SetWall(Time wall) { wall_ = wall; }

  mutable std::vector<Duration> waits;
  std::function<void(Duration)> on_wait;

 private:
  mutable Time wall_ = std::chrono::sys_days(std::chrono::year(2026) / 8 / 24);
  mutable Duration steady_ = std::chrono::hours(7);
};

class FakeHttp : public http::Http {
 public:
  using Handler = std::function<Result<http::Response>(const http::Request&)>;
  explicit FakeHttp(Handler asked) : handler(std::move(asked)) {}

  Result<http::Response> Send(const http::Request& request) override {
    requests.push_back(request);
    return handler(request);
  }

  Handler handler;
  std::vector<http::Request> requests;
};

inline http::Response Answered(int status, std::string body,
                               std::map<std::string, std::string> headers = {}) {
  return {status, std::move(headers), std::move(body)};
}

// The path and the parameters of a request for https://facts.example.org.
struct Asked {
  std::string path;
  std::map<std::string, std::string> query;

  explicit Asked(const std::string& url) {
    const std::string base = "https://facts.example.org/";
    const auto mark = std::min(url.find('?'), url.size());
    path = url.substr(base.size(), mark - base.size());
    for (std::size_t at = mark + 1; at < url.size();) {
      const auto end = std::min(url.find('&', at), url.size());
      const auto equals = url.find('=', at);
      query[url.substr(at, equals - at)] = url.substr(equals + 1, end - equals - 1);
      at = end + 1;
    }
  }
  std::size_t number(const std::string& name) const { return std::stoul(query.at(name)); }
};

class FakeFacts {
 public:
  std::vector<std::string> students;  // JSON objects, sorted by personStudentId
  std::vector<std::string> people;    // sorted by personId
  // People/PersonFamily, People/ParentStudent, Families: each sorted by its key.
  std::map<std::string, std::vector<std::string>> family_lists;
  std::string statuses = R"([{"status":"Enrolled","displayName":"Enrolled "}])";
  // Looks at an answer before it goes; may change it, or the rows for the pages after it.
  std::function<void(const Asked&, http::Response&)> meddle;

  static std::string Person(int id) {
    const std::string n = std::to_string(id);
    return R"({"personId":)" + n + R"(,"firstName":"First)" + n + R"(","lastName":"Last)" + n +
           R"(","email":"p)" + n + R"(@example.org","deceased":false})";
  }
  static std::string Student(int key, int person) {
    return R"({"personStudentId":)" + std::to_string(key) + R"(,"studentId":)" +
           std::to_string(person) +
           R"(,"configSchoolId":1,"schoolCode":"EX","school":{"status":"Enrolled","gradeLevel":"09"}})";
  }
  static std::string Member(std::int64_t person, std::int64_t family) {
    return R"({"personId":)" + std::to_string(person) + R"(,"familyId":)" + std::to_string(family) +
           R"(,"parent":true,"student":false,"familyOrder":1})";
  }
  // The same pair under another id, and with another word.
  static std::string OtherTie(std::int64_t parent, std::int64_t student, const std::string& id) {
    return R"({"parentID":)" + std::to_string(parent) + R"(,"studentID":)" +
           std::to_string(student) + R"(,"custody":false,"pwBlock":true,"id":)" + id + "}";
  }
  static std::string Tie(std::int64_t parent, std::int64_t student) {
    return R"({"parentID":)" + std::to_string(parent) + R"(,"studentID":)" +
           std::to_string(student) + R"(,"custody":true,"pwBlock":false,"id":"x"})";
  }
  static std::string Family(std::int64_t id) {
    return R"({"familyID":)" + std::to_string(id) + R"(,"familyName":"Name)" + std::to_string(id) +
           R"("})";
  }
  // The row at `place`, from 0. Where two ids are the key, three rows share the first of them, and
  // a third of all rows the second.
  static std::string FamilyRow(const std::string& path, int place) {
    if (path == "Families") return Family(place + 1);
    return path == "People/PersonFamily" ? Member(place / 3 + 1, place % 3 + 1)
                                         : Tie(place / 3 + 1, place % 3 + 1);
  }
  void FillFamilies(int rows) {
    for (const std::string path : {"People/PersonFamily", "People/ParentStudent", "Families"}) {
      for (int i = 0; i < rows; ++i) family_lists[path].push_back(FamilyRow(path, i));
    }
  }
  void Fill(int people_count, int student_count) {
    for (int i = 1; i <= people_count; ++i) people.push_back(Person(i));
    for (int i = 1; i <= student_count; ++i) students.push_back(Student(i, student_count + 1 - i));
  }

  http::Response Answer(const http::Request& request) {
    const Asked asked(request.url);
    http::Response response = Answered(200, asked.path == "Students/Status" ? statuses : "");
    if (asked.path == "Students") response.body = Page(students, asked);
    if (asked.path == "People") response.body = Page(people, asked);
    const auto family_list = family_lists.find(asked.path);
    if (family_list != family_lists.end()) response.body = Page(family_list->second, asked);
    if (meddle) meddle(asked, response);
    return response;
  }

  static std::string Page(const std::vector<std::string>& rows, const Asked& asked) {
    const std::size_t page = asked.number("Page");
    const std::size_t size = asked.number("PageSize");
    const std::size_t pages = (rows.size() + size - 1) / size;
    std::string results;
    for (std::size_t i = (page - 1) * size; i < std::min(page * size, rows.size()); ++i) {
      results += (results.empty() ? "" : ",") + rows[i];
    }
    return Envelope(results, page, pages, size, rows.size());
  }

  static std::string Envelope(const std::string& results, std::size_t page, std::size_t pages,
                              std::size_t size, std::size_t rows) {
    return "{\"results\":[" + results + "],\"currentPage\":" + std::to_string(page) +
           ",\"pageCount\":" + std::to_string(pages) + ",\"pageSize\":" + std::to_string(size) +
           ",\"rowCount\":" + std::to_string(rows) + ",\"nextPage\":\"" +
           (page < pages ? "https://elsewhere.example.org/X?Page=" + std::to_string(page + 1)
                         : "") +
           "\"}";
  }
};

}  // namespace roster::source
