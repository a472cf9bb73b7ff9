#pragma once

#include "../winograd.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// clang-format off
inline constexpr double winograd_2_input[] = {
    1,  0, -1,  0,
    0,  1,  1,  0,
    0, -1,  1,  0,
    0,  1,  0, -1};
inline constexpr double winograd_2_weight[] = {
    1,    0,   0,
    0.5,  0.5, 0.5,
    0.5, -0.5, 0.5,
    0,    0,   1};
inline constexpr double winograd_2_output[] = {
    1, 1,  1,  0,
    0, 1, -1, -1};
inline constexpr double winograd_4_input[] = {
    4,  0, -5,  0, 1, 0,
    0, -4, -4,  1, 1, 0,
    0,  4, -4, -1, 1, 0,
    0, -2, -1,  2, 1, 0,
    0,  2, -1, -2, 1, 0,
    0,  4,  0, -5, 0, 1};
inline constexpr double winograd_4_weight[] = {
     1.0 / 4,   0,         0,
    -1.0 / 6,  -1.0 / 6,  -1.0 / 6,
    -1.0 / 6,   1.0 / 6,  -1.0 / 6,
     1.0 / 24,  1.0 / 12,  1.0 / 6,
     1.0 / 24, -1.0 / 12,  1.0 / 6,
     0,         0,         1};
inline constexpr double winograd_4_output[] = {
    1, 1,  1, 1,  1, 0,
    0, 1, -1, 2, -2, 0,
    0, 1,  1, 4,  4, 0,
    0, 1, -1, 8, -8, 1};
// clang-format on

// The sum of coefficient * value over `count` values `stride` apart.
inline AnyValue winograd_row(StepBuilder& step, const double* coefficients, const AnyValue* values,
                             std::size_t count, std::size_t stride) {
  kernel::KernelBuilder& k = step.k;
  AnyValue sum;
  // A positive one first: no negation is needed then.
  std::size_t first = 0;
  while (first + 1 < count && coefficients[first] <= 0) ++first;
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t i = n == 0 ? first : n <= first ? n - 1 : n;
    const double c = coefficients[i];
    const AnyValue value = values[i * stride];
    if (c == 0) continue;
    if (sum.empty())
      sum = c == 1 ? value : k.apply(kernel::Op::Mul, value, k.constant_float(value.type(), c));
    else if (c == 1 || c == -1)
      sum = k.apply(c == 1 ? kernel::Op::Add : kernel::Op::Sub, sum, value);
    else {
      const AnyValue parts[3] = {value, k.constant_float(value.type(), c), sum};
      sum = k.apply(kernel::Op::Fma, parts);
    }
  }
  return sum;
}

}  // namespace detail

AIRSTRIP_INLINE WinogradTransform winograd_transform(std::uint32_t outputs) {
  WinogradTransform t;
  t.outputs = outputs;
  t.points = outputs + 2;
  // Terms of the longest row and one, of both passes: of B^T, G and A^T.
  t.roundings = outputs == 2 ? 2 * (3 + 4 + 4) : 2 * (5 + 4 + 6);
  t.input = outputs == 2 ? detail::winograd_2_input : detail::winograd_4_input;
  t.weight = outputs == 2 ? detail::winograd_2_weight : detail::winograd_4_weight;
  t.output = outputs == 2 ? detail::winograd_2_output : detail::winograd_4_output;
  return t;
}

AIRSTRIP_INLINE void emit_winograd(StepBuilder& step, const double* matrix, std::uint32_t rows,
                                   std::uint32_t columns, Span<const AnyValue> tile, Span<AnyValue> result) {
  if (step.k.failed()) return;
  Buffer<AnyValue> between;  // rows x columns
  if (!between.resize(std::size_t{rows} * columns))
    return step.fail(ErrorCode::OutOfMemory, "out of memory for a transform");
  for (std::uint32_t i = 0; i < rows; ++i)
    for (std::uint32_t j = 0; j < columns; ++j)
      between[i * columns + j] =
          detail::winograd_row(step, matrix + i * columns, tile.data() + j, columns, columns);
  for (std::uint32_t i = 0; i < rows; ++i)
    for (std::uint32_t j = 0; j < rows; ++j)
      result[i * rows + j] =
          detail::winograd_row(step, matrix + j * columns, between.data() + i * columns, columns, 1);
}

AIRSTRIP_TENSOR_NAMESPACE_END
