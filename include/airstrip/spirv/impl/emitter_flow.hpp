// The emitter's straight line for control flow: labels, merges, branches and phis that are in order.
#pragma once

#include "../emitter.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool Emitter::is_target(OperandWord word) {
  if (word.tag != tag_ || word.word >= ids_.size()) return false;
  IdInfo& label = ids_[word.word];
  if (label.kind != IdKind::Label) return false;
  if (!(label.flags & defined)) label.flags |= used_early;
  return true;
}

AIRSTRIP_INLINE bool Emitter::is_phi(TypeId type, const OperandWord* operands, std::size_t count) {
  if (type.tag() != tag_ || type.number() >= ids_.size() || count % 2 != 0 || count > 64) return false;
  const IdInfo& made = ids_[type.number()];
  // No pointer, whose phi may need more of the target.
  if (made.kind != IdKind::Type || (made.shape & shape_class) == 0) return false;
  for (std::size_t i = 0; i < count; i += 2) {
    if (operands[i].tag != tag_ || operands[i].word >= ids_.size()) return false;
    const IdInfo& value = ids_[operands[i].word];
    if (!(value.flags & defined) || value.type != type.number() || !is_target(operands[i + 1])) return false;
  }
  return true;
}

// None of these instructions needs anything of the target, so the place and the ids are all that there is to check.
AIRSTRIP_INLINE Id Emitter::emit_flow(InstructionKey key, TypeId type, const OperandWord* operands,
                                      std::size_t count, const SourceLocation& at) {
  const bool checks = options_.check_types && options_.check_structure && options_.lines == LineInfo::Off;
  if (failed_ || !checks || narrow_types_ != 0 || !function_open_)
    return emit_general(key, type, operands, count, at);
  SectionArena& functions = arenas_[static_cast<std::size_t>(Section::Function)];
  const bool in_block = block_open_ && !merge_open_ && pending_result_ == 0;
  switch (key.op) {
    case Op::OpLabel: {
      // The first one of a function ends its parameters.
      if (block_open_ || entry_label_ == 0 || count != 0) break;
      std::uint32_t label = pending_result_;
      if (label == 0) {
        label = static_cast<std::uint32_t>(ids_.size());
        if (!ids_.push_back({0, 0, 0, Op::OpLabel, IdKind::Label, 0})) return out_of_memory(at);
      } else if (ids_[label].kind != IdKind::Label) {
        break;
      }
      pending_result_ = 0;
      ids_[label].definition = write(functions, Op::OpLabel, 0, label, nullptr, 0, at);
      if (failed_) return {};
      ids_[label].flags |= defined;
      block_open_ = true;
      current_block_ = LabelId(make(label));
      last_line_ = SourceLocation();
      fast_ = true;
      return make(label);
    }
    case Op::OpPhi: {
      if (!in_block || !is_phi(type, operands, count)) break;
      const auto result = static_cast<std::uint32_t>(ids_.size());
      const std::uint32_t number = type.number();
      if (!ids_.push_back({number, ids_[number].shape, 0, Op::OpPhi, IdKind::Value, defined}))
        return out_of_memory(at);
      ids_[result].definition = write(functions, Op::OpPhi, number, result, operands, count, at);
      return failed_ ? Id() : make(result);
    }
    case Op::OpSelectionMerge:
      // A mask of 0 asks for nothing.
      if (!in_block || count != 2 || operands[1].word != 0 || operands[1].tag != OperandWord::literal_tag ||
          !is_target(operands[0]))
        break;
      write(functions, key.op, 0, 0, operands, count, at);
      merge_open_ = true;
      fast_ = false;
      return {};
    case Op::OpBranch:
    case Op::OpBranchConditional: {
      if (!block_open_ || pending_result_ != 0 || count != (key.op == Op::OpBranch ? 1u : 3u)) break;
      if (key.op == Op::OpBranchConditional) {
        constexpr std::uint32_t boolean = shape_bool | 1u << shape_components_shift;
        if (operands[0].tag != tag_ || operands[0].word >= ids_.size()) break;
        const IdInfo& condition = ids_[operands[0].word];
        if (!(condition.flags & defined) ||
            (condition.shape & (shape_class | shape_components | shape_matrix | shape_cooperative)) !=
                boolean ||
            !is_target(operands[1]) || !is_target(operands[2]))
          break;
      } else if (!is_target(operands[0])) {
        break;
      }
      write(functions, key.op, 0, 0, operands, count, at);
      block_open_ = merge_open_ = fast_ = false;
      current_block_ = LabelId();
      return {};
    }
    default: break;
  }
  return emit_general(key, type, operands, count, at);
}

AIRSTRIP_SPIRV_NAMESPACE_END
