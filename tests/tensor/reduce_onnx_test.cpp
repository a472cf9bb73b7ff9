// ONNX's corner cases of reductions, by name; rows longer than a driver's loops; what is refused.
#include "reduce_reference.hpp"
#include "run_operation.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;
using test::infinity;

namespace {

const double nan_value = std::numeric_limits<double>::quiet_NaN();

// Ways to reduce a row of any length: by one invocation, by a workgroup, in parts, by lanes' own results, across.
const ReduceSchedule ways[] = {
    {32, 1, false, 1, 1, 0, 0, false, true},  {32, 1, false, 4, 2, 2, 0, false, true},
    {32, 32, false, 2, 1, 0, 0, false, true}, {32, 4, false, 1, 1, 0, 8, false, true},
    {32, 8, false, 1, 2, 0, 16, true, true},  {32, 4, true, 1, 2, 0, 0, false, true},
    {32, 1, true, 2, 1, 3, 4, false, true},
};

// Empty: skipped, where there is no device, or failed.
HostTensor reduce_once(test::Place place, const ReduceProblem& p, const ReduceSchedule& s,
                       const HostTensor& x, const test::Given& more = {}) {
  test::Given given = more;
  given.inputs["x"] = x;
  const test::Tensors found = test::run_at(
      place, [&](const Target& target) { return reduce(p, s, target); }, given);
  if (found.empty()) return HostTensor();
  const auto y = found.find("y");
  REQUIRE(y != found.end());
  return y->second;
}

// Both columns of [row, row] reduced in every way, in the interpreter and (one way) on the device: all are `expected`.
void check_row(ReduceKind kind, Scalar scalar, const std::vector<double>& row, double expected,
               bool select_last = false, Scalar result = Scalar::Void) {
  CAPTURE(std::string(to_string(kind)));
  ReduceProblem p;
  p.kind = kind;
  p.x.scalar = scalar;
  p.x.shape = {static_cast<std::int64_t>(row.size()), 2};
  p.axes = {0};
  p.select_last_index = select_last;
  if (result != Scalar::Void) p.index = result;
  HostTensor x(scalar, {static_cast<std::int64_t>(row.size()), 2});
  for (std::size_t i = 0; i < row.size(); ++i)
    for (std::size_t column = 0; column < 2; ++column) x.set(2 * i + column, row[i]);
  const auto check = [&](test::Place place, const ReduceSchedule& s) {
    CAPTURE(s.lanes);
    CAPTURE(s.across);
    CAPTURE(s.part);
    CAPTURE(static_cast<int>(place));
    const HostTensor y = reduce_once(place, p, s, x);
    if (place == test::Place::Device && y.size() == 0) return;
    CHECK(y.size() == 2);
    for (std::size_t i = 0; i < y.size(); ++i)
      CHECK_MESSAGE((y[i] == expected || (std::isnan(y[i]) && std::isnan(expected))), "expected ", expected,
                    ", found ", y[i]);
  };
  for (const ReduceSchedule& s : ways) check(test::Place::Interpreter, s);
  check(test::Place::InterpreterWeak, ways[0]);
  check(test::Place::Device, ways[1]);
}

// Of no elements, with the size a literal and of run time.
void check_empty(ReduceKind kind, Scalar scalar, double expected) {
  check_row(kind, scalar, {}, expected);
  ReduceProblem p;
  p.kind = kind;
  p.x.scalar = scalar;
  p.x.shape = {2, Dimension::parameter("n", 4096)};
  p.axes = {1};
  test::Given given;
  given.sizes = {{"n", 0}};
  for (const ReduceSchedule& s : ways) {
    const HostTensor y = reduce_once(test::Place::Interpreter, p, s, HostTensor(scalar, {2, 0}), given);
    CHECK(y.size() == 2);
    for (std::size_t i = 0; i < y.size(); ++i)
      CHECK((y[i] == expected || (std::isnan(y[i]) && std::isnan(expected))));
  }
}

}  // namespace

