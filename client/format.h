#pragma once

// Numbers, times and names as people read them.

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roster/v1/types.pb.h"

namespace roster::client {

namespace v1 = ::roster::v1;
using google::protobuf::Timestamp;

std::string Number(std::uint64_t number);                        // "9,176"
std::string Count(std::uint64_t number, std::string_view noun);  // "1 user", "14 users"
std::string Families(std::uint64_t number);                      // "1 family", "14 families"
std::uint64_t SkippedBecause(const v1::Counters& counters, std::string_view reason);
// Those without a decision that counts: "16 users to review", with "16 users to review, 3 of them
// again, since something changed" where that is so.
std::string ToReview(const v1::Counters& counters);
// "12, 13"; of many the first 20, then "...".
std::string Ids(const google::protobuf::RepeatedField<std::int64_t>& ids);
std::string Bytes(std::uint64_t bytes);  // "812 B", "4.2 MB"

// By the local clock. "-" when unset or not a time.
std::string Minute(const Timestamp& time);  // "2026-08-24 06:30"
std::string Second(const Timestamp& time);  // "2026-08-24 06:30:05"
// "2026-08-24", "2026-08-24 06:30", "2026-08-24T06:30:05", by the local clock, or with a Z behind
// by UTC. nullopt: no such time.
std::optional<Timestamp> ParseTime(const std::string& text);
// "just now", "12 s ago", "5 min ago", "3 h ago", "2 days ago"
std::string Ago(const Timestamp& time, const Timestamp& now);

std::string Hex(std::string_view bytes);
std::string ShortDigest(std::string_view digest);  // the first 4 bytes in hex

// "Last, First"; the id where FACTS has no name. Not cleaned.
std::string Name(std::string_view first, std::string_view last, std::int64_t person);

// "emails: ann@example.org → anne@example.org"
std::string Arrow(const v1::FieldChange& change);

// Whether the accounts that fit carry the person's id: that is settled on the site alone.
bool CarryId(const v1::UserRow& row);

// Joined with ", ".
std::string List(const std::vector<std::string>& items);

}  // namespace roster::client
