// Reduction: what reducing means. One definition of identity, combination and end, for whoever reduces: an invocation by
// itself, a workgroup (see WorkgroupReduce), several dispatches.
#pragma once

#include "../../config.hpp"
#include "../expression.hpp"
#include "step_builder.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Named as ONNX's operators, without "Reduce".
enum class ReduceKind : std::uint8_t {
  Sum,        ///< Σx
  Mean,       ///< Σx / n; of integers truncated
  Min,        ///< a NaN where there is one; of Booleans: All
  Max,        ///< a NaN where there is one; of Booleans: Any
  Prod,       ///< Πx
  L1,         ///< Σ|x|
  L2,         ///< √Σx²; of floats
  SumSquare,  ///< Σx²
  LogSum,     ///< log Σx; of f16, bf16 and f32
  LogSumExp,  ///< log Σexp(x), the exponents taken relative to the largest; of f16, bf16 and f32
  All,        ///< of Booleans
  Any,        ///< of Booleans
  ArgMin,     ///< the index of the least element, a NaN being less than any
  ArgMax,     ///< the index of the largest element, a NaN being larger than any
};
const char* to_string(ReduceKind kind);
constexpr bool is_arg(ReduceKind kind) { return kind == ReduceKind::ArgMin || kind == ReduceKind::ArgMax; }

/// A reduction of elements of a type. A state is one or two values, scalars or vectors of independent lanes.
class Reduction {
public:
  static constexpr std::size_t max_values = 2;

  /// Whether elements of a type are reduced so.
  static bool accepts(ReduceKind kind, Scalar element);
  /// What sums and products are computed in: f32 for f16, bf16 and f32; 32 bits for the narrower integers, which wrap.
  static Scalar accumulator(Scalar element);
  /// The type of the result: that of the accumulator; a Boolean; or the index, i32 or i64.
  static Scalar result(ReduceKind kind, Scalar element, Scalar index = Scalar::I64);

  /// `last_index`: of equal elements the last one counts, not the first. `index`: the type that indices end as.
  Reduction(StepBuilder& step, ReduceKind kind, Scalar element, bool last_index = false,
            Scalar index = Scalar::I64);

  std::size_t values() const { return values_; }
  Scalar scalar(std::size_t value) const { return scalars_[value]; }
  kernel::Type type(std::size_t value, unsigned width = 1) const {
    return kernel::Type(scalars_[value], width);
  }

  /// The state of nothing.
  void identity(unsigned width, AnyValue* state) const;
  /// Takes an element (of the type that was said) into a state; `index`: u32, where it is.
  void fold(AnyValue* state, AnyValue element, AnyValue index) const;
  void combine(AnyValue* into, const AnyValue* other) const;
  /// The result, and behind it that of the arg reductions the element itself, as an accumulator. Of nothing: 0 (sums), 1
  /// (Prod), the largest or least value (Min, Max), NaN or integer 0 (Mean), -∞ (logarithms), index -1.
  void finish(const AnyValue* state, Index count, AnyValue* results) const;
  static constexpr std::size_t max_results = 2;
  std::size_t results() const { return is_arg(kind_) ? 2 : 1; }

private:
  AnyValue bits(kernel::Type type, std::uint64_t bits) const { return step_.k.constant_bits(type, bits); }
  AnyValue choose(AnyValue condition, AnyValue a, AnyValue b) const;
  AnyValue function(Function f, AnyValue a) const;
  AnyValue function(Function f, AnyValue a, AnyValue b) const;
  std::uint64_t extreme(Scalar scalar, bool largest) const;
  AnyValue key(AnyValue element) const;
  AnyValue of_key(AnyValue key) const;

  StepBuilder& step_;
  ReduceKind kind_;
  Scalar element_, accumulator_, index_;
  bool last_;
  std::size_t values_ = 1;
  Scalar scalars_[max_values] = {};
};

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/reduction.hpp"
#endif
