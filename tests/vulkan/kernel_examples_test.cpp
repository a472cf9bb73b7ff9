// Kernels as one writes them, with workgroup memory, barriers, atomics and images, on a device and in the interpreter.
#include "check_kernel.hpp"

#include "kernel/example_kernels.hpp"

using namespace airstrip::kernel;
using airstrip::spirv::Capability;

namespace {

// Every operation rounds once, so that the bits are the interpreter's.
KernelOptions exact(Extent workgroup) {
  KernelOptions options;
  options.workgroup = workgroup;
  options.floats.contraction = false;
  return options;
}

std::vector<float> floats(std::size_t count, unsigned seed) {
  std::vector<float> list(count);
  for (std::size_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    list[i] = static_cast<float>(static_cast<int>(seed >> 8) - (1 << 23)) / 65536.0f;
  }
  return list;
}

Kernel make_matmul(u32 size) {
  constexpr u32 tile = 16;
  return make_kernel("matmul", exact({tile, tile}), [&](KernelBuilder& k) {
    const auto a = k.input<f32>("a");
    const auto b = k.input<f32>("b");
    const auto c = k.output<f32>("c");
    const auto a_tile = k.workgroup_array<f32>(tile * tile, "a tile");
    const auto b_tile = k.workgroup_array<f32>(tile * tile, "b tile");
    const auto x = k.local_id().x, y = k.local_id().y;
    const auto row = k.global_id().y, column = k.global_id().x;
    const auto sum = k.var<f32>(0);
    k.for_range<u32>(0, size, tile, [&](Value<u32> first) {
      a_tile[y * tile + x] = a[row * size + first + x];
      b_tile[y * tile + x] = b[(first + y) * size + column];
      k.barrier(memory::workgroup);
      k.for_range<u32>(0, tile, 1, [&](Value<u32> i) { sum += a_tile[y * tile + i] * b_tile[i * tile + x]; });
      k.barrier(memory::workgroup);
    });
    c[row * size + column] = sum;
  });
}

}  // namespace

TEST_CASE("kernel: saxpy") {
  test::Given given;
  given.parameter<u32>("n", 1000).parameter<f32>("a", 1.1f).workgroups(16);
  given.buffer("x", floats(1000, 1)).buffer("y", floats(1000, 2));
  for (const unsigned minor : {1u, 3u})
    if (!check_kernel(example_kernels::saxpy(false), given, {minor})) return;
}

TEST_CASE("kernel: tiled matmul through workgroup memory") {
  constexpr u32 size = 64;
  test::Given given;
  given.buffer("a", floats(size * size, 3)).buffer("b", floats(size * size, 4));
  given.buffer("c", std::vector<float>(size * size)).workgroups(size / 16, size / 16);
  for (const unsigned minor : {1u, 3u})
    if (!check_kernel(make_matmul(size), given, {minor})) return;
}

TEST_CASE("kernel: histogram by atomics in workgroup memory and in a buffer") {
  constexpr u32 bins = 256, workgroup = 128, words = 5003;
  const Kernel histogram = make_kernel("histogram", {.workgroup = {workgroup}}, [](KernelBuilder& k) {
    const auto count = k.param<u32>("words");
    const auto data = k.input<u32>("data");
    const auto result = k.inout<u32>("histogram");
    const auto local = k.workgroup_array<u32>(bins, "local histogram");
    for (u32 bin = 0; bin < bins; bin += workgroup) local[k.local_index() + bin] = 0;
    k.barrier(memory::workgroup);
    k.for_(k.global_id().x, count, k.workgroup_count().x * workgroup, [&](Value<u32> i) {
      const auto word = data[i].value();
      for (u32 byte = 0; byte < 4; ++byte) atomic_add(local[word >> (8 * byte) & 0xFF], 1);
    });
    k.barrier(memory::workgroup);
    for (u32 bin = 0; bin < bins; bin += workgroup) {
      const auto mine = k.local_index() + bin;
      const auto found = local[mine].value();
      k.if_(found != 0, [&] { atomic_add(result[mine], found); });
    }
  });
  std::vector<u32> data(words);
  for (u32 i = 0; i < words; ++i) data[i] = i * i * 2654435761u & 0x7F3F1F0Fu;
  test::Given given;
  given.parameter<u32>("words", words).buffer("data", data).buffer("histogram", std::vector<u32>(bins));
  given.workgroups(4);
  for (const unsigned minor : {1u, 3u})
    if (!check_kernel(histogram, given, {minor})) return;
}

