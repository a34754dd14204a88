#pragma once

// Changes to protobuf messages that keep them messages: plain bytes get nowhere in them. For
// targets whose input is one message of a known type.

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>

namespace roster::fuzz {

// What LLVMFuzzerCustomMutator is to do. `prototype`: of the message that [data, data + size) is,
// or is not quite. Now and then the bytes themselves are changed.
std::size_t MutateMessage(const google::protobuf::Message& prototype, std::uint8_t* data,
                          std::size_t size, std::size_t size_max, unsigned int seed);

}  // namespace roster::fuzz
