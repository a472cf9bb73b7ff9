// Elements of every type, raw and in typed fields, and everything that can be wrong with them.
#include "../support/onnx_builder.hpp"

#include <airstrip/onnx/tensor.hpp>
#include <airstrip/onnx/value.hpp>
#include <airstrip/onnx/write.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::onnx;
using test::onnx::bytes_of;
using test::onnx::Message;

namespace {

// A tensor and the file it points into.
struct Read {
  explicit Read(const Message& message)
      : file(message.bytes), value(read_value(bytes_of(file), Value::Kind::Tensor)) {
    REQUIRE_MESSAGE(value.ok(), value.error().to_string().c_str());
  }
  const Tensor& tensor() const { return *value->value.tensor; }

  std::string file;
  Result<ValueFile> value;
};

std::string bytes_in(Span<const std::byte> bytes) {
  return bytes.empty() ? std::string()
                       : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}
template <class T>
std::string bytes_in(const std::vector<T>& elements) {
  return bytes_in(airstrip::onnx::bytes_of(elements.data(), elements.size() * sizeof(T)));
}

void check_elements(const Message& message, const std::string& expected, bool is_borrowed) {
  const Read read(message);
  const Result<TensorData> data = read_elements(read.tensor());
  REQUIRE_MESSAGE(data.ok(), data.error().to_string().c_str());
  CHECK(data->type() == read.tensor().data_type);
  CHECK(bytes_in(data->bytes()) == expected);
  CHECK(data->is_borrowed() == is_borrowed);
  if (is_borrowed) {
    CHECK(data->bytes().data() == read.tensor().raw_data.data());
  }
}

Diagnostic error_of(const Message& message, ExternalSource source = {}) {
  const Read read(message);
  Result<TensorData> data = read_elements(read.tensor(), source);
  CHECK_FALSE(data.ok());
  CHECK(data.error().message.contains("byte 0: the tensor "));
  return static_cast<Result<TensorData>&&>(data).error();
}

Message head(DataType type, const std::vector<std::int64_t>& dims) {
  return test::onnx::tensor_head("t", type, dims);
}

template <class T>
void check_plain(DataType type, std::uint32_t field, const std::vector<T>& elements) {
  const std::int64_t count = static_cast<std::int64_t>(elements.size());
  const std::string expected = bytes_in(elements);
  CHECK(bits_of(type) == 8 * sizeof(T));
  check_elements(head(type, {count}).text(9, expected), expected, true);
  check_elements(head(type, {1, count}).packed(field, elements), expected, false);
  check_elements(head(type, {count, 1, 1}).numbers(field, elements), expected, false);
}

}  // namespace

TEST_CASE("tensor: types have names and widths") {
  for (std::int32_t i = 0; i <= 28; ++i) {
    const DataType type = static_cast<DataType>(i);
    CHECK(Text(to_string(type)) != "unknown");
    CHECK((bits_of(type) != 0) == (type != DataType::Undefined && type != DataType::String));
    CHECK(is_known(type) == (i != 0));
  }
  CHECK(Text(to_string(DataType::Float8E4M3FNUZ)) == "FLOAT8E4M3FNUZ");
  CHECK(Text(to_string(DataType::Boolean)) == "BOOL");
  for (const std::int32_t i : {-1, 29, 1000}) {
    CHECK(Text(to_string(static_cast<DataType>(i))) == "unknown");
    CHECK_FALSE(is_known(static_cast<DataType>(i)));
  }
}

