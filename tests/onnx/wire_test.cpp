// The wire format by itself: values, wire types, packed numbers, and every way in which bytes can be wrong.
#include "../support/onnx_builder.hpp"

#include <airstrip/onnx/wire.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::onnx;
using test::onnx::Message;

namespace {

constexpr FieldInfo fields[] = {{1, FieldKind::Integer, false, "i"},    {2, FieldKind::Float, false, "f"},
                                {3, FieldKind::Double, false, "d"},     {4, FieldKind::Bytes, false, "s"},
                                {5, FieldKind::Message, false, "m"},    {6, FieldKind::Integer, true, "is"},
                                {7, FieldKind::Float, true, "fs"},      {8, FieldKind::Double, true, "ds"},
                                {16, FieldKind::Integer, false, "wide"}};
constexpr MessageInfo message{"TestProto", fields};

Body file(const std::string& bytes) { return {test::onnx::bytes_of(bytes), 0, true}; }

Diagnostic error_of(const std::string& bytes, bool is_file = true) {
  FieldCursor cursor(message, {test::onnx::bytes_of(bytes), is_file ? 0u : 100u, is_file});
  std::size_t count = 0;
  for (Field field; cursor.next(field);)
    if (field.info && field.info->repeated && !cursor.count_values(field, count)) break;
  return cursor.take_error();
}

}  // namespace

TEST_CASE("wire: values of every type") {
  const std::string bytes = Message()
                                .integer(1, -1)
                                .fixed(2, 1.5f)
                                .fixed(3, -2.25)
                                .text(4, "abc")
                                .message(5, Message().integer(1, 300))
                                .integer(16, std::numeric_limits<std::int64_t>::min())
                                .integer(100000, 5)
                                .bytes;
  FieldCursor cursor(message, file(bytes));
  Field f;
  REQUIRE(cursor.next(f));
  CHECK(f.number == 1);
  CHECK(f.offset == 0);
  CHECK(f.integer() == -1);
  CHECK(f.integer32() == -1);
  REQUIRE(cursor.next(f));
  CHECK(f.number_f32() == 1.5f);
  CHECK(f.offset == 11);
  REQUIRE(cursor.next(f));
  CHECK(f.wire_type == WireType::Fixed64);
  REQUIRE(cursor.next(f));
  CHECK(f.text() == "abc");
  REQUIRE(cursor.next(f));
  CHECK(f.body.bytes.size() == 3);
  CHECK_FALSE(f.body.is_file);
  FieldCursor inner(message, f.body);
  Field g;
  REQUIRE(inner.next(g));
  CHECK(g.integer() == 300);
  CHECK(g.offset == f.body.offset);
  CHECK_FALSE(inner.next(g));
  CHECK_FALSE(inner.failed());
  REQUIRE(cursor.next(f));
  CHECK(f.integer() == std::numeric_limits<std::int64_t>::min());
  REQUIRE(cursor.next(f));
  CHECK(f.number == 100000);
  CHECK(f.info == nullptr);
  CHECK_FALSE(cursor.next(f));
  CHECK_FALSE(cursor.failed());
}

TEST_CASE("wire: numbers packed, not packed and both") {
  const std::vector<std::int64_t> ints = {0, 1, -1, 127, 128, 1ll << 62};
  const std::vector<float> floats = {0, -1.5f, 3e38f};
  const std::vector<double> doubles = {1e300, -0.0};
  const std::string bytes = Message()
                                .packed(6, ints)
                                .packed(7, floats)
                                .numbers(8, doubles)
                                .numbers(6, ints)
                                .numbers(7, floats)
                                .packed(8, doubles)
                                .packed(6, std::vector<std::int64_t>{})
                                .bytes;
  std::vector<std::int64_t> read_ints;
  std::vector<float> read_floats;
  std::vector<std::uint64_t> read_doubles;
  std::size_t count = 0;
  FieldCursor cursor(message, file(bytes));
  for (Field field; cursor.next(field);) {
    REQUIRE(cursor.count_values(field, count));
    ValueCursor values(field);
    for (Field value; values.next(value.bits);) {
      if (field.number == 6) read_ints.push_back(value.integer());
      if (field.number == 7) read_floats.push_back(value.number_f32());
      if (field.number == 8) read_doubles.push_back(value.bits);
    }
  }
  REQUIRE_FALSE(cursor.failed());
  CHECK(count == 22);
  std::vector<std::int64_t> twice = ints;
  twice.insert(twice.end(), ints.begin(), ints.end());
  CHECK(read_ints == twice);
  std::vector<float> floats_twice = floats;
  floats_twice.insert(floats_twice.end(), floats.begin(), floats.end());
  CHECK(read_floats == floats_twice);
  REQUIRE(read_doubles.size() == 4);
  double first;
  std::memcpy(&first, &read_doubles[0], 8);
  CHECK(first == 1e300);
}

