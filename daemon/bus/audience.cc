#include "daemon/bus/audience.h"

#include <sys/stat.h>

#include <utility>

namespace roster::bus {
namespace {

// A socket's number in the kernel, which no other has while it is open. 0: no such descriptor.
ino_t SocketAt(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

std::vector<std::string> Expand(std::string_view topic, const std::vector<SchoolId>& allowed) {
  std::vector<std::string> topics;
  const std::size_t dot = topic.find('.');
  for (const SchoolId& school : allowed) {
    const std::string& id = school.value();
    if (dot == std::string_view::npos) {
      if (id.starts_with(topic)) topics.push_back(id + ".");
    } else if (id == topic.substr(0, dot)) {
      return {std::string(topic)};
    }
  }
  return topics;
}

void Audience::Began(int descriptor) {
  Seat& seat = seats_[descriptor];
  seat.open = true;
  seat.socket = SocketAt(descriptor);
  // The number is given anew only after the ended connection's last words have been handed on: one
  // thread does both, in that order.
  seat.forwarded = true;
}

void Audience::Ended(int descriptor) {
  Seat& seat = seats_[descriptor];
  seat.open = false;
  doubtful_.insert(descriptor);
  seat.forwarded = false;
  topics_ -= seat.asked.size();
  seat.asked.clear();
  seat.granted.clear();
}

void Audience::BeginReading() {
  for (const int descriptor : doubtful_) {
    Seat& seat = seats_[descriptor];
    // The descriptor is closed after that.
    if (!seat.open && SocketAt(descriptor) != seat.socket) seat.forwarded = true;
  }
}

void Audience::ReadAll() {
  mixed_ = false;
  for (auto at = doubtful_.begin(); at != doubtful_.end();) {
    const Seat& seat = seats_[*at];
    if (!seat.forwarded) {
      ++at;
      continue;
    }
    if (!seat.open) seats_.erase(*at);
    at = doubtful_.erase(at);
  }
}

bool Audience::Sure(int descriptor) const {
  const auto at = seats_.find(descriptor);
  return !mixed_ && at != seats_.end() && at->second.open && !doubtful_.contains(descriptor);
}

std::vector<std::string> Audience::Ask(int descriptor, const std::string& topic,
                                       std::vector<std::string> granted) {
  Seat& seat = seats_[descriptor];
  std::vector<std::string> fresh;
  if (seat.asked.contains(topic)) return fresh;  // libzmq's own clients say it once
  for (const std::string& one : granted) {
    if (++seat.granted[one] == 1) fresh.push_back(one);
  }
  seat.asked.emplace(topic, std::move(granted));
  ++topics_;
  return fresh;
}

std::vector<std::string> Audience::Cancel(int descriptor, const std::string& topic) {
  Seat& seat = seats_[descriptor];
  std::vector<std::string> gone;
  const auto asked = seat.asked.find(topic);
  if (asked == seat.asked.end()) return gone;
  for (const std::string& one : asked->second) {
    const auto granted = seat.granted.find(one);
    if (--granted->second > 0) continue;
    gone.push_back(one);
    seat.granted.erase(granted);
  }
  seat.asked.erase(asked);
  --topics_;
  return gone;
}

std::size_t Audience::TopicsOf(int descriptor) const {
  const auto at = seats_.find(descriptor);
  return at == seats_.end() ? 0 : at->second.asked.size();
}

}  // namespace roster::bus
