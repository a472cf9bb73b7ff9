// Entry points: what each of them reaches, and what that needs.
#pragma once

#include "reflector.hpp"
#include "subgroup.hpp"

AIRSTRIP_NAMESPACE_BEGIN

AIRSTRIP_INLINE void Reflector::reach(std::uint32_t function) {
  reached_.clear();
  if (function == reflection::none) return;
  functions_[function].stamp = entry_;
  reached_.push_back(function);
  for (std::size_t i = 0; i < reached_.size(); ++i) {
    const reflection::Range calls = functions_[reached_[i]].calls;
    if (!spend(calls.count + 1)) return;
    for (std::uint32_t c = 0; c < calls.count; ++c) {
      Function& called = functions_[calls_[calls.first + c]];
      if (called.stamp == entry_) continue;
      called.stamp = entry_;
      reached_.push_back(calls_[calls.first + c]);
    }
  }
}

AIRSTRIP_INLINE void Reflector::add_entry_points() {
  for (const std::uint32_t at : entries_) add_entry_point(view_[at]);
  for (const std::uint32_t at : graphs_) add_graph_entry_point(view_[at]);
}

AIRSTRIP_INLINE void Reflector::add_graph_entry_point(const Instruction& at) {
  reflection::GraphEntryPoint entry;
  entry.graph = at.word(1);
  entry.type = type_index(view_.find_definition(entry.graph).type_id());
  entry.name = text_of(at, 2);
  entry.bindings.first = index(out_.bindings_.size());
  for (const std::uint32_t id : at.words().subspan(reflection::detail::behind_text(at, 2))) {
    const Instruction variable = view_.find_definition(id);
    if (variable.opcode() != Op::OpVariable || slot_[variable.index()] == 0) continue;
    const Global& global = globals_[slot_[variable.index()] - 1];
    if (!global.is_bound || !spend(8)) continue;
    out_.bindings_.push_back(bindings_[global.binding]);
    ++entry.bindings.count;
  }
  out_.graph_entry_points_.push_back(entry);
}

AIRSTRIP_INLINE void Reflector::add_entry_point(const Instruction& at) {
  ++entry_;
  reflection::EntryPoint entry;
  entry.model = static_cast<spirv::ExecutionModel>(at.word(1));
  entry.function = at.word(2);
  entry.name = text_of(at, 3);
  entry.word_offset = index(at.word_offset());
  const Instruction function = view_.find_definition(entry.function);
  const bool is_function = function.opcode() == Op::OpFunction && slot_[function.index()] != 0;
  reach(is_function ? slot_[function.index()] - 1 : reflection::none);
  add_modes(at, entry);
  add_resources(entry);
  add_interface(at, entry);
  out_.entry_points_.push_back(entry);
}

AIRSTRIP_INLINE void Reflector::add_modes(const Instruction& at, reflection::EntryPoint& entry) {
  using spirv::ExecutionMode;
  entry.has_workgroup = reflection::detail::has_workgroup(entry.model);
  entry.modes.first = index(out_.modes_.size());
  const auto set_size = [&](std::uint32_t x, std::uint32_t y, std::uint32_t z) {
    entry.workgroup = {x, y, z};
  };
  // Sorted by function, and there in the order of the module.
  for (std::uint32_t m = first_mode_of(at.word(2)); m < modes_.size(); ++m) {
    const Instruction mode = view_[static_cast<std::uint32_t>(modes_by_entry_[m])];
    if (mode.word(1) != at.word(2) || !spend(mode.words().size())) break;
    reflection::ExecutionModeInfo info;
    info.mode = static_cast<ExecutionMode>(mode.word(2));
    info.operands.first = index(out_.indices_.size());
    std::uint32_t known[3] = {};
    const Span<const std::uint32_t> operands = mode.words().subspan(3);
    for (std::size_t i = 0; i < operands.size(); ++i) {
      std::uint32_t value = operands[i];
      if (mode.opcode() == Op::OpExecutionModeId) {
        value = type_index(operands[i]);
        if (value == reflection::none && !word_value(operands[i], value)) value = 0;
      }
      if (i < 3) known[i] = value;
      out_.indices_.push_back(value);
    }
    info.operands.count = index(operands.size());
    out_.modes_.push_back(info);
    ++entry.modes.count;
    switch (info.mode) {
      case ExecutionMode::LocalSize:
      case ExecutionMode::LocalSizeId:
        if (operands.size() >= 3) set_size(known[0], known[1], known[2]);
        break;
      case ExecutionMode::FPFastMathDefault:
        if (known[0] < out_.types_.size())
          if (reflection::FloatMode* const of = float_mode(out_.types_[known[0]].bits, entry))
            of->fast_math = known[1];
        break;
      default: set_float_mode(info.mode, known[0], entry); break;
    }
  }
  // The decorated constant wins over both modes (SPIR-V 3.21, WorkgroupSize).
  if (!entry.has_workgroup || workgroup_size_ == reflection::none) return;
  std::uint32_t size[3] = {};
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::uint32_t part = part_of(workgroup_size_, i);
    if (part == reflection::none || values_[part].kind != Value::Kind::Scalar) return;
    size[i] = reflection::detail::saturate32(values_[part].bits);
  }
  set_size(size[0], size[1], size[2]);
}

