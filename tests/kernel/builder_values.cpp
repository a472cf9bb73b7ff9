// Values, variables and places of the typed builder: what they do where C++ alone does not say.
#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace airstrip::kernel;

TEST_CASE("builder: an empty value is an error where it is used, not a zero") {
  const auto error_of = [](auto use) {
    const Kernel kernel = make_kernel("empty", {.workgroup = {8}}, [&](KernelBuilder& k) {
      use(k, k.output<f32>("y"), k.output<f32x2>("z"), k.local_index());
    });
    return kernel.error().code;
  };
  using airstrip::ErrorCode;
  CHECK(error_of([](KernelBuilder& k, auto y, auto, auto i) { y[i] = k.constant<f32>(1); }) == ErrorCode::Ok);
  CHECK(error_of([](KernelBuilder&, auto y, auto, auto i) { y[i] = Value<f32>(); }) == ErrorCode::EmptyId);
  CHECK(error_of([](KernelBuilder& k, auto y, auto, auto i) { y[i] = k.constant<f32>(1) + Value<f32>(); }) ==
        ErrorCode::EmptyId);
  CHECK(error_of([](KernelBuilder& k, auto y, auto, auto i) { y[i] = Value<f32>() + k.constant<f32>(1); }) ==
        ErrorCode::EmptyId);
  // A scalar that stands for all components.
  CHECK(error_of([](KernelBuilder&, auto, auto z, auto i) { z[i] = Value<f32>(); }) == ErrorCode::EmptyId);
}

TEST_CASE("builder: a constant variable or place is a constant name, and can be assigned in every form") {
  const Kernel kernel = make_kernel("assign", {.workgroup = {4}}, [](KernelBuilder& k) {
    const auto y = k.inout<u32>("y");
    const auto sum = k.var<u32>(1);
    const auto place = y[k.local_index()];
    sum += 2;
    sum *= 3;
    place <<= 1;
    place += sum;
  });
  REQUIRE(kernel.ok());
  std::vector<u32> y = {0, 1, 2, 3};
  Resources resources;
  resources.bind("y", y);
  const airstrip::Result<Report> report = interpret(kernel, {{1}}, resources);
  REQUIRE(report.ok());
  CHECK(report->clean());
  CHECK(y == std::vector<u32>{9, 11, 13, 15});
}

TEST_CASE("builder: a dispatch of some dimensions has one workgroup in the others") {
  const Kernel kernel =
      make_kernel("count", {.workgroup = {4}}, [](KernelBuilder& k) { atomic_add(k.inout<u32>("y")[0], 1); });
  REQUIRE(kernel.ok());
  std::vector<u32> y = {0};
  Resources resources;
  resources.bind("y", y);
  REQUIRE(interpret(kernel, {{3}}, resources).ok());
  CHECK(y[0] == 12);
  REQUIRE(interpret(kernel, {{3, 2}}, resources).ok());
  CHECK(y[0] == 12 + 24);
}

TEST_CASE("builder: loops take bounds and steps that are values or C++ numbers, in every mixture") {
  const Kernel kernel = make_kernel("loops", {.workgroup = {1}}, [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");
    const auto y = k.inout<u32>("y");
    const auto count = [&](std::uint32_t at) { return [=](Value<u32> i) { y[at] += i; }; };
    k.for_(0, 10, count(0));
    k.for_(0, 10, 4, count(1));
    k.for_(0, n, count(2));
    k.for_(0, n, 4, count(3));
    k.for_(n - 8, 10, count(4));
    k.for_(n - 8, 10, n - 6, count(5));
    k.for_(0, 10, 4, count(6), LoopHint::Unroll);
    k.for_range<i32>(9, -1, -4, [&](Value<i32> i) { y[7] += convert<u32>(i); });
  });
  INFO(std::string(kernel.error().to_string()));
  REQUIRE(kernel.ok());
  std::vector<u32> y(8);
  Resources resources;
  resources.bind("y", airstrip::Span<u32>(y));
  resources.set("n", u32{10});
  const auto report = interpret(kernel, {{1, 1, 1}}, resources);
  INFO(std::string(report ? report->to_string() : report.error().to_string()));
  REQUIRE(report.ok());
  CHECK(report->clean());
  CHECK(y == std::vector<u32>{45, 12, 45, 12, 44, 8, 12, 15});
}
