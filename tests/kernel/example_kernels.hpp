// Kernels of the kinds that the library is for, written with the typed builder: what golden hashes, mutations and
// comparisons with other tools are about.
#pragma once

#include <airstrip/kernel/builder.hpp>
#include <airstrip/spirv/target.hpp>

#include <vector>

namespace example_kernels {

using namespace airstrip;
using namespace airstrip::kernel;
using spirv::Target;

inline KernelOptions options(std::uint32_t x, std::uint32_t y = 1, bool contraction = true) {
  KernelOptions o;
  o.workgroup = {x, y, 1};
  o.floats.contraction = contraction;
  return o;
}

inline Kernel saxpy(bool contraction = true) {
  return make_kernel("saxpy", options(64, 1, contraction), [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");
    const auto a = k.param<f32>("a");
    const auto x = k.input<f32>("x");
    const auto y = k.inout<f32>("y");
    const auto i = k.global_id().x;
    k.if_(i < n, [&] { y[i] = a * x[i] + y[i]; });
  });
}

// The sum of each workgroup's elements: subgroups first, then one of them the rest.
inline Kernel reduction(bool contraction = true) {
  return make_kernel("reduction", options(256, 1, contraction), [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");
    const auto x = k.input<f32>("x");
    const auto y = k.output<f32>("y");
    const auto partial = k.workgroup_array<f32>(64, "partial");
    auto sum = k.var<f32>(0);
    const auto step = k.workgroup_count().x * 256u;
    const auto first = k.global_id().x;
    k.for_range<u32>(first, n, step, [&](Value<u32> i) { sum += x[i]; });
    const auto of_subgroup = subgroup_add(sum);
    k.if_(k.subgroup_elect(), [&] { partial[k.subgroup_id()] = of_subgroup; });
    k.barrier(memory::workgroup);
    k.if_(k.local_index() == 0u, [&] {
      auto total = k.var<f32>(0);
      k.for_(0, k.subgroup_count(), [&](Value<u32> i) { total += partial[i]; });
      y[k.workgroup_id().x] = total;
    });
  });
}

inline Kernel histogram(bool contraction = true) {
  return make_kernel("histogram", options(256, 1, contraction), [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");
    const auto pixels = k.input<u32>("pixels");
    const auto bins = k.inout<u32>("bins");
    const auto local = k.workgroup_array<u32>(256, "local");
    const auto lane = k.local_index();
    local[lane] = 0;
    k.barrier(memory::workgroup);
    const auto i = k.global_id().x;
    k.if_(i < n, [&] {
      const auto word = k.var<u32>(pixels[i]);
      for (unsigned byte = 0; byte < 4; ++byte) {
        const auto bin = word.value() >> (8 * byte) & 255u;
        atomic_add(local[bin], 1u, {MemoryScope::Workgroup, 0});
      }
    });
    k.barrier(memory::workgroup);
    const auto count = local[lane].value();
    atomic_add(bins[lane], count);
  });
}

inline Kernel image_filter(bool contraction = true) {
  return make_kernel("image_filter", options(8, 8, contraction), [](KernelBuilder& k) {
    const auto amount = k.param<f32>("amount");
    const auto source = k.sampled_image<f32>("source");
    const auto result = k.storage_image<f32, Access::WriteOnly>("result", TexelFormat::Rgba8);
    const auto at = convert<i32x2>(swizzle<0, 1>(k.global_id()));
    const auto size = result.size();
    k.if_(all(at < size), [&] {
      const auto centre = source.fetch(at);
      auto blurred = centre * (4.0 / 16);
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
          if (dx == 0 && dy == 0) continue;
          const auto neighbour = clamp(at + i32x2{dx, dy}, 0, size - 1);
          const double weight = (dx == 0 ? 2.0 : 1.0) * (dy == 0 ? 2.0 : 1.0) / 16;
          const auto texel = source.fetch(neighbour);
          blurred = blurred + texel * weight;
        }
      const auto sharp = clamp(centre + amount * (centre - blurred), 0, 1);
      result.store(at, vec<f32x4>(swizzle<0, 1, 2>(sharp), centre.w));
    });
  });
}

