#pragma once

#include "../print.hpp"
#include "../type_rules.hpp"
#include "../verify.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// First the links, which everything else (the printer too) walks along; then, node by node, what they mean.
class Verifier {
public:
  explicit Verifier(const Kernel& kernel) : kernel_(kernel) {}

  Result<void> run() {
    if (!kernel_.ok()) return Diagnostic(kernel_.error());
    seen_.resize(kernel_.node_bound(), 0);
    used_regions_.resize(kernel_.region_bound(), 0);
    open_.resize(kernel_.region_bound(), 0);
    if (seen_.out_of_memory() || used_regions_.out_of_memory() || open_.out_of_memory()) {
      Diagnostic error;
      error.code = ErrorCode::OutOfMemory;
      error.message = "out of memory while the kernel was verified";
      return error;
    }
    if (kernel_.functions().empty()) broken(no_node, "the kernel has no function");
    for (const Function& f : kernel_.functions()) {
      if (failed()) break;
      links(f.body, no_node);
    }
    if (!failed()) {
      for (std::uint8_t& mark : seen_) mark = 0;
      resources();
      for (std::uint32_t i = 0; i < kernel_.functions().size() && !failed(); ++i) {
        function_ = i;
        region(kernel_.functions()[i].body);
      }
    }
    if (failed()) return static_cast<Diagnostic&&>(error_);
    return {};
  }

private:
  struct Construct {
    NodeId owner;
    std::uint32_t results;
  };

  bool failed() const { return error_.code != ErrorCode::Ok; }

  // An error of the links: the node has no line in a text.
  void broken(NodeId id, const char* what) {
    if (failed()) return;
    error_.code = ErrorCode::InvalidOperand;
    if (id != no_node && id < kernel_.node_bound()) {
      const Node& n = kernel_.node(id);
      error_.message << "node " << id;
      if (static_cast<std::size_t>(n.op) < op_count) error_.message << " (" << info_of(n.op).name << ')';
      error_.message << ": ";
      if (n.location < kernel_.locations().size()) error_.where = kernel_.location(id);
    }
    error_.message << Text(what) << "; the pass or builder that made it linked it wrongly";
  }

  void wrong(ErrorCode code, NodeId id, Text what) {
    if (failed()) return;
    error_.code = code;
    error_.message << "'" << Text(print_node(kernel_, id)) << "': " << what;
    error_.where = kernel_.location(id);
    error_.instruction = info_of(kernel_.op(id)).name;
  }

