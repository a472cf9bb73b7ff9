// Resize against a reference in double precision that is written from ONNX's formulas, and its corners by name.
#include "move_reference.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::Coordinates;
using test::HostTensor;

namespace {

// One axis of a resizing: n elements become m, at a scale.
struct Axis {
  std::int64_t n = 1, m = 1;
  bool is_resized = false;
  Fraction scale;  // of m / n where it was not given
  Fraction begin = {0, 1}, end = {1, 1};
};

double number(const Fraction& f) {
  return static_cast<double>(f.numerator) / static_cast<double>(f.denominator);
}

// ONNX's coordinate. What is computed is a multiple of 1 / D; taking the nearest one undoes double's own rounding, so that
// ties are ties.
double coordinate(const ResizeProblem& problem, const Axis& a, std::int64_t index) {
  const double x = static_cast<double>(index), n = static_cast<double>(a.n), m = static_cast<double>(a.m);
  const double s = number(a.scale), p = static_cast<double>(a.scale.numerator),
               q = static_cast<double>(a.scale.denominator);
  double from = 0, d = 1;
  switch (problem.coordinates) {
    case ResizeCoordinates::HalfPixel:
      from = (x + 0.5) / s - 0.5;
      d = 2 * p;
      break;
    case ResizeCoordinates::HalfPixelSymmetric: {
      const double adjustment = m / (s * n), center = n / 2, offset = center * (1 - adjustment);
      from = offset + (x + 0.5) / s - 0.5;
      d = 2 * p;
      break;
    }
    case ResizeCoordinates::PytorchHalfPixel:
      from = a.m > 1 ? (x + 0.5) / s - 0.5 : 0;
      d = 2 * p;
      break;
    case ResizeCoordinates::AlignCorners:
      if (a.n * a.scale.numerator != a.scale.denominator) from = x * (n - 1) / (s * n - 1);
      d = n * p - q;
      if (d == 0) d = 1;
      break;
    case ResizeCoordinates::Asymmetric:
      from = x / s;
      d = p;
      break;
    case ResizeCoordinates::TfCropAndResize: {
      const double b = number(a.begin), e = number(a.end);
      from = a.m > 1 ? b * (n - 1) + x * (e - b) * (n - 1) / (m - 1) : 0.5 * (b + e) * (n - 1);
      d = 2 * static_cast<double>(a.begin.denominator * a.end.denominator) * (m > 1 ? m - 1 : 1);
      break;
    }
  }
  return std::nearbyint(from * d) / d;
}

std::int64_t nearest(NearestRounding rounding, double x) {
  const double low = std::floor(x);
  switch (rounding) {
    case NearestRounding::Floor: return static_cast<std::int64_t>(low);
    case NearestRounding::Ceil: return static_cast<std::int64_t>(std::ceil(x));
    case NearestRounding::RoundPreferFloor: return static_cast<std::int64_t>(x - low <= 0.5 ? low : low + 1);
    default: return static_cast<std::int64_t>(x - low < 0.5 ? low : low + 1);
  }
}

double cubic(double a, double x) {
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// Elements along an axis and their weights.
std::vector<std::pair<std::int64_t, double>> taps(const ResizeProblem& problem, const Axis& a, double x) {
  const bool linear = problem.mode == ResizeMode::Linear;
  const double s = problem.antialias ? std::min(number(a.scale), 1.0) : 1;
  const std::int64_t low = static_cast<std::int64_t>(std::floor(x));
  const std::int64_t reach = static_cast<std::int64_t>(std::ceil((linear ? 1 : 2) / s - 1e-9));
  std::vector<std::pair<std::int64_t, double>> found;
  double sum = 0;
  for (std::int64_t i = low - reach + 1; i <= low + reach; ++i) {
    const double distance = (static_cast<double>(i) - x) * s;
    double w = linear ? std::max(0.0, 1 - std::fabs(distance)) : cubic(problem.cubic_a, distance);
    if (problem.exclude_outside && (i < 0 || i >= a.n)) w = 0;
    found.push_back({i < 0 ? 0 : i >= a.n ? a.n - 1 : i, w});
    sum += w;
  }
  if (problem.exclude_outside || problem.antialias)
    for (auto& [index, w] : found) w /= sum;
  return found;
}

double interpolated(const ResizeProblem& problem, const std::vector<Axis>& axes, const HostTensor& x,
                    const Coordinates& at, Coordinates& from, std::size_t axis) {
  if (axis == axes.size()) return x[static_cast<std::size_t>(test::linear(from, x.shape()))];
  if (!axes[axis].is_resized) {
    from[axis] = at[axis];
    return interpolated(problem, axes, x, at, from, axis + 1);
  }
  double sum = 0;
  for (const auto& [index, weight] : taps(problem, axes[axis], coordinate(problem, axes[axis], at[axis]))) {
    from[axis] = index;
    sum += weight * interpolated(problem, axes, x, at, from, axis + 1);
  }
  return sum;
}

HostTensor reference(const ResizeProblem& problem, const std::vector<Axis>& axes, const HostTensor& x) {
  Coordinates shape;
  for (const Axis& a : axes) shape.push_back(a.m);
  HostTensor y(x.scalar(), shape);
  HostTensor fill(x.scalar(), {1});
  fill.set(0, problem.extrapolation);
  for (std::int64_t i = 0; i < test::count_of(shape); ++i) {
    const Coordinates at = test::coordinates_of(i, shape);
    Coordinates from(at);
    bool outside = false;
    for (std::size_t k = 0; k < axes.size(); ++k) {
      if (!axes[k].is_resized) continue;
      const double c = coordinate(problem, axes[k], at[k]);
      outside = outside || (problem.coordinates == ResizeCoordinates::TfCropAndResize &&
                            (c < 0 || c > static_cast<double>(axes[k].n - 1)));
      const std::int64_t place = nearest(problem.rounding, c);
      from[k] = place < 0 ? 0 : place >= axes[k].n ? axes[k].n - 1 : place;
    }
    const auto to = static_cast<std::size_t>(i);
    if (outside)
      y.set_bits(to, fill.bits(0));
    else if (problem.mode == ResizeMode::Nearest)
      y.set_bits(to, x.bits(static_cast<std::size_t>(test::linear(from, x.shape()))));
    else
      y.set(to, interpolated(problem, axes, x, at, from, 0));
  }
  return y;
}

// The bound of tensor/resize.hpp, with M over all of x, and what storing a narrower type adds: Vulkan rounds to either
// neighbour, which is twice the unit roundoff.
test::Tolerance tolerance(const ResizeProblem& problem, const std::vector<Axis>& axes, const HostTensor& x) {
  double largest = 0, d = 0;
  for (std::size_t i = 0; i < x.size(); ++i) largest = std::max(largest, std::fabs(x[i]));
  for (const Axis& a : axes) d += a.is_resized;
  const double u = 0x1p-24;
  double factor = problem.mode == ResizeMode::Linear ? 18 * d : 150 * d * std::pow(1.4, d - 1);
  if (problem.antialias || problem.exclude_outside) factor = 700 * d * std::pow(1.4, d - 1);
  const double stored = x.scalar() == Scalar::F16 ? 0x1p-10 : x.scalar() == Scalar::BF16 ? 0x1p-7 : 0;
  // The expected value is rounded to the type as well.
  return {factor * u * largest + (x.scalar() == Scalar::F16 ? 0x1p-24 : 0), 2 * stored};
}

void random_resizes(test::Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n));
    test::Given given;
    test::Sizes sizes(random, given);
    ResizeProblem problem;
    problem.mode = static_cast<ResizeMode>(n % 3);
    problem.coordinates = static_cast<ResizeCoordinates>(random.below(6));
    problem.rounding = static_cast<NearestRounding>(random.below(4));
    problem.exclude_outside = random.one_in(3);
    problem.antialias = problem.mode != ResizeMode::Nearest && random.one_in(3);
    problem.cubic_a = random.one_in(2) ? -0.5 : -0.75;
    const bool crops = problem.coordinates == ResizeCoordinates::TfCropAndResize;
    problem.extrapolation = crops ? 7 : 0;
    constexpr Scalar floats[] = {Scalar::F32, Scalar::F16, Scalar::BF16};
    const Scalar scalar =
        problem.mode == ResizeMode::Nearest ? test::any_scalar(random) : floats[random.below(3)];
    const std::size_t rank = 1 + random.below(3);
    std::vector<Axis> axes(rank);
    Coordinates shape(rank);
    const bool by_scale = !crops && random.one_in(3);
    std::size_t resized = 0;
    problem.x.scalar = scalar;
    for (std::size_t i = 0; i < rank; ++i) {
      Axis& a = axes[i];
      shape[i] = a.n = a.m = test::between(random, 1, 8);
      problem.x.shape.push_back(sizes.dimension("n" + std::to_string(i), a.n));
      const bool is_last = i + 1 == rank && resized == 0;
      if (resized == 2 || (!is_last && random.one_in(3))) continue;
      const std::size_t entry = resized++;
      a.is_resized = true;
      problem.axes.push_back(static_cast<std::int64_t>(i));
      if (by_scale) {
        constexpr Fraction scales[] = {{2, 1}, {1, 2}, {3, 5}, {4, 3}, {4, 5}, {1, 3}, {5, 2}};
        a.scale = problem.scales[entry] = scales[random.below(std::size(scales))];
        a.m = a.n * a.scale.numerator / a.scale.denominator;
        if (a.m == 0) {
          a.scale = problem.scales[entry] = {2, 1};
          a.m = 2 * a.n;
        }
      } else {
        a.m = test::between(random, 1, 12);
        a.scale = {a.m, a.n};
        problem.sizes.push_back(sizes.dimension("m" + std::to_string(i), a.m));
      }
      if (crops) {
        a.begin = problem.roi_begin[entry] = {test::between(random, -2, 8), 10};
        a.end = problem.roi_end[entry] = {test::between(random, 3, 12), 10};
      }
    }
    const HostTensor x = given.inputs["x"] = problem.mode == ResizeMode::Nearest
                                                 ? test::random_bits(scalar, shape, random)
                                                 : HostTensor::random(scalar, shape, random, -4, 4);
    const MoveSchedule schedule = test::any_move_schedule(random);
    const test::Tensors found =
        test::run_at(place, [&](const Target& target) { return resize(problem, schedule, target); }, given,
                     {4u << random.below(5), random.next()});
    if (found.empty()) return;
    const HostTensor expected = reference(problem, axes, x);
    CAPTURE(static_cast<int>(problem.mode));
    CAPTURE(static_cast<int>(problem.coordinates));
    if (problem.mode == ResizeMode::Nearest)
      CHECK(test::bit_difference(expected, found.at("y")) == "");
    else
      CHECK(test::difference(expected, found.at("y"), tolerance(problem, axes, x)) == "");
  }
}

}  // namespace

TEST_CASE("resize: random problems in the interpreter") {
  random_resizes(test::Place::Interpreter, test::cases(90));
}
TEST_CASE("resize: random problems in the interpreter, weak target") {
  random_resizes(test::Place::InterpreterWeak, test::cases(45));
}
TEST_CASE("device, resize: random problems") { random_resizes(test::Place::Device, test::cases(24)); }
TEST_CASE("device, resize: random problems, Vulkan 1.0") {
  random_resizes(test::Place::DeviceWeak, test::cases(12));
}
