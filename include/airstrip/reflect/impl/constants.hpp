// Constants: their values under the defaults and under the overrides, and the list of those that can be specialised.
#pragma once

#include "evaluate.hpp"
#include "reflector.hpp"

AIRSTRIP_NAMESPACE_BEGIN

AIRSTRIP_INLINE std::uint32_t Reflector::value_index(std::uint32_t id) const {
  const Instruction at = view_.find_definition(id);
  if (!at || slot_[at.index()] == 0) return reflection::none;
  const Op op = at.opcode();
  const bool is_constant = (op >= Op::OpConstantTrue && op <= Op::OpSpecConstantOp) ||
                           op == Op::OpConstantCompositeReplicateEXT ||
                           op == Op::OpSpecConstantCompositeReplicateEXT;
  return is_constant ? slot_[at.index()] - 1 : reflection::none;
}

AIRSTRIP_INLINE bool Reflector::word_value(std::uint32_t id, std::uint32_t& value) const {
  const std::uint32_t found = value_index(id);
  if (found == reflection::none) return false;
  const Value& v = values_[found];
  if (v.kind == Value::Kind::Null) value = 0;
  if (v.kind != Value::Kind::Scalar) return v.kind == Value::Kind::Null;
  value = reflection::detail::saturate32(v.bits);
  return true;
}

AIRSTRIP_INLINE std::uint32_t Reflector::spec_of(std::uint32_t id) const {
  const std::uint32_t found = value_index(id);
  return found == reflection::none ? reflection::none : values_[found].spec;
}

AIRSTRIP_INLINE reflection::detail::Number Reflector::number_of(std::uint32_t type) const {
  return type == reflection::none ? reflection::detail::Number{}
                                  : reflection::detail::number_of(out_.types_[type]);
}

AIRSTRIP_INLINE std::uint32_t Reflector::add_value(const Value& value) {
  return values_.push_back(value) ? index(values_.size() - 1) : reflection::none;
}

AIRSTRIP_INLINE std::uint32_t Reflector::part_of(std::uint32_t value, std::uint32_t which) {
  if (value == reflection::none) return reflection::none;
  const Value v = values_[value];
  if (v.kind == Value::Kind::Composite && which < v.count)
    return parts_[v.first + (v.is_replicated ? 0 : which)];
  if (v.kind != Value::Kind::Null || v.type == reflection::none) return reflection::none;
  const reflection::Type& type = out_.types_[v.type];
  const bool is_struct = type.kind == reflection::TypeKind::Struct;
  if (which >= (is_struct ? type.members.count : type.count) || !spend(1)) return reflection::none;
  return add_null(is_struct ? out_.members_[type.members.first + which].type : type.element);
}

AIRSTRIP_INLINE std::uint32_t Reflector::add_null(std::uint32_t type) {
  Value null;
  null.type = type;
  null.kind = number_of(type).bits != 0 ? Value::Kind::Scalar : Value::Kind::Null;
  return add_value(null);
}

AIRSTRIP_INLINE void Reflector::add_constant(const Instruction& at) {
  using reflection::detail::low_bits;
  Value value;
  value.type = type_index(at.word(1));
  const Op op = at.opcode();
  const std::uint32_t spec_id = facts_of(at.index()).spec_id;
  switch (op) {
    case Op::OpConstantTrue:
    case Op::OpConstantFalse:
    case Op::OpSpecConstantTrue:
    case Op::OpSpecConstantFalse:
      value.kind = Value::Kind::Scalar;
      value.bits = value.default_bits = op == Op::OpConstantTrue || op == Op::OpSpecConstantTrue;
      break;
    case Op::OpConstant:
    case Op::OpSpecConstant:
      if (value.type == reflection::none || at.words().size() < 4 || at.words().size() > 5) break;
      value.kind = Value::Kind::Scalar;
      value.bits = low_bits(at.word(3) | std::uint64_t{at.word(4)} << 32, out_.types_[value.type].bits);
      value.default_bits = value.bits;
      break;
    case Op::OpConstantNull:
      value.kind = number_of(value.type).bits != 0 ? Value::Kind::Scalar : Value::Kind::Null;
      break;
    case Op::OpConstantComposite:
    case Op::OpSpecConstantComposite:
      value.kind = Value::Kind::Composite;
      value.first = index(parts_.size());
      for (const std::uint32_t id : at.words().subspan(3)) parts_.push_back(value_index(id));
      value.count = index(parts_.size()) - value.first;
      break;
    case Op::OpConstantCompositeReplicateEXT:
    case Op::OpSpecConstantCompositeReplicateEXT:
      value.kind = Value::Kind::Composite;
      value.is_replicated = true;
      value.first = index(parts_.size());
      parts_.push_back(value_index(at.word(3)));
      value.count = value.type == reflection::none ? 0 : out_.types_[value.type].count;
      break;
    default: evaluate_operation(at, value);
  }
  if (parts_.out_of_memory()) return;
  const bool is_special = (op >= Op::OpSpecConstantTrue && op <= Op::OpSpecConstantOp) ||
                          op == Op::OpSpecConstantCompositeReplicateEXT;
  if (is_special) {
    const bool is_scalar =
        op == Op::OpSpecConstantTrue || op == Op::OpSpecConstantFalse || op == Op::OpSpecConstant;
    if (is_scalar && spec_id != reflection::none && value.kind == Value::Kind::Scalar)
      for (const reflection::Override& o : overrides_)
        if (o.spec_id == spec_id)
          value.bits =
              op == Op::OpSpecConstant ? low_bits(o.bits, out_.types_[value.type].bits) : o.bits != 0;
    add_spec_constant(at, is_scalar ? spec_id : reflection::none, value);
  }
  if (facts_of(at.index()).builtin == static_cast<std::uint32_t>(spirv::BuiltIn::WorkgroupSize))
    workgroup_size_ = index(values_.size());
  if (values_.push_back(value)) slot_[at.index()] = index(values_.size());
}