  // --- links
  void links(RegionId id, NodeId owner) {
    if (id == no_region || id >= kernel_.region_bound())
      return broken(owner, "it owns a region that does not exist");
    if (used_regions_[id]) return broken(owner, "one of its regions is owned a second time");
    used_regions_[id] = 1;
    const Region& r = kernel_.region(id);
    if (r.owner != owner) return broken(owner, "one of its regions names another owner");
    for (std::uint32_t i = 0; i < r.argument_count; ++i) {
      const NodeId argument = kernel_.arguments(id)[i];
      if (argument == no_node || argument >= kernel_.node_bound())
        return broken(owner, "an argument does not exist");
      const Node& n = kernel_.node(argument);
      if (n.op != Op::Argument || n.region != id || n.immediate != i)
        return broken(argument, "it is an argument that does not name its region and place");
      if (n.location >= kernel_.locations().size()) return broken(argument, "its C++ line does not exist");
      if (n.type.is_void()) return broken(argument, "an argument has a type");
      if (seen_[argument]) return broken(argument, "it is an argument twice");
      seen_[argument] = 1;
    }
    NodeId before = no_node;
    for (NodeId node = r.first; node != no_node; before = node, node = kernel_.node(node).next) {
      if (node >= kernel_.node_bound()) return broken(before, "the next node does not exist");
      const Node& n = kernel_.node(node);
      if (static_cast<std::size_t>(n.op) >= op_count) return broken(node, "no such operation");
      if (seen_[node]) return broken(node, "it stands in two places");
      seen_[node] = 1;
      if (n.region != id) return broken(node, "it stands in another region than it says");
      if (n.previous != before) return broken(node, "it does not name the node before it");
      if (n.mark != 0) return broken(node, "a pass left its mark");
      if (n.location >= kernel_.locations().size()) return broken(node, "its C++ line does not exist");
      const OpInfo& info = info_of(n.op);
      if ((info.flags & op_flag::global) != 0 || n.op == Op::Argument || n.op == Op::Nothing)
        return broken(node, "it stands in a region, which such a node does not");
      if (info.operand_count >= 0 && n.operand_count != info.operand_count)
        return broken(node, "it has another number of operands than its operation");
      for (const NodeId operand : kernel_.operands(node))
        if (operand == no_node || operand >= kernel_.node_bound())
          return broken(node, "an operand does not exist");
      const std::uint32_t regions = n.region_count;
      const bool fits = n.op == Op::If       ? regions == 2
                        : n.op == Op::Loop   ? regions == 1
                        : n.op == Op::Switch ? regions >= 1
                                             : regions == 0;
      if (!fits) return broken(node, "it has another number of regions than its operation");
      if ((n.op == Op::Break || n.op == Op::Continue) &&
          (n.immediate == no_node || n.immediate >= kernel_.node_bound()))
        return broken(node, "the construct it names does not exist");
      if (n.op == Op::Call && n.immediate >= kernel_.functions().size())
        return broken(node, "the function it calls does not exist");
      if (is_memory_access(n.op) && n.immediate >= kernel_.accesses().size())
        return broken(node, "its access does not exist");
      if (is_memory_access(n.op) && kernel_.access_of(node).resource >= kernel_.resources().size())
        return broken(node, "its memory does not exist");
      if (is_memory_access(n.op) && n.op != Op::ArrayLength &&
          kernel_.access_of(node).address_count() > n.operand_count)
        return broken(node, "its address has fewer operands than its access says");
      if (names_resource(n.op) && n.immediate >= kernel_.resources().size())
        return broken(node, "its resource does not exist");
      for (std::uint32_t i = 0; i < regions && !failed(); ++i) links(kernel_.regions(node)[i], node);
      if (failed()) return;
    }
    if (r.last != before) return broken(r.last, "its region ends at another node than it says");
    if (before == no_node || !has_flag(kernel_.op(before), op_flag::terminator))
      return broken(before == no_node ? owner : before, "the last node of a region is its terminator");
  }

  static bool names_resource(Op op) {
    return op == Op::VariableLoad || op == Op::VariableStore || (op >= Op::ImageLoad && op <= Op::ImageSize);
  }

  // --- meaning
  void region(RegionId id) {
    open_[id] = 1;
    const Region& r = kernel_.region(id);
    for (NodeId node = r.first; node != no_node && !failed(); node = kernel_.node(node).next) {
      const Node& n = kernel_.node(node);
      for (const NodeId operand : kernel_.operands(node)) {
        if (n.op == Op::Result) break;  // names its owner
        use(node, operand);
        if (failed()) return;
      }
      if (has_flag(n.op, op_flag::terminator) && node != r.last)
        return wrong(ErrorCode::InvalidNesting, node, "only the last node of a region is a terminator");
      meaning(node);
      if (failed()) return;
      seen_[node] = 1;
      if (n.region_count == 0) continue;
      constructs_.push_back({node, result_count(node)});
      for (std::uint32_t i = 0; i < n.region_count && !failed(); ++i) region(kernel_.regions(node)[i]);
      constructs_.pop_back();
    }
    open_[id] = 0;
  }

  std::uint32_t result_count(NodeId owner) const {
    std::uint32_t count = 0;
    for (NodeId id = kernel_.node(owner).next; id != no_node && kernel_.op(id) == Op::Result;
         id = kernel_.node(id).next)
      ++count;
    return count;
  }

