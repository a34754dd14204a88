#include "client/program.h"

#include "client/arguments.h"
#include "client/text.h"

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
  const auto channel = world.open_channel(invocation.endpoint);
  Patience patience;
  patience.overall = std::chrono::seconds(invocation.timeout);
  Connection connection(*channel, world.clock, patience, invocation.school);
  Session session{connection,      world.console,     world.clock,
                  world.open_feed, invocation.school, invocation.json};
  const auto exit = invocation.run(session);
  if (exit) return *exit;
  Say(world.console, exit.error(), invocation.json);
  return exit.error().exit;
}

}  // namespace

int RunProgram(std::vector<std::string> args, World& world) {
  const Exit exit = Run(std::move(args), world);
  return static_cast<int>(Finish(world.console, exit));
}

}  // namespace roster::client
