#include <airstrip/spirv/layout.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

using namespace airstrip::spirv;

namespace {

constexpr LayoutRule std140 = LayoutRule::Std140, std430 = LayoutRule::Std430, relaxed = LayoutRule::Relaxed,
                     tight = LayoutRule::Scalar;
constexpr LayoutRule all_rules[] = {std140, std430, relaxed, tight};
constexpr auto column_major = MatrixOrder::ColumnMajor, row_major = MatrixOrder::RowMajor;

constexpr TypeLayout i8 = layout::scalar(8), f16 = layout::scalar(16), f32 = layout::scalar(32),
                     f64 = layout::scalar(64);

constexpr TypeLayout vec(LayoutRule rule, unsigned n, TypeLayout component = f32) {
  return layout::vector(rule, component, n);
}

// The offsets of a list of members.
template <std::size_t N>
struct Offsets {
  std::uint32_t at[N];
  TypeLayout whole;
  bool valid;
};
template <class... Members>
constexpr Offsets<sizeof...(Members)> place(LayoutRule rule, Members... members) {
  StructLayout s(rule);
  return {{s.add(members)...}, s.finish(), s.valid()};
}

}  // namespace

// --- the same structures in C ------------------------------------------------------------------------------------

namespace {

struct Small {  // scalar layout is C's layout
  std::int8_t a;
  double b;
  std::uint16_t c[3];
  float d[3];  // a vec3 in scalar layout
  std::int8_t e;
};
constexpr auto small = place(tight, i8, f64, layout::array(tight, f16, 3), vec(tight, 3), i8);
static_assert(small.valid);
static_assert(small.at[0] == offsetof(Small, a) && small.at[1] == offsetof(Small, b) &&
              small.at[2] == offsetof(Small, c) && small.at[3] == offsetof(Small, d) &&
              small.at[4] == offsetof(Small, e));
static_assert(small.whole.size == sizeof(Small) && small.whole.alignment == alignof(Small));

struct Nested {
  float before;
  Small inner[2];
  std::uint16_t after;
  float m[3][2];  // mat3x2, column-major: three columns of two
};
constexpr auto nested = place(tight, f32, layout::array(tight, small.whole, 2), f16,
                              layout::matrix(tight, f32, 3, 2, column_major));
static_assert(nested.at[1] == offsetof(Nested, inner) && nested.at[2] == offsetof(Nested, after) &&
              nested.at[3] == offsetof(Nested, m) && nested.whole.size == sizeof(Nested));

struct alignas(16) Vec3 {
  float x, y, z;
};
struct Std430Block {  // what a C++ programmer writes for std430
  alignas(16) float position[3];
  float radius;
  alignas(8) float uv[2];
  float weights[5];
  alignas(16) float rows[3][4];
};
constexpr auto block430 = place(std430, vec(std430, 3), f32, vec(std430, 2), layout::array(std430, f32, 5),
                                layout::matrix(std430, f32, 3, 3, column_major));
static_assert(block430.at[0] == offsetof(Std430Block, position) &&
              block430.at[1] == offsetof(Std430Block, radius) &&
              block430.at[2] == offsetof(Std430Block, uv) &&
              block430.at[3] == offsetof(Std430Block, weights) &&
              block430.at[4] == offsetof(Std430Block, rows) && block430.whole.size == sizeof(Std430Block));
static_assert(layout::array(std430, vec(std430, 3), 7).array_stride == sizeof(Vec3));

struct Std140Block {
  float scale;
  struct alignas(16) Padded {
    float value;
  } weights[3];  // a float[3] in std140
  alignas(16) float direction[3];
  float time;
};
constexpr auto block140 = place(std140, f32, layout::array(std140, f32, 3), vec(std140, 3), f32);
static_assert(block140.at[1] == offsetof(Std140Block, weights) &&
              block140.at[2] == offsetof(Std140Block, direction) &&
              block140.at[3] == offsetof(Std140Block, time) && block140.whole.size == sizeof(Std140Block));

}  // namespace

TEST_CASE("layout: scalars and vectors of every width") {
  for (const LayoutRule rule : all_rules) {
    for (unsigned bits = 8; bits <= 64; bits *= 2) {
      const TypeLayout s = layout::scalar(bits);
      CHECK(s.size == bits / 8);
      CHECK(s.alignment == bits / 8);
      for (unsigned n = 2; n <= 4; ++n) {
        const TypeLayout v = layout::vector(rule, s, n);
        CHECK(v.size == s.size * n);
        CHECK(v.alignment == (rule == tight ? s.alignment : s.alignment * (n == 2 ? 2 : 4)));
        CHECK(v.relaxed_alignment == s.alignment);
      }
    }
  }
  CHECK(layout::pointer() == f64);
}

