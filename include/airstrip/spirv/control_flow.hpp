// Structured control flow that cannot be mis-nested: each construct is a call, its parts are functions given to it.
#pragma once

#include "../config.hpp"
#include "constants.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

class StructuredFlow;

/// A loop while its body is being written; see `StructuredFlow::loop`.
class Loop {
public:
  /// A carried value, as it is at the top of this iteration. The id may be kept and used after the loop: there it is
  /// the value at the top of the iteration that left.
  ValueId operator[](std::size_t index) const;
  /// Leaves the loop. Permitted inside selections and switches of this loop, not inside an inner loop.
  void break_(SourceLocation at = SourceLocation::current());
  /// Goes on with the next iteration, with these carried values (as many, of the same types, as the loop began with;
  /// none in a `for_`, which steps by itself).
  void continue_(Span<const ValueId> next = {}, SourceLocation at = SourceLocation::current());
  /// `if (condition) break_();`
  void break_if(ValueId condition, SourceLocation at = SourceLocation::current());

private:
  friend class StructuredFlow;
  Loop(StructuredFlow& flow, std::size_t construct) : flow_(flow), construct_(construct) {}
  StructuredFlow& flow_;
  std::size_t construct_;
};

/// A switch while its cases are being written; see `StructuredFlow::switch_`.
class Switch {
public:
  /// The literals are taken at the selector's width; none twice. There is no falling through.
  template <class Body>
  void case_(Span<const std::uint64_t> literals, Body&& body, SourceLocation at = SourceLocation::current());
  template <class Body>
  void case_(std::uint64_t literal, Body&& body, SourceLocation at = SourceLocation::current()) {
    case_(Span<const std::uint64_t>(&literal, 1), static_cast<Body&&>(body), at);
  }
  /// What no case names; once at most. Left out: nothing.
  template <class Body>
  void default_(Body&& body, SourceLocation at = SourceLocation::current());
  /// Leaves the switch from inside a case.
  void break_(SourceLocation at = SourceLocation::current());

private:
  friend class StructuredFlow;
  Switch(StructuredFlow& flow, std::size_t construct) : flow_(flow), construct_(construct) {}
  StructuredFlow& flow_;
  std::size_t construct_;
};

/// If, loop and switch (SPIR-V 2.11). A body that ends with its block open falls out at the construct's end; one that
/// breaks, continues or returns does not. Errors: InvalidNesting, and those of the instructions that are written.
class StructuredFlow : public ConstantDeclarations {
public:
  using ConstantDeclarations::ConstantDeclarations;

  /// Begins the block of a reserved label.
  void begin_block(LabelId label, SourceLocation at = SourceLocation::current());

  template <class Then>
  void if_(ValueId condition, Then&& then, SourceLocation at = SourceLocation::current());
  template <class Then, class Else>
    requires(!std::is_same_v<std::remove_cvref_t<Else>, SourceLocation>)
  void if_(ValueId condition, Then&& then, Else&& otherwise, SourceLocation at = SourceLocation::current());
  /// `condition ? then() : otherwise()`, each evaluated only where it is needed: an OpPhi of what they return.
  template <class Then, class Else>
  ValueId if_value(ValueId condition, Then&& then, Else&& otherwise,
                   SourceLocation at = SourceLocation::current());

  /// Repeats `body(Loop&)` until it breaks. The carried values begin as `initial`; each way round gives their next
  /// values with `continue_`. A body that falls out at its end goes round again, which needs `initial` to be empty.
  template <class Body>
  void loop(Span<const ValueId> initial, Body&& body, const operand::LoopControl& control = {},
            SourceLocation at = SourceLocation::current());
  /// `while (condition()) body(Loop&)`.
  template <class Condition, class Body>
  void while_(Condition&& condition, Body&& body, SourceLocation at = SourceLocation::current());
  /// `for (i = first; i < end; i += step) body(i, Loop&)`, for integers of one type; signed or unsigned as the type.
  template <class Body>
  void for_(ValueId first, ValueId end, ValueId step, Body&& body,
            SourceLocation at = SourceLocation::current());

  /// Calls `body(Switch&)`, which lists the cases.
  template <class Body>
  void switch_(ValueId selector, Body&& body, SourceLocation at = SourceLocation::current());

protected:
  void reset_flow();

private:
  friend class Loop;
  friend class Switch;
  struct Construct {
    LabelId merge, continue_, header;
    std::uint32_t carried;  // first in carried_
    std::uint32_t count;
    std::uint32_t first_jump;  // first in jumps_
    std::uint32_t switch_at;   // OpSwitch: its offset; cases in cases_ from first_jump on
    std::uint32_t width;       // bits of a case's literal
    bool is_signed;
    bool is_loop;
    bool has_default;
    LabelId default_;
    ValueId step;  // of for_: what continue_ without values adds
  };

