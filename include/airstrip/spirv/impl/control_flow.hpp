#pragma once

#include "../control_flow.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

AIRSTRIP_INLINE void StructuredFlow::reset_flow() {
  constructs_.clear();
  carried_.clear();
  jumps_.clear();
  cases_.clear();
}

AIRSTRIP_INLINE void StructuredFlow::begin_block(LabelId label, SourceLocation at) {
  define_next(label, at);
  OpLabel(at);
}
AIRSTRIP_INLINE void StructuredFlow::end_branch(LabelId merge, SourceLocation at) {
  if (in_block()) OpBranch(merge, at);
}

// --- if -----------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE LabelId StructuredFlow::begin_if(ValueId condition, bool has_else, LabelId& merge,
                                                 SourceLocation at) {
  const LabelId then = reserve_label(at);
  const LabelId otherwise = has_else ? reserve_label(at) : LabelId();
  merge = reserve_label(at);
  OpSelectionMerge(merge, SelectionControl::MaskNone, at);
  OpBranchConditional(condition, then, has_else ? otherwise : merge, {}, at);
  begin_block(then, at);
  return otherwise;
}

AIRSTRIP_INLINE ValueId StructuredFlow::merge_values(ValueId then, LabelId then_end, ValueId otherwise,
                                                     LabelId otherwise_end, SourceLocation at) {
  if (failed()) return {};
  // A side that left (break, return) contributes nothing; with one side left its value needs no phi.
  if (!then_end && !otherwise_end) {
    fail(ErrorCode::InvalidNesting, "neither side of the selection reaches its end, so it has no value", at,
         "if_value");
    return {};
  }
  PhiIncoming incoming[2];
  std::size_t count = 0;
  if (then_end) incoming[count++] = {then, then_end};
  if (otherwise_end) incoming[count++] = {otherwise, otherwise_end};
  return OpPhi(type_of(incoming[0].value), Span<const PhiIncoming>(incoming, count), at);
}

