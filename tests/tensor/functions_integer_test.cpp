// Functions of integers of every width and sign, and casts between all types.
#include "run_operation.hpp"

#include <cmath>
#include <limits>

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;
using test::Place;

namespace {

const Scalar integers[] = {Scalar::I8,  Scalar::U8,  Scalar::I16, Scalar::U16,
                           Scalar::I32, Scalar::U32, Scalar::I64, Scalar::U64};
const Place everywhere[] = {Place::Interpreter, Place::InterpreterWeak, Place::Device, Place::DeviceWeak};

__extension__ typedef __int128 Wide;

Wide least(Scalar s) { return kernel::is_signed(s) ? -(Wide(1) << (kernel::width_of(s) - 1)) : 0; }
Wide greatest(Scalar s) { return (Wide(1) << (kernel::width_of(s) - (kernel::is_signed(s) ? 1 : 0))) - 1; }
// The number of a type that has the same low bits.
Wide wrapped(Scalar s, Wide value) {
  const Wide size = Wide(1) << kernel::width_of(s);
  Wide low = value % size;
  if (low < 0) low += size;
  return low > greatest(s) ? low - size : low;
}
// Of two 64-bit factors even 128 bits overflow, and only the low ones are asked for.
Wide product(Scalar s, Wide a, Wide b) {
  return wrapped(s, Wide(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b)));
}
Wide value_of(const HostTensor& t, std::size_t i) {
  return t.scalar() == Scalar::U64 ? Wide(t.bits(i)) : Wide(t.integer(i));
}
std::uint64_t bits_of(Wide value) { return static_cast<std::uint64_t>(value); }

std::vector<Wide> corners(Scalar s) {
  std::vector<Wide> all = {
      0, 1, 2, 3, 5, 7, 8, 31, 32, 33, 63, 64, 100, greatest(s), greatest(s) - 1, greatest(s) / 2 + 1};
  if (kernel::is_signed(s))
    for (const Wide v : {Wide(-1), Wide(-2), Wide(-3), Wide(-7), Wide(-100), least(s), least(s) + 1})
      all.push_back(v);
  return all;
}

struct Binary {
  Function function;
  const char* name;
  Wide (*reference)(Scalar, Wide, Wide);
};

const Binary binaries[] = {
    {Function::Add, "add", [](Scalar s, Wide a, Wide b) { return wrapped(s, a + b); }},
    {Function::Sub, "sub", [](Scalar s, Wide a, Wide b) { return wrapped(s, a - b); }},
    {Function::Mul, "mul", [](Scalar s, Wide a, Wide b) { return product(s, a, b); }},
    {Function::Div, "div", [](Scalar s, Wide a, Wide b) { return b == 0 ? Wide(0) : wrapped(s, a / b); }},
    {Function::Rem, "rem", [](Scalar, Wide a, Wide b) { return b == 0 ? Wide(0) : a % b; }},
    {Function::Mod, "mod",
     [](Scalar, Wide a, Wide b) {
       if (b == 0) return Wide(0);
       const Wide r = a % b;
       return r != 0 && (r < 0) != (b < 0) ? r + b : r;
     }},
    {Function::Pow, "pow",
     [](Scalar s, Wide a, Wide b) {
       if (b < 0) return a == 1 ? Wide(1) : a == -1 ? (b % 2 == 0 ? Wide(1) : Wide(-1)) : Wide(0);
       Wide power = 1;
       for (Wide square = a; b != 0; b /= 2) {
         if (b % 2 != 0) power = product(s, power, square);
         square = product(s, square, square);
       }
       return power;
     }},
    {Function::Min, "min", [](Scalar, Wide a, Wide b) { return a < b ? a : b; }},
    {Function::Max, "max", [](Scalar, Wide a, Wide b) { return a < b ? b : a; }},
    {Function::ShiftLeft, "shift_left",
     [](Scalar s, Wide a, Wide b) {
       return b < 0 || b >= kernel::width_of(s) ? Wide(0) : wrapped(s, a * (Wide(1) << static_cast<int>(b)));
     }},
    {Function::ShiftRight, "shift_right",
     [](Scalar s, Wide a, Wide b) {
       if (b < 0 || b >= kernel::width_of(s)) return a < 0 ? Wide(-1) : Wide(0);
       return a >> static_cast<int>(b);
     }},
    {Function::BitXor, "bit_xor", [](Scalar s, Wide a, Wide b) { return wrapped(s, a ^ b); }},
};

