// Ranges, one-hot, triangles, constants and where, against plain references; and views.
#include "move_reference.hpp"

#include <airstrip/tensor/view.hpp>
#include <limits>

using namespace airstrip;
using namespace airstrip::tensor;
using test::Coordinates;
using test::HostTensor;
using Case = test::MoveCase;

namespace {

void one_hot_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = random.below(4), axis = random.below(rank + 1);
  const Coordinates shape = test::any_shape(random, rank);
  const std::int64_t depth = test::between(random, 1, 7);
  test::Sizes sizes(random, c.given);
  OneHotProblem problem;
  problem.indices = {random.one_in(2) ? Scalar::I32 : Scalar::I64, sizes.shape("n", shape)};
  problem.depth = sizes.dimension("depth", depth);
  problem.axis =
      static_cast<std::int64_t>(axis) - (random.one_in(2) ? static_cast<std::int64_t>(rank + 1) : 0);
  problem.scalar = scalar;
  problem.reads_values = random.one_in(3);
  HostTensor values(scalar, {2});
  values.set(1, 1);
  if (problem.reads_values) values = c.given.inputs["values"] = test::random_bits(scalar, {2}, random);
  HostTensor indices(problem.indices.scalar, shape);
  for (std::size_t i = 0; i < indices.size(); ++i)
    indices.set_bits(i, static_cast<std::uint64_t>(test::between(random, -depth - 2, depth + 1)));
  c.given.inputs["indices"] = indices;
  Coordinates result = shape;
  result.insert(result.begin() + static_cast<std::ptrdiff_t>(axis), depth);
  c.expected = test::moved(values, result, [&](Coordinates at) -> Coordinates {
    const std::int64_t here = at[axis];
    at.erase(at.begin() + static_cast<std::ptrdiff_t>(axis));
    const std::int64_t index = indices.integer(static_cast<std::size_t>(test::linear(at, shape)));
    return {(index < 0 ? index + depth : index) == here};
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return one_hot(problem, schedule, target); };
}

void trilu_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 2 + random.below(2);
  const Coordinates shape = test::any_shape(random, rank);
  TriluProblem problem;
  problem.x = {scalar, test::Sizes(random, c.given).shape("n", shape)};
  problem.upper = random.one_in(2);
  problem.k = test::between(random, -4, 4);
  const HostTensor x = c.given.inputs["x"] = test::random_bits(scalar, shape, random);
  c.expected = test::moved(x, shape, [&](const Coordinates& at) {
    const std::int64_t diagonal = at[rank - 1] - at[rank - 2];
    return (problem.upper ? diagonal >= problem.k : diagonal <= problem.k) ? at : Coordinates();
  });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return trilu(problem, schedule, target); };
}

void eye_case(Case& c, test::Random& random, Scalar scalar) {
  const Coordinates shape = test::any_shape(random, 2);
  test::Sizes sizes(random, c.given);
  EyeProblem problem;
  problem.scalar = scalar;
  problem.rows = sizes.dimension("rows", shape[0]);
  problem.columns = sizes.dimension("columns", shape[1]);
  problem.k = test::between(random, -6, 6);
  c.expected = HostTensor(scalar, shape);
  for (std::int64_t i = 0; i < test::count_of(shape); ++i)
    c.expected.set(static_cast<std::size_t>(i), i % shape[1] == i / shape[1] + problem.k);
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return eye(problem, schedule, target); };
}

void fill_case(Case& c, test::Random& random, Scalar scalar) {
  const Coordinates shape = test::any_shape(random, random.below(4));
  FillProblem problem;
  problem.scalar = scalar;
  problem.shape = test::Sizes(random, c.given).shape("n", shape);
  HostTensor value(scalar, {1});
  value.set(0, 5);
  problem.value = 5;
  if (random.one_in(2)) {
    problem.value = Number::parameter("value");
    c.given.parameters.push_back({"value", value});
  }
  if (scalar == Scalar::Boolean) value.set_bits(0, 1);
  c.expected = test::moved(value, shape, [](const Coordinates&) { return Coordinates{0}; });
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return fill(problem, schedule, target); };
}

