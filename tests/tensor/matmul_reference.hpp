// What matmul has to compute, in double precision, and random problems and schedules for it.
#pragma once

#include "run_operation.hpp"

#include <cmath>

namespace test {

// A product of host tensors: c[batch…, m, n], with the sum of the products' magnitudes, of which rounding errors are a part.
struct MatmulReference {
  std::vector<double> sums, magnitudes;
};

// Where an operand's element is: batch axes right-aligned to the product's, then rows and columns as they lie.
struct OperandLayout {
  std::vector<std::int64_t> batch;
  std::int64_t rows = 1, columns = 1;  // as they lie
  bool transposed = false;
  std::vector<std::int64_t> strides;  // empty: row-major

  std::size_t index(const std::vector<std::int64_t>& product_batch, std::size_t matrix, std::int64_t i,
                    std::int64_t j) const {
    std::vector<std::int64_t> shape = batch, at(batch.size() + 2);
    shape.push_back(rows);
    shape.push_back(columns);
    for (std::size_t axis = product_batch.size(); axis-- > 0;) {
      const std::size_t size = static_cast<std::size_t>(product_batch[axis]);
      const std::size_t coordinate = size ? matrix % size : 0;
      matrix = size ? matrix / size : 0;
      if (axis + batch.size() < product_batch.size()) continue;
      const std::size_t own = axis + batch.size() - product_batch.size();
      at[own] = batch[own] == 1 ? 0 : static_cast<std::int64_t>(coordinate);
    }
    at[batch.size()] = transposed ? j : i;
    at[batch.size() + 1] = transposed ? i : j;
    std::int64_t sum = 0, gapless = 1;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      sum += at[axis] * (strides.empty() ? gapless : strides[axis]);
      gapless *= shape[axis];
    }
    return static_cast<std::size_t>(sum);
  }
  std::int64_t elements() const {
    std::int64_t last = 0, gapless = 1, count = rows * columns;
    std::vector<std::int64_t> shape = batch;
    shape.push_back(rows);
    shape.push_back(columns);
    for (const std::int64_t size : batch) count *= size;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      last += (shape[axis] - 1) * (strides.empty() ? gapless : strides[axis]);
      gapless *= shape[axis];
    }
    return count == 0 ? 0 : last + 1;
  }
};

struct MatmulCase {
  std::int64_t m = 1, n = 1, k = 1;
  std::vector<std::int64_t> batch;
  OperandLayout a, b;
  std::size_t matrices() const {
    std::size_t count = 1;
    for (const std::int64_t size : batch) count *= static_cast<std::size_t>(size);
    return count;
  }
};

inline MatmulReference reference_of(const MatmulCase& c, const HostTensor& a, const HostTensor& b) {
  MatmulReference r;
  for (std::size_t matrix = 0; matrix < c.matrices(); ++matrix)
    for (std::int64_t i = 0; i < c.m; ++i)
      for (std::int64_t j = 0; j < c.n; ++j) {
        double sum = 0, magnitude = 0;
        for (std::int64_t k = 0; k < c.k; ++k) {
          const double product = a[c.a.index(c.batch, matrix, i, k)] * b[c.b.index(c.batch, matrix, k, j)];
          sum += product;
          magnitude += std::fabs(product);
        }
        r.sums.push_back(sum);
        r.magnitudes.push_back(magnitude);
      }
  return r;
}

// The bound of matmul.hpp, γ_K Σ|a b|, for sums of unit roundoff `u`. Reference sums in double have an error of the order
// K 2^-53 of the same magnitude, which is added.
inline double sum_bound(std::int64_t k, double u, double magnitude) {
  const double ku = static_cast<double>(k) * u, kd = static_cast<double>(k + 1) * 0x1p-53;
  return (ku / (1 - ku) + kd) * magnitude;
}

