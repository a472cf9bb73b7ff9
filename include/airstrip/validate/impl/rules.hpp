// Rules that known versions of SPIRV-Tools miss (2025.1 and before).
#pragma once

#include "run.hpp"

AIRSTRIP_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool ValidationRun::break_rule(Text rule, Text message, std::size_t index) {
  begin_verdict(Validator::OwnRules, {}, {});
  report_.version << std::uint32_t{AIRSTRIP_VERSION_MAJOR} << '.' << std::uint32_t{AIRSTRIP_VERSION_MINOR}
                  << '.' << std::uint32_t{AIRSTRIP_VERSION_PATCH};
  report_.rule = rule;
  report_.note = "known versions of SPIRV-Tools miss this rule";
  fail(ErrorCode::ValidationFailed, message, index);
  return true;
}

AIRSTRIP_INLINE bool ValidationRun::breaks_own_rule() {
  using spirv::Op;
  const auto is = [](std::uint32_t word, auto enumerant) {
    return word == static_cast<std::uint32_t>(enumerant);
  };
  bool cooperative = false, model_known = false;
  std::uint32_t model = 0;
  std::size_t first_matrix = ValidationReport::none;  // the first type; before one is seen, the capability
  std::size_t capability = ValidationReport::none;
  for (const spirv::Instruction i : view_) {
    switch (i.opcode()) {
      case Op::OpCapability:
        if (is(i.word(1), spirv::Capability::CooperativeMatrixKHR)) {
          cooperative = true;
          capability = i.index();
        }
        break;
      case Op::OpMemoryModel:
        model_known = true;
        model = i.word(2);
        break;
      case Op::OpTypeCooperativeMatrixKHR:
        if (first_matrix == ValidationReport::none) first_matrix = i.index();
        break;
      case Op::OpArrayLength: {
        const spirv::Instruction structure = view_.find_definition(i.word(3));
        const spirv::Instruction type = view_.find_definition(structure.type_id());
        if (type.opcode() == Op::OpTypePointer &&
            is(type.word(2), spirv::StorageClass::PhysicalStorageBuffer))
          return break_rule(
              "SPIR-V specification, OpArrayLength",
              "OpArrayLength needs a logical pointer, and this one is into PhysicalStorageBuffer: memory "
              "behind an address has no known length",
              i.index());
        break;
      }
      default: break;
    }
  }
  // "In modules that declare the Shader capability, this extension requires the Vulkan memory model." The other two
  // models of shaders need that capability; OpenCL's does not have it.
  if (cooperative && model_known &&
      (is(model, spirv::MemoryModel::GLSL450) || is(model, spirv::MemoryModel::Simple)))
    return break_rule(
        "SPV_KHR_cooperative_matrix, Dependencies",
        is(model, spirv::MemoryModel::Simple)
            ? "a cooperative matrix in a shader needs the memory model Vulkan; the module declares Simple"
            : "a cooperative matrix in a shader needs the memory model Vulkan; the module declares GLSL450",
        first_matrix != ValidationReport::none ? first_matrix : capability);
  return false;
}

AIRSTRIP_NAMESPACE_END
