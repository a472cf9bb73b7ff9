#pragma once

#include "../print.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class Printer {
public:
  Printer(const Kernel& kernel, const PrintOptions& options) : kernel_(kernel), options_(options) {
    numbers_.resize(kernel.node_bound(), 0);
  }

  String run() {
    text_ << "kernel " << kernel_.name() << " workgroup(" << kernel_.options().workgroup[0] << ", "
          << kernel_.options().workgroup[1] << ", " << kernel_.options().workgroup[2] << ")\n";
    if (!kernel_.ok()) text_ << "error: " << Text(kernel_.error().to_string()) << '\n';
    for (const ParameterInfo& p : kernel_.parameters())
      text_ << "parameter " << kernel_.text(p.name) << ": " << to_string(p.type) << '\n';
    for (const SpecConstantInfo& s : kernel_.spec_constants())
      text_ << "spec_constant(" << s.number << ") " << kernel_.text(s.name) << ": " << to_string(s.type)
            << '\n';
    for (std::uint32_t i = 0; i < kernel_.resources().size(); ++i) resource(i);
    for (std::size_t i = 0; i < kernel_.functions().size(); ++i) {
      const Function& f = kernel_.functions()[i];
      text_ << "function " << kernel_.text(f.name) << '(';
      arguments(f.body);
      text_ << ')';
      if (!f.result.is_void()) text_ << ": " << to_string(f.result);
      text_ << " {\n";
      region(f.body, 1);
      text_ << "}\n";
    }
    return static_cast<String&&>(text_);
  }

  // Numbers come from the whole text, so all of it is written.
  String line_of(NodeId node) {
    wanted_ = node;
    String text = run();
    return String(Text(text.data() + wanted_begin_, wanted_end_ - wanted_begin_));
  }

