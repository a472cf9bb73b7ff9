// What functions do to the globals they name. Pointers and handles in a function are nodes; what one is made from is an
// edge; what is done through one flows along the edges to the variables. A parameter's edges lead to the arguments of
// every call, so that accesses cross calls, and phi, select and stored pointers are just more edges.
#pragma once

#include "reflector.hpp"
#include "subgroup.hpp"

AIRSTRIP_NAMESPACE_BEGIN

AIRSTRIP_INLINE std::uint32_t Reflector::add_node() {
  nodes_.push_back({});
  return index(nodes_.size() - 1);
}

AIRSTRIP_INLINE std::uint32_t Reflector::node_at(std::uint32_t instruction) {
  if (node_[instruction] == 0) node_[instruction] = add_node() + 1;
  return node_[instruction] - 1;
}

AIRSTRIP_INLINE void Reflector::flow(std::uint32_t from, std::uint32_t to) {
  if (from >= nodes_.size() || to >= nodes_.size()) return;  // also where there is none
  if (edges_.push_back({to, nodes_[from].first_edge})) nodes_[from].first_edge = index(edges_.size());
}

/// The node of an id: a global in this function, or what was made from a node before. None for everything else.
AIRSTRIP_INLINE std::uint32_t Reflector::node_of(std::uint32_t id) {
  const Instruction at = view_.find_definition(id);
  if (!at) return reflection::none;
  const Op op = at.opcode();
  if (op == Op::OpVariable || op == Op::OpUntypedVariableKHR) {
    const std::uint32_t slot = slot_[at.index()];
    if (slot == 0) return node_at(at.index());
    Global& global = globals_[slot - 1];
    if (global.stamp != function_) {
      global.stamp = function_;
      global.node = add_node();
      uses_.push_back({slot - 1, global.node});
    }
    return global.node;
  }
  if (op == Op::OpFunctionParameter) return node_at(at.index());
  return node_[at.index()] != 0 ? node_[at.index()] - 1 : reflection::none;
}

AIRSTRIP_INLINE void Reflector::derive(const Instruction& at, std::uint32_t id) {
  const std::uint32_t from = node_of(id);
  if (from != reflection::none) flow(node_at(at.index()), from);
}

AIRSTRIP_INLINE void Reflector::mark(std::uint32_t id, unsigned flags) {
  const std::uint32_t node = node_of(id);
  if (node < nodes_.size()) nodes_[node].flags = static_cast<std::uint8_t>(nodes_[node].flags | flags);
}

AIRSTRIP_INLINE void Reflector::trace() {
  for (Function& function : functions_) trace_function(function);
  propagate();
}

AIRSTRIP_INLINE void Reflector::trace_function(Function& function) {
  function_ = index(static_cast<std::size_t>(&function - functions_.data())) + 1;
  function.calls.first = index(calls_.size());
  function.uses.first = index(uses_.size());
  for (std::uint32_t i = function.instruction + 1; i < function.end; ++i)
    trace_instruction(view_[i], function);
  function.calls.count = index(calls_.size()) - function.calls.first;
  function.uses.count = index(uses_.size()) - function.uses.first;
}

AIRSTRIP_INLINE void Reflector::trace_load(const Instruction& at) {
  const std::uint32_t type = type_index(at.word(1));
  if (is_physical(type)) {
    // An address: what is done through it is not done to where it lay.
    mark(at.word(3), reads);
    flow(node_at(at.index()), physical_node(type));
  } else if (is_handle(type) ||
             (type != reflection::none && out_.types_[type].kind == reflection::TypeKind::Pointer)) {
    derive(at, at.word(3));
  } else {
    mark(at.word(3), reads);
  }
}

