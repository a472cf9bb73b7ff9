// Division by constants: every 8-bit case, every 16-bit divisor, edges and random numbers of 32 and 64 bits.
#include <airstrip/kernel/evaluate.hpp>
#include <airstrip/kernel/passes/divide_by_constant.hpp>

#include "../spirv/random.hpp"
#include "pass_test.hpp"

using namespace test;

namespace {

// A kernel that is one division, and what it computes for numbers given to it.
class Division {
public:
  Division(Op op, Scalar scalar, std::uint64_t divisor, const DivideOptions& options = {}) : type_(scalar) {
    DynamicBuilder b("division");
    const std::uint32_t out = b.add_buffer(Access::ReadWrite, type_, type_.size(), "out");
    const AnyValue n = b.parameter(type_, "n");
    Place place;
    place.builder = &b;
    place.resource = out;
    b.store(place, b.apply(op, n, b.constant_bits(type_, divisor)));
    kernel_ = b.finish();
    changed = divide_by_constants(kernel_, options);
    nodes = 0;
    for (NodeId id = first(); kernel_.op(id) != Op::Store; id = kernel_.node(id).next) ++nodes;
  }

  std::uint64_t operator()(std::uint64_t n) {
    for (NodeId id = first();; id = kernel_.node(id).next) {
      std::uint64_t operands[3];
      const Span<const NodeId> given = static_cast<const Kernel&>(kernel_).operands(id);
      for (std::size_t i = 0; i < given.size(); ++i) {
        const Op op = kernel_.op(given[i]);
        operands[i] = op == Op::Constant    ? kernel_.constant_bits(given[i])
                      : op == Op::Parameter ? n
                                            : values_[given[i]];
      }
      if (kernel_.op(id) == Op::Store) return operands[0];
      const Evaluated e =
          evaluate(kernel_.op(id), kernel_.type(given[0]).scalar(), kernel_.type(id).scalar(), operands);
      if (!e.defined) undefined = true;
      if (id >= 64) return ~std::uint64_t{0};
      values_[id] = e.bits;
    }
  }

  Kernel& kernel() { return kernel_; }
  bool changed = false, undefined = false;
  int nodes = 0;

private:
  NodeId first() const { return kernel_.region(kernel_.functions()[0].body).first; }
  Type type_;
  Kernel kernel_;
  std::uint64_t values_[64] = {};
};

constexpr Op operations[] = {Op::Div, Op::Rem, Op::Mod};

// Whether the pass gives what the operation does; false is reported by the caller, once.
bool right(Division& division, Op op, Scalar scalar, std::uint64_t n, std::uint64_t divisor) {
  const std::uint64_t operands[] = {n, divisor};
  const Evaluated expected = evaluate(op, scalar, scalar, operands);
  return !expected.defined || division(n) == expected.bits;
}

void check(Division& division, Op op, Scalar scalar, std::uint64_t n, std::uint64_t divisor) {
  if (right(division, op, scalar, n, divisor) && !division.undefined) return;
  FAIL(info_of(op).name, " of ", std::string(to_string(Type(scalar))), " ", n, " by ", divisor, "\n",
       body(division.kernel()));
}

std::uint64_t mask(Scalar s) {
  return width_of(s) == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width_of(s)) - 1;
}

// Where a wrong multiplier shows: around multiples of the divisor, the ends of the range and of its halves.
void check_edges(Op op, Scalar scalar, std::uint64_t divisor, Random* random, int count) {
  Division division(op, scalar, divisor);
  const std::uint64_t all = mask(scalar), half = all / 2 + 1;
  const std::uint64_t multiple = divisor == 0 ? 0 : all / divisor * divisor,
                      signed_multiple = (half - 1) / divisor * divisor;
  for (const std::uint64_t at :
       {std::uint64_t{0}, all, half, divisor, multiple, signed_multiple, 0 - signed_multiple, 0 - divisor})
    for (const std::uint64_t by : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1}})
      check(division, op, scalar, (at + by) & all, divisor);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t n = random->next() >> random->below(64);
    check(division, op, scalar, (random->one_in(2) ? 0 - n : n) & all, divisor);
    check(division, op, scalar, (n / divisor * divisor - random->below(2)) & all, divisor);
  }
}

}  // namespace

TEST_CASE("8 bits: every number by every constant") {
  for (const Scalar scalar : {Scalar::U8, Scalar::I8})
    for (const Op op : operations)
      for (std::uint64_t divisor = 1; divisor < 256; ++divisor) {
        Division division(op, scalar, divisor);
        if (division.changed == (divisor == 1 && op == Op::Div)) FAIL("changed: ", divisor);
        if (count(division.kernel(), Op::MulHigh) != 0) FAIL("8-bit numbers have room in 32 bits");
        for (std::uint64_t n = 0; n < 256; ++n) check(division, op, scalar, n, divisor);
        if (divisor % 51 == 1) check_valid(division.kernel());
      }
}

