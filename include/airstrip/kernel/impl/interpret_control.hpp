// Lanes through structured control flow: who is at work, and who is together again.
#pragma once

#include "interpret_machine.hpp"
#include "interpret_report.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

inline void Machine::set_active(Mask mask) {
  current_->active = mask;
  active_count_ = 0;
  for (unsigned lane = 0; lane < size_; ++lane)
    if (mask.test(lane)) active_[active_count_++] = static_cast<std::uint8_t>(lane);
}

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

/// Around again with those who continued; with nobody left, on behind the loop.
inline void Machine::end_of_loop(const Instruction& i) {
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
    case Code::LoopEnd: end_of_loop(i); return;
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

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
