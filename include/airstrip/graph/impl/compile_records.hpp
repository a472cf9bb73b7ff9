// What a program holds of a variant: tensors, dispatches, regions, modules, and what a device must have.
#pragma once

#include "../../kernel/interface.hpp"
#include "../../reflect.hpp"
#include "compile_variant.hpp"
#include "cost.hpp"
#include "hazards.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

inline void VariantCompiler::write_tensors() {
  for (const ValueId id : g_.inputs()) write_tensor(Text(g_.value(id).name), id, program::Direction::Input);
  for (const GraphOutput& output : g_.outputs())
    write_tensor(Text(output.name), output.value, program::Direction::Output);
}
inline void VariantCompiler::write_tensor(Text name, ValueId id, program::Direction direction) {
  const TensorType& type = g_.type(id);
  program::TensorRecord record;
  record.name = w_.text(name);
  record.direction = direction;
  record.scalar = static_cast<std::uint32_t>(type.scalar);
  record.storage = static_cast<program::StorageKind>(type.storage);
  record.format = static_cast<std::uint32_t>(type.format);
  record.channel_axis = type.channel_axis;
  record.rank = static_cast<std::uint32_t>(type.shape.rank());
  for (std::uint32_t i = 0; i < record.rank; ++i) record.shape[i] = sizes_(g_.size(type.shape[i]));
  const SizeId bytes = bytes_of(type);
  record.bytes = sizes_(bytes);
  record.max_bytes = bound_bytes(bytes);
  w_.tensors.push_back(record);
}

inline Result<void> VariantCompiler::write() {
  program::VariantRecord variant;
  variant.name = w_.text(target_.name);
  variant.dispatches.first = static_cast<std::uint32_t>(w_.dispatches.size());
  // Formulas that only check have to be in the program, too.
  for (const SizeId id : formulas_)
    if (!g_.sizes().is_literal(id)) sizes_(id);
  HazardTracker hazards;
  for (std::uint32_t d = 0; d < dispatches_.size(); ++d) {
    if (d == prepares_) hazards.clear();  // a player waits between the phases
    if (Result<void> r = write_dispatch(d, hazards); !r) return r;
  }
  variant.dispatches.count = static_cast<std::uint32_t>(w_.dispatches.size()) - variant.dispatches.first;
  write_requirements(variant);
  const tensor::Target& t = target_.target;
  const spirv::Version version = t.spirv.environment_version();
  variant.api_version = static_cast<std::uint32_t>(version >> 8) << 22 | (version & 0xFFu) << 12;
  variant.device_kind = static_cast<std::uint32_t>(t.kind);
  for (unsigned i = 0; i < 3; ++i) variant.max_groups[i] = t.max_workgroup_count[i];
  variant.uses_addresses = uses_addresses_;
  // Kernels with subgroup operations are right for the sizes that they were generated for.
  if (uses_subgroups_) {
    variant.min_subgroup_size = t.min_subgroup_size;
    variant.max_subgroup_size = t.max_subgroup_size;
  }
  variant.scratch_bytes = scratch_bytes_;
  variant.scratch_lower_bound = scratch_lower_bound_;
  variant.packed_bytes = packed_bytes_;
  variant.uniform_bytes = uniform_bytes_;
  variant.report = w_.text(Text(report_));
  w_.variants.push_back(variant);
  return {};
}