AIRSTRIP_INLINE void Reflector::trace_store(const Instruction& at) {
  const Instruction object = view_.find_definition(at.word(2));
  const std::uint32_t type = type_index(object.type_id());
  const bool is_pointer = type != reflection::none && out_.types_[type].kind == reflection::TypeKind::Pointer;
  if ((is_pointer && !is_physical(type)) || is_handle(type)) {
    // A pointer in a variable (VariablePointers): what is done to what is loaded from there, is done to it.
    const std::uint32_t to = node_of(at.word(1)), from = node_of(at.word(2));
    if (to != reflection::none && from != reflection::none) flow(to, from);
  } else {
    mark(at.word(1), writes);
  }
}

AIRSTRIP_INLINE void Reflector::trace_call(const Instruction& at) {
  const Instruction callee = view_.find_definition(at.word(3));
  if (callee.opcode() != Op::OpFunction || slot_[callee.index()] == 0) return;
  const std::uint32_t called = slot_[callee.index()] - 1;
  calls_.push_back(called);
  Function& function = functions_[called];
  const Span<const std::uint32_t> arguments = at.words().subspan(4);
  for (std::uint32_t i = 0; i < arguments.size() && i < function.parameters.count; ++i) {
    const std::uint32_t argument = node_of(arguments[i]);
    if (argument != reflection::none) flow(node_at(parameters_[function.parameters.first + i]), argument);
  }
  const std::uint32_t type = type_index(at.word(1));
  if (type == reflection::none || out_.types_[type].kind != reflection::TypeKind::Pointer) return;
  if (function.returned == 0) function.returned = add_node() + 1;
  flow(node_at(at.index()), function.returned - 1);
}

