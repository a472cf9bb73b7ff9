// Pad, whose constant may be computed when the program runs.
#pragma once

#include "sizes.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// Whether a constant of one element is a number that a kernel is made with: a double holds integers up to 2^53.
inline bool literal_number(const graph::Value& value, double& number) {
  if (!value.is_constant) return false;
  const Scalar scalar = value.type.scalar;
  if (value.data.size() != tensor::element_bytes(scalar)) return false;
  if (graph::detail::is_integer(scalar)) {
    const std::int64_t integer = graph::detail::integer_at(scalar, value.data.data(), 0);
    if (integer > (std::int64_t{1} << 53) || integer < -(std::int64_t{1} << 53)) return false;
    if (integer < 0 && !kernel::is_signed(scalar)) return false;  // of 64 bits, and 2^63 or more
    number = static_cast<double>(integer);
    return true;
  }
  if (scalar != Scalar::F32) return false;
  float narrow;
  std::memcpy(&narrow, value.data.data(), 4);
  number = static_cast<double>(narrow);
  return number == number;
}

/// The value where it was padded: a mask of what is x's, padded with false, tells.
inline ValueId pad_with_value(NodeImporter& n, tensor::PadProblem problem, ValueId value) {
  problem.constant = 0;
  const ValueId padded = n.g.add(problem, {n.input(0)}, n.name());
  tensor::FillProblem fill;
  fill.scalar = Scalar::Boolean;
  fill.shape = n.shape(0);
  fill.value = 1;
  const ValueId mask = n.g.add(problem, {n.g.add(fill, {})});
  const ValueId inputs[] = {mask, padded, n.g.reshape(value, {})};
  return n.g.map_all(inputs, [](Span<const Expr> v) { return tensor::select(v[0], v[1], v[2]); });
}

// Operator set 2: pads and value are attributes; 11: inputs; 18: axes, too; 19: wrap.
inline void import_pad(NodeImporter& n) {
  tensor::PadProblem problem;
  const Text mode = n.text("mode", "constant");
  if (mode == Text("reflect"))
    problem.mode = tensor::PadMode::Reflect;
  else if (mode == Text("edge"))
    problem.mode = tensor::PadMode::Edge;
  else if (mode == Text("wrap"))
    problem.mode = tensor::PadMode::Wrap;
  else if (!(mode == Text("constant")))
    return n.unsupported("its mode is none of constant, reflect, edge and wrap");
  Buffer<SizeId> pads;
  ValueId value = ValueId::Absent;
  if (n.opset < 11) {
    for (const std::int64_t pad : n.integers("pads")) pads.push_back(n.g.sizes_to_fill().literal(pad));
    problem.constant = n.number("value", 0);
  } else {
    bool known = n.known_elements(1, pads);
    if (n.has(3)) known = n.known_list(3, problem.axes) && known;
    if (!known) return;
    if (n.has(2) && problem.mode == tensor::PadMode::Constant) value = n.input(2);
  }
  const std::size_t axes = n.has(3) ? problem.axes.size() : n.rank(0);
  if (pads.size() != 2 * axes) return n.unsupported("it has not two pads for each axis");
  if (axes == 0) return n.set(0, n.input(0));
  for (std::size_t i = 0; i < axes; ++i) {
    problem.before.push_back(n.g.dimension(pads[i]));
    problem.after.push_back(n.g.dimension(pads[axes + i]));
  }
  if (value != ValueId::Absent && !literal_number(n.g.value(value), problem.constant)) {
    if (n.g.type(value).scalar != n.type(0).scalar)
      return n.unsupported("its constant is of another type than its data");
    return n.set(0, pad_with_value(n, problem, value));
  }
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