TEST_CASE("reduce, ONNX: the sum of nothing is 0, the product 1") {
  check_empty(ReduceKind::Sum, Scalar::F32, 0);
  check_empty(ReduceKind::L1, Scalar::F16, 0);
  check_empty(ReduceKind::L2, Scalar::F32, 0);
  check_empty(ReduceKind::SumSquare, Scalar::I32, 0);
  check_empty(ReduceKind::Prod, Scalar::F32, 1);
  check_empty(ReduceKind::Prod, Scalar::I64, 1);
}
TEST_CASE("reduce, ONNX: the least of nothing is +infinity or the type's largest, the greatest the reverse") {
  check_empty(ReduceKind::Min, Scalar::F32, infinity);
  check_empty(ReduceKind::Max, Scalar::F32, -infinity);
  check_empty(ReduceKind::Min, Scalar::I8, 127);
  check_empty(ReduceKind::Max, Scalar::I8, -128);
  check_empty(ReduceKind::Min, Scalar::U8, 255);
  check_empty(ReduceKind::Max, Scalar::U32, 0);
  check_empty(ReduceKind::Min, Scalar::I32, 2147483647);
  check_empty(ReduceKind::Max, Scalar::F16, -infinity);
}
TEST_CASE("reduce, ONNX: the mean of nothing is NaN, of integers 0") {
  check_empty(ReduceKind::Mean, Scalar::F32, nan_value);
  check_empty(ReduceKind::Mean, Scalar::I32, 0);
}
TEST_CASE("reduce, ONNX: log-sum and log-sum-exp of nothing are -infinity") {
  check_empty(ReduceKind::LogSum, Scalar::F32, -infinity);
  check_empty(ReduceKind::LogSumExp, Scalar::F32, -infinity);
}
TEST_CASE("reduce, ONNX: all of nothing are true, and none is any") {
  check_empty(ReduceKind::All, Scalar::Boolean, 1);
  check_empty(ReduceKind::Any, Scalar::Boolean, 0);
}
TEST_CASE("reduce, ONNX: log-sum-exp of large and of small numbers") {
  check_row(ReduceKind::LogSumExp, Scalar::F32, {30000, -30000}, 30000);
  check_row(ReduceKind::LogSumExp, Scalar::F32, {-30000, -60000, -90000}, -30000);
  check_row(ReduceKind::LogSumExp, Scalar::F32, {-infinity, 7, -infinity}, 7);
  check_row(ReduceKind::LogSumExp, Scalar::F32, {-infinity, -infinity}, -infinity);
  check_row(ReduceKind::LogSumExp, Scalar::F32, {infinity, 1, infinity, -infinity}, infinity);
  check_row(ReduceKind::LogSumExp, Scalar::F32, {infinity, nan_value, 3}, nan_value);
}
TEST_CASE("reduce, ONNX: min and max of a NaN are NaN, wherever it is") {
  for (const ReduceKind kind : {ReduceKind::Min, ReduceKind::Max}) {
    check_row(kind, Scalar::F32, {nan_value, 1, 2}, nan_value);
    check_row(kind, Scalar::F32, {1, nan_value, infinity, -infinity}, nan_value);
    check_row(kind, Scalar::F32, {1, 2, 3, 4, 5, 6, 7, 8, nan_value}, nan_value);
    check_row(kind, Scalar::F16, {1, 2, nan_value}, nan_value);
  }
  check_row(ReduceKind::Sum, Scalar::F32, {infinity, -infinity}, nan_value);
}
TEST_CASE("reduce, ONNX: arg-max and arg-min give the first of equal elements, or the last") {
  check_row(ReduceKind::ArgMax, Scalar::F32, {2, 5, 1, 5, 5, 0}, 1);
  check_row(ReduceKind::ArgMax, Scalar::F32, {2, 5, 1, 5, 5, 0}, 4, true);
  check_row(ReduceKind::ArgMin, Scalar::I32, {2, -5, 1, -5, 5, 0}, 1, false, Scalar::I32);
  check_row(ReduceKind::ArgMin, Scalar::I32, {2, -5, 1, -5, 5, 0}, 3, true, Scalar::I32);
  check_row(ReduceKind::ArgMax, Scalar::F32, {-0.0, 0.0, -0.0}, 0);
  check_row(ReduceKind::ArgMax, Scalar::F32, {0.0, -0.0, 0.0}, 2, true);
  check_row(ReduceKind::ArgMin, Scalar::F32, {-1, -2, -0.5, -infinity}, 3);
  check_row(ReduceKind::ArgMax, Scalar::U8, {255, 254, 255}, 0);
  check_row(ReduceKind::ArgMax, Scalar::I64, {-9007199254740992, -9007199254740991}, 1);
}
TEST_CASE("reduce, ONNX: the index of all elements alike, and of the type's own extremes") {
  check_row(ReduceKind::ArgMax, Scalar::F32, {-infinity, -infinity, -infinity}, 0);
  check_row(ReduceKind::ArgMax, Scalar::F32, {-infinity, -infinity, -infinity}, 2, true);
  check_row(ReduceKind::ArgMax, Scalar::I32, {-2147483648.0, -2147483648.0}, 0);
  check_row(ReduceKind::ArgMin, Scalar::I32, {2147483647, 2147483647}, 1, true);
  check_row(ReduceKind::ArgMax, Scalar::U32, {0, 0, 0, 0, 0}, 0);
}
TEST_CASE("reduce, numpy: a NaN is the index, the first or the last one") {
  check_row(ReduceKind::ArgMax, Scalar::F32, {1, nan_value, infinity, nan_value}, 1);
  check_row(ReduceKind::ArgMax, Scalar::F32, {1, nan_value, infinity, nan_value}, 3, true);
  check_row(ReduceKind::ArgMin, Scalar::F32, {-infinity, nan_value, 2}, 1);
}
TEST_CASE("reduce, ONNX: the mean of integers is truncated") {
  check_row(ReduceKind::Mean, Scalar::I32, {-1, -2, 0, -4}, -1);
  check_row(ReduceKind::Mean, Scalar::I32, {7, 8}, 7);
  check_row(ReduceKind::Mean, Scalar::U32, {7, 8}, 7);
  check_row(ReduceKind::Mean, Scalar::I64, {-7, -8}, -7);
}
TEST_CASE("reduce, ONNX: integers wrap") {
  check_row(ReduceKind::Sum, Scalar::I32, {2147483647, 1}, -2147483648.0);
  check_row(ReduceKind::Sum, Scalar::U32, {4294967295, 2}, 1);
  check_row(ReduceKind::Prod, Scalar::I32, {65536, 65536}, 0);
  check_row(ReduceKind::SumSquare, Scalar::I32, {65537, 0}, 131073);
  check_row(ReduceKind::Sum, Scalar::I64, {9007199254740992, 9007199254740992, -1}, 18014398509481983.0);
  check_row(ReduceKind::Sum, Scalar::I8, {100, 100}, -56);
  check_row(ReduceKind::Sum, Scalar::U8, {200, 100}, 44);
  check_row(ReduceKind::L1, Scalar::I32, {-2147483648.0, 0}, -2147483648.0);
}
TEST_CASE("reduce, ONNX: Booleans: max is any, min is all") {
  check_row(ReduceKind::Max, Scalar::Boolean, {0, 1, 0}, 1);
  check_row(ReduceKind::Min, Scalar::Boolean, {0, 1, 0}, 0);
  check_row(ReduceKind::All, Scalar::Boolean, {1, 1, 1}, 1);
  check_row(ReduceKind::Any, Scalar::Boolean, {0, 0}, 0);
}

