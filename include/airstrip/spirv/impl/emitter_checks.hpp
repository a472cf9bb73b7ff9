// The emitter's general way: operands resolved and checked, the place found, effects noted.
#pragma once

#include "../emitter.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

namespace detail {

inline bool is_type_declaration(const InstructionInfo& info) {
  return std::strncmp(info.name, "OpType", 6) == 0;
}

inline IdKind result_kind(InstructionKey key) {
  switch (key.op) {
    case Op::OpLabel: return IdKind::Label;
    case Op::OpFunction: return IdKind::Function;
    case Op::OpExtInstImport: return IdKind::ExtInstSet;
    case Op::OpString: return IdKind::String;
    default: break;
  }
  const bool type = key.section == Section::Global && is_type_declaration(grammar::instructions()[key.index]);
  return type ? IdKind::Type : IdKind::Value;
}

/// The instructions that end a block (SPIR-V 2.2.5, "Block Termination Instruction").
inline bool is_terminator(Op op) {
  switch (op) {
    case Op::OpBranch:
    case Op::OpBranchConditional:
    case Op::OpSwitch:
    case Op::OpReturn:
    case Op::OpReturnValue:
    case Op::OpKill:
    case Op::OpUnreachable:
    case Op::OpTerminateInvocation:
    case Op::OpIgnoreIntersectionKHR:
    case Op::OpTerminateRayKHR:
    case Op::OpAbortKHR:
    case Op::OpEmitMeshTasksEXT: return true;
    default: return false;
  }
}

/// Whether the text of an instruction must not stand twice in a module (SPIR-V 2.8: "two different type <id>s form two
/// different types", non-aggregate ones must not be duplicated), or need not: sets and strings.
inline bool is_interned(const InstructionInfo& info) {
  switch (info.op) {
    case Op::OpExtInstImport:
    case Op::OpString: return true;
    case Op::OpTypeStruct:
    case Op::OpTypeArray:
    case Op::OpTypeRuntimeArray:
    case Op::OpTypeForwardPointer:
    case Op::OpTypeStructContinuedINTEL: return false;
    default: return info.section == Section::Global && is_type_declaration(info);
  }
}

}  // namespace detail

// --- operands -----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE bool Emitter::owns(Id id, const char* instruction, SourceLocation at) {
  if (failed_) return false;
  if (id.tag() == tag_ && id.number() != 0 && id.number() < ids_.size()) return true;
  if (id.tag() == Id::empty_tag) {
    fail(ErrorCode::EmptyId, "an id is empty: default-made, or the result of a call that failed", at,
         instruction);
  } else if (id.tag() != tag_) {
    String message("%");
    message << id.number() << " was made by another builder, or by this one before reset()";
    fail(ErrorCode::ForeignId, static_cast<String&&>(message), at, instruction);
  } else {
    String message("%");
    message << id.number() << " is past the bound " << bound();
    fail(ErrorCode::IdOutOfBound, static_cast<String&&>(message), at, instruction);
  }
  return false;
}

AIRSTRIP_INLINE bool Emitter::check_operand_id(InstructionKey key, OperandWord word, std::size_t position,
                                               SourceLocation at) {
  const char* const name = grammar::instructions()[key.index].name;
  if (AIRSTRIP_UNLIKELY(word.tag != tag_ || word.word == 0 || word.word >= ids_.size())) {
    String where;
    where << name << ", operand " << std::uint64_t{position};
    owns(Id(word.word, word.tag), position ? where.c_str() : name, at);
    error_.instruction = name;
    return false;
  }
  IdInfo& known = info(word.word);
  if (!options_.check_structure) return true;
  if (known.flags & defined) {
    if (key.section != Section::Global || known.kind != IdKind::Value || (known.flags & global)) return true;
    fail(ErrorCode::UseBeforeDefinition,
         "a type or constant stands before all functions and cannot use a value of one", at, name,
         describe(word.word));
    return false;
  }
  // Forward references: labels and functions anywhere, and where SPIR-V 2.4 allows them by instruction or section.
  const bool forward =
      known.kind == IdKind::Label || known.kind == IdKind::Function || key.op == Op::OpPhi ||
      key.op == Op::OpTypeForwardPointer ||
      (known.kind == IdKind::Type &&
       (key.op == Op::OpTypeStruct || key.op == Op::OpTypeArray || key.op == Op::OpTypeRuntimeArray)) ||
      key.section <= Section::Annotation;
  known.flags |= used_early;
  if (forward) return true;
  String message("operand ");
  message << std::uint64_t{position} << " is used before the instruction that defines it";
  fail(ErrorCode::UseBeforeDefinition, static_cast<String&&>(message), at, name, describe(word.word));
  return false;
}

