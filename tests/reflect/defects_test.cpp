// What other reflectors get wrong or fall over: types that are new, specialised sizes, memory that leads back to itself,
// deep nesting, modules that are out of proportion. Values are worked out by hand.
#include "assemble.hpp"
#include "hand.hpp"
#include "invariants.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace airstrip;
using namespace airstrip::reflection;
using spirv::Op;
using test::Hand;
using test::n;
using test::with_text;

namespace {

void require(bool condition) { REQUIRE(condition); }

const Type& type_of(const Reflection& r, std::uint32_t id) {
  for (const Type& t : r.types())
    if (t.id == id) return t;
  static const Type nothing;
  FAIL("no type of this id");
  return nothing;
}

// A module with `types` in front of an entry point that loads from a storage buffer of `uint`s.
Hand begin() {
  Hand h;
  h.op(Op::OpCapability, {n(spirv::Capability::Shader)})
      .op(Op::OpMemoryModel, {0, 1})
      .op(Op::OpEntryPoint, with_text({n(spirv::ExecutionModel::GLCompute), 1}, "main", {10}))
      .op(Op::OpExecutionMode, {1, n(spirv::ExecutionMode::LocalSize), 32, 1, 1})
      .op(Op::OpDecorate, {6, n(spirv::Decoration::ArrayStride), 4})
      .op(Op::OpDecorate, {7, n(spirv::Decoration::Block)})
      .op(Op::OpMemberDecorate, {7, 0, n(spirv::Decoration::Offset), 0})
      .op(Op::OpDecorate, {10, n(spirv::Decoration::DescriptorSet), 0})
      .op(Op::OpDecorate, {10, n(spirv::Decoration::Binding), 0})
      .op(Op::OpTypeVoid, {2})
      .op(Op::OpTypeFunction, {3, 2})
      .op(Op::OpTypeInt, {4, 32, 0})
      .op(Op::OpConstant, {4, 5, 0})
      .op(Op::OpTypeRuntimeArray, {6, 4})
      .op(Op::OpTypeStruct, {7, 6})
      .op(Op::OpTypePointer, {8, n(spirv::StorageClass::StorageBuffer), 7})
      .op(Op::OpTypePointer, {9, n(spirv::StorageClass::StorageBuffer), 4})
      .op(Op::OpVariable, {8, 10, n(spirv::StorageClass::StorageBuffer)});
  return h;
}
Hand& end(Hand& h) {
  return h.op(Op::OpFunction, {2, 1, 0, 3})
      .op(Op::OpLabel, {11})
      .op(Op::OpAccessChain, {9, 12, 10, 5, 5})
      .op(Op::OpLoad, {4, 13, 12})
      .op(Op::OpReturn)
      .op(Op::OpFunctionEnd);
}
void check_rest(const Reflection& r) {
  test::check_invariants(r, require);
  REQUIRE(r.entry_points().size() == 1);
  CHECK(r.entry_points()[0].workgroup.x == 32);
  REQUIRE(r.bindings(r.entry_points()[0]).size() == 1);
  CHECK(r.bindings(r.entry_points()[0])[0].kind == DescriptorKind::StorageBuffer);
  CHECK(r.bindings(r.entry_points()[0])[0].used.read);
  CHECK_FALSE(r.bindings(r.entry_points()[0])[0].used.write);
}

}  // namespace

TEST_CASE("defects: bf16 and fp8 have an encoding") {
  Hand h = begin();
  h.op(Op::OpTypeFloat, {50, 16, n(spirv::FPEncoding::BFloat16KHR)})
      .op(Op::OpTypeFloat, {51, 8, n(spirv::FPEncoding::Float8E4M3EXT)})
      .op(Op::OpTypeFloat, {52, 8, n(spirv::FPEncoding::Float8E5M2EXT)})
      .op(Op::OpTypeFloat, {53, 16})
      .op(Op::OpTypeVector, {54, 51, 4});
  const Result<Reflection> r = reflect(end(h).words);
  REQUIRE(r.ok());
  check_rest(*r);
  CHECK(type_of(*r, 50).kind == TypeKind::Float);
  CHECK(type_of(*r, 50).bits == 16);
  CHECK(type_of(*r, 50).encoding == n(spirv::FPEncoding::BFloat16KHR));
  CHECK(type_of(*r, 51).encoding == n(spirv::FPEncoding::Float8E4M3EXT));
  CHECK(type_of(*r, 51).size == 1);
  CHECK(type_of(*r, 52).encoding == n(spirv::FPEncoding::Float8E5M2EXT));
  CHECK(type_of(*r, 53).encoding == none);
  CHECK(type_of(*r, 54).size == 4);
}

