// The SPIR-V writer: buffers, arrays, atomics, images, barriers, matrices.
#pragma once

#include "spirv_emission.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// What an access reads or writes: a matrix counts as its component.
inline Type SpirvEmission::accessed_type(NodeId id) const {
  const Op op = kernel_->op(id);
  const bool stores = op == Op::Store || op == Op::AtomicStore || op == Op::MatrixStore;
  const Type type = stores ? kernel_->type(kernel_->operands(id)[0]) : kernel_->type(id);
  return type.is_matrix() ? type.component() : type;
}

inline std::uint32_t SpirvEmission::view_for(std::uint32_t resource, Type element) {
  for (std::uint32_t v = first_view_[resource]; v != 0; v = views_[v - 1].next)
    if (views_[v - 1].element == element) return v - 1;
  return static_cast<std::uint32_t>(views_.size());
}

// What one walk through a function finds: which memory it uses and as arrays of what, and what its first block loads.
inline void SpirvEmission::scan_function(std::size_t function) {
  const Span<const Resource> resources = kernel_->resources();
  // A variable that one function uses is that function's; one that several use is the invocation's.
  const auto number = static_cast<std::uint8_t>(function < 254 ? function + 1 : 255);
  for_each_node(*kernel_, kernel_->functions()[function].body, [&](NodeId id) {
    const Node& node = kernel_->node(id);
    for (const NodeId operand : kernel_->operands(id)) {
      if (seen_[operand] > function) continue;
      seen_[operand] = static_cast<std::uint32_t>(function) + 1;
      entry_loads_.push_back(operand);
    }
    std::uint32_t resource;
    Type element;
    switch (node.op) {
      case Op::VariableLoad:
      case Op::VariableStore:
        resource = node.immediate;
        element = resources[resource].element;
        break;
      case Op::ImageLoad:
      case Op::ImageStore:
      case Op::ImageFetch:
      case Op::ImageSample:
      case Op::ImageSize: entry_images_.push_back(id); return;
      case Op::ArrayLength:
        resource = kernel_->access_of(id).resource;
        if (first_view_[resource] != 0) return;
        element = Type(Scalar::U32);
        break;
      default:
        if (!is_memory_access(node.op)) return;
        resource = kernel_->access_of(id).resource;
        element = resources[resource].kind == ResourceKind::Buffer ? accessed_type(id)
                                                                   : resources[resource].element;
        break;
    }
    std::uint8_t& user = variable_function_[resource];
    user = user == 0 || user == number ? number : 255;
    if (view_for(resource, element) != views_.size()) return;
    if (!views_.push_back({resource, element, ValueId(), element.size(), first_view_[resource], TypeId()}))
      return;
    first_view_[resource] = static_cast<std::uint32_t>(views_.size());
  });
}

inline void SpirvEmission::declare_views() {
  const Span<const Resource> resources = kernel_->resources();
  // Bindings in their order; other memory in that of declaration.
  for (std::uint32_t resource = 0; resource < resources.size(); ++resource) {
    const Resource& r = resources[resource];
    const SourceLocation at = kernel_->locations()[r.location].at;
    const Text name = write_options_->names ? kernel_->text(r.name) : Text();
    const ResourceBinding* binding = nullptr;
    for (const ResourceBinding& b : interface_->bindings)
      if (b.resource == resource) binding = &b;
    for (std::uint32_t v = first_view_[resource]; v != 0; v = views_[v - 1].next) {
      View& view = views_[v - 1];
      if (r.kind == ResourceKind::Buffer) {
        if (binding->kind == DescriptorKind::Address) continue;  // a pointer of each function
        view.variable = add_storage_array(type_id(view.element), binding->set, binding->binding, name,
                                          spirv::LayoutRule::Std430, at);
        if (!can_write(r.access)) decorate(view.variable, spirv::Decoration::NonWritable, at);
        if (!can_read(r.access)) decorate(view.variable, spirv::Decoration::NonReadable, at);
        if (r.coherent && !vulkan_memory_) decorate(view.variable, spirv::Decoration::Coherent, at);
        // Two variables for one buffer alias each other (SPIR-V 2.18.2: what is not Aliased is taken not to).
        const bool several = view.next != 0 || first_view_[resource] != v;
        if (several || r.may_alias) decorate(view.variable, spirv::Decoration::Aliased, at);
      } else if (r.kind == ResourceKind::Workgroup) {
        view.variable = add_workgroup_variable(declare_array(type_id(view.element), r.count, at), name, at);
      } else if (variable_function_[resource] == 255) {
        const TypeId element = type_id(view.element);
        const TypeId type = r.kind == ResourceKind::Variable ? element : declare_array(element, r.count, at);
        view.variable = add_private_variable(type, {}, name, at);
      }
    }
  }
}