  void use(NodeId user, NodeId operand) {
    const Node& n = kernel_.node(operand);
    if (n.type.is_void()) return wrong(ErrorCode::WrongType, user, "an operand has no value");
    if (static_cast<std::size_t>(n.op) >= op_count)
      return wrong(ErrorCode::UndefinedId, user, "an operand is no operation");
    if (has_flag(n.op, op_flag::global)) {
      if (!seen_[operand]) global(user, operand);
      seen_[operand] = 1;
      return;
    }
    if (n.region == no_region) return wrong(ErrorCode::UndefinedId, user, "an operand stands nowhere");
    if (!open_[n.region])
      return wrong(ErrorCode::UseBeforeDefinition, user,
                   "an operand was computed in a region that is not around it");
    if (n.op != Op::Argument && !seen_[operand])
      return wrong(ErrorCode::UseBeforeDefinition, user, "an operand is computed after it");
  }

  void global(NodeId user, NodeId id) {
    const Node& n = kernel_.node(id);
    const Type type = n.type;
    bool fits = n.region == no_region;
    switch (n.op) {
      case Op::Constant:
        fits = fits && !type.is_vector() && !type.is_matrix() &&
               (type.width() == 64 || kernel_.constant_bits(id) >> type.width() == 0);
        break;
      case Op::ConstantVector:
        fits = fits && type.is_vector() && kernel_.operands(id).size() == type.components();
        if (fits)
          for (const NodeId part : kernel_.operands(id))
            fits = fits && part < kernel_.node_bound() && kernel_.is_constant(part) &&
                   kernel_.type(part) == type.component();
        break;
      case Op::Parameter:
        fits = fits && n.immediate < kernel_.parameters().size() &&
               kernel_.parameters()[n.immediate].node == id && kernel_.parameters()[n.immediate].type == type;
        break;
      case Op::SpecConstant:
        fits = fits && n.immediate < kernel_.spec_constants().size() &&
               kernel_.spec_constants()[n.immediate].node == id &&
               kernel_.spec_constants()[n.immediate].type == type;
        break;
      case Op::BuiltInValue:
        fits = fits && n.immediate < builtin_count && type.scalar() == Scalar::U32;
        break;
      default: break;
    }
    if (!fits)
      wrong(ErrorCode::InvalidOperand, user,
            "an operand is a constant or a value of the dispatch that is malformed");
  }

  void resources() {
    for (const Resource& r : kernel_.resources()) {
      if (failed()) return;
      bool fits = !r.element.is_void();
      if (r.kind == ResourceKind::Workgroup || r.kind == ResourceKind::Private)
        fits = fits && r.count != 0 && !r.element.is_matrix();
      if (!fits) broken(no_node, "a resource has no element or no type");
    }
  }

  Type type_at(NodeId id, std::size_t operand) const { return kernel_.type(kernel_.operands(id)[operand]); }

  // That values fit what takes them; `types(i)` is what the i-th has to be.
  template <class Types>
  void values(NodeId id, std::size_t count, Types&& types, const char* what) {
    const Span<const NodeId> given = kernel_.operands(id);
    bool fits = given.size() == count;
    for (std::size_t i = 0; i < count && fits; ++i) fits = kernel_.type(given[i]) == types(i);
    if (!fits) wrong(ErrorCode::WrongType, id, what);
  }

  // What a Yield or Break gives its construct.
  void results(NodeId id, const Construct& construct) {
    NodeId result = kernel_.node(construct.owner).next;
    values(
        id, construct.results,
        [&](std::size_t) {
          const Type type = kernel_.type(result);
          result = kernel_.node(result).next;
          return type;
        },
        "it gives other values than the construct has Results");
  }

  void expect(NodeId id, bool fits, const char* what) {
    if (!fits) wrong(ErrorCode::WrongType, id, what);
  }

