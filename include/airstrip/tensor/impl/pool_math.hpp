// What pooling does with elements, however a window is gone through.
#pragma once

#include "../primitives/expression_emitter.hpp"
#include "../primitives/function_emit.hpp"
#include "pool_plan.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

class PoolMath {
public:
  PoolMath(StepBuilder& step, const PoolProblem& problem)
      : step_(step), k_(step.k), problem_(problem), pooled_(pooled_scalar(problem)),
        computed_(pool_scalar(pooled_)) {}

  Scalar computed() const { return computed_; }

  kernel::Type type(Scalar scalar) const { return kernel::Type(scalar, width_); }
  AnyValue splat(AnyValue value) {
    if (width_ == 1) return value;
    const AnyValue parts[4] = {value, value, value, value};
    return k_.construct(kernel::Type(value.type().scalar(), width_), Span<const AnyValue>(parts, width_));
  }
  AnyValue select(AnyValue condition, AnyValue a, AnyValue b) {
    const AnyValue operands[3] = {condition, a, b};
    return k_.apply(kernel::Op::Select, operands);
  }
  AnyValue function(Function f, AnyValue a) { return emit_function(step_, f, Span<const AnyValue>(&a, 1)); }
  AnyValue either(AnyValue a, AnyValue b) { return k_.apply(kernel::Op::Or, a, b); }
  AnyValue both(AnyValue a, AnyValue b) { return k_.apply(kernel::Op::And, a, b); }

  // Below every number: -infinity, or the least integer of the pooled type.
  AnyValue lowest() {
    if (kernel::is_float(pooled_)) {
      const std::uint64_t bits = computed_ == Scalar::F64 ? 0xFFF0000000000000 : 0xFF800000;
      return k_.constant_bits(type(computed_), bits);
    }
    if (!kernel::is_signed(pooled_)) return k_.constant_int(type(computed_), 0);
    const unsigned width = kernel::width_of(pooled_);
    return k_.constant_bits(type(computed_), ~std::uint64_t{0} << (width - 1));
  }

  // What a window without elements has before the first one.
  AnyValue start() {
    return problem_.kind == PoolKind::Max ? lowest() : k_.constant_float(type(computed_), 0);
  }
  AnyValue term(AnyValue value) {
    if (problem_.kind == PoolKind::Average) return value;
    const AnyValue magnitude = function(Function::Abs, value);
    AnyValue power, square = magnitude;
    for (std::uint32_t p = problem_.p; p != 0; p /= 2) {
      if (p % 2 != 0) power = power.empty() ? square : k_.apply(kernel::Op::Mul, power, square);
      if (p > 1) square = k_.apply(kernel::Op::Mul, square, square);
    }
    return power;
  }

  // Whether a value takes the place of the maximum so far. Where the index is asked for, the first NaN stays.
  AnyValue takes(AnyValue best, AnyValue value) {
    const AnyValue greater = k_.apply(kernel::Op::Less, best, value);
    if (!kernel::is_float(computed_)) return greater;
    AnyValue nan = function(Function::IsNan, value);
    if (problem_.indices) nan = both(nan, k_.apply(kernel::Op::Not, function(Function::IsNan, best)));
    return either(greater, nan);
  }

  AnyValue average(AnyValue sum, Index elements, bool may_be_none) {
    const Index some = may_be_none ? (kernel::max)(elements, 1u) : elements;
    const AnyValue divisor = k_.convert(kernel::Op::Convert, some.any(), kernel::Type(computed_));
    const AnyValue mean = k_.apply(kernel::Op::Div, sum, splat(divisor));
    if (!may_be_none) return mean;
    const std::uint64_t nan = computed_ == Scalar::F64 ? 0x7FF8000000000000 : 0x7FC00000;
    return select(splat((elements == 0u).any()), k_.constant_bits(type(computed_), nan), mean);
  }
  // Of a norm's sum; anything else is the result already.
  AnyValue root(AnyValue sum) {
    if (problem_.kind != PoolKind::Lp || problem_.p == 1) return sum;
    if (problem_.p == 2) return function(Function::Sqrt, sum);
    const AnyValue operands[2] = {sum, k_.constant_float(type(computed_), 1.0 / problem_.p)};
    return emit_function(step_, Function::Pow, operands);
  }

protected:
  StepBuilder& step_;
  kernel::KernelBuilder& k_;
  const PoolProblem& problem_;
  Scalar pooled_, computed_;
  unsigned width_ = 1;  // elements of a value
};

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
