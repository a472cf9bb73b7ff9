// One variant of a program: passes, lowering, memory, records.
#pragma once

#include "../../kernel/interface.hpp"
#include "../../reflect.hpp"
#include "../compile.hpp"
#include "../lower.hpp"
#include "../memory_plan.hpp"
#include "../size_algebra.hpp"
#include "cost.hpp"
#include "hazards.hpp"
#include "program_parts.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

class VariantCompiler {
public:
  VariantCompiler(const Graph& graph, const CompileTarget& target, const CompileOptions& options,
                  ProgramParts& parts)
      : g_(graph.clone()), target_(target), o_(options), parts_(parts), w_(parts.writer),
        sizes_(g_.sizes(), parts.writer) {}

  Result<void> run() {
    if (Result<void> r = prepare_graph(); !r) return r;
    if (Result<void> r = lower_all(OpenSizes::Parameters); !r) return r;
    if (o_.max_modules != 0)
      if (Result<void> r = bound_modules(); !r) return r;
    if (Result<void> r = plan(); !r) return r;
    if (!parts_.has_tensors) write_tensors();
    parts_.has_tensors = true;
    return write();
  }

private:
  using Memory = program::Memory;
  static constexpr std::uint32_t no_index = program::none;

  // One dispatch, in the order of the program: Phase::Prepare first.
  struct Dispatch {
    std::uint32_t lowered, step;
  };
  // Memory of a value, or of an operand of an operation's own.
  struct Place {
    Memory memory = Memory::Scratch;
    std::uint32_t tensor = no_index;
    std::uint64_t offset = 0, bytes = 0;
    SizeId size = {};
    std::uint32_t lifetime = no_index;
    std::uint32_t region = no_index;
    bool is_placed = false;
  };

  Diagnostic out_of_memory() const {
    return refuse(ErrorCode::OutOfMemory, "out of memory while compiling a graph");
  }

  Result<void> prepare_graph() {
    if (!target_.cooperative_matrices) target_.target.matrix_product_count = 0;
    if (!g_.ok()) return g_.error();
    if (Result<std::size_t> folded = fold(g_); !folded)
      return static_cast<Result<std::size_t>&&>(folded).error();
    if (Result<std::size_t> changed = canonicalize(g_); !changed)
      return static_cast<Result<std::size_t>&&>(changed).error();
    remove_dead(g_);
    FusionOptions fusion = o_.fusion;
    if (target_.float16) {
      Result<Float16Report> halved = to_float16(g_);
      if (!halved) return static_cast<Result<Float16Report>&&>(halved).error();
      report_ << halved->text;
      fusion.skip_half = true;
    }
    if (fusion.max_storage_buffers == 0 || fusion.max_storage_buffers > target_.target.max_storage_buffers)
      fusion.max_storage_buffers = target_.target.max_storage_buffers;
    Result<FusionReport> fused = fuse(g_, fusion);
    if (!fused) return static_cast<Result<FusionReport>&&>(fused).error();
    report_ << fused->text;
    return separate_outputs();
  }

  // The value whose memory a value is.
  ValueId root_of(ValueId value) const {
    for (;;) {
      const NodeId producer = g_.value(value).producer;
      if (producer == NodeId::Absent || !is_view(g_, g_.node(producer))) return value;
      value = g_.node(producer).inputs[0];
    }
  }

  // Each output of the graph gets memory of its own: what is an input, a constant or another output as well is copied.
  Result<void> separate_outputs() {
    Buffer<ValueId> taken;
    for (GraphOutput& output : g_.outputs_to_change()) {
      const ValueId root = root_of(output.value);
      bool shared = g_.value(root).is_input || g_.value(root).is_constant;
      for (const ValueId other : taken) shared = shared || other == root;
      if (shared) {
        tensor::CopyProblem copy;
        String name(Text(output.name));
        name << "_copy";
        const ValueId value = g_.add(copy, {output.value}, Text(name));
        if (!g_.ok()) return g_.error();
        output.value = value;
      }
      if (!taken.push_back(root_of(output.value))) return out_of_memory();
    }
    return {};
  }

