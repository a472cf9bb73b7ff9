#pragma once

#include "../lower_addresses.hpp"
#include "common.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class AddressLowering {
public:
  explicit AddressLowering(Kernel& kernel) : kernel_(kernel) {}

  void run(bool one_view) {
    const std::uint32_t end = kernel_.node_bound();
    if (one_view && !find_views(end)) return pass_out_of_memory(kernel_, "lower_addresses");
    for (NodeId id = 1; id < end; ++id) {
      const Node& node = kernel_.node(id);
      if (node.region == no_region) continue;
      if (is_memory_access(node.op) && node.op != Op::ArrayLength) lower(id);
    }
  }

private:
  // How a buffer is accessed.
  struct ViewUse {
    Type first;          // what was accessed first, components of what is taken apart
    bool mixed = false;  // and something else later
  };
  Type accessed_by(NodeId id) const {
    const Op op = kernel_.op(id);
    return op == Op::Store || op == Op::AtomicStore || op == Op::MatrixStore
               ? kernel_.type(static_cast<const Kernel&>(kernel_).operands(id)[0])
               : kernel_.type(id);
  }
  bool find_views(std::uint32_t end) {
    if (!views_.resize(kernel_.resources().size(), ViewUse())) return false;
    for (NodeId id = 1; id < end; ++id) {
      const Node& node = kernel_.node(id);
      if (node.region == no_region || !is_memory_access(node.op) || node.op == Op::ArrayLength) continue;
      const MemoryAccess& access = kernel_.access_of(id);
      Type type = accessed_by(id);
      if (type.is_matrix() || !is_accessed_whole(access, type)) type = type.component();
      ViewUse& view = views_[access.resource];
      if (view.first.is_void())
        view.first = type;
      else if (!(view.first == type))
        view.mixed = true;
    }
    return true;
  }

  NodeId add(NodeId before, Op op, Type type, NodeId a, NodeId b) {
    const NodeId operands[2] = {a, b};
    const NodeId id = kernel_.add_node(op, type, operands, 0, kernel_.node(before).location);
    kernel_.insert_before(before, id);
    return id;
  }
  // value * factor / divisor, where it is a whole number
  NodeId scale(NodeId before, NodeId value, std::uint32_t factor) {
    if (factor == 1) return value;
    const Type type = kernel_.type(value);
    if (kernel_.is_constant(value)) return kernel_.constant(type, kernel_.constant_bits(value) * factor);
    return add(before, Op::Mul, type, value, kernel_.constant(type, factor));
  }

  void lower(NodeId id) {
    const MemoryAccess access = kernel_.access_of(id);
    const Resource& resource = kernel_.resource(access.resource);
    const bool buffer = resource.kind == ResourceKind::Buffer;
    const Type accessed = accessed_by(id);
    const std::uint32_t unit = accessed.width() / 8;
    const bool matrix = accessed.is_matrix();
    std::uint32_t size = matrix ? unit : accessed.size();
    if (!buffer) {
      const NodeId index =
          element_index(id, access, access.stride, access.offset - access.offset % access.stride);
      MemoryAccess lowered = access;
      lowered.offset = access.offset % access.stride;
      finish(id, lowered, index);
      return;
    }
    const bool parted = accessed.is_vector() && !views_.empty() && views_[access.resource].mixed;
    const bool whole = !parted && is_accessed_whole(access, accessed);
    if (!whole) size = unit;
    MemoryAccess lowered = access;
    lowered.stride = size;
    lowered.offset = 0;
    if (whole) {
      finish(id, lowered, element_index(id, access, size, access.offset));
      return;
    }
    lowered.alignment = access.alignment < unit ? access.alignment : unit;
    split(id, access, lowered, accessed);
  }

  // (base + index * stride + offset) / size
  NodeId element_index(NodeId id, const MemoryAccess& access, std::uint32_t size, std::uint32_t offset) {
    const Span<const NodeId> address = static_cast<const Kernel&>(kernel_).address_of(id);
    NodeId index = no_node;
    std::size_t next = 0;
    NodeId base = no_node;
    if (access.has_index) index = address[next++];
    if (access.has_base) base = address[next++];
    const std::uint32_t constant = offset / size;
    if (index != no_node) index = scaled_index(id, index, access.stride, size);
    const Type type = index != no_node ? kernel_.type(index) : Type(Scalar::U32);
    if (index == no_node) {
      index = kernel_.constant(type, constant);
    } else if (constant != 0) {
      index = kernel_.is_constant(index) ? kernel_.constant(type, kernel_.constant_bits(index) + constant)
                                         : add(id, Op::Add, type, index, kernel_.constant(type, constant));
    }
    if (base == no_node) return index;
    NodeId part = base;
    if (size != 1) {
      const Type u32_type(Scalar::U32);
      std::uint32_t shift = 0;
      while ((1u << shift) < size) ++shift;
      part = add(id, Op::ShiftRight, u32_type, base, kernel_.constant(u32_type, shift));
    }
    if (!(kernel_.type(part) == type)) {
      const NodeId converted =
          kernel_.add_node(Op::Convert, type, Span<const NodeId>(&part, 1), 0, kernel_.node(id).location);
      kernel_.insert_before(id, converted);
      part = converted;
    }
    if (kernel_.is_constant(index) && kernel_.constant_bits(index) == 0) return part;
    return add(id, Op::Add, type, part, index);
  }
  NodeId scaled_index(NodeId id, NodeId index, std::uint32_t stride, std::uint32_t size) {
    return scale(id, index, stride / size);
  }

  void finish(NodeId id, MemoryAccess lowered, NodeId index) {
    const unsigned old_count = kernel_.access_of(id).address_count();
    const Span<const NodeId> all = static_cast<const Kernel&>(kernel_).operands(id);
    NodeId operands[4];
    std::size_t count = 0;
    for (std::size_t i = 0; i + old_count < all.size(); ++i) operands[count++] = all[i];
    operands[count++] = index;
    lowered.has_index = true;
    lowered.has_base = lowered.has_range = false;
    kernel_.node(id).immediate = kernel_.add_access(lowered);
    kernel_.set_operands(id, Span<const NodeId>(operands, count));
  }

  void split(NodeId id, const MemoryAccess& access, const MemoryAccess& lowered, Type vector) {
    const bool store = kernel_.op(id) == Op::Store;
    const std::uint32_t unit = vector.width() / 8;
    const std::uint32_t location = kernel_.node(id).location;
    MemoryAccess part_access = lowered;
    part_access.has_index = true;
    part_access.has_base = part_access.has_range = false;
    const std::uint32_t part_number = kernel_.add_access(part_access);
    const NodeId value = store ? static_cast<const Kernel&>(kernel_).operands(id)[0] : no_node;
    NodeId parts[4];
    for (unsigned i = 0; i < vector.components(); ++i) {
      const NodeId index = element_index(id, access, unit, access.offset + i * unit);
      if (store) {
        NodeId component;
        if (kernel_.op(value) == Op::ConstantVector) {
          component = static_cast<const Kernel&>(kernel_).operands(value)[i];
        } else {
          component =
              kernel_.add_node(Op::Extract, vector.component(), Span<const NodeId>(&value, 1), i, location);
          kernel_.insert_before(id, component);
        }
        const NodeId operands[2] = {component, index};
        parts[i] = kernel_.add_node(Op::Store, Type(), operands, part_number, location);
      } else {
        parts[i] = kernel_.add_node(Op::Load, vector.component(), Span<const NodeId>(&index, 1), part_number,
                                    location);
      }
      kernel_.insert_before(id, parts[i]);
    }
    if (store) {
      kernel_.unlink(id);
      return;
    }
    // The load becomes the vector of its parts: its users keep their operand.
    Node& node = kernel_.node(id);
    node.op = Op::Construct;
    node.immediate = 0;
    node.operand_count = 0;
    kernel_.set_operands(id, Span<const NodeId>(parts, vector.components()));
  }

  Kernel& kernel_;
  Buffer<ViewUse> views_;  // by resource; empty where that does not matter
};

}  // namespace detail

AIRSTRIP_INLINE bool is_accessed_whole(const MemoryAccess& access, Type accessed) {
  if (!accessed.is_vector()) return true;
  const std::uint32_t size = accessed.size();
  return accessed.components() != 3 && access.alignment % size == 0 &&
         (!access.has_index || access.stride % size == 0) && access.offset % size == 0;
}

AIRSTRIP_INLINE void lower_addresses(Kernel& kernel, bool one_view) {
  detail::AddressLowering(kernel).run(one_view);
}

AIRSTRIP_KERNEL_NAMESPACE_END