// --- pointers --------------------------------------------------------------------------------------------------------

inline ValueId SpirvEmission::array_pointer(std::uint32_t view, ValueId index, std::uint32_t component,
                                            SourceLocation at) {
  std::uint32_t& recent = recent_pointers_[(index.number() * 31 + view * 7 + component) & 255];
  if (recent < pointers_.size()) {
    const Pointer& p = pointers_[recent];
    if (p.view == view && p.index == index && p.component == component) return p.pointer;
  }
  View& v = views_[view];
  const bool buffer = kernel_->resource(v.resource).kind == ResourceKind::Buffer;
  if (!v.pointer && component == 0)
    v.pointer = declare_pointer(storage_class_of(type_of(v.variable)), type_id(v.element), at);
  OperandWord words[4] = {v.variable};
  std::size_t count = 1;
  if (buffer) words[count++] = zero_;
  words[count++] = index;
  if (component != 0) words[count++] = constant(component - 1, at);
  const ValueId pointer(write(spirv::Op::OpAccessChain, component != 0 ? TypeId() : v.pointer,
                              Span<const OperandWord>(words, count), at));
  recent = static_cast<std::uint32_t>(pointers_.size());
  pointers_.push_back({view, index, component, pointer});
  return pointer;
}

inline ValueId SpirvEmission::pointer_to(NodeId id, Type accessed) {
  const MemoryAccess& access = kernel_->access_of(id);
  const Resource& r = kernel_->resource(access.resource);
  const bool buffer = r.kind == ResourceKind::Buffer;
  const ValueId index = value(kernel_->address_of(id)[0]);
  std::uint32_t component = 0;
  if (!buffer && r.element.is_vector() && !accessed.is_vector())
    component = access.offset / (r.element.is_boolean() ? 1 : r.element.width() / 8) + 1;
  const std::uint32_t view = view_for(access.resource, buffer ? accessed : r.element);
  return array_pointer(view, index, component, kernel_->location(id));
}

inline spirv::Scope SpirvEmission::scope_of(MemoryScope scope, SourceLocation at) {
  switch (scope) {
    // The Vulkan memory model takes Device only with a capability of its own (VulkanMemoryModelDeviceScope).
    case MemoryScope::Device: return vulkan_memory_ ? spirv::Scope::QueueFamily : spirv::Scope::Device;
    case MemoryScope::QueueFamily: return vulkan_memory_ ? spirv::Scope::QueueFamily : spirv::Scope::Device;
    case MemoryScope::Workgroup: return spirv::Scope::Workgroup;
    case MemoryScope::Subgroup:
      // Vulkan 1.0 knows no such scope (VUID-StandaloneSpirv-SubgroupVoteKHR-06997).
      if (target().environment() == spirv::Environment::Vulkan &&
          target().environment_version() < spirv::make_version(1, 1))
        fail(ErrorCode::MissingCapability,
             "the scope of the subgroup needs GroupNonUniform and Vulkan 1.1; the target is vulkan1.0", at);
      return spirv::Scope::Subgroup;
    case MemoryScope::Invocation: break;
  }
  return spirv::Scope::Invocation;
}

inline const spirv::operand::MemoryAccess& SpirvEmission::memory_access(const MemoryAccess& access,
                                                                        bool load) {
  const Resource& r = kernel_->resource(access.resource);
  const bool shared = r.kind == ResourceKind::Buffer || r.kind == ResourceKind::Workgroup;
  const bool address =
      r.kind == ResourceKind::Buffer && write_options_->layout == BindingLayout::DeviceAddresses;
  const bool exchanged = vulkan_memory_ && shared && can_write(r.access);
  if (!access.is_volatile && !address && !exchanged) return no_access_;
  spirv::operand::MemoryAccess& result = access_;
  result = no_access_;
  if (access.is_volatile) result.Volatile();
  if (address) result.Aligned(access.alignment);
  if (!exchanged) return result;
  // What invocations exchange across barriers is not private (SPIR-V 2.18.1, Vulkan memory model).
  if (access.coherent) {
    if (load)
      result.MakePointerVisible(scope_of(MemoryScope::Device, {}));
    else
      result.MakePointerAvailable(scope_of(MemoryScope::Device, {}));
  }
  result.NonPrivatePointer();
  return result;
}

