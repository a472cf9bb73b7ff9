// Loads, stores and atomic operations on buffers, workgroup and private memory.
#pragma once

#include "../evaluate.hpp"
#include "interpret_machine.hpp"
#include "interpret_report.hpp"
#include "interpret_shadow.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

/// Bytes of a component in memory. A Boolean (of workgroup or private memory) has one.
inline std::uint32_t Machine::component_bytes(const Memory& m, Type type) const {
  return type.is_boolean() ? m.component : type.width() / 8;
}

inline std::uint64_t Machine::load_bits(const Memory& m, unsigned lane, std::uint64_t address,
                                        std::uint32_t bytes) const {
  const std::uint8_t* const from = m.bytes + (current_->first_invocation + lane) * m.lane_stride + address;
  switch (bytes) {
    case 1: return *from;
    case 2: {
      std::uint16_t half;
      std::memcpy(&half, from, sizeof half);
      return half;
    }
    case 4: {
      std::uint32_t word;
      std::memcpy(&word, from, sizeof word);
      return word;
    }
    default: {
      std::uint64_t bits;
      std::memcpy(&bits, from, sizeof bits);
      return bits;
    }
  }
}
inline void Machine::store_bits(const Memory& m, unsigned lane, std::uint64_t address, std::uint32_t bytes,
                                std::uint64_t bits) {
  std::uint8_t* const to = m.bytes + (current_->first_invocation + lane) * m.lane_stride + address;
  switch (bytes) {
    case 1: *to = static_cast<std::uint8_t>(bits); break;
    case 2: {
      const auto half = static_cast<std::uint16_t>(bits);
      std::memcpy(to, &half, sizeof half);
      break;
    }
    case 4: {
      const auto word = static_cast<std::uint32_t>(bits);
      std::memcpy(to, &word, sizeof word);
      break;
    }
    default: std::memcpy(to, &bits, sizeof bits); break;
  }
}

/// The address of every lane at work, in `address_`; which of them may be used, in `in_bounds_`. `bytes`: that each
/// accesses there; of a cooperative matrix 0, whose elements are looked at one by one.
inline void Machine::addresses(const Instruction& i, std::uint32_t bytes) {
  const MemoryAccess& access = kernel_.access(i.immediate);
  const Memory& m = memories_[access.resource];
  const std::uint32_t first = i.operand_count - access.address_count();
  std::uint32_t next = first;
  const std::uint64_t* const index = access.has_index ? values(i, next++) : nullptr;
  const unsigned index_width = index ? operand(i, first).type.width() : 0;
  const bool index_signed = index && operand(i, first).type.is_signed();
  const std::uint64_t* const base = access.has_base ? values(i, next++) : nullptr;
  const std::uint64_t* const range = access.has_range ? values(i, next++) : nullptr;
  // A Boolean has no size of its own in the IR; its arrays are indexed by element here.
  const std::uint32_t stride =
      access.stride == 0 && m.kind != ResourceKind::Buffer ? m.element : access.stride;
  in_bounds_ = Mask();
  for (unsigned n = 0; n < active_count_; ++n) {
    const unsigned lane = active_[n];
    std::int64_t relative = access.offset;
    bool fits = true;
    if (index) {
      const std::uint64_t raw = index[lane];
      const std::int64_t signed_index = index_signed
                                            ? evaluation::extend(raw, index_width)
                                            : static_cast<std::int64_t>(raw & ~(std::uint64_t{1} << 63));
      fits = index_signed || raw >> 63 == 0;
      std::int64_t scaled = 0;
      fits = !__builtin_mul_overflow(signed_index, static_cast<std::int64_t>(stride), &scaled) && fits;
      fits = !__builtin_add_overflow(relative, scaled, &relative) && fits;
    }
    const std::int64_t start = base ? static_cast<std::int64_t>(base[lane]) : 0;
    std::int64_t address = 0, end = 0;
    fits = !__builtin_add_overflow(start, relative, &address) && fits;
    fits = !__builtin_add_overflow(address, static_cast<std::int64_t>(bytes), &end) && fits;
    address_[lane] = static_cast<std::uint64_t>(address);
    if (range && bytes != 0)
      fits = fits && relative >= 0 &&
             relative + static_cast<std::int64_t>(bytes) <= static_cast<std::int64_t>(range[lane]);
    fits = fits && address >= 0 && static_cast<std::uint64_t>(end) <= m.size;
    if (fits) {
      in_bounds_.set(lane);
    } else if (options_.sanitize.bounds) {
      report_bounds(i, access.resource, lane, address, range && bytes != 0 ? range + lane : nullptr);
    }
    if (fits && access.alignment > 1 && address_[lane] % access.alignment != 0 && options_.sanitize.bounds) {
      Finding* const finding =
          found(FindingKind::Misaligned, i.node, global_invocation(lane), no_node, access.resource);
      if (!finding) continue;
      finding->address = address;
      finding->index = address / static_cast<std::int64_t>(m.element);
      String text = who(finding->invocation);
      text << " accesses " << Text(place_of(*finding)) << " at byte " << address_[lane] << ", no multiple of "
           << access.alignment;
      describe(*finding, static_cast<String&&>(text));
    }
  }
}

