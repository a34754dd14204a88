#pragma once

// Who hears what: the topics that the events socket's connections have asked for, and what of them
// was granted. Of this folder alone; engine thread.

#include <sys/types.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/id.h"

namespace roster::bus {

// What a subscription to `topic` amounts to for somebody who may hear of `allowed`: "" or the
// beginning of ids is each of those schools ("tcs."), "tcs.Type" is itself. Empty: nothing.
std::vector<std::string> Expand(std::string_view topic, const std::vector<SchoolId>& allowed);

// libzmq 4.3.4 applies what we grant to the connection that it believes the last message to be of
// (ZMQ_XPUB_MANUAL). It errs in two cases, and this is what keeps them out:
//   - The connection has ended since: it would use freed memory. It ends one only after it has told
//     us so; but it tells us the descriptor's number alone, which may be a new connection's by
//     then.
//   - Somebody has sent something else than a topic: until all that waits has been read, every
//     message counts as the next one's.
// Where it isn't sure whose a topic is, nothing is granted, and the connection is to be ended: it
// comes back, and asks again.
class Audience {
 public:
  // As the door tells them, in order, and up to now before Sure is asked.
  void Began(int descriptor);
  void Ended(int descriptor);

  // Before anything that waits is read, and after nothing is left.
  void BeginReading();
  void ReadAll();
  // Something came that is no topic.
  void Mixed() { mixed_ = true; }

  // Whether what was just read is surely of the connection that is open there now.
  bool Sure(int descriptor) const;

  // What to grant, and what to take back, of what libzmq has for that connection. Sure is true.
  std::vector<std::string> Ask(int descriptor, const std::string& topic,
                               std::vector<std::string> granted);
  std::vector<std::string> Cancel(int descriptor, const std::string& topic);

  std::size_t topics() const { return topics_; }  // asked for, of all connections
  std::size_t TopicsOf(int descriptor) const;

 private:
  struct Seat {
    bool open = false;
    ino_t socket = 0;        // its inode; 0: not known
    bool forwarded = false;  // libzmq has handed on all that the ended one has sent
    std::map<std::string, std::vector<std::string>> asked;
    std::map<std::string, std::size_t> granted;  // by how many of what was asked
  };

  std::map<int, Seat> seats_;  // by descriptor
  std::set<int> doubtful_;     // what is read may still be of a connection that has ended
  std::size_t topics_ = 0;
  bool mixed_ = false;
};

}  // namespace roster::bus
