// SPIRV-Cross's answers as a Reflection.
#pragma once

#include "lacks.hpp"

#include <cstring>

AIRSTRIP_NAMESPACE_BEGIN

/// Fills a Reflection from SPIRV-Cross.
class CrossReflector {
public:
  CrossReflector(const spirv::ModuleView& view, Reflection& out) : view_(view), out_(out) {}
  CrossReflector(const CrossReflector&) = delete;
  CrossReflector& operator=(const CrossReflector&) = delete;

  /// `specialised`: the words with the overrides, if there are any.
  Result<void> run(Span<const std::uint32_t> specialised, bool has_overrides) {
    reserve_text();
    if (has_overrides) {
      // The defaults are gone once the words are others.
      detail::CrossSession defaults;
      if (Result<void> done = open(defaults, view_.words()); !done) return done;
      add_constants(true);
    }
    detail::CrossSession session;
    if (Result<void> done = open(session, specialised); !done) return done;
    add_constants(!has_overrides);
    add_needs();
    String name;
    for (const spirv::Instruction at : view_)
      if (at.opcode() == spirv::Op::OpEntryPoint)
        add_entry_point(spirv::literal_text(at.words().subspan(3), name),
                        static_cast<spirv::ExecutionModel>(at.word(1)));
    return is_complete() ? Result<void>() : failure();
  }

private:
  Result<void> open(detail::CrossSession& session, Span<const std::uint32_t> words) {
    if (Result<void> done = session.open(words, SPVC_BACKEND_NONE); !done) return done;
    compiler_ = session.compiler();
    return detail::check_encodings(view_, session);
  }

