// Matrix products with work fused before and after, cooperative matrices, edges, and what is refused.
#include "matmul_reference.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

test::MatmulCase plain_case(std::int64_t m, std::int64_t n, std::int64_t k) {
  test::MatmulCase c;
  c.m = m;
  c.n = n;
  c.k = k;
  c.a = {{}, m, k, false, {}};
  c.b = {{}, k, n, false, {}};
  return c;
}

test::Given plain_inputs(const test::MatmulCase& c, test::Random& random, Scalar scalar = Scalar::F32) {
  test::Given given;
  given.inputs["a"] = HostTensor::random(scalar, {c.m, c.k}, random, -1, 1);
  given.inputs["b"] = HostTensor::random(scalar, {c.k, c.n}, random, -1, 1);
  return given;
}

std::string error_of(const Result<void>& result) { return test::message_of(result.error()); }

MatmulProblem plain_problem(const test::MatmulCase& c) {
  MatmulProblem problem;
  problem.m = c.m;
  problem.n = c.n;
  problem.k = c.k;
  return problem;
}

const test::Place all_places[] = {test::Place::Interpreter, test::Place::InterpreterWeak, test::Place::Device,
                                  test::Place::DeviceWeak};

// max(a b + bias, 0) + residual as "y" and the sums as "raw", of a prologue that doubles a.
void fused(test::Place place, const MatmulSchedule* given_schedule) {
  const test::MatmulCase c = plain_case(9, 22, 13);
  test::Random random(5);
  test::Given given = plain_inputs(c, random);
  const bool weak = place == test::Place::InterpreterWeak || place == test::Place::DeviceWeak;
  given.inputs["bias"] = HostTensor::random(Scalar::F32, {c.n}, random, -1, 1);
  if (!weak) given.inputs["residual"] = HostTensor::random(Scalar::F32, {c.m, c.n}, random, -1, 1);
  const auto make = [&](const Target& target) {
    MatmulProblem problem = plain_problem(c);
    Expression& p = problem.a.prologue;
    p.output("doubled", p.primary(Scalar::F32) * 2);
    Expression& e = problem.epilogue;
    Expr y = (max)(e.primary(Scalar::F32) + e.input("bias", {Scalar::F32, {c.n}}), 0);
    if (!weak) {
      y = y + e.input("residual", {Scalar::F32, {c.m, c.n}});
      e.output("raw", e.primary(Scalar::F32));
    }
    e.output("y", y);
    return given_schedule ? matmul(problem, *given_schedule, target) : matmul(problem, target);
  };
  const test::Tensors found = test::run_at(place, make, given, {8, 3});
  if (found.empty()) return;
  test::MatmulReference sums = test::reference_of(c, given.inputs["a"], given.inputs["b"]);
  for (double& sum : sums.sums) sum *= 2;
  for (double& magnitude : sums.magnitudes) magnitude *= 2;
  if (!weak) CHECK(test::check_sums(sums, found.at("raw"), c.k, 0x1p-24) == "");
  test::MatmulReference y = sums;
  for (std::size_t i = 0; i < y.sums.size(); ++i) {
    y.sums[i] = std::max(sums.sums[i] + given.inputs["bias"][i % static_cast<std::size_t>(c.n)], 0.0);
    if (!weak) y.sums[i] += given.inputs["residual"][i];
    y.magnitudes[i] += 2;  // two more terms of at most 1, and a rounding for each
  }
  CHECK(test::check_sums(y, found.at("y"), c.k + 2, 0x1p-24) == "");
}

}  // namespace

TEST_CASE("matmul: prologue, bias, activation, residual and two outputs") {
  MatmulSchedule split;
  split.split_k = 3;
  split.block_m = 4;
  split.pack_a = true;
  MatmulSchedule shared;
  shared.share_a = shared.share_b = true;
  shared.block_k = 8;
  shared.block_m = 8;
  shared.block_n = 16;
  for (const test::Place place : {test::Place::Interpreter, test::Place::InterpreterWeak}) {
    fused(place, nullptr);
    fused(place, &split);
    fused(place, &shared);
  }
}
TEST_CASE("device, matmul: prologue, bias, activation, residual and two outputs") {
  fused(test::Place::Device, nullptr);
  fused(test::Place::DeviceWeak, nullptr);
}

