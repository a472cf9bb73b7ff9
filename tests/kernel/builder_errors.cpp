// Every error of the builder: its code, what it says, and that it names the C++ line. The first one is kept, what
// follows does nothing, and every consumer of the kernel gives it back.
#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interface.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/print.hpp>
#include <airstrip/kernel/verify.hpp>
#include <airstrip/kernel/write_spirv.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;

namespace {

const Type f32_type(Scalar::F32), u32_type(Scalar::U32), i32_type(Scalar::I32), bool_type(Scalar::Boolean),
    f32x3_type(Scalar::F32, 3), u32x2_type(Scalar::U32, 2);

// The line that has to be in the error. Everything else is built on lines of this file.
const SourceLocation here{"mistake.cpp", 4711};

/// A builder with what most mistakes need.
struct Mistake {
  DynamicBuilder b{"mistake"};
  std::uint32_t in = b.add_buffer(Access::ReadOnly, f32_type, 4, "in");
  std::uint32_t out = b.add_buffer(Access::WriteOnly, f32_type, 4, "out");
  std::uint32_t both = b.add_buffer(Access::ReadWrite, u32_type, 4, "both");
  std::uint32_t own = b.add_array(ResourceKind::Private, u32_type, 4, "own");
  std::uint32_t image = b.add_image(ResourceKind::StorageImage, Scalar::F32, ImageDim::Dim2D,
                                    Access::ReadOnly, TexelFormat::Rgba8, "image");
  std::uint32_t sampled = b.add_image(ResourceKind::SampledImage, Scalar::F32, ImageDim::Dim2D,
                                      Access::ReadOnly, TexelFormat::Unknown, "sampled");
  AnyValue f = b.parameter(f32_type, "f");
  AnyValue u = b.parameter(u32_type, "u");
  AnyValue flag = b.parameter(bool_type, "flag");
  AnyValue v = b.parameter(f32x3_type, "v");

  Place at(std::uint32_t resource, AnyValue index = {}) {
    return {&b, resource, 4, 0, 0, index, {}, {}, false, false};
  }
};

struct Expectation {
  const char* name;
  ErrorCode code;
  std::vector<std::string> says;
  std::function<void(Mistake&)> make;
};

void check(const std::vector<Expectation>& all) {
  for (const Expectation& e : all) {
    CAPTURE(e.name);
    Mistake m;
    REQUIRE(!m.b.failed());
    e.make(m);
    REQUIRE(m.b.failed());
    const std::string message(m.b.error().message);
    CAPTURE(message);
    CHECK(m.b.error().code == e.code);
    for (const std::string& part : e.says) {
      CAPTURE(part);
      CHECK(message.find(part) != std::string::npos);
    }
    CHECK(m.b.error().where.line == here.line);
    REQUIRE(m.b.error().where.file);
    CHECK(std::string(m.b.error().where.file) == here.file);
  }
}

}  // namespace

TEST_CASE("builder errors: values") {
  check({
      {"an empty value",
       ErrorCode::EmptyId,
       {"empty value"},
       [](Mistake& m) { m.b.apply(Op::Negate, AnyValue(), here); }},
      {"a value of another builder",
       ErrorCode::ForeignId,
       {"another kernel"},
       [](Mistake& m) {
         DynamicBuilder other("other");
         m.b.apply(Op::Negate, other.parameter(f32_type, "x"), here);
       }},
      {"a value of a closed branch",
       ErrorCode::UseBeforeDefinition,
       {"builder_errors.cpp:", "closed", "variable"},
       [](Mistake& m) {
         m.b.begin_if(m.flag);
         const AnyValue inside = m.b.apply(Op::Add, m.f, m.f);
         m.b.end_if();
         m.b.apply(Op::Negate, inside, here);
       }},
      {"a value of a closed loop",
       ErrorCode::UseBeforeDefinition,
       {"closed"},
       [](Mistake& m) {
         const AnyValue i =
             m.b.begin_for(m.b.constant_bits(u32_type, 0), m.u, m.b.constant_bits(u32_type, 1));
         m.b.end_loop();
         m.b.apply(Op::Add, i, i, here);
       }},
      {"a value of a closed case",
       ErrorCode::UseBeforeDefinition,
       {"closed"},
       [](Mistake& m) {
         m.b.begin_switch(m.u);
         const std::uint64_t literal = 1;
         m.b.begin_case(Span<const std::uint64_t>(&literal, 1));
         const AnyValue inside = m.b.apply(Op::Add, m.f, m.f);
         m.b.end_case();
         m.b.end_switch();
         m.b.apply(Op::Negate, inside, here);
       }},
      {"a value of the kernel inside a helper",
       ErrorCode::UseBeforeDefinition,
       {"closed"},
       [](Mistake& m) {
         const AnyValue outside = m.b.apply(Op::Add, m.f, m.f);
         m.b.begin_function("helper", f32_type, {});
         m.b.apply(Op::Negate, outside, here);
       }},
      {"a component that is not there",
       ErrorCode::WrongType,
       {"component 3", "f32x3"},
       [](Mistake& m) { m.b.apply(Op::Negate, m.v.component(3), here); }},
      {"a component of a scalar",
       ErrorCode::WrongType,
       {"component 0", "f32"},
       [](Mistake& m) { m.b.apply(Op::Negate, m.f.component(0), here); }},
      {"a constant that does not fit",
       ErrorCode::InvalidOperand,
       {"256", "u8"},
       [](Mistake& m) { m.b.constant_int(Type(Scalar::U8), 256, here); }},
      {"a negative constant",
       ErrorCode::InvalidOperand,
       {"-1", "u32"},
       [](Mistake& m) { m.b.constant_int(u32_type, -1, here); }},
      {"the least number less one",
       ErrorCode::InvalidOperand,
       {"-129", "i8"},
       [](Mistake& m) { m.b.constant_int(Type(Scalar::I8), -129, here); }},
      {"a Boolean of 2",
       ErrorCode::InvalidOperand,
       {"2", "bool"},
       [](Mistake& m) { m.b.constant_int(bool_type, 2, here); }},
      {"a float that no integer holds",
       ErrorCode::InvalidOperand,
       {"no integer type holds"},
       [](Mistake& m) { m.b.constant_float(u32_type, 1e30, here); }},
      {"a parameter without a type",
       ErrorCode::WrongType,
       {"scalar or a vector"},
       [](Mistake& m) { m.b.parameter(Type(), "x", here); }},
      {"a specialisation constant of a vector",
       ErrorCode::WrongType,
       {"scalar", "f32x3"},
       [](Mistake& m) { m.b.spec_constant(f32x3_type, 1, 0, "x", here); }},
      {"a SpecId used twice",
       ErrorCode::Redefinition,
       {"SpecId 5", "second time"},
       [](Mistake& m) {
         m.b.spec_constant(u32_type, 5, 0);
         m.b.spec_constant(f32_type, 5, 0, "again", here);
       }},
  });
}

