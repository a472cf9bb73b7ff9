// The bytes of a program: what the writer stores, what the reader refuses, and what sizes come to.
#include <airstrip/program/program.hpp>
#include <airstrip/program/writer.hpp>

#include <cstring>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "support/count_allocations.hpp"
#include "support/skip.hpp"

using namespace airstrip;
using namespace airstrip::program;
using Op = SizeRecord::Op;

namespace {

std::string text_of(const Diagnostic& error) { return std::string(error.to_string()); }

std::vector<unsigned char> finish(ProgramWriter& writer, const char* name = "test") {
  const Result<Buffer<unsigned char>> bytes = writer.finish(name);
  REQUIRE(bytes.ok());
  return {bytes->begin(), bytes->end()};
}

// One module and one dispatch of each kind of reference; `change` breaks what it likes before it is written.
struct Parts {
  Parts() {
    ParameterRecord n;
    n.name = writer.text("n");
    n.maximum = 100;
    n.multiple = 2;
    writer.parameters.push_back(n);
    ParameterRecord f;
    f.name = writer.text("f");
    f.is_size = 0;
    f.scalar = 13;  // F64
    writer.parameters.push_back(f);
    size = writer.size({Op::Parameter, 0, 0, 0, 0});
    TensorRecord x;
    x.name = writer.text("x");
    x.rank = 1;
    x.shape[0] = x.bytes = size;
    writer.tensors.push_back(x);
    RegionRecord of_tensor, of_weights;
    of_tensor.memory = Memory::Tensor;
    of_tensor.tensor = 0;
    of_tensor.size = size;
    of_weights.memory = Memory::Weights;
    of_weights.bytes = 16;
    of_weights.size = size;
    writer.regions.push_back(of_tensor);
    writer.regions.push_back(of_weights);
    writer.weight("w", {weights, sizeof weights});
    const std::uint32_t words[] = {1, 2, 3};
    ModuleRecord m;
    m.words = writer.words(words);
    m.parameter_bytes = 24;
    m.bindings = {0, 2};
    writer.modules.push_back(m);
    writer.bindings.push_back({0, 0, DescriptorType::StorageBuffer, 0});
    writer.bindings.push_back({0, 1, DescriptorType::StorageBuffer, 0});
    writer.operands.push_back({0, 0, 1, 0});
    writer.operands.push_back({1, 1, 1, 0});
    writer.arguments.push_back({ArgumentRecord::Kind::Size, 0, size, 0});
    writer.arguments.push_back({ArgumentRecord::Kind::Number, 8, 1, 0});
    writer.arguments.push_back({ArgumentRecord::Kind::Address, 16, 1, 0});
    DispatchRecord d;
    d.groups = size;
    d.operands = {0, 2};
    d.arguments = {0, 3};
    writer.dispatches.push_back(d);
    VariantRecord v;
    v.name = writer.text("baseline");
    v.dispatches = {0, 1};
    v.scratch_bytes = v.packed_bytes = 256;
    writer.variants.push_back(v);
    writer.requirements.push_back({});
  }
  ProgramWriter writer;
  std::uint32_t size;
  unsigned char weights[20] = {1, 2, 3};
};

template <class F>
std::string refusal(const F& change) {
  Parts parts;
  change(parts.writer);
  const std::vector<unsigned char> bytes = finish(parts.writer);
  const Result<Program> program = Program::open({bytes.data(), bytes.size()});
  if (program.ok()) return "";
  CHECK(program.error().code == ErrorCode::MalformedFile);
  return std::string(program.error().message);
}

// The value of the last of some formulas.
Result<std::int64_t> value_of(std::initializer_list<SizeRecord> formulas) {
  ProgramWriter writer;
  std::uint32_t last = 0;
  for (const SizeRecord& f : formulas) last = writer.size(f);
  const std::vector<unsigned char> bytes = finish(writer);
  const Result<Program> program = Program::open({bytes.data(), bytes.size()});
  REQUIRE(program.ok());
  std::vector<std::int64_t> sizes(program->sizes().size());
  const Result<void> done = program->evaluate({}, sizes);
  if (!done) return done.error();
  return sizes[last];
}
SizeRecord literal(std::int64_t value) { return {Op::Literal, 0, 0, 0, value}; }

}  // namespace

