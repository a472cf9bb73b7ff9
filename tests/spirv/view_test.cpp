#include <airstrip/spirv/view.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::spirv;

namespace {

using Words = std::vector<std::uint32_t>;

constexpr std::uint32_t swapped(std::uint32_t w) {
  return w >> 24 | (w >> 8 & 0xFF00u) | (w << 8 & 0xFF0000u) | w << 24;
}

// Builds words by hand, independently of the emitter.
struct Hand {
  Words words;
  explicit Hand(std::uint32_t bound = 100) : words{magic_number, 0x00010600, 0x00070000, bound, 0} {}
  Hand& op(Op opcode, const Words& operands = {}) {
    words.push_back(static_cast<std::uint32_t>((operands.size() + 1) << 16) |
                    static_cast<std::uint32_t>(opcode));
    words.insert(words.end(), operands.begin(), operands.end());
    return *this;
  }
};
Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Words text(const std::string& s) {
  Words w(s.size() / 4 + 1);
  for (std::size_t i = 0; i < s.size(); ++i)
    w[i / 4] |= static_cast<std::uint32_t>(static_cast<unsigned char>(s[i])) << i % 4 * 8;
  return w;
}
template <class E>
std::uint32_t n(E e) {
  return static_cast<std::uint32_t>(e);
}

// A small compute module that has something of everything.
Words sample() {
  Hand h;
  h.op(Op::OpCapability, {n(Capability::Shader)})
      .op(Op::OpExtInstImport, Words{1} + text("GLSL.std.450"))
      .op(Op::OpMemoryModel, {0, 1})
      .op(Op::OpEntryPoint, Words{5, 20} + text("main") + Words{12})
      .op(Op::OpExecutionMode, {20, n(ExecutionMode::LocalSize), 64, 1, 1})
      .op(Op::OpName, Words{20} + text("main"))
      .op(Op::OpDecorate, {12, n(Decoration::Binding), 3})
      .op(Op::OpTypeVoid, {2})
      .op(Op::OpTypeFunction, {3, 2})
      .op(Op::OpTypeInt, {4, 32, 0})
      .op(Op::OpTypeInt, {5, 64, 1})
      .op(Op::OpTypeFloat, {6, 32})
      .op(Op::OpConstant, {4, 7, 5})
      .op(Op::OpConstant, {5, 8, 0xFFFFFFFF, 0x7FFFFFFF})
      .op(Op::OpConstant, {6, 9, 0x3F800000})
      .op(Op::OpSpecConstantOp, {4, 10, n(Op::OpIAdd), 7, 7})
      .op(Op::OpTypePointer, {11, n(StorageClass::Private), 6})
      .op(Op::OpVariable, {11, 12, n(StorageClass::Private)})
      .op(Op::OpFunction, {2, 20, 0, 3})
      .op(Op::OpLabel, {21})
      .op(Op::OpLoad, {6, 22, 12, n(MemoryAccess::Volatile) | n(MemoryAccess::Aligned), 4})
      .op(Op::OpExtInst, {6, 23, 1, 31, 22})
      .op(Op::OpSelectionMerge, {24, 0})
      .op(Op::OpSwitch, {8, 24, 1, 0, 24, 0xFFFFFFFF, 0xFFFFFFFF, 24})
      .op(Op::OpLabel, {24})
      .op(Op::OpReturn)
      .op(Op::OpFunctionEnd);
  return h.words;
}

struct Decoded {
  std::vector<Operand> operands;
  bool failed;
  Diagnostic error;
};
Decoded decode(const Instruction& instruction) {
  Decoded d{{}, false, {}};
  OperandCursor cursor(instruction);
  for (Operand o; cursor.next(o);) d.operands.push_back(o);
  d.failed = cursor.failed();
  d.error = cursor.error();
  return d;
}
Instruction first(const ModuleView& view, Op op) {
  for (const Instruction i : view)
    if (i.opcode() == op) return i;
  return {};
}

// Of a module with one instruction more than its header.
Decoded decode_one(Op op, const Words& operands, const Words& before = {}) {
  static ModuleView view;  // the operands point into it
  Hand h;
  h.words.insert(h.words.end(), before.begin(), before.end());
  h.op(op, operands);
  Result<ModuleView> parsed = parse(h.words);
  REQUIRE(parsed.ok());
  view = static_cast<Result<ModuleView>&&>(parsed).value();
  return decode(view[view.size() - 1]);
}

std::vector<unsigned char> bytes(const Words& words, bool big_endian) {
  std::vector<unsigned char> out;
  for (const std::uint32_t w : words)
    for (unsigned i = 0; i < 4; ++i)
      out.push_back(static_cast<unsigned char>(w >> (big_endian ? 24 - 8 * i : 8 * i)));
  return out;
}

}  // namespace

