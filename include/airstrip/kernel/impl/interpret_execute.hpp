// Running: subgroups in turn, instructions in lockstep, lanes through structured control flow.
#pragma once

#include "../evaluate.hpp"
#include "interpret_machine.hpp"
#include "interpret_report.hpp"
#include "interpret_shadow.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

/// Loop iterations after which a subgroup lets the next one run: one that waits for another (in a loop, on an atomic)
/// then gets its answer.
inline constexpr std::uint32_t slice_iterations = 4096;

/// The next number of a generator that is good enough to shuffle with (SplitMix64; G. Steele, D. Lea, C. Flood, 2014).
inline std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}
inline void shuffle(Buffer<std::uint32_t>& order, std::uint64_t& state) {
  for (std::size_t i = order.size(); i > 1; --i) {
    const std::size_t k = next_random(state) % i;
    const std::uint32_t kept = order[i - 1];
    order[i - 1] = order[k];
    order[k] = kept;
  }
}

inline void Machine::set_active(Mask mask) {
  current_->active = mask;
  active_count_ = 0;
  for (unsigned lane = 0; lane < size_; ++lane)
    if (mask.test(lane)) active_[active_count_++] = static_cast<std::uint8_t>(lane);
}

// --- subgroups in turn -------------------------------------------------------------------------------------------------

inline void Machine::run_workgroup(std::uint32_t index) {
  begin_workgroup(index);
  for (;;) {
    bool waiting = false, ready = false;
    for (const std::uint32_t s : order_) {
      if (subgroups_[s].state == State::Ready) execute(s);
      if (stopped_) return;
      waiting = waiting || subgroups_[s].state == State::Waiting;
      ready = ready || subgroups_[s].state == State::Ready;
    }
    if (ready) continue;
    if (!waiting) return;
    release_barrier();
  }
}

inline void Machine::release_barrier() {
  const Subgroup* waiting = nullptr;
  for (const Subgroup& s : subgroups_)
    if (s.state == State::Waiting && !waiting) waiting = &s;
  if (!waiting) return;
  const Instruction& here = program_.code[waiting->barrier];
  for (const Subgroup& s : subgroups_) {
    const bool elsewhere = s.state == State::Waiting && s.barrier != waiting->barrier;
    if (!options_.sanitize.barriers || (s.state == State::Waiting && !elsewhere)) continue;
    const std::uint32_t base = workgroup_index_ * workgroup_invocations_ + 1;
    const NodeId other = elsewhere ? program_.code[s.barrier].node : no_node;
    Finding* const finding =
        found(FindingKind::DivergentBarrier, here.node, base + waiting->first_invocation, other);
    if (!finding) continue;
    finding->has_other = true;
    finding->other = invocation_of(base + s.first_invocation);
    String text = who(finding->invocation);
    text << " waits at a barrier, and " << Text(who(finding->other))
         << (elsewhere ? " waits at another" : " has ended without it");
    describe(*finding, static_cast<String&&>(text));
  }
  const auto scope = SyncScope::unpack(here.immediate);
  workgroup_ordered(scope);
  for (Subgroup& s : subgroups_) {
    if (s.state != State::Waiting) continue;
    s.state = State::Ready;
    if (s.active == s.live) s.converged = true;
  }
  ++report_.barriers;
}

inline void Machine::execute(std::uint32_t index) {
  current_ = &subgroups_[index];
  subgroup_index_ = index;
  registers_ = all_registers_.data() + static_cast<std::size_t>(index) * program_.slots * size_;
  frame_base_ = index * program_.depth;
  slice_ = 0;
  set_active(current_->active);
  while (step()) {
  }
}

// --- instructions ------------------------------------------------------------------------------------------------------

