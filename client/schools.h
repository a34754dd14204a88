#pragma once

// Several schools in one rosterd: what only lists is of all of them, unless --school names one.
// A request is about one school, so each is asked by itself.

#include <functional>
#include <string>
#include <vector>

#include "client/session.h"

namespace roster::client {

using RunOne = std::function<Answer<Exit>(Session&)>;

// How the exit codes of the schools come to one.
enum class Worth {
  kWorst,  // 1 when one of them failed
  kBest,   // 0 when one of them found what was asked for
};

// `run` as it is where --school was given, or where the caller has roles in one school alone. Else
// for each school in which there is a role, in the order of rosterd's config: below a heading, or
// under --json with the school in each line. One that refuses for want of a role is left out and
// named on standard error; when all do, the first refusal is the answer. A school that fails
// otherwise is named there too, and the next ones are asked. Wrong usage, an interrupt and a
// rosterd that is away end it at once.
RunOne ForEachSchool(RunOne run, Worth worth = Worth::kWorst);

// It is refused for want of a role.
bool IsRefused(const Failure& failure);
// On standard error: which school is left out, or has failed, and why.
void TellOfSchool(Session& session, const std::string& school, const Failure& failure);

// Where rosterd asks for --school: the schools that there are, in its place.
void NameSchools(Session& session, Failure& failure);

}  // namespace roster::client