TEST_CASE("view: header, instructions, definitions") {
  const Words words = sample();
  const Result<ModuleView> view = parse(words);
  REQUIRE(view.ok());
  CHECK(view->version() == make_version(1, 6));
  CHECK(view->generator() == 0x00070000);
  CHECK(view->bound() == 100);
  CHECK(view->schema() == 0);
  CHECK(view->size() == 27);
  CHECK(Words(view->words().begin(), view->words().end()) == words);

  std::size_t at = header_words, count = 0;
  for (const Instruction i : *view) {
    CHECK(i.word_offset() == at);
    CHECK(i.index() == count);
    CHECK(i.info() != nullptr);
    at += i.words().size();
    ++count;
  }
  CHECK(at == words.size());
  CHECK(count == view->size());

  const Instruction load = view->find_definition(22);
  CHECK(load.opcode() == Op::OpLoad);
  CHECK(load.type_id() == 6);
  CHECK(load.result_id() == 22);
  CHECK(load.word(4) == 3);
  CHECK(load.word(99) == 0);
  CHECK(view->find_definition(2).type_id() == 0);
  CHECK(view->find_definition(21).opcode() == Op::OpLabel);
  CHECK(view->find_definition(3).opcode() == Op::OpTypeFunction);
  CHECK_FALSE(static_cast<bool>(view->find_definition(0)));
  CHECK_FALSE(static_cast<bool>(view->find_definition(99)));
  CHECK_FALSE(static_cast<bool>(view->find_definition(0xFFFFFFFF)));
  CHECK_FALSE(static_cast<bool>((*view)[27]));
  const Instruction none;
  CHECK(none.words().empty());
  CHECK(none.info() == nullptr);
  CHECK(none.result_id() == 0);
  CHECK(none.word_offset() == 0);

  CHECK(view->number_type(4).kind == NumberType::Kind::Unsigned);
  CHECK(view->number_type(5).kind == NumberType::Kind::Signed);
  CHECK(view->number_type(5).words() == 2);
  CHECK(view->number_type(6).kind == NumberType::Kind::Float);
  CHECK(view->number_type(6).encoding == NumberType::ieee754);
  CHECK(view->number_type(2).kind == NumberType::Kind::Unknown);
  CHECK(view->number_type(77).kind == NumberType::Kind::Unknown);
  REQUIRE(view->ext_inst_set(1) != nullptr);
  CHECK(Text(view->ext_inst_set(1)->name) == "GLSL.std.450");
  CHECK(view->ext_inst_set(2) == nullptr);
  CHECK(check_operands(*view).ok());
  CHECK(check_ids(*view).ok());
}

TEST_CASE("view: both byte orders give the same words") {
  const Words words = sample();
  Words turned = words;
  for (std::uint32_t& w : turned) w = swapped(w);
  const Result<ModuleView> a = parse(turned);
  REQUIRE(a.ok());
  CHECK(Words(a->words().begin(), a->words().end()) == words);
  for (const bool big_endian : {false, true}) {
    std::vector<unsigned char> data = bytes(words, big_endian);
    data.insert(data.begin(), 0);  // odd address
    const Result<ModuleView> b = parse_bytes(data.data() + 1, data.size() - 1);
    REQUIRE(b.ok());
    CHECK(Words(b->words().begin(), b->words().end()) == words);
    String storage;
    const Instruction name = first(*b, Op::OpName);
    CHECK(literal_text(name.words().subspan(2), storage) == "main");
  }
}

TEST_CASE("view: borrowed words are not copied, a view can be moved") {
  const Words words = sample();
  Result<ModuleView> view = ModuleView::borrow(words);
  REQUIRE(view.ok());
  CHECK(view->words().data() == words.data());
  CHECK(parse(words)->words().data() != words.data());
  const ModuleView moved = static_cast<Result<ModuleView>&&>(view).value();
  CHECK(moved.size() == 27);
  CHECK(moved.find_definition(22).opcode() == Op::OpLoad);
  Words turned = words;
  for (std::uint32_t& w : turned) w = swapped(w);
  const Result<ModuleView> other = ModuleView::borrow(turned);
  REQUIRE(other.ok());
  CHECK(other->words().data() != turned.data());
  CHECK(other->words()[1] == words[1]);
}

