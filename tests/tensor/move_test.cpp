// Data movement by index maps: random problems and schedules against plain references, bit for bit, and the corners that
// ONNX names. Gathering and scattering are gather_test.cpp's.
#include "move_reference.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::Coordinates;
using test::HostTensor;
using Case = test::MoveCase;

namespace {

std::int64_t floor_mod(std::int64_t a, std::int64_t n) { return ((a % n) + n) % n; }

void transpose_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 1 + random.below(5);
  const Coordinates shape = test::any_shape(random, rank);
  const Shape dims = test::Sizes(random, c.given).shape("n", shape);
  std::vector<std::int64_t> order(rank);
  for (std::size_t i = 0; i < rank; ++i) order[i] = static_cast<std::int64_t>(i);
  for (std::size_t i = rank; i-- > 1;)
    std::swap(order[i], order[random.below(static_cast<std::uint32_t>(i + 1))]);
  Integers permutation;
  Coordinates result;
  for (const std::int64_t axis : order) {
    permutation.push_back(axis);
    result.push_back(shape[static_cast<std::size_t>(axis)]);
  }
  const HostTensor x = c.given.inputs["x"] = test::random_bits(scalar, shape, random);
  c.expected = test::moved(x, result, [&](const Coordinates& at) {
    Coordinates from(rank);
    for (std::size_t i = 0; i < rank; ++i) from[static_cast<std::size_t>(order[i])] = at[i];
    return from;
  });
  const MoveSchedule plain = test::any_move_schedule(random);
  const std::uint32_t tile = 2u << random.below(4), rows = 1u << random.below(3);
  const bool tiled = random.one_in(2);
  c.make = [=](const Target& target) {
    TransposeProblem problem;
    problem.x = {scalar, dims};
    problem.permutation = permutation;
    const TransposeSchedule with_tiles = {tile * (rows < tile ? rows : tile), 1, 1, tile};
    if (tiled && legal(problem, with_tiles, target)) return transpose(problem, with_tiles, target);
    return transpose(problem, {plain.workgroup, plain.width, plain.items, 0}, target);
  };
}

void slice_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 1 + random.below(4);
  const Coordinates shape = test::any_shape(random, rank);
  const Shape dims = test::Sizes(random, c.given).shape("n", shape);
  SliceProblem problem;
  problem.x = {scalar, dims};
  Coordinates begin(rank, 0), step(rank, 1), result = shape;
  for (std::size_t i = 0; i < rank; ++i) {
    if (random.one_in(3)) continue;
    const std::int64_t n = shape[i];
    const std::int64_t s = test::between(random, -n - 2, n + 2), e = test::between(random, -n - 2, n + 2);
    step[i] = test::between(random, 1, 3) * (random.one_in(2) ? -1 : 1);
    problem.axes.push_back(random.one_in(2) ? static_cast<std::int64_t>(i)
                                            : static_cast<std::int64_t>(i) - static_cast<std::int64_t>(rank));
    problem.steps.push_back(step[i]);
    problem.starts.push_back(s);
    problem.ends.push_back(e);
    // As ONNX's text has it.
    const auto clamp = [](std::int64_t v, std::int64_t low, std::int64_t high) {
      return v < low ? low : v > high ? high : v;
    };
    const std::int64_t from = s < 0 ? s + n : s, to = e < 0 ? e + n : e;
    begin[i] = step[i] > 0 ? clamp(from, 0, n) : clamp(from, 0, n - 1);
    const std::int64_t end = step[i] > 0 ? clamp(to, 0, n) : clamp(to, -1, n - 1);
    result[i] = 0;
    for (std::int64_t at = begin[i]; step[i] > 0 ? at < end : at > end; at += step[i]) ++result[i];
  }
  const HostTensor x = c.given.inputs["x"] = test::random_bits(scalar, shape, random);
  c.expected = test::moved(x, result, [&](const Coordinates& at) {
    Coordinates from(rank);
    for (std::size_t i = 0; i < rank; ++i) from[i] = begin[i] + at[i] * step[i];
    return from;
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return slice(problem, schedule, target); };
}

void pad_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 1 + random.below(4);
  const Coordinates shape = test::any_shape(random, rank);
  test::Sizes sizes(random, c.given);
  PadProblem problem;
  problem.x = {scalar, sizes.shape("n", shape)};
  problem.mode = static_cast<PadMode>(random.below(4));
  Coordinates before(rank, 0), after(rank, 0), result = shape;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t most = random.one_in(4) ? 2 * shape[i] + 3 : 3;
    before[i] = test::between(random, shape[i] > 2 ? -1 : 0, most);
    after[i] = test::between(random, shape[i] > 2 ? -1 : 0, most);
    result[i] += before[i] + after[i];
    const std::string letter = std::to_string(i);
    problem.before.push_back(before[i] < 0 ? Dimension(before[i]) : sizes.dimension("b" + letter, before[i]));
    problem.after.push_back(after[i] < 0 ? Dimension(after[i]) : sizes.dimension("a" + letter, after[i]));
  }
  const std::uint64_t fill = 3;
  HostTensor three(scalar, {1});
  three.set(0, static_cast<double>(fill));
  problem.constant = 3;
  const bool at_run_time = random.one_in(3);
  if (at_run_time) {
    problem.constant = 0;
    problem.constant_parameter = "constant";
    c.given.parameters.push_back({"constant", three});
  }
  if (scalar == Scalar::Boolean) three.set_bits(0, 1);
  const HostTensor x = c.given.inputs["x"] = test::random_bits(scalar, shape, random);
  const PadMode mode = problem.mode;
  c.expected = test::moved(
      x, result,
      [&](const Coordinates& at) {
        Coordinates from(rank);
        for (std::size_t i = 0; i < rank; ++i) {
          const std::int64_t crop = before[i] < 0 ? -before[i] : 0;
          const std::int64_t n = shape[i] - crop + (after[i] < 0 ? after[i] : 0);
          std::int64_t j = at[i] - (before[i] > 0 ? before[i] : 0);
          if (mode == PadMode::Constant && (j < 0 || j >= n)) return Coordinates();
          if (mode == PadMode::Edge) j = j < 0 ? 0 : j >= n ? n - 1 : j;
          if (mode == PadMode::Wrap) j = floor_mod(j, n);
          while (mode == PadMode::Reflect && (j < 0 || j >= n)) {
            if (n == 1)
              j = 0;
            else
              j = j < 0 ? -j : 2 * (n - 1) - j;
          }
          from[i] = j + crop;
        }
        return from;
      },
      three.bits(0));
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return pad(problem, schedule, target); };
}

