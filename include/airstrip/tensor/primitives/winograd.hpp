// Winograd's minimal filtering: fewer multiplications for short kernels of stride 1.
#pragma once

#include "../../config.hpp"
#include "step_builder.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// F(m x m, 3 x 3): m x m outputs of a 3 x 3 kernel from (m + 2) x (m + 2) inputs (Lavin and Gray, "Fast Algorithms for
/// Convolutional Neural Networks", 2015; of the interpolation points 0, 1, -1 and infinity, for m = 4 also 2 and -2):
///
///     y = A^T [(G w G^T) * (B^T x B)] A, where * multiplies element by element
///
/// Rounding: every path from an input to an output is a product of factors 1 + d with |d| <= u, so that with k of them at
/// most the error is at most gamma_k times the same formula over absolute values,
///
///     |error| <= gamma_k |A^T| [sum over c of (|G| |w_c| |G^T|) * (|B^T| |x_c| |B|)] |A|
///
/// where k = C + 22 for m = 2 and C + 30 for m = 4: C of the sum over channels, and for each of two passes of three
/// transforms as many as a row has terms, and one of the coefficient. For |x| <= X and |w| <= W the formula is at most
/// 64 C X W for m = 2 and 2304 C X W for m = 4, where it is 9 C X W without transforms: the price is up to 3 bits with
/// m = 2 and up to 8 with m = 4.
struct WinogradTransform {
  std::uint32_t outputs = 2;       ///< m, along an axis
  std::uint32_t points = 4;        ///< m + 2: inputs, and multiplications
  std::uint32_t roundings = 22;    ///< of both passes of all transforms
  const double* input = nullptr;   ///< B^T: points x points
  const double* weight = nullptr;  ///< G: points x 3
  const double* output = nullptr;  ///< A^T: outputs x points
  std::uint32_t products() const { return points * points; }
};

/// `outputs`: 2 or 4.
WinogradTransform winograd_transform(std::uint32_t outputs);

/// matrix * tile * matrix^T of a square tile, row by row: columns x columns become rows x rows.
void emit_winograd(StepBuilder& step, const double* matrix, std::uint32_t rows, std::uint32_t columns,
                   Span<const AnyValue> tile, Span<AnyValue> result);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/winograd.hpp"
#endif
