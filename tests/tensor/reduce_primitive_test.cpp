// WorkgroupReduce: every invocation of a team ends with what all of its team have, whatever the workgroup's and the
// subgroups' sizes.
#include <airstrip/tensor/primitives.hpp>

#include "run_operation.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

struct TeamCase {
  std::uint32_t workgroup = 64;
  ReduceTeam team;
  bool shuffles = true;
  bool prepared = true;
  int runs = 2;
};

// Each invocation gives a number of each type; it gets the sums, and of the least i32 where it was. Twice, so that memory
// is used again.
Result<Operation> reduce_all(const Target& target, const TeamCase& c) {
  Operation operation;
  operation.set_target(target);
  SizeTable& table = operation.sizes_to_fill();
  const SizeId count = table.literal(2 * c.workgroup);
  kernel::KernelOptions options;
  options.workgroup = {c.workgroup, 1, 1};
  if (c.prepared) WorkgroupReduce::prepare(options, target);
  StepBuilder step(operation, "reduce_all", options, SourceLocation::current());
  kernel::KernelBuilder& k = step.k;
  const auto buffer = [&](const char* name, Role role, Scalar scalar) {
    TensorType type;
    type.scalar = scalar;
    return step.memory(name, role, type, table.mul(count, element_bytes(scalar)),
                       role == Role::Input ? kernel::Access::ReadOnly : kernel::Access::WriteOnly);
  };
  const Memory x = buffer("x", Role::Input, Scalar::I32), wide = buffer("wide", Role::Output, Scalar::I64),
               sums = buffer("sums", Role::Output, Scalar::F32),
               where = buffer("where", Role::Output, Scalar::U32);
  const kernel::Type sum_types[] = {kernel::Type(Scalar::I64), kernel::Type(Scalar::F32, 2)};
  const kernel::Type least_types[] = {kernel::Type(Scalar::I32), kernel::Type(Scalar::U32)};
  WorkgroupReduce sum(step, sum_types, c.team, c.shuffles), least(step, least_types, c.team, c.shuffles);
  const Index i = k.global_id().x;
  const AnyValue mine = step.load(x, i);
  k.for_range<u32>(0u, static_cast<u32>(c.runs), 1u, [&](Index) {
    const AnyValue one = k.convert(kernel::Op::Convert, mine, kernel::Type(Scalar::F32));
    const AnyValue both[] = {one, k.apply(kernel::Op::Negate, one)};
    AnyValue total[] = {k.convert(kernel::Op::Convert, mine, kernel::Type(Scalar::I64)),
                        k.construct(kernel::Type(Scalar::F32, 2), both)};
    sum.run(total, [&](AnyValue* a, const AnyValue* b) {
      a[0] = k.apply(kernel::Op::Add, a[0], b[0]);
      a[1] = k.apply(kernel::Op::Add, a[1], b[1]);
    });
    step.store(wide, i, total[0]);
    step.store(sums, i, k.apply(kernel::Op::Sub, total[1].component(0), total[1].component(1)));
    AnyValue lowest[] = {mine, k.local_id().x.any()};
    least.run(lowest, [&](AnyValue* a, const AnyValue* b) {
      const AnyValue first = k.apply(kernel::Op::And, k.apply(kernel::Op::Equal, a[0], b[0]),
                                     k.apply(kernel::Op::Less, b[1], a[1]));
      const AnyValue takes = k.apply(kernel::Op::Or, k.apply(kernel::Op::Less, b[0], a[0]), first);
      const AnyValue values[3] = {takes, b[0], a[0]}, indices[3] = {takes, b[1], a[1]};
      a[0] = k.apply(kernel::Op::Select, values);
      a[1] = k.apply(kernel::Op::Select, indices);
    });
    step.store(where, i, lowest[1]);
  });
  if (const Result<void> r = step.finish(table.literal(2)); !r) {
    Diagnostic error;
    error.code = r.error().code;
    error.message = r.error().message;
    return error;
  }
  return operation;
}