TEST_CASE(
    "defects: cooperative matrices, their shapes specialised, and what belongs to cooperative matrix 2") {
  Hand h = begin();
  // The decoration stands where a decoration must: behind the header of this module, in front of its types.
  Hand decorated;
  decorated.op(Op::OpDecorate, {60, n(spirv::Decoration::SpecId), 9});
  h.op(Op::OpTypeFloat, {50, 16})
      .op(Op::OpConstant, {4, 51, 3})
      .op(Op::OpSpecConstant, {4, 60, 16})
      .op(Op::OpConstant, {4, 52, 8})
      .op(Op::OpConstant, {4, 53, 2})
      .op(Op::OpTypeCooperativeMatrixKHR, {54, 50, 51, 60, 52, 53})
      .op(Op::OpTypeTensorLayoutNV, {55, 53, 5})
      .op(Op::OpTypeTensorViewNV, {56, 53, 5, 5, 52});
  Hand whole = end(h);
  whole.words.insert(whole.words.begin() + 5 + 2 + 3, decorated.words.begin() + 5, decorated.words.end());
  const Result<Reflection> r = reflect(whole.words);
  REQUIRE(r.ok());
  check_rest(*r);
  const Type& matrix = type_of(*r, 54);
  CHECK(matrix.kind == TypeKind::CooperativeMatrix);
  REQUIRE(matrix.matrix != none);
  const CooperativeMatrixInfo& shape = r->cooperative_matrices()[matrix.matrix];
  CHECK(shape.scope == n(spirv::Scope::Subgroup));
  CHECK(shape.rows == 16);
  CHECK(shape.columns == 8);
  CHECK(shape.use == n(spirv::CooperativeMatrixUse::MatrixAccumulatorKHR));
  CHECK(r->types()[shape.component].bits == 16);
  CHECK(type_of(*r, 55).kind == TypeKind::Opaque);
  CHECK(type_of(*r, 56).kind == TypeKind::Opaque);
  const Result<Reflection> with = reflect(whole.words, {{9, 32}});
  REQUIRE(with.ok());
  CHECK(with->cooperative_matrices()[0].rows == 32);
}

TEST_CASE("defects: tensors and graphs are types, and bound") {
  Hand h;
  h.op(Op::OpCapability, {n(spirv::Capability::Shader)})
      .op(Op::OpCapability, {n(spirv::Capability::GraphARM)})
      .op(Op::OpMemoryModel, {0, 1})
      .op(Op::OpDecorate, {10, n(spirv::Decoration::DescriptorSet), 1})
      .op(Op::OpDecorate, {10, n(spirv::Decoration::Binding), 2})
      .op(Op::OpDecorate, {11, n(spirv::Decoration::DescriptorSet), 1})
      .op(Op::OpDecorate, {11, n(spirv::Decoration::Binding), 3})
      .op(Op::OpTypeInt, {1, 32, 0})
      .op(Op::OpTypeInt, {2, 8, 1})
      .op(Op::OpConstant, {1, 3, 2})
      .op(Op::OpConstant, {1, 4, 64})
      .op(Op::OpTypeArray, {5, 1, 3})
      .op(Op::OpConstantComposite, {5, 6, 3, 4})
      .op(Op::OpTypeTensorARM, {7, 2, 3, 6})
      .op(Op::OpTypeTensorARM, {8, 2})
      .op(Op::OpTypePointer, {9, n(spirv::StorageClass::UniformConstant), 7})
      .op(Op::OpVariable, {9, 10, n(spirv::StorageClass::UniformConstant)})
      .op(Op::OpVariable, {9, 11, n(spirv::StorageClass::UniformConstant)})
      .op(Op::OpTypeGraphARM, {12, 1, 7, 7})
      .op(Op::OpGraphEntryPointARM, with_text({13}, "net", {10, 11}))
      .op(Op::OpGraphARM, {12, 13})
      .op(Op::OpGraphInputARM, {7, 14, 3})
      .op(Op::OpGraphSetOutputARM, {14, 3})
      .op(Op::OpGraphEndARM);
  const Result<Reflection> r = reflect(h.words);
  REQUIRE(r.ok());
  test::check_invariants(*r, require);
  const Type& tensor = type_of(*r, 7);
  CHECK(tensor.kind == TypeKind::Tensor);
  REQUIRE(tensor.tensor != none);
  const TensorInfo& info = r->tensors()[tensor.tensor];
  CHECK(r->types()[info.element].bits == 8);
  CHECK(info.rank == 2);
  REQUIRE(info.shape.count == 2);
  CHECK(r->component_bits()[info.shape.first] == 2);
  CHECK(r->component_bits()[info.shape.first + 1] == 64);
  CHECK(r->tensors()[type_of(*r, 8).tensor].rank == 0);
  const Type& graph = type_of(*r, 12);
  CHECK(graph.kind == TypeKind::Graph);
  CHECK(graph.count == 1);
  REQUIRE(graph.parts.count == 2);
  CHECK(&r->types()[r->indices()[graph.parts.first]] == &tensor);
  REQUIRE(r->graph_entry_points().size() == 1);
  const GraphEntryPoint& entry = r->graph_entry_points()[0];
  CHECK(entry.name == Text("net"));
  CHECK(entry.graph == 13);
  CHECK(&r->types()[entry.type] == &graph);
  REQUIRE(entry.bindings.count == 2);
  CHECK(r->bindings()[entry.bindings.first].kind == DescriptorKind::Tensor);
  CHECK(r->bindings()[entry.bindings.first + 1].binding == 3);
}

