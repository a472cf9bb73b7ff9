// What the parts of the reader share.
#pragma once

#include "../../spirv/view.hpp"
#include "../reflection.hpp"

#include <cstring>

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection::detail {

/// Whether the instruction declares a type, known to the grammar or not: then it is none, as nobody can tell.
inline bool is_type(const spirv::Instruction& at) {
  const spirv::Op op = at.opcode();
  if (op >= spirv::Op::OpTypeVoid && op <= spirv::Op::OpTypePipe) return true;
  if (op < spirv::Op::OpTypePipeStorage) return false;
  const spirv::InstructionInfo* const info = at.info();
  return info && info->section == spirv::Section::Global &&
         spirv::grammar::result_position(static_cast<std::uint16_t>(op)) == 1 &&
         std::memcmp(info->name, "OpType", 6) == 0;
}

/// The position behind a string that begins at `first`: it ends with the word that has a zero byte.
inline std::size_t behind_text(const spirv::Instruction& at, std::size_t first) {
  while (first < at.words().size()) {
    const std::uint32_t w = at.word(first++);
    if (((w - 0x01010101u) & ~w & 0x80808080u) != 0) break;
  }
  return first;
}

/// Whether an entry point of the model runs in workgroups: LocalSize and LocalSizeId are for these (SPIR-V, Execution Mode).
inline bool has_workgroup(spirv::ExecutionModel model) {
  switch (model) {
    case spirv::ExecutionModel::GLCompute:
    case spirv::ExecutionModel::Kernel:
    case spirv::ExecutionModel::TaskNV:
    case spirv::ExecutionModel::MeshNV:
    case spirv::ExecutionModel::TaskEXT:
    case spirv::ExecutionModel::MeshEXT: return true;
    default: return false;
  }
}

// Sizes stop at the largest number instead of going round.
inline std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > ~b ? ~std::uint64_t{0} : a + b;
}
inline std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
  return a != 0 && b > ~std::uint64_t{0} / a ? ~std::uint64_t{0} : a * b;
}
inline std::uint32_t saturate32(std::uint64_t a) {
  return a > 0xFFFFFFFF ? 0xFFFFFFFF : static_cast<std::uint32_t>(a);
}

}  // namespace reflection::detail

AIRSTRIP_NAMESPACE_END
