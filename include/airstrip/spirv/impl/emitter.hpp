#pragma once

#include "../emitter.hpp"
#include "requirement_rules.hpp"

#include "emitter_checks.hpp"
#include "emitter_flow.hpp"
#include "type_rules.hpp"

#include <ctime>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

// --- operands on their way in -----------------------------------------------------------------------------------

AIRSTRIP_INLINE OperandList::OperandList(Emitter& emitter)
    : emitter_(emitter), begin_(emitter.scratch_.size()) {}
AIRSTRIP_INLINE OperandList::~OperandList() { emitter_.scratch_.truncate(begin_); }

AIRSTRIP_INLINE void OperandList::add(OperandWord word) { emitter_.scratch_.push_back(word); }

AIRSTRIP_INLINE void OperandList::add(Text text) {
  const std::size_t words = text.size() / 4 + 1;
  OperandWord* const to = emitter_.scratch_.extend(words);
  if (!to) return;
  for (std::size_t i = 0; i < words; ++i) {
    std::uint32_t word = 0;
    // Through unsigned char: a plain char may be signed, and would smear its sign over the word.
    for (std::size_t j = 0; j < 4 && 4 * i + j < text.size(); ++j)
      word |= std::uint32_t{static_cast<unsigned char>(text[4 * i + j])} << (8 * j);
    to[i] = OperandWord(word, OperandWord::literal_tag);
  }
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\0') has_zero_ = true;
}
AIRSTRIP_INLINE void OperandList::add(Span<const Literal> literals) {
  // By index: g++ 12 takes the range of an empty span for a null pointer that is read.
  for (std::size_t i = 0; i < literals.size(); ++i) add(OperandWord(literals[i]));
}
AIRSTRIP_INLINE void OperandList::add(Span<const ValueId> ids) {
  for (const ValueId id : ids) add(OperandWord(id));
}
AIRSTRIP_INLINE void OperandList::add(Span<const TypeId> ids) {
  for (const TypeId id : ids) add(OperandWord(id));
}
AIRSTRIP_INLINE void OperandList::add(Span<const Id> ids) {
  for (const Id id : ids) add(OperandWord(id));
}
AIRSTRIP_INLINE void OperandList::add(Span<const PhiIncoming> incoming) {
  for (const PhiIncoming& in : incoming) {
    add(OperandWord(in.value));
    add(OperandWord(in.parent));
  }
}
AIRSTRIP_INLINE void OperandList::add(Span<const MemberTarget> targets) {
  for (const MemberTarget& target : targets) {
    add(OperandWord(target.type));
    add(OperandWord(target.member));
  }
}
AIRSTRIP_INLINE void OperandList::add(Span<const Capability> capabilities) {
  for (const Capability capability : capabilities) add(OperandWord(capability));
}
AIRSTRIP_INLINE void OperandList::add(ValueId selector, Span<const SwitchTarget> targets) {
  std::uint32_t width = 32;
  if (selector.tag() == emitter_.tag_ && selector.number() < emitter_.bound())
    width = (emitter_.info(selector.number()).shape & Emitter::shape_width) >> Emitter::shape_width_shift;
  for (const SwitchTarget& target : targets) {
    add(OperandWord(static_cast<std::uint32_t>(target.literal), OperandWord::literal_tag));
    if (width > 32)
      add(OperandWord(static_cast<std::uint32_t>(target.literal >> 32), OperandWord::literal_tag));
    add(OperandWord(target.target));
  }
}
AIRSTRIP_INLINE void OperandList::add(const operand::Enumerant& enumerant) {
  add(OperandWord(enumerant.value(), OperandWord::literal_tag));
  for (std::size_t i = 0; i < enumerant.parameter_count(); ++i) {
    const operand::Enumerant::Parameter& parameter = enumerant.parameter(i);
    if (parameter.is_text)
      add(parameter.text);
    else
      add(parameter.word);
  }
  add(enumerant.tail());
}
AIRSTRIP_INLINE void OperandList::add(const operand::Mask& mask) {
  add(OperandWord(mask.mask(), OperandWord::literal_tag));
  for (std::size_t i = 0; i < mask.parameter_count(); ++i) add(mask.parameter(i));
}
AIRSTRIP_INLINE bool OperandList::take_optional(bool present) {
  if (present && left_out_) gap_ = true;
  if (!present) left_out_ = true;
  return present;
}
AIRSTRIP_INLINE void OperandList::add_optional(Id id) {
  // Only a default-made id means "left out"; an empty one from a failed call cannot arrive here unnoticed, because
  // the emitter has failed then.
  if (take_optional(id.number() != 0 || id.tag() != Id::empty_tag)) add(OperandWord(id));
}
AIRSTRIP_INLINE void OperandList::add_optional(const operand::Mask& mask) {
  if (take_optional(mask.present())) add(mask);
}
AIRSTRIP_INLINE void OperandList::add_optional(Optional<Text> text) {
  if (take_optional(text.present())) add(text.value());
}

