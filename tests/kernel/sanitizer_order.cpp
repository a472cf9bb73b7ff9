// Races, barriers, and atomic operations that order: one kernel for each fault, and its clean twin.
#include "interpret_kernels.hpp"

using namespace interpret_test;

namespace {

bool says(const Report& report, const std::string& part) {
  return text_of(report).find(part) != std::string::npos;
}
std::string at_line(int line) { return "sanitizer_order.cpp:" + std::to_string(line); }
bool only_races(const Report& report) {
  for (const Finding& finding : report.findings())
    if (finding.kind != FindingKind::Race) return false;
  return !report.clean();
}
Resources with(const char* name, std::vector<std::uint32_t>& data) {
  Resources resources;
  resources.bind(name, Span<std::uint32_t>(data));
  return resources;
}

}  // namespace

TEST_CASE("sanitizer: a race in workgroup memory where a barrier is missing") {
  for (const bool with_barrier : {false, true})
    for (const std::uint32_t subgroup : {4u, 32u}) {
      Build k(32);
      const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
      const auto tile = k.shared(u32_type, 32, "tile");
      const int write_line = LINE_BELOW;
      k.put(tile, k.local(), k.local());
      if (with_barrier) k.barrier();
      const int read_line = LINE_BELOW;
      const AnyValue value = k.get(tile, k.op(Op::Sub, k.u(31), k.local()));
      k.put(out, k.global(), value);
      std::vector<std::uint32_t> data(32);
      InterpretOptions options;
      options.subgroup_size = subgroup;
      const Report report = run(k.finish(), {}, with("out", data), options);
      if (with_barrier) {
        CHECK(text_of(report) == "");
        CHECK(data[3] == 28);
        continue;
      }
      bool race = false;
      for (const Finding& finding : report.findings()) race = race || finding.kind == FindingKind::Race;
      CHECK(race);
      CHECK(says(report, at_line(read_line)));
      CHECK(says(report, at_line(write_line)));
      CHECK(says(report, "tile["));
    }
}

TEST_CASE("sanitizer: a write after another's read is a race too") {
  for (const bool with_barrier : {false, true}) {
    Build k(8);
    const auto tile = k.shared(u32_type, 8, "tile");
    const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
    k.put(tile, k.local(), k.local());
    k.barrier();
    const AnyValue value = k.get(tile, k.op(Op::Xor, k.local(), k.u(1)));
    if (with_barrier) k.barrier();
    k.put(tile, k.local(), value);
    k.barrier();
    k.put(out, k.local(), k.get(tile, k.local()));
    std::vector<std::uint32_t> data(8);
    const Report report = run(k.finish(), {}, with("out", data));
    if (with_barrier)
      CHECK(text_of(report) == "");
    else
      CHECK((only_races(report) && says(report, "has read")));
  }
}

TEST_CASE("sanitizer: two invocations write one element of a buffer") {
  for (const bool guarded : {false, true}) {
    Build k(8);
    const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
    if (guarded) k.begin_if(k.equal(k.local(), k.u(0)));
    k.put(out, k.u(0), k.u(4));
    if (guarded) k.end_if();
    std::vector<std::uint32_t> data(1);
    const Report report = run(k.finish(), {}, with("out", data));
    CHECK(report.clean() == guarded);
    if (!guarded) CHECK(only_races(report));
  }
}

TEST_CASE("sanitizer: a race between workgroups, which no barrier helps") {
  for (const bool apart : {false, true})
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{5}}) {
      Build k(4);
      const auto data = k.buffer(Access::ReadWrite, u32_type, "data");
      k.put(data, k.global(), k.global());
      k.barrier({MemoryScope::Workgroup, MemoryScope::Device, memory::all});
      const AnyValue mine = k.op(Op::Xor, k.global(), k.u(apart ? 1 : 4));
      k.put(data, k.add(k.global(), k.u(100)), k.get(data, mine));
      std::vector<std::uint32_t> memory(200);
      InterpretOptions options;
      options.seed = seed;
      const Report report = run(k.finish(), {{4, 1, 1}}, with("data", memory), options);
      if (apart) {
        CHECK(text_of(report) == "");
        continue;
      }
      REQUIRE(only_races(report));
      const Finding& finding = report.findings()[0];
      CHECK(finding.has_other);
      CHECK(finding.invocation.workgroup[0] != finding.other.workgroup[0]);
      CHECK(says(report, "nothing orders the two workgroups"));
    }
}

TEST_CASE("sanitizer: two names of one buffer race as one") {
  Build k(8);
  const auto a = k.buffer(Access::ReadOnly, u32_type, "a"), b = k.buffer(Access::WriteOnly, u32_type, "b");
  k.set_may_alias(a);
  k.set_may_alias(b);
  k.put(b, k.local(), k.get(a, k.local()));
  const Kernel kernel = k.finish();
  std::vector<std::uint32_t> data(9);
  Resources same;
  same.bind("a", Span<std::uint32_t>(data.data(), 8));
  same.bind("b", Span<std::uint32_t>(data.data(), 8));
  CHECK(text_of(run(kernel, {}, same)) == "");
  Resources shifted;
  shifted.bind("a", Span<std::uint32_t>(data.data(), 8));
  shifted.bind("b", Span<std::uint32_t>(data.data() + 1, 8));
  CHECK(only_races(run(kernel, {}, shifted)));
}

