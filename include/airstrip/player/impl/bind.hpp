// What an instance is given to run: tensors and parameters, checked and turned into descriptors, sizes and workgroups.
#pragma once

#include "../instance.hpp"
#include "instance.hpp"
#include "numbers.hpp"

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

template <class T>
void exchange(Buffer<T>& a, Buffer<T>& b) {
  Buffer<T> kept = static_cast<Buffer<T>&&>(a);
  a = static_cast<Buffer<T>&&>(b);
  b = static_cast<Buffer<T>&&>(kept);
}

}  // namespace detail

// --- tensors -------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Result<void> Instance::check_idle(const char* what) const {
  if (!model_)
    return detail::failure(ErrorCode::NotReady, "an empty instance cannot be used; make it of a model");
  if (next_ == 0 || next_ == costs_.size()) return {};
  String message("a run has begun, and ");
  message << Text(what) << " has to wait: call advance until it is done, or restart";
  return detail::failure(ErrorCode::NotReady, static_cast<String&&>(message));
}

AIRSTRIP_INLINE Diagnostic Instance::refuse(ErrorCode code, std::uint32_t tensor, const String& what) const {
  String message("the tensor ");
  message << model_->program.text(model_->program.tensors()[tensor].name) << ' ' << what;
  return detail::failure(code, static_cast<String&&>(message));
}

AIRSTRIP_INLINE Diagnostic Instance::find(Text tensor, bool image, std::uint32_t& index) const {
  if (Result<void> r = check_idle("binding"); !r) return r.error();
  index = model_->program.find_tensor(tensor);
  if (index == program::none) {
    String message("the program has no tensor ");
    message << tensor;
    for (std::size_t i = 0; i < model_->program.tensors().size(); ++i)
      message << Text(i == 0 ? "; it has " : ", ") << model_->program.text(model_->program.tensors()[i].name);
    return detail::failure(ErrorCode::InvalidBinding, static_cast<String&&>(message));
  }
  if ((model_->program.tensors()[index].storage != program::StorageKind::Buffer) == image) return {};
  return refuse(ErrorCode::InvalidBinding, index,
                image ? "is a buffer; bind BufferMemory" : "is an image; bind ImageMemory");
}

AIRSTRIP_INLINE Result<void> Instance::bind(Text tensor, const BufferMemory& memory) {
  std::uint32_t index = 0;
  Diagnostic error = find(tensor, false, index);
  if (error.code != ErrorCode::Ok) return error;
  const detail::TensorPlan& plan = model_->tensors[index];
  const VkPhysicalDeviceLimits& limits = model_->properties.limits;
  if (!memory.buffer || memory.size == 0)
    return refuse(ErrorCode::MissingBinding, index, "was bound to no memory");
  if (plan.by_address && memory.address == 0)
    return refuse(ErrorCode::MissingBinding, index, "is accessed by its address; give that as well");
  if (plan.by_address && memory.address % detail::address_alignment != 0) {
    String message("is bound at the address ");
    message << memory.address << ", which is no multiple of " << detail::address_alignment;
    return refuse(ErrorCode::InvalidBinding, index, message);
  }
  // What may be read at the largest sizes, to the whole words and vectors in which kernels read.
  const std::uint64_t most = (model_->program.tensors()[index].max_bytes + 15) / 16 * 16;
  const std::uint64_t range = most != 0 && most < memory.size ? most : memory.size;
  const VkDeviceSize alignment = limits.minStorageBufferOffsetAlignment;
  if (plan.use_count != 0 && alignment != 0 && memory.offset % alignment != 0) {
    String message("is bound at ");
    message << memory.offset << " of its buffer, which is no multiple of " << alignment
            << " (minStorageBufferOffsetAlignment)";
    return refuse(ErrorCode::InvalidBinding, index, message);
  }
  if (plan.use_count != 0 && range > limits.maxStorageBufferRange) {
    String message("is bound to ");
    message << range << " bytes, and the device takes " << limits.maxStorageBufferRange
            << " at most (maxStorageBufferRange)";
    return refuse(ErrorCode::InvalidBinding, index, message);
  }
  tensors_[index] = {memory, true};
  detail::DescriptorWriter writer(model_->handles);
  for (std::uint32_t i = 0; i < plan.use_count; ++i) {
    const detail::TensorUse& use = model_->uses[plan.first_use + i];
    writer.buffer(sets_[use.set], use.binding, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                  {memory.buffer, memory.offset, range});
  }
  return {};
}

AIRSTRIP_INLINE Result<void> Instance::bind(Text tensor, const ImageMemory& image) {
  std::uint32_t index = 0;
  Diagnostic error = find(tensor, true, index);
  if (error.code != ErrorCode::Ok) return error;
  if (!image.view) return refuse(ErrorCode::MissingBinding, index, "was bound to no image view");
  if (model_->program.tensors()[index].storage == program::StorageKind::SampledImage && !image.sampler)
    return refuse(ErrorCode::MissingBinding, index, "is a sampled image; give a sampler as well");
  tensors_[index] = {{}, true};
  const detail::TensorPlan& plan = model_->tensors[index];
  detail::DescriptorWriter writer(model_->handles);
  for (std::uint32_t i = 0; i < plan.use_count; ++i) {
    const detail::TensorUse& use = model_->uses[plan.first_use + i];
    writer.image(sets_[use.set], use.binding, detail::ModelMaker::descriptor_type(use.type),
                 {image.sampler, image.view, image.layout});
  }
  return {};
}