  void meaning(NodeId id) {
    const Node& n = kernel_.node(id);
    switch (n.op) {
      case Op::Result: return result(id);
      case Op::If:
        return expect(id, type_at(id, 0) == Type(Scalar::Boolean) && n.type.is_void(),
                      "the condition is a bool");
      case Op::Switch: return switch_(id);
      case Op::Loop: {
        const Span<const NodeId> arguments = kernel_.arguments(kernel_.regions(id)[0]);
        return values(
            id, arguments.size(), [&](std::size_t i) { return kernel_.type(arguments[i]); },
            "its initial values are not those that the arguments of its body take");
      }
      case Op::Yield:
      case Op::Break:
      case Op::Continue:
      case Op::Return: return terminator(id);
      case Op::Call: return call(id);
      case Op::Convert:
      case Op::ConvertSaturate:
      case Op::Bitcast:
        return expect(id, can_convert(n.op, type_at(id, 0), n.type), "there is no such conversion");
      case Op::Construct: return construct(id);
      case Op::Shuffle: return shuffle(id);
      case Op::VariableLoad:
      case Op::VariableStore: return variable(id);
      case Op::Load:
      case Op::Store:
      case Op::MatrixLoad:
      case Op::MatrixStore:
      case Op::ArrayLength: return memory(id);
      case Op::ImageLoad:
      case Op::ImageStore:
      case Op::ImageFetch:
      case Op::ImageSample:
      case Op::ImageSize: return image(id);
      default: break;
    }
    if (is_atomic(n.op)) return memory(id);
    plain(id);
  }

  // Operations whose type follows from their operands.
  void plain(NodeId id) {
    const Node& n = kernel_.node(id);
    Type types[4];
    const Span<const NodeId> operands = kernel_.operands(id);
    if (operands.size() > 4)
      return wrong(ErrorCode::InvalidOperand, id, "it has more operands than any such operation");
    for (std::size_t i = 0; i < operands.size(); ++i) types[i] = kernel_.type(operands[i]);
    const TypeRuleResult rule = result_type(n.op, Span<const Type>(types, operands.size()), n.immediate);
    if (rule.wrong) {
      String what("it wants ");
      what << Text(rule.wrong);
      return wrong(ErrorCode::WrongType, id, what);
    }
    if (!(rule.type == n.type)) {
      String what("its operands give ");
      what << to_string(rule.type);
      return wrong(ErrorCode::WrongType, id, what);
    }
    switch (n.op) {
      case Op::MatrixMulAdd: {
        const Span<const MatrixShape> shapes = kernel_.matrix_shapes();
        if (!known_matrix(types[0]) || !known_matrix(types[1]) || !known_matrix(types[2]))
          return wrong(ErrorCode::WrongType, id, "its matrix shape does not exist");
        const MatrixShape &a = shapes[types[0].matrix_shape()], &b = shapes[types[1].matrix_shape()],
                          &c = shapes[types[2].matrix_shape()];
        return expect(id,
                      a.use == MatrixUse::A && b.use == MatrixUse::B && c.use == MatrixUse::Accumulator &&
                          a.rows == c.rows && b.columns == c.columns && a.columns == b.rows,
                      "it wants A of MxK, B of KxN and an accumulator of MxN");
      }
      case Op::DotPacked:
      case Op::DotPackedAccSat:
        return expect(id, n.immediate <= static_cast<std::uint32_t>(DotKind::SignedUnsigned),
                      "the signedness of its factors is unknown");
      case Op::MatrixLength:
        return expect(id, known_matrix(Type::from_bits(n.immediate)),
                      "it names no matrix type of the kernel");
      case Op::QuadBroadcast:
        return expect(id, kernel_.is_constant(operands[1]) && kernel_.constant_bits(operands[1]) < 4,
                      "the index in the quad is a constant below 4");
      case Op::QuadSwap: return expect(id, n.immediate < 3, "the direction of the swap is 0, 1 or 2");
      case Op::SubgroupBallotCount:
        return expect(id, (n.immediate & 0xFF) <= static_cast<std::uint32_t>(GroupKind::Exclusive),
                      "it counts by Reduce, Inclusive or Exclusive");
      case Op::SubgroupRotate:
        return expect(id, n.immediate >> 8 == 0 || power_of_two(n.immediate >> 8),
                      "its cluster size is a power of two");
      case Op::Barrier: {
        const MemoryScope execution = SyncScope::unpack(n.immediate).execution;
        return expect(id, execution == MemoryScope::Workgroup || execution == MemoryScope::Subgroup,
                      "a barrier waits for the workgroup or the subgroup");
      }
      default: break;
    }
    if (!is_subgroup_reduction(n.op)) return;
    const std::uint32_t kind = n.immediate & 0xFF, cluster = n.immediate >> 8;
    const bool clustered = kind == static_cast<std::uint32_t>(GroupKind::Clustered);
    expect(id,
           kind <= static_cast<std::uint32_t>(GroupKind::Clustered) &&
               (clustered ? power_of_two(cluster) : cluster == 0),
           "it has a GroupKind, and a power of two as its cluster size if it is Clustered");
  }

