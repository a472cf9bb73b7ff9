// A picture twice as large, by three operations of layer 3 in a row: a border is added, a convolution makes four values of
// each pixel with its neighbours (here the weights of bilinear interpolation; a trained network has its own), and those are
// moved to their places and clamped. On the Vulkan device at hand, or in the interpreter where there is none.
#include "example.hpp"

#include <airstrip/kernel/interpret.hpp>
#include <airstrip/tensor.hpp>
#include <airstrip/vulkan_device.hpp>
#include <airstrip/vulkan_tensor.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#ifdef AIRSTRIP_EXAMPLE_PNG
#include <png.h>
#endif

using namespace airstrip;
using namespace airstrip::tensor;

namespace {

constexpr std::int64_t size = 96, planes = 3;
using Floats = std::vector<float>;
using Named = std::map<std::string, Floats*>;

Result<Operation> make_border(const Target& target) {
  PadProblem problem;
  problem.x = {Scalar::F32, {planes, 1, size, size}};
  problem.before = problem.after = {0, 0, 1, 1};
  problem.mode = PadMode::Edge;
  return pad(problem, target);
}

Result<Operation> make_layer(const Target& target) {
  ConvolutionProblem problem;
  problem.x = {Scalar::F32, {planes, 1, size + 2, size + 2}};
  problem.w = {Scalar::F32, {4, 1, 3, 3}};
  return convolution(problem, target);
}

Result<Operation> make_shuffle(const Target& target) {
  DepthToSpaceProblem problem;
  problem.x = {Scalar::F32, {planes, 4, size, size}};
  Expression& e = problem.epilogue;
  e.output("y", (min)((max)(e.primary(Scalar::F32), 0), 1));
  return depth_to_space(problem, target);
}

// Weights [4, 1, 3, 3]: the pixel at (2 y + i / 2, 2 x + i % 2) lies a quarter of a pixel before or behind (y, x).
Floats bilinear_weights() {
  const float line[2][3] = {{0.25f, 0.75f, 0}, {0, 0.75f, 0.25f}};
  Floats w;
  for (int i = 0; i < 4; ++i)
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 3; ++x) w.push_back(line[i / 2][y] * line[i % 2][x]);
  return w;
}

// Runs every step of an operation on a device: memory, pipelines, one command buffer.
bool run_on_device(vulkan::Device& device, const Operation& operation, const Named& data) {
  const auto failed = [](const Diagnostic& error) {
    return example::fail(std::string(error.to_string())) == 0;
  };
  const Result<OperationSizes> sizes = operation.resolve();
  if (!sizes) return failed(sizes.error());
  std::vector<vulkan::DeviceBuffer> buffers;
  std::vector<vulkan::OperandMemory> memory;
  for (std::size_t i = 0; i < operation.operands().size(); ++i) {
    const Operand& o = operation.operands()[i];
    const Result<vulkan::DeviceBuffer> made = device.make_buffer(sizes->bytes(i));
    if (!made) return failed(made.error());
    buffers.push_back(*made);
    memory.push_back(vulkan::operand(Text(o.name), *made));
    if (o.role != Role::Input) continue;
    const Floats& from = *data.at(std::string(o.name));
    if (const Result<void> done = device.upload(*made, from.data(), from.size() * sizeof(float)); !done)
      return failed(done.error());
  }
  Result<vulkan::OperationPipelines> pipelines =
      vulkan::OperationPipelines::make(device.context(), operation);
  if (!pipelines) return failed(pipelines.error());
  if (const Result<void> done = pipelines->compile(); !done) return failed(done.error());
  const Result<vulkan::Frame*> frame = device.frame(pipelines->steps());
  if (!frame) return failed(frame.error());
  const Result<vulkan::PreparedOperation> prepared = vulkan::prepare(*pipelines, *sizes, memory, {}, **frame);
  if (!prepared) return failed(prepared.error());
  const Result<VkCommandBuffer> commands = device.begin();
  if (!commands) return failed(commands.error());
  Result<void> done = vulkan::record(device.context(), *commands, *prepared, Phase::Prepare);
  if (done) done = vulkan::record(device.context(), *commands, *prepared, Phase::Run);
  vulkan::record(
      device.context(), *commands,
      vulkan::barrier_after(*prepared, Phase::Run, {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT}));
  if (const Result<void> submitted = device.submit(); !submitted) return failed(submitted.error());
  if (!done) return failed(done.error());
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const Operand& o = operation.operands()[i];
    if (o.role != Role::Output) continue;
    Floats& to = *data.at(std::string(o.name));
    if (const Result<void> copied = device.download(buffers[i], to.data(), to.size() * sizeof(float));
        !copied)
      return failed(copied.error());
  }
  for (vulkan::DeviceBuffer& buffer : buffers) device.release(buffer);
  return true;
}

// The same in the interpreter, whose sanitizer finds nothing.
bool run_interpreted(const Operation& operation, const Named& data) {
  const Result<OperationSizes> sizes = operation.resolve();
  if (!sizes) return example::fail(std::string(sizes.error().to_string())) == 0;
  std::map<std::string, std::vector<std::uint64_t>> own;  // scratch and packed weights
  for (std::size_t s = 0; s < operation.steps().size(); ++s) {
    kernel::Resources resources;
    for (std::size_t i = 0; i < operation.operands().size(); ++i) {
      const Operand& o = operation.operands()[i];
      const std::string name(o.name);
      if (const auto given = data.find(name); given != data.end()) {
        resources.bind(Text(o.name), *given->second);
      } else {
        own[name].resize(sizes->bytes(i) / sizeof(std::uint64_t));
        resources.bind(Text(o.name), own[name]);
      }
    }
    if (!example::clean(kernel::interpret(operation.steps()[s].kernel, {sizes->groups(s)}, resources)))
      return false;
  }
  return true;
}

