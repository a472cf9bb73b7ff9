// How an instance is made: memory checked, sets allocated, the descriptors of its own memory written.
#pragma once

#include "../instance.hpp"
#include "model.hpp"

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

/// Writes descriptors by few calls, without memory of its own.
class DescriptorWriter {
public:
  explicit DescriptorWriter(const Handles& handles) : handles_(handles) {}
  ~DescriptorWriter() { flush(); }
  DescriptorWriter(const DescriptorWriter&) = delete;
  DescriptorWriter& operator=(const DescriptorWriter&) = delete;

  void buffer(VkDescriptorSet set, std::uint32_t binding, VkDescriptorType type,
              const VkDescriptorBufferInfo& info) {
    buffers_[count_] = info;
    add(set, binding, type).pBufferInfo = &buffers_[count_];
    next();
  }
  void image(VkDescriptorSet set, std::uint32_t binding, VkDescriptorType type,
             const VkDescriptorImageInfo& info) {
    images_[count_] = info;
    add(set, binding, type).pImageInfo = &images_[count_];
    next();
  }

private:
  static constexpr std::uint32_t most = 16;

  VkWriteDescriptorSet& add(VkDescriptorSet set, std::uint32_t binding, VkDescriptorType type) {
    VkWriteDescriptorSet& write = writes_[count_];
    write = make_structure<VkWriteDescriptorSet>(VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET);
    write.dstSet = set;
    write.dstBinding = binding;
    write.descriptorCount = 1;
    write.descriptorType = type;
    return write;
  }
  void next() {
    if (++count_ == most) flush();
  }
  void flush() {
    if (count_ != 0) handles_.f.vkUpdateDescriptorSets(handles_.device, count_, writes_, 0, nullptr);
    count_ = 0;
  }

  const Handles& handles_;
  std::uint32_t count_ = 0;
  VkWriteDescriptorSet writes_[most];
  VkDescriptorBufferInfo buffers_[most];
  VkDescriptorImageInfo images_[most];
};

// Of the widest access of a kernel, four words at once, which SPIR-V's Aligned promises of a physical pointer.
inline constexpr std::uint64_t address_alignment = 16;

inline constexpr const char* memory_names[] = {"tensor", "weights", "packed", "scratch"};

inline Diagnostic check_memory(const char* name, const BufferMemory& memory, const MemoryRequirement& needed,
                               bool by_address) {
  if (needed.bytes == 0) return {};
  String message("the ");
  message << Text(name) << " memory ";
  if (!memory.buffer) {
    message << "was not given: it takes " << needed.bytes << " bytes";
    return failure(ErrorCode::MissingBinding, static_cast<String&&>(message));
  }
  if (memory.size < needed.bytes) {
    message << "has " << memory.size << " bytes, and the model needs " << needed.bytes;
    return failure(ErrorCode::InvalidBinding, static_cast<String&&>(message));
  }
  if (memory.offset % needed.alignment != 0) {
    message << "begins at " << memory.offset << " of its buffer, which is no multiple of "
            << needed.alignment;
    return failure(ErrorCode::InvalidBinding, static_cast<String&&>(message));
  }
  if (by_address && memory.address == 0) {
    message << "is accessed by its address, and was given without one";
    return failure(ErrorCode::MissingBinding, static_cast<String&&>(message));
  }
  if (by_address && memory.address % address_alignment != 0) {
    message << "has the address " << memory.address << ", which is no multiple of " << address_alignment;
    return failure(ErrorCode::InvalidBinding, static_cast<String&&>(message));
  }
  return {};
}

}  // namespace detail

