#include "tile.hpp"

#include <vector>

namespace bench {

using namespace airstrip::kernel;

Kernel tile_kernel(Kernel&& recycled) {
  return make_kernel(
      "tile", {.workgroup = {64}},
      [](KernelBuilder& k) {
        const auto m = k.param<u32>("m"), n = k.param<u32>("n"), depth = k.param<u32>("depth");
        const auto a = k.input<f32>("a"), b = k.input<f32>("b");
        const auto c = k.output<f32>("c");
        const auto column = k.global_id().x * tile_columns, row = k.workgroup_id().y * tile_rows;
        std::vector<Var<f32>> sums;
        for (unsigned i = 0; i < tile_rows * tile_columns; ++i) sums.push_back(k.var<f32>(0.0f));
        k.for_(0, depth, tile_depth, [&](Value<u32> at) {
          for (unsigned step = 0; step < tile_depth; ++step) {
            Value<f32> left[tile_rows], right[tile_columns];
            for (unsigned i = 0; i < tile_rows; ++i) left[i] = a[(row + i) * depth + (at + step)];
            for (unsigned j = 0; j < tile_columns; ++j) right[j] = b[(at + step) * n + (column + j)];
            for (unsigned i = 0; i < tile_rows; ++i)
              for (unsigned j = 0; j < tile_columns; ++j) sums[i * tile_columns + j] += left[i] * right[j];
          }
        });
        for (unsigned i = 0; i < tile_rows; ++i)
          for (unsigned j = 0; j < tile_columns; ++j)
            k.if_(row + i < m && column + j < n,
                  [&] { c[(row + i) * n + (column + j)] = max(sums[i * tile_columns + j], 0.0f); });
      },
      static_cast<Kernel&&>(recycled));
}

std::string tile_glsl() {
  const auto number = [](unsigned value) { return std::to_string(value) + "u"; };
  std::string text = "#version 450\n"
                     "layout(local_size_x = 64) in;\n"
                     "layout(push_constant) uniform P { uint m; uint n; uint depth; };\n"
                     "layout(std430, binding = 0) readonly buffer A { float a[]; };\n"
                     "layout(std430, binding = 1) readonly buffer B { float b[]; };\n"
                     "layout(std430, binding = 2) writeonly buffer C { float c[]; };\n"
                     "void main() {\n";
  text += "  uint column = gl_GlobalInvocationID.x * " + number(tile_columns) + ";\n";
  text += "  uint row = gl_WorkGroupID.y * " + number(tile_rows) + ";\n";
  const auto sum = [](unsigned i, unsigned j) { return "sum" + std::to_string(i) + "_" + std::to_string(j); };
  for (unsigned i = 0; i < tile_rows; ++i)
    for (unsigned j = 0; j < tile_columns; ++j) text += "  float " + sum(i, j) + " = 0.0;\n";
  text += "  for (uint at = 0u; at < depth; at += " + number(tile_depth) + ") {\n";
  for (unsigned step = 0; step < tile_depth; ++step) {
    text += "    {\n";
    for (unsigned i = 0; i < tile_rows; ++i)
      text += "      float left" + std::to_string(i) + " = a[(row + " + number(i) + ") * depth + (at + " +
              number(step) + ")];\n";
    for (unsigned j = 0; j < tile_columns; ++j)
      text += "      float right" + std::to_string(j) + " = b[(at + " + number(step) + ") * n + (column + " +
              number(j) + ")];\n";
    for (unsigned i = 0; i < tile_rows; ++i)
      for (unsigned j = 0; j < tile_columns; ++j)
        text +=
            "      " + sum(i, j) + " += left" + std::to_string(i) + " * right" + std::to_string(j) + ";\n";
    text += "    }\n";
  }
  text += "  }\n";
  for (unsigned i = 0; i < tile_rows; ++i)
    for (unsigned j = 0; j < tile_columns; ++j) {
      const std::string r = "(row + " + number(i) + ")", q = "(column + " + number(j) + ")";
      text += "  if (" + r + " < m && " + q + " < n) c[" + r + " * n + " + q + "] = max(" + sum(i, j) +
              ", 0.0);\n";
    }
  return text + "}\n";
}

}  // namespace bench
