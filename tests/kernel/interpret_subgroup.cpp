// Subgroup operations against loops over the lanes, in every size and with a partial last subgroup.
#include "interpret_kernels.hpp"

#include <cmath>

using namespace interpret_test;

namespace {

constexpr std::uint32_t count = 200;  // invocations: the last subgroup is partial for most sizes

struct Case {
  std::uint32_t size, lane, first,
      end;  // of the invocation's subgroup: its lanes [first, end) of the workgroup
};

// `emit(k, value)` gives a u32; `reference(case, values, index)` the same.
template <class Emit, class Reference>
void check(const Emit& emit, const Reference& reference, std::uint32_t smallest = 4) {
  Build k(count);
  const auto in = k.buffer(Access::ReadOnly, u32_type, "in"),
             out = k.buffer(Access::WriteOnly, u32_type, "out");
  const AnyValue value = k.get(in, k.local());
  k.put(out, k.local(), emit(k, value));
  const Kernel kernel = k.finish();
  for (const std::uint32_t size : {4u, 8u, 16u, 32u, 64u, 128u}) {
    if (size < smallest) continue;
    CAPTURE(size);
    std::vector<std::uint32_t> values(count), result(count), expected(count);
    for (std::uint32_t i = 0; i < count; ++i) values[i] = (i * 2654435761u) >> 20;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t first = i / size * size;
      const Case c{size, i - first, first, first + size < count ? first + size : count};
      expected[i] = reference(c, values, i);
    }
    Resources resources;
    resources.bind("in", Span<const std::uint32_t>(values));
    resources.bind("out", Span<std::uint32_t>(result));
    InterpretOptions options;
    options.subgroup_size = size;
    CHECK(text_of(run(kernel, {}, resources, options)) == "");
    CHECK(result == expected);
  }
}

AnyValue grouped(Build& k, Op op, AnyValue value, GroupKind kind, std::uint32_t cluster = 0) {
  return k.apply(op, Span<const AnyValue>(&value, 1), static_cast<std::uint32_t>(kind) | cluster << 8);
}

}  // namespace

TEST_CASE("interpret: reductions, scans and clusters of every operation") {
  const struct {
    Op op;
    std::uint32_t identity;
    std::uint32_t (*step)(std::uint32_t, std::uint32_t);
  } operations[] = {{Op::SubgroupAdd, 0, [](std::uint32_t a, std::uint32_t b) { return a + b; }},
                    {Op::SubgroupMul, 1, [](std::uint32_t a, std::uint32_t b) { return a * b; }},
                    {Op::SubgroupMin, ~0u, [](std::uint32_t a, std::uint32_t b) { return a < b ? a : b; }},
                    {Op::SubgroupMax, 0, [](std::uint32_t a, std::uint32_t b) { return a < b ? b : a; }},
                    {Op::SubgroupAnd, ~0u, [](std::uint32_t a, std::uint32_t b) { return a & b; }},
                    {Op::SubgroupOr, 0, [](std::uint32_t a, std::uint32_t b) { return a | b; }},
                    {Op::SubgroupXor, 0, [](std::uint32_t a, std::uint32_t b) { return a ^ b; }}};
  for (const auto& o : operations) {
    CAPTURE(info_of(o.op).name);
    const auto over = [&](const std::vector<std::uint32_t>& v, std::uint32_t from, std::uint32_t to) {
      std::uint32_t total = o.identity;
      for (std::uint32_t i = from; i < to; ++i) total = o.step(total, v[i]);
      return total;
    };
    check([&](Build& k, AnyValue v) { return grouped(k, o.op, v, GroupKind::Reduce); },
          [&](const Case& c, const auto& v, std::uint32_t) { return over(v, c.first, c.end); });
    check([&](Build& k, AnyValue v) { return grouped(k, o.op, v, GroupKind::Inclusive); },
          [&](const Case& c, const auto& v, std::uint32_t i) { return over(v, c.first, i + 1); });
    check([&](Build& k, AnyValue v) { return grouped(k, o.op, v, GroupKind::Exclusive); },
          [&](const Case& c, const auto& v, std::uint32_t i) { return over(v, c.first, i); });
    for (const std::uint32_t cluster : {1u, 2u, 4u, 8u})
      check([&](Build& k, AnyValue v) { return grouped(k, o.op, v, GroupKind::Clustered, cluster); },
            [&](const Case& c, const auto& v, std::uint32_t i) {
              const std::uint32_t from = i / cluster * cluster;
              return over(v, from, from + cluster < c.end ? from + cluster : c.end);
            },
            cluster);
  }
}

