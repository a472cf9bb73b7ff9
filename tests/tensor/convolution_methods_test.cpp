// Convolution by implicit matrix products and by Winograd's minimal filtering; the rule that chooses a method.
#include "convolution_reference.hpp"
#include "matmul_reference.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::ConvolutionCase;
using test::Place;

namespace {

// Any schedule of a product that may be legal; small, because what is written out is compiled.
MatmulSchedule random_product(test::Random& random, bool winograd, bool weak) {
  MatmulSchedule s;
  const auto one_of = [&](std::initializer_list<std::uint32_t> values) {
    return values.begin()[random.below(values.size())];
  };
  s.vector = one_of({1, 2, 4});
  s.vector_axis = random.one_in(3) ? VectorAxis::M : VectorAxis::N;
  s.tile_m = one_of({1, 2, 4});
  s.tile_n = one_of({1, 2, 4});
  s.unroll_k = one_of({1, 2, 3, 4, 6, 9});
  if (!winograd && random.one_in(5)) s.vector_axis = VectorAxis::K;
  std::uint32_t& along = s.vector_axis == VectorAxis::M   ? s.tile_m
                         : s.vector_axis == VectorAxis::N ? s.tile_n
                                                          : s.unroll_k;
  along = (along + s.vector - 1) / s.vector * s.vector;
  s.block_m = s.tile_m * one_of({1, 2, 4});
  s.block_n = s.tile_n * one_of({1, 4, 8});
  s.order = random.one_in(2) ? GroupOrder::AlongM : GroupOrder::AlongN;
  if (s.vector_axis != VectorAxis::K && random.one_in(3)) {
    s.share_a = random.one_in(2);
    s.share_b = !s.share_a || random.one_in(2);
    s.block_k = s.unroll_k * one_of({1, 2});
    s.padding = one_of({0, 1, 4});
  } else if (random.one_in(4)) {
    s.lanes_k = one_of({2, 4});
  }
  s.pack_a = random.one_in(2);
  s.pack_b = random.one_in(4);
  if (!winograd && random.one_in(4)) s.split_k = one_of({2, 3});
  if (weak) return s;
  s.device_addresses = random.one_in(4);
  if (random.one_in(6) && s.vector_axis != VectorAxis::K) {
    s.fragment = Fragment::SubgroupBroadcast;
    s.share_a = s.share_b = false;
    s.padding = 0;
    s.lanes_k = 1;
    s.block_m = s.tile_m;
    s.block_n = s.tile_n * one_of({8, 128});  // whole subgroups, of devices and of the interpreter's target
  }
  return s;
}

std::string describe(const ConvolutionSchedule& schedule) {
  return "method " + std::to_string(static_cast<int>(schedule.method)) + ", workgroup " +
         std::to_string(schedule.workgroup) + ", copy_padded " + std::to_string(schedule.copy_padded) + ", " +
         test::to_string(schedule.product);
}

void check(Place place, const ConvolutionCase& c, const test::Given& given,
           const ConvolutionSchedule& schedule, test::InterpretSettings settings = {}) {
  INFO(test::describe(c), ", ", describe(schedule));
  const auto make = [&](const Target& target) { return convolution(test::problem_of(c), schedule, target); };
  const test::Tensors found = test::run_at(place, make, given, settings);
  if (found.empty()) return;
  const std::uint32_t tiles = schedule.method == ConvolutionMethod::Winograd2x2   ? 2
                              : schedule.method == ConvolutionMethod::Winograd4x4 ? 4
                                                                                  : 0;
  CHECK(test::difference(test::reference_of(c, given, tiles), found.at("y")) == "");
}

bool is_weak(Place place) { return place == Place::InterpreterWeak || place == Place::DeviceWeak; }

// A target as strong or weak as the place, to ask for legality before anything is made.
bool is_legal(Place place, const ConvolutionCase& c, const ConvolutionSchedule& schedule) {
  Target target = is_weak(place) ? test::weak_target() : test::strong_target();
  if (place == Place::Device && !test::device_target(target, test::Strength::Full)) return false;
  if (place == Place::DeviceWeak && !test::device_target(target, test::Strength::Weak)) return false;
  const ConvolutionProblem problem = test::problem_of(c);
  const Result<void> legal = tensor::legal(problem, schedule, target);
  if (legal.ok()) return true;
  // What is refused is not generated, for the same reason.
  const Result<Operation> made = convolution(problem, schedule, target);
  CHECK(made.error().code == legal.error().code);
  CHECK(Text(made.error().message) == Text(legal.error().message));
  return false;
}

int random_products(Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  int legal = 0;
  for (int n = 0; n < count || (legal == 0 && n < count + 50); ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n));
    ConvolutionCase c = test::random_convolution(random, is_weak(place));
    c.transposed = random.one_in(20);
    for (std::size_t i = 0; i < c.spatial(); ++i) {
      c.axes[i].output_padding = 0;
      while (c.out(i) < 1) ++c.in[i];
      if (random.one_in(3)) c.kernel[i] = 1;
    }
    if (random.one_in(4)) c.axes.assign(c.spatial(), {});
    c.kernel_run_time = random.one_in(6);
    ConvolutionSchedule schedule;
    schedule.method = ConvolutionMethod::ImplicitMatmul;
    schedule.workgroup = 1u << random.below(8);
    schedule.product = random_product(random, false, is_weak(place));
    schedule.copy_padded = random.one_in(2);
    // What is narrow is not bound by its address, as default schedules have it: validators refuse it.
    if (element_bytes(c.scalar) < 4 || element_bytes(c.w_scalar) < 4)
      schedule.product.device_addresses = false;
    const test::InterpretSettings settings{4u << random.below(5), random.next()};
    if (!is_legal(place, c, schedule)) continue;
    ++legal;
    test::Given given;
    test::problem_of(c, &given);
    test::fill(c, given, random);
    check(place, c, given, schedule, settings);
  }
  return legal;
}

