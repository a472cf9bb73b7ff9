// Convolutions at random, and what they give in double precision, written down as the formulas say.
#pragma once

#include <airstrip/tensor/primitives/winograd.hpp>

#include "run_operation.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace test {

using airstrip::tensor::ConvolutionAxis;
using airstrip::tensor::ConvolutionProblem;
using airstrip::tensor::Dimension;
using airstrip::tensor::Expr;
using airstrip::tensor::Expression;
using airstrip::tensor::Shape;

// Sizes of a convolution as numbers. x and w lie in memory as [N, C, …] or, if `channels_last`, x as [N, …, C].
struct ConvolutionCase {
  std::int64_t batch = 1, channels = 1, outputs = 1, groups = 1;
  std::vector<std::int64_t> in = {}, kernel = {};
  std::vector<ConvolutionAxis> axes = {};
  bool transposed = false;
  bool channels_last = false;
  Scalar scalar = Scalar::F32;
  Scalar w_scalar = Scalar::F32;
  bool run_time = false;  // batch, channels (of one group) and sizes are parameters
  bool kernel_run_time = false;
  bool x_prologue = false;  // max(x, 0.25), of integers x - x_zero
  bool w_prologue = false;  // w * w_scale[m], of integers w - w_zero[m]
  bool bias = false;        // + b[m], max with 0
  bool residual = false;    // + r[n, m, o], and a second output: the sum
  std::int64_t x_zero = 3;

  std::size_t spatial() const { return in.size(); }
  std::int64_t out(std::size_t i) const {
    const ConvolutionAxis& a = axes[i];
    const std::int64_t extent = (kernel[i] - 1) * a.dilation + 1, pads = a.pad_begin + a.pad_end;
    if (transposed) return (in[i] - 1) * a.stride + a.output_padding + extent - pads;
    const std::int64_t room = in[i] + pads - extent;
    return room < 0 ? 0 : room / a.stride + 1;
  }
  std::vector<std::int64_t> x_shape() const {
    std::vector<std::int64_t> s = {batch, channels};
    s.insert(s.end(), in.begin(), in.end());
    return s;
  }
  std::vector<std::int64_t> w_shape() const {
    std::vector<std::int64_t> s = {outputs, channels / groups};
    if (transposed) s = {channels, outputs / groups};
    s.insert(s.end(), kernel.begin(), kernel.end());
    return s;
  }
  std::vector<std::int64_t> y_shape() const {
    std::vector<std::int64_t> s = {batch, outputs};
    for (std::size_t i = 0; i < spatial(); ++i) s.push_back(out(i));
    return s;
  }
  bool integers() const { return airstrip::kernel::is_int(scalar); }
};

inline std::int64_t product_of(const std::vector<std::int64_t>& shape) {
  std::int64_t n = 1;
  for (const std::int64_t d : shape) n *= d;
  return n;
}