inline void Machine::report_bounds(const Instruction& i, std::uint32_t resource, unsigned lane,
                                   std::int64_t address, const std::uint64_t* range) {
  Finding* const finding =
      found(FindingKind::OutOfBounds, i.node, global_invocation(lane), no_node, resource);
  if (!finding) return;
  const Memory& m = memories_[resource];
  const auto element = static_cast<std::int64_t>(m.element);
  finding->address = address;
  finding->index = address >= 0 ? address / element : -((-address + element - 1) / element);
  const bool writes = has_flag(i.op, op_flag::writes);
  String text = who(finding->invocation);
  text << (writes ? " writes " : " reads ") << Text(place_of(*finding)) << ", outside its ";
  if (range && static_cast<std::uint64_t>(address) < m.size)
    text << "view of " << *range << " bytes";
  else
    text << m.size / m.element << " elements";
  describe(*finding, static_cast<String&&>(text));
}

inline void Machine::memory(const Instruction& i) {
  const MemoryAccess& access = kernel_.access(i.immediate);
  const Memory& m = memories_[access.resource];
  const bool store = i.op == Op::Store;
  const Type type = store ? operand(i, 0).type : i.type;
  const std::uint32_t part = component_bytes(m, type), bytes = part * type.components();
  addresses(i, bytes);
  for (unsigned c = 0; c < type.components(); ++c) {
    std::uint64_t* const row = store ? values(i, 0, c) : slot(i.out + c);
    for (unsigned n = 0; n < active_count_; ++n) {
      const unsigned lane = active_[n];
      const bool fits = in_bounds_.test(lane);
      if (store) {
        if (fits) store_bits(m, lane, address_[lane] + c * part, part, row[lane]);
      } else {
        row[lane] = fits ? load_bits(m, lane, address_[lane] + c * part, part) : 0;
      }
    }
  }
  if (!m.watched && !m.tracks_written) return;
  Manner manner;
  manner.writes = store;
  manner.reads = !store;
  for (unsigned n = 0; n < active_count_; ++n)
    if (in_bounds_.test(active_[n])) touch(m, manner, i.node, active_[n], address_[active_[n]], bytes);
}

inline std::uint64_t Machine::atomic_result(const Instruction& i, std::uint64_t old, unsigned lane) {
  const std::uint64_t value = values(i, 0)[lane];
  const Scalar s = i.scalar;
  Op op;
  switch (i.op) {
    case Op::AtomicStore:
    case Op::AtomicExchange: return value;
    case Op::AtomicCompareExchange: return old == values(i, 1)[lane] ? value : old;
    case Op::AtomicAdd: op = Op::Add; break;
    case Op::AtomicSub: op = Op::Sub; break;
    case Op::AtomicMin: op = Op::Min; break;
    case Op::AtomicMax: op = Op::Max; break;
    case Op::AtomicAnd: op = Op::And; break;
    case Op::AtomicOr: op = Op::Or; break;
    default: op = Op::Xor; break;
  }
  const std::uint64_t operands[2] = {old, value};
  return evaluate(op, s, s, operands).bits;
}

inline void Machine::atomic(const Instruction& i) {
  const MemoryAccess& access = kernel_.access(i.immediate);
  const Memory& m = memories_[access.resource];
  const bool only_loads = i.op == Op::AtomicLoad, only_stores = i.op == Op::AtomicStore;
  const Type type = i.type.is_void() ? operand(i, 0).type : i.type;
  const std::uint32_t bytes = type.width() / 8;
  addresses(i, bytes);
  Manner manner;
  manner.atomic = true;
  manner.writes = !only_loads;
  manner.reads = !only_stores;
  manner.scope = access.scope;
  // One lane after the other, in their order.
  for (unsigned n = 0; n < active_count_; ++n) {
    const unsigned lane = active_[n];
    if (!in_bounds_.test(lane)) {
      if (!only_stores) slot(i.out)[lane] = 0;
      continue;
    }
    synchronise(m, access, i.op, lane, address_[lane]);
    touch(m, manner, i.node, lane, address_[lane], bytes);
    const std::uint64_t old = load_bits(m, lane, address_[lane], bytes);
    if (!only_loads) store_bits(m, lane, address_[lane], bytes, atomic_result(i, old, lane));
    if (!only_stores) slot(i.out)[lane] = old;
  }
}

inline void Machine::array_length(const Instruction& i) {
  const MemoryAccess& access = kernel_.access(i.immediate);
  const std::uint64_t length = memories_[access.resource].size / (access.stride ? access.stride : 1);
  for (unsigned lane = 0; lane < size_; ++lane) slot(i.out)[lane] = static_cast<std::uint32_t>(length);
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
