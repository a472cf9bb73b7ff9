// Parsing by SPIRV-Cross, which makes an object of each type, constant, variable, function and block. In a file of its
// own because its enumerants have the names of glslang's.
#if !defined(__cpp_exceptions)
#define SPIRV_CROSS_EXCEPTIONS_TO_ASSERTIONS
#endif
#include <spirv_cross/spirv_parser.hpp>

#include "support.hpp"

namespace bench {
namespace {

void spirv_cross_parse(benchmark::State& state) {
  const Words& words = compute_module(static_cast<std::size_t>(state.range(0)));
  if (words.empty()) return state.SkipWithError("no module");
  std::size_t ids = 0;
  for (auto _ : state) {
    spirv_cross::Parser parser(words.data(), words.size());
    parser.parse();
    ids = parser.get_parsed_ir().ids.size();
  }
  if (ids != words[3]) state.SkipWithError("another number of ids");
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(4 * words.size()));
}

BENCHMARK(spirv_cross_parse)->Name("parse/spirv_cross")->Arg(4 << 10)->Arg(64 << 20);

}  // namespace
}  // namespace bench
