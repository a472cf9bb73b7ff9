#pragma once

#include "../step_builder.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE StepBuilder::StepBuilder(Operation& op, Text name, const kernel::KernelOptions& options,
                                         SourceLocation at)
    : k(name, options, at), operation(op), sizes(k, op.sizes()), scope_(k, at), at_(at) {}

AIRSTRIP_INLINE Memory StepBuilder::memory(Text name, Role role, const TensorType& type, SizeId bytes,
                                           kernel::Access access) {
  Memory memory;
  memory.scalar = type.scalar;
  memory.storage = type.storage;
  memory.operand = operation.find(name);
  if (memory.operand == Operation::npos) {
    Operand operand;
    operand.name = String(name);
    operand.role = role;
    operand.type = type;
    operand.bytes = bytes;
    memory.operand = operation.operands().size();
    if (!operation.operands_to_fill().push_back(static_cast<Operand&&>(operand)))
      fail(ErrorCode::OutOfMemory, "out of memory for an operand");
  } else {
    const Operand& operand = operation.operands()[memory.operand];
    if (operand.type.scalar != type.scalar || operand.type.storage != type.storage) {
      String message("the operand ");
      message << name << " is used with two types";
      fail(ErrorCode::WrongType, static_cast<String&&>(message));
    }
    if (operand.bytes != bytes)
      operation.operands_to_fill()[memory.operand].bytes = table().max_of(operand.bytes, bytes);
  }
  for (std::uint32_t i = 0; i < k.kernel().resources().size(); ++i) {
    if (!(k.kernel().resource_name(i) == name)) continue;
    memory.resource = i;  // an operand that is read in two ways is one resource
    return memory;
  }
  if (type.storage == Storage::Buffer)
    memory.resource = k.add_buffer(access, kernel::Type(storage_scalar(type.scalar)),
                                   element_bytes(type.scalar), name, at_);
  else
    memory.resource = k.add_image(
        type.storage == Storage::SampledImage ? kernel::ResourceKind::SampledImage
                                              : kernel::ResourceKind::StorageImage,
        type.scalar, type.shape.rank() == 4 ? kernel::ImageDim::Dim2DArray : kernel::ImageDim::Dim2D, access,
        type.format, name, at_);
  return memory;
}

AIRSTRIP_INLINE void StepBuilder::fail(ErrorCode code, String message) {
  if (sizes.out_of_memory())
    k.fail(ErrorCode::OutOfMemory, "out of memory for sizes", at_);
  else
    k.fail(code, static_cast<String&&>(message), at_);
}

AIRSTRIP_INLINE Result<void> StepBuilder::out_of_memory() const {
  Diagnostic error;
  error.code = ErrorCode::OutOfMemory;
  error.message = "out of memory for a kernel";
  error.where = at_;
  return error;
}

AIRSTRIP_INLINE void StepBuilder::check_range(Text name, SizeId bytes) {
  const std::uint64_t least = static_cast<std::uint64_t>(table().lower(bytes));
  if (least <= target().max_storage_buffer_range) return;
  String message(name);
  message << " has " << least << " bytes, and maxStorageBufferRange is " << target().max_storage_buffer_range
          << "; split the work or the tensor, or bind it by its address";
  fail(ErrorCode::LimitExceeded, static_cast<String&&>(message));
}

AIRSTRIP_INLINE AnyValue StepBuilder::parameter(kernel::Type type, Text name) {
  for (const kernel::ParameterInfo& p : k.kernel().parameters()) {
    if (!(k.kernel().text(p.name) == name)) continue;
    if (p.type == type) return AnyValue(&k, p.node);
    String message("the parameter ");
    message << name << " is used with two types: " << kernel::to_string(p.type) << " and "
            << kernel::to_string(type);
    fail(ErrorCode::WrongType, static_cast<String&&>(message));
    return {};
  }
  return k.parameter(type, name, at_);
}

namespace detail {

// A vector at a multiple of its size is one access: the place counts in vectors then. Buffers are bound at multiples of 16
// bytes, and more than that no vector can rely on.
inline kernel::Place place_of_vector(StepBuilder& step, const Memory& memory, Index element, unsigned width,
                                     std::uint32_t offset) {
  kernel::Place place;
  place.builder = &step.k;
  place.resource = memory.resource;
  place.early = step.loads_early;
  place.stride = element_bytes(memory.scalar);
  place.offset = offset * place.stride;
  const std::uint32_t bytes = place.stride * width;
  if (width > 1 && bytes <= 16) {
    place.stride = place.alignment = bytes;
    place.index = (element / width).any();
  } else {
    place.index = element.any();
  }
  return place;
}

}  // namespace detail

AIRSTRIP_INLINE AnyValue StepBuilder::load(const Memory& memory, Index element, unsigned width, bool aligned,
                                           std::uint32_t offset) {
  const kernel::Type one(storage_scalar(memory.scalar));
  AnyValue value;
  if (width == 1 || (aligned && (width & (width - 1)) == 0)) {
    value = k.load(detail::place_of_vector(*this, memory, element, width, offset),
                   kernel::Type(one.scalar(), width));
  } else {
    kernel::Place place = detail::place_of_vector(*this, memory, element, 1, offset);
    AnyValue parts[4];
    for (unsigned i = 0; i < width; ++i) {
      parts[i] = k.load(place, one);
      place.offset += place.stride;
    }
    value = k.construct(kernel::Type(one.scalar(), width), Span<const AnyValue>(parts, width));
  }
  if (memory.scalar == Scalar::Boolean)
    value = k.apply(kernel::Op::NotEqual, value, k.constant_int(kernel::Type(Scalar::U8, width), 0));
  return value;
}

