#include "client/program.h"

#include "client/arguments.h"
#include "client/schools.h"
#include "client/text.h"
#include "client/zmq_link.h"

namespace roster::client {
namespace {

// Wrong usage is said as it is; what comes from the wire is made harmless.
void Say(Console& console, const Failure& failure, bool json) {
  if (failure.message.empty()) return;
  if (json && failure.error) {
    console.Error(ToJson(*failure.error));
  } else {
    console.Error("rosterctl: " + (failure.error ? Clean(failure.message) : failure.message));
  }
}

Exit Finish(Console& console, Exit exit) {
  console.Flush();
  if (console.write_problem().empty()) return exit;
  console.Error("rosterctl: " + console.write_problem());
  return exit == Exit::kDone ? Exit::kFailed : exit;
}

// Of the command line; nullopt where none are wanted.
Answer<std::optional<CallKeys>> KeysOf(const Invocation& invocation) {
  const bool given = !invocation.server_key.empty() && !invocation.key_file.empty();
  if (invocation.local || !given) return std::nullopt;
  auto own = ReadKeyPair(invocation.key_file);
  // Over ipc nobody asks for a key; the events may still be on tcp.
  if (!own && !IsTcp(invocation.endpoint)) return std::nullopt;
  if (!own) return tl::unexpected(std::move(own).error());
  return CallKeys{invocation.server_key, *std::move(own)};
}

Exit Run(std::vector<std::string> args, World& world) {
  auto parsed = ParseArguments(std::move(args));
  if (!parsed) {
    Say(world.console, parsed.error(), false);
    return parsed.error().exit;
  }
  if (const Text* text = std::get_if<Text>(&*parsed)) {
    world.console.Print(text->text);
    return Exit::kDone;
  }
  const Invocation& invocation = std::get<Invocation>(*parsed);
  if (invocation.for_ever) CatchInterrupts();
  const auto keys = KeysOf(invocation);
  if (!keys) {
    Say(world.console, keys.error(), false);
    return keys.error().exit;
  }
  const auto channel = world.open_channel(invocation.endpoint, *keys);
  Patience patience;
  patience.overall = std::chrono::seconds(invocation.timeout);
  Connection connection(*channel, world.clock, patience, invocation.school);
  Session session{connection,
                  world.console,
                  world.clock,
                  [&](const std::string& told, const std::vector<std::string>& schools) {
                    return world.open_feed(Reachable(told, invocation.endpoint), schools, *keys);
                  },
                  invocation.school,
                  invocation.json};
  const auto exit = invocation.run(session);
  if (exit) return *exit;
  Failure failure = exit.error();
  NameSchools(session, failure);
  if (failure.error) failure.message = session.WithSchool(std::move(failure.message));
  Say(world.console, failure, invocation.json);
  return failure.exit;
}

}  // namespace

int RunProgram(std::vector<std::string> args, World& world) {
  const Exit exit = Run(std::move(args), world);
  return static_cast<int>(Finish(world.console, exit));
}

}  // namespace roster::client
