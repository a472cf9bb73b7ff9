// Conversions and bitcasts between small types that are held in 32 bits.
#pragma once

#include "widen.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// --- conversions -----------------------------------------------------------------------------------------------------------

inline void Widen::convert_node(NodeId id) {
  const Type to = kernel_.type(id);
  const NodeId old = kernel_.node(id).operands[0];
  const Type from = original(old);
  if (form(to) == Form::Stored &&
      from.scalar() == Scalar::F32) {  // SPV_KHR_bfloat16 has these two, but how they
    const Term value = wide(old);      // round is the device's choice
    give(id, fit(value, to), to);
    return kernel_.unlink(id);
  }
  if (form(from) == Form::Stored && to.scalar() == Scalar::F32) {
    map_[id] = wide(old).node;
    return kernel_.unlink(id);
  }
  Term value = wide(old);
  const bool from_small = form(from) != Form::Kept;
  if (form(to) == Form::Kept) {
    // The holder has the value, so converting it is converting the value. f32 cannot be converted twice.
    if (from_small && value.type() == to) {
      map_[id] = value.node;
      return kernel_.unlink(id);
    }
    kernel_.node(id).operands[0] = value.node;
    return;
  }
  const Type held = holder(to);
  if (to.is_float()) {
    // From f16 everything is exact; integers and f64 would be rounded twice. To f16 integers are not: what f32 rounds
    // is too large for f16 anyway.
    const bool twice = from.scalar() == Scalar::F64 ||
                       (to.scalar() == Scalar::BF16 && value.type().is_int() && from.width() >= 32);
    value = twice ? to_f32_odd(value) : convert(value, held);
    const bool exact = from.is_boolean() || (from.is_int() && from.width() == 8);
    give(id, exact ? value : fit(value, to), to);
    return kernel_.unlink(id);
  }
  // To a small integer: by way of the word, whose lower bits are the same.
  const bool contained =
      from.is_boolean() || (from.is_int() && from_small &&
                            (from.width() < to.width() ? !from.is_signed() || to.is_signed() : from == to));
  if (value.type().is_int() && value.type().width() == 32)
    value = bitcast(value, held);
  else
    value = convert(value, held);
  give(id, contained ? value : fit(value, to), to);
  kernel_.unlink(id);
}

// The bits of a value in fields of `width` (8 or 16), one in the lower part of each u32. `value` is an old node.
inline Term Widen::spread_words(NodeId old, unsigned width) {
  const Type from = original(old);
  const Type word(Scalar::U32);
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  const unsigned count = from.size() * 8 / width;
  Term fields[16];
  if (gone(from)) {
    // Its own fields first.
    Term value = wide(old);
    const Type words = from.with(Scalar::U32);
    if (from.scalar() == Scalar::F16)
      value = f16_bits(value);
    else if (from.scalar() == Scalar::BF16)
      value = bf16_bits(value);
    else if (from.is_signed())
      value = bitcast(value, words) & ((std::uint64_t{1} << from.width()) - 1);
    if (from.width() == width) return value;
    for (unsigned i = 0; i < count; ++i) {
      if (width < from.width()) {
        const Term whole = component(value, i / 2);
        fields[i] = i % 2 ? whole >> 8 : whole & 0xFF;
      } else {
        const Term low = component(value, i * 2);
        const Term high = component(value, i * 2 + 1) << 8;
        fields[i] = low | high;
      }
    }
  } else if (from.width() == width) {  // the target has the type
    const Type kept = from.with(unsigned_of(width));
    Term value = r_.term(operand(old));
    if (from.is_float() && form_[index(unsigned_of(width))] != Form::Kept) {
      // f16, on a target without 16-bit integers: two in a word
      for (unsigned i = 0; i < count; ++i) {
        const Term part = component(value, i);
        const Term pair[2] = {part, r_.constant(from.component(), 0)};
        fields[i] = bitcast(construct(Type(from.scalar(), 2), pair), word);
      }
    } else {
      return convert(bitcast(value, kept), from.with(Scalar::U32));
    }
  } else if (from.size() % 4 == 0) {
    const unsigned words = from.size() / 4;
    Term value = r_.term(operand(old));
    value = bitcast(value, Type(Scalar::U32, words));
    const unsigned per_word = 32 / width;
    for (unsigned i = 0; i < count; ++i) {
      const Term whole = component(value, i / per_word);
      const unsigned shift = i % per_word * width;
      const Term moved = whole >> shift;
      fields[i] = shift + width == 32 ? moved : moved & mask;
    }
  } else if (from.width() == 8) {  // two bytes that the target has, as 16 bits that it has not
    const Term bytes = convert(bitcast(r_.term(operand(old)), from.with(Scalar::U8)), from.with(Scalar::U32));
    const Term low = component(bytes, 0);
    const Term high = component(bytes, 1) << 8;
    fields[0] = low | high;
  } else {  // 16 bits that the target has, as two bytes that it has not
    const Term value = r_.term(operand(old));
    Term whole;
    if (from.is_float() && form_[index(Scalar::U16)] != Form::Kept) {
      const Term pair[2] = {value, r_.constant(from, 0)};
      whole = bitcast(construct(Type(from.scalar(), 2), pair), word);
    } else {
      whole = convert(bitcast(value, Type(Scalar::U16)), word);
    }
    fields[0] = whole & 0xFF;
    fields[1] = whole >> 8;
  }
  return construct(Type(Scalar::U32, count), Span<const Term>(fields, count));
}

