// Prints a kernel as WGSL, from the IR alone: the proof that the IR carries what a WGSL writer needs. It knows the
// operations that the kernels of wgsl.cpp use, and says so where it meets another.
//
// The kernel has to be promoted and lowered (`run_passes`, `lower_addresses`): values are `let`s, what regions carry are
// `var`s that nothing but the region's ends assigns.
#pragma once

#include <airstrip/kernel/interface.hpp>
#include <airstrip/kernel/ir.hpp>
#include <airstrip/kernel/uniformity.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace test {

class WgslPrinter {
public:
  explicit WgslPrinter(const airstrip::kernel::Kernel& kernel)
      : kernel_(kernel), uniformity_(uniformity(kernel)) {}

  /// The module; empty after an error.
  std::string print() {
    using namespace airstrip::kernel;
    if (!kernel_.ok()) fail(kernel_.error().to_string());
    if (kernel_.functions().size() != 1) fail("helper functions are not printed");
    auto interface = interface_of(kernel_, BindingLayout::WebGpu);
    if (!interface) fail(interface.error().to_string());
    if (!error_.empty()) return {};
    element_of_buffers();
    resources(*interface);
    parameters(*interface);
    text_ += "\n@compute @workgroup_size(";
    const Extent size = interface->workgroup;
    text_ += std::to_string(size.x) + ", " + std::to_string(size.y) + ", " + std::to_string(size.z) +
             ")\nfn main(";
    builtins();
    text_ += ") {\n";
    region(kernel_.functions()[0].body);
    text_ += "}\n";
    return error_.empty() ? text_ : std::string();
  }
  /// The first operation, type or resource that it does not know.
  const std::string& error() const { return error_; }

private:
  using Kernel = airstrip::kernel::Kernel;
  using Node = airstrip::kernel::Node;
  using NodeId = airstrip::kernel::NodeId;
  using Op = airstrip::kernel::Op;
  using RegionId = airstrip::kernel::RegionId;
  using Scalar = airstrip::kernel::Scalar;
  using Type = airstrip::kernel::Type;
  using Resource = airstrip::kernel::Resource;
  using ResourceKind = airstrip::kernel::ResourceKind;

  void fail(const std::string& why) {
    if (error_.empty()) error_ = why;
  }
  void unknown(NodeId id) {
    fail(std::string("'") + airstrip::kernel::info_of(kernel_.op(id)).name +
         "' is not printed; asked for at " + kernel_.location_text(kernel_.node(id).location).c_str());
  }

  // --- names and types -------------------------------------------------------------------------------------------------

  std::string type_name(Type type) {
    const char* scalar = "";
    switch (type.scalar()) {
      case Scalar::Boolean: scalar = "bool"; break;
      case Scalar::I32: scalar = "i32"; break;
      case Scalar::U32: scalar = "u32"; break;
      case Scalar::F32: scalar = "f32"; break;
      default: fail("WGSL has no type " + std::string(to_string(type).c_str())); break;
    }
    if (type.is_matrix()) fail("WGSL has no cooperative matrices");
    return type.is_vector() ? "vec" + std::to_string(type.components()) + "<" + scalar + ">" : scalar;
  }

  static std::string clean(airstrip::Text name) {
    std::string result;
    for (const char c : name)
      result += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
    return result;
  }
  // A number makes it unique and keeps it off WGSL's reserved words.
  std::string resource_name(std::uint32_t resource) {
    return clean(kernel_.resource_name(resource)) + "_r" + std::to_string(resource);
  }
  std::string parameter_name(std::uint32_t parameter) {
    return clean(kernel_.text(kernel_.parameters()[parameter].name)) + "_p" + std::to_string(parameter);
  }

  // --- declarations ----------------------------------------------------------------------------------------------------

  Type accessed_type(NodeId id) const {
    const bool stores = kernel_.op(id) == Op::Store || kernel_.op(id) == Op::AtomicStore;
    return stores ? kernel_.type(kernel_.operands(id)[0]) : kernel_.type(id);
  }
  static bool accesses_memory(Op op) {
    return op == Op::Load || op == Op::Store || (op >= Op::AtomicLoad && op <= Op::AtomicCompareExchange);
  }

