// Subgroup operations on every type: of sixteen invocations, all active.
#include "operation_cases.hpp"

using namespace operations;

namespace {

const Need basic_need{"VK_SUBGROUP_FEATURE_BASIC_BIT", nullptr, "GroupNonUniform", false},
    vote_need{"VK_SUBGROUP_FEATURE_VOTE_BIT", nullptr, "GroupNonUniformVote", false},
    arithmetic_need{"VK_SUBGROUP_FEATURE_ARITHMETIC_BIT", nullptr, "GroupNonUniformArithmetic", false},
    ballot_need{"VK_SUBGROUP_FEATURE_BALLOT_BIT", nullptr, "GroupNonUniformBallot", false},
    shuffle_need{"VK_SUBGROUP_FEATURE_SHUFFLE_BIT", nullptr, "GroupNonUniformShuffle", false},
    relative_need{"VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT", nullptr, "GroupNonUniformShuffleRelative",
                  false},
    clustered_need{"VK_SUBGROUP_FEATURE_CLUSTERED_BIT", nullptr, "GroupNonUniformClustered", false},
    quad_need{"VK_SUBGROUP_FEATURE_QUAD_BIT", nullptr, "GroupNonUniformQuad", false},
    rotate_need{"shaderSubgroupRotate", "VK_KHR_shader_subgroup_rotate", "GroupNonUniformRotateKHR", false};

const Scalar all_scalars[] = {Scalar::Boolean, Scalar::I8,  Scalar::U8,  Scalar::I16, Scalar::U16,
                              Scalar::I32,     Scalar::U32, Scalar::I64, Scalar::U64, Scalar::F16,
                              Scalar::BF16,    Scalar::F32, Scalar::F64};
constexpr unsigned size = subgroup_size;

Case subgroup_case(Op op, std::vector<Type> types, std::uint32_t immediate, const Need* need,
                   std::function<void(const std::array<Bits, 4>*, unsigned, Bits*)> across) {
  Case c = apply_case(op, std::move(types), immediate, {});
  c.across = std::move(across);
  c.minor = 1;
  c.before = need->capability;
  c.needs = {need};
  return c;
}

/// Numbers whose sums and products of sixteen are exact in every type, in every order.
std::uint64_t small_number(Scalar s, Op op, std::mt19937_64& random) {
  if (s == Scalar::Boolean) return random() % 2;
  if (op == Op::SubgroupMul) {
    const int factors[] = {1, 1, 1, -1, 1, 2};
    const int f = factors[random() % 6];
    return is_float(s) ? float_bits(s, static_cast<long double>(f))
                       : wrap(s, is_signed(s) ? f
                                 : f < 0      ? 3
                                              : f);
  }
  const int v = static_cast<int>(random() % 15) - 7;
  if (is_float(s)) return float_bits(s, static_cast<long double>(v));
  return random() & low_bits(s);
}

std::uint64_t combine(Op op, Scalar s, std::uint64_t a, std::uint64_t b) {
  if (is_float(s)) {
    const long double x = float_value(s, a), y = float_value(s, b);
    return float_bits(s, op == Op::SubgroupAdd   ? x + y
                         : op == Op::SubgroupMul ? x * y
                         : op == Op::SubgroupMin ? std::min(x, y)
                                                 : std::max(x, y));
  }
  const Wide x = value_of(s, a), y = value_of(s, b);
  switch (op) {
    case Op::SubgroupAdd: return wrap(s, x + y);
    case Op::SubgroupMul: return a * b & low_bits(s);
    case Op::SubgroupMin: return wrap(s, std::min(x, y));
    case Op::SubgroupMax: return wrap(s, std::max(x, y));
    case Op::SubgroupAnd: return a & b;
    case Op::SubgroupOr: return a | b;
    default: return a ^ b;
  }
}
std::uint64_t identity(Op op, Scalar s) {
  const bool f = is_float(s);
  switch (op) {
    case Op::SubgroupMul: return f ? float_bits(s, 1) : 1;
    case Op::SubgroupMin: return f ? float_bits(s, HUGE_VALL) : wrap(s, greatest(s));
    case Op::SubgroupMax: return f ? float_bits(s, -HUGE_VALL) : wrap(s, least(s));
    case Op::SubgroupAnd: return s == Scalar::Boolean ? 1 : low_bits(s);
    default: return 0;
  }
}

struct Kind {
  GroupKind kind;
  unsigned cluster;
};
const Kind kinds[] = {{GroupKind::Reduce, 0},    {GroupKind::Inclusive, 0}, {GroupKind::Exclusive, 0},
                      {GroupKind::Clustered, 1}, {GroupKind::Clustered, 4}, {GroupKind::Clustered, 16}};

}  // namespace

