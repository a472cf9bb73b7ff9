#pragma once

#include "../storage.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class NarrowStorage {
public:
  NarrowStorage(Kernel& kernel, const StorageOptions& options)
      : kernel_(kernel), r_(kernel), options_(options) {}
  void run();

private:
  // Where a value lies in words: those that are loaded or stored, and the bits below it in the first.
  struct Place {
    MemoryAccess access;     // of the first word
    NodeId address[3] = {};  // its operands
    std::size_t count = 0;
    bool fixed = true;   // the phase is known
    unsigned phase = 0;  // in bytes
    Term byte;           // not fixed: address of the first byte, from the access's base
    Term shift;          // not fixed: 8 * (byte & 3)
  };

  bool lacking(Type type) const {
    if (type.is_matrix()) return false;
    return (type.width() == 8 && !options_.storage8) || (type.width() == 16 && !options_.storage16);
  }
  bool in_buffer(NodeId id) const {
    return kernel_.resource(kernel_.access_of(id).resource).kind == ResourceKind::Buffer;
  }
  bool fills_words(NodeId id, Type type) const;
  bool has_fixed_phase(const MemoryAccess& access, unsigned& phase) const;
  Place place(NodeId id);
  Term load_word(const Place& at, unsigned word, unsigned bytes);
  void store_word(const Place& at, unsigned word, Term value);
  void store_bits(const Place& at, unsigned word, Term bits, Term mask);
  void word_address(const Place& at, unsigned word, unsigned bytes, MemoryAccess& access, NodeId* operands,
                    std::size_t& count);
  Term from_words(Type type, const Term* words);
  unsigned to_words(Term value, Term* words);
  void load(NodeId id);
  void store(NodeId id);
  void store_at(const Place& at, Term value);
  void array_length(NodeId id);

  Kernel& kernel_;
  Rewriter r_;
  StorageOptions options_;
  Replacements replacements_;
  Buffer<std::uint8_t> parts_;   // by resource: parts of words are stored
  Buffer<std::uint8_t> narrow_;  // by resource: becomes an array of words
};

inline bool NarrowStorage::has_fixed_phase(const MemoryAccess& access, unsigned& phase) const {
  if (access.alignment >= 4) {
    phase = 0;
    return true;
  }
  phase = access.offset & 3;
  return !access.has_base && (!access.has_index || access.stride % 4 == 0);
}

inline bool NarrowStorage::fills_words(NodeId id, Type type) const {
  unsigned phase = 0;
  return type.size() % 4 == 0 && has_fixed_phase(kernel_.access_of(id), phase) && phase == 0;
}

inline void NarrowStorage::run() {
  const std::size_t resources = kernel_.resources().size();
  if (!parts_.resize(resources, 0) || !narrow_.resize(resources, 0) || !replacements_.begin(kernel_))
    return fail_out_of_memory(kernel_);
  bool any = false;
  for (std::size_t i = 0; i < resources; ++i)
    if (kernel_.resource(i).kind == ResourceKind::Buffer && lacking(kernel_.resource(i).element)) {
      any = true;
      narrow_[i] = 1;
    }
  for (const Function& function : kernel_.functions())
    for_each_node(static_cast<const Kernel&>(kernel_), function.body, [&](NodeId id) {
      const Op op = kernel_.op(id);
      if (op != Op::Load && op != Op::Store) return;
      const NodeId first = op == Op::Store ? static_cast<const Kernel&>(kernel_).operands(id)[0] : id;
      const Type type = kernel_.type(first);
      if (!lacking(type) || !in_buffer(id)) return;
      any = true;
      const std::uint32_t resource = kernel_.access_of(id).resource;
      narrow_[resource] = 1;
      if (op == Op::Store && !fills_words(id, type)) parts_[resource] = 1;
    });
  if (!any) return;
  for (std::size_t i = 0; i < resources; ++i) {
    Resource& resource = kernel_.resource(i);
    if (narrow_[i]) {
      resource.element = Type(Scalar::U32);
      resource.stride = 4;
    }
    if (parts_[i]) {
      resource.access = Access::ReadWrite;
      if (options_.narrow_stores == NarrowStores::Atomic) resource.atomic = true;
    }
  }
  rewrite_nodes(kernel_, replacements_, [&](NodeId id) {
    const Op op = kernel_.op(id);
    if (op == Op::ArrayLength) return array_length(id);
    if (op != Op::Load && op != Op::Store) return;
    const NodeId first = op == Op::Store ? static_cast<const Kernel&>(kernel_).operands(id)[0] : id;
    if (!lacking(kernel_.type(first)) || !in_buffer(id)) return;
    r_.before(id);
    if (op == Op::Load)
      load(id);
    else
      store(id);
    kernel_.unlink(id);
  });
}