// The problem, and into `given` the values of its parameters.
inline ConvolutionProblem problem_of(const ConvolutionCase& c, Given* given = nullptr) {
  ConvolutionProblem p;
  const auto size = [&](bool run_time, const std::string& name, std::int64_t value) {
    if (!run_time) return Dimension(value);
    if (given) given->sizes.push_back({name, value});
    // Known to be small, so that a limit of loop iterations can be kept.
    return Dimension::parameter(airstrip::Text(name.c_str()), name[0] == 'k' ? 6 : 32);
  };
  const bool one = c.groups == 1;
  const Dimension batch = size(c.run_time, "n", c.batch), channels = size(c.run_time && one, "c", c.channels);
  p.x.scalar = c.scalar;
  p.w.scalar = c.w_scalar;
  p.x.shape = {batch, channels};
  p.w.shape = {Dimension(c.outputs), one ? channels : Dimension(c.channels / c.groups)};
  if (c.transposed) p.w.shape = {channels, Dimension(c.outputs / c.groups)};
  for (std::size_t i = 0; i < c.spatial(); ++i) {
    p.x.shape.push_back(size(c.run_time, "d" + std::to_string(i), c.in[i]));
    p.w.shape.push_back(size(c.kernel_run_time, "k" + std::to_string(i), c.kernel[i]));
    p.axes[i] = c.axes[i];
  }
  if (c.channels_last) {  // only of literal sizes
    std::int64_t stride = c.channels;
    std::vector<std::int64_t> strides(c.spatial() + 2, 1);
    for (std::size_t i = c.spatial(); i-- > 0;) {
      strides[i + 2] = stride;
      stride *= c.in[i];
    }
    strides[0] = stride;
    for (const std::int64_t s : strides) p.x.strides.push_back(s);
  }
  p.groups = c.groups;
  p.transposed = c.transposed;
  Shape per_output = {Dimension(c.transposed ? c.outputs / c.groups : c.outputs)};
  for (std::size_t i = 0; i < c.spatial(); ++i) per_output.push_back(1);
  Shape of_w = {Dimension(c.outputs), 1};
  if (c.transposed) of_w = {Dimension(c.outputs / c.groups)};
  for (std::size_t i = 0; i < c.spatial(); ++i) of_w.push_back(1);
  if (c.x_prologue) {
    Expression& e = p.x_prologue;
    const Expr x = e.primary(c.scalar);
    if (c.integers())
      e.output("loaded", cast(x, Scalar::I32) - static_cast<int>(c.x_zero));
    else
      e.output("loaded", (tensor::max)(cast(x, Scalar::F32), 0.25));
  }
  if (c.w_prologue) {
    Expression& e = p.w_prologue;
    const Expr w = e.primary(c.w_scalar);
    if (c.integers())
      e.output("loaded", cast(w, Scalar::I32) - e.input("w_zero", {Scalar::I32, of_w}));
    else
      e.output("loaded", cast(w, Scalar::F32) * e.input("w_scale", {Scalar::F32, of_w}));
  }
  if (c.bias || c.residual) {
    Expression& e = p.epilogue;
    const Scalar type = c.integers() ? Scalar::I32 : Scalar::F32;
    const Expr sum = e.primary(type);
    Expr y = sum;
    Shape bias = {Dimension(c.outputs)};
    for (std::size_t i = 0; i < c.spatial(); ++i) bias.push_back(1);
    if (c.bias) y = (tensor::max)(y + e.input("b", {type, bias}), 0);
    if (c.residual) {
      Shape shape = {batch, Dimension(c.outputs)};
      for (std::size_t i = 0; i < c.spatial(); ++i)
        shape.push_back(c.run_time || c.kernel_run_time ? Dimension(1) : Dimension(c.out(i)));
      y = y + e.input("r", {type, shape});
      e.output("sum", sum);
    }
    e.output("y", y);
  }
  return p;
}

// What the sums are, how far they may be off, and what the epilogue makes of them.
struct ConvolutionReference {
  std::vector<double> sum, magnitude, y, bound;
  std::int64_t products = 0;  // most of one output
};

inline void fill(const ConvolutionCase& c, Given& given, Random& random) {
  const auto tensor = [&](Scalar s, std::vector<std::int64_t> shape) {
    const bool is_unsigned = !airstrip::kernel::is_float(s) && !airstrip::kernel::is_signed(s);
    return HostTensor::random(s, std::move(shape), random,
                              is_unsigned    ? 0
                              : c.integers() ? -100
                                             : -2,
                              is_unsigned    ? 200
                              : c.integers() ? 100
                                             : 2);
  };
  given.inputs["x"] = tensor(c.scalar, c.x_shape());
  given.inputs["w"] = tensor(c.w_scalar, c.w_shape());
  const Scalar type = c.integers() ? Scalar::I32 : Scalar::F32;
  const std::int64_t of_w = c.transposed ? c.outputs / c.groups : c.outputs;
  if (c.w_prologue) given.inputs[c.integers() ? "w_zero" : "w_scale"] = tensor(type, {of_w});
  if (c.bias) given.inputs["b"] = tensor(type, {c.outputs});
  if (c.residual)
    given.inputs["r"] = tensor(
        type, c.run_time || c.kernel_run_time ? std::vector<std::int64_t>{c.batch, c.outputs} : c.y_shape());
}

