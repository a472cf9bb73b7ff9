// Corpus: types, constants, layout.
#include "corpus.hpp"

#include <bit>
#include <limits>

using namespace corpus;

TEST_CASE("corpus: distinct types are declared once each") {
  Feature feature("types");
  const auto build = [](Builder& b) {
    const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32(), i32 = b.declare_int32();
    CHECK(f32 == b.declare_float(32));
    CHECK(u32 == b.declare_int(32, false));
    CHECK_FALSE(u32 == i32);
    const TypeId v3 = b.declare_vector(f32, 3), v4 = b.declare_vector(f32, 4);
    CHECK(v4 == b.declare_vector(f32, 4));
    CHECK_FALSE(v3 == v4);
    const TypeId mat2 = b.declare_matrix(v4, 2);
    CHECK(mat2 == b.OpTypeMatrix(v4, 2));
    CHECK_FALSE(mat2 == b.declare_matrix(v4, 3));
    const TypeId eight = b.declare_array(f32, 8);
    CHECK(eight == b.declare_array(f32, b.constant(8u)));
    CHECK_FALSE(eight == b.declare_array(f32, 9));
    CHECK_FALSE(eight == b.declare_array(f32, b.constant(8)));  // another constant
    const TypeId pair = b.declare_struct({f32, u32});
    CHECK(pair == b.declare_struct({f32, u32}));
    CHECK_FALSE(pair == b.declare_struct({u32, f32}));
    const TypeId own = b.add_struct({f32, u32});
    CHECK_FALSE(own == pair);
    CHECK_FALSE(own == b.add_struct({f32, u32}));
    const TypeId pointer = b.declare_pointer(StorageClass::Private, f32);
    CHECK(pointer == b.declare_pointer(StorageClass::Private, f32));
    CHECK_FALSE(pointer == b.declare_pointer(StorageClass::Function, f32));
    CHECK(b.declare_function_type(b.declare_void()) == b.declare_function_type(b.declare_void()));
    const TypeId nullary = b.declare_function_type(f32);
    CHECK_FALSE(nullary == b.declare_function_type(f32, {f32}));
    compute(b, [] {});
  };
  for (const Target& target : everywhere()) {
    const Module module = feature.check(target, {"Shader"}, {}, build);
    CHECK(count(module, Op::OpTypeFloat) == 1);
    CHECK(count(module, Op::OpTypeInt) == 2);
    CHECK(count(module, Op::OpTypeVector) == 2);
    CHECK(count(module, Op::OpTypeMatrix) == 2);
    CHECK(count(module, Op::OpTypeStruct) == 4);
    CHECK(count(module, Op::OpTypeArray) == 3);
    CHECK(count(module, Op::OpTypeVoid) == 1);
    CHECK(count(module, Op::OpTypeFunction) == 3);
  }
}

TEST_CASE("corpus: constants are interned on their bits") {
  Feature feature("constants");
  const auto build = [](Builder& b) {
    CHECK(b.constant(1.0f) == b.constant(1.0f));
    const ValueId plus = b.constant(0.0f), one = b.constant(1), none = b.constant(0u);
    CHECK_FALSE(plus == b.constant(-0.0f));
    CHECK_FALSE(one == b.constant(1u));
    CHECK_FALSE(none == plus);
    const float quiet = std::bit_cast<float>(0x7FC00000u), payload = std::bit_cast<float>(0x7FC12345u);
    const ValueId nan = b.constant(quiet), other = b.constant(payload);
    CHECK_FALSE(nan == other);
    CHECK(other == b.constant(payload));
    CHECK(b.global_words(other)[3] == 0x7FC12345u);
    CHECK(b.global_words(b.constant(-0.0f))[3] == 0x80000000u);
    CHECK(b.global_words(b.constant(-2))[3] == 0xFFFFFFFEu);
    CHECK(b.constant(true) == b.declare_bool_constant(true));
    const ValueId yes = b.constant(true);
    CHECK_FALSE(yes == b.constant(false));

    const TypeId v2 = b.declare_vector(b.declare_float(32), 2);
    const ValueId zero = b.declare_composite(v2, {b.constant(0.0f), b.constant(0.0f)});
    CHECK(zero == b.declare_splat(v2, b.constant(0.0f)));
    CHECK_FALSE(zero == b.declare_splat(v2, b.constant(-0.0f)));
    CHECK_FALSE(zero == b.declare_null(v2));
    const ValueId null = b.declare_null(v2);
    CHECK(null == b.declare_null(v2));
    CHECK_FALSE(null == b.declare_null(b.declare_vector(b.declare_uint32(), 2)));
    compute(b, [&] { b.OpFAdd(b.constant(-0.0f), b.constant(payload)); });
  };
  for (const Target& target : everywhere()) {
    const Module module = feature.check(target, {"Shader"}, {}, build);
    CHECK(count(module, Op::OpConstantComposite) == 2);
    CHECK(count(module, Op::OpConstantNull) == 2);
    CHECK(count(module, Op::OpConstantTrue) == 1);
  }
}

