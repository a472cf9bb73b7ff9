// Any words into a builder: it takes them or fails with an error, and what it took it can write, read and take again.
//   fuzz_import_fuzz -max_len=4096 corpus tests/fuzz/seeds/import
#include <airstrip/spirv/import.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace airstrip;
using namespace airstrip::spirv;

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

void import_with(const ModuleView& view, bool check_types) {
  ModuleOptions options = options_for(view);
  options.check_types = check_types;
  Builder builder(options);
  const Result<ImportMap> map = import_module(view, builder);
  if (!map) {
    require(map.error().code != ErrorCode::Ok && !map.error().message.empty());
    return;
  }
  const Result<Module> module = builder.finish();
  if (!module) {
    require(module.error().code != ErrorCode::Ok && !module.error().message.empty());
    return;
  }
  // The builder's own words are a module that can be read, with every id below the bound.
  const Result<ModuleView> again = parse(module->words());
  require(again.ok() && check_operands(*again).ok());
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

// Bytes changed at random seldom stay a module. Half of the time this changes one as a module: an operand becomes
// another id or a small number, an instruction changes its opcode, goes, or comes twice.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  std::uint32_t state = seed * 2654435761u + 1;
  const auto random = [&](std::size_t below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return below ? state % below : 0;
  };
  const Result<ModuleView> view = parse_bytes(data, size);
  if (!view || view->size() == 0 || random(2) == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::vector<std::uint32_t> words(view->words().begin(), view->words().end());
  for (std::size_t changes = 1 + random(3); changes > 0; --changes) {
    const Instruction i = (*view)[random(view->size())];
    const std::size_t at = i.word_offset(), length = i.words().size();
    if (at + length > words.size()) continue;
    const auto first = words.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random(6)) {
      case 0: words.insert(first, i.words().begin(), i.words().end()); break;
      case 1: words.erase(first, first + static_cast<std::ptrdiff_t>(length)); break;
      case 2: {
        const Span<const InstructionInfo> all = grammar::instructions();
        words[at] = (words[at] & 0xFFFF0000u) | static_cast<std::uint32_t>(all[random(all.size())].op);
        break;
      }
      case 3: words[at + random(length)] = static_cast<std::uint32_t>(random(40)); break;
      default:
        if (length > 1)
          words[at + 1 + random(length - 1)] = static_cast<std::uint32_t>(random(view->bound()));
    }
  }
  if (words.size() * 4 > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, words.data(), words.size() * 4);
  return words.size() * 4;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<ModuleView> view = parse_bytes(data, size);
  if (!view) return 0;
  import_with(*view, true);
  import_with(*view, false);
  return 0;
}
