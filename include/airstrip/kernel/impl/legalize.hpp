#pragma once

#include "../legalize.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// What a kernel uses of that which may be lacking, found in one look at its nodes.
struct Usage {
  std::uint32_t scalars = 0;  // bit by Scalar
  bool saturates = false, packed_dot = false, bit_operations = false;
  bool has(Scalar a, Scalar b) const {
    return (scalars >> static_cast<unsigned>(a) & 1) != 0 || (scalars >> static_cast<unsigned>(b) & 1) != 0;
  }
};

inline Usage usage_of(const Kernel& kernel) {
  Usage usage;
  const std::uint32_t bound = kernel.node_bound();
  for (NodeId id = 1; id < bound; ++id) {
    const Node& node = kernel.node(id);
    usage.scalars |= 1u << static_cast<unsigned>(node.type.scalar());
    if (node.op == Op::ConvertSaturate)
      usage.saturates = true;
    else if (node.op == Op::DotPacked || node.op == Op::DotPackedAccSat)
      usage.packed_dot = true;
    else if (is_bit_operation(node.op))
      usage.bit_operations = usage.bit_operations || node.type.width() != 32;
  }
  for (const Resource& resource : kernel.resources())
    usage.scalars |= 1u << static_cast<unsigned>(resource.element.scalar());
  return usage;
}

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
  const detail::Usage usage = detail::usage_of(kernel);
  if (!options.saturating_convert && usage.saturates) expand_saturating(kernel);
  if (!options.packed_dot && usage.packed_dot) expand_packed_dot(kernel);
  const bool of_8 = usage.has(Scalar::I8, Scalar::U8);
  const bool of_16 = usage.has(Scalar::I16, Scalar::U16) || usage.has(Scalar::F16, Scalar::BF16);
  StorageOptions storage;
  storage.storage8 = options.storage8 || !of_8;
  storage.storage16 = options.storage16 || !of_16;
  storage.narrow_stores = options.narrow_stores;
  narrow_storage(kernel, storage);
  WidenOptions widen;
  widen.int8 = options.int8;
  widen.int16 = options.int16;
  widen.float16 = options.float16;
  widen.bfloat16 = options.bfloat16;
  widen.exact_half = options.exact_half;
  if (of_8 || of_16) widen_types(kernel, widen);
  if (!options.int64 && usage.has(Scalar::I64, Scalar::U64)) {
    if (options.narrow_by_range) narrow_int64(kernel);
    split_int64(kernel);
  }
  if (!options.signed_remainder) expand_signed_remainder(kernel);  // behind what has remainders of its own
  if (!options.bit_operations && usage.bit_operations) expand_bit_operations(kernel);
  if (kernel.ok() && kernel.out_of_memory()) detail::fail_out_of_memory(kernel);
}

AIRSTRIP_KERNEL_NAMESPACE_END