int random_tiles(Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  int legal = 0;
  for (int n = 0; n < count || (legal == 0 && n < count + 50); ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n));
    ConvolutionCase c;
    c.batch = 1 + static_cast<std::int64_t>(random.below(2));
    c.channels = 1 + static_cast<std::int64_t>(random.below(6));
    c.outputs = 1 + static_cast<std::int64_t>(random.below(6));
    c.kernel = {3, 3};
    for (int i = 0; i < 2; ++i) {
      ConvolutionAxis a;
      a.pad_begin = static_cast<std::int64_t>(random.below(4));
      a.pad_end = static_cast<std::int64_t>(random.below(4));
      c.axes.push_back(a);
      c.in.push_back(1 + static_cast<std::int64_t>(random.below(12)));
      while (c.out(c.in.size() - 1) < 1) ++c.in.back();
    }
    if (random.one_in(4)) c.axes.assign(2, {});
    for (std::size_t i = 0; i < 2; ++i)
      while (c.out(i) < 1) ++c.in[i];
    if (random.one_in(4)) c.scalar = c.w_scalar = random.one_in(2) ? Scalar::F16 : Scalar::BF16;
    c.channels_last = random.one_in(4);
    c.run_time = !c.channels_last && random.one_in(3);
    c.x_prologue = random.one_in(4);
    c.w_prologue = random.one_in(4);
    c.bias = random.one_in(3);
    c.residual = !is_weak(place) && random.one_in(4);
    ConvolutionSchedule schedule;
    schedule.method = random.one_in(2) ? ConvolutionMethod::Winograd2x2 : ConvolutionMethod::Winograd4x4;
    schedule.workgroup = 1u << random.below(8);
    schedule.product = random_product(random, true, is_weak(place));
    const test::InterpretSettings settings{4u << random.below(5), random.next()};
    if (!is_legal(place, c, schedule)) continue;
    ++legal;
    test::Given given;
    test::problem_of(c, &given);
    test::fill(c, given, random);
    check(place, c, given, schedule, settings);
  }
  return legal;
}

// Of few cases on a device at least one is legal, where there is one.
void run_on_device(Place place, int (*cases)(Place, int), int count) {
  Target target;
  if (test::device_target(target, is_weak(place) ? test::Strength::Weak : test::Strength::Full))
    CHECK(cases(place, count) > 0);
}

std::string error_of(const Result<void>& result) {
  return result.ok() ? "" : test::message_of(result.error());
}

}  // namespace