  // --- names
  // Each name is kept once, so that all of them fit in what the module's own take and views of them stay valid.
  void reserve_text() {
    std::size_t bytes = 0;
    for (const spirv::Instruction at : view_) {
      switch (at.opcode()) {
        case spirv::Op::OpName:
        case spirv::Op::OpMemberName:
        case spirv::Op::OpEntryPoint:
        case spirv::Op::OpExtension: bytes += at.words().size() * 4; break;
        default: break;
      }
    }
    if (!out_.text_.reserve(bytes)) return;
  }
  Text keep(Text text) {
    if (text.empty()) return {};
    // Names come back in the order they were asked for first, entry point after entry point.
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (++last_name_ >= names_.size()) last_name_ = 0;
      if (names_[last_name_] == text) return names_[last_name_];
    }
    const std::size_t first = out_.text_.size();
    if (first + text.size() > out_.text_.capacity() || !out_.text_.append({text.data(), text.size()}))
      return {};
    const Text kept(out_.text_.data() + first, text.size());
    if (!names_.push_back(kept)) return {};
    last_name_ = names_.size() - 1;
    return kept;
  }
  Text name_of(SpvId id) { return keep(spvc_compiler_get_name(compiler_, id)); }

  // --- constants
  // The value of a constant of 32 bits; false: SPIRV-Cross does not evaluate operations here.
  bool word_value(SpvId id, std::uint32_t& value) const {
    const spvc_constant constant = spvc_compiler_get_constant_handle(compiler_, id);
    if (!constant) return false;
    value = spvc_constant_get_scalar_u32(constant, 0, 0);
    return true;
  }
  void add_constants(bool are_defaults) {
    const spvc_specialization_constant* list = nullptr;
    std::size_t count = 0;
    if (spvc_compiler_get_specialization_constants(compiler_, &list, &count) != SPVC_SUCCESS) return;
    for (std::size_t i = 0; i < count; ++i) {
      const spvc_constant constant = spvc_compiler_get_constant_handle(compiler_, list[i].id);
      const spvc_type type =
          constant ? spvc_compiler_get_type_handle(compiler_, spvc_constant_get_type(constant)) : nullptr;
      if (!type) continue;
      const bool is_boolean = spvc_type_get_basetype(type) == SPVC_BASETYPE_BOOLEAN;
      const std::uint32_t width = is_boolean ? 32 : spvc_type_get_bit_width(type);
      std::uint64_t bits = 0;
      if (width == 64) {
        // The C interface has no call for a 64-bit integer; all of them read the same union.
        const double d = spvc_constant_get_scalar_fp64(constant, 0, 0);
        std::memcpy(&bits, &d, sizeof bits);
      } else {
        bits = spvc_constant_get_scalar_u32(constant, 0, 0);
        if (width < 32) bits &= (std::uint64_t{1} << width) - 1;
      }
      if (!are_defaults && i < out_.constants_.size()) {
        out_.constants_[i].bits = bits;
        continue;
      }
      reflection::SpecConstant c;
      c.spec_id = list[i].constant_id;
      c.id = list[i].id;
      c.name = name_of(list[i].id);
      c.size = width / 8;
      c.default_bits = c.bits = bits;
      c.is_evaluated = true;
      if (!out_.constants_.push_back(c)) return;
    }
  }
  void add_needs() {
    const SpvCapability* capabilities = nullptr;
    const char** extensions = nullptr;
    std::size_t count = 0;
    if (spvc_compiler_get_declared_capabilities(compiler_, &capabilities, &count) == SPVC_SUCCESS)
      for (std::size_t i = 0; i < count; ++i) {
        reflection::Need need;
        need.capability = static_cast<spirv::Capability>(capabilities[i]);
        if (!out_.needs_.push_back(need)) return;
      }
    if (spvc_compiler_get_declared_extensions(compiler_, &extensions, &count) == SPVC_SUCCESS)
      for (std::size_t i = 0; i < count; ++i) {
        reflection::Need need;
        need.is_extension = true;
        need.extension = keep(extensions[i]);
        if (!out_.needs_.push_back(need)) return;
      }
  }

  // --- entry points
  bool select(Text name, spirv::ExecutionModel model) {
    const spvc_entry_point* list = nullptr;
    std::size_t count = 0;
    if (spvc_compiler_get_entry_points(compiler_, &list, &count) != SPVC_SUCCESS) return false;
    for (std::size_t i = 0; i < count; ++i)
      if (Text(list[i].name) == name && static_cast<spirv::ExecutionModel>(list[i].execution_model) == model)
        return spvc_compiler_set_entry_point(compiler_, list[i].name, list[i].execution_model) ==
               SPVC_SUCCESS;
    return false;
  }
  void add_entry_point(Text name, spirv::ExecutionModel model) {
    reflection::EntryPoint entry;
    entry.name = keep(name);
    entry.model = model;
    if (!select(name, model)) {
      is_failed_ = true;
      return;
    }
    add_modes(entry);
    add_workgroup(entry);
    spvc_set active = nullptr;
    spvc_resources used = nullptr, all = nullptr;
    // A variable that is only declared is no binding, but is a stage variable.
    if (spvc_compiler_get_active_interface_variables(compiler_, &active) != SPVC_SUCCESS ||
        spvc_compiler_create_shader_resources_for_active_variables(compiler_, &used, active) !=
            SPVC_SUCCESS ||
        spvc_compiler_create_shader_resources(compiler_, &all) != SPVC_SUCCESS) {
      is_failed_ = true;
      return;
    }
    add_bindings(used, entry);
    add_push_constants(used, entry);
    add_stage_variables(all, false, entry.inputs);
    add_stage_variables(all, true, entry.outputs);
    out_.entry_points_.push_back(entry);
  }
  void add_modes(reflection::EntryPoint& entry) {
    const SpvExecutionMode* list = nullptr;
    std::size_t count = 0;
    entry.modes.first = index(out_.modes_.size());
    if (spvc_compiler_get_execution_modes(compiler_, &list, &count) != SPVC_SUCCESS) return;
    for (std::size_t i = 0; i < count; ++i) {
      reflection::ExecutionModeInfo info;
      info.mode = static_cast<spirv::ExecutionMode>(list[i]);
      if (out_.modes_.push_back(info)) ++entry.modes.count;
    }
  }
  bool has_mode(const reflection::EntryPoint& entry, spirv::ExecutionMode mode) const {
    for (std::uint32_t i = 0; i < entry.modes.count; ++i)
      if (out_.modes_[entry.modes.first + i].mode == mode) return true;
    return false;
  }
  void add_workgroup(reflection::EntryPoint& entry) {
    entry.has_workgroup = reflection::detail::has_workgroup(entry.model);
    if (!entry.has_workgroup) return;
    std::uint32_t size[3] = {};
    if (has_workgroup_constant()) {
      spvc_specialization_constant parts[3] = {};
      const spvc_constant_id id = spvc_compiler_get_work_group_size_specialization_constants(
          compiler_, &parts[0], &parts[1], &parts[2]);
      const spvc_constant whole = spvc_compiler_get_constant_handle(compiler_, id);
      for (unsigned i = 0; i < 3 && whole; ++i)
        if (parts[i].id == 0)
          size[i] = spvc_constant_get_scalar_u32(whole, 0, i);
        else
          word_value(parts[i].id, size[i]);
    } else {
      // By ids where the mode has ids: asked for the size itself, SPIRV-Cross throws where an id is an operation.
      const bool has_ids = has_mode(entry, spirv::ExecutionMode::LocalSizeId);
      const SpvExecutionMode mode = has_ids ? SpvExecutionModeLocalSizeId : SpvExecutionModeLocalSize;
      for (unsigned i = 0; i < 3; ++i) {
        const std::uint32_t said = spvc_compiler_get_execution_mode_argument_by_index(compiler_, mode, i);
        if (has_ids)
          word_value(said, size[i]);
        else
          size[i] = said;
      }
    }
    entry.workgroup = {size[0], size[1], size[2]};
  }
  // A composite decorated WorkgroupSize, which is the only kind that SPIRV-Cross can be asked about.
  bool has_workgroup_constant() const {
    const spirv::Op op = detail::find_workgroup_size(view_).opcode();
    return op == spirv::Op::OpConstantComposite || op == spirv::Op::OpSpecConstantComposite;
  }

  // --- resources
  template <class F>
  void for_each(spvc_resources resources, spvc_resource_type which, F&& f) {
    const spvc_reflected_resource* list = nullptr;
    std::size_t count = 0;
    if (spvc_resources_get_resource_list_for_type(resources, which, &list, &count) != SPVC_SUCCESS) return;
    for (std::size_t i = 0; i < count; ++i) f(list[i]);
  }
  bool decorated(SpvId id, SpvDecoration decoration) const {
    return spvc_compiler_has_decoration(compiler_, id, decoration) == SPVC_TRUE;
  }
  std::uint32_t decoration(SpvId id, SpvDecoration which, std::uint32_t otherwise) const {
    return decorated(id, which) ? spvc_compiler_get_decoration(compiler_, id, which) : otherwise;
  }

  void add_bindings(spvc_resources used, reflection::EntryPoint& entry) {
    using reflection::DescriptorKind;
    struct List {
      spvc_resource_type type;
      DescriptorKind kind, of_buffer;
    };
    static constexpr List lists[] = {
        {SPVC_RESOURCE_TYPE_UNIFORM_BUFFER, DescriptorKind::UniformBuffer, DescriptorKind::UniformBuffer},
        {SPVC_RESOURCE_TYPE_STORAGE_BUFFER, DescriptorKind::StorageBuffer, DescriptorKind::StorageBuffer},
        {SPVC_RESOURCE_TYPE_SUBPASS_INPUT, DescriptorKind::InputAttachment, DescriptorKind::InputAttachment},
        {SPVC_RESOURCE_TYPE_STORAGE_IMAGE, DescriptorKind::StorageImage, DescriptorKind::StorageTexelBuffer},
        {SPVC_RESOURCE_TYPE_SAMPLED_IMAGE, DescriptorKind::CombinedImageSampler,
         DescriptorKind::UniformTexelBuffer},
        {SPVC_RESOURCE_TYPE_SEPARATE_IMAGE, DescriptorKind::SampledImage, DescriptorKind::UniformTexelBuffer},
        {SPVC_RESOURCE_TYPE_SEPARATE_SAMPLERS, DescriptorKind::Sampler, DescriptorKind::Sampler},
        {SPVC_RESOURCE_TYPE_ACCELERATION_STRUCTURE, DescriptorKind::AccelerationStructure,
         DescriptorKind::AccelerationStructure},
    };
    entry.bindings.first = index(out_.bindings_.size());
    for (const List& list : lists)
      for_each(used, list.type, [&](const spvc_reflected_resource& resource) {
        const spvc_type type = spvc_compiler_get_type_handle(compiler_, resource.type_id);
        if (!type) return;
        const spvc_basetype base = spvc_type_get_basetype(type);
        const bool is_image = base == SPVC_BASETYPE_IMAGE || base == SPVC_BASETYPE_SAMPLED_IMAGE;
        const bool is_buffer = is_image && spvc_type_get_image_dimension(type) == SpvDimBuffer;
        if (out_.bindings_.push_back(binding_of(resource, type, is_buffer ? list.of_buffer : list.kind)))
          ++entry.bindings.count;
      });
    sort_bindings(entry.bindings);
  }
  reflection::Binding binding_of(const spvc_reflected_resource& resource, spvc_type type,
                                 reflection::DescriptorKind kind) {
    using reflection::DescriptorKind;
    reflection::Binding b;
    b.set = decoration(resource.id, SpvDecorationDescriptorSet, 0);
    b.binding = decoration(resource.id, SpvDecorationBinding, 0);
    b.kind = kind;
    b.variable = resource.id;
    b.name = name_of(resource.id);
    if (b.name.empty()) b.name = name_of(resource.base_type_id);
    b.input_attachment_index = decoration(resource.id, SpvDecorationInputAttachmentIndex, reflection::none);
    std::uint64_t count = 1;
    bool is_known = true;
    for (unsigned d = 0; d < spvc_type_get_num_array_dimensions(type); ++d) {
      std::uint32_t length = spvc_type_get_array_dimension(type, d);
      if (!spvc_type_array_dimension_is_literal(type, d)) is_known &= word_value(length, length);
      count = reflection::detail::saturating_multiply(count, length);
    }
    if (is_known) b.count = reflection::detail::saturate32(count);

    const bool is_block = kind == DescriptorKind::StorageBuffer || kind == DescriptorKind::UniformBuffer;
    bool non_writable = decorated(resource.id, SpvDecorationNonWritable);
    bool non_readable = decorated(resource.id, SpvDecorationNonReadable);
    if (is_block) {
      // Of the variable, and what all members have.
      const SpvDecoration* list = nullptr;
      std::size_t decorations = 0;
      if (spvc_compiler_get_buffer_block_decorations(compiler_, resource.id, &list, &decorations) ==
          SPVC_SUCCESS)
        for (std::size_t i = 0; i < decorations; ++i) {
          non_writable |= list[i] == SpvDecorationNonWritable;
          non_readable |= list[i] == SpvDecorationNonReadable;
        }
      add_size(resource.base_type_id, b);
    }
    const bool is_storage = kind == DescriptorKind::StorageBuffer || kind == DescriptorKind::StorageImage ||
                            kind == DescriptorKind::StorageTexelBuffer;
    b.declared.read = !non_readable;
    b.declared.write = is_storage && !non_writable;
    return b;
  }
  void add_size(spvc_type_id id, reflection::Binding& b) const {
    const spvc_type type = spvc_compiler_get_type_handle(compiler_, id);
    const unsigned members = type ? spvc_type_get_num_member_types(type) : 0;
    if (members == 0) return;
    std::size_t size = 0;
    if (spvc_compiler_get_declared_struct_size_runtime_array(compiler_, type, 1, &size) == SPVC_SUCCESS)
      b.minimum_bytes = size;
    const spvc_type last =
        spvc_compiler_get_type_handle(compiler_, spvc_type_get_member_type(type, members - 1));
    const unsigned dimensions = last ? spvc_type_get_num_array_dimensions(last) : 0;
    // Dimensions count from the innermost.
    if (dimensions == 0 || !spvc_type_array_dimension_is_literal(last, dimensions - 1) ||
        spvc_type_get_array_dimension(last, dimensions - 1) != 0)
      return;
    unsigned stride = 0;
    if (spvc_compiler_type_struct_member_array_stride(compiler_, type, members - 1, &stride) == SPVC_SUCCESS)
      b.element_stride = stride;
  }
  void sort_bindings(reflection::Range range) {
    const auto place = [](const reflection::Binding& b) { return std::uint64_t{b.set} << 32 | b.binding; };
    reflection::Binding* const list = out_.bindings_.data() + range.first;
    // Stable, and few.
    for (std::uint32_t i = 1; i < range.count; ++i) {
      const reflection::Binding moved = list[i];
      std::uint32_t at = i;
      for (; at > 0 && place(list[at - 1]) > place(moved); --at) list[at] = list[at - 1];
      list[at] = moved;
    }
  }
  void add_push_constants(spvc_resources used, reflection::EntryPoint& entry) {
    for_each(used, SPVC_RESOURCE_TYPE_PUSH_CONSTANT, [&](const spvc_reflected_resource& resource) {
      const spvc_type type = spvc_compiler_get_type_handle(compiler_, resource.base_type_id);
      std::size_t size = 0;
      if (!type || spvc_compiler_get_declared_struct_size(compiler_, type, &size) != SPVC_SUCCESS) return;
      unsigned begin = reflection::none;
      for (unsigned m = 0; m < spvc_type_get_num_member_types(type); ++m) {
        unsigned offset = 0;
        if (spvc_compiler_type_struct_member_offset(compiler_, type, m, &offset) == SPVC_SUCCESS &&
            offset < begin)
          begin = offset;
      }
      if (begin >= size) return;
      entry.push_constants.offset = begin;
      entry.push_constants.size = reflection::detail::saturate32(size - begin);
    });
  }

  // --- between stages
  void add_stage_variables(spvc_resources all, bool are_outputs, reflection::Range& range) {
    range.first = index(out_.stage_variables_.size());
    const spvc_builtin_resource_type builtins =
        are_outputs ? SPVC_BUILTIN_RESOURCE_TYPE_STAGE_OUTPUT : SPVC_BUILTIN_RESOURCE_TYPE_STAGE_INPUT;
    const spvc_reflected_builtin_resource* list = nullptr;
    std::size_t count = 0;
    if (spvc_resources_get_builtin_resource_list_for_type(all, builtins, &list, &count) == SPVC_SUCCESS) {
      SpvId before = 0;
      for (std::size_t i = 0; i < count; ++i) {
        // A block is listed once for each member.
        if (list[i].resource.id != before) add_stage_variable(list[i].resource);
        before = list[i].resource.id;
      }
    }
    for_each(all, are_outputs ? SPVC_RESOURCE_TYPE_STAGE_OUTPUT : SPVC_RESOURCE_TYPE_STAGE_INPUT,
             [&](const spvc_reflected_resource& resource) { add_stage_variable(resource); });
    range.count = index(out_.stage_variables_.size()) - range.first;
  }
  void add_stage_variable(const spvc_reflected_resource& resource) {
    reflection::StageVariable v;
    v.variable = resource.id;
    v.name = name_of(resource.id);
    const auto decorate = [](auto&& has, auto&& value, reflection::StageVariable& to) {
      if (has(SpvDecorationLocation)) to.location = value(SpvDecorationLocation);
      if (has(SpvDecorationComponent)) to.component = value(SpvDecorationComponent);
      if (has(SpvDecorationIndex)) to.index = value(SpvDecorationIndex);
      if (has(SpvDecorationBuiltIn)) to.builtin = value(SpvDecorationBuiltIn);
      to.flat |= has(SpvDecorationFlat);
      to.no_perspective |= has(SpvDecorationNoPerspective);
      to.centroid |= has(SpvDecorationCentroid);
      to.sample |= has(SpvDecorationSample);
      to.patch |= has(SpvDecorationPatch);
    };
    decorate([&](SpvDecoration d) { return decorated(resource.id, d); },
             [&](SpvDecoration d) { return spvc_compiler_get_decoration(compiler_, resource.id, d); }, v);
    const spvc_type_id block = resource.base_type_id;
    const spvc_type type = spvc_compiler_get_type_handle(compiler_, block);
    if (!type || !decorated(block, SpvDecorationBlock)) {
      out_.stage_variables_.push_back(v);
      return;
    }
    for (unsigned m = 0; m < spvc_type_get_num_member_types(type); ++m) {
      reflection::StageVariable part = v;
      part.name = keep(spvc_compiler_get_member_name(compiler_, block, m));
      part.member = m;
      if (m != 0) part.location = reflection::none;
      decorate(
          [&](SpvDecoration d) {
            return spvc_compiler_has_member_decoration(compiler_, block, m, d) == SPVC_TRUE;
          },
          [&](SpvDecoration d) { return spvc_compiler_get_member_decoration(compiler_, block, m, d); }, part);
      if (!out_.stage_variables_.push_back(part)) return;
    }
  }

  // --- the end
  static std::uint32_t index(std::size_t size) { return static_cast<std::uint32_t>(size); }
  bool is_complete() const {
    return !is_failed_ && !names_.out_of_memory() && !out_.text_.out_of_memory() &&
           !out_.entry_points_.out_of_memory() && !out_.bindings_.out_of_memory() &&
           !out_.constants_.out_of_memory() && !out_.needs_.out_of_memory() && !out_.modes_.out_of_memory() &&
           !out_.stage_variables_.out_of_memory();
  }
  Diagnostic failure() const {
    if (is_failed_)
      return detail::cross_error(ErrorCode::NotTranslatable,
                                 "SPIRV-Cross does not give the resources of an entry point");
    return detail::cross_error(ErrorCode::OutOfMemory, "no memory to reflect the module");
  }

  const spirv::ModuleView& view_;
  Reflection& out_;
  spvc_compiler compiler_ = nullptr;
  Buffer<Text> names_;
  std::size_t last_name_ = 0;
  bool is_failed_ = false;
};

AIRSTRIP_INLINE Result<Reflection> reflect_by_cross(Span<const std::uint32_t> words,
                                                    const spirv::Target& target,
                                                    Span<const reflection::Override> overrides,
                                                    const CrossReflectOptions& options) {
  Buffer<std::uint32_t> specialised;
  const Result<spirv::ModuleView> view =
      detail::checked_view(words, target, overrides, options.is_validated, options.validation, specialised);
  if (!view) return view.error();
  Reflection result;
  CrossReflector reflector(*view, result);
  if (Result<void> done = reflector.run(specialised, !overrides.empty()); !done)
    return static_cast<Result<void>&&>(done).error();
  return result;
}

AIRSTRIP_INLINE String linked_cross_version() {
  unsigned major = 0, minor = 0, patch = 0;
  spvc_get_version(&major, &minor, &patch);
  String text;
  text << major << '.' << minor << '.' << patch;
  return text;
}

AIRSTRIP_NAMESPACE_END