inline Result<void> VariantCompiler::write_dispatch(std::uint32_t d, HazardTracker& hazards) {
  const std::uint32_t l = dispatches_[d].lowered;
  const LoweredNode& lowered = lowered_[l];
  const tensor::Step& step = lowered.operation.steps()[dispatches_[d].step];
  const Node& node = g_.node(lowered.node);
  kernel::WriteOptions write = step.write;
  write.max_push_constants = target_.target.max_push_constants;
  const Result<kernel::KernelInterface> bound =
      kernel::interface_of(step.kernel, write.layout, write.parameters, write.max_push_constants);
  if (!bound) return bound.error();
  const Result<spirv::Module> module = lowered.operation.module(dispatches_[d].step, o_.names);
  if (!module) return module.error();
  program::DispatchRecord record;
  record.phase = static_cast<program::Phase>(step.phase);
  record.groups = sizes_(formula(l, step.groups));
  record.name = w_.text(Text(node.name));
  Result<std::uint32_t> written = write_module(*module, step, *bound);
  if (!written) return written.error();
  record.module = *written;
  record.operands.first = static_cast<std::uint32_t>(w_.operands.size());
  record.arguments.first = static_cast<std::uint32_t>(w_.arguments.size());
  hazards.begin();
  std::uint64_t stored = 0;
  std::uint32_t binding = 0;
  for (const kernel::ResourceBinding& b : bound->bindings) {
    const kernel::Resource& resource = step.kernel.resources()[b.resource];
    const std::size_t operand = lowered.operation.find(step.kernel.resource_name(b.resource));
    Place& place = place_of(l, operand);
    program::OperandRecord o;
    o.region = region_of(place);
    o.reads = kernel::can_read(resource.access) ? 1 : 0;
    o.writes = kernel::can_write(resource.access) ? 1 : 0;
    if (b.kind == kernel::DescriptorKind::Address) {
      uses_addresses_ = 1;
      program::ArgumentRecord argument;
      argument.kind = program::ArgumentRecord::Kind::Address;
      argument.offset = b.address_offset;
      argument.index = o.region;
      w_.arguments.push_back(argument);
    } else {
      o.binding = binding++;
    }
    w_.operands.push_back(o);
    hazards.use(place.memory, place.tensor, place.offset, place.bytes, o.reads != 0, o.writes != 0);
    // At most 2^63 each, of sizes without a maximum.
    const auto add = [&](std::uint64_t& sum) {
      sum = sum > ~std::uint64_t{0} - place.bytes ? ~std::uint64_t{0} : sum + place.bytes;
    };
    add(record.bytes);
    if (o.writes) add(stored);
  }
  for (const kernel::ParameterSlot& slot : bound->parameters) {
    program::ArgumentRecord argument;
    argument.offset = slot.offset;
    const Text name = step.kernel.text(step.kernel.parameters()[slot.parameter].name);
    const SizeId size = size_called(lowered.operation.sizes(), l, name);
    if (size != no_size) {
      argument.index = sizes_(size);
    } else {
      argument.kind = program::ArgumentRecord::Kind::Number;
      argument.index = sizes_.number(name, slot.type.scalar());
    }
    w_.arguments.push_back(argument);
  }
  record.operands.count = static_cast<std::uint32_t>(w_.operands.size()) - record.operands.first;
  record.arguments.count = static_cast<std::uint32_t>(w_.arguments.size()) - record.arguments.first;
  record.before = hazards.end();
  std::size_t run_steps = 0;
  for (const tensor::Step& other : lowered.operation.steps())
    run_steps += other.phase == tensor::Phase::Run ? 1u : 0u;
  record.operations = operations_of(g_, node, step, run_steps == 1, stored / 4);
  if (bound->placement == kernel::ParameterPlacement::Uniform)
    uniform_bytes_ += (bound->parameter_bytes + program::memory_alignment - 1) / program::memory_alignment *
                      program::memory_alignment;
  if (!w_.dispatches.push_back(record) || w_.operands.out_of_memory() || w_.arguments.out_of_memory())
    return out_of_memory();
  return {};
}

inline SizeId VariantCompiler::size_called(const SizeTable& table, std::uint32_t lowered, Text name) {
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const SizeId id = static_cast<SizeId>(i);
    if (table.node(id).op == SizeTable::Op::Parameter && table.name(id) == name) return formula(lowered, id);
  }
  // A kernel that stores sizes has them as numbers.
  if (begins_with(name, size_prefix)) return g_.size(Dimension::parameter(name));
  for (std::uint32_t i = 0; i < g_.sizes().size(); ++i) {
    const SizeId id = static_cast<SizeId>(i);
    if (g_.sizes().node(id).op == SizeTable::Op::Parameter && g_.sizes().name(id) == name) return id;
  }
  return no_size;
}

inline std::uint32_t VariantCompiler::region_of(Place& place) {
  if (place.region != no_index) return place.region;
  program::RegionRecord record;
  record.memory = place.memory;
  record.tensor = place.tensor;
  record.offset = place.offset;
  record.bytes = place.bytes;
  record.size = sizes_(place.size);
  w_.regions.push_back(record);
  return place.region = static_cast<std::uint32_t>(w_.regions.size() - 1);
}

