#include "io/onnx_tensor.hpp"

#include "io/random.hpp"
#include "samples.hpp"

#include <airstrip/onnx.hpp>
#include <doctest/doctest.h>

using namespace tool;

TEST_CASE("pb: there and back, every type") {
  for (const Scalar scalar :
       {Scalar::Boolean, Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16, Scalar::I32, Scalar::U32,
        Scalar::I64, Scalar::U64, Scalar::F16, Scalar::BF16, Scalar::F32, Scalar::F64}) {
    const HostTensor x = random_tensor("x", scalar, {2, 3, 5}, {});
    const HostTensor y = read_onnx_tensor("file.pb", write_onnx_tensor(x));
    CHECK(y.name == "file.pb");
    CHECK(y.scalar == x.scalar);
    CHECK(y.dims == x.dims);
    CHECK(y.bytes == x.bytes);
    CHECK(airstrip::onnx::scalar_of(data_type_of(scalar)) == scalar);
  }
  CHECK(read_onnx_tensor("one", write_onnx_tensor(test::floats({}, {3}))).dims.empty());
  CHECK(read_onnx_tensor("none", write_onnx_tensor(test::floats({2, 0}, {}))).bytes.empty());
}

TEST_CASE("pb: values of the typed fields") {
  // dims 2, data_type FLOAT, float_data 1 and -2.
  const Bytes bytes = test::bytes_of(std::string("\x08\x02\x10\x01\x22\x08\0\0\x80\x3F\0\0\0\xC0", 14));
  const HostTensor x = read_onnx_tensor("x", bytes);
  REQUIRE(x.size() == 2);
  CHECK(load<float>(x, 0) == 1);
  CHECK(load<float>(x, 1) == -2);
}

TEST_CASE("pb: what is none") {
  const auto ends = [](std::string_view text) {
    return test::ending([&] { read_onnx_tensor("x", test::bytes_of(text)); });
  };
  CHECK(ends(std::string_view("\x08\x02\x10\x01\x22\x04\0\0\x80\x3F", 10)) ==
        ExitCode::BadInput);                         // one of two
  CHECK(ends("\x10\x08") == ExitCode::Unsupported);  // text
  CHECK(ends("\xFF\xFF\xFF") == ExitCode::BadInput);
  CHECK(test::ending([] { write_onnx_tensor(HostTensor{"x", Scalar::Void, {}, {}}); }) != ExitCode::Ok);
}

TEST_CASE("pb: damaged files end with a sentence") {
  const Bytes whole = write_onnx_tensor(test::floats({3, 4}, std::vector<float>(12, 1)));
  std::mt19937_64 random(test::seed());
  for (int i = 0; i < 2000; ++i) {
    const Bytes bytes = test::damaged(whole, random);
    const ExitCode code = test::ending([&] { read_onnx_tensor("x", bytes); });
    CHECK((code == ExitCode::Ok || code == ExitCode::BadInput || code == ExitCode::Unsupported));
  }
}
