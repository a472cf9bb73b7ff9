// Pooling: windows, padding, indices and layouts against a reference that counts every element of every window.
#include "run_operation.hpp"

#include <cmath>
#include <limits>

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Reference {
  std::vector<std::int64_t> shape;
  std::vector<double> values, tolerances;
  std::vector<std::int64_t> indices;
};

// g(k) = k u / (1 - k u): Higham, "Accuracy and Stability of Numerical Algorithms", 3.1.
double gamma_of(double k) { return k * 0x1p-24 / (1 - k * 0x1p-24); }

// The windows of an axis, as ONNX's text counts them.
std::int64_t windows(const PoolProblem& p, std::size_t axis, std::int64_t in, std::int64_t& begin,
                     std::int64_t& end) {
  const std::int64_t extent = (std::int64_t{p.kernel[axis]} - 1) * p.dilations[axis] + 1,
                     stride = p.strides[axis];
  if (p.padding == PoolPadding::SameUpper || p.padding == PoolPadding::SameLower) {
    const std::int64_t out = (in + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * stride + extent - in);
    begin = p.padding == PoolPadding::SameUpper ? total / 2 : total - total / 2;
    end = total - begin;
    return out;
  }
  begin = p.pads_begin[axis];
  end = p.pads_end[axis];
  const std::int64_t room = in + begin + end - extent;
  if (!p.ceil_mode || p.padding == PoolPadding::Valid) return room / stride + 1;
  std::int64_t out = (room + stride - 1) / stride + 1;
  if ((out - 1) * stride >= in + begin) --out;
  return out;
}

Reference reference_of(const PoolProblem& p, const std::vector<std::int64_t>& shape, const HostTensor& x) {
  Reference r;
  const std::size_t spatial = shape.size() - 2;
  std::int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1}, begin[3] = {}, end[3] = {}, kernel[3] = {1, 1, 1},
               stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1};
  r.shape = {shape[0], shape[1]};
  for (std::size_t i = 0; i < spatial; ++i) {
    in[i] = shape[i + 2];
    kernel[i] = p.global ? in[i] : p.kernel[i];
    if (!p.global) {
      out[i] = windows(p, i, in[i], begin[i], end[i]);
      stride[i] = p.strides[i];
      dilation[i] = p.dilations[i];
    }
    r.shape.push_back(out[i]);
  }
  for (std::int64_t plane = 0; plane < shape[0] * shape[1]; ++plane)
    for (std::int64_t o0 = 0; o0 < out[0]; ++o0)
      for (std::int64_t o1 = 0; o1 < out[1]; ++o1)
        for (std::int64_t o2 = 0; o2 < out[2]; ++o2) {
          double best = -infinity, sum = 0, magnitudes = 0;
          std::int64_t index = -1, inside = 0, padded = 0;
          for (std::int64_t t0 = 0; t0 < kernel[0]; ++t0)
            for (std::int64_t t1 = 0; t1 < kernel[1]; ++t1)
              for (std::int64_t t2 = 0; t2 < kernel[2]; ++t2) {
                const std::int64_t at[3] = {o0 * stride[0] - begin[0] + t0 * dilation[0],
                                            o1 * stride[1] - begin[1] + t1 * dilation[1],
                                            o2 * stride[2] - begin[2] + t2 * dilation[2]};
                bool is_inside = true, is_padded = true;
                for (int i = 0; i < 3; ++i) {
                  is_inside = is_inside && at[i] >= 0 && at[i] < in[i];
                  is_padded = is_padded && at[i] < in[i] + end[i];
                }
                padded += is_padded;
                if (!is_inside) continue;
                ++inside;
                const std::int64_t row = ((plane * in[0] + at[0]) * in[1] + at[1]) * in[2] + at[2];
                std::int64_t column = plane;
                for (std::size_t i = spatial; i-- > 0;) column = column * in[i] + at[i];
                const double v = x[static_cast<std::size_t>(row)];
                const bool takes = index < 0 || v > best || (std::isnan(v) && !std::isnan(best));
                if (takes) {
                  best = v;
                  index = p.column_major ? column : row;
                }
                sum += p.kind == PoolKind::Average ? v : std::pow(std::fabs(v), p.p);
                magnitudes += std::fabs(v);
              }
          const double divisor = static_cast<double>(p.count_include_pad ? padded : inside);
          const double k = static_cast<double>(inside);
          if (p.kind == PoolKind::Max) {
            r.values.push_back(index < 0 && kernel::is_int(x.scalar()) ? -128.0 : best);
            r.tolerances.push_back(0);
          } else if (p.kind == PoolKind::Average) {
            r.values.push_back(divisor == 0 ? std::nan("") : sum / divisor);
            r.tolerances.push_back(divisor == 0 ? 0 : gamma_of(k + 4) * magnitudes / divisor);
          } else {
            const double norm = std::pow(sum, 1.0 / p.p);
            r.values.push_back(norm);
            // A root other than the square root is a power of 24 ULP, whose exponent is rounded.
            const double root = gamma_of(k + p.p) / p.p + 48 * 0x1p-24 + 0x1p-24 * std::fabs(std::log(norm));
            r.tolerances.push_back(norm == 0 ? 0 : norm * (p.p <= 2 ? gamma_of(k + 10) : root));
          }
          r.indices.push_back(index);
        }
  return r;
}

