#pragma once

// One row of FACTS's JSON into a value of the model. Tolerant of what is harmless: padding, null or
// missing or "" alike, unknown fields, any case of a name (Id, ID). Strict on what is not: a row
// without its id, a wrong JSON type, text that is no Unicode.

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/model/snapshot.h"

namespace roster::source {

// Which of a row's fields are wanted, by the raw bytes of their names. Rows of one list name their
// fields in the same order, near enough, so the next name is first compared with the one that
// followed last time. Not thread-safe.
class FieldNames {
 public:
  static constexpr int kUnknown = -1;

  explicit FieldNames(std::vector<std::string_view> names) : names_(std::move(names)) {}

  void StartRow() { next_ = 0; }
  // The name's index, or kUnknown. `raw` points behind the opening quote, and at least
  // SIMDJSON_PADDING bytes from there can be read.
  int Find(const char* raw) {
    if (next_ < learned_.size() && learned_[next_].Is(raw)) return learned_[next_++].index;
    return FindElsewhere(raw);
  }
  std::string_view Name(int index) const {
    return index == kUnknown ? std::string_view() : names_[static_cast<std::size_t>(index)];
  }

 private:
  static constexpr std::size_t kLearnedMax = 64;
  // A spelling with its closing quote, as words that are compared without a loop over bytes.
  struct Learned {
    static constexpr std::size_t kWords = 4;
    std::array<std::uint64_t, kWords> text{};
    std::array<std::uint64_t, kWords> mask{};
    int index = kUnknown;

    Learned(std::string_view quoted, int name_index);
    bool Is(const char* raw) const {
      std::array<std::uint64_t, kWords> other;
      std::memcpy(other.data(), raw, sizeof other);
      std::uint64_t differs = 0;
      for (std::size_t i = 0; i < kWords; ++i) differs |= (other[i] & mask[i]) ^ text[i];
      return differs == 0;
    }
  };
  static constexpr std::size_t kQuotedMax = Learned::kWords * sizeof(std::uint64_t);

  int FindElsewhere(const char* raw);
  int Look(std::string_view name) const;

  std::vector<std::string_view> names_;
  std::vector<Learned> learned_;
  std::size_t next_ = 0;
};

// Why a row is not used.
struct RowFault {
  std::string_view reason;  // "no-id", "wrong-type", "invalid-utf8"; "": nothing is wrong
  std::string_view field;   // FACTS's name
  explicit operator bool() const { return !reason.empty(); }
};

// What a row is, besides its values.
struct RowHead {
  std::optional<std::int64_t> id;  // for people to find it: personId, studentId, parentID, familyID
  RowFault fault;
  std::string_view blanked_field;  // where a blanked byte is, if there is one in the row

  // The first fault stands.
  void Blame(std::string_view reason, std::string_view field) {
    if (!fault) fault = {reason, field};
  }
};

// What is unique in a list: one id, or two of which each alone comes many times. Two stay two:
// packed into one number they could be mistaken for another pair, and a missing row would go
// unseen.
using OneId = std::int64_t;
using TwoIds = std::pair<std::int64_t, std::int64_t>;

// A pair that may come several times, each with an id of its own: that one's digest, 0 for none.
using PairWithId = std::tuple<std::int64_t, std::int64_t, std::uint64_t>;

template <typename Key>
struct KeyedHead : RowHead {
  std::optional<Key> key;  // nullopt unless all of it could be read
};

// Bytes that are no UTF-8, blanked before parsing; ascending.
class BadBytes {
 public:
  void Add(const char* at) { at_.push_back(at); }
  void Clear() { at_.clear(); }
  bool empty() const { return at_.empty(); }
  // Is there one in [begin, end)?
  bool Any(const char* begin, const char* end) const;

 private:
  std::vector<const char*> at_;
};

using Object = simdjson::ondemand::object;

// What a result holds, where it is. Copying it out costs more than reading the field: the copy
// waits for the stores that have just built it.
template <typename T>
T& InPlace(simdjson::simdjson_result<T>& result) {
  return const_cast<T&>(result.value_unsafe());
}

// Read one row. The error is the page's: what follows can't be read. A row's own faults are in the
// head. Text goes to the arena also when the row is found faulty later.
class PersonReader {
 public:
  using Row = model::Person;
  using Key = OneId;
  PersonReader();
  simdjson::error_code Read(Object object, model::TextArena& text, const BadBytes& bad, Row& row,
                            KeyedHead<Key>& head);

 private:
  FieldNames names_;
};

class StudentReader {
 public:
  using Row = model::Student;
  using Key = OneId;
  StudentReader();
  simdjson::error_code Read(Object object, model::TextArena& text, const BadBytes& bad, Row& row,
                            KeyedHead<Key>& head);

 private:
  simdjson::error_code ReadSchool(Object object, model::TextArena& text, Row& row, RowHead& head);

  FieldNames names_;
  FieldNames school_names_;
};

class StatusReader {
 public:
  using Row = model::StatusWord;
  using Key = OneId;
  StatusReader();
  simdjson::error_code Read(Object object, model::TextArena& text, const BadBytes& bad, Row& row,
                            KeyedHead<Key>& head);

 private:
  FieldNames names_;
};

// Of People/PersonFamily. Unique by personId and familyId.
class MemberReader {
 public:
  using Row = model::FamilyMember;
  using Key = TwoIds;
  MemberReader();
  simdjson::error_code Read(Object object, model::TextArena& text, const BadBytes& bad, Row& row,
                            KeyedHead<Key>& head);

 private:
  FieldNames names_;
};

// Of People/ParentStudent. Unique by parentID, studentID and `id`, a text: a pair may be listed
// under several.
class TieReader {
 public:
  using Row = model::ParentTie;
  using Key = PairWithId;
  TieReader();
  simdjson::error_code Read(Object object, model::TextArena& text, const BadBytes& bad, Row& row,
                            KeyedHead<Key>& head);

 private:
  FieldNames names_;
};

// Of Families.
class FamilyReader {
 public:
  using Row = model::Family;
  using Key = OneId;
  FamilyReader();
  simdjson::error_code Read(Object object, model::TextArena& text, const BadBytes& bad, Row& row,
                            KeyedHead<Key>& head);

 private:
  FieldNames names_;
};

}  // namespace roster::source
