// Errors of ids and operands: EmptyId, ForeignId, IdOutOfBound, WrongIdKind, UseBeforeDefinition, Redefinition,
// UndefinedId, InvalidOperand, LimitExceeded, UnknownInstruction.
#include "errors.hpp"

#include <cstring>
#include <initializer_list>

using namespace errors;

namespace {

// Operands of the dynamic form.
std::vector<OperandWord> words(std::initializer_list<OperandWord> list) { return {list.begin(), list.end()}; }

}  // namespace

TEST_CASE("errors: the location is the caller's file and line") {
  Builder b;
  const unsigned line = __LINE__ + 1;
  b.OpReturn();
  CHECK(b.error().where.line == line);
  CHECK(std::strcmp(b.error().where.file, __FILE__) == 0);
  CHECK(std::strcmp(b.error().instruction, "OpReturn") == 0);
  CHECK(std::string(b.error().to_string()).find(std::to_string(line) + ": error: OpReturn: ") !=
        std::string::npos);
  CHECK(std::string(b.error().to_string()).find("[OutsideBlock]") != std::string::npos);

  // Through the layers: a helper names its caller's line.
  b.reset();
  const unsigned helper_line = __LINE__ + 1;
  b.add_push_constants(b.declare_uint32());
  CHECK(b.error().where.line == helper_line);
  b.reset();
  const unsigned given = 4711;
  b.load_at({}, {}, SourceLocation{"generator.cpp", given});
  CHECK(b.error().where.line == given);
  CHECK(std::string(b.error().where.file) == "generator.cpp");
}

TEST_CASE("errors: the first error is kept, and reset() forgets it") {
  Frame f;
  f.b.OpIAdd(f.f, f.f);
  f.b.OpLoad(f.f);
  f.b.fail(ErrorCode::ToolFailed, "mine", SourceLocation::current());
  CHECK(f.b.error().code == ErrorCode::WrongType);
  CHECK(std::string(f.b.error().instruction) == "OpIAdd");
  f.again();
  CHECK_FALSE(f.b.failed());
  CHECK(f.b.error().code == ErrorCode::Ok);
  f.b.end_function();
  f.b.add_compute_entry_point(f.function, "main", 1);
  CHECK(f.b.finish().ok());
  f.b.fail(ErrorCode::ToolFailed, "mine", SourceLocation::current(), "OpNop", "nothing");
  CHECK(std::string(f.b.error().message) == "OpNop: mine");
  CHECK(std::string(f.b.error().offered) == "nothing");
}

TEST_CASE("errors: what was offered is described") {
  Frame f;
  f.b.OpIAdd(f.u, f.vf4);
  CHECK(std::string(f.b.error().offered) == "%" + std::to_string(f.vf4.number()) + " : v4float");
  f.again();
  f.b.OpLoad(f.s);
  CHECK(std::string(f.b.error().offered).find("{float, uint}") != std::string::npos);
}

TEST_CASE("errors: EmptyId") {
  Frame f;
  Builder& b = f.b;
  FAILS(EmptyId, "OpIAdd, operand 1: an id is empty", b.OpIAdd(ValueId(), f.u));
  FAILS(EmptyId, "OpIAdd, operand 2: an id is empty", b.OpIAdd(f.u, ValueId()));
  FAILS(EmptyId, "OpStore, operand 2", b.OpStore(f.pf, ValueId()));
  FAILS(EmptyId, "OpBranch, operand 1", b.OpBranch(LabelId()));
  FAILS(EmptyId, "OpUndef: the result type is empty", b.OpUndef(TypeId()));
  FAILS(EmptyId, "OpTypeVector", b.declare_vector(TypeId(), 4));
  FAILS(EmptyId, "OpTypePointer", b.declare_pointer(StorageClass::Private, TypeId()));
  FAILS(EmptyId, "OpTypeArray", b.declare_array(TypeId(), 4));
  FAILS(EmptyId, "OpTypeArray", b.declare_array(f.f32, ValueId()));
  FAILS(EmptyId, "OpTypeStruct", b.declare_struct({f.f32, TypeId()}));
  FAILS(EmptyId, "OpTypeStruct", b.declare_struct({{TypeId(), "x"}}, LayoutRule::Std430));
  FAILS(EmptyId, "OpTypeFunction", b.declare_function_type(f.void_, {TypeId()}));
  FAILS(EmptyId, "lay_out", b.lay_out(TypeId(), LayoutRule::Std430));
  FAILS(EmptyId, "without_layout", b.without_layout(TypeId()));
  FAILS(EmptyId, "OpConstant", b.declare_constant(TypeId(), 1));
  FAILS(EmptyId, "OpConstantNull", b.declare_null(TypeId()));
  FAILS(EmptyId, "OpConstantComposite", b.declare_composite(f.v2f, {f.f, ValueId()}));
  FAILS(EmptyId, "OpSpecConstant", b.add_spec_constant(0, TypeId(), 1));
  FAILS(EmptyId, "OpName, operand 1", b.name(Id(), "x"));
  FAILS(EmptyId, "OpDecorate, operand 1", b.decorate(Id(), Decoration::Restrict));
  FAILS(EmptyId, "OpEntryPoint, operand 2", b.add_compute_entry_point(FunctionId(), "main", 1));
  FAILS(EmptyId, "OpFunctionCall, operand 1", b.OpFunctionCall(FunctionId(), {}));
  FAILS(EmptyId, "OpExtInst, operand 1", b.OpExtInst(f.f32, ExtInstSetId(), 1, {}));
  FAILS(EmptyId, "define_next", b.define_next(LabelId()));
  FAILS(EmptyId, "add_incoming", b.add_incoming(ValueId(), f.f, b.current_block()));
}

