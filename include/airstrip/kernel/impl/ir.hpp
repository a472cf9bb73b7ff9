#pragma once

#include "../ir.hpp"

#include <cstring>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

template <class T>
void copy_buffer(Buffer<T>& to, const Buffer<T>& from) {
  to.assign(Span<const T>(from.data(), from.size()));
}

// Mixes two words into one; only spreads entries over the table, identity is compared in full.
inline std::uint32_t mix_hash(std::uint32_t hash, std::uint32_t word) {
  return (hash ^ word) * 0x9E3779B1u ^ hash >> 15;
}

// Fills a node but for its operands, of which those in it are zero: field by field, each written once.
inline void begin_node(Node& n, Op op, Type type, std::uint16_t operands, std::uint32_t immediate,
                       std::uint32_t location) {
  n.op = op;
  n.mark = 0;
  n.operand_count = operands;
  n.type = type;
  n.operands[0] = n.operands[1] = n.operands[2] = 0;
  n.immediate = immediate;
  n.next = n.previous = no_node;
  n.region = no_region;
  n.location = location;
  n.first_region = n.region_count = 0;
}

}  // namespace detail

AIRSTRIP_INLINE Kernel::Kernel() { clear(); }

AIRSTRIP_INLINE void Kernel::clear() {
  options_ = {};
  error_ = {};
  nodes_.clear();
  pool_.clear();
  regions_.clear();
  region_pool_.clear();
  switch_cases_.clear();
  literals_.clear();
  resources_.clear();
  accesses_.clear();
  parameters_.clear();
  spec_constants_.clear();
  functions_.clear();
  matrix_shapes_.clear();
  locations_.clear();
  text_.clear();
  undefined_.clear();
  for (NodeId& id : interned_) id = no_node;
  interned_count_ = 0;
  for (NodeId& id : builtins_) id = no_node;
  // Index 0 of each means "none".
  nodes_.push_back({});
  regions_.push_back({});
  locations_.push_back({});
  text_.push_back('\0');
  name_ = 0;
  if (AIRSTRIP_UNLIKELY(out_of_memory())) {
    Diagnostic error;
    error.code = ErrorCode::OutOfMemory;
    error.message = "out of memory while a kernel was begun";
    fail(static_cast<Diagnostic&&>(error));
  }
}

AIRSTRIP_INLINE Kernel Kernel::clone() const {
  Kernel copy;
  copy.assign(*this);
  return copy;
}

AIRSTRIP_INLINE void Kernel::assign(const Kernel& other) {
  options_ = other.options_;
  name_ = other.name_;
  error_ = other.error_;
  detail::copy_buffer(nodes_, other.nodes_);
  detail::copy_buffer(pool_, other.pool_);
  detail::copy_buffer(regions_, other.regions_);
  detail::copy_buffer(region_pool_, other.region_pool_);
  detail::copy_buffer(switch_cases_, other.switch_cases_);
  detail::copy_buffer(literals_, other.literals_);
  detail::copy_buffer(resources_, other.resources_);
  detail::copy_buffer(accesses_, other.accesses_);
  detail::copy_buffer(parameters_, other.parameters_);
  detail::copy_buffer(spec_constants_, other.spec_constants_);
  detail::copy_buffer(functions_, other.functions_);
  detail::copy_buffer(matrix_shapes_, other.matrix_shapes_);
  detail::copy_buffer(locations_, other.locations_);
  detail::copy_buffer(text_, other.text_);
  detail::copy_buffer(interned_, other.interned_);
  detail::copy_buffer(undefined_, other.undefined_);
  interned_count_ = other.interned_count_;
  std::memcpy(builtins_, other.builtins_, sizeof builtins_);
}

AIRSTRIP_INLINE bool Kernel::out_of_memory() const {
  return nodes_.out_of_memory() || pool_.out_of_memory() || regions_.out_of_memory() ||
         region_pool_.out_of_memory() || switch_cases_.out_of_memory() || literals_.out_of_memory() ||
         resources_.out_of_memory() || accesses_.out_of_memory() || parameters_.out_of_memory() ||
         spec_constants_.out_of_memory() || functions_.out_of_memory() || matrix_shapes_.out_of_memory() ||
         locations_.out_of_memory() || text_.out_of_memory() || interned_.out_of_memory() ||
         undefined_.out_of_memory();
}

AIRSTRIP_INLINE String Kernel::location_text(std::uint32_t location) const {
  String result;
  for (bool first = true; location != 0 && location < locations_.size(); first = false) {
    const Location& l = locations_[location];
    if (!first) result << " called from ";
    const Text file(l.at.file ? l.at.file : "?");
    std::size_t base = 0;
    for (std::size_t i = 0; i < file.size(); ++i)
      if (file[i] == '/' || file[i] == '\\') base = i + 1;
    result << Text(file.data() + base, file.size() - base) << ':' << l.at.line;
    location = l.caller < location ? l.caller : 0;
  }
  return result;
}

