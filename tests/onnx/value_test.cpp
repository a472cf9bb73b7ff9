// Sequences, maps and optionals as the test data of ONNX has them.
#include "../support/onnx_builder.hpp"

#include <airstrip/onnx/tensor.hpp>
#include <airstrip/onnx/value.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::onnx;
using test::onnx::bytes_of;
using test::onnx::Message;
using Kind = Value::Kind;

namespace {

const Message one = test::onnx::tensor("a", {1}, std::vector<float>{1});
const Message two = test::onnx::tensor("b", {2}, std::vector<std::int64_t>{2, 3});

Message sequence(std::int64_t kind, const std::vector<Message>& elements) {
  return Message().text(1, "list").integer(2, kind).messages(static_cast<std::uint32_t>(kind) + 2, elements);
}

ErrorCode error_of(const Message& message, Kind kind) {
  const Result<ValueFile> file = read_value(bytes_of(message.bytes), kind);
  return file.error().code;
}

}  // namespace

TEST_CASE("value: a tensor and a sparse tensor") {
  const Result<ValueFile> tensor = read_value(bytes_of(one.bytes), Kind::Tensor);
  REQUIRE(tensor.ok());
  CHECK(tensor->value.kind == Kind::Tensor);
  CHECK(tensor->value.name == "a");
  CHECK(read_elements(*tensor->value.tensor)->get<float>(0) == 1);
  const Message bytes = test::onnx::sparse_tensor(one, two, {7});
  const Result<ValueFile> sparse = read_value(bytes_of(bytes.bytes), Kind::SparseTensor);
  REQUIRE(sparse.ok());
  CHECK(sparse->value.name == "a");
  CHECK(sparse->value.sparse_tensor->dims[0] == 7);
  CHECK(error_of(one, Kind::Undefined) == ErrorCode::MalformedFile);
}

TEST_CASE("value: sequences") {
  const std::string file = sequence(3, {sequence(1, {one, two}), sequence(1, {})}).bytes;
  const Result<ValueFile> read = read_value(bytes_of(file), Kind::Sequence);
  REQUIRE(read.ok());
  const Value& outer = read->value;
  CHECK(outer.name == "list");
  CHECK(outer.element_kind == Kind::Sequence);
  REQUIRE(outer.values.size() == 2);
  REQUIRE(outer.values[0].values.size() == 2);
  CHECK(outer.values[0].values[1].tensor->data_type == DataType::Int64);
  CHECK(outer.values[1].values.empty());
  // The kind may be stated after the elements, but has to be theirs.
  CHECK(error_of(Message().message(3, one).integer(2, 1), Kind::Sequence) == ErrorCode::Ok);
  CHECK(error_of(Message().message(3, one).integer(2, 2), Kind::Sequence) == ErrorCode::MalformedFile);
  CHECK(error_of(Message().message(3, one), Kind::Sequence) == ErrorCode::MalformedFile);
}

TEST_CASE("value: optionals") {
  const std::string file = Message().text(1, "maybe").integer(2, 1).message(3, one).bytes;
  const Result<ValueFile> read = read_value(bytes_of(file), Kind::Optional);
  REQUIRE(read.ok());
  CHECK(read->value.kind == Kind::Optional);
  REQUIRE(read->value.values.size() == 1);
  CHECK(read->value.values[0].name == "a");
  const Result<ValueFile> empty = read_value({}, Kind::Optional);
  REQUIRE(empty.ok());
  CHECK(empty->value.values.empty());
  CHECK(error_of(Message().integer(2, 5).message(7, Message().integer(2, 3).message(5, sequence(1, {one}))),
                 Kind::Optional) == ErrorCode::Ok);
  CHECK(error_of(Message().integer(2, 1).message(3, one).message(3, one), Kind::Optional) ==
        ErrorCode::MalformedFile);
}

TEST_CASE("value: maps") {
  const std::string numbers =
      Message().integer(2, 7).packed(3, std::vector<int>{5, -6}).message(5, sequence(1, {one, two})).bytes;
  const Result<ValueFile> read = read_value(bytes_of(numbers), Kind::Map);
  REQUIRE(read.ok());
  CHECK(read->value.key_type == DataType::Int64);
  REQUIRE(read->value.keys.size() == 2);
  CHECK(read->value.keys[1] == -6);
  REQUIRE(read->value.values.size() == 1);
  CHECK(read->value.values[0].values.size() == 2);
  const std::string strings = Message().integer(2, 8).texts(4, {"k"}).message(5, sequence(1, {one})).bytes;
  const Result<ValueFile> named = read_value(bytes_of(strings), Kind::Map);
  REQUIRE(named.ok());
  CHECK(named->value.string_keys[0] == "k");
  CHECK(error_of(Message().integer(2, 7).integer(3, 1), Kind::Map) == ErrorCode::MalformedFile);
  CHECK(error_of(Message().integer(3, 1).text(4, "k").message(5, sequence(1, {one, two})), Kind::Map) ==
        ErrorCode::MalformedFile);
}

TEST_CASE("value: nesting is counted") {
  const auto nested = [](unsigned depth) {
    Message value = Message().integer(2, 1);
    for (unsigned i = 1; i < depth; ++i) value = sequence(3, {value});
    return value;
  };
  CHECK(error_of(nested(max_nesting), Kind::Sequence) == ErrorCode::Ok);
  CHECK(error_of(nested(max_nesting + 1), Kind::Sequence) == ErrorCode::LimitExceeded);
  CHECK(error_of(nested(3000), Kind::Sequence) == ErrorCode::LimitExceeded);
}