TEST_CASE("program: what is written is read") {
  Parts parts;
  CHECK(parts.writer.text("n").first == parts.writer.text("n").first);
  CHECK(parts.writer.literal(5) == parts.writer.literal(5));
  const std::uint32_t words[] = {1, 2, 3};
  CHECK(parts.writer.words(words).first == 0);
  const std::vector<unsigned char> bytes = finish(parts.writer, "a name");
  CHECK(finish(parts.writer, "a name") == bytes);
  const Result<Program> opened = Program::open({bytes.data(), bytes.size()});
  REQUIRE_MESSAGE(opened.ok(), text_of(opened.error()));
  const Program& p = *opened;
  CHECK(p.name() == Text("a name"));
  CHECK(p.find_tensor("x") == 0);
  CHECK(p.find_tensor("n") == none);
  CHECK(p.find_parameter("f") == 1);
  CHECK(p.find_parameter("g") == none);
  REQUIRE(p.variants().size() == 1);
  REQUIRE(p.dispatches(p.variants()[0]).size() == 1);
  const DispatchRecord& d = p.dispatches(p.variants()[0])[0];
  CHECK(p.operands(d).size() == 2);
  CHECK(p.arguments(d).size() == 3);
  CHECK(p.bindings(p.modules()[0]).size() == 2);
  CHECK(p.words(p.modules()[0]).size() == 3);
  CHECK(p.requirements(p.variants()[0]).empty());
  REQUIRE(p.weights().size() == 1);
  CHECK(p.weights()[0].bytes == 20);
  CHECK(p.weight_bytes().size() == 256);
  CHECK(p.weight_bytes()[1] == 2);
  CHECK(reinterpret_cast<std::uintptr_t>(p.weight_bytes().data()) -
            reinterpret_cast<std::uintptr_t>(bytes.data()) ==
        p.header().weights_offset);
  CHECK(p.header().weights_offset % memory_alignment == 0);
  CHECK(p.check_weights().ok());
  const Program view = p.borrowed();
  CHECK(view.bytes().data() == p.bytes().data());
  CHECK(view.variants().size() == 1);

  Buffer<unsigned char> mine;
  mine.append({bytes.data(), bytes.size()});
  Result<Program> owned = Program::own(static_cast<Buffer<unsigned char>&&>(mine));
  REQUIRE(owned.ok());
  const Program moved = static_cast<Program&&>(*owned);
  CHECK(moved.name() == Text("a name"));

  std::vector<unsigned char> damaged = bytes;
  damaged.back() ^= 1;
  const Result<Program> with = Program::open({damaged.data(), damaged.size()});
  REQUIRE(with.ok());
  CHECK(with->check_weights().error().code == ErrorCode::MalformedFile);
}

