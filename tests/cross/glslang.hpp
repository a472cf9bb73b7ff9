// glslangValidator, as a child: GLSL becomes words again.
#pragma once

#include "compare.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace test {

// Whether there is one; else a test case that needs it is skipped.
inline bool has_glslang() {
  static const bool found = std::system("glslangValidator --version >/dev/null 2>&1") == 0;
  return found;
}

struct Compiled {
  Words words;
  std::string message;
};

inline Compiled compile_glsl(const std::string& glsl, const std::string& stage,
                             const std::string& environment) {
  Compiled result;
  std::string folder = std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp";
  folder += "/airstrip-XXXXXX";
  if (!mkdtemp(folder.data())) {
    result.message = "no temporary folder can be made";
    return result;
  }
  const std::string source = folder + "/shader", binary = folder + "/shader.spv", said = folder + "/said";
  if (std::FILE* const file = std::fopen(source.c_str(), "wb")) {
    std::fwrite(glsl.data(), 1, glsl.size(), file);
    std::fclose(file);
  }
  const std::string command = "glslangValidator -V --target-env " + environment + " -S " + stage + " -o " +
                              binary + " " + source + " >" + said + " 2>&1";
  const bool is_compiled = std::system(command.c_str()) == 0;
  const auto read = [](const std::string& path) {
    std::string bytes;
    if (std::FILE* const file = std::fopen(path.c_str(), "rb")) {
      char block[4096];
      for (std::size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0;) bytes.append(block, n);
      std::fclose(file);
    }
    return bytes;
  };
  result.message = read(said);
  if (is_compiled) {
    const std::string bytes = read(binary);
    result.words.resize(bytes.size() / 4);
    for (std::size_t i = 0; i < result.words.size() * 4; ++i)
      result.words[i / 4] |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << i % 4 * 8;
  }
  for (const std::string& path : {source, binary, said}) unlink(path.c_str());
  rmdir(folder.c_str());
  return result;
}

}  // namespace test
