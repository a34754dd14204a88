#include "daemon/bus/event_codec.h"

#include "daemon/bus/wire_values.h"
#include "roster/v1/events.pb.h"

namespace roster::bus {

std::string EncodeBeat(const SchoolId& school, Seq head, const Digest& hash) {
  wire::Beat beat;
  beat.set_version(kVersion);
  beat.set_school(school.value());
  beat.set_head(head.value());
  beat.set_head_hash(std::string(hash.view()));
  return Serialize(beat);
}

}  // namespace roster::bus
