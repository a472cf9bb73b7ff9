// Folding: constants, identities by type, and constructs whose way is known.
#include <airstrip/kernel/passes/dead_code.hpp>
#include <airstrip/kernel/passes/fold.hpp>
#include <airstrip/kernel/passes/promote_variables.hpp>

#include "pass_test.hpp"

#include <functional>

using namespace test;

namespace {

Kernel folded(DynamicBuilder& b, bool promote = false) {
  Kernel kernel = b.finish();
  REQUIRE(kernel.ok());
  check_valid(kernel);
  if (promote) promote_variables(kernel);
  fold(kernel);
  check_valid(kernel);
  remove_dead_code(kernel);
  check_valid(kernel);
  return kernel;
}

// What an expression over a parameter becomes, as text: the lines before the Store and what is stored.
std::string becomes(Type type, const std::function<AnyValue(Words&, AnyValue)>& make,
                    const KernelOptions& options = {}) {
  Words b(options);
  const AnyValue x = b.parameter(type, "x");
  const AnyValue value = make(b, x);
  const std::uint32_t bytes = value.type().is_boolean() ? 0 : value.type().size();
  Place place;
  place.builder = &b;
  place.resource = b.out;
  if (bytes != 0) {
    b.store(place, value);
  } else {  // a bool, which no buffer holds: its use is a select
    const AnyValue parts[] = {value, b.word(11), b.word(22)};
    b.store(place, b.apply(Op::Select, parts));
  }
  const std::string text = body(folded(b));
  const std::size_t begin = text.find('\n') + 1, end = text.find("  return");
  std::string lines = text.substr(begin, end - begin);
  const std::string store = "store @1 stride 0 offset 0 ";
  const std::size_t at = lines.find(store);
  if (at != std::string::npos) lines.replace(at, store.size(), "= ");
  std::string flat;
  for (const char c : lines)
    if (c == '\n')
      flat += "; ";
    else if (c != ' ' || (!flat.empty() && flat.back() != ' '))
      flat += c;
  while (!flat.empty() && (flat.back() == ' ' || flat.back() == ';')) flat.pop_back();
  return flat;
}

AnyValue two(Words& b, Op op, AnyValue x, AnyValue y) { return b.apply(op, x, y); }

}  // namespace