TEST_CASE("tensor: elements of whole bytes, raw and typed") {
  using std::numeric_limits;
  check_plain(DataType::Float, 4, std::vector<float>{0, -1.5f, 3e38f, 1e-45f});
  check_plain(DataType::Double, 10, std::vector<double>{0, -1.5, 1e308});
  check_plain(DataType::Int32, 5,
              std::vector<std::int32_t>{0, -1, numeric_limits<std::int32_t>::min(),
                                        numeric_limits<std::int32_t>::max()});
  check_plain(DataType::Int16, 5, std::vector<std::int16_t>{0, -1, -32768, 32767});
  check_plain(DataType::Int8, 5, std::vector<std::int8_t>{0, -1, -128, 127});
  check_plain(DataType::Uint16, 5, std::vector<std::uint16_t>{0, 1, 65535});
  check_plain(DataType::Uint8, 5, std::vector<std::uint8_t>{0, 1, 255});
  check_plain(DataType::Int64, 7,
              std::vector<std::int64_t>{0, -1, numeric_limits<std::int64_t>::min(),
                                        numeric_limits<std::int64_t>::max()});
  check_plain(DataType::Uint32, 11, std::vector<std::uint32_t>{0, 1, 0xFFFFFFFF});
  check_plain(DataType::Uint64, 11, std::vector<std::uint64_t>{0, 1, ~0ull});
  check_plain(DataType::Float16, 5, std::vector<std::uint16_t>{0x3C00, 0xFC00, 1});
  check_plain(DataType::Bfloat16, 5, std::vector<std::uint16_t>{0x3F80, 0xFF80, 1});
  for (const DataType type : {DataType::Float8E4M3FN, DataType::Float8E4M3FNUZ, DataType::Float8E5M2,
                              DataType::Float8E5M2FNUZ, DataType::Float8E8M0})
    check_plain(type, 5, std::vector<std::uint8_t>{0, 0x80, 0xFF});
  check_plain(DataType::Boolean, 5, std::vector<std::uint8_t>{0, 1, 1});
  check_elements(head(DataType::Boolean, {2}).packed(5, std::vector<int>{7, -1}), "\x01\x01", false);
  // Narrow values written as the other signedness.
  check_elements(head(DataType::Int8, {1}).packed(5, std::vector<int>{255}), "\xFF", false);
  check_elements(head(DataType::Uint16, {1}).packed(5, std::vector<int>{-1}), "\xFF\xFF", false);
}

TEST_CASE("tensor: complex elements are two numbers") {
  const std::vector<float> floats = {1, 2, 3, 4};
  const std::vector<double> doubles = {1, 2, 3, 4};
  check_elements(head(DataType::Complex64, {2}).packed(4, floats), bytes_in(floats), false);
  check_elements(head(DataType::Complex64, {2}).text(9, bytes_in(floats)), bytes_in(floats), true);
  check_elements(head(DataType::Complex128, {2}).numbers(10, doubles), bytes_in(doubles), false);
  check_elements(head(DataType::Complex128, {2}).text(9, bytes_in(doubles)), bytes_in(doubles), true);
  CHECK(error_of(head(DataType::Complex64, {2}).packed(4, std::vector<float>{1, 2})).code ==
        ErrorCode::MalformedFile);
}

TEST_CASE("tensor: elements narrower than a byte") {
  // Five elements: three bytes of 4 bits, two of 2 bits, four of 6 bits.
  for (const DataType type : {DataType::Uint4, DataType::Int4, DataType::Float4E2M1}) {
    check_elements(head(type, {5}).text(9, "\x21\x43\x0F"), "\x21\x43\x0F", true);
    check_elements(head(type, {5}).packed(5, std::vector<int>{0x21, 0x43, 0x0F}), "\x21\x43\x0F", false);
    CHECK(error_of(head(type, {5}).packed(5, std::vector<int>{1, 2, 3, 4, 15})).code ==
          ErrorCode::MalformedFile);
  }
  for (const DataType type : {DataType::Uint2, DataType::Int2}) {
    check_elements(head(type, {5}).text(9, "\xE4\x03"), "\xE4\x03", true);
    check_elements(head(type, {5}).numbers(5, std::vector<int>{0xE4, 3}), "\xE4\x03", false);
  }
  for (const DataType type : {DataType::Float6E2M3, DataType::Float6E3M2}) {
    // One value each: 0x3F, 0x00, 0x2A, 0x15, 0x01 as a stream of bits.
    const std::string stream = {'\x3F', '\xA0', '\x56', '\x01'};
    check_elements(head(type, {5}).packed(5, std::vector<int>{0x3F, 0, 0x2A, 0x15, 1}), stream, false);
    check_elements(head(type, {5}).text(9, stream), stream, true);
    CHECK(error_of(head(type, {1}).packed(5, std::vector<int>{64})).code == ErrorCode::MalformedFile);
  }
  const Read nibbles(head(DataType::Int4, {5}).text(9, "\x21\xF8\x07"));
  const Result<TensorData> data = read_elements(nibbles.tensor());
  const std::int64_t expected[] = {1, 2, -8, -1, 7, 0};
  for (std::size_t i = 0; i < 6; ++i) CHECK(data->integer(i) == expected[i]);
  const Read pairs(head(DataType::Int2, {4}).text(9, "\xE4"));
  const std::int64_t of_pairs[] = {0, 1, -2, -1};
  for (std::size_t i = 0; i < 4; ++i) CHECK(read_elements(pairs.tensor())->integer(i) == of_pairs[i]);
  const Read unsigned_pairs(head(DataType::Uint2, {4}).text(9, "\xE4"));
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(read_elements(unsigned_pairs.tensor())->integer(i) == static_cast<std::int64_t>(i));
}