// --- beginning ----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Emitter::Emitter(const ModuleOptions& options, SourceLocation at)
    : requirements_(options.target) {
  // The tag tells this emitter's ids from those of every other that lives or lived, also at the same address and in
  // another shared library, without any state that they share. It never reaches the module.
  std::timespec now{};
  std::timespec_get(&now, TIME_UTC);
  std::uint64_t seed = reinterpret_cast<std::uintptr_t>(this);
  seed = (seed ^ static_cast<std::uint64_t>(now.tv_nsec)) * 0x9E3779B97F4A7C15u;
  seed = (seed ^ seed >> 31 ^ static_cast<std::uint64_t>(now.tv_sec)) * 0xBF58476D1CE4E5B9u;
  tag_ = static_cast<std::uint32_t>(seed >> 32);
  reset(options, at);
}

AIRSTRIP_INLINE void Emitter::reset(SourceLocation at) {
  const ModuleOptions same = options_;
  reset(same, at);
}

AIRSTRIP_INLINE void Emitter::reset(const ModuleOptions& options, SourceLocation at) {
  options_ = options;
  version_ = options.target.spirv_version();
  const bool opencl = options.target.environment() == Environment::OpenCL;
  addressing_ = options.addressing.present() ? options.addressing.value()
                : opencl                     ? AddressingModel::Physical64
                                             : AddressingModel::Logical;
  memory_model_ = options.memory_model.present() ? options.memory_model.value()
                  : opencl                       ? MemoryModel::OpenCL
                                                 : MemoryModel::GLSL450;
  ++tag_;
  if (tag_ < OperandWord::first_builder_tag) tag_ = OperandWord::first_builder_tag;
  failed_ = false;
  error_ = Diagnostic();
  function_open_ = block_open_ = graph_open_ = merge_open_ = physical_pointers_ = false;
  narrow_types_ = 0;
  current_block_ = LabelId();
  current_function_ = FunctionId();
  pending_result_ = 0;
  uint32_type_ = 0;
  entry_label_ = function_begin_ = function_first_location_ = 0;
  last_line_ = SourceLocation();

  ids_.clear();
  const bool empty_id = ids_.push_back({});
  ready_.clear();
  const bool none_ready = ready_.resize(grammar::instructions().size(), 0);
  for (SectionArena& arena : arenas_) arena.clear();
  locals_.clear();
  rebuilt_.clear();
  interned_.clear();
  requirements_.reset(options.target);
  edits_.clear();
  edit_words_.clear();
  scratch_.clear();
  checked_.clear();
  declared_.clear();
  reserved_.clear();
  variables_.clear();
  spec_ids_.clear();
  update_fast();

  if (!empty_id || !none_ready) {
    out_of_memory(at);
    return;
  }
  if (!options.target.error().empty()) {
    fail(ErrorCode::InvalidTarget, String(options.target.error()), at);
    return;
  }
  if (!options_.check_structure) return;
  String why;
  const EnumerantInfo* const addressing =
      grammar::find(OperandKind::AddressingModel, static_cast<std::uint32_t>(addressing_));
  const EnumerantInfo* const memory =
      grammar::find(OperandKind::MemoryModel, static_cast<std::uint32_t>(memory_model_));
  if (!addressing || !memory) {
    fail(ErrorCode::InvalidOperand, "the addressing or memory model is not one of the grammar's", at,
         "OpMemoryModel");
  } else if (!requirements_.require(OperandKind::AddressingModel, *addressing, why)) {
    String message;
    message << "the addressing model " << addressing->name << ' ' << why;
    fail(ErrorCode::MissingCapability, static_cast<String&&>(message), at, "OpMemoryModel");
  } else if (!requirements_.require(OperandKind::MemoryModel, *memory, why)) {
    String message;
    message << "the memory model " << memory->name << ' ' << why;
    fail(ErrorCode::MissingCapability, static_cast<String&&>(message), at, "OpMemoryModel");
  }
}