TEST_CASE("sanitizer: a barrier orders the memory that it names, among those it names") {
  const struct {
    SyncScope scope;
    bool enough;
  } cases[] = {{{MemoryScope::Workgroup, MemoryScope::Workgroup, memory::workgroup}, true},
               {{MemoryScope::Workgroup, MemoryScope::Workgroup, memory::all}, true},
               {{MemoryScope::Workgroup, MemoryScope::Workgroup, memory::buffers}, false},
               {{MemoryScope::Subgroup, MemoryScope::Subgroup, memory::all}, false},
               {{MemoryScope::Workgroup, MemoryScope::Subgroup, memory::all}, false}};
  for (const auto& c : cases) {
    Build k(16);
    const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
    const auto tile = k.shared(u32_type, 16, "tile");
    k.put(tile, k.local(), k.local());
    k.barrier(c.scope);
    k.put(out, k.local(), k.get(tile, k.op(Op::Xor, k.local(), k.u(8))));
    std::vector<std::uint32_t> data(16);
    InterpretOptions options;
    options.subgroup_size = 8;
    const Report report = run(k.finish(), {}, with("out", data), options);
    bool race = false;
    for (const Finding& finding : report.findings()) race = race || finding.kind == FindingKind::Race;
    CHECK(race == !c.enough);
  }
  // Within the subgroup its own barrier is enough.
  Build k(16);
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  const auto tile = k.shared(u32_type, 16, "tile");
  k.put(tile, k.local(), k.local());
  k.barrier({MemoryScope::Subgroup, MemoryScope::Subgroup, memory::all});
  k.put(out, k.local(), k.get(tile, k.op(Op::Xor, k.local(), k.u(1))));
  std::vector<std::uint32_t> data(16);
  CHECK(text_of(run(k.finish(), {}, with("out", data))) == "");
}

TEST_CASE("sanitizer: atomic operations do not race with each other, but with plain accesses") {
  for (const int kind : {0, 1, 2}) {
    Build k(16);
    const auto bins = k.buffer(Access::ReadWrite, u32_type, "bins");
    const AnyValue one = k.u(1);
    const MemoryScope scope = kind == 1 ? MemoryScope::Workgroup : MemoryScope::Device;
    k.atomic(Op::AtomicAdd, k.at(bins, k.op(Op::And, k.local(), k.u(3))), u32_type,
             Span<const AnyValue>(&one, 1), scope, 0);
    if (kind == 2) k.put(bins, k.add(k.global(), k.u(4)), k.get(bins, k.u(0)));
    std::vector<std::uint32_t> data(4 + 64);
    const Report report = run(k.finish(), {{4, 1, 1}}, with("bins", data));
    CHECK(data[1] == 16);
    if (kind == 0)
      CHECK(text_of(report) == "");
    else
      CHECK(only_races(report));
  }
}

namespace {

// Each workgroup adds up its part; the one that comes last adds up the parts.
Kernel last_workgroup(std::uint8_t ordering, bool fences, bool barrier) {
  Build k(8);
  const auto in = k.buffer(Access::ReadOnly, u32_type, "in"),
             parts = k.buffer(Access::ReadWrite, u32_type, "parts"),
             count = k.buffer(Access::ReadWrite, u32_type, "count"),
             out = k.buffer(Access::WriteOnly, u32_type, "out");
  const auto last = k.shared(u32_type, 1, "last");
  const SyncScope device_fence{MemoryScope::Invocation, MemoryScope::Device, memory::buffers};
  k.put(parts, k.global(), k.mul(k.get(in, k.global()), k.u(2)));
  if (fences) k.memory_barrier(device_fence);
  if (barrier) k.barrier();
  k.begin_if(k.equal(k.local(), k.u(0)));
  const AnyValue one = k.u(1);
  const AnyValue before = k.atomic(Op::AtomicAdd, k.at(count, k.u(0)), u32_type,
                                   Span<const AnyValue>(&one, 1), MemoryScope::Device, ordering);
  if (fences) k.memory_barrier(device_fence);
  k.put(last, k.u(0),
        k.convert(Op::Convert,
                  k.equal(before, k.op(Op::Sub, k.builtin(BuiltIn::NumWorkgroups).component(0), k.u(1))),
                  u32_type));
  k.end_if();
  k.barrier();
  k.begin_if(k.equal(k.get(last, k.u(0)), k.u(1)));
  k.begin_if(k.equal(k.local(), k.u(1)));  // not the one that counted
  const AnyVariable sum = k.variable(u32_type, "sum");
  k.store(sum, k.u(0));
  const AnyValue i = k.begin_for(k.u(0), k.u(64), k.u(1));
  k.store(sum, k.add(k.load(sum), k.get(parts, i)));
  k.end_loop();
  k.put(out, k.u(0), k.load(sum));
  k.end_if();
  k.end_if();
  return k.finish();
}

}  // namespace

