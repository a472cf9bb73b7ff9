// How a model is planned from the records of a variant, and its layouts made.
#pragma once

#include "../model.hpp"
#include "model_body.hpp"

#include <new>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

class ModelMaker {
public:
  explicit ModelMaker(ModelBody& body) : m_(body), p_(body.program) {}

  Diagnostic run() {
    Diagnostic error = take_dispatches();
    if (error.code == ErrorCode::Ok) error = measure_largest();
    if (error.code == ErrorCode::Ok) error = plan_tensors();
    if (error.code == ErrorCode::Ok) plan_memory();
    if (error.code == ErrorCode::Ok && (m_.pool_sizes.out_of_memory() || m_.labels.out_of_memory()))
      error = out_of_memory("a model");
    return error;
  }

private:
  // --- modules and layouts ---------------------------------------------------------------------------------------

  bool same_bindings(const program::ModuleRecord& a, const program::ModuleRecord& b) const {
    const Span<const program::BindingRecord> x = p_.bindings(a), y = p_.bindings(b);
    bool same = x.size() == y.size();
    for (std::size_t i = 0; same && i < x.size(); ++i)
      same = x[i].set == y[i].set && x[i].binding == y[i].binding && x[i].type == y[i].type;
    return same;
  }
  bool is_same(const program::ModuleRecord& a, const program::ModuleRecord& b) const {
    return &a == &b ||
           (a.words.first == b.words.first && a.words.count == b.words.count &&
            p_.text(a.entry_point) == p_.text(b.entry_point) && a.subgroup_size == b.subgroup_size &&
            (a.full_subgroups != 0) == (b.full_subgroups != 0) && a.placement == b.placement &&
            a.parameter_bytes == b.parameter_bytes && a.parameter_set == b.parameter_set &&
            a.parameter_binding == b.parameter_binding && same_bindings(a, b));
  }

