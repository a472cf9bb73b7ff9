// Corpus: capabilities and extensions are deduced, and no more than needed.
#include "corpus.hpp"

using namespace corpus;

TEST_CASE("corpus: numbers of 16 bits in storage only") {
  Feature feature("storage16");
  const auto build = [](Builder& b) {
    compute(b, [&] {
      const TypeId half = b.declare_float(16), narrow = b.declare_int(16, true);
      const ValueId from = element(b, half, 0), to = element(b, b.declare_float(32), 1);
      const TypeId f32 = b.declare_float(32), i32 = b.declare_int32();
      b.OpStore(to, b.OpFConvert(f32, b.OpLoad(from)));
      b.OpStore(from, b.OpLoad(from));
      const ValueId integer = element(b, narrow, 2);
      b.OpStore(integer, b.OpSConvert(narrow, b.OpSConvert(i32, b.OpLoad(integer))));
    });
  };
  Target old = Target::vulkan(1, 0);
  old.enable_extension("VK_KHR_16bit_storage").enable_feature("storageBuffer16BitAccess");
  feature.check(old, {"Shader", "StorageBuffer16BitAccess"}, {"SPV_KHR_16bit_storage"}, build, "-uniform");
  old.enable_extension("VK_KHR_storage_buffer_storage_class");
  feature.check(old, {"Shader", "StorageBuffer16BitAccess"},
                {"SPV_KHR_16bit_storage", "SPV_KHR_storage_buffer_storage_class"}, build);
  for (unsigned minor : {1u, 2u, 3u, 4u})
    feature.check(with_features(Target::vulkan(1, minor), {"storageBuffer16BitAccess"}),
                  {"Shader", "StorageBuffer16BitAccess"}, {}, build);
  feature.check(Target::universal(1, 3), {"Shader", "StorageBuffer16BitAccess"}, {}, build);
}

TEST_CASE("corpus: numbers of 8 bits in storage only") {
  Feature feature("storage8");
  const auto build = [](Builder& b) {
    compute(b, [&] {
      const TypeId byte = b.declare_int(8, false);
      const ValueId from = element(b, byte, 0), to = element(b, b.declare_uint32(), 1);
      const TypeId u32 = b.declare_uint32();
      b.OpStore(to, b.OpUConvert(u32, b.OpLoad(from)));
      b.OpStore(from, b.OpUConvert(byte, b.OpLoad(to)));
    });
  };
  Target old = Target::vulkan(1, 1);
  old.enable_extension("VK_KHR_8bit_storage").enable_feature("storageBuffer8BitAccess");
  feature.check(old, {"Shader", "StorageBuffer8BitAccess"}, {"SPV_KHR_8bit_storage"}, build);
  for (unsigned minor : {2u, 3u, 4u})
    feature.check(with_features(Target::vulkan(1, minor), {"storageBuffer8BitAccess"}),
                  {"Shader", "StorageBuffer8BitAccess"}, {}, build);
}

TEST_CASE("corpus: arithmetic on narrow and wide numbers") {
  Feature feature("arithmetic");
  const auto build = [](Builder& b) {
    compute(b, [&] {
      const ValueId half = element(b, b.declare_float(16), 0),
                    narrow = element(b, b.declare_int(16, false), 1),
                    byte = element(b, b.declare_int(8, true), 2),
                    wide = element(b, b.declare_int(64, false), 3), real = element(b, b.declare_float(64), 4);
      const auto squared = [&](ValueId p, ValueId x) {
        b.OpStore(p, b.is_float(b.type_of(x)) ? b.OpFMul(x, x) : b.OpIMul(x, x));
      };
      for (const ValueId p : {half, real, narrow, byte, wide}) squared(p, b.OpLoad(p));
    });
  };
  const std::vector<std::string> all = {"Shader",
                                        "Float16",
                                        "Int16",
                                        "Int8",
                                        "Int64",
                                        "Float64",
                                        "StorageBuffer16BitAccess",
                                        "StorageBuffer8BitAccess"};
  Target enabled =
      with_features(Target::vulkan(1, 1), {"shaderFloat16", "shaderInt16", "shaderInt8", "shaderInt64",
                                           "shaderFloat64", "storageBuffer16BitAccess"});
  enabled.enable_extension("VK_KHR_8bit_storage").enable_feature("storageBuffer8BitAccess");
  feature.check(enabled, all, {"SPV_KHR_8bit_storage"}, build);
  feature.check(Target::universal(), all, {}, build);
}