TEST_CASE("interpret: identities of signed integers and floats") {
  Build k(4);
  const auto out = k.buffer(Access::WriteOnly, i32_type, "out");
  const auto floats = k.buffer(Access::WriteOnly, f32_type, "floats");
  const AnyValue value = k.op(Op::Sub, k.convert(Op::Bitcast, k.local(), i32_type), k.i(2));  // -2 -1 0 1
  const AnyValue number = k.convert(Op::Convert, value, f32_type);
  k.put(out, k.local(), grouped(k, Op::SubgroupMin, value, GroupKind::Exclusive));
  k.put(out, k.add(k.local(), k.u(4)), grouped(k, Op::SubgroupMax, value, GroupKind::Exclusive));
  k.put(floats, k.local(), grouped(k, Op::SubgroupMin, number, GroupKind::Exclusive));
  k.put(floats, k.add(k.local(), k.u(4)), grouped(k, Op::SubgroupMul, number, GroupKind::Exclusive));
  std::vector<std::int32_t> integers(8);
  std::vector<float> numbers(8);
  Resources resources;
  resources.bind("out", Span<std::int32_t>(integers));
  resources.bind("floats", Span<float>(numbers));
  CHECK(text_of(run(k.finish(), {}, resources)) == "");
  CHECK(integers == std::vector<std::int32_t>{INT32_MAX, -2, -2, -2, INT32_MIN, -2, -1, 0});
  CHECK(numbers == std::vector<float>{HUGE_VALF, -2, -2, -2, 1, -2, 2, 0});
}

TEST_CASE("interpret: votes and ballots") {
  const auto odd = [](Build& k, AnyValue v) { return k.equal(k.op(Op::And, v, k.u(1)), k.u(1)); };
  const auto number = [](Build& k, AnyValue b) { return k.convert(Op::Convert, b, u32_type); };
  const auto bits = [](const Case& c, const std::vector<std::uint32_t>& v, std::uint32_t from,
                       std::uint32_t to) {
    std::uint32_t n = 0;
    for (std::uint32_t i = c.first + from; i < c.first + to && i < c.end; ++i) n += v[i] & 1;
    return n;
  };
  check([&](Build& k, AnyValue v) { return number(k, k.op(Op::SubgroupAny, odd(k, v))); },
        [&](const Case& c, const auto& v, std::uint32_t) { return bits(c, v, 0, c.size) != 0 ? 1u : 0u; });
  check([&](Build& k, AnyValue v) { return number(k, k.op(Op::SubgroupAll, k.less(v, k.u(3500)))); },
        [&](const Case& c, const auto& v, std::uint32_t) {
          std::uint32_t all = 1;
          for (std::uint32_t i = c.first; i < c.end; ++i) all &= v[i] < 3500;
          return all;
        });
  check([&](Build& k,
            AnyValue v) { return number(k, k.op(Op::SubgroupAllEqual, k.op(Op::ShiftRight, v, k.u(11)))); },
        [&](const Case& c, const auto& v, std::uint32_t) {
          std::uint32_t all = 1;
          for (std::uint32_t i = c.first; i < c.end; ++i) all &= v[i] >> 11 == v[c.first] >> 11;
          return all;
        });
  check([&](Build& k, AnyValue) { return number(k, k.apply(Op::SubgroupElect, {}, 0)); },
        [&](const Case& c, const auto&, std::uint32_t) { return c.lane == 0 ? 1u : 0u; });
  for (const unsigned word : {0u, 1u, 3u})
    check([&](Build& k, AnyValue v) { return k.op(Op::SubgroupBallot, odd(k, v)).component(word); },
          [&](const Case& c, const auto& v, std::uint32_t) {
            std::uint32_t mask = 0;
            for (std::uint32_t i = 0; i < 32; ++i)
              if (c.first + word * 32 + i < c.end && word * 32 + i < c.size)
                mask |= (v[c.first + word * 32 + i] & 1) << i;
            return mask;
          });
  for (const GroupKind kind : {GroupKind::Reduce, GroupKind::Inclusive, GroupKind::Exclusive})
    check(
        [&](Build& k, AnyValue v) {
          return grouped(k, Op::SubgroupBallotCount, k.op(Op::SubgroupBallot, odd(k, v)), kind);
        },
        [&](const Case& c, const auto& v, std::uint32_t) {
          return bits(c, v, 0,
                      kind == GroupKind::Reduce      ? c.size
                      : kind == GroupKind::Inclusive ? c.lane + 1
                                                     : c.lane);
        });
  check(
      [&](Build& k, AnyValue v) {
        return number(k, k.op(Op::SubgroupInverseBallot, k.op(Op::SubgroupBallot, odd(k, v))));
      },
      [&](const Case&, const auto& v, std::uint32_t i) { return v[i] & 1; });
  check(
      [&](Build& k, AnyValue v) {
        return number(k, k.op(Op::SubgroupBallotBit, k.op(Op::SubgroupBallot, odd(k, v)), k.u(2)));
      },
      [&](const Case& c, const auto& v, std::uint32_t) { return bits(c, v, 2, 3); });
  check(
      [&](Build& k, AnyValue v) {
        const AnyValue ballot = k.op(Op::SubgroupBallot, odd(k, v));
        const AnyValue low = k.op(Op::SubgroupBallotLsb, ballot), high = k.op(Op::SubgroupBallotMsb, ballot);
        return k.add(k.mul(low, k.u(1000)), high);
      },
      [&](const Case& c, const auto& v, std::uint32_t) {
        std::uint32_t low = ~0u, high = ~0u;
        for (std::uint32_t i = c.first; i < c.end; ++i) {
          if ((v[i] & 1) == 0) continue;
          if (low == ~0u) low = i - c.first;
          high = i - c.first;
        }
        return low * 1000 + high;
      });
}