std::string compare(const Reference& expected, const HostTensor& found) {
  if (found.size() != expected.values.size())
    return std::to_string(expected.values.size()) + " elements expected, " + std::to_string(found.size()) +
           " found";
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double e = expected.values[i], f = found[i];
    if (e == f || (std::isnan(e) && std::isnan(f))) continue;
    // Stored as f16: another rounding.
    const double stored = found.scalar() == Scalar::F16 ? std::fabs(e) * 0x1p-11 + 0x1p-25 : 0;
    if (std::fabs(e - f) <= expected.tolerances[i] + stored) continue;
    return "element " + std::to_string(i) + ": expected " + std::to_string(e) + ", found " +
           std::to_string(f);
  }
  return "";
}
std::string compare_indices(const Reference& expected, const HostTensor& found) {
  if (found.size() != expected.indices.size()) return "another number of indices";
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found.integer(i) != expected.indices[i])
      return "index " + std::to_string(i) + ": expected " + std::to_string(expected.indices[i]) + ", found " +
             std::to_string(found.integer(i));
  return "";
}

// SwiftShader's PackHalf2x16 of an infinity gives a NaN, and changes a bit of the other half: such results say nothing.
bool loses_infinity(test::Place place, const HostTensor& y) {
  Target target;
  return (place == test::Place::Device || place == test::Place::DeviceWeak) && y.scalar() == Scalar::F16 &&
         test::device_target(target) && target.kind == DeviceKind::SwiftShader;
}

// Runs a problem at a place and compares it with the reference. `schedule`: none is the default.
test::Tensors check_pool(test::Place place, const PoolProblem& problem,
                         const std::vector<std::int64_t>& shape, const test::Given& given,
                         const PoolSchedule* schedule = nullptr, test::InterpretSettings settings = {}) {
  const auto make = [&](const Target& target) {
    return schedule ? pool(problem, *schedule, target) : pool(problem, target);
  };
  test::Tensors found = test::run_at(place, make, given, settings);
  if (found.empty()) return found;
  const Reference expected = reference_of(problem, shape, given.inputs.at("x"));
  bool infinite = false;
  for (const double value : expected.values) infinite = infinite || std::isinf(value);
  if (infinite && loses_infinity(place, found.at("y"))) {
    test::skip_once("infinities are not compared: SwiftShader's PackHalf2x16 does not write them as f16");
    return found;
  }
  CHECK(compare(expected, found.at("y")) == "");
  if (problem.indices) CHECK(compare_indices(expected, found.at("indices")) == "");
  return found;
}

PoolProblem problem_of(PoolKind kind, const Shape& shape, Scalar scalar = Scalar::F32) {
  PoolProblem problem;
  problem.kind = kind;
  problem.x = {scalar, shape};
  return problem;
}

