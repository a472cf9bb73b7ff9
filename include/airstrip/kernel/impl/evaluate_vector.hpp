// Operations on whole vectors: geometry, packing, moving components.
#pragma once

#include "../evaluate.hpp"
#include "evaluate_float.hpp"
#include "evaluate_functions.hpp"
#include "evaluate_int.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::evaluation {

/// Vulkan lets a dot product add in any order; this one goes from the first component to the last.
inline std::uint64_t dot(Scalar s, unsigned n, const std::uint64_t* a, const std::uint64_t* b) {
  std::uint64_t sum = float_mul(s, a[0], b[0]);
  for (unsigned i = 1; i < n; ++i) {
    const std::uint64_t product = float_mul(s, a[i], b[i]);
    sum = float_add(s, sum, product);
  }
  return sum;
}

/// The functions of GLSL.std.450 on vectors as a whole, by the formulas of the extended set.
inline void geometry(Op op, Scalar s, unsigned n, const std::uint64_t* const* v, std::uint64_t* out) {
  const std::uint64_t one = float_constant(s, 1.0), two = float_constant(s, 2.0);
  switch (op) {
    case Op::Dot: out[0] = dot(s, n, v[0], v[1]); break;
    case Op::Length: out[0] = float_sqrt(s, dot(s, n, v[0], v[0])); break;
    case Op::Distance: {
      std::uint64_t difference[4] = {};
      for (unsigned i = 0; i < n; ++i) difference[i] = float_sub(s, v[0][i], v[1][i]);
      out[0] = float_sqrt(s, dot(s, n, difference, difference));
      break;
    }
    case Op::Cross:
      for (unsigned i = 0; i < 3; ++i) {
        const unsigned j = (i + 1) % 3, k = (i + 2) % 3;
        const std::uint64_t first = float_mul(s, v[0][j], v[1][k]), second = float_mul(s, v[1][j], v[0][k]);
        out[i] = float_sub(s, first, second);
      }
      break;
    case Op::Normalize: {
      const std::uint64_t length = float_sqrt(s, dot(s, n, v[0], v[0]));
      for (unsigned i = 0; i < n; ++i) out[i] = float_div(s, v[0][i], length);
      break;
    }
    case Op::FaceForward: {  // N, I, Nref
      const bool keep = number(s, dot(s, n, v[2], v[1])) < 0.0;
      for (unsigned i = 0; i < n; ++i) out[i] = keep ? v[0][i] : v[0][i] ^ sign_bit(s);
      break;
    }
    case Op::Reflect: {  // I - 2 dot(N, I) N
      const std::uint64_t twice = float_mul(s, two, dot(s, n, v[1], v[0]));
      for (unsigned i = 0; i < n; ++i) out[i] = float_sub(s, v[0][i], float_mul(s, twice, v[1][i]));
      break;
    }
    case Op::
        Refract: {  // k = 1 - eta² (1 - dot(N, I)²); eta I - (eta dot(N, I) + sqrt(k)) N, or 0 where k < 0
      const std::uint64_t eta = v[2][0], cosine = dot(s, n, v[1], v[0]);
      const std::uint64_t sine_squared = float_sub(s, one, float_mul(s, cosine, cosine));
      const std::uint64_t k = float_sub(s, one, float_mul(s, float_mul(s, eta, eta), sine_squared));
      if (number(s, k) < 0.0) {
        for (unsigned i = 0; i < n; ++i) out[i] = 0;
        break;
      }
      const std::uint64_t factor = float_add(s, float_mul(s, eta, cosine), float_sqrt(s, k));
      for (unsigned i = 0; i < n; ++i) {
        const std::uint64_t along = float_mul(s, eta, v[0][i]);
        out[i] = float_sub(s, along, float_mul(s, factor, v[1][i]));
      }
      break;
    }
    default: break;
  }
}

/// round(clamp(x, low, 1) * scale) in `width` bits; where halves go the extended set leaves open.
inline std::uint64_t pack_normalized(std::uint64_t x, double low, double scale, unsigned width) {
  const double value = number(Scalar::F32, x);
  const double clamped = value < low ? low : value > 1.0 ? 1.0 : value;
  const std::uint64_t scaled =
      float_mul(Scalar::F32, rounded(Scalar::F32, clamped), rounded(Scalar::F32, scale));
  const Evaluated whole = integer_of_float(Scalar::I32, round_even(number(Scalar::F32, scaled)));
  return whole.bits & mask_of(width);
}
inline std::uint64_t unpack_normalized(std::uint64_t bits, bool is_signed, double scale, unsigned width) {
  const double value = is_signed ? static_cast<double>(extend(bits, width)) : static_cast<double>(bits);
  const std::uint64_t quotient =
      float_div(Scalar::F32, rounded(Scalar::F32, value), rounded(Scalar::F32, scale));
  return number(Scalar::F32, quotient) < -1.0 ? rounded(Scalar::F32, -1.0) : quotient;
}

