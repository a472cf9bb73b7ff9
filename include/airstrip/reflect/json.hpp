// A reflection as JSON, for tools in other languages. Every list of the Reflection is a list there, and indices stay
// indices into those lists: a type that leads back to itself through a pointer is no endless text.
#pragma once

#include "../config.hpp"
#include "../support/string.hpp"
#include "reflection.hpp"

#include <cstdint>

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

/// "format" in the text. It rises when something that was there is named or meant otherwise; what is only added does not
/// change it.
inline constexpr std::uint32_t json_format = 1;

/// UTF-8, one line for each entry of a list. Members that are none, and empty names, are left out; 64-bit numbers that a
/// double cannot hold (above 2^53) are strings of digits. Where a name in the module is not UTF-8, U+FFFD stands for what
/// is not. Empty when out of memory.
String to_json(const Reflection& reflection);

}  // namespace reflection

AIRSTRIP_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/json.hpp"
#endif