void random_pools(test::Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n) * 7919);
    PoolProblem p;
    p.kind = static_cast<PoolKind>(random.below(3));
    const std::size_t spatial = 1 + random.below(3);
    std::vector<std::int64_t> shape;
    test::Given given;
    Shape type;
    for (std::size_t i = 0; i < spatial + 2; ++i) {
      const auto size = static_cast<std::int64_t>(1 + random.below(i < 2 ? 3 : spatial == 3 ? 6 : 12));
      shape.push_back(size);
      Dimension d(size);
      if (random.one_in(3)) {
        const std::string name = "d" + std::to_string(i);
        d = Dimension::parameter(Text(name.c_str()), 16);
        given.sizes.push_back({name, size});
      }
      type.push_back(d);
    }
    p.global = random.one_in(6);
    p.padding = random.one_in(3) ? static_cast<PoolPadding>(random.below(4)) : PoolPadding::Explicit;
    for (std::size_t i = 0; i < spatial; ++i) {
      const auto in = static_cast<std::uint32_t>(shape[i + 2]);
      p.dilations[i] = 1 + static_cast<std::uint32_t>(random.one_in(3) ? random.below(3) : 0);
      p.kernel[i] = 1 + static_cast<std::uint32_t>(random.below(4));
      p.strides[i] = 1 + static_cast<std::uint32_t>(random.below(4));
      if (p.padding == PoolPadding::Explicit) {
        const std::uint32_t most = random.one_in(6) ? 2 * p.kernel[i] + 1 : p.kernel[i];
        p.pads_begin[i] = static_cast<std::uint32_t>(random.below(most));
        p.pads_end[i] = static_cast<std::uint32_t>(random.below(most));
      }
      const bool same = p.padding == PoolPadding::SameUpper || p.padding == PoolPadding::SameLower;
      if (!same && in + p.pads_begin[i] + p.pads_end[i] < (p.kernel[i] - 1) * p.dilations[i] + 1) {
        p.dilations[i] = 1;
        p.kernel[i] = 1 + static_cast<std::uint32_t>(random.below(in));
      }
    }
    p.ceil_mode = random.one_in(2);
    p.count_include_pad = random.one_in(2);
    p.p = 1 + static_cast<std::uint32_t>(random.below(5));
    Scalar scalar = random.one_in(4) ? Scalar::F16 : Scalar::F32;
    if (p.kind == PoolKind::Max) {
      p.indices = random.one_in(2);
      p.column_major = random.one_in(2);
      if (random.one_in(4)) scalar = Scalar::I8;
    }
    p.x = {scalar, type};
    // Few values, so that there are ties.
    given.inputs["x"] = scalar == Scalar::I8 ? HostTensor::random(scalar, shape, random, -128, 127)
                        : p.indices          ? HostTensor::random(Scalar::I32, shape, random, -3, 3)
                                             : HostTensor::random(scalar, shape, random, -8, 8);
    if (p.indices && scalar != Scalar::I8) {
      HostTensor x(scalar, shape);
      for (std::size_t i = 0; i < x.size(); ++i) x.set(i, given.inputs["x"][i]);
      given.inputs["x"] = x;
    }
    PoolSchedule schedule;
    schedule.workgroup = 1u << random.below(8);
    schedule.width = 1 + static_cast<std::uint32_t>(random.below(4));
    schedule.unroll = 1 + static_cast<std::uint32_t>(random.below(12));
    if (random.one_in(2)) schedule.lane_axis = static_cast<std::uint32_t>(random.below(spatial + 2));
    if (p.global && !p.indices && random.one_in(2)) {
      schedule.width = 1;
      schedule.span = 1u << random.below(6);
      schedule.workgroup = schedule.span * (1 + static_cast<std::uint32_t>(random.below(3)));
    }
    check_pool(place, p, shape, given, &schedule, {4u << random.below(5), random.next()});
  }
}

std::string error_of(const Result<void>& result) { return test::message_of(result.error()); }

// One pooling of literal data.
std::vector<double> pooled(test::Place place, PoolProblem problem, std::vector<std::int64_t> shape,
                           const std::vector<double>& x) {
  Shape type;
  for (const std::int64_t d : shape) type.push_back(Dimension(d));
  problem.x.shape = type;
  test::Given given;
  given.inputs["x"] = HostTensor::of(problem.x.scalar, shape, x);
  const test::Tensors found = check_pool(place, problem, shape, given);
  std::vector<double> values;
  if (!found.empty())
    for (std::size_t i = 0; i < found.at("y").size(); ++i) values.push_back(found.at("y")[i]);
  return values;
}
constexpr test::Place interpreter = test::Place::Interpreter;

}  // namespace

