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
    CHECK(count(module, Op::OpSpecConstantOp) == 16);
    std::vector<std::uint32_t> ids;
    for (const Decoded& i : instructions(module, Op::OpDecorate))
      if (i.operands[1] == static_cast<std::uint32_t>(Decoration::SpecId)) ids.push_back(i.operands[2]);
    CHECK(ids == Words{0, 1, 2, 3, 4, 5});
  }
}

TEST_CASE("corpus: specialisation constants of other widths") {
  Feature feature("spec-widths");
  const auto build = [](Builder& b) {
    const ValueId wide = b.add_spec_constant(0, std::int64_t{-5}),
                  narrow = b.add_spec_constant(1, std::int16_t{-5});
    const ValueId real = b.add_spec_constant(2, 0.25),
                  byte = b.add_spec_constant(3, b.declare_int(8, false), 0x1FF);
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
      b.OpAtomicUMax(shared, group, semantics,
                     b.constant(2u));  // the caller's constant, which is the same one
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
    const LabelId entry = b.current_block();
    const ValueId p = b.OpAccessChain(buffer, {zero, zero}, {file, 10});
    const ValueId x = b.OpLoad(p, {}, {file, 10});  // the same line: not repeated
    const LabelId yes = b.reserve_label(), merge = b.reserve_label();
    const ValueId condition = b.OpULessThan(x, zero, {file, 11});
    b.OpSelectionMerge(merge, SelectionControl::MaskNone, {file, 12});
    b.OpBranchConditional(condition, yes, merge, {}, {file, 13});  // no OpLine between the two
    b.begin_block(yes, {file, 13});
    b.OpStore(p, x, {}, {file, 13});
    b.OpBranch(merge, {file, 14});
    b.begin_block(merge, {file, 14});
    const ValueId phi = b.OpPhi(b.declare_uint32(), {{x, yes}}, {file, 15});
    b.add_incoming(phi, zero, entry);  // later than the phi
    b.OpStore(p, phi, {}, {file, 16});
    b.OpReturn({file, 16});
    b.OpFunctionEnd();
    b.add_compute_entry_point(main, "main", 1);
  };
}

}  // namespace

TEST_CASE("corpus: lines") {
  Feature feature("lines");
  const Module none =
      feature.check(with_lines(LineInfo::Off), {"Shader"}, {}, lines_of("/home/me/saxpy.cpp"), "-none");
  CHECK(count(none, Op::OpLine) == 0);
  CHECK(count(none, Op::OpString) == 0);
  // The location is known without OpLine too.
  const Decoded store = instructions(none, Op::OpStore)[0];
  CHECK(none.location_of(store.offset).line == 13);
  CHECK(none.location_of(store.offset + 1).line == 13);
  CHECK(std::string(none.location_of(store.offset).file) == "/home/me/saxpy.cpp");
  CHECK(none.location_of(0).line == 0);
  CHECK(none.location_of(header_words).line == 0);  // OpCapability: nobody asked for it

  const Module base =
      feature.check(with_lines(LineInfo::BaseName), {"Shader"}, {}, lines_of("/home/me/saxpy.cpp"), "-base");
  const std::vector<Decoded> strings = instructions(base, Op::OpString);
  CHECK(strings.size() == 1);
  CHECK(text_of(strings[0].operands, 1) == "saxpy.cpp");
  std::vector<std::uint32_t> lines;
  for (const Decoded& i : instructions(base, Op::OpLine)) lines.push_back(i.operands[1]);
  CHECK(lines == Words{10, 11, 12, 13, 14, 15, 16});
  // No OpLine stands between a merge instruction and its branch.
  const std::vector<Decoded> all = instructions(base.words());
  for (std::size_t i = 0; i + 1 < all.size(); ++i)
    if (all[i].op == Op::OpSelectionMerge) CHECK(all[i + 1].op == Op::OpBranchConditional);
  CHECK(base.location_of(instructions(base, Op::OpStore)[0].offset).line == 13);

  // The same module on another machine, and with another separator.
  for (const char* const file : {"/build/x/saxpy.cpp", "C:\\src\\saxpy.cpp", "saxpy.cpp"}) {
    const Module other =
        feature.check(with_lines(LineInfo::BaseName), {"Shader"}, {}, lines_of(file), "-base");
    CHECK(other.hash() == base.hash());
  }
  const Module full =
      feature.check(with_lines(LineInfo::FullPath), {"Shader"}, {}, lines_of("/home/me/saxpy.cpp"), "-full");
  CHECK(text_of(instructions(full, Op::OpString)[0].operands, 1) == "/home/me/saxpy.cpp");
  const Module mine = feature.check(with_lines(LineInfo::FullPath, "/home/me/"), {"Shader"}, {},
                                    lines_of("/home/me/saxpy.cpp"), "-prefix");
  CHECK(text_of(instructions(mine, Op::OpString)[0].operands, 1) == "saxpy.cpp");
  const Module theirs = feature.check(with_lines(LineInfo::FullPath, "/build/"), {"Shader"}, {},
                                      lines_of("/build/saxpy.cpp"), "-prefix");
  CHECK(theirs.hash() == mine.hash());
}

TEST_CASE("corpus: names") {
  Feature feature("names");
  const auto build = [](Builder& b) {
    const TypeId f32 = b.declare_float(32);
    const StructMember members[] = {{f32, "first"}, {f32, "zweites \u00FC"}};
    const TypeId block = b.declare_struct(members, LayoutRule::Std430, BlockKind::Uniform);
    b.name(block, "Block");
    b.add_push_constants(block, "push");
    const FunctionId helper = b.begin_function(b.declare_void(), {}, "helper");
    b.end_function();
    compute(b, [&] { b.OpFunctionCall(helper, {}); });
  };
  for (const bool on : {true, false}) {
    ModuleOptions options;
    options.target = Target::vulkan(1, 2);
    options.names = on;
    const Module module = feature.check(options, {"Shader"}, {}, build, on ? "-on" : "-off");
    std::vector<std::string> names;
    for (const Decoded& i : instructions(module, Op::OpName)) names.push_back(text_of(i.operands, 1));
    for (const Decoded& i : instructions(module, Op::OpMemberName)) names.push_back(text_of(i.operands, 2));
    if (on)
      CHECK(names == std::vector<std::string>{"Block", "push", "helper", "first", "zweites \u00FC"});
    else
      CHECK(names.empty());
  }
}