TEST_CASE("matmul: without elements along K the sum is 0, without rows there are no workgroups") {
  for (const bool parameter : {false, true}) {
    MatmulProblem problem;
    problem.m = 3;
    problem.n = 5;
    problem.k = parameter ? Dimension::parameter("k") : Dimension(0);
    test::Given given;
    given.inputs["a"] = HostTensor(Scalar::F32, {0});
    given.inputs["b"] = HostTensor(Scalar::F32, {0});
    if (parameter) given.sizes.push_back({"k", 0});
    for (const test::Place place : all_places) {
      const test::Tensors found = test::run_at(
          place, [&](const Target& target) { return matmul(problem, target); }, given);
      if (found.empty()) continue;
      REQUIRE(found.at("c").size() == 15);
      for (std::size_t i = 0; i < 15; ++i) CHECK(found.at("c").bits(i) == 0);
    }
  }
  MatmulProblem problem;
  problem.m = Dimension::parameter("m");
  problem.n = 8;
  problem.k = 8;
  const Result<Operation> made = matmul(problem, test::weak_target());
  REQUIRE(made.ok());
  const SizeValue none[] = {{"m", 0}};
  const Result<OperationSizes> sizes = made->resolve(none);
  REQUIRE(sizes.ok());
  for (std::size_t s = 0; s < made->steps().size(); ++s) CHECK(sizes->groups(s).volume() == 0);
}

TEST_CASE("matmul: two runs are the same bit for bit") {
  const test::MatmulCase c = plain_case(17, 23, 300);
  for (const test::Place place : {test::Place::Interpreter, test::Place::Device}) {
    test::Random random(8);
    const test::Given given = plain_inputs(c, random);
    MatmulSchedule schedule;
    schedule.block_m = schedule.tile_m = 2;
    schedule.block_n = schedule.tile_n = 4;
    schedule.lanes_k = 8;
    schedule.split_k = 3;
    const auto make = [&](const Target& target) { return matmul(plain_problem(c), schedule, target); };
    const test::Tensors first = test::run_at(place, make, given, {8, 1});
    if (first.empty()) continue;
    const test::Tensors second = test::run_at(place, make, given, {8, 2});
    CHECK(first.at("c").bytes() == second.at("c").bytes());
  }
}

TEST_CASE("device, matmul: as many steps along K as the target's loops permit") {
  Target target;
  if (!test::device_target(target)) return;
  if (target.max_loop_iterations == 0) target.max_loop_iterations = 65535;
  MatmulSchedule schedule;
  schedule.block_m = schedule.tile_m = 1;
  schedule.block_n = 8;
  schedule.tile_n = schedule.vector = 1;
  schedule.unroll_k = 2;
  const std::int64_t limit = static_cast<std::int64_t>(target.max_loop_iterations);
  // An iteration for every two steps, one for the last one.
  const std::int64_t most = (limit - 2) * 2 - 1;
  test::MatmulCase c = plain_case(1, 2, most);
  test::Random random(3);
  test::Given given;
  given.inputs["a"] = HostTensor(Scalar::F32, {most});
  given.inputs["b"] = HostTensor(Scalar::F32, {most * 2});
  // Sums that are exact, of which the last element along K is a part.
  for (std::size_t i = 0; i < static_cast<std::size_t>(most); ++i) {
    given.inputs["a"].set(i, 1);
    given.inputs["b"].set(2 * i, static_cast<double>(i % 3) - 1);
    given.inputs["b"].set(2 * i + 1, i + 1 == static_cast<std::size_t>(most));
  }
  const Result<Operation> made = matmul(plain_problem(c), schedule, target);
  REQUIRE_MESSAGE(made.ok(), test::message_of(made.error()));
  const test::Tensors found = test::run_on_device(*made, given);
  if (!found.empty()) {
    const test::MatmulReference expected = test::reference_of(c, given.inputs["a"], given.inputs["b"]);
    CHECK(found.at("c")[0] == expected.sums[0]);
    CHECK(found.at("c")[1] == 1);
  }
  // What is longer is refused; the default schedule finds a way.
  c.k = most + 10;
  CHECK(legal(plain_problem(c), schedule, target).error().code == ErrorCode::IllegalSchedule);
  CHECK(error_of(legal(plain_problem(c), schedule, target))
            .find("steps along it (65535 iterations of loops)") != std::string::npos);
  c.k = 40000000;
  CHECK(legal(plain_problem(c), default_schedule(plain_problem(c), target), target).ok());
  // Of a run-time K the most is declared, and resolve refuses more.
  MatmulProblem dynamic = plain_problem(c);
  dynamic.k = Dimension::parameter("k");
  const Result<Operation> limited = matmul(dynamic, schedule, target);
  REQUIRE(limited.ok());
  const SizeValue long_k[] = {{"k", most + 10}};
  CHECK(limited->resolve(long_k).error().code == ErrorCode::LimitExceeded);
}