void where_case(Case& c, test::Random& random, Scalar scalar) {
  const std::size_t rank = 1 + random.below(3);
  const Coordinates shape = test::any_shape(random, rank);
  const Shape dims = test::Sizes(random, c.given).shape("n", shape);
  WhereProblem problem;
  problem.condition.scalar = Scalar::Boolean;
  problem.a.scalar = problem.b.scalar = scalar;
  Coordinates shapes[3];
  TensorType* const types[3] = {&problem.condition, &problem.a, &problem.b};
  const std::size_t whole = random.below(3);  // the one that has every axis
  for (std::size_t t = 0; t < 3; ++t)
    for (std::size_t i = t == whole ? 0 : random.below(rank + 1); i < rank; ++i) {
      const bool is_one = t != whole && random.one_in(3);
      shapes[t].push_back(is_one ? 1 : shape[i]);
      types[t]->shape.push_back(is_one ? Dimension(1) : dims[i]);
    }
  const char* const names[3] = {"condition", "a", "b"};
  for (std::size_t t = 0; t < 3; ++t)
    c.given.inputs[names[t]] = test::random_bits(t == 0 ? Scalar::Boolean : scalar, shapes[t], random);
  HostTensor& condition = c.given.inputs["condition"];
  for (std::size_t i = 0; i < condition.size(); ++i) condition.set_bits(i, random.below(3));
  c.expected = HostTensor(scalar, shape);
  const auto at = [&](std::size_t t, const Coordinates& place) {
    Coordinates own(place.end() - static_cast<std::ptrdiff_t>(shapes[t].size()), place.end());
    for (std::size_t i = 0; i < own.size(); ++i) own[i] %= shapes[t][i];
    return c.given.inputs[names[t]].bits(static_cast<std::size_t>(test::linear(own, shapes[t])));
  };
  for (std::int64_t i = 0; i < test::count_of(shape); ++i) {
    const Coordinates place = test::coordinates_of(i, shape);
    c.expected.set_bits(static_cast<std::size_t>(i), at(0, place) != 0 ? at(1, place) : at(2, place));
  }
  const MoveSchedule schedule = test::any_move_schedule(random);
  c.make = [=](const Target& target) { return where(problem, schedule, target); };
}

