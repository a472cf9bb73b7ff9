// One kernel for each fault in memory and arithmetic, and its clean twin.
#include "interpret_kernels.hpp"

using namespace interpret_test;

namespace {

// The only finding of a kernel.
const Finding& only(const Report& report, FindingKind kind) {
  INFO(text_of(report));
  REQUIRE(report.findings().size() == 1);
  REQUIRE(report.findings()[0].kind == kind);
  return report.findings()[0];
}
bool says(const Report& report, const char* part) { return text_of(report).find(part) != std::string::npos; }
std::string at_line(int line) { return "sanitizer_memory.cpp:" + std::to_string(line); }

Resources with(const char* name, std::vector<std::uint32_t>& data) {
  Resources resources;
  resources.bind(name, Span<std::uint32_t>(data));
  return resources;
}

}  // namespace

TEST_CASE("sanitizer: a load past the end of a buffer") {
  for (const bool guarded : {false, true}) {
    Build k(8);
    const auto in = k.buffer(Access::ReadOnly, u32_type, "in"),
               out = k.buffer(Access::WriteOnly, u32_type, "out");
    const AnyValue next = k.add(k.global(), k.u(1));
    const AnyValue index = guarded ? k.op(Op::Min, next, k.u(7)) : next;
    const int line = LINE_BELOW;
    const AnyValue value = k.get(in, index);
    k.put(out, k.global(), value);
    std::vector<std::uint32_t> a = {0, 1, 2, 3, 4, 5, 6, 7}, b(8, 99);
    Resources resources = with("in", a);
    resources.bind("out", Span<std::uint32_t>(b));
    const Report report = run(k.finish(), {}, resources);
    CHECK(b[6] == 7);
    if (guarded) {
      CHECK(text_of(report) == "");
      continue;
    }
    const Finding& finding = only(report, FindingKind::OutOfBounds);
    CHECK(finding.index == 8);
    CHECK(finding.invocation.local[0] == 7);
    CHECK(says(report, "reads in[8], outside its 8 elements"));
    CHECK(says(report, at_line(line).c_str()));
    CHECK(b[7] == 0);
  }
}

TEST_CASE("sanitizer: a store before the beginning, and one past a view") {
  Build k(4);
  const auto out = k.buffer(Access::ReadWrite, u32_type, "out");
  const AnyValue i = k.op(Op::Sub, k.convert(Op::Bitcast, k.local(), i32_type), k.i(1));
  k.put(out, i, k.u(5));
  std::vector<std::uint32_t> data(4, 1);
  const Report report = run(k.finish(), {}, with("out", data));
  CHECK(only(report, FindingKind::OutOfBounds).index == -1);
  CHECK(says(report, "writes out[-1]"));
  CHECK(data == std::vector<std::uint32_t>{5, 5, 5, 1});

  Build v(4);
  const auto view = v.buffer(Access::ReadWrite, u32_type, "view");
  Place place = v.at(view, v.local());
  place.base = v.u(4);
  place.range = v.u(12);
  v.store(place, v.u(9));
  std::vector<std::uint32_t> more(8, 1);
  const Report outside = run(v.finish(), {}, with("view", more));
  CHECK(only(outside, FindingKind::OutOfBounds).index == 4);
  CHECK(says(outside, "view of 12 bytes"));
  CHECK(more == std::vector<std::uint32_t>{1, 9, 9, 9, 1, 1, 1, 1});
}

TEST_CASE("sanitizer: a misaligned address") {
  Build k(1);
  const auto out = k.buffer(Access::ReadWrite, u32_type, "out");
  Place place = k.at(out, k.local());
  place.base = k.u(2);
  k.store(place, k.u(9));
  std::vector<std::uint32_t> data(4, 0);
  const Report report = run(k.finish(), {}, with("out", data));
  CHECK(only(report, FindingKind::Misaligned).address == 2);
}

TEST_CASE("sanitizer: a component that the vector does not have") {
  Build k(4);
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  const AnyValue parts[3] = {k.u(1), k.local(), k.u(3)};
  const AnyValue vector = k.construct(Type(Scalar::U32, 3), parts);
  k.put(out, k.local(), k.op(Op::ExtractDynamic, vector, k.local()));
  std::vector<std::uint32_t> data(4, 9);
  const Report report = run(k.finish(), {}, with("out", data));
  CHECK(only(report, FindingKind::OutOfBounds).index == 3);
  CHECK(data == std::vector<std::uint32_t>{1, 1, 3, 0});
}