TEST_CASE("matmul: cooperative matrices in the interpreter") {
  Target target = test::strong_target();
  target.subgroup_size = 8;
  target.matrix_products[0] = {8, 8, 8, Scalar::F16, Scalar::F16, Scalar::F32};
  target.matrix_products[1] = {8, 8, 16, Scalar::I8, Scalar::I8, Scalar::I32};
  target.matrix_product_count = 2;
  for (const bool bytes : {false, true})
    for (const std::int64_t m : {16, 21}) {
      CAPTURE(m);
      const test::MatmulCase c = plain_case(m, 28, 37);
      test::Random random(4);
      const Scalar type = bytes ? Scalar::I8 : Scalar::F16;
      const test::Given given = plain_inputs(c, random, type);
      MatmulProblem problem = plain_problem(c);
      problem.a.type = problem.b.type = type;
      problem.accumulate = problem.result = bytes ? Scalar::I32 : Scalar::F32;
      MatmulSchedule schedule;
      schedule.fragment = Fragment::CooperativeMatrix;
      schedule.block_m = schedule.tile_m = 16;
      schedule.block_n = 16;
      schedule.tile_n = 8;
      schedule.block_k = 16;
      schedule.share_a = schedule.share_b = true;
      schedule.padding = 8;
      schedule.split_k = m == 21 ? 2 : 1;
      const Result<Operation> made = matmul(problem, schedule, target);
      REQUIRE_MESSAGE(made.ok(), test::message_of(made.error()));
      CHECK(test::check_valid(*made, 20243));
      const test::Tensors found = test::run_interpreted(*made, given);
      REQUIRE(!found.empty());
      const test::MatmulReference expected =
          test::reference_of(c, given.inputs.at("a"), given.inputs.at("b"));
      CHECK(test::check_sums(expected, found.at("c"), c.k, bytes ? 0 : 0x1p-24) == "");
    }
}

TEST_CASE("matmul: matrices in workgroup memory lie at multiples of what Vulkan asks for") {
  Target target = test::strong_target();
  target.kind = DeviceKind::Gpu;
  target.subgroup_size = target.min_subgroup_size = target.max_subgroup_size = 32;
  target.matrix_products[0] = {16, 16, 16, Scalar::F16, Scalar::F16, Scalar::F32};
  target.matrix_products[1] = {16, 16, 32, Scalar::I8, Scalar::I8, Scalar::I32};
  target.matrix_product_count = 2;
  for (const bool bytes : {false, true})
    for (const std::int64_t size : {32, 128}) {
      CAPTURE(bytes);
      CAPTURE(size);
      MatmulProblem problem = plain_problem(plain_case(size, size, 64));
      problem.a.type = problem.b.type = bytes ? Scalar::I8 : Scalar::F16;
      problem.accumulate = problem.result = bytes ? Scalar::I32 : Scalar::F32;
      MatmulSchedule schedule = default_schedule(problem, target);
      REQUIRE(schedule.fragment == Fragment::CooperativeMatrix);
      const std::uint32_t element = bytes ? 1 : 2;
      CHECK((schedule.block_m + schedule.padding) * element % 16 == 0);
      CHECK((schedule.block_n + schedule.padding) * element % 16 == 0);
      CHECK(legal(problem, schedule, target).ok());
      schedule.padding = 4;
      schedule.block_m = schedule.block_n = 32;
      CHECK(error_of(legal(problem, schedule, target)) ==
            (bytes ? "error: block_m + padding, in bytes, is 36, which is no multiple of what cooperative "
                     "matrices "
                     "are aligned to, 16 [IllegalSchedule]"
                   : "error: block_m + padding, in bytes, is 72, which is no multiple of what cooperative "
                     "matrices "
                     "are aligned to, 16 [IllegalSchedule]"));
    }
  // Lines of a matrix that have less than 16 bytes are aligned to those; and B's count as A's do.
  target.matrix_products[1] = {8, 16, 32, Scalar::I8, Scalar::I8, Scalar::I32};
  MatmulProblem problem = plain_problem(plain_case(128, 128, 64));
  problem.a.type = problem.b.type = Scalar::I8;
  problem.accumulate = problem.result = Scalar::I32;
  MatmulSchedule schedule;
  schedule.fragment = Fragment::CooperativeMatrix;
  schedule.block_m = schedule.tile_m = 8;
  schedule.block_n = schedule.tile_n = 16;
  schedule.block_k = 32;
  schedule.share_a = schedule.share_b = true;
  schedule.padding = 16;
  CHECK(legal(problem, schedule, target).ok());
  schedule.padding = 8;
  CHECK(error_of(legal(problem, schedule, target)) == "error: block_n + padding, in bytes, is 24, which is "
                                                      "no multiple of what cooperative matrices are aligned "
                                                      "to, 16 [IllegalSchedule]");
}

