// The first look at each instruction, and what names and decorations say.
#pragma once

#include "reflector.hpp"

AIRSTRIP_NAMESPACE_BEGIN

AIRSTRIP_INLINE void Reflector::collect() {
  const std::size_t n = view_.size();
  slot_.resize(n, 0);
  facts_index_.resize(n, 0);
  node_.resize(n, 0);
  if (slot_.out_of_memory() || facts_index_.out_of_memory() || node_.out_of_memory()) return;
  std::size_t text_bytes = 0;
  bool in_function = false;
  for (const Instruction at : view_) {
    switch (at.opcode()) {
      case Op::OpName:
      case Op::OpMemberName:
        text_bytes += at.words().size() * 4;
        annotations_.push_back(at.index());
        break;
      case Op::OpDecorate:
      case Op::OpDecorateId:
      case Op::OpDecorateString:
      case Op::OpMemberDecorate:
      case Op::OpMemberDecorateString:
      case Op::OpMemberDecorateIdEXT:
      case Op::OpGroupDecorate:
      case Op::OpGroupMemberDecorate: annotations_.push_back(at.index()); break;
      case Op::OpCapability: capabilities_.push_back(at.index()); break;
      case Op::OpExtension:
        text_bytes += at.words().size() * 4;
        extensions_.push_back(at.index());
        break;
      case Op::OpMemoryModel:
        out_.addressing_ = static_cast<spirv::AddressingModel>(at.word(1));
        out_.memory_ = static_cast<spirv::MemoryModel>(at.word(2));
        break;
      case Op::OpEntryPoint:
        text_bytes += at.words().size() * 4;
        entries_.push_back(at.index());
        break;
      case Op::OpGraphEntryPointARM:
        text_bytes += at.words().size() * 4;
        graphs_.push_back(at.index());
        break;
      case Op::OpExecutionMode:
      case Op::OpExecutionModeId: modes_.push_back(at.index()); break;
      case Op::OpVariable:
      case Op::OpUntypedVariableKHR:
        // A constant's definition may hold the place of its initializer; a global is its own.
        if (!in_function && is_defined_here(at, at.word(2))) {
          Global global;
          global.instruction = at.index();
          global.storage = static_cast<spirv::StorageClass>(at.word(3));
          globals_.push_back(global);
          slot_[at.index()] = index(globals_.size());
        }
        break;
      case Op::OpFunction: {
        Function function;
        function.instruction = at.index();
        function.end = index(n);
        function.parameters.first = index(parameters_.size());
        in_function = functions_.push_back(function);
        if (in_function && is_defined_here(at, at.word(2))) slot_[at.index()] = index(functions_.size());
        break;
      }
      case Op::OpFunctionParameter:
        if (in_function && parameters_.push_back(at.index())) ++functions_.back().parameters.count;
        break;
      case Op::OpFunctionEnd:
        if (in_function) functions_.back().end = at.index();
        in_function = false;
        break;
      default:
        if (in_function) break;
        switch (at.opcode()) {
          case Op::OpConstantTrue:
          case Op::OpConstantFalse:
          case Op::OpConstant:
          case Op::OpConstantComposite:
          case Op::OpConstantCompositeReplicateEXT:
          case Op::OpConstantNull:
          case Op::OpSpecConstantTrue:
          case Op::OpSpecConstantFalse:
          case Op::OpSpecConstant:
          case Op::OpSpecConstantComposite:
          case Op::OpSpecConstantCompositeReplicateEXT:
          case Op::OpSpecConstantOp:
            if (is_defined_here(at, at.word(2))) definitions_.push_back(at.index());
            break;
          default:
            if (reflection::detail::is_type(at) && is_defined_here(at, at.word(1))) add_type(at);
        }
    }
  }
  // The names are views into it: it must not move.
  out_.text_.reserve(text_bytes);
}

AIRSTRIP_INLINE Reflector::Facts* Reflector::facts_at(std::uint32_t at) {
  if (facts_index_[at] == 0) {
    if (!facts_.push_back({})) return nullptr;
    facts_index_[at] = index(facts_.size());
  }
  return &facts_[facts_index_[at] - 1];
}

