#include "daemon/store/overlay.h"

#include <utility>

namespace roster::store {

// Walks the base and what is pending side by side; where both have a key, the pending one counts.
class OverlayCursor : public Cursor {
 public:
  OverlayCursor(std::unique_ptr<Cursor> base, const Overlay::Pending& pending,
                std::string_view begin, std::string_view end)
      : base_(std::move(base)), pending_(pending), next_(pending.lower_bound(begin)), end_(end) {
    Settle();
  }

  bool Valid() const override { return place_ != Place::kEnd; }
  std::string_view key() const override {
    return place_ == Place::kPending ? std::string_view(next_->first) : base_->key();
  }
  std::string_view value() const override {
    if (place_ != Place::kPending) return base_->value();
    return next_->second ? std::string_view(*next_->second) : std::string_view();  // deleted since
  }
  void Next() override {
    if (pending_.empty()) {
      base_->Next();
      Settle();
      return;
    }
    // Written since, at a key that the base has: both stand there.
    const std::string at(key());
    if (base_->Valid() && base_->key() == at) base_->Next();
    // What was written since may lie between here and the old next one.
    next_ = pending_.upper_bound(at);
    Settle();
  }
  Result<void> status() const override { return base_->status(); }

 private:
  enum class Place : std::uint8_t { kBase, kPending, kEnd };

  bool HasPending() const {
    return next_ != pending_.end() && (end_.empty() || next_->first < end_);
  }

  // Finds the next key that is there, passing what is deleted.
  void Settle() {
    while (true) {
      if (!HasPending()) {
        place_ = base_->Valid() ? Place::kBase : Place::kEnd;
        return;
      }
      const int order = base_->Valid() ? base_->key().compare(next_->first) : 1;
      if (order < 0) {
        place_ = Place::kBase;
        return;
      }
      if (next_->second) {
        place_ = Place::kPending;
        return;
      }
      if (order == 0) base_->Next();
      ++next_;
    }
  }

  std::unique_ptr<Cursor> base_;
  const Overlay::Pending& pending_;
  Overlay::Pending::const_iterator next_;
  const std::string end_;
  Place place_ = Place::kEnd;
};

void Overlay::Put(Family family, std::string key, std::string value) {
  pending_[static_cast<std::size_t>(family)].insert_or_assign(std::move(key), std::move(value));
}

void Overlay::Delete(Family family, std::string key) {
  pending_[static_cast<std::size_t>(family)].insert_or_assign(std::move(key), std::nullopt);
}

Result<std::optional<std::string>> Overlay::Get(Family family, std::string_view key) const {
  const Pending& pending = pending_[static_cast<std::size_t>(family)];
  const auto found = pending.find(key);
  if (found != pending.end()) return found->second;
  return base_.Get(family, key);
}

std::unique_ptr<Cursor> Overlay::Scan(Family family, std::string_view begin,
                                      std::string_view end) const {
  return std::make_unique<OverlayCursor>(base_.Scan(family, begin, end),
                                         pending_[static_cast<std::size_t>(family)], begin, end);
}

bool Overlay::empty() const {
  for (const Pending& pending : pending_) {
    if (!pending.empty()) return false;
  }
  return true;
}

Batch Overlay::Take() {
  Batch batch;
  for (std::size_t family = 0; family < kFamilies; ++family) {
    Pending& pending = pending_[family];
    while (!pending.empty()) {
      auto node = pending.extract(pending.begin());
      batch.writes.push_back(
          {static_cast<Family>(family), std::move(node.key()), std::move(node.mapped())});
    }
  }
  return batch;
}

void Overlay::Clear() {
  for (Pending& pending : pending_) pending.clear();
}

}  // namespace roster::store