TEST_CASE("layout: a float after a vec3 takes its fourth place, an array or structure does not") {
  for (const LayoutRule rule : all_rules) {
    CHECK(place(rule, vec(rule, 3), f32).at[1] == 12);
    CHECK(place(rule, f32, vec(rule, 3)).at[1] == (rule == std140 || rule == std430 ? 16u : 4u));
  }
  // Two 3-vectors: under Relaxed the second would straddle at 12, so it goes to 16.
  CHECK(place(relaxed, vec(relaxed, 3), vec(relaxed, 3)).at[1] == 16);
  CHECK(place(tight, vec(tight, 3), vec(tight, 3)).at[1] == 12);
  // A 2-vector at 12 would straddle, at 8 it would not.
  CHECK(place(relaxed, vec(relaxed, 3), vec(relaxed, 2)).at[1] == 16);
  CHECK(place(relaxed, f32, f32, vec(relaxed, 2)).at[2] == 8);
  CHECK(place(relaxed, f32, vec(relaxed, 2)).at[1] == 4);
  // More than 16 bytes: must begin at a multiple of 16, not of 32.
  CHECK(place(relaxed, vec(relaxed, 4), vec(relaxed, 4, f64)).at[1] == 16);
  CHECK(place(std430, vec(std430, 4), vec(std430, 4, f64)).at[1] == 32);
  CHECK(place(relaxed, f64, vec(relaxed, 3, f64)).at[1] == 16);
  // After an array nothing may use its tail padding.
  const TypeLayout array_of_vec3 = layout::array(std430, vec(std430, 3), 2);
  CHECK(array_of_vec3.size == 32);
  CHECK(place(std430, array_of_vec3, f32).at[1] == 32);
}

TEST_CASE("layout: std140 rounds arrays, structures and matrix columns up to 16") {
  CHECK(layout::array(std140, f32, 3).array_stride == 16);
  CHECK(layout::array(std140, f32, 3).size == 48);
  CHECK(layout::array(std430, f32, 3).array_stride == 4);
  CHECK(layout::array(std140, vec(std140, 2), 3).array_stride == 16);
  CHECK(layout::array(std140, vec(std140, 3, f64), 2).array_stride == 32);
  CHECK(layout::array(std140, i8, 2).array_stride == 16);
  CHECK(layout::array(std430, i8, 2).array_stride == 1);

  const auto inner140 = place(std140, f32, f32).whole, inner430 = place(std430, f32, f32).whole;
  CHECK(inner140.size == 16);
  CHECK(inner140.alignment == 16);
  CHECK(inner430.size == 8);
  CHECK(inner430.alignment == 4);
  CHECK(place(std140, f32, inner140, f32).at[1] == 16);
  CHECK(place(std140, f32, inner140, f32).at[2] == 32);
  CHECK(place(std430, f32, inner430, f32).at[2] == 12);
  CHECK(StructLayout(std140).finish().size == 0);
  CHECK(StructLayout(std140).finish().alignment == 16);
  CHECK(StructLayout(std430).finish().alignment == 1);
}

TEST_CASE("layout: matrices by column and by row") {
  // mat2x3: two columns of three.
  const TypeLayout by_column = layout::matrix(std430, f32, 2, 3, column_major);
  CHECK(by_column.matrix_stride == 16);
  CHECK(by_column.size == 32);
  const TypeLayout by_row = layout::matrix(std430, f32, 2, 3, row_major);
  CHECK(by_row.matrix_stride == 8);
  CHECK(by_row.size == 24);
  CHECK(by_row.alignment == 8);
  const TypeLayout by_row140 = layout::matrix(std140, f32, 2, 3, row_major);
  CHECK(by_row140.matrix_stride == 16);
  CHECK(by_row140.size == 48);
  CHECK(layout::matrix(tight, f32, 2, 3, column_major).matrix_stride == 12);
  CHECK(layout::matrix(std140, f64, 3, 3, column_major).matrix_stride == 32);
  // An array of matrices keeps both strides.
  const TypeLayout many = layout::array(std430, layout::matrix(std430, f16, 4, 4, column_major), 3);
  CHECK(many.matrix_stride == 8);
  CHECK(many.array_stride == 32);
  CHECK(many.size == 96);
  CHECK_FALSE(by_column.is_vector);
}