AIRSTRIP_INLINE const Reflector::Facts& Reflector::facts_of(std::uint32_t at) const {
  static constexpr Facts nothing{};
  return facts_index_[at] == 0 ? nothing : facts_[facts_index_[at] - 1];
}

AIRSTRIP_INLINE Text Reflector::text_of(const Instruction& at, unsigned position) {
  const Text text = spirv::literal_text(at.words().subspan(position), scratch_);
  const std::size_t first = out_.text_.size();
  // Each is copied once, and there is room for all.
  if (first + text.size() > out_.text_.capacity() || !out_.text_.append({text.data(), text.size()}))
    return {};
  return {out_.text_.data() + first, text.size()};
}

AIRSTRIP_INLINE Text Reflector::name_of(std::uint32_t at) {
  if (facts_index_[at] == 0) return {};
  Facts& facts = facts_[facts_index_[at] - 1];
  if (facts.name_at != 0) {
    facts.name = text_of(view_[facts.name_at - 1], 2);
    facts.name_at = 0;
  }
  return facts.name;
}

AIRSTRIP_INLINE void Reflector::decorate(const Instruction& at, std::uint32_t decoration, unsigned parameters,
                                         Facts& facts) {
  using spirv::Decoration;
  const std::uint32_t value = at.word(parameters);
  switch (static_cast<Decoration>(decoration)) {
    case Decoration::SpecId: facts.spec_id = value; break;
    case Decoration::Block: facts.block = true; break;
    case Decoration::BufferBlock: facts.buffer_block = true; break;
    case Decoration::ArrayStride: facts.array_stride = value; break;
    case Decoration::ArrayStrideIdEXT: facts.array_stride_id = value; break;
    case Decoration::BuiltIn: facts.builtin = value; break;
    case Decoration::NoPerspective: facts.no_perspective = true; break;
    case Decoration::Flat: facts.flat = true; break;
    case Decoration::Patch: facts.patch = true; break;
    case Decoration::Centroid: facts.centroid = true; break;
    case Decoration::Sample: facts.sample = true; break;
    case Decoration::NonWritable: facts.non_writable = true; break;
    case Decoration::NonReadable: facts.non_readable = true; break;
    case Decoration::Location: facts.location = value; break;
    case Decoration::Component: facts.component = value; break;
    case Decoration::Index: facts.index = value; break;
    case Decoration::Binding: facts.binding = value; break;
    case Decoration::DescriptorSet: facts.set = value; break;
    case Decoration::InputAttachmentIndex: facts.input_attachment = value; break;
    default: break;
  }
}

AIRSTRIP_INLINE void Reflector::decorate_member(const Instruction& at, std::uint32_t decoration,
                                                unsigned parameters, std::uint32_t member) {
  using spirv::Decoration;
  reflection::Member& m = out_.members_[member];
  MemberFacts& facts = member_facts_[member];
  const std::uint32_t value = at.word(parameters);
  switch (static_cast<Decoration>(decoration)) {
    case Decoration::Offset: m.offset = value; break;
    case Decoration::OffsetIdEXT: facts.offset_id = value; break;
    case Decoration::MatrixStride: m.matrix_stride = value; break;
    case Decoration::RowMajor: m.row_major = true; break;
    case Decoration::NonWritable: m.non_writable = true; break;
    case Decoration::NonReadable: m.non_readable = true; break;
    case Decoration::Location: facts.location = value; break;
    case Decoration::Component: facts.component = value; break;
    case Decoration::BuiltIn: facts.builtin = value; break;
    case Decoration::NoPerspective: facts.no_perspective = true; break;
    case Decoration::Flat: facts.flat = true; break;
    case Decoration::Patch: facts.patch = true; break;
    case Decoration::Centroid: facts.centroid = true; break;
    case Decoration::Sample: facts.sample = true; break;
    default: break;
  }
}