TEST_CASE("program: bytes that are none") {
  Parts parts;
  const std::vector<unsigned char> whole = finish(parts.writer);
  const auto refused = [&](ErrorCode code, const char* part, auto change) {
    std::vector<unsigned char> bytes = whole;
    change(bytes);
    bytes.reserve(bytes.size() + 8);
    const Result<Program> program = Program::open({bytes.data(), bytes.size()});
    CHECK(program.error().code == code);
    CAPTURE(text_of(program.error()));
    CHECK(program.error().message.contains(part));
  };
  using Bytes = std::vector<unsigned char>;
  refused(ErrorCode::NotAProgram, "this is no compiled program", [](Bytes& b) { b[0] = 'a'; });
  refused(ErrorCode::NotAProgram, "this is no compiled program", [](Bytes& b) { b.resize(23); });
  refused(ErrorCode::VersionConflict, "the program has version 255 of the format",
          [](Bytes& b) { b[8] = 255; });
  refused(ErrorCode::VersionConflict, "little-endian", [](Bytes& b) { std::swap(b[12], b[15]); });
  refused(ErrorCode::Truncated, "the file is cut off", [](Bytes& b) { b.pop_back(); });
  refused(ErrorCode::MalformedFile, "the checksum of the program's tables does not match",
          [](Bytes& b) { b[sizeof(Header)] ^= 1; });
  refused(ErrorCode::MalformedFile, "the checksum of the program's tables does not match",
          [](Bytes& b) { b[offsetof(Header, weights_checksum)] ^= 1; });
  refused(ErrorCode::MalformedFile, "the checksum of the program's tables does not match",
          [](Bytes& b) { b[offsetof(Header, name) + offsetof(Range, count)] ^= 1; });
  // One record less: a range of the others would still be there.
  refused(ErrorCode::MalformedFile, "the checksum of the program's tables does not match", [](Bytes& b) {
    b[offsetof(Header, tables) + static_cast<std::size_t>(Table::Weights) * sizeof(TableRecord) +
      offsetof(TableRecord, count)] = 0;
  });
  refused(ErrorCode::MalformedFile, "the weights of the program are no multiple of 8 bytes", [](Bytes& b) {
    b.resize(b.size() + 4);
    Header header;
    std::memcpy(&header, b.data(), sizeof header);
    header.bytes += 4;
    header.weights_bytes += 4;
    std::memcpy(b.data(), &header, sizeof header);
    header.tables_checksum = checksum_of_tables(b.data(), header.weights_offset);
    std::memcpy(b.data(), &header, sizeof header);
  });
  refused(ErrorCode::MalformedFile, "the weights of the program do not end where the file does",
          [](Bytes& b) { b[offsetof(Header, weights_bytes)] ^= 8; });
  refused(ErrorCode::MalformedFile, "table 0 of the program does not lie in the file",
          [](Bytes& b) { b[offsetof(Header, tables) + offsetof(TableRecord, count) + 3] = 255; });
  const Result<Program> misaligned = Program::open({whole.data() + 4, whole.size() - 4});
  CHECK(misaligned.error().code == ErrorCode::InvalidOperand);
}