// --- loop ---------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE std::size_t StructuredFlow::begin_loop(Span<const ValueId> initial,
                                                       const operand::LoopControl& control,
                                                       SourceLocation at) {
  Construct construct{};
  construct.header = reserve_label(at);
  construct.continue_ = reserve_label(at);
  construct.merge = reserve_label(at);
  construct.carried = static_cast<std::uint32_t>(carried_.size());
  construct.count = static_cast<std::uint32_t>(initial.size());
  construct.first_jump = static_cast<std::uint32_t>(jumps_.size());
  construct.is_loop = true;
  const LabelId body = reserve_label(at);
  const LabelId before = current_block();
  OpBranch(construct.header, at);
  begin_block(construct.header, at);
  for (const ValueId value : initial) {
    const PhiIncoming incoming{value, before};
    carried_.push_back(OpPhi(type_of(value), Span<const PhiIncoming>(&incoming, 1), at));
  }
  OpLoopMerge(construct.merge, construct.continue_, control, at);
  OpBranch(body, at);
  begin_block(body, at);
  constructs_.push_back(construct);
  if (carried_.out_of_memory() || constructs_.out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory", at, "loop");
  return constructs_.size() - 1;
}

AIRSTRIP_INLINE void StructuredFlow::set_step(std::size_t construct, ValueId step) {
  if (construct < constructs_.size()) constructs_[construct].step = step;
}

/// Whether `construct` is the innermost open loop: SPIR-V 2.11 lets a block leave or continue only that one.
AIRSTRIP_INLINE bool StructuredFlow::leave_loop(std::size_t construct, const char* what, SourceLocation at) {
  if (failed()) return false;
  std::size_t innermost = constructs_.size();
  while (innermost > 0 && !constructs_[innermost - 1].is_loop) --innermost;
  if (innermost == construct + 1) return true;
  fail(ErrorCode::InvalidNesting,
       construct < constructs_.size() && constructs_[construct].is_loop
           ? "an inner loop is open, and control may leave or continue only the innermost one; carry a flag "
             "out of it"
           : "the loop has ended",
       at, what);
  return false;
}

AIRSTRIP_INLINE ValueId Loop::operator[](std::size_t index) const {
  if (construct_ >= flow_.constructs_.size() || index >= flow_.constructs_[construct_].count) return {};
  const std::size_t at = flow_.constructs_[construct_].carried + index;
  return at < flow_.carried_.size() ? flow_.carried_[at] : ValueId();  // fewer where memory ran out
}
AIRSTRIP_INLINE void Loop::break_(SourceLocation at) {
  if (flow_.leave_loop(construct_, "break_", at)) flow_.OpBranch(flow_.constructs_[construct_].merge, at);
}
AIRSTRIP_INLINE void Loop::break_if(ValueId condition, SourceLocation at) {
  flow_.if_(
      condition, [&] { break_(at); }, at);
}
AIRSTRIP_INLINE void Loop::continue_(Span<const ValueId> next, SourceLocation at) {
  if (!flow_.leave_loop(construct_, "continue_", at)) return;
  const StructuredFlow::Construct construct = flow_.constructs_[construct_];
  ValueId stepped;
  if (construct.step && next.empty()) {
    stepped = flow_.OpIAdd((*this)[0], construct.step, at);
    next = Span<const ValueId>(&stepped, 1);
  }
  if (next.size() != construct.count) {
    String message("the loop carries ");
    message << construct.count << " values; the next value of each must be given, not "
            << std::uint64_t{next.size()};
    flow_.fail(ErrorCode::InvalidNesting, static_cast<String&&>(message), at, "continue_");
    return;
  }
  flow_.jumps_.push_back(OperandWord(flow_.current_block()));
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (!flow_.owns(next[i], "continue_", at)) return;
    if (flow_.type_of(next[i]) == flow_.type_of((*this)[i])) {
      flow_.jumps_.push_back(OperandWord(next[i]));
      continue;
    }
    String message("the next value of carried value ");
    message << std::uint64_t{i} << " must have its type, "
            << Text(flow_.type_name(flow_.type_of((*this)[i])));
    flow_.fail(ErrorCode::WrongType, static_cast<String&&>(message), at, "continue_",
               flow_.describe(next[i].number()));
    return;
  }
  if (flow_.jumps_.out_of_memory()) flow_.fail(ErrorCode::OutOfMemory, "out of memory", at, "continue_");
  flow_.OpBranch(construct.continue_, at);
}

AIRSTRIP_INLINE void StructuredFlow::end_loop(std::size_t index, SourceLocation at) {
  if (failed()) return;
  if (in_block()) {
    Loop handle(*this, index);
    if (constructs_[index].count != 0 && !constructs_[index].step) {
      fail(ErrorCode::InvalidNesting,
           "the body of a loop that carries values must end with continue_, which gives their next values, "
           "or leave",
           at, "loop");
      return;
    }
    handle.continue_({}, at);
    if (failed()) return;
  }
  const Construct construct = constructs_[index];
  begin_block(construct.continue_, at);
  const std::size_t row = construct.count + 1;
  const std::size_t rows = (jumps_.size() - construct.first_jump) / row;
  const auto jump = [&](std::size_t r, std::size_t column) {
    const OperandWord word = jumps_[construct.first_jump + r * row + column];
    return Id(word.word, word.tag);
  };
  for (std::uint32_t i = 0; i < construct.count; ++i) {
    const ValueId carried = carried_[construct.carried + i];
    ValueId next;
    if (rows == 1) {
      next = ValueId(jump(0, i + 1));
    } else if (rows == 0) {
      next = OpUndef(type_of(carried), at);  // the body never goes round: the back edge is never taken
    } else {
      const PhiIncoming first{ValueId(jump(0, i + 1)), LabelId(jump(0, 0))};
      next = OpPhi(type_of(carried), Span<const PhiIncoming>(&first, 1), at);
      for (std::size_t r = 1; r < rows; ++r)
        add_incoming(next, ValueId(jump(r, i + 1)), LabelId(jump(r, 0)), at);
    }
    add_incoming(carried, next, construct.continue_, at);
  }
  OpBranch(construct.header, at);
  begin_block(construct.merge, at);
  jumps_.truncate(construct.first_jump);
  carried_.truncate(construct.carried);
  constructs_.pop_back();
}

