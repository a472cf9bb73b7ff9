// Any bytes that are a module into text. The text ends, is in proportion, and is the same each time.
//   fuzz_disassemble_fuzz -max_len=4096 corpus tests/fuzz/seeds/disassemble
#include <airstrip/spirv/disassemble.hpp>

#include <cstddef>
#include <cstdint>

using namespace airstrip;
using namespace airstrip::spirv;

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<ModuleView> view = parse_bytes(data, size);
  if (!view) return 0;

  const String exact = disassemble(*view);
  // A word is at most a mask of all its bits' names.
  const std::size_t limit = view->words().size() * 1024;
  require(!exact.empty() && exact.size() <= limit);
  require(exact[exact.size() - 1] == '\n');
  require(disassemble(*view) == exact);

  DisassembleOptions options;
  options.friendly = true;
  options.byte_offsets = true;
  options.result_column = 40;
  const String friendly = disassemble(*view, options);
  require(!friendly.empty() && friendly.size() <= limit);

  const FriendlyNames names(*view);
  for (const Instruction i : *view) {
    const String line = disassemble_instruction(*view, i.index(), &names);
    require(!line.empty() && line[line.size() - 1] != '\n');
    if (i.result_id() == 0) continue;
    const String name = names.name(i.result_id());
    require(!name.empty() && name.size() <= 120);
    for (const char c : name)
      require((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
    const bool is_number = name[0] >= '0' && name[0] <= '9';
    require(is_number == names.find(i.result_id()).empty());
  }
  return 0;
}