// C = A B, by tiles of 16 x 16 in workgroup memory. Sizes are multiples of 16.
inline Kernel matmul(bool contraction = true) {
  return make_kernel("matmul", options(16, 16, contraction), [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");
    const auto depth = k.param<u32>("depth");
    const auto a = k.input<f32>("a");
    const auto b = k.input<f32>("b");
    const auto c = k.output<f32>("c");
    const auto tile_a = k.workgroup_array<f32>(256, "tile_a");
    const auto tile_b = k.workgroup_array<f32>(256, "tile_b");
    const auto row = k.global_id().y, column = k.global_id().x;
    const auto y = k.local_id().y, x = k.local_id().x;
    auto sum = k.var<f32>(0);
    k.for_range<u32>(0, depth, 16, [&](Value<u32> first) {
      tile_a[y * 16u + x] = a[row * depth + (first + x)];
      tile_b[y * 16u + x] = b[(first + y) * n + column];
      k.barrier(memory::workgroup);
      for (unsigned i = 0; i < 16; ++i) sum += tile_a[y * 16u + i] * tile_b[x + i * 16u];
      k.barrier(memory::workgroup);
    });
    c[row * n + column] = sum;
  });
}

// One row a workgroup: the maximum, the sum of exponentials, and the quotients.
inline Kernel softmax(bool contraction = true) {
  return make_kernel("softmax", options(64, 1, contraction), [](KernelBuilder& k) {
    const auto columns = k.param<u32>("columns");
    const auto x = k.input<f32>("x");
    const auto y = k.output<f32>("y");
    const auto shared = k.workgroup_array<f32>(64, "shared");
    const auto lane = k.local_index();
    const auto row = k.workgroup_id().x * columns;
    const auto tree = [&](auto&& combine) {
      for (unsigned half = 32; half > 0; half /= 2) {
        k.barrier(memory::workgroup);
        k.if_(lane < half,
              [&] { shared[lane] = combine(shared[lane].value(), shared[lane + half].value()); });
      }
      k.barrier(memory::workgroup);
      return shared[0].value();
    };
    auto top = k.var<f32>(-3.0e38);
    k.for_range<u32>(lane, columns, 64, [&](Value<u32> i) { top = (max)(top, x[row + i]); });
    shared[lane] = top;
    const auto maximum = tree([](auto a, auto b) { return (max)(a, b); });
    auto sum = k.var<f32>(0);
    k.for_range<u32>(lane, columns, 64, [&](Value<u32> i) { sum += exp(x[row + i] - maximum); });
    k.barrier(memory::workgroup);  // all have read the maximum
    shared[lane] = sum;
    const auto total = tree([](auto a, auto b) { return a + b; });
    k.for_range<u32>(lane, columns, 64,
                     [&](Value<u32> i) { y[row + i] = exp(x[row + i] - maximum) / total; });
  });
}

// 3 x 3 convolution of one channel, with the edge as zeros, and ReLU.
inline Kernel conv(bool contraction = true) {
  return make_kernel("conv", options(8, 8, contraction), [](KernelBuilder& k) {
    const auto size = k.param<i32x2>("size");
    const auto in = k.input<f32>("in");
    const auto weights = k.input<f32>("weights");
    const auto out = k.output<f32>("out");
    const auto at = convert<i32x2>(swizzle<0, 1>(k.global_id()));
    k.if_(at.x < size.x && at.y < size.y, [&] {
      auto sum = k.var<f32>(0);
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
          const auto x = at.x + dx, y = at.y + dy;
          const auto tap = [&] {
            const auto texel = in[y * size.x + x].value();
            sum += texel * weights[static_cast<unsigned>((dy + 1) * 3 + dx + 1)];
          };
          if (dx == 0 && dy == 0)
            tap();
          else
            k.if_(x >= 0 && x < size.x && y >= 0 && y < size.y, tap);
        }
      out[at.y * size.x + at.x] = (max)(sum, 0);
    });
  });
}