TEST_CASE("layout: the example of the OpenGL specification, std140") {
  // OpenGL 4.6, 7.6.2.2, "uniform Example": the offsets the specification lists beside the members.
  const TypeLayout boolean = f32;
  const auto f =
      place(std140, layout::scalar(32), vec(std140, 2, boolean)).whole;  // struct { int d; bvec2 e; }
  CHECK(f.size == 16);
  const auto inner = place(std140, layout::scalar(32), vec(std140, 2, boolean));
  CHECK(inner.at[1] == 8);
  const auto o = place(std140, vec(std140, 3), vec(std140, 2), layout::array(std140, f32, 2), vec(std140, 2),
                       layout::array(std140, layout::matrix(std140, f32, 3, 3, column_major), 2));
  CHECK(o.at[0] == 0);   // uvec3 j
  CHECK(o.at[1] == 16);  // vec2 k
  CHECK(o.at[2] == 32);  // float l[2]
  CHECK(o.at[3] == 64);  // vec2 m
  CHECK(o.at[4] == 80);  // mat3 n[2]
  CHECK(o.whole.size == 176);
  CHECK(o.whole.alignment == 16);
  const auto example =
      place(std140, f32, vec(std140, 2), vec(std140, 3), f, f32, layout::array(std140, f32, 2),
            layout::matrix(std140, f32, 2, 3, column_major), layout::array(std140, o.whole, 2));
  const std::uint32_t listed[] = {0, 8, 16, 32, 48, 64, 96, 128};
  for (std::size_t i = 0; i < 8; ++i) CHECK(example.at[i] == listed[i]);
  CHECK(example.whole.size == 128 + 2 * 176);
}

TEST_CASE("layout: a runtime array is the last member") {
  for (const LayoutRule rule : all_rules) {
    StructLayout s(rule);
    CHECK(s.add(f32) == 0);
    const TypeLayout tail = layout::runtime_array(rule, vec(rule, 4));
    CHECK(tail.is_runtime_sized);
    CHECK(tail.array_stride == 16);
    CHECK(s.add(tail) == (rule == tight ? 4u : 16u));
    CHECK(s.finish().is_runtime_sized);
    CHECK(s.end() == (rule == tight ? 4u : 16u));
    CHECK_FALSE(layout::array(rule, s.finish(), 2).valid());
    CHECK(s.add(f32) == 0);
    CHECK_FALSE(s.valid());
    CHECK_FALSE(s.finish().valid());
  }
}

TEST_CASE("layout: offsets that the caller chooses") {
  StructLayout s(std430);
  CHECK(s.place(f32, 4));
  CHECK(s.place(vec(std430, 2), 16));
  CHECK(s.finish().size == 24);
  CHECK_FALSE(s.place(f32, 20));  // overlaps
  StructLayout misaligned(std430);
  CHECK_FALSE(misaligned.place(vec(std430, 3), 4));
  StructLayout loose(relaxed);
  CHECK(loose.place(vec(relaxed, 3), 4));
  CHECK_FALSE(layout::allows_offset(relaxed, vec(relaxed, 3), 8));
  CHECK(layout::allows_offset(tight, vec(tight, 3), 8));
  CHECK(layout::improperly_straddles(12, 8));
  CHECK_FALSE(layout::improperly_straddles(12, 4));
  CHECK(layout::improperly_straddles(32, 8));
}

TEST_CASE("layout: what the rules do not cover is invalid, and stays so") {
  CHECK_FALSE(layout::scalar(1).valid());
  CHECK_FALSE(layout::scalar(24).valid());
  CHECK_FALSE(layout::scalar(128).valid());
  CHECK_FALSE(layout::vector(std430, f32, 1).valid());
  CHECK_FALSE(layout::vector(std430, f32, 5).valid());
  CHECK_FALSE(layout::vector(std430, vec(std430, 2), 2).valid());
  CHECK_FALSE(layout::matrix(std430, f32, 5, 2, row_major).valid());
  CHECK_FALSE(layout::matrix(std430, f32, 2, 5, row_major).valid());
  CHECK_FALSE(layout::array(std430, f32, 0).valid());
  CHECK_FALSE(layout::array(std430, TypeLayout{}, 4).valid());
  CHECK_FALSE(layout::array(std430, f32, ~std::uint64_t{0}).valid());
  const TypeLayout huge =
      layout::array(std430, f32, 0x40000000u);  // 4 GiB: fine as a member, not as an element
  CHECK(huge.valid());
  CHECK_FALSE(layout::array(std430, huge, 2).valid());
  StructLayout s(std430);
  CHECK(s.add(huge) == 0);
  CHECK(s.valid());
  CHECK(s.add(f32) == 0);  // its offset would need 33 bits
  CHECK_FALSE(s.valid());
}
