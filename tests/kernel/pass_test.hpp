// What the tests of passes share: short names for building kernels, and a check of text and rules in one.
#pragma once

#include <airstrip/kernel/dynamic_builder.hpp>
#include <airstrip/kernel/print.hpp>
#include <airstrip/kernel/verify.hpp>

#include <doctest/doctest.h>

#include <string>

namespace test {

using namespace airstrip;
using namespace airstrip::kernel;

inline constexpr Type u32_type(Scalar::U32), i32_type(Scalar::I32), f32_type(Scalar::F32),
    bool_type(Scalar::Boolean);

/// A builder with a buffer to read and one to write, of 32-bit words.
class Words : public DynamicBuilder {
public:
  explicit Words(const KernelOptions& options = {}) : DynamicBuilder("test", options) {
    in = add_buffer(Access::ReadOnly, u32_type, 4, "in");
    out = add_buffer(Access::ReadWrite, u32_type, 4, "out");
  }
  AnyValue word(std::int64_t n) { return constant_int(u32_type, n); }
  AnyValue thread() { return builtin(BuiltIn::GlobalInvocationId).component(0); }
  Place at(std::uint32_t resource, AnyValue index) {
    Place place;
    place.builder = this;
    place.resource = resource;
    place.stride = 4;
    place.index = index;
    return place;
  }
  AnyValue read(AnyValue index, Type type = u32_type) { return load(at(in, index), type); }
  void write(AnyValue index, AnyValue value) { store(at(out, index), value); }
  void write(std::int64_t index, AnyValue value) { store(at(out, word(index)), value); }
  std::uint32_t in, out;
};

/// The function bodies of a kernel as text, without C++ lines.
inline std::string body(const Kernel& kernel) {
  PrintOptions options;
  options.locations = false;
  const std::string text = print(kernel, options);
  const std::size_t at = text.find("function ");
  return at == std::string::npos ? text : text.substr(at);
}

/// Fails with the kernel's text if a rule of the IR is broken.
inline void check_valid(const Kernel& kernel) {
  const Result<void> result = verify(kernel);
  std::string text;
  if (!result.ok()) text = std::string(result.error().to_string()) + "\n" + std::string(print(kernel));
  INFO(text);
  CHECK(result.ok());
}

inline std::size_t count(const Kernel& kernel, Op op) {
  std::size_t n = 0;
  for (const Function& f : kernel.functions())
    for_each_node(kernel, f.body, [&](NodeId id) { n += kernel.op(id) == op ? 1u : 0u; });
  return n;
}
inline NodeId find(const Kernel& kernel, Op op) {
  NodeId found = no_node;
  for (const Function& f : kernel.functions())
    for_each_node(kernel, f.body, [&](NodeId id) {
      if (found == no_node && kernel.op(id) == op) found = id;
    });
  return found;
}

}  // namespace test