TEST_CASE("interpret: shuffles, broadcasts, rotations and quads") {
  check([](Build& k, AnyValue v) { return k.op(Op::SubgroupBroadcast, v, k.u(2)); },
        [](const Case& c, const auto& v, std::uint32_t) { return v[c.first + 2]; });
  check([](Build& k, AnyValue v) { return k.op(Op::SubgroupBroadcastFirst, v); },
        [](const Case& c, const auto& v, std::uint32_t) { return v[c.first]; });
  check([](Build& k, AnyValue v) { return k.op(Op::SubgroupShuffle, v, k.op(Op::And, v, k.u(3))); },
        [](const Case& c, const auto& v, std::uint32_t i) { return v[c.first + (v[i] & 3)]; });
  check([](Build& k, AnyValue v) { return k.op(Op::SubgroupShuffleXor, v, k.u(3)); },
        [](const Case&, const auto& v, std::uint32_t i) { return v[i ^ 3]; });
  check(
      [](Build& k, AnyValue v) {
        const AnyValue up = k.op(Op::SubgroupShuffleUp, v, k.u(1));
        return k.op3(Op::Select, k.less(k.lane(), k.u(1)), v, up);
      },
      [](const Case& c, const auto& v, std::uint32_t i) { return c.lane == 0 ? v[i] : v[i - 1]; });
  for (const std::uint32_t quad : {0u, 1u, 2u, 3u})
    check([&](Build& k, AnyValue v) { return k.op(Op::QuadBroadcast, v, k.u(quad)); },
          [&](const Case&, const auto& v, std::uint32_t i) { return v[(i & ~3u) | quad]; });
  for (const std::uint32_t direction : {0u, 1u, 2u})
    check([&](Build& k, AnyValue v) { return k.apply(Op::QuadSwap, Span<const AnyValue>(&v, 1), direction); },
          [&](const Case&, const auto& v, std::uint32_t i) { return v[i ^ (direction + 1)]; });
  check(
      [](Build& k, AnyValue v) {
        const AnyValue operands[2] = {v, k.u(3)};
        return k.apply(Op::SubgroupRotate, operands, 4u << 8);
      },
      [](const Case&, const auto& v, std::uint32_t i) { return v[(i & ~3u) | ((i + 3) & 3)]; });
}

TEST_CASE("interpret: a cluster that the subgroup does not hold is an error") {
  Build k(8);
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  k.put(out, k.local(), grouped(k, Op::SubgroupAdd, k.local(), GroupKind::Clustered, 8));
  std::vector<std::uint32_t> data(8);
  Resources resources;
  resources.bind("out", Span<std::uint32_t>(data));
  InterpretOptions options;
  options.subgroup_size = 4;
  const Result<Report> result = interpret(k.finish(), {}, resources, options);
  CHECK(!result.ok());
  CHECK(std::string(result.error().message).find("a cluster of 8 invocations in subgroups of 4") == 0);
}