inline void SpirvEmission::emit_memory(NodeId id) {
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  switch (node.op) {
    case Op::VariableLoad: {
      const ValueId variable = views_[first_view_[node.immediate] - 1].variable;
      set(id, OpLoad(variable, {}, at));
      return;
    }
    case Op::VariableStore: {
      const ValueId variable = views_[first_view_[node.immediate] - 1].variable;
      OpStore(variable, value(node.operands[0]), {}, at);
      return;
    }
    case Op::Load: {
      const ValueId pointer = pointer_to(id, node.type);
      const TypeId type = type_id(node.type);
      const spirv::operand::MemoryAccess& access = memory_access(kernel_->access_of(id), true);
      set(id, access.present() ? OpLoad(type, pointer, access, at)
                               : ValueId(write(spirv::Op::OpLoad, type, pointer, at)));
      return;
    }
    case Op::Store: {
      const NodeId stored = kernel_->operands(id)[0];
      const ValueId pointer = pointer_to(id, kernel_->type(stored));
      const spirv::operand::MemoryAccess& access = memory_access(kernel_->access_of(id), false);
      if (access.present())
        OpStore(pointer, value(stored), access, at);
      else
        write(spirv::Op::OpStore, {}, pointer, value(stored), at);
      return;
    }
    default: {  // ArrayLength
      const MemoryAccess& access = kernel_->access_of(id);
      const View& view = views_[first_view_[access.resource] - 1];
      if (write_options_->layout == BindingLayout::DeviceAddresses) {
        String message("the length of ");
        message << kernel_->resource_name(access.resource)
                << " is not known where buffers are bound by their addresses; give it as a parameter";
        fail(ErrorCode::MissingCapability, static_cast<String&&>(message), at, "OpArrayLength");
        return;
      }
      const TypeId type = type_id(node.type);
      ValueId length = OpArrayLength(type, view.variable, 0, at);
      // In elements of the view; asked for in those of the access.
      if (view.stride > access.stride)
        length =
            ValueId(write(spirv::Op::OpIMul, type, length, constant(view.stride / access.stride, at), at));
      else if (view.stride < access.stride)
        length =
            ValueId(write(spirv::Op::OpUDiv, type, length, constant(access.stride / view.stride, at), at));
      set(id, length);
      return;
    }
  }
}

inline std::uint32_t SpirvEmission::storage_semantics(std::uint8_t storage) const {
  bool buffers = false, workgroup = false, images = false;
  for (const Resource& r : kernel_->resources()) {
    buffers = buffers || (r.kind == ResourceKind::Buffer && can_write(r.access));
    images = images || (r.kind == ResourceKind::StorageImage && can_write(r.access));
    workgroup = workgroup || r.kind == ResourceKind::Workgroup;
  }
  std::uint32_t bits = 0;
  if (buffers && (storage & memory::buffers))
    bits |= static_cast<std::uint32_t>(spirv::MemorySemantics::UniformMemory);
  if (workgroup && (storage & memory::workgroup))
    bits |= static_cast<std::uint32_t>(spirv::MemorySemantics::WorkgroupMemory);
  if (images && (storage & memory::images))
    bits |= static_cast<std::uint32_t>(spirv::MemorySemantics::ImageMemory);
  return bits;
}

inline void SpirvEmission::emit_barrier(NodeId id) {
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  const SyncScope sync = SyncScope::unpack(node.immediate);
  // Of its own accesses an invocation needs no ordering, and Vulkan permits none to be asked for (04641).
  std::uint32_t semantics = sync.memory == MemoryScope::Invocation ? 0 : storage_semantics(sync.storage);
  if (semantics != 0) {
    semantics |= static_cast<std::uint32_t>(spirv::MemorySemantics::AcquireRelease);
    if (vulkan_memory_)
      semantics |= static_cast<std::uint32_t>(spirv::MemorySemantics::MakeAvailable) |
                   static_cast<std::uint32_t>(spirv::MemorySemantics::MakeVisible);
  }
  const auto mask = static_cast<spirv::MemorySemantics>(semantics);
  if (node.op == Op::MemoryBarrier && semantics == 0) return;
  const spirv::Scope memory = scope_of(sync.memory, at);
  if (node.op == Op::Barrier)
    OpControlBarrier(scope_of(sync.execution, at), memory, mask, at);
  else
    OpMemoryBarrier(memory, mask, at);
}