AIRSTRIP_INLINE void Emitter::update_fast() {
  fast_ = !failed_ && options_.check_types && options_.check_structure && options_.lines == LineInfo::Off &&
          pending_result_ == 0 && block_open_ && !merge_open_ && narrow_types_ == 0;
}

// --- errors -------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void Emitter::fail(ErrorCode code, String message, SourceLocation at, const char* instruction,
                                   String offered) {
  if (failed_) return;
  failed_ = true;
  fast_ = false;
  error_.code = code;
  if (instruction) {
    error_.message.clear();
    error_.message << instruction << ": " << Text(message);
  } else {
    error_.message = static_cast<String&&>(message);
  }
  error_.where = at;
  error_.instruction = instruction;
  error_.offered = static_cast<String&&>(offered);
}

AIRSTRIP_INLINE Emitter::Failed Emitter::out_of_memory(SourceLocation at) {
  fail(ErrorCode::OutOfMemory, "out of memory; the instruction was not written", at);
  return {};
}

// --- questions ----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE IdKind Emitter::kind(Id id) const {
  return id.tag() == tag_ && id.number() < ids_.size() ? ids_[id.number()].kind : IdKind::Unknown;
}
AIRSTRIP_INLINE TypeId Emitter::type_of(ValueId value) const {
  if (kind(value) == IdKind::Unknown || ids_[value.number()].type == 0) return {};
  return TypeId(make(ids_[value.number()].type));
}
AIRSTRIP_INLINE Op Emitter::opcode_of(Id id) const {
  return kind(id) == IdKind::Unknown ? Op::OpNop : ids_[id.number()].op;
}
AIRSTRIP_INLINE Span<const std::uint32_t> Emitter::global_words(Id id) const {
  if (kind(id) == IdKind::Unknown) return {};
  const IdInfo& known = ids_[id.number()];
  if (!(known.flags & global)) return {};
  const std::uint32_t* const first = arena_of(Section::Global).words.data() + known.definition;
  return {first, *first >> 16};
}
AIRSTRIP_INLINE SectionArena& Emitter::arena_of(Section section) {
  return arenas_[section > Section::Graph ? static_cast<std::size_t>(Section::Function)
                                          : static_cast<std::size_t>(section)];
}
AIRSTRIP_INLINE const SectionArena& Emitter::arena_of(Section section) const {
  return const_cast<Emitter*>(this)->arena_of(section);
}
AIRSTRIP_INLINE Span<const std::uint32_t> Emitter::section_words(Section section) const {
  const SectionArena& arena = arena_of(section);
  return {arena.words.data(), arena.words.size()};
}

// --- ids before their definition ------------------------------------------------------------------------------------

AIRSTRIP_INLINE Id Emitter::reserve(IdKind kind, Op op, std::uint32_t type, SourceLocation at) {
  if (failed_) return {};
  const auto id = static_cast<std::uint32_t>(ids_.size());
  const std::uint32_t shape = type ? ids_[type].shape : 0;
  if (!ids_.push_back({type, shape, 0, op, kind, 0}) || !reserved_.push_back({id, at})) {
    out_of_memory(at);
    return {};
  }
  return make(id);
}
AIRSTRIP_INLINE LabelId Emitter::reserve_label(SourceLocation at) {
  return LabelId(reserve(IdKind::Label, Op::OpLabel, 0, at));
}
AIRSTRIP_INLINE FunctionId Emitter::reserve_function(SourceLocation at) {
  return FunctionId(reserve(IdKind::Function, Op::OpFunction, 0, at));
}
AIRSTRIP_INLINE ValueId Emitter::reserve_value(TypeId type, SourceLocation at) {
  if (type && !owns(type, "reserve_value", at)) return {};
  return ValueId(reserve(IdKind::Value, Op::OpNop, type.number(), at));
}
AIRSTRIP_INLINE TypeId Emitter::reserve_type(SourceLocation at) {
  return TypeId(reserve(IdKind::Type, Op::OpNop, 0, at));
}
AIRSTRIP_INLINE void Emitter::define_next(Id reserved, SourceLocation at) {
  if (failed_ || !owns(reserved, "define_next", at)) return;
  if (ids_[reserved.number()].flags & defined) {
    fail(ErrorCode::Redefinition, "the id has a definition already; only a reserved one can be defined", at,
         "define_next", describe(reserved.number()));
    return;
  }
  pending_result_ = reserved.number();
  update_fast();
}