  Result<void> lower_all(OpenSizes open) {
    lowered_.clear();
    dispatches_.clear();
    for (std::uint32_t i = 0; i < g_.nodes().size(); ++i) {
      if (is_view(g_, g_.nodes()[i])) continue;
      Result<LoweredNode> lowered = lower(g_, static_cast<NodeId>(i), target_.target, open);
      if (!lowered) return static_cast<Result<LoweredNode>&&>(lowered).error();
      if (!lowered_.push_back(static_cast<LoweredNode&&>(*lowered))) return out_of_memory();
    }
    for (const tensor::Phase phase : {tensor::Phase::Prepare, tensor::Phase::Run}) {
      for (std::uint32_t l = 0; l < lowered_.size(); ++l)
        for (std::uint32_t s = 0; s < lowered_[l].operation.steps().size(); ++s)
          if (lowered_[l].operation.steps()[s].phase == phase)
            if (!dispatches_.push_back({l, s})) return out_of_memory();
      if (phase == tensor::Phase::Prepare) prepares_ = dispatches_.size();
    }
    return {};
  }

  // As `write_module` tells them apart, but that words of the same hash are taken for the same.
  Result<std::uint32_t> count_modules() const {
    struct Known {
      std::uint64_t hash;
      std::uint32_t subgroup_size;
      bool full_subgroups;
    };
    Buffer<Known> all;
    for (const Dispatch& d : dispatches_) {
      const tensor::Operation& operation = lowered_[d.lowered].operation;
      const tensor::Step& step = operation.steps()[d.step];
      const Result<spirv::Module> module = operation.module(d.step, o_.names);
      if (!module) return module.error();
      const Known made = {spirv::hash_words(module->words()), step.subgroup_size,
                          step.kernel.options().subgroup.full};
      bool is_known = false;
      for (const Known& known : all)
        is_known = is_known || (known.hash == made.hash && known.subgroup_size == made.subgroup_size &&
                                known.full_subgroups == made.full_subgroups);
      if (!is_known && !all.push_back(made)) return out_of_memory();
    }
    return static_cast<std::uint32_t>(all.size());
  }

  // Where there are too many modules, kernels are given their sizes.
  Result<void> bound_modules() {
    const Result<std::uint32_t> apart = count_modules();
    if (!apart) return apart.error();
    if (*apart <= o_.max_modules) return {};
    if (Result<void> r = lower_all(OpenSizes::All); !r) return r;
    const Result<std::uint32_t> shared = count_modules();
    if (!shared) return shared.error();
    report_ << "kernels are given their sizes, so that there are " << *shared << " modules in place of "
            << *apart << '\n';
    if (*shared <= o_.max_modules) return {};
    String message("the variant ");
    message << target_.name << " has " << *shared << " modules (" << *apart
            << " with all sizes known), and max_modules permits " << o_.max_modules;
    return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
  }