AIRSTRIP_INLINE bool Emitter::resolve_operands(InstructionKey key, const OperandWord* operands,
                                               std::size_t count, SourceLocation at) {
  checked_.clear();
  if (!checked_.reserve(count + 4)) return out_of_memory(at);
  for (std::size_t i = 0; i < count; ++i) {
    OperandWord word = operands[i];
    if (word.tag == OperandWord::constant_tag) {
      const std::uint32_t id = constant_word(word.word, at);
      if (failed_) return false;
      word = OperandWord(id, tag_);
    } else if (word.tag != OperandWord::literal_tag && !check_operand_id(key, word, i + 1, at)) {
      return false;
    }
    if (!checked_.push_back(word)) return out_of_memory(at);
  }
  return true;
}

AIRSTRIP_INLINE bool Emitter::check_grammar(const InstructionInfo& known, Span<const OperandWord> words,
                                            bool roles, SourceLocation at) {
  std::size_t next = 0;
  const auto malformed = [&](const char* what) {
    String message(what);
    message << "; operand " << std::uint64_t{next + 1};
    fail(ErrorCode::InvalidOperand, static_cast<String&&>(message), at, known.name);
    return false;
  };
  // One word that must be there, an id or a literal.
  const auto word = [&](bool id, IdRole role, bool constant) {
    if (next == words.size()) return malformed("an operand is missing");
    const OperandWord given = words[next];
    if (roles) {
      const bool is_id = given.tag != OperandWord::literal_tag;
      if (is_id != id)
        return malformed(id ? "a literal stands where an id belongs"
                            : "an id stands where a literal belongs");
      if (is_id && !(constant && given.tag == OperandWord::constant_tag)) {
        if (!owns(Id(given.word, given.tag), known.name, at)) return false;
        static constexpr IdKind kinds[] = {IdKind::Unknown,  IdKind::Value,      IdKind::Type,  IdKind::Label,
                                           IdKind::Function, IdKind::ExtInstSet, IdKind::String};
        const IdKind wanted = kinds[static_cast<std::size_t>(role)];
        if (wanted != IdKind::Unknown && info(given.word).kind != wanted) {
          fail(ErrorCode::WrongIdKind, "an operand is an id of another kind than the grammar asks for", at,
               known.name, describe(given.word));
          return false;
        }
      }
    }
    ++next;
    return true;
  };
  // One operand of a kind; enumerants bring their parameters, which are of plain kinds or again enumerants.
  const auto operand = [&](const auto& self, const OperandInfo& info, unsigned depth) -> bool {
    switch (info.kind) {
      case OperandKind::IdResultType:
      case OperandKind::IdResult: return true;
      case OperandKind::IdRef: return word(true, info.role, false);
      case OperandKind::IdScope:
      case OperandKind::IdMemorySemantics: return word(true, IdRole::Value, true);
      case OperandKind::LiteralInteger:
      case OperandKind::LiteralFloat:
      case OperandKind::LiteralExtInstInteger: return word(false, IdRole::Any, false);
      case OperandKind::LiteralContextDependentNumber:
        if (!word(false, IdRole::Any, false)) return false;
        while (next < words.size() && words[next].tag == OperandWord::literal_tag) ++next;
        return true;
      case OperandKind::LiteralSpecConstantOpInteger: next = words.size(); return true;
      case OperandKind::LiteralString: {
        const std::size_t used = detail::string_words(words.data() + next, words.size() - next);
        if (used == 0) return malformed("a string has no end");
        next += used;
        return true;
      }
      case OperandKind::PairIdRefIdRef:
        return word(true, IdRole::Any, false) && word(true, IdRole::Any, false);
      case OperandKind::PairIdRefLiteralInteger:
        return word(true, IdRole::Any, false) && word(false, IdRole::Any, false);
      case OperandKind::PairLiteralIntegerIdRef:
        if (!word(false, IdRole::Any, false)) return false;
        while (next < words.size() && words[next].tag == OperandWord::literal_tag) ++next;
        return word(true, IdRole::Label, false);
      default: break;
    }
    if (next == words.size()) return malformed("an operand is missing");
    const std::uint32_t value = words[next].word;
    if (!word(false, IdRole::Any, false)) return false;
    const bool mask = grammar::is_mask(info.kind);
    std::uint32_t rest = value;
    do {
      const std::uint32_t one = mask ? rest & (~rest + 1) : value;
      rest &= rest - 1;
      const EnumerantInfo* const enumerant = grammar::find(info.kind, one);
      if (!enumerant) {
        String message;
        message << one << (mask ? " is not a bit of " : " is not an enumerant of ")
                << grammar::name(info.kind);
        fail(ErrorCode::InvalidOperand, static_cast<String&&>(message), at, known.name);
        return false;
      }
      String why;
      if (options_.check_structure && !requirements_.require(info.kind, *enumerant, why)) {
        String message;
        message << grammar::name(info.kind) << ' ' << enumerant->name << ' ' << Text(why);
        fail(ErrorCode::MissingCapability, static_cast<String&&>(message), at, known.name);
        return false;
      }
      if (depth < 4)
        for (const OperandInfo& parameter : grammar::parameters(*enumerant)) {
          if (parameter.quantifier == Quantifier::Many) {
            while (next < words.size())
              if (!self(self, parameter, depth + 1)) return false;
          } else if (next == words.size()) {
            String message;
            message << grammar::name(info.kind) << ' ' << enumerant->name
                    << " needs a parameter that is missing";
            fail(ErrorCode::InvalidOperand, static_cast<String&&>(message), at, known.name);
            return false;
          } else if (!self(self, parameter, depth + 1)) {
            return false;
          }
        }
    } while (mask && rest != 0);
    return true;
  };

  for (const OperandInfo& info : grammar::operands(known)) {
    if (info.kind == OperandKind::IdResultType || info.kind == OperandKind::IdResult) continue;
    if (info.quantifier == Quantifier::One) {
      if (!operand(operand, info, 0)) return false;
    } else if (info.quantifier == Quantifier::Optional) {
      if (next < words.size() && !operand(operand, info, 0)) return false;
    } else {
      while (next < words.size())
        if (!operand(operand, info, 0)) return false;
    }
  }
  if (next != words.size()) return malformed("there are more operands than the instruction takes");
  return true;
}

