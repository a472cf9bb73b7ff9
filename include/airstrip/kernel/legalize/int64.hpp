// 64-bit integers for targets without shaderInt64: in 32 bits where that provably suffices, else as pairs of words.
#pragma once

#include "../../config.hpp"
#include "rewriter.hpp"
#include "wide.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// 64-bit arithmetic whose operands and result provably fit u32 or i32 (ranges.hpp) is done in 32 bits: indices that
/// were computed from invocation ids, counters of loops with a bound, what was masked or shifted down. What is needed
/// in 64 bits is converted back; `split_int64` gets that for nothing.
void narrow_int64(Kernel& kernel);

/// Every 64-bit integer becomes two u32, vectors of them two vectors of u32.
///
/// - Arithmetic is exact; division calls a helper function that the kernel gets once. Conversions to and from floats
///   are those of the IR, to f32 rounded to nearest even.
/// - A parameter of u64 or i64 becomes a u32x2, of a vector of two a u32x4: the same bytes.
/// - Buffers are read and written as words, as pairs where the access promises an alignment of 8. Workgroup and private
///   arrays and variables become two: of the lower and of the upper words.
/// - A memory access indexed by 64 bits is indexed by 32: by u32, or by i32 where the index is signed and may lead
///   below the view's base. What a valid access can reach (maxStorageBufferRange is below 2^32) stays reachable.
/// - Subgroup operations that move values, And, Or, Xor and Add work in every form, Min and Max as Reduce and Clustered.
/// - Errors: specialisation constants, parameters of three or four 64-bit components, atomics, SubgroupMul, and scans
///   with SubgroupMin and SubgroupMax have no other form.
void split_int64(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/narrow_int64.hpp"
#include "impl/split_int64.hpp"
#endif
