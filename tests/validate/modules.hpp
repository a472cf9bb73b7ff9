// Modules for these tests, and the ways to break them.
#pragma once

#include <airstrip/spirv.hpp>
#include <airstrip/validate.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace test {

using Words = std::vector<std::uint32_t>;

// Words by hand, independently of the emitter.
struct Hand {
  Words words;
  explicit Hand(std::uint32_t bound = 100, std::uint32_t version = 0x00010600)
      : words{airstrip::spirv::magic_number, version, 0, bound, 0} {}
  Hand& op(airstrip::spirv::Op opcode, const Words& operands = {}) {
    words.push_back(static_cast<std::uint32_t>((operands.size() + 1) << 16) |
                    static_cast<std::uint32_t>(opcode));
    words.insert(words.end(), operands.begin(), operands.end());
    return *this;
  }
};
inline Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
inline Words text(const std::string& s) {
  Words w(s.size() / 4 + 1);
  for (std::size_t i = 0; i < s.size(); ++i)
    w[i / 4] |= static_cast<std::uint32_t>(static_cast<unsigned char>(s[i])) << i % 4 * 8;
  return w;
}
template <class E>
std::uint32_t n(E enumerant) {
  return static_cast<std::uint32_t>(enumerant);
}
inline std::string str(const airstrip::String& s) { return std::string(s.data(), s.size()); }

// Words of a module that somebody may change.
inline Words copy(const airstrip::spirv::Module& module) {
  return Words(module.words().begin(), module.words().end());
}
// The offset of the first instruction with this opcode; 0 if there is none.
inline std::size_t find(const Words& words, airstrip::spirv::Op op) {
  for (std::size_t i = 5; i < words.size(); i += words[i] >> 16)
    if ((words[i] & 0xFFFF) == n(op)) return i;
  return 0;
}

// y[i] = x[i] + y[i]. `broken`: with OpIAdd on floats. Lines of C++: 100 for the sum, 10 to 60 for the rest.
inline airstrip::Result<airstrip::spirv::Module> add_buffers(const airstrip::spirv::Target& target,
                                                             bool broken = false) {
  using namespace airstrip;
  using namespace airstrip::spirv;
  const auto line = [](std::uint32_t number) { return SourceLocation{"kernels/add.cpp", number}; };
  Builder b({.target = target, .check_types = !broken});
  const TypeId f = b.declare_float(32, {}, line(10)), u = b.declare_int(32, false, line(10));
  const TypeId u3 = b.declare_vector(u, 3, line(10));
  const ValueId x = b.add_storage_array(f, 0, 0, "x", LayoutRule::Std430, line(11));
  const ValueId y = b.add_storage_array(f, 0, 1, "y", LayoutRule::Std430, line(12));
  const ValueId id = b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId, line(13));
  const TypeId pointer = b.declare_pointer(b.storage_buffer_class(), f, line(14));
  const ValueId zero = b.declare_constant(u, 0, line(15));
  const FunctionId main =
      b.begin_function(b.declare_void(line(20)), {}, "main", FunctionControl::MaskNone, line(20));
  const ValueId i = b.OpCompositeExtract(u, b.OpLoad(u3, id, {}, line(30)), {0u}, line(31));
  const ValueId px = b.OpAccessChain(pointer, x, {zero, i}, line(40));
  const ValueId py = b.OpAccessChain(pointer, y, {zero, i}, line(41));
  const ValueId vx = b.OpLoad(f, px, {}, line(42)), vy = b.OpLoad(f, py, {}, line(43));
  const ValueId sum = broken ? b.OpIAdd(f, vx, vy, line(100)) : b.OpFAdd(f, vx, vy, line(100));
  b.OpName(sum, "sum", line(100));
  b.OpStore(py, sum, {}, line(50));
  b.end_function(line(60));
  b.add_compute_entry_point(main, "main", 64, 1, 1, line(60));
  return b.finish();
}

// The words of a compute shader up to its execution mode; main is id 3.
inline Hand shader(std::uint32_t version = 0x00010300, const std::vector<std::uint32_t>& capabilities = {},
                   const std::vector<std::string>& extensions = {}) {
  using airstrip::spirv::Op;
  Hand h(100, version);
  h.op(Op::OpCapability, {n(airstrip::spirv::Capability::Shader)});
  for (const std::uint32_t capability : capabilities) h.op(Op::OpCapability, {capability});
  for (const std::string& extension : extensions) h.op(Op::OpExtension, text(extension));
  h.op(Op::OpMemoryModel, {0, 1});
  h.op(Op::OpEntryPoint, Words{5, 3} + text("main"));
  h.op(Op::OpExecutionMode, {3, 17, 1, 1, 1});
  return h;
}
// void is id 1, main's type 2.
inline Hand& types(Hand& h) {
  using airstrip::spirv::Op;
  return h.op(Op::OpTypeVoid, {1}).op(Op::OpTypeFunction, {2, 1});
}
// An empty main.
inline Hand& body(Hand& h) {
  using airstrip::spirv::Op;
  return h.op(Op::OpFunction, {1, 3, 0, 2}).op(Op::OpLabel, {4}).op(Op::OpReturn).op(Op::OpFunctionEnd);
}

// The SPIRV-Tools of Debian 12 and Ubuntu 24.04 and before: without cooperative matrices, bfloat16, tensors.
inline bool linked_is_old() {
  const std::string version = airstrip::linked_validator_version();
  return version < "v2023.3";
}

}  // namespace test
