// Loops, switches, early returns, helper functions, private arrays and specialisation constants.
#include "check_kernel.hpp"

using namespace airstrip::kernel;

namespace {

test::Given numbers(u32 count, u32 groups) {
  std::vector<u32> in(count);
  for (u32 i = 0; i < count; ++i) in[i] = i * 2654435761u >> 3 ^ i;
  return test::Given().buffer("in", in).buffer("out", std::vector<u32>(count)).workgroups(groups);
}

// With all passes, with none, and with the C++ lines and names.
void check_all(const Kernel& kernel, const test::Given& given) {
  for (const unsigned minor : {0u, 1u, 3u}) {
    if (!check_kernel(kernel, given, {minor})) return;
    if (!check_kernel(kernel, given, {minor}, {.passes = PassOptions::none()})) return;
  }
  check_kernel(kernel, given, {1}, {.lines = airstrip::spirv::LineInfo::BaseName, .names = true});
}

}  // namespace

TEST_CASE("kernel: a loop that ends differently for each invocation, and a switch that leaves it") {
  const Kernel kernel = make_kernel("collatz", {.workgroup = {32}}, [](KernelBuilder& k) {
    const auto in = k.input<u32>("in");
    const auto out = k.output<u32>("out");
    const auto i = k.global_id().x;
    const auto x = k.var<u32>((in[i] & 0xFFF) + 1);
    const auto steps = k.var<u32>(0);
    k.loop_([&](LoopScope loop) {
      k.switch_(x & 3, [&](SwitchScope& s) {
        s.case_(0, [&] {
          x /= 4;
          steps += 2;
          loop.continue_();
        });
        s.case_({1, 3}, [&] {
          k.if_(x == 1, [&] { loop.break_(); });
          x = 3 * x + 1;
        });
        s.default_([&] { x = x >> 1; });
      });
      steps += 1;
    });
    out[i] = steps;
  });
  check_all(kernel, numbers(256, 8));
}

TEST_CASE("kernel: early returns, of the kernel and of a helper function") {
  const Kernel kernel = make_kernel("returns", {.workgroup = {32}}, [](KernelBuilder& k) {
    const auto in = k.input<u32>("in");
    const auto out = k.output<u32>("out");
    const auto root = k.function("root", [&](Value<u32> n) {
      const auto low = k.var<u32>(0);
      k.if_(n < 2, [&] { k.return_(n); });
      const auto high = k.var<u32>(n);
      k.while_([&] { return low + 1 < high; },
               [&] {
                 const auto middle = (low + high) / 2;
                 k.if_(middle * middle == n, [&] { k.return_(middle | 0x80000000u); });
                 k.if_(middle * middle < n, [&] { low = middle; }).else_([&] { high = middle; });
               });
      return low.value();
    });
    const auto i = k.global_id().x;
    k.if_(i % 7 == 3, [&] { k.return_(); });
    const auto n = in[i] & 0xFFFF;
    k.for_(0, n & 15, [&](Value<u32> j) {
      k.if_(j == 11, [&] {
        out[i] = 12345;
        k.return_();
      });
      out[i] = root(n) + root(j * j);
    });
  });
  check_all(kernel, numbers(256, 8));
}

TEST_CASE("kernel: nested loops, breaks through two of them, values of branches") {
  const Kernel kernel = make_kernel("nested", {.workgroup = {32}}, [](KernelBuilder& k) {
    const auto in = k.input<u32>("in");
    const auto out = k.output<u32>("out");
    const auto i = k.global_id().x;
    const auto x = in[i].value();
    const auto sum = k.var<u32>(0);
    const auto is_found = k.var<bool>(false);
    k.for_range<i32>(20, 0, -3, [&](Value<i32> a, LoopScope outer) {
      k.for_range<u32>(0, 6, 1, [&](Value<u32> b, LoopScope inner) {
        const auto mixed = convert<u32>(a) * 7 + b * 5 + x;
        k.if_((mixed & 31) == 9, [&] {
          is_found = true;
          inner.break_();
        });
        k.if_((mixed & 7) == 5, [&] { inner.continue_(); });
        const auto value =
            k.if_value((mixed & 1) == 0, [&] { return mixed * sum; }, [&] { return mixed ^ sum; });
        sum += value;
        k.if_((value & 63) == 33, [&] { inner.break_(); });
      });
      k.if_(is_found && (sum & 1) == 0, [&] { outer.break_(); });
      sum += 1;
    });
    out[i] = sum;
  });
  check_all(kernel, numbers(512, 16));
}

