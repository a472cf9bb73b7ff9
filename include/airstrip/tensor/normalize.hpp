// Normalisation: layer, RMS, instance, group, mean and variance, Lp (over rows); batch (by channel); local response.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "elementwise.hpp"
#include "expression.hpp"
#include "operation.hpp"
#include "target.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Which elements are normalised together (a row) and by what; ONNX's operators of these names. With m and v the mean and
/// the variance of a row:
enum class NormalizeKind : std::uint8_t {
  Layer,         ///< (x - m) / sqrt(v + epsilon) * scale + bias, over the axes from `axis` on
  Rms,           ///< x / sqrt(mean of x^2 + epsilon) * scale + bias, over the axes from `axis` on
  Instance,      ///< as Layer, over the spatial axes of [batch, channels, spatial…]
  Group,         ///< as Layer, over those and the channels of a group
  MeanVariance,  ///< (x - m) / (sqrt(v) + epsilon), over `axes`
  Lp,            ///< x / (sum of |x|^p)^(1/p) along `axis`; 0 where the norm is 0
};

struct NormalizeProblem {
  NormalizeKind kind = NormalizeKind::Layer;
  TensorType x = {};            ///< floats, [batch, channels, spatial…] for Instance and Group
  int axis = -1;                ///< of Layer, Rms and Lp; counted from the end where it is negative
  std::uint32_t axes = 0b1101;  ///< of MeanVariance: bit i is axis i
  std::uint32_t groups = 1;     ///< of Group: a divisor of the channels, which then are a literal
  double epsilon = 1e-5;        ///< ONNX's MeanVarianceNormalization has 1e-9
  std::uint32_t p = 2;          ///< of Lp: 1 or 2
  /// Whether there are these operands: of the axes that are normalised for Layer and Rms; of the channels for Instance
  /// and Group; none for the others.
  bool scale = false, bias = false;
  Scalar weights = Scalar::F32;  ///< the type of both
  /// Outputs `mean` and `inv_std_dev` (of Rms the latter alone), f32 (f64), one element a row (Layer and Rms).
  bool statistics = false;
  /// What is done to an element before; its one output, from the primary value of the input's type.
  Expression prologue = {};
  /// What is done with a result, whose type is f32 (f64). Empty: stored as `y` with the type that was normalised.
  Expression epilogue = {};
  Text name = "normalize";
};

struct NormalizeSchedule {
  std::uint32_t workgroup = 64;  ///< invocations
  std::uint32_t span = 64;       ///< of which so many share a row; a divisor of the workgroup
  std::uint32_t width = 1;       ///< elements of a vector: 1, 2 or 4, a divisor of the last axis
  std::uint32_t unroll = 1;      ///< vectors of an iteration
  /// Vectors that an invocation keeps in registers, where a row has no more than span times as many (and its length is a
  /// literal); other rows are read once for each sum and once for the results.
  std::uint32_t hold = 0;
};

/// Whether the schedule can be used, or which rule fails and by how much: InvalidShape, WrongType, IllegalSchedule,
/// LimitExceeded, InvalidOperand (a prologue's or epilogue's outputs, and names that collide; epsilon).
Result<void> legal(const NormalizeProblem& problem, const NormalizeSchedule& schedule, const Target& target);
NormalizeSchedule default_schedule(const NormalizeProblem& problem, const Target& target);

/// One kernel; two where `statistics` need more storage buffers than the target has. Operands: `x`, `scale`, `bias`; `y`,
/// or the epilogue's outputs; `mean`, `inv_std_dev`; what prologue and epilogue read.
///
/// The variance is the mean of (x - m)^2, with the m computed before: never the difference of two large numbers. Bounds,
/// with u = 2^-24 (2^-53 for f64), g(k) = k u / (1 - k u), and d the additions that an element of a row of n passes
/// through (never more than n - 1; about n / (span * width) + log2(span * width)):
///
///     |m' - m|  <=  D  =  g(d + 6) * (mean of |x|)
///     |v' - v|  <=  V  =  g(d + 9) * (v + D^2) + D^2, the latter because the mean of (x - m')^2 is v + (m' - m)^2
///     |y' - y|  <=  (V / (v + epsilon) + 16 u) |y - bias| + 2 D r |scale| + 2 u |y|, r = 1 / sqrt(v + epsilon)
///
/// for Layer, Instance and Group, as long as V <= (v + epsilon) / 2. Rms: (g(d + 10) + 12 u) |y - bias| + 2 u |y|. Lp:
/// g(d + 20) |y|. MeanVariance: with q = sqrt(v) + epsilon and R = min(sqrt(V), V / sqrt(v)) / q, as long as R <= 1 / 2,
/// (2 R + 24 u) |y| + 2 D / q. Division, root and inverse root are taken as Vulkan promises them: 2.5, 4.5 and 2 ULP. Then
/// y is rounded to the type it is stored in. Squares must not overflow. Results are the same, bit for bit, for every run
/// of one schedule on one device.
Result<Operation> normalize(const NormalizeProblem& problem, const NormalizeSchedule& schedule,
                            const Target& target, SourceLocation at = SourceLocation::current());