// --- what is not written where it is asked for ------------------------------------------------------------------------

AIRSTRIP_INLINE bool Emitter::emit_elsewhere(InstructionKey key, TypeId type, const OperandWord* operands,
                                             std::size_t count, SourceLocation at, Id& result) {
  const InstructionInfo& known = grammar::instructions()[key.index];
  switch (key.op) {
    case Op::OpCapability: {
      // Collected, so that each is written once and only if no other implies it.
      check_grammar(known, {operands, count}, false, at);
      return true;
    }
    case Op::OpExtension: {
      std::size_t used = 0;
      const String name = detail::unpack(operands, count, used);
      Extension extension{};
      String why;
      if (!grammar::find(Text(name), extension))
        requirements_.require_foreign_extension(Text(name));
      else if (!requirements_.require_any(Span<const Extension>(&extension, 1), why))
        fail(ErrorCode::MissingCapability, static_cast<String&&>(why), at, known.name);
      return true;
    }
    case Op::OpMemoryModel:
      if (count == 2 && (operands[0].word != static_cast<std::uint32_t>(addressing_) ||
                         operands[1].word != static_cast<std::uint32_t>(memory_model_)))
        fail(
            ErrorCode::VersionConflict,
            "the addressing and memory model are fixed when the module is started; set them in ModuleOptions",
            at, known.name);
      return true;
    case Op::OpName:
    case Op::OpMemberName: return !options_.names;
    default: break;
  }
  if (!(key.flags & InstructionKey::has_result) || !detail::is_interned(known)) return false;
  if (!resolve_operands(key, operands, count, at)) return true;
  intern_words_.clear();
  for (const OperandWord& word : checked_) intern_words_.push_back(word.word);
  if (intern_words_.out_of_memory()) {
    out_of_memory(at);
    return true;
  }
  bool fresh = false;
  result = declare(key.op, type, {intern_words_.data(), intern_words_.size()}, {}, fresh, at);
  return true;
}

