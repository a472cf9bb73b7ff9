#pragma once

#include "../passes/lower_addresses.hpp"
#include "../write_spirv.hpp"
#include "spirv_emission.hpp"

#include <new>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE LegalizeOptions legalization_for(const spirv::Target& target, const WriteOptions& options) {
  using spirv::Capability;
  const auto has = [&](Capability capability) { return target.permits(capability); };
  LegalizeOptions result;
  result.int64 = has(Capability::Int64);
  result.int16 = has(Capability::Int16);
  result.int8 = has(Capability::Int8);
  result.float16 = has(Capability::Float16);
  result.float64 = has(Capability::Float64);
  result.bfloat16 = has(Capability::BFloat16TypeKHR);
  result.storage16 = has(Capability::StorageBuffer16BitAccess);
  result.storage8 = has(Capability::StorageBuffer8BitAccess);
  result.packed_dot = has(Capability::DotProduct) && has(Capability::DotProductInput4x8BitPacked);
  result.signed_remainder = target.permits(spirv::ValidationFeature::Maintenance8);
  result.bit_operations = target.permits(spirv::ValidationFeature::Maintenance9);
  result.narrow_stores = options.narrow_stores;
  return result;
}

namespace detail {

// Everything between the caller's kernel and what is emitted. `kernel` is a copy of the caller's.
inline void lower(Kernel& kernel, const spirv::Target& target, const WriteOptions& options) {
  // Values and constants first: they tell the legalisation what fits 32 bits.
  PassOptions first = PassOptions::none();
  first.promote_variables = options.passes.promote_variables;
  first.order = options.passes.order;
  const LegalizeOptions legal = legalization_for(target, options);
  const bool legalizes = legalize_steps(kernel, legal).any();  // few kernels do
  first.fold = options.passes.fold && legalizes;
  run_passes(kernel, first);
  if (!kernel.ok()) return;
  if (legalizes) legalize(kernel, legal);
  if (!kernel.ok()) return;
  lower_addresses(kernel, options.one_view);
  PassOptions rest = options.passes;
  rest.promote_variables = rest.order = false;
  run_passes(kernel, rest);
  if (kernel.out_of_memory()) {
    Diagnostic error;
    error.code = ErrorCode::OutOfMemory;
    error.message = "out of memory while the kernel was lowered";
    kernel.fail(static_cast<Diagnostic&&>(error));
  }
}

// A node that gives a matrix, the first there is.
inline NodeId matrix_node(const Kernel& kernel) {
  for (NodeId id = 1; id < kernel.node_bound(); ++id)
    if (kernel.node(id).region != no_region && kernel.type(id).is_matrix()) return id;
  return no_node;
}

}  // namespace detail

AIRSTRIP_INLINE Kernel lowered_for(const Kernel& kernel, const spirv::Target& target,
                                   const WriteOptions& options) {
  Kernel copy = kernel.clone();
  if (copy.ok()) detail::lower(copy, target, options);
  return copy;
}

// --- the writer ------------------------------------------------------------------------------------------------------

class SpirvWriter::Body {
public:
  Body() : emission(spirv::ModuleOptions{}) {}
  Kernel kernel;
  KernelInterface bound;
  WriteOptions options;
  detail::SpirvEmission emission;
};

AIRSTRIP_INLINE SpirvWriter::SpirvWriter() : body_(new (std::nothrow) Body) {}
AIRSTRIP_INLINE SpirvWriter::~SpirvWriter() { delete body_; }

AIRSTRIP_INLINE bool SpirvWriter::prepare(const Kernel& kernel, const spirv::Target& target,
                                          const WriteOptions& options) {
  error_ = {};
  if (!body_) {
    error_.code = ErrorCode::OutOfMemory;
    error_.message = "out of memory while the writer was made";
    return false;
  }
  if (!kernel.ok()) {
    error_ = kernel.error();
    return false;
  }
  if (kernel.functions().empty()) {
    error_.code = ErrorCode::InvalidOperand;
    error_.message = "a kernel that no builder has made is written; there is nothing in it";
    return false;
  }
  Body& b = *body_;
  b.options = options;
  b.kernel.assign(kernel);
  if (b.kernel.out_of_memory()) {
    error_.code = ErrorCode::OutOfMemory;
    error_.message = "out of memory while the kernel was copied";
    return false;
  }
  detail::lower(b.kernel, target, options);
  if (!b.kernel.ok()) {
    error_ = b.kernel.error();
    return false;
  }
  Result<KernelInterface> bound =
      interface_of(b.kernel, options.layout, options.parameters, options.max_push_constants);
  if (!bound) {
    error_ = bound.error();
    return false;
  }
  b.bound = static_cast<KernelInterface&&>(*bound);
  spirv::ModuleOptions module;
  module.target = target;
  SourceLocation at;
  if (const NodeId matrix = detail::matrix_node(b.kernel)) {
    module.memory_model = spirv::MemoryModel::Vulkan;
    at = b.kernel.location(matrix);  // which asks for the memory model
  }
  if (options.layout == BindingLayout::DeviceAddresses)
    module.addressing = spirv::AddressingModel::PhysicalStorageBuffer64;
  module.lines = options.lines;
  module.line_prefix = options.line_prefix;
  module.names = options.names;
  b.emission.reset(module, at);
  b.emission.emit_kernel(b.kernel, b.bound, b.options);
  return true;
}

AIRSTRIP_INLINE Result<spirv::Module> SpirvWriter::write(const Kernel& kernel, const spirv::Target& target,
                                                         const WriteOptions& options) {
  if (!prepare(kernel, target, options)) return error_;
  return body_->emission.finish();
}

AIRSTRIP_INLINE Result<Span<const std::uint32_t>>
SpirvWriter::write_words(const Kernel& kernel, const spirv::Target& target, const WriteOptions& options) {
  if (!prepare(kernel, target, options)) return error_;
  return body_->emission.finish_words();
}

AIRSTRIP_INLINE Result<spirv::Module> write_spirv(const Kernel& kernel, const spirv::Target& target,
                                                  const WriteOptions& options) {
  SpirvWriter writer;
  return writer.write(kernel, target, options);
}

AIRSTRIP_KERNEL_NAMESPACE_END
