// Legalisation: a kernel rewritten for a target that lacks some types or operations.
#pragma once

#include "../config.hpp"
#include "ir.hpp"
#include "legalize/bit_operations.hpp"
#include "legalize/int64.hpp"
#include "legalize/packed_dot.hpp"
#include "legalize/saturating.hpp"
#include "legalize/signed_remainder.hpp"
#include "legalize/storage.hpp"
#include "legalize/widen.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// What the target has, and how what it has not is replaced. The default changes nothing but what no Vulkan device has:
/// bfloat16 arithmetic, saturating conversions, bit operations on other widths than 32.
struct LegalizeOptions {
  // --- types in registers: with arithmetic
  bool int64 = true;
  bool int16 = true;
  bool int8 = true;
  bool float16 = true;
  bool float64 = true;   ///< has no other form: an error names the line
  bool bfloat16 = true;  ///< loads, stores, conversions and matrices of bf16; see `WidenOptions`
  // --- types in storage buffers
  bool storage8 = true;
  bool storage16 = true;
  NarrowStores narrow_stores = NarrowStores::Atomic;
  // --- operations
  bool packed_dot = true;           ///< OpSDot and its kin
  bool signed_remainder = true;     ///< OpSRem and OpSMod of negative numbers (VK_KHR_maintenance8)
  bool saturating_convert = false;  ///< true leaves ConvertSaturate alone: for the interpreter
  bool bit_operations = false;      ///< true: on all widths (VK_KHR_maintenance9)
  // --- how
  bool narrow_by_range = true;  ///< 64-bit integers that provably fit 32 bits are computed there
  bool exact_half = true;       ///< see `WidenOptions`
};

/// Rewrites the kernel in place for a target that has what `options` say, and nothing more. An operation without another
/// form leaves the kernel with an error that names it and its C++ line (MissingCapability).
///
/// Run it after the other passes and `dead_code` again behind it: the passes leave what nobody uses any more.
void legalize(Kernel& kernel, const LegalizeOptions& options);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/legalize.hpp"
#endif