AIRSTRIP_INLINE bool Emitter::check_parameters(SourceLocation at, const char* name) {
  const BoundedWords type = declaration(info(current_function_.number()).shape);
  if (!options_.check_types || type.size() < 3 || parameters_ == type.size() - 3) return true;
  String message("the function type has ");
  message << std::uint64_t{type.size() - 3} << " parameters, but there are " << parameters_
          << " OpFunctionParameter";
  fail(ErrorCode::WrongType, static_cast<String&&>(message), at, name);
  return false;
}

// --- the place --------------------------------------------------------------------------------------------------------

// "It must be the second-to-last instruction in its block" (SPIR-V 2.11, 3.56.17).
AIRSTRIP_INLINE void Emitter::merge_is_open(SourceLocation at, const char* name) {
  fail(ErrorCode::InvalidNesting,
       "the merge instruction before it must directly precede the branch that ends the block", at, name);
}

AIRSTRIP_INLINE SectionArena* Emitter::place(InstructionKey key, const OperandWord* operands,
                                             std::size_t count, SourceLocation at) {
  const char* const name = grammar::instructions()[key.index].name;
  SectionArena& functions = arena_of(Section::Function);
  switch (key.section) {
    case Section::Block:
      if (graph_open_) return &arena_of(Section::Graph);
      if (merge_open_ && !detail::is_terminator(key.op)) {
        merge_is_open(at, name);
        return nullptr;
      }
      if (block_open_) return &functions;
      fail(ErrorCode::OutsideBlock,
           function_open_ ? "belongs inside a block, and the last one is terminated; begin one with OpLabel"
                          : "belongs inside a block of a function, and no function is open",
           at, name);
      return nullptr;
    case Section::GlobalOrBlock: {
      if (key.op == Op::OpVariable || key.op == Op::OpUntypedVariableKHR) {
        if (count == 0 || operands[0].word != static_cast<std::uint32_t>(StorageClass::Function))
          return &arena_of(Section::Global);
        if (function_open_ && entry_label_ != 0) return &locals_;
        fail(ErrorCode::OutsideBlock, "a variable of storage class Function needs a function with a block",
             at, name);
        return nullptr;
      }
      if (graph_open_) return &arena_of(Section::Graph);
      if (merge_open_) {
        merge_is_open(at, name);
        return nullptr;
      }
      return block_open_ ? &functions : &arena_of(Section::Global);
    }
    case Section::Anywhere:
      if (merge_open_) {
        merge_is_open(at, name);
        return nullptr;
      }
      return function_open_ ? &functions : &arena_of(Section::Global);
    case Section::Function:
      if (key.op == Op::OpFunction) {
        if (!function_open_) return &functions;
        fail(ErrorCode::UnterminatedBlock, "the function before has no OpFunctionEnd", at, name);
      } else if (!function_open_) {
        fail(ErrorCode::WrongSection, "belongs to a function, and none is open", at, name);
      } else if (block_open_) {
        fail(ErrorCode::UnterminatedBlock, "the block before it has no terminator (OpBranch, OpReturn …)", at,
             name, describe(current_block_.number()));
      } else if (key.op != Op::OpFunctionParameter && entry_label_ == 0 && !check_parameters(at, name)) {
        return nullptr;
      } else if (key.op == Op::OpFunctionParameter && entry_label_ != 0) {
        fail(ErrorCode::WrongSection, "belongs before the first block of its function", at, name);
      } else {
        return &functions;
      }
      return nullptr;
    case Section::Graph: return &arena_of(Section::Graph);
    default: return &arena_of(key.section);
  }
}

AIRSTRIP_INLINE std::uint8_t Emitter::straight_line_limit(InstructionKey key) const {
  const bool inside = key.section == Section::Block || key.op == Op::OpExtInst || key.op == Op::OpUndef;
  if (!inside || detail::is_terminator(key.op) || RequirementRules::depends_on_types(key.op)) return 0;
  if (physical_pointers_ && (key.op == Op::OpLoad || key.op == Op::OpStore || key.op == Op::OpCopyMemory))
    return 0;
  // With optional enumerants left out the instruction needs nothing more than itself. Scopes are constants to declare,
  // and find their way to the general line by their tag.
  std::uint8_t words = 0;
  for (const OperandInfo& operand : grammar::operands(grammar::instructions()[key.index])) {
    if (operand.kind == OperandKind::IdResultType || operand.kind == OperandKind::IdResult) continue;
    if (grammar::is_enum(operand.kind))
      return operand.quantifier == Quantifier::Optional ? static_cast<std::uint8_t>(words + 1)
                                                        : std::uint8_t{0};
    ++words;
  }
  return 255;
}

