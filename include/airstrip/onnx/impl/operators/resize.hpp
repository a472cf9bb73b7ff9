// Resize and Upsample.
#pragma once

#include "../../../tensor/resize.hpp"
#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// A number as a simple fraction; false: it is none, and the node is given up.
inline bool simple_fraction(NodeImporter& n, double value, tensor::Fraction& fraction) {
  if (value == value) fraction = tensor::fraction_of(value);
  if (fraction.numerator != 0 || value == 0) return true;
  n.unsupported("a scale or a corner of the region is no fraction of a denominator below 4096");
  return false;
}

inline bool resize_mode(NodeImporter& n, tensor::ResizeProblem& problem) {
  const Text mode = n.text("mode", "nearest");
  if (mode == Text("nearest"))
    problem.mode = tensor::ResizeMode::Nearest;
  else if (mode == Text("linear") || mode == Text("bilinear"))
    problem.mode = tensor::ResizeMode::Linear;
  else if (mode == Text("cubic"))
    problem.mode = tensor::ResizeMode::Cubic;
  else
    n.unsupported(String("its mode is ") << mode);
  if (problem.mode != tensor::ResizeMode::Nearest && !kernel::is_float(n.type(0).scalar))
    n.unsupported("it interpolates integers, whose rounding ONNX leaves open");
  return !n.is_given_up();
}

/// One scale for each axis. False: given up.
inline bool set_scales(NodeImporter& n, const Buffer<double>& scales, tensor::ResizeProblem& problem) {
  const std::size_t count = problem.axes.empty() ? n.rank(0) : problem.axes.size();
  if (scales.size() != count || count > Shape::max_rank) {
    contradict(n, "there is not one scale for each axis");
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!simple_fraction(n, scales[i], problem.scales[i])) return false;
    if (problem.scales[i].numerator <= 0) {
      contradict(n, "a scale is not positive");
      return false;
    }
  }
  return true;
}

/// ONNX's coordinate_transformation_mode and nearest_mode, since 11.
inline bool resize_coordinates(NodeImporter& n, tensor::ResizeProblem& problem) {
  using tensor::NearestRounding;
  using tensor::ResizeCoordinates;
  const Text rounding = n.text("nearest_mode", "round_prefer_floor");
  if (rounding == Text("round_prefer_floor"))
    problem.rounding = NearestRounding::RoundPreferFloor;
  else if (rounding == Text("round_prefer_ceil"))
    problem.rounding = NearestRounding::RoundPreferCeil;
  else if (rounding == Text("floor"))
    problem.rounding = NearestRounding::Floor;
  else if (rounding == Text("ceil"))
    problem.rounding = NearestRounding::Ceil;
  else
    n.unsupported(String("its nearest_mode is ") << rounding);
  const Text coordinates = n.text("coordinate_transformation_mode", "half_pixel");
  constexpr struct {
    const char* name;
    ResizeCoordinates coordinates;
  } names[] = {
      {"half_pixel", ResizeCoordinates::HalfPixel},
      {"half_pixel_symmetric", ResizeCoordinates::HalfPixelSymmetric},
      {"pytorch_half_pixel", ResizeCoordinates::PytorchHalfPixel},
      {"align_corners", ResizeCoordinates::AlignCorners},
      {"asymmetric", ResizeCoordinates::Asymmetric},
      {"tf_crop_and_resize", ResizeCoordinates::TfCropAndResize},
  };
  for (const auto& entry : names)
    if (coordinates == Text(entry.name)) {
      problem.coordinates = entry.coordinates;
      return !n.is_given_up();
    }
  // Of 11 alone: floor((c + 1/2) / s), which is (c + 1/2) / s - 1/2 with halves rounded up.
  if (coordinates == Text("tf_half_pixel_for_nn") && problem.mode == tensor::ResizeMode::Nearest &&
      problem.rounding == NearestRounding::Floor) {
    problem.coordinates = ResizeCoordinates::HalfPixel;
    problem.rounding = NearestRounding::RoundPreferCeil;
    return !n.is_given_up();
  }
  n.unsupported(String("its coordinate_transformation_mode is ") << coordinates);
  return false;
}

inline bool resize_scales(NodeImporter& n, std::size_t input, tensor::ResizeProblem& problem) {
  Buffer<double> scales;
  return n.known_numbers(input, scales) && set_scales(n, scales, problem);
}

