// StepBuilder: one kernel of an operation in the making, with its operands and sizes.
#pragma once

#include "../../config.hpp"
#include "../../kernel/builder.hpp"
#include "../operation.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

using kernel::AnyValue;
using kernel::u32;
using kernel::Value;
/// An index in elements, a coordinate, a count: all are u32.
using Index = Value<u32>;

/// A tensor's memory in a kernel.
struct Memory {
  std::uint32_t resource = 0;
  Scalar scalar = Scalar::F32;
  Storage storage = Storage::Buffer;
  std::size_t operand = 0;  ///< in `Operation::operands()`
};

/// What a generator works with: the kernel's builder, the operation it belongs to, and the sizes of both. Sizes are made
/// before the kernel is begun, as formulas; then they are values.
///
///     StepBuilder step(operation, "scale", {.workgroup = {64}}, at);
///     const Memory x = step.memory("x", Role::Input, type, bytes);
///     …
///     step.finish(groups);
class StepBuilder {
public:
  /// `at`: the line of the user's call, which the builder's errors and the interpreter's findings then name.
  StepBuilder(Operation& operation, Text name, const kernel::KernelOptions& options, SourceLocation at);

  kernel::KernelBuilder k;
  Operation& operation;
  KernelSizes sizes;

  SizeTable& table() { return operation.sizes_to_fill(); }
  const Target& target() const { return operation.target(); }
  Index size(SizeId id) const { return sizes(id); }

  /// A buffer or image of the kernel, and the operand of the operation with that name, made if need be. `bytes`: of the
  /// whole tensor.
  Memory memory(Text name, Role role, const TensorType& type, SizeId bytes, kernel::Access access);

  /// A number of the dispatch: the same one wherever a name is asked for. Errors: WrongType where it was of another type.
  AnyValue parameter(kernel::Type type, Text name);

  /// Whether loads stay in the order in which they are asked for, from here on: see `kernel::MemoryAccess::early`.
  bool loads_early = false;

  /// `width` elements from `element + offset` on as a scalar or vector; of Booleans too. `aligned`: `element` and `offset`
  /// are multiples of `width`, and so one wide access is made; else one for each.
  AnyValue load(const Memory& memory, Index element, unsigned width = 1, bool aligned = false,
                std::uint32_t offset = 0);
  void store(const Memory& memory, Index element, AnyValue value, bool aligned = false);

  /// Ends the kernel and adds it to the operation, with the kernel's error if it has one.
  Result<void> finish(SizeId groups, Phase phase = Phase::Run, const kernel::WriteOptions& write = {});
  /// The step's first error. Where memory was out, that is the error: what else is found may follow from it.
  void fail(ErrorCode code, String message);
  /// Whether a generator's own list has what was put into it; the step fails where not.
  bool has_room(bool stored) {
    if (!stored) fail(ErrorCode::OutOfMemory, "out of memory in a generator");
    return stored;
  }

private:
  Result<void> out_of_memory() const;
  void check_range(Text name, SizeId bytes);

  kernel::GeneratorScope scope_;
  SourceLocation at_;
};

/// Bytes of a tensor with these strides: of the last element's end.
SizeId bytes_of(SizeTable& table, Scalar scalar, Span<const SizeId> shape, Span<const SizeId> strides);
/// The same of a view that begins at an element and whose strides may be negative. Where those reach back past the
/// beginning, `lowest` is negative, or refused by `SizeTable::evaluate` where that is not known before.
SizeId bytes_of(SizeTable& table, Scalar scalar, Span<const SizeId> shape, Span<const SizeId> strides,
                SizeId offset, SizeId* lowest = nullptr);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/step_builder.hpp"
#endif
