#pragma once

#include <vector>

#include "daemon/base/id.h"

namespace roster::roster {

// A list that is sorted by person, walked beside persons who only ascend: one pass for all of them.
template <typename Row, PersonId Row::*kPerson>
class Beside {
 public:
  explicit Beside(const std::vector<Row>& rows) : at_(rows.data()), end_(at_ + rows.size()) {}

  // nullptr when the list has no such person. The list must outlive what is returned.
  const Row* Find(PersonId person) {
    while (at_ != end_ && at_->*kPerson < person) ++at_;
    return at_ != end_ && at_->*kPerson == person ? at_ : nullptr;
  }

 private:
  const Row* at_;
  const Row* end_;
};

}  // namespace roster::roster