TEST_CASE("corpus: wide and narrow constants") {
  Feature feature("constant-widths");
  const auto build = [](Builder& b) {
    const ValueId wide = b.constant(0x123456789ABCDEF0u), real = b.constant(-0.0);
    CHECK(b.global_words(wide).size() == 5);
    CHECK(b.global_words(wide)[3] == 0x9ABCDEF0u);  // low word first
    CHECK(b.global_words(wide)[4] == 0x12345678u);
    CHECK(b.global_words(real)[4] == 0x80000000u);
    CHECK(b.global_words(b.constant(std::int64_t{-1}))[4] == 0xFFFFFFFFu);
    const ValueId narrow = b.constant(std::int16_t{-3}), byte = b.constant(std::uint8_t{0xF0});
    CHECK(b.global_words(narrow)[3] == 0xFFFFFFFDu);  // sign-extended
    CHECK(b.global_words(byte)[3] == 0xF0u);          // not
    CHECK(b.declare_constant(b.declare_int(8, true), 0x80) == b.constant(std::int8_t{-128}));
    const ValueId half = b.declare_constant(b.declare_float(16), 0xBC00);  // -1
    CHECK(b.global_words(half)[3] == 0xBC00u);                             // floats are not sign-extended
    compute(b, [&] {
      b.OpIAdd(wide, wide);
      b.OpFAdd(real, real);
      b.OpIAdd(narrow, narrow);
      b.OpIAdd(byte, byte);
      b.OpFAdd(half, half);
    });
  };
  Target enabled = Target::vulkan(1, 2);
  for (const char* const f : {"shaderInt8", "shaderInt16", "shaderInt64", "shaderFloat16", "shaderFloat64"})
    enabled.enable_feature(f);
  for (const Target& target : {enabled, Target::universal(1, 0), Target::universal(1, 6)})
    feature.check(target, {"Shader", "Int8", "Int16", "Int64", "Float16", "Float64"}, {}, build);
}

