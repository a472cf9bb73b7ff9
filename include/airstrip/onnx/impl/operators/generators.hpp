// Tensors made of numbers: Constant, ConstantOfShape, Range, OneHot, EyeLike, Trilu.
#pragma once

#include "../../../graph/size_algebra.hpp"
#include "casts.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// The elements of a sparse tensor, zeros among them (SparseTensorProto): indices are places, or coordinates.
inline ValueId dense_constant(NodeImporter& n, const SparseTensor& sparse) {
  constexpr std::uint64_t most = std::uint64_t{1} << 26;
  const auto refuse = [&](const char* reason) {
    n.unsupported(reason);
    return ValueId::Absent;
  };
  const Scalar scalar = sparse.values ? scalar_of(sparse.values->data_type) : Scalar::Void;
  const Result<std::uint64_t> count = element_count(sparse.dims);
  if (scalar == Scalar::Void || !sparse.indices || !count || sparse.dims.size() > Shape::max_rank)
    return refuse("its sparse tensor has elements of a type that kernels do not have, or is not whole");
  const std::size_t width = tensor::element_bytes(scalar);
  if (*count > most / width) return refuse("its sparse tensor is too large to be written out");
  const Result<TensorData> values = read_elements(*sparse.values), indices = read_elements(*sparse.indices);
  if (!values) return refuse("the values of its sparse tensor cannot be read");
  if (!indices || indices->type() != DataType::Int64)
    return refuse("the indices of its sparse tensor cannot be read");
  TensorType type;
  type.scalar = scalar;
  std::size_t size = width;
  for (const std::int64_t d : sparse.dims) {
    type.shape.push_back(Dimension(d));
    size *= static_cast<std::size_t>(d);
  }
  Buffer<unsigned char> bytes;
  if (!bytes.resize(size, 0)) return refuse("out of memory");
  const std::size_t each = sparse.indices->dims.size() == 2 ? sparse.dims.size() : 1;
  if (indices->size() != values->size() * each)
    return refuse("its sparse tensor has not as many indices as values");
  if (values->size() > *count) return refuse("its sparse tensor has more values than elements");
  for (std::size_t i = 0; i < values->size(); ++i) {
    std::int64_t at = 0;
    for (std::size_t k = 0; k < each; ++k) {
      const std::int64_t index = indices->get<std::int64_t>(i * each + k);
      const std::int64_t limit = each == 1 ? static_cast<std::int64_t>(*count) : sparse.dims[k];
      if (index < 0 || index >= limit) return refuse("an index of its sparse tensor is outside of it");
      at = each == 1 ? index : at * sparse.dims[k] + index;
    }
    std::memcpy(bytes.data() + static_cast<std::size_t>(at) * width, values->bytes().data() + i * width,
                width);
  }
  return n.g.constant(n.name(), type, Bytes::owned(static_cast<Buffer<unsigned char>&&>(bytes)));
}

inline void import_constant(NodeImporter& n) {
  if (const Tensor* const value = n.tensor_attribute("value")) {
    const ValueId made = n.importer().constant(*value, n.name());
    if (made == ValueId::Absent)
      return n.unsupported(String("kernels have no elements of the type ")
                           << Text(to_string(value->data_type)));
    return n.set(0, made);
  }
  if (const Attribute* const a = n.attribute("sparse_value", AttributeType::SparseTensor);
      a && !a->sparse_tensors.empty())
    return n.set(0, dense_constant(n, a->sparse_tensors[0]));
  const auto list = [&](Scalar scalar, const void* data, std::size_t count, std::size_t width) {
    TensorType type;
    type.scalar = scalar;
    type.shape.push_back(static_cast<std::int64_t>(count));
    n.set(0, n.g.constant(n.name(), type,
                          Bytes::copied({static_cast<const unsigned char*>(data), count * width})));
  };
  const auto number = [&](Scalar scalar, const void* data, std::size_t width) {
    TensorType type;
    type.scalar = scalar;
    n.set(0, n.g.constant(n.name(), type, Bytes::copied({static_cast<const unsigned char*>(data), width})));
  };
  if (const Attribute* const a = n.attribute("value_float", AttributeType::Float))
    return number(Scalar::F32, &a->f, 4);
  if (const Attribute* const a = n.attribute("value_int", AttributeType::Int))
    return number(Scalar::I64, &a->i, 8);
  if (const Attribute* const a = n.attribute("value_floats", AttributeType::Floats))
    return list(Scalar::F32, a->floats.data(), a->floats.size(), 4);
  if (const Attribute* const a = n.attribute("value_ints", AttributeType::Ints))
    return list(Scalar::I64, a->ints.data(), a->ints.size(), 8);
  if (n.has_attribute("value_string") || n.has_attribute("value_strings"))
    return n.unsupported("its value is text");
  n.unsupported("it has no value");
}