TEST_CASE("view: words that are no module") {
  const Words good = sample();
  const auto fails = [](const Words& words, ErrorCode code, std::size_t offset) {
    const Result<ModuleView> view = parse(words);
    CHECK(view.error().code == code);
    CHECK(view.error().word_offset == offset);
    CHECK_FALSE(view.error().message.empty());
    CHECK(view->size() == 0);
  };
  fails({}, ErrorCode::Truncated, 0);
  fails({0x07230204, 0, 0, 0, 0}, ErrorCode::NotAModule, 0);
  fails({0, 0x10000, 0, 10, 0}, ErrorCode::NotAModule, 0);
  fails({magic_number}, ErrorCode::Truncated, 1);
  fails({magic_number, 0x10000, 0, 10}, ErrorCode::Truncated, 4);
  fails({magic_number, 0x10000, 0, 10, 0, 0}, ErrorCode::MalformedInstruction, 5);
  fails({magic_number, 0x10000, 0, 10, 0, 0x00020011}, ErrorCode::Truncated, 5);
  fails({magic_number, 0x10000, 0, 10, 0, 0xFFFF0011, 1}, ErrorCode::Truncated, 5);
  CHECK(parse(Words{magic_number, 0x10000, 0, 10, 0}).ok());

  // Every cut is either at the end of an instruction or an error that says where the cut instruction began.
  Words ends{header_words};
  const Result<ModuleView> whole = parse(good);
  for (const Instruction i : *whole)
    ends.push_back(static_cast<std::uint32_t>(i.word_offset() + i.words().size()));
  for (std::size_t cut = header_words; cut <= good.size(); ++cut) {
    const Result<ModuleView> view =
        parse(Words(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(cut)));
    std::size_t begin = 0;
    for (const std::uint32_t end : ends)
      if (end <= cut) begin = end;
    CHECK(view.ok() == (begin == cut));
    if (!view) {
      CHECK(view.error().code == ErrorCode::Truncated);
      CHECK(view.error().word_offset == begin);
    }
  }

  std::vector<unsigned char> data = bytes(good, false);
  data.pop_back();
  const Result<ModuleView> odd = parse_bytes(data.data(), data.size());
  CHECK(odd.error().code == ErrorCode::Truncated);
  CHECK(odd.error().word_offset == good.size() - 1);
  CHECK(parse_bytes(data.data(), 3).error().code == ErrorCode::Truncated);
  CHECK(parse_bytes(nullptr, 0).error().code == ErrorCode::Truncated);
  CHECK(parse_bytes("this is a text", 14).error().code == ErrorCode::NotAModule);
}

