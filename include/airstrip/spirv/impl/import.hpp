#pragma once

#include "../import.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

namespace detail {

/// One import under way.
class Importer {
public:
  Importer(const ModuleView& view, Builder& builder, SourceLocation at) : view_(view), b_(builder), at_(at) {}

  bool run();
  Diagnostic error() const { return error_; }
  /// The ids of the definitions, in the order of the view.
  Span<const Id> ids() const { return {ids_.data(), ids_.size()}; }

private:
  bool instruction(const Instruction& in);
  bool own(std::uint32_t foreign, const Instruction& user, Id& id);
  bool fail(ErrorCode code, const char* message, const Instruction& in);
  bool check(const Instruction& in);

  const ModuleView& view_;
  Builder& b_;
  SourceLocation at_;
  Buffer<Id> ids_;  // by index of the defining instruction
  Buffer<OperandWord> operands_;
  Diagnostic error_;
};

AIRSTRIP_INLINE bool Importer::fail(ErrorCode code, const char* message, const Instruction& in) {
  error_.code = code;
  error_.message = message;
  error_.where = at_;
  error_.instruction = in.info() ? in.info()->name : nullptr;
  error_.word_offset = in.word_offset();
  return false;
}

AIRSTRIP_INLINE bool Importer::check(const Instruction& in) {
  if (!b_.failed()) return true;
  error_ = b_.error();
  error_.word_offset = in.word_offset();
  return false;
}

/// The builder's id for a foreign one: known, or reserved now because its definition comes later.
AIRSTRIP_INLINE bool Importer::own(std::uint32_t foreign, const Instruction& user, Id& id) {
  const Instruction definition = view_.find_definition(foreign);
  if (!definition)
    return fail(ErrorCode::UndefinedId, "an operand names an id that the module does not define", user);
  Id& known = ids_[definition.index()];
  if (!known) {
    const InstructionInfo* const info = definition.info();
    if (!info)
      return fail(ErrorCode::UnknownInstruction, "an operand is defined by an unknown instruction", user);
    const Op op = info->op;
    if (op == Op::OpLabel)
      known = b_.reserve_label(at_);
    else if (op == Op::OpFunction)
      known = b_.reserve_function(at_);
    else if (info->section == Section::Global && std::strncmp(info->name, "OpType", 6) == 0)
      known = b_.reserve_type(at_);
    else
      known = b_.reserve_value({}, at_);
    if (!check(user)) return false;
  }
  id = known;
  return true;
}

AIRSTRIP_INLINE bool Importer::instruction(const Instruction& in) {
  const InstructionInfo* const info = in.info();
  if (!info)
    return fail(ErrorCode::UnknownInstruction,
                "the grammar does not have this opcode, so its operands have no meaning", in);
  operands_.clear();
  TypeId type;
  OperandCursor cursor(in);
  for (Operand operand; cursor.next(operand);) {
    if (operand.kind == OperandKind::IdResult) continue;
    if (operand.is_opaque)
      return fail(ErrorCode::UnknownInstruction, "an enumerant is unknown, so what follows it has no meaning",
                  in);
    if (operand.is_id()) {
      Id id;
      if (!own(operand.word(), in, id)) return false;
      if (operand.kind == OperandKind::IdResultType)
        type = TypeId(id);
      else
        operands_.push_back(OperandWord(id));
      continue;
    }
    for (const std::uint32_t word : operand.words)
      operands_.push_back(OperandWord(word, OperandWord::literal_tag));
  }
  if (cursor.failed()) {
    error_ = cursor.error();
    error_.where = at_;
    return false;
  }
  if (operands_.out_of_memory()) return fail(ErrorCode::OutOfMemory, "out of memory", in);
  Id* const result = in.result_id() ? &ids_[in.index()] : nullptr;
  if (result && *result) b_.define_next(*result, at_);
  const Id made = b_.instruction(info->op, type, {operands_.data(), operands_.size()}, at_);
  if (!check(in)) return false;
  if (result) *result = made;
  return true;
}

AIRSTRIP_INLINE bool Importer::run() {
  if (!ids_.resize(view_.size(), Id())) return fail(ErrorCode::OutOfMemory, "out of memory", {});
  for (const Instruction in : view_) {
    // An id defined twice would take the first one's place.
    if (in.result_id() != 0 && view_.find_definition(in.result_id()).index() != in.index())
      return fail(ErrorCode::Redefinition, "the id is defined a second time", in);
    if (!instruction(in)) return false;
  }
  return true;
}

}  // namespace detail

AIRSTRIP_INLINE Id ImportMap::operator[](std::uint32_t foreign) const {
  std::size_t low = 0, high = entries_.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (entries_[middle].foreign < foreign)
      low = middle + 1;
    else
      high = middle;
  }
  return low < entries_.size() && entries_[low].foreign == foreign ? entries_[low].own : Id();
}

AIRSTRIP_INLINE ModuleOptions options_for(const ModuleView& view) {
  ModuleOptions options;
  options.target = Target::universal(view.version() >> 8, view.version() & 0xFF);
  for (const Instruction in : view) {
    if (in.opcode() == Op::OpFunction) break;
    if (in.opcode() != Op::OpMemoryModel || in.words().size() != 3) continue;
    options.addressing = static_cast<AddressingModel>(in.word(1));
    options.memory_model = static_cast<MemoryModel>(in.word(2));
  }
  return options;
}

AIRSTRIP_INLINE Result<ImportMap> import_module(const ModuleView& view, Builder& builder, SourceLocation at) {
  if (builder.failed()) return builder.error();
  detail::Importer importer(view, builder, at);
  if (!importer.run()) return importer.error();
  ImportMap map;
  for (const Instruction in : view)
    if (in.result_id() != 0) map.entries_.push_back({in.result_id(), importer.ids()[in.index()]});
  if (!map.entries_.empty())
    std::qsort(map.entries_.data(), map.entries_.size(), sizeof(ImportMap::Entry),
               [](const void* a, const void* b) {
                 const std::uint32_t x = static_cast<const ImportMap::Entry*>(a)->foreign;
                 const std::uint32_t y = static_cast<const ImportMap::Entry*>(b)->foreign;
                 return x < y ? -1 : x > y;
               });
  if (map.entries_.out_of_memory()) {
    Diagnostic error;
    error.code = ErrorCode::OutOfMemory;
    error.message = "out of memory";
    error.where = at;
    return error;
  }
  return map;
}

AIRSTRIP_SPIRV_NAMESPACE_END