TEST_CASE("sanitizer: workgroup memory that nothing has written") {
  for (const bool written : {false, true}) {
    Build k(8);
    const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
    const auto tile = k.shared(u32_type, 8, "tile");
    if (!written) k.begin_if(k.less(k.local(), k.u(5)));
    k.put(tile, k.local(), k.local());
    if (!written) k.end_if();
    k.barrier();
    const int line = LINE_BELOW;
    const AnyValue value = k.get(tile, k.op(Op::Sub, k.u(7), k.local()));
    k.put(out, k.global(), value);
    std::vector<std::uint32_t> data(16);
    const Report report = run(k.finish(), {{2, 1, 1}}, with("out", data));
    if (written) {
      CHECK(text_of(report) == "");
      continue;
    }
    const Finding& finding = only(report, FindingKind::Uninitialized);
    CHECK(finding.times == 6);  // three elements in each of two workgroups: one's memory is not the other's
    CHECK(finding.index == 7);
    CHECK(says(report, "reads tile[7], which nothing has written"));
    CHECK(says(report, at_line(line).c_str()));
  }
}

TEST_CASE("sanitizer: private memory and variables that nothing has written") {
  for (const bool written : {false, true}) {
    Build k(8);
    const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
    const auto list = k.add_array(ResourceKind::Private, u32_type, 4, "list");
    k.put(list, k.u(1), k.local());
    if (written) k.put(list, k.u(2), k.local());
    k.put(out, k.global(), k.get(list, k.op(Op::And, k.add(k.local(), k.u(1)), k.u(written ? 0 : 3))));
    if (written) k.put(list, k.u(0), k.u(1));
    std::vector<std::uint32_t> data(8);
    const Report report = run(k.finish(), {}, with("out", data));
    CHECK(!report.clean());
    CHECK(report.findings()[0].kind == FindingKind::Uninitialized);
  }
  Build clean(8);
  const auto out = clean.buffer(Access::WriteOnly, u32_type, "out");
  const auto list = clean.add_array(ResourceKind::Private, u32_type, 2, "list");
  clean.put(list, clean.u(0), clean.local());
  clean.put(list, clean.u(1), clean.mul(clean.local(), clean.u(10)));
  clean.put(out, clean.global(), clean.get(list, clean.op(Op::And, clean.local(), clean.u(1))));
  std::vector<std::uint32_t> data(8);
  CHECK(text_of(run(clean.finish(), {}, with("out", data))) == "");
  CHECK(data == std::vector<std::uint32_t>{0, 10, 2, 30, 4, 50, 6, 70});

  for (const bool written : {false, true}) {
    Build k(8);
    const auto result = k.buffer(Access::WriteOnly, u32_type, "out");
    const AnyVariable v = k.variable(u32_type, "total");
    if (!written) k.begin_if(k.less(k.local(), k.u(6)));
    k.store(v, k.u(3));
    if (!written) k.end_if();
    k.put(result, k.global(), k.load(v));
    const Report report = run(k.finish(), {}, with("out", data));
    if (written) {
      CHECK(text_of(report) == "");
    } else {
      CHECK(only(report, FindingKind::Uninitialized).invocation.local[0] == 6);
      CHECK(says(report, "reads total, which nothing has written"));
    }
  }
}

