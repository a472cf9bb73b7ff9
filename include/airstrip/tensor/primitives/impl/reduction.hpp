#pragma once

#include "../function_emit.hpp"
#include "../reduction.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE const char* to_string(ReduceKind kind) {
  constexpr const char* names[] = {"sum", "mean", "min",        "max",     "prod",
                                   "l1",  "l2",   "sum_square", "log_sum", "log_sum_exp",
                                   "all", "any",  "arg_min",    "arg_max"};
  return names[static_cast<std::size_t>(kind)];
}

AIRSTRIP_INLINE bool Reduction::accepts(ReduceKind kind, Scalar element) {
  if (element == Scalar::Void) return false;
  const bool short_float = kernel::is_float(element) && element != Scalar::F64;
  switch (kind) {
    case ReduceKind::Min:
    case ReduceKind::Max: return true;
    case ReduceKind::All:
    case ReduceKind::Any: return element == Scalar::Boolean;
    case ReduceKind::L2: return kernel::is_float(element);
    case ReduceKind::LogSum:
    case ReduceKind::LogSumExp: return short_float;
    default: return element != Scalar::Boolean;
  }
}

AIRSTRIP_INLINE Scalar Reduction::accumulator(Scalar element) {
  switch (element) {
    case Scalar::F16:
    case Scalar::BF16: return Scalar::F32;
    case Scalar::I8:
    case Scalar::I16: return Scalar::I32;
    case Scalar::U8:
    case Scalar::U16: return Scalar::U32;
    default: return element;
  }
}

AIRSTRIP_INLINE Scalar Reduction::result(ReduceKind kind, Scalar element, Scalar index) {
  return is_arg(kind) ? index : accumulator(element);
}

AIRSTRIP_INLINE Reduction::Reduction(StepBuilder& step, ReduceKind kind, Scalar element, bool last_index,
                                     Scalar index)
    : step_(step), kind_(kind), element_(element), accumulator_(accumulator(element)), index_(index),
      last_(last_index) {
  if (element == Scalar::Boolean) {
    kind_ = kind == ReduceKind::Min ? ReduceKind::All : kind == ReduceKind::Max ? ReduceKind::Any : kind;
    scalars_[0] = Scalar::U32;
  } else if (is_arg(kind)) {
    const unsigned width = kernel::width_of(accumulator_);
    scalars_[0] = kernel::is_float(accumulator_) ? kernel::signed_of(width) : accumulator_;
    // The index of nothing is -1: the largest where the first counts, and the least where the last does.
    scalars_[1] = last_ ? Scalar::I32 : Scalar::U32;
    values_ = 2;
  } else {
    scalars_[0] = accumulator_;
    if (kind == ReduceKind::LogSumExp) {
      scalars_[1] = accumulator_;
      values_ = 2;
    }
  }
}

AIRSTRIP_INLINE AnyValue Reduction::choose(AnyValue condition, AnyValue a, AnyValue b) const {
  const AnyValue parts[3] = {condition, a, b};
  return step_.k.apply(kernel::Op::Select, parts);
}
AIRSTRIP_INLINE AnyValue Reduction::function(Function f, AnyValue a) const {
  return emit_function(step_, f, Span<const AnyValue>(&a, 1));
}
AIRSTRIP_INLINE AnyValue Reduction::function(Function f, AnyValue a, AnyValue b) const {
  const AnyValue operands[2] = {a, b};
  return emit_function(step_, f, operands);
}

// The bits of a type's largest or least value; of floats the infinity.
AIRSTRIP_INLINE std::uint64_t Reduction::extreme(Scalar scalar, bool largest) const {
  const unsigned width = kernel::width_of(scalar);
  const std::uint64_t sign = std::uint64_t{1} << (width - 1), all = sign | (sign - 1);
  if (scalar == Scalar::F32) return largest ? 0x7F800000u : 0xFF800000u;
  if (scalar == Scalar::F64) return largest ? 0x7FF0000000000000u : 0xFFF0000000000000u;
  if (!kernel::is_signed(scalar)) return largest ? all : 0;
  return largest ? sign - 1 : sign;
}

