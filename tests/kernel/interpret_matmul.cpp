// A tiled matrix product with workgroup memory, in every subgroup size and order; and how long it takes.
#include "interpret_kernels.hpp"

#include <chrono>
#include <cstdio>

using namespace interpret_test;

namespace {

constexpr std::uint32_t size = 64, tile = 16;

// C = A B with tiles of 16 x 16; `with_barriers` false leaves out the barrier behind the inner loop.
Kernel matmul(bool with_barriers = true) {
  Build k(tile, tile);
  const auto a = k.buffer(Access::ReadOnly, f32_type, "a"), b = k.buffer(Access::ReadOnly, f32_type, "b"),
             c = k.buffer(Access::WriteOnly, f32_type, "c");
  const auto tile_a = k.shared(f32_type, tile * tile, "tile_a"),
             tile_b = k.shared(f32_type, tile * tile, "tile_b");
  const AnyValue n = k.u(size), row = k.global(1), column = k.global(0), x = k.local(0), y = k.local(1);
  const AnyVariable sum = k.variable(f32_type, "sum");
  k.store(sum, k.f(0));
  const AnyValue own = k.add(k.mul(y, k.u(tile)), x);
  const AnyValue t = k.begin_for(k.u(0), n, k.u(tile));
  k.put(tile_a, own, k.get(a, k.add(k.mul(row, n), k.add(t, x))));
  k.put(tile_b, own, k.get(b, k.add(k.mul(k.add(t, y), n), column)));
  k.barrier();
  const AnyValue i = k.begin_for(k.u(0), k.u(tile), k.u(1));
  const AnyValue left = k.get(tile_a, k.add(k.mul(y, k.u(tile)), i));
  const AnyValue right = k.get(tile_b, k.add(k.mul(i, k.u(tile)), x));
  k.store(sum, k.op3(Op::Fma, left, right, k.load(sum)));
  k.end_loop();
  if (with_barriers) k.barrier();
  k.end_loop();
  k.put(c, k.add(k.mul(row, n), column), k.load(sum));
  return k.finish();
}

struct Data {
  std::vector<float> a, b, c, expected;
  Data() : a(size * size), b(size * size), c(size * size, -1.0f), expected(size * size) {
    for (std::uint32_t i = 0; i < size * size; ++i) {
      a[i] = static_cast<float>(static_cast<int>(i * 7 % 23) - 11) * 0.25f;
      b[i] = static_cast<float>(static_cast<int>(i * 5 % 19) - 9) * 0.5f;
    }
    for (std::uint32_t r = 0; r < size; ++r)
      for (std::uint32_t col = 0; col < size; ++col) {
        float sum = 0;
        for (std::uint32_t i = 0; i < size; ++i) sum += a[r * size + i] * b[i * size + col];  // exact here
        expected[r * size + col] = sum;
      }
  }
  Resources resources() {
    Resources r;
    r.bind("a", Span<const float>(a));
    r.bind("b", Span<const float>(b));
    r.bind("c", Span<float>(c));
    return r;
  }
};

}  // namespace

TEST_CASE("interpret: a tiled 64 x 64 x 64 product, and its time") {
  const Kernel kernel = matmul();
  Data data;
  const auto start = std::chrono::steady_clock::now();
  const Report report = run(kernel, {{size / tile, size / tile, 1}}, data.resources());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  CHECK(text_of(report) == "");
  CHECK(data.c == data.expected);
  CHECK(report.invocations == size * size);
  CHECK(report.barriers == 16 * 8);
  std::printf("interpret: 64x64x64 matmul with the sanitizer: %.0f ms\n", seconds * 1e3);
  CHECK(seconds < 1.0);
}

TEST_CASE("interpret: the product is the same for every subgroup size and seed") {
  const Kernel kernel = matmul();
  for (const std::uint32_t subgroup : {4u, 8u, 16u, 32u, 64u, 128u})
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{77}}) {
      CAPTURE(subgroup);
      CAPTURE(seed);
      Data data;
      InterpretOptions options;
      options.subgroup_size = subgroup;
      options.seed = seed;
      CHECK(text_of(run(kernel, {{4, 4, 1}}, data.resources(), options)) == "");
      CHECK(data.c == data.expected);
    }
}

TEST_CASE("interpret: the product without its second barrier is a race") {
  const Kernel kernel = matmul(false);
  Data data;
  const Report report = run(kernel, {{4, 4, 1}}, data.resources());
  REQUIRE(!report.clean());
  for (const Finding& finding : report.findings()) CHECK(finding.kind == FindingKind::Race);
  CHECK(text_of(report).find("tile_a[") != std::string::npos);
}