TEST_CASE("tensor: strings") {
  const Read read(head(DataType::String, {2, 2}).texts(6, {"a", "", "ccc", "d"}));
  const Result<TensorData> data = read_elements(read.tensor());
  REQUIRE(data.ok());
  CHECK(data->size() == 4);
  REQUIRE(data->strings().size() == 4);
  CHECK(data->strings()[2] == "ccc");
  CHECK(data->bytes().empty());
  CHECK(error_of(head(DataType::String, {3}).texts(6, {"a"})).code == ErrorCode::MalformedFile);
  CHECK(error_of(head(DataType::String, {1}).text(9, "a")).code == ErrorCode::MalformedFile);
  CHECK(error_of(head(DataType::Int32, {1}).texts(6, {"a"}))
            .message.contains("they belong in int32_data or raw_data"));
  CHECK(error_of(head(DataType::String, {std::int64_t{1} << 40})).code == ErrorCode::MalformedFile);
}

TEST_CASE("tensor: elements as numbers") {
  const auto number = [](DataType type, const std::string& raw) {
    const Read read(head(type, {1}).text(9, raw));
    return read_elements(read.tensor())->number(0);
  };
  const auto f16 = [&](std::uint16_t bits) { return number(DataType::Float16, bytes_in(std::vector{bits})); };
  CHECK(f16(0x3C00) == 1);
  CHECK(f16(0xC000) == -2);
  CHECK(f16(0x7BFF) == 65504);
  CHECK(f16(0x0001) == 1.0 / 16777216);
  CHECK(f16(0x8001) == -1.0 / 16777216);
  CHECK(f16(0x7C00) == std::numeric_limits<double>::infinity());
  CHECK(f16(0x7E00) != f16(0x7E00));
  CHECK(number(DataType::Bfloat16, bytes_in(std::vector<std::uint16_t>{0xC049})) == -3.140625);
  CHECK(number(DataType::Float, bytes_in(std::vector{2.5f})) == 2.5);
  CHECK(number(DataType::Double, bytes_in(std::vector{-2.5})) == -2.5);
  CHECK(number(DataType::Uint64, bytes_in(std::vector{~0ull})) == 18446744073709551616.0);
  CHECK(number(DataType::Int8, "\xFE") == -2);
  CHECK(number(DataType::Boolean, "\x05") == 1);
  const Read read(head(DataType::Int32, {2}).packed(5, std::vector<int>{-3, 4}));
  const Result<TensorData> data = read_elements(read.tensor());
  CHECK(data->get<std::int32_t>(1) == 4);
  CHECK(data->get<std::int32_t>(2) == 0);
  CHECK(data->integer(0) == -3);
  CHECK(data->integer(2) == 0);
  CHECK(data->number(1) == 4);
}

TEST_CASE("tensor: shapes") {
  const auto count = [](std::initializer_list<std::int64_t> dims) { return element_count(dims); };
  CHECK(*count({}) == 1);
  CHECK(*count({2, 3}) == 6);
  CHECK(*count({2, 0, 3}) == 0);
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  CHECK(*count({huge}) == static_cast<std::uint64_t>(huge));
  CHECK(*count({huge, huge, 0}) == 0);
  CHECK(count({huge, 2}).error().code == ErrorCode::InvalidShape);
  CHECK(count({1 << 30, 1 << 30, 8}).error().code == ErrorCode::InvalidShape);
  CHECK(count({-1}).error().message == "a dimension is -1, and must not be negative");
  CHECK(count({0, -5}).error().code == ErrorCode::InvalidShape);
  CHECK(count({std::numeric_limits<std::int64_t>::min()}).error().message.contains("-9223372036854775808"));
  CHECK(*byte_count(DataType::Float6E2M3, 5) == 4);
  CHECK(*byte_count(DataType::Uint2, 9) == 3);
  CHECK(byte_count(DataType::Complex128, 1ull << 62).error().code == ErrorCode::InvalidShape);
  CHECK(byte_count(DataType::Float, ~0ull).error().code == ErrorCode::InvalidShape);
  CHECK(byte_count(DataType::String, 1).error().code == ErrorCode::MalformedFile);

  check_elements(head(DataType::Float, {}).packed(4, std::vector<float>{2}), bytes_in(std::vector{2.0f}),
                 false);
  check_elements(head(DataType::Float, {0, 5}), "", true);
  check_elements(head(DataType::Float, {0, 5}).text(9, ""), "", true);
}