// Rows and columns exchanged through workgroup memory, padded against bank conflicts.
inline Kernel transpose() {
  return make_kernel("transpose", options(16, 16), [](KernelBuilder& k) {
    const auto rows = k.param<u32>("rows");
    const auto columns = k.param<u32>("columns");
    const auto in = k.input<u32>("in");
    const auto out = k.output<u32>("out");
    const auto tile = k.workgroup_array<u32>(16 * 17, "tile");
    const auto x = k.local_id().x, y = k.local_id().y;
    const auto from = k.global_id();
    k.if_(from.x < columns && from.y < rows, [&] { tile[y * 17u + x] = in[from.y * columns + from.x]; });
    k.barrier(memory::workgroup);
    const auto row = k.workgroup_id().x * 16u + y, column = k.workgroup_id().y * 16u + x;
    k.if_(row < columns && column < rows, [&] { out[row * rows + column] = tile[x * 17u + y]; });
  });
}

// Iterations until |z| > 2, in a loop that is left early.
inline Kernel mandelbrot() {
  return make_kernel("mandelbrot", options(8, 8), [](KernelBuilder& k) {
    const auto origin = k.param<f32x2>("origin");
    const auto step = k.param<f32>("step");
    const auto width = k.param<u32>("width");
    const auto out = k.output<u32>("out");
    const auto at = k.global_id();
    const auto cx = origin.x + convert<f32>(at.x) * step, cy = origin.y + convert<f32>(at.y) * step;
    auto x = k.var<f32>(0), y = k.var<f32>(0);
    auto n = k.var<u32>(0);
    k.for_range<u32>(0, 100, 1, [&](Value<u32> i) {
      const auto xx = x * x, yy = y * y;
      k.if_(xx + yy > 4, [&] { k.break_(); });
      const auto next = xx - yy + cx;
      y = 2 * x * y + cy;
      x = next;
      n = i + 1u;
    });
    out[at.y * width + at.x] = n;
  });
}

// Structures in a buffer, updated in place: a step of a particle system.
inline Kernel particles() {
  using Particle =
      Struct<Field<"position", f32x3>, Field<"mass", f32>, Field<"velocity", f32x3>, Field<"state", u32>>;
  return make_kernel("particles", options(64), [](KernelBuilder& k) {
    const auto count = k.param<u32>("count");
    const auto dt = k.param<f32>("dt");
    const auto gravity = k.param<f32x3>("gravity");
    const auto all_particles = k.inout<Particle>("particles");
    const auto i = k.global_id().x;
    k.if_(i < count, [&] {
      const auto p = all_particles[i];
      k.switch_(p.template get<"state">().value(), [&](SwitchScope& s) {
        s.case_(0, [&] {
          const auto velocity = p.template get<"velocity">().value() + gravity * dt;
          p.template get<"velocity">() = velocity;
          p.template get<"position">() += velocity * dt;
        });
        s.case_({1, 2}, [&] { p.template get<"velocity">() = f32x3{}; });
        s.default_([&] { k.return_(); });
      });
    });
  });
}

// Bytes times bytes: packed dot products with accumulators, quantised back with saturation.
inline Kernel quantized_dot() {
  return make_kernel("quantized_dot", options(64), [](KernelBuilder& k) {
    const auto words = k.param<u32>("words");
    const auto scale = k.param<f32>("scale");
    const auto a = k.input<u32>("a");
    const auto b = k.input<u32>("b");
    const auto out = k.output<i8>("out");
    const auto i = k.global_id().x;
    auto sum = k.var<i32>(0);
    k.for_(0, words, [&](Value<u32> j) {
      const auto left = a[i * words + j].value(), right = b[j].value();
      sum = dot_packed_signed_accumulate(left, right, sum);
    });
    const auto real = round_even(convert<f32>(sum) * scale);
    out[i] = convert_saturate<i8>(real);
  });
}