AIRSTRIP_INLINE void Emitter::add_incoming(ValueId phi, ValueId value, LabelId parent, SourceLocation at) {
  if (failed_ || !owns(phi, "add_incoming", at) || !owns(value, "add_incoming", at) ||
      !owns(parent, "add_incoming", at))
    return;
  const IdInfo& known = ids_[phi.number()];
  if (known.op != Op::OpPhi || !function_open_ || known.definition < function_begin_) {
    fail(ErrorCode::InvalidOperand, "the id is not an OpPhi of the function that is open", at, "add_incoming",
         describe(phi.number()));
    return;
  }
  if (options_.check_types && ids_[value.number()].type != known.type) {
    String message("the value has another type than the OpPhi, which is ");
    message << type_name(TypeId(make(known.type)));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at, "add_incoming", describe(value.number()));
    return;
  }
  ids_[value.number()].flags |= used_early;
  ids_[parent.number()].flags |= used_early;
  const auto first = static_cast<std::uint32_t>(edit_words_.size());
  if (!edits_.push_back({known.definition, first, 2}) || !edit_words_.push_back(value.number()) ||
      !edit_words_.push_back(parent.number()))
    out_of_memory(at);
}

AIRSTRIP_INLINE void Emitter::add_switch_target(std::uint32_t offset, std::uint64_t literal, unsigned width,
                                                LabelId target, SourceLocation at) {
  if (failed_ || !owns(target, "OpSwitch", at)) return;
  ids_[target.number()].flags |= used_early;
  const auto first = static_cast<std::uint32_t>(edit_words_.size());
  edit_words_.push_back(static_cast<std::uint32_t>(literal));
  if (width > 32) edit_words_.push_back(static_cast<std::uint32_t>(literal >> 32));
  edit_words_.push_back(target.number());
  if (!edits_.push_back({offset, first, width > 32 ? 3u : 2u}) || edit_words_.out_of_memory())
    out_of_memory(at);
}
AIRSTRIP_INLINE std::uint32_t Emitter::last_instruction_offset() const {
  const SectionArena& functions = arena_of(Section::Function);
  return functions.locations.empty() ? 0 : functions.locations.back().offset;
}

// --- emission -----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE std::uint32_t Emitter::write(SectionArena& arena, Op op, std::uint32_t type,
                                             std::uint32_t result, const OperandWord* operands,
                                             std::size_t count, const SourceLocation& at) {
  const auto offset = static_cast<std::uint32_t>(arena.words.size());
  const std::size_t total = count + (type ? 1u : 0u) + (result ? 2u : 1u);
  std::uint32_t* to = arena.words.extend(total);
  LocationRecord* const record = arena.locations.extend(1);
  if (AIRSTRIP_UNLIKELY(!to || !record)) {
    arena.words.truncate(offset);
    out_of_memory(at);
    return 0;
  }
  *record = {at.file, at.line, offset};
  *to++ = static_cast<std::uint32_t>(total) << 16 | static_cast<std::uint32_t>(op);
  if (type) *to++ = type;
  if (result) *to++ = result;
  for (std::size_t i = 0; i < count; ++i) to[i] = operands[i].word;
  return offset;
}