inline void SpirvEmission::emit_atomic(NodeId id) {
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  const MemoryAccess& access = kernel_->access_of(id);
  const Type type = accessed_type(id);
  const ValueId pointer = pointer_to(id, type);
  const spirv::ScopeOperand scope(scope_of(access.scope, at));
  const std::uint32_t storage =
      access.scope == MemoryScope::Invocation ? 0 : storage_semantics(access.ordering);
  using S = spirv::MemorySemantics;
  const auto semantics = [&](S order) {
    if (storage == 0) return S::Relaxed;
    std::uint32_t bits = storage | static_cast<std::uint32_t>(order);
    if (vulkan_memory_ && order != S::Acquire) bits |= static_cast<std::uint32_t>(S::MakeAvailable);
    if (vulkan_memory_ && order != S::Release) bits |= static_cast<std::uint32_t>(S::MakeVisible);
    return static_cast<S>(bits);
  };
  const S both = semantics(S::AcquireRelease);
  const TypeId result = type_id(type);
  const Span<const NodeId> operands = kernel_->operands(id);
  const ValueId first = operands.size() > 1 ? value(operands[0]) : ValueId();
  const bool is_float = type.is_float(), is_signed = type.is_signed();
  switch (node.op) {
    case Op::AtomicLoad: set(id, OpAtomicLoad(result, pointer, scope, semantics(S::Acquire), at)); return;
    case Op::AtomicStore: OpAtomicStore(pointer, scope, semantics(S::Release), first, at); return;
    case Op::AtomicExchange: set(id, OpAtomicExchange(result, pointer, scope, both, first, at)); return;
    case Op::AtomicCompareExchange:
      set(id, OpAtomicCompareExchange(result, pointer, scope, both, semantics(S::Acquire), first,
                                      value(operands[1]), at));
      return;
    case Op::AtomicAdd:
      set(id, is_float ? OpAtomicFAddEXT(result, pointer, scope, both, first, at)
                       : OpAtomicIAdd(result, pointer, scope, both, first, at));
      return;
    case Op::AtomicSub: set(id, OpAtomicISub(result, pointer, scope, both, first, at)); return;
    case Op::AtomicMin:
      set(id, is_float    ? OpAtomicFMinEXT(result, pointer, scope, both, first, at)
              : is_signed ? OpAtomicSMin(result, pointer, scope, both, first, at)
                          : OpAtomicUMin(result, pointer, scope, both, first, at));
      return;
    case Op::AtomicMax:
      set(id, is_float    ? OpAtomicFMaxEXT(result, pointer, scope, both, first, at)
              : is_signed ? OpAtomicSMax(result, pointer, scope, both, first, at)
                          : OpAtomicUMax(result, pointer, scope, both, first, at));
      return;
    case Op::AtomicAnd: set(id, OpAtomicAnd(result, pointer, scope, both, first, at)); return;
    case Op::AtomicOr: set(id, OpAtomicOr(result, pointer, scope, both, first, at)); return;
    default: set(id, OpAtomicXor(result, pointer, scope, both, first, at)); return;
  }
}

// --- images ----------------------------------------------------------------------------------------------------------

inline void SpirvEmission::emit_image(NodeId id) {
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  const Resource& r = kernel_->resource(node.immediate);
  const ValueId image = images_[node.immediate];
  const TypeId type = type_id(node.type);
  const ValueId first = value(node.operands[0]);
  const bool coherent = vulkan_memory_ && r.coherent;
  const auto bare = [&] {
    // The image inside a combined image and sampler.
    return OpImage(element_type(type_of(image)), image, at);
  };
  switch (node.op) {
    case Op::ImageLoad: {
      spirv::operand::ImageOperands operands;
      if (coherent) operands.MakeTexelVisible(scope_of(MemoryScope::Device, {})).NonPrivateTexel();
      set(id, OpImageRead(type, image, first, operands, at));
      return;
    }
    case Op::ImageStore: {
      spirv::operand::ImageOperands operands;
      if (coherent) operands.MakeTexelAvailable(scope_of(MemoryScope::Device, {})).NonPrivateTexel();
      OpImageWrite(image, first, value(node.operands[1]), operands, at);
      return;
    }
    case Op::ImageFetch: {
      const ValueId level = value(node.operands[1]);
      const ValueId texels = bare();
      set(id, OpImageFetch(type, texels, first, spirv::operand::ImageOperands().Lod(level), at));
      return;
    }
    case Op::ImageSample: {
      const ValueId level = value(node.operands[1]);
      set(id, OpImageSampleExplicitLod(type, image, first, spirv::operand::ImageOperands().Lod(level), at));
      return;
    }
    default: {  // ImageSize
      if (r.kind == ResourceKind::StorageImage) {
        set(id, OpImageQuerySize(type, image, at));
      } else {
        const ValueId texels = bare();
        set(id, OpImageQuerySizeLod(type, texels, first, at));
      }
      return;
    }
  }
}