TEST_CASE("kernel: every atomic, of both signs, in a buffer and in workgroup memory") {
  const Kernel atomics = make_kernel("atomics", {.workgroup = {32}}, [](KernelBuilder& k) {
    const auto in = k.input<i32>("in");
    const auto words = k.inout<u32>("words");
    const auto integers = k.inout<i32>("integers");
    const auto local = k.workgroup_array<i32>(4, "local");
    const auto i = k.global_id().x;
    k.if_(k.local_index() < 4, [&] { local[k.local_index()] = 0; });
    k.barrier(memory::workgroup);
    const auto number = in[i].value();
    const auto word = bitcast<u32>(number);
    atomic_add(words[0], word);
    atomic_sub(words[1], word);
    atomic_min(words[2], word);
    atomic_max(words[3], word);
    atomic_and(words[4], word | 0xFFFF);
    atomic_or(words[5], word & 0xFF00FF);
    atomic_xor(words[6], word);
    atomic_min(integers[0], number);
    atomic_max(integers[1], number);
    // Each invocation's own: what the operation returns is known, too.
    atomic_store(words[i + 8], word);
    const auto before = atomic_exchange(words[i + 8], word + 1);
    const auto compared = atomic_compare_exchange(words[i + 8], word + 1, word * 3);
    const auto kept = atomic_compare_exchange(words[i + 8], word * 5 + 7, 1);
    integers[i + 2] = bitcast<i32>((before ^ compared) + (kept ^ atomic_load(words[i + 8])));
    atomic_add(local[0], number);
    atomic_min(local[1], number);
    atomic_max(local[2], number);
    atomic_xor(local[3], number);
    k.barrier(memory::workgroup);
    k.if_(k.local_index() < 4,
          [&] { integers[k.workgroup_id().x * 4 + k.local_index() + 66] = local[k.local_index()]; });
  });
  std::vector<i32> in(64);
  for (std::size_t i = 0; i < in.size(); ++i)
    in[i] = static_cast<i32>((static_cast<u32>(i) + 3) * 2654435761u);
  std::vector<u32> words(72);
  words[2] = words[4] = ~0u;
  test::Given given;
  given.buffer("in", in).buffer("words", words).buffer("integers", std::vector<i32>(74)).workgroups(2);
  for (const unsigned minor : {1u, 3u})
    if (!check_kernel(atomics, given, {minor})) return;
}

TEST_CASE("kernel: a sum through subgroups and workgroup memory") {
  constexpr u32 workgroup = 256, smallest_subgroup = 4;
  const Kernel sum = make_kernel("sum", {.workgroup = {workgroup}}, [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");
    const auto x = k.input<f32>("x");
    const auto y = k.output<f32>("y");
    const auto partial = k.workgroup_array<f32>(workgroup / smallest_subgroup, "partial");
    const auto strided = [&](const auto& elements, const Value<u32>& count, const Value<u32>& first,
                             const Value<u32>& step) {
      const auto total = k.var<f32>(0);
      k.for_(0, (count + (step - 1)) / step, [&](Value<u32> round) {
        const auto i = round * step + first;
        total += select(i < count, elements[min(i, count - 1)], 0);
      });
      return subgroup_add(total);
    };
    const auto of_subgroup = strided(x, n, k.global_id().x, k.workgroup_count().x * workgroup);
    k.if_(k.subgroup_elect(), [&] { partial[k.subgroup_id()] = of_subgroup; });
    k.barrier(memory::workgroup);
    k.if_(k.subgroup_id() == 0, [&] {
      const auto of_workgroup =
          strided(partial, k.subgroup_count(), k.subgroup_invocation(), k.subgroup_size());
      k.if_(k.subgroup_elect(), [&] { y[k.workgroup_id().x] = of_workgroup; });
    });
  });
  // Whole numbers whose sums stay below 2^24 are exact in any order.
  std::vector<float> x(10007);
  for (u32 i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761u >> 24);
  test::Given given;
  given.parameter<u32>("n", static_cast<u32>(x.size())).buffer("x", x).buffer("y", std::vector<float>(4));
  given.workgroups(4);
  for (const unsigned minor : {1u, 3u})
    if (!check_kernel(sum, given, {minor, {}, test::subgroup_basic | test::subgroup_arithmetic})) return;
}