// Arithmetic on two operands of one type, which is most of a kernel: nothing more to ask of it than the class. Kept
// small, so that it stays in registers; everything else is behind a call.
AIRSTRIP_INLINE Id Emitter::emit(InstructionKey key, TypeId type, Id first, Id second,
                                 const SourceLocation& at) {
  if ((key.rule != TypeRule::FloatBinary && key.rule != TypeRule::IntBinary) || !fast_ ||
      ready_[key.index] == 0)
    return emit_two(key, type, first, second, at);
  const std::uint32_t tag = tag_;
  const std::size_t known = ids_.size();
  if (first.tag() != tag || second.tag() != tag || first.number() >= known || second.number() >= known)
    return emit_two(key, type, first, second, at);
  const IdInfo& a = ids_[first.number()];
  const IdInfo& b = ids_[second.number()];
  const std::uint32_t result_type = a.type, shape = a.shape;
  const std::uint32_t wanted = key.rule == TypeRule::FloatBinary ? shape_float : shape_int;
  if (!(a.flags & b.flags & defined) || result_type != b.type ||
      (shape & (shape_class | shape_matrix | shape_encoding)) != wanted ||
      (type.number() != 0 ? !(type == make(result_type)) : type.tag() != Id::empty_tag))
    return emit_two(key, type, first, second, at);

  SectionArena& arena = arenas_[static_cast<std::size_t>(Section::Function)];
  const auto offset = static_cast<std::uint32_t>(arena.words.size());
  if (AIRSTRIP_UNLIKELY(!arena.words.reserve(offset + 5) ||
                        !arena.locations.reserve(arena.locations.size() + 1) || !ids_.reserve(known + 1)))
    return out_of_memory(at);
  const auto result = static_cast<std::uint32_t>(known);
  *ids_.extend_reserved(1) = {result_type, shape, offset, key.op, IdKind::Value, defined};
  *arena.locations.extend_reserved(1) = {at.file, at.line, offset};
  std::uint32_t* const to = arena.words.extend_reserved(5);
  to[0] = 5u << 16 | static_cast<std::uint32_t>(key.op);
  to[1] = result_type;
  to[2] = result;
  to[3] = first.number();
  to[4] = second.number();
  return Id(result, tag);
}
AIRSTRIP_INLINE Id Emitter::emit_two(InstructionKey key, TypeId type, Id a, Id b, const SourceLocation& at) {
  const OperandWord operands[] = {OperandWord(a), OperandWord(b)};
  return emit(key, type, operands, 2, at);
}

AIRSTRIP_INLINE Id Emitter::emit_float_function(InstructionKey key, ExtInstSetId set, GLSLstd450 function,
                                                TypeId type, Span<const ValueId> arguments,
                                                const SourceLocation& at) {
  const std::size_t known = ids_.size(), count = arguments.size();
  if (!fast_ || ready_[key.index] == 0 || count == 0 || count != float_arguments(function)) return {};
  if (set.tag() != tag_ || ids_[set.number()].shape != 1 || type.tag() != tag_ || type.number() >= known)
    return {};
  const std::uint32_t shape = ids_[type.number()].shape;
  if ((shape & (shape_class | shape_matrix | shape_cooperative | shape_encoding)) != shape_float) return {};
  for (const ValueId argument : arguments) {
    if (argument.tag() != tag_ || argument.number() >= known) return {};
    const IdInfo& a = ids_[argument.number()];
    if (a.type != type.number() || !(a.flags & defined)) return {};
  }
  SectionArena& arena = arenas_[static_cast<std::size_t>(Section::Function)];
  const auto offset = static_cast<std::uint32_t>(arena.words.size());
  const std::size_t total = 5 + count;
  if (AIRSTRIP_UNLIKELY(!arena.words.reserve(offset + total) ||
                        !arena.locations.reserve(arena.locations.size() + 1) || !ids_.reserve(known + 1)))
    return out_of_memory(at);
  const auto result = static_cast<std::uint32_t>(known);
  *ids_.extend_reserved(1) = {type.number(), shape, offset, key.op, IdKind::Value, defined};
  *arena.locations.extend_reserved(1) = {at.file, at.line, offset};
  std::uint32_t* const to = arena.words.extend_reserved(total);
  to[0] = static_cast<std::uint32_t>(total) << 16 | static_cast<std::uint32_t>(key.op);
  to[1] = type.number();
  to[2] = result;
  to[3] = set.number();
  to[4] = static_cast<std::uint32_t>(function);
  for (std::size_t i = 0; i < count; ++i) to[5 + i] = arguments[i].number();
  return make(result);
}

AIRSTRIP_INLINE bool Emitter::is_known_element(const OperandWord* operands, std::size_t count,
                                               std::uint32_t type) const {
  if (count != 3) return false;
  const Element& known = elements_[operands[0].word % element_count];
  constexpr std::uint32_t scalar_int = shape_int | 1u << shape_components_shift;
  return known.base == Id(operands[0].word, operands[0].tag) && operands[1].tag == tag_ &&
         known.member == operands[1].word && known.type == type && operands[2].tag == tag_ &&
         (ids_[operands[2].word].shape & (shape_class | shape_components)) == scalar_int;
}