TEST_CASE("builder errors: operations say what they want and what they were given") {
  check({
      {"types that differ",
       ErrorCode::WrongType,
       {"add wants", "one type", "given f32, u32"},
       [](Mistake& m) { m.b.apply(Op::Add, m.f, m.u, here); }},
      {"Booleans added",
       ErrorCode::WrongType,
       {"add wants", "bool"},
       [](Mistake& m) { m.b.apply(Op::Add, m.flag, m.flag, here); }},
      {"too few operands",
       ErrorCode::WrongType,
       {"fma wants", "number of operands"},
       [](Mistake& m) { m.b.apply(Op::Fma, m.f, m.f, here); }},
      {"five operands",
       ErrorCode::InvalidOperand,
       {"four"},
       [](Mistake& m) {
         const AnyValue five[5] = {m.f, m.f, m.f, m.f, m.f};
         m.b.apply(Op::Fma, five, 0, here);
       }},
      {"a shift of a float",
       ErrorCode::WrongType,
       {"shift_left wants an integer", "f32, u32"},
       [](Mistake& m) { m.b.apply(Op::ShiftLeft, m.f, m.u, here); }},
      {"bits of a float",
       ErrorCode::WrongType,
       {"bit_count wants an integer"},
       [](Mistake& m) { m.b.apply(Op::BitCount, m.f, here); }},
      {"a square root of an integer",
       ErrorCode::WrongType,
       {"sqrt wants a float", "u32"},
       [](Mistake& m) { m.b.apply(Op::Sqrt, m.u, here); }},
      {"a sine of f64",
       ErrorCode::WrongType,
       {"sin wants a float of 16 or 32 bits", "f64"},
       [](Mistake& m) { m.b.apply(Op::Sin, m.b.constant_float(Type(Scalar::F64), 1), here); }},
      {"a number as a condition",
       ErrorCode::WrongType,
       {"select wants a Boolean", "u32, f32, f32"},
       [](Mistake& m) {
         const AnyValue operands[3] = {m.u, m.f, m.f};
         m.b.apply(Op::Select, operands, 0, here);
       }},
      {"a dot product of scalars",
       ErrorCode::WrongType,
       {"dot wants two vectors of floats"},
       [](Mistake& m) { m.b.apply(Op::Dot, m.f, m.f, here); }},
      {"a cross product of two components",
       ErrorCode::WrongType,
       {"cross wants two vectors of three floats"},
       [](Mistake& m) {
         const AnyValue parts[2] = {m.f, m.f};
         const AnyValue pair = m.b.construct(Type(Scalar::F32, 2), parts);
         m.b.apply(Op::Cross, pair, pair, here);
       }},
      {"an operation whose type the caller states",
       ErrorCode::WrongType,
       {"stated by the caller"},
       [](Mistake& m) { m.b.apply(Op::Convert, m.f, here); }},
      {"a conversion of another shape",
       ErrorCode::WrongType,
       {"convert makes no u32 of f32x3"},
       [](Mistake& m) { m.b.convert(Op::Convert, m.v, u32_type, here); }},
      {"a bitcast of another size",
       ErrorCode::WrongType,
       {"bitcast makes no f64 of f32"},
       [](Mistake& m) { m.b.convert(Op::Bitcast, m.f, Type(Scalar::F64), here); }},
      {"a saturating conversion to a float",
       ErrorCode::WrongType,
       {"convert_saturate makes no f32 of u32"},
       [](Mistake& m) { m.b.convert(Op::ConvertSaturate, m.u, f32_type, here); }},
      {"too few components",
       ErrorCode::WrongType,
       {"f32x3", "3 components"},
       [](Mistake& m) {
         const AnyValue parts[2] = {m.f, m.f};
         m.b.construct(f32x3_type, parts, here);
       }},
      {"too many components",
       ErrorCode::WrongType,
       {"f32x3", "3 components"},
       [](Mistake& m) {
         const AnyValue parts[2] = {m.v, m.v};
         m.b.construct(f32x3_type, parts, here);
       }},
      {"components of another type",
       ErrorCode::WrongType,
       {"u32x2", "of its type"},
       [](Mistake& m) {
         const AnyValue parts[2] = {m.u, m.f};
         m.b.construct(u32x2_type, parts, here);
       }},
      {"a swizzle past the vector",
       ErrorCode::WrongType,
       {"components", "f32x3"},
       [](Mistake& m) {
         const unsigned components[2] = {0, 3};
         m.b.swizzle(m.v, components, here);
       }},
      {"a swizzle of a scalar",
       ErrorCode::WrongType,
       {"components", "f32"},
       [](Mistake& m) {
         const unsigned components[2] = {0, 0};
         m.b.swizzle(m.f, components, here);
       }},
      {"a subgroup sum of Booleans",
       ErrorCode::WrongType,
       {"subgroup_add wants a number", "bool"},
       [](Mistake& m) { m.b.apply(Op::SubgroupAdd, m.flag, here); }},
      {"a vote of a number",
       ErrorCode::WrongType,
       {"subgroup_all wants a Boolean"},
       [](Mistake& m) { m.b.apply(Op::SubgroupAll, m.f, here); }},
      {"a matrix product of numbers",
       ErrorCode::WrongType,
       {"matrix_mul_add wants three matrices"},
       [](Mistake& m) {
         const AnyValue operands[3] = {m.f, m.f, m.f};
         m.b.apply(Op::MatrixMulAdd, operands, 0, here);
       }},
      {"a matrix product whose sizes do not fit",
       ErrorCode::WrongType,
       {"A of MxK, B of KxN"},
       [](Mistake& m) {
         const AnyValue a =
             m.b.construct(m.b.matrix_type(Scalar::F32, 8, 4, MatrixUse::A), Span<const AnyValue>(&m.f, 1));
         const AnyValue b =
             m.b.construct(m.b.matrix_type(Scalar::F32, 8, 8, MatrixUse::B), Span<const AnyValue>(&m.f, 1));
         const AnyValue c = m.b.construct(m.b.matrix_type(Scalar::F32, 8, 8, MatrixUse::Accumulator),
                                          Span<const AnyValue>(&m.f, 1));
         const AnyValue operands[3] = {a, b, c};
         m.b.apply(Op::MatrixMulAdd, operands, 0, here);
       }},
  });
}