inline bool Machine::step() {
  const Instruction& i = program_.code[current_->pc++];
  ++report_.instructions;
  switch (i.code) {
    case Code::Lanes: lanes(i); return true;
    case Code::Component: components(i); return true;
    case Code::Whole: whole(i); return true;
    case Code::Fill:
      for (std::uint32_t c = 0; c < i.components; ++c)
        std::memcpy(slot(i.out + c), values(i, 0), size_ * sizeof(std::uint64_t));
      return true;
    case Code::Copy: copy(i); return true;
    case Code::CopyParallel: copy_parallel(i); return true;
    case Code::Memory: memory(i); return true;
    case Code::Atomic: atomic(i); return true;
    case Code::VariableLoad:
    case Code::VariableStore: variable(i); return true;
    case Code::ArrayLength: array_length(i); return true;
    case Code::Image: image(i); return true;
    case Code::Barrier: return barrier(i);
    case Code::MemoryBarrier: {
      const auto scope = SyncScope::unpack(i.immediate);
      if (scope.memory == MemoryScope::Device || scope.memory == MemoryScope::QueueFamily ||
          scope.memory == MemoryScope::Workgroup)
        for (unsigned k = 0; k < active_count_; ++k) fence(global_invocation(active_[k]), scope.storage);
      return true;
    }
    case Code::Subgroup: subgroup(i); return true;
    case Code::Matrix: matrix(i); return true;
    case Code::End: current_->state = State::Done; return false;
    default: control(i); return current_->state == State::Ready && slice_ < slice_iterations && !stopped_;
  }
}

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

// --- control flow ------------------------------------------------------------------------------------------------------

/// Opens a frame for the lanes at work; those `inside` go on.
inline void Machine::open(Mask inside) {
  ++current_->frames;
  Frame& f = frame();
  f = Frame();
  f.entry = current_->active;
  f.other = current_->active - inside;
  f.entry_converged = current_->converged;
  f.whole = current_->active == current_->live;
  set_active(inside);
}

/// The lanes at work have come to the end of a construct.
inline void Machine::arrive(Frame& f) {
  if (active_count_ == 0) return;
  ++f.arrivals;
  f.converged = f.converged && current_->converged;
  f.merged = f.merged | current_->active;
  set_active(Mask());
}

/// The end of a construct: who has come there goes on together, if that is guaranteed. Lanes that come by one way were
/// never apart. Those that come by several are together again at every merge with maximal reconvergence, and with
/// subgroup-uniform control flow where the whole subgroup entered and came.
inline void Machine::finish(const Instruction& i) {
  const Frame& f = frame();
  bool converged = f.arrivals <= 1 && f.converged;
  if (reconvergence_ == Reconvergence::Maximal) converged = f.entry_converged;
  if (reconvergence_ == Reconvergence::SubgroupUniform && f.whole && f.merged == current_->live)
    converged = converged || f.entry_converged;
  current_->converged = converged;
  const Mask merged = f.merged;
  --current_->frames;
  set_active(merged);
  if (active_count_ == 0 && i.code != Code::FunctionEnd) current_->pc = i.skip;
}

