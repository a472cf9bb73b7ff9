// Disassembling, beside spvBinaryToText with the options that give the same kind of text.
#include "support.hpp"

#include <spirv-tools/libspirv.h>

#include <sstream>

using namespace airstrip;
using namespace airstrip::spirv;

namespace bench {
namespace {

enum Kind { exact, exact_header, friendly };
constexpr std::int64_t small = 4 << 10, large = 1 << 20;

DisassembleOptions our_options(Kind kind) {
  switch (kind) {
    case exact: return {.header = false, .result_column = 0};
    case exact_header: return {};
    default: return {.friendly = true};
  }
}
std::uint32_t their_options(Kind kind) {
  switch (kind) {
    case exact: return SPV_BINARY_TO_TEXT_OPTION_NO_HEADER;
    case exact_header: return SPV_BINARY_TO_TEXT_OPTION_INDENT;
    default: return SPV_BINARY_TO_TEXT_OPTION_INDENT | SPV_BINARY_TO_TEXT_OPTION_FRIENDLY_NAMES;
  }
}
spv_const_context context() {
  static const spv_context made = spvContextCreate(SPV_ENV_VULKAN_1_1);
  return made;
}
std::string their_text(const Words& words, Kind kind) {
  spv_text text = nullptr;
  spvBinaryToText(context(), words.data(), words.size(), their_options(kind), &text, nullptr);
  std::string copy = text ? std::string(text->str, text->length) : std::string();
  spvTextDestroy(text);
  return copy;
}
std::size_t tokens(const std::string& text) {
  std::istringstream in(text);
  std::string token;
  std::size_t count = 0;
  while (in >> token) ++count;
  return count;
}
// Instructions, operands and ids of a text: its tokens outside comments (generators are named there).
std::size_t code_tokens(const std::string& text) {
  std::istringstream in(text);
  std::string line;
  std::size_t count = 0;
  while (std::getline(in, line)) count += tokens(line.substr(0, line.find(';')));
  return count;
}
const char* wrong(const Words& words, Kind kind) {
  const Result<ModuleView> view = parse(words);
  if (!view) return "the module does not parse";
  const String written = disassemble(*view, our_options(kind));
  const std::string text(written.c_str(), written.size());
  if (text.empty() || code_tokens(text) != code_tokens(their_text(words, kind)))
    return "another number of tokens";
  spv_binary assembled = nullptr;
  const bool valid = spvTextToBinaryWithOptions(context(), text.data(), text.size(),
                                                SPV_TEXT_TO_BINARY_OPTION_PRESERVE_NUMERIC_IDS, &assembled,
                                                nullptr) == SPV_SUCCESS;
  Words again;
  if (valid) again.assign(assembled->code, assembled->code + assembled->wordCount);
  spvBinaryDestroy(assembled);
  if (again.size() != words.size()) return "the text does not assemble to as many words";
  // The generator in the header is the assembler's; friendly names get new numbers.
  again[2] = words[2];
  return kind == friendly || again == words ? nullptr : "the text assembles to other words";
}

template <Kind kind>
void ours(benchmark::State& state) {
  const Words& words = compute_module(static_cast<std::size_t>(state.range(0)));
  if (words.empty()) return state.SkipWithError("no module");
  static std::string checked;
  const std::string size = std::to_string(state.range(0)) + " ";
  if (checked.find(size) == std::string::npos) {
    if (const char* const error = wrong(words, kind)) return state.SkipWithError(error);
    checked += size;
  }
  // From words, as the other does: the index is part of it.
  for (auto _ : state) {
    const Result<ModuleView> view = ModuleView::borrow(words);
    const String text = disassemble(*view, our_options(kind));
    benchmark::DoNotOptimize(text.c_str());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(4 * words.size()));
}
template <Kind kind>
void theirs(benchmark::State& state) {
  const Words& words = compute_module(static_cast<std::size_t>(state.range(0)));
  if (words.empty()) return state.SkipWithError("no module");
  for (auto _ : state) {
    spv_text text = nullptr;
    if (spvBinaryToText(context(), words.data(), words.size(), their_options(kind), &text, nullptr) !=
        SPV_SUCCESS)
      return state.SkipWithError("spvBinaryToText failed");
    benchmark::DoNotOptimize(text->str);
    spvTextDestroy(text);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(4 * words.size()));
}

BENCHMARK(ours<exact>)->Name("disassemble/exact")->Arg(small)->Arg(large);
BENCHMARK(theirs<exact>)->Name("disassemble/exact_spirv_tools")->Arg(small)->Arg(large);
BENCHMARK(ours<exact_header>)->Name("disassemble/indented")->Arg(small)->Arg(large);
BENCHMARK(theirs<exact_header>)->Name("disassemble/indented_spirv_tools")->Arg(small)->Arg(large);
BENCHMARK(ours<friendly>)->Name("disassemble/friendly")->Arg(small)->Arg(large);
BENCHMARK(theirs<friendly>)->Name("disassemble/friendly_spirv_tools")->Arg(small)->Arg(large);

}  // namespace
}  // namespace bench