AIRSTRIP_INLINE void StepBuilder::store(const Memory& memory, Index element, AnyValue value, bool aligned) {
  const unsigned width = value.type().components();
  if (memory.scalar == Scalar::Boolean) {
    const kernel::Type bytes(Scalar::U8, width);
    const AnyValue parts[3] = {value, k.constant_int(bytes, 1), k.constant_int(bytes, 0)};
    value = k.apply(kernel::Op::Select, parts);
  }
  if (width == 1 || (aligned && (width & (width - 1)) == 0)) {
    k.store(detail::place_of_vector(*this, memory, element, width, 0), value);
    return;
  }
  kernel::Place place = detail::place_of_vector(*this, memory, element, 1, 0);
  for (unsigned i = 0; i < width; ++i) {
    k.store(place, value.component(i));
    place.offset += place.stride;
  }
}

AIRSTRIP_INLINE Result<void> StepBuilder::finish(SizeId groups, Phase phase,
                                                 const kernel::WriteOptions& write) {
  if (sizes.out_of_memory()) return out_of_memory();
  for (const Operand& o : operation.operands())
    if (o.name.out_of_memory() || o.layout.out_of_memory()) return out_of_memory();
  std::uint32_t buffers = 0;
  for (const kernel::Resource& r : k.kernel().resources()) buffers += r.kind == kernel::ResourceKind::Buffer;
  if (buffers > target().max_storage_buffers && write.layout != kernel::BindingLayout::DeviceAddresses) {
    String message("the kernel ");
    message << k.kernel().name() << " binds " << buffers << " storage buffers, and the device has "
            << target().max_storage_buffers << " (maxPerStageDescriptorStorageBuffers); fuse less into it";
    fail(ErrorCode::LimitExceeded, static_cast<String&&>(message));
  }
  // Sizes of run time are checked when they are known: Operation::resolve.
  if (write.layout != kernel::BindingLayout::DeviceAddresses)
    for (const kernel::Resource& r : k.kernel().resources())
      if (r.kind == kernel::ResourceKind::Buffer)
        if (const std::size_t o = operation.find(k.kernel().text(r.name)); o != Operation::npos)
          check_range(k.kernel().text(r.name), operation.operands()[o].bytes);
  Step step;
  step.kernel = k.finish(at_);
  step.phase = phase;
  step.groups = groups;
  step.write = write;
  // SwiftShader cannot cast a pointer to that of another type (it stops the process): one type for each buffer.
  if (target().kind == DeviceKind::SwiftShader && write.layout == kernel::BindingLayout::DeviceAddresses)
    step.write.one_view = true;
  // Older llvmpipes copy what loops carry as phis: a product of 16 x 16 sums is half as fast as with variables.
  if (target().kind == DeviceKind::Llvmpipe && target().driver_version < 2500)
    step.write.passes.promote_variables = false;
  // Where all subgroups have one size, the pipeline need not ask for it.
  const bool one_size =
      target().min_subgroup_size != 0 && target().min_subgroup_size == target().max_subgroup_size;
  if (target().can_choose_subgroup_size && !one_size)
    step.subgroup_size = step.kernel.options().subgroup.size;
  if (!step.kernel) return step.kernel.error();
  if (!operation.steps_to_fill().push_back(static_cast<Step&&>(step))) return out_of_memory();
  return {};
}

AIRSTRIP_INLINE SizeId bytes_of(SizeTable& table, Scalar scalar, Span<const SizeId> shape,
                                Span<const SizeId> strides) {
  SizeId last = table.literal(1), elements = table.literal(1);
  bool gapless = true;
  for (std::size_t i = shape.size(); i-- > 0;) {
    gapless = gapless && (strides[i] == elements || table.is_literal(shape[i], 1));
    // Of an empty tensor the formula means nothing, but must not be negative.
    const SizeId most = table.sub(table.max_of(shape[i], table.literal(1)), table.literal(1));
    last = table.add(last, table.mul(most, strides[i]));
    elements = table.mul(elements, shape[i]);
  }
  if (gapless) return table.mul(elements, element_bytes(scalar));
  return table.mul(table.mul(last, table.min_of(elements, table.literal(1))), element_bytes(scalar));
}

AIRSTRIP_INLINE SizeId bytes_of(SizeTable& table, Scalar scalar, Span<const SizeId> shape,
                                Span<const SizeId> strides, SizeId offset, SizeId* lowest) {
  bool forward = table.is_literal(offset, 0);
  for (const SizeId stride : strides) forward = forward && table.lower(stride) >= 0;
  if (lowest) *lowest = offset;
  if (forward) return bytes_of(table, scalar, shape, strides);
  SizeId last = table.add(offset, 1), back = table.literal(0), elements = table.literal(1);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const SizeId most = table.sub(table.max_of(shape[i], table.literal(1)), table.literal(1));
    const std::int64_t stride = table.lower(strides[i]);
    if (stride < 0)
      back = table.add(back, table.mul(most, -stride));
    else
      last = table.add(last, table.mul(most, strides[i]));
    elements = table.mul(elements, shape[i]);
  }
  const SizeId first = table.sub(offset, back);
  if (lowest) *lowest = first;
  return table.mul(table.mul(last, table.min_of(elements, table.literal(1))), element_bytes(scalar));
}

AIRSTRIP_TENSOR_NAMESPACE_END