inline void Machine::control(const Instruction& i) {
  switch (i.code) {
    case Code::IfBegin: {
      Mask inside;
      const std::uint64_t* const condition = values(i, 0);
      for (unsigned n = 0; n < active_count_; ++n)
        if (condition[active_[n]] != 0) inside.set(active_[n]);
      open(inside);
      if (active_count_ == 0) current_->pc = i.target;
      return;
    }
    case Code::IfElse: {
      Frame& f = frame();
      arrive(f);
      current_->converged = f.entry_converged;
      set_active(f.other);
      if (active_count_ == 0) current_->pc = i.target;
      return;
    }
    case Code::IfEnd:
    case Code::CaseEnd:
      arrive(frame());
      if (i.code == Code::IfEnd) finish(i);
      return;
    case Code::SwitchBegin: open(Mask()); return;
    case Code::Case:
    case Code::Default: {
      Frame& f = frame();
      Mask inside;
      if (i.code == Code::Default) {
        inside = f.other;
      } else {
        const std::uint64_t* const selector = values(i, 0);
        const Span<const std::uint64_t> literals =
            kernel_.switch_literals(kernel_.switch_cases(i.node)[i.immediate]);
        for (unsigned lane = 0; lane < size_; ++lane) {
          if (!f.other.test(lane)) continue;
          for (const std::uint64_t literal : literals)
            if (selector[lane] == literal) inside.set(lane);
        }
      }
      f.other = f.other - inside;
      current_->converged = f.entry_converged;
      set_active(inside);
      if (active_count_ == 0) current_->pc = i.target;
      return;
    }
    case Code::SwitchEnd: finish(i); return;
    case Code::LoopBegin: open(current_->active); return;
    case Code::LoopEnd: {
      Frame& f = frame();
      if (!f.other.any()) {
        finish(i);
        return;
      }
      current_->converged = f.other_arrivals <= 1 && f.other_converged;
      if (reconvergence_ == Reconvergence::Maximal) current_->converged = f.entry_converged;
      if (reconvergence_ == Reconvergence::SubgroupUniform && f.whole && f.other == current_->live)
        current_->converged = current_->converged || f.entry_converged;
      const Mask again = f.other;
      f.other = Mask();
      f.other_arrivals = 0;
      f.other_converged = true;
      ++f.iterations;
      ++slice_;
      set_active(again);
      current_->pc = i.target;
      if (f.iterations < options_.max_iterations) return;
      stopped_ = true;
      if (Finding* const finding = found(FindingKind::EndlessLoop, i.node, global_invocation(active_[0]))) {
        String text = who(finding->invocation);
        text << " has gone round this loop " << f.iterations
             << " times (InterpretOptions::max_iterations); the dispatch was given up";
        describe(*finding, static_cast<String&&>(text));
      }
      return;
    }
    case Code::Call:
      // The instruction behind is where the call comes back to. Nobody left then: on to the merge around.
      open(current_->active);
      frame().return_to = current_->pc - 1;
      current_->pc = i.target;
      return;
    case Code::FunctionEnd: {
      const Instruction& call = program_.code[frame().return_to];
      current_->pc = frame().return_to + 1;
      finish(i);
      if (active_count_ == 0) current_->pc = call.skip;
      return;
    }
    case Code::Break: arrive(frame(i.immediate)); return;
    case Code::Continue: {
      Frame& f = frame(i.immediate);
      if (active_count_ == 0) return;
      ++f.other_arrivals;
      f.other_converged = f.other_converged && current_->converged;
      f.other = f.other | current_->active;
      set_active(Mask());
      return;
    }
    case Code::Return:
      if (current_->frames == i.immediate + 1)  // the kernel's own body
        current_->live = current_->live - current_->active;
      arrive(frame(i.immediate));
      return;
    default: return;
  }
}

inline bool Machine::barrier(const Instruction& i) {
  const auto scope = SyncScope::unpack(i.immediate);
  const bool of_subgroup = scope.execution == MemoryScope::Subgroup;
  const Mask expected = of_subgroup ? current_->live : current_->all;
  const Mask missing = expected - current_->active;
  if (missing.any() && options_.sanitize.barriers) {
    unsigned lane = 0;
    while (!missing.test(lane)) ++lane;
    if (Finding* const finding =
            found(FindingKind::DivergentBarrier, i.node, global_invocation(active_[0]))) {
      finding->has_other = true;
      finding->other = invocation_of(global_invocation(lane));
      String text = who(finding->invocation);
      text << " comes to a barrier in divergent control flow: " << Text(who(finding->other))
           << (current_->live.test(lane) ? " is not there" : " has returned");
      describe(*finding, static_cast<String&&>(text));
    }
  }
  if (of_subgroup) {
    const std::uint32_t now = tick();
    if (scope.memory != MemoryScope::Invocation)
      for (unsigned s = 0; s < 3; ++s)
        if ((scope.storage >> s & 1) != 0) current_->barrier_stamp[s] = now;
    if (!missing.any()) current_->converged = true;
    return true;
  }
  current_->state = State::Waiting;
  current_->barrier = static_cast<std::uint32_t>(&i - program_.code.data());
  return false;
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
