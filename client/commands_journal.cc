#include <fmt/format.h>

#include "client/chain.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/progress.h"
#include "client/text.h"

namespace roster::client {
namespace {

constexpr std::uint32_t kReplayMax = 1000;  // entries in one answer

// Every entry there is, as it is kept.
Answer<Chain> ReadChain(Session& session) {
  Progress progress(session.console, session.progress());
  Chain chain(session.school);
  while (true) {
    v1::Request request;
    request.mutable_replay()->set_since(chain.last());
    request.mutable_replay()->set_limit(kReplayMax);
    request.mutable_replay()->set_numbered(true);
    CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
    const v1::ReplayReply& replay = reply.replay();
    bool good = replay.numbers_size() == replay.entries_size() && !replay.head_hash().empty();
    for (int i = 0; good && i < replay.entries_size(); ++i) {
      good = replay.numbers(i) > chain.last();
      if (good) chain.Add(replay.numbers(i), replay.entries(i));
    }
    if (!good) {
      return Fail(Exit::kFailed,
                  "rosterd does not say which number each entry is kept under: install the same "
                  "version as this rosterctl.");
    }
    if (replay.entries().empty() || chain.last() >= replay.head()) {
      chain.End(replay.head(), replay.head_hash());
      return chain;
    }
    progress.Show("Journal", chain.last(), replay.head());
    if (session.console.broken() || session.clock.Interrupted()) {
      return Fail(Exit::kFailed, "Interrupted: nothing is proved.");
    }
  }
}

// All slices, summed up.
Answer<v1::VerifyReply> VerifyState(Session& session, std::uint64_t entries) {
  Progress progress(session.console, session.progress());
  v1::VerifyReply sum;
  std::string token;
  do {
    v1::Request request;
    request.mutable_verify_state()->set_page_token(token);
    CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
    const v1::VerifyReply& slice = reply.verify();
    for (const v1::Difference& difference : slice.differences()) {
      if (static_cast<std::size_t>(sum.differences_size()) == Chain::kFaultsMax) break;
      *sum.add_differences() = difference;
    }
    sum.set_differences_total(sum.differences_total() + slice.differences_total());
    sum.set_entries(sum.entries() + slice.entries());
    sum.set_decisions(sum.decisions() + slice.decisions());
    sum.set_links(sum.links() + slice.links());
    sum.set_tasks(sum.tasks() + slice.tasks());
    sum.set_plans(sum.plans() + slice.plans());
    if (slice.next_page_token() == token && !token.empty()) {
      return Fail(Exit::kFailed, "rosterd gives the same slice again and again.");
    }
    token = slice.next_page_token();
    if (sum.entries() < entries) {
      progress.Show("State", sum.entries(), entries);
    } else {
      progress.Show("State", sum.decisions() + sum.links() + sum.tasks(), 0);
    }
    if (session.console.broken() || session.clock.Interrupted()) {
      return Fail(Exit::kFailed, "Interrupted: nothing is proved.");
    }
  } while (!token.empty());
  return sum;
}

template <typename Differences>
void Show(Session& session, const Differences& differences, std::uint64_t total) {
  for (const v1::Difference& difference : differences) {
    bool first = true;
    for (const std::string& line :
         Wrap(Clean(difference.sentence()), session.console.terminal().width - 4)) {
      session.console.Line(session.console.In(Tone::kBad, (first ? "  ! " : "    ") + line));
      first = false;
    }
  }
  const auto shown = static_cast<std::uint64_t>(differences.size());
  if (total > shown) session.console.Line(fmt::format("  ... and {} more.", Number(total - shown)));
}

void ShowChain(Session& session, const Chain& chain) {
  const std::string school = Clean(session.school);
  const std::string entries = chain.count() == 1 ? "1 entry" : Number(chain.count()) + " entries";
  if (chain.faults_total() == 0) {
    session.console.Line(fmt::format("Journal of {}: {}, verified.", school, entries));
    return;
  }
  session.console.Paragraph(
      fmt::format("THE JOURNAL OF {} IS DAMAGED. Of its {}:", school, entries), Tone::kBad);
  Show(session, chain.faults(), chain.faults_total());
}

void ShowState(Session& session, const v1::VerifyReply& state) {
  const std::string things = fmt::format("{}, {}, {}, {}", Count(state.decisions(), "decision"),
                                         Count(state.links(), "link"), Count(state.tasks(), "task"),
                                         Count(state.plans(), "approved plan"));
  const std::uint64_t differences = state.differences_total();
  if (differences == 0) {
    session.console.Paragraph(fmt::format("State: {}: all agree with the journal.", things));
    return;
  }
  session.console.Paragraph(
      fmt::format("State: {}. {} with the journal:", things,
                  differences == 1 ? "1 thing does not agree"
                                   : Number(differences) + " things do not agree"),
      Tone::kBad);
  Show(session, state.differences(), differences);
}

void ShowScreen(Session& session, const Chain& chain, const v1::VerifyReply& state) {
  ShowChain(session, chain);
  ShowState(session, state);
  if (chain.faults_total() + state.differences_total() > 0) {
    session.Next("keep a copy of the state directory as it is, then restore the last backup");
  }
}

}  // namespace

Answer<Exit> RunJournalVerify(Session& session) {
  CLIENT_ASSIGN(const Standing standing, AskStanding(session));
  session.school = standing.school.school();
  CLIENT_ASSIGN(const Chain chain, ReadChain(session));
  CLIENT_ASSIGN(v1::VerifyReply state, VerifyState(session, chain.count()));
  const bool well = chain.faults_total() + state.differences_total() == 0;
  const Exit exit = well ? Exit::kDone : Exit::kFailed;
  if (!session.json) {
    ShowScreen(session, chain, state);
    return exit;
  }
  for (const v1::Difference& fault : chain.faults()) session.Json(fault);
  for (const v1::Difference& difference : state.differences()) session.Json(difference);
  state.clear_differences();
  state.set_entries(chain.count());
  state.set_differences_total(state.differences_total() + chain.faults_total());
  session.Json(state);
  return exit;
}

}  // namespace roster::client
