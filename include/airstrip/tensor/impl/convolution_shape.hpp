// What all methods of convolution need to know of a problem: that it is one, and its sizes as formulas.
#pragma once

#include "../convolution.hpp"
#include "../primitives/step_builder.hpp"
#include "check.hpp"
#include "fused.hpp"
#include "size_table.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// The sizes of a convolution.
struct ConvolutionShape {
  static constexpr std::size_t max_spatial = 3;

  std::size_t spatial = 0;
  SizeId batch = {}, channels = {}, outputs = {};  // of x and of y
  SizeId groups = {};
  SizeId group_channels = {}, group_outputs = {};  // channels of one group
  // 1, or 0 where x has no elements along a spatial axis. Nothing may be read of it then: there are no channels.
  SizeId has_elements = {}, read_channels = {};
  SizeId in[max_spatial] = {}, kernel[max_spatial] = {}, out[max_spatial] = {};
  SizeId x_shape[Shape::max_rank] = {}, w_shape[Shape::max_rank] = {}, y_shape[Shape::max_rank] = {};
  SizeId x_strides[Shape::max_rank] = {}, w_strides[Shape::max_rank] = {};
  SizeId x_bytes = {}, w_bytes = {};
  Scalar accumulator = Scalar::F32;

  std::size_t rank() const { return spatial + 2; }
};

inline Diagnostic convolution_error(ErrorCode code, String message) {
  return refuse(code, static_cast<String&&>(message));
}

/// What the products are summed in; Void: there is nothing.
inline Scalar convolution_accumulator(Scalar x, Scalar w) {
  if (kernel::is_float(x) && kernel::is_float(w))
    return x == Scalar::F64 && w == Scalar::F64 ? Scalar::F64 : Scalar::F32;
  const auto sums = [](Scalar s) {
    return s == Scalar::I8 || s == Scalar::U8 || s == Scalar::I16 || s == Scalar::U16 || s == Scalar::I32;
  };
  return sums(x) && sums(w) ? Scalar::I32 : Scalar::Void;
}

/// What is stored where there is no epilogue.
inline Scalar convolution_result_type(const ConvolutionProblem& problem, Scalar accumulator) {
  return kernel::is_float(accumulator) && kernel::is_float(problem.x.scalar) ? problem.x.scalar : accumulator;
}

class ConvolutionChecker {
public:
  ConvolutionChecker(const ConvolutionProblem& problem, SizeTable& table) : p_(problem), t_(table) {}