// Exclusive prefix sums of a workgroup's elements, with a helper function.
inline Kernel scan() {
  return make_kernel("scan", options(128), [](KernelBuilder& k) {
    const auto x = k.inout<u32>("x");
    const auto shared = k.workgroup_array<u32>(128, "shared");
    const auto lane = k.local_index();
    const auto below = k.function("below", [&](Value<u32> index, Value<u32> distance) {
      auto result = k.var<u32>(0);
      k.if_(index >= distance, [&] { result = shared[index - distance]; });
      return result.value();
    });
    const auto mine = x[k.global_id().x].value();
    shared[lane] = mine;
    for (unsigned distance = 1; distance < 128; distance *= 2) {
      k.barrier(memory::workgroup);
      const auto other = below(lane, distance);
      k.barrier(memory::workgroup);
      shared[lane] += other;
    }
    x[k.global_id().x] = shared[lane] - mine;
  });
}

// A product on cooperative matrices, one 16 x 16 tile a subgroup.
inline Kernel matrix_tile() {
  KernelOptions o = options(32);
  o.subgroup.size = 32;
  return make_kernel("matrix_tile", o, [](KernelBuilder& k) {
    using A = Matrix<f16, 16, 16, MatrixUse::A>;
    using B = Matrix<f16, 16, 16, MatrixUse::B>;
    using C = Matrix<f32, 16, 16, MatrixUse::Accumulator>;
    const auto depth = k.param<u32>("depth");
    const auto a = k.input<f16>("a");
    const auto b = k.input<f16>("b");
    const auto c = k.output<f32>("c");
    const auto sum = k.matrix_var(k.matrix_fill<C>(0));
    k.for_range<u32>(0, depth, 16, [&](Value<u32> first) {
      const auto left = matrix_load<A>(a[first], depth);
      const auto right = matrix_load<B>(b[first * 16u], 16u);
      sum = matrix_mul_add(left, right, sum.value());
    });
    matrix_store(c[0], sum.value(), 16u);
  });
}

struct Example {
  const char* name;
  Kernel kernel;
  Target target;
  int since;  // the first spirv-val that knows what it uses, 20233 for 2023.3; 0: every one
};

inline Target subgroups(Target target) {
  return target.enable_feature("VK_SUBGROUP_FEATURE_BASIC_BIT")
      .enable_feature("VK_SUBGROUP_FEATURE_ARITHMETIC_BIT");
}
inline Target matrices() {
  Target target = Target::vulkan(1, 3);
  target.enable_extension("VK_KHR_cooperative_matrix").enable_feature("cooperativeMatrix");
  target.enable_feature("vulkanMemoryModel")
      .enable_feature("shaderFloat16")
      .enable_feature("storageBuffer16BitAccess");
  return target;
}

/// Each for a target that has what it asks for.
inline std::vector<Example> all_examples() {
  std::vector<Example> list;
  const auto add = [&](const char* name, Kernel kernel, const Target& target) {
    list.push_back({name, static_cast<Kernel&&>(kernel), target, 0});
  };
  add("saxpy", saxpy(), Target::vulkan(1, 0));
  add("reduction", reduction(), subgroups(Target::vulkan(1, 1)));
  add("histogram", histogram(), Target::vulkan(1, 0));
  add("image_filter", image_filter(), Target::vulkan(1, 0));
  add("matmul", matmul(), Target::vulkan(1, 1));
  add("softmax", softmax(), Target::vulkan(1, 2));
  add("conv", conv(), Target::vulkan(1, 3));
  add("transpose", transpose(), Target::vulkan(1, 4));
  add("mandelbrot", mandelbrot(), Target::vulkan(1, 1));
  add("particles", particles(), Target::vulkan(1, 1));
  add("quantized_dot", quantized_dot(), Target::vulkan(1, 1));
  add("scan", scan(), Target::vulkan(1, 1));
  add("matrix_tile", matrix_tile(), matrices());
  return list;
}

}  // namespace example_kernels
