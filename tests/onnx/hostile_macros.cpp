// The headers after macros that collide with ordinary names. Another file of the program includes them without.
#include "../odr/hostile_macros.hpp"

#include <airstrip/onnx/file.hpp>
#include <airstrip/onnx/model.hpp>
#include <airstrip/onnx/tensor.hpp>
#include <airstrip/onnx/value.hpp>
#include <airstrip/onnx/write.hpp>

#if !defined(min) || !defined(max)
#error "a header took the macros away, so this no longer tests what they do to the library"
#endif

// 0: all is well. Declared where it is called.
int use_after_hostile_macros();

int use_after_hostile_macros() {
  using namespace airstrip::onnx;
  const std::int64_t dims[] = {1};
  const unsigned char element[] = {7};
  const auto file = write_tensor({"t", DataType::Uint8, dims, bytes_of(element, 1), {}});
  if (!file) return 1;
  const auto value = read_value({file->data(), file->size()}, Value::Kind::Tensor);
  if (!value) return 2;
  const auto data = read_elements(*value->value.tensor, ExternalFiles(".").source());
  return data && data->integer(0) == 7 ? 0 : 3;
}