TEST_CASE("identities of integers and Booleans") {
  struct Case {
    Op op;
    std::int64_t right;
    const char* result;
  };
  for (const Type t : {u32_type, i32_type, Type(Scalar::U8), Type(Scalar::I64)}) {
    const std::string name(to_string(t));
    const Case cases[] = {
        {Op::Add, 0, "= $x"},
        {Op::Sub, 0, "= $x"},
        {Op::Mul, 1, "= $x"},
        {Op::Mul, 0, "= 0T"},
        {Op::Div, 1, "= $x"},
        {Op::Rem, 1, "= 0T"},
        {Op::Mod, 1, "= 0T"},
        {Op::And, 0, "= 0T"},
        {Op::Or, 0, "= $x"},
        {Op::Xor, 0, "= $x"},
        {Op::ShiftLeft, 0, "= $x"},
        {Op::ShiftRight, 0, "= $x"},
        {Op::Mul, 8, "%1: T = shift_left $x, 3T; = %1"},
        {Op::Add, 5, "%1: T = add $x, 5T; = %1"},
        {Op::AddCarry, 0, "= 0T"},
        {Op::SubBorrow, 0, "= 0T"},
        {Op::MulHigh, 0, "= 0T"},
    };
    for (const Case& c : cases) {
      std::string expected = c.result;
      for (std::size_t at; (at = expected.find('T')) != std::string::npos;) expected.replace(at, 1, name);
      CAPTURE(info_of(c.op).name);
      CHECK(becomes(t, [&](Words& b, AnyValue x) { return b.apply(c.op, x, b.constant_int(t, c.right)); }) ==
            expected);
      if (has_flag(c.op, op_flag::commutative))
        CHECK(becomes(t, [&](Words& b, AnyValue x) {
                return b.apply(c.op, b.constant_int(t, c.right), x);
              }) == expected);
    }
    CHECK(becomes(t, [&](Words& b, AnyValue x) { return two(b, Op::Sub, x, x); }) == "= 0" + name);
    CHECK(becomes(t, [&](Words& b, AnyValue x) { return two(b, Op::Xor, x, x); }) == "= 0" + name);
    CHECK(becomes(t, [&](Words& b, AnyValue x) { return two(b, Op::And, x, x); }) == "= $x");
    CHECK(becomes(t, [&](Words& b, AnyValue x) { return two(b, Op::Min, x, x); }) == "= $x");
    CHECK(becomes(t, [&](Words& b,
                         AnyValue x) { return two(b, Op::Or, x, b.constant_bits(t, ~std::uint64_t{0})); }) ==
          (t.is_signed()    ? "= -1"
           : t.width() == 8 ? "= 255"
                            : "= 4294967295") +
              name);
    CHECK(becomes(t, [&](Words& b, AnyValue x) {
            return two(b, Op::And, x, b.constant_bits(t, ~std::uint64_t{0}));
          }) == "= $x");
    CHECK(becomes(t, [&](Words& b, AnyValue x) { return b.apply(Op::Negate, b.apply(Op::Negate, x)); }) ==
          "= $x");
    CHECK(becomes(t, [&](Words& b, AnyValue x) { return b.apply(Op::Not, b.apply(Op::Not, x)); }) == "= $x");
    CHECK(becomes(t, [&](Words& b, AnyValue x) {
            const AnyValue sum = b.apply(Op::Add, x, b.constant_int(t, 100));
            return b.apply(Op::Add, sum, b.constant_int(t, 20));
          }) == "%1: " + name + " = add $x, " + (t.width() == 8 ? "120" : "120") + name + "; = %1");
  }
  const auto test = [](Op op, int right) {
    return [op, right](Words& b, AnyValue x) {
      const AnyValue a = b.apply(Op::Less, x, b.word(3));
      return b.apply(op, a, b.constant_int(Type(Scalar::Boolean), right));
    };
  };
  const std::string less = "%1: bool = less $x, 3u32; %2: u32 = select %1, 11u32, 22u32; = %2";
  const std::string not_less = "%1: bool = less_equal 3u32, $x; %2: u32 = select %1, 11u32, 22u32; = %2";
  CHECK(becomes(u32_type, test(Op::And, 1)) == less);
  CHECK(becomes(u32_type, test(Op::And, 0)) == "= 22u32");
  CHECK(becomes(u32_type, test(Op::Or, 0)) == less);
  CHECK(becomes(u32_type, test(Op::Or, 1)) == "= 11u32");
  CHECK(becomes(u32_type, test(Op::Equal, 1)) == less);
  CHECK(becomes(u32_type, [](Words& b, AnyValue x) {
          return b.apply(Op::Not, b.apply(Op::Less, x, b.word(3)));
        }) == not_less);
}

TEST_CASE(
    "comparisons of a value with itself, of an unsigned one with zero, and not of a comparison of floats") {
  for (const Op op : {Op::Equal, Op::LessEqual})
    CHECK(becomes(i32_type, [op](Words& b, AnyValue x) { return b.apply(op, x, x); }) == "= 11u32");
  for (const Op op : {Op::NotEqual, Op::Less})
    CHECK(becomes(i32_type, [op](Words& b, AnyValue x) { return b.apply(op, x, x); }) == "= 22u32");
  CHECK(becomes(u32_type, [](Words& b, AnyValue x) { return b.apply(Op::Less, x, b.word(0)); }) == "= 22u32");
  CHECK(becomes(u32_type, [](Words& b, AnyValue x) { return b.apply(Op::LessEqual, b.word(0), x); }) ==
        "= 11u32");
  CHECK(becomes(f32_type, [](Words& b, AnyValue x) {
          return b.apply(Op::Equal, x, x);
        }).find("equal $x, $x") != std::string::npos);
  CHECK(becomes(f32_type, [](Words& b, AnyValue x) {
          return b.apply(Op::Not, b.apply(Op::Less, x, b.constant_float(f32_type, 1)));
        }) == "%1: bool = less $x, 0x3F800000f32; %2: u32 = select %1, 22u32, 11u32; = %2");
}