// Elements of x and w as the prologues make them; `channel` is counted in the group.
inline double x_element(const ConvolutionCase& c, const Given& given, std::int64_t n, std::int64_t channel,
                        const std::vector<std::int64_t>& at) {
  std::int64_t index = c.channels_last ? n : n * c.channels + channel;
  for (std::size_t i = 0; i < c.spatial(); ++i) index = index * c.in[i] + at[i];
  if (c.channels_last) index = index * c.channels + channel;
  const double v = given.inputs.at("x")[static_cast<std::size_t>(index)];
  if (!c.x_prologue) return v;
  return c.integers() ? v - static_cast<double>(c.x_zero) : std::fmax(v, 0.25);
}
inline double w_element(const ConvolutionCase& c, const Given& given, std::int64_t m, std::int64_t channel,
                        std::int64_t tap) {
  const std::int64_t group_channels = c.channels / c.groups, group_outputs = c.outputs / c.groups;
  const std::int64_t index =
      c.transposed ? (m / group_outputs * group_channels + channel) * group_outputs + m % group_outputs
                   : m * group_channels + channel;
  const double v = given.inputs.at("w")[static_cast<std::size_t>(index * product_of(c.kernel) + tap)];
  if (!c.w_prologue) return v;
  const std::size_t which = static_cast<std::size_t>(c.transposed ? m % group_outputs : m);
  if (c.integers()) return v - given.inputs.at("w_zero")[which];
  // The product by the scale is rounded, as the kernel's is.
  return static_cast<double>(static_cast<float>(v) * static_cast<float>(given.inputs.at("w_scale")[which]));
}

// For each output the formula of primitives/winograd.hpp over absolute values.
inline std::vector<double> winograd_magnitude(const ConvolutionCase& c, const Given& given,
                                              std::uint32_t outputs) {
  const airstrip::tensor::WinogradTransform t = airstrip::tensor::winograd_transform(outputs);
  const std::vector<std::int64_t> y = c.y_shape();
  std::vector<double> result(static_cast<std::size_t>(product_of(y)));
  const std::size_t points = t.points;
  const auto both_sides = [](const double* matrix, std::size_t rows, std::size_t columns,
                             const std::vector<double>& tile) {
    std::vector<double> between(rows * columns), all(rows * rows);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        for (std::size_t k = 0; k < columns; ++k)
          between[i * columns + j] += std::fabs(matrix[i * columns + k]) * tile[k * columns + j];
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < rows; ++j)
        for (std::size_t k = 0; k < columns; ++k)
          all[i * rows + j] += between[i * columns + k] * std::fabs(matrix[j * columns + k]);
    return all;
  };
  std::vector<std::vector<double>> kernels;  // [m][c]
  for (std::int64_t m = 0; m < c.outputs; ++m)
    for (std::int64_t channel = 0; channel < c.channels; ++channel) {
      std::vector<double> w(9);
      for (std::size_t tap = 0; tap < 9; ++tap)
        w[tap] = std::fabs(w_element(c, given, m, channel, static_cast<std::int64_t>(tap)));
      kernels.push_back(both_sides(t.weight, points, 3, w));
    }
  const std::int64_t step = outputs;
  for (std::int64_t n = 0; n < c.batch; ++n)
    for (std::int64_t row = 0; row < y[2]; row += step)
      for (std::int64_t column = 0; column < y[3]; column += step) {
        std::vector<std::vector<double>> sums(static_cast<std::size_t>(c.outputs),
                                              std::vector<double>(points * points));
        for (std::int64_t channel = 0; channel < c.channels; ++channel) {
          std::vector<double> x(points * points);
          for (std::size_t i = 0; i < points * points; ++i) {
            const std::int64_t h = row - c.axes[0].pad_begin + static_cast<std::int64_t>(i / points),
                               v = column - c.axes[1].pad_begin + static_cast<std::int64_t>(i % points);
            if (h >= 0 && v >= 0 && h < c.in[0] && v < c.in[1])
              x[i] = std::fabs(x_element(c, given, n, channel, {h, v}));
          }
          const std::vector<double> tile = both_sides(t.input, points, points, x);
          for (std::int64_t m = 0; m < c.outputs; ++m)
            for (std::size_t i = 0; i < points * points; ++i)
              sums[static_cast<std::size_t>(m)][i] +=
                  tile[i] * kernels[static_cast<std::size_t>(m * c.channels + channel)][i];
        }
        for (std::int64_t m = 0; m < c.outputs; ++m) {
          const std::vector<double> all =
              both_sides(t.output, outputs, points, sums[static_cast<std::size_t>(m)]);
          for (std::int64_t i = 0; i < step && row + i < y[2]; ++i)
            for (std::int64_t j = 0; j < step && column + j < y[3]; ++j)
              result[static_cast<std::size_t>(((n * c.outputs + m) * y[2] + row + i) * y[3] + column + j)] =
                  all[static_cast<std::size_t>(i * step + j)];
        }
      }
  return result;
}

