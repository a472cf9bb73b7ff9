// Operations on values, for all lanes of a subgroup, and what the sanitizer asks about them.
#pragma once

#include "../evaluate.hpp"
#include "interpret_machine.hpp"
#include "interpret_report.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

inline void Machine::lanes(const Instruction& i) {
  const Operand& a = operand(i, 0);
  const Operand& b = i.operand_count > 1 ? operand(i, 1) : a;
  const Operand& c = i.operand_count > 2 ? operand(i, 2) : a;
  for (std::uint32_t k = 0; k < i.components; ++k)
    i.lanes(slot(i.out + k), slot(a.slot + k * a.step), slot(b.slot + k * b.step), slot(c.slot + k * c.step),
            size_);
}

/// Denormals of a kernel that flushes them; operations that move bits keep them.
inline std::uint64_t flushed(Scalar s, std::uint64_t bits) {
  return is_float(s) && evaluation::is_denormal(s, bits) ? bits & evaluation::sign_bit(s) : bits;
}
inline bool is_arithmetic(Op op) {
  return op != Op::Select && op != Op::Bitcast && op != Op::Negate && op != Op::Abs &&
         (is_componentwise(op) || op == Op::Dot || (op >= Op::Length && op <= Op::Refract));
}

inline void Machine::components(const Instruction& i) {
  const Scalar result = i.type.scalar();
  const bool flush = i.target != 0 && is_arithmetic(i.op);
  std::uint64_t v[4] = {};
  for (std::uint32_t k = 0; k < i.components; ++k) {
    std::uint64_t* const out = slot(i.out + k);
    for (unsigned n = 0; n < active_count_; ++n) {
      const unsigned lane = active_[n];
      for (std::uint32_t o = 0; o < i.operand_count; ++o) {
        v[o] = values(i, o, k)[lane];
        if (flush) v[o] = flushed(operand(i, o).type.scalar(), v[o]);
      }
      const Evaluated value = evaluate(i.op, i.scalar, result, v);
      out[lane] = flush ? flushed(result, value.bits) : value.bits;
      if (!value.defined || options_.sanitize.nan) check_component(i, value, v, lane);
    }
  }
}

/// The sanitizer's questions about one component that was computed.
inline void Machine::check_component(const Instruction& i, const Evaluated& value, const std::uint64_t* v,
                                     unsigned lane) {
  const std::uint32_t self = global_invocation(lane);
  if (options_.sanitize.arithmetic && !value.defined && is_int(i.scalar)) {
    const bool shift = i.op == Op::ShiftLeft || i.op == Op::ShiftRight;
    const bool division = i.op == Op::Div || i.op == Op::Rem || i.op == Op::Mod;
    if (!shift && !division) return;
    const FindingKind kind = shift       ? FindingKind::ShiftPastWidth
                             : v[1] == 0 ? FindingKind::DivisionByZero
                                         : FindingKind::DivisionOverflow;
    Finding* const finding = found(kind, i.node, self);
    if (!finding) return;
    String text = who(finding->invocation);
    if (shift)
      text << " shifts a " << width_of(i.scalar) << "-bit integer by " << v[1];
    else if (v[1] == 0)
      text << " divides an integer by zero";
    else
      text << " divides the least integer by -1";
    describe(*finding, static_cast<String&&>(text));
  }
  if (!options_.sanitize.nan || !i.type.is_float() || i.op == Op::Select || i.op == Op::Bitcast) return;
  if (!evaluation::is_nan(i.type.scalar(), value.bits)) return;
  for (std::uint32_t o = 0; o < i.operand_count; ++o) {
    const Type type = operand(i, o).type;
    if (type.is_float() && !evaluation::is_finite(type.scalar(), v[o])) return;
  }
  if (Finding* const finding = found(FindingKind::NotANumber, i.node, self)) {
    String text = who(finding->invocation);
    text << " computes a NaN from finite numbers in " << info_of(i.op).name;
    describe(*finding, static_cast<String&&>(text));
  }
}

