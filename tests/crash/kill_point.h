#pragma once

// Where a process may be made to die. Only the two programs of this folder contain such points;
// what is installed has none.

#include <string_view>

namespace roster::crash {

// Kills this process (SIGKILL) when ROSTER_KILL_POINT is "NAME:N" and this is the N-th time that it
// passes the point NAME. Before that, the
// program's name and NAME are appended to the file ROSTER_KILL_LOG. Any thread.
void KillPoint(std::string_view name);

}  // namespace roster::crash
