// Any bytes into the reader of ONNX files: as a model, and as values of every kind. An error that says where, or what points
// into the bytes, in memory proportional to them.
//   fuzz_onnx -max_len=8192 corpus tests/fuzz/seeds/onnx
#include "onnx/visit.hpp"

#include <airstrip/onnx/model.hpp>
#include <airstrip/onnx/value.hpp>
#include <airstrip/onnx/write.hpp>

#include <cstddef>
#include <cstdint>

using namespace airstrip;
using namespace airstrip::onnx;

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

void check_error(const Diagnostic& error) {
  require(error.code == ErrorCode::Truncated || error.code == ErrorCode::MalformedFile ||
          error.code == ErrorCode::LimitExceeded);
  require(error.message.contains("byte "));
}

// Written again, a tensor is read as the same.
void check_written(const Tensor& tensor) {
  const Result<TensorData> data = read_elements(tensor);
  if (!data) return;
  const Result<Buffer<std::byte>> file =
      write_tensor({tensor.name, tensor.data_type, tensor.dims, data->bytes(), data->strings()});
  require(file.ok());
  const Result<ValueFile> again = read_value({file->data(), file->size()}, Value::Kind::Tensor);
  require(again.ok());
  const Result<TensorData> same = read_elements(*again->value.tensor);
  require(same.ok() && same->type() == data->type() && same->size() == data->size());
  require(same->bytes().size() == data->bytes().size() && same->strings().size() == data->strings().size());
  for (std::size_t i = 0; i < data->bytes().size(); ++i) require(same->bytes()[i] == data->bytes()[i]);
  for (std::size_t i = 0; i < data->strings().size(); ++i) require(same->strings()[i] == data->strings()[i]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Span<const std::byte> bytes = bytes_of(data, size);
  const Result<Model> model = read_model(bytes);
  if (model)
    test::onnx::Visitor(bytes, require).visit(*model);
  else
    check_error(model.error());
  for (std::int32_t kind = 1; kind <= 5; ++kind) {
    const Result<ValueFile> value = read_value(bytes, static_cast<Value::Kind>(kind));
    if (!value) {
      check_error(value.error());
      continue;
    }
    test::onnx::Visitor(bytes, require).visit(*value);
    if (value->value.tensor) check_written(*value->value.tensor);
  }
  return 0;
}