// Two functions at a time: four storage buffers are what a weak target has.
void check_binaries(Place place, Scalar scalar) {
  CAPTURE(to_string(scalar).data());
  std::vector<Wide> a, b;
  for (const Wide x : corners(scalar))
    for (const Wide y : corners(scalar)) {
      a.push_back(x);
      b.push_back(y);
    }
  const std::int64_t n = static_cast<std::int64_t>(a.size());
  test::Given given;
  HostTensor x(scalar, {n}), y(scalar, {n});
  for (std::size_t i = 0; i < a.size(); ++i) {
    x.set_bits(i, bits_of(a[i]));
    y.set_bits(i, bits_of(b[i]));
  }
  given.inputs["x"] = x;
  given.inputs["y"] = y;
  for (std::size_t f = 0; f + 1 < std::size(binaries); f += 2) {
    const Binary* const two[] = {&binaries[f], &binaries[f + 1]};
    const auto make = [&](const Target& target) {
      ElementwiseProblem problem;
      Expression& e = problem.expression;
      const Expr u = e.input("x", {scalar, {n}}), v = e.input("y", {scalar, {n}});
      for (const Binary* each : two) e.output(Text(each->name), apply(each->function, u, v));
      return elementwise(problem, {32, f % 4 == 0 ? 4u : 1u, 1}, target);
    };
    const test::Tensors found = test::run_at(place, make, given);
    if (found.empty()) return;
    for (const Binary* each : two) {
      CAPTURE(each->name);
      std::size_t wrong = 0, first = 0;
      for (std::size_t i = 0; i < a.size(); ++i)
        if (value_of(found.at(each->name), i) != each->reference(scalar, a[i], b[i]) && wrong++ == 0)
          first = i;
      const auto first_a = static_cast<long long>(a[first]), first_b = static_cast<long long>(b[first]);
      const auto first_found = static_cast<long long>(value_of(found.at(each->name), first));
      CAPTURE(first_a);
      CAPTURE(first_b);
      CAPTURE(first_found);
      CHECK(wrong == 0);
    }
  }
}

void check_unaries(Place place, Scalar scalar) {
  CAPTURE(to_string(scalar).data());
  const std::vector<Wide> a = corners(scalar);
  const std::int64_t n = static_cast<std::int64_t>(a.size());
  test::Given given;
  HostTensor x(scalar, {n});
  for (std::size_t i = 0; i < a.size(); ++i) x.set_bits(i, bits_of(a[i]));
  given.inputs["x"] = x;
  const auto make = [&](const Target& target) {
    ElementwiseProblem problem;
    Expression& e = problem.expression;
    const Expr u = e.input("x", {scalar, {n}});
    e.output("neg", -u);
    e.output("abs", abs(u));
    e.output("sign", sign(u));
    return elementwise(problem, {32, 4, 1}, target);
  };
  const test::Tensors found = test::run_at(place, make, given);
  if (found.empty()) return;
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(static_cast<long long>(a[i]));
    CHECK((value_of(found.at("neg"), i) == wrapped(scalar, -a[i])));
    CHECK((value_of(found.at("abs"), i) == wrapped(scalar, a[i] < 0 ? -a[i] : a[i])));
    CHECK((value_of(found.at("sign"), i) == (a[i] > 0) - (a[i] < 0)));
  }
}

// --- casts

const Scalar all_types[] = {Scalar::Boolean, Scalar::I8,  Scalar::U8,  Scalar::I16, Scalar::U16,
                            Scalar::I32,     Scalar::U32, Scalar::I64, Scalar::U64, Scalar::F16,
                            Scalar::BF16,    Scalar::F32, Scalar::F64};