TEST_CASE("program: records that refer to what is not there, or contradict each other") {
  using W = ProgramWriter;
  CHECK(refusal([](W&) {}) == "");
  const auto has = [](const std::string& message, const char* part) {
    CAPTURE(message);
    CHECK(message.find(part) != std::string::npos);
  };
  has(refusal([](W& w) {
        w.size({Op::Add, 9, 0, 0, 0});
      }),
      "size 1 of the program uses a formula that comes later");
  has(refusal([](W& w) { w.size({Op::Parameter, 9, 0, 0, 0}); }), "size 1 of the program refers to");
  has(refusal([](W& w) { w.size({static_cast<Op>(99), 0, 0, 0, 0}); }), "is no formula that is known");
  has(refusal([](W& w) { w.parameters[0].multiple = 0; }),
      "parameter 0 of the program has a multiple below 1");
  has(refusal([](W& w) { w.parameters[0].maximum = -1; }), "or a maximum below 0");
  has(refusal([](W& w) { w.parameters[1].scalar = 14; }), "is of a type that no number has");
  has(refusal([](W& w) { w.tensors[0].rank = 9; }), "tensor 0 of the program has a direction");
  has(refusal([](W& w) { w.tensors[0].name.count = 99999; }), "refers to records that are not there");
  has(refusal([](W& w) { w.modules[0].words.first = 7; }), "module 0 of the program refers to records");
  has(refusal([](W& w) { w.modules[0].parameter_bytes = 22; }), "has parameters that cannot be");
  has(refusal([](W& w) { w.modules[0].parameter_set = 32; }), "has a descriptor that cannot be");
  has(refusal([](W& w) { w.bindings[1].binding = 0; }), "has two descriptors in one place");
  has(refusal([](W& w) { w.modules[0].placement = Placement::Uniform; }), "has two descriptors in one place");
  has(refusal([](W& w) { w.regions[1].bytes = 512; }), "region 1 of the program lies outside the weights");
  has(refusal([](W& w) { w.regions[1].offset = 16; }), "is not aligned");
  has(refusal([](W& w) { w.regions[0].offset = 256; }), "begins inside a tensor");
  has(refusal([](W& w) { w.regions[0].tensor = 1; }), "region 0 of the program refers to a record");
  has(refusal([](W& w) { w.variants[0].max_groups[1] = 0; }), "variant 0 of the program has no workgroups");
  has(refusal([](W& w) { w.operands[1].binding = 0; }), "dispatch 0 of the program binds one thing twice");
  has(refusal([](W& w) { w.operands[1].binding = 2; }), "binds what its module does not have");
  has(refusal([](W& w) { w.operands[1].binding = none; }), "does not bind all that its module has");
  has(refusal([](W& w) { w.regions[1] = {Memory::Scratch, none, 256, 16, 0, 0}; }),
      "lies outside the scratch memory");
  has(refusal([](W& w) { w.regions[1] = {Memory::Packed, none, 0, 257, 0, 0}; }),
      "lies outside the packed memory");
  has(refusal([](W& w) { w.tensors[0].storage = StorageKind::SampledImage; }), "binds a buffer as an image");
  has(refusal([](W& w) { w.bindings[0].type = DescriptorType::StorageImage; }), "binds a buffer as an image");
  has(refusal([](W& w) { w.tensors[0].scalar = 14; }),
      "tensor 0 of the program is of a type that no element has");
  has(refusal([](W& w) { w.arguments[0].offset = 24; }), "has an argument outside its parameters");
  has(refusal([](W& w) { w.arguments[0].offset = 0xFFFFFFFC; }), "has an argument outside its parameters");
  has(refusal([](W& w) { w.arguments[1].offset = 20; }), "has an argument outside its parameters");
  has(refusal([](W& w) { w.arguments[1].index = 0; }), "has a size where a number belongs");
  has(refusal([](W& w) { w.arguments[2].offset = 20; }), "has an argument outside its parameters");
  has(refusal([](W& w) { w.dispatches[0].phase = static_cast<Phase>(2); }),
      "is of a phase that is not known");
  has(refusal([](W& w) { w.variants[0].requirements = {0, 2}; }), "refers to records that are not there");
  // Else a short file could say what takes as long as one many times its size.
  has(refusal([](W& w) {
        const VariantRecord same = w.variants[0];
        w.variants.push_back(same);
      }),
      "variant 1 of the program shares records with another");
  has(refusal([](W& w) {
        const ModuleRecord same = w.modules[0];
        w.modules.push_back(same);
      }),
      "module 1 of the program shares records with another");
  for (const bool arguments : {false, true})
    has(refusal([&](W& w) {
          DispatchRecord same = w.dispatches[0];
          (arguments ? same.operands : same.arguments) = {};
          if (arguments) same.module = 1;
          ModuleRecord without = w.modules[0];
          without.bindings = {};
          w.modules.push_back(without);
          w.dispatches.push_back(same);
          w.variants[0].dispatches.count = 2;
        }),
        "dispatch 1 of the program shares records with another");
  CHECK(refusal([](W& w) {
          w.parameters[1].scalar = 12;  // F32 has a word
          w.arguments[1].offset = 20;
        }) == "");
}

TEST_CASE("program: sizes of any numbers are evaluated without overflow") {
  constexpr std::int64_t most = 0x7FFFFFFFFFFFFFFF, least = -most - 1;
  const auto of = [](Op op, std::int64_t a, std::int64_t b) {
    // Equal literals are one formula.
    const Result<std::int64_t> value = value_of({literal(a), literal(b), {op, 0, a == b ? 0u : 1u, 0, 0}});
    CHECK(value.ok());
    return *value;
  };
  CHECK(of(Op::Add, 3, 4) == 7);
  CHECK(of(Op::Add, most, 1) == most);
  CHECK(of(Op::Add, least, -1) == least);
  CHECK(of(Op::Sub, 4, 3) == 1);
  CHECK(of(Op::Sub, most, -1) == most);
  CHECK(of(Op::Mul, 6, 7) == 42);
  CHECK(of(Op::Mul, most, 2) == most);
  CHECK(of(Op::Mul, most, -2) == least);
  CHECK(of(Op::Mul, least, 2) == least);
  CHECK(of(Op::Mul, least, least) == most);
  CHECK(of(Op::Mul, least, -1) == most);
  CHECK(of(Op::Mul, -3, 5) == -15);
  CHECK(of(Op::Div, 7, 2) == 3);
  CHECK(of(Op::Div, 7, 0) == 0);
  CHECK(of(Op::Div, least, -1) == 0);
  CHECK(of(Op::CeilDiv, 7, 2) == 4);
  CHECK(of(Op::CeilDiv, 8, 2) == 4);
  CHECK(of(Op::CeilDiv, most, 1) == most);
  CHECK(of(Op::Mod, 7, 4) == 3);
  CHECK(of(Op::Min, 7, 4) == 4);
  CHECK(of(Op::Max, 7, 4) == 7);
  const Result<std::int64_t> negative = value_of({literal(3), literal(4), {Op::Sub, 0, 1, 0, 0}});
  CHECK(negative.error().code == ErrorCode::InvalidShape);
  CHECK(negative.error().message.contains("a size of the program would be negative"));
}

