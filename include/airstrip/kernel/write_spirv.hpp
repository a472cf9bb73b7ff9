// A kernel as a SPIR-V module for Vulkan 1.0 to 1.4.
#pragma once

#include "../config.hpp"
#include "../spirv/builder.hpp"
#include "../spirv/module.hpp"
#include "../spirv/target.hpp"
#include "interface.hpp"
#include "ir.hpp"
#include "legalize.hpp"
#include "passes.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// How a kernel is written.
struct WriteOptions {
  BindingLayout layout = BindingLayout::Plain;
  ParameterPlacement parameters = ParameterPlacement::Automatic;
  std::uint32_t max_push_constants = 128;  ///< bytes; the target's maxPushConstantsSize
  PassOptions passes = {};
  /// How stores of 8 and 16 bits are made where the target stores no less than 32.
  NarrowStores narrow_stores = NarrowStores::Atomic;
  /// A buffer is declared once, and not for each width of vectors that are accessed in it: what compilers of HLSL need,
  /// which refuse two resources in one place; and SwiftShader with DeviceAddresses, which stops the process at a cast from one
  /// type of pointer to another.
  bool one_view = false;
  Text entry_point = "main";
  spirv::LineInfo lines = spirv::LineInfo::Off;  ///< OpLine for the C++ line of each node
  Text line_prefix = {};                         ///< taken off the front of file names
  bool names = false;                            ///< OpName for resources, parameters and functions
};

/// What `legalize` has to do for a target.
LegalizeOptions legalization_for(const spirv::Target& target, const WriteOptions& options = {});

/// Writes kernels, one after the other, and keeps its memory between them.
class SpirvWriter {
public:
  SpirvWriter();
  ~SpirvWriter();
  SpirvWriter(const SpirvWriter&) = delete;
  SpirvWriter& operator=(const SpirvWriter&) = delete;

  /// The module, or the first error: the kernel's own, InvalidTarget, MissingCapability (what the kernel needs and the
  /// target lacks, with the C++ line that asked for it), LimitExceeded.
  Result<spirv::Module> write(const Kernel& kernel, const spirv::Target& target,
                              const WriteOptions& options = {});
  /// The words alone, valid until the next call. Once a kernel of this size has been written, only passes allocate: some
  /// dozens of scratch buffers, whatever the size.
  Result<Span<const std::uint32_t>> write_words(const Kernel& kernel, const spirv::Target& target,
                                                const WriteOptions& options = {});

private:
  class Body;
  bool prepare(const Kernel& kernel, const spirv::Target& target, const WriteOptions& options);

  Body* body_ = nullptr;
  Diagnostic error_;
};

/// Writes one kernel.
Result<spirv::Module> write_spirv(const Kernel& kernel, const spirv::Target& target,
                                  const WriteOptions& options = {});
/// The kernel after the passes and legalisation that writing it for `target` begins with: what is really emitted.
Kernel lowered_for(const Kernel& kernel, const spirv::Target& target, const WriteOptions& options = {});

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/write_spirv.hpp"
#endif