// --- addresses -----------------------------------------------------------------------------------------------------------

inline NarrowStorage::Place NarrowStorage::place(NodeId id) {
  const Kernel& kernel = kernel_;
  Place at;
  at.access = kernel.access_of(id);
  const Span<const NodeId> given = kernel.address_of(id);
  std::size_t next = 0;
  const NodeId index = at.access.has_index ? given[next++] : no_node;
  const NodeId base = at.access.has_base ? given[next++] : no_node;
  const NodeId range = at.access.has_range ? given[next++] : no_node;
  at.access.alignment = 4;
  const Type word(Scalar::U32);
  at.fixed = has_fixed_phase(kernel.access_of(id), at.phase);
  if (at.fixed) {
    at.access.offset -= at.phase;
    if (index != no_node) at.address[at.count++] = index;
    if (base != no_node) at.address[at.count++] = base;
    if (range != no_node) {
      const Term whole = (r_.term(range) + 3) & 0xFFFFFFFCu;
      at.address[at.count++] = whole.node;
    }
    return at;
  }
  // The byte's address from the base, as far as that is a multiple of 4.
  const bool signed_index = index != no_node && kernel.type(index).is_signed();
  Term byte;
  if (index != no_node) {
    const Term number = r_.term(index);
    const Term word_index = number.type().width() == 32 ? bitcast(number, word) : convert(number, word);
    byte = word_index * at.access.stride + at.access.offset;
  } else {
    byte = r_.constant(word, at.access.offset);
  }
  at.access.stride = 4;
  at.access.offset = 0;
  at.access.has_index = true;
  at.access.has_base = at.access.has_range = false;
  Term aligned_base, whole_range;
  if (base != no_node && signed_index) {
    // A negative index may lead below the base: counted from the buffer's beginning, modulo 2^32.
    byte = byte + r_.term(base);
  } else if (base != no_node) {
    const Term above = r_.term(base) & 3;
    byte = byte + above;
    aligned_base = r_.term(base) & 0xFFFFFFFCu;
    at.access.has_base = true;
    if (range != no_node) whole_range = ((r_.term(range) + above) + 3) & 0xFFFFFFFCu;
  } else if (range != no_node && !signed_index) {
    whole_range = (r_.term(range) + 3) & 0xFFFFFFFCu;
  }
  at.access.has_range = whole_range.node != no_node;
  at.byte = byte;
  at.shift = (byte & 3) << 3;
  at.address[at.count++] = no_node;  // the index of each word
  if (at.access.has_base) at.address[at.count++] = aligned_base.node;
  if (at.access.has_range) at.address[at.count++] = whole_range.node;
  return at;
}

// Fills the operands that lead to word `word` of a value of `bytes` bytes; no further than the word of its last byte.
inline void NarrowStorage::word_address(const Place& at, unsigned word, unsigned bytes, MemoryAccess& access,
                                        NodeId* operands, std::size_t& count) {
  access = at.access;
  for (std::size_t i = 0; i < at.count; ++i) operands[i] = at.address[i];
  count = at.count;
  if (at.fixed) {
    access.offset += word * 4;
    return;
  }
  const unsigned last = bytes - 1;
  const unsigned step = word * 4 < last ? word * 4 : last;
  const Term index = (at.byte + step) >> 2;
  operands[0] = index.node;
}