AIRSTRIP_INLINE std::uint64_t Instance::needed_bytes(std::uint32_t tensor) const {
  const program::TensorRecord& t = model_->program.tensors()[tensor];
  const std::int64_t bytes = sizes_[t.bytes];
  if (t.storage != program::StorageKind::Buffer || bytes <= 0) return 0;
  return (static_cast<std::uint64_t>(bytes) + 15) / 16 * 16;
}

AIRSTRIP_INLINE Result<Instance::Shape> Instance::shape_of(Text tensor) const {
  const std::uint32_t index = model_ ? model_->program.find_tensor(tensor) : program::none;
  if (index == program::none || !has_sizes_) {
    String message(index == program::none ? "there is no tensor " : "there are no sizes yet for the tensor ");
    return detail::failure(index == program::none ? ErrorCode::InvalidBinding : ErrorCode::NotReady,
                           static_cast<String&&>(message << tensor));
  }
  const program::TensorRecord& t = model_->program.tensors()[index];
  Shape shape;
  shape.rank = t.rank;
  for (std::uint32_t axis = 0; axis < t.rank; ++axis) shape.extent[axis] = sizes_[t.shape[axis]];
  const std::int64_t bytes = sizes_[t.bytes];
  if (t.storage == program::StorageKind::Buffer && bytes > 0) shape.bytes = static_cast<std::uint64_t>(bytes);
  return shape;
}

// --- parameters ----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Diagnostic Instance::count_groups(Span<const std::int64_t> sizes,
                                                  Span<program::GroupCounts> groups) const {
  const detail::ModelBody& m = *model_;
  constexpr std::int64_t end = std::int64_t{1} << 32;
  for (std::size_t i = 0; i < m.dispatches.size(); ++i) {
    const program::DispatchRecord& d = *m.dispatches[i].record;
    const Result<program::GroupCounts> counts = m.program.groups_of(*m.variant, d, sizes);
    if (!counts) return counts.error();
    groups[i] = *counts;
    // A negative number stands for itself less 2^32.
    for (const program::ArgumentRecord& a : m.program.arguments(d)) {
      if (a.kind != program::ArgumentRecord::Kind::Size) continue;
      if (sizes[a.index] > -end && sizes[a.index] < end) continue;
      String message(m.program.text(d.name));
      message << " would count further than 32 bits do; the sizes that were given are too large for it";
      return detail::failure(ErrorCode::LimitExceeded, static_cast<String&&>(message));
    }
  }
  return {};
}

AIRSTRIP_INLINE Result<void> Instance::set_parameters(Span<const program::ParameterValue> values) {
  if (Result<void> r = check_idle("changing parameters"); !r) return r;
  const program::Program& p = model_->program;
  new_values_.assign({values_.data(), values_.size()});
  for (std::size_t i = 0; i < numbers_.size(); ++i) new_numbers_[i] = numbers_[i];
  for (const program::ParameterValue& value : values) {
    const std::uint32_t index = p.find_parameter(value.name);
    if (index == program::none) {
      String message("the program has no parameter ");
      message << value.name;
      for (std::size_t i = 0; i < p.parameters().size(); ++i)
        message << Text(i == 0 ? "; it has " : ", ") << p.text(p.parameters()[i].name);
      return detail::failure(ErrorCode::InvalidBinding, static_cast<String&&>(message));
    }
    const program::ParameterRecord& record = p.parameters()[index];
    if (record.is_size == 0) {
      Number& number = new_numbers_[index];
      number.is_given = detail::bits_of_number(record.scalar, value.number, number.bits);
      if (number.is_given) continue;
      String message("the parameter ");
      message << value.name << " has a type without that number; give a whole one within its range";
      return detail::failure(ErrorCode::InvalidBinding, static_cast<String&&>(message));
    }
    program::ParameterValue* found = nullptr;
    for (program::ParameterValue& known : new_values_)
      if (known.name == value.name) found = &known;
    if (found)
      found->number = value.number;
    else  // under the program's own name, which lives as long
      new_values_.push_back({p.text(record.name), value.number});
  }
  const Span<std::int64_t> sizes(new_sizes_.data(), new_sizes_.size());
  if (Result<void> r = p.evaluate({new_values_.data(), new_values_.size()}, sizes); !r) return r;
  Diagnostic error = count_groups(sizes, {new_groups_.data(), new_groups_.size()});
  if (error.code != ErrorCode::Ok) return error;
  detail::exchange(values_, new_values_);
  detail::exchange(numbers_, new_numbers_);
  detail::exchange(sizes_, new_sizes_);
  detail::exchange(groups_, new_groups_);
  has_sizes_ = true;
  return {};
}

AIRSTRIP_PLAYER_NAMESPACE_END
