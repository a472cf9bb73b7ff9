// Files: what is read, and what is refused before it is opened.
#include "../support/onnx_builder.hpp"
#include "../support/skip.hpp"

#include <airstrip/onnx/file.hpp>
#include <airstrip/onnx/model.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#if !defined(_WIN32)
#include <sys/stat.h>
#endif

using namespace airstrip;
using namespace airstrip::onnx;
namespace fs = std::filesystem;

namespace {

// A folder of its own that goes away again.
class Folder {
public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "airstrip-onnx-").string();
    for (unsigned i = 0; path_.empty(); ++i) {
      std::error_code error;
      if (fs::create_directory(pattern + std::to_string(i), error)) path_ = pattern + std::to_string(i);
    }
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  fs::path path() const { return path_; }
  void write(const std::string& name, const std::string& content) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
  }

private:
  fs::path path_;
};

std::string text_of(const Buffer<std::byte>& bytes) {
  return bytes.empty() ? std::string()
                       : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

TEST_CASE("file: a whole file") {
  const Folder folder;
  folder.write("a.bin", std::string("ab\0cd", 5));
  folder.write("empty", "");
  const Result<Buffer<std::byte>> a = read_file((folder.path() / "a.bin").string());
  REQUIRE(a.ok());
  CHECK(text_of(*a) == std::string("ab\0cd", 5));
  CHECK(read_file((folder.path() / "empty").string())->empty());
  CHECK(read_file((folder.path() / "none").string()).error().code == ErrorCode::FileFailed);
  CHECK(read_file((folder.path() / "none").string()).error().message.contains("none cannot be opened"));
  CHECK(read_file(folder.path().string()).error().code == ErrorCode::FileFailed);
  CHECK(read_file("").error().code == ErrorCode::FileFailed);
}

TEST_CASE("file: directories of paths") {
  CHECK(directory_of("models/a.onnx") == "models");
  CHECK(directory_of("/m/n/a.onnx") == "/m/n");
  CHECK(directory_of("a.onnx") == ".");
  CHECK(directory_of("/a.onnx") == "/");
  CHECK(directory_of("") == ".");
}

TEST_CASE("file: locations stay in their directory") {
  CHECK(*safe_location("w.bin") == "w.bin");
  CHECK(*safe_location("./a//b/./c") == "a/b/c");
  CHECK(*safe_location("a/../b") == "b");
  CHECK(*safe_location("a/b/../../c/d") == "c/d");
  CHECK(*safe_location("..a/b..") == "..a/b..");
  for (const Text wrong :
       {Text(""), Text("/etc/passwd"), Text(".."), Text("../w"), Text("a/../../w"), Text("a/.."), Text("."),
        Text("a\\..\\..\\w"), Text("C:w"), Text("a\0b", 3), Text("./../w")}) {
    const Result<String> location = safe_location(wrong);
    CHECK(location.error().code == ErrorCode::FileFailed);
    CHECK(location.error().message.contains("external data lies in the model's directory"));
  }
}

TEST_CASE("file: regions of external files") {
  const Folder folder;
  folder.write("models/w.bin", "0123456789");
  folder.write("models/sub/w.bin", "abc");
  folder.write("secret", "secret");
  const ExternalFiles files((folder.path() / "models").string());
  Buffer<std::byte> bytes;
  const auto read = [&](Text location, std::uint64_t offset, std::uint64_t length) {
    return files.read({location, offset, true, length}, bytes).error().code;
  };
  CHECK(read("w.bin", 0, 10) == ErrorCode::Ok);
  CHECK(text_of(bytes) == "0123456789");
  CHECK(read("w.bin", 3, 4) == ErrorCode::Ok);
  CHECK(text_of(bytes) == "3456");
  CHECK(read("w.bin", 10, 0) == ErrorCode::Ok);
  CHECK(bytes.empty());
  CHECK(files.read({"w.bin", 7, false, 0}, bytes).ok());
  CHECK(text_of(bytes) == "789");
  CHECK(read("sub/../sub/./w.bin", 1, 2) == ErrorCode::Ok);
  CHECK(text_of(bytes) == "bc");
  CHECK(read("w.bin", 3, 8) == ErrorCode::Truncated);
  CHECK(read("w.bin", 11, 0) == ErrorCode::Truncated);
  // Nothing is allocated for what the file does not have.
  CHECK(read("w.bin", 1, ~0ull) == ErrorCode::Truncated);
  CHECK(read("w.bin", ~0ull, ~0ull) == ErrorCode::Truncated);
  CHECK(bytes.capacity() < 100);
  CHECK(read("none", 0, 1) == ErrorCode::FileFailed);
  CHECK(read("sub", 0, 1) == ErrorCode::FileFailed);
  CHECK(read("w.bin/x", 0, 1) == ErrorCode::FileFailed);
  CHECK(read("../secret", 0, 6) == ErrorCode::FileFailed);
  CHECK(read("sub/../../secret", 0, 6) == ErrorCode::FileFailed);
  CHECK(read((folder.path() / "secret").string(), 0, 6) == ErrorCode::FileFailed);
}

TEST_CASE("file: links and pipes") {
#if defined(_WIN32)
  test::skip("links and pipes are told apart on POSIX systems alone");
#else
  const Folder folder;
  folder.write("models/w.bin", "0123456789");
  folder.write("outside/secret", "secret");
  fs::create_symlink("../outside/secret", folder.path() / "models/link");
  fs::create_directory_symlink("../outside", folder.path() / "models/sub");
  REQUIRE(::mkfifo((folder.path() / "models/pipe").c_str(), 0600) == 0);
  const std::string models = (folder.path() / "models").string();
  const ExternalFiles files(models), following(models, true);
  Buffer<std::byte> bytes;
  for (const Text location : {Text("link"), Text("sub/secret")}) {
    CHECK(files.read({location, 0, true, 6}, bytes).error().code == ErrorCode::FileFailed);
    REQUIRE(following.read({location, 0, true, 6}, bytes).ok());
    CHECK(text_of(bytes) == "secret");
  }
  CHECK(following.read({"../outside/secret", 0, true, 6}, bytes).error().code == ErrorCode::FileFailed);
  CHECK(files.read({"pipe", 0, true, 6}, bytes).error().code == ErrorCode::FileFailed);
  CHECK(read_file(models + "/pipe").error().code == ErrorCode::FileFailed);
#endif
}

TEST_CASE("file: a model and its external weights") {
  const Folder folder;
  const std::vector<float> weights = {1, 2, 3, 4};
  folder.write("data/w.bin", "pad." + std::string(reinterpret_cast<const char*>(weights.data()), 16));
  const auto external = [](const char* location) {
    return test::onnx::external_tensor("w", DataType::Float, {2, 2},
                                       {{"location", location}, {"offset", "4"}});
  };
  folder.write("m.onnx",
               test::onnx::model(test::onnx::graph(
                   {.initializers = {external("data/w.bin"), external("../w.bin"), external("data/none")}})));
  const std::string path = (folder.path() / "m.onnx").string();
  const Result<Buffer<std::byte>> file = read_file(path);
  REQUIRE(file.ok());
  const Result<Model> model = read_model({file->data(), file->size()});
  REQUIRE(model.ok());
  const ExternalFiles files(directory_of(path));
  const Span<const Tensor> tensors = model->graph->initializers;
  const Result<TensorData> data = read_elements(tensors[0], files.source());
  REQUIRE_MESSAGE(data.ok(), data.error().to_string().c_str());
  CHECK(data->get<float>(3) == 4);
  CHECK(read_elements(tensors[1], files.source()).error().code == ErrorCode::FileFailed);
  CHECK(read_elements(tensors[1], files.source()).error().message.contains("the tensor w cannot be read"));
  CHECK(read_elements(tensors[2], files.source()).error().code == ErrorCode::FileFailed);
}