TEST_CASE("corpus: layout belongs to a type's identity") {
  Feature feature("layout-identity");
  const auto build = [](Builder& b) {
    const TypeId f32 = b.declare_float(32), v3 = b.declare_vector(f32, 3);
    const TypeId plain = b.declare_struct({v3, f32});
    const TypeId std430 = b.lay_out(plain, LayoutRule::Std430), std140 = b.lay_out(plain, LayoutRule::Std140);
    CHECK_FALSE(plain == std430);
    CHECK(std430 == std140);  // the same offsets
    CHECK(std430 == b.lay_out(plain, LayoutRule::Std430));
    const TypeId spread = b.declare_struct({{v3}, {f32, {}, 16}}, LayoutRule::Std430);
    CHECK_FALSE(spread == std430);  // the same members, other offsets
    const TypeId as_block = b.declare_struct({{v3}, {f32}}, LayoutRule::Std430, BlockKind::Storage);
    CHECK_FALSE(as_block == std430);
    CHECK(b.without_layout(spread) == plain);
    CHECK(b.without_layout(as_block) == plain);
    CHECK(b.without_layout(plain) == plain);
    CHECK(b.lay_out(spread, LayoutRule::Scalar) == spread);  // has one

    // One structure in a buffer, in workgroup memory and in a variable of the function: three twins would be two.
    const TypeId array = b.declare_array(plain, 4);
    const ValueId buffer = b.add_storage_buffer(b.declare_struct({array}), 0, 0, "buffer");
    const ValueId shared = b.add_workgroup_variable(array, "shared");
    const ValueId laid_out =
        b.add_workgroup_variable(b.declare_array(plain, 4, LayoutRule::Std430), "laid_out");
    const ValueId mine = b.add_private_variable(std430, {}, "mine");
    CHECK(b.element_type(b.type_of(shared)) == array);
    CHECK(b.element_type(b.type_of(laid_out)) == array);
    CHECK(b.element_type(b.type_of(mine)) == plain);
    compute(b, [&] {
      const ValueId local = b.add_local_variable(std430, {}, "local");
      CHECK(b.element_type(b.type_of(local)) == plain);
      const ValueId zero = b.constant(0u), three = b.constant(3u);
      const ValueId x = b.load_at(buffer, {zero, three, zero});
      b.store_at(shared, {three, zero}, x);
      b.OpStore(local, b.OpLoad(mine));
      b.store_at(laid_out, {zero}, b.OpLoad(local));
    });
  };
  for (const Target& target : everywhere()) {
    const Module module = feature.check(target, {"Shader"}, {}, build);
    // Nothing behind a Workgroup, Private or Function pointer is decorated.
    for (const Decoded& i : instructions(module, Op::OpTypePointer)) {
      const auto storage = static_cast<StorageClass>(i.operands[1]);
      if (storage == StorageClass::StorageBuffer || storage == StorageClass::Uniform) continue;
      for (const Decoded& d : instructions(module.words()))
        if (d.op == Op::OpMemberDecorate || d.op == Op::OpDecorate) CHECK(d.operands[0] != i.operands[2]);
    }
  }
}

TEST_CASE("corpus: matrices in std140, std430 and scalar layout, column and row major") {
  Feature feature("matrices");
  feature.validate_with("--scalar-block-layout");
  struct Case {
    LayoutRule rule;
    const char* name;
    std::uint32_t column_stride, row_stride, rows, after;  // of a mat3x2 twice and a float
  };
  // mat3x2: three columns of two. Column major: vec2 each; row major: two rows of vec3.
  const Case cases[] = {{LayoutRule::Std140, "-std140", 16, 16, 48, 48 + 32},
                        {LayoutRule::Std430, "-std430", 8, 16, 32, 32 + 32},
                        {LayoutRule::Scalar, "-scalar", 8, 12, 24, 24 + 24}};
  for (const Case& c : cases)
    for (const Target& target : {Target::vulkan(1, 0), Target::vulkan(1, 2), Target::universal(1, 3)}) {
      const Module module = feature.check(
          target, {"Shader"}, {},
          [&](Builder& b) {
            const TypeId f32 = b.declare_float(32), matrix = b.declare_matrix(b.declare_vector(f32, 2), 3);
            const StructMember members[] = {{matrix, "columns", {}, MatrixOrder::ColumnMajor},
                                            {matrix, "rows", {}, MatrixOrder::RowMajor},
                                            {f32, "after"}};
            const TypeId type = b.declare_struct(members, c.rule, BlockKind::Uniform);
            const ValueId uniform = b.add_uniform_buffer(type, 0, 0, "matrices", c.rule);
            compute(b, [&] {
              const ValueId m = b.load_at(uniform, {b.constant(1u)});
              b.OpMatrixTimesVector(m, b.declare_null(b.declare_vector(f32, 3)));
            });
          },
          c.name);
      std::vector<std::uint32_t> offsets, strides, majors;
      for (const Decoded& i : instructions(module, Op::OpMemberDecorate)) {
        const auto d = static_cast<Decoration>(i.operands[2]);
        if (d == Decoration::Offset) offsets.push_back(i.operands[3]);
        if (d == Decoration::MatrixStride) strides.push_back(i.operands[3]);
        if (d == Decoration::ColMajor || d == Decoration::RowMajor) majors.push_back(i.operands[2]);
      }
      CHECK(offsets == Words{0, c.rows, c.after});
      CHECK(strides == Words{c.column_stride, c.row_stride});
      CHECK(majors == Words{static_cast<std::uint32_t>(Decoration::ColMajor),
                            static_cast<std::uint32_t>(Decoration::RowMajor)});
    }
}
