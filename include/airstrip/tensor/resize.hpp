// Resize: images and other grids, larger or smaller.
#pragma once

#include "../config.hpp"
#include "move.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

enum class ResizeMode : std::uint8_t { Nearest, Linear, Cubic };

/// ONNX's nearest_mode: what becomes of a coordinate between two elements.
enum class NearestRounding : std::uint8_t { RoundPreferFloor, RoundPreferCeil, Floor, Ceil };

/// ONNX's coordinate_transformation_mode: where in x (of n elements along the axis) the element c of y (of m) lies; s is the
/// scale.
enum class ResizeCoordinates : std::uint8_t {
  HalfPixel,           ///< (c + 1/2) / s - 1/2
  HalfPixelSymmetric,  ///< that + n / 2 (1 - m / (s n)): both centres lie on each other, though m was rounded
  PytorchHalfPixel,    ///< HalfPixel, and 0 where m is 1
  AlignCorners,        ///< c (n - 1) / (s n - 1), and 0 where s n is 1
  Asymmetric,          ///< c / s
  TfCropAndResize,     ///< (n - 1) (begin + c (end - begin) / (m - 1)), and the middle of both where m is 1
};

/// A number as a fraction.
struct Fraction {
  std::int64_t numerator = 0, denominator = 1;
};
/// The simplest fraction that is the same float as `value`, as 3/5 for 0.6f: of a small denominator. 0/1 where none below
/// 4096 is.
Fraction fraction_of(double value);

/// ONNX Resize. Coordinates are computed exactly, as quotients of integers: ties are ties, and an element whose coordinate
/// is whole is itself. For that every scale is a fraction, and numerators have to fit 31 bits (about 4 n m for n elements
/// that become m), which is checked: LimitExceeded, or InvalidShape by `Operation::resolve` where sizes are of run time.
///
/// Nearest moves elements of any type bit for bit. Linear and cubic compute floats, f16 and bf16 in f32, rounded once at the
/// end. With M the largest |x| of the elements used, d axes that are interpolated and u = 2^-24 (2^-53 for f64):
/// |error| <= 18 d u M for linear, 150 d 1.4^(d-1) u M for cubic with a from -1 to 0; with antialias or exclude_outside 700 d
/// 1.4^(d-1) u M.
struct ResizeProblem {
  TensorType x;
  /// Sizes of y along `axes`, or empty: then floor(n scale).
  Shape sizes = {};
  /// Empty: all.
  Integers axes = {};
  /// For each of the axes; numerator 0: size / n.
  Fraction scales[Shape::max_rank] = {};
  ResizeMode mode = ResizeMode::Nearest;
  ResizeCoordinates coordinates = ResizeCoordinates::HalfPixel;
  NearestRounding rounding = NearestRounding::RoundPreferFloor;
  double cubic_a = -0.75;
  bool exclude_outside = false;  ///< weights of what is outside x are 0, and the others' sum is made 1
  /// Where an axis becomes shorter, the filter is made as much wider (linear and cubic).
  bool antialias = false;
  /// Of TfCropAndResize, for each of the axes: what is cropped, 0 being the first element and 1 the last.
  Fraction roi_begin[Shape::max_rank] = {}, roi_end[Shape::max_rank] = {};
  double extrapolation = 0;  ///< what is outside x is this: of TfCropAndResize
  TensorType y = {};
  Expression epilogue = {};
  Text name = "resize";
};

Result<void> legal(const ResizeProblem& problem, const MoveSchedule& schedule, const Target& target);
MoveSchedule default_schedule(const ResizeProblem& problem, const Target& target);
Result<Operation> resize(const ResizeProblem& problem, const MoveSchedule& schedule, const Target& target,
                         SourceLocation at = SourceLocation::current());
Result<Operation> resize(const ResizeProblem& problem, const Target& target,
                         SourceLocation at = SourceLocation::current());

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/resize.hpp"
#endif