TEST_CASE("operations: subgroup arithmetic, of every kind and type") {
  std::vector<Case> cases;
  for (const Op op : {Op::SubgroupAdd, Op::SubgroupMul, Op::SubgroupMin, Op::SubgroupMax, Op::SubgroupAnd,
                      Op::SubgroupOr, Op::SubgroupXor})
    for (const Scalar s : all_scalars)
      for (const unsigned n : {1u, 3u}) {
        const bool bits = op >= Op::SubgroupAnd;
        if (bits ? is_float(s) : s == Scalar::Boolean) continue;
        const Type t(s, n);
        for (const Kind& k : kinds) {
          Case c = subgroup_case(op, {t}, static_cast<std::uint32_t>(k.kind) | k.cluster << 8,
                                 k.kind == GroupKind::Clustered ? &clustered_need : &arithmetic_need,
                                 [=](const std::array<Bits, 4>* v, unsigned lanes, Bits* out) {
                                   for (unsigned lane = 0; lane < lanes; ++lane)
                                     for (unsigned i = 0; i < n; ++i) {
                                       const unsigned first = k.cluster ? lane / k.cluster * k.cluster : 0;
                                       const unsigned end = k.kind == GroupKind::Inclusive   ? lane + 1
                                                            : k.kind == GroupKind::Exclusive ? lane
                                                            : k.cluster ? first + k.cluster
                                                                        : lanes;
                                       std::uint64_t all = identity(op, s);
                                       bool any = false;
                                       for (unsigned other = first; other < end; ++other, any = true)
                                         all = any ? combine(op, s, all, v[other][0][i]) : v[other][0][i];
                                       out[lane][i] = all;
                                     }
                                 });
          c.values = [=](std::size_t, unsigned, std::mt19937_64& random) {
            return small_number(s, op, random);
          };
          // As pairs of words: split_int64 says which have no other form.
          const bool scan = k.kind == GroupKind::Inclusive || k.kind == GroupKind::Exclusive;
          if (width_of(s) == 64 && !is_float(s) &&
              (op == Op::SubgroupMul || (scan && (op == Op::SubgroupMin || op == Op::SubgroupMax))))
            c.refused = {&int64_need};
          cases.push_back(std::move(c));
        }
      }
  check("subgroup arithmetic", cases);
}