// `winograd`: outputs of the tiles, or 0.
inline ConvolutionReference reference_of(const ConvolutionCase& c, const Given& given,
                                         std::uint32_t winograd = 0) {
  ConvolutionReference ref;
  const std::vector<std::int64_t> y_shape = c.y_shape();
  const std::size_t spatial = c.spatial(), count = static_cast<std::size_t>(product_of(y_shape));
  const std::int64_t group_channels = c.channels / c.groups, group_outputs = c.outputs / c.groups;
  const std::int64_t taps = product_of(c.kernel);
  ref.products = group_channels * taps;
  ref.sum.assign(count, 0);
  ref.magnitude.assign(count, 0);
  for (std::size_t flat = 0; flat < count; ++flat) {
    std::vector<std::int64_t> o(spatial), i(spatial);
    std::int64_t rest = static_cast<std::int64_t>(flat);
    for (std::size_t a = spatial; a-- > 0;) {
      o[a] = rest % y_shape[a + 2];
      rest /= y_shape[a + 2];
    }
    const std::int64_t m = rest % c.outputs, n = rest / c.outputs;
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      bool inside = true;
      std::int64_t t = tap;
      for (std::size_t a = spatial; a-- > 0;) {
        const ConvolutionAxis& axis = c.axes[a];
        const std::int64_t k = t % c.kernel[a];
        t /= c.kernel[a];
        if (!c.transposed) {
          i[a] = o[a] * axis.stride - axis.pad_begin + k * axis.dilation;
        } else {
          const std::int64_t scaled = o[a] + axis.pad_begin - k * axis.dilation;
          inside = inside && scaled >= 0 && scaled % axis.stride == 0;
          i[a] = inside ? scaled / axis.stride : 0;
        }
        inside = inside && i[a] >= 0 && i[a] < c.in[a];
      }
      if (!inside) continue;
      for (std::int64_t channel = 0; channel < group_channels; ++channel) {
        const double product = x_element(c, given, n, m / group_outputs * group_channels + channel, i) *
                               w_element(c, given, m, channel, tap);
        ref.sum[flat] += product;
        ref.magnitude[flat] += std::fabs(product);
      }
    }
  }
  // Of the sum gamma_K S, and for each operation behind it a rounding of something no larger than all together.
  double k = static_cast<double>(ref.products);
  if (winograd) {
    k = static_cast<double>(c.channels + airstrip::tensor::winograd_transform(winograd).roundings);
    ref.magnitude = winograd_magnitude(c, given, winograd);
  }
  const double u = 0x1p-24;
  ref.y.resize(count);
  ref.bound.resize(count);
  for (std::size_t flat = 0; flat < count; ++flat) {
    const std::size_t m = flat / static_cast<std::size_t>(product_of(y_shape) / c.batch / c.outputs) %
                          static_cast<std::size_t>(c.outputs);
    double y = ref.sum[flat], all = ref.magnitude[flat];
    if (c.bias) {
      const double b = given.inputs.at("b")[m];
      y = std::fmax(y + b, 0);
      all += std::fabs(b);
    }
    if (c.residual) {
      const HostTensor& r = given.inputs.at("r");
      const double more = r[c.run_time || c.kernel_run_time
                                ? flat / static_cast<std::size_t>(product_of(y_shape) / c.batch / c.outputs)
                                : flat];
      y += more;
      all += std::fabs(more);
    }
    ref.y[flat] = y;
    ref.bound[flat] = c.integers() ? 0 : (k + 3) * u / (1 - (k + 3) * u) * all;
    // Stored with the 11 or 8 significant bits of x's type; where that is subnormal, with the spacing of those.
    if (!c.bias && !c.residual && c.scalar == Scalar::F16)
      ref.bound[flat] += 0x1p-11 * std::fabs(y) + 0x1p-24;
    if (!c.bias && !c.residual && c.scalar == Scalar::BF16) ref.bound[flat] += 0x1p-8 * std::fabs(y);
  }
  return ref;
}

