#pragma once

// One table for each enum: number <-> word. Words are kebab-case and are part of wire, screen and
// config.

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace roster::model {

template <typename Enum, std::size_t N>
using Words = std::array<std::pair<Enum, std::string_view>, N>;

template <typename Enum, std::size_t N>
std::string_view WordOf(const Words<Enum, N>& words, Enum value) {
  for (const auto& [known, word] : words) {
    if (known == value) return word;
  }
  return "";
}

template <typename Enum, std::size_t N>
std::optional<Enum> FromWord(const Words<Enum, N>& words, std::string_view text) {
  for (const auto& [known, word] : words) {
    if (word == text) return known;
  }
  return std::nullopt;
}

}  // namespace roster::model