  // One array type a buffer: two variables for one binding would alias each other, which WebGPU forbids.
  void element_of_buffers() {
    elements_.assign(kernel_.resources().size(), Type());
    used_.assign(kernel_.node_bound(), 0);
    for_each_node(kernel_, kernel_.functions()[0].body, [&](NodeId id) {
      for (const NodeId operand : kernel_.operands(id)) used_[operand] = 1;
      if (!accesses_memory(kernel_.op(id))) return;
      const std::uint32_t r = kernel_.access_of(id).resource;
      const Type accessed = accessed_type(id);
      Type& element = elements_[r];
      if (kernel_.resource(r).kind != ResourceKind::Buffer)
        element = kernel_.resource(r).element;
      else if (element.is_void())
        element = accessed;
      if (!(element == accessed)) fail(resource_name(r) + " is accessed by several types");
    });
  }

  void resources(const airstrip::kernel::KernelInterface& interface) {
    using namespace airstrip::kernel;
    for (const ResourceBinding& binding : interface.bindings) {
      const Resource& r = kernel_.resource(binding.resource);
      if (r.kind != ResourceKind::Buffer) fail("images are not printed");
      // One that nobody accesses keeps its binding.
      const Type used = elements_[binding.resource];
      const std::string element = type_name(used.is_void() ? r.element : used);
      text_ += "@group(" + std::to_string(binding.set) + ") @binding(" + std::to_string(binding.binding) +
               ") var<storage, " + (can_write(r.access) ? "read_write" : "read") + "> " +
               resource_name(binding.resource) + ": array<" +
               (r.atomic ? "atomic<" + element + ">" : element) + ">;\n";
    }
    for (std::uint32_t i = 0; i < kernel_.resources().size(); ++i) {
      const Resource& r = kernel_.resource(i);
      if (r.kind != ResourceKind::Workgroup && r.kind != ResourceKind::Private) continue;
      if (elements_[i].is_void()) continue;
      const std::string element = type_name(r.element);
      text_ += std::string("var<") + (r.kind == ResourceKind::Workgroup ? "workgroup" : "private") + "> " +
               resource_name(i) + ": array<" + (r.atomic ? "atomic<" + element + ">" : element) + ", " +
               std::to_string(r.count) + ">;\n";
    }
  }

  void parameters(const airstrip::kernel::KernelInterface& interface) {
    if (interface.parameters.empty()) return;
    text_ += "struct Parameters {\n";
    std::uint32_t end = 0;
    for (const airstrip::kernel::ParameterSlot& slot : interface.parameters) {
      // Where WGSL places scalars (13.4.1): one after the other.
      if (slot.type.is_vector() || slot.offset != end)
        fail("parameters other than 32-bit scalars are not printed");
      end = slot.offset + 4;
      text_ += "  " + parameter_name(slot.parameter) + ": " + type_name(slot.type) + ",\n";
    }
    text_ += "}\n@group(" + std::to_string(interface.parameter_set) + ") @binding(" +
             std::to_string(interface.parameter_binding) + ") var<uniform> parameters: Parameters;\n";
  }

  static const char* builtin_name(std::uint32_t which) {
    using airstrip::kernel::BuiltIn;
    switch (static_cast<BuiltIn>(which)) {
      case BuiltIn::GlobalInvocationId: return "global_invocation_id";
      case BuiltIn::LocalInvocationId: return "local_invocation_id";
      case BuiltIn::LocalInvocationIndex: return "local_invocation_index";
      case BuiltIn::WorkgroupId: return "workgroup_id";
      case BuiltIn::NumWorkgroups: return "num_workgroups";
      default: return nullptr;  // subgroups are an extension of WGSL; the workgroup's size is a constant
    }
  }
  void builtins() {
    bool first = true;
    for (NodeId id = 1; id < kernel_.node_bound(); ++id) {
      const Node& n = kernel_.node(id);
      if (n.op != Op::BuiltInValue || !used_[id]) continue;
      const char* const name = builtin_name(n.immediate);
      if (!name) {
        fail("a built-in value is not printed");
        continue;
      }
      text_ += std::string(first ? "" : ", ") + "@builtin(" + name + ") " + name + ": " + type_name(n.type);
      first = false;
    }
  }

