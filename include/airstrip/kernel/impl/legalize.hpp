#pragma once

#include "../legalize.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// The first node that uses a type for which there is no replacement.
inline void reject_type(Kernel& kernel, Scalar scalar, const char* what) {
  if (!uses_type(kernel, scalar)) return;
  Rewriter r(kernel);
  for (const Function& function : kernel.functions())
    for_each_node(static_cast<const Kernel&>(kernel), function.body, [&](NodeId id) {
      bool found = kernel.type(id).scalar() == scalar;
      for (const NodeId operand : static_cast<const Kernel&>(kernel).operands(id))
        found = found || kernel.type(operand).scalar() == scalar;
      if (found && kernel.ok()) r.fail(id, what);
    });
}

}  // namespace detail

AIRSTRIP_INLINE void legalize(Kernel& kernel, const LegalizeOptions& options) {
  if (!kernel.ok()) return;
  if (!options.float64)
    detail::reject_type(kernel, Scalar::F64,
                        "the target has no 64-bit floats (Float64: the feature shaderFloat64), and they have "
                        "no other form; use f32");
  // Each step emits what later ones replace, never what earlier ones do.
  if (!options.saturating_convert) expand_saturating(kernel);
  if (!options.packed_dot) expand_packed_dot(kernel);
  StorageOptions storage;
  storage.storage8 = options.storage8;
  storage.storage16 = options.storage16;
  storage.narrow_stores = options.narrow_stores;
  narrow_storage(kernel, storage);
  WidenOptions widen;
  widen.int8 = options.int8;
  widen.int16 = options.int16;
  widen.float16 = options.float16;
  widen.bfloat16 = options.bfloat16;
  widen.exact_half = options.exact_half;
  widen_types(kernel, widen);
  if (!options.int64) {
    if (options.narrow_by_range) narrow_int64(kernel);
    split_int64(kernel);
  }
  if (!options.bit_operations) expand_bit_operations(kernel);
  if (kernel.ok() && kernel.out_of_memory()) detail::fail_out_of_memory(kernel);
}

AIRSTRIP_KERNEL_NAMESPACE_END
