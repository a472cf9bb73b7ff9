// What both translation units do, and what they must agree on.
#pragma once

#include <cstdint>
#include <string>

struct Observation {
  const char* (*function)(airstrip::ErrorCode);
  std::string text;
  std::uint64_t hash;
};

inline Observation exercise() {
  airstrip::Diagnostic diagnostic;
  diagnostic.code = airstrip::ErrorCode::EmptyId;
  diagnostic.message << "one " << 2u;
  const airstrip::String text = diagnostic.to_string();
  const std::uint32_t words[] = {1, 2, 3};
  const airstrip::Result<airstrip::Reflection> reflected = airstrip::reflect(words);
  const airstrip::String more = airstrip::reflection::to_json(*reflected);
  return {&airstrip::to_string, std::string(text.data(), text.size()) + std::string(more.data(), more.size()),
          airstrip::spirv::hash_words(words)};
}