TEST_CASE("corpus: integer dot products") {
  Feature feature("dot");
  const auto build = [](Builder& b) {
    compute(b, [&] {
      const TypeId i32 = b.declare_int32(), u32 = b.declare_uint32();
      const ValueId a = b.OpLoad(element(b, i32, 0)), u = b.OpLoad(element(b, u32, 1));
      constexpr auto packed = PackedVectorFormat::PackedVectorFormat4x8Bit;
      b.OpUDot(u32, u, u, packed);
      b.OpSDotAccSat(a, a, b.OpSDot(i32, a, a, packed), packed);
      b.OpSUDot(i32, a, u, packed);
    });
  };
  Target old = Target::vulkan(1, 1);
  old.enable_extension("VK_KHR_shader_integer_dot_product").enable_feature("shaderIntegerDotProduct");
  feature.check(old, {"Shader", "DotProduct", "DotProductInput4x8BitPacked"}, {"SPV_KHR_integer_dot_product"},
                build);
  for (unsigned minor : {3u, 4u})
    feature.check(with_features(Target::vulkan(1, minor), {"shaderIntegerDotProduct"}),
                  {"Shader", "DotProduct", "DotProductInput4x8BitPacked"}, {}, build);
}

TEST_CASE("corpus: integer dot products of vectors") {
  Feature feature("dot-vectors");
  const auto of_bytes = [](Builder& b) {
    compute(b, [&] {
      const ValueId zero = b.declare_null(b.declare_vector(b.declare_int(8, true), 4));
      b.OpSDot(b.declare_int32(), zero, zero);
    });
  };
  const auto of_words = [](Builder& b) {
    compute(b, [&] {
      const ValueId zero = b.declare_null(b.declare_vector(b.declare_int32(), 2));
      b.OpSDot(b.declare_int32(), zero, zero);
    });
  };
  // DotProductInput4x8Bit implies Int8.
  feature.check(Target::universal(), {"Shader", "DotProduct", "DotProductInput4x8Bit"}, {}, of_bytes);
  feature.check(Target::universal(), {"Shader", "DotProduct", "DotProductInputAll"}, {}, of_words, "-all");
}

TEST_CASE("corpus: subgroup operations") {
  Feature feature("subgroups");
  constexpr auto group = Scope::Subgroup;
  const auto all = [](unsigned minor) {
    Target target = Target::vulkan(1, minor);
    target.enable_feature("VK_SUBGROUP_FEATURE_BASIC_BIT");
    for (const char* const bit :
         {"VOTE", "BALLOT", "ARITHMETIC", "SHUFFLE", "SHUFFLE_RELATIVE", "CLUSTERED", "QUAD"})
      target.enable_feature(std::string("VK_SUBGROUP_FEATURE_") + bit + "_BIT");
    return target;
  };
  for (unsigned minor : {1u, 2u, 3u, 4u}) {
    feature.check(
        all(minor), {"Shader", "GroupNonUniform"}, {},
        [](Builder& b) { compute(b, [&] { b.OpGroupNonUniformElect(group); }); }, "-elect");
    feature.check(
        all(minor), {"Shader", "GroupNonUniformArithmetic"}, {},
        [](Builder& b) {
          compute(b, [&] {
            b.OpGroupNonUniformIAdd(group, GroupOperation::Reduce, b.constant(1u));
            b.OpGroupNonUniformFMax(group, GroupOperation::InclusiveScan, b.constant(1.0f));
          });
        },
        "-arithmetic");
    feature.check(
        all(minor), {"Shader", "GroupNonUniformClustered"}, {},
        [](Builder& b) {
          compute(b, [&] {
            const ValueId x = b.constant(1.0f), four = b.constant(4u);
            b.OpGroupNonUniformFAdd(group, GroupOperation::ClusteredReduce, x, four);
          });
        },
        "-clustered");
    feature.check(
        all(minor),
        {"Shader", "GroupNonUniformArithmetic", "GroupNonUniformBallot", "GroupNonUniformClustered",
         "GroupNonUniformQuad", "GroupNonUniformShuffle", "GroupNonUniformShuffleRelative",
         "GroupNonUniformVote"},
        {},
        [](Builder& b) {
          compute(b, [&] {
            const ValueId one = b.constant(1u), x = b.constant(2.0f), yes = b.constant(true);
            const ValueId ballot = b.OpGroupNonUniformBallot(group, yes);
            b.OpGroupNonUniformAll(group, yes);
            b.OpGroupNonUniformAny(group, yes);
            b.OpGroupNonUniformAllEqual(group, x);
            b.OpGroupNonUniformBroadcast(group, x, one);
            b.OpGroupNonUniformBroadcastFirst(group, x);
            b.OpGroupNonUniformInverseBallot(group, ballot);
            b.OpGroupNonUniformBallotBitExtract(group, ballot, one);
            b.OpGroupNonUniformBallotBitCount(group, GroupOperation::ExclusiveScan, ballot);
            b.OpGroupNonUniformBallotFindLSB(group, ballot);
            b.OpGroupNonUniformBallotFindMSB(group, ballot);
            b.OpGroupNonUniformShuffle(group, x, one);
            b.OpGroupNonUniformShuffleXor(group, x, one);
            b.OpGroupNonUniformShuffleUp(group, x, one);
            b.OpGroupNonUniformShuffleDown(group, x, one);
            b.OpGroupNonUniformQuadBroadcast(group, x, one);
            b.OpGroupNonUniformQuadSwap(group, x, one);
            b.OpGroupNonUniformLogicalXor(group, GroupOperation::Reduce, yes);
            b.OpGroupNonUniformBitwiseOr(group, GroupOperation::ClusteredReduce, one, b.constant(8u));
          });
        },
        "-all");
  }
}