AIRSTRIP_INLINE void Reflector::trace_instruction(const Instruction& at, Function& function) {
  switch (at.opcode()) {
    case Op::OpNop:
    case Op::OpLine:
    case Op::OpNoLine:
    case Op::OpLabel:
    case Op::OpBranch:
    case Op::OpBranchConditional:
    case Op::OpSelectionMerge:
    case Op::OpLoopMerge:
    case Op::OpReturn: return;

    case Op::OpAccessChain:
    case Op::OpInBoundsAccessChain:
    case Op::OpPtrAccessChain:
    case Op::OpInBoundsPtrAccessChain:
    case Op::OpCopyObject:
    case Op::OpImage:
    case Op::OpImageTexelPointer:
    case Op::OpExpectKHR: return derive(at, at.word(3));
    case Op::OpUntypedAccessChainKHR:
    case Op::OpUntypedInBoundsAccessChainKHR:
    case Op::OpUntypedPtrAccessChainKHR:
    case Op::OpUntypedInBoundsPtrAccessChainKHR: return derive(at, at.word(4));
    case Op::OpSampledImage: derive(at, at.word(3)); return derive(at, at.word(4));
    case Op::OpSelect: derive(at, at.word(4)); return derive(at, at.word(5));
    case Op::OpPhi: {
      // A parent may come later, when nobody knows yet what it is made from.
      const std::uint32_t type = type_index(at.word(1));
      if (type == reflection::none || out_.types_[type].kind != reflection::TypeKind::Pointer) return;
      for (std::uint32_t i = 3; i + 1 < at.words().size(); i += 2) {
        const Instruction value = view_.find_definition(at.word(i));
        const bool is_later = value && value.index() > at.index() && value.opcode() != Op::OpVariable;
        if (is_later)
          flow(node_at(at.index()), node_at(value.index()));
        else
          derive(at, at.word(i));
      }
      return;
    }

    case Op::OpLoad: return trace_load(at);
    case Op::OpStore: return trace_store(at);
    case Op::OpFunctionCall: return trace_call(at);
    case Op::OpReturnValue: {
      const std::uint32_t node = node_of(at.word(1));
      if (node == reflection::none) return;
      if (function.returned == 0) function.returned = add_node() + 1;
      return flow(function.returned - 1, node);
    }
    case Op::OpCopyMemory:
    case Op::OpCopyMemorySized: mark(at.word(1), writes); return mark(at.word(2), reads);

    case Op::OpAtomicLoad: return mark(at.word(3), reads | atomics);
    case Op::OpAtomicStore:
    case Op::OpAtomicFlagClear: return mark(at.word(1), writes | atomics);
    case Op::OpAtomicExchange:
    case Op::OpAtomicCompareExchange:
    case Op::OpAtomicCompareExchangeWeak:
    case Op::OpAtomicIIncrement:
    case Op::OpAtomicIDecrement:
    case Op::OpAtomicIAdd:
    case Op::OpAtomicISub:
    case Op::OpAtomicSMin:
    case Op::OpAtomicUMin:
    case Op::OpAtomicSMax:
    case Op::OpAtomicUMax:
    case Op::OpAtomicAnd:
    case Op::OpAtomicOr:
    case Op::OpAtomicXor:
    case Op::OpAtomicFlagTestAndSet:
    case Op::OpAtomicFMinEXT:
    case Op::OpAtomicFMaxEXT:
    case Op::OpAtomicFAddEXT: return mark(at.word(3), reads | writes | atomics);

    case Op::OpImageWrite:
    case Op::OpCooperativeMatrixStoreKHR:
    case Op::OpCooperativeMatrixStoreNV:
    case Op::OpCooperativeMatrixStoreTensorNV:
    case Op::OpCooperativeVectorStoreNV:
    case Op::OpTensorWriteARM: return mark(at.word(1), writes);
    case Op::OpCooperativeMatrixLoadKHR:
    case Op::OpCooperativeMatrixLoadNV:
    case Op::OpCooperativeMatrixLoadTensorNV:
    case Op::OpCooperativeVectorLoadNV:
    case Op::OpTensorReadARM: return mark(at.word(3), reads);

    // They ask for sizes and compare addresses: naming a variable is using it, and no more.
    case Op::OpArrayLength:
    case Op::OpImageQueryFormat:
    case Op::OpImageQueryOrder:
    case Op::OpImageQuerySizeLod:
    case Op::OpImageQuerySize:
    case Op::OpImageQueryLod:
    case Op::OpImageQueryLevels:
    case Op::OpImageQuerySamples:
    case Op::OpTensorQuerySizeARM:
    case Op::OpConvertPtrToU: node_of(at.word(3)); return;
    case Op::OpBitcast:
      node_of(at.word(3));
      if (const std::uint32_t type = type_index(at.word(1)); is_physical(type))
        flow(node_at(at.index()), physical_node(type));
      return;
    case Op::OpCompositeConstruct:
    case Op::OpCompositeInsert: return;  // of addresses: they may be used where they are taken out again
    case Op::OpUntypedArrayLengthKHR: node_of(at.word(4)); return;
    case Op::OpPtrEqual:
    case Op::OpPtrNotEqual:
    case Op::OpPtrDiff:
      node_of(at.word(3));
      node_of(at.word(4));
      return;
    default: return trace_other(at, function);
  }
}

AIRSTRIP_INLINE const spirv::ExtInstSetInfo* Reflector::ext_inst_set(std::uint32_t import) {
  if (import != set_import_) {
    set_ = view_.ext_inst_set(import);
    set_import_ = import;
  }
  return set_;
}

