// Integers and floats of 8 and 16 bits, held and computed in 32 bits.
#pragma once

#include "../../config.hpp"
#include "rewriter.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Which small types the target has; `widen_types` replaces the others.
struct WidenOptions {
  bool int8 = true, int16 = true, float16 = true;
  /// The type bf16, to be loaded, stored, converted and multiplied in matrices (SPV_KHR_bfloat16). Without it bf16 is
  /// held in f32. Arithmetic is done in f32 either way: SPIR-V has none on bf16.
  bool bfloat16 = true;
  /// Whether results are rounded to f16 by integer code, right on every device, or through PackHalf2x16, whose
  /// rounding Vulkan leaves to the device.
  bool exact_half = true;
};

/// Values of a type that is lacking are held in i32, u32 or f32, always with a value of the type: what an operation
/// gives is wrapped or rounded before anything else sees it.
///
/// - Integers: the same bits in every case.
/// - f16 and bf16: the same bits for Add, Sub, Mul, Div, Sqrt and Fma (f32 has more than twice the digits, so that
///   rounding twice equals rounding once: S. Figueroa, When is double rounding innocuous?, SIGNUM 30-3, 1995; Fma is
///   rounded to odd first), comparisons, conversions, roundings and everything that moves values. Other functions are
///   computed in f32 as a whole and rounded once, which differs from a device's own f16 in the last place.
/// - Loads and stores in buffers keep the small type, next to a Convert, which 8- and 16-bit storage allows
///   (SPV_KHR_8bit_storage, SPV_KHR_16bit_storage); `narrow_storage` replaces those too, and comes first. bf16 is
///   loaded and stored as u16.
/// - Arrays of workgroup and private memory and variables take one word an element.
/// - A parameter or specialisation constant becomes u32 or i32 (of each component) whose lower bits count; of f16 and
///   bf16 these are its bits.
/// - Errors: atomics and cooperative matrices of a lacking type have no other form.
void widen_types(Kernel& kernel, const WidenOptions& options);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/widen.hpp"
#endif
