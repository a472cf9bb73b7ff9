#include "shaders.hpp"

namespace engine {

using namespace airstrip;
using namespace airstrip::spirv;

Result<Module> vertex_shader() {
  Builder b({.target = Target::vulkan(1, 1)});
  const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32(), vec4 = b.declare_vector(f32, 4);
  const ValueId index = b.declare_builtin(BuiltIn::VertexIndex, u32);
  const ValueId position = b.OpVariable(b.declare_pointer(StorageClass::Output, vec4), StorageClass::Output);
  b.decorate(position, operand::Decoration::BuiltIn(BuiltIn::Position));

  const FunctionId main = b.begin_function(b.declare_void(), {}, "main");
  // (-1, -1), (3, -1), (-1, 3)
  const ValueId i = b.OpLoad(index);
  const ValueId right = b.OpConvertUToF(f32, b.OpBitwiseAnd(i, b.constant(1u)));
  const ValueId down = b.OpConvertUToF(f32, b.OpShiftRightLogical(i, b.constant(1u)));
  const ValueId x = b.OpFSub(b.OpFMul(right, b.constant(4.0f)), b.constant(1.0f));
  const ValueId y = b.OpFSub(b.OpFMul(down, b.constant(4.0f)), b.constant(1.0f));
  b.OpStore(position, b.OpCompositeConstruct(vec4, {x, y, b.constant(0.0f), b.constant(1.0f)}));
  b.end_function();
  b.OpEntryPoint(ExecutionModel::Vertex, main, "main", {index, position});
  return b.finish();
}

Result<Module> fragment_shader() {
  Builder b({.target = Target::vulkan(1, 1)});
  const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32();
  const TypeId vec2 = b.declare_vector(f32, 2), vec4 = b.declare_vector(f32, 4),
               uvec2 = b.declare_vector(u32, 2);
  const ValueId where = b.declare_builtin(BuiltIn::FragCoord, vec4);
  const ValueId colour = b.OpVariable(b.declare_pointer(StorageClass::Output, vec4), StorageClass::Output);
  b.decorate(colour, operand::Decoration::Location(0));
  const TypeId block = b.declare_struct(
      {{vec4, "inside"}, {vec4, "even"}, {vec4, "odd"}, {vec2, "centre"}, {f32, "radius"}, {f32, "cell"}},
      LayoutRule::Std430, BlockKind::Uniform);
  const ValueId scene = b.add_push_constants(block, "scene");
  const auto member = [&](std::uint32_t i) { return b.load_at(scene, {b.constant(i)}); };

  const FunctionId main = b.begin_function(b.declare_void(), {}, "main");
  const ValueId all = b.OpLoad(where);
  const ValueId at = b.OpVectorShuffle(vec2, all, all, {0, 1});
  const ValueId distance = b.glsl(GLSLstd450::Length, {b.OpFSub(at, member(3))}, f32);
  const ValueId cell = member(5);
  const ValueId cells = b.OpConvertFToU(uvec2, b.OpFDiv(at, b.OpCompositeConstruct(vec2, {cell, cell})));
  const ValueId sum = b.OpIAdd(b.OpCompositeExtract(cells, {0}), b.OpCompositeExtract(cells, {1}));
  const ValueId is_odd = b.OpINotEqual(b.OpBitwiseAnd(sum, b.constant(1u)), b.constant(0u));
  const ValueId board = b.if_value(
      is_odd, [&] { return member(2); }, [&] { return member(1); });
  const ValueId shown = b.if_value(
      b.OpFOrdLessThan(distance, member(4)), [&] { return member(0); }, [&] { return board; });
  b.OpStore(colour, shown);
  b.end_function();
  b.OpEntryPoint(ExecutionModel::Fragment, main, "main", {where, colour});
  b.OpExecutionMode(main, ExecutionMode::OriginUpperLeft);
  return b.finish();
}

}  // namespace engine
