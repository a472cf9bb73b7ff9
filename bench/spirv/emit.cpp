// Emitting arithmetic: the typed builder beside the least work there is, appending the same words to a std::vector.
//
// Three ways of appending. `insert` puts an instruction's words together in an array and inserts that: what it reads as
// one load of 16 bytes was stored as four words a moment ago, and that cannot be forwarded, so that most of its time is
// waiting (README.md has the measurement). `insert_stored` inserts words that were in memory before: the copy alone.
// `resize` makes room and stores each word where it belongs.
//
// The time is that of the instructions alone; types, constants and the function's frame are written before the clock
// starts, and memory is warm on both sides (Builder::reset, std::vector::clear).
#include "emit.hpp"
#include "support.hpp"

using namespace airstrip;
using namespace airstrip::spirv;

namespace bench {
namespace {

struct BuilderSink {
  Builder& b;
  ValueId floats[emit_constants];
  ValueId integers[emit_constants];
  TypeId f32, u32;

  ValueId fmul(ValueId a, ValueId c) { return b.OpFMul(a, c); }
  ValueId fadd(ValueId a, ValueId c) { return b.OpFAdd(a, c); }
  ValueId iadd(ValueId a, ValueId c) { return b.OpIAdd(a, c); }
};
// The same with the result type given.
struct TypedSink : BuilderSink {
  ValueId fmul(ValueId a, ValueId c) { return b.OpFMul(f32, a, c); }
  ValueId fadd(ValueId a, ValueId c) { return b.OpFAdd(f32, a, c); }
  ValueId iadd(ValueId a, ValueId c) { return b.OpIAdd(u32, a, c); }
};

FunctionId begin(BuilderSink& sink) {
  Builder& b = sink.b;
  b.reset();
  sink.f32 = b.declare_float(32);
  sink.u32 = b.declare_uint32();
  for (unsigned i = 0; i < emit_constants; ++i) {
    sink.floats[i] = b.constant(1.0f + static_cast<float>(i));
    sink.integers[i] = b.constant(i);
  }
  return b.begin_function(b.declare_void(), {}, "main");
}
void end(BuilderSink& sink, FunctionId function) {
  sink.b.end_function();
  sink.b.add_compute_entry_point(function, "main", 1);
}

// Appends what the builder would.
struct VectorSink {
  VectorSink(const BuilderSink& like, Words& words_) : words(words_), next(like.b.bound()) {
    for (unsigned i = 0; i < emit_constants; ++i) {
      floats[i] = like.floats[i].number();
      integers[i] = like.integers[i].number();
    }
    f32 = like.f32.number();
    u32 = like.u32.number();
  }
  Words& words;
  std::uint32_t next;
  std::uint32_t floats[emit_constants], integers[emit_constants];
  std::uint32_t f32, u32;
};
constexpr std::uint32_t first_word(Op op) { return 5u << 16 | static_cast<std::uint32_t>(op); }

struct InsertSink : VectorSink {
  using VectorSink::VectorSink;
  std::uint32_t append(Op op, std::uint32_t type, std::uint32_t a, std::uint32_t c) {
    const std::uint32_t p[] = {first_word(op), type, next, a, c};
    words.insert(words.end(), p, p + 5);
    return next++;
  }
  std::uint32_t fmul(std::uint32_t a, std::uint32_t c) { return append(Op::OpFMul, f32, a, c); }
  std::uint32_t fadd(std::uint32_t a, std::uint32_t c) { return append(Op::OpFAdd, f32, a, c); }
  std::uint32_t iadd(std::uint32_t a, std::uint32_t c) { return append(Op::OpIAdd, u32, a, c); }
};
struct InsertStoredSink : VectorSink {
  InsertStoredSink(const BuilderSink& like, Words& words_, const Words& stored)
      : VectorSink(like, words_), source(stored.data()) {}
  const std::uint32_t* source;
  std::uint32_t append() {
    words.insert(words.end(), source, source + 5);
    source += 5;
    return next++;
  }
  std::uint32_t fmul(std::uint32_t, std::uint32_t) { return append(); }
  std::uint32_t fadd(std::uint32_t, std::uint32_t) { return append(); }
  std::uint32_t iadd(std::uint32_t, std::uint32_t) { return append(); }
};
struct ResizeSink : VectorSink {
  using VectorSink::VectorSink;
  std::uint32_t append(Op op, std::uint32_t type, std::uint32_t a, std::uint32_t c) {
    const std::size_t at = words.size();
    words.resize(at + 5);
    std::uint32_t* const to = words.data() + at;
    to[0] = first_word(op);
    to[1] = type;
    to[2] = next;
    to[3] = a;
    to[4] = c;
    return next++;
  }
  std::uint32_t fmul(std::uint32_t a, std::uint32_t c) { return append(Op::OpFMul, f32, a, c); }
  std::uint32_t fadd(std::uint32_t a, std::uint32_t c) { return append(Op::OpFAdd, f32, a, c); }
  std::uint32_t iadd(std::uint32_t a, std::uint32_t c) { return append(Op::OpIAdd, u32, a, c); }
};

const ModuleOptions checked{.target = Target::vulkan(1, 1)};

// Whether the builder's instructions are the vector's words, each with its location, in a valid module.
template <class Sink>
const char* wrong(BuilderSink& sink, std::size_t count) {
  const FunctionId function = begin(sink);
  const std::size_t before = sink.b.section_words(Section::Function).size();
  Words expected;
  InsertSink insert(sink, expected);
  emit_arithmetic(insert, count);
  emit_arithmetic(static_cast<Sink&>(sink), count);
  const Span<const std::uint32_t> words = sink.b.section_words(Section::Function).subspan(before);
  if (expected.size() != 5 * count || Words(words.begin(), words.end()) != expected)
    return "the builder's words are not those of the vector";
  end(sink, function);
  const Result<Module> module = sink.b.finish();
  if (!module) return "the builder failed";
  if (!validate(module->words()).empty()) return "the module is invalid";
  const SourceLocation where =
      module->location_of(module->size() - 3 - 2);  // before OpReturn and OpFunctionEnd
  return where.line != 0 && std::string(where.file).find("emit.cpp") != std::string::npos ? nullptr
                                                                                          : "no locations";
}

template <class Sink>
void builder(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Builder b(checked);
  Sink sink{{b, {}, {}, {}, {}}};
  if (const char* const error = wrong<Sink>(sink, count)) return state.SkipWithError(error);
  for (auto _ : state) {
    begin(sink);
    const Stopwatch watch;
    emit_arithmetic(sink, count);
    state.SetIterationTime(watch.seconds());
  }
  if (b.failed()) state.SkipWithError("the builder failed");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
void deduced(benchmark::State& state) {
  struct Sink : BuilderSink {};
  builder<Sink>(state);
}
void typed(benchmark::State& state) { builder<TypedSink>(state); }

template <class Sink>
Sink make(const BuilderSink& like, Words& words, const Words& stored) {
  if constexpr (std::is_same_v<Sink, InsertStoredSink>)
    return Sink(like, words, stored);
  else
    return Sink(like, words);
}
template <class Sink>
void vector(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Builder b(checked);
  BuilderSink like{b, {}, {}, {}, {}};
  begin(like);
  Words words, expected;
  InsertSink insert(like, expected);
  emit_arithmetic(insert, count);
  Sink first = make<Sink>(like, words, expected);
  emit_arithmetic(first, count);
  if (words != expected) return state.SkipWithError("the words differ");
  for (auto _ : state) {
    words.clear();
    Sink sink = make<Sink>(like, words, expected);
    const Stopwatch watch;
    emit_arithmetic(sink, count);
    benchmark::DoNotOptimize(words.data());
    benchmark::ClobberMemory();
    state.SetIterationTime(watch.seconds());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// From reset to final words.
void module(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Builder b(checked);
  struct Sink : BuilderSink {};
  Sink sink{{b, {}, {}, {}, {}}};
  if (const char* const error = wrong<Sink>(sink, count)) return state.SkipWithError(error);
  for (auto _ : state) {
    const FunctionId function = begin(sink);
    emit_arithmetic(sink, count);
    end(sink, function);
    const Result<Span<const std::uint32_t>> words = b.finish_words();
    benchmark::DoNotOptimize(words->data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(deduced)->Name("emit/builder")->Arg(2000)->Arg(20000)->UseManualTime();
BENCHMARK(typed)->Name("emit/builder_typed")->Arg(2000)->Arg(20000)->UseManualTime();
BENCHMARK(vector<InsertSink>)->Name("emit/insert")->Arg(2000)->Arg(20000)->UseManualTime();
BENCHMARK(vector<InsertStoredSink>)->Name("emit/insert_stored")->Arg(2000)->Arg(20000)->UseManualTime();
BENCHMARK(vector<ResizeSink>)->Name("emit/resize")->Arg(2000)->Arg(20000)->UseManualTime();
BENCHMARK(module)->Name("emit_module/builder")->Arg(2000)->Arg(20000);

}  // namespace
}  // namespace bench