AIRSTRIP_INLINE void Reflector::merge(Facts& into, const Facts& from) {
  const auto take = [](std::uint32_t& value, std::uint32_t other, std::uint32_t absent) {
    if (other != absent) value = other;
  };
  take(into.set, from.set, reflection::none);
  take(into.binding, from.binding, reflection::none);
  take(into.location, from.location, reflection::none);
  take(into.component, from.component, reflection::none);
  take(into.index, from.index, reflection::none);
  take(into.builtin, from.builtin, reflection::none);
  take(into.spec_id, from.spec_id, reflection::none);
  take(into.array_stride, from.array_stride, 0);
  take(into.array_stride_id, from.array_stride_id, 0);
  take(into.input_attachment, from.input_attachment, reflection::none);
  into.block |= from.block;
  into.buffer_block |= from.buffer_block;
  into.non_writable |= from.non_writable;
  into.non_readable |= from.non_readable;
  into.flat |= from.flat;
  into.no_perspective |= from.no_perspective;
  into.centroid |= from.centroid;
  into.sample |= from.sample;
  into.patch |= from.patch;
}

AIRSTRIP_INLINE void Reflector::annotate() {
  // The member that a structure's id and a number name, or none.
  const auto member_of = [this](std::uint32_t id, std::uint32_t number) {
    const std::uint32_t type = type_index(id);
    if (type == reflection::none) return reflection::none;
    const reflection::Range members = out_.types_[type].members;
    return number < members.count ? members.first + number : reflection::none;
  };
  for (const std::uint32_t i : annotations_) {
    const Instruction at = view_[i];
    const Instruction target = view_.find_definition(at.word(1));
    switch (at.opcode()) {
      case Op::OpName:
        if (target)
          if (Facts* const facts = facts_at(target.index())) facts->name_at = i + 1;
        break;
      case Op::OpMemberName:
        if (const std::uint32_t member = member_of(at.word(1), at.word(2)); member != reflection::none)
          out_.members_[member].name = text_of(at, 3);
        break;
      case Op::OpMemberDecorate:
      case Op::OpMemberDecorateIdEXT:
        if (const std::uint32_t member = member_of(at.word(1), at.word(2)); member != reflection::none)
          decorate_member(at, at.word(3), 4, member);
        break;
      case Op::OpDecorate:
      case Op::OpDecorateId:
        if (target)
          if (Facts* const facts = facts_at(target.index())) decorate(at, at.word(2), 3, *facts);
        break;
      case Op::OpGroupDecorate: {
        // The group's own decorations stand in front of it, so they are all known.
        if (!target) break;
        const Facts group = facts_of(target.index());
        for (const std::uint32_t id : at.words().subspan(2))
          if (const Instruction member = view_.find_definition(id))
            if (Facts* const facts = facts_at(member.index())) merge(*facts, group);
        break;
      }
      case Op::OpGroupMemberDecorate:
        // What a group says of members needs the decorations themselves, of which Facts keeps too few.
        group_members_.push_back(i);
        break;
      default: break;
    }
  }
  decorate_group_members();
}

AIRSTRIP_INLINE void Reflector::decorate_group_members() {
  for (const std::uint32_t i : group_members_) {
    const Instruction at = view_[i];
    const std::uint32_t group = at.word(1);
    for (const std::uint32_t j : annotations_) {
      const Instruction decoration = view_[j];
      if (!spend(1)) return;
      if (decoration.opcode() != Op::OpDecorate || decoration.word(1) != group) continue;
      const Span<const std::uint32_t> words = at.words().subspan(2);
      for (std::size_t k = 0; k + 1 < words.size(); k += 2) {
        if (!spend(1)) return;
        const std::uint32_t type = type_index(words[k]);
        if (type == reflection::none) continue;
        const reflection::Range members = out_.types_[type].members;
        if (words[k + 1] < members.count)
          decorate_member(decoration, decoration.word(2), 3, members.first + words[k + 1]);
      }
    }
  }
}

AIRSTRIP_NAMESPACE_END