void tile_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 1 + random.below(4);
  const Coordinates shape = test::any_shape(random, rank);
  test::Sizes sizes(random, c.given);
  const Shape dims = sizes.shape("n", shape);
  Shape repeats;
  Coordinates result = shape;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t times = test::between(random, 1, 3);
    result[i] *= times;
    repeats.push_back(sizes.dimension("r" + std::to_string(i), times));
  }
  const HostTensor x = c.given.inputs["x"] = test::random_bits(scalar, shape, random);
  c.expected = test::moved(x, result, [&](Coordinates at) {
    for (std::size_t i = 0; i < rank; ++i) at[i] %= shape[i];
    return at;
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) {
    TileProblem problem;
    problem.x = {scalar, dims};
    problem.repeats = repeats;
    return tile(problem, schedule, target);
  };
}

void depth_case(Case& c, test::Random& random, Scalar scalar) {
  const std::int64_t b = test::between(random, 1, 3), n = test::between(random, 1, 2),
                     depth = test::between(random, 1, 3), h = test::between(random, 1, 4),
                     w = test::between(random, 1, 5);
  const bool to_space = random.one_in(2), first = random.one_in(2);
  const DepthOrder order = first ? DepthOrder::DepthColumnRow : DepthOrder::ColumnRowDepth;
  const Coordinates deep = {n, depth * b * b, h, w}, wide = {n, depth, h * b, w * b};
  const Coordinates& shape = to_space ? deep : wide;
  const Shape dims = test::Sizes(random, c.given).shape("n", shape);
  const HostTensor x = c.given.inputs["x"] = test::random_bits(scalar, shape, random);
  const auto channel = [=](std::int64_t d, std::int64_t by, std::int64_t bx) {
    return first ? (by * b + bx) * depth + d : d * b * b + by * b + bx;
  };
  c.expected = test::moved(x, to_space ? wide : deep, [&](const Coordinates& at) -> Coordinates {
    if (to_space) return {at[0], channel(at[1], at[2] % b, at[3] % b), at[2] / b, at[3] / b};
    for (std::int64_t d = 0; d < depth; ++d)
      for (std::int64_t y = 0; y < b; ++y)
        for (std::int64_t z = 0; z < b; ++z)
          if (channel(d, y, z) == at[1]) return {at[0], d, at[2] * b + y, at[3] * b + z};
    return {};
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) {
    if (to_space) {
      DepthToSpaceProblem problem;
      problem.x = {scalar, dims};
      problem.block = b;
      problem.order = order;
      return depth_to_space(problem, schedule, target);
    }
    SpaceToDepthProblem problem;
    problem.x = {scalar, dims};
    problem.block = b;
    problem.order = order;
    return space_to_depth(problem, schedule, target);
  };
}

void turn_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 1 + random.below(4);
  const Coordinates shape = test::any_shape(random, rank);
  const Shape dims = test::Sizes(random, c.given).shape("n", shape);
  const bool rolls = random.one_in(2);
  Integers axes, shifts;
  Coordinates shift(rank, 0);
  std::vector<bool> turned(rank, false);
  for (std::size_t i = 0; i < rank; ++i) {
    if (random.one_in(2) && i > 0) continue;
    axes.push_back(static_cast<std::int64_t>(i));
    shift[i] = test::between(random, -30, 30);
    shifts.push_back(shift[i]);
    turned[i] = true;
  }
  const HostTensor x = c.given.inputs["x"] = test::random_bits(scalar, shape, random);
  c.expected = test::moved(x, shape, [&](Coordinates at) {
    for (std::size_t i = 0; i < rank; ++i) {
      if (rolls)
        at[i] = floor_mod(at[i] - shift[i], shape[i]);
      else if (turned[i])
        at[i] = shape[i] - 1 - at[i];
    }
    return at;
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) {
    if (rolls) {
      RollProblem problem;
      problem.x = {scalar, dims};
      problem.axes = axes;
      problem.shifts = shifts;
      return roll(problem, schedule, target);
    }
    ReverseProblem problem;
    problem.x = {scalar, dims};
    problem.axes = axes;
    return reverse(problem, schedule, target);
  };
}

constexpr test::Maker makers[] = {{"transpose", transpose_case}, {"slice", slice_case}, {"pad", pad_case},
                                  {"tile", tile_case},           {"depth", depth_case}, {"turn", turn_case}};

}  // namespace

TEST_CASE("move: random problems in the interpreter") {
  test::random_cases(makers, test::Place::Interpreter, test::cases(120));
}
TEST_CASE("move: random problems in the interpreter, weak target") {
  test::random_cases(makers, test::Place::InterpreterWeak, test::cases(60));
}
TEST_CASE("device, move: random problems") {
  test::random_cases(makers, test::Place::Device, test::cases(30));
}
TEST_CASE("device, move: random problems, Vulkan 1.0") {
  test::random_cases(makers, test::Place::DeviceWeak, test::cases(18));
}