// --- tables ------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE std::uint32_t Kernel::add_text(Text text) {
  if (text.empty()) return 0;
  const auto offset = static_cast<std::uint32_t>(text_.size());
  char* const to = text_.extend(text.size() + 1);
  if (!to) return 0;
  std::memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
  return offset;
}

AIRSTRIP_INLINE std::uint32_t Kernel::add_location(SourceLocation at, std::uint32_t caller) {
  const Location& last = locations_.back();
  if (last.at.line != at.line || last.at.file != at.file || last.caller != caller || locations_.size() == 1)
    if (!locations_.push_back({at, caller})) return 0;
  return static_cast<std::uint32_t>(locations_.size() - 1);
}

AIRSTRIP_INLINE std::uint32_t Kernel::add_resource(const Resource& resource) {
  resources_.push_back(resource);
  return static_cast<std::uint32_t>(resources_.size() - 1);
}

AIRSTRIP_INLINE std::uint32_t Kernel::add_access(const MemoryAccess& access) {
  // A kernel has few distinct ones, and the last few come again: equal accesses get equal numbers nearly always, which
  // lets loads of the same place compare as words.
  const std::size_t count = accesses_.size();
  for (std::size_t i = count; i > 0 && count - i < 16; --i)
    if (accesses_[i - 1] == access) return static_cast<std::uint32_t>(i - 1);
  accesses_.push_back(access);
  return static_cast<std::uint32_t>(count);
}

AIRSTRIP_INLINE std::uint32_t Kernel::add_matrix_shape(const MatrixShape& shape) {
  for (std::size_t i = 0; i < matrix_shapes_.size(); ++i)
    if (matrix_shapes_[i] == shape) return static_cast<std::uint32_t>(i);
  matrix_shapes_.push_back(shape);
  return static_cast<std::uint32_t>(matrix_shapes_.size() - 1);
}

AIRSTRIP_INLINE NodeId Kernel::add_parameter(Type type, Text name, std::uint32_t location) {
  const NodeId id =
      add_node(Op::Parameter, type, {}, static_cast<std::uint32_t>(parameters_.size()), location);
  parameters_.push_back({type, add_text(name), location, id});
  return id;
}

AIRSTRIP_INLINE NodeId Kernel::add_spec_constant(Type type, std::uint32_t number, std::uint64_t value,
                                                 Text name, std::uint32_t location) {
  const NodeId id =
      add_node(Op::SpecConstant, type, {}, static_cast<std::uint32_t>(spec_constants_.size()), location);
  spec_constants_.push_back({type, number, value, add_text(name), location, id});
  return id;
}

AIRSTRIP_INLINE std::uint32_t Kernel::add_function(Text name, Type result, Span<const Type> parameters,
                                                   std::uint32_t location) {
  const RegionId body = add_region(no_node);
  for (const Type type : parameters) add_argument(body, type, location);
  functions_.push_back({body, result, add_text(name), location});
  return static_cast<std::uint32_t>(functions_.size() - 1);
}

// --- constants -----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE NodeId Kernel::intern(Op op, Type type, Span<const std::uint32_t> words) {
  if (interned_count_ * 2 >= interned_.size()) {
    const std::size_t capacity = interned_.size() ? interned_.size() * 2 : 64;
    interned_.truncate(0);  // not clear, which would forget that memory was out
    if (!interned_.resize(capacity, no_node)) return no_node;
    // Every interned node is in the arena: fill the larger table from there.
    for (NodeId id = 1; id < nodes_.size(); ++id) {
      const Node& n = nodes_[id];
      if (n.op != Op::Constant && n.op != Op::ConstantVector) continue;
      const Span<const NodeId> key = n.op == Op::Constant ? Span<const NodeId>(n.operands, 2)
                                                          : static_cast<const Kernel*>(this)->operands(id);
      std::uint32_t hash = n.type.bits();
      for (const std::uint32_t word : key) hash = detail::mix_hash(hash, word);
      std::size_t at = (hash ^ hash >> 16) & (capacity - 1);
      while (interned_[at] != no_node) at = (at + 1) & (capacity - 1);
      interned_[at] = id;
    }
  }
  std::uint32_t hash = type.bits();
  for (const std::uint32_t word : words) hash = detail::mix_hash(hash, word);
  const std::size_t mask = interned_.size() - 1;
  std::size_t at = (hash ^ hash >> 16) & mask;
  for (; interned_[at] != no_node; at = (at + 1) & mask) {
    const NodeId id = interned_[at];
    const Node& n = nodes_[id];
    if (n.op != op || !(n.type == type)) continue;
    const Span<const NodeId> key = op == Op::Constant ? Span<const NodeId>(n.operands, 2)
                                                      : static_cast<const Kernel*>(this)->operands(id);
    if (key.size() == words.size() && std::memcmp(key.data(), words.data(), key.size() * sizeof(NodeId)) == 0)
      return id;
  }
  NodeId id;
  if (op == Op::Constant) {
    id = add_node(op, type, {}, 0, 0);
    if (id == no_node) return no_node;
    nodes_[id].operands[0] = words[0];
    nodes_[id].operands[1] = words[1];
  } else {
    id = add_node(op, type, words, 0, 0);
    if (id == no_node || pool_.out_of_memory()) return no_node;
  }
  interned_[at] = id;
  ++interned_count_;
  return id;
}

