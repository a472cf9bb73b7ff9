// The SPIR-V writer: types, constants, parameters, built-in values, entry point, functions.
#pragma once

#include "spirv_emission.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

inline TypeId SpirvEmission::type_id(Type type) {
  if (type.is_matrix()) {
    const std::size_t key = type.matrix_shape() * 16u + static_cast<std::size_t>(type.scalar());
    if (key >= matrix_types_.size()) matrix_types_.resize(key + 1, TypeId());
    if (key >= matrix_types_.size()) {
      fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", {});
      return {};
    }
    if (!matrix_types_[key]) {
      const MatrixShape shape = kernel_->matrix_shapes()[type.matrix_shape()];
      const spirv::CooperativeMatrixUse use =
          shape.use == MatrixUse::A   ? spirv::CooperativeMatrixUse::MatrixAKHR
          : shape.use == MatrixUse::B ? spirv::CooperativeMatrixUse::MatrixBKHR
                                      : spirv::CooperativeMatrixUse::MatrixAccumulatorKHR;
      const TypeId component = type_id(type.component());
      matrix_types_[key] =
          declare_cooperative_matrix(component, spirv::Scope::Subgroup, shape.rows, shape.columns, use);
    }
    return matrix_types_[key];
  }
  const auto s = static_cast<std::size_t>(type.scalar());
  TypeId& known = types_[s][type.components()];
  if (known) return known;
  if (type.is_vector()) {
    const TypeId component = type_id(type.component());
    known = declare_vector(component, type.components());
  } else if (type.is_void()) {
    known = declare_void();
  } else if (type.is_boolean()) {
    known = declare_bool();
  } else if (type.scalar() == Scalar::BF16) {
    known = declare_float(16, spirv::FPEncoding::BFloat16KHR);
  } else if (type.is_float()) {
    known = declare_float(type.width());
  } else {
    known = declare_int(type.width(), type.is_signed());
  }
  return known;
}

inline ValueId SpirvEmission::constant_id(NodeId id) {
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  if (node.op == Op::SpecConstant) {
    const SpecConstantInfo& info = kernel_->spec_constants()[node.immediate];
    const TypeId type = type_id(info.type);
    return add_spec_constant(info.number, type, info.value,
                             write_options_->names ? kernel_->text(info.name) : Text(), at);
  }
  const TypeId type = type_id(node.type);
  if (node.op == Op::Constant) {
    const std::uint64_t bits = kernel_->constant_bits(id);
    return node.type.is_boolean() ? declare_bool_constant(bits != 0, at) : declare_constant(type, bits, at);
  }
  ValueId parts[4];
  const Span<const NodeId> components = kernel_->operands(id);
  for (std::size_t i = 0; i < components.size() && i < 4; ++i) {
    if (!values_[components[i]]) values_[components[i]] = constant_id(components[i]);
    parts[i] = values_[components[i]];
  }
  return declare_composite(type, Span<const ValueId>(parts, components.size()), at);
}

// --- what is bound -------------------------------------------------------------------------------------------------

inline void SpirvEmission::declare_interface() {
  declare_parameters();
  declare_views();
  const Span<const Resource> resources = kernel_->resources();
  image_variables_.clear();
  if (!image_variables_.resize(resources.size(), ValueId())) {
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", {});
    return;
  }
  for (const ResourceBinding& binding : interface_->bindings) {
    const Resource& r = resources[binding.resource];
    if (r.kind != ResourceKind::StorageImage && r.kind != ResourceKind::SampledImage) continue;
    static constexpr spirv::ImageFormat formats[] = {
        spirv::ImageFormat::Unknown,  spirv::ImageFormat::Rgba32f, spirv::ImageFormat::Rgba16f,
        spirv::ImageFormat::R32f,     spirv::ImageFormat::Rgba8,   spirv::ImageFormat::Rgba8Snorm,
        spirv::ImageFormat::R32i,     spirv::ImageFormat::R32ui,   spirv::ImageFormat::Rgba32i,
        spirv::ImageFormat::Rgba32ui, spirv::ImageFormat::Rgba8ui, spirv::ImageFormat::Rgba8i};
    const SourceLocation at = kernel_->locations()[r.location].at;
    spirv::ImageDescription description;
    description.sampled_type = type_id(r.element.component());
    description.arrayed = r.dim == ImageDim::Dim2DArray;
    description.storage = r.kind == ResourceKind::StorageImage;
    description.format = formats[static_cast<std::size_t>(r.format)];
    TypeId type = declare_image(description, at);
    if (r.kind == ResourceKind::SampledImage) type = declare_sampled_image(type, at);
    const ValueId variable = add_resource(type, binding.set, binding.binding,
                                          write_options_->names ? kernel_->text(r.name) : Text(), at);
    image_variables_[binding.resource] = variable;
    if (r.kind == ResourceKind::StorageImage) {
      if (!can_read(r.access)) decorate(variable, spirv::Decoration::NonReadable, at);
      if (!can_write(r.access)) decorate(variable, spirv::Decoration::NonWritable, at);
      if (r.coherent && !vulkan_memory_) decorate(variable, spirv::Decoration::Coherent, at);
    }
  }
}