TEST_CASE("builder errors: memory") {
  check({
      {"a load from a write-only buffer",
       ErrorCode::WrongType,
       {"out", "write-only"},
       [](Mistake& m) { m.b.load(m.at(m.out), f32_type, here); }},
      {"a store to a read-only buffer",
       ErrorCode::WrongType,
       {"in", "read-only"},
       [](Mistake& m) { m.b.store(m.at(m.in), m.f, here); }},
      {"a Boolean in a buffer",
       ErrorCode::WrongType,
       {"both", "bool"},
       [](Mistake& m) { m.b.store(m.at(m.both), m.flag, here); }},
      {"a Boolean from a buffer",
       ErrorCode::WrongType,
       {"both", "bool"},
       [](Mistake& m) { m.b.load(m.at(m.both), bool_type, here); }},
      {"another type in an array",
       ErrorCode::WrongType,
       {"own", "u32", "f32"},
       [](Mistake& m) { m.b.store(m.at(m.own), m.f, here); }},
      {"another type from an array",
       ErrorCode::WrongType,
       {"own", "u32", "f32"},
       [](Mistake& m) { m.b.load(m.at(m.own), f32_type, here); }},
      {"memory of another builder",
       ErrorCode::ForeignId,
       {"another kernel"},
       [](Mistake& m) {
         DynamicBuilder other("other");
         Place place = m.at(m.in);
         place.builder = &other;
         m.b.load(place, f32_type, here);
       }},
      {"a resource that is not there",
       ErrorCode::ForeignId,
       {"memory"},
       [](Mistake& m) { m.b.load(m.at(99), f32_type, here); }},
      {"an index that is a float",
       ErrorCode::WrongType,
       {"index", "32- or 64-bit integer", "f32"},
       [](Mistake& m) { m.b.load(m.at(m.in, m.f), f32_type, here); }},
      {"an index of 16 bits",
       ErrorCode::WrongType,
       {"index", "u16"},
       [](Mistake& m) { m.b.load(m.at(m.in, m.b.constant_bits(Type(Scalar::U16), 1)), f32_type, here); }},
      {"a base that is signed",
       ErrorCode::WrongType,
       {"base and range", "u32", "i32"},
       [](Mistake& m) {
         Place place = m.at(m.in);
         place.base = m.b.parameter(i32_type, "base");
         m.b.load(place, f32_type, here);
       }},
      {"a buffer of Booleans",
       ErrorCode::WrongType,
       {"buffer of bool"},
       [](Mistake& m) { m.b.add_buffer(Access::ReadOnly, bool_type, 4, "flags", here); }},
      {"a stride below the element",
       ErrorCode::WrongType,
       {"f32x3", "8 bytes"},
       [](Mistake& m) { m.b.add_buffer(Access::ReadOnly, f32x3_type, 8, "x", here); }},
      {"an array of nothing",
       ErrorCode::WrongType,
       {"one or more"},
       [](Mistake& m) { m.b.add_array(ResourceKind::Workgroup, f32_type, 0, "x", here); }},
      {"an array that is a buffer",
       ErrorCode::WrongType,
       {"workgroup and private memory"},
       [](Mistake& m) { m.b.add_array(ResourceKind::Buffer, f32_type, 4, "x", here); }},
      {"a variable without a type",
       ErrorCode::WrongType,
       {"variable"},
       [](Mistake& m) { m.b.variable(Type(), "x", here); }},
      {"a variable of another builder",
       ErrorCode::ForeignId,
       {"variable of another kernel"},
       [](Mistake& m) {
         DynamicBuilder other("other");
         m.b.load(other.variable(f32_type), here);
       }},
      {"another type in a variable",
       ErrorCode::WrongType,
       {"variable of f32", "u32"},
       [](Mistake& m) { m.b.store(m.b.variable(f32_type), m.u, here); }},
      {"an atomic operation on a read-only buffer",
       ErrorCode::WrongType,
       {"in", "read and written"},
       [](Mistake& m) {
         m.b.atomic(Op::AtomicAdd, m.at(m.in), f32_type, Span<const AnyValue>(&m.f, 1), MemoryScope::Device,
                    0, here);
       }},
      {"an atomic operation on private memory",
       ErrorCode::WrongType,
       {"atomic_add", "workgroup"},
       [](Mistake& m) {
         m.b.atomic(Op::AtomicAdd, m.at(m.own), u32_type, Span<const AnyValue>(&m.u, 1), MemoryScope::Device,
                    0, here);
       }},
      {"bits of floats, atomically",
       ErrorCode::WrongType,
       {"atomic_or works on", "f32"},
       [](Mistake& m) {
         m.b.atomic(Op::AtomicOr, m.at(m.both), f32_type, Span<const AnyValue>(&m.f, 1), MemoryScope::Device,
                    0, here);
       }},
      {"an atomic operation on 16 bits",
       ErrorCode::WrongType,
       {"32- or 64-bit", "u16"},
       [](Mistake& m) {
         const AnyValue one = m.b.constant_bits(Type(Scalar::U16), 1);
         m.b.atomic(Op::AtomicAdd, m.at(m.both), Type(Scalar::U16), Span<const AnyValue>(&one, 1),
                    MemoryScope::Device, 0, here);
       }},
      {"an exchange without a comparator",
       ErrorCode::WrongType,
       {"atomic_compare_exchange"},
       [](Mistake& m) {
         m.b.atomic(Op::AtomicCompareExchange, m.at(m.both), u32_type, Span<const AnyValue>(&m.u, 1),
                    MemoryScope::Device, 0, here);
       }},
      {"a write to an image that is read",
       ErrorCode::WrongType,
       {"image_store wants a writable storage image"},
       [](Mistake& m) {
         const AnyValue at = m.b.constant_bits(Type(Scalar::I32, 2), 0),
                        texel = m.b.constant_bits(Type(Scalar::F32, 4), 0);
         m.b.image_store(m.image, at, texel, here);
       }},
      {"a coordinate that is unsigned",
       ErrorCode::WrongType,
       {"image_load wants", "2 i32"},
       [](Mistake& m) {
         const AnyValue at = m.b.constant_bits(Type(Scalar::U32, 2), 0);
         m.b.image_read(Op::ImageLoad, m.image, Span<const AnyValue>(&at, 1), here);
       }},
      {"a load from a sampled image",
       ErrorCode::WrongType,
       {"image_load wants a readable storage image"},
       [](Mistake& m) {
         const AnyValue at = m.b.constant_bits(Type(Scalar::I32, 2), 0);
         m.b.image_read(Op::ImageLoad, m.sampled, Span<const AnyValue>(&at, 1), here);
       }},
      {"a sample without a level",
       ErrorCode::WrongType,
       {"image_sample wants", "f32 level"},
       [](Mistake& m) {
         const AnyValue at = m.b.constant_bits(Type(Scalar::F32, 2), 0);
         m.b.image_read(Op::ImageSample, m.sampled, Span<const AnyValue>(&at, 1), here);
       }},
      {"an image that is not there",
       ErrorCode::ForeignId,
       {"image of another kernel"},
       [](Mistake& m) { m.b.image_size(99, m.b.constant_int(i32_type, 0), here); }},
      {"a variable that is not there",
       ErrorCode::ForeignId,
       {"variable"},
       [](Mistake& m) {
         m.b.load(AnyVariable{&m.b, 99}, here);
       }},
      {"a buffer as a variable",
       ErrorCode::ForeignId,
       {"variable"},
       [](Mistake& m) {
         m.b.store(AnyVariable{&m.b, m.out}, m.f, here);
       }},
      {"the size of a buffer as an image",
       ErrorCode::WrongType,
       {"image_size wants an image"},
       [](Mistake& m) { m.b.image_size(m.in, m.b.constant_int(i32_type, 0), here); }},
      {"an image that is a buffer",
       ErrorCode::WrongType,
       {"texel"},
       [](Mistake& m) {
         m.b.add_image(ResourceKind::Buffer, Scalar::F32, ImageDim::Dim2D, Access::ReadOnly,
                       TexelFormat::Unknown, "x", here);
       }},
      {"texels of 64 bits",
       ErrorCode::WrongType,
       {"f32, i32 or u32"},
       [](Mistake& m) {
         m.b.add_image(ResourceKind::StorageImage, Scalar::F64, ImageDim::Dim2D, Access::ReadOnly,
                       TexelFormat::Unknown, "x", here);
       }},
      {"a matrix of private memory",
       ErrorCode::WrongType,
       {"matrix_load wants"},
       [](Mistake& m) {
         m.b.matrix_load(m.at(m.own), m.b.matrix_type(Scalar::U32, 4, 4, MatrixUse::A), m.u, false, here);
       }},
      {"a matrix stored in a buffer that is read",
       ErrorCode::WrongType,
       {"matrix_store wants"},
       [](Mistake& m) {
         const AnyValue matrix = m.b.construct(m.b.matrix_type(Scalar::F32, 4, 4, MatrixUse::Accumulator),
                                               Span<const AnyValue>(&m.f, 1));
         m.b.matrix_store(m.at(m.in), matrix, m.u, false, here);
       }},
      {"the length of an array",
       ErrorCode::WrongType,
       {"array_length"},
       [](Mistake& m) { m.b.array_length(m.own, 4, here); }},
      {"the length in elements of nothing",
       ErrorCode::InvalidOperand,
       {"array_length"},
       [](Mistake& m) { m.b.array_length(m.in, 0, here); }},
      {"a barrier of the device",
       ErrorCode::InvalidOperand,
       {"workgroup or the subgroup"},
       [](Mistake& m) {
         m.b.barrier({MemoryScope::Device, MemoryScope::Device, memory::all}, here);
       }},
  });
}