AIRSTRIP_INLINE std::uint32_t Reflector::first_mode_of(std::uint32_t function) const {
  std::size_t low = 0, high = modes_.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (modes_by_entry_[middle] >> 32 < function)
      low = middle + 1;
    else
      high = middle;
  }
  return index(low);
}

AIRSTRIP_INLINE reflection::FloatMode* Reflector::float_mode(std::uint32_t width,
                                                             reflection::EntryPoint& entry) {
  return width == 16 ? &entry.float16 : width == 32 ? &entry.float32 : width == 64 ? &entry.float64 : nullptr;
}

AIRSTRIP_INLINE void Reflector::set_float_mode(spirv::ExecutionMode mode, std::uint32_t width,
                                               reflection::EntryPoint& entry) {
  using spirv::ExecutionMode;
  if (mode == ExecutionMode::ContractionOff) entry.contraction_off = true;
  reflection::FloatMode* const of = float_mode(width, entry);
  if (!of) return;
  switch (mode) {
    case ExecutionMode::DenormPreserve: of->denorm_preserve = true; break;
    case ExecutionMode::DenormFlushToZero: of->denorm_flush_to_zero = true; break;
    case ExecutionMode::SignedZeroInfNanPreserve: of->signed_zero_inf_nan_preserve = true; break;
    case ExecutionMode::RoundingModeRTE: of->rounding_rte = true; break;
    case ExecutionMode::RoundingModeRTZ: of->rounding_rtz = true; break;
    default: break;
  }
}

AIRSTRIP_INLINE void Reflector::add_resources(reflection::EntryPoint& entry) {
  used_.clear();
  std::uint64_t shared = 0, shared_blocks = 0, push_begin = ~std::uint64_t{0}, push_end = 0;
  for (const std::uint32_t f : reached_) {
    const Function& function = functions_[f];
    entry.subgroup_operations |= function.subgroup_operations;
    if (!spend(function.uses.count)) return;
    for (std::uint32_t u = 0; u < function.uses.count; ++u) {
      const Use use = uses_[function.uses.first + u];
      Global& global = globals_[use.global];
      if (global.entry_stamp != entry_) {
        global.entry_stamp = entry_;
        global.entry_flags = 0;
        used_.push_back(std::uint64_t{global.rank} << 32 | use.global);
      }
      if (use.node < nodes_.size()) global.entry_flags |= nodes_[use.node].flags;
    }
  }
  spirv::detail::sort(used_);
  entry.bindings.first = index(out_.bindings_.size());
  for (const std::uint64_t key : used_) {
    const Global& global = globals_[static_cast<std::uint32_t>(key)];
    if (global.is_bound) {
      if (!spend(8)) return;
      reflection::Binding b = bindings_[global.binding];
      b.used.read = (global.entry_flags & reads) != 0;
      b.used.write = (global.entry_flags & writes) != 0;
      b.used.atomic = (global.entry_flags & atomics) != 0;
      out_.bindings_.push_back(b);
      ++entry.bindings.count;
      continue;
    }
    if (global.storage == spirv::StorageClass::Input) {
      const std::uint32_t builtin = facts_of(global.instruction).builtin;
      if (builtin != reflection::none)
        entry.subgroup_operations |=
            reflection::detail::subgroup_operations(static_cast<spirv::BuiltIn>(builtin));
    }
    if (global.type == reflection::none) continue;
    const reflection::Type& type = out_.types_[global.type];
    if (global.storage == spirv::StorageClass::Workgroup) {
      // Blocks share their memory (SPV_KHR_workgroup_memory_explicit_layout).
      const std::uint64_t size = type_facts_[global.type].packed_size;
      if (type_facts_[global.type].is_block)
        shared_blocks = size > shared_blocks ? size : shared_blocks;
      else
        shared = reflection::detail::saturating_add(shared, size);
    } else if (global.storage == spirv::StorageClass::PushConstant) {
      entry.push_constants.type = global.type;
      if (!spend(type.members.count)) return;
      for (std::uint32_t m = 0; m < type.members.count; ++m) {
        const std::uint32_t offset = out_.members_[type.members.first + m].offset;
        if (offset != reflection::none && offset < push_begin) push_begin = offset;
      }
      if (type.size > push_end) push_end = type.size;
    }
  }
  entry.workgroup_bytes = reflection::detail::saturating_add(shared, shared_blocks);
  if (push_begin < push_end) {
    entry.push_constants.offset = reflection::detail::saturate32(push_begin);
    entry.push_constants.size = reflection::detail::saturate32(push_end - push_begin);
  }
}