inline Term NarrowStorage::load_word(const Place& at, unsigned word, unsigned bytes) {
  MemoryAccess access;
  NodeId operands[3];
  std::size_t count = 0;
  word_address(at, word, bytes, access, operands, count);
  const bool atomic = parts_[access.resource] && options_.narrow_stores == NarrowStores::Atomic;
  return r_.term(r_.emit(atomic ? Op::AtomicLoad : Op::Load, Type(Scalar::U32),
                         Span<const NodeId>(operands, count), kernel_.add_access(access)));
}

inline void NarrowStorage::store_word(const Place& at, unsigned word, Term value) {
  MemoryAccess access;
  NodeId operands[4] = {value.node};
  std::size_t count = 0;
  word_address(at, word, 4, access, operands + 1, count);
  r_.emit(Op::Store, Type(), Span<const NodeId>(operands, count + 1), kernel_.add_access(access));
}

// Stores those bits of a word that are set in `mask`; the others of `bits` are zero.
inline void NarrowStorage::store_bits(const Place& at, unsigned word, Term bits, Term mask) {
  MemoryAccess access;
  NodeId operands[4] = {};
  std::size_t count = 0;
  const Type type(Scalar::U32);
  word_address(at, word, 1, access, operands + 1, count);
  const std::uint32_t index = kernel_.add_access(access);
  const Span<const NodeId> address(operands + 1, count);
  const Span<const NodeId> with_value(operands, count + 1);
  if (options_.narrow_stores == NarrowStores::Atomic) {
    const Term old = r_.term(r_.emit(Op::AtomicLoad, type, address, index));
    const Term difference = (old & mask) ^ bits;
    operands[0] = difference.node;
    r_.emit(Op::AtomicXor, type, with_value, index);
  } else {
    const Term old = r_.term(r_.emit(Op::Load, type, address, index));
    const Term kept = old & ~mask;
    operands[0] = (kept | bits).node;
    r_.emit(Op::Store, Type(), with_value, index);
  }
}

// --- values --------------------------------------------------------------------------------------------------------------

// A value from the words that begin with it.
inline Term NarrowStorage::from_words(Type type, const Term* words) {
  if (type.is_int() && !type.is_vector()) return convert(words[0], type);
  const unsigned count = type.size() > 4 ? 2 : 1;
  const unsigned per_word = 32 / type.width();
  const Type padded(type.scalar(), per_word * count);
  const Term bits = construct(Type(Scalar::U32, count), Span<const Term>(words, count));
  const Term value = bitcast(bits, padded);
  if (padded == type) return value;
  if (!type.is_vector()) return component(value, 0);
  std::uint32_t pattern = 0;
  for (unsigned i = 0; i < type.components(); ++i) pattern |= i << (4 * i);
  return r_.emit(Op::Shuffle, type, value, value, pattern);
}

// The words that begin with a value, those bits above it zero. Returns how many.
inline unsigned NarrowStorage::to_words(Term value, Term* words) {
  const Type type = value.type(), word(Scalar::U32);
  if (type.is_int() && !type.is_vector()) {
    words[0] = convert(bitcast(value, Type(unsigned_of(type.width()))), word);
    return 1;
  }
  const unsigned count = type.size() > 4 ? 2 : 1;
  const unsigned per_word = 32 / type.width();
  const Type padded(type.scalar(), per_word * count);
  if (!(padded == type)) {
    Term parts[4];
    for (unsigned i = 0; i < padded.components(); ++i)
      parts[i] = i < type.components() ? component(value, i) : r_.constant(type.component(), 0);
    value = construct(padded, Span<const Term>(parts, padded.components()));
  }
  const Term bits = bitcast(value, Type(Scalar::U32, count));
  for (unsigned i = 0; i < count; ++i) words[i] = component(bits, i);
  return count;
}