TEST_CASE("errors: ForeignId: another builder's, and this one's from before reset()") {
  Frame f, other;
  Builder& b = f.b;
  FAILS(ForeignId, "was made by another builder, or by this one before reset()", b.OpIAdd(other.u, other.u));
  FAILS(ForeignId, "OpIAdd, operand 2", b.OpIAdd(f.u, other.u));
  FAILS(ForeignId, "OpFAdd", b.OpFAdd(other.f32, f.f, f.f));
  FAILS(ForeignId, "OpTypeVector", b.declare_vector(other.f32, 4));
  FAILS(ForeignId, "OpBranch", b.OpBranch(other.b.current_block()));
  FAILS(ForeignId, "OpFunctionCall", b.OpFunctionCall(other.function, {}));
  FAILS(ForeignId, "define_next", b.define_next(other.b.current_block()));
  FAILS(ForeignId, "OpName", b.name(other.function, "x"));
  FAILS(ForeignId, "reserve_value", b.reserve_value(other.f32));
  const ValueId before = f.u;
  FAILS(ForeignId, "before reset()", b.OpIAdd(before, f.u));
  const TypeId old_type = f.f32;
  FAILS(ForeignId, "before reset()", b.declare_vector(old_type, 2));
  // Nor do they answer questions.
  f.again();
  CHECK(b.kind(other.u) == IdKind::Unknown);
  CHECK_FALSE(b.type_of(other.u));
  CHECK(b.opcode_of(before) == Op::OpNop);
  CHECK(b.global_words(old_type).empty());
  CHECK(b.type_name(old_type).empty());
  CHECK(b.element_count(other.v4f) == 0);
  CHECK(b.width_of(other.f32) == 0);
  CHECK_FALSE(b.is_float(other.f32));
  CHECK_FALSE(b.layout_of(other.f32, LayoutRule::Std430).valid());
}

TEST_CASE("errors: IdOutOfBound") {
  Frame f;
  Builder& b = f.b;
  FAILS(IdOutOfBound, "%12345 is past the bound", b.OpIAdd(ValueId(Id(12345, f.u.tag())), f.u));
  FAILS(IdOutOfBound, "is past the bound", b.OpFAdd(TypeId(Id(0xFFFFFFFF, f.u.tag())), f.f, f.f));
  FAILS(IdOutOfBound, "is past the bound", b.OpFAdd(f.f, ValueId(Id(b.bound(), f.u.tag()))));
  FAILS(IdOutOfBound, "%0 is past the bound", b.OpFAdd(f.f, ValueId(Id(0, f.u.tag()))));
  FAILS(IdOutOfBound, "is past the bound", b.declare_vector(TypeId(Id(12345, f.u.tag())), 2));
}

TEST_CASE("errors: WrongIdKind") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongIdKind, "the result type is not a type", b.OpUndef(TypeId(Id(f.u))));
  FAILS(WrongIdKind, "the result type is not a type", b.OpFAdd(TypeId(Id(f.u)), f.f, f.f));
  // On the straight line too: an instruction whose type the rules do not know.
  FAILS_AFTER(WrongIdKind, "the result type is not a type", b.OpUndef(f.f32); b.OpUndef(f.f32);
              b.OpUndef(TypeId(Id(f.u))));
  FAILS(WrongIdKind, "OpIAdd: an operand is an id of another kind",
        b.instruction(Op::OpIAdd, f.u32, words({f.u, f.u32})));
  FAILS(WrongIdKind, "OpBranch", b.instruction(Op::OpBranch, {}, words({f.u})));
  FAILS(WrongIdKind, "OpFunctionCall",
        b.instruction(Op::OpFunctionCall, f.void_, words({b.current_block()})));
  FAILS(WrongIdKind, "OpTypeVector", b.instruction(Op::OpTypeVector, {}, words({f.u, 4})));
  FAILS(WrongIdKind, "OpExtInst", b.instruction(Op::OpExtInst, f.f32, words({f.f, 31, f.f})));
  FAILS(WrongIdKind, "OpLoad", b.instruction(Op::OpLoad, f.f32, words({f.function})));
  FAILS_AFTER(WrongIdKind, "reserved for another kind", b.define_next(b.reserve_label()); b.OpIAdd(f.u, f.u));
}