  // --- values ----------------------------------------------------------------------------------------------------------

  std::string constant(Type type, std::uint64_t bits) {
    switch (type.scalar()) {
      case Scalar::Boolean: return bits ? "true" : "false";
      case Scalar::U32: return std::to_string(bits) + "u";
      case Scalar::I32: {
        const auto value = static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
        // The least i32 has no literal.
        return value == INT32_MIN ? "(-2147483647i - 1i)" : std::to_string(value) + "i";
      }
      case Scalar::F32: {
        const auto word = static_cast<std::uint32_t>(bits);
        float value;
        std::memcpy(&value, &word, sizeof value);
        if (!std::isfinite(value)) fail("WGSL has no constant for an infinity or NaN");
        char hex[40];
        std::snprintf(hex, sizeof hex, "%af", static_cast<double>(value));
        return hex;
      }
      default: return type_name(type);
    }
  }

  std::string value(NodeId id) {
    const Node& n = kernel_.node(id);
    switch (n.op) {
      case Op::Constant: return constant(n.type, kernel_.constant_bits(id));
      case Op::ConstantVector: return type_name(n.type) + "(" + list(id, 0) + ")";
      case Op::Undefined: return type_name(n.type) + "()";
      case Op::Parameter: return "parameters." + parameter_name(n.immediate);
      case Op::BuiltInValue: {
        const char* const name = builtin_name(n.immediate);
        return name ? name : "";
      }
      case Op::SpecConstant: unknown(id); return {};
      case Op::Result: return result_name(n.operands[0], n.immediate);
      default: return "v" + std::to_string(id);
    }
  }
  std::string operand(NodeId id, std::size_t index) { return value(kernel_.operands(id)[index]); }
  std::string list(NodeId id, std::size_t first) {
    std::string text;
    for (std::size_t i = first; i < kernel_.operands(id).size(); ++i)
      text += (i == first ? "" : ", ") + operand(id, i);
    return text;
  }
  static std::string result_name(NodeId owner, std::uint32_t index) {
    return "r" + std::to_string(owner) + "_" + std::to_string(index);
  }
  static std::string carried_name(NodeId loop, std::uint32_t index) {
    return "c" + std::to_string(loop) + "_" + std::to_string(index);
  }

  std::string place(NodeId id) {
    const airstrip::kernel::MemoryAccess& access = kernel_.access_of(id);
    if (!access.has_index || access.has_base || access.offset != 0) fail("an address was not lowered");
    return resource_name(access.resource) + "[" + value(kernel_.address_of(id)[0]) + "]";
  }
  bool is_atomic(NodeId id) const { return kernel_.resource(kernel_.access_of(id).resource).atomic; }

  std::string binary(NodeId id, const char* symbol) {
    return operand(id, 0) + " " + symbol + " " + operand(id, 1);
  }
  std::string call(NodeId id, const char* function) {
    return std::string(function) + "(" + list(id, 0) + ")";
  }
  // WGSL shifts by a u32.
  std::string shift(NodeId id, const char* symbol) {
    const Type type = kernel_.type(kernel_.operands(id)[1]);
    const std::string count =
        type.is_signed() ? type_name(type.with(Scalar::U32)) + "(" + operand(id, 1) + ")" : operand(id, 1);
    return operand(id, 0) + " " + symbol + " " + count;
  }
  std::string bits_call(NodeId id, const char* function, std::size_t values) {
    std::string text = std::string(function) + "(";
    for (std::size_t i = 0; i < kernel_.operands(id).size(); ++i) {
      const Type type = kernel_.type(kernel_.operands(id)[i]);
      const bool convert = i >= values && type.is_signed();
      text += (i == 0 ? "" : ", ") + (convert ? "u32(" + operand(id, i) + ")" : operand(id, i));
    }
    return text + ")";
  }