TEST_CASE("reduce, ONNX: negative axes, keepdims and axes that are left out") {
  const Result<std::uint32_t> mask = axis_mask({-1, 0}, 3);
  REQUIRE(mask.ok());
  CHECK(*mask == 5u);
  CHECK(test::message_of(axis_mask({3}, 3).error()) ==
        "error: axis 3 is not one of the 3 axes of the tensor [InvalidShape]");
  CHECK(test::message_of(axis_mask({-4}, 3).error()) ==
        "error: axis -4 is not one of the 3 axes of the tensor [InvalidShape]");
  CHECK(test::message_of(axis_mask({1, -2}, 3).error()) == "error: axis -2 is named twice [InvalidShape]");
  HostTensor x = HostTensor::of(Scalar::F32, {2, 3}, {1, 2, 3, 4, 5, 6});
  ReduceProblem p;
  p.x.shape = {2, 3};
  const auto y_shape = [&] {
    // The result's axes are those of an output that says them.
    ReduceProblem stated = p;
    TensorType type;
    type.shape = p.keepdims ? Shape{2, 1} : Shape{2};
    stated.epilogue.output("y", stated.epilogue.primary(Scalar::F32), type);
    return reduce_once(test::Place::InterpreterWeak, stated, ways[0], x);
  };
  p.axes = {-1};
  for (const bool keepdims : {true, false}) {
    p.keepdims = keepdims;
    const HostTensor y = y_shape();
    REQUIRE(y.size() == 2);
    CHECK(y[0] == 6);
    CHECK(y[1] == 15);
  }
  p.axes = {};
  for (const bool keepdims : {true, false}) {
    p.keepdims = keepdims;
    const HostTensor all = reduce_once(test::Place::InterpreterWeak, p, ways[0], x);
    REQUIRE(all.size() == 1);
    CHECK(all[0] == 21);
  }
  // No axes and noop_with_empty_axes: nothing is added up, but squares are taken all the same.
  p.noop_with_empty_axes = true;
  p.kind = ReduceKind::SumSquare;
  for (const ReduceSchedule& s : {ways[0], ways[2], ways[3]}) {
    const HostTensor squares = reduce_once(test::Place::InterpreterWeak, p, s, x);
    REQUIRE(squares.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) CHECK(squares[i] == x[i] * x[i]);
  }
  p.x.shape = {};  // a scalar
  p.noop_with_empty_axes = false;
  const HostTensor one =
      reduce_once(test::Place::InterpreterWeak, p, ways[0], HostTensor::of(Scalar::F32, {}, {3}));
  REQUIRE(one.size() == 1);
  CHECK(one[0] == 9);
}