// The first sum that is further off than the bound permits; `more(sum)` is what later steps may add to it.
template <class More>
std::string check_sums(const MatmulReference& r, const HostTensor& found, std::int64_t k, double u,
                       const More& more) {
  if (found.size() != r.sums.size())
    return std::to_string(r.sums.size()) + " elements expected, " + std::to_string(found.size()) + " found";
  for (std::size_t i = 0; i < r.sums.size(); ++i) {
    const double allowed = sum_bound(k, u, r.magnitudes[i]) + more(r.sums[i]);
    if (!(std::fabs(found[i] - r.sums[i]) <= allowed))
      return "element " + std::to_string(i) + ": expected " + std::to_string(r.sums[i]) + ", found " +
             std::to_string(found[i]) + ", allowed difference " + std::to_string(allowed);
  }
  return "";
}
inline std::string check_sums(const MatmulReference& r, const HostTensor& found, std::int64_t k, double u) {
  return check_sums(r, found, k, u, [](double) { return 0.0; });
}

inline std::uint32_t power_of_two(Random& random, unsigned most) { return 1u << random.below(most + 1); }

// A schedule that need not be legal.
inline tensor::MatmulSchedule random_schedule(Random& random) {
  tensor::MatmulSchedule s;
  s.vector_axis = static_cast<tensor::VectorAxis>(random.below(3));
  s.vector = power_of_two(random, 2);
  s.tile_m = 1 + static_cast<std::uint32_t>(random.below(6));
  s.tile_n = 1 + static_cast<std::uint32_t>(random.below(6));
  if (s.vector_axis == tensor::VectorAxis::M) s.tile_m = s.vector * power_of_two(random, 1);
  if (s.vector_axis == tensor::VectorAxis::N) s.tile_n = s.vector * power_of_two(random, 1);
  s.block_m = s.tile_m * power_of_two(random, 2);
  s.block_n = s.tile_n * power_of_two(random, 4);
  s.unroll_k = s.vector_axis == tensor::VectorAxis::K ? s.vector * power_of_two(random, 1)
                                                      : 1 + static_cast<std::uint32_t>(random.below(5));
  if (random.one_in(4)) s.lanes_k = power_of_two(random, 3);
  if (random.one_in(3)) {
    s.share_a = random.one_in(2);
    s.share_b = !s.share_a || random.one_in(2);
    s.lanes_k = 1;
    s.block_k = s.unroll_k * (1 + static_cast<std::uint32_t>(random.below(3)));
    s.padding = static_cast<std::uint32_t>(random.below(3));
    if (s.vector_axis == tensor::VectorAxis::K) {
      s.vector_axis = tensor::VectorAxis::N;
      s.vector = 1;
    }
  }
  s.pack_a = random.one_in(3);
  s.pack_b = random.one_in(3);
  if (random.one_in(4)) s.split_k = 2 + static_cast<std::uint32_t>(random.below(11));
  s.order = random.one_in(2) ? tensor::GroupOrder::AlongM : tensor::GroupOrder::AlongN;
  if (random.one_in(8)) {
    s.fragment = tensor::Fragment::SubgroupBroadcast;
    s.block_m = s.tile_m;
  }
  return s;
}

inline std::string to_string(const tensor::MatmulSchedule& s) {
  std::string text = "fragment " + std::to_string(static_cast<int>(s.fragment));
  const auto add = [&](const char* name, std::uint32_t value) {
    text += std::string(", ") + name + " " + std::to_string(value);
  };
  add("block_m", s.block_m);
  add("block_n", s.block_n);
  add("tile_m", s.tile_m);
  add("tile_n", s.tile_n);
  add("lanes_k", s.lanes_k);
  add("axis", static_cast<std::uint32_t>(s.vector_axis));
  add("vector", s.vector);
  add("unroll_k", s.unroll_k);
  add("share_a", s.share_a);
  add("share_b", s.share_b);
  add("block_k", s.block_k);
  add("padding", s.padding);
  add("pack_a", s.pack_a);
  add("pack_b", s.pack_b);
  add("split_k", s.split_k);
  add("addresses", s.device_addresses);
  add("order", static_cast<std::uint32_t>(s.order));
  return text;
}

}  // namespace test