  // The expression that computes a node; empty where it is not one.
  std::string expression(NodeId id) {
    const Node& n = kernel_.node(id);
    switch (n.op) {
      case Op::Add: return binary(id, "+");
      case Op::Sub: return binary(id, "-");
      case Op::Mul: return binary(id, "*");
      case Op::Div: return binary(id, "/");
      case Op::Rem: return binary(id, "%");
      case Op::Negate: return "-(" + operand(id, 0) + ")";
      case Op::Min: return call(id, "min");
      case Op::Max: return call(id, "max");
      case Op::Clamp: return call(id, "clamp");
      case Op::Fma: return call(id, "fma");
      case Op::RoundEven: return call(id, "round");
      case Op::And: return binary(id, "&");
      case Op::Or: return binary(id, "|");
      case Op::Xor: return binary(id, "^");
      case Op::Not: return (n.type.is_boolean() ? "!(" : "~(") + operand(id, 0) + ")";
      case Op::ShiftLeft: return shift(id, "<<");
      case Op::ShiftRight: return shift(id, ">>");
      case Op::BitFieldExtract: return bits_call(id, "extractBits", 1);
      case Op::BitFieldInsert: return bits_call(id, "insertBits", 2);
      case Op::Equal: return binary(id, "==");
      case Op::NotEqual: return binary(id, "!=");
      case Op::Less: return binary(id, "<");
      case Op::LessEqual: return binary(id, "<=");
      case Op::Select:
        return "select(" + operand(id, 2) + ", " + operand(id, 1) + ", " + operand(id, 0) + ")";
      case Op::Convert: return type_name(n.type) + "(" + operand(id, 0) + ")";
      case Op::Bitcast: return "bitcast<" + type_name(n.type) + ">(" + operand(id, 0) + ")";
      case Op::Construct: return type_name(n.type) + "(" + list(id, 0) + ")";
      case Op::Extract: return operand(id, 0) + "." + "xyzw"[n.immediate];
      case Op::DotPacked:
        switch (static_cast<airstrip::kernel::DotKind>(n.immediate)) {
          case airstrip::kernel::DotKind::Signed: return call(id, "dot4I8Packed");
          case airstrip::kernel::DotKind::Unsigned: return call(id, "dot4U8Packed");
          default: return {};  // WGSL has no mixed one
        }
      case Op::Load:
        if (is_atomic(id)) return "atomicLoad(&" + place(id) + ")";
        return place(id);
      case Op::ArrayLength: return "arrayLength(&" + resource_name(kernel_.access_of(id).resource) + ")";
      case Op::AtomicLoad: return "atomicLoad(&" + place(id) + ")";
      case Op::AtomicAdd: return atomic(id, "atomicAdd");
      case Op::AtomicSub: return atomic(id, "atomicSub");
      case Op::AtomicMin: return atomic(id, "atomicMin");
      case Op::AtomicMax: return atomic(id, "atomicMax");
      case Op::AtomicAnd: return atomic(id, "atomicAnd");
      case Op::AtomicOr: return atomic(id, "atomicOr");
      case Op::AtomicXor: return atomic(id, "atomicXor");
      case Op::AtomicExchange: return atomic(id, "atomicExchange");
      default: return {};
    }
  }
  std::string atomic(NodeId id, const char* function) {
    return std::string(function) + "(&" + place(id) + ", " + operand(id, 0) + ")";
  }

  // --- statements ------------------------------------------------------------------------------------------------------

  void line(const std::string& text) { text_ += std::string(2 * depth_, ' ') + text + "\n"; }

  void region(RegionId id) {
    ++depth_;
    for (NodeId n = kernel_.region(id).first; n != airstrip::kernel::no_node && error_.empty();
         n = kernel_.node(n).next)
      statement(n);
    --depth_;
  }

