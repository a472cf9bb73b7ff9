#pragma once

#include "../legalize.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// The steps that a kernel needs on a target: what it uses and the target lacks, found in one look at its nodes.
struct LegalizeSteps {
  bool float64 = false, saturating = false, packed_dot = false, storage = false, widen = false, int64 = false,
       signed_remainder = false, bit_operations = false;
  bool any() const {
    return float64 || saturating || packed_dot || storage || widen || int64 || signed_remainder ||
           bit_operations;
  }
};

inline LegalizeSteps legalize_steps(const Kernel& kernel, const LegalizeOptions& has) {
  LegalizeSteps steps;
  std::uint32_t scalars = 0;  // bit by Scalar
  const auto see = [&](Type type) { scalars |= 1u << static_cast<unsigned>(type.scalar()); };
  for (NodeId id = 1; id < kernel.node_bound(); ++id) {
    const Node& node = kernel.node(id);
    see(node.type);
    switch (node.op) {
      case Op::ConvertSaturate: steps.saturating = !has.saturating_convert; break;
      case Op::DotPacked:
      case Op::DotPackedAccSat: steps.packed_dot = !has.packed_dot; break;
      case Op::Rem:
      case Op::Mod:
        if (node.type.is_signed()) steps.signed_remainder = !has.signed_remainder;
        break;
      default:
        if (is_bit_operation(node.op) && node.type.width() != 32) steps.bit_operations = !has.bit_operations;
        break;
    }
  }
  for (const Resource& resource : kernel.resources()) see(resource.element);
  for (const ParameterInfo& parameter : kernel.parameters()) see(parameter.type);
  for (const SpecConstantInfo& constant : kernel.spec_constants()) see(constant.type);
  const auto uses = [&](Scalar a, Scalar b) {
    return (scalars >> static_cast<unsigned>(a) & 1) != 0 || (scalars >> static_cast<unsigned>(b) & 1) != 0;
  };
  const bool of_8 = uses(Scalar::I8, Scalar::U8), of_16 = uses(Scalar::I16, Scalar::U16);
  const bool half = uses(Scalar::F16, Scalar::F16), brain = uses(Scalar::BF16, Scalar::BF16);
  steps.float64 = !has.float64 && uses(Scalar::F64, Scalar::F64);
  steps.storage = (!has.storage8 && of_8) || (!has.storage16 && (of_16 || half || brain));
  steps.widen = (!has.int8 && of_8) || (!has.int16 && of_16) || (!has.float16 && half) || brain;
  steps.int64 = !has.int64 && uses(Scalar::I64, Scalar::U64);
  return steps;
}

// The first node that uses a type for which there is no replacement.
inline void reject_type(Kernel& kernel, Scalar scalar, const char* what) {
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
  const detail::LegalizeSteps steps = detail::legalize_steps(kernel, options);
  if (steps.float64)
    detail::reject_type(kernel, Scalar::F64,
                        "the target has no 64-bit floats (Float64: the feature shaderFloat64), and they have "
                        "no other form; use f32");
  // Each step emits what later ones replace, never what earlier ones do.
  if (steps.saturating) expand_saturating(kernel);
  if (steps.packed_dot) expand_packed_dot(kernel);
  if (steps.storage) {
    StorageOptions storage;
    storage.storage8 = options.storage8;
    storage.storage16 = options.storage16;
    storage.narrow_stores = options.narrow_stores;
    narrow_storage(kernel, storage);
  }
  if (steps.widen) {
    WidenOptions widen;
    widen.int8 = options.int8;
    widen.int16 = options.int16;
    widen.float16 = options.float16;
    widen.bfloat16 = options.bfloat16;
    widen.exact_half = options.exact_half;
    widen_types(kernel, widen);
  }
  if (steps.int64) {
    if (options.narrow_by_range) narrow_int64(kernel);
    split_int64(kernel);
  }
  if (steps.signed_remainder) expand_signed_remainder(kernel);  // behind what has remainders of its own
  if (steps.bit_operations) expand_bit_operations(kernel);
  if (kernel.ok() && kernel.out_of_memory()) detail::fail_out_of_memory(kernel);
}

AIRSTRIP_KERNEL_NAMESPACE_END
