#include "tensor_file.hpp"

#include "../failure.hpp"
#include "npy.hpp"
#include "onnx_tensor.hpp"
#include "picture.hpp"

namespace tool {

HostTensor read_tensor(const std::string& path) {
  const Bytes bytes = read_file(path);
  if (is_npy(bytes)) return read_npy(path, bytes);
  if (is_png(bytes)) return tensor_of(path, read_png(path, bytes));
  if (is_jpeg(bytes)) return tensor_of(path, read_jpeg(path, bytes));
  if (path.ends_with(".pb")) return read_onnx_tensor(path, bytes);
  throw Failure(ExitCode::BadInput,
                path + ": is neither .npy nor PNG nor JPEG nor .pb; save it as one of them");
}

void check_format_of(const std::string& path) {
  for (const char* const end : {".npy", ".png", ".pb"})
    if (path.ends_with(end)) return;
  throw Failure(ExitCode::Usage,
                path + ": tensors are written as .npy, .png or .pb; end the name with one of them");
}

void write_tensor(const std::string& path, const HostTensor& tensor) {
  check_format_of(path);
  if (path.ends_with(".npy"))
    write_file(path, write_npy(tensor));
  else if (path.ends_with(".png"))
    write_file(path, write_png(path, picture_of(tensor)));
  else
    write_file(path, write_onnx_tensor(tensor));
}

}  // namespace tool