// Sizes of one scale for all axes, the least or the largest that is asked for (ONNX since 18); halves are rounded up.
inline bool keep_aspect_ratio(NodeImporter& n, bool not_larger, tensor::ResizeProblem& problem) {
  tensor::Fraction scale;
  std::size_t axes[Shape::max_rank] = {};
  for (std::size_t i = 0; i < problem.sizes.rank(); ++i) {
    const std::int64_t axis = problem.axes.empty() ? static_cast<std::int64_t>(i)
                                                   : NodeImporter::from_first(problem.axes[i], n.rank(0));
    if (axis < 0 || axis >= static_cast<std::int64_t>(n.rank(0))) {
      contradict(n, "an axis is none of x's");
      return false;
    }
    axes[i] = static_cast<std::size_t>(axis);
    const Dimension& in = n.shape(0)[axes[i]];
    if (!in.is_literal() || !problem.sizes[i].is_literal() || in.value() < 1) {
      n.unsupported("it keeps the ratio of sizes that are not known");
      return false;
    }
    if (problem.sizes[i].value() < 0 || problem.sizes[i].value() > most_elements ||
        in.value() > most_elements) {
      n.unsupported("it keeps the ratio of sizes that are negative, or more than 2^30");
      return false;
    }
    const tensor::Fraction one = {problem.sizes[i].value(), in.value()};
    const std::int64_t left = one.numerator * scale.denominator, right = scale.numerator * one.denominator;
    if (i == 0 || (not_larger ? left < right : left > right)) scale = one;
  }
  for (std::size_t i = 0; i < problem.sizes.rank(); ++i) {
    const std::int64_t in = n.shape(0)[axes[i]].value();
    problem.sizes[i] = (2 * in * scale.numerator + scale.denominator) / (2 * scale.denominator);
    problem.scales[i] = scale;
  }
  return true;
}

// Leaves out the axes that stay as they are. False: those that are left are too many.
inline bool resize_what_changes(NodeImporter& n, tensor::ResizeProblem& problem) {
  tensor::ResizeProblem less = problem;
  const std::size_t count = problem.axes.empty() ? n.rank(0) : problem.axes.size();
  less.axes = tensor::Integers();
  less.sizes = Shape();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count && i < Shape::max_rank; ++i) {
    const std::int64_t axis = problem.axes.empty() ? static_cast<std::int64_t>(i)
                                                   : NodeImporter::from_first(problem.axes[i], n.rank(0));
    if (axis < 0 || axis >= static_cast<std::int64_t>(n.rank(0))) {
      contradict(n, "an axis is none of x's");
      return false;
    }
    const auto is = [](const tensor::Fraction& f, std::int64_t value) {
      return f.numerator == value * f.denominator;
    };
    const bool same_size =
        problem.sizes.empty() || problem.sizes[i] == n.shape(0)[static_cast<std::size_t>(axis)];
    const bool same_scale =
        problem.scales[i].numerator == 0 ? !problem.sizes.empty() : is(problem.scales[i], 1);
    const bool whole = problem.coordinates != tensor::ResizeCoordinates::TfCropAndResize ||
                       (is(problem.roi_begin[i], 0) && is(problem.roi_end[i], 1));
    if (same_size && same_scale && whole) continue;
    less.axes.push_back(axis);
    if (!problem.sizes.empty()) less.sizes.push_back(problem.sizes[i]);
    less.scales[kept] = problem.scales[i];
    less.roi_begin[kept] = problem.roi_begin[i];
    less.roi_end[kept++] = problem.roi_end[i];
  }
  problem = less;
  if (problem.mode != tensor::ResizeMode::Nearest && kept > 3)
    n.unsupported("it interpolates along more than three axes");
  return !n.is_given_up();
}

