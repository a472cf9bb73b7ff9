// What a back end of SPIRV-Cross is known not to have, and would translate without a word or into nonsense.
#pragma once

#include "session.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

constexpr unsigned language_bit(ShaderLanguage language) { return 1u << static_cast<unsigned>(language); }
inline constexpr unsigned in_glsl = language_bit(ShaderLanguage::Glsl);
inline constexpr unsigned in_hlsl = language_bit(ShaderLanguage::Hlsl);
inline constexpr unsigned in_msl = language_bit(ShaderLanguage::Msl);
inline constexpr unsigned in_all = in_glsl | in_hlsl | in_msl;

// Read in the sources of SPIRV-Cross up to vulkan-sdk-1.4.350: a back end that lacks one of these prints the type it is
// made of, or GLSL's spelling. Older versions, which know none of them, fail or leave a mark in the text.
struct CrossLack {
  spirv::Op op;
  unsigned languages;
  const char* what;
};
inline constexpr CrossLack cross_lacks[] = {
    {spirv::Op::OpTypeCooperativeMatrixNV, in_hlsl | in_msl, "cooperative matrices (NV)"},
    {spirv::Op::OpTypeCooperativeMatrixKHR, in_hlsl, "cooperative matrices"},
    {spirv::Op::OpTypeCooperativeVectorNV, in_hlsl | in_msl, "cooperative vectors"},
    {spirv::Op::OpTypeTensorLayoutNV, in_all, "tensor layouts"},
    {spirv::Op::OpTypeTensorViewNV, in_all, "tensor views"},
    {spirv::Op::OpTypeTensorARM, in_hlsl | in_msl, "tensors"},
    {spirv::Op::OpTypeGraphARM, in_all, "graphs"},
    {spirv::Op::OpGraphARM, in_all, "graphs"},
};

inline Diagnostic lack_error(ShaderLanguage language, Text what, const spirv::Instruction& at) {
  String message("SPIRV-Cross has no ");
  message << what << " in " << to_string(language) << "; generate the module for a target without them";
  return cross_error(ErrorCode::NotTranslatable, message, at);
}

// A variable that is an array of descriptors without a length.
inline bool is_any_number(const spirv::ModuleView& view, const spirv::Instruction& variable) {
  if (variable.opcode() != spirv::Op::OpVariable) return false;
  switch (static_cast<spirv::StorageClass>(variable.word(3))) {
    case spirv::StorageClass::UniformConstant:
    case spirv::StorageClass::Uniform:
    case spirv::StorageClass::StorageBuffer: break;
    default: return false;
  }
  const spirv::Instruction pointer = view.find_definition(variable.type_id());
  return view.find_definition(pointer.word(3)).opcode() == spirv::Op::OpTypeRuntimeArray;
}

inline Result<void> check_lacks(const spirv::ModuleView& view, ShaderLanguage language) {
  for (const spirv::Instruction at : view) {
    for (const CrossLack& lack : cross_lacks)
      if (lack.op == at.opcode() && (lack.languages & language_bit(language)) != 0)
        return lack_error(language, lack.what, at);
    // It stops the program at them, or wants argument buffers, which are not asked for here.
    if (language == ShaderLanguage::Msl && is_any_number(view, at))
      return lack_error(language, "arrays of any number of descriptors", at);
    if (at.opcode() != spirv::Op::OpTypeFloat) continue;
    const std::uint32_t bits = at.word(2);
    const bool has_encoding = at.words().size() > 3;
    if (has_encoding && language == ShaderLanguage::Hlsl)
      return lack_error(language, "floats of this encoding", at);
    if (has_encoding && bits == 8 && language == ShaderLanguage::Msl)
      return lack_error(language, "8-bit floats", at);
    if (bits == 64 && language == ShaderLanguage::Msl) return lack_error(language, "64-bit floats", at);
  }
  return {};
}

// The constant that is decorated WorkgroupSize; none: empty.
inline spirv::Instruction find_workgroup_size(const spirv::ModuleView& view) {
  for (const spirv::Instruction at : view)
    if (at.opcode() == spirv::Op::OpDecorate &&
        at.word(2) == static_cast<std::uint32_t>(spirv::Decoration::BuiltIn) &&
        at.word(3) == static_cast<std::uint32_t>(spirv::BuiltIn::WorkgroupSize))
      return view.find_definition(at.word(1));
  return {};
}

// An instruction that computes with an id: not one that names or decorates it, and not `but`.
inline spirv::Instruction find_use(const spirv::ModuleView& view, std::uint32_t id, std::uint32_t but) {
  for (const spirv::Instruction at : view) {
    const spirv::Op op = at.opcode();
    if (at.index() == but || at.result_id() == id || op == spirv::Op::OpName || op == spirv::Op::OpDecorate ||
        op == spirv::Op::OpEntryPoint)
      continue;
    spirv::OperandCursor cursor(at);
    for (spirv::Operand operand; cursor.next(operand);)
      if (operand.is_id() && operand.word() == id) return at;
  }
  return {};
}

// Of a workgroup size by constants SPIRV-Cross expects that each is a constant with a SpecId, and in GLSL does not declare
// it, as the layout does. Else the text has another size than the module, or names that nothing declares.
inline Result<void> check_workgroup_size(const spirv::ModuleView& view, ShaderLanguage language) {
  const spirv::Instruction size = find_workgroup_size(view);
  if (size.opcode() != spirv::Op::OpSpecConstantComposite) return {};
  for (const std::uint32_t id : size.words().subspan(3)) {
    const spirv::Op op = view.find_definition(id).opcode();
    if (op == spirv::Op::OpSpecConstantOp)
      return cross_error(
          ErrorCode::NotTranslatable,
          "SPIRV-Cross gives the workgroup another size where that is the result of an operation on "
          "constants; give each component a SpecId of its own",
          size);
    if (op != spirv::Op::OpSpecConstant || language != ShaderLanguage::Glsl) continue;
    if (const spirv::Instruction use = find_use(view, id, size.index()))
      return cross_error(
          ErrorCode::NotTranslatable,
          "SPIRV-Cross does not declare a constant in GLSL that is part of WorkgroupSize, and here it "
          "is used elsewhere; use that component of WorkgroupSize there",
          use);
  }
  return {};
}

// A SPIRV-Cross from before the encodings reads a bfloat16 as a half. It is itself asked.
inline Result<void> check_encodings(const spirv::ModuleView& view, const CrossSession& session) {
  for (const spirv::Instruction at : view) {
    if (at.opcode() != spirv::Op::OpTypeFloat || at.words().size() <= 3) continue;
    const spvc_type type = spvc_compiler_get_type_handle(session.compiler(), at.word(1));
    const spvc_basetype read = type ? spvc_type_get_basetype(type) : SPVC_BASETYPE_UNKNOWN;
    if (read != SPVC_BASETYPE_FP16 && read != SPVC_BASETYPE_FP32 && read != SPVC_BASETYPE_FP64) continue;
    return cross_error(ErrorCode::NotTranslatable,
                       "the linked SPIRV-Cross does not know the encoding of this float and takes it for an "
                       "ordinary one; link a newer one, or generate the module for a target without it",
                       at);
  }
  return {};
}

}  // namespace detail

AIRSTRIP_NAMESPACE_END