/// Whatever else names a pointer or a handle, known to this library or not.
AIRSTRIP_INLINE void Reflector::trace_other(const Instruction& at, Function& function) {
  const Op op = at.opcode();
  function.subgroup_operations |= reflection::detail::subgroup_operations(at);
  const bool samples = (op >= Op::OpImageSampleImplicitLod && op <= Op::OpImageRead) ||
                       (op >= Op::OpImageSparseSampleImplicitLod && op <= Op::OpImageSparseDrefGather) ||
                       op == Op::OpImageSparseRead || op == Op::OpRayQueryInitializeKHR ||
                       op == Op::OpTraceRayKHR || op == Op::OpCooperativeVectorMatrixMulNV ||
                       op == Op::OpCooperativeVectorMatrixMulAddNV;
  unsigned flags = samples ? reads : reads | writes;  // on the safe side
  if (op == Op::OpExtInst) {
    const spirv::ExtInstSetInfo* const set = ext_inst_set(at.word(3));
    const Text name = set ? Text(set->name) : Text();
    if (name.size() >= 11 && Text(name.data(), 11) == Text("NonSemantic")) return;
    if (name == Text("GLSL.std.450"))
      flags = at.word(4) == 35 || at.word(4) == 51 ? writes : reads;  // Modf, Frexp
  }
  if (op == Op::OpControlBarrier) {
    std::uint32_t scope = 0;
    if (word_value(at.word(1), scope) && scope == static_cast<std::uint32_t>(spirv::Scope::Subgroup))
      function.subgroup_operations |= 1;
  }
  // Literals are words like ids, so a word that looks like one is not yet one.
  bool names_one = false;
  for (const std::uint32_t word : at.words().subspan(1)) {
    const Instruction value = view_.find_definition(word);
    if (!value) continue;
    names_one |= node_[value.index()] != 0 || value.opcode() == Op::OpVariable ||
                 value.opcode() == Op::OpUntypedVariableKHR || value.opcode() == Op::OpFunctionParameter;
  }
  if (names_one) {
    spirv::OperandCursor operands(at);
    for (spirv::Operand operand; operands.next(operand);) {
      if (operand.is_opaque)
        for (const std::uint32_t word : operand.words) mark(word, flags);
      else if (operand.is_id() && operand.kind != spirv::OperandKind::IdResult)
        mark(operand.word(), flags);
    }
  }
  // An address made from a number, or taken out of a structure.
  const std::uint32_t type = at.type_id() == 0 ? reflection::none : type_index(at.type_id());
  if (is_physical(type)) flow(node_at(at.index()), physical_node(type));
}

AIRSTRIP_INLINE void Reflector::propagate() {
  // Each node is taken up at most once for each flag it gains: the work is that of the edges.
  Buffer<std::uint32_t> open;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].flags != 0) open.push_back(i);
  while (!open.empty()) {
    const Node node = nodes_[open.back()];
    open.pop_back();
    for (std::uint32_t e = node.first_edge; e != 0; e = edges_[e - 1].next) {
      Node& source = nodes_[edges_[e - 1].source];
      if ((source.flags | node.flags) == source.flags) continue;
      source.flags |= node.flags;
      open.push_back(edges_[e - 1].source);
    }
  }
  if (open.out_of_memory()) out_of_memory_ = true;
}

AIRSTRIP_INLINE std::uint32_t Reflector::physical_node(std::uint32_t type) {
  if (type_facts_[type].node == 0) type_facts_[type].node = add_node() + 1;
  return type_facts_[type].node - 1;
}

AIRSTRIP_INLINE void Reflector::add_buffer_references() {
  for (std::uint32_t i = 0; i < out_.types_.size(); ++i) {
    if (!is_physical(i)) continue;
    reflection::BufferReference reference;
    reference.pointer = i;
    reference.type = out_.types_[i].element;
    // A pointer to a part of a block is a step on the way there, unless it was an address itself.
    const bool is_block = reference.type != reflection::none &&
                          out_.types_[reference.type].kind == reflection::TypeKind::Struct;
    if (type_facts_[i].node == 0 && !is_block) continue;
    if (const std::uint32_t node = type_facts_[i].node; node != 0 && node <= nodes_.size()) {
      const std::uint8_t flags = nodes_[node - 1].flags;
      reference.used.read = (flags & reads) != 0;
      reference.used.write = (flags & writes) != 0;
      reference.used.atomic = (flags & atomics) != 0;
    }
    out_.buffer_references_.push_back(reference);
  }
}

AIRSTRIP_NAMESPACE_END