// ONNX Resize. 10 knows only the coordinates of Upsample; 11 has roi, scales and sizes as inputs; 18 axes, antialias and
// ratios that are kept.
inline void import_resize(NodeImporter& n) {
  tensor::ResizeProblem problem;
  if (!resize_mode(n, problem)) return;
  if (n.opset < 11) {
    problem.coordinates = tensor::ResizeCoordinates::Asymmetric;
    problem.rounding = tensor::NearestRounding::Floor;
    if (!resize_scales(n, 1, problem) || !resize_what_changes(n, problem)) return;
    return n.set(0, problem.axes.empty() ? n.input(0) : n.g.add(problem, {n.input(0)}, n.name()));
  }
  if (!resize_coordinates(n, problem)) return;
  problem.cubic_a = n.number("cubic_coeff_a", -0.75);
  problem.exclude_outside = n.integer("exclude_outside", 0) != 0;
  problem.extrapolation = n.number("extrapolation_value", 0);
  if (n.opset >= 18) {
    problem.antialias = n.integer("antialias", 0) != 0;
    problem.axes = n.list("axes");
  }
  const Text policy = n.opset >= 18 ? n.text("keep_aspect_ratio_policy", "stretch") : Text("stretch");
  const bool stretches = policy == Text("stretch"), not_larger = policy == Text("not_larger");
  if (!stretches && !not_larger && !(policy == Text("not_smaller")))
    return n.unsupported(String("its keep_aspect_ratio_policy is ") << policy);
  // An input that is left out may be one without elements.
  const auto is_there = [&](std::size_t i) {
    return n.has(i) && !(n.rank(i) == 1 && n.shape(i)[0] == Dimension(0));
  };
  const std::size_t count = problem.axes.empty() ? n.rank(0) : problem.axes.size();
  if (is_there(3)) {
    if (!n.known_sizes(3, problem.sizes)) return;
    if (problem.sizes.rank() != count) return contradict(n, "there is not one size for each axis");
    if (!stretches && !keep_aspect_ratio(n, not_larger, problem)) return;
  } else if (is_there(2)) {
    if (!resize_scales(n, 2, problem)) return;
  } else {
    return contradict(n, "Resize has neither scales nor sizes");
  }
  if (problem.coordinates == tensor::ResizeCoordinates::TfCropAndResize) {
    Buffer<double> region;
    if (!is_there(1)) return contradict(n, "tf_crop_and_resize has no region");
    if (!n.known_numbers(1, region)) return;
    if (region.size() != 2 * count) return contradict(n, "the region has not two numbers for each axis");
    for (std::size_t i = 0; i < count; ++i)
      if (!simple_fraction(n, region[i], problem.roi_begin[i]) ||
          !simple_fraction(n, region[count + i], problem.roi_end[i]))
        return;
    // ONNX's text multiplies the result's size by the region's, and its reference implementation does not.
    for (std::size_t i = 0; i < count && problem.sizes.empty(); ++i)
      if (region[count + i] - region[i] != 1)
        return n.unsupported("it has scales beside a region, of which ONNX leaves open what size they give");
  }
  if (!resize_what_changes(n, problem)) return;
  n.set(0, problem.axes.empty() ? n.input(0) : n.g.add(problem, {n.input(0)}, n.name()));
}

// ONNX Upsample: scales are an attribute before 9.
inline void import_upsample(NodeImporter& n) {
  tensor::ResizeProblem problem;
  problem.coordinates = tensor::ResizeCoordinates::Asymmetric;
  problem.rounding = tensor::NearestRounding::Floor;
  if (!resize_mode(n, problem)) return;
  if (n.opset >= 9) {
    if (!resize_scales(n, 1, problem)) return;
  } else {
    const Attribute* const scales = n.attribute("scales", AttributeType::Floats);
    Buffer<double> numbers;
    if (scales)
      for (const float scale : scales->floats) numbers.push_back(static_cast<double>(scale));
    if (!set_scales(n, numbers, problem)) return;
  }
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

// ONNX CenterCropPad: what an axis is too long is cut, what it is too short is padded with zeros; an odd one at the end.
inline void import_center_crop_pad(NodeImporter& n) {
  Shape wanted;
  if (!n.known_sizes(1, wanted)) return;
  tensor::Integers axes = n.list("axes");
  const std::size_t rank = n.rank(0);
  if (axes.empty())
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (axes.size() != wanted.rank()) return contradict(n, "there is not one size for each axis");
  ValueId y = n.input(0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t axis = NodeImporter::from_first(axes[i], rank);
    if (axis < 0 || axis >= static_cast<std::int64_t>(rank)) return contradict(n, "an axis is none of x's");
    const Dimension before = n.g.type(y).shape[static_cast<std::size_t>(axis)], after = wanted[i];
    if (before == after) continue;
    if (!before.is_literal() || !after.is_literal()) return n.unsupported("a size is not known");
    if (after.value() < 0) return contradict(n, "a size that it crops or pads to is negative");
    const std::int64_t more = after.value() - before.value();
    if (more < 0) {
      y = slice_of(n, y, axis, -more / 2, -more / 2 + after.value());
      continue;
    }
    tensor::PadProblem pad;
    pad.axes = {axis};
    pad.before = {more / 2};
    pad.after = {more - more / 2};
    y = n.g.add(pad, {y});
  }
  n.set(0, y);
}

inline constexpr OperatorEntry resize_operators[] = {
    {"CenterCropPad", import_center_crop_pad},
    {"Resize", import_resize},
    {"Upsample", import_upsample},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