inline void Widen::bitcast_node(NodeId id) {
  const Type to = kernel_.type(id);
  const NodeId old = kernel_.node(id).operands[0];
  const Type from = original(old);
  if (form(to) != Form::Gone && form(from) != Form::Gone) return replace_operands(id);  // the target has both
  if (gone(to)) {
    const Term fields = spread_words(old, to.width());
    Term value;
    if (to.scalar() == Scalar::F16)
      value = f16_from_bits(fields);
    else if (to.scalar() == Scalar::BF16)
      value = bf16_from_bits(fields);
    else
      value = bitcast(fields, holder(to));
    if (to.is_int() && to.is_signed()) value = fit(value, to);
    give(id, value, to);
    return kernel_.unlink(id);
  }
  // From fields to a type of the target: through words, or through one field that the target has.
  const Term fields = spread_words(old, from.width());
  const unsigned per_word = 32 / from.width();
  if (to.size() % 4 == 0) {
    const unsigned words = to.size() / 4;
    Term parts[4];
    for (unsigned w = 0; w < words; ++w) {
      parts[w] = component(fields, w * per_word);
      for (unsigned i = 1; i < per_word; ++i) {
        const Term field = component(fields, w * per_word + i) << (i * from.width());
        parts[w] = parts[w] | field;
      }
    }
    map_[id] = bitcast(construct(Type(Scalar::U32, words), Span<const Term>(parts, words)), to).node;
  } else if (to.width() == 16) {
    Term whole = fields;
    if (from.width() == 8) {
      const Term low = component(fields, 0);
      const Term high = component(fields, 1) << 8;
      whole = low | high;
    }
    if (form_[index(Scalar::U16)] == Form::Kept) {
      map_[id] = bitcast(convert(whole, to.with(Scalar::U16)), to).node;
    } else {  // f16 without 16-bit integers
      Term parts[4];
      const Type pair(to.scalar(), 2);
      for (unsigned i = 0; i < to.components(); ++i)
        parts[i] = component(bitcast(component(whole, i), pair), 0);
      map_[id] = construct(to, Span<const Term>(parts, to.components())).node;
    }
  } else {  // bytes that the target has
    Term bytes[4];
    for (unsigned i = 0; i < to.components(); ++i) {
      const Term field = component(fields, from.width() == 8 ? i : i / 2);
      bytes[i] = from.width() == 16 && i % 2 ? field >> 8 : field;
    }
    const Term words =
        construct(Type(Scalar::U32, to.components()), Span<const Term>(bytes, to.components()));
    map_[id] = bitcast(convert(words, to.with(Scalar::U8)), to).node;
  }
  kernel_.unlink(id);
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