TEST_CASE("floats: only what holds for every value, the signs of zeros included") {
  const auto with = [](Op op, double c, bool left = false) {
    return [=](Words& b, AnyValue x) {
      const AnyValue constant = b.constant_float(f32_type, c);
      return left ? b.apply(op, constant, x) : b.apply(op, x, constant);
    };
  };
  CHECK(becomes(f32_type, with(Op::Mul, 1)) == "= $x");
  CHECK(becomes(f32_type, with(Op::Mul, 1, true)) == "= $x");
  CHECK(becomes(f32_type, with(Op::Div, 1)) == "= $x");
  CHECK(becomes(f32_type, with(Op::Sub, 0)) == "= $x");
  CHECK(becomes(f32_type, with(Op::Add, -0.0)) == "= $x");
  for (const auto& stays : {with(Op::Add, 0), with(Op::Sub, -0.0), with(Op::Mul, 0), with(Op::Mul, 2),
                            with(Op::Div, 2), with(Op::Sub, 0, true)})
    CHECK(becomes(f32_type, stays).find("%1: f32 = ") == 0);
  CHECK(becomes(f32_type, [](Words& b, AnyValue x) {
          return b.apply(Op::Sub, x, x);
        }).find("%1: f32 = sub") == 0);
  CHECK(becomes(f32_type, [](Words& b, AnyValue x) { return b.apply(Op::Negate, b.apply(Op::Negate, x)); }) ==
        "= $x");
  CHECK(becomes(f32_type, [](Words& b, AnyValue x) { return b.apply(Op::Abs, b.apply(Op::Negate, x)); }) ==
        "%1: f32 = abs $x; = %1");
  KernelOptions flush;
  flush.floats.denormals_32 = Denormals::FlushToZero;
  CHECK(becomes(f32_type, with(Op::Mul, 1), flush).find("%1: f32 = mul") == 0);
}

TEST_CASE("float constants: exactly rounded operations on normal numbers, nothing else") {
  const auto fold_of = [](Op op, double x, double y, const KernelOptions& options = {}) {
    return becomes(
        f32_type,
        [=](Words& b, AnyValue) {
          return b.apply(op, b.constant_float(f32_type, x), b.constant_float(f32_type, y));
        },
        options);
  };
  CHECK(fold_of(Op::Add, 1.5, 2.25) == "= 0x40700000f32");
  CHECK(fold_of(Op::Mul, 3, 0.1) == "= 0x3E99999Af32");  // 0.1f * 3 = 0.3000000119...
  CHECK(fold_of(Op::Sub, 5, 5) == "= 0x00000000f32");
  CHECK(fold_of(Op::Div, 1, 3).find("div") != std::string::npos);
  CHECK(fold_of(Op::Mul, 1e-30, 1e-15).find("mul") != std::string::npos);  // a denormal
  CHECK(fold_of(Op::Mul, 1e30, 1e30).find("mul") != std::string::npos);    // infinity
  CHECK(fold_of(Op::Mul, -1, 0.0).find("mul") != std::string::npos);       // -0
  KernelOptions truncating;
  truncating.floats.rounding_32 = Rounding::TowardZero;
  CHECK(fold_of(Op::Mul, 3, 0.1, truncating).find("mul") != std::string::npos);
  CHECK(becomes(f32_type, [](Words& b, AnyValue) {
          const AnyValue c = b.constant_float(f32_type, 2);
          const AnyValue operands[] = {c, c, c};
          return b.apply(Op::Fma, operands);
        }).find("fma") != std::string::npos);
  CHECK(becomes(f32_type, [](Words& b, AnyValue) {
          return b.apply(Op::Sqrt, b.constant_float(f32_type, 4));
        }).find("sqrt") != std::string::npos);
  CHECK(becomes(f32_type, [](Words& b, AnyValue) {
          return b.convert(Op::Convert, b.constant_int(i32_type, -7), f32_type);
        }) == "= 0xC0E00000f32");
}

TEST_CASE("integer constants wherever the result is defined, vectors by component") {
  const auto fold_of = [](Op op, Type t, std::int64_t x, std::int64_t y) {
    return becomes(
        t, [=](Words& b, AnyValue) { return b.apply(op, b.constant_int(t, x), b.constant_int(t, y)); });
  };
  CHECK(fold_of(Op::Add, u32_type, 0xFFFFFFFF, 2) == "= 1u32");
  CHECK(fold_of(Op::Mod, i32_type, -7, 3) == "= 2i32");
  CHECK(fold_of(Op::Rem, i32_type, -7, 3) == "= -1i32");
  CHECK(fold_of(Op::Div, u32_type, 7, 0).find("div 7u32, 0u32") != std::string::npos);
  CHECK(fold_of(Op::ShiftLeft, u32_type, 7, 32).find("shift_left") != std::string::npos);
  CHECK(fold_of(Op::Add, Type(Scalar::U32, 2), 3, 4) == "= u32x2(7u32, 7u32)");
  CHECK(becomes(u32_type, [](Words& b, AnyValue) {
          return b.apply(Op::Div, b.constant_int(i32_type, -2147483648LL), b.constant_int(i32_type, -1));
        }).find("div") != std::string::npos);
}