TEST_CASE("errors: the dynamic form with operands of the wrong role or number") {
  Frame f;
  Builder& b = f.b;
  FAILS(InvalidOperand, "OpIAdd: a literal stands where an id belongs; operand 2",
        b.instruction(Op::OpIAdd, f.u32, words({f.u, 5})));
  FAILS(InvalidOperand, "OpCompositeExtract: an id stands where a literal belongs",
        b.instruction(Op::OpCompositeExtract, f.f32, words({f.vf4, f.u})));
  FAILS(InvalidOperand, "OpVectorShuffle: an id stands where a literal",
        b.instruction(Op::OpVectorShuffle, f.v2f, words({f.vf4, f.vf4, 0, f.u})));
  FAILS(InvalidOperand, "OpIAdd: an operand is missing", b.instruction(Op::OpIAdd, f.u32, words({f.u})));
  FAILS(InvalidOperand, "OpIAdd: there are more operands",
        b.instruction(Op::OpIAdd, f.u32, words({f.u, f.u, f.u})));
  FAILS(InvalidOperand, "OpReturn: takes no result type", b.instruction(Op::OpReturn, f.u32, {}));
  FAILS(EmptyId, "OpUndef: the result type is empty", b.instruction(Op::OpUndef, {}, {}));
  FAILS(InvalidOperand, "OpLoad: MemoryAccess Aligned needs a parameter",
        b.instruction(Op::OpLoad, f.f32, words({f.pf, 2})));
  FAILS(InvalidOperand, "is not a bit of MemoryAccess",
        b.instruction(Op::OpLoad, f.f32, words({f.pf, 0x40000000})));
  FAILS(InvalidOperand, "is not an enumerant of StorageClass",
        b.instruction(Op::OpTypePointer, {}, words({9999, f.f32})));
  FAILS(InvalidOperand, "is not an enumerant of Decoration",
        b.instruction(Op::OpDecorate, {}, words({f.u, 99999})));
  FAILS(InvalidOperand, "OpDecorate: Decoration SpecId needs a parameter",
        b.instruction(Op::OpDecorate, {}, words({f.u, Decoration::SpecId})));
  FAILS(InvalidOperand, "OpName: a string has no end",
        b.instruction(Op::OpName, {}, words({f.u, 0x61616161})));
  FAILS(InvalidOperand, "a literal stands where an id belongs",
        b.instruction(Op::OpControlBarrier, {}, words({2, 2, 0})));
  FAILS(EmptyId, "an id is empty", b.instruction(Op::OpIAdd, f.u32, words({ValueId(), f.u})));
  FAILS(UnknownInstruction, "the grammar has no opcode 65000", b.instruction(static_cast<Op>(65000), {}, {}));
  // What is right goes through, scopes and semantics as enumerants too.
  f.again();
  CHECK(b.instruction(Op::OpIAdd, {}, words({f.u, f.u1})));
  const OperandWord barrier[] = {
      ScopeOperand(Scope::Workgroup).word(), ScopeOperand(Scope::Workgroup).word(),
      MemorySemanticsOperand(MemorySemantics::AcquireRelease | MemorySemantics::WorkgroupMemory).word()};
  b.instruction(Op::OpControlBarrier, {}, barrier);
  CHECK_FALSE(b.failed());
}