TEST_CASE("builder errors: control flow") {
  const std::uint64_t one = 1, two[2] = {3, 1};
  const auto literal = [&] { return Span<const std::uint64_t>(&one, 1); };
  check({
      {"a condition that is a number",
       ErrorCode::WrongType,
       {"condition", "bool", "u32"},
       [](Mistake& m) { m.b.begin_if(m.u, here); }},
      {"an else without an if",
       ErrorCode::InvalidNesting,
       {"begin_else"},
       [](Mistake& m) { m.b.begin_else(here); }},
      {"an end without an if", ErrorCode::InvalidNesting, {"end_if"}, [](Mistake& m) { m.b.end_if(here); }},
      {"a second else",
       ErrorCode::InvalidNesting,
       {"begin_else"},
       [](Mistake& m) {
         m.b.begin_if(m.flag);
         m.b.begin_else();
         m.b.begin_else(here);
       }},
      {"an if ended by a loop's end",
       ErrorCode::InvalidNesting,
       {"end_loop"},
       [](Mistake& m) {
         m.b.begin_loop();
         m.b.begin_if(m.flag);
         m.b.end_loop(here);
       }},
      {"else_ behind something else",
       ErrorCode::InvalidNesting,
       {"else_", "if_"},
       [](Mistake& m) {
         m.b.begin_if(m.flag);
         m.b.end_if();
         m.b.apply(Op::Negate, m.f);
         m.b.reopen_else(here);
       }},
      {"else_ of an if that has one",
       ErrorCode::InvalidNesting,
       {"else_ already"},
       [](Mistake& m) {
         m.b.begin_if(m.flag);
         m.b.begin_else();
         m.b.apply(Op::Negate, m.f);
         m.b.end_if();
         m.b.reopen_else(here);
       }},
      {"a yield outside a branch",
       ErrorCode::InvalidNesting,
       {"branch of an if"},
       [](Mistake& m) { m.b.yield(m.f, here); }},
      {"branches that yield different types",
       ErrorCode::WrongType,
       {"both branches", "same type"},
       [](Mistake& m) {
         m.b.begin_if(m.flag);
         m.b.yield(m.f);
         m.b.begin_else();
         m.b.yield(m.u);
         m.b.end_if_value(here);
       }},
      {"one branch yields nothing",
       ErrorCode::WrongType,
       {"both branches"},
       [](Mistake& m) {
         m.b.begin_if(m.flag);
         m.b.yield(m.f);
         m.b.begin_else();
         m.b.end_if_value(here);
       }},
      {"something after a break",
       ErrorCode::InvalidNesting,
       {"nothing can follow", "line 4710"},
       [](Mistake& m) {
         m.b.begin_loop();
         m.b.break_(SourceLocation{"mistake.cpp", 4710});
         m.b.apply(Op::Negate, m.f, here);
       }},
      {"something after a continue",
       ErrorCode::InvalidNesting,
       {"nothing can follow"},
       [](Mistake& m) {
         m.b.begin_loop();
         m.b.continue_();
         m.b.begin_if(m.flag, here);
       }},
      {"something after a return",
       ErrorCode::InvalidNesting,
       {"nothing can follow"},
       [](Mistake& m) {
         m.b.return_();
         m.b.store(m.at(m.out), m.f, here);
       }},
      {"a break outside a loop",
       ErrorCode::InvalidNesting,
       {"break_", "loop or switch"},
       [](Mistake& m) { m.b.break_(here); }},
      {"a continue outside a loop",
       ErrorCode::InvalidNesting,
       {"continue_", "loop"},
       [](Mistake& m) { m.b.continue_(here); }},
      {"a continue in a switch outside a loop",
       ErrorCode::InvalidNesting,
       {"continue_"},
       [&](Mistake& m) {
         m.b.begin_switch(m.u);
         m.b.begin_case(literal());
         m.b.continue_(here);
       }},
      {"a break of the outer loop",
       ErrorCode::InvalidNesting,
       {"break_", "inner loop"},
       [](Mistake& m) {
         m.b.begin_loop();
         const NodeId outer = m.b.current_construct();
         m.b.begin_loop();
         m.b.break_(outer, here);
       }},
      {"a continue of the outer loop",
       ErrorCode::InvalidNesting,
       {"continue_", "inner one"},
       [](Mistake& m) {
         m.b.begin_loop();
         const NodeId outer = m.b.current_construct();
         m.b.begin_loop();
         m.b.continue_(outer, here);
       }},
      {"a break of a loop that is closed",
       ErrorCode::InvalidNesting,
       {"break_"},
       [](Mistake& m) {
         m.b.begin_loop();
         const NodeId closed = m.b.current_construct();
         m.b.break_();
         m.b.end_loop();
         m.b.begin_loop();
         m.b.break_(closed, here);
       }},
      {"bounds of different types",
       ErrorCode::WrongType,
       {"one type", "u32, i32, u32"},
       [](Mistake& m) {
         m.b.begin_for(m.u, m.b.constant_int(i32_type, 4), m.b.constant_int(u32_type, 1), LoopHint::Default,
                       here);
       }},
      {"bounds that are floats",
       ErrorCode::WrongType,
       {"integers", "f32, f32, f32"},
       [](Mistake& m) { m.b.begin_for(m.f, m.f, m.f, LoopHint::Default, here); }},
      {"a loop's end without a loop",
       ErrorCode::InvalidNesting,
       {"end_loop"},
       [](Mistake& m) { m.b.end_loop(here); }},
      {"a selector that is a float",
       ErrorCode::WrongType,
       {"selector", "integer", "f32"},
       [](Mistake& m) { m.b.begin_switch(m.f, here); }},
      {"something between cases",
       ErrorCode::InvalidNesting,
       {"cases only"},
       [](Mistake& m) {
         m.b.begin_switch(m.u);
         m.b.apply(Op::Negate, m.f, here);
       }},
      {"a case outside a switch",
       ErrorCode::InvalidNesting,
       {"a case"},
       [&](Mistake& m) { m.b.begin_case(literal(), here); }},
      {"a default outside a switch",
       ErrorCode::InvalidNesting,
       {"a default"},
       [](Mistake& m) { m.b.begin_default(here); }},
      {"a case without literals",
       ErrorCode::InvalidOperand,
       {"one literal at least"},
       [](Mistake& m) {
         m.b.begin_switch(m.u);
         m.b.begin_case({}, here);
       }},
      {"a literal twice",
       ErrorCode::Redefinition,
       {"literal 1", "second time"},
       [&](Mistake& m) {
         m.b.begin_switch(m.u);
         m.b.begin_case(literal());
         m.b.end_case();
         m.b.begin_case(two, here);
       }},
      {"a literal twice in one case",
       ErrorCode::Redefinition,
       {"literal 3", "second time"},
       [](Mistake& m) {
         const std::uint64_t same[2] = {3, 3};
         m.b.begin_switch(m.u);
         m.b.begin_case(same, here);
       }},
      {"a second default",
       ErrorCode::Redefinition,
       {"second default"},
       [](Mistake& m) {
         m.b.begin_switch(m.u);
         m.b.begin_default();
         m.b.end_case();
         m.b.begin_default(here);
       }},
      {"a switch ended inside a case",
       ErrorCode::InvalidNesting,
       {"end_switch"},
       [](Mistake& m) {
         m.b.begin_switch(m.u);
         m.b.begin_default();
         m.b.end_switch(here);
       }},
      {"an open construct at the end",
       ErrorCode::UnterminatedBlock,
       {"still open"},
       [](Mistake& m) {
         m.b.begin_loop();
         const Kernel kernel = m.b.finish(here);
         m.b.reset("again", {});
         m.b.fail(kernel.error().code, String(Text(kernel.error().message)), kernel.error().where);
       }},
  });
}