TEST_CASE("selects, conversions and vectors") {
  const Type pair(Scalar::U32, 2);
  CHECK(becomes(u32_type, [](Words& b, AnyValue x) {
          const AnyValue operands[] = {b.apply(Op::Less, x, b.word(2)), x, x};
          return b.apply(Op::Select, operands);
        }) == "= $x");
  CHECK(becomes(u32_type, [](Words& b, AnyValue x) {
          const AnyValue c = b.apply(Op::Not, b.apply(Op::Equal, x, b.word(2)));
          const AnyValue operands[] = {b.apply(Op::Not, c), x, b.word(1)};
          return b.apply(Op::Select, operands);
        }) == "%1: bool = equal $x, 2u32; %2: u32 = select %1, $x, 1u32; = %2");
  CHECK(becomes(u32_type, [](Words& b, AnyValue x) {
          return b.convert(Op::Bitcast, b.convert(Op::Bitcast, x, f32_type), u32_type);
        }) == "= $x");
  CHECK(becomes(u32_type, [](Words& b, AnyValue x) {
          return b.convert(Op::Bitcast, b.convert(Op::Bitcast, x, f32_type), i32_type);
        }) == "%1: i32 = bitcast $x; = %1");
  CHECK(becomes(Type(Scalar::I16), [](Words& b, AnyValue x) {
          return b.convert(Op::Convert, b.convert(Op::Convert, x, Type(Scalar::U64)), Type(Scalar::I16));
        }) == "= $x");
  CHECK(becomes(u32_type, [](Words& b, AnyValue x) {
          return b.convert(Op::Convert, b.convert(Op::Convert, x, Type(Scalar::U16)), u32_type);
        }).find("convert") != std::string::npos);
  CHECK(becomes(u32_type, [&](Words& b, AnyValue x) {
          const AnyValue parts[] = {b.thread(), x};
          const AnyValue v = b.construct(pair, parts);
          const AnyValue inserted[] = {v, b.word(9)};
          const unsigned swapped[] = {1, 0};
          return b.swizzle(b.apply(Op::Insert, inserted, 0), swapped).component(0);
        }) == "= $x");
  CHECK(becomes(pair, [&](Words& b, AnyValue x) {
          const AnyValue parts[] = {x.component(0), x.component(1)};
          return b.construct(pair, parts);
        }) == "= $x");
  CHECK(becomes(pair, [&](Words& b, AnyValue x) {
          const AnyValue parts[] = {x.component(1), x.component(0)};
          return b.construct(pair, parts);
        }).find("construct") != std::string::npos);
  CHECK(becomes(pair, [&](Words& b, AnyValue x) { return b.apply(Op::ExtractDynamic, x, b.word(1)); }) ==
        "%1: u32 = extract[1] $x; = %1");
  CHECK(becomes(pair, [&](Words& b, AnyValue x) {
          const unsigned same[] = {0, 1};
          return b.swizzle(x, same);
        }) == "= $x");
}

TEST_CASE("components of built-in values that the workgroup's size determines") {
  KernelOptions options;
  options.workgroup = {64, 1, 1};
  options.workgroup_spec[2] = 3;
  const auto of = [](BuiltIn which, unsigned component) {
    return [=](Words& b, AnyValue) { return b.builtin(which).component(component); };
  };
  CHECK(becomes(u32_type, of(BuiltIn::WorkgroupSize, 0), options) == "= 64u32");
  CHECK(becomes(u32_type, of(BuiltIn::LocalInvocationId, 1), options) == "= 0u32");
  CHECK(becomes(u32_type, of(BuiltIn::GlobalInvocationId, 1), options) ==
        "%1: u32 = extract[1] $WorkgroupId; = %1");
  CHECK(becomes(u32_type, of(BuiltIn::LocalInvocationId, 2), options) ==
        "%1: u32 = extract[2] $LocalInvocationId; = %1");
  CHECK(becomes(u32_type, of(BuiltIn::LocalInvocationId, 0), options) ==
        "%1: u32 = extract[0] $LocalInvocationId; = %1");
}

