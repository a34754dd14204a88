#pragma once

// Small schools for tests: of students, the same with its first sync done, and of parents.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "tests/unit/engine/desk.h"

namespace roster::engine {

inline std::vector<Pupil> SomePupils() {
  return {{1, "Ada", "Abel", "ada@example.org"},
          {2, "Ben", "Bold", "ben@example.org"},
          {3, "Cat", "Cole", "cat@example.org"},
          {4, "Dan", "Dart", ""}};
}

class Synced : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.pupils = SomePupils();
    desk.Poll();
    desk.Decide(roster::v1::SYNC, {1, 2, 3});
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    desk.WorkUntilDone();
    ASSERT_EQ(desk.site.size(), 3U);
  }
  void TearDown() override { desk.ExpectConsistent(); }

  Desk desk;
};

// Families 10 (Ada, Ben, Eve; child 101), 20 (Cat, Dan; child 102) and 30 (Eve; child 103).
class Parents : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.SyncParents();
    for (const auto& [id, first, last] : {std::tuple(1, "Ada", "Abel"),
                                          {2, "Ben", "Abel"},
                                          {3, "Cat", "Cole"},
                                          {4, "Dan", "Cole"},
                                          {5, "Eve", "Edge"}}) {
      Pupil parent{id, first, last, std::string(first) + "@example.org"};
      parent.student = false;
      desk.pupils.push_back(parent);
    }
    for (const std::int64_t id : {101, 102, 103}) {
      desk.pupils.push_back({id, "Kid", "Kind", "", "Enrolled", "03"});
    }
    desk.households = {
        {10, "Abel", {1, 2, 5}, {101}}, {20, "Cole", {3, 4}, {102}}, {30, "Edge", {5}, {103}}};
    desk.links = {{1, 101}, {2, 101}, {3, 102}, {4, 102}, {5, 101}, {5, 103}};
    desk.Poll();
  }
  void TearDown() override { desk.ExpectConsistent(); }

  Pupil& Person(std::int64_t id) {
    return *std::find_if(desk.pupils.begin(), desk.pupils.end(),
                         [&](const Pupil& pupil) { return pupil.id == id; });
  }
  // Selects them, and has today's plan carried out.
  void Sync(const std::vector<std::int64_t>& persons) {
    desk.Decide(roster::v1::SYNC, persons);
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    desk.WorkUntilDone();
  }

  Desk desk;
};

}  // namespace roster::engine