TEST_CASE("device, matmul: cooperative matrices") {
  Target target;
  if (!test::device_target(target)) return;
  if (target.matrix_product_count == 0) return test::skip("the device has no cooperative matrices");
  if (target.kind == DeviceKind::Llvmpipe && target.subgroup_size != 8)
    return test::skip("llvmpipe's cooperative matrices crash at other widths than 256");
  for (std::uint32_t i = 0; i < target.matrix_product_count; ++i) {
    const MatrixProduct& product = target.matrix_products[i];
    const bool sums = product.accumulator == Scalar::F32 || product.accumulator == Scalar::I32;
    if (!sums || product.a != product.b) continue;
    CAPTURE(static_cast<int>(product.a));
    const test::MatmulCase c = plain_case(21, 28, 37);
    test::Random random(4);
    const test::Given given = plain_inputs(c, random, product.a);
    MatmulProblem problem = plain_problem(c);
    problem.a.type = problem.b.type = product.a;
    problem.accumulate = problem.result = product.accumulator;
    MatmulSchedule schedule;
    schedule.fragment = Fragment::CooperativeMatrix;
    schedule.block_m = schedule.tile_m = 2 * product.m;
    schedule.block_n = 2 * product.n;
    schedule.tile_n = product.n;
    schedule.block_k = 2 * product.k;
    schedule.share_a = schedule.share_b = true;
    const Result<Operation> made = matmul(problem, schedule, target);
    REQUIRE_MESSAGE(made.ok(), test::message_of(made.error()));
    const test::Tensors found = test::run_on_device(*made, given);
    if (found.empty()) return;
    const test::MatmulReference expected = test::reference_of(c, given.inputs.at("a"), given.inputs.at("b"));
    CHECK(test::check_sums(expected, found.at("c"), c.k, kernel::is_int(product.a) ? 0 : 0x1p-24) == "");
  }
}

