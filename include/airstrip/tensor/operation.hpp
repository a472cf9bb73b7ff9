// Operation: what a family generates. Kernels in order, what to bind to each, and how large everything is.
#pragma once

#include "../config.hpp"
#include "../kernel/ir.hpp"
#include "../kernel/write_spirv.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/list.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "size_table.hpp"
#include "target.hpp"
#include "type.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Who fills an operand, and how long it is kept.
enum class Role : std::uint8_t {
  Input,   ///< bound by the caller, read
  Output,  ///< bound by the caller, written
  /// Written by the steps of Phase::Prepare, read by those of Phase::Run; kept as long as the weights, and good for other
  /// sizes of run time where the shape of what was packed stays the same.
  Packed,
  Scratch,  ///< written and read by steps of Phase::Run; what it holds is of no use afterwards
};

/// Memory that an operation works on. Resources of the steps' kernels are called by the operands' names.
struct Operand {
  String name;
  Role role = Role::Input;
  /// Of what a problem gives as a TensorType; of outputs and of a product's operands only the scalar and the storage.
  TensorType type;
  SizeId bytes = {};   ///< of a buffer that is bound; of an image 0
  String layout = {};  ///< of Packed: where an element lies, in a sentence
};

enum class Phase : std::uint8_t {
  Prepare,  ///< once, and again when the weights change
  Run,
};

/// One dispatch.
struct Step {
  kernel::Kernel kernel;
  Phase phase = Phase::Run;
  SizeId groups = {};               ///< workgroups, folded into three dimensions by `OperationSizes::groups`
  kernel::WriteOptions write = {};  ///< how its words are to be written: with device addresses or descriptors
  std::uint32_t subgroup_size = 0;  ///< the pipeline has to be made with this size; 0: any
};

class Operation;

/// The sizes of an operation for one set of parameters.
class OperationSizes {
public:
  /// Workgroups of a step; all 0 where there is nothing to do, and then nothing is dispatched.
  kernel::Extent groups(std::size_t step) const { return groups_[step]; }
  /// Bytes to bind: those of the tensor, to the next multiple of 16. A target without narrow storage accesses whole words,
  /// and a kernel that can access vectors declares the buffer as an array of them. (The tensor's own bytes are
  /// `value(operand.bytes)`.) 0 of a buffer: the tensor is empty, and what is bound, which Vulkan wants, is not accessed. 0 of
  /// an image, which is bound by its view: see `Operand::type`.
  std::uint64_t bytes(std::size_t operand) const { return bytes_[operand]; }
  std::int64_t value(SizeId id) const { return values_[static_cast<std::size_t>(id)]; }

private:
  friend class Operation;
  std::uint64_t fingerprint_ = 0;
  Buffer<kernel::Extent> groups_;
  Buffer<std::uint64_t> bytes_;
  Buffer<std::int64_t> values_;
};

/// Kernels in order. Between two steps of which one writes what the other touches, the caller puts a barrier. Moved, not
/// copied.
class Operation {
public:
  Span<const Step> steps() const { return {steps_.data(), steps_.size()}; }
  Span<const Operand> operands() const { return {operands_.data(), operands_.size()}; }
  /// Index of an operand, or `npos`.
  std::size_t find(Text name) const;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  const SizeTable& sizes() const { return sizes_; }
  const Target& target() const { return target_; }

  /// What the parameters make of the sizes; none: all dimensions are literals. Errors: those of SizeTable::evaluate;
  /// LimitExceeded where an operand is larger than maxStorageBufferRange, has more elements than an index of 32 bits
  /// counts, or where a step has more workgroups than the target can dispatch.
  Result<OperationSizes> resolve(Span<const SizeValue> values = {}) const;
  /// Whether the sizes were resolved by this operation, or by one that is alike in operands, steps and formulas.
  bool is_resolved_by(const OperationSizes& sizes) const { return sizes.fingerprint_ == fingerprint(); }
  /// A step's words for the operation's target. `names`: with OpName for what is bound, as the adapters find it.
  Result<spirv::Module> module(std::size_t step, bool names = true) const;

  // --- for generators
  SizeTable& sizes_to_fill() { return sizes_; }
  List<Step>& steps_to_fill() { return steps_; }
  List<Operand>& operands_to_fill() { return operands_; }
  void set_target(const Target& target) { target_ = target; }

private:
  std::uint64_t fingerprint() const;

  List<Step> steps_;
  List<Operand> operands_;
  SizeTable sizes_;
  Target target_;
};

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/operation.hpp"
#endif
