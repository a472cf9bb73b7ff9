// What every error of the builder must be like, and a frame of values to make mistakes with.
#pragma once

#include <airstrip/spirv/builder.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace errors {

using namespace airstrip;
using namespace airstrip::spirv;

inline std::vector<std::uint32_t> section(const Builder& b, Section which) {
  const Span<const std::uint32_t> words = b.section_words(which);
  return {words.begin(), words.end()};
}

// Every section holds whole instructions.
inline bool whole(const Builder& b) {
  for (auto s = static_cast<std::size_t>(Section::Capability); s <= static_cast<std::size_t>(Section::Graph);
       ++s) {
    const Span<const std::uint32_t> words = b.section_words(static_cast<Section>(s));
    std::size_t at = 0;
    while (at < words.size() && words[at] >> 16 != 0) at += words[at] >> 16;
    if (at != words.size()) return false;
  }
  return true;
}

// The builder has failed as it should: with this code, a message that contains `text`, at `here`; it gives empty ids
// and writes nothing from now on; and finish() gives the error.
inline void check_failed(Builder& b, ErrorCode code, const char* text, SourceLocation here) {
  const std::string message(b.error().message);
  CAPTURE(here.line);
  CAPTURE(message);
  CHECK(b.failed());
  CHECK(std::string(to_string(b.error().code)) == std::string(to_string(code)));
  CHECK_MESSAGE(message.find(text) != std::string::npos, std::string(text));
  CHECK(b.error().where.line == here.line);
  CHECK((b.error().where.file && std::strcmp(b.error().where.file, here.file) == 0));
  CHECK(whole(b));

  const std::vector<std::uint32_t> functions = section(b, Section::Function),
                                   globals = section(b, Section::Global);
  const std::uint32_t bound = b.bound();
  CHECK_FALSE(b.declare_uint32());
  CHECK_FALSE(b.constant(0.123f));
  CHECK_FALSE(b.reserve_label());
  CHECK_FALSE(b.begin_function(b.declare_void()));
  CHECK_FALSE(b.OpIAdd(b.constant(1u), b.constant(2u)));
  CHECK_FALSE(b.add_storage_array(b.declare_float(32), 0, 0));
  CHECK_FALSE(b.instruction(Op::OpUndef, b.declare_float(32), {}));
  b.if_(
      {}, [] {}, [] {});
  b.loop({}, [](Loop& l) { l.break_(); });
  b.switch_({}, [](Switch& s) { s.case_(1, [] {}); });
  b.OpReturn();
  CHECK(section(b, Section::Function) == functions);
  CHECK(section(b, Section::Global) == globals);
  CHECK(b.bound() == bound);

  const Result<Module> module = b.finish();
  CHECK_FALSE(module.ok());
  CHECK(module.error().code == code);
  CHECK(std::string(module.error().message) == message);
  CHECK(module.error().where.line == here.line);
  CHECK(module->size() == 0);
  CHECK(b.finish_words().error().code == code);
}

// `call` fails, and writes no instruction into the open function.
template <class Call>
void expect(Builder& b, ErrorCode code, const char* text, SourceLocation here, bool alone, Call&& call) {
  CAPTURE(here.line);
  if (b.failed()) FAIL_CHECK("before the mistake: " << std::string(b.error().to_string()));
  const std::vector<std::uint32_t> functions = section(b, Section::Function);
  if constexpr (std::is_void_v<decltype(call())>)
    call();
  else
    CHECK_FALSE(call());
  if (alone) CHECK(section(b, Section::Function) == functions);
  check_failed(b, code, text, here);
}

// An open function, and one value of every kind.
struct Frame {
  Builder b;
  TypeId void_, boolean, f32, f64, u32, i32, u64, v2f, v3f, v4f, v2u, v4u, v4i, v4b, structure, array, mat44,
      mat23;
  ValueId f, d, u, u1, i, w, t;                               // 1.0f, 1.0, 0u, 1u, -1, 1ul, true
  ValueId vf2, vf3, vf4, vu2, vu4, vi4, vt4, s, a, m44, m23;  // of zeros
  ValueId pf, pu, pi, ps, pa, pv;                             // variables of the function
  ValueId buffer, uniform, input, shared;    // f32[] in a block; {f32} in a block; uvec3; u32
  ValueId image, storage, sampler, sampled;  // loaded
  FunctionId function;

