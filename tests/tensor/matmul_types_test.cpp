// Matrix products of other types than f32: f16, bf16, integers, quantised weights; prologues and epilogues.
#include "matmul_reference.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

struct TypedCase {
  Scalar a, b, accumulate, result;
  double u;  // of the sums
};

// Whatever the product's result is stored as may round it once more.
double rounding(Scalar scalar, double value) {
  const double u = scalar == Scalar::F16    ? 0x1p-11
                   : scalar == Scalar::BF16 ? 0x1p-8
                   : scalar == Scalar::F32  ? 0x1p-24
                                            : 0;
  return u * std::fabs(value) * 1.001;
}

bool is_exact(Scalar scalar) { return airstrip::kernel::is_int(scalar); }

void typed_products(test::Place place, const TypedCase& t, Fragment fragment, int count) {
  const std::uint64_t seed = test::seed_of_run();
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    test::Random random(seed + 31 * static_cast<std::uint64_t>(n));
    test::MatmulCase c;
    c.m = 1 + static_cast<std::int64_t>(random.below(13));
    c.n = random.one_in(2) ? 4 * (1 + static_cast<std::int64_t>(random.below(8)))
                           : 1 + static_cast<std::int64_t>(random.below(30));
    c.k = random.one_in(2) ? 8 * (1 + static_cast<std::int64_t>(random.below(4)))
                           : 1 + static_cast<std::int64_t>(random.below(30));
    MatmulProblem problem;
    problem.m = c.m;
    problem.n = c.n;
    problem.k = c.k;
    problem.a.type = t.a;
    problem.b.type = t.b;
    problem.a.transposed = random.one_in(2);
    problem.b.transposed = random.one_in(2);
    c.a = {{}, problem.a.transposed ? c.k : c.m, problem.a.transposed ? c.m : c.k, problem.a.transposed, {}};
    c.b = {{}, problem.b.transposed ? c.n : c.k, problem.b.transposed ? c.k : c.n, problem.b.transposed, {}};
    problem.accumulate = t.accumulate;
    problem.result = t.result;
    problem.b.constant = true;
    const auto range = [](Scalar scalar) {
      return scalar == Scalar::I8 ? 127.0 : scalar == Scalar::U8 ? 255.0 : 1.0;
    };
    test::Given given;
    given.inputs["a"] =
        HostTensor::random(t.a, {c.m * c.k}, random, t.a == Scalar::U8 ? 0 : -range(t.a), range(t.a));
    given.inputs["b"] =
        HostTensor::random(t.b, {c.k * c.n}, random, t.b == Scalar::U8 ? 0 : -range(t.b), range(t.b));
    MatmulSchedule schedule;
    const auto make = [&](const Target& target) {
      for (int attempt = 0; attempt < 200; ++attempt) {
        schedule = test::random_schedule(random);
        if (fragment == Fragment::PackedDot) {
          schedule.fragment = fragment;
          schedule.vector_axis = VectorAxis::K;
          schedule.vector = 4;
          schedule.unroll_k = 4 * test::power_of_two(random, 1);
        } else if (schedule.fragment != Fragment::Fma) {
          continue;
        }
        if (legal(problem, schedule, target).ok()) break;
      }
      return matmul(problem, schedule, target);
    };
    CAPTURE(test::to_string(schedule));
    const test::Tensors found = test::run_at(place, make, given, {8, random.next()});
    if (found.empty()) return;
    const test::MatmulReference expected = test::reference_of(c, given.inputs["a"], given.inputs["b"]);
    const auto stored = [&](double sum) {
      return is_exact(t.result) ? 0 : rounding(t.result, sum) + t.u * rounding(t.result, 1);
    };
    CHECK(test::check_sums(expected, found.at("c"), c.k, t.u, stored) == "");
  }
}

const TypedCase typed_cases[] = {
    {Scalar::F16, Scalar::F16, Scalar::F32, Scalar::F32, 0x1p-24},
    {Scalar::F16, Scalar::F32, Scalar::F32, Scalar::F16, 0x1p-24},
    {Scalar::BF16, Scalar::BF16, Scalar::F32, Scalar::BF16, 0x1p-24},
    {Scalar::I8, Scalar::I8, Scalar::I32, Scalar::I32, 0},
    {Scalar::U8, Scalar::I8, Scalar::I32, Scalar::I32, 0},
};