// The block of parameters: addresses of buffers first, then the parameters.
inline void SpirvEmission::declare_parameters() {
  parameters_block_ = ValueId();
  if (interface_->parameter_bytes == 0) return;
  Buffer<spirv::StructMember> members;
  for (const ResourceBinding& binding : interface_->bindings) {
    if (binding.kind != DescriptorKind::Address) continue;
    const Resource& r = kernel_->resource(binding.resource);
    // One pointer type for each, of what is accessed; accesses of other types cast it, which SwiftShader cannot.
    const std::uint32_t view = first_view_[binding.resource];
    const TypeId element = type_id(view != 0 ? views_[view - 1].element : r.element.component());
    const TypeId array = declare_runtime_array(element, spirv::LayoutRule::Std430);
    const spirv::StructMember data{array, "data"};
    const TypeId block_type = declare_struct(Span<const spirv::StructMember>(&data, 1),
                                             spirv::LayoutRule::Std430, spirv::BlockKind::Uniform);
    spirv::StructMember member;
    member.type = declare_pointer(spirv::StorageClass::PhysicalStorageBuffer, block_type);
    member.offset = binding.address_offset;
    if (write_options_->names) member.name = kernel_->text(r.name);
    members.push_back(member);
  }
  for (const ParameterSlot& slot : interface_->parameters) {
    spirv::StructMember member;
    member.type = type_id(slot.type);
    member.offset = slot.offset;
    if (write_options_->names) member.name = kernel_->text(kernel_->parameters()[slot.parameter].name);
    members.push_back(member);
  }
  const Span<const spirv::StructMember> all(members.data(), members.size());
  if (members.out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory while the parameters were declared", {});
  const bool uniform = interface_->placement == ParameterPlacement::Uniform;
  const TypeId block_type = declare_struct(all, spirv::LayoutRule::Std430, spirv::BlockKind::Uniform);
  const Text name = write_options_->names ? Text("parameters") : Text();
  parameters_block_ = uniform
                          ? add_uniform_buffer(block_type, interface_->parameter_set,
                                               interface_->parameter_binding, name, spirv::LayoutRule::Std430)
                          : add_push_constants(block_type, name);
}

inline ValueId SpirvEmission::load_parameter(std::uint32_t index, SourceLocation at) {
  std::uint32_t member = 0;
  for (const ResourceBinding& binding : interface_->bindings)
    member += binding.kind == DescriptorKind::Address;
  const ParameterSlot& slot = interface_->parameters[index];
  const Type type = kernel_->parameters()[index].type;
  const ValueId number = constant(static_cast<std::int32_t>(member + index), at);
  const ValueId loaded = load_at(parameters_block_, Span<const ValueId>(&number, 1), at);
  if (type == slot.type) return loaded;
  if (type.is_boolean())
    return ValueId(write(spirv::Op::OpINotEqual, type_id(type), loaded, zero_of(slot.type, at), at));
  if (!type.is_float()) return convert(loaded, slot.type, type, at);
  // The bits of f16 or bf16 as f32, which converts without rounding.
  const Type f32_type(Scalar::F32), word(Scalar::U32);
  ValueId parts[4];
  for (unsigned i = 0; i < type.components(); ++i) {
    const spirv::Literal which(i);
    const ValueId bits = type.is_vector() ? OpCompositeExtract(type_id(word), loaded,
                                                               Span<const spirv::Literal>(&which, 1), at)
                                          : loaded;
    if (type.scalar() == Scalar::F16) {
      const ValueId both = glsl(spirv::GLSLstd450::UnpackHalf2x16, Span<const ValueId>(&bits, 1),
                                type_id(Type(Scalar::F32, 2)), at);
      const spirv::Literal low(0u);
      parts[i] = OpCompositeExtract(type_id(f32_type), both, Span<const spirv::Literal>(&low, 1), at);
    } else {
      const ValueId shifted(write(spirv::Op::OpShiftLeftLogical, type_id(word), bits, constant(16u, at), at));
      parts[i] = ValueId(write(spirv::Op::OpBitcast, type_id(f32_type), shifted, at));
    }
    parts[i] = ValueId(write(spirv::Op::OpFConvert, type_id(type.component()), parts[i], at));
  }
  if (!type.is_vector()) return parts[0];
  return OpCompositeConstruct(type_id(type), Span<const ValueId>(parts, type.components()), at);
}

// --- built-in values -----------------------------------------------------------------------------------------------

inline ValueId SpirvEmission::workgroup_size_id(SourceLocation at) {
  if (workgroup_size_) return workgroup_size_;
  const KernelOptions& options = kernel_->options();
  const TypeId vector = type_id(Type(Scalar::U32, 3));
  ValueId parts[3];
  bool special = false;
  for (unsigned i = 0; i < 3; ++i) {
    const std::uint32_t number = options.workgroup_spec[i];
    special = special || number != 0;
    parts[i] = number != 0
                   ? add_spec_constant(number, type_id(Type(Scalar::U32)), options.workgroup[i], {}, at)
                   : constant(options.workgroup[i], at);
  }
  workgroup_size_ = special ? add_spec_composite(vector, parts, at) : declare_composite(vector, parts, at);
  return workgroup_size_;
}

inline ValueId SpirvEmission::load_builtin(BuiltIn which, SourceLocation at) {
  static constexpr spirv::BuiltIn numbers[] = {
      spirv::BuiltIn::GlobalInvocationId,   spirv::BuiltIn::LocalInvocationId,
      spirv::BuiltIn::LocalInvocationIndex, spirv::BuiltIn::WorkgroupId,
      spirv::BuiltIn::NumWorkgroups,        spirv::BuiltIn::WorkgroupSize,
      spirv::BuiltIn::SubgroupId,           spirv::BuiltIn::NumSubgroups,
      spirv::BuiltIn::SubgroupSize,         spirv::BuiltIn::SubgroupLocalInvocationId};
  if (which == BuiltIn::WorkgroupSize) return workgroup_size_id(at);
  const spirv::BuiltIn number = numbers[static_cast<std::size_t>(which)];
  const bool vector = which <= BuiltIn::NumWorkgroups && which != BuiltIn::LocalInvocationIndex;
  const ValueId variable =
      vector ? declare_builtin_uvec3(number, at) : declare_builtin(number, type_id(Type(Scalar::U32)), at);
  return OpLoad(variable, {}, at);
}

// --- functions -----------------------------------------------------------------------------------------------------

inline void SpirvEmission::load_global(NodeId id) {
  if (values_[id]) return;
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  switch (node.op) {
    case Op::Constant:
    case Op::ConstantVector:
    case Op::SpecConstant: values_[id] = constant_id(id); break;
    case Op::Parameter: values_[id] = load_parameter(node.immediate, at); break;
    case Op::BuiltInValue: values_[id] = load_builtin(static_cast<BuiltIn>(node.immediate), at); break;
    default: values_[id] = OpUndef(type_id(node.type), at); break;
  }
}

// What stands in no region is loaded once, where the function begins: constants anywhere, the rest in its first block.
inline void SpirvEmission::load_globals(std::size_t function) {
  for (std::uint32_t i = function == 0 ? 0 : entries_[function - 1].loads; i < entries_[function].loads; ++i)
    load_global(entry_loads_[i]);
  for (std::uint32_t i = function == 0 ? 0 : entries_[function - 1].images; i < entries_[function].images;
       ++i) {
    const std::uint32_t resource = kernel_->node(entry_images_[i]).immediate;
    if (!images_[resource])
      images_[resource] = OpLoad(image_variables_[resource], {}, kernel_->location(entry_images_[i]));
  }
}

inline void SpirvEmission::emit_function(std::size_t index) {
  const Function& function = kernel_->functions()[index];
  const SourceLocation at = kernel_->locations()[function.location].at;
  const Span<const NodeId> arguments = kernel_->arguments(function.body);
  Buffer<TypeId> parameters;
  for (const NodeId argument : arguments) parameters.push_back(type_id(kernel_->type(argument)));
  if (parameters.out_of_memory()) {
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", at);
    return;
  }
  const TypeId result = type_id(function.result);
  const Text name = write_options_->names ? kernel_->text(function.name) : Text();
  begin_function(functions_[index], result, Span<const TypeId>(parameters.data(), parameters.size()), name,
                 spirv::FunctionControl::MaskNone, at);
  for (std::size_t i = 0; i < arguments.size(); ++i) values_[arguments[i]] = parameter(i);

  const Span<const Resource> resources = kernel_->resources();
  for (View& view : views_) {
    const Resource& r = resources[view.resource];
    if ((r.kind != ResourceKind::Variable && r.kind != ResourceKind::Private) ||
        variable_function_[view.resource] != index + 1)
      continue;
    const TypeId element = type_id(view.element);
    const TypeId type = r.kind == ResourceKind::Variable ? element : declare_array(element, r.count);
    view.variable = add_local_variable(type, {}, write_options_->names ? kernel_->text(r.name) : Text(),
                                       kernel_->locations()[r.location].at);
  }
  reachable_ = true;
  if (write_options_->layout == BindingLayout::DeviceAddresses) {
    std::int32_t member = 0;
    for (const ResourceBinding& binding : interface_->bindings) {
      if (binding.kind != DescriptorKind::Address) continue;
      const ValueId number = constant(member++, at);
      const std::uint32_t first = first_view_[binding.resource];
      if (first == 0) continue;
      const ValueId address = load_at(parameters_block_, Span<const ValueId>(&number, 1), at);
      for (std::uint32_t v = first; v != 0; v = views_[v - 1].next) {
        View& view = views_[v - 1];
        const TypeId element = type_id(view.element);
        const TypeId array = declare_runtime_array(element, spirv::LayoutRule::Std430, at);
        const spirv::StructMember data{array, "data"};
        const TypeId block_type = declare_struct(Span<const spirv::StructMember>(&data, 1),
                                                 spirv::LayoutRule::Std430, spirv::BlockKind::Uniform, at);
        const TypeId pointer = declare_pointer(spirv::StorageClass::PhysicalStorageBuffer, block_type, at);
        view.variable = pointer == type_of(address)
                            ? address
                            : ValueId(write(spirv::Op::OpBitcast, pointer, address, at));
      }
    }
  }
  load_globals(index);
  emit_region(function.body);
  end_function(at);

  // The next function loads its own.
  for (std::uint32_t i = index == 0 ? 0 : entries_[index - 1].loads; i < entries_[index].loads; ++i) {
    const Op op = kernel_->op(entry_loads_[i]);
    if (op == Op::Parameter || op == Op::BuiltInValue || op == Op::Undefined)
      values_[entry_loads_[i]] = ValueId();
  }
  for (ValueId& image : images_) image = ValueId();
  for (ValueId& scratch : scratch_) scratch = ValueId();
  pointers_.clear();
  jumps_.clear();
  jump_values_.clear();
}

inline void SpirvEmission::emit_entry_point(spirv::FunctionId function) {
  const KernelOptions& options = kernel_->options();
  // What the options ask for, the line asked for that began the kernel.
  const SourceLocation at = kernel_->locations()[kernel_->functions()[0].location].at;
  const bool special =
      options.workgroup_spec[0] != 0 || options.workgroup_spec[1] != 0 || options.workgroup_spec[2] != 0;
  if (special) {
    ValueId sizes[3];
    for (unsigned i = 0; i < 3; ++i) sizes[i] = ValueId();
    const ValueId vector = workgroup_size_id(at);
    // The constituents of the composite, by their words: opcode, type, result, x, y, z.
    const Span<const std::uint32_t> words = global_words(vector);
    for (unsigned i = 0; i < 3 && words.size() == 6; ++i) sizes[i] = ValueId(make(words[3 + i]));
    add_compute_entry_point(function, write_options_->entry_point, sizes[0], sizes[1], sizes[2], at);
  } else {
    add_compute_entry_point(function, write_options_->entry_point, options.workgroup[0], options.workgroup[1],
                            options.workgroup[2], at);
  }
  using Mode = spirv::operand::ExecutionMode;
  const FloatEnvironment& f = options.floats;
  const struct {
    std::uint32_t width;
    Denormals denormals;
    Rounding rounding;
    bool special;
  } widths[] = {{16, f.denormals_16, f.rounding_16, f.preserve_special_16},
                {32, f.denormals_32, f.rounding_32, f.preserve_special_32},
                {64, f.denormals_64, f.rounding_64, f.preserve_special_64}};
  for (const auto& w : widths) {
    const spirv::Literal width(w.width);
    if (w.denormals == Denormals::Preserve) OpExecutionMode(function, Mode::DenormPreserve(width), at);
    if (w.denormals == Denormals::FlushToZero) OpExecutionMode(function, Mode::DenormFlushToZero(width), at);
    if (w.rounding == Rounding::NearestEven) OpExecutionMode(function, Mode::RoundingModeRTE(width), at);
    if (w.rounding == Rounding::TowardZero) OpExecutionMode(function, Mode::RoundingModeRTZ(width), at);
    if (w.special) OpExecutionMode(function, Mode::SignedZeroInfNanPreserve(width), at);
  }
  if (options.subgroup.reconvergence == Reconvergence::Maximal)
    OpExecutionMode(function, Mode(spirv::ExecutionMode::MaximallyReconvergesKHR), at);
  else if (options.subgroup.reconvergence == Reconvergence::SubgroupUniform)
    OpExecutionMode(function, Mode(spirv::ExecutionMode::SubgroupUniformControlFlowKHR), at);
}

inline void SpirvEmission::emit_kernel(const Kernel& kernel, const KernelInterface& bound,
                                       const WriteOptions& options) {
  kernel_ = &kernel;
  interface_ = &bound;
  write_options_ = &options;
  vulkan_memory_ = memory_model() == spirv::MemoryModel::Vulkan;
  for (auto& row : types_)
    for (TypeId& type : row) type = TypeId();
  matrix_types_.clear();
  values_.clear();
  values_.resize(kernel.node_bound(), ValueId());
  const std::size_t resources = kernel.resources().size();
  images_.clear();
  images_.resize(resources, ValueId());
  scratch_.clear();
  pointers_.clear();
  jumps_.clear();
  jump_values_.clear();
  constructs_.clear();
  workgroup_size_ = ValueId();
  glsl_ = spirv::ExtInstSetId();
  entries_.clear();
  entry_loads_.clear();
  entry_images_.clear();
  seen_.clear();
  seen_.resize(kernel.node_bound());
  views_.clear();
  first_view_.clear();
  first_view_.resize(resources, 0);
  variable_function_.clear();
  variable_function_.resize(resources, 0);
  functions_.clear();
  called_.clear();
  called_.resize(kernel.functions().size(), 0);
  if (values_.out_of_memory() || images_.out_of_memory() || seen_.out_of_memory() ||
      first_view_.out_of_memory() || variable_function_.out_of_memory() || called_.out_of_memory()) {
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", {});
    return;
  }
  // What stands in a region is no global value, and counts as seen.
  for (NodeId id = 0; id < seen_.size(); ++id)
    seen_[id] = kernel.node(id).region == no_region ? 0 : ~std::uint32_t{0};
  // Helpers that nobody calls are not written. A helper calls only those before it; the body, number 0, may call all.
  called_[0] = 1;
  const std::size_t count = kernel.functions().size();
  for (std::size_t i = count; i-- > 0 && count > 1;) {
    const std::size_t function = i == count - 1 ? 0 : i + 1;
    if (!called_[function]) continue;
    for_each_node(kernel, kernel.functions()[function].body, [&](NodeId id) {
      if (kernel.op(id) == Op::Call) called_[kernel.node(id).immediate] = 1;
    });
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (called_[i]) scan_function(i);
    entries_.push_back(
        {static_cast<std::uint32_t>(entry_loads_.size()), static_cast<std::uint32_t>(entry_images_.size())});
    functions_.push_back(reserve_function());
  }
  if (entries_.out_of_memory() || entry_loads_.out_of_memory() || entry_images_.out_of_memory() ||
      views_.out_of_memory() || functions_.out_of_memory()) {
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", {});
    return;
  }
  zero_ = views_.empty() ? ValueId() : constant(std::int32_t{0}, {});
  declare_interface();
  for (std::size_t i = 1; i < kernel.functions().size(); ++i)
    if (called_[i] && !failed()) emit_function(i);
  if (!failed()) emit_function(0);
  if (!failed()) emit_entry_point(functions_[0]);
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
