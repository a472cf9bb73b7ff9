// Short names for the interpreter's tests: kernels are built with the dynamic builder.
#pragma once

#include <airstrip/kernel/dynamic_builder.hpp>
#include <airstrip/kernel/interpret.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace interpret_test {

using namespace airstrip;
using namespace airstrip::kernel;

inline const Type u32_type(Scalar::U32), i32_type(Scalar::I32), f32_type(Scalar::F32),
    bool_type(Scalar::Boolean);

/// A builder with the places and values that most kernels need.
struct Build : DynamicBuilder {
  explicit Build(std::uint32_t x = 64, std::uint32_t y = 1, const SubgroupReliance& reliance = {})
      : DynamicBuilder("test", options_for(x, y, reliance)) {}
  static KernelOptions options_for(std::uint32_t x, std::uint32_t y, const SubgroupReliance& reliance) {
    KernelOptions options;
    options.workgroup.x = x;
    options.workgroup.y = y;
    options.subgroup = reliance;
    return options;
  }

  AnyValue u(std::uint32_t v) { return constant_bits(u32_type, v); }
  AnyValue i(std::int32_t v) { return constant_int(i32_type, v); }
  AnyValue f(double v) { return constant_float(f32_type, v); }
  AnyValue global(unsigned c = 0) { return builtin(BuiltIn::GlobalInvocationId).component(c); }
  AnyValue local(unsigned c = 0) { return builtin(BuiltIn::LocalInvocationId).component(c); }
  AnyValue group(unsigned c = 0) { return builtin(BuiltIn::WorkgroupId).component(c); }
  AnyValue lane() { return builtin(BuiltIn::SubgroupInvocationId); }
  AnyValue op(Op op, AnyValue a, SourceLocation at = SourceLocation::current()) { return apply(op, a, at); }
  AnyValue op(Op op, AnyValue a, AnyValue b, SourceLocation at = SourceLocation::current()) {
    return apply(op, a, b, at);
  }
  AnyValue op3(Op op, AnyValue a, AnyValue b, AnyValue c, SourceLocation at = SourceLocation::current()) {
    const AnyValue operands[3] = {a, b, c};
    return apply(op, operands, 0, at);
  }
  AnyValue add(AnyValue a, AnyValue b) { return apply(Op::Add, a, b); }
  AnyValue mul(AnyValue a, AnyValue b) { return apply(Op::Mul, a, b); }
  AnyValue less(AnyValue a, AnyValue b) { return apply(Op::Less, a, b); }
  AnyValue equal(AnyValue a, AnyValue b) { return apply(Op::Equal, a, b); }

  std::uint32_t buffer(Access access, Type element, Text name) {
    return add_buffer(access, element, element.size(), name);
  }
  std::uint32_t shared(Type element, std::uint32_t count, Text name) {
    return add_array(ResourceKind::Workgroup, element, count, name);
  }
  Place at(std::uint32_t resource, AnyValue index) {
    Place place;
    place.builder = this;
    place.resource = resource;
    place.stride = kernel().resource(resource).stride;
    place.index = index;
    return place;
  }
  AnyValue get(std::uint32_t resource, AnyValue index, SourceLocation where = SourceLocation::current()) {
    return load(at(resource, index), kernel().resource(resource).element, where);
  }
  void put(std::uint32_t resource, AnyValue index, AnyValue value,
           SourceLocation where = SourceLocation::current()) {
    store(at(resource, index), value, where);
  }
};

/// Runs a kernel and says what went wrong, if anything did.
inline Report run(const Kernel& kernel, const Dispatch& dispatch, const Resources& resources,
                  const InterpretOptions& options = {}) {
  INFO("kernel: ", std::string(kernel.error().message));
  REQUIRE(kernel.ok());
  Result<Report> result = interpret(kernel, dispatch, resources, options);
  INFO("interpreter: ", std::string(result.error().message));
  REQUIRE(result.ok());
  return static_cast<Report&&>(*result);
}
inline std::string text_of(const Report& report) { return std::string(report.to_string()); }

/// The number of the line that follows, to name it in an expectation.
#define LINE_BELOW (__LINE__ + 1)

}  // namespace interpret_test