// --- cooperative matrices ----------------------------------------------------------------------------------------------

// A variable through which single components of a matrix are reached.
inline ValueId SpirvEmission::scratch_matrix(Type type, SourceLocation at) {
  const std::size_t key = type.matrix_shape() * 16u + static_cast<std::size_t>(type.scalar());
  if (key >= scratch_.size()) scratch_.resize(key + 1, ValueId());
  if (key >= scratch_.size()) {
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", at);
    return {};
  }
  if (!scratch_[key]) scratch_[key] = add_local_variable(type_id(type), {}, {}, at);
  return scratch_[key];
}

inline void SpirvEmission::emit_matrix(NodeId id) {
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  const Span<const NodeId> operands = kernel_->operands(id);
  switch (node.op) {
    case Op::MatrixLoad: {
      const MemoryAccess& access = kernel_->access_of(id);
      const ValueId pointer = pointer_to(id, node.type.component());
      const ValueId layout = constant(static_cast<std::uint32_t>(access.column_major), at);
      set(id, OpCooperativeMatrixLoadKHR(type_id(node.type), pointer, layout, value(operands[0]),
                                         memory_access(access, true), at));
      return;
    }
    case Op::MatrixStore: {
      const MemoryAccess& access = kernel_->access_of(id);
      const ValueId pointer = pointer_to(id, kernel_->type(operands[0]).component());
      const ValueId layout = constant(static_cast<std::uint32_t>(access.column_major), at);
      OpCooperativeMatrixStoreKHR(pointer, value(operands[0]), layout, value(operands[1]),
                                  memory_access(access, false), at);
      return;
    }
    case Op::MatrixMulAdd: {
      using M = spirv::CooperativeMatrixOperands;
      std::uint32_t flags = 0;
      const auto note = [&](Type type, M bit) {
        if (type.is_signed()) flags |= static_cast<std::uint32_t>(bit);
      };
      note(kernel_->type(operands[0]), M::MatrixASignedComponentsKHR);
      note(kernel_->type(operands[1]), M::MatrixBSignedComponentsKHR);
      note(kernel_->type(operands[2]), M::MatrixCSignedComponentsKHR);
      note(node.type, M::MatrixResultSignedComponentsKHR);
      if (node.immediate & 1) flags |= static_cast<std::uint32_t>(M::SaturatingAccumulationKHR);
      spirv::Optional<M> mask;
      if (flags != 0) mask = static_cast<M>(flags);
      set(id, OpCooperativeMatrixMulAddKHR(type_id(node.type), value(operands[0]), value(operands[1]),
                                           value(operands[2]), mask, at));
      return;
    }
    case Op::MatrixLength:
      set(id, OpCooperativeMatrixLengthKHR(type_id(node.type), type_id(Type::from_bits(node.immediate)), at));
      return;
    case Op::MatrixScale:
      set(id, write(spirv::Op::OpMatrixTimesScalar, type_id(node.type), value(operands[0]),
                    value(operands[1]), at));
      return;
    default: {  // MatrixExtract, MatrixInsert
      const bool insert = node.op == Op::MatrixInsert;
      const ValueId variable = scratch_matrix(kernel_->type(operands[0]), at);
      OpStore(variable, value(operands[0]), {}, at);
      const ValueId index = value(operands[insert ? 2 : 1]);
      const TypeId component = type_id(insert ? node.type.component() : node.type);
      const TypeId pointer_type = declare_pointer(spirv::StorageClass::Function, component, at);
      const ValueId pointer = OpAccessChain(pointer_type, variable, Span<const ValueId>(&index, 1), at);
      if (!insert) {
        set(id, OpLoad(pointer, {}, at));
        return;
      }
      OpStore(pointer, value(operands[1]), {}, at);
      set(id, OpLoad(variable, {}, at));
      return;
    }
  }
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