TEST_CASE("pool: random problems and schedules in the interpreter") {
  random_pools(test::Place::Interpreter, test::cases(80));
}
TEST_CASE("pool: random problems and schedules in the interpreter, weak target") {
  random_pools(test::Place::InterpreterWeak, test::cases(40));
}
TEST_CASE("device, pool: random problems and schedules") {
  random_pools(test::Place::Device, test::cases(20));
}
TEST_CASE("device, pool: random problems and schedules, Vulkan 1.0") {
  random_pools(test::Place::DeviceWeak, test::cases(10));
}

TEST_CASE("pool: ceil_mode's last window, ONNX's example") {
  PoolProblem p;
  p.kernel[0] = p.kernel[1] = 3;
  p.strides[0] = p.strides[1] = 2;
  p.ceil_mode = true;
  std::vector<double> x;
  for (int i = 1; i <= 16; ++i) x.push_back(i);
  CHECK(pooled(interpreter, p, {1, 1, 4, 4}, x) == std::vector<double>{11, 12, 15, 16});
  p.kind = PoolKind::Average;
  CHECK(pooled(interpreter, p, {1, 1, 4, 4}, x) == std::vector<double>{6, 7.5, 12, 13.5});
}

TEST_CASE("pool: ONNX's maxpool_with_argmax_2d_precomputed_strides, storage_order 1") {
  PoolProblem p = problem_of(PoolKind::Max, {1, 1, 5, 5});
  p.kernel[0] = p.kernel[1] = p.strides[0] = p.strides[1] = 2;
  p.indices = p.column_major = true;
  std::vector<double> x;
  for (int i = 1; i <= 25; ++i) x.push_back(i);
  test::Given given;
  given.inputs["x"] = HostTensor::of(Scalar::F32, {1, 1, 5, 5}, x);
  for (const test::Place place : {test::Place::InterpreterWeak, test::Place::Device}) {
    const test::Tensors found = check_pool(place, p, {1, 1, 5, 5}, given);
    if (found.empty()) continue;
    CHECK(test::difference(HostTensor::of(Scalar::F32, {4}, {7, 9, 17, 19}), found.at("y")) == "");
    CHECK(test::difference(HostTensor::of(Scalar::I64, {4}, {6, 16, 8, 18}), found.at("indices")) == "");
  }
}

TEST_CASE("pool: the same padding in front or behind, ONNX's averagepool_2d_precomputed_same_upper") {
  PoolProblem p;
  p.kind = PoolKind::Average;
  p.kernel[0] = p.kernel[1] = 3;
  p.strides[0] = p.strides[1] = 2;
  p.padding = PoolPadding::SameUpper;
  std::vector<double> x;
  for (int i = 1; i <= 25; ++i) x.push_back(i);
  CHECK(pooled(interpreter, p, {1, 1, 5, 5}, x) ==
        std::vector<double>{4, 5.5, 7, 11.5, 13, 14.5, 19, 20.5, 22});
  PoolProblem q;
  q.kernel[0] = 2;
  q.padding = PoolPadding::SameUpper;
  CHECK(pooled(interpreter, q, {1, 1, 3}, {3, 2, 1}) == std::vector<double>{3, 2, 1});
  q.padding = PoolPadding::SameLower;
  CHECK(pooled(interpreter, q, {1, 1, 3}, {3, 2, 1}) == std::vector<double>{3, 3, 2});
}

TEST_CASE("device, pool: default schedules") {
  for (const test::Place place :
       {test::Place::Device, test::Place::InterpreterWeak, test::Place::Interpreter})
    for (const bool global : {false, true})
      for (int kind = 0; kind < 3; ++kind) {
        PoolProblem p = problem_of(static_cast<PoolKind>(kind), {2, 3, 9, Dimension::parameter("w")});
        p.global = global;
        p.kernel[0] = p.kernel[1] = 3;
        p.pads_begin[0] = p.pads_begin[1] = 1;
        test::Random random(17);
        test::Given given;
        given.sizes.push_back({"w", 14});
        given.inputs["x"] = HostTensor::random(Scalar::F32, {2, 3, 9, 14}, random, -2, 2);
        check_pool(place, p, {2, 3, 9, 14}, given);
      }
}

