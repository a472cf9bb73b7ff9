// Convolutions of constant weights, and what is done with their channels.
#pragma once

#include "../graph.hpp"
#include "same_nodes.hpp"

#include <cmath>
#include <cstring>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// x * factor + bias by channel, for a chain of elementwise nodes behind a convolution.
class WeightScaler {
public:
  explicit WeightScaler(Graph& graph) : g_(graph) {}

  Result<std::size_t> run() {
    std::size_t count = 0;
    if (!count_users()) return out_of_memory();
    for (std::size_t i = 0; i < g_.nodes().size(); ++i) {
      Node& node = g_.nodes_to_change()[i];
      if (problem_of<tensor::ConvolutionProblem>(*node.op) && !has_fused(node) && take_chain(node)) ++count;
      if (!g_.ok()) return g_.error();
    }
    return count;
  }

private:
  struct Affine {
    bool is_constant = true;  // then `factor` is of no use
    Buffer<double> factor, bias;
  };
  static Diagnostic out_of_memory() {
    return detail::refuse(ErrorCode::OutOfMemory, "out of memory while weights were scaled");
  }
  bool count_users() {
    if (!users_.resize(g_.value_count(), 0) || !user_.resize(g_.value_count(), 0)) return false;
    for (std::uint32_t n = 0; n < g_.nodes().size(); ++n)
      for (const ValueId input : g_.nodes()[n].inputs) {
        if (input == ValueId::Absent) continue;
        ++users_[static_cast<std::size_t>(input)];
        user_[static_cast<std::size_t>(input)] = n;
      }
    // An output counts for more than one: it has to stay.
    for (const GraphOutput& output : g_.outputs()) users_[static_cast<std::size_t>(output.value)] += 2;
    return true;
  }

  bool take_chain(const Node& convolution) {
    const ValueId w = convolution.inputs[1], y = convolution.outputs[0];
    const TensorType type = g_.type(y);
    if (!g_.value(w).is_constant || g_.type(w).scalar != Scalar::F32 || type.scalar != Scalar::F32 ||
        g_.type(convolution.inputs[0]).scalar != Scalar::F32 || type.shape.rank() < 3 ||
        type.storage != tensor::Storage::Buffer || !type.shape[1].is_literal())
      return false;
    channels_ = static_cast<std::size_t>(type.shape[1].value());
    constants_ = 0;
    Affine all;
    all.is_constant = false;
    if (!all.factor.resize(channels_, 1.0) || !all.bias.resize(channels_, 0.0)) return false;
    ValueId value = y;
    std::size_t last = 0;
    while (users_[static_cast<std::size_t>(value)] == 1) {
      const std::size_t next = user_[static_cast<std::size_t>(value)];
      const std::size_t constants = constants_;
      Affine made;
      if (!extend(g_.nodes()[next], value, all, made)) {
        constants_ = constants;
        break;
      }
      all = static_cast<Affine&&>(made);
      last = next;
      value = g_.nodes()[next].outputs[0];
    }
    bool scales = false, shifts = false;
    for (std::size_t c = 0; c < channels_; ++c) {
      if (!std::isfinite(all.factor[c]) || !std::isfinite(all.bias[c])) return false;
      scales = scales || all.factor[c] != 1;
      shifts = shifts || all.bias[c] != 0;
    }
    if (value == y || (!scales && constants_ < 2)) return false;
    return rewrite(static_cast<std::size_t>(g_.value(y).producer), last, all, scales, shifts);
  }