// Weights of 4 or 8 bits by block, as b [n, k].
void quantized_products(test::Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    test::Random random(seed + 77 * static_cast<std::uint64_t>(n));
    test::MatmulCase c;
    c.m = 1 + static_cast<std::int64_t>(random.below(9));
    c.n = 1 + static_cast<std::int64_t>(random.below(20));
    c.k = random.one_in(2) ? 16 * (1 + static_cast<std::int64_t>(random.below(3)))
                           : 1 + static_cast<std::int64_t>(random.below(50));
    MatmulProblem problem;
    problem.m = c.m;
    problem.n = c.n;
    problem.k = c.k;
    problem.b.transposed = true;
    problem.b.constant = true;
    Quantization& q = problem.b.quantization;
    q.bits = random.one_in(2) ? 4 : 8;
    q.block = 8u << random.below(3);
    q.zero_points =
        place != test::Place::InterpreterWeak && place != test::Place::DeviceWeak && random.one_in(2);
    q.scale = random.one_in(2) ? Scalar::F16 : Scalar::F32;
    const std::int64_t blocks = (c.k + q.block - 1) / q.block, line = blocks * q.block;
    test::Given given;
    given.inputs["a"] = HostTensor::random(Scalar::F32, {c.m, c.k}, random, -1, 1);
    HostTensor bytes(Scalar::U8, {c.n * line * q.bits / 8});
    HostTensor scales = HostTensor::random(q.scale, {c.n * blocks}, random, 0.01, 0.1);
    HostTensor zeros = HostTensor::random(Scalar::U8, {c.n * blocks}, random, 0, q.bits == 4 ? 15 : 255);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes.set_bits(i, random.next() & 255);
    HostTensor weights(Scalar::F32, {c.n, c.k});
    for (std::int64_t j = 0; j < c.n; ++j)
      for (std::int64_t k = 0; k < c.k; ++k) {
        const std::size_t element = static_cast<std::size_t>(j * line + k),
                          block = static_cast<std::size_t>(j * blocks + k / q.block);
        double number =
            q.bits == 8 ? bytes[element]
                        : static_cast<double>(static_cast<int>(bytes[element / 2]) >> element % 2 * 4 & 15);
        if (q.zero_points)
          number -= zeros[block];
        else if (q.bits == 4)
          number -= 8;
        else if (number > 127)
          number -= 256;
        weights.set(static_cast<std::size_t>(j * c.k + k),
                    number * scales[block]);  // one rounding, as the kernel's
      }
    HostTensor values(q.bits == 8 && !q.zero_points ? Scalar::I8 : Scalar::U8, {c.n * line * q.bits / 8});
    values.bytes() = bytes.bytes();
    given.inputs["b"] = values;
    given.inputs["b_scales"] = scales;
    if (q.zero_points) given.inputs["b_zero_points"] = zeros;
    c.a = {{}, c.m, c.k, false, {}};
    c.b = {{}, c.n, c.k, true, {}};
    MatmulSchedule schedule;
    const auto make = [&](const Target& target) {
      if (random.one_in(3)) {
        schedule = default_schedule(problem, target);
      } else {
        do schedule = test::random_schedule(random);
        while (!legal(problem, schedule, target).ok());
      }
      return matmul(problem, schedule, target);
    };
    CAPTURE(test::to_string(schedule));
    const test::Tensors found = test::run_at(place, make, given, {8, random.next()});
    if (found.empty()) return;
    const test::MatmulReference expected = test::reference_of(c, given.inputs["a"], weights);
    // Vulkan does not say that a product of two floats is rounded to the nearest: half a unit more for each factor.
    CHECK(test::check_sums(expected, found.at("c"), c.k + 1, 0x1p-24) == "");
  }
}

}  // namespace

TEST_CASE("matmul: narrow types in the interpreter") {
  for (const TypedCase& t : typed_cases) {
    CAPTURE(static_cast<int>(t.a));
    typed_products(test::Place::Interpreter, t, Fragment::Fma, test::cases(6));
    typed_products(test::Place::InterpreterWeak, t, Fragment::Fma, test::cases(4));
  }
  typed_products(test::Place::Interpreter, {Scalar::F16, Scalar::F16, Scalar::F16, Scalar::F16, 0x1p-11},
                 Fragment::Fma, test::cases(6));
}
TEST_CASE("device, matmul: narrow types") {
  for (const TypedCase& t : typed_cases) {
    CAPTURE(static_cast<int>(t.a));
    typed_products(test::Place::Device, t, Fragment::Fma, test::cases(2));
    typed_products(test::Place::DeviceWeak, t, Fragment::Fma, test::cases(1));
  }
}
TEST_CASE("matmul: packed dot products of bytes") {
  for (const TypedCase& t : {TypedCase{Scalar::I8, Scalar::I8, Scalar::I32, Scalar::I32, 0},
                             TypedCase{Scalar::U8, Scalar::I8, Scalar::I32, Scalar::I32, 0},
                             TypedCase{Scalar::U8, Scalar::U8, Scalar::U32, Scalar::U32, 0},
                             TypedCase{Scalar::I8, Scalar::U8, Scalar::I32, Scalar::I32, 0}}) {
    typed_products(test::Place::Interpreter, t, Fragment::PackedDot, test::cases(6));
    typed_products(test::Place::InterpreterWeak, t, Fragment::PackedDot, test::cases(4));
  }
}
TEST_CASE("device, matmul: packed dot products of bytes") {
  const TypedCase t = {Scalar::U8, Scalar::I8, Scalar::I32, Scalar::I32, 0};
  typed_products(test::Place::Device, t, Fragment::PackedDot, test::cases(4));
  typed_products(test::Place::DeviceWeak, t, Fragment::PackedDot, test::cases(2));
}
TEST_CASE("matmul: quantised weights in the interpreter") {
  quantized_products(test::Place::Interpreter, test::cases(24));
  quantized_products(test::Place::InterpreterWeak, test::cases(12));
}
TEST_CASE("device, matmul: quantised weights") {
  quantized_products(test::Place::Device, test::cases(6));
  quantized_products(test::Place::DeviceWeak, test::cases(3));
}
