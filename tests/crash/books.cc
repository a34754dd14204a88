#include "tests/crash/books.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace roster::crash {
namespace {

// By a decision of their own, or with all of their families.
bool IsOfExcludedFamilies(const Books& books, const v1::UserRow& row) {
  return row.families_size() > 0 &&
         std::all_of(row.families().begin(), row.families().end(),
                     [&](const auto& place) { return books.families.contains(place.family()); });
}

bool IsExamined(const v1::UserRow& row) {
  switch (row.situation()) {
    case v1::NEW:
    case v1::FOUND:
    case v1::FOUND_ARCHIVED:
    case v1::IN_STEP:
    case v1::OUTDATED:
    case v1::DRIFTED:
    case v1::RETURNED:
      return true;
    default:
      return false;
  }
}

void ExpectGroups(const Books& books, const std::vector<v1::GroupRow>& groups) {
  std::set<std::int64_t> holders;
  for (const auto& [group, holder] : books.holders) holders.insert(holder);
  for (const v1::GroupRow& group : groups) {
    const auto kept = books.holders.find(group.group());
    if (kept != books.holders.end()) {
      EXPECT_EQ(group.decision(), kept->second == 0 ? "" : "keep") << "group " << group.group();
      EXPECT_EQ(group.holder(), kept->second) << "group " << group.group();
    } else if (!group.decision().empty()) {
      // One that had gone and came back, under another number.
      EXPECT_TRUE(holders.contains(group.holder()))
          << "nobody decided " << group.ShortDebugString();
    }
  }
}

template <typename Map>
std::set<typename Map::key_type> KeysOf(const Map& map) {
  std::set<typename Map::key_type> keys;
  for (const auto& [key, value] : map) keys.insert(key);
  return keys;
}

void Take(const v1::PersonsDecided& decided, Books& books) {
  static const std::map<v1::Decision, std::string> kWords = {
      {v1::SYNC, "sync"}, {v1::SKIP, "skip"}, {v1::EXCLUDE, "exclude"}, {v1::PROTECT, "protect"}};
  for (const auto person : decided.persons()) {
    books.persons.erase(person);
    const auto word = kWords.find(decided.decision());
    if (word != kWords.end()) books.persons[person].word = word->second;
  }
}

void Take(const v1::Entry& entry, Books& books) {
  if (entry.has_persons_decided()) Take(entry.persons_decided(), books);
  for (const auto family : entry.families_decided().families()) {
    books.families.erase(family);
    if (entry.families_decided().excluded()) books.families[family];
  }
  if (entry.has_duplicate_resolved()) {
    const auto& resolved = entry.duplicate_resolved();
    books.holders[resolved.group()] = resolved.kind().empty() ? 0 : resolved.holder();
  }
  if (entry.has_email_chosen()) {
    books.email2.erase(entry.email_chosen().person());
    if (entry.email_chosen().email2()) books.email2[entry.email_chosen().person()];
  }
  if (entry.has_match_decided()) {
    books.matches.erase(entry.match_decided().person());
    if (!entry.match_decided().withdrawn()) {
      books.matches[entry.match_decided().person()].account = entry.match_decided().account();
    }
  }
}

}  // namespace

bool IsOut(const Books& books, const v1::UserRow& row) {
  if (IsOfExcludedFamilies(books, row)) return true;
  const auto word = books.persons.find(row.person());
  return word != books.persons.end() && row.outdated().empty() &&
         (word->second.word == "exclude" || word->second.word == "protect");
}

void ExpectShown(const Books& books, const Shown& shown) {
  std::set<std::int64_t> out;
  for (const v1::UserRow& row : shown.users) {
    const auto known = books.persons.find(row.person());
    const Books::Word word = known == books.persons.end() ? Books::Word() : known->second;
    EXPECT_EQ(row.decision(), word.word) << "person " << row.person();
    if (!word.note.empty()) {
      EXPECT_EQ(row.note(), word.note) << "person " << row.person();
    }
    if (row.reason() == "excluded") out.insert(row.person());
  }
  std::set<std::int64_t> excluded;
  for (const v1::UserRow& row : shown.excluded) {
    excluded.insert(row.person());
    EXPECT_TRUE(IsOut(books, row)) << "nobody excluded " << row.ShortDebugString();
  }
  EXPECT_EQ(excluded, out) << "the list of the excluded is not that of everybody";
  std::map<std::int64_t, std::string> families;
  for (const v1::FamilyRow& row : shown.families) families[row.family()] = row.note();
  EXPECT_EQ(families, books.families);
  ExpectGroups(books, shown.groups);
}

void ExpectExamined(const Books& books, const Shown& shown,
                    const std::map<std::int64_t, std::string>& email2_now) {
  for (const v1::UserRow& row : shown.users) {
    const auto chosen = books.email2.find(row.person());
    if (row.uses_email2()) {
      EXPECT_NE(chosen, books.email2.end()) << "nobody chose it: " << row.ShortDebugString();
    }
    if (chosen != books.email2.end() && IsExamined(row) &&
        email2_now.at(row.person()) == chosen->second) {
      EXPECT_TRUE(row.uses_email2()) << row.ShortDebugString();
    }
    const auto match = books.matches.find(row.person());
    if (match == books.matches.end() || !IsExamined(row)) continue;
    if (!match->second.account.empty()) {
      EXPECT_EQ(row.account(), match->second.account) << row.ShortDebugString();
    } else if (!row.account().empty()) {
      EXPECT_FALSE(match->second.seen.contains(row.account())) << row.ShortDebugString();
    }
  }
  for (const v1::UserRow& row : shown.ambiguous) {
    const auto match = books.matches.find(row.person());
    if (match == books.matches.end()) continue;
    EXPECT_TRUE(match->second.account.empty()) << row.ShortDebugString();
    for (const v1::Fit& fit : row.fits()) {
      EXPECT_FALSE(match->second.seen.contains(fit.account())) << row.ShortDebugString();
    }
  }
}

void ExpectJournalSays(const Books& books, const std::vector<v1::Entry>& entries) {
  Books said;
  for (const v1::Entry& entry : entries) Take(entry, said);
  EXPECT_EQ(KeysOf(said.persons), KeysOf(books.persons));
  for (const auto& [person, word] : said.persons) {
    const auto acknowledged = books.persons.find(person);
    if (acknowledged == books.persons.end()) continue;  // said above
    EXPECT_EQ(word.word, acknowledged->second.word) << "person " << person;
  }
  EXPECT_EQ(KeysOf(said.families), KeysOf(books.families));
  EXPECT_EQ(said.holders, books.holders);
  EXPECT_EQ(KeysOf(said.email2), KeysOf(books.email2));
  EXPECT_EQ(KeysOf(said.matches), KeysOf(books.matches));
  for (const auto& [person, match] : said.matches) {
    const auto acknowledged = books.matches.find(person);
    if (acknowledged == books.matches.end()) continue;  // said above
    EXPECT_EQ(match.account, acknowledged->second.account) << "person " << person;
  }
}

}  // namespace roster::crash