TEST_CASE("device, reduce: rows longer than a driver's loops") {
  // llvmpipe before Mesa 23 stops an invocation after 65,535 iterations, without a word.
  for (const bool parameter : {false, true})
    for (const std::int64_t n : {65535, 65536, 300007}) {
      CAPTURE(n);
      CAPTURE(parameter);
      ReduceProblem p;
      p.x.shape = {parameter ? Dimension::parameter("n") : Dimension(n), 3};
      p.axes = {0};
      test::Given given;
      if (parameter) given.sizes = {{"n", n}};
      given.inputs["x"] = HostTensor(Scalar::F32, {n, 3});
      for (std::size_t i = 0; i < given.inputs["x"].size(); ++i)
        given.inputs["x"].set(i, static_cast<double>(i % 3));
      const test::Tensors found = test::run_at(
          test::Place::Device, [&](const Target& t) { return reduce(p, t); }, given);
      if (found.empty()) return;
      for (std::size_t i = 0; i < 3; ++i)
        CHECK(found.at("y")[i] == static_cast<double>(i) * static_cast<double>(n));
    }
}
TEST_CASE("device, reduce: the error of a long sum is that of its depth, not of its length") {
  const std::int64_t n = 1 << 20;
  ReduceProblem p;
  p.x.shape = {1, n};
  p.axes = {1};
  test::Given given;
  test::Random random(test::seed_of_run());
  given.inputs["x"] = HostTensor::random(Scalar::F32, {n}, random, 0, 1);
  double sum = 0, depth = 0;
  for (std::size_t i = 0; i < given.inputs["x"].size(); ++i) sum += given.inputs["x"][i];
  const test::Tensors found = test::run_at(
      test::Place::Device,
      [&](const Target& t) {
        const ReduceSchedule s = default_schedule(p, t);
        depth = static_cast<double>(reduce_depth(p, s, t));
        return reduce(p, s, t);
      },
      given);
  if (found.empty()) return;
  CHECK(depth < 1000);
  CHECK(std::fabs(found.at("y")[0] - sum) <= test::gamma(depth) * sum);
}