AIRSTRIP_INLINE void Reflector::add_spec_constant(const Instruction& at, std::uint32_t spec_id,
                                                  Value& value) {
  reflection::SpecConstant constant;
  constant.id = at.word(2);
  constant.op = at.opcode() == Op::OpSpecConstantOp ? static_cast<Op>(at.word(3)) : at.opcode();
  constant.name = name_of(at.index());
  constant.type = value.type;
  constant.spec_id = spec_id;
  constant.word_offset = index(at.word_offset());
  constant.is_evaluated = value.kind != Value::Kind::Unknown;
  if (value.kind == Value::Kind::Scalar) {
    constant.bits = value.bits;
    constant.default_bits = value.default_bits;
    const reflection::detail::Number number = number_of(value.type);
    constant.size = number.kind == reflection::TypeKind::Boolean ? 4 : number.bits / 8;
    if (constant.size == 0 && value.type != reflection::none && out_.types_[value.type].bits <= 64)
      constant.size = out_.types_[value.type].bits / 8;  // a float in another encoding
  } else if (value.kind == Value::Kind::Composite) {
    const bool is_written = at.opcode() == Op::OpSpecConstantComposite;
    if (is_written) constant.constituents = {index(out_.indices_.size()), value.count};
    const std::uint32_t written = value.is_replicated ? 1 : value.count;
    for (std::uint32_t i = 0; i < written; ++i) {
      const std::uint32_t part = parts_[value.first + i];
      const Value* const v = part == reflection::none ? nullptr : &values_[part];
      if (is_written) out_.indices_.push_back(v ? v->spec : reflection::none);
      if (!v || v->kind == Value::Kind::Unknown) constant.is_evaluated = false;
      if (v && v->spec != reflection::none && !out_.constants_[v->spec].is_evaluated)
        constant.is_evaluated = false;
    }
  }
  constant.components = component_bits(value);
  if (out_.constants_.push_back(constant)) value.spec = index(out_.constants_.size() - 1);
}

/// The scalars of a vector or an array of them, put into component_bits(); empty where one is not known.
AIRSTRIP_INLINE reflection::Range Reflector::component_bits(const Value& value) {
  reflection::Range range{index(out_.component_bits_.size()), 0};
  if (value.kind != Value::Kind::Composite || value.is_replicated || !spend(value.count)) return range;
  for (std::uint32_t i = 0; i < value.count; ++i) {
    const std::uint32_t part = parts_[value.first + i];
    if (part == reflection::none || values_[part].kind != Value::Kind::Scalar) return range;
  }
  for (std::uint32_t i = 0; i < value.count; ++i)
    out_.component_bits_.push_back(values_[parts_[value.first + i]].bits);
  range.count = out_.component_bits_.out_of_memory() ? 0 : value.count;
  return range;
}

// --- OpSpecConstantOp --------------------------------------------------------------------------------------------

AIRSTRIP_INLINE bool Reflector::copy_parts(std::uint32_t value, Value& copy) {
  copy = values_[value];
  const bool is_struct =
      copy.type != reflection::none && out_.types_[copy.type].kind == reflection::TypeKind::Struct;
  const std::uint32_t count = copy.kind == Value::Kind::Composite                               ? copy.count
                              : copy.kind != Value::Kind::Null || copy.type == reflection::none ? 0
                              : is_struct ? out_.types_[copy.type].members.count
                                          : out_.types_[copy.type].count;
  if (count == 0 || !spend(count)) return false;
  const std::uint32_t first = index(parts_.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t part = part_of(value, i);
    if (!parts_.push_back(part)) return false;
  }
  copy.kind = Value::Kind::Composite;
  copy.is_replicated = false;
  copy.spec = reflection::none;
  copy.first = first;
  copy.count = count;
  return true;
}