TEST_CASE("convolution by a product: random problems in the interpreter") {
  const int count = test::cases(40);
  CHECK(random_products(Place::Interpreter, count) > count / 3);
}
TEST_CASE("convolution by a product: random problems in the interpreter, weak target") {
  const int count = test::cases(20);
  CHECK(random_products(Place::InterpreterWeak, count) > count / 3);
}
TEST_CASE("device, convolution by a product: random problems") {
  run_on_device(Place::Device, random_products, test::cases(15));
}
TEST_CASE("device, convolution by a product: random problems, Vulkan 1.0") {
  run_on_device(Place::DeviceWeak, random_products, test::cases(6));
}

TEST_CASE("convolution by Winograd's method: random problems in the interpreter") {
  const int count = test::cases(16);
  CHECK(random_tiles(Place::Interpreter, count) > count / 2);
}
TEST_CASE("convolution by Winograd's method: random problems in the interpreter, weak target") {
  const int count = test::cases(8);
  CHECK(random_tiles(Place::InterpreterWeak, count) > count / 2);
}
TEST_CASE("device, convolution by Winograd's method: random problems") {
  run_on_device(Place::Device, random_tiles, test::cases(6));
}
TEST_CASE("device, convolution by Winograd's method: random problems, Vulkan 1.0") {
  run_on_device(Place::DeviceWeak, random_tiles, test::cases(3));
}

TEST_CASE("convolution: the default schedule is legal for all kinds of problems and devices") {
  test::Random random(test::seed_of_run());
  int products = 0;
  for (int n = 0; n < test::cases(40); ++n) {
    CAPTURE(n);
    ConvolutionCase c = test::random_convolution(random, true);
    if (random.one_in(2)) {
      // Large enough for products and for Winograd's method, which small convolutions do not get.
      c.channels *= 24;
      c.outputs *= 24;
      for (std::int64_t& size : c.in) size *= 5;
      if (random.one_in(2)) {
        c.transposed = false;
        c.groups = 1;
        for (std::int64_t& size : c.kernel) size = 3;
        for (std::int64_t& size : c.in) size += 2;
        c.axes.assign(c.spatial(), {});
      }
    }
    INFO(test::describe(c));
    ConvolutionProblem problem = test::problem_of(c);
    Target target = random.one_in(2) ? test::weak_target() : test::strong_target();
    target.kind = random.one_in(3)   ? DeviceKind::Llvmpipe
                  : random.one_in(2) ? DeviceKind::SwiftShader
                                     : DeviceKind::Gpu;
    target.driver_version =
        std::initializer_list<std::uint32_t>{0, 2203, 2500, 2600}.begin()[random.below(4)];
    const bool limited = random.one_in(2);
    if (limited) target.max_loop_iterations = 65535;
    // Without maxima; those of channels count as iterations.
    if (random.one_in(2))
      for (Shape* shape : {&problem.x.shape, &problem.w.shape})
        for (std::size_t i = 0; i < shape->rank(); ++i) {
          Dimension& d = (*shape)[i];
          if (!d.is_literal() && !(limited && d.name() == Text("c"))) d = Dimension::parameter(d.name());
        }
    problem.precise = random.one_in(4);
    const ConvolutionSchedule schedule = default_schedule(problem, target);
    products += schedule.method != ConvolutionMethod::Direct;
    INFO(describe(schedule));
    CHECK(error_of(legal(problem, schedule, target)) == "");
  }
  CHECK(products > 0);
}

TEST_CASE("convolution: the rule that chooses a method") {
  Target target = test::strong_target();
  target.kind = DeviceKind::Llvmpipe;
  ConvolutionProblem p;
  p.x.shape = {1, 64, 56, 56};
  p.w.shape = {64, 64, 3, 3};
  p.axes[0].pad_begin = p.axes[0].pad_end = p.axes[1].pad_begin = p.axes[1].pad_end = 1;
  const auto method = [&](const ConvolutionProblem& q) { return default_schedule(q, target).method; };
  CHECK(method(p) == ConvolutionMethod::Winograd4x4);
  ConvolutionProblem q = p;
  q.precise = true;
  CHECK(method(q) == ConvolutionMethod::ImplicitMatmul);
  q = p;
  q.constant_w = false;
  CHECK(method(q) == ConvolutionMethod::ImplicitMatmul);
  q = p;
  q.x.shape = {64, 64, 4, 4};
  CHECK(method(q) == ConvolutionMethod::Winograd2x2);
  q = p;
  q.axes[0].stride = 2;
  CHECK(method(q) == ConvolutionMethod::ImplicitMatmul);
  q = p;
  q.groups = 64;
  q.w.shape[1] = 1;
  CHECK(method(q) == ConvolutionMethod::Direct);
  q = p;
  q.transposed = true;
  CHECK(method(q) == ConvolutionMethod::Direct);
}