TEST_CASE("an if with a known condition is its branch, with its Results") {
  for (const bool condition : {true, false}) {
    Words b;
    const AnyVariable x = b.variable(u32_type);
    b.begin_if(b.apply(Op::Less, b.word(condition ? 1 : 9), b.word(5)));
    b.store(x, b.read(b.word(1)));
    b.begin_else();
    b.store(x, b.read(b.word(2)));
    b.write(3, b.word(3));
    b.end_if();
    b.write(0, b.load(x));
    CHECK(body(folded(b, true)) == (condition ? R"(function main() {
  %1: u32 = load @0 stride 4 offset 4
  store @1 stride 4 offset 0 %1
  return
}
)"
                                              : R"(function main() {
  %1: u32 = load @0 stride 4 offset 8
  store @1 stride 4 offset 12 3u32
  store @1 stride 4 offset 0 %1
  return
}
)"));
  }
}

TEST_CASE("a known branch that leaves makes what follows unreachable") {
  Words b;
  b.begin_for(b.word(0), b.read(b.word(0)), b.word(1));
  b.write(0, b.word(1));
  b.begin_if(b.constant_int(bool_type, 1));
  b.write(1, b.word(1));
  b.break_();
  b.end_if();
  b.write(2, b.word(1));
  b.end_loop();
  b.begin_if(b.constant_int(bool_type, 1));
  b.return_();
  b.end_if();
  b.write(3, b.word(1));
  const Kernel kernel = folded(b);
  CHECK(count(kernel, Op::Store) == 2);
  CHECK(count(kernel, Op::Continue) == 0);
}

TEST_CASE("a switch with a known selector is its case, unless the case is left from inside") {
  for (const bool inside : {false, true}) {
    Words b;
    const AnyVariable x = b.variable(u32_type);
    b.store(x, b.word(0));
    const std::uint64_t one[] = {1, 2}, three[] = {3};
    b.begin_switch(b.word(2));
    b.begin_case(one);
    b.store(x, b.word(12));
    if (inside) {
      b.begin_if(b.apply(Op::Less, b.thread(), b.word(4)));
      b.store(x, b.word(13));
      b.break_();
      b.end_if();
      b.write(5, b.word(5));
    }
    b.break_();
    b.end_case();
    b.begin_case(three);
    b.store(x, b.word(3));
    b.end_case();
    b.end_switch();
    b.write(0, b.load(x));
    const Kernel kernel = folded(b, true);
    CHECK(count(kernel, Op::Switch) == (inside ? 1 : 0));
    if (!inside) CHECK(body(kernel).find("store @1 stride 4 offset 0 12u32") != std::string::npos);
  }
}

TEST_CASE("a loop that never runs, and one that runs once") {
  Words b;
  const AnyVariable x = b.variable(u32_type);
  b.store(x, b.word(7));
  const AnyValue end = b.apply(Op::Mul, b.word(2), b.word(2));  // known after folding only
  const AnyValue i = b.begin_for(b.word(4), end, b.word(1));
  b.store(x, b.apply(Op::Add, b.load(x), i));
  b.end_loop();
  b.begin_loop();
  b.store(x, b.apply(Op::Add, b.load(x), b.word(1)));
  b.break_();
  b.end_loop();
  b.write(0, b.load(x));
  CHECK(body(folded(b, true)) == R"(function main() {
  store @1 stride 4 offset 0 8u32
  return
}
)");
}

TEST_CASE("a loop whose first test leaves only after going round stays") {
  Words b;
  const AnyVariable i = b.variable(u32_type);
  b.store(i, b.word(9));
  b.begin_loop();
  b.begin_if(b.apply(Op::LessEqual, b.word(5), b.load(i)));
  b.store(i, b.apply(Op::Sub, b.load(i), b.word(1)));
  b.begin_if(b.apply(Op::Less, b.load(i), b.read(b.word(0))));
  b.continue_();
  b.end_if();
  b.break_();
  b.end_if();
  b.write(1, b.load(i));
  b.end_loop();
  b.write(0, b.load(i));
  const Kernel kernel = folded(b, true);
  CHECK(count(kernel, Op::Loop) == 1);
  CHECK(kernel.arguments(kernel.regions(find(kernel, Op::Loop))[0]).size() == 1);
}

TEST_CASE("a Result that is the same on both ways is that value; nothing changes the second time") {
  Words b;
  const AnyVariable x = b.variable(u32_type);
  b.store(x, b.word(0));
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(4)));
  b.store(x, b.apply(Op::Add, b.word(2), b.word(3)));
  b.begin_else();
  b.store(x, b.word(5));
  b.write(2, b.word(1));
  b.end_if();
  b.write(0, b.load(x));
  Kernel kernel = folded(b, true);
  CHECK(count(kernel, Op::Result) == 0);
  CHECK_FALSE(fold(kernel));
}
