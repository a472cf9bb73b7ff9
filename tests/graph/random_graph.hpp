// Random graphs, small enough for the interpreter.
#pragma once

#include "host.hpp"

namespace test {

// A random graph of elementwise work around convolutions, products, reductions, pools, softmax and movement.
class RandomGraph {
public:
  explicit RandomGraph(std::uint32_t seed) : random_(seed) {
    const ValueId x = g.input("x", {Scalar::F32, {1, 4, 6, 6}});
    inputs.push_back({"x", random_numbers(random_, 144)});
    const ValueId b = g.input("b", {Scalar::F32, {4, 1, 1}});
    inputs.push_back({"b", random_numbers(random_, 4)});
    pool_ = {x};
    small_ = b;
    const int count = 3 + static_cast<int>(random_() % 8);
    for (int i = 0; i < count && g.ok(); ++i) step();
    // Values that nobody else reads, or any.
    g.output("y", pool_.back());
    if (random_() % 3 == 0) g.output("z", pick());
  }

  Graph g;
  Inputs inputs;

private:
  ValueId pick() { return pool_[random_() % pool_.size()]; }
  ValueId constant(const Shape& shape, std::size_t count) {
    return g.constant("c", {Scalar::F32, shape}, bytes_of(random_numbers(random_, count)));
  }
  void step() {
    const ValueId a = random_() % 3 ? pool_.back() : pick();
    ValueId y = ValueId::Absent;
    switch (random_() % 22) {
      case 0: y = g.map(a, [](Expr v) { return tensor::relu(v); }); break;
      case 1: y = g.map(a, [](Expr v) { return tensor::sigmoid(v); }); break;
      case 2: y = g.map(a, small_, [](Expr v, Expr b) { return v * b; }); break;
      case 3: y = g.map(a, pick(), [](Expr u, Expr v) { return u + v; }); break;
      case 4: y = g.map(a, constant({1, 4, 1, 1}, 4), [](Expr u, Expr v) { return u - v; }); break;
      case 5: {
        tensor::ConvolutionProblem c;
        c.axes[0].pad_begin = c.axes[0].pad_end = c.axes[1].pad_begin = c.axes[1].pad_end = 1;
        y = g.add(c, {a, constant({4, 4, 3, 3}, 144)});
        break;
      }
      case 6: y = g.add(tensor::MatmulProblem(), {a, constant({6, 6}, 36)}); break;
      case 7: {
        tensor::ReduceProblem r;
        r.kind = random_() % 2 ? tensor::ReduceKind::Mean : tensor::ReduceKind::Max;
        r.axes = {static_cast<std::int64_t>(2 + random_() % 2)};
        y = g.map(a, g.add(r, {a}), [](Expr u, Expr v) { return u - v; });
        break;
      }
      case 8: {
        tensor::SoftmaxProblem s;
        s.axes = {3};
        y = g.add(s, {a});
        break;
      }
      case 9: {
        tensor::PoolProblem p;
        p.kind = random_() % 2 ? tensor::PoolKind::Max : tensor::PoolKind::Average;
        for (int i = 0; i < 2; ++i) {
          p.kernel[i] = 3;
          p.pads_begin[i] = p.pads_end[i] = 1;
        }
        y = g.add(p, {a});
        break;
      }
      case 10: {
        tensor::TransposeProblem t;
        t.permutation = {0, 1, 3, 2};
        y = g.add(t, {a});
        break;
      }
      case 11: y = g.map(a, [](Expr v) { return v * 1 - 0.0f; }); break;
      case 12: y = g.cast(a, Scalar::F32); break;
      case 13: {
        tensor::CopyProblem c;
        c.shape = {1, 4, 6, 6};
        y = g.map(a, g.add(c, {small_}), [](Expr u, Expr v) { return u + v; });
        break;
      }
      case 14: {
        // The transposed matrix of a product.
        tensor::TransposeProblem t;
        t.permutation = {0, 1, 3, 2};
        y = g.add(tensor::MatmulProblem(), {a, g.add(t, {pick()})});
        break;
      }
      case 15: y = g.reshape(g.reshape(a, {2, 72}), {1, 4, 6, 6}); break;
      case 16: {
        tensor::SliceProblem s;
        s.axes = {2};
        s.starts = {0};
        s.ends = {6};
        y = g.add(s, {a});
        break;
      }
      case 17: y = g.add(graph::Concat(1, 1), {a}); break;
      case 18: {
        tensor::ReduceProblem r;
        r.axes = {0};
        y = g.add(r, {a});
        break;
      }
      case 19: {
        // What a batch normalisation is made of.
        tensor::ConvolutionProblem c;
        const ValueId v = g.add(c, {a, constant({4, 4, 1, 1}, 16)});
        const ValueId d = g.map(v, constant({4, 1, 1}, 4), [](Expr p, Expr q) { return p - q; });
        const ValueId f = g.map(d, constant({1, 4, 1, 1}, 4), [](Expr p, Expr q) { return p * q; });
        y = g.map(f, constant({4, 1, 1}, 4), [](Expr p, Expr q) { return p + q; });
        break;
      }
      case 20: {
        // The same twice.
        const ValueId u = g.map(a, [](Expr v) { return tensor::sigmoid(v); });
        y = g.map(u, g.map(a, [](Expr v) { return tensor::sigmoid(v); }),
                  [](Expr p, Expr q) { return p * q; });
        break;
      }
      default: {
        // There and back in another shape.
        y = g.reshape(g.map(g.reshape(a, {4, 36}), [](Expr v) { return v * 0.5f; }), {1, 4, 6, 6});
        break;
      }
    }
    pool_.push_back(y);
  }

  std::mt19937 random_;
  std::vector<ValueId> pool_;
  ValueId small_ = ValueId::Absent;
};

}  // namespace test