TEST_CASE("sanitizer: the last workgroup reads what the others released") {
  const struct {
    std::uint8_t ordering;
    bool fences, barrier, right;
  } cases[] = {{memory::buffers, false, true, true},
               {0, true, true, true},
               {0, false, true, false},                   // relaxed: nothing is released
               {memory::buffers, false, false, false},    // the others of the workgroup have not come yet
               {memory::workgroup, false, true, false}};  // orders other memory
  for (const auto& c : cases)
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{3}}) {
      CAPTURE(int(c.ordering));
      CAPTURE(c.fences);
      CAPTURE(c.barrier);
      const Kernel kernel = last_workgroup(c.ordering, c.fences, c.barrier);
      std::vector<std::uint32_t> in(64), parts(64), count(1), out(1);
      std::uint32_t expected = 0;
      for (std::uint32_t i = 0; i < 64; ++i) expected += 2 * (in[i] = i * i);
      Resources resources = with("in", in);
      resources.bind("parts", Span<std::uint32_t>(parts));
      resources.bind("count", Span<std::uint32_t>(count));
      resources.bind("out", Span<std::uint32_t>(out));
      InterpretOptions options;
      options.seed = seed;
      const Report report = run(kernel, {{8, 1, 1}}, resources, options);
      CHECK(out[0] == expected);
      if (c.right)
        CHECK(text_of(report) == "");
      else
        CHECK(only_races(report));
    }
}

TEST_CASE("sanitizer: one subgroup waits for another with an atomic flag") {
  for (const std::uint8_t ordering : {memory::workgroup, std::uint8_t{0}}) {
    Build k(16);
    const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
    const auto flag = k.shared(u32_type, 1, "flag"), value = k.shared(u32_type, 1, "value");
    const AnyValue one = k.u(1), zero = k.u(0);
    k.begin_if(k.equal(k.local(), k.u(0)));
    k.atomic(Op::AtomicStore, k.at(flag, zero), u32_type, Span<const AnyValue>(&zero, 1),
             MemoryScope::Workgroup, 0);
    k.end_if();
    k.barrier();
    k.begin_if(k.equal(k.local(), k.u(15)));  // of the last subgroup
    k.put(value, zero, k.u(77));
    k.atomic(Op::AtomicStore, k.at(flag, zero), u32_type, Span<const AnyValue>(&one, 1),
             MemoryScope::Workgroup, ordering);
    k.end_if();
    k.begin_if(k.equal(k.local(), k.u(0)));
    k.begin_loop();
    const AnyValue seen =
        k.atomic(Op::AtomicLoad, k.at(flag, zero), u32_type, {}, MemoryScope::Workgroup, ordering);
    k.begin_if(k.equal(seen, one));
    k.break_();
    k.end_if();
    k.end_loop();
    k.put(out, zero, k.get(value, zero));
    k.end_if();
    std::vector<std::uint32_t> data(1);
    InterpretOptions options;
    options.subgroup_size = 4;
    const Report report = run(k.finish(), {}, with("out", data), options);
    CHECK(data[0] == 77);
    if (ordering != 0)
      CHECK(text_of(report) == "");
    else
      CHECK(only_races(report));
  }
}

TEST_CASE("sanitizer: barriers in divergent control flow") {
  // 0: clean, 1: inside a divergent if, 2: after a divergent return, 3: each subgroup at another one,
  // 4: one subgroup has ended, 5: under a condition that is the same for all
  for (const int kind : {0, 1, 2, 3, 4, 5}) {
    CAPTURE(kind);
    Build k(16);
    const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
    const auto tile = k.shared(u32_type, 16, "tile");
    k.put(tile, k.local(), k.local());
    const AnyValue subgroup = k.builtin(BuiltIn::SubgroupId);
    if (kind == 1 || kind == 2) k.begin_if(k.equal(k.op(Op::And, k.local(), k.u(1)), k.u(0)));
    if (kind == 3 || kind == 4) k.begin_if(k.equal(subgroup, k.u(0)));
    if (kind == 5) k.begin_if(k.less(k.group(), k.u(1)));
    if (kind == 2 || kind == 4) k.return_();
    if (kind == 2 || kind == 4) k.end_if();
    const int line = LINE_BELOW;
    k.barrier();
    if (kind == 3) {
      k.begin_else();
      k.barrier();
    }
    if (kind == 1 || kind == 3 || kind == 5) k.end_if();
    k.put(out, k.global(), k.get(tile, k.local()));
    std::vector<std::uint32_t> data(16);
    InterpretOptions options;
    options.subgroup_size = 8;
    const Report report = run(k.finish(), {}, with("out", data), options);
    if (kind == 0 || kind == 5) {
      CHECK(text_of(report) == "");
      continue;
    }
    REQUIRE(report.findings().size() == 1);
    CHECK(report.findings()[0].kind == FindingKind::DivergentBarrier);
    CHECK(report.findings()[0].has_other);
    CHECK(says(report, at_line(line)));
  }
}