  LabelId begin_if(ValueId condition, bool has_else, LabelId& merge, SourceLocation at);
  void end_branch(LabelId merge, SourceLocation at);
  std::size_t begin_loop(Span<const ValueId> initial, const operand::LoopControl& control, SourceLocation at);
  void end_loop(std::size_t construct, SourceLocation at);
  void set_step(std::size_t construct, ValueId step);
  std::size_t begin_switch(ValueId selector, SourceLocation at);
  bool begin_case(std::size_t construct, Span<const std::uint64_t> literals, SourceLocation at);
  bool begin_default(std::size_t construct, SourceLocation at);
  void end_case(std::size_t construct, SourceLocation at);
  void end_switch(std::size_t construct, SourceLocation at);
  bool leave_loop(std::size_t construct, const char* what, SourceLocation at);
  ValueId merge_values(ValueId then, LabelId then_end, ValueId otherwise, LabelId otherwise_end,
                       SourceLocation at);
  ValueId less(ValueId a, ValueId b, SourceLocation at);

  Buffer<Construct> constructs_;
  Buffer<ValueId> carried_;      // the phis of the open loops
  Buffer<OperandWord> jumps_;    // of the open loops: label and next values, one row for each continue
  Buffer<std::uint64_t> cases_;  // literals of the open switches
};

// --- the thin templates ------------------------------------------------------------------------------------------------

template <class Then>
void StructuredFlow::if_(ValueId condition, Then&& then, SourceLocation at) {
  LabelId merge;
  begin_if(condition, false, merge, at);
  then();
  end_branch(merge, at);
  begin_block(merge, at);
}
template <class Then, class Else>
  requires(!std::is_same_v<std::remove_cvref_t<Else>, SourceLocation>)
void StructuredFlow::if_(ValueId condition, Then&& then, Else&& otherwise, SourceLocation at) {
  LabelId merge;
  const LabelId second = begin_if(condition, true, merge, at);
  then();
  end_branch(merge, at);
  begin_block(second, at);
  otherwise();
  end_branch(merge, at);
  begin_block(merge, at);
}
template <class Then, class Else>
ValueId StructuredFlow::if_value(ValueId condition, Then&& then, Else&& otherwise, SourceLocation at) {
  LabelId merge;
  const LabelId second = begin_if(condition, true, merge, at);
  const ValueId a = then();
  const LabelId a_end = current_block();
  end_branch(merge, at);
  begin_block(second, at);
  const ValueId b = otherwise();
  const LabelId b_end = current_block();
  end_branch(merge, at);
  begin_block(merge, at);
  return merge_values(a, a_end, b, b_end, at);
}
template <class Body>
void StructuredFlow::loop(Span<const ValueId> initial, Body&& body, const operand::LoopControl& control,
                          SourceLocation at) {
  const std::size_t construct = begin_loop(initial, control, at);
  Loop handle(*this, construct);
  body(handle);
  end_loop(construct, at);
}
template <class Condition, class Body>
void StructuredFlow::while_(Condition&& condition, Body&& body, SourceLocation at) {
  loop(
      {},
      [&](Loop& l) {
        l.break_if(OpLogicalNot(condition(), at), at);
        body(l);
      },
      {}, at);
}
template <class Body>
void StructuredFlow::for_(ValueId first, ValueId end, ValueId step, Body&& body, SourceLocation at) {
  const std::size_t construct = begin_loop(Span<const ValueId>(&first, 1), {}, at);
  set_step(construct, step);
  Loop handle(*this, construct);
  handle.break_if(OpLogicalNot(less(handle[0], end, at), at), at);
  const ValueId i = handle[0];
  body(i, handle);
  end_loop(construct, at);
}
template <class Body>
void StructuredFlow::switch_(ValueId selector, Body&& body, SourceLocation at) {
  const std::size_t construct = begin_switch(selector, at);
  Switch handle(*this, construct);
  body(handle);
  end_switch(construct, at);
}
template <class Body>
void Switch::case_(Span<const std::uint64_t> literals, Body&& body, SourceLocation at) {
  if (!flow_.begin_case(construct_, literals, at)) return;
  body();
  flow_.end_case(construct_, at);
}
template <class Body>
void Switch::default_(Body&& body, SourceLocation at) {
  if (!flow_.begin_default(construct_, at)) return;
  body();
  flow_.end_case(construct_, at);
}

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/control_flow.hpp"
#endif