TEST_CASE("kernel: an insertion sort in private memory") {
  constexpr u32 count = 12;
  const Kernel kernel = make_kernel("sort", {.workgroup = {16}}, [](KernelBuilder& k) {
    const auto in = k.input<u32>("in");
    const auto out = k.output<u32>("out");
    const auto list = k.private_array<u32>(count, "list");
    const auto first = k.global_id().x * count;
    k.for_range<u32>(0, count, 1, [&](Value<u32> i) {
      const auto x = in[first + i].value();
      const auto j = k.var<u32>(i);
      // `and` of the kernel evaluates both sides: list[j - 1] is read inside.
      k.while_([&] { return j > 0; },
               [&](LoopScope loop) {
                 const auto before = list[j - 1].value();
                 k.if_(before <= x, [&] { loop.break_(); });
                 list[j] = before;
                 j -= 1;
               });
      list[j] = x;
    });
    k.for_range<u32>(0, count, 1, [&](Value<u32> i) { out[first + i] = list[i]; });
  });
  check_all(kernel, numbers(count * 64, 4));
}

TEST_CASE("kernel: specialisation constants, of the workgroup's size, too") {
  KernelOptions options;
  options.workgroup = {8};
  options.workgroup_spec[0] = 5;
  const Kernel kernel = make_kernel("specialised", options, [](KernelBuilder& k) {
    const auto in = k.input<u32>("in");
    const auto out = k.output<u32>("out");
    const auto factor = k.spec_constant<u32>(1, 3);
    const auto bias = k.spec_constant<i32>(2, -7);
    const auto scale = k.spec_constant<f32>(3, 0.5);
    const auto flag = k.spec_constant<bool>(4, false);
    const auto i = k.global_id().x;
    const auto sum = k.var<u32>(in[i]);
    k.for_(0, factor, [&](Value<u32> j) { sum = sum * factor + j; });
    k.if_(flag, [&] { sum ^= bitcast<u32>(scale * 3); }).else_([&] { sum += bitcast<u32>(bias); });
    out[i] = sum + k.workgroup_size().x;
  });
  for (const unsigned minor : {1u, 3u}) {
    const test::DeviceRequest request{minor};
    if (!check_kernel(kernel, numbers(256, 32), request)) return;
    test::Given given = numbers(256, 16);
    given.constant(5, 16).constant(1, 6).constant(2, 1000).constant(3, 0x40490FDBu).constant(4, 1);
    if (!check_kernel(kernel, given, request)) return;
  }
}

TEST_CASE("kernel: structures, arrays in them, views, and the length of a buffer") {
  using Particle = Struct<Field<"position", f32x3>, Field<"mass", f32>, Field<"links", Array<u32, 3>>>;
  for (const LayoutRule rule : {LayoutRule::Std430, LayoutRule::Std140, LayoutRule::Scalar}) {
    KernelOptions options;
    options.workgroup = {16};
    options.floats.contraction = false;
    const u32 stride = stride_of<Particle>(rule);
    const Kernel kernel = make_kernel("particles", options, [&](KernelBuilder& k) {
      const auto particles = k.inout<Particle>("particles", rule);
      const auto lengths = k.output<u32>("lengths");
      const auto part = particles.view(stride * 4, 20);
      const auto i = k.global_id().x;
      lengths[i] = particles.length() + lengths.length();
      k.if_(i < 20, [&] {
        const auto particle = part[i];
        particle.get<"position">() = particle.get<"position">() * particle.get<"mass">() + f32x3{1, 2, 3};
        particle.get<"mass">() += particle.get<"position">().y();
        particle.get<"links">()[i % 3] += particle.get<"links">()[(i + 1) % 3];
      });
    });
    std::vector<float> memory(stride / 4 * 26);
    for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<float>(i % 91) * 0.25f - 9;
    test::Given given;
    given.buffer("particles", memory).buffer("lengths", std::vector<u32>(32)).workgroups(2);
    if (rule == LayoutRule::Scalar)
      check_kernel(kernel, given, {2, {"scalarBlockLayout"}});
    else
      for (const unsigned minor : {1u, 3u})
        if (!check_kernel(kernel, given, {minor})) return;
  }
}
