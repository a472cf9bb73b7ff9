// Matrix products: random problems and schedules against a reference in double precision.
#include "matmul_reference.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

Shape shape_of(const std::vector<std::int64_t>& sizes) {
  Shape shape;
  for (const std::int64_t size : sizes) shape.push_back(Dimension(size));
  return shape;
}

// A problem and what it is given: f32, literal and run-time sizes, batches that broadcast, transposes, strides.
struct RandomProblem {
  test::MatmulCase c;
  MatmulProblem problem;
  test::Given given;

  RandomProblem(test::Random& random, std::int64_t most) {
    const auto size = [&] {
      return static_cast<std::int64_t>(random.below(static_cast<std::size_t>(most))) + 1;
    };
    c.m = random.one_in(4) ? 1 : size();
    c.n = random.one_in(4) ? 1 : random.one_in(3) ? 4 * size() : size();
    c.k = random.one_in(3) ? 4 * size() : size();
    const std::size_t batches = random.one_in(2) ? 0 : 1 + random.below(2);
    for (std::size_t i = 0; i < batches; ++i)
      c.batch.push_back(1 + static_cast<std::int64_t>(random.below(3)));
    const auto lie = [&](test::OperandLayout& o, MatmulOperand& operand, std::int64_t rows,
                         std::int64_t columns) {
      operand.transposed = o.transposed = random.one_in(2);
      o.rows = o.transposed ? columns : rows;
      o.columns = o.transposed ? rows : columns;
      for (std::size_t i = random.one_in(3) ? c.batch.size() : 0; i < c.batch.size(); ++i)
        o.batch.push_back(random.one_in(4) ? 1 : c.batch[i]);
      if (random.one_in(4)) {
        std::int64_t next = 1 + static_cast<std::int64_t>(random.below(2));
        o.strides.resize(o.batch.size() + 2);
        for (std::size_t i = o.batch.size() + 2; i-- > 0;) {
          o.strides[i] = next;
          next = (next * (i < o.batch.size()    ? o.batch[i]
                          : i == o.batch.size() ? o.rows
                                                : o.columns)) +
                 static_cast<std::int64_t>(random.below(5));
        }
        operand.strides = shape_of(o.strides);
      }
      operand.batch = shape_of(o.batch);
      operand.constant = random.one_in(2);
    };
    lie(c.a, problem.a, c.m, c.k);
    lie(c.b, problem.b, c.k, c.n);
    // Both operands may have left out a batch axis, or both have one matrix for all of it.
    std::vector<std::int64_t> batch;
    for (std::size_t i = 0; i < c.batch.size(); ++i) {
      const auto of = [&](const test::OperandLayout& o) -> std::int64_t {
        return i + o.batch.size() < c.batch.size() ? 0 : o.batch[i + o.batch.size() - c.batch.size()];
      };
      const std::int64_t most_of = std::max(of(c.a), of(c.b));
      if (most_of || !batch.empty()) batch.push_back(most_of ? most_of : 1);
    }
    c.batch = batch;
    const auto dimension = [&](std::int64_t value, const char* name) {
      if (!random.one_in(3)) return Dimension(value);
      given.sizes.push_back({name, value});
      return Dimension::parameter(name);
    };
    problem.m = dimension(c.m, "m");
    problem.n = dimension(c.n, "n");
    problem.k = dimension(c.k, "k");
    given.inputs["a"] = HostTensor::random(Scalar::F32, {c.a.elements()}, random, -1, 1);
    given.inputs["b"] = HostTensor::random(Scalar::F32, {c.b.elements()}, random, -1, 1);
  }
};

void random_products(test::Place place, int count, std::int64_t most) {
  const std::uint64_t seed = test::seed_of_run();
  int accepted = 0;
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n));
    RandomProblem r(random, most);
    MatmulSchedule schedule;
    CAPTURE(test::to_string(schedule));
    const auto make = [&](const Target& target) {
      // Of schedules that are refused there are enough; the first that is not has to work.
      for (int attempt = 0; attempt < 100; ++attempt) {
        schedule = test::random_schedule(random);
        schedule.device_addresses =
            target.device_addresses && place == test::Place::Device && random.one_in(2);
        if (!legal(r.problem, schedule, target).ok()) continue;
        ++accepted;
        break;
      }
      return matmul(r.problem, schedule, target);
    };
    const test::Tensors found = test::run_at(place, make, r.given, {4u << random.below(5), random.next()});
    if (found.empty()) return;
    const test::MatmulReference expected = test::reference_of(r.c, r.given.inputs["a"], r.given.inputs["b"]);
    CHECK(test::check_sums(expected, found.at("c"), r.c.k, 0x1p-24) == "");
  }
  CHECK(accepted == count);
}

// Sizes that default schedules tell apart, all pairs of operands' orders.
void default_products(test::Place place, const std::vector<std::vector<std::int64_t>>& sizes) {
  test::Random random(11);
  for (const std::vector<std::int64_t>& size : sizes)
    for (const bool a_transposed : {false, true})
      for (const bool b_transposed : {false, true}) {
        CAPTURE(size[0]);
        CAPTURE(size[1]);
        CAPTURE(size[2]);
        CAPTURE(a_transposed);
        CAPTURE(b_transposed);
        test::MatmulCase c;
        c.m = size[0];
        c.n = size[1];
        c.k = size[2];
        c.a = {{}, a_transposed ? c.k : c.m, a_transposed ? c.m : c.k, a_transposed, {}};
        c.b = {{}, b_transposed ? c.n : c.k, b_transposed ? c.k : c.n, b_transposed, {}};
        MatmulProblem problem;
        problem.m = c.m;
        problem.n = c.n;
        problem.k = c.k;
        problem.a.transposed = a_transposed;
        problem.b.transposed = b_transposed;
        problem.b.constant = random.one_in(2);
        test::Given given;
        given.inputs["a"] = HostTensor::random(Scalar::F32, {c.a.elements()}, random, -1, 1);
        given.inputs["b"] = HostTensor::random(Scalar::F32, {c.b.elements()}, random, -1, 1);
        const auto make = [&](const Target& target) { return matmul(problem, target); };
        const test::Tensors found = test::run_at(place, make, given, {16, random.next()});
        if (found.empty()) return;
        const test::MatmulReference expected = test::reference_of(c, given.inputs["a"], given.inputs["b"]);
        CHECK(test::check_sums(expected, found.at("c"), c.k, 0x1p-24) == "");
      }
}

}  // namespace

TEST_CASE("matmul: random products in the interpreter") {
  random_products(test::Place::Interpreter, test::cases(60), 14);
}
TEST_CASE("matmul: random products in the interpreter, weak target") {
  random_products(test::Place::InterpreterWeak, test::cases(40), 14);
}
TEST_CASE("device, matmul: random products") { random_products(test::Place::Device, test::cases(24), 40); }
TEST_CASE("device, matmul: random products, Vulkan 1.0") {
  random_products(test::Place::DeviceWeak, test::cases(12), 40);
}

TEST_CASE("matmul: default schedules in the interpreter") {
  const std::vector<std::vector<std::int64_t>> sizes = {
      {33, 35, 18}, {1, 40, 70}, {40, 1, 70}, {3, 5, 200}, {9, 9, 1}};
  default_products(test::Place::Interpreter, sizes);
  default_products(test::Place::InterpreterWeak, sizes);
}
TEST_CASE("device, matmul: default schedules") {
  default_products(test::Place::Device, {{70, 130, 33}, {1, 100, 300}, {100, 1, 300}, {5, 7, 9}});
  default_products(test::Place::DeviceWeak, {{20, 35, 18}, {1, 40, 300}});
}
