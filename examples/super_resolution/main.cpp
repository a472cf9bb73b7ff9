// A picture twice as large, by a trained network on the Vulkan device at hand.
//
//     super_resolution [PICTURE]
//
// The model is loaded and compiled for the device, every module is validated and reflected, and the picture, which was halved
// first so that the truth is known, is enlarged. What comes out is compared with the same network in plain C++ (reference.cpp)
// and, as pictures, with the bicubic filter. Fails when anything differs.
#include "picture.hpp"
#include "reference.hpp"

#include "failure.hpp"

#include <airstrip/graph.hpp>
#include <airstrip/onnx.hpp>
#include <airstrip/player_device.hpp>
#include <airstrip/reflect.hpp>
#include <airstrip/vulkan_tensor.hpp>
#ifdef AIRSTRIP_TOOL_VALIDATE
#include <airstrip/validate.hpp>
#endif

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

using namespace airstrip;

namespace {

constexpr const char* photograph = "/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg";
constexpr float tolerance = 1e-4f;  // of values from 0 to 1: 1/40 of what a picture of 8 bits can tell

// The value, or the end of the program.
template <class T>
T expect(Result<T> result, const char* what) {
  if (!result) throw tool::Failure(what, result.error());
  return std::move(*result);
}
void expect(const Result<void>& result, const char* what) {
  if (!result) throw tool::Failure(what, result.error());
}

double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Every module is valid SPIR-V, and says of itself what the program says of it.
std::size_t check_modules(const program::Program& program) {
  std::size_t bytes = 0;
  for (const program::ModuleRecord& module : program.modules()) {
    const Span<const std::uint32_t> words = program.words(module);
    bytes += words.size() * 4;
#ifdef AIRSTRIP_TOOL_VALIDATE
    const std::uint32_t version = program.variants()[0].api_version;
    (void)expect(
        validate(words, spirv::Target::vulkan(version >> 22, version >> 12 & 0x3FF).enable_everything()),
        "a module is not valid");
#endif
    const Reflection reflection = expect(reflect(words), "a module cannot be reflected");
    if (reflection.entry_points().size() != 1)
      throw tool::Failure(tool::ExitCode::Negative, "a module has not one entry point");
    const reflection::EntryPoint& entry = reflection.entry_points()[0];
    const bool is_the_same = entry.workgroup.x == module.workgroup[0] &&
                             entry.workgroup.y == module.workgroup[1] &&
                             entry.workgroup.z == module.workgroup[2] &&
                             reflection.bindings(entry).size() == module.bindings.count;
    if (!is_the_same)
      throw tool::Failure(tool::ExitCode::Negative,
                          "a module's reflection is not what the program says of it");
  }
  return bytes;
}

float largest_difference(const Planes& a, const Planes& b) {
  float largest = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const float difference = std::fabs(a.values[i] - b.values[i]);
    if (std::isnan(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

int run(const std::string& path) {
  // The picture, its half, and what the bicubic filter makes of that.
  const bool has_photograph = !path.empty() || std::filesystem::exists(photograph);
  if (!has_photograph)
    std::printf("%s is not there (Debian: python-matplotlib-data): a drawn picture instead\n", photograph);
  const Planes truth = has_photograph ? read_picture(path.empty() ? photograph : path) : draw_picture();
  const Planes half = resized(truth, truth.width / 2, truth.height / 2);
  const Planes bicubic = resized(half, truth.width, truth.height);

  // [readme: super_resolution]
  // The model, as a program for this device; its sizes stay open up to those of the picture.
  const double start = now();
  const Buffer<std::byte> file =
      expect(onnx::read_file(AIRSTRIP_EXAMPLE_MODELS "/super_resolution.onnx"), "the model");
  const onnx::Model model = expect(onnx::read_model({file.data(), file.size()}), "the model");
  vulkan::Device device = expect(vulkan::Device::open(), "no device");
  const onnx::SizeOption maxima[] = {{"height", static_cast<std::int64_t>(half.height)},
                                     {"width", static_cast<std::int64_t>(half.width)}};
  onnx::ImportOptions options;
  options.maxima = maxima;
  const graph::Graph graph = expect(onnx::import_model(model, options), "the model");
  const program::Program program =
      expect(graph::compile(graph, vulkan::tensor_target(device.describe())), "the model cannot be compiled");
  const double compiled = now();

  player::Session session = expect(player::Session::make(device, program), "the program cannot be loaded");
  const program::ParameterValue sizes[] = {{"height", static_cast<double>(half.height)},
                                           {"width", static_cast<double>(half.width)}};
  expect(session.set_parameters(sizes), "the sizes");
  expect(session.set_input("picture", half.values.data(), half.values.size() * 4), "the picture");
  const double loaded = now();
  Planes enlarged(truth.width, truth.height);
  double times[6];  // the first is for warmth
  expect(session.time(times), "the run");
  expect(session.get_output("enlarged", enlarged.values.data(), enlarged.values.size() * 4), "the result");
  // [readme: end]
  std::sort(times + 1, times + 6);

  const std::size_t spirv_bytes = check_modules(program);
  const double before = now();
  const Planes reference = enlarge_by_reference(model, half);
  const double reference_time = now() - before;
  const float error = largest_difference(enlarged, reference);
  const Planes ours = rounded(enlarged);
  const double psnr_bicubic = psnr(bicubic, truth), psnr_ours = psnr(ours, truth);

  const std::string sheet = AIRSTRIP_EXAMPLE_OUTPUT "/super_resolution.png";
  write_sheet(sheet, {&bicubic, &ours, &truth}, truth);
  write_picture(AIRSTRIP_EXAMPLE_OUTPUT "/enlarged.png", ours);

  const std::string name(device.describe().device_name);
  std::printf("super resolution of %zu x %zu pixels to %zu x %zu on %s\n", half.width, half.height,
              truth.width, truth.height, name.c_str());
#ifdef AIRSTRIP_TOOL_VALIDATE
  std::printf("  pipelines        %u, valid says SPIRV-Tools %s\n", session.model().pipeline_count(),
              linked_validator_version());
#else
  std::printf("  pipelines        %u, not validated: built without SPIRV-Tools\n",
              session.model().pipeline_count());
#endif
  std::printf("  SPIR-V           %zu bytes\n", spirv_bytes);
  std::printf("  compile          %.1f ms\n", compiled - start);
  std::printf("  load             %.1f ms\n", loaded - compiled);
  std::printf("  run              %.1f ms, median of 5\n", times[3]);
  std::printf("  plain C++        %.1f ms; largest difference %.2g, permitted %.2g\n", reference_time,
              static_cast<double>(error), static_cast<double>(tolerance));
  std::printf("  PSNR bicubic     %.2f dB\n", psnr_bicubic);
  std::printf("  PSNR ours        %.2f dB\n", psnr_ours);
  std::printf("  bicubic | ours | truth: %s\n", sheet.c_str());
  if (!(error <= tolerance))
    throw tool::Failure(tool::ExitCode::Negative, "the device computes something else than plain C++");
  if (has_photograph && path.empty() && psnr_ours < psnr_bicubic + 2)
    throw tool::Failure(tool::ExitCode::Negative, "the network is not 2 dB better than the bicubic filter");
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc > 2) {
    std::fprintf(stderr, "usage: super_resolution [PICTURE]\n");
    return 2;
  }
  return run(argc == 2 ? argv[1] : "");
} catch (const std::exception& error) {
  std::fprintf(stderr, "super_resolution: %s\n", error.what());
  return 1;
}