// --- effects ----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void Emitter::note_effects(InstructionKey key, std::uint32_t result, std::uint32_t offset,
                                           const OperandWord* operands, std::size_t count,
                                           SourceLocation at) {
  if (result != 0 && info(result).kind == IdKind::Type) {
    std::uint32_t words[4] = {};
    for (std::size_t i = 0; i < count && i < 4; ++i) words[i] = operands[i].word;
    info(result).shape = shape_of_type(key.op, words, count);
    if (key.op == Op::OpTypePointer &&
        words[0] == static_cast<std::uint32_t>(StorageClass::PhysicalStorageBuffer)) {
      physical_pointers_ = true;
      for (const Op op : {Op::OpLoad, Op::OpStore, Op::OpCopyMemory})
        ready_[static_cast<std::size_t>(grammar::find(op) - grammar::instructions().data())] = 0;
    }
    return;
  }
  const auto decoration_at = [&](std::size_t i) { return static_cast<Decoration>(operands[i].word); };
  switch (key.op) {
    case Op::OpDecorate:
      note_decoration(make(operands[0].word), decoration_at(1), operands + 2, count - 2, "OpDecorate", at);
      return;
    case Op::OpMemberDecorate:
      if (decoration_at(2) == Decoration::Offset) info(operands[0].word).flags |= explicit_layout;
      return;
    case Op::OpExtInstImport: {
      info(result).shape = detail::is_text(operands, count, Text("GLSL.std.450", 13)) ? 1
                           : detail::is_text(operands, count, Text("OpenCL.std", 11)) ? 2
                                                                                      : 0;
      return;
    }
    case Op::OpVariable:
    case Op::OpUntypedVariableKHR:
      if (info(result).flags & global)
        variables_.push_back({result, static_cast<StorageClass>(operands[0].word), at});
      return;
    default: break;
  }
  if (key.op == Op::OpFunction) info(result).shape = operands[1].word;
  if (!options_.check_structure) return;
  switch (key.op) {
    case Op::OpFunction:
      function_open_ = true;
      parameters_ = 0;
      function_begin_ = offset;
      function_first_location_ = static_cast<std::uint32_t>(arena_of(Section::Function).locations.size() - 1);
      entry_label_ = 0;
      locals_.clear();
      edits_.clear();
      edit_words_.clear();
      current_function_ = FunctionId(make(result));
      return;
    case Op::OpFunctionParameter: ++parameters_; return;
    case Op::OpFunctionEnd: finish_function(at); return;
    case Op::OpLabel:
      block_open_ = true;
      current_block_ = LabelId(make(result));
      last_line_ = SourceLocation();
      if (entry_label_ == 0) entry_label_ = offset;
      return;
    case Op::OpGraphARM: graph_open_ = true; return;
    case Op::OpGraphEndARM: graph_open_ = false; return;
    default:
      merge_open_ = key.op == Op::OpSelectionMerge || key.op == Op::OpLoopMerge;
      if (!detail::is_terminator(key.op)) return;
      block_open_ = false;
      current_block_ = LabelId();
  }
}

AIRSTRIP_INLINE void Emitter::note_decoration(Id target, Decoration decoration, const OperandWord* parameters,
                                              std::size_t count, const char* name, SourceLocation at) {
  IdInfo& known = info(target.number());
  switch (decoration) {
    case Decoration::Block: known.flags |= block; return;
    case Decoration::BufferBlock: known.flags |= block | buffer_block; return;
    case Decoration::ArrayStride:
      if (known.kind == IdKind::Type) known.flags |= explicit_layout;
      return;
    case Decoration::SpecId: {
      if (count == 0 || !options_.check_structure) return;
      for (const std::uint32_t used : spec_ids_)
        if (used == parameters[0].word) {
          String message("SpecId ");
          message << used << " is already on another constant; each needs its own (SPIR-V 3.20)";
          fail(ErrorCode::Redefinition, static_cast<String&&>(message), at, name, describe(target.number()));
          return;
        }
      spec_ids_.push_back(parameters[0].word);
      known.flags |= spec_id;
      return;
    }
    default: return;
  }
}