TEST_CASE("errors: operands of the typed methods that the grammar does not take") {
  Frame f;
  Builder& b = f.b;
  FAILS(InvalidOperand, "a string contains a zero byte", b.name(f.u, Text("a\0b", 3)));
  FAILS(InvalidOperand, "a string contains a zero byte", b.OpString(Text("\0", 1)));
  FAILS(InvalidOperand, "needs a parameter", b.decorate(f.u, operand::Decoration(Decoration::Binding)));
  FAILS(InvalidOperand, "is not an enumerant of Decoration", b.decorate(f.u, static_cast<Decoration>(77777)));
  FAILS(InvalidOperand, "OpTypeVector: a vector has 2, 3, 4, 8 or 16", b.declare_vector(f.f32, 5));
  FAILS(WrongType, "OpTypeVector: the components of a vector must be scalars", b.declare_vector(f.v2f, 2));
  FAILS(WrongType, "OpTypeMatrix: a matrix has 2 to 4 columns", b.declare_matrix(f.v4u, 4));
  FAILS(WrongType, "OpTypeMatrix: a matrix has 2 to 4 columns", b.declare_matrix(f.v4f, 5));
  FAILS(InvalidOperand, "OpTypeArray: an array has at least one element", b.declare_array(f.f32, 0));
  FAILS(InvalidOperand, "OpTypeArray: an array has at least one element",
        b.declare_array(f.f32, 0, LayoutRule::Std430));
  FAILS(WrongType, "OpTypeArray: the length of an array must be an integer constant",
        b.declare_array(f.f32, f.f));
  FAILS(WrongType, "OpTypeArray: the element has no layout",
        b.declare_array(f.boolean, 4, LayoutRule::Std430));
  FAILS(WrongType, "OpTypeRuntimeArray: the element has no layout",
        b.declare_runtime_array(f.boolean, LayoutRule::Std430));
  FAILS(WrongType, "OpTypeStruct: member 1 has no layout in a buffer",
        b.declare_struct({{f.f32}, {f.boolean}}, LayoutRule::Std430));
  FAILS(WrongType, "OpTypeStruct: member 1 cannot stand at that offset",
        b.declare_struct({{f.f32}, {f.f32, {}, 2}}, LayoutRule::Std430));
  FAILS(
      WrongType, "OpTypeStruct: member 1 cannot stand",
      b.declare_struct({{b.declare_runtime_array(f.f32, LayoutRule::Std430)}, {f.f32}}, LayoutRule::Std430));
  FAILS(WrongType, "a runtime array exists in buffers only",
        b.add_workgroup_variable(b.declare_runtime_array(f.f32, LayoutRule::Std430)));
  FAILS(InvalidOperand, "an integer is 8, 16, 32 or 64 bits wide", b.declare_int(0, false));
  FAILS(InvalidOperand, "a floating-point number without an encoding", b.declare_float(24));
  FAILS(InvalidOperand, "OpFAdd is not permitted in an OpSpecConstantOp outside OpenCL",
        b.spec_op(Op::OpFAdd, words({f.f, f.f})));
  FAILS(InvalidOperand, "OpLoad is not permitted in an OpSpecConstantOp",
        b.spec_op(Op::OpLoad, words({f.pf})));
  FAILS(InvalidOperand, "OpIAdd: a literal stands where an id belongs",
        b.spec_op(Op::OpIAdd, words({f.u, 70000})));
  FAILS(InvalidOperand, "OpIAdd: an operand is missing", b.spec_op(Op::OpIAdd, words({f.u})));
  FAILS(WrongType, "OpIAdd: operand 2 must be an integer", b.spec_op(Op::OpIAdd, words({f.u, f.f})));
  FAILS_AFTER(WrongType, "the operands must be constants", const ValueId sum = b.OpIAdd(f.u, f.u);
              b.spec_op(Op::OpIAdd, words({sum, f.u})));
}

TEST_CASE("errors: UseBeforeDefinition, Redefinition, UndefinedId") {
  Frame f;
  Builder& b = f.b;
  FAILS(UseBeforeDefinition, "OpIAdd: operand 2 is used before the instruction that defines it",
        b.OpIAdd(f.u, b.reserve_value(f.u32)));
  FAILS(UseBeforeDefinition, "OpUndef: operand 0 is used before", b.OpUndef(b.reserve_type()));
  FAILS_AFTER(Redefinition, "the id has a definition already", b.define_next(f.u));
  FAILS_AFTER(Redefinition, "the id has a definition already", b.define_next(b.current_block()));
  FAILS_AFTER(Redefinition, "SpecId 3 is already on another constant", b.add_spec_constant(3, 1u);
              b.add_spec_constant(4, 1u); b.add_spec_constant(3, 2.0f));
  FAILS_AFTER(Redefinition, "SpecId 7",
              b.decorate(b.OpSpecConstantTrue(f.boolean), operand::Decoration::SpecId(7));
              b.decorate(b.OpSpecConstantTrue(f.boolean), operand::Decoration::SpecId(7)));
  FAILS_AFTER(WrongType, "reserved for another kind or type", b.define_next(b.reserve_value(f.u32));
              b.OpFAdd(f.f, f.f));

  // At the end of the module; the line is that of the reservation.
  const auto unfinished = [&](const auto& use) {
    f.again();
    const SourceLocation here = SourceLocation::current();
    use(here);
    b.end_function();
    CHECK_FALSE(b.failed());
    CHECK_FALSE(b.finish().ok());
    check_failed(b, ErrorCode::UndefinedId,
                 "the id was reserved here and used, but no instruction defines it", here);
  };
  unfinished([&](SourceLocation at) { b.OpBranch(b.reserve_label(at)); });
  unfinished([&](SourceLocation at) { b.OpFunctionCall(f.void_, b.reserve_function(at), {}); });
  unfinished([&](SourceLocation at) { b.name(b.reserve_value(f.u32, at), "never"); });
  unfinished([&](SourceLocation at) {
    b.OpTypeForwardPointer(b.reserve_type(at), StorageClass::PhysicalStorageBuffer);
  });

  // Reserved and never used is no error.
  f.again();
  b.reserve_label();
  b.end_function();
  b.add_compute_entry_point(f.function, "main", 1);
  CHECK(b.finish().ok());
}