// --- made and destroyed --------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Result<Instance> Instance::make(const Model& model, const InstanceInfo& info) {
  if (!model.body_)
    return detail::failure(ErrorCode::NotReady, "an empty model has no instances; make the model first");
  const detail::ModelBody& m = *model.body_;
  const BufferMemory* const given[] = {nullptr, &info.weights, &info.packed, &info.scratch};
  const MemoryRequirement* const needed[] = {nullptr, &m.memory.weights, &m.memory.packed, &m.memory.scratch};
  for (std::uint32_t i = 1; i < 4; ++i) {
    Diagnostic error = detail::check_memory(detail::memory_names[i], *given[i], *needed[i], m.by_address[i]);
    if (error.code != ErrorCode::Ok) return error;
  }
  Diagnostic error = detail::check_memory("uniform", info.uniform, m.memory.uniform, false);
  if (error.code != ErrorCode::Ok) return error;
  if (m.memory.uniform.bytes != 0 && !info.uniform.mapped)
    return detail::failure(ErrorCode::MissingBinding,
                           "the uniform memory is written by the host, and was given without its mapping");
  const CostModel& cost = info.cost;
  if (!(cost.operations_per_microsecond > 0 && cost.bytes_per_microsecond > 0 && cost.per_dispatch >= 0))
    return detail::failure(
        ErrorCode::InvalidOperand,
        "the cost model has a rate that is not above 0, or a cost of a dispatch that is below 0");
  Instance instance;
  instance.model_ = &m;
  error = instance.allocate(info);
  if (error.code == ErrorCode::Ok) error = instance.make_sets(info.pool);
  if (error.code != ErrorCode::Ok) return error;
  instance.write_own_descriptors();
  // What packs weights has the same sizes in every run, so it may be recorded before those of a run are known.
  if (m.largest_sizes.size() == instance.sizes_.size()) {
    for (std::size_t i = 0; i < m.largest_sizes.size(); ++i) instance.sizes_[i] = m.largest_sizes[i];
    error = instance.count_groups({instance.sizes_.data(), instance.sizes_.size()},
                                  {instance.groups_.data(), instance.groups_.size()});
    instance.can_prepare_ = error.code == ErrorCode::Ok;
  }
  bool has_size = false;
  for (const program::ParameterRecord& p : m.program.parameters()) has_size = has_size || p.is_size != 0;
  if (!has_size)
    if (Result<void> r = instance.set_parameters({}); !r) return r.error();
  return instance;
}

AIRSTRIP_INLINE Diagnostic Instance::allocate(const InstanceInfo& info) {
  const detail::ModelBody& m = *model_;
  memories_[1] = info.weights;
  memories_[2] = info.packed;
  memories_[3] = info.scratch;
  uniform_ = info.uniform;
  cost_model_ = info.cost;
  const std::size_t parameters = m.program.parameters().size(), sizes = m.program.sizes().size();
  const bool made = sets_.resize(m.set_layouts.size(), VK_NULL_HANDLE) &&
                    tensors_.resize(m.tensors.size(), Bound{}) && values_.reserve(parameters) &&
                    new_values_.reserve(parameters) && numbers_.resize(parameters, Number{}) &&
                    new_numbers_.resize(parameters, Number{}) && sizes_.resize(sizes, 0) &&
                    new_sizes_.resize(sizes, 0) &&
                    groups_.resize(m.dispatches.size(), program::GroupCounts{}) &&
                    new_groups_.resize(m.dispatches.size(), program::GroupCounts{}) &&
                    costs_.resize(m.dispatches.size() - m.prepare_count, Cost{-1, 0, 0}) &&
                    arguments_.resize(m.most_parameter_bytes, 0);
  return made ? Diagnostic() : detail::out_of_memory("an instance");
}

AIRSTRIP_INLINE Diagnostic Instance::make_sets(VkDescriptorPool pool) {
  const detail::ModelBody& m = *model_;
  const detail::Handles& h = m.handles;
  if (m.set_layouts.empty()) return {};
  if (!pool) {
    auto info =
        detail::make_structure<VkDescriptorPoolCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
    info.maxSets = static_cast<std::uint32_t>(m.set_layouts.size());
    info.poolSizeCount = static_cast<std::uint32_t>(m.pool_sizes.size());
    info.pPoolSizes = m.pool_sizes.data();
    const VkResult result = h.f.vkCreateDescriptorPool(h.device, &info, h.allocation(), &pool);
    if (result < 0) return detail::failed_call("vkCreateDescriptorPool", result);
    own_pool_ = pool;
  }
  auto info =
      detail::make_structure<VkDescriptorSetAllocateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO);
  info.descriptorPool = pool;
  info.descriptorSetCount = static_cast<std::uint32_t>(m.set_layouts.size());
  info.pSetLayouts = m.set_layouts.data();
  const VkResult result = h.f.vkAllocateDescriptorSets(h.device, &info, sets_.data());
  if (result < 0) return detail::failed_call("vkAllocateDescriptorSets", result);
  return {};
}

