#pragma once

// Small files that outlive a crash and a power cut.

#include <optional>
#include <string>
#include <string_view>

#include "client/failure.h"

namespace roster::client {

// Files that are larger are no state of ours.
inline constexpr std::size_t kDurableFileMax = std::size_t{256} << 20U;  // bytes

// Replaces the file as a whole: written beside it (mode 0600), fsync, rename, fsync of its folder.
// Afterwards, and at any crash, it holds either what it held or all of `content`. One writer a
// path.
Answer<void> ReplaceFile(const std::string& path, std::string_view content);

// nullopt: there is no such file.
Answer<std::optional<std::string>> ReadWholeFile(const std::string& path);

}  // namespace roster::client
