#include "reference.hpp"

#include "failure.hpp"

#include <airstrip/onnx/tensor.hpp>
#include <algorithm>
#include <cmath>

using namespace airstrip;

namespace {

std::vector<float> tensor_of(const onnx::Model& model, const std::string& name) {
  for (const onnx::Tensor& tensor : model.graph->initializers) {
    if (!(tensor.name == Text(name))) continue;
    const Result<onnx::TensorData> data = onnx::read_elements(tensor);
    if (!data) throw tool::Failure(name, data.error());
    std::vector<float> numbers;
    for (std::size_t i = 0; i < data->size(); ++i) numbers.push_back(data->get<float>(i));
    return numbers;
  }
  throw tool::Failure(tool::ExitCode::BadInput,
                      "the model has no tensor " + name + "; is it another network?");
}

// 3 x 3 with zeros around: each weight times the picture moved by where the weight stands.
std::vector<float> convolved(const std::vector<float>& x, std::size_t width, std::size_t height,
                             const std::vector<float>& weights, const std::vector<float>& bias) {
  const std::size_t outputs = bias.size(), inputs = x.size() / (width * height);
  if (weights.size() != outputs * inputs * 9)
    throw tool::Failure(tool::ExitCode::BadInput,
                        "the model has a convolution of another size; is it another network?");
  std::vector<float> y(outputs * width * height);
  for (std::size_t o = 0; o < outputs; ++o) {
    float* const out = &y[o * width * height];
    std::fill(out, out + width * height, bias[o]);
    for (std::size_t i = 0; i < inputs; ++i)
      for (std::size_t ky = 0; ky < 3; ++ky)
        for (std::size_t kx = 0; kx < 3; ++kx) {
          const float weight = weights[((o * inputs + i) * 3 + ky) * 3 + kx];
          for (std::size_t row = ky == 0; row < height - (ky == 2); ++row) {
            const float* const in = &x[(i * height + row + ky - 1) * width];
            for (std::size_t column = kx == 0; column < width - (kx == 2); ++column)
              out[row * width + column] += weight * in[column + kx - 1];
          }
        }
  }
  return y;
}

// Halfway between pixels, the nearest at the edges: twice as large.
float linear_twice(const Planes& picture, std::size_t p, std::size_t y, std::size_t x) {
  const auto place = [](std::size_t i, std::size_t size, std::size_t& low, std::size_t& high) {
    const float at = std::max(static_cast<float>(i) / 2 - 0.25f, 0.0f);
    low = static_cast<std::size_t>(at);
    high = std::min(low + 1, size - 1);
    return at - static_cast<float>(low);
  };
  std::size_t y0, y1, x0, x1;
  const float fy = place(y, picture.height, y0, y1), fx = place(x, picture.width, x0, x1);
  const float above = picture.at(p, y0, x0) * (1 - fx) + picture.at(p, y0, x1) * fx;
  const float below = picture.at(p, y1, x0) * (1 - fx) + picture.at(p, y1, x1) * fx;
  return above * (1 - fy) + below * fy;
}

}  // namespace

Planes enlarge_by_reference(const onnx::Model& model, const Planes& picture) {
  constexpr int layers = 7;
  const std::size_t width = picture.width, height = picture.height;
  std::vector<float> x = picture.values;
  for (int layer = 1; layer <= layers; ++layer) {
    const std::string name = "conv_" + std::to_string(layer);
    x = convolved(x, width, height, tensor_of(model, name + "_weight"), tensor_of(model, name + "_bias"));
    if (layer < layers)
      for (float& value : x) value = std::max(value, 0.0f);
  }
  if (x.size() != 12 * width * height)
    throw tool::Failure(tool::ExitCode::BadInput,
                        "the model's last convolution has not 12 channels; is it another network?");
  Planes result(2 * width, 2 * height);
  for (std::size_t p = 0; p < 3; ++p)
    for (std::size_t y = 0; y < result.height; ++y)
      for (std::size_t column = 0; column < result.width; ++column) {
        // Channels 4 p to 4 p + 3 are the four pixels that one becomes.
        const std::size_t channel = 4 * p + 2 * (y % 2) + column % 2;
        const float detail = x[(channel * height + y / 2) * width + column / 2];
        result.at(p, y, column) = std::clamp(linear_twice(picture, p, y, column) + detail, 0.0f, 1.0f);
      }
  return result;
}
