#include "daemon/bus/bus.h"

namespace roster::bus {

std::string Peer::Actor() const { return uid < 0 ? "unattested" : "uid:" + std::to_string(uid); }

}  // namespace roster::bus