private:
  void resource(std::uint32_t index) {
    const Resource& r = kernel_.resource(index);
    static constexpr const char* kinds[] = {"buffer",    "storage_image", "sampled_image",
                                            "workgroup", "private",       "var"};
    static constexpr const char* accesses[] = {"read_only", "write_only", "read_write"};
    text_ << kinds[static_cast<unsigned>(r.kind)] << " @" << index << ' ' << kernel_.text(r.name) << ": "
          << to_string(r.element);
    if (r.kind == ResourceKind::Workgroup || r.kind == ResourceKind::Private) text_ << '[' << r.count << ']';
    if (r.kind <= ResourceKind::StorageImage) text_ << ' ' << accesses[static_cast<unsigned>(r.access)];
    if (r.coherent) text_ << " coherent";
    if (r.may_alias) text_ << " may_alias";
    if (r.atomic) text_ << " atomic";
    text_ << '\n';
  }

  void indent(unsigned depth) {
    for (unsigned i = 0; i < depth; ++i) text_ << "  ";
  }

  void value(NodeId id) {
    const Node& n = kernel_.node(id);
    switch (n.op) {
      case Op::Constant: constant(n.type, kernel_.constant_bits(id)); return;
      case Op::ConstantVector: {
        text_ << to_string(n.type) << '(';
        bool first = true;
        for (const NodeId part : kernel_.operands(id)) {
          if (!first) text_ << ", ";
          first = false;
          value(part);
        }
        text_ << ')';
        return;
      }
      case Op::Undefined: text_ << "undefined"; return;
      case Op::Parameter: text_ << '$' << kernel_.text(kernel_.parameters()[n.immediate].name); return;
      case Op::SpecConstant: text_ << "$spec" << kernel_.spec_constants()[n.immediate].number; return;
      case Op::BuiltInValue: {
        static constexpr const char* names[] = {
            "GlobalInvocationId", "LocalInvocationId",   "LocalInvocationIndex", "WorkgroupId",
            "NumWorkgroups",      "WorkgroupSize",       "SubgroupId",           "NumSubgroups",
            "SubgroupSize",       "SubgroupInvocationId"};
        text_ << '$' << names[n.immediate];
        return;
      }
      default: break;
    }
    if (numbers_[id] == 0) numbers_[id] = ++count_;
    text_ << '%' << numbers_[id];
  }

  void constant(Type type, std::uint64_t bits) {
    if (type.is_boolean()) {
      text_ << (bits ? "true" : "false");
      return;
    }
    if (type.is_int()) {
      if (type.is_signed() && (bits >> (type.width() - 1) & 1) != 0) {
        const std::uint64_t ones = type.width() == 64 ? 0 : ~std::uint64_t{0} << type.width();
        text_ << '-' << (0 - (bits | ones));
      } else {
        text_ << bits;
      }
      text_ << to_string(type);
      return;
    }
    // Bits, and the number beside them for small integers: enough for a person, exact for a machine.
    static constexpr char digits[] = "0123456789ABCDEF";
    text_ << "0x";
    for (unsigned i = type.width(); i > 0; i -= 4) text_ << digits[bits >> (i - 4) & 15];
    text_ << to_string(type);
  }

  void arguments(RegionId region) {
    bool first = true;
    for (const NodeId id : kernel_.arguments(region)) {
      if (!first) text_ << ", ";
      first = false;
      value(id);
      text_ << ": " << to_string(kernel_.type(id));
    }
  }

  void region(RegionId id, unsigned depth) {
    for (NodeId node = kernel_.region(id).first; node != no_node; node = kernel_.node(node).next)
      line(node, depth);
  }

  void line(NodeId id, unsigned depth) {
    const Node& n = kernel_.node(id);
    indent(depth);
    if (id == wanted_) wanted_begin_ = text_.size();
    if (!n.type.is_void()) {
      value(id);
      text_ << ": " << to_string(n.type) << " = ";
    }
    text_ << info_of(n.op).name;
    immediate(id);
    for (std::size_t i = 0; i < kernel_.operands(id).size(); ++i) {
      text_ << (i == 0 ? " " : ", ");
      value(kernel_.operands(id)[i]);
    }
    if (options_.locations && n.location != 0) text_ << "  // " << Text(kernel_.location_text(n.location));
    if (id == wanted_) wanted_end_ = text_.size();
    if (n.region_count == 0) {
      text_ << '\n';
      return;
    }
    text_ << '\n';
    const Span<const RegionId> regions = kernel_.regions(id);
    for (std::size_t i = 0; i < regions.size(); ++i) {
      indent(depth);
      if (n.op == Op::If) {
        text_ << (i == 0 ? "then" : "else");
      } else if (n.op == Op::Switch && i + 1 < regions.size()) {
        text_ << "case";
        for (const std::uint64_t literal : kernel_.switch_literals(kernel_.switch_cases(id)[i]))
          text_ << ' ' << literal;
      } else if (n.op == Op::Switch) {
        text_ << "default";
      } else {
        value(id);  // what Break and Continue name
        text_ << " body(";
        arguments(regions[i]);
        text_ << ')';
      }
      text_ << " {\n";
      region(regions[i], depth + 1);
      indent(depth);
      text_ << "}\n";
    }
  }

  void immediate(NodeId id) {
    const Node& n = kernel_.node(id);
    if (is_memory_access(n.op)) {
      const MemoryAccess& a = kernel_.access_of(id);
      text_ << " @" << a.resource << " stride " << a.stride << " offset " << a.offset;
      if (a.has_index) text_ << " index";
      if (a.has_base) text_ << " base";
      if (a.has_range) text_ << " range";
      return;
    }
    switch (n.op) {
      case Op::VariableLoad:
      case Op::VariableStore:
      case Op::ImageLoad:
      case Op::ImageStore:
      case Op::ImageFetch:
      case Op::ImageSample:
      case Op::ImageSize: text_ << " @" << n.immediate; return;
      case Op::Break:
      case Op::Continue:
        text_ << ' ';
        value(n.immediate);
        return;
      case Op::Call: text_ << ' ' << kernel_.text(kernel_.functions()[n.immediate].name); return;
      case Op::Extract:
      case Op::Insert:
      case Op::Shuffle:
      case Op::Result:
      case Op::DotPacked:
      case Op::DotPackedAccSat:
      case Op::Barrier:
      case Op::MemoryBarrier:
      case Op::QuadSwap:
      case Op::MatrixMulAdd:
      case Op::SubgroupBallotCount:
      case Op::SubgroupRotate: text_ << '[' << n.immediate << ']'; return;
      case Op::Add:
      case Op::Sub:
      case Op::Mul:
        if (n.immediate != 0) text_ << " exact";
        return;
      default:
        if (is_subgroup_reduction(n.op)) text_ << '[' << n.immediate << ']';
        return;
    }
  }

  const Kernel& kernel_;
  PrintOptions options_;
  Buffer<std::uint32_t> numbers_;
  std::uint32_t count_ = 0;
  String text_;
  NodeId wanted_ = no_node;
  std::size_t wanted_begin_ = 0, wanted_end_ = 0;
};

}  // namespace detail

AIRSTRIP_INLINE String print(const Kernel& kernel, const PrintOptions& options) {
  return detail::Printer(kernel, options).run();
}

AIRSTRIP_INLINE String print_node(const Kernel& kernel, NodeId node) {
  return detail::Printer(kernel, {}).line_of(node);
}

AIRSTRIP_KERNEL_NAMESPACE_END
