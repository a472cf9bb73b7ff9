// Parsing: our index of every instruction and id, beside spvBinaryParse, which decodes every operand for a callback.
#include "support.hpp"

#include <spirv-tools/libspirv.h>

#include <algorithm>

using namespace airstrip;
using namespace airstrip::spirv;

namespace bench {
namespace {

constexpr std::int64_t small = 4 << 10, large = 64 << 20;

spv_const_context context() {
  static const spv_context made = spvContextCreate(SPV_ENV_VULKAN_1_1);
  return made;
}
spv_result_t count_instruction(void* count, const spv_parsed_instruction_t*) {
  ++*static_cast<std::size_t*>(count);
  return SPV_SUCCESS;
}

// Whether a view agrees with SPIRV-Tools on every instruction.
struct Comparison {
  const ModuleView& view;
  std::size_t at = 0;
};
spv_result_t compare_instruction(void* data, const spv_parsed_instruction_t* theirs) {
  Comparison& comparison = *static_cast<Comparison*>(data);
  const Instruction ours = comparison.view[comparison.at++];
  const bool same =
      static_cast<std::uint16_t>(ours.opcode()) == theirs->opcode &&
      ours.words().size() == theirs->num_words &&
      std::equal(ours.words().begin(), ours.words().end(), theirs->words) &&
      ours.type_id() == theirs->type_id && ours.result_id() == theirs->result_id &&
      (theirs->result_id == 0 || comparison.view.find_definition(theirs->result_id).index() == ours.index());
  return same ? SPV_SUCCESS : SPV_ERROR_INVALID_BINARY;
}
bool right(const Words& words, const Result<ModuleView>& view) {
  if (!view || view->words().size() != words.size() ||
      !std::equal(words.begin(), words.end(), view->words().begin()))
    return false;
  Comparison comparison{*view};
  return spvBinaryParse(context(), &comparison, words.data(), words.size(), nullptr, compare_instruction,
                        nullptr) == SPV_SUCCESS &&
         comparison.at == view->size();
}

template <Result<ModuleView> (*Parse)(Span<const std::uint32_t>)>
void airstrip_parse(benchmark::State& state) {
  const Words& words = compute_module(static_cast<std::size_t>(state.range(0)));
  if (words.empty()) return state.SkipWithError("no module");
  static std::vector<const Words*> checked;
  if (std::find(checked.begin(), checked.end(), &words) == checked.end()) {
    if (!right(words, Parse(words))) return state.SkipWithError("the view is wrong");
    checked.push_back(&words);
  }
  std::size_t instructions = 0;
  for (auto _ : state) {
    const Result<ModuleView> view = Parse(words);
    instructions = view->size();
    benchmark::DoNotOptimize(instructions);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(4 * words.size()));
  state.counters["instructions"] = static_cast<double>(instructions);
}
void spirv_tools(benchmark::State& state) {
  const Words& words = compute_module(static_cast<std::size_t>(state.range(0)));
  if (words.empty()) return state.SkipWithError("no module");
  std::size_t instructions = 0;
  for (auto _ : state) {
    instructions = 0;
    if (spvBinaryParse(context(), &instructions, words.data(), words.size(), nullptr, count_instruction,
                       nullptr) != SPV_SUCCESS)
      return state.SkipWithError("spvBinaryParse failed");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(4 * words.size()));
  state.counters["instructions"] = static_cast<double>(instructions);
}
// Every operand decoded and every id looked at: the work that spvBinaryParse does while it parses.
void parse_and_check(benchmark::State& state) {
  const Words& words = compute_module(static_cast<std::size_t>(state.range(0)));
  if (words.empty()) return state.SkipWithError("no module");
  for (auto _ : state) {
    const Result<ModuleView> view = parse(words);
    if (!view || !check_operands(*view) || !check_ids(*view)) return state.SkipWithError("the checks failed");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(4 * words.size()));
}
// The memory's own speed: a copy into fresh memory, as `parse` must make.
void copy(benchmark::State& state) {
  const Words& words = compute_module(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const Words copied(words);
    benchmark::DoNotOptimize(copied.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(4 * words.size()));
}

BENCHMARK(airstrip_parse<parse>)->Name("parse/parse")->Arg(small)->Arg(large);
BENCHMARK(airstrip_parse<ModuleView::borrow>)->Name("parse/borrow")->Arg(small)->Arg(large);
BENCHMARK(parse_and_check)->Name("parse/parse_and_check")->Arg(small)->Arg(large);
BENCHMARK(spirv_tools)->Name("parse/spirv_tools")->Arg(small)->Arg(large);
BENCHMARK(copy)->Name("parse/copy")->Arg(small)->Arg(large);

}  // namespace
}  // namespace bench
