// Networks with random weights, in the shapes of well-known ones, built by hand.
#pragma once

#include <airstrip/graph.hpp>
#include <airstrip/tensor/functions.hpp>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace bench {

namespace graph = airstrip::graph;
namespace tensor = airstrip::tensor;

// Adds layers to a graph, with weights that keep the numbers' size (He et al., "Delving Deep into Rectifiers", 2015).
class Network {
public:
  using ValueId = graph::ValueId;

  explicit Network(std::uint32_t seed = 1) : random_(seed) {}

  ValueId image(std::int64_t channels, std::int64_t height, std::int64_t width) {
    return g.input("image", {tensor::Scalar::F32, {1, channels, height, width}});
  }
  // A convolution with its bias.
  ValueId conv(ValueId x, std::int64_t outputs, std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
    const std::int64_t channels = g.type(x).shape[1].value();
    tensor::ConvolutionProblem problem;
    for (int i = 0; i < 2; ++i) {
      problem.axes[i].stride = stride;
      problem.axes[i].pad_begin = problem.axes[i].pad_end = pad;
    }
    const double deviation = std::sqrt(2.0 / static_cast<double>(channels * kernel * kernel));
    const ValueId w =
        weights({outputs, channels, kernel, kernel}, outputs * channels * kernel * kernel, deviation);
    const ValueId b = weights({outputs, 1, 1}, outputs, 0.1);
    const ValueId y = g.add(problem, {x, w}, "conv" + std::to_string(++count_));
    return g.map(
        y, b, [](graph::Expr v, graph::Expr bias) { return v + bias; }, "bias" + std::to_string(count_));
  }
  ValueId relu(ValueId x) {
    return g.map(
        x, [](graph::Expr v) { return tensor::relu(v); }, "relu" + std::to_string(++count_));
  }
  ValueId add(ValueId a, ValueId b) {
    return g.map(
        a, b, [](graph::Expr u, graph::Expr v) { return u + v; }, "add" + std::to_string(++count_));
  }
  ValueId max_pool(ValueId x, std::uint32_t kernel, std::uint32_t stride, std::uint32_t pad, bool ceil_mode) {
    tensor::PoolProblem problem;
    for (int i = 0; i < 2; ++i) {
      problem.kernel[i] = kernel;
      problem.strides[i] = stride;
      problem.pads_begin[i] = problem.pads_end[i] = pad;
    }
    problem.ceil_mode = ceil_mode;
    return g.add(problem, {x}, "pool" + std::to_string(++count_));
  }
  ValueId mean_of_all(ValueId x) {
    tensor::PoolProblem problem;
    problem.kind = tensor::PoolKind::Average;
    problem.global = true;
    return g.add(problem, {x}, "mean" + std::to_string(++count_));
  }
  ValueId concat(ValueId a, ValueId b) {
    return g.add(graph::Concat(1, 2), {a, b}, "concat" + std::to_string(++count_));
  }
  ValueId softmax(ValueId x) {
    tensor::SoftmaxProblem problem;
    problem.axes = {1};
    return g.add(problem, {x}, "softmax");
  }

  graph::Graph g;

private:
  ValueId weights(const tensor::Shape& shape, std::int64_t count, double deviation) {
    std::normal_distribution<float> normal(0, static_cast<float>(deviation));
    std::vector<float> numbers(static_cast<std::size_t>(count));
    for (float& n : numbers) n = normal(random_);
    return g.constant("w" + std::to_string(++weight_count_), {tensor::Scalar::F32, shape},
                      graph::Bytes::copied({reinterpret_cast<const unsigned char*>(numbers.data()),
                                            numbers.size() * sizeof(float)}));
  }

  std::mt19937 random_;
  int count_ = 0, weight_count_ = 0;
};

// SqueezeNet 1.1 (Iandola et al., 2016; the second release): [1, 3, 227, 227] to [1, 1000, 1, 1].
inline graph::Graph squeezenet() {
  Network n;
  const auto fire = [&](graph::ValueId x, std::int64_t squeeze, std::int64_t expand) {
    const graph::ValueId s = n.relu(n.conv(x, squeeze, 1, 1, 0));
    return n.concat(n.relu(n.conv(s, expand, 1, 1, 0)), n.relu(n.conv(s, expand, 3, 1, 1)));
  };
  graph::ValueId x = n.relu(n.conv(n.image(3, 227, 227), 64, 3, 2, 0));
  x = fire(fire(n.max_pool(x, 3, 2, 0, true), 16, 64), 16, 64);
  x = fire(fire(n.max_pool(x, 3, 2, 0, true), 32, 128), 32, 128);
  x = n.max_pool(x, 3, 2, 0, true);
  x = fire(fire(fire(fire(x, 48, 192), 48, 192), 64, 256), 64, 256);
  x = n.mean_of_all(n.relu(n.conv(x, 1000, 1, 1, 0)));
  n.g.output("probabilities", n.softmax(x));
  return static_cast<graph::Graph&&>(n.g);
}

// ResNet-18 with its normalisation folded into the convolutions (He et al., 2015): [1, 3, 224, 224] to [1, 1000, 1, 1].
inline graph::Graph resnet18() {
  Network n;
  graph::ValueId x = n.relu(n.conv(n.image(3, 224, 224), 64, 7, 2, 3));
  x = n.max_pool(x, 3, 2, 1, false);
  for (int stage = 0; stage < 4; ++stage)
    for (int block = 0; block < 2; ++block) {
      const std::int64_t channels = 64 << stage, stride = stage > 0 && block == 0 ? 2 : 1;
      const graph::ValueId skip = stride == 2 ? n.conv(x, channels, 1, 2, 0) : x;
      x = n.relu(n.add(n.conv(n.relu(n.conv(x, channels, 3, stride, 1)), channels, 3, 1, 1), skip));
    }
  n.g.output("scores", n.conv(n.mean_of_all(x), 1000, 1, 1, 0));
  return static_cast<graph::Graph&&>(n.g);
}

// A hundred nodes of a CNN in different sizes, as an importer makes them: convolution, bias, activation, now and then a
// pooling and a sum.
inline graph::Graph hundred_nodes() {
  Network n;
  graph::ValueId x = n.image(3, 128, 128), skip = x;
  std::int64_t channels = 16;
  while (n.g.nodes().size() < 97) {
    x = n.relu(n.conv(x, channels, 3, 1, 1));
    const std::size_t nodes = n.g.nodes().size();
    if (nodes % 4 == 1) {
      skip = n.relu(n.conv(x, channels, 1, 1, 0));
      x = n.add(skip, n.conv(skip, channels, 3, 1, 1));
    }
    if (nodes % 9 == 0 && channels < 256) {
      x = n.max_pool(x, 2, 2, 0, false);
      channels += 24;
    }
  }
  while (n.g.nodes().size() < 100) x = n.relu(x);
  n.g.output("y", x);
  return static_cast<graph::Graph&&>(n.g);
}

}  // namespace bench