TEST_CASE("defects: an unknown opcode and an unknown type are carried along") {
  Hand h = begin();
  h.op(60000u, {1, 2, 3}).op(Op::OpTypeNodePayloadArrayAMDX, {50, 4});
  h.op(Op::OpTypePointer, {51, n(spirv::StorageClass::UniformConstant), 50})
      .op(Op::OpVariable, {51, 52, n(spirv::StorageClass::UniformConstant)});
  const Result<Reflection> r = reflect(end(h).words);
  REQUIRE(r.ok());
  check_rest(*r);
  CHECK(type_of(*r, 50).kind == TypeKind::Opaque);
}

TEST_CASE("defects: buffer references that lead back to themselves") {
  REFLECT(r, R"(
    OpCapability Shader
    OpCapability PhysicalStorageBufferAddresses
    OpMemoryModel PhysicalStorageBuffer64 GLSL450
    OpEntryPoint GLCompute %main "main" %push
    OpExecutionMode %main LocalSize 1 1 1
    OpDecorate %Node Block
    OpMemberDecorate %Node 0 Offset 0
    OpMemberDecorate %Node 1 Offset 8
    OpDecorate %Push Block
    OpMemberDecorate %Push 0 Offset 0
    OpTypeForwardPointer %NodePtr PhysicalStorageBuffer
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %uint = OpTypeInt 32 0
    %Node = OpTypeStruct %NodePtr %uint
    %NodePtr = OpTypePointer PhysicalStorageBuffer %Node
    %uint_ptr = OpTypePointer PhysicalStorageBuffer %uint
    %next_ptr = OpTypePointer PhysicalStorageBuffer %NodePtr
    %Push = OpTypeStruct %NodePtr
    %Push_ptr = OpTypePointer PushConstant %Push
    %head_ptr = OpTypePointer PushConstant %NodePtr
    %0 = OpConstant %uint 0
    %1 = OpConstant %uint 1
    %push = OpVariable %Push_ptr PushConstant
    %main = OpFunction %void None %fn
    %entry = OpLabel
    %hp = OpAccessChain %head_ptr %push %0
    %h = OpLoad %NodePtr %hp
    %np = OpAccessChain %next_ptr %h %0
    %n = OpLoad %NodePtr %np Aligned 8
    %vp = OpAccessChain %uint_ptr %n %1
    OpStore %vp %1 Aligned 4
    OpReturn
    OpFunctionEnd
)");
  test::check_invariants(*r, require);
  CHECK(r->entry_points()[0].push_constants.size == 8);
  REQUIRE(r->buffer_references().size() == 1);  // the pointers into the node are no addresses
  const BufferReference& node = r->buffer_references()[0];
  const Type& type = r->types()[node.type];
  REQUIRE(type.kind == TypeKind::Struct);
  CHECK(type.name.empty());
  CHECK(type.size == 12);
  CHECK(r->members()[type.members.first].size == 8);
  CHECK(r->members()[type.members.first].type == node.pointer);
  CHECK(node.used.read);
  CHECK(node.used.write);
  CHECK_FALSE(node.used.atomic);
  CHECK_FALSE(to_json(*r).empty());
  CHECK(cpp_structs(*r).contains("std::uint64_t"));
}

