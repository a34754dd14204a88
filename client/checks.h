#pragma once

// What one word of the command line may be. Of arguments.cc alone: the header names CLI11.

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "roster/v1/control.pb.h"

namespace roster::client {

namespace v1 = ::roster::v1;

inline constexpr std::size_t kTextMax = 200;   // bytes of --match, --grade, --school, ...
inline constexpr std::size_t kPathMax = 4096;  // bytes
inline constexpr std::size_t kNoteMax = 1000;  // bytes of --note, --reason (control.proto)

// nullopt: not a whole number, or out of range.
template <typename Number>
std::optional<Number> ToNumber(const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Of what a validator has let through.
template <typename Number>
Number NumberOr(const std::string& text, Number otherwise) {
  return ToNumber<Number>(text).value_or(otherwise);
}

// "7.12"
std::optional<v1::TaskRef> ToTask(const std::string& text);

// Each names, when it refuses, the word and what is allowed.
CLI::Validator Check(std::function<bool(const std::string&)> allowed, std::string what);
CLI::Validator OneOf(std::vector<std::string> words);
CLI::Validator IsId(const char* what);
CLI::Validator IsShort();
CLI::Validator IsNote();
CLI::Validator IsPath();
CLI::Validator IsActor();   // as the journal writes who did something
CLI::Validator IsReason();  // a word of the daemon's fixed list, by its form

// Ends the parsing with this message.
[[noreturn]] void Wrong(const std::string& message);

}  // namespace roster::client