TEST_CASE("pool: a window that would start behind the tensor is not there") {
  // 2 elements, windows of 1 with a stride of 2: by ceil there would be a second one, at element 2.
  PoolProblem p;
  p.kernel[0] = p.kernel[1] = 1;
  p.strides[0] = p.strides[1] = 2;
  p.ceil_mode = true;
  CHECK(pooled(interpreter, p, {1, 1, 2, 2}, {1, 2, 3, 4}) == std::vector<double>{1});
  // In the padding: 3 elements and 1 of padding at each end; the third window would start at element 3.
  p.kernel[0] = p.kernel[1] = 1;
  PoolProblem q;
  q.kernel[0] = 2;
  q.strides[0] = 2;
  q.pads_begin[0] = q.pads_end[0] = 1;
  q.ceil_mode = true;
  CHECK(pooled(interpreter, q, {1, 1, 3}, {1, 2, 3}) == std::vector<double>{1, 3});
}

TEST_CASE("pool: count_include_pad with ceil_mode does not count what lies behind the padding") {
  PoolProblem p;
  p.kind = PoolKind::Average;
  p.kernel[0] = 3;
  p.strides[0] = 2;
  p.pads_begin[0] = p.pads_end[0] = 1;
  p.ceil_mode = true;
  p.count_include_pad = true;
  // 4 elements, windows at -1, 1 and 3: the last one spans element 3, the padding at 4, and 5, which is nothing.
  CHECK(pooled(interpreter, p, {1, 1, 4}, {3, 6, 9, 12}) == std::vector<double>{3, 9, 6});
  p.count_include_pad = false;
  CHECK(pooled(interpreter, p, {1, 1, 4}, {3, 6, 9, 12}) == std::vector<double>{4.5, 9, 12});
}

TEST_CASE("pool: pads wider than the window") {
  PoolProblem p;
  p.kernel[0] = 2;
  p.pads_begin[0] = p.pads_end[0] = 3;
  p.indices = true;
  const std::vector<double> maxima = {-infinity, -infinity, 5, 5, -infinity, -infinity};
  for (const test::Place place : {test::Place::Interpreter, test::Place::Device})
    if (const std::vector<double> found = pooled(place, p, {1, 1, 1}, {5}); !found.empty())
      CHECK(found == maxima);
  p.indices = false;
  p.kind = PoolKind::Average;
  const std::vector<double> averages = pooled(interpreter, p, {1, 1, 1}, {5});
  REQUIRE(averages.size() == 6);
  CHECK(std::isnan(averages[0]));
  CHECK(averages[2] == 5);
  p.count_include_pad = true;
  CHECK(pooled(interpreter, p, {1, 1, 1}, {5}) == std::vector<double>{0, 0, 2.5, 2.5, 0, 0});
  PoolProblem bytes = problem_of(PoolKind::Max, {}, Scalar::I8);
  bytes.kernel[0] = 1;
  bytes.pads_begin[0] = 1;
  CHECK(pooled(interpreter, bytes, {1, 1, 1}, {5}) == std::vector<double>{-128, 5});
}

TEST_CASE("pool: the norm of zeros is 0, whatever its p") {
  for (const std::uint32_t power : {1u, 2u, 3u, 5u}) {
    PoolProblem p;
    p.kind = PoolKind::Lp;
    p.p = power;
    p.kernel[0] = 2;
    for (const test::Place place : {test::Place::Interpreter, test::Place::Device})
      if (const std::vector<double> found = pooled(place, p, {1, 1, 3}, {0, -0.0, 0}); !found.empty())
        CHECK(found == std::vector<double>{0, 0});
  }
}