// The straight line: an instruction inside a block whose requirements are known to be met, with operands that are
// defined ids of this emitter or literals. Whatever is not in order goes the general way, which finds it again and says
// what it is.
AIRSTRIP_INLINE Id Emitter::emit(InstructionKey key, TypeId type, const OperandWord* operands,
                                 std::size_t count, const SourceLocation& at) {
  if (AIRSTRIP_UNLIKELY(!fast_ || count >= ready_[key.index]))
    return emit_flow(key, type, operands, count, at);
  const std::size_t known = ids_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const OperandWord word = operands[i];
    if (word.tag != tag_) {
      if (AIRSTRIP_UNLIKELY(word.tag != OperandWord::literal_tag))
        return emit_general(key, type, operands, count, at);
    } else if (AIRSTRIP_UNLIKELY(word.word >= known || !(ids_[word.word].flags & defined))) {
      return emit_general(key, type, operands, count, at);
    }
  }
  std::uint32_t result_type = 0;
  if (key.flags & InstructionKey::has_type) {
    result_type = type.number();
    if (AIRSTRIP_UNLIKELY(type.tag() != (result_type ? tag_ : Id::empty_tag) || result_type >= known ||
                          (result_type != 0 && ids_[result_type].kind != IdKind::Type)))
      return emit_general(key, type, operands, count, at);
  }
  if (key.rule != TypeRule::Unchecked &&
      !(key.rule == TypeRule::AccessChain && is_known_element(operands, count, result_type)) &&
      AIRSTRIP_UNLIKELY(!check_types(key, result_type, operands, count, at)))
    return {};
  if (AIRSTRIP_UNLIKELY((key.flags & InstructionKey::has_type) && result_type == 0))
    return emit_general(key, type, operands, count, at);

  SectionArena& arena = arenas_[static_cast<std::size_t>(Section::Function)];
  if (!(key.flags & InstructionKey::has_result)) {
    write(arena, key.op, result_type, 0, operands, count, at);
    return {};
  }
  const auto result = static_cast<std::uint32_t>(ids_.size());
  const std::uint32_t shape = ids_[result_type].shape;
  IdInfo* const made = ids_.extend(1);
  if (AIRSTRIP_UNLIKELY(!made)) return out_of_memory(at);
  *made = {result_type, shape, 0, key.op, IdKind::Value, defined};
  made->definition = write(arena, key.op, result_type, result, operands, count, at);
  return make(result);
}

AIRSTRIP_INLINE Id Emitter::emit(InstructionKey key, TypeId type, OperandList& list,
                                 const SourceLocation& at) {
  if (AIRSTRIP_UNLIKELY(failed_)) return {};
  if (AIRSTRIP_UNLIKELY(scratch_.out_of_memory())) return out_of_memory(at);
  const char* const name = grammar::instructions()[key.index].name;
  if (AIRSTRIP_UNLIKELY(list.gap_)) {
    fail(ErrorCode::InvalidOperand, "an optional operand is given, but one before it is left out", at, name);
    return {};
  }
  if (AIRSTRIP_UNLIKELY(list.has_zero_)) {
    fail(ErrorCode::InvalidOperand, "a string contains a zero byte, which would end it in the module", at,
         name);
    return {};
  }
  return emit(key, type, scratch_.data() + list.begin_, scratch_.size() - list.begin_, at);
}

AIRSTRIP_INLINE bool Emitter::check_length(InstructionKey key, std::size_t count, SourceLocation at) {
  std::uint64_t total = 1 + std::uint64_t{count};
  if (key.flags & InstructionKey::has_type) ++total;
  if (key.flags & InstructionKey::has_result) ++total;
  if (total <= 0xFFFF) return true;
  String message("an instruction has at most 65,535 words (SPIR-V 2.2); this one would have ");
  message << total;
  fail(ErrorCode::LimitExceeded, static_cast<String&&>(message), at, grammar::instructions()[key.index].name);
  return false;
}