  // What node makes of `value`, which is x * before.factor + before.bias.
  bool extend(const Node& node, ValueId value, const Affine& before, Affine& result) {
    const tensor::ElementwiseProblem* const problem = problem_of<tensor::ElementwiseProblem>(*node.op);
    if (!problem || node.outputs.size() != 1) return false;
    const TensorType &type = g_.type(node.outputs[0]), &of = g_.type(value);
    if (type.scalar != Scalar::F32 || !(type.shape == of.shape)) return false;
    const Expression& e = problem->expression;
    List<Affine> values;
    for (const Expression::Node& n : e.nodes()) {
      Affine made;
      if (!evaluate(e, n, node, value, before, values, made) || made.factor.out_of_memory() ||
          made.bias.out_of_memory() || !values.push_back(static_cast<Affine&&>(made)))
        return false;
    }
    result = static_cast<Affine&&>(values[e.outputs()[0].node]);
    return !result.is_constant;
  }
  bool evaluate(const Expression& e, const Expression::Node& n, const Node& node, ValueId value,
                const Affine& before, const List<Affine>& values, Affine& made) {
    using tensor::Function;
    if (n.type != Scalar::F32) return false;
    if (!made.factor.resize(channels_, 0.0) || !made.bias.resize(channels_, 0.0)) return false;
    if (n.function == Function::Constant) {
      const std::uint32_t word = static_cast<std::uint32_t>(n.bits);
      float number;
      std::memcpy(&number, &word, 4);
      for (double& b : made.bias) b = static_cast<double>(number);
      return true;
    }
    if (n.function == Function::Input) {
      const ValueId read = node.inputs[operand_index(e.text(e.inputs()[n.immediate].name))];
      if (read != value) return by_channel(read, g_.type(value).shape.rank(), made.bias);
      made.is_constant = false;
      for (std::size_t c = 0; c < channels_; ++c) {
        made.factor[c] = before.factor[c];
        made.bias[c] = before.bias[c];
      }
      return true;
    }
    const unsigned operands = tensor::info_of(n.function).operand_count;
    if (operands == 0 || operands > 2) return false;
    const Affine &a = values[n.operands[0]], &b = values[n.operands[operands - 1]];
    made.is_constant = a.is_constant && b.is_constant;
    for (std::size_t c = 0; c < channels_; ++c) {
      double &factor = made.factor[c], &bias = made.bias[c];
      switch (n.function) {
        case Function::Add:
          factor = a.factor[c] + b.factor[c];
          bias = a.bias[c] + b.bias[c];
          break;
        case Function::Sub:
          factor = a.factor[c] - b.factor[c];
          bias = a.bias[c] - b.bias[c];
          break;
        case Function::Mul:
          if (!a.is_constant && !b.is_constant) return false;
          factor = a.is_constant ? a.bias[c] * b.factor[c] : a.factor[c] * b.bias[c];
          bias = a.bias[c] * b.bias[c];
          break;
        case Function::Div:
          if (!b.is_constant) return false;
          factor = a.factor[c] / b.bias[c];
          bias = a.bias[c] / b.bias[c];
          break;
        case Function::Neg:
          factor = -a.factor[c];
          bias = -a.bias[c];
          break;
        case Function::Sqrt:
        case Function::Rsqrt:
        case Function::Reciprocal:
          if (!a.is_constant) return false;
          bias = n.function == Function::Reciprocal ? a.bias[c] : std::sqrt(a.bias[c]);
          if (n.function != Function::Sqrt) bias = 1 / bias;
          break;
        default: return false;
      }
    }
    return true;
  }
  // A constant that is the same along all axes but that of the channels.
  bool by_channel(ValueId id, std::size_t rank, Buffer<double>& numbers) {
    const Value& value = g_.value(id);
    const Shape& shape = value.type.shape;
    if (!value.is_constant || value.type.scalar != Scalar::F32 || shape.rank() > rank) return false;
    std::size_t step = 0;
    for (std::size_t i = 0; i < shape.rank(); ++i) {
      if (shape[i] == Dimension(1)) continue;
      if (i + rank - shape.rank() != 1) return false;
      step = 1;
    }
    if (value.data.size() != (step ? channels_ : 1) * 4) return false;
    for (std::size_t c = 0; c < channels_; ++c) {
      float number;
      std::memcpy(&number, value.data.data() + c * step * 4, 4);
      numbers[c] = static_cast<double>(number);
    }
    ++constants_;
    return true;
  }