TEST_CASE("pool: NaN, infinity and ties") {
  const double nan = std::nan("");
  PoolProblem p;
  p.kernel[0] = 3;
  p.indices = true;
  for (const test::Place place :
       {test::Place::Interpreter, test::Place::InterpreterWeak, test::Place::Device}) {
    const std::vector<double> found =
        pooled(place, p, {1, 1, 9}, {1, nan, 5, nan, 2, 2, -infinity, -infinity, -infinity});
    if (found.empty()) continue;
    CHECK(std::isnan(found[0]));
    CHECK(std::isnan(found[3]));
    CHECK(found[4] == 2);
    CHECK(found[6] == -infinity);
  }
}

TEST_CASE("pool: an empty batch has no workgroups") {
  PoolProblem p = problem_of(PoolKind::Max, {Dimension::parameter("n"), 3, 8, 8});
  p.kernel[0] = p.kernel[1] = 2;
  const Result<Operation> made = pool(p, test::weak_target());
  REQUIRE(made.ok());
  const SizeValue none[] = {{"n", 0}};
  const Result<OperationSizes> sizes = made->resolve(none);
  REQUIRE(sizes.ok());
  CHECK(sizes->groups(0).volume() == 0);
}

TEST_CASE("pool: channels last, with a prologue and an epilogue") {
  for (const test::Place place : {test::Place::Interpreter, test::Place::Device}) {
    const std::int64_t n = 2, c = 6, h = 5, w = 7;
    PoolProblem p = problem_of(PoolKind::Max, {n, c, h, w});
    p.x.strides = {h * w * c, 1, w * c, c};
    p.kernel[0] = p.kernel[1] = 2;
    p.strides[0] = p.strides[1] = 2;
    p.ceil_mode = true;
    Expression& before = p.prologue;
    before.output("scaled", before.primary(Scalar::F32) * before.input("scale", {Scalar::F32, {c, 1, 1}}));
    Expression& after = p.epilogue;
    TensorType last;
    last.strides = {3 * 4 * c, 1, 4 * c, c};
    after.output("z", after.primary(Scalar::F32) + after.input("bias", {Scalar::F32, {c, 1, 1}}), last);
    test::Random random(3);
    test::Given given;
    given.inputs["x"] = HostTensor::random(Scalar::F32, {n, h, w, c}, random, -4, 4);
    given.inputs["scale"] = HostTensor::of(Scalar::F32, {c}, {1, 2, 4, -1, -2, 0.5});
    given.inputs["bias"] = HostTensor::random(Scalar::F32, {c}, random, -1, 1);
    const auto make = [&](const Target& target) { return pool(p, target); };
    CHECK(default_schedule(p, test::weak_target()).lane_axis == 1);
    const test::Tensors found = test::run_at(place, make, given);
    if (found.empty()) continue;
    HostTensor z(Scalar::F32, {n, 3, 4, c});
    for (std::int64_t b = 0; b < n; ++b)
      for (std::int64_t y = 0; y < 3; ++y)
        for (std::int64_t x = 0; x < 4; ++x)
          for (std::int64_t k = 0; k < c; ++k) {
            double best = -infinity;
            for (std::int64_t i = 2 * y; i < std::min(h, 2 * y + 2); ++i)
              for (std::int64_t j = 2 * x; j < std::min(w, 2 * x + 2); ++j)
                best = std::max(best,
                                given.inputs["x"][static_cast<std::size_t>(((b * h + i) * w + j) * c + k)] *
                                    given.inputs["scale"][static_cast<std::size_t>(k)]);
            z.set(static_cast<std::size_t>(((b * 3 + y) * 4 + x) * c + k),
                  best + given.inputs["bias"][static_cast<std::size_t>(k)]);
          }
    CHECK(test::difference(z, found.at("z")) == "");
  }
}