  // The descriptors of one set, in the order of their records.
  bool list_slots(const program::ModuleRecord& record, std::uint32_t set,
                  Buffer<VkDescriptorSetLayoutBinding>& slots) const {
    slots.clear();
    for (const program::BindingRecord& b : p_.bindings(record))
      if (b.set == set)
        slots.push_back({b.binding, descriptor_type(b.type), 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
    if (program::has_uniform(record) && record.parameter_set == set)
      slots.push_back({record.parameter_binding, VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, 1,
                       VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
    return !slots.out_of_memory();
  }

  Diagnostic layout_of_set(const program::ModuleRecord& record, std::uint32_t set,
                           VkDescriptorSetLayout& layout) {
    if (!list_slots(record, set, slots_)) return out_of_memory("a model");
    for (const PlannedLayout& known : m_.layouts) {
      if (!list_slots(*known.record, known.set, known_slots_)) return out_of_memory("a model");
      bool same = known_slots_.size() == slots_.size();
      for (std::size_t i = 0; same && i < slots_.size(); ++i)
        same = known_slots_[i].binding == slots_[i].binding &&
               known_slots_[i].descriptorType == slots_[i].descriptorType;
      if (!same) continue;
      layout = known.layout;
      return {};
    }
    // The place first: what is made has an owner from then on.
    if (!m_.layouts.push_back({&record, set, VK_NULL_HANDLE})) return out_of_memory("a model");
    auto info =
        make_structure<VkDescriptorSetLayoutCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO);
    info.bindingCount = static_cast<std::uint32_t>(slots_.size());
    info.pBindings = slots_.data();
    // What a call that failed leaves in its result is undefined, and must not be destroyed.
    const VkResult result =
        m_.handles.f.vkCreateDescriptorSetLayout(m_.handles.device, &info, m_.handles.allocation(), &layout);
    if (result < 0) return failed_call("vkCreateDescriptorSetLayout", result);
    m_.layouts.back().layout = layout;
    return {};
  }

  Diagnostic take_module(const program::ModuleRecord& record, std::uint32_t& index) {
    for (index = 0; index < m_.modules.size(); ++index)
      if (is_same(*m_.modules[index].record, record)) return {};
    const Span<const std::uint32_t> words = p_.words(record);
    if (words.size() < 5 || words[0] != 0x07230203) {
      String message("the module ");
      message << p_.text(record.name) << " of the program is no SPIR-V; the file is damaged";
      return failure(ErrorCode::MalformedFile, static_cast<String&&>(message));
    }
    std::uint32_t set_count = program::has_uniform(record) ? record.parameter_set + 1 : 0;
    for (const program::BindingRecord& b : p_.bindings(record))
      if (b.set >= set_count) set_count = b.set + 1;
    const auto first = static_cast<std::uint32_t>(m_.module_layouts.size());
    if (!m_.modules.push_back({&record, first, set_count, VK_NULL_HANDLE, VK_NULL_HANDLE}))
      return out_of_memory("a model");
    for (std::uint32_t set = 0; set < set_count; ++set) {
      VkDescriptorSetLayout layout = VK_NULL_HANDLE;
      Diagnostic error = layout_of_set(record, set, layout);
      if (error.code != ErrorCode::Ok) return error;
      if (!m_.module_layouts.push_back(layout)) return out_of_memory("a model");
    }
    const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, 0, record.parameter_bytes};
    auto info = make_structure<VkPipelineLayoutCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
    info.setLayoutCount = set_count;
    info.pSetLayouts = m_.module_layouts.data() + first;
    info.pushConstantRangeCount = record.parameter_bytes != 0 && !program::has_uniform(record) ? 1 : 0;
    info.pPushConstantRanges = &range;
    VkPipelineLayout made = VK_NULL_HANDLE;
    const VkResult result =
        m_.handles.f.vkCreatePipelineLayout(m_.handles.device, &info, m_.handles.allocation(), &made);
    if (result < 0) return failed_call("vkCreatePipelineLayout", result);
    m_.modules.back().layout = made;
    if (record.parameter_bytes > m_.most_parameter_bytes) m_.most_parameter_bytes = record.parameter_bytes;
    return {};
  }

  // --- dispatches ------------------------------------------------------------------------------------------------

  Diagnostic take_dispatches() {
    for (const program::Phase phase : {program::Phase::Prepare, program::Phase::Run}) {
      for (const program::DispatchRecord& d : p_.dispatches(*m_.variant)) {
        if (d.phase != phase) continue;
        PlannedDispatch planned{&d, 0, 0, 0, 0, 0, 1};
        Diagnostic error = take_module(p_.modules()[d.module], planned.module);
        if (error.code != ErrorCode::Ok) return error;
        const PlannedModule& module = m_.modules[planned.module];
        planned.first_set = static_cast<std::uint32_t>(m_.set_layouts.size());
        planned.set_count = module.set_count;
        if (module.set_count != 0)
          m_.set_layouts.append({m_.module_layouts.data() + module.first_layout, module.set_count});
        for (const program::BindingRecord& b : p_.bindings(*module.record)) count(descriptor_type(b.type));
        if (program::has_uniform(*module.record)) {
          count(VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER);
          planned.uniform_offset = uniform_bytes_;
          uniform_bytes_ += (std::uint64_t{module.record->parameter_bytes} + program::memory_alignment - 1) /
                            program::memory_alignment * program::memory_alignment;
        }
        if (m_.handles.debug_utils) {
          const Text name = p_.text(d.name);
          planned.label = static_cast<std::uint32_t>(m_.labels.size());
          m_.labels.append({name.data(), name.size()});
          m_.labels.push_back('\0');
        }
        if (!m_.dispatches.push_back(planned) || m_.set_layouts.out_of_memory())
          return out_of_memory("a model");
      }
      if (phase == program::Phase::Prepare)
        m_.prepare_count = static_cast<std::uint32_t>(m_.dispatches.size());
    }
    return {};
  }

  void count(VkDescriptorType type) {
    for (VkDescriptorPoolSize& size : m_.pool_sizes) {
      if (size.type != type) continue;
      ++size.descriptorCount;
      return;
    }
    m_.pool_sizes.push_back({type, 1});
  }

  // A dispatch's operations and bytes are recorded at the largest sizes; its workgroups there say what part of it a run is.
  Diagnostic measure_largest() {
    Buffer<program::ParameterValue> values;
    Buffer<std::int64_t>& sizes = m_.largest_sizes;
    for (const program::ParameterRecord& r : p_.parameters())
      if (r.is_size)
        values.push_back({p_.text(r.name), static_cast<double>(r.maximum - r.maximum % r.multiple)});
    if (values.out_of_memory() || !sizes.resize(p_.sizes().size())) return out_of_memory("a model");
    // A program may have sizes that exclude each other's maxima; then the estimate is of the largest.
    if (!p_.evaluate({values.data(), values.size()}, {sizes.data(), sizes.size()})) {
      sizes.clear();
      return {};
    }
    for (PlannedDispatch& d : m_.dispatches)
      if (sizes[d.record->groups] > 1) d.most_groups = static_cast<double>(sizes[d.record->groups]);
    return {};
  }

  // --- tensors and memory ----------------------------------------------------------------------------------------

  // Calls with every region that a dispatch uses, and the descriptor that shows it, or null where it is an address.
  template <class F>
  void for_each_region(const F& call) const {
    for (const PlannedDispatch& d : m_.dispatches) {
      const Span<const program::BindingRecord> bindings = p_.bindings(*m_.modules[d.module].record);
      for (const program::OperandRecord& o : p_.operands(*d.record))
        call(d, p_.regions()[o.region], o.binding == program::none ? nullptr : &bindings[o.binding]);
      for (const program::ArgumentRecord& a : p_.arguments(*d.record))
        if (a.kind == program::ArgumentRecord::Kind::Address) call(d, p_.regions()[a.index], nullptr);
    }
  }

  Diagnostic plan_tensors() {
    if (!m_.tensors.resize(p_.tensors().size(), TensorPlan{})) return out_of_memory("a model");
    for_each_region(
        [&](const PlannedDispatch& d, const program::RegionRecord& r, const program::BindingRecord* binding) {
          if (!binding) m_.by_address[static_cast<std::uint32_t>(r.memory)] = true;
          if (r.memory != program::Memory::Tensor) return;
          TensorPlan& plan = m_.tensors[r.tensor];
          plan.in_phase[static_cast<std::uint32_t>(d.record->phase)] = true;
          if (binding)
            ++plan.use_count;
          else
            plan.by_address = true;
        });
    std::uint32_t first = 0;
    for (TensorPlan& plan : m_.tensors) {
      plan.first_use = first;
      first += plan.use_count;
      plan.use_count = 0;
    }
    if (!m_.uses.resize(first)) return out_of_memory("a model");
    for_each_region(
        [&](const PlannedDispatch& d, const program::RegionRecord& r, const program::BindingRecord* binding) {
          if (!binding || r.memory != program::Memory::Tensor) return;
          TensorPlan& plan = m_.tensors[r.tensor];
          m_.uses[plan.first_use + plan.use_count++] = {d.first_set + binding->set, binding->binding,
                                                        binding->type};
        });
    return {};
  }

  void plan_memory() {
    MemoryRequirement* const of_memory[] = {nullptr, &m_.memory.weights, &m_.memory.packed,
                                            &m_.memory.scratch};
    m_.memory.weights.bytes = p_.header().weights_bytes;
    m_.memory.packed.bytes = m_.variant->packed_bytes;
    m_.memory.scratch.bytes = m_.variant->scratch_bytes;
    m_.memory.uniform.bytes = uniform_bytes_;
    for_each_region(
        [&](const PlannedDispatch&, const program::RegionRecord& r, const program::BindingRecord*) {
          MemoryRequirement* const of = of_memory[static_cast<std::uint32_t>(r.memory)];
          if (of && r.offset + bound_bytes(r) > of->bytes) of->bytes = r.offset + bound_bytes(r);
        });
    for (std::uint32_t i = 1; i < 4; ++i) {
      of_memory[i]->usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
      if (m_.by_address[i]) of_memory[i]->usage |= VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
    }
    m_.memory.weights.usage |= VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    m_.memory.uniform.usage = VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT;
  }

public:
  static VkDescriptorType descriptor_type(program::DescriptorType type) {
    return type == program::DescriptorType::StorageBuffer  ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
           : type == program::DescriptorType::StorageImage ? VK_DESCRIPTOR_TYPE_STORAGE_IMAGE
                                                           : VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
  }

private:
  ModelBody& m_;
  const program::Program& p_;
  Buffer<VkDescriptorSetLayoutBinding> slots_, known_slots_;
  std::uint64_t uniform_bytes_ = 0;
};

}  // namespace detail

AIRSTRIP_INLINE Result<Model> Model::make(const Device& device, const program::Program& program,
                                          Text variant) {
  Result<VariantChoice> choice = choose_variant(device, program, variant);
  if (!choice) return choice.error();
  Model model;
  model.body_ = new (std::nothrow) detail::ModelBody;
  if (!model.body_) return detail::out_of_memory("a model");
  detail::ModelBody& body = *model.body_;
  body.handles = device.handles();
  body.properties = device.properties();
  body.program = program.borrowed();
  body.variant = &body.program.variants()[choice->variant];
  body.refusals = static_cast<List<Refusal>&&>(choice->refusals);
  Diagnostic error = detail::ModelMaker(body).run();
  if (error.code != ErrorCode::Ok) return error;
  return model;
}

AIRSTRIP_INLINE Model::~Model() { delete body_; }
AIRSTRIP_INLINE Model::Model(Model&& other) noexcept : body_(other.body_) { other.body_ = nullptr; }
AIRSTRIP_INLINE Model& Model::operator=(Model&& other) noexcept {
  if (this != &other) {
    delete body_;
    body_ = other.body_;
    other.body_ = nullptr;
  }
  return *this;
}

AIRSTRIP_INLINE ModelState Model::state() const {
  return body_ ? body_->state.load(std::memory_order_acquire) : ModelState::Empty;
}
AIRSTRIP_INLINE const MemoryRequirements& Model::memory() const { return body_->memory; }
AIRSTRIP_INLINE std::uint32_t Model::pool_sets() const {
  return static_cast<std::uint32_t>(body_->set_layouts.size());
}
AIRSTRIP_INLINE Span<const VkDescriptorPoolSize> Model::pool_sizes() const {
  return {body_->pool_sizes.data(), body_->pool_sizes.size()};
}
AIRSTRIP_INLINE const program::Program& Model::program() const { return body_->program; }
AIRSTRIP_INLINE const program::VariantRecord& Model::variant() const { return *body_->variant; }
AIRSTRIP_INLINE Span<const Refusal> Model::refusals() const {
  return {body_->refusals.data(), body_->refusals.size()};
}
AIRSTRIP_INLINE std::uint32_t Model::pipeline_count() const {
  return static_cast<std::uint32_t>(body_->modules.size());
}
AIRSTRIP_INLINE std::uint32_t Model::dispatch_count() const {
  return static_cast<std::uint32_t>(body_->dispatches.size()) - body_->prepare_count;
}

AIRSTRIP_PLAYER_NAMESPACE_END

#include "compile.hpp"
