// Paddings that are told by what should come out: ONNX's auto_pad and output_shape.
#pragma once

#include "convolution_shape.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline Result<std::size_t> spatial_axes(const ConvolutionProblem& problem) {
  const std::size_t rank = problem.x.shape.rank();
  if (rank >= 3 && rank <= 5 && problem.w.shape.rank() == rank) return rank - 2;
  return refuse(ErrorCode::InvalidShape,
                "x and w of a convolution have two axes and the one to three spatial ones");
}

inline Diagnostic unknown_size(const char* what, std::size_t axis) {
  const std::uint64_t number = axis;
  String message("the padding of spatial axis ");
  message << number << " follows from the size of " << what
          << ", which is a parameter; state pad_begin and pad_end";
  return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
}

inline void split_padding(ConvolutionAxis& axis, std::int64_t total, bool odd_at_end) {
  axis.pad_begin = odd_at_end ? total / 2 : total - total / 2;
  axis.pad_end = total - axis.pad_begin;
}

// Of a transposed convolution: `total` outputs less than there are without padding. More than those are output padding.
inline void cut_outputs(ConvolutionAxis& axis, std::int64_t total, bool odd_at_end) {
  split_padding(axis, total < 0 ? 0 : total, odd_at_end);
  if (total < 0) axis.output_padding -= total;
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> set_auto_pad(ConvolutionProblem& problem, AutoPad mode) {
  const Result<std::size_t> spatial = detail::spatial_axes(problem);
  if (!spatial) return spatial.error();
  for (std::size_t i = 0; i < *spatial; ++i) {
    ConvolutionAxis& a = problem.axes[i];
    const Dimension &in = problem.x.shape[i + 2], &kernel = problem.w.shape[i + 2];
    std::int64_t total = 0;
    if (mode != AutoPad::Valid) {
      if (!kernel.is_literal()) return detail::unknown_size("w", i);
      const std::int64_t extent = (kernel.value() - 1) * a.dilation + 1;
      if (problem.transposed) {
        // stride * in outputs, of stride (in - 1) + output_padding + extent.
        detail::cut_outputs(a, extent + a.output_padding - a.stride, mode == AutoPad::SameUpper);
        continue;
      }
      if (a.stride == 1) {
        total = extent - 1;
      } else if (a.stride > 1) {
        if (!in.is_literal()) return detail::unknown_size("x", i);
        total = (detail::ceil_div(in.value(), a.stride) - 1) * a.stride + extent - in.value();
      }
    }
    detail::split_padding(a, total < 0 ? 0 : total, mode == AutoPad::SameUpper);
  }
  return {};
}

AIRSTRIP_INLINE Result<void> set_output_sizes(ConvolutionProblem& problem, Span<const std::int64_t> sizes,
                                              AutoPad mode) {
  const Result<std::size_t> spatial = detail::spatial_axes(problem);
  if (!spatial) return spatial.error();
  if (!problem.transposed)
    return detail::refuse(ErrorCode::InvalidShape,
                          "output sizes choose the padding of a transposed convolution only");
  if (sizes.size() != *spatial)
    return detail::refuse(ErrorCode::InvalidShape, "there is not one output size for each spatial axis");
  for (std::size_t i = 0; i < *spatial; ++i) {
    ConvolutionAxis& a = problem.axes[i];
    const Dimension &in = problem.x.shape[i + 2], &kernel = problem.w.shape[i + 2];
    if (!kernel.is_literal()) return detail::unknown_size("w", i);
    if (!in.is_literal()) return detail::unknown_size("x", i);
    const std::int64_t extent = (kernel.value() - 1) * a.dilation + 1;
    const std::int64_t total = a.stride * (in.value() - 1) + a.output_padding + extent - sizes[i];
    detail::cut_outputs(a, total, mode == AutoPad::SameUpper);
  }
  return {};
}

AIRSTRIP_TENSOR_NAMESPACE_END