inline Result<std::uint32_t> VariantCompiler::write_module(const spirv::Module& module,
                                                           const tensor::Step& step,
                                                           const kernel::KernelInterface& bound) {
  const std::uint32_t count = static_cast<std::uint32_t>(w_.modules.size());
  program::ModuleRecord record;
  record.words = w_.words(module.words());
  record.entry_point = w_.text(step.write.entry_point);
  record.name = w_.text(step.kernel.name());
  record.workgroup[0] = bound.workgroup.x;
  record.workgroup[1] = bound.workgroup.y;
  record.workgroup[2] = bound.workgroup.z;
  record.subgroup_size = step.subgroup_size;
  record.full_subgroups = step.kernel.options().subgroup.full ? 1 : 0;
  for (std::uint32_t i = 0; i < count; ++i)
    if (w_.modules[i].words.first == record.words.first && w_.modules[i].words.count == record.words.count &&
        w_.modules[i].subgroup_size == record.subgroup_size &&
        w_.modules[i].full_subgroups == record.full_subgroups) {
      if (Result<void> r = require(module); !r) return r.error();
      return i;
    }
  record.placement = bound.placement == kernel::ParameterPlacement::Uniform
                         ? program::Placement::Uniform
                         : program::Placement::PushConstants;
  record.parameter_bytes = bound.parameter_bytes;
  record.parameter_set = bound.parameter_set;
  record.parameter_binding = bound.parameter_binding;
  record.bindings.first = static_cast<std::uint32_t>(w_.bindings.size());
  for (const kernel::ResourceBinding& b : bound.bindings) {
    if (b.kind == kernel::DescriptorKind::Address) continue;
    program::BindingRecord binding;
    binding.set = b.set;
    binding.binding = b.binding;
    binding.type = b.kind == kernel::DescriptorKind::StorageBuffer  ? program::DescriptorType::StorageBuffer
                   : b.kind == kernel::DescriptorKind::StorageImage ? program::DescriptorType::StorageImage
                                                                    : program::DescriptorType::SampledImage;
    w_.bindings.push_back(binding);
  }
  record.bindings.count = static_cast<std::uint32_t>(w_.bindings.size()) - record.bindings.first;
  if (Result<void> r = require(module); !r) return r.error();
  if (!w_.modules.push_back(record) || w_.bindings.out_of_memory()) return out_of_memory();
  return count;
}

inline Result<void> VariantCompiler::require(const spirv::Module& module) {
  const Result<Reflection> reflected = reflect(module.words());
  if (!reflected) return reflected.error();
  const reflection::DeviceRequirements needs =
      reflection::requirements_of(*reflected, target_.target.spirv.environment_version());
  using Kind = program::RequirementRecord::Kind;
  for (const reflection::RequiredFeature& f : needs.features) {
    put_requirement(Kind::Feature, f.member, 0);
    if (f.extension) put_requirement(Kind::Extension, f.extension, 0);
  }
  for (const reflection::RequiredProperty& p : needs.properties) {
    put_requirement(Kind::Property, p.value, 0);
    uses_subgroups_ = uses_subgroups_ || begins_with(Text(p.value), "VK_SUBGROUP_FEATURE_");
  }
  for (const char* extension : needs.extensions) put_requirement(Kind::Extension, extension, 0);
  for (const reflection::RequiredLimit& l : needs.limits) put_requirement(Kind::Limit, l.name, l.at_least);
  if (needs.out_of_memory() || requirements_.out_of_memory()) return out_of_memory();
  return {};
}
inline void VariantCompiler::put_requirement(program::RequirementRecord::Kind kind, Text name,
                                             std::uint64_t at_least) {
  program::RequirementRecord record;
  record.kind = kind;
  record.name = w_.text(name);
  record.at_least = at_least;
  for (program::RequirementRecord& known : requirements_)
    if (known.kind == kind && known.name.first == record.name.first &&
        known.name.count == record.name.count) {
      if (at_least > known.at_least) known.at_least = at_least;
      return;
    }
  requirements_.push_back(record);
}
inline void VariantCompiler::write_requirements(program::VariantRecord& variant) {
  variant.requirements = {static_cast<std::uint32_t>(w_.requirements.size()),
                          static_cast<std::uint32_t>(requirements_.size())};
  w_.requirements.append({requirements_.data(), requirements_.size()});
}

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