  static bool power_of_two(std::uint32_t n) { return n != 0 && (n & (n - 1)) == 0; }
  bool known_matrix(Type type) const {
    return type.is_matrix() && type.matrix_shape() < kernel_.matrix_shapes().size();
  }

  void result(NodeId id) {
    const Node& n = kernel_.node(id);
    const NodeId owner = kernel_.operands(id)[0];
    const Node& before = kernel_.node(n.previous);
    const bool first = n.previous == owner && before.region_count != 0 && n.immediate == 0;
    const bool next = n.previous != no_node && before.op == Op::Result &&
                      kernel_.operands(n.previous)[0] == owner && n.immediate == before.immediate + 1;
    if (!first && !next)
      return wrong(ErrorCode::InvalidNesting, id, "Results follow their construct at once, numbered from 0");
    expect(id, !n.type.is_void(), "a Result has a type");
  }

  void switch_(NodeId id) {
    const Type type = type_at(id, 0);
    expect(id, type.is_int() && !type.is_vector() && !type.is_matrix(), "the selector is an integer");
    if (failed()) return;
    literals_.clear();
    for (const Kernel::SwitchCase c : kernel_.switch_cases(id)) {
      const Span<const std::uint64_t> literals = kernel_.switch_literals(c);
      if (literals.empty()) return wrong(ErrorCode::InvalidOperand, id, "a case has no literal");
      for (const std::uint64_t literal : literals) {
        if (type.width() < 64 && literal >> type.width() != 0)
          return wrong(ErrorCode::InvalidOperand, id, "a literal is wider than the selector");
        for (const std::uint64_t other : literals_)
          if (other == literal) return wrong(ErrorCode::Redefinition, id, "a literal stands in it twice");
        literals_.push_back(literal);
      }
    }
  }

  void terminator(NodeId id) {
    const Node& n = kernel_.node(id);
    if (n.op == Op::Return) {
      const Type result = kernel_.functions()[function_].result;
      return values(
          id, result.is_void() ? 0 : 1, [&](std::size_t) { return result; },
          "it returns what its function does not give");
    }
    if (constructs_.empty())
      return wrong(ErrorCode::InvalidNesting, id, "the body of a function ends in return");
    if (n.op == Op::Yield) {
      if (kernel_.op(constructs_.back().owner) == Op::Loop)
        return wrong(ErrorCode::InvalidNesting, id, "the body of a loop ends in continue, break or return");
      return results(id, constructs_.back());
    }
    for (std::size_t i = constructs_.size(); i-- > 0;) {
      const Construct& c = constructs_[i];
      const Op op = kernel_.op(c.owner);
      if (c.owner == n.immediate && (op == Op::Loop || (op == Op::Switch && n.op == Op::Break))) {
        if (n.op == Op::Break) return results(id, c);
        const Span<const NodeId> arguments = kernel_.arguments(kernel_.regions(c.owner)[0]);
        return values(
            id, arguments.size(), [&](std::size_t k) { return kernel_.type(arguments[k]); },
            "it gives other values than the loop's body has arguments");
      }
      if (op == Op::Loop) break;
    }
    wrong(ErrorCode::InvalidNesting, id, "it names no loop or switch that it may leave from here");
  }

