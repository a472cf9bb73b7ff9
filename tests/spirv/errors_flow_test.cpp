// Errors of structure: WrongSection, OutsideBlock, UnterminatedBlock, InvalidNesting.
#include "errors.hpp"

using namespace errors;

TEST_CASE("errors: OutsideBlock") {
  Frame f;
  Builder& b = f.b;
  FAILS_AFTER(OutsideBlock, "OpIAdd: belongs inside a block, and the last one is terminated", b.OpReturn();
              b.OpIAdd(f.u, f.u));
  FAILS_AFTER(OutsideBlock, "OpReturn: belongs inside a block, and the last one is terminated", b.OpReturn();
              b.OpReturn());
  FAILS_AFTER(OutsideBlock, "OpStore: belongs inside a block of a function, and no function is open",
              b.end_function();
              b.OpStore(f.pf, f.f));
  FAILS_AFTER(OutsideBlock, "OpPhi: belongs inside", b.end_function(); b.OpPhi(f.f32, {}));
  FAILS_AFTER(OutsideBlock, "a variable of storage class Function needs a function with a block",
              b.end_function();
              b.add_local_variable(f.f32));
  FAILS_AFTER(OutsideBlock, "a variable of storage class Function", b.end_function();
              b.OpFunction(f.void_, FunctionControl::MaskNone, b.declare_function_type(f.void_));
              b.add_local_variable(f.f32));
  FAILS_AFTER(OutsideBlock, "OpSelectionMerge", b.OpReturn(); b.if_(f.t, [] {}));
  FAILS_AFTER(OutsideBlock, "OpBranch", b.OpReturn(); b.loop({}, [](Loop& l) { l.break_(); }));
  FAILS_AFTER(OutsideBlock, "OpSelectionMerge", b.OpReturn();
              b.switch_(f.u, [](Switch& s) { s.default_([] {}); }));
  FAILS_AFTER(OutsideBlock, "OpIAdd", b.switch_(f.u, [&](Switch&) { b.OpIAdd(f.u, f.u); }));
}

TEST_CASE("errors: WrongSection") {
  Frame f;
  Builder& b = f.b;
  FAILS_AFTER(WrongSection, "OpLabel: belongs to a function, and none is open", b.end_function();
              b.OpLabel());
  FAILS_AFTER(WrongSection, "OpFunctionEnd: belongs to a function", b.end_function(); b.end_function());
  FAILS_AFTER(WrongSection, "OpFunctionParameter: belongs to a function", b.end_function();
              b.OpFunctionParameter(f.f32));
  FAILS_AFTER(WrongSection, "OpFunctionParameter: belongs before the first block", b.OpReturn();
              b.OpFunctionParameter(f.f32));
}

TEST_CASE("errors: UnterminatedBlock") {
  Frame f;
  Builder& b = f.b;
  FAILS(UnterminatedBlock, "OpLabel: the block before it has no terminator", b.OpLabel());
  FAILS(UnterminatedBlock, "OpFunctionEnd: the block before it has no terminator", b.OpFunctionEnd());
  FAILS(UnterminatedBlock, "OpFunction: the function before has no OpFunctionEnd", b.begin_function(f.void_));
  FAILS(UnterminatedBlock, "the module ends inside a block", b.finish().ok());
  FAILS(UnterminatedBlock, "the module ends inside a block", b.finish_words().ok());
  FAILS_AFTER(UnterminatedBlock, "the module ends inside a function; OpFunctionEnd is missing", b.OpReturn();
              (void)b.finish());
}

TEST_CASE("errors: an instruction between a merge instruction and its branch") {
  Frame f;
  Builder& b = f.b;
  const auto merge = [&] { b.OpSelectionMerge(b.reserve_label(), SelectionControl::MaskNone); };
  FAILS_AFTER(InvalidNesting, "OpIAdd: the merge instruction before it must directly precede the branch",
              merge();
              b.OpIAdd(f.u, f.u));
  FAILS_AFTER(InvalidNesting, "OpUndef: the merge instruction", merge(); b.OpUndef(f.f32));
  FAILS_AFTER(InvalidNesting, "OpNop: the merge instruction", merge(); b.OpNop());
  FAILS_AFTER(InvalidNesting, "OpLoad: the merge instruction",
              b.OpLoopMerge(b.reserve_label(), b.reserve_label(), {});
              b.OpLoad(f.pf));
  f.again();
  merge();
  b.add_local_variable(f.f32);  // stands in the first block
  b.constant(77u);              // before all functions
  b.OpReturn();
  CHECK_FALSE(b.failed());
}