// Copies a chain of random views, of which each is what the plain reference says.
void view_case(Case& c, test::Random& random, Scalar scalar) {
  Coordinates shape = test::any_shape(random, 1 + random.below(4));
  const HostTensor x = c.given.inputs["x"] = test::random_bits(scalar, shape, random);
  TensorType type = {scalar};
  for (const std::int64_t d : shape) type.shape.push_back(d);
  HostTensor now = x;
  for (int i = 0; i < 4; ++i) {
    const std::size_t rank = shape.size(), axis = random.below(rank);
    Result<TensorType> view = type;
    Coordinates result = shape;
    std::function<Coordinates(const Coordinates&)> from;
    switch (random.below(6)) {
      case 0:  // transposed
        view = transposed(type);
        result.assign(shape.rbegin(), shape.rend());
        from = [](const Coordinates& at) { return Coordinates(at.rbegin(), at.rend()); };
        break;
      case 1: {  // sliced, back to front or not
        const std::int64_t n = shape[axis], step = random.one_in(2) ? -1 : 2;
        view = sliced(type, {step < 0 ? n - 1 : n / 2}, {step < 0 ? -n - 1 : n},
                      {static_cast<std::int64_t>(axis)}, {step});
        const std::int64_t first = step < 0 ? n - 1 : n / 2;
        result[axis] = step < 0 ? n : (n - first + 1) / 2;
        from = [=](Coordinates at) {
          at[axis] = first + step * at[axis];
          return at;
        };
        break;
      }
      case 2:  // expanded
        if (rank == 4) continue;
        view = expanded(type, [&] {
          Shape wide = {3};
          for (const std::int64_t d : shape) wide.push_back(d);
          return wide;
        }());
        result.insert(result.begin(), 3);
        from = [](const Coordinates& at) { return Coordinates(at.begin() + 1, at.end()); };
        break;
      case 3: {  // reshaped: joined into a row
        const std::int64_t count = test::count_of(shape);
        const Coordinates before = shape;
        view = reshaped(type, {count});
        if (!view.ok()) {
          // Strides as they are now cannot say it, which is the one reason there is.
          CHECK_MESSAGE(test::message_of(view.error()).find("do not lie one behind the other") !=
                            std::string::npos,
                        test::message_of(view.error()));
          CHECK(!type.strides.empty());
          continue;
        }
        result = {count};
        from = [=](const Coordinates& at) { return test::coordinates_of(at[0], before); };
        break;
      }
      case 4: {  // squeezed: without an axis of one element, or without all of them
        const bool all = random.one_in(2);
        if (!all && shape[axis] != 1) continue;
        view = all ? squeezed(type) : squeezed(type, {static_cast<std::int64_t>(axis)});
        result.clear();
        std::vector<std::size_t> kept;
        for (std::size_t a = 0; a < rank; ++a)
          if (all ? shape[a] != 1 : a != axis) kept.push_back(a);
        if (kept.empty()) continue;  // other steps want an axis
        for (const std::size_t a : kept) result.push_back(shape[a]);
        from = [=](const Coordinates& at) {
          Coordinates place(rank, 0);
          for (std::size_t a = 0; a < kept.size(); ++a) place[kept[a]] = at[a];
          return place;
        };
        break;
      }
      default:  // unsqueezed
        if (rank == 4) continue;
        view = unsqueezed(type, {static_cast<std::int64_t>(axis)});
        result.insert(result.begin() + static_cast<std::ptrdiff_t>(axis), 1);
        from = [=](Coordinates at) {
          at.erase(at.begin() + static_cast<std::ptrdiff_t>(axis));
          return at;
        };
    }
    REQUIRE_MESSAGE(view.ok(), test::message_of(view.error()));
    now = test::moved(now, result, from);
    type = *view;
    shape = result;
  }
  c.expected = now;
  const MoveSchedule schedule = test::any_move_schedule(random);
  const bool by_expression = scalar == Scalar::I32 && random.one_in(2);
  c.make = [=](const Target& target) {
    if (by_expression) {
      ElementwiseProblem problem;
      problem.expression.output("y", problem.expression.input("x", type));
      return elementwise(problem, {64, schedule.width, 1}, target);
    }
    CopyProblem problem;
    problem.x = type;
    return copy(problem, schedule, target);
  };
}
void integer_view_case(Case& c, test::Random& random, Scalar) { view_case(c, random, Scalar::I32); }

constexpr test::Maker makers[] = {
    {"one_hot", one_hot_case},
    {"trilu", trilu_case},
    {"eye", eye_case},
    {"fill", fill_case},
    {"where", where_case},
    {"view", view_case},
    {"integer view", integer_view_case},
};

}  // namespace

TEST_CASE("generate: random problems in the interpreter") {
  test::random_cases(makers, test::Place::Interpreter, test::cases(140));
}
TEST_CASE("generate: random problems in the interpreter, weak target") {
  test::random_cases(makers, test::Place::InterpreterWeak, test::cases(70));
}
TEST_CASE("device, generate: random problems") {
  test::random_cases(makers, test::Place::Device, test::cases(28));
}
TEST_CASE("device, generate: random problems, Vulkan 1.0") {
  test::random_cases(makers, test::Place::DeviceWeak, test::cases(14));
}

