// Corpus: specialisation constants, scope constants, names and lines.
#include "corpus.hpp"

using namespace corpus;

TEST_CASE("corpus: specialisation constants, arithmetic on them and composites") {
  Feature feature("spec-constants");
  const auto build = [](Builder& b) {
    const TypeId u32 = b.declare_uint32(), f32 = b.declare_float(32);
    const ValueId tile = b.add_spec_constant(0, 16u, "tile"), pad = b.add_spec_constant(1, 4u, "pad");
    const ValueId fast = b.add_spec_constant(2, true, "fast"), scale = b.add_spec_constant(3, 0.5f, "scale");
    const ValueId delta = b.add_spec_constant(4, -3, "delta");
    CHECK_FALSE(tile == b.add_spec_constant(5, 16u));  // never interned
    CHECK_FALSE(tile == b.constant(16u));
    const ValueId size = b.spec_op(Op::OpIMul, {tile, b.spec_op(Op::OpIAdd, {tile, pad})});
    CHECK(b.type_of(size) == u32);
    const ValueId big = b.spec_op(Op::OpUGreaterThan, {size, b.constant(256u)});
    CHECK(b.type_of(big) == b.declare_bool());
    const ValueId chosen = b.spec_op(Op::OpSelect, {b.spec_op(Op::OpLogicalAnd, {big, fast}), tile, pad});
    b.spec_op(Op::OpShiftLeftLogical, {tile, b.constant(1u)});
    b.spec_op(Op::OpSNegate, {delta});
    b.spec_op(Op::OpUDiv, {size, tile});
    b.spec_op(Op::OpSRem, {delta, b.constant(2)});
    b.spec_op(Op::OpBitwiseXor, {tile, pad});
    b.spec_op(Op::OpNot, {tile});
    b.spec_op(Op::OpLogicalNot, {fast});
    b.spec_op(Op::OpINotEqual, {tile, pad});
    const TypeId v2 = b.declare_vector(u32, 2);
    const ValueId pair = b.add_spec_composite(v2, {tile, b.constant(1u)});
    CHECK(b.type_of(b.spec_op(Op::OpCompositeExtract, {pair, 1})) == u32);
    CHECK(b.type_of(b.spec_op(Op::OpVectorShuffle, {pair, pair, 0, 2, 1})) == b.declare_vector(u32, 3));
    CHECK(b.type_of(b.spec_op(Op::OpCompositeInsert, {pad, pair, 0})) == v2);
    // A length that is specialised: the array is sized by its default where a size is asked for.
    const TypeId array = b.declare_array(f32, size);
    CHECK_FALSE(array == b.declare_array(f32, 320));
    const ValueId shared = b.add_workgroup_variable(array, "shared");
    compute(b, [&] { b.store_at(shared, {chosen}, scale); });
  };
  for (const Target& target : everywhere()) {
    const Module module = feature.check(target, {"Shader"}, {}, build);
    CHECK(count(module, Op::OpSpecConstantOp) == 15);
    std::vector<std::uint32_t> ids;
    for (const Decoded& i : instructions(module, Op::OpDecorate))
      if (i.operands[1] == static_cast<std::uint32_t>(Decoration::SpecId)) ids.push_back(i.operands[2]);
    CHECK(ids == Words{0, 1, 2, 3, 4, 5});
  }
}

TEST_CASE("corpus: specialisation constants of other widths") {
  Feature feature("spec-widths");
  const auto build = [](Builder& b) {
    const ValueId wide = b.add_spec_constant(0, std::int64_t{-5}), narrow = b.add_spec_constant(1, std::int16_t{-5});
    const ValueId real = b.add_spec_constant(2, 0.25), byte = b.add_spec_constant(3, b.declare_int(8, false), 0x1FF);
    CHECK(b.global_words(wide)[4] == 0xFFFFFFFFu);
    CHECK(b.global_words(narrow)[3] == 0xFFFFFFFBu);
    CHECK(b.global_words(real)[4] == 0x3FD00000u);
    CHECK(b.global_words(byte)[3] == 0xFFu);
    b.spec_op(Op::OpSConvert, {narrow}, b.declare_int32());
    b.spec_op(Op::OpFConvert, {real}, b.declare_float(32));
    if (b.version() >= make_version(1, 4)) b.spec_op(Op::OpUConvert, {byte}, b.declare_uint32());
    compute(b, [&] { b.OpIAdd(wide, wide); });
  };
  for (const Target& target : {Target::universal(1, 0), Target::universal(1, 6)})
    feature.check(target, {"Shader", "Int8", "Int16", "Int64", "Float64"}, {}, build);
}

TEST_CASE("corpus: scopes and semantics become constants by themselves") {
  Feature feature("scopes");
  const auto build = [](Builder& b) {
    const ValueId shared = b.add_workgroup_variable(b.declare_uint32());
    const ValueId group = b.constant(static_cast<std::uint32_t>(Scope::Workgroup));
    constexpr auto semantics = MemorySemantics::AcquireRelease | MemorySemantics::WorkgroupMemory;
    compute(b, [&] {
      b.OpAtomicIAdd(shared, Scope::Workgroup, semantics, b.constant(1u));
      b.OpControlBarrier(Scope::Workgroup, Scope::Workgroup, semantics);
      b.OpAtomicUMax(shared, group, semantics, b.constant(2u));  // the caller's constant, which is the same one
      b.OpMemoryBarrier(Scope::Workgroup, semantics);
    });
  };
  for (const Target& target : everywhere()) {
    const Module module = feature.check(target, {"Shader"}, {}, build);
    CHECK(count(module, Op::OpConstant) == 3);  // 2 (a scope and a number), 1 and the semantics
    const Words barrier = instructions(module, Op::OpControlBarrier)[0].operands;
    CHECK(barrier[0] == barrier[1]);
  }
}

namespace {

ModuleOptions with_lines(LineInfo lines, Text prefix = {}) {
  ModuleOptions options;
  options.target = Target::vulkan(1, 1);
  options.lines = lines;
  options.line_prefix = prefix;
  return options;
}
/// One module whose generator claims to stand in `file`.
corpus::Build lines_of(const char* file) {
  return [file](Builder& b) {
    const ValueId buffer = b.add_storage_array(b.declare_uint32(), 0, 0, "data");
    const ValueId zero = b.constant(0u);
    const FunctionId main = b.begin_function(b.declare_void(), {}, "main");
    const ValueId p = b.OpAccessChain(buffer, {zero, zero}, {file, 10});
    const ValueId x = b.OpLoad(p, {}, {file, 10});  // the same line: not repeated
    const LabelId yes = b.reserve_label(), merge = b.reserve_label();
    const ValueId condition = b.OpULessThan(x, zero, {file, 11});
    b.OpSelectionMerge(merge, SelectionControl::MaskNone, {file, 12});
    b.OpBranchConditional(condition, yes, merge, {}, {file, 13});  // no OpLine between the two
    b.begin_block(yes, {file, 13});
    b.OpStore(p, x, {file, 13});
    b.OpBranch(merge, {file, 14});
    b.begin_block(merge, {file, 14});
    const ValueId phi = b.OpPhi(b.declare_uint32(), {{x, yes}}, {file, 15});
    b.add_incoming(phi, zero, LabelId(b.parameter(0)) ? yes : yes);
    b.OpReturn({file, 16});
    b.OpFunctionEnd();
    b.add_compute_entry_point(main, "main", 1);
  };
}

}  // namespace
