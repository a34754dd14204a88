#include "daemon/plan/guards.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "daemon/base/text.h"

namespace roster::plan {
namespace {

using model::ChangeClass;
using model::GuardKind;

bool CountTrips(const model::Guard& guard, std::uint64_t count) {
  return guard.max_count && count > *guard.max_count;
}

bool ShareTrips(const model::Guard& guard, std::uint64_t count, std::uint64_t population) {
  if (!guard.max_share || population < guard.min_population) return false;
  // A share of nothing is nothing: with min_population 0 the first change trips.
  return static_cast<double>(count) > *guard.max_share * static_cast<double>(population);
}

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g %%", share * 100);
  return text;
}

// "25 archives", "1 archive".
std::string Counted(std::uint64_t count, GuardKind guard) {
  std::string text = std::to_string(count) + " ";
  text += guard == GuardKind::kMissing ? "archive" : GuardWord(guard);
  if (count != 1) text += "s";
  if (guard == GuardKind::kMissing) text += " of people missing from FACTS";
  return text;
}

}  // namespace

Limits LimitsAt(const model::PlanRules& rules, Time now) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  for (const model::Rollover& window : rules.rollovers) {
    if (window.from <= day && day <= window.until) return {window.guards, true};
  }
  return {rules.guards, false};
}

std::optional<GuardKind> GuardOf(ChangeClass which) {
  switch (which) {
    case ChangeClass::kAdd:
      return GuardKind::kAdd;
    case ChangeClass::kUpdate:
    case ChangeClass::kEmailChange:
      return GuardKind::kUpdate;
    case ChangeClass::kArchive:
      return GuardKind::kArchive;
    case ChangeClass::kMissing:
      return GuardKind::kMissing;
    case ChangeClass::kRestore:
      return GuardKind::kRestore;
    case ChangeClass::kNone:
    case ChangeClass::kInvite:
      break;
  }
  return std::nullopt;
}

std::vector<model::Hold> CheckGuards(const ClassCounts& counts, std::uint64_t population,
                                     const Limits& limits) {
  std::array<std::uint64_t, model::kGuardKinds> by_guard{};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (const auto guard = GuardOf(static_cast<ChangeClass>(i))) {
      by_guard[static_cast<std::size_t>(*guard)] += counts[i];
    }
  }
  std::vector<model::Hold> holds;
  for (std::size_t i = 1; i < by_guard.size(); ++i) {
    const model::Guard& limit = limits.guards[i];
    if (!CountTrips(limit, by_guard[i]) && !ShareTrips(limit, by_guard[i], population)) continue;
    model::Hold hold;
    hold.guard = static_cast<GuardKind>(i);
    hold.count = by_guard[i];
    hold.population = population;
    hold.limit = limit;
    hold.rollover = limits.rollover;
    hold.message = HoldSentence(hold);
    holds.push_back(std::move(hold));
  }
  return holds;
}

std::string HoldSentence(const model::Hold& hold) {
  std::string text = Counted(hold.count, hold.guard) + " against " +
                     std::to_string(hold.population) +
                     " linked and active accounts: the guard on " +
                     std::string(GuardWord(hold.guard)) + " lets through ";
  const bool count_trips = CountTrips(hold.limit, hold.count);
  if (count_trips) text += "at most " + std::to_string(*hold.limit.max_count);
  if (ShareTrips(hold.limit, hold.count, hold.population)) {
    text += (count_trips ? ", and at most " : "at most ") + Percent(*hold.limit.max_share);
  }
  return text + (hold.rollover ? " in this rollover window." : ".");
}

}  // namespace roster::plan