AIRSTRIP_INLINE std::uint32_t Emitter::shape_of_type(Op op, const std::uint32_t* words,
                                                     std::size_t count) const {
  const auto scalar = [](std::uint32_t kind, std::uint32_t width) {
    return width == 0 || width > 255 ? 0 : kind | 1u << shape_components_shift | width << shape_width_shift;
  };
  const auto of = [&](std::uint32_t id) { return id < ids_.size() ? info(id).shape : 0; };
  const auto encoding = [](std::uint32_t value) {
    const EnumerantInfo* const found = grammar::find(OperandKind::FPEncoding, value);
    const std::size_t place =
        found ? static_cast<std::size_t>(found - grammar::enumerants(OperandKind::FPEncoding).data()) + 1
              : 63;
    return static_cast<std::uint32_t>(place) << shape_encoding_shift;
  };
  switch (op) {
    case Op::OpTypeBool: return scalar(shape_bool, 1);
    case Op::OpTypeInt: return scalar(shape_int, words[0]) | (words[1] ? shape_signed : 0);
    case Op::OpTypeFloat: return scalar(shape_float, words[0]) | (count > 1 ? encoding(words[1]) : 0);
    case Op::OpTypeVector: {
      const std::uint32_t component = of(words[0]);
      if (component == 0 || words[1] > 255) return 0;
      return (component & ~shape_components) | words[1] << shape_components_shift;
    }
    case Op::OpTypeMatrix: {
      const std::uint32_t column = of(words[0]);
      return column == 0 ? 0 : column | shape_matrix;
    }
    case Op::OpTypeCooperativeMatrixKHR: {
      const std::uint32_t component = of(words[0]);
      return component == 0 ? 0 : component | shape_cooperative;
    }
    default: return 0;
  }
}

AIRSTRIP_INLINE bool Emitter::has_explicit_layout(std::uint32_t type, unsigned& budget) const {
  const IdInfo& known = info(type);
  if (known.flags & explicit_layout) return true;
  if (budget == 0) return false;
  --budget;
  const BoundedWords words = declaration(type);
  if (known.op == Op::OpTypeArray || known.op == Op::OpTypeRuntimeArray)
    return has_explicit_layout(words[2], budget);
  if (known.op != Op::OpTypeStruct) return false;
  // A pointer's pointee is another object and has a layout of its own.
  for (std::size_t i = 2; i < words.size(); ++i)
    if (info(words[i]).op != Op::OpTypePointer && has_explicit_layout(words[i], budget)) return true;
  return false;
}

// --- switches ---------------------------------------------------------------------------------------------------------

// "It is invalid for any two literals to be equal" (SPIR-V 3.56.17, OpSwitch).
AIRSTRIP_INLINE void Emitter::check_switch(const OperandWord* operands, std::size_t count,
                                           SourceLocation at) {
  const std::uint32_t width = (info(operands[0].word).shape & shape_width) >> shape_width_shift;
  const std::size_t row = width > 32 ? 3 : 2;
  Buffer<std::uint64_t>& literals = literals_;
  literals.clear();
  for (std::size_t i = 2; i + row <= count; i += row)
    literals.push_back(operands[i].word | (row == 3 ? std::uint64_t{operands[i + 1].word} << 32 : 0));
  if (literals.out_of_memory()) {
    out_of_memory(at);
    return;
  }
  if (literals.size() < 2) return;
  std::qsort(literals.data(), literals.size(), sizeof(std::uint64_t), [](const void* a, const void* b) {
    const std::uint64_t x = *static_cast<const std::uint64_t*>(a), y = *static_cast<const std::uint64_t*>(b);
    return x < y ? -1 : x > y ? 1 : 0;
  });
  for (std::size_t i = 1; i < literals.size(); ++i) {
    if (literals[i] != literals[i - 1]) continue;
    String message("the literal ");
    message << literals[i] << " has two targets";
    fail(ErrorCode::InvalidOperand, static_cast<String&&>(message), at, "OpSwitch");
    return;
  }
}

// --- physical pointers ----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE std::uint32_t Emitter::scalar_alignment(std::uint32_t type, unsigned& budget) const {
  const IdInfo& known = info(type);
  if (known.shape != 0) return ((known.shape & shape_width) >> shape_width_shift) / 8;
  const BoundedWords words = declaration(type);
  std::uint32_t alignment = 1;
  if (budget == 0) return alignment;
  --budget;
  if (known.op == Op::OpTypePointer) return 8;
  if (known.op == Op::OpTypeArray || known.op == Op::OpTypeRuntimeArray)
    return words.size() > 2 ? scalar_alignment(words[2], budget) : alignment;
  if (known.op == Op::OpTypeStruct)
    for (std::size_t i = 2; i < words.size(); ++i) {
      const std::uint32_t member = scalar_alignment(words[i], budget);
      if (member > alignment) alignment = member;
    }
  return alignment;
}