AIRSTRIP_INLINE void Reduction::identity(unsigned width, AnyValue* state) const {
  kernel::KernelBuilder& k = step_.k;
  const kernel::Type type = this->type(0, width);
  switch (kind_) {
    case ReduceKind::Prod:
      state[0] = type.is_float() ? k.constant_float(type, 1) : k.constant_int(type, 1);
      break;
    case ReduceKind::All: state[0] = k.constant_int(type, 1); break;
    case ReduceKind::Min:
    case ReduceKind::Max: {
      // Of the element's type, so that what is narrower ends as its own largest or least value.
      const bool largest = kind_ == ReduceKind::Min;
      std::uint64_t value = extreme(type.is_float() ? accumulator_ : element_, largest);
      const unsigned bits_of_element = kernel::width_of(element_);
      if (kernel::is_signed(element_) && !largest && bits_of_element < 32)
        value |= 0xFFFFFFFFu & ~((std::uint64_t{1} << bits_of_element) - 1);
      state[0] = bits(type, value);
      break;
    }
    case ReduceKind::LogSumExp:
      state[0] = bits(type, extreme(accumulator_, false));
      state[1] = k.constant_float(type, 0);
      break;
    case ReduceKind::ArgMin:
    case ReduceKind::ArgMax:
      state[0] = bits(type, extreme(scalars_[0], kind_ == ReduceKind::ArgMin));
      state[1] = bits(this->type(1, width), 0xFFFFFFFFu);
      break;
    default: state[0] = type.is_float() ? k.constant_float(type, 0) : k.constant_int(type, 0);
  }
}

// An integer that is ordered as the floats are: both zeros alike, and NaNs beyond the infinity that counts.
AIRSTRIP_INLINE AnyValue Reduction::key(AnyValue element) const {
  using kernel::Op;
  kernel::KernelBuilder& k = step_.k;
  if (!element.type().is_float()) return element;
  const kernel::Type type = element.type().with(scalars_[0]);
  const std::uint64_t sign = std::uint64_t{1} << (type.width() - 1);
  const AnyValue raw = k.convert(Op::Bitcast, element, type);
  const AnyValue magnitude_mask = bits(type, sign - 1);
  const AnyValue magnitude = k.apply(Op::And, raw, magnitude_mask);
  const AnyValue negative = k.apply(Op::ShiftRight, raw, k.constant_int(type, type.width() - 1));
  // Of a negative number the other bits count downwards; of -0 they are to be those of 0.
  const AnyValue zero = k.constant_int(type, 0);
  const AnyValue turned = k.apply(Op::Xor, raw, k.apply(Op::And, negative, magnitude_mask));
  const AnyValue ordered = choose(k.apply(Op::Equal, magnitude, zero), zero, turned);
  const AnyValue is_nan = k.apply(Op::Less, bits(type, extreme(accumulator_, true)), magnitude);
  return choose(is_nan, bits(type, extreme(scalars_[0], kind_ == ReduceKind::ArgMax)), ordered);
}

AIRSTRIP_INLINE AnyValue Reduction::of_key(AnyValue key) const {
  using kernel::Op;
  kernel::KernelBuilder& k = step_.k;
  if (!kernel::is_float(accumulator_)) return key;
  const kernel::Type type = key.type();
  const AnyValue mask = bits(type, (std::uint64_t{1} << (type.width() - 1)) - 1);
  const AnyValue negative = k.apply(Op::ShiftRight, key, k.constant_int(type, type.width() - 1));
  const AnyValue raw = k.apply(Op::Xor, key, k.apply(Op::And, negative, mask));
  return k.convert(Op::Bitcast, raw, type.with(accumulator_));
}

AIRSTRIP_INLINE void Reduction::fold(AnyValue* state, AnyValue element, AnyValue index) const {
  using kernel::Op;
  kernel::KernelBuilder& k = step_.k;
  AnyValue other[max_values];
  if (element_ == Scalar::Boolean) {
    const kernel::Type type = this->type(0, element.type().components());
    other[0] = choose(element, k.constant_int(type, 1), k.constant_int(type, 0));
    combine(state, other);
    return;
  }
  const AnyValue x = emit_cast(step_, element, accumulator_);
  switch (kind_) {
    case ReduceKind::L1: other[0] = function(Function::Abs, x); break;
    case ReduceKind::L2:
    case ReduceKind::SumSquare: other[0] = k.apply(Op::Mul, x, x); break;
    case ReduceKind::LogSumExp:
      other[0] = x;
      other[1] = k.constant_float(x.type(), 1);
      break;
    case ReduceKind::ArgMin:
    case ReduceKind::ArgMax:
      other[0] = key(x);
      other[1] = last_ ? k.convert(Op::Bitcast, index, index.type().with(Scalar::I32)) : index;
      break;
    default: other[0] = x;
  }
  combine(state, other);
}