TEST_CASE("sanitizer: integer division by zero and overflow, and shifts past the width") {
  const struct {
    Op op;
    std::int32_t divisor;
    FindingKind kind;
    bool wrong;
  } cases[] = {{Op::Div, 0, FindingKind::DivisionByZero, true},
               {Op::Rem, 0, FindingKind::DivisionByZero, true},
               {Op::Mod, 0, FindingKind::DivisionByZero, true},
               {Op::Div, -1, FindingKind::DivisionOverflow, true},
               {Op::Div, 3, FindingKind::DivisionByZero, false},
               {Op::ShiftLeft, 32, FindingKind::ShiftPastWidth, true},
               {Op::ShiftRight, -1, FindingKind::ShiftPastWidth, true},
               {Op::ShiftRight, 31, FindingKind::ShiftPastWidth, false}};
  for (const auto& c : cases) {
    CAPTURE(info_of(c.op).name);
    Build k(4);
    const auto io = k.buffer(Access::ReadWrite, i32_type, "io");
    const AnyValue value = k.get(io, k.local());
    // Lane 3 alone has the operand that is wrong; lane 2 would have it too and does not get there.
    const AnyValue divisor = k.op3(Op::Select, k.less(k.local(), k.u(2)), k.i(1), k.get(io, k.u(4)));
    k.begin_if(k.op(Op::NotEqual, k.local(), k.u(2)));
    const int line = LINE_BELOW;
    const AnyValue result = k.op(c.op, value, divisor);
    k.put(io, k.local(), result);
    k.end_if();
    std::vector<std::uint32_t> data = {8, 9, 10, 0x80000000u, static_cast<std::uint32_t>(c.divisor)};
    const Report report = run(k.finish(), {}, with("io", data));
    if (!c.wrong) {
      CHECK(text_of(report) == "");
      continue;
    }
    const Finding& finding = only(report, c.kind);
    CHECK(finding.invocation.local[0] == 3);
    CHECK(finding.times == 1);
    CHECK(says(report, at_line(line).c_str()));
  }
}

TEST_CASE("sanitizer: a NaN from finite numbers, if asked for") {
  for (const bool ask : {false, true}) {
    Build k(4);
    const auto io = k.buffer(Access::ReadWrite, f32_type, "io");
    const AnyValue value = k.get(io, k.local());
    const AnyValue quotient = k.op(Op::Div, value, k.f(0));  // 0 / 0 in lane 0
    const AnyValue sum = k.add(quotient, k.f(1));            // not its fault
    k.put(io, k.local(), sum);
    std::vector<float> data = {0, 1, 2, 3};
    Resources resources;
    resources.bind("io", Span<float>(data));
    InterpretOptions options;
    options.sanitize.nan = ask;
    const Report report = run(k.finish(), {}, resources, options);
    if (ask)
      CHECK(only(report, FindingKind::NotANumber).invocation.local[0] == 0);
    else
      CHECK(report.clean());
  }
}

TEST_CASE("sanitizer: an endless loop") {
  Build k(4);
  const auto out = k.buffer(Access::ReadWrite, u32_type, "out");
  const int line = LINE_BELOW;
  k.begin_loop();
  k.begin_if(k.equal(k.get(out, k.u(0)), k.u(1)));
  k.break_();
  k.end_if();
  k.end_loop();
  const Kernel kernel = k.finish();
  std::vector<std::uint32_t> data = {0};
  InterpretOptions options;
  options.max_iterations = 1000;
  const Report report = run(kernel, {}, with("out", data), options);
  only(report, FindingKind::EndlessLoop);
  CHECK(says(report, at_line(line).c_str()));
  data[0] = 1;
  CHECK(run(kernel, {}, with("out", data), options).clean());
}

TEST_CASE("sanitizer: each part can be switched off, and reports are limited") {
  Build k(4);
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  for (std::uint32_t i = 0; i < 5; ++i) k.put(out, k.u(100 + i), k.u(1), {"other.cpp", 10 + i});
  const Kernel kernel = k.finish();
  std::vector<std::uint32_t> data(4);
  InterpretOptions options;
  options.max_reports = 3;
  CHECK(run(kernel, {}, with("out", data), options).findings().size() == 3);
  options.sanitize = Sanitize::none();
  CHECK(run(kernel, {}, with("out", data), options).clean());
}

TEST_CASE("sanitizer: a finding inside a generator names its caller too") {
  Build k(4);
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  {
    const GeneratorScope scope(k, {"/somewhere/tool.cpp", 33});
    k.put(out, k.u(7), k.u(1), {"generator.hpp", 5});
  }
  std::vector<std::uint32_t> data(4);
  CHECK(says(run(k.finish(), {}, with("out", data)), "generator.hpp:5 called from tool.cpp:33"));
}