TEST_CASE("wire: errors name the byte, the field and what is wrong") {
  Diagnostic error = error_of(Message().integer(1, 3).tag(4, 2).varint(500).bytes + std::string(20, 'x'));
  CHECK(error.code == ErrorCode::Truncated);
  CHECK(error.message ==
        "byte 2: the field TestProto.s claims 500 bytes, and 20 are left; the file is cut off");
  error = error_of(Message().tag(4, 2).varint(500).bytes + "x", false);
  CHECK(error.code == ErrorCode::MalformedFile);
  CHECK(error.message ==
        "byte 100: the field TestProto.s claims 500 bytes, and 1 are left of its TestProto; the file "
        "is damaged, or was written wrongly");
  // The largest length that can be said.
  error = error_of(Message().tag(4, 2).varint(~0ull).bytes);
  CHECK(error.code == ErrorCode::Truncated);
  error = error_of(Message().tag(99, 2).varint(7).bytes);
  CHECK(error.message.contains("TestProto.99 claims 7 bytes"));
  error = error_of(Message().tag(2, 5).bytes + "abc");
  CHECK(error.code == ErrorCode::Truncated);
  CHECK(error.message.contains("TestProto.f needs 4 bytes, and 3 are left"));
  error = error_of(Message().tag(3, 1).bytes + "abcdefg");
  CHECK(error.message.contains("TestProto.d needs 8 bytes, and 7 are left"));
  error = error_of(Message().tag(1, 0).bytes + "\x80\x80");
  CHECK(error.code == ErrorCode::Truncated);
  error = error_of("\x80");
  CHECK(error.code == ErrorCode::Truncated);
  error = error_of(Message().tag(1, 0).bytes + std::string(10, '\x80') + "\x01");
  CHECK(error.code == ErrorCode::MalformedFile);
  CHECK(error.message.contains("more than 10 bytes"));
  error = error_of(std::string(11, '\xFF'));
  CHECK(error.code == ErrorCode::MalformedFile);
  // Numbers of fields, and wire types that are none.
  CHECK(error_of(std::string(1, '\0')).message.contains("has the number 0"));
  CHECK(
      error_of(Message().varint(std::uint64_t{1} << 32).bytes).message.contains("has the number 536870912"));
  for (const unsigned type : {3u, 4u, 6u, 7u}) {
    error = error_of(Message().tag(1, type).varint(1).bytes);
    CHECK(error.code == ErrorCode::MalformedFile);
    CHECK(error.message.contains("the wire type " + std::to_string(type)));
    CHECK(error_of(Message().tag(77, type).bytes).code == ErrorCode::MalformedFile);
  }
  // Another wire type than the schema's.
  error = error_of(Message().text(1, "x").bytes);
  CHECK(error.message.contains("TestProto.i is written as a length and bytes, and is a varint in ONNX"));
  CHECK(error_of(Message().integer(4, 1).bytes).code == ErrorCode::MalformedFile);
  CHECK(error_of(Message().fixed(6, 1.0f).bytes).code == ErrorCode::MalformedFile);
  CHECK(error_of(Message().integer(7, 1).bytes).code == ErrorCode::MalformedFile);
  // Packed values that do not end with the field.
  CHECK(error_of(Message().text(7, "12345").bytes).message.contains("packs values of 4 bytes into 5"));
  CHECK(error_of(Message().text(8, "12345").bytes).message.contains("packs values of 8 bytes into 5"));
  CHECK(error_of(Message().text(6, "\x01\x80").bytes).code == ErrorCode::MalformedFile);
  CHECK(error_of(Message().text(6, std::string(10, '\x80') + "\x01").bytes).code == ErrorCode::MalformedFile);
}