  void statement(NodeId id) {
    const Node& n = kernel_.node(id);
    switch (n.op) {
      case Op::Store:
        if (is_atomic(id))
          line("atomicStore(&" + place(id) + ", " + operand(id, 0) + ");");
        else
          line(place(id) + " = " + operand(id, 0) + ";");
        return;
      case Op::AtomicStore: line("atomicStore(&" + place(id) + ", " + operand(id, 0) + ");"); return;
      case Op::Barrier: barrier(id); return;
      case Op::If: if_(id); return;
      case Op::Loop: loop(id); return;
      case Op::Result: return;  // declared before its owner
      case Op::Yield: assign(kernel_.region(n.region).owner, id, false); return;
      case Op::Break:
        if (!innermost(n.immediate)) return unknown(id);
        assign(n.immediate, id, false);
        line("break;");
        return;
      case Op::Continue:
        if (!innermost(n.immediate)) return unknown(id);
        assign(n.immediate, id, true);
        line("continue;");
        return;
      case Op::Return: line("return;"); return;
      default: break;
    }
    const std::string text = expression(id);
    if (text.empty()) return unknown(id);
    line("let " + value(id) + ": " + type_name(n.type) + " = " + text + ";");
  }

  // What ends a region gives its values to the owner's results, or a loop's next arguments.
  void assign(NodeId owner, NodeId end, bool next) {
    for (std::uint32_t i = 0; i < kernel_.operands(end).size(); ++i)
      line((next ? carried_name(owner, i) : result_name(owner, i)) + " = " + operand(end, i) + ";");
  }
  void declare_results(NodeId owner) {
    for (NodeId r = kernel_.node(owner).next; r != airstrip::kernel::no_node && kernel_.op(r) == Op::Result;
         r = kernel_.node(r).next)
      line("var " + value(r) + ": " + type_name(kernel_.type(r)) + ";");
  }
  bool innermost(NodeId construct) const { return !loops_.empty() && loops_.back() == construct; }

  void if_(NodeId id) {
    declare_results(id);
    line("if " + operand(id, 0) + " {");
    region(kernel_.regions(id)[0]);
    line("} else {");
    region(kernel_.regions(id)[1]);
    line("}");
  }

  void loop(NodeId id) {
    declare_results(id);
    const RegionId body = kernel_.regions(id)[0];
    const auto arguments = kernel_.arguments(body);
    for (std::uint32_t i = 0; i < arguments.size(); ++i)
      line("var " + carried_name(id, i) + ": " + type_name(kernel_.type(arguments[i])) + " = " +
           operand(id, i) + ";");
    line("loop {");
    ++depth_;
    for (std::uint32_t i = 0; i < arguments.size(); ++i)
      line("let " + value(arguments[i]) + ": " + type_name(kernel_.type(arguments[i])) + " = " +
           carried_name(id, i) + ";");
    --depth_;
    loops_.push_back(id);
    region(body);
    loops_.pop_back();
    line("}");
  }

  void barrier(NodeId id) {
    using namespace airstrip::kernel;
    const SyncScope scope = SyncScope::unpack(kernel_.node(id).immediate);
    if (scope.execution != MemoryScope::Workgroup || scope.memory != MemoryScope::Workgroup)
      return unknown(id);
    if (uniformity_[id] > Uniformity::Workgroup) {
      fail(std::string("WGSL wants barriers in uniform control flow; this is not, at ") +
           kernel_.location_text(kernel_.node(id).location).c_str());
      return;
    }
    // Whichever orders the memory; both wait. One that orders nothing has no other spelling.
    if ((scope.storage & memory::buffers) != 0) line("storageBarrier();");
    if ((scope.storage & memory::workgroup) != 0 || (scope.storage & memory::buffers) == 0)
      line("workgroupBarrier();");
  }

  const Kernel& kernel_;
  const airstrip::Buffer<airstrip::kernel::Uniformity> uniformity_;
  std::vector<Type> elements_;      // by resource
  std::vector<std::uint8_t> used_;  // by node: an operand of some node
  std::vector<NodeId> loops_;       // those that are open
  std::string text_, error_;
  unsigned depth_ = 0;
};

}  // namespace test