inline void NarrowStorage::load(NodeId id) {
  const Type type = kernel_.type(id);
  const unsigned bytes = type.size();
  const std::uint32_t alignment = kernel_.access_of(id).alignment;
  const Place at = place(id);
  const unsigned wanted = (bytes + 3) / 4;
  const unsigned furthest = at.fixed ? at.phase : 4 - alignment;
  const unsigned available = (furthest + bytes + 3) / 4;
  Term loaded[3];
  for (unsigned i = 0; i < available; ++i) loaded[i] = load_word(at, i, bytes);
  Term words[2];
  for (unsigned i = 0; i < wanted; ++i) {
    if (at.fixed) {
      words[i] = loaded[i] >> (at.phase * 8);
      if (at.phase != 0 && i + 1 < available) {
        const Term next = loaded[i + 1] << (32 - at.phase * 8);
        words[i] = words[i] | next;
      }
      continue;
    }
    words[i] = loaded[i] >> at.shift;
    if (i + 1 < available) {
      const Term next = (loaded[i + 1] << 1) << (at.shift ^ 31);
      words[i] = words[i] | next;
    }
  }
  replacements_.set(id, from_words(type, words).node);
}

inline void NarrowStorage::store(NodeId id) {
  const Term value = r_.term(static_cast<const Kernel&>(kernel_).operands(id)[0]);
  const Type type = value.type();
  const std::uint32_t alignment = kernel_.access_of(id).alignment;
  Place at = place(id);
  if (at.fixed || type.size() <= alignment) return store_at(at, value);
  // It may reach over the end of a word: each component by itself.
  for (unsigned i = 0; i < type.components(); ++i) {
    Place part = at;
    if (i != 0) {
      part.byte = at.byte + i * (type.width() / 8);
      part.shift = (part.byte & 3) << 3;
    }
    store_at(part, component(value, i));
  }
}

inline void NarrowStorage::store_at(const Place& at, Term value) {
  const unsigned bytes = value.type().size();
  Term words[2];
  const unsigned count = to_words(value, words);
  const Type word(Scalar::U32);
  if (!at.fixed) {  // in one word
    const std::uint64_t ones = (std::uint64_t{1} << (bytes * 8)) - 1;
    const Term bits = words[0] << at.shift;
    store_bits(at, 0, bits, r_.constant(word, ones) << at.shift);
    return;
  }
  const unsigned shift = at.phase * 8;
  const unsigned end = at.phase + bytes;
  for (unsigned i = 0; i * 4 < end; ++i) {
    // Word i has the upper part of the value's word i - 1 and the lower part of its word i.
    Term bits = r_.constant(word, 0);
    if (i < count) bits = words[i] << shift;
    if (shift != 0 && i > 0) {
      const Term carried = words[i - 1] >> (32 - shift);
      bits = bits | carried;
    }
    const unsigned first = i == 0 ? at.phase : 0;
    const unsigned last = end - i * 4 < 4 ? end - i * 4 : 4;
    if (first == 0 && last == 4) {
      store_word(at, i, bits);
      continue;
    }
    const std::uint64_t mask =
        ((std::uint64_t{1} << (last * 8)) - 1) & ~((std::uint64_t{1} << (first * 8)) - 1);
    store_bits(at, i, bits, r_.constant(word, mask));
  }
}

inline void NarrowStorage::array_length(NodeId id) {
  MemoryAccess access = kernel_.access_of(id);
  if (!narrow_[access.resource] || access.stride % 4 == 0) return;
  const std::uint32_t stride = access.stride;
  access.stride = 4;
  access.alignment = 4;
  r_.before(id);
  const Type word(Scalar::U32);
  const Term words =
      r_.term(r_.emit(Op::ArrayLength, word, Span<const NodeId>(), kernel_.add_access(access)));
  Term length = stride == 2 ? words << 1 : words << 2;
  if (stride > 2) length = r_.emit(Op::Div, word, length, r_.constant(word, stride));
  replacements_.set(id, length.node);
  kernel_.unlink(id);
}

}  // namespace detail

AIRSTRIP_INLINE void narrow_storage(Kernel& kernel, const StorageOptions& options) {
  if (kernel.ok() && !(options.storage8 && options.storage16)) detail::NarrowStorage(kernel, options).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