TEST_CASE("operations: values of other invocations, of every type") {
  std::vector<Case> cases;
  for (const Scalar s : all_scalars)
    for (const unsigned n : {1u, 2u, 3u, 4u}) {
      const Type t(s, n), word(Scalar::U32);
      // `from`: whose value a lane gets, given its second operand.
      const auto exchange = [&](Op op, std::vector<Type> types, std::uint32_t immediate, const Need* need,
                                std::function<std::uint64_t(unsigned lane, std::mt19937_64&)> operand,
                                std::function<unsigned(unsigned lane, unsigned operand)> from) {
        Case c = subgroup_case(op, std::move(types), immediate, need,
                               [=](const std::array<Bits, 4>* v, unsigned lanes, Bits* out) {
                                 for (unsigned lane = 0; lane < lanes; ++lane)
                                   out[lane] = v[from(lane, static_cast<unsigned>(v[lane][1][0]))][0];
                               });
        // Rows are made one after the other, so that their number is the lane's.
        unsigned row = 0;
        c.values = [=](std::size_t which, unsigned i, std::mt19937_64& random) mutable -> std::uint64_t {
          if (which == 0) {
            if (i == 0) ++row;
            return is_float(s)            ? small_number(s, Op::SubgroupAdd, random)
                   : s == Scalar::Boolean ? random() % 2
                                          : random() & low_bits(s);
          }
          return operand((row - 1) % size, random);
        };
        cases.push_back(std::move(c));
      };
      exchange(
          Op::SubgroupShuffle, {t, word}, 0, &shuffle_need,
          [](unsigned, std::mt19937_64& random) { return random() % size; },
          [](unsigned, unsigned o) { return o; });
      exchange(
          Op::SubgroupShuffleXor, {t, word}, 0, &shuffle_need, [](unsigned, std::mt19937_64&) { return 5u; },
          [](unsigned lane, unsigned o) { return lane ^ o; });
      exchange(
          Op::SubgroupShuffleUp, {t, word}, 0, &relative_need,
          [](unsigned lane, std::mt19937_64& random) { return random() % (lane + 1); },
          [](unsigned lane, unsigned o) { return lane - o; });
      exchange(
          Op::SubgroupShuffleDown, {t, word}, 0, &relative_need,
          [](unsigned lane, std::mt19937_64& random) { return random() % (size - lane); },
          [](unsigned lane, unsigned o) { return lane + o; });
      exchange(
          Op::SubgroupRotate, {t, word}, 0, &rotate_need, [](unsigned, std::mt19937_64&) { return 3u; },
          [](unsigned lane, unsigned o) { return (lane + o) % size; });
      exchange(
          Op::SubgroupRotate, {t, word}, 4 << 8, &rotate_need, [](unsigned, std::mt19937_64&) { return 3u; },
          [](unsigned lane, unsigned o) { return lane / 4 * 4 + (lane + o) % 4; });
      exchange(
          Op::SubgroupBroadcastFirst, {t}, 0, &ballot_need, [](unsigned, std::mt19937_64&) { return 0u; },
          [](unsigned, unsigned) { return 0u; });
      for (const unsigned direction : {0u, 1u, 2u})
        exchange(
            Op::QuadSwap, {t}, direction, &quad_need, [](unsigned, std::mt19937_64&) { return 0u; },
            [=](unsigned lane, unsigned) { return lane ^ (direction + 1); });
      // A constant, which every version takes.
      const auto by_constant = [&](Op op, unsigned which, const Need* need,
                                   std::function<unsigned(unsigned)> from) {
        exchange(
            op, {t, word}, 0, need, [](unsigned, std::mt19937_64&) { return 0u; },
            [=](unsigned lane, unsigned) { return from(lane); });
        Case& c = cases.back();
        c.operands = {t};
        c.name += " by " + std::to_string(which);
        c.emit = [=](DynamicBuilder& b, const AnyValue* v, SourceLocation at) {
          const AnyValue operands[2] = {v[0], b.constant_bits(word, which)};
          return b.apply(op, operands, 0, at);
        };
      };
      by_constant(Op::SubgroupBroadcast, 11, &ballot_need, [](unsigned) { return 11u; });
      by_constant(Op::QuadBroadcast, 2, &quad_need, [](unsigned lane) { return lane / 4 * 4 + 2; });
    }
  check("values of other invocations", cases);
}