Result<Operation> normalize(const NormalizeProblem& problem, const Target& target,
                            SourceLocation at = SourceLocation::current());

/// (x - mean) / sqrt(variance + epsilon) * scale + bias by channel: ONNX's BatchNormalization, inference.
struct BatchNormalizeProblem {
  TensorType x = {};  ///< [batch, channels, …], floats
  double epsilon = 1e-5;
  Scalar weights = Scalar::F32;  ///< the type of `scale`, `bias`, `mean` and `variance`
  /// As NormalizeProblem's.
  Expression prologue = {}, epilogue = {};
  Text name = "batch_normalize";
};

struct BatchNormalizeSchedule {
  /// Two kernels of Phase::Prepare make factor = scale / sqrt(variance + epsilon) and offset = bias - mean * factor, which
  /// are Packed operands, and then the result is x * factor + offset. Else everything is done for each element.
  bool folds = true;
  ElementwiseSchedule elementwise = {};
};

Result<void> legal(const BatchNormalizeProblem& problem, const BatchNormalizeSchedule& schedule,
                   const Target& target);
BatchNormalizeSchedule default_schedule(const BatchNormalizeProblem& problem, const Target& target);

/// Operands: `x`, `scale`, `bias`, `mean`, `variance`; `y` or the epilogue's outputs; `factor` and `offset`. A variance is
/// not negative.
///
/// Precision, before the result is rounded to its type, with f = scale / sqrt(variance + epsilon): 16 u |y - bias| + u |y|;
/// where it folds, 16 u (|x f| + |mean f|) + 2 u (|bias| + |y|), which is more where x and mean are close to each other.
Result<Operation> batch_normalize(const BatchNormalizeProblem& problem,
                                  const BatchNormalizeSchedule& schedule, const Target& target,
                                  SourceLocation at = SourceLocation::current());
Result<Operation> batch_normalize(const BatchNormalizeProblem& problem, const Target& target,
                                  SourceLocation at = SourceLocation::current());

/// y = x / (bias + alpha / size * (sum of x^2 over neighbouring channels))^beta, the sum over channels
/// c - floor((size - 1) / 2) to c + ceil((size - 1) / 2), those that there are: ONNX's LRN.
struct LocalResponseProblem {
  TensorType x = {};  ///< [batch, channels, …], floats
  std::uint32_t size = 1;
  double alpha = 1e-4, beta = 0.75, bias = 1;  ///< beta of f64: 0.25, 0.5, 0.75 or 1
  /// As NormalizeProblem's.
  Expression prologue = {}, epilogue = {};
  Text name = "local_response_normalize";
};

struct LocalResponseSchedule {
  std::uint32_t workgroup = 64;  ///< invocations, one element each
};

Result<void> legal(const LocalResponseProblem& problem, const LocalResponseSchedule& schedule,
                   const Target& target);
LocalResponseSchedule default_schedule(const LocalResponseProblem& problem, const Target& target);

/// One kernel. Operands: `x`; `y` or the epilogue's outputs. Precision, with a base above 0: (beta * g(size + 5) + 30 u) |y|
/// for a beta of 0.25, 0.5, 0.75 or 1, else (beta * (g(size + 5) + u |ln base|) + 5 u) |y| and the error of
/// Function::Pow: u |ln base| for beta, which is rounded, and 5 u for the division.
Result<Operation> local_response_normalize(const LocalResponseProblem& problem,
                                           const LocalResponseSchedule& schedule, const Target& target,
                                           SourceLocation at = SourceLocation::current());
Result<Operation> local_response_normalize(const LocalResponseProblem& problem, const Target& target,
                                           SourceLocation at = SourceLocation::current());

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/batch_normalize.hpp"
#include "impl/local_response.hpp"
#include "impl/normalize.hpp"
#endif