// Values of a type that are told apart by what they become.
HostTensor samples(Scalar s) {
  std::vector<std::uint64_t> bits;
  HostTensor one(s, {1});
  const auto number = [&](double v) {
    one.set(0, v);
    bits.push_back(one.bits(0));
  };
  if (s == Scalar::Boolean) {
    bits = {0, 1};
  } else if (kernel::is_int(s)) {
    for (const Wide v : corners(s)) bits.push_back(bits_of(v));
  } else {
    const double inf = std::numeric_limits<double>::infinity();
    for (const double v :
         {0.0,      -0.0,     0.5,     -0.5,  1.0,     -1.0,
          1.75,     -1.75,    2.5,     100.0, 127.0,   128.0,
          -128.0,   -129.0,   255.0,   256.0, 32768.0, 60000.0,
          -32768.0, -40000.0, 0x1p-14, inf,   -inf,    std::numeric_limits<double>::quiet_NaN()})
      number(v);
    if (s != Scalar::F16)
      for (const double v : {65536.0, 2147483648.0, -2147483648.0, 4294967296.0, -4294967296.0, 0x1p62,
                             0x1p63, -0x1p63, 0x1p64, -0x1p65, 1e30, -1e30})
        number(v);
  }
  HostTensor t(s, {static_cast<std::int64_t>(bits.size())});
  for (std::size_t i = 0; i < bits.size(); ++i) t.set_bits(i, bits[i]);
  return t;
}

// What the cast gives, by its bits; of a NaN `is_nan` alone counts.
std::uint64_t cast_bits(const HostTensor& from, std::size_t i, Scalar to, bool& is_nan) {
  is_nan = false;
  HostTensor out(to, {1});
  const bool from_float = kernel::is_float(from.scalar());
  const double number = from_float ? from[i] : 0;
  const Wide whole = from_float ? 0 : value_of(from, i);
  if (to == Scalar::Boolean) return from_float ? number != 0 : whole != 0;
  if (kernel::is_int(to)) {
    if (!from_float) return bits_of(wrapped(to, whole)) & (~std::uint64_t{0} >> (64 - kernel::width_of(to)));
    if (std::isnan(number)) return 0;
    const double low = static_cast<double>(least(to)), high = static_cast<double>(greatest(to));
    const Wide clamped = number <= low    ? least(to)
                         : number >= high ? greatest(to)
                                          : static_cast<Wide>(number);
    return bits_of(clamped) & (~std::uint64_t{0} >> (64 - kernel::width_of(to)));
  }
  is_nan = std::isnan(number);
  if (to == Scalar::F32 && !from_float) {
    const float f = static_cast<float>(whole);
    std::uint32_t word;
    std::memcpy(&word, &f, sizeof word);
    return word;
  }
  out.set(0, from_float ? number : static_cast<double>(whole));
  return out.bits(0);
}

void check_casts(Place place, Scalar from, bool with_f64) {
  CAPTURE(to_string(from).data());
  const HostTensor x = samples(from);
  const std::int64_t n = x.count();
  test::Given given;
  given.inputs["x"] = x;
  std::vector<Scalar> targets;
  for (const Scalar to : all_types)
    if (to != from && (to != Scalar::F64 || with_f64) && (to != Scalar::F16 || test::writes_f16(place)))
      targets.push_back(to);
  for (std::size_t first = 0; first < targets.size(); first += 3) {
    const std::vector<Scalar> three(targets.begin() + static_cast<std::ptrdiff_t>(first),
                                    targets.begin() +
                                        static_cast<std::ptrdiff_t>(std::min(first + 3, targets.size())));
    const auto make = [&](const Target& target) {
      ElementwiseProblem problem;
      Expression& e = problem.expression;
      const Expr v = e.input("x", {from, {n}});
      for (const Scalar to : three) e.output(Text(to_string(to)), cast(v, to));
      return elementwise(problem, {32, first % 2 == 0 ? 4u : 1u, 1}, target);
    };
    const test::Tensors found = test::run_at(place, make, given);
    if (found.empty()) continue;
    for (const Scalar to : three) {
      const std::string name(to_string(to));
      CAPTURE(name);
      const HostTensor& y = found.at(name);
      for (std::size_t i = 0; i < x.size(); ++i) {
        bool is_nan = false;
        const std::uint64_t expected = cast_bits(x, i, to, is_nan);
        const std::uint64_t value = x.bits(i);
        CAPTURE(value);
        if (is_nan)
          CHECK(std::isnan(y[i]));
        else
          CHECK(y.bits(i) == expected);
      }
    }
  }
}

}  // namespace

