// The flat program that a kernel becomes for the interpreter: instructions, slots of registers, jumps.
#pragma once

#include "../evaluate.hpp"
#include "../interpret.hpp"
#include "../ir.hpp"
#include "interpret_lanes.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

enum class Code : std::uint8_t {
  Lanes,         ///< a componentwise operation with a lane function
  Component,     ///< a componentwise operation through `evaluate`
  Whole,         ///< a vector operation through `evaluate`
  Fill,          ///< a matrix of one scalar
  Copy,          ///< operands to `out`, for the active lanes
  CopyParallel,  ///< the same where they may overlap: through the scratch slots
  Memory,        ///< Load, Store
  Atomic,
  VariableLoad,
  VariableStore,
  ArrayLength,
  Image,
  Barrier,
  MemoryBarrier,
  Subgroup,
  Matrix,
  IfBegin,
  IfElse,
  IfEnd,
  SwitchBegin,
  Case,     ///< lanes whose selector is one of the case's literals; else to `target`
  Default,  ///< the rest
  CaseEnd,
  SwitchEnd,
  LoopBegin,
  LoopEnd,      ///< back to `target`, or on
  Call,         ///< to `target`
  FunctionEnd,  ///< back behind the call
  End,
  Break,     ///< the lanes go to the merge of a construct `immediate` frames up
  Continue,  ///< … to the next iteration of a loop
  Return,    ///< … to the end of the function
};

/// Where an operand lies: component i in slot + i * step.
struct Operand {
  std::uint32_t slot = 0, step = 0, components = 1;
  Type type;
};

/// One step of a subgroup.
struct Instruction {
  Code code = Code::End;
  Op op = Op::Nothing;
  Scalar scalar = Scalar::Void;  ///< of the first operand
  Type type;                     ///< of the result
  std::uint32_t out = 0;         ///< first slot of the result
  std::uint32_t components = 0;  ///< slots of the result, or that are copied
  std::uint32_t first_operand = 0, operand_count = 0;
  std::uint32_t immediate = 0;
  std::uint32_t target = 0;  ///< where to go when no lane is left for what follows
  std::uint32_t skip = 0;    ///< the merge around, where to go when no lane is left at all
  NodeId node = no_node;
  LaneFunction lanes = nullptr;
};

/// What is put into slots before anything runs: constants once, built-ins for every workgroup.
struct Preset {
  NodeId node;
  std::uint32_t slot;
};

struct Program {
  Buffer<Instruction> code;
  Buffer<Operand> operands;
  Buffer<Preset> presets;
  std::uint32_t slots = 0;
  std::uint32_t scratch = 0;  ///< first of `scratch_count` slots
  std::uint32_t scratch_count = 0;
  std::uint32_t depth = 0;               ///< frames that can be open at once
  Buffer<std::uint32_t> variable_slots;  ///< by resource
  Diagnostic error;
};

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