// Discs on a gradient: edges at all angles.
Floats draw() {
  Floats picture;
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (std::int64_t y = 0; y < size; ++y)
      for (std::int64_t x = 0; x < size; ++x) {
        const double radius =
            std::hypot(static_cast<double>(x - size / 2), static_cast<double>(y - size / 2));
        const bool ring = static_cast<int>(radius / 8) % 2 == 0 && radius < 44;
        const double slope = static_cast<double>(plane == 0 ? x : plane == 1 ? y : size - x) / size;
        picture.push_back(static_cast<float>(ring ? 1 - slope * 0.7 : slope * 0.8));
      }
  return picture;
}

// Bilinear interpolation as it is usually written.
float reference(const Floats& picture, std::int64_t plane, std::int64_t y, std::int64_t x) {
  const auto pixel = [&](std::int64_t row, std::int64_t column) {
    row = std::clamp<std::int64_t>(row, 0, size - 1);
    column = std::clamp<std::int64_t>(column, 0, size - 1);
    return static_cast<double>(picture[static_cast<std::size_t>((plane * size + row) * size + column)]);
  };
  const double sy = (static_cast<double>(y) + 0.5) / 2 - 0.5, sx = (static_cast<double>(x) + 0.5) / 2 - 0.5;
  const std::int64_t top = static_cast<std::int64_t>(std::floor(sy)),
                     left = static_cast<std::int64_t>(std::floor(sx));
  const double fy = sy - static_cast<double>(top), fx = sx - static_cast<double>(left);
  return static_cast<float>((pixel(top, left) * (1 - fx) + pixel(top, left + 1) * fx) * (1 - fy) +
                            (pixel(top + 1, left) * (1 - fx) + pixel(top + 1, left + 1) * fx) * fy);
}

#ifdef AIRSTRIP_EXAMPLE_PNG
bool write_png(const Floats& picture, std::int64_t width, const std::string& file) {
  std::vector<png_byte> bytes;
  const std::size_t pixels = static_cast<std::size_t>(width * width);
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t plane = 0; plane < 3; ++plane)
      bytes.push_back(static_cast<png_byte>(std::lround(picture[plane * pixels + i] * 255)));
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(width);
  image.format = PNG_FORMAT_RGB;
  return png_image_write_to_file(&image, example::path_of(file).c_str(), 0, bytes.data(), 0, nullptr) != 0;
}
#endif

}  // namespace

int main() {
  Result<vulkan::Device> device = vulkan::Device::open();
  const Target target = device ? vulkan::tensor_target(device->describe()) : Target();
  const Result<Operation> operations[] = {make_border(target), make_layer(target), make_shuffle(target)};
  Floats x = draw(), w = bilinear_weights();
  Floats bordered(planes * (size + 2) * (size + 2)), layer(planes * 4 * size * size),
      y(planes * 4 * size * size);
  const Named data[] = {{{"x", &x}, {"y", &bordered}},
                        {{"x", &bordered}, {"w", &w}, {"y", &layer}},
                        {{"x", &layer}, {"y", &y}}};
  std::printf("a picture of %d x %d twice as large, %s\n", static_cast<int>(size), static_cast<int>(size),
              device ? ("on " + std::string(device->describe().device_name)).c_str()
                     : "in the interpreter: there is no Vulkan device");
  for (std::size_t i = 0; i < 3; ++i) {
    if (!operations[i]) return example::fail(std::string(operations[i].error().to_string()));
    const bool ran =
        device ? run_on_device(*device, *operations[i], data[i]) : run_interpreted(*operations[i], data[i]);
    if (!ran) return 1;
    for (std::size_t s = 0; s < operations[i]->steps().size(); ++s) {
      const Result<spirv::Module> module = operations[i]->module(s);
      const std::string name(operations[i]->steps()[s].kernel.name());
      if (!example::save(module, "upscale_" + name)) return 1;
    }
  }
  double worst = 0;
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (std::int64_t row = 0; row < 2 * size; ++row)
      for (std::int64_t column = 0; column < 2 * size; ++column) {
        const float found = y[static_cast<std::size_t>((plane * 2 * size + row) * 2 * size + column)];
        worst = std::max(worst, static_cast<double>(std::fabs(found - reference(x, plane, row, column))));
      }
  // Nine products of numbers up to 1: nine roundings of 2^-24 each at most, and as many of the reference's.
  if (worst > 18 * 0x1p-24)
    return example::fail("the result differs from bilinear interpolation by " + std::to_string(worst));
  std::printf("  equal to bilinear interpolation, within %.1g\n", worst);
#ifdef AIRSTRIP_EXAMPLE_PNG
  if (!write_png(x, size, "upscale_before.png") || !write_png(y, 2 * size, "upscale_after.png"))
    return example::fail("could not write the pictures to " + example::path_of(""));
  std::printf("  pictures: %s and …_after.png\n", example::path_of("upscale_before.png").c_str());
#else
  std::printf("  pictures: not written, built without libpng\n");
#endif
  return 0;
}