TEST_CASE("operations: votes and ballots") {
  std::vector<Case> cases;
  const Type boolean(Scalar::Boolean), word(Scalar::U32);
  const auto votes = [&](Op op, bool (*all)(unsigned count)) {
    // Rows 0 to 15 are all true, 16 to 31 all false, the others mixed.
    Case c = subgroup_case(op, {boolean}, 0, &vote_need,
                           [=](const std::array<Bits, 4>* v, unsigned lanes, Bits* out) {
                             unsigned count = 0;
                             for (unsigned lane = 0; lane < lanes; ++lane) count += v[lane][0][0] != 0;
                             for (unsigned lane = 0; lane < lanes; ++lane) out[lane][0] = all(count);
                           });
    unsigned row = 0;
    c.values = [=](std::size_t, unsigned, std::mt19937_64& random) mutable -> std::uint64_t {
      const unsigned r = row++ % rows;
      return r < size ? 1 : r < 2 * size ? 0 : random() % 2;
    };
    cases.push_back(std::move(c));
  };
  votes(Op::SubgroupAll, [](unsigned count) { return count == size; });
  votes(Op::SubgroupAny, [](unsigned count) { return count != 0; });
  cases.push_back(subgroup_case(Op::SubgroupElect, {}, 0, &basic_need,
                                [](const std::array<Bits, 4>*, unsigned lanes, Bits* out) {
                                  for (unsigned lane = 0; lane < lanes; ++lane) out[lane][0] = lane == 0;
                                }));
  cases.back().needs.clear();  // every Vulkan 1.1 has it
  cases.back().refused.clear();
  for (const Scalar s : all_scalars)
    for (const unsigned n : {1u, 2u}) {
      const Type t(s, n);
      Case c = subgroup_case(Op::SubgroupAllEqual, {t}, 0, &vote_need,
                             [=](const std::array<Bits, 4>* v, unsigned lanes, Bits* out) {
                               bool equal = true;
                               for (unsigned lane = 1; lane < lanes; ++lane)
                                 for (unsigned i = 0; i < n; ++i)
                                   equal = equal && v[lane][0][i] == v[0][0][i];
                               for (unsigned lane = 0; lane < lanes; ++lane) out[lane][0] = equal;
                             });
      unsigned value = 0;
      c.values = [=](std::size_t, unsigned, std::mt19937_64& random) mutable -> std::uint64_t {
        const std::uint64_t one = is_float(s) ? float_bits(s, 1) : 1;
        return value++ < 2 * size * n ? one : random() % 2 * one;
      };
      cases.push_back(std::move(c));
    }
  cases.push_back(subgroup_case(Op::SubgroupBallot, {boolean}, 0, &ballot_need,
                                [](const std::array<Bits, 4>* v, unsigned lanes, Bits* out) {
                                  std::uint64_t set = 0;
                                  for (unsigned lane = 0; lane < lanes; ++lane) set |= v[lane][0][0] << lane;
                                  for (unsigned lane = 0; lane < lanes; ++lane) out[lane] = {set, 0, 0, 0};
                                }));
  // The other ballot operations take one that every invocation has the same of: made by a ballot of the operand.
  const auto of_ballot = [&](Op op, Type result, std::uint32_t immediate,
                             std::function<std::uint64_t(std::uint64_t set, unsigned lane)> f) {
    Case c;
    c.name = std::string(info_of(op).name) + " #" + std::to_string(immediate);
    c.result = result;
    c.operands = {boolean};
    c.minor = 1;
    c.before = ballot_need.capability;
    c.needs = {&ballot_need};
    c.emit = [=](DynamicBuilder& b, const AnyValue* v, SourceLocation at) {
      const AnyValue set = b.apply(Op::SubgroupBallot, v[0], at);
      const AnyValue operands[2] = {set, b.constant_bits(word, 6)};
      return b.apply(op, Span<const AnyValue>(operands, op == Op::SubgroupBallotBit ? 2 : 1), immediate, at);
    };
    c.across = [=](const std::array<Bits, 4>* v, unsigned lanes, Bits* out) {
      std::uint64_t set = 0;
      for (unsigned lane = 0; lane < lanes; ++lane) set |= v[lane][0][0] << lane;
      for (unsigned lane = 0; lane < lanes; ++lane) out[lane][0] = f(set, lane);
    };
    // Never empty: FindLsb and FindMsb of nothing are not defined.
    unsigned row = 0;
    c.values = [=](std::size_t, unsigned, std::mt19937_64& random) mutable -> std::uint64_t {
      return row++ % size == 9 ? 1 : random() % 2;
    };
    cases.push_back(std::move(c));
  };
  const auto count = [](std::uint64_t set) {
    std::uint64_t n = 0;
    for (; set != 0; set &= set - 1) ++n;
    return n;
  };
  of_ballot(Op::SubgroupInverseBallot, boolean, 0,
            [](std::uint64_t set, unsigned lane) { return set >> lane & 1; });
  of_ballot(Op::SubgroupBallotBit, boolean, 0, [](std::uint64_t set, unsigned) { return set >> 6 & 1; });
  of_ballot(Op::SubgroupBallotCount, word, 0, [=](std::uint64_t set, unsigned) { return count(set); });
  of_ballot(Op::SubgroupBallotCount, word, 1,
            [=](std::uint64_t set, unsigned lane) { return count(set & ((std::uint64_t{2} << lane) - 1)); });
  of_ballot(Op::SubgroupBallotCount, word, 2,
            [=](std::uint64_t set, unsigned lane) { return count(set & ((std::uint64_t{1} << lane) - 1)); });
  of_ballot(Op::SubgroupBallotLsb, word, 0,
            [=](std::uint64_t set, unsigned) { return count((set & (~set + 1)) - 1); });
  of_ballot(Op::SubgroupBallotMsb, word, 0, [](std::uint64_t set, unsigned) {
    std::uint64_t top = 0;
    while (set >>= 1) ++top;
    return top;
  });
  check("votes and ballots", cases);
}