  Frame() : Frame(Target::universal()) {}
  explicit Frame(const Target& target) : b(options(target)) { open(); }
  /// Begins again: what was made before is foreign.
  void again() {
    b.reset();
    open();
  }

private:
  static ModuleOptions options(const Target& target) {
    ModuleOptions o;
    o.target = target;
    return o;
  }
  void open() {
    const bool all = b.target().environment() == Environment::Universal;
    void_ = b.declare_void();
    boolean = b.declare_bool();
    f32 = b.declare_float(32);
    u32 = b.declare_uint32();
    i32 = b.declare_int32();
    v2f = b.declare_vector(f32, 2);
    v3f = b.declare_vector(f32, 3);
    v4f = b.declare_vector(f32, 4);
    v2u = b.declare_vector(u32, 2);
    v4u = b.declare_vector(u32, 4);
    v4i = b.declare_vector(i32, 4);
    v4b = b.declare_vector(boolean, 4);
    structure = b.declare_struct({f32, u32});
    array = b.declare_array(f32, 4);
    mat44 = b.declare_matrix(v4f, 4);
    mat23 = b.declare_matrix(v3f, 2);
    f = b.constant(1.0f);
    u = b.constant(0u);
    u1 = b.constant(1u);
    i = b.constant(-1);
    t = b.constant(true);
    if (all) {
      f64 = b.declare_float(64);
      u64 = b.declare_int(64, false);
      d = b.constant(1.0);
      w = b.constant(std::uint64_t{1});
    }
    vf2 = b.declare_null(v2f);
    vf3 = b.declare_null(v3f);
    vf4 = b.declare_null(v4f);
    vu2 = b.declare_null(v2u);
    vu4 = b.declare_null(v4u);
    vi4 = b.declare_null(v4i);
    vt4 = b.declare_null(v4b);
    s = b.declare_null(structure);
    a = b.declare_null(array);
    m44 = b.declare_null(mat44);
    m23 = b.declare_null(mat23);
    buffer = b.add_storage_array(f32, 0, 0, "buffer");
    uniform = b.add_uniform_buffer(b.declare_struct({f32}), 0, 1, "uniform");
    input = b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId);
    shared = b.add_workgroup_variable(u32, "shared");
    ImageDescription description;
    description.sampled_type = f32;
    const TypeId image_type = b.declare_image(description);
    description.storage = true;
    description.format = ImageFormat::Rgba32f;
    const ValueId images[] = {b.add_resource(image_type, 0, 2),
                              b.add_resource(b.declare_image(description), 0, 3),
                              b.add_resource(b.declare_sampler(), 0, 4)};
    function = b.begin_function(void_);
    pf = b.add_local_variable(f32);
    pu = b.add_local_variable(u32);
    pi = b.add_local_variable(i32);
    ps = b.add_local_variable(structure);
    pa = b.add_local_variable(array);
    pv = b.add_local_variable(v4f);
    image = b.OpLoad(images[0]);
    storage = b.OpLoad(images[1]);
    sampler = b.OpLoad(images[2]);
    sampled = b.OpSampledImage(image, sampler);
  }
};

// FAILS(code, text, expression): in the frame `f`, begun anew, the expression fails and writes nothing.
// FAILS_AFTER(code, text, statements): the last of the statements, on this line, fails.
#define FAILS(code, text, ...)                                                                          \
  (f.again(), errors::expect(f.b, airstrip::ErrorCode::code, text, airstrip::SourceLocation::current(), \
                             true, [&] { return __VA_ARGS__; }))
#define FAILS_AFTER(code, text, ...)                                                                    \
  (f.again(), errors::expect(f.b, airstrip::ErrorCode::code, text, airstrip::SourceLocation::current(), \
                             false, [&] { __VA_ARGS__; }))

}  // namespace errors