TEST_CASE("convolution: default schedules bind nothing narrow by its address") {
  Target target = test::strong_target();
  target.kind = DeviceKind::Llvmpipe;
  target.driver_version = 2600;
  for (const std::int64_t kernel : {1, 3}) {
    CAPTURE(kernel);
    ConvolutionProblem p;
    p.x.shape = {1, 64, 56, 56};
    p.w.shape = {64, 64, kernel, kernel};
    p.precise = true;
    const auto addresses = [&](const ConvolutionProblem& q) {
      const ConvolutionSchedule s = default_schedule(q, target);
      CHECK(s.method == ConvolutionMethod::ImplicitMatmul);
      CHECK(error_of(legal(q, s, target)) == "");
      return s.product.device_addresses;
    };
    CHECK(addresses(p));
    ConvolutionProblem q = p;
    q.x.scalar = Scalar::F16;
    CHECK(!addresses(q));
    q = p;
    q.w.scalar = Scalar::BF16;
    CHECK(!addresses(q));
    q = p;
    q.epilogue.output("y", q.epilogue.primary(Scalar::F32) +
                               cast(q.epilogue.input("b", {Scalar::F16, {64, 1, 1}}), Scalar::F32));
    CHECK(!addresses(q));
    q = p;
    q.epilogue.output("y", cast(q.epilogue.primary(Scalar::F32), Scalar::F16));
    CHECK(!addresses(q));
    // The transforms of Winograd's method bind what is narrow, and have descriptors.
    if (kernel == 1) continue;
    q = p;
    q.precise = false;
    q.x.scalar = Scalar::F16;
    const ConvolutionSchedule s = default_schedule(q, target);
    CHECK(s.method == ConvolutionMethod::Winograd4x4);
    CHECK(s.product.device_addresses);
  }
}

TEST_CASE("convolution: default schedules of sizes that saturate, and of none") {
  for (const DeviceKind kind : {DeviceKind::Gpu, DeviceKind::Llvmpipe, DeviceKind::SwiftShader})
    for (const std::int64_t kernel : {1, 3})
      for (const bool precise : {false, true}) {
        CAPTURE(static_cast<int>(kind));
        CAPTURE(kernel);
        CAPTURE(precise);
        Target target = test::strong_target();
        target.kind = kind;
        ConvolutionProblem p;
        const Dimension h = Dimension::parameter("h"), w = Dimension::parameter("w"),
                        d = Dimension::parameter("d");
        p.x.shape = {Dimension::parameter("n"), 64, d, h, w};
        p.w.shape = {64, 64, kernel, kernel, kernel};
        p.precise = precise;
        CHECK(error_of(legal(p, default_schedule(p, target), target)) == "");
        p.x.shape = {Dimension::parameter("n"), 64, h, w};
        p.w.shape = {64, 64, kernel, kernel};
        CHECK(error_of(legal(p, default_schedule(p, target), target)) == "");
        // No output channels: nothing is to be done.
        p.w.shape = {0, 64, kernel, kernel};
        const ConvolutionSchedule s = default_schedule(p, target);
        CHECK(s.channels == 1);
        CHECK(error_of(legal(p, s, target)) == "");
      }
}