AIRSTRIP_INLINE void Reflector::evaluate_operation(const Instruction& at, Value& value) {
  const Op op = static_cast<Op>(at.word(3));
  const std::uint32_t own_type = value.type;
  const auto become = [&](std::uint32_t other) {
    if (other == reflection::none) return;
    value = values_[other];
    value.spec = reflection::none;
    value.type = own_type;
  };
  switch (op) {
    case Op::OpCompositeExtract: {
      std::uint32_t from = value_index(at.word(4));
      for (const std::uint32_t which : at.words().subspan(5)) from = part_of(from, which);
      return become(from);
    }
    case Op::OpCompositeInsert: {
      const std::uint32_t object = value_index(at.word(4)), whole = value_index(at.word(5));
      const Span<const std::uint32_t> path = at.words().subspan(6);
      if (object == reflection::none || whole == reflection::none || path.empty()) return;
      Value copy;
      if (!copy_parts(whole, copy)) return;
      const Value result = copy;
      for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] >= copy.count) return;
        const std::uint32_t place = copy.first + path[i];
        if (i + 1 == path.size()) {
          parts_[place] = object;
          break;
        }
        const std::uint32_t inner = parts_[place];
        if (inner == reflection::none || !copy_parts(inner, copy)) return;
        parts_[place] = add_value(copy);
      }
      value = result;
      value.type = own_type;
      return;
    }
    case Op::OpVectorShuffle: {
      const std::uint32_t a = value_index(at.word(4)), b = value_index(at.word(5));
      const std::uint32_t split = component_count(a);
      const Span<const std::uint32_t> which = at.words().subspan(6);
      if (a == reflection::none || b == reflection::none || !spend(which.size())) return;
      const std::uint32_t first = index(parts_.size());
      for (const std::uint32_t w : which) {
        const std::uint32_t part = w < split ? part_of(a, w) : part_of(b, w - split);
        parts_.push_back(part);
      }
      value.kind = Value::Kind::Composite;
      value.first = first;
      value.count = index(which.size());
      return;
    }
    case Op::OpSelect: {
      const std::uint32_t condition = value_index(at.word(4));
      if (condition == reflection::none || component_count(condition) != 0) break;
      // One condition for everything: of composites the parts are taken as they are.
      const bool is_composite = own_type == reflection::none || number_of(own_type).bits == 0;
      if (is_composite && values_[condition].kind == Value::Kind::Scalar)
        return become(value_index(at.word(values_[condition].bits != 0 ? 5 : 6)));
      break;
    }
    default: break;
  }
  evaluate_components(at, value);
}

AIRSTRIP_INLINE std::uint32_t Reflector::component_count(std::uint32_t value) const {
  if (value == reflection::none || values_[value].type == reflection::none) return 0;
  const reflection::Type& type = out_.types_[values_[value].type];
  return type.kind == reflection::TypeKind::Vector ? type.count : 0;
}

AIRSTRIP_INLINE void Reflector::evaluate_components(const Instruction& at, Value& value) {
  if (value.type == reflection::none) return;
  const Op op = static_cast<Op>(at.word(3));
  const reflection::Type type = out_.types_[value.type];
  const bool is_vector = type.kind == reflection::TypeKind::Vector;
  const std::uint32_t count = is_vector ? type.count : 1;
  const std::uint32_t result_type = is_vector ? type.element : value.type;
  const std::size_t operands = at.words().size() - 4;
  if (at.words().size() < 5 || operands > 3 || count == 0 || !spend(count)) return;
  std::uint32_t whole[3];
  for (unsigned i = 0; i < operands; ++i) {
    whole[i] = value_index(at.word(4 + i));
    if (whole[i] == reflection::none) return;
  }
  const std::uint32_t first = index(parts_.size());
  for (std::uint32_t c = 0; c < count; ++c) {
    std::uint64_t now[3] = {}, before[3] = {};
    reflection::detail::Number in;
    bool known = true;
    for (unsigned i = 0; i < operands; ++i) {
      const std::uint32_t part = component_count(whole[i]) != 0 ? part_of(whole[i], c) : whole[i];
      known = known && part != reflection::none && values_[part].kind == Value::Kind::Scalar;
      if (!known) break;
      now[i] = values_[part].bits;
      before[i] = values_[part].default_bits;
      if (i == 0) in = number_of(values_[part].type);
    }
    Value result;
    result.type = result_type;
    const reflection::detail::Number out = number_of(result_type);
    const auto evaluate = [&](const std::uint64_t* v, std::uint64_t& bits) {
      if (op != Op::OpSelect)
        return reflection::detail::evaluate(op, in, out, v, static_cast<unsigned>(operands), bits);
      bits = v[0] != 0 ? v[1] : v[2];
      return operands == 3;
    };
    if (known && evaluate(now, result.bits)) result.kind = Value::Kind::Scalar;
    if (!known || !evaluate(before, result.default_bits)) result.default_bits = 0;
    if (!is_vector) {
      value.kind = result.kind;
      value.bits = result.bits;
      value.default_bits = result.default_bits;
      return;
    }
    const std::uint32_t part = add_value(result);
    parts_.push_back(part);
  }
  value.kind = Value::Kind::Composite;
  value.first = first;
  value.count = count;
}

AIRSTRIP_NAMESPACE_END