TEST_CASE("errors: define_next gives the id to the instruction, not to what is declared on the way") {
  Builder b;
  const TypeId u32 = b.declare_uint32();
  const ValueId shared = b.add_workgroup_variable(u32);
  const ValueId one = b.constant(1u);
  const FunctionId function = b.begin_function(b.declare_void());
  const ValueId sum = b.reserve_value(u32), equal = b.reserve_value(b.declare_bool());
  b.define_next(sum);  // declares two constants on the way, for scope and semantics
  CHECK(b.OpAtomicIAdd(shared, Scope::Workgroup,
                       MemorySemantics::AcquireRelease | MemorySemantics::WorkgroupMemory, one) == sum);
  b.define_next(equal);
  CHECK(b.OpIEqual(sum, one) == equal);
  const ValueId untyped = b.reserve_value({}), pair = b.declare_null(b.declare_vector(u32, 2));
  b.define_next(untyped);  // declares bvec2
  CHECK(b.OpIEqual(pair, pair) == untyped);
  b.end_function();
  b.add_compute_entry_point(function, "main", 1);
  CHECK(b.finish().ok());
}

TEST_CASE("errors: LimitExceeded") {
  Frame f;
  Builder& b = f.b;
  const std::string fits(65'529 * 4 + 3, 'x');  // with first word and target: 65,532
  const std::string too_long(65'533 * 4, 'x');
  FAILS(LimitExceeded, "OpName: an instruction has at most 65,535 words", b.name(f.u, too_long));
  FAILS(LimitExceeded, "OpString: an instruction has at most 65,535 words", b.OpString(too_long));
  FAILS(LimitExceeded, "OpEntryPoint", b.add_compute_entry_point(f.function, too_long, 1));
  std::vector<TypeId> members;
  const auto fill = [&](std::size_t n) { members.assign(n, f.u32); };
  FAILS(LimitExceeded, "OpTypeStruct: an instruction has at most 65,535 words",
        (fill(65'534), b.declare_struct(members)));
  FAILS(LimitExceeded, "OpTypeStruct", (fill(65'534), b.add_struct(members)));
  FAILS(LimitExceeded, "OpTypeFunction", (fill(65'534), b.declare_function_type(f.void_, members)));
  std::vector<ValueId> parts;
  FAILS(LimitExceeded, "OpConstantComposite",
        (parts.assign(65'533, f.u), b.declare_composite(b.declare_array(f.u32, 65'533), parts)));
  FAILS(LimitExceeded, "OpCompositeConstruct",
        (parts.assign(65'533, f.u), b.OpCompositeConstruct(b.declare_array(f.u32, 65'533), parts)));
  // One fewer is not too long.
  f.again();
  fill(65'533);
  CHECK(b.declare_struct(members));
  b.name(f.u, fits);
  CHECK_FALSE(b.failed());

  // An OpPhi and an OpSwitch that grow past the limit, at the end of the function.
  f.again();
  const LabelId from = b.current_block(), to = b.reserve_label();
  b.OpBranch(to);
  b.begin_block(to);
  const SourceLocation at = SourceLocation::current();
  const ValueId phi = b.OpPhi(f.u32, {{f.u, from}}, at);
  for (int n = 0; n < 33'000; ++n) b.add_incoming(phi, f.u, from);
  b.OpReturn();
  CHECK_FALSE(b.failed());
  b.OpFunctionEnd();
  check_failed(b, ErrorCode::LimitExceeded, "the instruction has grown past 65,535 words", at);
}