TEST_CASE("view: the bound may lie; memory follows the words") {
  for (const std::uint32_t bound : {0u, 1u, 22u, 100u, 10000u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    Words words = sample();
    words[3] = bound;
    const Result<ModuleView> view = parse(words);
    REQUIRE(view.ok());
    CHECK(view->bound() == bound);
    CHECK(view->memory() <= words.size() * 36 + 512);
    for (const Instruction i : *view) {
      if (i.result_id() == 0) continue;
      CHECK(view->find_definition(i.result_id()).index() == i.index());
    }
    CHECK_FALSE(static_cast<bool>(view->find_definition(98)));
    CHECK(check_operands(*view).ok());
    const Result<void> ids = check_ids(*view);
    CHECK(ids.ok() == (bound > 24));
    if (!ids) CHECK(ids.error().code == ErrorCode::IdOutOfBound);
  }
  // Large ids, out of order, with a second definition: the first wins.
  Hand h(5);
  h.op(Op::OpTypeVoid, {0xFFFFFFFF})
      .op(Op::OpTypeVoid, {4000000})
      .op(Op::OpTypeBool, {0xFFFFFFFF})
      .op(Op::OpTypeVoid, {3});
  const Result<ModuleView> view = parse(h.words);
  REQUIRE(view.ok());
  CHECK(view->find_definition(0xFFFFFFFF).index() == 0);
  CHECK(view->find_definition(4000000).index() == 1);
  CHECK(view->find_definition(3).index() == 3);
  CHECK_FALSE(static_cast<bool>(view->find_definition(4000001)));
}

TEST_CASE("view: many ids that no table covers are found by search") {
  Hand h(0xFFFFFFFF);
  std::mt19937 random(7);
  Words ids;
  for (unsigned i = 0; i < 3000; ++i) {
    ids.push_back(0x80000000u | static_cast<std::uint32_t>(random()));
    h.op(Op::OpTypeVoid, {ids.back()});
  }
  const Result<ModuleView> view = parse(h.words);
  REQUIRE(view.ok());
  for (const std::uint32_t id : ids) CHECK(view->find_definition(id).result_id() == id);
  CHECK(view->memory() <= h.words.size() * 36 + 512);
}

TEST_CASE("view: operands by the grammar") {
  const Words words = sample();
  const Result<ModuleView> view = parse(words);
  REQUIRE(view.ok());

  Decoded d = decode(first(*view, Op::OpEntryPoint));
  REQUIRE(d.operands.size() == 4);
  CHECK(d.operands[0].kind == OperandKind::ExecutionModel);
  CHECK(Text(d.operands[0].enumerant->name) == "GLCompute");
  CHECK(d.operands[1].role == IdRole::Function);
  CHECK(d.operands[2].kind == OperandKind::LiteralString);
  CHECK(d.operands[2].words.size() == 2);
  CHECK(d.operands[3].is_id());
  CHECK(d.operands[3].position == 5);

  d = decode(first(*view, Op::OpExecutionMode));
  REQUIRE(d.operands.size() == 5);
  CHECK_FALSE(d.operands[1].is_parameter);
  CHECK(d.operands[2].is_parameter);
  CHECK(d.operands[2].word() == 64);

  d = decode(view->find_definition(8));
  REQUIRE(d.operands.size() == 3);
  CHECK(d.operands[0].kind == OperandKind::IdResultType);
  CHECK(d.operands[1].kind == OperandKind::IdResult);
  CHECK(d.operands[2].words.size() == 2);
  CHECK(d.operands[2].number.kind == NumberType::Kind::Signed);
  CHECK(d.operands[2].number.bits == 64);

  d = decode(view->find_definition(10));  // OpSpecConstantOp IAdd
  REQUIRE(d.operands.size() == 5);
  REQUIRE(d.operands[2].nested != nullptr);
  CHECK(d.operands[2].nested->op == Op::OpIAdd);
  CHECK(d.operands[4].is_id());

  d = decode(view->find_definition(22));  // a mask, one of whose bits has a parameter
  REQUIRE(d.operands.size() == 5);
  CHECK(d.operands[3].kind == OperandKind::MemoryAccess);
  CHECK(d.operands[4].kind == OperandKind::LiteralInteger);
  CHECK(d.operands[4].is_parameter);

  d = decode(view->find_definition(23));  // OpExtInst
  REQUIRE(d.operands.size() == 5);
  CHECK(d.operands[2].role == IdRole::ExtInstSet);
  REQUIRE(d.operands[3].ext_inst != nullptr);
  CHECK(Text(d.operands[3].ext_inst->name) == "Sqrt");

  d = decode(first(*view, Op::OpSwitch));  // 64-bit literals, as the selector
  REQUIRE(d.operands.size() == 6);
  CHECK(d.operands[2].words.size() == 2);
  CHECK(d.operands[2].number.kind == NumberType::Kind::Signed);
  CHECK(d.operands[3].role == IdRole::Label);
  CHECK(d.operands[4].words[1] == 0xFFFFFFFF);
  CHECK_FALSE(d.failed);
  CHECK(d.error.code == ErrorCode::Ok);
}

TEST_CASE("view: masks with several parameters take them in the order of the bits") {
  const Words operands{1,  2,  n(MemoryAccess::Aligned) | n(MemoryAccess::MakePointerAvailable),
                       16, 40, n(MemoryAccess::Aligned),
                       8};
  const Decoded d = decode_one(Op::OpCopyMemory, operands);
  CHECK_FALSE(d.failed);
  REQUIRE(d.operands.size() == 7);
  CHECK(d.operands[3].kind == OperandKind::LiteralInteger);
  CHECK(d.operands[4].kind == OperandKind::IdScope);
  CHECK(d.operands[4].is_id());
  CHECK(d.operands[5].kind == OperandKind::MemoryAccess);
  CHECK_FALSE(d.operands[5].is_parameter);
  CHECK(d.operands[6].word() == 8);
}

TEST_CASE("view: what the grammar does not have is opaque") {
  Decoded d = decode_one(static_cast<Op>(60000), {1, 2, 3});
  CHECK_FALSE(d.failed);
  REQUIRE(d.operands.size() == 1);
  CHECK(d.operands[0].is_opaque);
  CHECK(d.operands[0].words.size() == 3);
  CHECK_FALSE(d.operands[0].is_id());
  CHECK(decode_one(static_cast<Op>(60000), {}).operands.empty());

  d = decode_one(Op::OpDecorate, {1, 0x12345678, 7, 8});
  CHECK_FALSE(d.failed);
  REQUIRE(d.operands.size() == 3);
  CHECK(d.operands[1].enumerant == nullptr);
  CHECK(d.operands[2].is_opaque);
  CHECK(d.operands[2].words.size() == 2);

  // No enumerant of a storage class has parameters, so that the operand after it is known.
  d = decode_one(Op::OpVariable, {1, 2, 9999, 3});
  REQUIRE(d.operands.size() == 4);
  CHECK(d.operands[2].enumerant == nullptr);
  CHECK(d.operands[3].is_id());

  d = decode_one(Op::OpLoad, {1, 2, 3, 0x80000001, 9});  // a mask bit
  REQUIRE(d.operands.size() == 5);
  CHECK(d.operands[4].is_opaque);

  d = decode_one(Op::OpExtInst, {1, 2, 3, 900, 4, 5});  // no such import
  REQUIRE(d.operands.size() == 6);
  CHECK(d.operands[3].ext_inst == nullptr);
  CHECK(d.operands[5].is_id());

  d = decode_one(Op::OpConstant, {90, 2, 1, 2, 3});  // no such type
  REQUIRE(d.operands.size() == 3);
  CHECK(d.operands[2].number.kind == NumberType::Kind::Unknown);
  CHECK(d.operands[2].words.size() == 3);

  d = decode_one(Op::OpSpecConstantOp, {1, 2, 60000, 3});
  CHECK_FALSE(d.failed);
  REQUIRE(d.operands.size() == 4);
  CHECK(d.operands[3].is_opaque);
}

TEST_CASE("view: operands that do not fit their instruction") {
  const auto fails = [](Op op, const Words& operands, ErrorCode code, std::size_t word) {
    const Decoded d = decode_one(op, operands);
    CHECK(d.failed);
    CHECK(d.error.code == code);
    CHECK(d.error.word_offset == header_words + word);
    CHECK(d.error.instruction == grammar::find(op)->name);
    CHECK(d.error.message.contains(grammar::find(op)->name));
  };
  const ErrorCode malformed = ErrorCode::MalformedInstruction;
  fails(Op::OpTypeInt, {1, 32}, malformed, 3);
  fails(Op::OpTypeInt, {1, 32, 0, 0}, malformed, 4);
  fails(Op::OpReturn, {1}, malformed, 1);
  fails(Op::OpLabel, {}, malformed, 1);
  fails(Op::OpName, {1}, malformed, 2);
  fails(Op::OpName, {1, 0x41414141, 0x42424242}, malformed, 2);
  fails(Op::OpName, {1, 0x00414141, 0x42424242}, malformed, 3);
  fails(Op::OpExecutionMode, {1, n(ExecutionMode::LocalSize), 1, 1}, malformed, 5);
  fails(Op::OpLoad, {1, 2, 3, n(MemoryAccess::Aligned)}, malformed, 5);
  fails(Op::OpPhi, {1, 2, 3}, malformed, 4);
  fails(Op::OpSwitch, {1, 2, 3}, malformed, 4);
  fails(Op::OpSpecConstantOp, {1, 2, n(Op::OpIAdd), 3}, malformed, 5);
  fails(Op::OpSpecConstantOp, {1, 2, n(Op::OpStore), 3, 4}, ErrorCode::InvalidOperand, 3);
  fails(Op::OpSpecConstantOp, {1, 2, n(Op::OpSpecConstantOp), 3, 4}, ErrorCode::InvalidOperand, 3);

  // A 64-bit constant of one word, and an OpExtInst with too few operands, in a module that says so.
  Hand types;
  types.op(Op::OpTypeInt, {1, 64, 0}).op(Op::OpExtInstImport, Words{4} + text("GLSL.std.450"));
  const Words before(types.words.begin() + header_words, types.words.end());
  Decoded d = decode_one(Op::OpConstant, {1, 2, 3}, before);
  CHECK(d.error.code == malformed);
  CHECK(d.error.word_offset == header_words + before.size() + 3);
  d = decode_one(Op::OpExtInst, {1, 2, 4, 31}, before);
  CHECK(d.error.code == malformed);
  d = decode_one(Op::OpExtInst, {1, 2, 4, 31, 5, 6}, before);
  CHECK(d.error.word_offset == header_words + before.size() + 6);
  CHECK_FALSE(decode_one(Op::OpExtInst, {1, 2, 4, 31, 5}, before).failed);

  Words words = sample();
  Hand broken;
  broken.words = words;
  broken.op(Op::OpName, {1});
  const Result<void> checked = check_operands(*parse(broken.words));
  CHECK(checked.error().code == malformed);
  CHECK(checked.error().word_offset == words.size() + 2);
}

TEST_CASE("view: ids") {
  const auto check = [](const Hand& h) { return check_ids(*parse(h.words)).error(); };
  Hand good(4);
  good.op(Op::OpTypeVoid, {1}).op(Op::OpTypeFunction, {2, 1}).op(Op::OpName, Words{2} + text("f"));
  CHECK(check(good).code == ErrorCode::Ok);
  Hand zero = good;
  zero.op(Op::OpTypeFunction, {3, 0});
  CHECK(check(zero).code == ErrorCode::EmptyId);
  CHECK(check(zero).word_offset == good.words.size() + 2);
  Hand undefined = good;
  undefined.op(Op::OpName, Words{3} + text("g"));
  CHECK(check(undefined).code == ErrorCode::UndefinedId);
  CHECK(check(undefined).offered == "%3");
  Hand twice = good;
  twice.op(Op::OpTypeBool, {1});
  CHECK(check(twice).code == ErrorCode::Redefinition);
  CHECK(check(twice).word_offset == good.words.size() + 1);
  CHECK(Text(check(twice).instruction) == "OpTypeBool");
  Hand bound = good;
  bound.op(Op::OpTypeBool, {4});
  CHECK(check(bound).code == ErrorCode::IdOutOfBound);
}

TEST_CASE("view: types that refer to themselves end") {
  Hand h;
  h.op(Op::OpTypeArray, {1, 1, 1})
      .op(Op::OpTypePointer, {2, 0, 3})
      .op(Op::OpTypePointer, {3, 0, 2})
      .op(Op::OpConstant, {4, 4, 1})
      .op(Op::OpSwitch, {4, 4, 1, 2})
      .op(Op::OpExtInst, {5, 5, 5, 5, 5});
  const Result<ModuleView> view = parse(h.words);
  REQUIRE(view.ok());
  CHECK(check_operands(*view).ok());
  CHECK(view->number_type(4).kind == NumberType::Kind::Unknown);
}

TEST_CASE("view: random damage never leads outside the words") {
  const char* const given = std::getenv("AIRSTRIP_TEST_SEED");
  const auto seed =
      given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 0)) : std::random_device{}();
  std::printf("view_test: AIRSTRIP_TEST_SEED=%u\n", seed);
  CAPTURE(seed);
  std::mt19937 random(seed);
  const Words good = sample();
  std::size_t parsed = 0;
  for (unsigned round = 0; round < 20000; ++round) {
    Words words = good;
    for (unsigned i = 1 + random() % 4; i > 0; --i) {
      std::uint32_t& w = words[random() % words.size()];
      switch (random() % 4) {
        case 0: w = static_cast<std::uint32_t>(random()); break;
        case 1: w ^= 1u << random() % 32; break;
        case 2: w = static_cast<std::uint32_t>(random() % 64); break;
        default: w = (w & 0xFFFF0000u) | static_cast<std::uint32_t>(random() % 6000); break;
      }
    }
    if (random() % 4 == 0) words.resize(random() % (words.size() + 1));
    words.shrink_to_fit();  // so that a sanitizer sees the end
    const Result<ModuleView> view = ModuleView::borrow(words);
    if (!view) {
      CHECK(view.error().word_offset <= words.size());
      continue;
    }
    ++parsed;
    CHECK(view->memory() <= words.size() * 36 + 512);
    for (const Instruction i : *view) {
      OperandCursor cursor(i);
      std::uint32_t at = 1;
      for (Operand o; cursor.next(o);) {
        // Operands follow each other without a gap, inside the instruction.
        if (o.position != at || o.words.empty()) FAIL("operands out of order at word " << i.word_offset());
        at += static_cast<std::uint32_t>(o.words.size());
      }
      if (at > i.words().size() || (!cursor.failed() && at != i.words().size()))
        FAIL("operands do not end with their instruction at word " << i.word_offset());
    }
    if (const Result<void> ids = check_ids(*view); !ids) CHECK(ids.error().word_offset < words.size());
  }
  CHECK(parsed > 100);
}