// In words what differs; empty: nothing does.
inline std::string difference(const ConvolutionReference& ref, const HostTensor& found) {
  if (found.size() != ref.y.size())
    return std::to_string(ref.y.size()) + " elements expected, " + std::to_string(found.size()) + " found";
  std::size_t wrong = 0;
  std::string first;
  for (std::size_t i = 0; i < ref.y.size(); ++i) {
    if (std::fabs(found[i] - ref.y[i]) <= ref.bound[i]) continue;
    if (wrong++ == 0)
      first = "element " + std::to_string(i) + ": expected " + std::to_string(ref.y[i]) + ", found " +
              std::to_string(found[i]) + ", bound " + std::to_string(ref.bound[i]);
  }
  return wrong ? std::to_string(wrong) + " of " + std::to_string(ref.y.size()) + " differ; " + first : "";
}

// Any convolution that is small, valid, and of at most `spatial` axes.
inline ConvolutionCase random_convolution(Random& random, bool weak = false) {
  ConvolutionCase c;
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random.below(static_cast<std::size_t>(high - low + 1)));
  };
  const std::size_t spatial = 1 + random.below(3);
  c.batch = between(1, 2);
  c.groups = random.one_in(3) ? between(2, 3) : 1;
  const bool depthwise = random.one_in(4);
  if (depthwise) c.groups = between(1, 6);
  c.channels = c.groups * (depthwise ? 1 : between(1, 4));
  c.outputs = c.groups * between(1, depthwise ? 2 : 5);
  c.transposed = random.one_in(3);
  const std::int64_t largest = spatial == 1 ? 20 : spatial == 2 ? 9 : 5;
  for (std::size_t i = 0; i < spatial; ++i) {
    ConvolutionAxis a;
    a.stride = random.one_in(2) ? between(2, 4) : 1;
    a.dilation = random.one_in(3) ? between(2, 4) : 1;
    a.pad_begin = random.one_in(2) ? between(0, 4) : 0;
    a.pad_end = random.one_in(2) ? between(0, 4) : 0;
    if (c.transposed && random.one_in(2)) a.output_padding = between(0, a.stride - 1);
    c.axes.push_back(a);
    c.kernel.push_back(between(1, spatial == 3 ? 2 : 4));
    c.in.push_back(between(1, largest));
    // Enough for an output.
    while (c.out(i) < 1) ++c.in.back();
  }
  switch (random.below(5)) {
    case 0: c.scalar = c.w_scalar = Scalar::F16; break;
    case 1: c.scalar = c.w_scalar = Scalar::BF16; break;
    case 2:
      c.scalar = random.one_in(2) ? Scalar::U8 : Scalar::I8;
      c.w_scalar = random.one_in(2) ? Scalar::U8 : Scalar::I8;
      break;
    default: break;
  }
  c.channels_last = random.one_in(4);
  c.run_time = !c.channels_last && random.one_in(3);
  c.x_prologue = random.one_in(4);
  c.w_prologue = random.one_in(4);
  c.bias = !(weak && c.w_prologue) && random.one_in(3);
  c.residual = !weak && random.one_in(4);
  return c;
}

inline std::string describe(const ConvolutionCase& c) {
  std::string s = c.transposed ? "transposed" : "plain";
  const auto list = [&](const char* name, const std::vector<std::int64_t>& values) {
    s += std::string(" ") + name + "=";
    for (const std::int64_t v : values) s += std::to_string(v) + ",";
  };
  list("x", c.x_shape());
  list("w", c.w_shape());
  for (const ConvolutionAxis& a : c.axes)
    list("stride,dilation,pads,output_padding",
         {a.stride, a.dilation, a.pad_begin, a.pad_end, a.output_padding});
  list("groups", {c.groups});
  if (c.channels_last) s += " channels_last";
  if (c.run_time) s += " run_time";
  if (c.kernel_run_time) s += " kernel_run_time";
  if (c.x_prologue) s += " x_prologue";
  if (c.w_prologue) s += " w_prologue";
  if (c.bias) s += " bias";
  if (c.residual) s += " residual";
  return s + " type=" + std::to_string(static_cast<int>(c.scalar));
}

}  // namespace test