TEST_CASE("matmul: what is refused says which rule and by how much") {
  const Target weak = test::weak_target();
  const test::MatmulCase c = plain_case(64, 64, 64);
  const MatmulProblem problem = plain_problem(c);
  const auto refusal = [&](const auto& change) {
    MatmulSchedule s;
    change(s);
    return error_of(legal(problem, s, weak));
  };
  CHECK(legal(problem, default_schedule(problem, weak), weak).ok());
  CHECK(refusal([](MatmulSchedule& s) { s.block_m = 6; }) ==
        "error: block_m is 6, which is no multiple of tile_m, 4 [IllegalSchedule]");
  CHECK(refusal([](MatmulSchedule& s) { s.tile_n = 2; }) ==
        "error: tile_n is 2, which is no multiple of vector, 4 [IllegalSchedule]");
  CHECK(refusal([](MatmulSchedule& s) { s.vector = 3; }) ==
        "error: vector is 3, and has to be 1, 2 or 4 [IllegalSchedule]");
  CHECK(refusal([](MatmulSchedule& s) { s.lanes_k = 3; }) ==
        "error: lanes_k is 3, and has to be a power of two: their sums are added up in pairs "
        "[IllegalSchedule]");
  CHECK(refusal([](MatmulSchedule& s) { s.block_n = 256; }) ==
        "error: the workgroup is 256, and has to be 1 to 128 (maxComputeWorkGroupInvocations and "
        "maxComputeWorkGroupSize of the target) [IllegalSchedule]");
  CHECK(refusal([](MatmulSchedule& s) {
          s.share_a = s.share_b = true;
          s.block_k = 64;
        }) == "error: the schedule uses 20480 bytes of workgroup memory, 4096 more than "
              "maxComputeSharedMemorySize of the "
              "target, 16384 [IllegalSchedule]");
  CHECK(refusal([](MatmulSchedule& s) { s.device_addresses = true; }).find("[MissingCapability]") !=
        std::string::npos);
  CHECK(refusal([](MatmulSchedule& s) {
          s.fragment = Fragment::SubgroupBroadcast;
        }).find("[MissingCapability]") != std::string::npos);
  CHECK(
      refusal([](MatmulSchedule& s) { s.fragment = Fragment::CooperativeMatrix; }) ==
      "error: the target has no cooperative matrix product of f32 and f32 summed as f32 [MissingCapability]");
  CHECK(refusal([](MatmulSchedule& s) { s.fragment = Fragment::PackedDot; }) ==
        "error: PackedDot multiplies 8-bit integers and sums them as i32 (or u8 as u32), not f32 and f32 as "
        "f32 "
        "[WrongType]");

  MatmulProblem batch = plain_problem(c);
  batch.a.batch = {2};
  batch.b.batch = {3};
  CHECK(error_of(legal(batch, {}, weak)) ==
        "error: the shapes [2] [3] do not broadcast: axis 0 has two sizes that are not 1 [InvalidShape]");
  MatmulProblem negative = plain_problem(c);
  negative.k = -1;
  CHECK(error_of(legal(negative, {}, weak)) ==
        "error: a has the shape [64, -1], in which a size is negative [InvalidShape]");
  MatmulProblem strides = plain_problem(c);
  strides.b.strides = {1};
  CHECK(error_of(legal(strides, {}, weak)) == "error: b has 1 strides and 2 axes [InvalidShape]");
  MatmulProblem types = plain_problem(c);
  types.a.type = Scalar::I8;
  CHECK(legal(types, {}, weak).error().code == ErrorCode::WrongType);
  MatmulProblem halves = plain_problem(c);
  halves.accumulate = Scalar::F16;
  CHECK(legal(halves, {}, weak).error().code == ErrorCode::MissingCapability);
  MatmulProblem names = plain_problem(c);
  names.epilogue.output("c",
                        names.epilogue.primary(Scalar::F32) + names.epilogue.input("a", {Scalar::F32, {64}}));
  CHECK(error_of(legal(names, {}, weak)) ==
        "error: the input a has the name of another operand of the operation; name it otherwise "
        "[InvalidOperand]");
  MatmulProblem shared = plain_problem(c);
  Expression& before = shared.b.prologue;
  before.output("b", before.primary(Scalar::F32) * before.input("scale", {Scalar::F32, {1}}));
  CHECK(legal(shared, {}, weak).ok());  // what a prologue's output is called does not matter
  shared.epilogue.output("scale", shared.epilogue.primary(Scalar::F32));
  CHECK(error_of(legal(shared, {}, weak)) ==
        "error: the output scale has the name of an input; name it otherwise [InvalidOperand]");
  MatmulProblem twice = plain_problem(c);
  twice.epilogue.output("d", twice.epilogue.primary(Scalar::F32));
  twice.epilogue.output("d", twice.epilogue.primary(Scalar::F32) * 2);
  CHECK(error_of(legal(twice, {}, weak)) ==
        "error: the output d has the name of another output; name it otherwise [InvalidOperand]");
  MatmulProblem reads_c = plain_problem(c);
  reads_c.a.prologue.output("v", reads_c.a.prologue.input("c", {Scalar::F32, {1}}));
  CHECK(error_of(legal(reads_c, {}, weak)) ==
        "error: the output c has the name of an input; name it otherwise [InvalidOperand]");
  MatmulProblem mistaken = plain_problem(c);
  mistaken.epilogue.output("c", mistaken.epilogue.primary(Scalar::I32));
  CHECK(error_of(legal(mistaken, {}, weak)) ==
        "error: the epilogue uses primary value 0 as i32, and it is f32 [WrongType]");
  mistaken = plain_problem(c);
  mistaken.b.prologue.output("v", cast(mistaken.b.prologue.primary(Scalar::F16), Scalar::F32));
  CHECK(error_of(legal(mistaken, {}, weak)) ==
        "error: the prologue of b uses primary value 0 as f16, and it is f32 [WrongType]");
  MatmulProblem quantised = plain_problem(c);
  quantised.b.quantization.bits = 5;
  CHECK(error_of(legal(quantised, {}, weak)) ==
        "error: b has elements of 5 bits, and weights are quantised to 4 or 8 [WrongType]");
  const Result<Operation> refused = matmul(quantised, weak);
  CHECK(refused.error().code == ErrorCode::WrongType);
  CHECK(refused.error().where.line != 0);
}