AIRSTRIP_INLINE void Reduction::combine(AnyValue* into, const AnyValue* other) const {
  using kernel::Op;
  kernel::KernelBuilder& k = step_.k;
  switch (kind_) {
    case ReduceKind::Min: into[0] = function(Function::Min, into[0], other[0]); break;
    case ReduceKind::Max: into[0] = function(Function::Max, into[0], other[0]); break;
    case ReduceKind::Prod: into[0] = k.apply(Op::Mul, into[0], other[0]); break;
    case ReduceKind::All: into[0] = k.apply(Op::And, into[0], other[0]); break;
    case ReduceKind::Any: into[0] = k.apply(Op::Or, into[0], other[0]); break;
    case ReduceKind::LogSumExp: {
      // (m, s) stands for s exp(m); of m = ±∞ the exponent is taken relative to 0, so that ∞ - ∞ does not arise. s is 0
      // where m is -∞, and a NaN among the elements is in s.
      const AnyValue rises = k.apply(Op::Less, into[0], other[0]);
      const AnyValue high = choose(rises, other[0], into[0]), low = choose(rises, into[0], other[0]);
      const AnyValue high_sum = choose(rises, other[1], into[1]), low_sum = choose(rises, into[1], other[1]);
      const AnyValue origin = choose(function(Function::IsInf, high), k.constant_float(high.type(), 0), high);
      const AnyValue scale = function(Function::Exp, k.apply(Op::Sub, low, origin));
      into[0] = high;
      into[1] = k.apply(Op::Add, high_sum, k.apply(Op::Mul, low_sum, scale));
      break;
    }
    case ReduceKind::ArgMin:
    case ReduceKind::ArgMax: {
      const bool largest = kind_ == ReduceKind::ArgMax;
      const AnyValue wins =
          largest ? k.apply(Op::Less, into[0], other[0]) : k.apply(Op::Less, other[0], into[0]);
      const AnyValue same = k.apply(Op::Equal, into[0], other[0]);
      const AnyValue counts =
          last_ ? k.apply(Op::Less, into[1], other[1]) : k.apply(Op::Less, other[1], into[1]);
      const AnyValue takes = k.apply(Op::Or, wins, k.apply(Op::And, same, counts));
      into[0] = choose(takes, other[0], into[0]);
      into[1] = choose(takes, other[1], into[1]);
      break;
    }
    default: into[0] = k.apply(Op::Add, into[0], other[0]);
  }
}

AIRSTRIP_INLINE void Reduction::finish(const AnyValue* state, Index count, AnyValue* results) const {
  using kernel::Op;
  kernel::KernelBuilder& k = step_.k;
  const kernel::Type type = state[0].type();
  const auto splat = [&](AnyValue value) {
    if (!type.is_vector()) return value;
    const AnyValue parts[4] = {value, value, value, value};
    return k.construct(kernel::Type(value.type().scalar(), type.components()),
                       Span<const AnyValue>(parts, type.components()));
  };
  switch (kind_) {
    case ReduceKind::Mean: {
      // What 0 / 0 is, drivers may leave open.
      const AnyValue none = (count == 0u).any();
      const AnyValue n = k.convert(Op::Convert, (kernel::max)(count, 1u).any(), type.component());
      const AnyValue mean = k.apply(Op::Div, state[0], splat(n));
      const std::uint64_t nan = type.width() == 64 ? 0x7FF8000000000000u : 0x7FC00000u;
      results[0] = type.is_float() ? choose(splat(none), bits(type, nan), mean) : mean;
      break;
    }
    case ReduceKind::L2: results[0] = function(Function::Sqrt, state[0]); break;
    case ReduceKind::LogSum: results[0] = function(Function::Log, state[0]); break;
    case ReduceKind::LogSumExp:
      results[0] = k.apply(Op::Add, state[0], function(Function::Log, state[1]));
      break;
    case ReduceKind::All:
    case ReduceKind::Any: results[0] = k.apply(Op::NotEqual, state[0], k.constant_int(type, 0)); break;
    case ReduceKind::ArgMin:
    case ReduceKind::ArgMax: {
      const kernel::Type narrow = type.with(Scalar::I32);
      const AnyValue index = scalars_[1] == Scalar::I32 ? state[1] : k.convert(Op::Bitcast, state[1], narrow);
      results[0] = emit_cast(step_, index, index_);
      results[1] = of_key(state[0]);
      break;
    }
    default: results[0] = state[0];
  }
}

AIRSTRIP_TENSOR_NAMESPACE_END