TEST_CASE("builder errors: helper functions") {
  check({
      {"a return of nothing",
       ErrorCode::WrongType,
       {"returns a value"},
       [](Mistake& m) {
         m.b.begin_function("f", f32_type, {});
         m.b.return_(here);
       }},
      {"a return of another type",
       ErrorCode::WrongType,
       {"returns f32", "not u32"},
       [](Mistake& m) {
         m.b.begin_function("f", f32_type, {});
         m.b.return_(m.u, here);
       }},
      {"a return of a value from the kernel",
       ErrorCode::WrongType,
       {"not f32"},
       [](Mistake& m) { m.b.return_(m.f, here); }},
      {"a helper in a helper",
       ErrorCode::InvalidNesting,
       {"outside other helpers"},
       [](Mistake& m) {
         m.b.begin_function("f", f32_type, {});
         m.b.begin_function("g", f32_type, {}, here);
       }},
      {"an end without a helper",
       ErrorCode::InvalidNesting,
       {"end_function without begin_function"},
       [](Mistake& m) { m.b.end_function(here); }},
      {"a helper that does not return",
       ErrorCode::UnterminatedBlock,
       {"without return_"},
       [](Mistake& m) {
         m.b.begin_function("f", f32_type, {});
         m.b.end_function(here);
       }},
      {"a helper that returns on one way only",
       ErrorCode::UnterminatedBlock,
       {"without return_"},
       [](Mistake& m) {
         m.b.begin_function("f", f32_type, {});
         m.b.begin_if(m.flag);
         m.b.return_(m.f);
         m.b.end_if();
         m.b.end_function(here);
       }},
      {"a call of something that is not there",
       ErrorCode::UndefinedId,
       {"helper function that has ended"},
       [](Mistake& m) { m.b.call(7, {}, here); }},
      {"a helper that calls itself",
       ErrorCode::UndefinedId,
       {"has ended"},
       [](Mistake& m) {
         const std::uint32_t f = m.b.begin_function("f", f32_type, {});
         m.b.call(f, {}, here);
       }},
      {"too few arguments",
       ErrorCode::WrongType,
       {"arguments do not fit", "twice"},
       [](Mistake& m) {
         const std::uint32_t f = m.b.begin_function("twice", f32_type, Span<const Type>(&f32_type, 1));
         m.b.return_(m.b.function_parameter(f, 0));
         m.b.end_function();
         m.b.call(f, {}, here);
       }},
      {"an argument of another type",
       ErrorCode::WrongType,
       {"arguments do not fit", "twice"},
       [](Mistake& m) {
         const std::uint32_t f = m.b.begin_function("twice", f32_type, Span<const Type>(&f32_type, 1));
         m.b.return_(m.b.function_parameter(f, 0));
         m.b.end_function();
         m.b.call(f, Span<const AnyValue>(&m.u, 1), here);
       }},
  });
}