TEST_CASE("corpus: atomics on floating-point numbers and on 64 bits") {
  Feature feature("atomics");
  constexpr auto device = Scope::Device;
  constexpr auto relaxed = MemorySemantics::MaskNone;
  const auto floats = [](Builder& b) {
    compute(b, [&] {
      const ValueId p = element(b, b.declare_float(32), 0);
      b.OpAtomicFAddEXT(p, device, relaxed, b.constant(1.0f));
      b.OpAtomicFMaxEXT(p, device, relaxed, b.constant(1.0f));
    });
  };
  Target enabled = Target::vulkan(1, 1);
  enabled.enable_extension("VK_EXT_shader_atomic_float").enable_feature("shaderBufferFloat32AtomicAdd");
  enabled.enable_extension("VK_EXT_shader_atomic_float2").enable_feature("shaderBufferFloat32AtomicMinMax");
  const std::vector<std::string> extensions = {"SPV_EXT_shader_atomic_float_add",
                                               "SPV_EXT_shader_atomic_float_min_max"};
  for (const Target& target : {enabled, Target::universal()})
    feature.check(target, {"Shader", "AtomicFloat32AddEXT", "AtomicFloat32MinMaxEXT"}, extensions, floats);

  const auto wide = [](Builder& b) {
    compute(b, [&] {
      const ValueId p = element(b, b.declare_int(64, false), 0);
      b.OpAtomicUMax(p, device, relaxed, b.constant(std::uint64_t{7}));
    });
  };
  for (unsigned minor : {2u, 3u, 4u})
    feature.check(with_features(Target::vulkan(1, minor), {"shaderInt64", "shaderBufferInt64Atomics"}),
                  {"Shader", "Int64Atomics"}, {}, wide, "-64");  // implies Int64
  // 64-bit numbers without atomics on them.
  feature.check(
      with_features(Target::vulkan(1, 2), {"shaderInt64"}), {"Shader", "Int64"}, {},
      [](Builder& b) {
        compute(b, [&] {
          const ValueId p = element(b, b.declare_int(64, false), 0);
          const ValueId x = b.OpLoad(p);
          b.OpStore(p, b.OpIAdd(x, x));
          b.OpAtomicIIncrement(element(b, b.declare_uint32(), 1), device, relaxed);
        });
      },
      "-int64");
}