inline void Machine::whole(const Instruction& i) {
  constexpr std::uint32_t most = 4;
  Type types[most];
  std::uint64_t gathered[most][4];
  const std::uint64_t* pointers[most];
  const std::uint32_t count = i.operand_count < most ? i.operand_count : most;
  const bool flush = i.target != 0 && is_arithmetic(i.op);
  for (std::uint32_t o = 0; o < count; ++o) {
    types[o] = operand(i, o).type;
    pointers[o] = gathered[o];
  }
  for (unsigned n = 0; n < active_count_; ++n) {
    const unsigned lane = active_[n];
    bool finite = true;
    for (std::uint32_t o = 0; o < count; ++o)
      for (unsigned c = 0; c < types[o].components(); ++c) {
        std::uint64_t& bits = gathered[o][c];
        bits = values(i, o, c)[lane];
        if (flush) bits = flushed(types[o].scalar(), bits);
        finite = finite && (!types[o].is_float() || evaluation::is_finite(types[o].scalar(), bits));
      }
    std::uint64_t out[4] = {};
    Evaluated note;
    evaluate(i.op, i.type, Span<const Type>(types, count), pointers, i.immediate, out, note);
    for (std::uint32_t c = 0; c < i.components; ++c) {
      slot(i.out + c)[lane] = flush ? flushed(i.type.scalar(), out[c]) : out[c];
      if (!options_.sanitize.nan || !i.type.is_float() || !finite || !is_arithmetic(i.op)) continue;
      if (!evaluation::is_nan(i.type.scalar(), out[c])) continue;
      if (Finding* const finding = found(FindingKind::NotANumber, i.node, global_invocation(lane))) {
        String text = who(finding->invocation);
        text << " computes a NaN from finite numbers in " << info_of(i.op).name;
        describe(*finding, static_cast<String&&>(text));
      }
    }
    if (note.defined || !options_.sanitize.bounds) continue;
    if (i.op != Op::ExtractDynamic && i.op != Op::InsertDynamic) continue;
    if (Finding* const finding = found(FindingKind::OutOfBounds, i.node, global_invocation(lane))) {
      finding->index = static_cast<std::int64_t>(gathered[count - 1][0]);
      String text = who(finding->invocation);
      text << " selects component " << gathered[count - 1][0] << " of a vector of " << types[0].components();
      describe(*finding, static_cast<String&&>(text));
    }
  }
}

inline void Machine::copy(const Instruction& i) {
  for (std::uint32_t k = 0; k < i.components; ++k) {
    const std::uint64_t* const from = values(i, 0, k);
    std::uint64_t* const to = slot(i.out + k);
    for (unsigned n = 0; n < active_count_; ++n) to[active_[n]] = from[active_[n]];
  }
}

inline void Machine::copy_parallel(const Instruction& i) {
  std::uint32_t at = program_.scratch;
  for (std::uint32_t o = 0; o < i.operand_count; ++o)
    for (std::uint32_t k = 0; k < operand(i, o).components; ++k)
      std::memcpy(slot(at++), values(i, o, k), size_ * sizeof(std::uint64_t));
  at = program_.scratch;
  for (std::uint32_t o = 0; o < i.operand_count; ++o)
    for (std::uint32_t k = 0; k < operand(i, o).components; ++k, ++at) {
      const std::uint64_t* const from = slot(at);
      std::uint64_t* const to = values(i, i.operand_count + o, k);
      for (unsigned n = 0; n < active_count_; ++n) to[active_[n]] = from[active_[n]];
    }
}

inline void Machine::variable(const Instruction& i) {
  const std::uint32_t first = program_.variable_slots[i.immediate];
  Mask& written = variable_written_[subgroup_index_ * kernel_.resources().size() + i.immediate];
  if (i.code == Code::VariableStore) {
    const Operand& value = operand(i, 0);
    for (std::uint32_t k = 0; k < value.components; ++k) {
      const std::uint64_t* const from = slot(value.slot + k * value.step);
      std::uint64_t* const to = slot(first + k);
      for (unsigned n = 0; n < active_count_; ++n) to[active_[n]] = from[active_[n]];
    }
    written = written | current_->active;
    return;
  }
  const Mask unwritten = current_->active - written;
  if (unwritten.any() && options_.sanitize.uninitialized) {
    unsigned lane = 0;
    while (!unwritten.test(lane)) ++lane;
    if (Finding* const finding =
            found(FindingKind::Uninitialized, i.node, global_invocation(lane), no_node, i.immediate)) {
      String text = who(finding->invocation);
      text << " reads " << Text(name_of(i.immediate)) << ", which nothing has written";
      describe(*finding, static_cast<String&&>(text));
    }
  }
  for (std::uint32_t k = 0; k < i.components; ++k)
    std::memcpy(slot(i.out + k), slot(first + k), size_ * sizeof(std::uint64_t));
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