  void call(NodeId id) {
    const Node& n = kernel_.node(id);
    const std::uint32_t callee = n.immediate;
    if (callee == 0 || (function_ != 0 && callee >= function_))
      return wrong(ErrorCode::InvalidNesting, id, "a helper calls only helpers that were finished before it");
    const Function& f = kernel_.functions()[callee];
    const Span<const NodeId> parameters = kernel_.arguments(f.body);
    values(
        id, parameters.size(), [&](std::size_t i) { return kernel_.type(parameters[i]); },
        "its arguments are not those that the function takes");
    expect(id, n.type == f.result, "its type is not what the function returns");
  }

  void construct(NodeId id) {
    const Node& n = kernel_.node(id);
    const Span<const NodeId> parts = kernel_.operands(id);
    bool fits = n.type.is_matrix() ? parts.size() == 1 && known_matrix(n.type)
                                   : n.type.is_vector() && parts.size() == n.type.components();
    for (const NodeId part : parts) fits = fits && kernel_.type(part) == n.type.component();
    expect(id, fits, "it wants a scalar for each component (one for a matrix)");
  }

  void shuffle(NodeId id) {
    const Node& n = kernel_.node(id);
    const Type a = type_at(id, 0), b = type_at(id, 1);
    bool fits = a.is_vector() && b.is_vector() && a.scalar() == b.scalar() && n.type.is_vector() &&
                n.type.scalar() == a.scalar();
    for (unsigned i = 0; i < n.type.components() && fits; ++i)
      fits = (n.immediate >> (4 * i) & 15) < a.components() + b.components();
    expect(id, fits, "it wants two vectors of one component type, and components that they have");
  }

  void variable(NodeId id) {
    const Node& n = kernel_.node(id);
    const Resource& r = kernel_.resource(n.immediate);
    const Type given = n.op == Op::VariableLoad ? n.type : type_at(id, 0);
    expect(id, r.kind == ResourceKind::Variable && given == r.element,
           "the variable has another type, or is none");
  }

  void memory(NodeId id) {
    const Node& n = kernel_.node(id);
    const MemoryAccess& a = kernel_.access_of(id);
    const Resource& r = kernel_.resource(a.resource);
    if (n.op == Op::ArrayLength)
      return expect(id, r.kind == ResourceKind::Buffer && a.stride != 0 && n.type == Type(Scalar::U32),
                    "it wants a buffer and the bytes of an element");
    const bool array = r.kind == ResourceKind::Workgroup || r.kind == ResourceKind::Private;
    if (r.kind != ResourceKind::Buffer && !array)
      return wrong(ErrorCode::WrongType, id, "its memory is neither a buffer nor an array");
    const Span<const NodeId> operands = kernel_.operands(id);
    const std::size_t count = operands.size() - a.address_count();
    std::size_t at = count;
    if (a.has_index) {
      const Type index = kernel_.type(operands[at++]);
      if (!index.is_int() || index.is_vector() || index.is_matrix() || index.width() < 32)
        return wrong(ErrorCode::WrongType, id, "the index is a 32- or 64-bit integer");
    }
    for (; at < operands.size(); ++at)
      if (!is_u32(kernel_.type(operands[at])))
        return wrong(ErrorCode::WrongType, id, "base and range of a view are u32");
    // What lies there: the value loaded or stored, or that of the atomic operation.
    Type value = n.type;
    bool fits = true, reads = false, writes = false;
    switch (n.op) {
      case Op::Load:
        fits = count == 0;
        reads = true;
        break;
      case Op::Store:
        fits = count == 1 && n.type.is_void();
        writes = true;
        break;
      case Op::MatrixLoad:
        fits = count == 1 && is_u32(type_at(id, 0)) && known_matrix(n.type);
        reads = true;
        break;
      case Op::MatrixStore:
        fits = count == 2 && is_u32(type_at(id, 1)) && n.type.is_void();
        writes = true;
        break;
      case Op::AtomicLoad:
        fits = count == 0;
        reads = true;
        break;
      case Op::AtomicStore:
        fits = count == 1 && n.type.is_void();
        reads = writes = true;
        break;
      case Op::AtomicCompareExchange:
        fits = count == 2 && n.type == type_at(id, 0) && n.type == type_at(id, 1);
        reads = writes = true;
        break;
      default:
        fits = count == 1 && n.type == type_at(id, 0);
        reads = writes = true;
        break;
    }
    if (!fits)
      return wrong(ErrorCode::WrongType, id, "its value, stride or comparator is missing or of another type");
    if (value.is_void()) value = type_at(id, 0);
    const bool is_matrix = n.op == Op::MatrixLoad || n.op == Op::MatrixStore;
    const bool atomic = is_atomic(n.op);
    if (is_matrix != value.is_matrix())
      return wrong(ErrorCode::WrongType, id, "matrices have their own load and store");
    if (is_matrix && r.kind == ResourceKind::Private)
      return wrong(ErrorCode::WrongType, id, "a matrix lies in a buffer or in workgroup memory");
    if (!is_matrix &&
        (array ? value.scalar() != r.element.scalar() || value.components() > r.element.components()
               : value.is_boolean()))
      return wrong(ErrorCode::WrongType, id, "the memory holds no such value");
    if (atomic) {
      const bool number = !value.is_vector() && (value.is_float() || (value.is_int() && value.width() >= 32));
      const bool any_number = n.op == Op::AtomicLoad || n.op == Op::AtomicStore ||
                              n.op == Op::AtomicExchange || n.op == Op::AtomicAdd || n.op == Op::AtomicMin ||
                              n.op == Op::AtomicMax;
      if (!number || (value.is_float() && !any_number) || r.kind == ResourceKind::Private || !r.atomic)
        return wrong(ErrorCode::WrongType, id, "there is no such atomic operation, or not on this memory");
    }
    if (r.kind == ResourceKind::Buffer &&
        ((reads && !can_read(r.access)) || (writes && !can_write(r.access))))
      return wrong(ErrorCode::WrongType, id, "the buffer's access does not permit it");
    if (!value.is_boolean() && !power_of_two(a.alignment))
      return wrong(ErrorCode::InvalidOperand, id, "the alignment is no power of two");
  }

