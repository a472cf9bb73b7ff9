#pragma once

#include "../families/joins.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE Concat& Concat::operator=(const Concat& other) {
  if (this == &other) return *this;
  axis = other.axis;
  count = other.count;
  epilogue = other.epilogue;
  parts.assign({other.parts.data(), other.parts.size()});
  return *this;
}

namespace detail {

inline Diagnostic join_out_of_memory() {
  Diagnostic error;
  error.code = ErrorCode::OutOfMemory;
  error.message = "out of memory for the parts of a tensor";
  return error;
}
inline tensor::ConcatProblem concat_problem(const Concat& concat) {
  tensor::ConcatProblem problem;
  problem.parts = {concat.parts.data(), concat.parts.size()};
  problem.axis = concat.axis;
  return problem;
}
inline tensor::SplitProblem split_problem(const Split& split) {
  tensor::SplitProblem problem;
  problem.x = split.x;
  problem.axis = split.axis;
  problem.sizes = {split.sizes.data(), split.sizes.size()};
  return problem;
}

}  // namespace detail

AIRSTRIP_INLINE void Family<Concat>::bind(Concat& problem, std::size_t input, const TensorType& type) {
  while (problem.parts.size() < problem.count)
    if (!problem.parts.push_back(TensorType())) return;
  problem.parts[input] = type;
}
AIRSTRIP_INLINE String Family<Concat>::input_name(const Concat&, std::size_t i) {
  return operand_name('x', i);
}
AIRSTRIP_INLINE Scalar Family<Concat>::primary(const Concat& problem, std::uint32_t index) {
  return index == 0 && !problem.parts.empty() ? problem.parts[0].scalar : Scalar::Void;
}
AIRSTRIP_INLINE Result<void> Family<Concat>::infer(const Concat& problem, Inferred& result) {
  if (problem.parts.out_of_memory()) return detail::join_out_of_memory();
  tensor::detail::Parts parts(result.sizes);
  if (Result<void> r = tensor::detail::describe_parts_checked(detail::concat_problem(problem), parts); !r)
    return r;
  result.add(parts.scalar, Span<const SizeId>(parts.whole, parts.rank));
  return {};
}
AIRSTRIP_INLINE Result<tensor::Operation>
Family<Concat>::lower(const Concat& problem, const tensor::Target& target, SourceLocation at) {
  tensor::ConcatProblem lowered = detail::concat_problem(problem);
  lowered.epilogue = problem.epilogue;
  return tensor::concat(lowered, target, at);
}

AIRSTRIP_INLINE Split& Split::operator=(const Split& other) {
  if (this == &other) return *this;
  axis = other.axis;
  x = other.x;
  sizes.assign({other.sizes.data(), other.sizes.size()});
  return *this;
}

AIRSTRIP_INLINE String Family<Split>::output_name(const Split&, std::size_t i) {
  return operand_name('y', i);
}
AIRSTRIP_INLINE Result<void> Family<Split>::infer(const Split& problem, Inferred& result) {
  if (problem.sizes.out_of_memory()) return detail::join_out_of_memory();
  tensor::detail::Parts parts(result.sizes);
  if (Result<void> r = tensor::detail::describe_parts_checked(detail::split_problem(problem), parts); !r)
    return r;
  for (std::size_t i = 0; i < parts.sizes.size(); ++i) {
    SizeId shape[Shape::max_rank];
    for (std::size_t axis = 0; axis < parts.rank; ++axis) shape[axis] = parts.whole[axis];
    shape[parts.axis] = parts.sizes[i];
    result.add(parts.scalar, Span<const SizeId>(shape, parts.rank));
  }
  return {};
}
AIRSTRIP_INLINE Result<tensor::Operation>
Family<Split>::lower(const Split& problem, const tensor::Target& target, SourceLocation at) {
  return tensor::split(detail::split_problem(problem), target, at);
}

AIRSTRIP_GRAPH_NAMESPACE_END
