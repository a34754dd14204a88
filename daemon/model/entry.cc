#include "daemon/model/entry.h"

#include <array>

namespace roster::model {

std::string_view EventName(const Event& event) {
  static constexpr std::array<std::string_view, std::variant_size_v<Event>> kNames = {
      "PollCompleted", "PollRejected",   "ReviewRequired",  "SourceStopped",
      "LinksRecorded", "PersonsDecided", "PlanPrepared",    "PlanApproved",
      "TaskApplied",   "TaskDead",       "TaskSuperseded",  "TaskUnknown",
      "TasksRetried",  "SyncCompleted",  "FamiliesDecided", "DuplicateResolved",
      "EmailChosen",   "MatchDecided",   "LinksForgotten",  "TasksConfirmed",
      "ApprovalGiven", "RequestRefused", "ConfigReloaded",  "PersonsForgotten",
      "Acknowledged",  "WorkersAway",    "WorkersBack",     "BackupMade",
      "BackupFailed",  "Restored",       "SiteStopped",     "SiteBack",
      "PlanExpired"};
  return kNames.at(event.index());
}

Event Published(Event event) {
  if (auto* const failed = std::get_if<BackupFailed>(&event)) failed->message.clear();
  return event;
}

}  // namespace roster::model