TEST_CASE("functions: integers wrap, divide, shift and are raised in the interpreter") {
  for (const Scalar scalar : integers) {
    check_binaries(Place::Interpreter, scalar);
    check_binaries(Place::InterpreterWeak, scalar);
    check_unaries(Place::Interpreter, scalar);
    check_unaries(Place::InterpreterWeak, scalar);
  }
}
// Pipelines are what costs on a device: one of each kind, all with AIRSTRIP_TEST_CASES.
TEST_CASE("device, functions: integers wrap, divide, shift and are raised") {
  for (const Scalar scalar : integers) {
    const bool usual =
        scalar == Scalar::I8 || scalar == Scalar::U16 || scalar == Scalar::I32 || scalar == Scalar::U64;
    if (!usual && test::cases(1) == 1) continue;
    check_binaries(Place::Device, scalar);
    check_unaries(Place::Device, scalar);
  }
}
TEST_CASE("device, functions: integers on Vulkan 1.0") {
  for (const Scalar scalar : {Scalar::I16, Scalar::I64}) {
    check_binaries(Place::DeviceWeak, scalar);
    check_unaries(Place::DeviceWeak, scalar);
  }
}

TEST_CASE("functions: casts between all types in the interpreter") {
  for (const Scalar from : all_types) {
    check_casts(Place::Interpreter, from, true);
    if (from != Scalar::F64) check_casts(Place::InterpreterWeak, from, false);
  }
}
TEST_CASE("device, functions: casts between all types") {
  Target target;
  if (!test::device_target(target)) return;
  const bool has_f64 = target.permits(spirv::Capability::Float64);
  for (const Scalar from : all_types) {
    const bool all = test::cases(1) > 1;
    const bool usual =
        from == Scalar::I8 || from == Scalar::I64 || from == Scalar::F16 || from == Scalar::F32;
    if ((all || usual) && (from != Scalar::F64 || has_f64)) check_casts(Place::Device, from, has_f64);
    const bool usual_weak = from == Scalar::Boolean || from == Scalar::U16 || from == Scalar::F32;
    if ((all || usual_weak) && from != Scalar::F64) check_casts(Place::DeviceWeak, from, false);
  }
}

TEST_CASE("functions: powers of integers by numbers, and of mixed types") {
  test::Given given;
  given.inputs["x"] = HostTensor::of(Scalar::I32, {6}, {-3, -1, 0, 1, 2, 10});
  given.inputs["y"] = HostTensor::of(Scalar::F32, {6}, {2, 3, 0, -1, 0.5, 2});
  for (const Place place : everywhere) {
    const test::Tensors found = test::run_at(
        place,
        [](const Target& target) {
          ElementwiseProblem problem;
          Expression& e = problem.expression;
          const Expr x = e.input("x", {Scalar::I32, {6}}), y = e.input("y", {Scalar::F32, {6}});
          e.output("int_float", pow(x, y));
          e.output("float_int", pow(y, x) + cast(pow(x, 3), Scalar::F32));
          return elementwise(problem, {32, 4, 1}, target);
        },
        given);
    if (found.empty()) continue;
    const double int_float[] = {9, -1, 1, 1, 1, 100};
    const double float_int[] = {-27 + 0.125, -1 + 1.0 / 3, 1, 1 - 1, 8.25, 1000 + 1024};
    for (std::size_t i = 0; i < 6; ++i) {
      CAPTURE(i);
      CHECK(found.at("int_float")[i] == int_float[i]);
      CHECK(std::fabs(found.at("float_int")[i] - float_int[i]) <= 0x1p-18 * std::fabs(float_int[i]));
    }
  }
}