AIRSTRIP_INLINE bool Emitter::add_alignment(InstructionKey key, SourceLocation at) {
  // VUID-StandaloneSpirv-PhysicalStorageBuffer64-04708: the memory operands must include Aligned. The alignment that
  // always holds is the one the address must have anyway (06314): that of the largest scalar.
  std::size_t mask_at = 0;
  switch (key.op) {
    case Op::OpLoad: mask_at = 1; break;
    case Op::OpStore:
    case Op::OpCopyMemory: mask_at = 2; break;
    case Op::OpCooperativeMatrixLoadKHR: mask_at = 3; break;
    case Op::OpCooperativeMatrixStoreKHR: mask_at = 4; break;
    default: return true;
  }
  std::uint32_t alignment = 0;
  for (std::size_t i = 0; i < (key.op == Op::OpCopyMemory ? 2u : 1u) && i < checked_.size(); ++i) {
    const BoundedWords pointer = declaration(info(checked_[i].word).type);
    if (pointer.size() == 4 &&
        pointer[2] == static_cast<std::uint32_t>(StorageClass::PhysicalStorageBuffer)) {
      unsigned budget = walk_budget;
      const std::uint32_t one = scalar_alignment(pointer[3], budget);
      if (alignment == 0 || one < alignment) alignment = one;
    }
  }
  if (alignment == 0) return true;
  const auto aligned = static_cast<std::uint32_t>(MemoryAccess::Aligned);
  if (checked_.size() < mask_at) {
    fail(ErrorCode::InvalidOperand,
         "a cooperative matrix behind a physical pointer needs its Stride, so that the operand Aligned can "
         "follow it",
         at, grammar::instructions()[key.index].name);
    return false;
  }
  if (checked_.size() == mask_at) {
    checked_.push_back(OperandWord(aligned, OperandWord::literal_tag));
    checked_.push_back(OperandWord(alignment, OperandWord::literal_tag));
  } else if (!(checked_[mask_at].word & aligned)) {
    checked_[mask_at].word |= aligned;
    // Volatile, the only lower bit, has no parameter: the alignment comes first.
    checked_.push_back({});
    for (std::size_t i = checked_.size() - 1; i > mask_at + 1; --i) checked_[i] = checked_[i - 1];
    checked_[mask_at + 1] = OperandWord(alignment, OperandWord::literal_tag);
  }
  return !checked_.out_of_memory();
}

// --- lines ------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void Emitter::write_line(SourceLocation at) {
  if (at.line == 0 || !block_open_ || (at.file == last_line_.file && at.line == last_line_.line)) return;
  // A merge instruction is the second-to-last of its block (SPIR-V 2.11): nothing comes between it and the branch.
  if (merge_open_) return;
  last_line_ = at;
  Text file(at.file);
  if (options_.lines == LineInfo::BaseName) {
    std::size_t base = 0;
    for (std::size_t i = 0; i < file.size(); ++i)
      if (file[i] == '/' || file[i] == '\\') base = i + 1;
    file = Text(file.data() + base, file.size() - base);
  } else {
    const Text prefix = options_.line_prefix;
    if (file.size() >= prefix.size() && Text(file.data(), prefix.size()) == prefix)
      file = Text(file.data() + prefix.size(), file.size() - prefix.size());
  }
  const Id name = string_id(file, at);
  if (failed_) return;
  const OperandWord words[] = {name, OperandWord(at.line, OperandWord::literal_tag), Literal(0)};
  write(arena_of(Section::Function), Op::OpLine, 0, 0, words, 3, at);
}

// --- requirements -------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE bool Emitter::require(Capability capability, const char* instruction, SourceLocation at) {
  if (failed_) return false;
  String why;
  if (requirements_.require(capability, why)) return true;
  fail(ErrorCode::MissingCapability, static_cast<String&&>(why), at, instruction);
  return false;
}
AIRSTRIP_INLINE bool Emitter::require_any(Span<const Capability> capabilities, const char* instruction,
                                          SourceLocation at) {
  if (failed_) return false;
  String why;
  if (requirements_.require_any(capabilities, why)) return true;
  fail(ErrorCode::MissingCapability, static_cast<String&&>(why), at, instruction);
  return false;
}

