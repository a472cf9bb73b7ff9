#include "catalogue.hpp"

#include "failure.hpp"
#include "io/random.hpp"

#include <airstrip/graph.hpp>
#include <airstrip/tensor/functions.hpp>
#include <utility>

namespace tool {

namespace {

using namespace airstrip;
using graph::Expr;
using graph::Graph;
using graph::ValueId;
using tensor::Dimension;
using tensor::Shape;

class Catalogue {
public:
  std::vector<CatalogueEntry> take() {
    for (const Scalar scalar : {Scalar::F32, Scalar::F16}) {
      elementwise(scalar);
      products(scalar);
    }
    integers();
    rows();
    pools();
    movement();
    indices();
    joins();
    generators();
    return std::move(entries_);
  }

private:
  // `build(graph)` gives the node's result.
  template <class Build>
  void add(std::string name, Build&& build) {
    Graph graph;
    graph.output("y", build(graph));
    if (!graph.ok()) throw Failure("the catalogue's " + name, graph.error());
    entries_.push_back({std::move(name), std::move(graph)});
  }
  template <class Problem>
  void add_of_x(const std::string& name, const Problem& problem, const Shape& shape,
                Scalar scalar = Scalar::F32) {
    add(name, [&](Graph& g) { return g.add(problem, {g.input("x", {scalar, shape})}, Text(name)); });
  }
  ValueId constant(Graph& g, Text name, Scalar scalar, const Shape& shape) {
    Dims dims;
    for (const Dimension& d : shape) dims.push_back(d.value());
    RandomSource source;
    source.seed = ++seed_;
    const HostTensor tensor = random_tensor(std::string(name), scalar, dims, source);
    return g.constant(name, {scalar, shape},
                      graph::Bytes::copied({reinterpret_cast<const unsigned char*>(tensor.bytes.data()),
                                            tensor.bytes.size()}));
  }
  static std::string of(const char* name, Scalar scalar) {
    return std::string(name) + " of " + name_of(scalar);
  }

  void elementwise(Scalar scalar) {
    const auto map = [&](const char* what, auto&& function) {
      const std::string name = of(what, scalar);
      add(name, [&](Graph& g) { return g.map(g.input("x", {scalar, {3, 7, 33}}), function, Text(name)); });
    };
    map("relu", [](Expr v) { return tensor::relu(v); });
    map("sigmoid", [](Expr v) { return tensor::sigmoid(v); });
    const std::string sum = of("broadcast sum", scalar);
    add(sum, [&](Graph& g) {
      return g.map(
          g.input("a", {scalar, {4, 1, 65}}), g.input("b", {scalar, {9, 1}}),
          [](Expr a, Expr b) { return a + b; }, Text(sum));
    });
  }

  void products(Scalar scalar) {
    const auto matmul = [&](const char* what, const Shape& a, const Shape& b) {
      const std::string name = of(what, scalar);
      add(name, [&](Graph& g) {
        return g.add(tensor::MatmulProblem(), {g.input("a", {scalar, a}), g.input("b", {scalar, b})},
                     Text(name));
      });
    };
    matmul("product 37 x 65 x 29", {37, 65}, {65, 29});
    matmul("products 3 of 32 x 64 x 48", {3, 32, 64}, {3, 64, 48});
    matmul("matrix by vector", {1, 257}, {257, 130});
    const auto convolution = [&](const char* what, const Shape& x, const Shape& w, std::uint32_t stride,
                                 std::uint32_t pad, std::int64_t groups) {
      const std::string name = of(what, scalar);
      add(name, [&](Graph& g) {
        tensor::ConvolutionProblem problem;
        problem.groups = groups;
        for (int i = 0; i < 2; ++i) {
          problem.axes[i].stride = stride;
          problem.axes[i].pad_begin = problem.axes[i].pad_end = pad;
        }
        return g.add(problem, {g.input("x", {scalar, x}), constant(g, "w", scalar, w)}, Text(name));
      });
    };
    convolution("convolution 3 x 3", {1, 5, 19, 23}, {8, 5, 3, 3}, 1, 1, 1);
    convolution("convolution 3 x 3 by 2", {2, 16, 18, 16}, {16, 16, 3, 3}, 2, 1, 1);
    convolution("convolution 1 x 1", {1, 32, 15, 17}, {24, 32, 1, 1}, 1, 0, 1);
    convolution("depthwise convolution", {1, 12, 17, 19}, {12, 1, 3, 3}, 1, 1, 12);
  }

  void integers() {
    for (const Scalar scalar : {Scalar::I32, Scalar::I64, Scalar::U8}) {
      const std::string name = of("product of elements", scalar);
      add(name, [&](Graph& g) {
        return g.map(
            g.input("a", {scalar, {5, 41}}), g.input("b", {scalar, {5, 41}}),
            [](Expr a, Expr b) { return a * b; }, Text(name));
      });
    }
    add("cast of i32 to f32", [&](Graph& g) {
      return g.cast(g.input("x", {Scalar::I32, {129}}), Scalar::F32, "cast of i32 to f32");
    });
  }