TEST_CASE("device, range: every type") {
  for (const test::Place place :
       {test::Place::Interpreter, test::Place::InterpreterWeak, test::Place::Device, test::Place::DeviceWeak})
    for (const Scalar scalar :
         {Scalar::I8, Scalar::U16, Scalar::I32, Scalar::I64, Scalar::F16, Scalar::F32}) {
      CAPTURE(std::string(to_string(scalar)));
      RangeProblem problem;
      problem.scalar = scalar;
      problem.count = Dimension::parameter("n");
      problem.start = kernel::is_signed(scalar) ? 10 : 100;
      problem.delta = kernel::is_signed(scalar) ? -3 : 3;
      test::Given given;
      given.sizes.push_back({"n", 21});
      const test::Tensors found = test::run_at(
          place, [&](const Target& target) { return range(problem, target); }, given);
      if (found.empty()) break;
      HostTensor expected(scalar, {21});
      for (std::size_t i = 0; i < 21; ++i)
        expected.set(i, problem.start.value + static_cast<double>(i) * problem.delta.value);
      CHECK(test::difference(expected, found.at("y")) == "");
    }
}

TEST_CASE("range: numbers of ONNX's formula") {
  CHECK(range_count(3, 9, 3) == 2);
  CHECK(range_count(10, 4, -2) == 3);
  CHECK(range_count(0, 1, 0.3) == 4);
  CHECK(range_count(5, 5, 1) == 0);
  CHECK(range_count(5, 9, -1) == 0);
  CHECK(range_count(5, 9, 0) == 0);
  CHECK(range_count(5, 5, 0) == 0);
}

TEST_CASE("view: axes of one element come and go") {
  const TensorType x = {Scalar::F32, {1, 4, 1, 6}};
  Result<TensorType> view = squeezed(x);
  REQUIRE(view.ok());
  CHECK(view->shape == Shape{4, 6});
  CHECK(view->strides.empty());
  view = squeezed(x, {-2});
  REQUIRE(view.ok());
  CHECK(view->shape == Shape{1, 4, 6});
  view = squeezed(*transposed(x), {1, 3});
  REQUIRE(view.ok());
  CHECK(view->shape == Shape{6, 4});
  CHECK(view->strides == Shape{1, 6});
  view = squeezed({Scalar::F32, {1, 1}});
  REQUIRE(view.ok());
  CHECK(view->shape.empty());
  view = unsqueezed(*view, {0});
  REQUIRE(view.ok());
  CHECK(view->shape == Shape{1});
}

TEST_CASE("view: a tensor that cannot be is refused, and an image") {
  Shape nine;
  Integers axes;
  for (int i = 0; i < 9; ++i) {
    nine.push_back(1);
    axes.push_back(i);
  }
  const TensorType image = {Scalar::F32, {1, 2, 4}, {}, Storage::StorageImage};
  const TensorType typeless = {Scalar::Void, {1, 2, 4}};
  const TensorType strided = {Scalar::F32, {1, 2, 4}, {4, 1}};
  const auto check = [&](const TensorType& x, ErrorCode code, const Integers& permutation = {}) {
    const Result<TensorType> views[] = {
        transposed(x, permutation), sliced(x, {0}, {1}), expanded(x, {2, 1, 2, 4}),
        reshaped(x, {8}),           squeezed(x),         squeezed(x, {0}),
        unsqueezed(x, {0})};
    for (const Result<TensorType>& view : views) {
      REQUIRE(!view.ok());
      CHECK_MESSAGE(view.error().code == code, test::message_of(view.error()));
    }
  };
  check({Scalar::F32, nine}, ErrorCode::InvalidShape);
  check({Scalar::F32, nine}, ErrorCode::InvalidShape, axes);
  check(image, ErrorCode::WrongType);
  check(typeless, ErrorCode::WrongType);
  check(strided, ErrorCode::InvalidShape);
  check({Scalar::F32, {-1, 4}}, ErrorCode::InvalidShape);
  std::size_t count = 0;
  for (const Dimension& d : nine) count += d == Dimension(1);
  CHECK(count == Shape::max_rank);
}

