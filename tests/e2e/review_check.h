#pragma once

// The lists and counts that rosterctl shows, held against the independent computation of them.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/expected.h"
#include "tests/e2e/world.h"

namespace roster::e2e {

using Persons = std::set<std::int64_t>;

// Of what the sandbox holds now.
Facts FactsNow(World& world);
std::vector<Json> AccountsNow(World& world);
Review ReviewNow(World& world, Mode mode, const Decided& decided);

// Everybody, row by row; the duplicates; the counters; the accounts that are nobody's.
void ExpectReview(World& world, const Review& expected);

// Today's plan: its six buckets add up, and each list, by action and by class, has whom it must.
void ExpectPlan(World& world, const Review& expected);

// The persons of rows that rosterctl lists, each once.
Persons PersonsOf(const std::vector<Json>& rows);

// Everybody of whom this is true.
template <typename Which>
Persons Those(const Review& review, const Which& which) {
  Persons persons;
  for (const auto& [id, person] : review.people) {
    if (which(person)) persons.insert(id);
  }
  return persons;
}

// The effects of the site's log from `from` on: "tcs:4711 add", ...
std::multiset<std::string> Done(World& world, std::size_t from);

// Counters in JSON are texts.
std::uint64_t Number(const Json& object, const std::string& name);

std::string Id(std::int64_t number);

// How the world's people stand to the review that was polled before: whom a subscriber is to be
// told of. New users, errors and writes that were not there, or were others.
bool AsksAnew(const Review& before, const Review& after);

}  // namespace roster::e2e