TEST_CASE("kernel: an unsharp mask from a sampled image to a storage image") {
  const auto sharpen = [](TexelFormat format) {
    return make_kernel("sharpen", exact({8, 8}), [&](KernelBuilder& k) {
      const auto amount = k.param<f32>("amount");
      const auto source = k.sampled_image<f32>("source");
      const auto result = k.storage_image<f32, Access::WriteOnly>("result", format);
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
            blurred = blurred + source.fetch(neighbour) * weight;
          }
        const auto sharp = clamp(centre + amount * (centre - blurred), 0, 1);
        result.store(at, vec<f32x4>(swizzle<0, 1, 2>(sharp), centre.w));
      });
    });
  };
  constexpr u32 width = 29, height = 21;
  std::vector<float> texels(width * height * 4), blank(texels.size());
  for (std::size_t i = 0; i < texels.size(); ++i)
    texels[i] = static_cast<float>((static_cast<u32>(i) * 2654435761u) >> 24) / 255.0f;
  const auto given = [&](std::uint32_t format) {
    test::Given made;
    made.parameter<f32>("amount", 0.7f).workgroups((width + 7) / 8, (height + 7) / 8);
    made.image("source", test::format_rgba32_float, width, height, texels);
    made.image("result", format, width, height, blank);
    return made;
  };
  // From floats to floats, exact.
  if (!check_kernel(sharpen(TexelFormat::Rgba32f), given(test::format_rgba32_float), {1})) return;
  // Bytes: what lies at the middle between two may go to either.
  if (!check_kernel(sharpen(TexelFormat::Rgba8), given(test::format_rgba8).within(1), {1})) return;
  check_kernel(sharpen(TexelFormat::Unknown), given(test::format_rgba32_float),
               {1, {"shaderStorageImageWriteWithoutFormat"}});
}

TEST_CASE("kernel: storage images of integers, read, mirrored and written") {
  const Kernel mirror = make_kernel("mirror", exact({8, 4}), [](KernelBuilder& k) {
    const auto from = k.storage_image<u32, Access::ReadOnly>("from", TexelFormat::Rgba32ui);
    const auto to = k.storage_image<u32, Access::ReadWrite>("to", TexelFormat::Rgba32ui);
    const auto at = convert<i32x2>(swizzle<0, 1>(k.global_id()));
    k.if_(all(at < from.size()), [&] {
      const auto mirrored = vec<i32x2>(from.size().x - 1 - at.x, at.y);
      const auto texel = from.load(mirrored);
      to.store(at, swizzle<1, 0, 3, 2>(texel) + to.load(at));
    });
  });
  constexpr u32 width = 13, height = 9;
  std::vector<u32> texels(width * height * 4), others(texels.size());
  for (u32 i = 0; i < texels.size(); ++i) {
    texels[i] = i * 2654435761u;
    others[i] = i * i;
  }
  test::Given given;
  given.image("from", test::format_rgba32_uint, width, height, texels);
  given.image("to", test::format_rgba32_uint, width, height, others).workgroups(2, 3);
  check_kernel(mirror, given, {1});
}
