// Windows of signals: HannWindow, HammingWindow, BlackmanWindow.
#pragma once

#include "casts.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// a0 - a1 cos(2 pi i / m) + a2 cos(4 pi i / m) for i < size, m = size, or size - 1 where it is not periodic. Computed in
/// f32. Of a symmetric window of one element, where m is 0, that element is 1, as numpy has it.
inline void import_window(NodeImporter& n, double a0, double a1, double a2) {
  const Scalar to = scalar_of_attribute(n, "output_datatype", DataType::Float);
  const bool periodic = n.integer("periodic", 1) != 0;
  Shape size;
  if (n.is_given_up() || !n.known_sizes(0, size)) return;
  if (to == Scalar::F64) return n.unsupported("there are no cosines in f64");
  if (size.rank() != 1) return n.unsupported("its size is not one number");
  const ValueId inputs[] = {range_of(n, Scalar::F32, size[0]), as_scalar(n, n.input(0))};
  n.set(0, compute(
               n, inputs,
               [&](Span<const Expr> v) {
                 const Expr count = tensor::cast(v[1], Scalar::F32);
                 const Expr m = periodic ? count : count - 1;
                 const Expr phase = v[0] / m;
                 Expr w = a0 - tensor::cos(phase * 6.283185307179586) * a1;
                 if (a2 != 0) w = w + tensor::cos(phase * 12.566370614359172) * a2;
                 return tensor::cast(tensor::select(m <= 0, 1, w), to);
               },
               n.name()));
}
inline void import_hann_window(NodeImporter& n) { import_window(n, 0.5, 0.5, 0); }
inline void import_hamming_window(NodeImporter& n) { import_window(n, 25.0 / 46, 21.0 / 46, 0); }
inline void import_blackman_window(NodeImporter& n) { import_window(n, 0.42, 0.5, 0.08); }

inline constexpr OperatorEntry window_operators[] = {
    {"BlackmanWindow", import_blackman_window},
    {"HammingWindow", import_hamming_window},
    {"HannWindow", import_hann_window},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
