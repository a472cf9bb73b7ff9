// What stands between foreign words and SPIRV-Cross: it trusts them, so they are read, validated and kept in proportion.
#pragma once

#include "../../cross.hpp"
#include "../../reflect.hpp"
#include "../../reflect/impl/common.hpp"
#include "../../spirv/view.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

inline Diagnostic cross_error(ErrorCode code, Text message, const spirv::Instruction& at = {}) {
  Diagnostic error;
  error.code = code;
  error.message << message;
  if (at) {
    error.word_offset = at.word_offset();
    if (at.info()) error.instruction = at.info()->name;
  }
  return error;
}

// SPIRV-Cross handles types by recursion and keeps a place for every id below the bound.
inline Result<void> check_proportion(const spirv::ModuleView& view) {
  constexpr std::uint32_t deepest_array = 32;
  Buffer<std::uint32_t> depths;  // of arrays, by instruction
  if (!depths.resize(view.size(), 0)) return cross_error(ErrorCode::OutOfMemory, "no memory for the module");
  for (const spirv::Instruction at : view) {
    using spirv::Op;
    if (!at.info()) {
      String message("no one knows what the opcode ");
      message << static_cast<std::uint32_t>(at.opcode())
              << " does, so that its instruction cannot be translated";
      return cross_error(ErrorCode::UnknownInstruction, message, at);
    }
    if (at.opcode() != Op::OpTypeArray && at.opcode() != Op::OpTypeRuntimeArray) continue;
    const spirv::Instruction element = view.find_definition(at.word(2));
    const std::uint32_t depth = element ? depths[element.index()] + 1 : 1;
    depths[at.index()] = depth;
    if (depth > deepest_array)
      return cross_error(ErrorCode::LimitExceeded,
                         "arrays are nested deeper than the 32 that SPIRV-Cross survives; flatten them", at);
  }
  if (view.bound() > 1024 + 16 * view.words().size())
    return cross_error(
        ErrorCode::LimitExceeded,
        "the header's bound is out of proportion to the module, and SPIRV-Cross would reserve memory "
        "for each id; renumber the ids");
  return {};
}

// The value of the last override of a SpecId, as `reflect` has it.
inline const reflection::Override* find_override(Span<const reflection::Override> overrides,
                                                 std::uint32_t spec_id) {
  const reflection::Override* found = nullptr;
  for (const reflection::Override& o : overrides)
    if (o.spec_id == spec_id) found = &o;
  return found;
}

// Writes the overrides into the constants themselves: the C interface has no call for it in every version, and what it
// is given is then what was validated.
inline void specialise(const spirv::ModuleView& view, Span<const reflection::Override> overrides,
                       Buffer<std::uint32_t>& words) {
  using spirv::Op;
  if (overrides.empty()) return;
  for (const spirv::Instruction at : view) {
    if (at.opcode() != Op::OpDecorate || at.word(2) != static_cast<std::uint32_t>(spirv::Decoration::SpecId))
      continue;
    const reflection::Override* const o = find_override(overrides, at.word(3));
    const spirv::Instruction constant = o ? view.find_definition(at.word(1)) : spirv::Instruction();
    if (!constant) continue;
    std::uint32_t* const place = words.data() + constant.word_offset();
    const auto set_opcode = [&](Op op) {
      place[0] = (place[0] & 0xFFFF0000u) | static_cast<std::uint32_t>(op);
    };
    switch (constant.opcode()) {
      case Op::OpSpecConstantTrue:
      case Op::OpSpecConstantFalse:
        set_opcode(o->bits != 0 ? Op::OpSpecConstantTrue : Op::OpSpecConstantFalse);
        break;
      case Op::OpSpecConstant: {
        const spirv::NumberType type = view.number_type(constant.type_id());
        const std::size_t count = constant.words().size() - 3;
        // Narrow integers fill their word, with the sign if they have one (SPIR-V 2.2.1, Literal).
        std::uint64_t bits = o->bits;
        if (type.bits < 32 && type.bits != 0) {
          const unsigned unused = 64 - type.bits;
          bits <<= unused;
          bits = type.kind == spirv::NumberType::Kind::Signed
                     ? static_cast<std::uint64_t>(static_cast<std::int64_t>(bits) >> unused)
                     : bits >> unused;
        }
        for (std::size_t i = 0; i < count && i < 2; ++i)
          place[3 + i] = static_cast<std::uint32_t>(bits >> 32 * i);
        break;
      }
      default: break;
    }
  }
}

// A constant's new value may leave an array without elements, which SPIRV-Cross divides by.
inline Result<void> check_lengths(const spirv::ModuleView& view, Span<const reflection::Override> overrides) {
  const Result<Reflection> r = reflect(view, overrides);
  if (!r) return r.error();
  for (const reflection::Type& type : r->types())
    if (type.kind == reflection::TypeKind::Array && type.count == 0)
      return cross_error(ErrorCode::InvalidOperand,
                         "an array has no length of 1 or more under these specialisation constants",
                         view.find_definition(type.id));
  return {};
}

// The words in host byte order, checked; in `specialised` a copy with the overrides, which is what is validated.
inline Result<spirv::ModuleView> checked_view(Span<const std::uint32_t> words, const spirv::Target& target,
                                              Span<const reflection::Override> overrides, bool is_validated,
                                              const ValidateOptions& validation,
                                              Buffer<std::uint32_t>& specialised) {
  Result<spirv::ModuleView> view = spirv::ModuleView::borrow(words);
  if (!view) return view;
  if (Result<void> done = check_operands(*view); !done) return static_cast<Result<void>&&>(done).error();
  if (Result<void> done = check_ids(*view); !done) return static_cast<Result<void>&&>(done).error();
  if (Result<void> done = check_proportion(*view); !done) return static_cast<Result<void>&&>(done).error();
  if (!specialised.assign(view->words()))
    return cross_error(ErrorCode::OutOfMemory, "no memory for the module");
  specialise(*view, overrides, specialised);
  if (!is_validated)
    if (Result<Validation> valid = validate(specialised, target, validation); !valid)
      return static_cast<Result<Validation>&&>(valid).error();
  if (Result<void> done = check_lengths(*view, overrides); !done)
    return static_cast<Result<void>&&>(done).error();
  return view;
}

// The same without names: what is left of a name in the text then is not the module's.
inline bool without_names(Span<const std::uint32_t> words, Buffer<std::uint32_t>& result) {
  std::size_t at = spirv::header_words;
  result.append(words.subspan(0, at));
  while (at < words.size()) {
    const std::size_t count = words[at] >> 16;
    const auto op = static_cast<spirv::Op>(words[at] & 0xFFFF);
    if (op != spirv::Op::OpName && op != spirv::Op::OpMemberName) result.append(words.subspan(at, count));
    at += count;
  }
  return !result.out_of_memory();
}

}  // namespace detail

AIRSTRIP_NAMESPACE_END