TEST_CASE("pool: what is refused says which rule and by how much") {
  const Target weak = test::weak_target();
  PoolProblem p = problem_of(PoolKind::Max, {1, 1, 4, 4});
  p.kernel[0] = 7;
  p.pads_end[0] = 2;
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: the window spans 7 elements along axis 0, and x with its padding has 6 [InvalidShape]");
  p.kernel[0] = 0;
  CHECK(error_of(legal(p, {}, weak)) == "error: kernel[0] is 0, and has to be 1 to 268435456 [InvalidShape]");
  CHECK(error_of(legal(problem_of(PoolKind::Max, {4, 4}), {}, weak)) ==
        "error: x has 2 axes, and pooling takes [batch, channels, spatial…] with one to three spatial axes "
        "[InvalidShape]");
  CHECK(error_of(legal(problem_of(PoolKind::Average, {1, 1, 4}, Scalar::I8), {}, weak)) ==
        "error: an average or a norm of i8 is not defined; cast it in the prologue [WrongType]");
  p = problem_of(PoolKind::Lp, {1, 1, 4});
  p.p = 0;
  CHECK(error_of(legal(p, {}, weak)) == "error: p is 0, and has to be 1 to 64 [InvalidShape]");
  p.p = 3;
  p.x.scalar = Scalar::F64;
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: p is 3, and powers other than 1 and 2 have no root in f64; cast "
        "to f32 in the prologue [WrongType]");
  p.p = 2;
  CHECK(legal(p, {}, weak).ok());
  p.x.scalar = Scalar::F32;
  p.indices = true;
  CHECK(error_of(legal(p, {}, weak)) == "error: only a maximum has indices [WrongType]");
  p = problem_of(PoolKind::Max, {1, 1, 4});
  p.padding = PoolPadding::SameUpper;
  p.pads_end[0] = 1;
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: pads are given, and the padding is not PoolPadding::Explicit [InvalidShape]");
  p = problem_of(PoolKind::Max, {1, 1, 4});
  p.epilogue.output("x", p.epilogue.primary(Scalar::F32));
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: the output x has the name of an input; name it otherwise [InvalidOperand]");
  p = problem_of(PoolKind::Max, {1, 1, 4});
  p.epilogue.output("z", p.epilogue.primary(Scalar::F32));
  p.epilogue.output("z", p.epilogue.primary(Scalar::F32) * 2);
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: the output z has the name of another output; name it otherwise [InvalidOperand]");
  p = problem_of(PoolKind::Max, {1, 1, 4}, Scalar::I8);
  p.epilogue.output("z", cast(p.epilogue.primary(Scalar::F32), Scalar::F16));
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: the epilogue uses primary value 0 as f32, and it is i32 [WrongType]");
  p = problem_of(PoolKind::Max, {1, 1, 4});
  p.epilogue.output("where", p.epilogue.primary(Scalar::I64, 1));
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: the epilogue uses primary value 1 as i64, which is not there [WrongType]");
  p.indices = true;
  CHECK(legal(p, {}, weak).ok());
  p = problem_of(PoolKind::Max, {1, 1, 4});
  p.indices = true;
  p.prologue.output("v", p.prologue.input("indices", {Scalar::F32, {1}}));
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: the output indices has the name of an input; name it otherwise [InvalidOperand]");
  p = problem_of(PoolKind::Max, {1, 1, 4});
  PoolSchedule schedule;
  schedule.lane_axis = 3;
  CHECK(error_of(legal(p, schedule, weak)) ==
        "error: lane_axis is 3, and has to be 0 to 2 (the output's axes) [IllegalSchedule]");
  schedule = {};
  schedule.width = 5;
  CHECK(error_of(legal(p, schedule, weak)) == "error: width is 5, and has to be 1 to 4 [IllegalSchedule]");
  p = problem_of(PoolKind::Max, {1, 1, 300, 300});
  p.global = true;
  Target old = weak;
  old.max_loop_iterations = 65535;
  CHECK(legal(p, {}, old).error().code == ErrorCode::IllegalSchedule);
  CHECK(legal(p, default_schedule(p, old), old).ok());
  schedule = {};
  schedule.span = 24;
  CHECK(error_of(legal(p, schedule, weak)) ==
        "error: span is 24, and has to divide the workgroup, 64 [IllegalSchedule]");
  schedule.span = 16;
  schedule.width = 2;
  CHECK(error_of(legal(p, schedule, weak)) == "error: span is 16, and has to be 1 but for a global pool "
                                              "without indices and a width of 1 [IllegalSchedule]");
  CHECK(legal(p, {}, weak).ok());
}