TEST_CASE("view: expanded leaves what a shape has a 1 for, or has not") {
  const TensorType x = {Scalar::F32, {3, 1}};
  Result<TensorType> view = expanded(x, {1, 4});
  REQUIRE(view.ok());
  CHECK(view->shape == Shape{3, 4});
  CHECK(view->strides == Shape{1, 0});
  view = expanded(x, {4});
  REQUIRE(view.ok());
  CHECK(view->shape == Shape{3, 4});
  view = expanded(x, {});
  REQUIRE(view.ok());
  CHECK(view->shape == Shape{3, 1});
}

TEST_CASE("view: sliced by any step finds what the kernel finds") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = -most - 1;
  const TensorType x = {Scalar::F32, {4}};
  for (const std::int64_t step : {most, std::int64_t{1} << 32, std::int64_t{0x7FFFFFFF}}) {
    const Result<TensorType> view = sliced(x, {1}, {4}, {}, {step});
    REQUIRE(view.ok());
    CHECK(view->shape == Shape{1});
    CHECK(view->offset == Dimension(1));
  }
  for (const std::int64_t step : {least, -(std::int64_t{1} << 32), -std::int64_t{0x7FFFFFFF}}) {
    const Result<TensorType> view = sliced(x, {2}, {-5}, {}, {step});
    REQUIRE(view.ok());
    CHECK(view->shape == Shape{1});
    CHECK(view->offset == Dimension(2));
  }
}

TEST_CASE("generate: an output without a type is refused, whatever its numbers are") {
  RangeProblem numbers;
  numbers.scalar = Scalar::Void;
  numbers.count = 3;
  CHECK(test::message_of(legal(numbers, {}, test::weak_target()).error()) ==
        "error: the output has no type [WrongType]");
  FillProblem filled;
  filled.scalar = Scalar::Void;
  filled.shape = {3};
  CHECK(test::message_of(legal(filled, {}, test::weak_target()).error()) ==
        "error: the output has no type [WrongType]");
}

TEST_CASE("view: what strides cannot say is refused") {
  const auto error = [](const Result<TensorType>& r) { return test::message_of(r.error()); };
  const TensorType x = {Scalar::F32, {4, 6}};
  CHECK(error(reshaped(*transposed(x), {24})) ==
        "error: the axes that are joined do not lie one behind the other; copy the tensor [InvalidShape]");
  CHECK(error(reshaped(x, {5, 5})) ==
        "error: the shape [4, 6] has another number of elements than [5, 5] [InvalidShape]");
  CHECK(error(expanded(x, {3, 6})) == "error: the shape [4, 6] is not broadcast to [3, 6] [InvalidShape]");
  CHECK(error(squeezed(x, {0})) == "error: axis 0 of [4, 6] has not one element [InvalidShape]");
  const Dimension n = Dimension::parameter("n"), m = Dimension::parameter("m");
  CHECK(error(transposed({Scalar::F32, {4, n, m}})) ==
        "error: a stride would be a product with a size of run time, which a view cannot say [InvalidShape]");
  // One size of run time is a stride of its own.
  const Result<TensorType> fine = transposed({Scalar::F32, {n, m}});
  REQUIRE(fine.ok());
  CHECK(fine->strides == Shape{1, m});
  CHECK(error(sliced({Scalar::F32, {n}}, {-3}, {n})) ==
        "error: a slice whose begin or length is known at run time only is no view [InvalidShape]");
  // A stride that reaches back before the tensor.
  ElementwiseProblem problem;
  TensorType backwards = {Scalar::F32, {4}, {-1}};
  backwards.offset = 2;
  problem.expression.output("y", problem.expression.input("x", backwards) + 1);
  const Result<Operation> refused = elementwise(problem, test::weak_target());
  CHECK(test::message_of(refused.error()).find("its offset is too small") != std::string::npos);
}