TEST_CASE("corpus: variable pointers") {
  Feature feature("variable-pointers");
  const auto build = [](Builder& b) {
    compute(b, [&] {
      // In one structure: what points into several needs VariablePointers.
      const ValueId zero = b.constant(0u), one = b.constant(1u),
                    buffer = b.add_storage_array(b.declare_float(32), 0, 0);
      const ValueId a = b.OpAccessChain(buffer, {zero, zero}), c = b.OpAccessChain(buffer, {zero, one});
      const ValueId x = b.OpLoad(a), y = b.OpLoad(c);
      const ValueId p = b.OpSelect(b.OpFOrdLessThan(x, y), a, c);
      const ValueId q = b.if_value(
          b.constant(true), [&] { return a; }, [&] { return p; });
      b.OpStore(p, b.OpLoad(q));
    });
  };
  Target old = Target::vulkan(1, 0);
  old.enable_extension("VK_KHR_variable_pointers").enable_feature("variablePointersStorageBuffer");
  // The capability implies Shader, and its extension brings the storage class.
  feature.check(old, {"VariablePointersStorageBuffer"}, {"SPV_KHR_variable_pointers"}, build);
  for (unsigned minor : {1u, 2u, 3u, 4u})
    feature.check(with_features(Target::vulkan(1, minor), {"variablePointersStorageBuffer"}),
                  {"VariablePointersStorageBuffer"}, {}, build);
}

TEST_CASE("corpus: buffers behind physical addresses, Aligned by itself") {
  Feature feature("physical");
  const auto build = [](Builder& b) {
    const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32();
    const TypeId block =
        b.declare_struct({{b.declare_vector(f32, 4)},
                          {u32},
                          {b.declare_runtime_array(b.declare_float(16), LayoutRule::Std430)}},
                         LayoutRule::Std430, BlockKind::Storage);
    const TypeId pointer = b.declare_pointer(StorageClass::PhysicalStorageBuffer, block);
    // Not in push constants: spirv-val follows the pointer, finds 16 bits and asks for StoragePushConstant16.
    const ValueId root = b.add_storage_buffer(b.declare_struct({pointer}), 0, 0, "root");
    compute(b, [&] {
      const ValueId zero = b.constant(0u), one = b.constant(1u), two = b.constant(2u);
      const ValueId p = b.load_at(root, {zero});
      const ValueId vector = b.OpAccessChain(p, {zero}), number = b.OpAccessChain(p, {one});
      b.OpStore(vector, b.OpLoad(vector));
      b.OpStore(number, b.OpLoad(number, MemoryAccess::Volatile));
      b.OpLoad(number, operand::MemoryAccess().Aligned(16));  // the caller's word is kept
      b.OpFConvert(f32, b.OpLoad(b.OpAccessChain(p, {two, one})));
      b.OpCopyMemory(vector, vector);
    });
  };
  const std::vector<std::string> capabilities = {"PhysicalStorageBufferAddresses",
                                                 "StorageBuffer16BitAccess"};
  for (unsigned minor : {1u, 2u, 3u, 4u}) {
    ModuleOptions options;
    options.target =
        with_features(Target::vulkan(1, minor), {"bufferDeviceAddress", "storageBuffer16BitAccess"});
    options.target.enable_extension("VK_KHR_buffer_device_address");
    options.addressing = AddressingModel::PhysicalStorageBuffer64;
    const Module module = feature.check(
        options, capabilities,
        minor < 2 ? std::vector<std::string>{"SPV_KHR_physical_storage_buffer"} : std::vector<std::string>{},
        build);
    std::vector<std::uint32_t> masks, alignments;
    for (const Decoded& i : corpus::instructions(module, Op::OpLoad)) {
      if (i.operands.size() < 4) continue;  // of the pointer itself
      masks.push_back(i.operands[3]);
      if (i.operands.size() > 4) alignments.push_back(i.operands[4]);
    }
    CHECK(masks == Words{2, 3, 2, 2});
    CHECK(alignments == Words{4, 4, 16, 2});
  }
}

TEST_CASE("corpus: an instruction set without semantics") {
  Feature feature("non-semantic");
  const auto build = [](Builder& b) {
    const ExtInstSetId set = b.OpExtInstImport("NonSemantic.DebugPrintf");
    const StringId format = b.OpString("hello %d");
    compute(b, [&] { b.OpExtInst(b.declare_void(), set, 1, {format, b.constant(1u)}); });
  };
  Target old = Target::vulkan(1, 1);
  old.enable_extension("VK_KHR_shader_non_semantic_info");
  feature.check(old, {"Shader"}, {"SPV_KHR_non_semantic_info"}, build);
  feature.check(Target::vulkan(1, 3), {"Shader"}, {}, build);
}
