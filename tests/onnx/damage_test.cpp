// Files cut short, changed, and made to do harm: an error or a model, in memory proportional to the file. The fuzz target
// does the same for longer.
#include "../spirv/random.hpp"
#include "../support/count_allocations.hpp"
#include "../support/skip.hpp"
#include "sample.hpp"
#include "visit.hpp"

#include <airstrip/onnx/model.hpp>
#include <airstrip/onnx/value.hpp>
#include <airstrip/onnx/write.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::onnx;
using test::onnx::Message;

namespace {

void require(bool condition) {
  if (!condition) FAIL("an invariant does not hold");
}

// Whether it can be read. The bytes are copied to where a sanitizer sees what lies beyond them.
bool look_at(const std::string& file) {
  const std::unique_ptr<std::byte[]> exact(new std::byte[file.size()]);
  if (!file.empty()) std::memcpy(exact.get(), file.data(), file.size());
  const Span<const std::byte> bytes(exact.get(), file.size());
  const Result<Model> model = read_model(bytes);
  if (!model) {
    REQUIRE(model.error().message.contains("byte "));
    return false;
  }
  test::onnx::Visitor(bytes, require).visit(*model);
  return true;
}

}  // namespace

TEST_CASE("damage: a model cut off at every byte") {
  const std::string whole = test::onnx::full_model();
  REQUIRE(look_at(whole));
  // Where a field of the outermost message ends, what is before is a model.
  std::vector<bool> is_boundary(whole.size() + 1);
  constexpr MessageInfo nothing{"ModelProto", {}};
  FieldCursor cursor(nothing, {test::onnx::bytes_of(whole), 0, true});
  for (Field field; cursor.next(field);) is_boundary[field.offset] = field.offset != 0;
  is_boundary[whole.size()] = true;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    const std::string prefix = whole.substr(0, size);
    REQUIRE(look_at(prefix) == is_boundary[size]);
    if (!is_boundary[size]) {
      REQUIRE(read_model(test::onnx::bytes_of(prefix)).error().code == ErrorCode::Truncated);
    }
  }
}

TEST_CASE("damage: bytes changed") {
  const std::string whole = test::onnx::full_model();
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const unsigned value : {0u, 1u, 0x7Fu, 0x80u, 0xFFu}) {
      std::string changed = whole;
      changed[i] = static_cast<char>(value);
      look_at(changed);
    }
  test::Random random(test::seed_of_run());
  unsigned read = 0;
  for (unsigned round = 0; round < 5000; ++round) {
    std::string changed = whole;
    const std::uint64_t count = 1 + random.next() % 4;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::size_t at = random.next() % changed.size();
      switch (random.next() % 4) {
        case 0: changed[at] = static_cast<char>(random.next()); break;
        case 1: changed[at] = static_cast<char>(changed[at] ^ 1 << random.next() % 8); break;
        case 2: changed.erase(at, 1 + random.next() % 8); break;
        default: changed.insert(at, changed, random.next() % changed.size(), 1 + random.next() % 40); break;
      }
      if (changed.empty()) changed = "x";
    }
    read += look_at(changed);
  }
  CHECK(read > 0);
}

TEST_CASE("damage: graphs and types nest so deep and no deeper") {
  const auto graphs = [](unsigned depth) {
    Message graph = test::onnx::graph({});
    for (unsigned i = 1; i < depth; ++i)
      graph = test::onnx::graph(
          {.nodes = {test::onnx::node("If", {}, {}, {test::onnx::graph_attribute("then_branch", graph)})}});
    return test::onnx::model(graph);
  };
  CHECK(look_at(graphs(max_nesting)));
  for (const unsigned depth : {max_nesting + 1, 2000u}) {
    const std::string file = graphs(depth);
    const Result<Model> model = read_model(test::onnx::bytes_of(file));
    CHECK(model.error().code == ErrorCode::LimitExceeded);
    CHECK(model.error().message.contains("nest deeper than 64"));
  }
  const auto types = [](unsigned depth) {
    Message type = test::onnx::tensor_type(DataType::Float);
    for (unsigned i = 1; i < depth; ++i)
      type = i % 3 == 0   ? test::onnx::sequence_type(type)
             : i % 3 == 1 ? test::onnx::optional_type(type)
                          : test::onnx::map_type(DataType::Int64, type);
    return test::onnx::model(test::onnx::graph({.inputs = {test::onnx::value_info("x", type)}}));
  };
  CHECK(look_at(types(max_nesting - 1)));  // the graph counts
  const std::string file = types(max_nesting);
  CHECK(read_model(test::onnx::bytes_of(file)).error().code == ErrorCode::LimitExceeded);
  // What returns to the same depth does not add up.
  std::vector<Message> infos(
      1000, test::onnx::value_info("x", test::onnx::sequence_type(test::onnx::tensor_type(DataType::Float))));
  CHECK(look_at(test::onnx::model(test::onnx::graph({.inputs = infos}))));
}