  // --- memory
  Result<void> plan() {
    if (!values_.resize(g_.value_count(), Place())) return out_of_memory();
    for (std::uint32_t i = 0; i < g_.inputs().size(); ++i) place_tensor(g_.inputs()[i], i);
    for (std::uint32_t i = 0; i < g_.outputs().size(); ++i)
      place_tensor(root_of(g_.outputs()[i].value), static_cast<std::uint32_t>(g_.inputs().size()) + i);
    Buffer<Lifetime> lifetimes;
    for (const LoweredNode& lowered : lowered_) {
      OwnOperands own;
      own.places.resize(lowered.operands.size(), Place());
      own.translation_first = formulas_.size();
      if (Result<void> r = translate_formulas(lowered.operation.sizes()); !r) return r;
      if (!own_.push_back(static_cast<OwnOperands&&>(own))) return out_of_memory();
    }
    for (std::uint32_t d = 0; d < dispatches_.size(); ++d) {
      const LoweredNode& lowered = lowered_[dispatches_[d].lowered];
      const tensor::Step& step = lowered.operation.steps()[dispatches_[d].step];
      for (std::size_t r = 0; r < step.kernel.resources().size(); ++r) {
        const std::size_t operand = lowered.operation.find(step.kernel.resource_name(r));
        if (operand == tensor::Operation::npos) continue;
        Place& place = place_of(dispatches_[d].lowered, operand);
        if (Result<void> placed = use(place, lowered, dispatches_[d].lowered, operand, d, lifetimes); !placed)
          return placed;
      }
    }
    Result<MemoryPlan> plan = plan_memory({lifetimes.data(), lifetimes.size()}, program::memory_alignment);
    if (!plan) return static_cast<Result<MemoryPlan>&&>(plan).error();
    scratch_bytes_ = plan->bytes;
    scratch_lower_bound_ = plan->lower_bound;
    const auto set_offset = [&](Place& place) {
      if (place.lifetime != no_index) place.offset = plan->offsets[place.lifetime];
    };
    for (Place& place : values_) set_offset(place);
    for (OwnOperands& own : own_)
      for (Place& place : own.places) set_offset(place);
    return {};
  }

  Place& place_of(std::uint32_t lowered, std::size_t operand) {
    const ValueId value = lowered_[lowered].operands[operand];
    return value == ValueId::Absent ? own_[lowered].places[operand]
                                    : values_[static_cast<std::size_t>(root_of(value))];
  }
  void place_tensor(ValueId value, std::uint32_t tensor) {
    Place& place = values_[static_cast<std::size_t>(value)];
    place.memory = Memory::Tensor;
    place.tensor = tensor;
    place.size = bytes_of(g_.type(value));
    place.bytes = bound_bytes(place.size);
    place.is_placed = true;
  }
  SizeId bytes_of(const TensorType& type) {
    SizeTable& table = g_.sizes_to_fill();
    if (type.storage != tensor::Storage::Buffer) return table.literal(0);
    SizeId bytes = table.literal(tensor::element_bytes(type.scalar));
    for (const Dimension& d : type.shape) bytes = multiply_sizes(table, bytes, g_.size(d));
    return bytes;
  }
  // At the largest sizes, to the next multiple of 16: what `tensor::OperationSizes::bytes` binds.
  std::uint64_t bound_bytes(SizeId size) const {
    const std::uint64_t most = static_cast<std::uint64_t>(g_.sizes().upper(size));
    return (most + 15) / 16 * 16;
  }

  Result<void> use(Place& place, const LoweredNode& lowered, std::uint32_t index, std::size_t operand,
                   std::uint32_t d, Buffer<Lifetime>& lifetimes) {
    const tensor::Operand& o = lowered.operation.operands()[operand];
    if (!place.is_placed) {
      const ValueId value = lowered.operands[operand];
      const ValueId root = value == ValueId::Absent ? value : root_of(value);
      place.is_placed = true;
      place.size = value == ValueId::Absent ? formula(index, o.bytes) : bytes_of(g_.type(root));
      place.bytes = bound_bytes(place.size);
      if (value != ValueId::Absent && g_.value(root).is_constant) {
        place.memory = Memory::Weights;
        const Value& constant = g_.value(root);
        const std::uint32_t weight = parts_.weight(Text(constant.name), constant.data);
        place.offset = w_.weights()[weight].offset;
      } else if (value == ValueId::Absent && o.role == tensor::Role::Packed) {
        place.memory = Memory::Packed;
        place.offset = packed_bytes_;
        packed_bytes_ += (place.bytes + program::memory_alignment - 1) / program::memory_alignment *
                         program::memory_alignment;
      } else {
        if (place.bytes >> 62) return too_large(Text(o.name), g_.node(lowered.node));
        place.lifetime = static_cast<std::uint32_t>(lifetimes.size());
        if (!lifetimes.push_back({place.bytes, d, d})) return out_of_memory();
      }
    }
    if (place.lifetime != no_index) lifetimes[place.lifetime].last = d;
    return {};
  }
  Result<void> too_large(Text operand, const Node& node) const {
    String message("the node ");
    message << Text(node.name) << " needs more memory for " << operand
            << " than there can be; declare maxima of the sizes that are given at run time";
    return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
  }