TEST_CASE("builder errors: options") {
  KernelOptions options;
  options.workgroup = {64, 0, 1};
  DynamicBuilder b("zero", options, here);
  REQUIRE(b.failed());
  CHECK(b.error().code == ErrorCode::InvalidOperand);
  CHECK(b.error().where.line == here.line);
  CHECK(std::string(b.error().message).find("workgroup is 0") != std::string::npos);
  options.workgroup = {64, 1, 1};
  options.workgroup_spec[0] = 3;
  DynamicBuilder spec("spec", options);
  spec.spec_constant(u32_type, 3, 0, "x", here);
  CHECK(spec.error().code == ErrorCode::Redefinition);
  KernelOptions twice;
  twice.workgroup_spec[0] = twice.workgroup_spec[1] = 3;
  DynamicBuilder same("same", twice, here);
  REQUIRE(same.failed());
  CHECK(same.error().code == ErrorCode::Redefinition);
  CHECK(same.error().where.line == here.line);
}

TEST_CASE("builder errors: the first is kept, nothing happens behind it, and every consumer gives it") {
  Mistake m;
  m.b.apply(Op::Add, m.f, m.u, here);
  REQUIRE(m.b.failed());
  const std::uint32_t nodes = m.b.kernel().node_bound();
  // Every call, in an order that would be wrong by itself.
  CHECK(m.b.apply(Op::Negate, m.f).empty());
  CHECK(m.b.constant_int(u32_type, 5).empty());
  CHECK(m.b.constant_float(f32_type, 5).empty());
  CHECK(m.b.parameter(f32_type, "x").empty());
  CHECK(m.b.spec_constant(f32_type, 1, 0).empty());
  CHECK(m.b.builtin(BuiltIn::WorkgroupId).empty());
  CHECK(m.b.load(m.at(m.in), f32_type).empty());
  m.b.store(m.at(m.out), m.f);
  m.b.end_if();
  m.b.end_loop();
  m.b.end_case();
  m.b.end_switch();
  m.b.end_function();
  m.b.begin_else();
  m.b.break_();
  m.b.continue_();
  m.b.return_();
  m.b.yield(m.f);
  CHECK(m.b.end_if_value().empty());
  m.b.begin_if(m.flag);
  m.b.begin_loop();
  CHECK(m.b.begin_for(m.u, m.u, m.u).empty());
  m.b.begin_switch(m.u);
  m.b.begin_default();
  m.b.barrier();
  m.b.reopen_else();
  m.b.set_coherent(m.in);
  m.b.set_may_alias(m.in);
  CHECK(m.b.begin_function("f", f32_type, {}) == 0);
  CHECK(m.b.function_parameter(0, 0).empty());
  CHECK(m.b.call(1, {}).empty());
  CHECK(m.b.variable(f32_type).builder == nullptr);
  CHECK(m.b.array_length(m.in, 4).empty());
  CHECK(m.b.kernel().node_bound() == nodes);
  const std::string first(m.b.error().to_string());
  const Kernel kernel = m.b.finish();
  CHECK_FALSE(kernel.ok());
  CHECK_FALSE(static_cast<bool>(kernel));
  const auto same = [&](const Diagnostic& error) { CHECK(std::string(error.to_string()) == first); };
  same(kernel.error());
  same(verify(kernel).error());
  same(interpret(kernel, Dispatch{}, Resources()).error());
  same(interface_of(kernel).error());
  same(write_spirv(kernel, spirv::Target::vulkan(1, 0)).error());
  same(lowered_for(kernel, spirv::Target::vulkan(1, 0)).error());
  same(kernel.clone().error());
}