TEST_CASE("damage: memory is that of the file, not of what it claims") {
  // Lengths beyond the file, at each level.
  for (const std::uint64_t length : {1ull << 31, 1ull << 32, 1ull << 63, ~0ull}) {
    const Message claim = Message().tag(1, 2).varint(length);
    CHECK_FALSE(look_at(Message().tag(7, 2).varint(length).bytes));
    CHECK_FALSE(look_at(Message().message(7, claim).bytes));
    CHECK_FALSE(look_at(Message().message(7, Message().message(5, claim)).bytes));
    CHECK_FALSE(look_at(Message().message(7, Message().message(1, Message().message(5, claim))).bytes));
  }
  // The smallest messages there are, as many as fit: the bound of `visit` holds for each kind.
  const auto many = [](std::uint32_t number) {
    Message result;
    for (int i = 0; i < 20000; ++i) result.message(number, Message());
    return result;
  };
  const auto in_graph = [](const Message& fields) { return Message().message(7, fields).bytes; };
  const auto in_attribute = [&](const Message& fields) {
    return in_graph(Message().message(1, Message().message(5, fields)));
  };
  for (const std::uint32_t number : {1u, 5u, 11u, 12u, 13u, 14u, 15u, 16u})
    CHECK(look_at(in_graph(many(number))));
  for (const std::uint32_t number : {1u, 2u, 5u, 9u})
    CHECK(look_at(in_graph(Message().message(1, many(number)))));
  for (const std::uint32_t number : {9u, 10u, 11u, 15u, 23u}) CHECK(look_at(in_attribute(many(number))));
  for (const std::uint32_t number : {8u, 14u, 25u}) CHECK(look_at(many(number).bytes));
  CHECK(look_at(in_attribute(Message().packed(8, std::vector<int>(50000, 1)))));
  CHECK(look_at(in_graph(Message().message(5, Message().packed(1, std::vector<int>(50000, 1))))));
  // Dimensions that promise more than there is.
  Message tensors;
  for (const DataType type :
       {DataType::Float, DataType::Complex128, DataType::Uint2, DataType::String, DataType::Float6E2M3})
    for (const std::int64_t dim : {std::int64_t{1} << 33, std::int64_t{1} << 62})
      tensors.message(5, test::onnx::tensor_head("t", type, {dim}).text(9, "abc"))
          .message(5, test::onnx::tensor_head("t", type, {dim}));
  CHECK(look_at(in_graph(tensors)));
}

TEST_CASE("damage: an allocation that fails is an error") {
#if COUNTS_ALLOCATIONS
  const std::string file = test::onnx::full_model();
  const Message typed =
      test::onnx::tensor_head("t", DataType::Int8, {3}).packed(5, std::vector<int>{1, 2, 3});
  const std::string value = Message().integer(2, 1).messages(3, {typed, typed}).bytes;
  const std::int64_t dims[] = {3};
  const Text strings[] = {"a", "b", "c"};
  const auto attempt = [&]() -> bool {  // whether all went well
    const Result<Model> model = read_model(test::onnx::bytes_of(file));
    const Result<ValueFile> sequence = read_value(test::onnx::bytes_of(value), Value::Kind::Sequence);
    const Result<Buffer<std::byte>> written = write_tensor({"t", DataType::String, dims, {}, strings});
    ErrorCode elements = ErrorCode::Ok;
    if (sequence) {
      const Result<TensorData> data = read_elements(*sequence->value.values[1].tensor);
      elements = data.error().code;
      test::counting = false;
      if (data) REQUIRE(data->integer(2) == 3);
      test::counting = true;
    }
    const bool ok = model.ok() && sequence.ok() && written.ok() && elements == ErrorCode::Ok;
    test::counting = false;
    for (const ErrorCode code : {model.error().code, sequence.error().code, written.error().code, elements})
      REQUIRE((code == ErrorCode::Ok || code == ErrorCode::OutOfMemory));
    if (model) REQUIRE(model->graph->nodes.size() == 2);
    return ok;
  };
  test::failing = ~0u;
  test::allocations = 0;
  test::counting = true;
  REQUIRE(attempt());
  const unsigned count = test::allocations;
  REQUIRE(count > 5);
  for (const bool all : {false, true})
    for (unsigned i = 0; i < count; ++i) {
      CAPTURE(i);
      test::allocations = 0;
      test::failing = i;
      test::last_failing = all ? ~0u : i;
      test::counting = true;
      const bool ok = attempt();
      test::counting = false;
      REQUIRE_FALSE(ok);
    }
  test::failing = ~0u;
#else
  test::skip("allocations cannot be made to fail under a sanitizer");
#endif
}