AIRSTRIP_INLINE NodeId Kernel::constant(Type scalar, std::uint64_t bits) {
  const unsigned width = scalar.width();
  if (width < 64) bits &= (std::uint64_t{1} << width) - 1;
  const std::uint32_t words[2] = {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)};
  if (!interned_.empty()) {  // where `intern` would find it first
    const std::uint32_t hash = detail::mix_hash(detail::mix_hash(scalar.bits(), words[0]), words[1]);
    const NodeId id = interned_[(hash ^ hash >> 16) & (interned_.size() - 1)];
    const Node& n = nodes_[id];
    if (n.op == Op::Constant && n.type == scalar && n.operands[0] == words[0] && n.operands[1] == words[1])
      return id;
  }
  return intern(Op::Constant, scalar, words);
}

AIRSTRIP_INLINE NodeId Kernel::constant_vector(Type type, Span<const NodeId> components) {
  return intern(Op::ConstantVector, type, components);
}

AIRSTRIP_INLINE NodeId Kernel::splat(Type type, std::uint64_t bits) {
  const NodeId component = constant(type.component(), bits);
  if (!type.is_vector()) return component;
  const NodeId components[4] = {component, component, component, component};
  return constant_vector(type, Span<const NodeId>(components, type.components()));
}

AIRSTRIP_INLINE NodeId Kernel::undefined(Type type) {
  for (const NodeId id : undefined_)
    if (nodes_[id].type == type) return id;
  const NodeId id = add_node(Op::Undefined, type, {}, 0, 0);
  undefined_.push_back(id);
  return id;
}

AIRSTRIP_INLINE NodeId Kernel::builtin(BuiltIn which) {
  NodeId& id = builtins_[static_cast<std::size_t>(which)];
  if (id == no_node) {
    const bool vector = which <= BuiltIn::WorkgroupSize && which != BuiltIn::LocalInvocationIndex;
    id = add_node(Op::BuiltInValue, Type(Scalar::U32, vector ? 3 : 1), {}, static_cast<std::uint32_t>(which),
                  0);
  }
  return id;
}

// --- nodes and regions -----------------------------------------------------------------------------------------------

AIRSTRIP_INLINE NodeId Kernel::add_node(Op op, Type type, Span<const NodeId> operands,
                                        std::uint32_t immediate, std::uint32_t location) {
  const auto id = static_cast<NodeId>(nodes_.size());
  Node* const n = nodes_.extend(1);
  if (!n) return no_node;
  const std::size_t count = operands.size();
  detail::begin_node(*n, op, type, static_cast<std::uint16_t>(count), immediate, location);
  if (count <= 3) {
    for (std::size_t i = 0; i < count; ++i) n->operands[i] = operands[i];
  } else {
    n->operands[0] = static_cast<std::uint32_t>(pool_.size());
    if (!pool_.append(operands)) n->operand_count = 0;
  }
  return id;
}

template <unsigned Count>
NodeId Kernel::append_new(RegionId region, Op op, Type type, NodeId a, NodeId b, std::uint32_t immediate,
                          std::uint32_t location) {
  static_assert(Count <= 2);
  const auto id = static_cast<NodeId>(nodes_.size());
  Node* const n = nodes_.extend(1);
  if (!n) return no_node;
  detail::begin_node(*n, op, type, Count, immediate, location);
  if constexpr (Count > 0) n->operands[0] = a;
  if constexpr (Count > 1) n->operands[1] = b;
  Region& r = regions_[region];
  n->region = region;
  n->previous = r.last;
  if (r.last != no_node)
    nodes_[r.last].next = id;
  else
    r.first = id;
  r.last = id;
  return id;
}

// A node that could not be made is placed nowhere: lists stay lists until somebody asks for `out_of_memory`.
AIRSTRIP_INLINE void Kernel::append(RegionId region, NodeId id) {
  if (AIRSTRIP_UNLIKELY(id == no_node)) return;
  Region& r = regions_[region];
  Node& n = nodes_[id];
  n.region = region;
  n.previous = r.last;
  n.next = no_node;
  if (r.last != no_node)
    nodes_[r.last].next = id;
  else
    r.first = id;
  r.last = id;
}