  // --- formulas
  // All formulas of an operation, those that only check sizes included.
  Result<void> translate_formulas(const SizeTable& table) {
    SizeTranslation translate(table, g_.sizes_to_fill());
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      const SizeId made = translate(static_cast<SizeId>(i), [&](Text name, const SizeTable::Node& n) {
        return g_.size(Dimension::parameter(name, n.upper, n.multiple));
      });
      if (!formulas_.push_back(made)) return out_of_memory();
    }
    return {};
  }
  SizeId formula(std::uint32_t lowered, SizeId id) const {
    return formulas_[own_[lowered].translation_first + static_cast<std::size_t>(id)];
  }

  // --- records
  void write_tensors() {
    for (const ValueId id : g_.inputs()) write_tensor(Text(g_.value(id).name), id, program::Direction::Input);
    for (const GraphOutput& output : g_.outputs())
      write_tensor(Text(output.name), output.value, program::Direction::Output);
  }
  void write_tensor(Text name, ValueId id, program::Direction direction) {
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

  Result<void> write() {
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

  Result<void> write_dispatch(std::uint32_t d, HazardTracker& hazards) {
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

  static constexpr SizeId no_size = static_cast<SizeId>(0xFFFFFFFF);
  SizeId size_called(const SizeTable& table, std::uint32_t lowered, Text name) {
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      const SizeId id = static_cast<SizeId>(i);
      if (table.node(id).op == SizeTable::Op::Parameter && table.name(id) == name)
        return formula(lowered, id);
    }
    // A kernel that stores sizes has them as numbers.
    if (begins_with(name, size_prefix)) return g_.size(Dimension::parameter(name));
    for (std::uint32_t i = 0; i < g_.sizes().size(); ++i) {
      const SizeId id = static_cast<SizeId>(i);
      if (g_.sizes().node(id).op == SizeTable::Op::Parameter && g_.sizes().name(id) == name) return id;
    }
    return no_size;
  }

  std::uint32_t region_of(Place& place) {
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

  Result<std::uint32_t> write_module(const spirv::Module& module, const tensor::Step& step,
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
      if (w_.modules[i].words.first == record.words.first &&
          w_.modules[i].words.count == record.words.count &&
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

  // --- what a device must have
  Result<void> require(const spirv::Module& module) {
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
  void put_requirement(program::RequirementRecord::Kind kind, Text name, std::uint64_t at_least) {
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
  void write_requirements(program::VariantRecord& variant) {
    variant.requirements = {static_cast<std::uint32_t>(w_.requirements.size()),
                            static_cast<std::uint32_t>(requirements_.size())};
    w_.requirements.append({requirements_.data(), requirements_.size()});
  }

  struct OwnOperands {
    Buffer<Place> places;
    std::size_t translation_first = 0;
  };

  Graph g_;
  CompileTarget target_;
  const CompileOptions& o_;
  ProgramParts& parts_;
  program::ProgramWriter& w_;
  ProgramSizes sizes_;
  List<LoweredNode> lowered_;
  List<OwnOperands> own_;
  Buffer<Dispatch> dispatches_;
  std::size_t prepares_ = 0;
  Buffer<Place> values_;
  Buffer<SizeId> formulas_;
  Buffer<program::RequirementRecord> requirements_;
  std::uint64_t scratch_bytes_ = 0, scratch_lower_bound_ = 0, packed_bytes_ = 0, uniform_bytes_ = 0;
  std::uint32_t uses_addresses_ = 0;
  bool uses_subgroups_ = false;
  String report_;
};

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