inline void pack(Op op, const std::uint64_t* v, std::uint64_t* out) {
  out[0] = 0;
  for (unsigned i = 0; i < 4; ++i) {
    if (op == Op::PackSnorm4x8) out[0] |= pack_normalized(v[i], -1.0, 127.0, 8) << 8 * i;
    if (op == Op::PackUnorm4x8) out[0] |= pack_normalized(v[i], 0.0, 255.0, 8) << 8 * i;
    if (i >= 2) continue;
    if (op == Op::PackSnorm2x16) out[0] |= pack_normalized(v[i], -1.0, 32767.0, 16) << 16 * i;
    if (op == Op::PackUnorm2x16) out[0] |= pack_normalized(v[i], 0.0, 65535.0, 16) << 16 * i;
    if (op == Op::PackHalf2x16) out[0] |= rounded(Scalar::F16, number(Scalar::F32, v[i])) << 16 * i;
  }
}
inline void unpack(Op op, std::uint64_t bits, std::uint64_t* out) {
  const bool bytes = op == Op::UnpackSnorm4x8 || op == Op::UnpackUnorm4x8;
  const unsigned width = bytes ? 8 : 16;
  for (unsigned i = 0; i < (bytes ? 4u : 2u); ++i) {
    const std::uint64_t part = bits >> width * i & mask_of(width);
    switch (op) {
      case Op::UnpackSnorm4x8: out[i] = unpack_normalized(part, true, 127.0, 8); break;
      case Op::UnpackUnorm4x8: out[i] = unpack_normalized(part, false, 255.0, 8); break;
      case Op::UnpackSnorm2x16: out[i] = unpack_normalized(part, true, 32767.0, 16); break;
      case Op::UnpackUnorm2x16: out[i] = unpack_normalized(part, false, 65535.0, 16); break;
      default: out[i] = rounded(Scalar::F32, number(Scalar::F16, part)); break;
    }
  }
}

/// The same bytes, in components of another width; component 0 has the lowest.
inline void regroup(Type from, Type to, const std::uint64_t* v, std::uint64_t* out) {
  const unsigned in = from.width(), width = to.width();
  for (unsigned i = 0; i < to.components(); ++i) {
    out[i] = 0;
    for (unsigned bit = 0; bit < width; bit += 8) {
      const unsigned at = i * width + bit;
      out[i] |= (v[at / in] >> at % in & 0xFF) << bit;
    }
  }
}

/// `evaluate` for what is not componentwise. The operand types are those that `result_type` allows.
inline bool whole(Op op, Type result, Span<const Type> types, const std::uint64_t* const* v,
                  std::uint32_t immediate, std::uint64_t* out, Evaluated& note) {
  const Type first = types[0];
  const unsigned n = first.components(), components = result.components();
  switch (op) {
    case Op::Any:
    case Op::All:
      out[0] = op == Op::All;
      for (unsigned i = 0; i < n; ++i) out[0] = op == Op::All ? out[0] & v[0][i] : out[0] | v[0][i];
      return true;
    case Op::Bitcast: regroup(first, result, v[0], out); return true;
    case Op::Construct: {
      unsigned at = 0;
      for (std::size_t k = 0; k < types.size(); ++k)
        for (unsigned i = 0; i < types[k].components() && at < components; ++i) out[at++] = v[k][i];
      return at == components;
    }
    case Op::Extract: out[0] = v[0][immediate]; return true;
    case Op::Insert:
      for (unsigned i = 0; i < n; ++i) out[i] = i == immediate ? v[1][0] : v[0][i];
      return true;
    case Op::ExtractDynamic:
      note.defined = v[1][0] < n;
      out[0] = note.defined ? v[0][v[1][0]] : 0;
      return true;
    case Op::InsertDynamic:
      note.defined = v[2][0] < n;
      for (unsigned i = 0; i < n; ++i) out[i] = i == v[2][0] ? v[1][0] : v[0][i];
      return true;
    case Op::Shuffle:
      for (unsigned i = 0; i < components; ++i) {
        const unsigned from = immediate >> 4 * i & 15;
        out[i] = from < n ? v[0][from] : v[1][from - n];
      }
      return true;
    case Op::DotPacked:
      out[0] = static_cast<std::uint64_t>(dot_of_bytes(static_cast<DotKind>(immediate), v[0][0], v[1][0])) &
               mask_of(result.width());
      return true;
    case Op::DotPackedAccSat:
      out[0] = dot_saturated(static_cast<DotKind>(immediate), v[0][0], v[1][0], v[2][0]);
      return true;
    case Op::Dot:
    case Op::Length:
    case Op::Distance:
    case Op::Cross:
    case Op::Normalize:
    case Op::FaceForward:
    case Op::Reflect:
    case Op::Refract:
      geometry(op, first.scalar(), n, v, out);
      note.exact = false;
      return true;
    case Op::PackSnorm4x8:
    case Op::PackUnorm4x8:
    case Op::PackSnorm2x16:
    case Op::PackUnorm2x16:
    case Op::PackHalf2x16:
      pack(op, v[0], out);
      note.exact = false;
      return true;
    case Op::UnpackSnorm4x8:
    case Op::UnpackUnorm4x8:
    case Op::UnpackSnorm2x16:
    case Op::UnpackUnorm2x16:
    case Op::UnpackHalf2x16:
      unpack(op, v[0][0], out);
      note.exact = false;
      if (op == Op::UnpackHalf2x16)  // a conversion: exact but for what may be flushed or lost
        note.exact = is_plain(Scalar::F16, v[0][0] & 0xFFFF) && is_plain(Scalar::F16, v[0][0] >> 16);
      return true;
    default: return false;
  }
}

}  // namespace detail::evaluation

AIRSTRIP_KERNEL_NAMESPACE_END