TEST_CASE("builder errors: a kernel that no builder has made is nothing that can be used") {
  const Kernel empty;
  CHECK_FALSE(verify(empty).ok());
  CHECK_FALSE(interpret(empty, Dispatch{}, Resources()).ok());
  CHECK_FALSE(write_spirv(empty, spirv::Target::vulkan(1, 0)).ok());
  CHECK(interface_of(empty).ok());
  CHECK(lowered_for(empty, spirv::Target::vulkan(1, 0)).functions().empty());
  (void)print(empty);
}

TEST_CASE("builder errors: a builder that gave its kernel away says so, until it is reset") {
  DynamicBuilder b("first");
  const AnyValue old = b.parameter(f32_type, "x");
  Kernel kernel = b.finish();
  CHECK(kernel.ok());
  CHECK(b.failed());
  CHECK(b.error().code == ErrorCode::UnterminatedBlock);
  CHECK(std::string(b.error().message).find("reset") != std::string::npos);
  CHECK(b.parameter(f32_type, "y").empty());
  CHECK(b.apply(Op::Negate, old).empty());
  b.begin_loop();
  b.barrier();
  CHECK_FALSE(b.finish().ok());
  b.reset("second", {}, static_cast<Kernel&&>(kernel));
  CHECK_FALSE(b.failed());
  // A value from before the reset is not one of this kernel.
  b.apply(Op::Negate, old, here);
  CHECK(b.failed());
  CHECK(b.error().where.line == here.line);
  b.reset("third", {});
  b.parameter(f32_type, "z");
  const Kernel third = b.finish();
  CHECK(third.ok());
  CHECK(std::string(third.name()) == "third");
  CHECK(third.parameters().size() == 1);
}

