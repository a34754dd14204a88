#pragma once

#include "daemon/metrics/metrics.h"

namespace roster::metrics {

// What the kernel says of this process now; what it doesn't say is left out. Any thread.
ProcessVitals ReadProcess();

}  // namespace roster::metrics