void check_case(test::Place place, const TeamCase& c, std::uint32_t subgroup, bool known,
                test::Random& random) {
  CAPTURE(c.workgroup);
  CAPTURE(c.team.span);
  CAPTURE(c.team.inner);
  CAPTURE(c.shuffles);
  CAPTURE(c.prepared);
  CAPTURE(subgroup);
  CAPTURE(known);
  test::Given given;
  const std::int64_t count = 2 * static_cast<std::int64_t>(c.workgroup);
  given.inputs["x"] = HostTensor::random(Scalar::I32, {count}, random, -1000, 1000);
  const test::Tensors found = test::run_at(place,
                                           [&](Target target) {
                                             if (place == test::Place::Interpreter) {
                                               target.subgroup_size = known ? subgroup : 0;
                                               target.min_subgroup_size = known ? 4 : 0;
                                               target.max_subgroup_size = known ? 128 : 0;
                                             }
                                             return reduce_all(target, c);
                                           },
                                           given, {subgroup, random.next()});
  if (found.empty()) return;
  const HostTensor& x = given.inputs["x"];
  const std::size_t span = c.team.span ? c.team.span : c.workgroup, inner = c.team.inner;
  HostTensor wide(Scalar::I64, {count}), sums(Scalar::F32, {count}), where(Scalar::U32, {count});
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const std::size_t group = i / c.workgroup * c.workgroup, local = i % c.workgroup;
    const std::size_t base = group + local / (span * inner) * (span * inner) + local % inner;
    double sum = 0;
    std::size_t lowest = base;
    for (std::size_t j = 0; j < span; ++j) {
      sum += x[base + j * inner];
      if (x[base + j * inner] < x[lowest]) lowest = base + j * inner;
    }
    wide.set(i, sum);
    sums.set(i, 2 * sum);  // whole numbers below 2^24: exact
    where.set(i, static_cast<double>(lowest - group));
  }
  CHECK(test::difference(wide, found.at("wide")) == "");
  CHECK(test::difference(sums, found.at("sums")) == "");
  CHECK(test::difference(where, found.at("where")) == "");
}

void random_teams(test::Place place, int count, std::uint32_t most) {
  for (int n = 0; n < test::cases(count); ++n) {
    CAPTURE(n);
    test::Random random(test::seed_of_run() + static_cast<std::uint64_t>(n));
    TeamCase c;
    c.workgroup =
        random.one_in(2) ? 1u << random.below(8) : 1 + static_cast<std::uint32_t>(random.below(most));
    if (c.workgroup > most) c.workgroup = most;
    if (random.one_in(2)) {
      do c.team.span = 1 + static_cast<std::uint32_t>(random.below(c.workgroup));
      while (c.workgroup % c.team.span != 0);
      do c.team.inner = 1 + static_cast<std::uint32_t>(random.below(c.workgroup / c.team.span));
      while (c.workgroup % (c.team.span * c.team.inner) != 0);
    }
    c.shuffles = !random.one_in(4);
    c.prepared = random.one_in(2);
    const std::uint32_t subgroup = 4u << random.below(6);
    check_case(place, c, subgroup, random.one_in(2), random);
  }
}

}  // namespace

TEST_CASE("workgroup reduce: every subgroup size, full subgroups and not") {
  test::Random random(test::seed_of_run());
  for (std::uint32_t subgroup = 4; subgroup <= 128; subgroup *= 2)
    for (const std::uint32_t workgroup : {1u, 3u, 32u, 100u, 128u, 129u, 256u})
      for (const bool prepared : {false, true})
        check_case(test::Place::Interpreter, {workgroup, {}, true, prepared, 1}, subgroup, true, random);
}
TEST_CASE("workgroup reduce: random teams in the interpreter") {
  random_teams(test::Place::Interpreter, 60, 300);
}
TEST_CASE("workgroup reduce: random teams in the interpreter, weak target") {
  random_teams(test::Place::InterpreterWeak, 20, 128);
}
TEST_CASE("device, workgroup reduce: random teams") { random_teams(test::Place::Device, 6, 200); }
TEST_CASE("device, workgroup reduce: random teams, Vulkan 1.0") {
  random_teams(test::Place::DeviceWeak, 3, 128);
}
TEST_CASE("workgroup reduce: what does not divide is refused") {
  const Result<Operation> refused = reduce_all(test::weak_target(), {12, {5, 1}, true, true, 1});
  CHECK(refused.error().code == ErrorCode::InvalidOperand);
}