TEST_CASE("builder errors: inside a generator, the caller's line is named too") {
  DynamicBuilder b("generator");
  const AnyValue f = b.parameter(f32_type, "f"), u = b.parameter(u32_type, "u");
  {
    const GeneratorScope outer(b, SourceLocation{"user.cpp", 10});
    {
      const GeneratorScope inner(b, SourceLocation{"generator.cpp", 20});
      b.apply(Op::Negate, f, SourceLocation{"primitive.cpp", 30});
    }
    const NodeId node = DynamicBuilder::node_of(b.apply(Op::Negate, f, SourceLocation{"generator.cpp", 21}));
    CHECK(std::string(b.kernel().location_text(b.kernel().node(node).location)) ==
          "generator.cpp:21 called from user.cpp:10");
    const GeneratorScope inner(b, SourceLocation{"generator.cpp", 22});
    b.apply(Op::Add, f, u, SourceLocation{"primitive.cpp", 31});
  }
  REQUIRE(b.failed());
  CHECK(b.error().where.line == 31);
  CHECK(std::string(b.error().message).find("called from generator.cpp:22 called from user.cpp:10") !=
        std::string::npos);
}

TEST_CASE("builder errors: the typed builder's lines are those of the expressions") {
  std::uint32_t line = 0;
  std::string says;
  const auto where = [&](auto body) {
    const Kernel kernel = make_kernel("typed", {}, [&](KernelBuilder& k) { body(k); });
    REQUIRE_FALSE(kernel.ok());
    CHECK(std::string(kernel.error().where.file).find("builder_errors.cpp") != std::string::npos);
    CHECK(kernel.error().where.line == line);
    return std::string(kernel.error().message);
  };
  says = where([&](KernelBuilder& k) {
    Value<f32> inside;
    const auto x = k.param<f32>("x");
    k.if_(x > 0, [&] { inside = x * 2; });
    line = __LINE__ + 1;
    const auto y = inside + 1;
    (void)y;
  });
  CHECK(says.find("closed") != std::string::npos);
  says = where([&](KernelBuilder& k) {
    const auto x = k.param<u8>("x");
    line = __LINE__ + 1;
    const auto y = x + 300;
    (void)y;
  });
  CHECK(says.find("300 does not fit u8") != std::string::npos);
  says = where([&](KernelBuilder& k) {
    const auto x = k.param<u32>("x");
    k.loop_([&] {
      k.break_();
      line = __LINE__ + 1;
      const auto y = x * 2u;
      (void)y;
    });
  });
  CHECK(says.find("nothing can follow") != std::string::npos);
  says = where([&](KernelBuilder& k) {
    const auto x = k.param<u32>("x");
    k.switch_(x, [&](SwitchScope& s) {
      s.case_(1, [] {});
      line = __LINE__ + 1;
      s.case_({4, 1}, [] {});
    });
  });
  CHECK(says.find("literal 1") != std::string::npos);
  says = where([&](KernelBuilder& k) {
    k.spec_constant<u32>(4, 1u);
    line = __LINE__ + 1;
    k.spec_constant<f32>(4, 1.0f);
  });
  CHECK(says.find("SpecId 4") != std::string::npos);
  says = where([&](KernelBuilder& k) {
    const auto x = k.param<u32>("x");
    line = __LINE__ + 1;
    (void)subgroup_clustered_add(x, 3);
  });
  CHECK(says.find("power of two") != std::string::npos);
}
