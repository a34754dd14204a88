#pragma once

// What the fuzz targets share. A target is one function from bytes to nothing; whatever it finds
// ends the process, with words.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

// By each target. Always 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace roster::fuzz {

// Stands in the values of the seeds and in the dictionaries. No error text may hold it: that would
// be a value of the input, and so perhaps a name, an address or a secret.
inline constexpr std::string_view kMarker = "Qzmarker7";

inline std::string_view Bytes(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A finding unless it holds: says `what` and `detail` on standard error, and aborts.
void Expect(bool holds, std::string_view what, std::string_view detail = "");

// An error text: not empty, one of valid UTF-8, shorter than 16 KiB, and silent about the input.
void ExpectSilent(std::string_view text);
// The same, with a reason of these.
void ExpectError(const Error& error, const std::vector<std::string_view>& reasons);

// Neither control characters (but line breaks) nor what turns the direction of writing, and UTF-8.
void ExpectHarmless(std::string_view text);

// The bytes as several: each ends before a line "---". At most `count_max`.
std::vector<std::string> Parts(std::string_view bytes, std::size_t count_max);

}  // namespace roster::fuzz