TEST_CASE("device, convolution: the default schedule of 3 x 3 kernels and of 1 x 1") {
  for (const bool pointwise : {false, true}) {
    ConvolutionCase c;
    c.channels = 17;
    c.outputs = 20;
    c.in = {15, 18};
    c.kernel = {3, 3};
    c.axes.assign(2, {.pad_begin = 1, .pad_end = 1});
    c.bias = true;
    if (pointwise) {
      c.kernel = {1, 1};
      c.axes.assign(2, {});
    }
    Target target;
    if (!test::device_target(target, test::Strength::Full)) return;
    const ConvolutionSchedule schedule = default_schedule(test::problem_of(c), target);
    // Which of Winograd's tiles it is follows from the lanes of the device.
    const bool is_winograd = schedule.method == ConvolutionMethod::Winograd2x2 ||
                             schedule.method == ConvolutionMethod::Winograd4x4;
    CHECK((pointwise ? schedule.method == ConvolutionMethod::ImplicitMatmul : is_winograd));
    test::Random random(5);
    test::Given given;
    test::fill(c, given, random);
    check(Place::Device, c, given, schedule);
  }
}

TEST_CASE("convolution: each method refuses what it is not for") {
  const Target target = test::strong_target();
  ConvolutionProblem p;
  p.x.shape = {1, 4, 8, 8};
  p.w.shape = {6, 4, 3, 3};
  ConvolutionSchedule s;
  s.method = ConvolutionMethod::Winograd2x2;
  s.product.unroll_k = 4;
  CHECK(error_of(legal(p, s, target)) == "");
  const auto with = [&](auto&& change) {
    ConvolutionProblem q = p;
    change(q);
    return error_of(legal(q, s, target));
  };
  using P = ConvolutionProblem;
  CHECK(with([](P& q) { q.axes[1].stride = 2; }) ==
        "error: Winograd's method is for stride 1, and this convolution has another one [IllegalSchedule]");
  CHECK(with([](P& q) { q.axes[0].dilation = 2; }) ==
        "error: Winograd's method is for dilation 1, and this convolution has another one [IllegalSchedule]");
  CHECK(with([](P& q) { q.w.shape[2] = 2; }) ==
        "error: Winograd's method is for kernels of 3 x 3, and this one has another size [IllegalSchedule]");
  CHECK(with([](P& q) {
          q.groups = 2;
          q.w.shape[1] = 2;
        }) ==
        "error: Winograd's method is for one group, and this convolution has several [IllegalSchedule]");
  CHECK(with([](P& q) { q.x.scalar = q.w.scalar = Scalar::I8; }) ==
        "error: Winograd's method is for sums of f32, and this convolution has others [IllegalSchedule]");
  CHECK(with([](P& q) {
          q.x.shape = {1, 4, 8};
          q.w.shape = {6, 4, 3};
        }) == "error: Winograd's method is for two spatial axes, and this convolution has 1; use Direct or "
              "ImplicitMatmul [IllegalSchedule]");
  CHECK(with([](P& q) {
          q.transposed = true;
          q.w.shape = {4, 6, 3, 3};
        }) == "error: Winograd's method is for plain convolutions, and this one is transposed; use Direct "
              "[IllegalSchedule]");
  s.product.split_k = 2;
  CHECK(
      error_of(legal(p, s, target)) ==
      "error: Winograd's method is for products with vectors along M or N and no split_k [IllegalSchedule]");
  s = {};
  s.method = ConvolutionMethod::ImplicitMatmul;
  CHECK(error_of(legal(p, s, target)) == "");
  s.product.fragment = Fragment::PackedDot;
  CHECK(error_of(legal(p, s, target)) ==
        "error: ImplicitMatmul has no PackedDot: neighbours along K do not lie next to "
        "each other in x [IllegalSchedule]");
}