TEST_CASE("program: sizes that are given are checked") {
  Parts parts;
  const std::vector<unsigned char> bytes = finish(parts.writer);
  const Result<Program> program = Program::open({bytes.data(), bytes.size()});
  REQUIRE(program.ok());
  std::vector<std::int64_t> sizes(program->sizes().size());
  const auto evaluate = [&](double n) { return program->evaluate({{"n", n}}, sizes); };
  CHECK(evaluate(64).ok());
  CHECK(sizes[0] == 64);
  CHECK(evaluate(0).ok());
  CHECK(evaluate(102).error().code == ErrorCode::LimitExceeded);
  CHECK(evaluate(3).error().message.contains("no multiple of 2"));
  CHECK(evaluate(2.5).error().code == ErrorCode::InvalidShape);
  CHECK(evaluate(-2).error().code == ErrorCode::InvalidShape);
  CHECK(evaluate(1e30).error().code == ErrorCode::InvalidShape);
  CHECK(program->evaluate({}, sizes).error().code == ErrorCode::MissingBinding);
  CHECK(program->evaluate({{"n", 2}}, {}).error().code == ErrorCode::InvalidOperand);
}

TEST_CASE("program: workgroups are folded, all of them covered") {
  Parts parts;
  VariantRecord v;
  v.max_groups[0] = 10;
  v.max_groups[1] = 4;
  const std::vector<unsigned char> bytes = finish(parts.writer);
  const Result<Program> program = Program::open({bytes.data(), bytes.size()});
  REQUIRE(program.ok());
  for (std::int64_t groups = 0; groups <= 41; ++groups) {
    const std::int64_t sizes[] = {groups};
    const Result<GroupCounts> counts =
        program->groups_of(v, program->dispatches(program->variants()[0])[0], sizes);
    CAPTURE(groups);
    if (groups == 41) {
      CHECK(counts.error().code == ErrorCode::LimitExceeded);
      continue;
    }
    REQUIRE(counts.ok());
    CHECK(counts->x <= 10);
    CHECK(counts->y <= 4);
    const std::int64_t all = std::int64_t{counts->x} * counts->y * counts->z;
    CHECK(all >= groups);
    CHECK(all < groups + (groups == 0 ? 1 : counts->y));
  }
  const std::int64_t negative[] = {-5};
  const Result<GroupCounts> counts =
      program->groups_of(v, program->dispatches(program->variants()[0])[0], negative);
  CHECK(counts.ok());
  CHECK(counts->x == 0);
}

TEST_CASE("program: texts and words without any are written, too") {
  ProgramWriter writer;
  const Range text = writer.text(""), words = writer.words({});
  CHECK(text.count == 0);
  CHECK(words.count == 0);
  CHECK(writer.text(Text()).first == text.first);
  CHECK(writer.words({}).first == words.first);
  const std::vector<unsigned char> bytes = finish(writer, "");
  const Result<Program> program = Program::open({bytes.data(), bytes.size()});
  REQUIRE(program.ok());
  CHECK(program->name().empty());
}

TEST_CASE("program: what could not be stored is not taken for what was") {
#if COUNTS_ALLOCATIONS
  const std::uint32_t words[] = {1, 2, 3};
  for (const bool of_words : {false, true}) {
    ProgramWriter writer;
    test::failing = test::last_failing = 0;
    test::allocations = 0;
    test::counting = true;
    for (int i = 0; i < 2; ++i) {
      if (of_words)
        writer.words(words);
      else
        writer.text("abc");
    }
    test::counting = false;
    test::failing = test::last_failing = ~0u;
    CHECK(writer.finish("test").error().code == ErrorCode::OutOfMemory);
  }
#else
  test::skip("a sanitizer has the allocator");
#endif
}
