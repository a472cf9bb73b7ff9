// Builds a small compute kernel, y[i] = a * x[i] + y[i], and prints its disassembly.
#include <airstrip/spirv.hpp>
#ifdef AIRSTRIP_EXAMPLE_VALIDATE
#include <airstrip/validate.hpp>
#endif

#include <cstdio>

using namespace airstrip;
using namespace airstrip::spirv;

// [readme: quickstart]
static Result<Module> saxpy() {
  Builder b({.target = Target::vulkan(1, 1)});
  const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32();
  const ValueId x = b.add_storage_array(f32, 0, 0, "x"), y = b.add_storage_array(f32, 0, 1, "y");
  const TypeId block = b.declare_struct({{u32, "n"}, {f32, "a"}}, LayoutRule::Std430, BlockKind::Uniform);
  const ValueId parameters = b.add_push_constants(block, "parameters");
  const ValueId first = b.constant(0u), second = b.constant(1u);

  const FunctionId main = b.begin_function(b.declare_void(), {}, "main");
  const ValueId id = b.OpLoad(b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId));
  const ValueId i = b.OpCompositeExtract(id, {0}), n = b.load_at(parameters, {first});
  b.if_(b.OpULessThan(i, n), [&] {
    const ValueId a = b.load_at(parameters, {second});
    const ValueId product = b.OpFMul(a, b.load_at(x, {first, i}));
    b.store_at(y, {first, i}, b.OpFAdd(product, b.load_at(y, {first, i})));
  });
  b.end_function();
  b.add_compute_entry_point(main, "main", 64);
  return b.finish();
}
// [readme: end]

int main() {
  const Result<Module> module = saxpy();
  if (!module) {
    std::fprintf(stderr, "%s\n", module.error().to_string().c_str());
    return 1;
  }
  const Result<ModuleView> view = parse(module->words());
  if (!view) {
    std::fprintf(stderr, "%s\n", view.error().to_string().c_str());
    return 1;
  }
  DisassembleOptions options;
  options.friendly = true;
  std::printf("%s", disassemble(*view, options).c_str());
#ifdef AIRSTRIP_EXAMPLE_VALIDATE
  const Result<Validation> valid = validate(*module);
  if (!valid) {
    std::fprintf(stderr, "%s\n", valid.error().to_string().c_str());
    return 1;
  }
  std::printf("; valid for %s\n", module->target().name().c_str());
#else
  std::printf("; not validated: built without SPIRV-Tools\n");
#endif
  return 0;
}
