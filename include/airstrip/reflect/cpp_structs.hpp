// The memory that a module sees, as C++ structures: for an application that fills its buffers and push constants.
//
//     #pragma pack(push, 1)
//     struct Push {
//       std::uint32_t n;
//       std::uint8_t padding0[12];
//       float scale[2];
//     };
//     static_assert(offsetof(Push, n) == 0 && offsetof(Push, scale) == 16 && sizeof(Push) == 24);
//     #pragma pack(pop)
#pragma once

#include "../config.hpp"
#include "../support/string.hpp"
#include "reflection.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

struct CppOptions {
  Text name_space = {};  ///< around everything; empty: none
};

/// A header with one structure for each struct type that has a layout, nested ones first, each with static_asserts on
/// its offsets and its size. Vectors and matrices are arrays of their components (matrices as they lie: by columns, or by
/// rows where RowMajor says so); what C++ has no type for (16-bit floats, bf16, fp8) are unsigned integers of that width.
/// Strides wider than an element become structures with padding. A runtime array is a comment, as it is of no size; a
/// structure that C++ cannot mirror (members that overlap, more than 1 GiB) is a comment too, and bytes where it is a
/// member. Names that are no identifiers, or taken, are changed; structures without a name are called after their id.
/// Empty when out of memory.
String cpp_structs(const Reflection& reflection, const CppOptions& options = {});

}  // namespace reflection

AIRSTRIP_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/cpp_structs.hpp"
#endif
