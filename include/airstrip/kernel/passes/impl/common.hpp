// What several passes need. Not for users.
#pragma once

#include "../../../config.hpp"
#include "../../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

inline void pass_out_of_memory(Kernel& kernel, const char* pass) {
  Diagnostic error;
  error.code = ErrorCode::OutOfMemory;
  error.message << "out of memory in the pass " << Text(pass);
  kernel.fail(static_cast<Diagnostic&&>(error));
}

// Whether a resource holds what it held when the dispatch began: loads of it depend on their address alone.
inline bool is_constant_memory(const Kernel& kernel, std::uint32_t resource) {
  const Resource& r = kernel.resource(resource);
  if (r.kind != ResourceKind::Buffer && r.kind != ResourceKind::StorageImage &&
      r.kind != ResourceKind::SampledImage)
    return false;
  if (can_write(r.access) || r.coherent) return false;
  if (!r.may_alias) return true;
  for (const Resource& other : kernel.resources()) {
    const bool bound = other.kind == ResourceKind::Buffer || other.kind == ResourceKind::StorageImage;
    if (bound && other.may_alias && can_write(other.access)) return false;
  }
  return true;
}

// Whether a node reads memory that `is_constant_memory`; `constant` says so by resource.
inline bool reads_constant_memory(const Kernel& kernel, NodeId id, Span<const std::uint8_t> constant) {
  switch (kernel.op(id)) {
    case Op::Load: {
      const MemoryAccess& access = kernel.access_of(id);
      return constant[access.resource] != 0 && !access.is_volatile;
    }
    case Op::ImageLoad:
    case Op::ImageFetch:
    case Op::ImageSample: return constant[kernel.node(id).immediate] != 0;
    default: return false;
  }
}

// Division and shifts are undefined for some operands; whether the constant that decides is not one of them.
// (A signed division by -1 overflows for the lowest number.)
inline bool cannot_trap(const Kernel& kernel, NodeId id) {
  const Node& n = kernel.node(id);
  if (!has_flag(n.op, op_flag::traps)) return true;
  const Span<const NodeId> operands = kernel.operands(id);
  if (n.op == Op::Load) return false;
  if (n.type.is_float() && n.op <= Op::Mod) return true;  // arithmetic on floats never does
  const bool is_index = n.op == Op::ExtractDynamic || n.op == Op::InsertDynamic;
  const NodeId decides = operands[n.op == Op::InsertDynamic ? 2 : 1];
  const Type type = kernel.type(decides);
  const auto safe = [&](NodeId constant) {
    if (!kernel.is_constant(constant)) return false;
    const std::uint64_t bits = kernel.constant_bits(constant);
    if (is_index) return bits < kernel.type(operands[0]).components();
    if (n.op == Op::ShiftLeft || n.op == Op::ShiftRight) return bits < n.type.width();
    const std::uint64_t minus_one =
        type.width() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << type.width()) - 1;
    return bits != 0 && !(type.is_signed() && bits == minus_one);
  };
  if (kernel.op(decides) != Op::ConstantVector) return safe(decides);
  for (const NodeId component : kernel.operands(decides))
    if (!safe(component)) return false;
  return true;
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