// Every default schedule is legal and gives valid words, for sizes of all kinds.
TEST_CASE("matmul: default schedules of every kind of device are legal") {
  std::vector<Target> targets = {test::weak_target(), test::strong_target(), test::strong_target(),
                                 test::strong_target(), test::strong_target()};
  targets[2].kind = DeviceKind::Llvmpipe;
  targets[2].driver_version = 2203;
  targets[2].max_loop_iterations = 65535;
  targets[3].kind = DeviceKind::Llvmpipe;
  targets[3].driver_version = 2600;
  targets[4] = targets[3];
  targets[4].driver_version = 2500;
  targets[4].min_subgroup_size = targets[4].max_subgroup_size = targets[4].subgroup_size = 8;
  Target swiftshader = test::weak_target();
  swiftshader.kind = DeviceKind::SwiftShader;
  targets.push_back(swiftshader);
  Target matrices = test::strong_target();
  matrices.matrix_products[0] = {16, 16, 16, Scalar::F16, Scalar::F16, Scalar::F32};
  matrices.matrix_product_count = 1;
  targets.push_back(matrices);
  const Dimension dynamic = Dimension::parameter("s");
  const Dimension sizes[] = {1, 5, 64, 2048, dynamic};
  const Scalar types[] = {Scalar::F32, Scalar::F16, Scalar::I8};
  for (std::size_t t = 0; t < targets.size(); ++t)
    for (const Scalar type : types)
      for (const Dimension& m : sizes)
        for (const Dimension& n : sizes)
          for (const bool constant : {false, true}) {
            CAPTURE(t);
            CAPTURE(m.value());
            CAPTURE(n.value());
            MatmulProblem problem;
            problem.m = m;
            problem.n = n;
            problem.k = constant ? dynamic : Dimension(3000);
            problem.a.type = problem.b.type = type;
            problem.b.constant = constant;
            problem.b.transposed = constant;
            problem.accumulate = problem.result = type == Scalar::I8 ? Scalar::I32 : Scalar::F32;
            const MatmulSchedule schedule = default_schedule(problem, targets[t]);
            CAPTURE(test::to_string(schedule));
            const Result<void> allowed = legal(problem, schedule, targets[t]);
            CHECK_MESSAGE(allowed.ok(), test::message_of(allowed.error()));
            // Some of them as words; the rules are the same for all.
            if (!(m == n) || constant) continue;
            const Result<Operation> made = matmul(problem, targets[t]);
            REQUIRE_MESSAGE(made.ok(), test::message_of(made.error()));
            if (schedule.fragment != Fragment::CooperativeMatrix) CHECK(test::check_valid(*made));
          }
}

TEST_CASE("device, matmul: batches and a batch that broadcasts, by the default schedule") {
  for (const test::Place place : {test::Place::Interpreter, test::Place::Device}) {
    test::MatmulCase c = plain_case(7, 12, 9);
    c.batch = {3, 2};
    c.a.batch = {2};
    c.b.batch = {3, 1};
    MatmulProblem problem = plain_problem(c);
    problem.a.batch = {2};
    problem.b.batch = {3, 1};
    test::Random random(12);
    test::Given given;
    given.inputs["a"] = HostTensor::random(Scalar::F32, {c.a.elements()}, random, -1, 1);
    given.inputs["b"] = HostTensor::random(Scalar::F32, {c.b.elements()}, random, -1, 1);
    const test::Tensors found = test::run_at(
        place, [&](const Target& target) { return matmul(problem, target); }, given);
    if (found.empty()) continue;
    const test::MatmulReference expected = test::reference_of(c, given.inputs["a"], given.inputs["b"]);
    CHECK(test::check_sums(expected, found.at("c"), c.k, 0x1p-24) == "");
  }
}