TEST_CASE("16 bits: every constant at the edges") {
  for (const Scalar scalar : {Scalar::U16, Scalar::I16})
    for (const Op op : operations)
      for (std::uint64_t divisor = 1; divisor < 65536; divisor += op == Op::Div ? 1 : 7) {
        check_edges(op, scalar, divisor, nullptr, 0);
      }
}

TEST_CASE("32 and 64 bits: edges and random numbers by small, large, edge and random constants") {
  Random random(seed_of_run());
  for (const Scalar scalar : {Scalar::U32, Scalar::I32, Scalar::U64, Scalar::I64}) {
    const unsigned width = width_of(scalar);
    for (const Op op : operations) {
      for (std::uint64_t divisor = 1; divisor < 300; ++divisor) {
        check_edges(op, scalar, divisor, &random, 4);
        check_edges(op, scalar, (0 - divisor) & mask(scalar), &random, 4);
      }
      for (unsigned i = 0; i < width; ++i)
        for (const std::uint64_t by : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1}}) {
          const std::uint64_t divisor = ((std::uint64_t{1} << i) + by) & mask(scalar);
          if (divisor != 0) check_edges(op, scalar, divisor, &random, 8);
        }
      for (int i = 0; i < 2000; ++i) {
        const std::uint64_t divisor = random.next() >> random.below(width) & mask(scalar);
        if (divisor != 0) check_edges(op, scalar, divisor, &random, 4);
      }
    }
  }
}

TEST_CASE("a 32-bit division costs what the book says") {
  CHECK(Division(Op::Div, Scalar::U32, 8).nodes == 1);
  CHECK(Division(Op::Rem, Scalar::U32, 8).nodes == 1);
  CHECK(Division(Op::Div, Scalar::U32, 3).nodes == 2);   // high product, shift
  CHECK(Division(Op::Div, Scalar::U32, 7).nodes == 5);   // with the bit more
  CHECK(Division(Op::Div, Scalar::U32, 14).nodes == 3);  // shifted first
  CHECK(Division(Op::Rem, Scalar::U32, 3).nodes == 4);
  CHECK(Division(Op::Div, Scalar::I32, 3).nodes == 3);
  CHECK(Division(Op::Div, Scalar::I32, 7).nodes == 5);
  CHECK(Division(Op::Mod, Scalar::I32, 16).nodes == 1);
}

TEST_CASE("division by zero and by values stays; 64-bit division where the product has no upper half") {
  CHECK_FALSE(Division(Op::Div, Scalar::U32, 0).changed);
  DivideOptions narrow;
  narrow.mul_high_64 = false;
  CHECK_FALSE(Division(Op::Div, Scalar::U64, 10, narrow).changed);
  CHECK_FALSE(Division(Op::Rem, Scalar::I64, 10, narrow).changed);
  CHECK(Division(Op::Div, Scalar::I64, 16, narrow).changed);
  CHECK(Division(Op::Div, Scalar::I64, ~std::uint64_t{15}, narrow).changed);
  CHECK(Division(Op::Div, Scalar::U32, 10, narrow).changed);
  Words b;
  b.write(0, b.apply(Op::Div, b.thread(), b.read(b.word(0))));
  b.write(1, b.apply(Op::Div, b.constant_float(f32_type, 1.0), b.constant_float(f32_type, 3.0)));
  Kernel kernel = b.finish();
  CHECK_FALSE(divide_by_constants(kernel));
}

TEST_CASE("vectors by one constant and by several") {
  Words b;
  const Type type(Scalar::I32, 3);
  const AnyValue n = b.convert(Op::Bitcast, b.builtin(BuiltIn::GlobalInvocationId), type);
  const AnyValue several[] = {b.constant_int(i32_type, 5), b.constant_int(i32_type, 8),
                              b.constant_int(i32_type, -7)};
  for (const Op op : operations) {
    const AnyValue one = b.apply(op, n, b.constant_int(type, -5));
    const AnyValue other = b.apply(op, n, b.construct(type, several));
    for (unsigned i = 0; i < 3; ++i) {
      b.write(i, one.component(i));
      b.write(i, other.component(i));
    }
  }
  Kernel kernel = b.finish();
  CHECK(divide_by_constants(kernel));
  check_valid(kernel);
  CHECK(count(kernel, Op::Div) + count(kernel, Op::Rem) + count(kernel, Op::Mod) == 0);
  CHECK(count(kernel, Op::Construct) == 3);
}