AIRSTRIP_INLINE void Reflector::add_interface(const Instruction& at, reflection::EntryPoint& entry) {
  const Span<const std::uint32_t> listed = at.words().subspan(reflection::detail::behind_text(at, 3));
  for (const bool outputs : {false, true}) {
    reflection::Range& range = outputs ? entry.outputs : entry.inputs;
    range.first = index(out_.stage_variables_.size());
    for (const std::uint32_t id : listed) {
      const Instruction variable = view_.find_definition(id);
      if (variable.opcode() != Op::OpVariable || slot_[variable.index()] == 0) continue;
      const Global& global = globals_[slot_[variable.index()] - 1];
      if (global.storage == (outputs ? spirv::StorageClass::Output : spirv::StorageClass::Input))
        add_stage_variables(global);
    }
    range.count = index(out_.stage_variables_.size()) - range.first;
  }
}

AIRSTRIP_INLINE void Reflector::add_stage_variables(const Global& global) {
  const Facts& facts = facts_of(global.instruction);
  reflection::StageVariable v;
  v.name = name_of(global.instruction);
  v.location = facts.location;
  // Undecorated is 0 (Vulkan, 15.1.4 "Location and Component Assignment").
  if (facts.component != reflection::none) v.component = facts.component;
  if (facts.index != reflection::none) v.index = facts.index;
  v.builtin = facts.builtin;
  v.type = global.type;
  v.variable = view_[global.instruction].word(2);
  v.flat = facts.flat;
  v.no_perspective = facts.no_perspective;
  v.centroid = facts.centroid;
  v.sample = facts.sample;
  v.patch = facts.patch;
  // A block's members are variables of their own, also where the stage sees one block for each vertex.
  std::uint32_t type = global.type;
  while (type != reflection::none && out_.types_[type].kind == reflection::TypeKind::Array) {
    if (!spend(1)) return;
    type = out_.types_[type].element;
  }
  const bool is_block = type != reflection::none && type_facts_[type].is_block;
  if (!is_block) {
    if (spend(8)) out_.stage_variables_.push_back(v);
    return;
  }
  const reflection::Range members = out_.types_[type].members;
  if (!spend(members.count * std::uint64_t{8})) return;
  std::uint32_t location = facts.location;
  for (std::uint32_t i = 0; i < members.count; ++i) {
    const reflection::Member& member = out_.members_[members.first + i];
    const MemberFacts& said = member_facts_[members.first + i];
    reflection::StageVariable part = v;
    part.name = member.name;
    part.type = member.type;
    part.member = i;
    part.builtin = said.builtin;
    part.component = said.component == reflection::none ? 0 : said.component;
    // Without one of its own a member follows the one before (Vulkan, 15.1.4 "Location and Component Assignment").
    if (said.location != reflection::none) location = said.location;
    part.location = said.builtin == reflection::none ? location : reflection::none;
    part.flat |= said.flat;
    part.no_perspective |= said.no_perspective;
    part.centroid |= said.centroid;
    part.sample |= said.sample;
    part.patch |= said.patch;
    out_.stage_variables_.push_back(part);
    if (location != reflection::none && member.type != reflection::none)
      location = reflection::detail::saturate32(std::uint64_t{location} + type_facts_[member.type].locations);
  }
}

AIRSTRIP_NAMESPACE_END