TEST_CASE("reduce: more than 65,535 results' workgroups") {
  const std::int64_t n = 70001;
  ReduceProblem p;
  p.x.shape = {n, 2};
  p.axes = {1};
  HostTensor x(Scalar::F32, {n, 2});
  for (std::size_t i = 0; i < x.size(); ++i) x.set(i, static_cast<double>(i));
  const ReduceSchedule s = {1, 1, false, 1, 1, 0, 0, false, true};
  const HostTensor y = reduce_once(test::Place::Device, p, s, x);
  if (y.size() == 0) return;
  CHECK(y.size() == static_cast<std::size_t>(n));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < y.size(); ++i) wrong += y[i] != 4.0 * static_cast<double>(i) + 1;
  CHECK(wrong == 0);
}

TEST_CASE("reduce: a prologue reads another tensor and knows where it is, an epilogue has several outputs") {
  ReduceProblem p;
  p.kind = ReduceKind::ArgMax;
  p.x.shape = {3, 5};
  p.axes = {1};
  p.keepdims = false;
  Expression& before = p.prologue;
  before.output("v", before.primary(Scalar::F32) * before.input("scale", {Scalar::F32, {5}}) +
                         cast(before.coordinate(0), Scalar::F32));
  Expression& after = p.epilogue;
  after.output("where", after.primary(Scalar::I64));
  after.output("largest", after.primary(Scalar::F32, 1) - after.input("bias", {Scalar::F32, {3}}));
  test::Given given;
  given.inputs["x"] = HostTensor::of(Scalar::F32, {3, 5}, {1, 2, 3, 4, 5, 5, 4, 3, 2, 1, -1, -2, -3, -4, -5});
  given.inputs["scale"] = HostTensor::of(Scalar::F32, {5}, {1, 3, 1, 1, 1});
  given.inputs["bias"] = HostTensor::of(Scalar::F32, {3}, {1, 2, 3});
  for (const ReduceSchedule& s : {ways[0], ways[1], ways[2], ways[3], ways[4]}) {
    const test::Tensors found = test::run_at(
        test::Place::Interpreter, [&](const Target& t) { return reduce(p, s, t); }, given);
    if (found.empty()) return;
    // Rows: 1 6 3 4 5; 6 13 4 3 2; 1 -4 -1 -2 -3.
    CHECK(test::difference(HostTensor::of(Scalar::I64, {3}, {1, 1, 0}), found.at("where")) == "");
    CHECK(test::difference(HostTensor::of(Scalar::F32, {3}, {5, 11, -2}), found.at("largest")) == "");
  }
}

