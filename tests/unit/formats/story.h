#pragma once

// A small made-up school, told up to a day in its first autumn: what is kept in tests/data/formats
// holds it. Never changed in a way that what is kept no longer fits; a new format may add to it.

#include "tests/unit/engine/desk.h"

namespace roster::formats {

// Plays it at a new desk.
void Play(engine::Desk& desk);

}  // namespace roster::formats
