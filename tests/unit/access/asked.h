#pragma once

// What commands of rosterctl ask rosterd for: so that words that name them can be held against who
// may.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "daemon/model/request.h"

namespace roster::access {

// `command`: as it is typed, without the program and the school; a number is "N".
inline std::vector<model::RequestBody> AskedBy(const std::string& command) {
  static const std::map<std::string, std::vector<model::RequestBody>> kCommands{
      {"users", {model::ListUsers{}}},
      {"excluded", {model::ListFamilies{}, model::ListUsers{}}},
      {"plan", {model::PreparePlan{}, model::ListPlan{}}},
      {"plan N", {model::GetPlan{}, model::ListPlan{}}},
      {"sync", {model::PreparePlan{}, model::ListPlan{}, model::ApprovePlan{}}},
      {"sync N", {model::GetPlan{}, model::ListPlan{}, model::ApprovePlan{}}},
      {"status", {model::GetStatus{}}},
      {"poll", {model::StartPoll{}, model::GetPoll{}}},
      {"backup", {model::MakeBackup{}, model::ListBackups{}}},
      {"backups", {model::ListBackups{}}},
      {"retry", {model::RetryTasks{}}},
      {"retry N", {model::RetryTasks{}}},
      {"confirm", {model::ConfirmTasks{}}},
      {"confirm N", {model::ConfirmTasks{}}},
      {"explain N", {model::Explain{}}},
      {"tasks", {model::ListTasks{}}},
      {"events", {model::Replay{}}},
      {"ack N", {model::Acknowledge{}}},
  };
  const auto found = kCommands.find(command);
  if (found == kCommands.end()) {
    ADD_FAILURE() << "say here what this asks for: " << command;
    return {};
  }
  return found->second;
}

}  // namespace roster::access
