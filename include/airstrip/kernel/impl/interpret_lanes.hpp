// The operations that kernels spend their time in, over all lanes of a subgroup at once.
#pragma once

#include "../evaluate.hpp"
#include "../ops.hpp"
#include "../types.hpp"
#include "evaluate_float.hpp"

#include <cstdint>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

/// `out[i] = a[i] op b[i]` for `n` lanes. Every result goes through memory before it is used again, so that nothing
/// here can be contracted into an fma.
using LaneFunction = void (*)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b,
                              const std::uint64_t* c, unsigned n);

#define AIRSTRIP_LANES_1(name, ...)                                                                        \
  inline void name(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t*, const std::uint64_t*, \
                   unsigned n) {                                                                           \
    for (unsigned i = 0; i < n; ++i) out[i] = __VA_ARGS__;                                                 \
  }
#define AIRSTRIP_LANES_2(name, ...)                                                                          \
  inline void name(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t*, \
                   unsigned n) {                                                                             \
    for (unsigned i = 0; i < n; ++i) out[i] = __VA_ARGS__;                                                   \
  }
#define AIRSTRIP_LANES_3(name, ...)                                                    \
  inline void name(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, \
                   const std::uint64_t* c, unsigned n) {                               \
    for (unsigned i = 0; i < n; ++i) out[i] = __VA_ARGS__;                             \
  }

inline std::uint64_t low_word(std::uint64_t bits) { return bits & 0xFFFFFFFFu; }
inline std::int32_t as_i32(std::uint64_t bits) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
}

AIRSTRIP_LANES_2(f32_add, evaluation::from_f32(evaluation::to_f32(a[i]) + evaluation::to_f32(b[i])))
AIRSTRIP_LANES_2(f32_sub, evaluation::from_f32(evaluation::to_f32(a[i]) - evaluation::to_f32(b[i])))
AIRSTRIP_LANES_2(f32_mul, evaluation::from_f32(evaluation::to_f32(a[i]) * evaluation::to_f32(b[i])))
AIRSTRIP_LANES_2(f32_div, evaluation::from_f32(evaluation::to_f32(a[i]) / evaluation::to_f32(b[i])))
AIRSTRIP_LANES_3(f32_fma,
                 evaluation::from_f32(__builtin_fmaf(evaluation::to_f32(a[i]), evaluation::to_f32(b[i]),
                                                     evaluation::to_f32(c[i]))))
AIRSTRIP_LANES_2(f32_less, evaluation::to_f32(a[i]) < evaluation::to_f32(b[i]))
AIRSTRIP_LANES_2(f32_less_equal, evaluation::to_f32(a[i]) <= evaluation::to_f32(b[i]))
AIRSTRIP_LANES_2(f32_min, evaluation::to_f32(b[i]) < evaluation::to_f32(a[i]) ? b[i] : a[i])
AIRSTRIP_LANES_2(f32_max, evaluation::to_f32(a[i]) < evaluation::to_f32(b[i]) ? b[i] : a[i])
AIRSTRIP_LANES_1(f32_negate, a[i] ^ 0x80000000u)

AIRSTRIP_LANES_2(word_add, low_word(a[i] + b[i]))
AIRSTRIP_LANES_2(word_sub, low_word(a[i] - b[i]))
AIRSTRIP_LANES_2(word_mul, low_word(a[i] * b[i]))
AIRSTRIP_LANES_2(bits_and, a[i] & b[i])
AIRSTRIP_LANES_2(bits_or, a[i] | b[i])
AIRSTRIP_LANES_2(bits_xor, a[i] ^ b[i])
AIRSTRIP_LANES_2(bits_equal, a[i] == b[i])
AIRSTRIP_LANES_2(bits_not_equal, a[i] != b[i])
AIRSTRIP_LANES_2(unsigned_less, a[i] < b[i])
AIRSTRIP_LANES_2(unsigned_less_equal, a[i] <= b[i])
AIRSTRIP_LANES_2(unsigned_min, b[i] < a[i] ? b[i] : a[i])
AIRSTRIP_LANES_2(unsigned_max, a[i] < b[i] ? b[i] : a[i])
AIRSTRIP_LANES_2(i32_less, as_i32(a[i]) < as_i32(b[i]))
AIRSTRIP_LANES_2(i32_less_equal, as_i32(a[i]) <= as_i32(b[i]))
AIRSTRIP_LANES_1(boolean_not, a[i] ^ 1)
AIRSTRIP_LANES_3(select_bits, a[i] != 0 ? b[i] : c[i])
AIRSTRIP_LANES_1(copy_bits, a[i])
// By a constant that was checked: not zero, below the width.
AIRSTRIP_LANES_2(unsigned_div, a[i] / b[i])
AIRSTRIP_LANES_2(unsigned_rem, a[i] % b[i])
AIRSTRIP_LANES_2(word_shift_left, low_word(a[i] << b[i]))
AIRSTRIP_LANES_2(unsigned_shift_right, a[i] >> b[i])

#undef AIRSTRIP_LANES_1
#undef AIRSTRIP_LANES_2
#undef AIRSTRIP_LANES_3

/// The function for an operation, or null: `evaluate` is called lane by lane then. `safe_constant`: the second operand
/// is a constant for which a division or shift is defined in every lane.
inline LaneFunction lane_function(Op op, Scalar s, bool safe_constant) {
  if (op == Op::Select) return select_bits;
  if (op == Op::Bitcast) return copy_bits;
  if (s == Scalar::F32) {
    switch (op) {
      case Op::Add: return f32_add;
      case Op::Sub: return f32_sub;
      case Op::Mul: return f32_mul;
      case Op::Div: return f32_div;
      case Op::Fma: return f32_fma;
      case Op::Less: return f32_less;
      case Op::LessEqual: return f32_less_equal;
      case Op::Min: return f32_min;
      case Op::Max: return f32_max;
      case Op::Negate: return f32_negate;
      default: return nullptr;
    }
  }
  if (is_float(s)) return nullptr;
  switch (op) {
    case Op::And: return bits_and;
    case Op::Or: return bits_or;
    case Op::Xor: return bits_xor;
    case Op::Equal: return bits_equal;
    case Op::NotEqual: return bits_not_equal;
    case Op::Not: return s == Scalar::Boolean ? boolean_not : nullptr;
    default: break;
  }
  if (s == Scalar::I32 || s == Scalar::U32) {
    switch (op) {
      case Op::Add: return word_add;
      case Op::Sub: return word_sub;
      case Op::Mul: return word_mul;
      case Op::ShiftLeft: return safe_constant ? word_shift_left : nullptr;
      case Op::Less: return s == Scalar::I32 ? i32_less : unsigned_less;
      case Op::LessEqual: return s == Scalar::I32 ? i32_less_equal : unsigned_less_equal;
      default: break;
    }
  }
  if (is_int(s) && !is_signed(s)) {
    switch (op) {
      case Op::Less: return unsigned_less;
      case Op::LessEqual: return unsigned_less_equal;
      case Op::Min: return unsigned_min;
      case Op::Max: return unsigned_max;
      case Op::Div: return safe_constant ? unsigned_div : nullptr;
      case Op::Rem:
      case Op::Mod: return safe_constant ? unsigned_rem : nullptr;
      case Op::ShiftRight: return safe_constant ? unsigned_shift_right : nullptr;
      default: break;
    }
  }
  return nullptr;
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
