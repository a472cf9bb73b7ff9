// Subgroup operations that depend on lanes that are not there, or on reconvergence; and their clean twins.
#include "interpret_kernels.hpp"

using namespace interpret_test;

namespace {

Report run_on(const Kernel& kernel, std::vector<std::uint32_t>& data, std::uint32_t subgroup = 8,
              Reconvergence reconvergence = Reconvergence::Unspecified) {
  Resources resources;
  resources.bind("out", Span<std::uint32_t>(data));
  InterpretOptions options;
  options.subgroup_size = subgroup;
  options.reconvergence = reconvergence;
  return run(kernel, {}, resources, options);
}
bool only(const Report& report, FindingKind kind) {
  return report.findings().size() == 1 && report.findings()[0].kind == kind;
}
bool says(const Report& report, const std::string& part) {
  return text_of(report).find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("sanitizer: values from lanes that do not take part") {
  // 0: shuffle, 1: broadcast, 2: quad swap, 3: shuffle_xor, 4: rotate; in lanes 0 to 2 alone, or in all.
  for (const int kind : {0, 1, 2, 3, 4})
    for (const bool divergent : {true, false}) {
      CAPTURE(kind);
      Build k(8);
      const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
      const AnyValue value = k.add(k.lane(), k.u(10));
      if (divergent) k.begin_if(k.less(k.lane(), k.u(3)));
      AnyValue result;
      const int line = __LINE__ + 1;
      if (kind == 0) result = k.op(Op::SubgroupShuffle, value, k.op(Op::Sub, k.u(7), k.lane()));
      if (kind == 1) result = k.op(Op::SubgroupBroadcast, value, k.u(5));
      if (kind == 2) result = k.op(Op::QuadSwap, value);
      if (kind == 3) result = k.op(Op::SubgroupShuffleXor, value, k.u(4));
      if (kind == 4) result = k.op(Op::SubgroupRotate, value, k.u(1));
      k.put(out, k.lane(), result);
      if (divergent) k.end_if();
      std::vector<std::uint32_t> data(8, 1);
      const Report report = run_on(k.finish(), data);
      const std::uint32_t expected[] = {17, 15, 11, 14, 11};
      if (!divergent) {
        CHECK(text_of(report) == "");
        CHECK(data[0] == expected[kind]);
        continue;
      }
      CHECK(only(report, FindingKind::InactiveLane));
      CHECK(says(report, "does not take part"));
      CHECK(says(report, "sanitizer_subgroup.cpp:" + std::to_string(line + kind)));
      if (kind == 2) CHECK((data[0] == 11 && data[2] == 0));  // lane 3 is missing
    }
}

TEST_CASE("sanitizer: lanes that the last subgroup does not have, and scans that need none") {
  Build k(12);
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  const AnyValue down = k.op(Op::SubgroupShuffleDown, k.lane(), k.u(1));
  k.put(out, k.global(), down);
  std::vector<std::uint32_t> data(12);
  const Report report = run_on(k.finish(), data, 8);
  CHECK(only(report, FindingKind::InactiveLane));  // lane 3 of the second; lane 7 of the first is the edge
  CHECK(report.findings()[0].invocation.local[0] == 11);

  Build scan(8);
  const auto sums = scan.buffer(Access::WriteOnly, u32_type, "out");
  AnyValue sum = scan.add(scan.lane(), scan.u(1));
  for (std::uint32_t d = 1; d < 8; d *= 2) {
    const AnyValue up = scan.op(Op::SubgroupShuffleUp, sum, scan.u(d));
    sum = scan.op3(Op::Select, scan.less(scan.lane(), scan.u(d)), sum, scan.add(sum, up));
  }
  scan.put(sums, scan.global(), sum);
  std::vector<std::uint32_t> eight(8);
  CHECK(text_of(run_on(scan.finish(), eight)) == "");
  CHECK(eight == std::vector<std::uint32_t>{1, 3, 6, 10, 15, 21, 28, 36});
}

TEST_CASE("sanitizer: a broadcast from a lane that is not the same for all") {
  Build k(8);
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  k.put(out, k.global(), k.op(Op::SubgroupBroadcast, k.lane(), k.op(Op::Xor, k.lane(), k.u(1))));
  std::vector<std::uint32_t> data(8);
  CHECK(only(run_on(k.finish(), data), FindingKind::NotUniform));
}

namespace {

// A subgroup_add behind control flow. 0: an If with both branches taken; 1: one whose condition is the same for all;
// 2: a loop that lanes leave at different times; 3: the lanes that did not return; 4: an If inside one that is the
// same for all; 5: like 0 with a barrier behind.
Kernel behind(int kind, Reconvergence reliance) {
  SubgroupReliance subgroup;
  subgroup.reconvergence = reliance;
  Build k(8, 1, subgroup);
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  const AnyVariable v = k.variable(u32_type);
  k.store(v, k.u(1));
  const AnyValue low = k.less(k.lane(), k.u(4)), always = k.less(k.group(), k.u(9));
  if (kind == 4) k.begin_if(always);
  if (kind == 0 || kind == 4 || kind == 5) {
    k.begin_if(low);
    k.store(v, k.u(2));
    k.begin_else();
    k.store(v, k.u(3));
    k.end_if();
  }
  if (kind == 4) k.end_if();
  if (kind == 1) {
    k.begin_if(always);
    k.store(v, k.u(2));
    k.end_if();
  }
  if (kind == 2) {
    const AnyValue i = k.begin_for(k.u(0), k.lane(), k.u(1));
    k.store(v, k.add(k.load(v), i));
    k.end_loop();
  }
  if (kind == 3) {
    k.begin_if(low);
    k.return_();
    k.end_if();
  }
  if (kind == 5) k.barrier();
  const AnyValue value = k.load(v);
  k.put(out, k.global(), k.op(Op::SubgroupAdd, value));
  return k.finish();
}

}  // namespace

TEST_CASE("sanitizer: reconvergence that nothing guarantees") {
  const struct {
    int kind;
    bool unspecified, uniform;  // clean then
    std::uint32_t sum;
  } cases[] = {{0, false, true, 20}, {1, true, true, 16},  {2, false, true, 64},
               {3, true, true, 4},   {4, false, true, 20}, {5, true, true, 20}};
  for (const auto& c : cases) {
    CAPTURE(c.kind);
    std::vector<std::uint32_t> data(8);
    const Report nothing = run_on(behind(c.kind, Reconvergence::Unspecified), data);
    CHECK(nothing.clean() == c.unspecified);
    if (!c.unspecified) CHECK(only(nothing, FindingKind::NotReconverged));
    CHECK(data[7] == c.sum);
    CHECK(run_on(behind(c.kind, Reconvergence::SubgroupUniform), data).clean() == c.uniform);
    CHECK(run_on(behind(c.kind, Reconvergence::Maximal), data).clean());
    CHECK(run_on(behind(c.kind, Reconvergence::Unspecified), data, 8, Reconvergence::Maximal).clean());
  }
}

TEST_CASE(
    "sanitizer: subgroup-uniform control flow does not help inside divergence, maximal reconvergence does") {
  for (const Reconvergence reliance : {Reconvergence::SubgroupUniform, Reconvergence::Maximal}) {
    SubgroupReliance subgroup;
    subgroup.reconvergence = reliance;
    Build k(8, 1, subgroup);
    const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
    k.begin_if(k.less(k.lane(), k.u(6)));
    k.begin_if(k.less(k.lane(), k.u(3)));
    k.put(out, k.u(0), k.lane());
    k.end_if();
    k.put(out, k.add(k.lane(), k.u(1)), k.op(Op::SubgroupAdd, k.u(1)));
    k.end_if();
    std::vector<std::uint32_t> data(9);
    Resources resources;
    resources.bind("out", Span<std::uint32_t>(data));
    InterpretOptions options;
    options.subgroup_size = 8;
    options.sanitize.races = false;
    const Report report = run(k.finish(), {}, resources, options);
    CHECK(report.clean() == (reliance == Reconvergence::Maximal));
    CHECK(data[1] == 6);
  }
}

TEST_CASE("interpret: what the kernel relies on in subgroups is checked") {
  const auto message = [](const SubgroupReliance& reliance, std::uint32_t x, std::uint32_t size) {
    Build k(x, 1, reliance);
    InterpretOptions options;
    options.subgroup_size = size;
    const Result<Report> result = interpret(k.finish(), {}, Resources(), options);
    return std::string(result.error().message);
  };
  SubgroupReliance size, full;
  size.size = 32;
  full.full = true;
  CHECK(message(size, 64, 32) == "");
  CHECK(message(size, 64, 16).find("subgroups of 32 alone and was run with 16") != std::string::npos);
  CHECK(message(full, 64, 32) == "");
  CHECK(message(full, 40, 32).find("40 invocations has 8 of 32") != std::string::npos);
  CHECK(message({}, 40, 24).find("no power of two") != std::string::npos);
}