AIRSTRIP_INLINE void Instance::write_own_descriptors() {
  const detail::ModelBody& m = *model_;
  detail::DescriptorWriter writer(m.handles);
  for (const detail::PlannedDispatch& d : m.dispatches) {
    const program::ModuleRecord& module = *m.modules[d.module].record;
    const Span<const program::BindingRecord> bindings = m.program.bindings(module);
    for (const program::OperandRecord& o : m.program.operands(*d.record)) {
      const program::RegionRecord& r = m.program.regions()[o.region];
      if (o.binding == program::none || r.memory == program::Memory::Tensor) continue;
      const BufferMemory& memory = memories_[static_cast<std::uint32_t>(r.memory)];
      writer.buffer(sets_[d.first_set + bindings[o.binding].set], bindings[o.binding].binding,
                    VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                    {memory.buffer, memory.offset + r.offset, detail::bound_bytes(r)});
    }
    if (program::has_uniform(module))
      writer.buffer(sets_[d.first_set + module.parameter_set], module.parameter_binding,
                    VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
                    {uniform_.buffer, uniform_.offset + d.uniform_offset, module.parameter_bytes});
  }
}

AIRSTRIP_INLINE Instance::~Instance() {
  if (own_pool_)
    model_->handles.f.vkDestroyDescriptorPool(model_->handles.device, own_pool_,
                                              model_->handles.allocation());
}
AIRSTRIP_INLINE Instance::Instance(Instance&& other) noexcept { *this = static_cast<Instance&&>(other); }
AIRSTRIP_INLINE Instance& Instance::operator=(Instance&& other) noexcept {
  if (this == &other) return *this;
  if (own_pool_)
    model_->handles.f.vkDestroyDescriptorPool(model_->handles.device, own_pool_,
                                              model_->handles.allocation());
  model_ = other.model_;
  for (unsigned i = 0; i < 4; ++i) memories_[i] = other.memories_[i];
  uniform_ = other.uniform_;
  own_pool_ = other.own_pool_;
  sets_ = static_cast<Buffer<VkDescriptorSet>&&>(other.sets_);
  tensors_ = static_cast<Buffer<Bound>&&>(other.tensors_);
  values_ = static_cast<Buffer<program::ParameterValue>&&>(other.values_);
  new_values_ = static_cast<Buffer<program::ParameterValue>&&>(other.new_values_);
  numbers_ = static_cast<Buffer<Number>&&>(other.numbers_);
  new_numbers_ = static_cast<Buffer<Number>&&>(other.new_numbers_);
  sizes_ = static_cast<Buffer<std::int64_t>&&>(other.sizes_);
  new_sizes_ = static_cast<Buffer<std::int64_t>&&>(other.new_sizes_);
  groups_ = static_cast<Buffer<program::GroupCounts>&&>(other.groups_);
  new_groups_ = static_cast<Buffer<program::GroupCounts>&&>(other.new_groups_);
  has_sizes_ = other.has_sizes_;
  can_prepare_ = other.can_prepare_;
  is_timed_ = other.is_timed_;
  costs_ = static_cast<Buffer<Cost>&&>(other.costs_);
  cost_model_ = other.cost_model_;
  arguments_ = static_cast<Buffer<unsigned char>&&>(other.arguments_);
  next_ = other.next_;
  other.model_ = nullptr;
  other.own_pool_ = VK_NULL_HANDLE;
  return *this;
}

AIRSTRIP_PLAYER_NAMESPACE_END

#include "bind.hpp"
#include "record.hpp"
