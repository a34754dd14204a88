#pragma once

// A reader that sees writes which are not committed yet, as if they were.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/store/store.h"

namespace roster::store {

// Not thread-safe. The base outlives it, and its cursors.
class Overlay : public Reader {
 public:
  explicit Overlay(const Reader& base) : base_(base) {}

  void Put(Family family, std::string key, std::string value);
  void Delete(Family family, std::string key);

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const override;

  // Put and Delete are allowed while a cursor lives: it sees them where they lie ahead of it. Its
  // views live until Next() or the next write. Take and Clear end it.
  std::unique_ptr<Cursor> Scan(Family family, std::string_view begin,
                               std::string_view end) const override;

  bool empty() const;

  // What is pending, one write a key, by family and key; nothing is pending afterwards.
  Batch Take();

  // Forgets what is pending.
  void Clear();

 private:
  friend class OverlayCursor;
  using Pending = std::map<std::string, std::optional<std::string>, std::less<>>;

  const Reader& base_;
  std::array<Pending, kFamilies> pending_;
};

}  // namespace roster::store