TEST_CASE("defects: arrays a thousand deep, whose sizes no number holds") {
  Hand h(3000);
  h.op(Op::OpCapability, {n(spirv::Capability::Shader)}).op(Op::OpMemoryModel, {0, 1});
  h.op(Op::OpTypeInt, {1, 32, 0}).op(Op::OpConstant, {1, 2, 0xFFFFFFFF}).op(Op::OpTypeArray, {1000, 1, 2});
  for (std::uint32_t i = 1001; i < 2000; ++i) h.op(Op::OpTypeArray, {i, i - 1, 2});
  h.op(Op::OpTypePointer, {2001, n(spirv::StorageClass::Workgroup), 1999})
      .op(Op::OpVariable, {2001, 2002, n(spirv::StorageClass::Workgroup)})
      .op(Op::OpTypeVoid, {2003})
      .op(Op::OpTypeFunction, {2004, 2003})
      .op(Op::OpEntryPoint, with_text({n(spirv::ExecutionModel::GLCompute), 2005}, "main"))
      .op(Op::OpFunction, {2003, 2005, 0, 2004})
      .op(Op::OpLabel, {2006})
      .op(Op::OpCopyObject, {2001, 2007, 2002})
      .op(Op::OpReturn)
      .op(Op::OpFunctionEnd);
  const Result<Reflection> r = reflect(h.words);
  REQUIRE(r.ok());
  test::check_invariants(*r, require);
  CHECK(r->entry_points()[0].workgroup_bytes == ~std::uint64_t{0});
  CHECK_FALSE(to_json(*r).empty());
}

TEST_CASE("defects: types that contain themselves, calls in a circle, decorations of nothing") {
  Hand h;
  h.op(Op::OpEntryPoint, with_text({n(spirv::ExecutionModel::GLCompute), 20}, "main", {99, 20, 3}))
      .op(Op::OpDecorate, {99, n(spirv::Decoration::Binding), 1})
      .op(Op::OpMemberDecorate, {3, 77, n(spirv::Decoration::Offset), 1})
      .op(Op::OpTypeStruct, {3, 3, 4})
      .op(Op::OpTypeArray, {4, 4, 5})
      .op(Op::OpSpecConstantOp, {4, 5, n(Op::OpIAdd), 5, 5})
      .op(Op::OpTypePointer, {6, n(spirv::StorageClass::Uniform), 6})
      .op(Op::OpVariable, {6, 7, n(spirv::StorageClass::Uniform)})
      .op(Op::OpDecorate, {7, n(spirv::Decoration::Binding), 1})
      .op(Op::OpFunction, {3, 20, 0, 3})
      .op(Op::OpLabel, {21})
      .op(Op::OpPhi, {6, 22, 22, 21, 7, 21})
      .op(Op::OpFunctionCall, {6, 23, 20, 22})
      .op(Op::OpFunctionEnd);
  const Result<Reflection> r = reflect(h.words);
  REQUIRE(r.ok());
  test::check_invariants(*r, require);
  REQUIRE(r->entry_points().size() == 1);
  CHECK(r->bindings(r->entry_points()[0]).size() == 1);
}

TEST_CASE("defects: what would be out of proportion is refused, and quickly") {
  // 6,000 entry points of one function that names 6,000 bindings: 36 million of them from 200 KB.
  Hand h(20000);
  for (std::uint32_t i = 0; i < 6000; ++i)
    h.op(Op::OpEntryPoint, with_text({n(spirv::ExecutionModel::GLCompute), 3}, "a"));
  for (std::uint32_t i = 0; i < 6000; ++i)
    h.op(Op::OpDecorate, {10000 + i, n(spirv::Decoration::Binding), i});
  h.op(Op::OpTypeInt, {1, 32, 0}).op(Op::OpTypePointer, {2, n(spirv::StorageClass::StorageBuffer), 1});
  for (std::uint32_t i = 0; i < 6000; ++i)
    h.op(Op::OpVariable, {2, 10000 + i, n(spirv::StorageClass::StorageBuffer)});
  h.op(Op::OpFunction, {1, 3, 0, 1});
  for (std::uint32_t i = 0; i < 6000; ++i) h.op(Op::OpLoad, {1, 8, 10000 + i});
  h.op(Op::OpFunctionEnd);
  const auto start = std::chrono::steady_clock::now();
  const Result<Reflection> r = reflect(h.words);
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == ErrorCode::LimitExceeded);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}
