// Gathering and scattering against plain references, bit for bit, with indices that are negative, out of range and given
// more than once.
#include "move_reference.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::Coordinates;
using test::HostTensor;
using Case = test::MoveCase;

namespace {

// Most of them inside [-n, n - 1].
HostTensor random_indices(Scalar scalar, const Coordinates& shape, std::int64_t n, test::Random& random) {
  HostTensor t(scalar, shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    std::int64_t v = test::between(random, -n, n - 1);
    if (random.one_in(8)) v = test::between(random, -n - 5, n + 5);
    if (random.one_in(20) && scalar == Scalar::I64)
      v = test::between(random, -1, 1) * (std::int64_t{5} << 32) + v;
    t.set_bits(i, static_cast<std::uint64_t>(v));
  }
  return t;
}
// What gathering takes: from the end, then the nearest.
std::int64_t nearest(std::int64_t v, std::int64_t n) {
  if (v < 0) v += n;
  return v < 0 ? 0 : v >= n ? n - 1 : v;
}
std::int64_t from_end(std::int64_t v, std::int64_t n) { return v < 0 ? v + n : v; }
Scalar index_type(test::Random& random) { return random.one_in(2) ? Scalar::I32 : Scalar::I64; }
std::int64_t index_at(const HostTensor& indices, const Coordinates& c) {
  return indices.integer(static_cast<std::size_t>(test::linear(c, indices.shape())));
}

void gather_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 1 + random.below(4), of_indices = random.below(4), axis = random.below(rank);
  const Coordinates shape = test::any_shape(random, rank), places = test::any_shape(random, of_indices);
  test::Sizes sizes(random, c.given);
  GatherProblem problem;
  problem.data = {scalar, sizes.shape("n", shape)};
  problem.indices = {index_type(random), sizes.shape("i", places)};
  problem.axis = static_cast<std::int64_t>(axis) - (random.one_in(2) ? static_cast<std::int64_t>(rank) : 0);
  const HostTensor data = c.given.inputs["data"] = test::random_bits(scalar, shape, random);
  const HostTensor indices = c.given.inputs["indices"] =
      random_indices(problem.indices.scalar, places, shape[axis], random);
  const auto split = [&](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
  Coordinates result(shape.begin(), shape.begin() + split(axis));
  result.insert(result.end(), places.begin(), places.end());
  result.insert(result.end(), shape.begin() + split(axis + 1), shape.end());
  c.expected = test::moved(data, result, [&](const Coordinates& at) {
    Coordinates from(at.begin(), at.begin() + split(axis));
    const Coordinates i(at.begin() + split(axis), at.begin() + split(axis + of_indices));
    from.push_back(nearest(index_at(indices, i), shape[axis]));
    from.insert(from.end(), at.begin() + split(axis + of_indices), at.end());
    return from;
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return gather(problem, schedule, target); };
}

void gather_elements_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 1 + random.below(4), axis = random.below(rank);
  const Coordinates shape = test::any_shape(random, rank);
  Coordinates places = shape;
  for (std::size_t i = 0; i < rank; ++i) places[i] = test::between(random, 1, i == axis ? 9 : shape[i]);
  test::Sizes sizes(random, c.given);
  GatherElementsProblem problem;
  problem.data = {scalar, sizes.shape("n", shape)};
  problem.indices = {index_type(random), sizes.shape("i", places)};
  problem.axis = static_cast<std::int64_t>(axis);
  const HostTensor data = c.given.inputs["data"] = test::random_bits(scalar, shape, random);
  const HostTensor indices = c.given.inputs["indices"] =
      random_indices(problem.indices.scalar, places, shape[axis], random);
  c.expected = test::moved(data, places, [&](Coordinates at) {
    at[axis] = nearest(index_at(indices, at), shape[axis]);
    return at;
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return gather_elements(problem, schedule, target); };
}

void gather_nd_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 1 + random.below(4), batch = random.below(rank),
                    components = 1 + random.below(rank - batch), more = random.below(3);
  const Coordinates shape = test::any_shape(random, rank);
  Coordinates outer(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(batch));
  for (std::size_t i = 0; i < more; ++i) outer.push_back(test::between(random, 1, 4));
  Coordinates places = outer;
  places.push_back(static_cast<std::int64_t>(components));
  test::Sizes sizes(random, c.given);
  GatherNDProblem problem;
  problem.data = {scalar, sizes.shape("n", shape)};
  for (std::size_t i = 0; i < outer.size(); ++i)
    problem.indices.shape.push_back(i < batch ? problem.data.shape[i]
                                              : sizes.dimension("i" + std::to_string(i), outer[i]));
  problem.indices.shape.push_back(components);
  problem.indices.scalar = index_type(random);
  problem.batch_axes = batch;
  const HostTensor data = c.given.inputs["data"] = test::random_bits(scalar, shape, random);
  HostTensor indices(problem.indices.scalar, places);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::int64_t n = shape[batch + i % components];
    indices.set_bits(i, random_indices(problem.indices.scalar, {1}, n, random).bits(0));
  }
  c.given.inputs["indices"] = indices;
  const std::size_t first = batch + components;
  Coordinates result = outer;
  result.insert(result.end(), shape.begin() + static_cast<std::ptrdiff_t>(first), shape.end());
  c.expected = test::moved(data, result, [&](const Coordinates& at) {
    Coordinates from(rank);
    Coordinates i(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(outer.size()));
    i.push_back(0);
    for (std::size_t a = 0; a < rank; ++a) {
      if (a < batch)
        from[a] = at[a];
      else if (a >= first)
        from[a] = at[outer.size() + a - first];
      else {
        i.back() = static_cast<std::int64_t>(a - batch);
        from[a] = nearest(index_at(indices, i), shape[a]);
      }
    }
    return from;
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return gather_nd(problem, schedule, target); };
}

void reverse_sequence_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 2 + random.below(3), time = random.below(rank);
  const std::size_t batch = (time + 1 + random.below(rank - 1)) % rank;
  const Coordinates shape = test::any_shape(random, rank);
  test::Sizes sizes(random, c.given);
  ReverseSequenceProblem problem;
  problem.x = {scalar, sizes.shape("n", shape)};
  problem.lengths = {index_type(random), {problem.x.shape[batch]}};
  problem.time_axis = static_cast<std::int64_t>(time);
  problem.batch_axis = static_cast<std::int64_t>(batch);
  const HostTensor x = c.given.inputs["x"] = test::random_bits(scalar, shape, random);
  HostTensor lengths(problem.lengths.scalar, {shape[batch]});
  for (std::size_t i = 0; i < lengths.size(); ++i)
    lengths.set_bits(i, static_cast<std::uint64_t>(test::between(random, 0, shape[time] + 1)));
  c.given.inputs["lengths"] = lengths;
  c.expected = test::moved(x, shape, [&](Coordinates at) {
    std::int64_t length = lengths.integer(static_cast<std::size_t>(at[batch]));
    length = length > shape[time] ? shape[time] : length;
    if (at[time] < length) at[time] = length - 1 - at[time];
    return at;
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return reverse_sequence(problem, schedule, target); };
}

// Types that scattering reduces exactly in the test: small whole numbers.
constexpr Scalar reduced[] = {Scalar::F32, Scalar::I32, Scalar::U32, Scalar::I8,
                              Scalar::U16, Scalar::I64, Scalar::F16};

double reduce(ScatterReduction reduction, double a, double b) {
  switch (reduction) {
    case ScatterReduction::Add: return a + b;
    case ScatterReduction::Mul: return a * b;
    case ScatterReduction::Min: return b < a ? b : a;
    case ScatterReduction::Max: return b > a ? b : a;
    default: return b;
  }
}
ScatterSchedule any_scatter_schedule(test::Random& random) {
  ScatterSchedule s;
  s.workgroup = 1u << random.below(8);
  s.width = 1 + static_cast<std::uint32_t>(random.below(4));
  s.unroll = 1 + static_cast<std::uint32_t>(random.below(5));
  return s;
}
// Data and updates: any bits where they are moved, else numbers whose sums and products are exact.
void fill_scattered(Case& c, test::Random& random, Scalar scalar, ScatterReduction reduction,
                    const Coordinates& shape, const Coordinates& updates) {
  if (reduction == ScatterReduction::None) {
    c.given.inputs["data"] = test::random_bits(scalar, shape, random);
    c.given.inputs["updates"] = test::random_bits(scalar, updates, random);
    return;
  }
  const bool product = reduction == ScatterReduction::Mul;
  c.given.inputs["data"] = HostTensor::random(scalar, shape, random, 0, 3);
  c.given.inputs["updates"] = HostTensor::random(scalar, updates, random, 1, product ? 1 : 3);
  if (scalar == Scalar::F32 || scalar == Scalar::F16)
    for (const char* const name : {"data", "updates"})
      for (std::size_t i = 0; i < c.given.inputs[name].size(); ++i)
        c.given.inputs[name].set(i, std::floor(c.given.inputs[name][i]));
}
void apply_update(HostTensor& y, std::size_t to, const HostTensor& updates, std::size_t from,
                  ScatterReduction reduction) {
  if (reduction == ScatterReduction::None)
    y.set_bits(to, updates.bits(from));
  else
    y.set(to, reduce(reduction, y[to], updates[from]));
}

void scatter_elements_case(Case& c, test::Random& random, Scalar scalar) {
  const auto reduction = static_cast<ScatterReduction>(random.below(5));
  if (reduction != ScatterReduction::None) scalar = reduced[random.below(std::size(reduced))];
  const std::size_t rank = 1 + random.below(3), axis = random.below(rank);
  const Coordinates shape = test::any_shape(random, rank);
  Coordinates places = shape;
  for (std::size_t i = 0; i < rank; ++i) places[i] = test::between(random, 1, i == axis ? 9 : shape[i]);
  test::Sizes sizes(random, c.given);
  ScatterElementsProblem problem;
  problem.data = {scalar, sizes.shape("n", shape)};
  problem.indices = {index_type(random), sizes.shape("i", places)};
  problem.updates = {scalar, problem.indices.shape};
  problem.axis = static_cast<std::int64_t>(axis);
  problem.reduction = reduction;
  fill_scattered(c, random, scalar, reduction, shape, places);
  const HostTensor indices = c.given.inputs["indices"] =
      random_indices(problem.indices.scalar, places, shape[axis], random);
  const HostTensor& updates = c.given.inputs["updates"];
  c.expected = c.given.inputs["data"];
  for (std::int64_t i = 0; i < test::count_of(places); ++i) {
    Coordinates at = test::coordinates_of(i, places);
    at[axis] = from_end(indices.integer(static_cast<std::size_t>(i)), shape[axis]);
    if (at[axis] < 0 || at[axis] >= shape[axis]) continue;
    apply_update(c.expected, static_cast<std::size_t>(test::linear(at, shape)), updates,
                 static_cast<std::size_t>(i), reduction);
  }
  const ScatterSchedule schedule = any_scatter_schedule(random);
  c.make = [=](const Target& target) { return scatter_elements(problem, schedule, target); };
}

void scatter_nd_case(Case& c, test::Random& random, Scalar scalar) {
  const auto reduction = static_cast<ScatterReduction>(random.below(5));
  if (reduction != ScatterReduction::None) scalar = reduced[random.below(std::size(reduced))];
  const std::size_t rank = 1 + random.below(3), components = 1 + random.below(rank), outer = random.below(3);
  const Coordinates shape = test::any_shape(random, rank);
  test::Sizes sizes(random, c.given);
  ScatterNDProblem problem;
  problem.data = {scalar, sizes.shape("n", shape)};
  Coordinates rows, update_shape;
  Shape row_dims;
  for (std::size_t i = 0; i < outer; ++i) {
    rows.push_back(test::between(random, 1, 4));
    row_dims.push_back(sizes.dimension("i" + std::to_string(i), rows[i]));
  }
  problem.indices = {index_type(random), row_dims};
  problem.indices.shape.push_back(components);
  problem.updates = {scalar, row_dims};
  update_shape = rows;
  std::int64_t inner = 1;
  for (std::size_t i = components; i < rank; ++i) {
    problem.updates.shape.push_back(problem.data.shape[i]);
    update_shape.push_back(shape[i]);
    inner *= shape[i];
  }
  problem.reduction = reduction;
  fill_scattered(c, random, scalar, reduction, shape, update_shape);
  Coordinates places = rows;
  places.push_back(static_cast<std::int64_t>(components));
  HostTensor indices(problem.indices.scalar, places);
  for (std::size_t i = 0; i < indices.size(); ++i)
    indices.set_bits(i, random_indices(problem.indices.scalar, {1}, shape[i % components], random).bits(0));
  c.given.inputs["indices"] = indices;
  const HostTensor& updates = c.given.inputs["updates"];
  c.expected = c.given.inputs["data"];
  for (std::int64_t u = 0; u < test::count_of(rows); ++u) {
    std::int64_t to = 0;
    bool inside = true;
    for (std::size_t i = 0; i < components; ++i) {
      const std::int64_t at =
          from_end(indices.integer(static_cast<std::size_t>(u) * components + i), shape[i]);
      inside = inside && at >= 0 && at < shape[i];
      to = to * shape[i] + at;
    }
    for (std::int64_t i = 0; inside && i < inner; ++i)
      apply_update(c.expected, static_cast<std::size_t>(to * inner + i), updates,
                   static_cast<std::size_t>(u * inner + i), reduction);
  }
  const ScatterSchedule schedule = any_scatter_schedule(random);
  c.make = [=](const Target& target) { return scatter_nd(problem, schedule, target); };
}

constexpr test::Maker makers[] = {
    {"gather", gather_case},
    {"gather_elements", gather_elements_case},
    {"gather_nd", gather_nd_case},
    {"reverse_sequence", reverse_sequence_case},
    {"scatter_elements", scatter_elements_case},
    {"scatter_nd", scatter_nd_case},
};

}  // namespace

TEST_CASE("gather: random problems in the interpreter") {
  test::random_cases(makers, test::Place::Interpreter, test::cases(120));
}
TEST_CASE("gather: random problems in the interpreter, weak target") {
  test::random_cases(makers, test::Place::InterpreterWeak, test::cases(60));
}
TEST_CASE("device, gather: random problems") {
  test::random_cases(makers, test::Place::Device, test::cases(30));
}
TEST_CASE("device, gather: random problems, Vulkan 1.0") {
  test::random_cases(makers, test::Place::DeviceWeak, test::cases(18));
}