AIRSTRIP_INLINE Id Emitter::emit_general(InstructionKey key, TypeId type, const OperandWord* operands,
                                         std::size_t count, const SourceLocation& at) {
  if (failed_) return {};
  const InstructionInfo& known = grammar::instructions()[key.index];
  if (!check_length(key, count, at)) return {};
  Id result;
  if (options_.check_structure && emit_elsewhere(key, type, operands, count, at, result)) return result;
  if (!resolve_operands(key, operands, count, at)) return {};

  std::uint32_t result_type = 0;
  if (key.flags & InstructionKey::has_type) {
    if (type.number() == 0 && type.tag() == Id::empty_tag) {
      if (key.rule == TypeRule::Unchecked || !options_.check_types) {
        fail(ErrorCode::EmptyId, "the result type is empty", at, known.name);
        return {};
      }
    } else if (!check_operand_id(key, OperandWord(type), 0, at)) {
      return {};
    } else if (ids_[type.number()].kind != IdKind::Type) {
      fail(ErrorCode::WrongIdKind, "the result type is not a type", at, known.name, describe(type.number()));
      return {};
    }
    result_type = type.number();
  }

  SectionArena* arena = nullptr;
  if (options_.check_structure) {
    arena = place(key, checked_.data(), checked_.size(), at);
    if (!arena) return {};
    String why;
    if (ready_[key.index] == 0 && !requirements_.require(known, why)) {
      fail(ErrorCode::MissingCapability, static_cast<String&&>(why), at, known.name);
      return {};
    }
    if ((key.flags & InstructionKey::has_enumerants) &&
        !check_grammar(known, {checked_.data(), checked_.size()}, false, at))
      return {};
  } else {
    arena = &arena_of(known.section);
  }
  if (options_.check_types && key.rule != TypeRule::Unchecked &&
      !check_types(key, result_type, checked_.data(), checked_.size(), at))
    return {};
  if ((key.flags & InstructionKey::has_type) && result_type == 0) {
    fail(ErrorCode::EmptyId, "the result type is empty and cannot be deduced", at, known.name);
    return {};
  }
  if (pending_result_ != 0 && (key.flags & InstructionKey::has_result)) {
    const IdInfo& reserved = ids_[pending_result_];
    if (reserved.kind != detail::result_kind(key) || (reserved.type != 0 && reserved.type != result_type)) {
      fail(reserved.kind != detail::result_kind(key) ? ErrorCode::WrongIdKind : ErrorCode::WrongType,
           "defines an id that was reserved for another kind or type", at, known.name,
           describe(pending_result_));
      return {};
    }
  }
  if (options_.check_structure) {
    if (!RequirementRules(*this, key, at).apply(result_type, {checked_.data(), checked_.size()})) return {};
    if (physical_pointers_ && !add_alignment(key, at)) return {};
    if (options_.lines != LineInfo::Off && arena == &arena_of(Section::Function)) write_line(at);
    if (failed_) return {};
    if (ready_[key.index] == 0) ready_[key.index] = straight_line_limit(key);
  }
  return finish_instruction(*arena, key, result_type, checked_.data(), checked_.size(), at);
}

AIRSTRIP_INLINE Id Emitter::finish_instruction(SectionArena& arena, InstructionKey key, std::uint32_t type,
                                               const OperandWord* operands, std::size_t count,
                                               SourceLocation at) {
  std::uint32_t result = 0;
  if (key.flags & InstructionKey::has_result) {
    if (pending_result_ != 0) {
      result = pending_result_;
      pending_result_ = 0;
    } else {
      result = static_cast<std::uint32_t>(ids_.size());
      if (!ids_.push_back({})) return out_of_memory(at);
    }
    IdInfo& made = ids_[result];
    made.type = type;
    made.shape = type ? ids_[type].shape : 0;
    made.op = key.op;
    made.flags = static_cast<std::uint8_t>(made.flags | defined);
    made.kind = detail::result_kind(key);
  }
  const std::uint32_t offset = write(arena, key.op, type, result, operands, count, at);
  if (failed_) return {};
  if (result) {
    IdInfo& made = ids_[result];
    made.definition = offset;
    if (&arena == &arena_of(Section::Global)) made.flags |= global;
  }
  note_effects(key, result, offset, operands, count, at);
  update_fast();
  return result ? make(result) : Id();
}

AIRSTRIP_INLINE Id Emitter::instruction(Op op, TypeId type, Span<const OperandWord> operands,
                                        SourceLocation at) {
  if (failed_) return {};
  const InstructionInfo* const known = grammar::find(op);
  if (!known) {
    String message("the grammar has no opcode ");
    message << static_cast<std::uint32_t>(op);
    fail(ErrorCode::UnknownInstruction, static_cast<String&&>(message), at);
    return {};
  }
  const InstructionKey key = key_of(*known);
  if (!(key.flags & InstructionKey::has_type) && type) {
    fail(ErrorCode::InvalidOperand, "takes no result type", at, known->name, describe(type.number()));
    return {};
  }
  if (options_.check_structure && !check_grammar(*known, operands, true, at)) return {};
  return emit(key, type, operands.data(), operands.size(), at);
}