AIRSTRIP_INLINE bool Emitter::check_nested(Op op, TypeId& type, Span<const OperandWord> operands,
                                           SourceLocation at) {
  const InstructionInfo* const known = grammar::find(op);
  if (!known) return true;
  InstructionKey key = key_of(*known);
  std::uint32_t deduced = type.number();
  if (options_.check_structure && op != Op::OpConstantComposite && !check_grammar(*known, operands, true, at))
    return false;
  if (key.rule == TypeRule::Unchecked || !options_.check_types) return true;
  if (!check_types(key, deduced, operands.data(), operands.size(), at)) return false;
  type = TypeId(make(deduced));
  return true;
}

// --- names for messages ---------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE String Emitter::describe(std::uint32_t id) const {
  String text;
  text << '%' << id;
  if (id >= ids_.size()) return text;
  const IdInfo& known = info(id);
  if (known.type != 0)
    text << " : " << Text(type_name(TypeId(make(known.type))));
  else if (known.kind == IdKind::Type)
    text << " = " << Text(type_name(TypeId(make(id))));
  else if (known.kind == IdKind::Label)
    text << ", a label";
  else if (known.kind == IdKind::Function)
    text << ", a function";
  return text;
}

AIRSTRIP_INLINE void Emitter::append_type_name(String& text, std::uint32_t id, unsigned depth) const {
  const IdInfo& known = info(id);
  const BoundedWords words = declaration(id);
  const auto operand = [&](std::size_t i) { return i + 2 < words.size() ? words[i + 2] : 0; };
  const auto length = [&](std::uint32_t constant) {
    const BoundedWords value = declaration(constant);
    if (value.size() == 4 && info(constant).op == Op::OpConstant)
      text << value[3];
    else
      text << '%' << constant;
  };
  if (depth > 6 || words.empty()) {
    text << '%' << id;
    return;
  }
  switch (known.op) {
    case Op::OpTypeVoid: text << "void"; return;
    case Op::OpTypeBool: text << "bool"; return;
    case Op::OpTypeInt:
      text << (operand(1) ? "int" : "uint");
      if (operand(0) != 32) text << operand(0);
      return;
    case Op::OpTypeFloat:
      if (words.size() > 3) {
        const EnumerantInfo* const encoding = grammar::find(OperandKind::FPEncoding, operand(1));
        text << (encoding ? encoding->name : "float");
        return;
      }
      text << "float";
      if (operand(0) != 32) text << operand(0);
      return;
    case Op::OpTypeVector:
      text << 'v' << operand(1);
      append_type_name(text, operand(0), depth + 1);
      return;
    case Op::OpTypeMatrix:
      text << "mat" << operand(1);
      append_type_name(text, operand(0), depth + 1);
      return;
    case Op::OpTypeArray:
      append_type_name(text, operand(0), depth + 1);
      text << '[';
      length(operand(1));
      text << ']';
      return;
    case Op::OpTypeRuntimeArray:
      append_type_name(text, operand(0), depth + 1);
      text << "[]";
      return;
    case Op::OpTypePointer: {
      const EnumerantInfo* const storage = grammar::find(OperandKind::StorageClass, operand(0));
      text << "ptr(" << (storage ? storage->name : "?") << ", ";
      append_type_name(text, operand(1), depth + 1);
      text << ')';
      return;
    }
    case Op::OpTypeStruct:
      text << "struct %" << id << " {";
      for (std::size_t i = 2; i < words.size(); ++i) {
        if (i > 2) text << ", ";
        append_type_name(text, words[i], depth + 2);
      }
      text << '}';
      return;
    case Op::OpTypeCooperativeMatrixKHR:
      text << "coopmat(";
      append_type_name(text, operand(0), depth + 1);
      text << ' ';
      length(operand(2));
      text << 'x';
      length(operand(3));
      text << " use ";
      length(operand(4));
      text << ')';
      return;
    default: {
      const InstructionInfo* const info = grammar::find(known.op);
      text << (info ? info->name : "type") << " %" << id;
    }
  }
}

AIRSTRIP_INLINE String Emitter::type_name(TypeId type) const {
  String text;
  if (kind(type) == IdKind::Type) append_type_name(text, type.number(), 0);
  return text;
}

AIRSTRIP_SPIRV_NAMESPACE_END