AIRSTRIP_INLINE ValueId StructuredFlow::less(ValueId a, ValueId b, SourceLocation at) {
  return is_signed(type_of(a)) ? OpSLessThan(a, b, at) : OpULessThan(a, b, at);
}

// --- switch -------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE std::size_t StructuredFlow::begin_switch(ValueId selector, SourceLocation at) {
  Construct construct{};
  construct.merge = reserve_label(at);
  construct.default_ = reserve_label(at);
  construct.first_jump = static_cast<std::uint32_t>(cases_.size());
  construct.width = width_of(type_of(selector));
  construct.is_signed = is_signed(type_of(selector));
  OpSelectionMerge(construct.merge, SelectionControl::MaskNone, at);
  OpSwitch(selector, construct.default_, {}, at);
  if (!failed()) construct.switch_at = last_instruction_offset();
  constructs_.push_back(construct);
  if (constructs_.out_of_memory()) fail(ErrorCode::OutOfMemory, "out of memory", at, "switch_");
  return constructs_.size() - 1;
}

AIRSTRIP_INLINE bool StructuredFlow::begin_case(std::size_t index, Span<const std::uint64_t> literals,
                                                SourceLocation at) {
  if (failed()) return false;
  if (index + 1 != constructs_.size() || constructs_[index].is_loop) {
    fail(ErrorCode::InvalidNesting, "the switch has ended, or another construct is open inside it", at,
         "case_");
    return false;
  }
  const Construct construct = constructs_[index];
  const LabelId label = reserve_label(at);
  for (std::uint64_t literal : literals) {
    // As the module holds it: a narrow literal fills its word, with the sign of a signed selector (SPIR-V 2.2.1).
    std::uint32_t words[2];
    detail::literal_words(literal, construct.width, construct.is_signed, words);
    literal = words[0] | std::uint64_t{words[1]} << 32;
    if (construct.width <= 32) literal &= 0xFFFFFFFF;
    for (std::size_t i = construct.first_jump; i < cases_.size(); ++i)
      if (cases_[i] == literal) {
        String message("the literal ");
        message << literal << " has a case already";
        fail(ErrorCode::InvalidOperand, static_cast<String&&>(message), at, "OpSwitch");
        return false;
      }
    if (!cases_.push_back(literal)) {
      fail(ErrorCode::OutOfMemory, "out of memory", at, "OpSwitch");
      return false;
    }
    add_switch_target(construct.switch_at, literal, construct.width, label, at);
  }
  begin_block(label, at);
  return !failed();
}
AIRSTRIP_INLINE bool StructuredFlow::begin_default(std::size_t index, SourceLocation at) {
  if (failed()) return false;
  if (index + 1 != constructs_.size() || constructs_[index].is_loop || constructs_[index].has_default) {
    fail(ErrorCode::InvalidNesting,
         "the switch has ended, has a default already, or another construct is open inside it", at,
         "default_");
    return false;
  }
  constructs_[index].has_default = true;
  begin_block(constructs_[index].default_, at);
  return !failed();
}
AIRSTRIP_INLINE void StructuredFlow::end_case(std::size_t index, SourceLocation at) {
  if (!failed()) end_branch(constructs_[index].merge, at);
}
AIRSTRIP_INLINE void StructuredFlow::end_switch(std::size_t index, SourceLocation at) {
  if (failed()) return;
  const Construct construct = constructs_[index];
  if (!construct.has_default) {
    begin_block(construct.default_, at);
    OpBranch(construct.merge, at);
  }
  begin_block(construct.merge, at);
  cases_.truncate(construct.first_jump);
  constructs_.pop_back();
}
AIRSTRIP_INLINE void Switch::break_(SourceLocation at) {
  if (flow_.failed()) return;
  // From inside a loop of the case the switch cannot be reached (SPIR-V 2.11).
  if (construct_ + 1 != flow_.constructs_.size()) {
    flow_.fail(ErrorCode::InvalidNesting, "the switch has ended, or a loop or switch inside it is open", at,
               "break_");
    return;
  }
  flow_.OpBranch(flow_.constructs_[construct_].merge, at);
}

AIRSTRIP_SPIRV_NAMESPACE_END