TEST_CASE("reduce: what is refused says which rule and by how much") {
  const Target weak = test::weak_target();
  const auto error = [&](const ReduceProblem& p, const ReduceSchedule& s) {
    return test::message_of(legal(p, s, weak).error());
  };
  ReduceProblem p;
  p.x.shape = {6, 100};
  p.axes = {1};
  CHECK(error(p, {48, 5}) == "error: the workgroup of 48 does not divide into 5 lanes [IllegalSchedule]");
  CHECK(error(p, {32, 64}) == "error: lanes is 64, and has to be 1 to 32 (the workgroup) [IllegalSchedule]");
  CHECK(error(p, {32, 1, false, 3}) ==
        "error: width is 3, and vectors have 1, 2 or 4 elements [IllegalSchedule]");
  CHECK(error(p, {32, 1, true, 4}) == "error: results are computed 4 at a time, and the last axis that stays "
                                      "is not known to be a multiple of that "
                                      "[IllegalSchedule]");
  CHECK(
      error(p, {32, 4, false, 2, 2, 0, 24}) ==
      "error: a part is 24 elements, and has to be a multiple of the 16 of a round (lanes * unroll * width) "
      "[IllegalSchedule]");
  CHECK(error(p, {32, 4, true, 2, 2, 0, 12}) ==
        "error: a part is 12 elements, and has to be a multiple of the 8 of a round (lanes * unroll) "
        "[IllegalSchedule]");
  CHECK(error(p, {128, 128, false, 1, 17}) == "error: unroll is 17, and has to be 1 to 16 [IllegalSchedule]");
  Target small = weak;
  small.max_shared_memory = 256;
  CHECK(test::message_of(legal(p, {128, 128}, small).error()) ==
        "error: the workgroup's states take 512 bytes of its memory, and there are 256 "
        "(maxComputeSharedMemorySize) "
        "[IllegalSchedule]");
  Target limited = weak;
  limited.max_loop_iterations = 65535;
  ReduceProblem endless = p;
  endless.x.shape = {6, 70000};
  CHECK(test::message_of(legal(endless, {32, 1}, limited).error()) ==
        "error: an invocation goes round its loops 70000 times, and the driver stops after 65535; make "
        "parts, or more "
        "lanes [IllegalSchedule]");
  p.kind = ReduceKind::LogSumExp;
  p.x.scalar = Scalar::I32;
  CHECK(error(p, {}) ==
        "error: log_sum_exp does not take elements of i32; cast them in the prologue [WrongType]");
  p.prologue.output("v", cast(p.prologue.primary(Scalar::I32), Scalar::F32));
  CHECK(legal(p, {}, weak).ok());
  p.epilogue.output("y", p.epilogue.primary(Scalar::I32));
  CHECK(error(p, {}) == "error: the epilogue uses primary value 0 as i32, and it is f32 [WrongType]");
  ReduceProblem none;
  none.kind = ReduceKind::ArgMax;
  none.x.shape = {3, 0};
  none.axes = {1};
  CHECK(error(none, {}) == "error: an axis of no elements has no least or largest one [InvalidShape]");
  none.index = Scalar::F32;
  CHECK(error(none, {}) == "error: indices are i32 or i64 [WrongType]");
  ReduceProblem named;
  named.x.shape = {4};
  named.epilogue.output("reduce_partial_0", named.epilogue.primary(Scalar::F32));
  CHECK(error(named, {}) == "error: the output reduce_partial_0 has the name of another operand of the "
                            "operation; name it otherwise [InvalidOperand]");
  // In two steps too, where one reads and the other writes.
  ReduceProblem reads_y;
  reads_y.x.shape = {64};
  reads_y.prologue.output("v", reads_y.prologue.primary(Scalar::F32) *
                                   reads_y.prologue.input("y", {Scalar::F32, {64}}));
  for (const std::uint32_t part : {0u, 8u})
    CHECK(error(reads_y, {8, 4, false, 1, 1, 0, part}) ==
          "error: the output y has the name of an input; name it otherwise [InvalidOperand]");
  ReduceProblem reads_partial;
  reads_partial.x.shape = {64};
  reads_partial.prologue.output("v", reads_partial.prologue.input("reduce_partial_0", {Scalar::F32, {64}}));
  CHECK(error(reads_partial, {}) ==
        "error: the input reduce_partial_0 has the name of another operand of the "
        "operation; name it otherwise [InvalidOperand]");
  ReduceProblem twice;
  twice.x.shape = {4};
  twice.epilogue.output("z", twice.epilogue.primary(Scalar::F32));
  twice.epilogue.output("z", twice.epilogue.primary(Scalar::F32));
  CHECK(error(twice, {}) ==
        "error: the output z has the name of another output; name it otherwise [InvalidOperand]");
  const Result<Operation> refused = reduce(named, weak);
  CHECK(refused.error().where.line != 0);
}