TEST_CASE("convolution by a product: cuts of 0 are refused, and not divided by") {
  Target target = test::strong_target();
  target.matrix_products[0] = {8, 8, 8, Scalar::F32, Scalar::F32, Scalar::F32};
  target.matrix_product_count = 1;
  target.subgroup_size = target.min_subgroup_size = target.max_subgroup_size = 8;
  ConvolutionProblem p;
  p.x.shape = {1, 4, 8, 8};
  p.w.shape = {6, 4, 3, 3};
  ConvolutionSchedule s;
  s.method = ConvolutionMethod::ImplicitMatmul;
  const auto with = [&](auto&& change) {
    ConvolutionSchedule t = s;
    change(t.product);
    return error_of(legal(p, t, target));
  };
  using S = MatmulSchedule;
  CHECK(with([](S& t) { t.unroll_k = 0; }) ==
        "error: unroll_k is 0, and has to be 1 to 64 [IllegalSchedule]");
  CHECK(with([](S& t) { t.lanes_k = 0; }) ==
        "error: lanes_k is 0, and has to be 1 to 1024 [IllegalSchedule]");
  CHECK(with([](S& t) { t.vector = 0; }) == "error: vector is 0, and has to be 1, 2 or 4 [IllegalSchedule]");
  const auto shared = [](S& t) {
    t.share_a = true;
    t.block_k = 0;
  };
  CHECK(with(shared) == "error: block_k is 0, and has to be 1 to 256 [IllegalSchedule]");
  // Of cooperative matrices nothing looks at the vector, and so nothing is to depend on it.
  s.product.fragment = Fragment::CooperativeMatrix;
  s.product.share_a = s.product.share_b = true;
  s.product.block_m = s.product.block_n = 16;
  s.product.tile_m = s.product.tile_n = 8;
  for (const std::uint32_t vector : {0u, 1u, 4u, 5u}) {
    CAPTURE(vector);
    CHECK(with([&](S& t) { t.vector = vector; }) == "");
    ConvolutionSchedule t = s;
    t.product.vector = vector;
    t.product.vector_axis = vector ? VectorAxis::M : VectorAxis::N;
    const Result<Operation> made = convolution(p, t, target);
    REQUIRE_MESSAGE(made.ok(), test::message_of(made.error()));
    test::Random random(2);
    ConvolutionCase c;
    c.channels = 4;
    c.outputs = 6;
    c.in = {8, 8};
    c.kernel = {3, 3};
    c.axes.assign(2, {});
    test::Given given;
    test::fill(c, given, random);
    const test::Tensors found = test::run_interpreted(*made, given);
    REQUIRE(!found.empty());
    CHECK(test::difference(test::reference_of(c, given), found.at("y")) == "");
  }
}

TEST_CASE("convolution: pipelines ask for a size of subgroups only where there are several") {
  Target target = test::strong_target();
  target.matrix_products[0] = {8, 8, 8, Scalar::F32, Scalar::F32, Scalar::F32};
  target.matrix_product_count = 1;
  ConvolutionProblem p;
  p.x.shape = {1, 16, 8, 8};
  p.w.shape = {16, 16, 3, 3};
  ConvolutionSchedule s;
  s.product.fragment = Fragment::CooperativeMatrix;
  s.product.share_a = s.product.share_b = true;
  s.product.block_m = s.product.block_n = 16;
  s.product.tile_m = s.product.tile_n = 8;
  for (const ConvolutionMethod method : {ConvolutionMethod::ImplicitMatmul, ConvolutionMethod::Winograd2x2})
    for (const bool one_size : {false, true}) {
      s.method = method;
      target.min_subgroup_size = one_size ? 32 : 8;
      target.max_subgroup_size = 32;
      const Result<Operation> made = convolution(p, s, target);
      REQUIRE_MESSAGE(made.ok(), test::message_of(made.error()));
      std::uint32_t asked = 0;
      for (const Step& step : made->steps()) asked += step.subgroup_size;
      CHECK(asked == (one_size ? 0 : 32));
    }
}

TEST_CASE("convolution: x without elements is not read by any method") {
  for (const ConvolutionMethod method :
       {ConvolutionMethod::Direct, ConvolutionMethod::ImplicitMatmul, ConvolutionMethod::Winograd2x2})
    for (const bool copy : {false, true}) {
      test::Given given;
      given.sizes = {{"h", 0}};
      given.inputs["x"] = test::HostTensor(Scalar::F32, {0});
      given.inputs["w"] = test::HostTensor::of(Scalar::F32, {9}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
      const test::Tensors found = test::run_at(
          Place::InterpreterWeak,
          [&](const Target& target) {
            ConvolutionProblem p;
            p.x.shape = {1, 1, Dimension::parameter("h"), 2};
            p.w.shape = {1, 1, 3, 3};
            p.axes[0].pad_begin = 4;
            p.axes[1].pad_begin = 1;
            ConvolutionSchedule s;
            s.method = method;
            s.copy_padded = copy;
            s.channels = 1;
            return convolution(p, s, target);
          },
          given);
      if (found.empty()) continue;
      CHECK(test::difference(test::HostTensor::of(Scalar::F32, {2}, {0, 0}), found.at("y")) == "");
    }
}
