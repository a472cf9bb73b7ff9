// disassemble_tool [--friendly] FILE: the text of a module on standard output.
// Exit status: 0, 1 for a file that cannot be read or a wrong command line, 2 for words that are no module.
#include <airstrip/spirv/disassemble.hpp>

#include <cstdio>
#include <cstring>

using namespace airstrip;

int main(int argc, char** argv) {
  spirv::DisassembleOptions options;
  const char* path = nullptr;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--friendly") == 0)
      options.friendly = true;
    else if (std::strcmp(argv[i], "--offsets") == 0)
      options.byte_offsets = true;
    else if (std::strcmp(argv[i], "--comments") == 0)
      options.comments = true;
    else
      path = argv[i];
  }
  std::FILE* const file = path ? std::fopen(path, "rb") : nullptr;
  if (!file) {
    std::fprintf(stderr,
                 path ? "cannot open %s\n"
                      : "usage: disassemble_tool [--friendly] [--offsets] [--comments] FILE%s\n",
                 path ? path : "");
    return 1;
  }
  Buffer<char> bytes;
  char chunk[65536];
  for (std::size_t n; (n = std::fread(chunk, 1, sizeof chunk, file)) > 0;)
    if (!bytes.append(Span<const char>(chunk, n))) break;
  std::fclose(file);
  const Result<spirv::ModuleView> view = spirv::parse_bytes(bytes.data(), bytes.size());
  if (!view) {
    std::fprintf(stderr, "%s: %s\n", path, view.error().to_string().c_str());
    return 2;
  }
  const String text = spirv::disassemble(*view, options);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}
