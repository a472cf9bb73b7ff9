// Sizes: random formulas in one form have the value that they had, and the same size on two ways is one formula.
#include "host.hpp"

#include <airstrip/graph/size_algebra.hpp>

using namespace test;
using airstrip::graph::combine_sizes;
using tensor::SizeId;
using tensor::SizeTable;

TEST_CASE("sizes: random formulas keep their value") {
  using Op = SizeTable::Op;
  const std::uint32_t base = 99;
  int compared = 0;
  for (std::uint32_t seed = base; seed < base + 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    SizeTable plain, formed;
    std::vector<SizeId> a, b;
    const auto add = [&](SizeId x, SizeId y) {
      if (plain.is_literal(x) && plain.lower(x) < 0) return;  // no size
      a.push_back(x);
      b.push_back(y);
    };
    for (const Dimension& d : {Dimension::parameter("h", 64, 4), Dimension::parameter("w", 50)})
      add(plain.of(d), formed.of(d));
    for (const int literal : {1, 2, 3, 4, 7}) add(plain.literal(literal), formed.literal(literal));
    for (int i = 0; i < 12; ++i) {
      const std::size_t x = random() % a.size(), y = random() % a.size();
      const Op op = static_cast<Op>(static_cast<unsigned>(Op::Add) + random() % 8);
      // Divisors are literals, as those of strides and blocks.
      const bool divides = op == Op::Div || op == Op::CeilDiv || op == Op::Mod;
      const std::size_t divisor = 2 + random() % 5;
      const SizeId p = divides ? a[divisor] : a[y], q = divides ? b[divisor] : b[y];
      switch (op) {
        case Op::Add: add(plain.add(a[x], p), combine_sizes(formed, op, b[x], q)); break;
        case Op::Sub: add(plain.sub(a[x], p), combine_sizes(formed, op, b[x], q)); break;
        case Op::Mul: add(plain.mul(a[x], p), combine_sizes(formed, op, b[x], q)); break;
        case Op::Div: add(plain.div(a[x], p), combine_sizes(formed, op, b[x], q)); break;
        case Op::CeilDiv: add(plain.ceil_div(a[x], p), combine_sizes(formed, op, b[x], q)); break;
        case Op::Mod: add(plain.mod(a[x], p), combine_sizes(formed, op, b[x], q)); break;
        case Op::Min: add(plain.min_of(a[x], p), combine_sizes(formed, op, b[x], q)); break;
        default: add(plain.max_of(a[x], p), combine_sizes(formed, op, b[x], q)); break;
      }
    }
    for (const int h : {0, 4, 8, 64})
      for (const int w : {0, 1, 5, 49}) {
        const Sizes values = {{"h", h}, {"w", w}};
        const auto before = plain.evaluate({values.data(), values.size()});
        if (!before.ok()) continue;  // a difference is negative: nothing is promised
        const auto after = formed.evaluate({values.data(), values.size()});
        if (!after.ok()) continue;
        for (std::size_t i = 0; i < a.size(); ++i) {
          const std::int64_t x = (*before)[static_cast<std::size_t>(a[i])],
                             y = (*after)[static_cast<std::size_t>(b[i])];
          if (x > std::int64_t{1} << 40) continue;  // saturated on the way, perhaps
          CHECK_MESSAGE(x == y, std::string(plain.to_string(a[i])), " is ", x, " and ",
                        std::string(formed.to_string(b[i])), " is ", y, " for h = ", h, ", w = ", w);
          ++compared;
        }
      }
  }
  MESSAGE("seeds ", base, " to ", base + 399, ", ", compared, " values compared");
  CHECK(compared > 5000);
}

TEST_CASE("sizes: a quotient by 0 is 0, whatever is added to it") {
  SizeTable table;
  const SizeId h = table.of(Dimension::parameter("h", 64));
  using airstrip::graph::add_sizes;
  using airstrip::graph::divide_sizes;
  const SizeId sum = add_sizes(table, divide_sizes(table, h, table.literal(0)), table.literal(5));
  const tensor::SizeValue value[] = {{"h", 12}};
  const auto all = table.evaluate(value);
  REQUIRE(all.ok());
  CHECK((*all)[static_cast<std::size_t>(sum)] == 5);
}

TEST_CASE("sizes: a quotient that is exact, times a part of its divisor") {
  SizeTable table;
  const SizeId h = table.of(Dimension::parameter("h", 64, 12)), w = table.of(Dimension::parameter("w", 64));
  const auto literal = [&](int value) { return table.literal(value); };
  using airstrip::graph::divide_sizes;
  using airstrip::graph::multiply_sizes;
  CHECK(multiply_sizes(table, divide_sizes(table, h, literal(12)), literal(3)) ==
        divide_sizes(table, h, literal(4)));
  CHECK(multiply_sizes(table, divide_sizes(table, h, literal(4)), literal(8)) ==
        multiply_sizes(table, h, literal(2)));
  CHECK(multiply_sizes(table, divide_sizes(table, w, literal(4)), literal(2)) !=
        divide_sizes(table, w, literal(2)));
}