  void rows() {
    using tensor::ReduceKind;
    const auto reduce = [&](const std::string& name, ReduceKind kind, std::int64_t axis) {
      tensor::ReduceProblem problem;
      problem.kind = kind;
      problem.axes = {axis};
      add_of_x(name, problem, {6, 35, 130});
    };
    reduce("sum of rows", ReduceKind::Sum, 2);
    reduce("mean of columns", ReduceKind::Mean, 1);
    reduce("largest of rows", ReduceKind::Max, 2);
    tensor::SoftmaxProblem softmax;
    add_of_x("softmax", softmax, {4, 9, 100});
    tensor::ScanProblem scan;
    scan.axis = 1;
    add_of_x("running sum", scan, {5, 70, 3});
    tensor::NormalizeProblem layer;
    layer.scale = layer.bias = true;
    add("layer normalisation", [&](Graph& g) {
      return g.add(layer,
                   {g.input("x", {Scalar::F32, {6, 96}}), g.input("scale", {Scalar::F32, {96}}),
                    g.input("bias", {Scalar::F32, {96}})},
                   "layer normalisation");
    });
  }

  void pools() {
    const auto pool = [&](const std::string& name, tensor::PoolKind kind, bool global) {
      tensor::PoolProblem problem;
      problem.kind = kind;
      problem.global = global;
      for (int i = 0; i < 2 && !global; ++i) {
        problem.kernel[i] = 3;
        problem.strides[i] = 2;
        problem.pads_begin[i] = problem.pads_end[i] = 1;
      }
      add_of_x(name, problem, {1, 7, 19, 22});
    };
    pool("largest of 3 x 3", tensor::PoolKind::Max, false);
    pool("mean of 3 x 3", tensor::PoolKind::Average, false);
    pool("mean of all", tensor::PoolKind::Average, true);
  }

  void movement() {
    tensor::TransposeProblem transpose;
    transpose.permutation = {2, 0, 1};
    add_of_x("transposition", transpose, {5, 33, 18});
    tensor::SliceProblem slice;
    slice.axes = {1};
    slice.starts = {3};
    slice.ends = {31};
    slice.steps = {2};
    add_of_x("slice by 2", slice, {5, 33, 18});
    tensor::PadProblem pad;
    pad.axes = {1, 2};
    pad.before = {1, 2};
    pad.after = {3, 0};
    pad.mode = tensor::PadMode::Reflect;
    add_of_x("reflected border", pad, {2, 9, 11});
    tensor::TileProblem tile;
    tile.repeats = {2, 3};
    add_of_x("tiles", tile, {7, 9});
    tensor::DepthToSpaceProblem depth;
    depth.block = 2;
    add_of_x("depth to space", depth, {1, 12, 9, 7});
    tensor::TriluProblem trilu;
    add_of_x("upper triangle", trilu, {3, 17, 17});
    tensor::ResizeProblem linear;
    linear.axes = {2, 3};
    linear.sizes = {18, 14};
    linear.mode = tensor::ResizeMode::Linear;
    add_of_x("linear resizing", linear, {1, 3, 9, 7});
    tensor::ResizeProblem nearest = linear;
    nearest.mode = tensor::ResizeMode::Nearest;
    add_of_x("nearest resizing", nearest, {1, 3, 9, 7});
  }

  void indices() {
    add("gather", [&](Graph& g) {
      tensor::GatherProblem problem;
      problem.axis = 1;
      return g.add(problem,
                   {g.input("data", {Scalar::F32, {4, 11, 6}}), g.input("indices", {Scalar::I32, {9}})},
                   "gather");
    });
    add("gather of elements", [&](Graph& g) {
      tensor::GatherElementsProblem problem;
      problem.axis = 1;
      return g.add(problem,
                   {g.input("data", {Scalar::F32, {4, 11}}), g.input("indices", {Scalar::I32, {4, 11}})},
                   "gather of elements");
    });
    add("scatter", [&](Graph& g) {
      tensor::ScatterNDProblem problem;
      return g.add(problem,
                   {g.input("data", {Scalar::F32, {8, 10}}), g.input("indices", {Scalar::I32, {3, 1}}),
                    g.input("updates", {Scalar::F32, {3, 10}})},
                   "scatter");
    });
  }

  void joins() {
    add("concatenation", [&](Graph& g) {
      return g.add(graph::Concat(1, 3),
                   {g.input("a", {Scalar::F32, {3, 5, 8}}), g.input("b", {Scalar::F32, {3, 1, 8}}),
                    g.input("c", {Scalar::F32, {3, 9, 8}})},
                   "concatenation");
    });
    const Dimension parts[] = {2, 3, 4};
    add_of_x("split", graph::Split(1, {parts, 3}), {5, 9, 6});
  }

  void generators() {
    tensor::OneHotProblem hot;
    hot.depth = 6;
    add_of_x("one-hot", hot, {17}, Scalar::I32);
  }

  std::vector<CatalogueEntry> entries_;
  std::uint64_t seed_ = 0;
};

}  // namespace

std::vector<CatalogueEntry> make_catalogue() { return Catalogue().take(); }

}  // namespace tool