TEST_CASE("tensor: what is wrong is an error") {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  CHECK(error_of(head(DataType::Float, {2}).text(9, "1234")).message ==
        "byte 0: the tensor t takes 8 bytes, and its raw_data has 4");
  CHECK(error_of(head(DataType::Float, {huge}).text(9, "1234")).code == ErrorCode::InvalidShape);
  CHECK(error_of(head(DataType::Uint8, {huge}).text(9, "1234")).code == ErrorCode::InvalidShape);
  CHECK(error_of(head(DataType::Uint8, {huge / 2}).text(9, "1234")).code == ErrorCode::MalformedFile);
  CHECK(error_of(head(DataType::Float, {huge, huge})).code == ErrorCode::InvalidShape);
  CHECK(error_of(head(DataType::Float, {-2}).text(9, "1234")).code == ErrorCode::InvalidShape);
  CHECK(error_of(head(DataType::Float, {2})).message.contains("needs 2 values in float_data, and has 0"));
  CHECK(error_of(head(DataType::Float, {2}).packed(4, std::vector<float>{1, 2, 3}))
            .message.contains("and has 3"));
  CHECK(error_of(head(DataType::Float, {1}).packed(5, std::vector<int>{1}))
            .message.contains("has its values in int32_data"));
  CHECK(error_of(head(DataType::Uint8, {1}).packed(5, std::vector<int>{256})).code ==
        ErrorCode::MalformedFile);
  CHECK(error_of(head(DataType::Int8, {1}).packed(5, std::vector<int>{-129})).code ==
        ErrorCode::MalformedFile);
  CHECK(error_of(head(DataType::Uint32, {1}).packed(11, std::vector<std::int64_t>{1ll << 32})).code ==
        ErrorCode::MalformedFile);
  CHECK(error_of(head(DataType::Float, {1}).text(9, "1234").packed(4, std::vector<float>{1})).code ==
        ErrorCode::MalformedFile);
  CHECK(error_of(head(DataType::Undefined, {})).message.contains("the data type 0"));
  CHECK(error_of(head(static_cast<DataType>(77), {})).message.contains("the data type 77"));
  CHECK(
      error_of(head(DataType::Float, {1}).message(3, Message()).text(9, "1234")).message.contains("segment"));
  // Values in two typed fields: the reader itself refuses them.
  const std::string two =
      head(DataType::Float, {1}).packed(4, std::vector<float>{1}).packed(5, std::vector<int>{1}).bytes;
  CHECK(read_value(bytes_of(two), Value::Kind::Tensor)
            .error()
            .message.contains("in float_data and in int32_data"));
  // An empty raw_data beside values is what some writers leave.
  check_elements(head(DataType::Float, {1}).text(9, "").packed(4, std::vector<float>{1}),
                 bytes_in(std::vector{1.0f}), false);
}