inline void import_constant_of_shape(NodeImporter& n) {
  Shape shape;
  if (!n.known_sizes(0, shape)) return;
  tensor::FillProblem problem;
  problem.shape = shape;
  const Tensor* const given = n.tensor_attribute("value");
  if (!given) return n.set(0, n.g.add(problem, Span<const ValueId>(), n.name()));
  const ValueId value = n.importer().constant(*given, Text());
  if (value == ValueId::Absent)
    return n.unsupported(String("kernels have no elements of the type ")
                         << Text(to_string(given->data_type)));
  if (n.importer().is_narrow(value))
    return n.unsupported("its result would have elements of less than a byte, which kernels do not have");
  Buffer<std::int64_t> integers;
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  problem.scalar = n.g.type(value).scalar;
  if (n.g.known_integers(value, integers) && integers.size() == 1 && integers[0] >= -exact &&
      integers[0] <= exact && (integers[0] >= 0 || kernel::is_signed(problem.scalar))) {
    // What it is is known, should a shape be made of it.
    problem.value = static_cast<double>(integers[0]);
    return n.set(0, n.g.add(problem, Span<const ValueId>(), n.name()));
  }
  tensor::CopyProblem repeat;
  repeat.shape = shape;
  n.set(0, n.g.add(repeat, {n.g.reshape(value, {})}, n.name()));
}

/// How many numbers a range has; false: no tensor holds as many, or one of its numbers is none, and the node is given up.
inline bool count_of_range(NodeImporter& n, double start, double limit, double delta, Dimension& count) {
  constexpr double most = 9007199254740992.0;  // 2^53
  const double steps = (limit - start) / delta;
  if (!(steps <= most)) {
    n.unsupported("its start, limit and delta are of no range that a tensor holds");
    return false;
  }
  count = tensor::range_count(start, limit, delta);
  return true;
}

/// Start, limit and delta determine how many numbers there are. The first number itself may be one of run time.
inline void import_range(NodeImporter& n) {
  tensor::RangeProblem problem;
  problem.scalar = n.type(0).scalar;
  if (problem.scalar == Scalar::Void || problem.scalar == Scalar::Boolean)
    return n.unsupported("it is not of numbers");
  if (kernel::is_float(problem.scalar)) {
    double start = 0, limit = 0, delta = 0;
    if (!n.known_number(0, start) || !n.known_number(1, limit) || !n.known_number(2, delta)) return;
    if (delta == 0) return n.unsupported("its delta is 0");
    problem.start = start;
    problem.delta = delta;
    if (!count_of_range(n, start, limit, delta, problem.count)) return;
    return n.set(0, n.g.add(problem, Span<const ValueId>(), n.name()));
  }
  Shape start, limit, delta;
  if (!n.known_sizes(0, start) || !n.known_sizes(1, limit) || !n.known_sizes(2, delta)) return;
  if (start.rank() != 1 || limit.rank() != 1 || delta.rank() != 1)
    return n.unsupported("its start, limit and delta are not one number each");
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  const auto fits = [](const Dimension& d) {
    return d.is_literal() && d.value() >= -exact && d.value() <= exact;
  };
  if (!fits(delta[0]) || delta[0] == Dimension(0)) return n.unsupported("its delta is 0, or is not known");
  problem.delta = static_cast<double>(delta[0].value());
  if (fits(start[0]) && fits(limit[0])) {
    problem.start = static_cast<double>(start[0].value());
    if (!count_of_range(n, problem.start.value, static_cast<double>(limit[0].value()), problem.delta.value,
                        problem.count))
      return;
    return n.set(0, n.g.add(problem, Span<const ValueId>(), n.name()));
  }
  graph::SizeTable& table = n.g.sizes_to_fill();
  const graph::SizeId first = n.g.size(start[0]), last = n.g.size(limit[0]);
  if (table.lower(first) < 0 || table.lower(last) < 0 || delta[0].value() < 0)
    return n.unsupported("its sizes are of run time, and start, limit or delta may be negative");
  // A difference is never negative: of a limit below the start the range is empty.
  const graph::SizeId above = graph::combine_sizes(table, graph::SizeTable::Op::Max, last, first);
  const graph::SizeId count =
      graph::divide_sizes_up(table, graph::subtract_sizes(table, above, first), n.g.size(delta[0]));
  problem.count = n.g.dimension(count);
  if (fits(start[0])) {
    problem.start = static_cast<double>(start[0].value());
    return n.set(0, n.g.add(problem, Span<const ValueId>(), n.name()));
  }
  const ValueId counted = n.g.add(problem, Span<const ValueId>());
  n.set(0, compute(
               n, counted, n.g.reshape(n.input(0), {}), [](Expr i, Expr s) { return i + s; }, n.name()));
}