  void image(NodeId id) {
    const Node& n = kernel_.node(id);
    const Resource& r = kernel_.resource(n.immediate);
    const bool storage = r.kind == ResourceKind::StorageImage;
    const unsigned dimensions = r.dim == ImageDim::Dim2DArray ? 3 : 2;
    const Type coordinate(Scalar::I32, dimensions);
    bool fits = storage || r.kind == ResourceKind::SampledImage;
    switch (n.op) {
      case Op::ImageLoad:
        fits = storage && can_read(r.access) && type_at(id, 0) == coordinate && n.type == r.element;
        break;
      case Op::ImageStore:
        fits = storage && can_write(r.access) && type_at(id, 0) == coordinate && type_at(id, 1) == r.element;
        break;
      case Op::ImageFetch:
        fits = fits && !storage && type_at(id, 0) == coordinate && type_at(id, 1) == Type(Scalar::I32) &&
               n.type == r.element;
        break;
      case Op::ImageSample:
        fits = fits && !storage && type_at(id, 0) == Type(Scalar::F32, dimensions) &&
               type_at(id, 1) == Type(Scalar::F32) && n.type == r.element;
        break;
      default: fits = fits && type_at(id, 0) == Type(Scalar::I32) && n.type == coordinate; break;
    }
    expect(id, fits, "the image, its coordinate, level or texel are not what the operation takes");
  }

  const Kernel& kernel_;
  Buffer<std::uint8_t> seen_;          // by node
  Buffer<std::uint8_t> used_regions_;  // by region
  Buffer<std::uint8_t> open_;          // by region: its values may be used
  Buffer<Construct> constructs_;       // that are open, in this function
  Buffer<std::uint64_t> literals_;
  std::uint32_t function_ = 0;
  Diagnostic error_;
};

}  // namespace detail

AIRSTRIP_INLINE Result<void> verify(const Kernel& kernel) { return detail::Verifier(kernel).run(); }

AIRSTRIP_KERNEL_NAMESPACE_END
