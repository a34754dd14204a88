#pragma once

// The access that counts now: the engine replaces it by a reload, the bus asks it on its own
// thread.

#include <memory>
#include <mutex>
#include <utility>

#include "daemon/access/access.h"

namespace roster::access {

class Current {
 public:
  explicit Current(Access access = {}) { Set(std::move(access)); }

  // Any thread.
  std::shared_ptr<const Access> Get() const {
    const std::lock_guard guard(mutex_);
    return access_;
  }
  void Set(Access access) {
    auto next = std::make_shared<const Access>(std::move(access));
    const std::lock_guard guard(mutex_);
    access_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Access> access_;  // guarded by mutex_
};

}  // namespace roster::access