TEST_CASE("errors: loops left or continued where that is not allowed") {
  Frame f;
  Builder& b = f.b;
  // An inner loop is open.
  FAILS_AFTER(InvalidNesting, "break_: an inner loop is open",
              b.loop({}, [&](Loop& outer) { b.loop({}, [&](Loop&) { outer.break_(); }); }));
  FAILS_AFTER(InvalidNesting, "continue_: an inner loop is open",
              b.loop({}, [&](Loop& outer) { b.loop({}, [&](Loop&) { outer.continue_(); }); }));
  FAILS_AFTER(InvalidNesting, "break_: an inner loop is open",
              b.loop({}, [&](Loop& outer) { b.loop({}, [&](Loop&) { outer.break_if(f.t); }); }));
  FAILS_AFTER(InvalidNesting, "break_: an inner loop is open", b.loop({}, [&](Loop& outer) {
    b.switch_(f.u, [&](Switch& s) { s.case_(1, [&] { b.loop({}, [&](Loop&) { outer.break_(); }); }); });
  }));
  // It has ended.
  FAILS_AFTER(InvalidNesting, "break_: the loop has ended", const Loop* kept = nullptr;
              b.loop({},
                     [&](Loop& l) {
                       kept = new Loop(l);
                       l.break_();
                     });
              Loop ended = *kept; delete kept; ended.break_());
  // The carried values.
  FAILS_AFTER(InvalidNesting, "must end with continue_, which gives their next values",
              b.loop({f.u}, [](Loop&) {}));
  FAILS_AFTER(InvalidNesting, "the loop carries 1 values; the next value of each must be given, not 0",
              b.loop({f.u}, [](Loop& l) { l.continue_(); }));
  FAILS_AFTER(InvalidNesting, "the loop carries 1 values; the next value of each must be given, not 2",
              b.loop({f.u}, [&](Loop& l) {
                l.continue_({f.u, f.u});
              }));
  FAILS_AFTER(InvalidNesting, "the loop carries 0 values", b.loop({}, [&](Loop& l) { l.continue_({f.u}); }));
  FAILS_AFTER(WrongType, "the next value of carried value 1 must have its type, uint",
              b.loop({f.f, f.u}, [&](Loop& l) {
                l.continue_({f.f, f.i});
              }));
  FAILS_AFTER(EmptyId, "continue_", b.loop({f.f}, [&](Loop& l) { l.continue_({ValueId()}); }));
  FAILS_AFTER(EmptyId, "OpIAdd, operand 1", b.loop({f.u}, [&](Loop& l) { b.OpIAdd(l[1], l[0]); }));
  FAILS_AFTER(OutsideBlock, "OpBranch", b.loop({}, [&](Loop& l) {
    l.break_();
    l.break_();
  }));
  FAILS_AFTER(OutsideBlock, "OpBranch", b.loop({}, [&](Loop& l) {
    l.continue_();
    l.continue_();
  }));
  FAILS_AFTER(WrongType, "OpULessThan", b.for_(f.u, f.f, f.u1, [](ValueId, Loop&) {}));
  FAILS_AFTER(WrongType, "OpLogicalNot", b.while_([&] { return f.u; }, [](Loop&) {}));
}

TEST_CASE("errors: switches") {
  Frame f;
  Builder& b = f.b;
  FAILS_AFTER(InvalidOperand, "OpSwitch: the literal 5 has a case already", b.switch_(f.u, [](Switch& s) {
    s.case_(4, [] {});
    s.case_(5, [] {});
    s.case_(5, [] {});
  }));
  FAILS_AFTER(InvalidOperand, "has a case already", const std::uint64_t twice[] = {1, 2, 1};
              b.switch_(f.u, [&](Switch& s) { s.case_(twice, [] {}); }));
  // The same at the selector's width.
  FAILS_AFTER(InvalidOperand, "has a case already", b.switch_(f.u, [](Switch& s) {
    s.case_(5, [] {});
    s.case_(0x100000005, [] {});
  }));
  FAILS_AFTER(InvalidNesting, "has a default already", b.switch_(f.u, [](Switch& s) {
    s.default_([] {});
    s.default_([] {});
  }));
  FAILS_AFTER(
      InvalidNesting, "case_: the switch has ended, or another construct is open",
      b.switch_(f.u, [&](Switch& s) { s.case_(1, [&] { b.loop({}, [&](Loop&) { s.case_(2, [] {}); }); }); }));
  FAILS_AFTER(InvalidNesting, "default_: the switch has ended", b.switch_(f.u, [&](Switch& s) {
    s.case_(1, [&] { b.switch_(f.u, [&](Switch&) { s.default_([] {}); }); });
  }));
  FAILS_AFTER(UnterminatedBlock, "OpLabel",
              b.switch_(f.u, [&](Switch& s) { s.case_(1, [&] { s.case_(2, [] {}); }); }));
  FAILS_AFTER(
      InvalidNesting, "break_: the switch has ended, or a loop or switch inside it is open",
      b.switch_(f.u, [&](Switch& s) { s.case_(1, [&] { b.loop({}, [&](Loop&) { s.break_(); }); }); }));
  FAILS_AFTER(OutsideBlock, "OpBranch", b.switch_(f.u, [&](Switch& s) {
    s.case_(1, [&] {
      s.break_();
      s.break_();
    });
  }));
  FAILS_AFTER(WrongType, "OpSwitch: operand 1 must be an integer scalar", b.switch_(f.f, [](Switch&) {}));
}

TEST_CASE("errors: values of selections") {
  Frame f;
  Builder& b = f.b;
  FAILS_AFTER(InvalidNesting, "neither side of the selection reaches its end",
              b.if_value(
                  f.t,
                  [&] {
                    b.OpReturn();
                    return f.u;
                  },
                  [&] {
                    b.OpReturn();
                    return f.u;
                  }));
  FAILS_AFTER(WrongType, "OpPhi: operand 3 must have the result type",
              b.if_value(
                  f.t, [&] { return f.u; }, [&] { return f.f; }));
  FAILS_AFTER(EmptyId, "OpPhi",
              b.if_value(
                  f.t, [&] { return ValueId(); }, [&] { return f.f; }));
  FAILS_AFTER(WrongType, "OpBranchConditional: operand 1 must be a boolean scalar", b.if_(f.u, [] {}));
  FAILS_AFTER(WrongType, "OpBranchConditional: operand 1 must be a boolean scalar",
              b.if_value(
                  f.u, [&] { return f.u; }, [&] { return f.u; }));
  FAILS_AFTER(EmptyId, "OpBranchConditional",
              b.if_(
                  ValueId(), [] {}, [] {}));
}