TEST_CASE("tensor: external data") {
  struct Calls {
    std::string content = "0123456789abcdef";
    mutable ExternalRegion last;
    mutable int count = 0;
    bool in_storage = false;
  } calls;
  const ExternalSource source{[](const void* context, const ExternalRegion& region,
                                 Buffer<std::byte>& storage) -> Result<Span<const std::byte>> {
                                const Calls& c = *static_cast<const Calls*>(context);
                                c.last = region;
                                ++c.count;
                                const Span<const std::byte> bytes =
                                    bytes_of(c.content).subspan(region.offset, region.length);
                                if (!c.in_storage) return bytes;
                                storage.assign(bytes);
                                return Span<const std::byte>(storage.data(), storage.size());
                              },
                              &calls};
  const auto external = [](const test::onnx::Entries& entries) {
    return test::onnx::external_tensor("t", DataType::Int32, {2}, entries);
  };
  for (const bool in_storage : {false, true}) {
    calls.in_storage = in_storage;
    const Read read(external({{"checksum", "x"}, {"offset", "4"}, {"length", "8"}, {"location", "w.bin"}}));
    const Result<TensorData> data = read_elements(read.tensor(), source);
    REQUIRE_MESSAGE(data.ok(), data.error().to_string().c_str());
    CHECK(bytes_in(data->bytes()) == "456789ab");
    CHECK(data->is_borrowed() == !in_storage);
    CHECK(calls.last.location == "w.bin");
    CHECK(calls.last.offset == 4);
  }
  const Read whole(external({{"location", "w.bin"}}));
  CHECK(bytes_in(read_elements(whole.tensor(), source)->bytes()) == "01234567");
  CHECK(calls.last.has_length);
  CHECK(calls.last.length == 8);

  CHECK(error_of(external({{"location", "w.bin"}})).code == ErrorCode::FileFailed);
  CHECK(error_of(external({{"location", "w.bin"}, {"offset", "12"}}), source)
            .message.contains("external data gave 4"));
  const int before = calls.count;
  CHECK(error_of(external({{"location", "w"}, {"length", "9"}}), source)
            .message.contains("takes 8 bytes, and its external data states 9"));
  CHECK(error_of(external({{"offset", "1"}}), source).message.contains("without a location"));
  for (const char* const wrong : {"", "-1", "0x10", "1 ", "18446744073709551616", "99999999999999999999999"})
    CHECK(error_of(external({{"location", "w"}, {"offset", wrong}}), source)
              .message.contains("decimal digits"));
  CHECK(error_of(external({{"location", "w"}}).packed(5, std::vector<int>{1, 2}), source).code ==
        ErrorCode::MalformedFile);
  CHECK(error_of(test::onnx::external_tensor("t", DataType::String, {1}, {{"location", "w"}}), source).code ==
        ErrorCode::MalformedFile);
  CHECK(calls.count == before);
  const Read limit(external({{"location", "w"}, {"offset", "18446744073709551615"}}));
  CHECK(external_region(limit.tensor())->offset == ~0ull);
}

TEST_CASE("tensor: written and read again") {
  const std::vector<float> floats = {1, 2, 3, 4, 5, 6};
  const std::int64_t dims[] = {2, 3};
  const Result<Buffer<std::byte>> file =
      write_tensor({"y", DataType::Float, dims, airstrip::onnx::bytes_of(floats.data(), 24), {}});
  REQUIRE(file.ok());
  CHECK(bytes_in({file->data(), file->size()}) ==
        Message().integer(1, 2).integer(1, 3).integer(2, 1).text(8, "y").text(9, bytes_in(floats)).bytes);
  const Result<ValueFile> read = read_value({file->data(), file->size()}, Value::Kind::Tensor);
  REQUIRE(read.ok());
  CHECK(read->value.name == "y");
  CHECK(read_elements(*read->value.tensor)->get<float>(5) == 6);

  const Text strings[] = {"a", "", "long text"};
  const std::int64_t three[] = {3};
  const Result<Buffer<std::byte>> texts = write_tensor({{}, DataType::String, three, {}, strings});
  REQUIRE(texts.ok());
  CHECK(bytes_in({texts->data(), texts->size()}) ==
        Message().integer(1, 3).integer(2, 8).texts(6, {"a", "", "long text"}).bytes);

  const std::int64_t negative[] = {-3};
  CHECK(write_tensor({{}, DataType::String, negative, {}, strings}).error().code == ErrorCode::InvalidShape);
  CHECK(write_tensor({{}, DataType::String, dims, {}, strings}).error().code == ErrorCode::InvalidShape);
  CHECK(write_tensor({{}, DataType::Float, three, airstrip::onnx::bytes_of(floats.data(), 24), {}})
            .error()
            .code == ErrorCode::InvalidShape);
  CHECK(write_tensor({}).error().code == ErrorCode::MalformedFile);
}

TEST_CASE("tensor: the writer of fields") {
  Buffer<std::byte> bytes;
  FieldWriter writer(bytes);
  writer.add_integer(1, -1);
  writer.add_integer(300, 127);
  writer.add_float(2, 1.5f);
  writer.add_double(3, -1.5);
  writer.add_text(4, "abc");
  CHECK(bytes_in({bytes.data(), bytes.size()}) ==
        Message().integer(1, -1).integer(300, 127).fixed(2, 1.5f).fixed(3, -1.5).text(4, "abc").bytes);
}
