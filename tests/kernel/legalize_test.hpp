// What the tests of legalisation share: a kernel and its legalised form run on the same bytes and have to agree.
#pragma once

#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/legalize.hpp>
#include <airstrip/kernel/passes.hpp>

#include "pass_test.hpp"

#include <cstring>
#include <functional>
#include <initializer_list>
#include <vector>

namespace legalize_test {

using namespace test;

using Bytes = std::vector<std::uint8_t>;

/// A seeded generator (S. Vigna's splitmix64).
struct Values {
  std::uint64_t state;
  std::uint64_t operator()() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
};

/// Buffers by name, bound to both runs; sizes are multiples of 4.
struct Bound {
  const char* name;
  Bytes bytes;
};

struct Setup {
  std::vector<Bound> buffers;
  std::uint32_t groups = 1;
  std::function<void(Resources&, bool)> values = {};  // parameters; true: of the legalised kernel
  std::uint32_t subgroup_size = 32;
};

inline Bytes bytes_of(const std::vector<std::uint64_t>& values, Type type) {
  const std::size_t size = type.width() / 8;
  Bytes bytes((values.size() * size + 3) / 4 * 4);
  for (std::size_t i = 0; i < values.size(); ++i) std::memcpy(bytes.data() + i * size, &values[i], size);
  return bytes;
}

inline std::vector<Bytes> run(const Kernel& kernel, const Setup& setup, bool legal) {
  std::vector<Bytes> results;
  for (const Bound& bound : setup.buffers) results.push_back(bound.bytes);
  Resources resources;
  for (std::size_t i = 0; i < results.size(); ++i)
    resources.bind(setup.buffers[i].name, results[i].data(), results[i].size());
  if (setup.values) setup.values(resources, legal);
  Dispatch dispatch;
  dispatch.groups[0] = setup.groups;
  InterpretOptions options;
  options.subgroup_size = setup.subgroup_size;
  Result<Report> report = interpret(kernel, dispatch, resources, options);
  const std::string error(report.error().message);
  INFO("interpreter: ", error);
  REQUIRE(report.ok());
  const std::string findings = std::string(report->to_string()).substr(0, 500);
  if (!report->clean()) {
    INFO((legal ? "legalised: " : "original: "), findings);
    CHECK(report->clean());
  }
  return results;
}

/// Legalises a copy, checks its rules, and compares what both do to the buffers. Returns the copy.
inline Kernel check_same(const Kernel& kernel, const LegalizeOptions& options, const Setup& setup,
                         std::size_t element_size = 4) {
  const std::string built(kernel.error().message);
  INFO("built: ", built);
  REQUIRE(kernel.ok());
  check_valid(kernel);
  Kernel legal = kernel.clone();
  legalize(legal, options);
  const std::string error(legal.error().message);
  INFO("legalised: ", error);
  REQUIRE(legal.ok());
  check_valid(legal);
  remove_dead_code(legal);
  check_valid(legal);
  const std::vector<Bytes> wanted = run(kernel, setup, false), given = run(legal, setup, true);
  for (std::size_t b = 0; b < wanted.size(); ++b) {
    if (wanted[b] == given[b]) continue;
    std::size_t at = 0;
    while (wanted[b][at] == given[b][at]) ++at;
    const std::size_t element = at / element_size;
    std::uint64_t want = 0, got = 0;
    std::memcpy(&want, wanted[b].data() + element * element_size, element_size < 8 ? element_size : 8);
    std::memcpy(&got, given[b].data() + element * element_size, element_size < 8 ? element_size : 8);
    INFO("buffer ", std::string(setup.buffers[b].name), ", element ", element, ": ", want, " became ", got);
    const std::string text = body(legal).substr(0, 6000);
    INFO(text);
    CHECK(wanted[b] == given[b]);
  }
  return legal;
}

/// `out[i] = op(in0[i], in1[i], ...)` for each invocation; a Boolean result is stored as u32.
struct Operation {
  Op op;
  std::vector<Type> operands;
  Type result = {};  // of conversions
  std::uint32_t immediate = 0;
};

inline Type stored_type(Type type) { return type.is_boolean() ? type.with(Scalar::U32) : type; }

inline Kernel operation_kernel(const Operation& operation) {
  KernelOptions options;
  options.workgroup = {64};
  DynamicBuilder b("operation", options);
  static const char* const names[] = {"in0", "in1", "in2", "in3"};
  std::vector<std::uint32_t> in;
  for (std::size_t i = 0; i < operation.operands.size(); ++i) {
    const Type type = stored_type(operation.operands[i]);
    in.push_back(b.add_buffer(Access::ReadOnly, type, type.size(), names[i]));
  }
  const AnyValue thread = b.builtin(BuiltIn::GlobalInvocationId).component(0);
  std::vector<AnyValue> values;
  const auto place = [&](std::uint32_t resource, Type type) {
    Place at;
    at.builder = &b;
    at.resource = resource;
    at.stride = type.size();
    at.index = thread;
    return at;
  };
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Type type = operation.operands[i];
    AnyValue value = b.load(place(in[i], stored_type(type)), stored_type(type));
    if (type.is_boolean()) value = b.convert(Op::Convert, value, type);
    values.push_back(value);
  }
  AnyValue result;
  if (operation.op == Op::Convert || operation.op == Op::ConvertSaturate || operation.op == Op::Bitcast)
    result = b.convert(operation.op, values[0], operation.result);
  else
    result = b.apply(operation.op, Span<const AnyValue>(values.data(), values.size()), operation.immediate);
  const Type type = stored_type(result.type());
  if (result.type().is_boolean()) result = b.convert(Op::Convert, result, type);
  const std::uint32_t out = b.add_buffer(Access::WriteOnly, type, type.size(), "out");
  b.store(place(out, type), result);
  return b.finish();
}

/// Runs an operation on lists of component bits, one a operand; all of one length, a multiple of 64 times components.
inline Kernel check_operation(const Operation& operation, const LegalizeOptions& options,
                              const std::vector<std::vector<std::uint64_t>>& inputs) {
  const std::string name(info_of(operation.op).name);
  const std::string of(to_string(operation.operands[0]));
  const std::string to(to_string(operation.result));
  INFO(name, " of ", of, " to ", to);
  const Kernel kernel = operation_kernel(operation);
  REQUIRE(kernel.ok());
  Setup setup;
  static const char* const names[] = {"in0", "in1", "in2", "in3"};
  std::size_t threads = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    setup.buffers.push_back({names[i], bytes_of(inputs[i], stored_type(operation.operands[i]))});
    if (i == 0) threads = inputs[0].size() / operation.operands[0].components();
  }
  Type out;
  for (const Resource& resource : kernel.resources()) out = resource.element;
  setup.buffers.push_back({"out", Bytes((threads * out.size() + 3) / 4 * 4)});
  setup.groups = static_cast<std::uint32_t>(threads / 64);
  return check_same(kernel, options, setup, out.width() / 8);
}

}  // namespace legalize_test