inline void import_one_hot(NodeImporter& n) {
  tensor::OneHotProblem problem;
  problem.axis = n.integer("axis", -1);
  problem.reads_values = true;
  Shape depth;
  if (kernel::is_float(n.type(1).scalar)) {
    double number = 0;
    if (!n.known_number(1, number)) return;
    if (!(number >= 0 && number < 2147483648.0)) return n.unsupported("its depth is no size");
    depth.push_back(static_cast<std::int64_t>(number));
  } else if (!n.known_sizes(1, depth)) {
    return;
  }
  if (depth.rank() != 1) return n.unsupported("its depth is not one number");
  problem.depth = depth[0];
  ValueId indices = n.input(0);
  if (n.type(0).scalar != Scalar::I64 && n.type(0).scalar != Scalar::I32)
    indices = compute(n, indices, [](Expr i) { return tensor::cast(i, Scalar::I64); });
  // Negative indices count from the end since OneHot 11; before, they are outside, as the greatest number is.
  if (n.opset < 11) {
    indices = compute(n, indices, [](Expr i) {
      const std::uint64_t most = i.type() == Scalar::I64 ? 0x7FFFFFFFFFFFFFFFu : 0x7FFFFFFFu;
      return tensor::select(i < 0, i.owner()->constant_bits(i.type(), most), i);
    });
  }
  if (n.is_given_up()) return;
  n.set(0, n.g.add(problem, {indices, n.input(2)}, n.name()));
}

inline void import_eye_like(NodeImporter& n) {
  if (n.rank(0) != 2) return n.unsupported("its input is no matrix");
  tensor::EyeProblem problem;
  problem.k = n.integer("k", 0);
  problem.rows = n.shape(0)[0];
  problem.columns = n.shape(0)[1];
  problem.scalar = n.type(0).scalar;
  if (n.has_attribute("dtype")) problem.scalar = scalar_of_attribute(n, "dtype", DataType::Undefined);
  if (n.is_given_up()) return;
  n.set(0, n.g.add(problem, Span<const ValueId>(), n.name()));
}

inline void import_trilu(NodeImporter& n) {
  if (n.rank(0) < 2) return n.unsupported("its input is no matrix");
  tensor::TriluProblem problem;
  problem.upper = n.integer("upper", 1) != 0;
  Buffer<std::int64_t> k;
  if (!n.has(1) || (n.g.known_integers(n.input(1), k) && k.size() == 1)) {
    if (!k.empty()) problem.k = k[0];
    return n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
  }
  // A diagonal of run time: each element compares where it stands.
  const ValueId inputs[] = {n.input(0), n.g.reshape(n.input(1), {})};
  const std::uint32_t rank = static_cast<std::uint32_t>(n.rank(0));
  n.set(0, compute(
               n, inputs,
               [&](Span<const Expr> v) {
                 const auto place = [&](std::uint32_t axis) {
                   return tensor::cast(v[0].owner()->coordinate(axis), Scalar::I64);
                 };
                 const Expr diagonal = place(rank - 1) - place(rank - 2);
                 const Expr stays = problem.upper ? diagonal >= v[1] : diagonal <= v[1];
                 return tensor::select(stays, v[0], 0);
               },
               n.name()));
}

inline constexpr OperatorEntry generator_operators[] = {
    {"Constant", import_constant}, {"ConstantOfShape", import_constant_of_shape},
    {"EyeLike", import_eye_like},  {"OneHot", import_one_hot},
    {"Range", import_range},       {"Trilu", import_trilu},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