AIRSTRIP_INLINE InstructionKey Emitter::key_of(const InstructionInfo& known) const {
  std::uint8_t flags = 0;
  for (const OperandInfo& operand : grammar::operands(known)) {
    if (operand.kind == OperandKind::IdResultType)
      flags |= InstructionKey::has_type;
    else if (operand.kind == OperandKind::IdResult)
      flags |= InstructionKey::has_result;
    else if (grammar::is_enum(operand.kind))
      flags |= InstructionKey::has_enumerants;
  }
  const auto index = static_cast<std::uint16_t>(&known - grammar::instructions().data());
  return {index, known.op, flags, known.section, known.type_rule};
}

// --- interning ----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Id Emitter::declare(Op op, TypeId type, Span<const std::uint32_t> operands,
                                    Span<const std::uint32_t> extra, bool& fresh, SourceLocation at) {
  fresh = false;
  if (failed_) return {};
  // The key: first word, type, operands, then what else belongs to the identity. The first word holds the length, so
  // operands and `extra` cannot be mistaken for each other.
  declare_words_.clear();
  declare_words_.push_back(static_cast<std::uint32_t>(operands.size()) << 16 |
                           static_cast<std::uint32_t>(op));
  declare_words_.push_back(type.number());
  // Word by word: the caller stored them one by one just now, and a wider copy would wait for that to settle.
  for (const std::uint32_t word : operands) declare_words_.push_back(word);
  for (const std::uint32_t word : extra) declare_words_.push_back(word);
  // Before looking: a key that was cut short could be another's.
  if (AIRSTRIP_UNLIKELY(declare_words_.out_of_memory())) return out_of_memory(at);
  std::uint32_t hash = 0;
  const std::uint32_t found = interned_.find(declare_words_.data(), declare_words_.size(), hash);
  if (found && pending_result_ == 0) return make(found);

  const InstructionInfo* const known = grammar::find(op);
  if (!known) return {};
  const InstructionKey key = key_of(*known);
  if (pending_result_ != 0) {
    const IdInfo& reserved = ids_[pending_result_];
    if (reserved.kind != detail::result_kind(key) || (reserved.type != 0 && reserved.type != type.number())) {
      Aside aside(*this);  // reserved for something else, which uses this
      return declare(op, type, operands, extra, fresh, at);
    }
  }
  if (!check_length(key, operands.size(), at)) return {};
  String why;
  if (!requirements_.require(*known, why)) {
    fail(ErrorCode::MissingCapability, static_cast<String&&>(why), at, known->name);
    return {};
  }
  declared_.clear();
  for (const std::uint32_t word : operands) declared_.push_back(OperandWord(word, OperandWord::literal_tag));
  if (declared_.out_of_memory()) return out_of_memory(at);
  if ((key.flags & InstructionKey::has_enumerants) &&
      !check_grammar(*known, {declared_.data(), declared_.size()}, false, at))
    return {};
  if (!RequirementRules(*this, key, at).apply(type.number(), {declared_.data(), declared_.size()})) return {};
  const Section section = known->section <= Section::Global ? known->section : Section::Global;
  const Id id =
      finish_instruction(arena_of(section), key, type.number(), declared_.data(), declared_.size(), at);
  if (failed_) return {};
  if (!interned_.insert(declare_words_.data(), declare_words_.size(), hash, id.number()))
    return out_of_memory(at);
  fresh = true;
  return id;
}

AIRSTRIP_INLINE std::uint32_t Emitter::constant_word(std::uint32_t value, SourceLocation at) {
  Aside aside(*this);
  bool fresh = false;
  const std::uint32_t shape[] = {32, 0};
  if (uint32_type_ == 0) uint32_type_ = declare(Op::OpTypeInt, {}, shape, {}, fresh, at).number();
  return declare(Op::OpConstant, TypeId(make(uint32_type_)), Span<const std::uint32_t>(&value, 1), {}, fresh,
                 at)
      .number();
}

AIRSTRIP_INLINE Id Emitter::string_id(Text text, SourceLocation at) {
  Aside aside(*this);
  OperandList list(*this);
  list.add(text);
  intern_words_.clear();
  for (std::size_t i = list.begin_; i < scratch_.size(); ++i) intern_words_.push_back(scratch_[i].word);
  bool fresh = false;
  return declare(Op::OpString, {}, {intern_words_.data(), intern_words_.size()}, {}, fresh, at);
}

AIRSTRIP_SPIRV_NAMESPACE_END

#include "assemble.hpp"