  bool rewrite(std::size_t convolution, std::size_t last, const Affine& all, bool scales, bool shifts) {
    Buffer<unsigned char> weights, bias;
    if (scales && !scaled(g_.nodes()[convolution], all.factor, weights)) return false;
    for (std::size_t c = 0; c < channels_; ++c) {
      const float number = static_cast<float>(all.bias[c]);
      if (!std::isfinite(number)) return false;
      unsigned char raw[4];
      std::memcpy(raw, &number, 4);
      if (!bias.append(raw)) return false;
    }
    const Node& node = g_.nodes()[convolution];
    const ValueId y = node.outputs[0];
    const TensorType type = g_.type(y);
    if (scales) {
      const ValueId w = node.inputs[1];
      String name(Text(g_.value(w).name));
      name << "_scaled";
      const TensorType weights_type = g_.type(w);
      const ValueId made =
          g_.constant(Text(name), weights_type, Bytes::owned(static_cast<Buffer<unsigned char>&&>(weights)));
      if (!g_.ok()) return false;
      g_.nodes_to_change()[convolution].inputs[1] = made;
    }
    tensor::ElementwiseProblem problem;
    problem.shape = type.shape;
    Expr result = problem.expression.input("i0", type);
    Buffer<ValueId> inputs;
    inputs.push_back(y);
    if (shifts) {
      TensorType bias_type;
      bias_type.shape.push_back(static_cast<std::int64_t>(channels_));
      for (std::size_t i = 2; i < type.shape.rank(); ++i) bias_type.shape.push_back(1);
      String name(Text(g_.nodes()[last].name));
      name << "_bias";
      const ValueId made =
          g_.constant(Text(name), bias_type, Bytes::owned(static_cast<Buffer<unsigned char>&&>(bias)));
      inputs.push_back(made);
      result = result + problem.expression.input("i1", bias_type);
    }
    problem.expression.output("o0", result);
    OwnedOperator op(new (std::nothrow) ProblemOperator<tensor::ElementwiseProblem>(problem));
    if (!op || !g_.ok() || inputs.out_of_memory()) {
      g_.fail(out_of_memory(), {}, {});
      return false;
    }
    Node& end = g_.nodes_to_change()[last];
    end.op = static_cast<OwnedOperator&&>(op);
    end.inputs = static_cast<Buffer<ValueId>&&>(inputs);
    return true;
  }
  // Weights lie as [M, C / groups, kernel…], of a transposed convolution as [C, M / groups, kernel…].
  bool scaled(const Node& convolution, const Buffer<double>& factor, Buffer<unsigned char>& bytes) const {
    const tensor::ConvolutionProblem& problem = *problem_of<tensor::ConvolutionProblem>(*convolution.op);
    const Value& w = g_.value(convolution.inputs[1]);
    if (!problem.groups.is_literal() || w.data.size() == 0) return false;
    const std::size_t outer = static_cast<std::size_t>(w.type.shape[0].value());
    const std::size_t inner = static_cast<std::size_t>(w.type.shape[1].value());
    const std::size_t taps = w.data.size() / 4 / outer / inner;
    const std::size_t in_group = outer / static_cast<std::size_t>(problem.groups.value());
    if (!bytes.resize(w.data.size())) return false;
    for (std::size_t i = 0; i < w.data.size() / 4; ++i) {
      const std::size_t first = i / taps / inner, second = i / taps % inner;
      const std::size_t channel = problem.transposed ? first / in_group * inner + second : first;
      float number;
      std::memcpy(&number, w.data.data() + i * 4, 4);
      const bool was_finite = std::isfinite(number);
      number = static_cast<float>(static_cast<double>(number) * factor[channel]);
      if (was_finite && !std::isfinite(number)) return false;
      std::memcpy(bytes.data() + i * 4, &number, 4);
    }
    return true;
  }

  Graph& g_;
  Buffer<std::uint32_t> users_, user_;
  std::size_t channels_ = 0;
  std::size_t constants_ = 0;  // that the chain reads
};

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