  Result<ConvolutionShape> run() {
    const auto fails = [](const Result<void>& r) { return !r.ok(); };
    if (const Result<void> r = check_shape("x", p_.x.shape); fails(r)) return r.error();
    if (const Result<void> r = check_shape("w", p_.w.shape); fails(r)) return r.error();
    if (const Result<void> r = ranks(); fails(r)) return r.error();
    if (const Result<void> r = types(); fails(r)) return r.error();
    if (const Result<void> r = channels(); fails(r)) return r.error();
    for (std::size_t i = 0; i < s_.spatial; ++i)
      if (const Result<void> r = axis(i); fails(r)) return r.error();
    s_.has_elements = t_.literal(1);
    for (std::size_t i = 0; i < s_.spatial; ++i)
      s_.has_elements = t_.mul(s_.has_elements, t_.min_of(s_.in[i], t_.literal(1)));
    s_.read_channels = t_.mul(s_.group_channels, s_.has_elements);
    if (const Result<void> r = strides("x", p_.x, s_.x_shape, s_.x_strides); fails(r)) return r.error();
    if (const Result<void> r = strides("w", p_.w, s_.w_shape, s_.w_strides); fails(r)) return r.error();
    if (const Result<void> r = names(); fails(r)) return r.error();
    const Span<const SizeId> y(s_.y_shape, s_.rank());
    const SizeId elements = t_.product(y);
    if (t_.is_literal(elements) && t_.lower(elements) > 0xFFFFFFFF)
      return convolution_error(ErrorCode::LimitExceeded, "y has more than 2^32 - 1 elements");
    s_.x_bytes = bytes_of(t_, p_.x.scalar, {s_.x_shape, s_.rank()}, {s_.x_strides, s_.rank()});
    s_.w_bytes = bytes_of(t_, p_.w.scalar, {s_.w_shape, s_.rank()}, {s_.w_strides, s_.rank()});
    return s_;
  }

private:
  Result<void> ranks() {
    const std::uint64_t rank = p_.x.shape.rank(), w_rank = p_.w.shape.rank();
    if (rank < 3 || rank > 5) {
      String message("x has the shape ");
      message << to_string(p_.x.shape) << ", and a convolution's is [N, C] and one to three spatial axes";
      return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    if (w_rank != rank) {
      String message("w has ");
      message << w_rank << " axes and x has " << rank << "; both have two and the spatial ones";
      return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    if (p_.x.storage != Storage::Buffer || p_.w.storage != Storage::Buffer)
      return convolution_error(ErrorCode::WrongType,
                               "x and w of a convolution lie in buffers, not in images");
    s_.spatial = rank - 2;
    return {};
  }

  Result<void> types() {
    if (Result<void> r = check_prologue(p_.x_prologue, p_.x.scalar, "prologue of x"); !r) return r;
    if (Result<void> r = check_prologue(p_.w_prologue, p_.w.scalar, "prologue of w"); !r) return r;
    const Scalar x = prologue_scalar(p_.x_prologue, p_.x.scalar),
                 w = prologue_scalar(p_.w_prologue, p_.w.scalar);
    s_.accumulator = convolution_accumulator(x, w);
    if (s_.accumulator != Scalar::Void) return check_epilogue(p_.epilogue, s_.accumulator);
    String message("x is ");
    message << to_string(x) << " and w is " << to_string(w)
            << ", and a convolution multiplies two floats, or two integers of at most 32 bits (no u32)";
    return convolution_error(ErrorCode::WrongType, static_cast<String&&>(message));
  }

  // a / b where it is certainly exact.
  bool quotient(SizeId a, SizeId b, SizeId& result) {
    if (t_.is_literal(b, 1)) {
      result = a;
    } else if (a == b) {
      result = t_.literal(1);
    } else if (t_.is_literal(b) && t_.lower(b) > 0 && t_.is_multiple(a, t_.lower(b))) {
      result = t_.div(a, b);
    } else {
      return false;
    }
    return true;
  }

  Result<void> channels() {
    s_.batch = t_.of(p_.x.shape[0]);
    s_.channels = t_.of(p_.x.shape[1]);
    s_.groups = t_.of(p_.groups);
    if (t_.is_literal(s_.groups) && t_.lower(s_.groups) < 1)
      return convolution_error(ErrorCode::InvalidShape, "the number of groups is less than 1");
    const SizeId first = t_.of(p_.w.shape[0]), second = t_.of(p_.w.shape[1]);
    const SizeId divided = p_.transposed ? s_.channels : first;
    SizeId part;
    if (!quotient(divided, s_.groups, part)) {
      String message(p_.transposed ? "x has " : "w has ");
      message << t_.to_string(divided) << (p_.transposed ? " channels" : " output channels")
              << ", which is not known to be a multiple of the " << t_.to_string(s_.groups) << " groups";
      return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    s_.group_channels = p_.transposed ? part : second;
    s_.group_outputs = p_.transposed ? second : part;
    s_.outputs = p_.transposed ? t_.mul(second, s_.groups) : first;
    const SizeId expected = p_.transposed ? first : t_.mul(second, s_.groups);
    if (expected != s_.channels) {
      String message("w has the shape ");
      message << to_string(p_.w.shape) << ", which with " << t_.to_string(s_.groups) << " groups takes "
              << t_.to_string(expected) << " channels, and x has " << t_.to_string(s_.channels);
      return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    s_.x_shape[0] = s_.y_shape[0] = s_.batch;
    s_.x_shape[1] = s_.channels;
    s_.y_shape[1] = s_.outputs;
    s_.w_shape[0] = first;
    s_.w_shape[1] = second;
    return {};
  }

  // Coordinates are u32 and may lie that far outside.
  Result<void> attribute(std::size_t i, const char* what, std::int64_t value, std::int64_t least,
                         std::int64_t most = (1 << 24) - 1) {
    if (value >= least && value <= most) return {};
    const std::uint64_t number = i;
    String message(what);
    message << " of spatial axis " << number << " is " << t_.to_string(t_.literal(value))
            << ", and has to be " << t_.to_string(t_.literal(least)) << " to "
            << static_cast<std::uint64_t>(most);
    return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }

  Result<void> axis(std::size_t i) {
    const ConvolutionAxis& a = p_.axes[i];
    if (Result<void> r = attribute(i, "stride", a.stride, 1); !r) return r;
    if (Result<void> r = attribute(i, "dilation", a.dilation, 1); !r) return r;
    if (p_.transposed) {
      // Numbers modulo the stride are multiplied by such, and the phases of a row are counted from stride * dilation.
      if (Result<void> r = attribute(i, "stride", a.stride, 1, 65535); !r) return r;
      const std::int64_t most = std::int64_t{1} << 31;
      if (Result<void> r = attribute(i, "stride * dilation", a.stride * a.dilation, 1, most); !r) return r;
    }
    if (Result<void> r = attribute(i, "pad_begin", a.pad_begin, 0); !r) return r;
    if (Result<void> r = attribute(i, "pad_end", a.pad_end, 0); !r) return r;
    if (Result<void> r = attribute(i, "output_padding", a.output_padding, 0); !r) return r;
    const std::uint64_t number = i;
    if (!p_.transposed && a.output_padding != 0) {
      String message("output_padding of spatial axis ");
      message << number << " is " << static_cast<std::uint64_t>(a.output_padding)
              << ", and only a transposed convolution has one";
      return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    const SizeId in = t_.of(p_.x.shape[i + 2]), kernel = t_.of(p_.w.shape[i + 2]);
    if (t_.is_literal(kernel) && t_.lower(kernel) < 1) {
      String message("w has the shape ");
      message << to_string(p_.w.shape) << ", in which the kernel is empty";
      return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    const SizeId one = t_.literal(1);
    const SizeId extent = t_.add(t_.mul(t_.sub(t_.max_of(kernel, one), one), a.dilation), 1);
    const std::int64_t pads = a.pad_begin + a.pad_end;
    if (p_.transposed) {
      const SizeId full = t_.add(t_.add(t_.mul(t_.sub(t_.max_of(in, one), one), a.stride), extent),
                                 t_.literal(a.output_padding));
      const SizeId cut = t_.literal(pads);
      s_.out[i] = t_.mul(t_.sub(t_.max_of(full, cut), cut), t_.min_of(in, one));
      if (t_.is_literal(full) && t_.lower(full) < pads && !t_.is_literal(in, 0)) {
        String message("along spatial axis ");
        message << number << " the padding removes " << static_cast<std::uint64_t>(pads) << " of "
                << static_cast<std::uint64_t>(t_.lower(full)) << " outputs";
        return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
      }
    } else {
      const SizeId padded = t_.add(in, pads), with_stride = t_.add(padded, a.stride);
      s_.out[i] = t_.div(t_.sub(t_.max_of(with_stride, extent), extent), a.stride);
      if (t_.is_literal(padded) && t_.is_literal(extent) && t_.lower(padded) < t_.lower(extent) &&
          !t_.is_literal(in, 0)) {
        String message("along spatial axis ");
        message << number << " the kernel reaches over " << static_cast<std::uint64_t>(t_.lower(extent))
                << " elements, and x with its padding has " << static_cast<std::uint64_t>(t_.lower(padded));
        return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
      }
    }
    s_.in[i] = s_.x_shape[i + 2] = in;
    s_.kernel[i] = s_.w_shape[i + 2] = kernel;
    s_.y_shape[i + 2] = s_.out[i];
    return {};
  }

  Result<void> strides(const char* name, const TensorType& type, const SizeId* shape, SizeId* strides) {
    if (!type.strides.empty() && type.strides.rank() != type.shape.rank()) {
      String message(name);
      message << " has another number of strides than of axes";
      return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    SizeId gapless = t_.literal(1);
    for (std::size_t i = s_.rank(); i-- > 0;) {
      if (!type.strides.empty() && type.strides[i].value() < 0) {
        String message(name);
        message << " has a negative stride; a view that runs backwards is a kernel of its own (see slice)";
        return convolution_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
      }
      strides[i] = type.strides.empty() ? gapless : t_.of(type.strides[i]);
      gapless = t_.mul(gapless, shape[i]);
    }
    return {};
  }

  // Operands of the family's own are not to be used by expressions.
  Result<void> names() {
    const Text own[] = {"x",        "w",       "packed_w", "packed_x", "padded_x", "transformed_x",
                        "products", "partials"};
    const Text y[] = {"y"};
    return check_fused_names({&p_.x_prologue, &p_.w_prologue}, p_.epilogue, {{}, own, y});
  }

  const ConvolutionProblem& p_;
  SizeTable& t_;
  ConvolutionShape s_;
};

/// Checks a problem, and makes its formulas in a table.
inline Result<ConvolutionShape> convolution_shape(const ConvolutionProblem& problem, SizeTable& table) {
  return ConvolutionChecker(problem, table).run();
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
