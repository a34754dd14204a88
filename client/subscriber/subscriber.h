#pragma once

// The subscriber library: every entry of a school's journal, in order, across restarts of both
// sides and whatever the events socket drops. tests/examples/subscriber.cc shows it in 30 lines.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "client/certificate.h"
#include "client/failure.h"
#include "client/system.h"
#include "roster/v1/journal.pb.h"

namespace roster::client {

struct SubscriberOptions {
  std::string control = "ipc:///run/rosterd/control.sock";
  std::string events;            // "": where rosterd says that it publishes
  std::string school;            // "": the only one there is
  std::optional<CallKeys> keys;  // for tcp://

  // How far one has come. Replaced with fsync after each batch that was dealt with: after a crash
  // the last batch (1,000 entries at most) comes again, and `Entry.seq` tells what is known. "":
  // nothing is kept, every run begins at `since`.
  std::string cursor_file;
  // Without a cursor: begins after this entry. 0 is the beginning; nullopt the newest there is.
  std::optional<std::uint64_t> since = 0;

  // Told when rosterd has been silent for 15 s; it is waited for. May be empty.
  std::function<void(const std::string& message)> waiting;
};

class Subscriber {
 public:
  // `clock` outlives it; Clock::Interrupted ends Run, within half a second.
  Subscriber(SubscriberOptions options, Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  // Calls `each` on this thread for every entry: in order, none left out, and in one run each once.
  // False from `each`: that entry is dealt with, and it is enough. Entries of a type that this
  // library does not know come too, with EVENT_NOT_SET.
  //
  // Fails when rosterd refuses (kRefused: the role subscriber is missing), when the cursor can't be
  // read or written, and when the journal is not what it was: altered, damaged, or set back.
  Answer<void> Run(const std::function<bool(const v1::Entry&)>& each);

 private:
  SubscriberOptions options_;
  Clock& clock_;
};

// The endpoint of events and the school's id, as rosterd says: where `events` and `school` are
// empty. `control`: where the connection goes.
class Connection;
struct Whereabouts {
  std::string events;
  std::string school;
  std::uint64_t head = 0;  // of the journal, now
  int schools = 0;         // that rosterd shows here
};
Answer<Whereabouts> FindSchool(Connection& connection, const std::string& control,
                               const std::string& events, const std::string& school);

}  // namespace roster::client
