// rosterctl: the thin client. Everything it does is in the library beside.

#include <google/protobuf/stubs/logging.h>

#include <csignal>
#include <ctime>
#include <exception>
#include <iostream>

#include "client/program.h"
#include "client/zmq_channel.h"
#include "client/zmq_feed.h"

int main(int argc, char** argv) {
  namespace client = roster::client;
  // A reader that goes away (| head) shows as EPIPE, and ends the output quietly.
  std::signal(SIGPIPE, SIG_IGN);
  tzset();
  // What comes in malformed is reported by who reads it.
  google::protobuf::SetLogHandler(nullptr);
  std::ios::sync_with_stdio(false);
  try {
    client::Console console(std::cin, std::cout, std::cerr, client::DetectTerminal(),
                            client::DetectTerminal);
    client::SystemClock clock;
    client::World world{
        console, clock,
        [](const std::string& endpoint, const std::optional<client::CallKeys>& keys) {
          return std::make_unique<client::ZmqChannel>(endpoint, keys);
        },
        client::ZmqFeed::OpenAll};
    return client::RunProgram({argv + 1, argv + argc}, world);
  } catch (const std::exception& error) {
    std::cerr << "rosterctl: " << error.what() << '\n';
    return static_cast<int>(client::Exit::kFailed);
  }
}