AIRSTRIP_INLINE void Kernel::insert_before(NodeId where, NodeId id) {
  if (AIRSTRIP_UNLIKELY(id == no_node)) return;
  Node& n = nodes_[id];
  Node& w = nodes_[where];
  n.region = w.region;
  n.next = where;
  n.previous = w.previous;
  if (w.previous != no_node)
    nodes_[w.previous].next = id;
  else
    regions_[w.region].first = id;
  w.previous = id;
}

AIRSTRIP_INLINE void Kernel::insert_after(NodeId where, NodeId id) {
  if (nodes_[where].next != no_node)
    insert_before(nodes_[where].next, id);
  else
    append(nodes_[where].region, id);
}

AIRSTRIP_INLINE void Kernel::unlink(NodeId id) {
  Node& n = nodes_[id];
  if (n.region == no_region) return;
  Region& r = regions_[n.region];
  if (n.previous != no_node)
    nodes_[n.previous].next = n.next;
  else
    r.first = n.next;
  if (n.next != no_node)
    nodes_[n.next].previous = n.previous;
  else
    r.last = n.previous;
  n.next = n.previous = no_node;
  n.region = no_region;
}

AIRSTRIP_INLINE void Kernel::set_operands(NodeId id, Span<const NodeId> operands) {
  Node& n = nodes_[id];
  const std::size_t count = operands.size();
  if (count <= 3) {
    for (std::size_t i = 0; i < count; ++i) n.operands[i] = operands[i];
  } else if (count <= n.operand_count) {
    std::memmove(pool_.data() + n.operands[0], operands.data(), count * sizeof(NodeId));
  } else {
    const auto at = static_cast<std::uint32_t>(pool_.size());
    if (!pool_.append(operands)) return;
    n.operands[0] = at;
  }
  n.operand_count = static_cast<std::uint16_t>(count);
}

AIRSTRIP_INLINE RegionId Kernel::add_region(NodeId owner) {
  Region region;
  region.owner = owner;
  regions_.push_back(region);
  return static_cast<RegionId>(regions_.size() - 1);
}

AIRSTRIP_INLINE NodeId Kernel::add_argument(RegionId region, Type type, std::uint32_t location) {
  const std::uint32_t index = regions_[region].argument_count;
  const NodeId id = add_node(Op::Argument, type, {}, index, location);
  if (id == no_node) return no_node;
  nodes_[id].region = region;  // for questions; an argument is not in the list
  Region& r = regions_[region];
  if (r.first_argument + index != pool_.size()) {  // not at the pool's end: move there
    const auto at = static_cast<std::uint32_t>(pool_.size());
    if (!pool_.extend(index)) return no_node;
    for (std::uint32_t i = 0; i < index; ++i) pool_[at + i] = pool_[r.first_argument + i];
    r.first_argument = at;
  }
  if (!pool_.push_back(id)) return no_node;
  ++r.argument_count;
  return id;
}

AIRSTRIP_INLINE void Kernel::keep_arguments(RegionId region, Span<const std::uint8_t> keep) {
  Region& r = regions_[region];
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < r.argument_count && i < keep.size(); ++i) {
    if (!keep[i]) continue;
    const NodeId id = pool_[r.first_argument + i];
    nodes_[id].immediate = kept;
    pool_[r.first_argument + kept++] = id;
  }
  r.argument_count = kept;
}

AIRSTRIP_INLINE void Kernel::set_regions(NodeId id, Span<const RegionId> regions) {
  nodes_[id].first_region = static_cast<std::uint32_t>(region_pool_.size());
  nodes_[id].region_count = 0;
  if (!region_pool_.append(regions)) return;
  nodes_[id].region_count = static_cast<std::uint32_t>(regions.size());
  for (const RegionId r : regions) regions_[r].owner = id;
}

AIRSTRIP_INLINE void Kernel::set_switch_cases(NodeId id, Span<const Span<const std::uint64_t>> literals) {
  nodes_[id].immediate = static_cast<std::uint32_t>(switch_cases_.size());
  for (const Span<const std::uint64_t> list : literals) {
    switch_cases_.push_back(
        {static_cast<std::uint32_t>(literals_.size()), static_cast<std::uint32_t>(list.size())});
    literals_.append(list);
  }
}

AIRSTRIP_INLINE NodeId Kernel::add_result(NodeId owner, std::uint32_t index, Type type) {
  const NodeId id = add_node(Op::Result, type, Span<const NodeId>(&owner, 1), index, nodes_[owner].location);
  NodeId after = owner;
  while (nodes_[after].next != no_node && nodes_[nodes_[after].next].op == Op::Result)
    after = nodes_[after].next;
  insert_after(after, id);
  return id;
}

AIRSTRIP_KERNEL_NAMESPACE_END
