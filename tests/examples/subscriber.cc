// A subscriber in C++: prints every entry of a school's journal once, in order, and goes on where
// it was when it is started again.
//
//   subscriber CONTROL CURSOR_FILE [EVENTS [COUNT]]
//
// COUNT: ends after so many entries; else it ends by SIGINT or SIGTERM.

#include "client/subscriber/subscriber.h"

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "client/event_text.h"

int main(int argc, char** argv) {
  namespace client = roster::client;
  if (argc < 3) return 2;
  client::CatchInterrupts();
  client::SystemClock clock;
  client::SubscriberOptions options;
  options.control = argv[1];
  options.cursor_file = argv[2];
  if (argc > 3) options.events = argv[3];
  options.waiting = [](const std::string& message) { std::cerr << message << '\n'; };
  std::uint64_t left = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : UINT64_MAX;

  client::Subscriber subscriber(options, clock);
  const auto ended = subscriber.Run([&left](const client::v1::Entry& entry) {
    std::cout << entry.seq() << ' ' << client::EventName(entry) << std::endl;
    return --left > 0;
  });
  if (!ended) std::cerr << ended.error().message << '\n';
  return ended ? 0 : static_cast<int>(ended.error().exit);
}
