#include <airstrip/spirv/disassemble.hpp>

#include "../support/skip.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::spirv;

namespace {

using Words = std::vector<std::uint32_t>;

struct Hand {  // words by hand, independently of the emitter
  Words words;
  explicit Hand(std::uint32_t bound = 100, std::uint32_t version = 0x00010600)
      : words{magic_number, version, 0x00070000, bound, 0} {}
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

std::string exact(const Words& words, unsigned column = 0) {
  DisassembleOptions options;
  options.header = false;
  options.result_column = column;
  const Result<ModuleView> view = parse(words);
  REQUIRE(view.ok());
  return disassemble(*view, options);
}
std::string friendly(const Words& words) {
  DisassembleOptions options;
  options.friendly = true;
  options.header = false;
  options.result_column = 0;
  const Result<ModuleView> view = parse(words);
  REQUIRE(view.ok());
  return disassemble(*view, options);
}
// The last line, which is of the last instruction.
std::string last_line(const Words& words) {
  std::string t = exact(words);
  REQUIRE_FALSE(t.empty());
  t.pop_back();
  return t.substr(t.rfind('\n') + 1);
}

Words sample() {
  Hand h(24);
  h.op(Op::OpCapability, {n(Capability::Shader)})
      .op(Op::OpExtInstImport, Words{1} + text("GLSL.std.450"))
      .op(Op::OpMemoryModel, {0, 1})
      .op(Op::OpEntryPoint, Words{5, 4} + text("main") + Words{14})
      .op(Op::OpExecutionMode, {4, n(ExecutionMode::LocalSize), 64, 1, 1})
      .op(Op::OpName, Words{4} + text("main"))
      .op(Op::OpName, Words{14} + text("a b"))
      .op(Op::OpDecorate, {14, n(Decoration::DescriptorSet), 0})
      .op(Op::OpDecorate, {14, n(Decoration::Binding), 3})
      .op(Op::OpMemberDecorate, {12, 0, n(Decoration::Offset), 0})
      .op(Op::OpTypeVoid, {2})
      .op(Op::OpTypeFunction, {3, 2})
      .op(Op::OpTypeInt, {5, 32, 0})
      .op(Op::OpTypeInt, {6, 32, 1})
      .op(Op::OpTypeFloat, {7, 32})
      .op(Op::OpTypeVector, {8, 7, 4})
      .op(Op::OpConstant, {5, 9, 3})
      .op(Op::OpConstant, {7, 10, 0xBF000000})
      .op(Op::OpTypeArray, {11, 7, 9})
      .op(Op::OpTypeStruct, {12, 11})
      .op(Op::OpTypePointer, {13, n(StorageClass::StorageBuffer), 12})
      .op(Op::OpVariable, {13, 14, n(StorageClass::StorageBuffer)})
      .op(Op::OpSpecConstantOp, {5, 15, n(Op::OpIAdd), 9, 9})
      .op(Op::OpTypePointer, {16, n(StorageClass::StorageBuffer), 7})
      .op(Op::OpFunction, {2, 4, 0, 3})
      .op(Op::OpLabel, {17})
      .op(Op::OpAccessChain, {16, 18, 14, 9, 9})
      .op(Op::OpLoad, {7, 19, 18, n(MemoryAccess::Volatile) | n(MemoryAccess::Aligned), 4})
      .op(Op::OpExtInst, {7, 20, 1, 31, 19})
      .op(Op::OpSelectionMerge, {21, 0})
      .op(Op::OpSwitch, {9, 21, 0xFFFFFFFF, 21})
      .op(Op::OpLabel, {21})
      .op(Op::OpReturn)
      .op(Op::OpFunctionEnd);
  return h.words;
}

// --- spirv-as ----------------------------------------------------------------------------------------------------

// AIRSTRIP_SPIRV_AS is a command (it may have arguments); without it, spirv-as of the PATH.
std::string assembler() {
  const char* const given = std::getenv("AIRSTRIP_SPIRV_AS");
  const std::string command = given && *given ? given : "spirv-as";
#ifdef _WIN32
  const char* const quiet = " --version > NUL 2>&1";
#else
  const char* const quiet = " --version > /dev/null 2>&1";
#endif
  return std::system((command + quiet).c_str()) == 0 ? command : std::string();
}

class Folder {
public:
  Folder() {
    std::error_code error;
    path_ =
        std::filesystem::temp_directory_path(error) / ("airstrip_" + std::to_string(std::random_device{}()));
    std::filesystem::create_directory(path_, error);
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  std::string file(const char* name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

void write_file(const std::string& path, const void* data, std::size_t size) {
  std::FILE* const f = std::fopen(path.c_str(), "wb");
  REQUIRE(f != nullptr);
  CHECK(std::fwrite(data, 1, size, f) == size);
  std::fclose(f);
}
Words read_words(const std::string& path) {
  Words words;
  std::FILE* const f = std::fopen(path.c_str(), "rb");
  if (!f) return words;
  for (std::uint32_t w; std::fread(&w, 4, 1, f) == 1;) words.push_back(w);
  std::fclose(f);
  return words;
}

Words assemble(const Folder& folder, const std::string& command, const std::string& source, Version version,
               const char* more = "--preserve-numeric-ids ") {
  write_file(folder.file("text.spvasm"), source.data(), source.size());
  const std::string line = command + " " + more + "--target-env spv" + std::to_string(version >> 8) + "." +
                           std::to_string(version & 0xFF) + " " + folder.file("text.spvasm") + " -o " +
                           folder.file("words.spv");
  if (std::system(line.c_str()) != 0) return {};
  return read_words(folder.file("words.spv"));
}

bool comes_back(const Folder& folder, const std::string& command, const Words& words) {
  const Result<ModuleView> view = parse(words);
  REQUIRE(view.ok());
  const Words back = assemble(folder, command, disassemble(*view), view->version());
  return back.size() == words.size() &&
         std::equal(back.begin() + header_words, back.end(), words.begin() + header_words);
}

}  // namespace

TEST_CASE("disassemble: the exact text") {
  const Result<ModuleView> view = parse(sample());
  REQUIRE(view.ok());
  DisassembleOptions options;
  options.result_column = 0;
  CHECK(disassemble(*view, options) == R"(; SPIR-V
; Version: 1.6
; Generator: Khronos SPIR-V Tools Assembler; 0
; Bound: 24
; Schema: 0
OpCapability Shader
%1 = OpExtInstImport "GLSL.std.450"
OpMemoryModel Logical GLSL450
OpEntryPoint GLCompute %4 "main" %14
OpExecutionMode %4 LocalSize 64 1 1
OpName %4 "main"
OpName %14 "a b"
OpDecorate %14 DescriptorSet 0
OpDecorate %14 Binding 3
OpMemberDecorate %12 0 Offset 0
%2 = OpTypeVoid
%3 = OpTypeFunction %2
%5 = OpTypeInt 32 0
%6 = OpTypeInt 32 1
%7 = OpTypeFloat 32
%8 = OpTypeVector %7 4
%9 = OpConstant %5 3
%10 = OpConstant %7 -0.5
%11 = OpTypeArray %7 %9
%12 = OpTypeStruct %11
%13 = OpTypePointer StorageBuffer %12
%14 = OpVariable %13 StorageBuffer
%15 = OpSpecConstantOp %5 IAdd %9 %9
%16 = OpTypePointer StorageBuffer %7
%4 = OpFunction %2 None %3
%17 = OpLabel
%18 = OpAccessChain %16 %14 %9 %9
%19 = OpLoad %7 %18 Volatile|Aligned 4
%20 = OpExtInst %7 %1 Sqrt %19
OpSelectionMerge %21 None
OpSwitch %9 %21 4294967295 %21
%21 = OpLabel
OpReturn
OpFunctionEnd
)");
}

TEST_CASE("disassemble: the friendly text") {
  CHECK(friendly(sample()) == R"(OpCapability Shader
%1 = OpExtInstImport "GLSL.std.450"
OpMemoryModel Logical GLSL450
OpEntryPoint GLCompute %main "main" %a_b
OpExecutionMode %main LocalSize 64 1 1
OpName %main "main"
OpName %a_b "a b"
OpDecorate %a_b DescriptorSet 0
OpDecorate %a_b Binding 3
OpMemberDecorate %_struct_12 0 Offset 0
%void = OpTypeVoid
%3 = OpTypeFunction %void
%uint = OpTypeInt 32 0
%int = OpTypeInt 32 1
%float = OpTypeFloat 32
%v4float = OpTypeVector %float 4
%uint_3 = OpConstant %uint 3
%float_n0_5 = OpConstant %float -0.5
%_arr_float_uint_3 = OpTypeArray %float %uint_3
%_struct_12 = OpTypeStruct %_arr_float_uint_3
%_ptr_StorageBuffer__struct_12 = OpTypePointer StorageBuffer %_struct_12
%a_b = OpVariable %_ptr_StorageBuffer__struct_12 StorageBuffer
%15 = OpSpecConstantOp %uint IAdd %uint_3 %uint_3
%_ptr_StorageBuffer_float = OpTypePointer StorageBuffer %float

%main = OpFunction %void None %3
%17 = OpLabel
%18 = OpAccessChain %_ptr_StorageBuffer_float %a_b %uint_3 %uint_3
%19 = OpLoad %float %18 Volatile|Aligned 4
%20 = OpExtInst %float %1 Sqrt %19
OpSelectionMerge %21 None
OpSwitch %uint_3 %21 4294967295 %21
%21 = OpLabel
OpReturn
OpFunctionEnd
)");
}

TEST_CASE("disassemble: columns, offsets and comments") {
  Hand h;
  h.op(Op::OpTypeVoid, {1}).op(Op::OpTypeFunction, {12345, 1}).op(Op::OpNop).op(Op::OpTypeVoid, {1234567890});
  CHECK(exact(h.words, 15) == "          %1 = OpTypeVoid\n"
                              "      %12345 = OpTypeFunction %1\n"
                              "               OpNop\n"
                              " %1234567890 = OpTypeVoid\n");
  CHECK(exact(h.words, 8) ==
        "   %1 = OpTypeVoid\n%12345 = OpTypeFunction %1\n        OpNop\n%1234567890 = OpTypeVoid\n");
  const Result<ModuleView> view = parse(sample());
  DisassembleOptions options;
  options.result_column = 0;
  options.byte_offsets = options.comments = true;
  const String t = disassemble(*view, options);
  CHECK(t.contains("\nOpCapability Shader  ; 0x00000014\n"));
  CHECK(t.contains("\n%14 = OpVariable %13 StorageBuffer  ; 0x0000015c  ; DescriptorSet 0, Binding 3\n"));
}

TEST_CASE("disassemble: one instruction") {
  const Result<ModuleView> view = parse(sample());
  REQUIRE(view.ok());
  const std::size_t load = view->find_definition(19).index();
  CHECK(disassemble_instruction(*view, load) == "%19 = OpLoad %7 %18 Volatile|Aligned 4");
  const FriendlyNames names(*view);
  CHECK(disassemble_instruction(*view, load, &names) == "%19 = OpLoad %float %18 Volatile|Aligned 4");
  CHECK(disassemble_instruction(*view, view->find_definition(14).index(), &names) ==
        "%a_b = OpVariable %_ptr_StorageBuffer__struct_12 StorageBuffer");
  CHECK(disassemble_instruction(*view, 1000).empty());
  Hand h;
  h.op(static_cast<Op>(60000), {7});
  CHECK(disassemble_instruction(*parse(h.words), 0) == "!0x2ea60 !0x7  ; not in the grammar: opcode 60000");
}

TEST_CASE("disassemble: strings") {
  const auto string = [](const std::string& s) {
    return last_line(Hand().op(Op::OpString, Words{1} + text(s)).words);
  };
  CHECK(string("") == "%1 = OpString \"\"");
  CHECK(string("abc") == "%1 = OpString \"abc\"");
  CHECK(string("abcd") == "%1 = OpString \"abcd\"");
  CHECK(string("say \"no\\yes\"") == R"(%1 = OpString "say \"no\\yes\"")");
  CHECK(string("\\") == R"(%1 = OpString "\\")");
  CHECK(string("gr\xC3\xBC\xC3\x9F; (\t)") == "%1 = OpString \"gr\xC3\xBC\xC3\x9F; (\t)\"");
  CHECK(exact(Hand().op(Op::OpString, Words{1} + text("two\nlines")).words) ==
        "%1 = OpString \"two\nlines\"\n");
  // Something after the end.
  CHECK(last_line(Hand().op(Op::OpString, {1, 0x62006161}).words) == "%1 = OpString !0x62006161");
  CHECK(last_line(Hand().op(Op::OpString, {1, 0x61616161, 0x00000100}).words) ==
        "%1 = OpString !0x61616161 !0x100");
  CHECK(last_line(Hand().op(Op::OpString, Words{1} + text(std::string(70000, 'x'))).words).substr(0, 26) ==
        "%1 = OpString !0x78787878 ");
}

TEST_CASE("disassemble: integers of every width") {
  const auto constant = [](std::uint32_t bits, std::uint32_t sign, const Words& value) {
    return last_line(Hand().op(Op::OpTypeInt, {1, bits, sign}).op(Op::OpConstant, Words{1, 2} + value).words)
        .substr(19);
  };
  CHECK(constant(32, 0, {0xFFFFFFFF}) == "4294967295");
  CHECK(constant(32, 1, {0xFFFFFFFF}) == "-1");
  CHECK(constant(32, 1, {0x80000000}) == "-2147483648");
  CHECK(constant(8, 0, {255}) == "255");
  CHECK(constant(8, 1, {0xFFFFFF80}) == "-128");
  CHECK(constant(16, 1, {0xFFFF8000}) == "-32768");
  CHECK(constant(16, 0, {0xFFFF}) == "65535");
  CHECK(constant(64, 0, {0xFFFFFFFF, 0xFFFFFFFF}) == "18446744073709551615");
  CHECK(constant(64, 1, {0, 0x80000000}) == "-9223372036854775808");
  CHECK(constant(64, 1, {0xFFFFFFFF, 0xFFFFFFFF}) == "-1");
  CHECK(constant(48, 1, {0xFFFFFFFE, 0xFFFFFFFF}) == "-2");
  CHECK(constant(24, 0, {0xFFFFFF}) == "16777215");
  // Bits that the type does not have, or not extended as the sign asks.
  CHECK(constant(8, 0, {256}) == "!0x100");
  CHECK(constant(8, 1, {0x80}) == "!0x80");
  CHECK(constant(16, 0, {0xFFFFFFFF}) == "!0xffffffff");
  CHECK(constant(48, 0, {0, 0x10000}) == "!0x0 !0x10000");
  // Types that the text has no numbers for.
  CHECK(constant(128, 0, {1, 2, 3, 4}) == "!0x1 !0x2 !0x3 !0x4");
  CHECK(constant(0, 0, {1}) == "!0x1");
}

namespace {

std::string float_text(std::uint32_t width, std::uint64_t bits) {
  Words value{static_cast<std::uint32_t>(bits)};
  if (width == 64) value.push_back(static_cast<std::uint32_t>(bits >> 32));
  return last_line(Hand().op(Op::OpTypeFloat, {1, width}).op(Op::OpConstant, Words{1, 2} + value).words)
      .substr(19);
}
std::uint64_t bits_of(double d) {
  std::uint64_t b;
  std::memcpy(&b, &d, 8);
  return b;
}
std::uint32_t bits_of(float f) {
  std::uint32_t b;
  std::memcpy(&b, &f, 4);
  return b;
}

}  // namespace

TEST_CASE("disassemble: floats") {
  const auto f32 = [](float f) { return float_text(32, bits_of(f)); };
  const auto f64 = [](double d) { return float_text(64, bits_of(d)); };
  CHECK(f32(0.0f) == "0");
  CHECK(f32(-0.0f) == "-0");
  CHECK(f32(1.0f) == "1");
  CHECK(f32(-1.5f) == "-1.5");
  CHECK(f32(0.1f) == "0.1");
  CHECK(f32(0.00125f) == "0.00125");
  CHECK(f32(3.14159274f) == "3.1415927");
  CHECK(f32(16777216.0f) == "16777216");
  CHECK(f32(1e10f) == "1e+10");
  CHECK(f32(-1e30f) == "-1e+30");
  CHECK(f32(3.40282347e38f) == "3.4028235e+38");
  CHECK(f32(1.17549435e-38f) == "1.1754944e-38");
  CHECK(f32(1e-10f) == "1e-10");
  CHECK(f32(1200000.0f) == "1200000");
  CHECK(f64(0.1) == "0.1");
  CHECK(f64(-0.0) == "-0");
  CHECK(f64(1e22) == "1e+22");
  CHECK(f64(123456.789) == "123456.789");
  CHECK(f64(1.0 / 3) == "0x1.5555555555555p-2");
  CHECK(f64(1e-300) == "0x1.56e1fc2f8f359p-997");
  CHECK(f64(2251799813685249.5) == "0x1.0000000000003p+51");
  // Infinities, NaNs with their payload, numbers below the normal ones.
  CHECK(float_text(32, 0x7F800000) == "0x1p+128");
  CHECK(float_text(32, 0xFF800000) == "-0x1p+128");
  CHECK(float_text(32, 0x7FC00000) == "0x1.8p+128");
  CHECK(float_text(32, 0x7F800001) == "0x1.000002p+128");
  CHECK(float_text(32, 0xFFFFFFFF) == "-0x1.fffffep+128");
  CHECK(float_text(32, 0x00000001) == "0x1p-149");
  CHECK(float_text(32, 0x007FFFFF) == "0x1.fffffcp-127");
  CHECK(float_text(64, 0x7FF0000000000000) == "0x1p+1024");
  CHECK(float_text(64, 0x7FF8000000000001) == "0x1.8000000000001p+1024");
  CHECK(float_text(64, 1) == "0x1p-1074");
  CHECK(float_text(16, 0x3C00) == "1");
  CHECK(float_text(16, 0x8000) == "-0");
  CHECK(float_text(16, 0x3555) == "0.33325195");
  CHECK(float_text(16, 0x7BFF) == "65504");
  CHECK(float_text(16, 0x7C00) == "0x1p+16");
  CHECK(float_text(16, 0xFE01) == "-0x1.804p+16");
  CHECK(float_text(16, 0x0001) == "0x1p-24");
  // Not of the type.
  CHECK(float_text(16, 0x13C00) == "!0x13c00");
  CHECK(float_text(8, 1) == "!0x1");
  const auto encoded = [](std::uint32_t width, FPEncoding encoding, std::uint32_t bits) {
    return last_line(
        Hand().op(Op::OpTypeFloat, {1, width, n(encoding)}).op(Op::OpConstant, {1, 2, bits}).words);
  };
  CHECK(encoded(16, FPEncoding::BFloat16KHR, 0x3F80) == "%2 = OpConstant %1 1");
  CHECK(encoded(16, FPEncoding::BFloat16KHR, 0x3DCD) == "%2 = OpConstant %1 0.100097656");
  CHECK(encoded(16, FPEncoding::BFloat16KHR, 0x7FC1) == "%2 = OpConstant %1 0x1.82p+128");
  CHECK(encoded(8, FPEncoding::Float8E4M3EXT, 0x38) == "%2 = OpConstant %1 !0x38");
}

TEST_CASE("disassemble: decimals are read back as the same number") {
  const char* const given = std::getenv("AIRSTRIP_TEST_SEED");
  const auto seed =
      given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 0)) : std::random_device{}();
  std::printf("disassemble_test: AIRSTRIP_TEST_SEED=%u\n", seed);
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  // One module of many constants, one line each.
  Hand h;
  h.op(Op::OpTypeFloat, {1, 32}).op(Op::OpTypeFloat, {2, 64});
  constexpr std::uint32_t count = 40000;
  std::vector<std::uint32_t> singles;
  std::vector<std::uint64_t> doubles;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t s = static_cast<std::uint32_t>(random());
    if (i % 4 == 0) s = bits_of(static_cast<float>(static_cast<double>(random() % 1000000) / 1000));
    if ((s & 0x7F800000) == 0x7F800000) s &= 0xBFFFFFFF;
    std::uint64_t d = random();
    if (i % 2 == 0) d = bits_of(static_cast<double>(random() % 100000000000) / 1e6);
    if ((d & 0x7FF0000000000000) == 0x7FF0000000000000) d &= 0xBFFFFFFFFFFFFFFF;
    singles.push_back(s);
    doubles.push_back(d);
    h.op(Op::OpConstant, {1, 3 + 2 * i, s});
    h.op(Op::OpConstant, {2, 4 + 2 * i, static_cast<std::uint32_t>(d), static_cast<std::uint32_t>(d >> 32)});
  }
  const std::string t = exact(h.words);
  std::size_t at = t.find('\n', t.find('\n') + 1) + 1, wrong = 0;
  const auto next = [&] {  // the literal of the next line
    const std::size_t end = t.find('\n', at), space = t.rfind(' ', end);
    const std::string literal = t.substr(space + 1, end - space - 1);
    at = end + 1;
    return literal;
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string single = next(), twice = next();
    if (bits_of(std::strtof(single.c_str(), nullptr)) != singles[i]) {
      ++wrong;
      MESSAGE(single << " for " << singles[i]);
    }
    if (bits_of(std::strtod(twice.c_str(), nullptr)) != doubles[i]) {
      ++wrong;
      MESSAGE(twice << " for " << doubles[i]);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("disassemble: what the text cannot say is words") {
  const auto line = [](Op op, const Words& operands) { return last_line(Hand().op(op, operands).words); };
  // From the operand on that has no name.
  CHECK(line(Op::OpCapability, {9999}) == "OpCapability !0x270f");
  CHECK(line(Op::OpDecorate, {5, 0x12345678, 7}) == "OpDecorate %5 !0x12345678 !0x7");
  CHECK(line(Op::OpDecorate, {5, n(Decoration::BuiltIn), 9999}) == "OpDecorate %5 BuiltIn !0x270f");
  CHECK(line(Op::OpLoad, {1, 2, 3, 0x80000001, 9}) == "%2 = OpLoad %1 %3 !0x80000001 !0x9");
  CHECK(line(Op::OpFunction, {1, 2, 0x40000000, 3}) == "%2 = OpFunction %1 !0x40000000 !0x3");
  CHECK(line(Op::OpStore, {0, 4}) == "OpStore !0x0 !0x4");
  CHECK(line(Op::OpLoad, {0, 2, 3}) == "%2 = OpLoad !0x0 !0x3");
  CHECK(line(Op::OpConstant, {90, 2, 5}) == "%2 = OpConstant %90 !0x5");
  CHECK(line(Op::OpExtInstImport, Words{1} + text("abc")) == "%1 = OpExtInstImport !0x636261");
  CHECK(line(Op::OpExtInst, {1, 2, 3, 4, 5}) == "%2 = OpExtInst %1 !0x3 !0x4 !0x5");
  CHECK(line(Op::OpSpecConstantOp, {1, 2, n(Op::OpPhi), 3, 4}) == "%2 = OpSpecConstantOp %1 !0xf5 !0x3 !0x4");
  CHECK(line(Op::OpSwitch, {1, 2, 3, 4}) == "OpSwitch %1 %2 !0x3 !0x4");
  // Too many operands, or too few: all of them.
  CHECK(line(Op::OpName, {1}) == "OpName !0x1");
  CHECK(line(Op::OpIAdd, {1, 2, 3, 4, 5}) == "%2 = OpIAdd !0x1 !0x3 !0x4 !0x5");
  CHECK(line(Op::OpPhi, {1, 2, 3}) == "%2 = OpPhi !0x1 !0x3");
  // No operand in whose place words can begin, or a result that cannot be assigned.
  CHECK(line(Op::OpReturn, {7}) == "!0x200fd !0x7  ; OpReturn");
  CHECK(line(Op::OpLabel, {}) == "!0x100f8  ; OpLabel");
  CHECK(line(Op::OpTypeVoid, {1, 2}) == "!0x30013 !0x1 !0x2  ; OpTypeVoid");
  CHECK(line(Op::OpTypeVoid, {0}) == "!0x20013 !0x0  ; OpTypeVoid");
  CHECK(line(Op::OpTypeInt, {1, 32}) == "!0x30015 !0x1 !0x20  ; OpTypeInt");
  CHECK(line(Op::OpTypeFloat, {1, 16, 77}) == "!0x40016 !0x1 !0x10 !0x4d  ; OpTypeFloat");
  CHECK(line(Op::OpTypeFloat, {1, 32, 0}) == "!0x40016 !0x1 !0x20 !0x0  ; OpTypeFloat");
  CHECK(line(static_cast<Op>(60000), {1}) == "!0x2ea60 !0x1  ; not in the grammar: opcode 60000");
  // A second definition.
  CHECK(exact(Hand().op(Op::OpTypeVoid, {1}).op(Op::OpTypeBool, {1}).words) ==
        "%1 = OpTypeVoid\n!0x20014 !0x1  ; OpTypeBool\n");
  // What this version of SPIR-V does not have, spirv-as does not read.
  CHECK(last_line(Hand(9, 0x10000).op(Op::OpCopyLogical, {1, 2, 3}).words) ==
        "!0x40190 !0x1 !0x2 !0x3  ; OpCopyLogical");
  CHECK(last_line(Hand(9, 0x10400).op(Op::OpCopyLogical, {1, 2, 3}).words) == "%2 = OpCopyLogical %1 %3");
}

TEST_CASE("disassemble: an instruction that could take more operands does not take the words after it") {
  Hand h;
  h.op(Op::OpReturn)  // complete: stays
      .op(Op::OpStore, {1, 2})
      .op(Op::OpTypeFloat, {3, 32})
      .op(Op::OpDecorate, {1, 9999})
      .op(static_cast<Op>(60000), {1})
      .op(Op::OpConstant, {3, 4, 0x3F800000})  // its type is known as words only
      .op(Op::OpStore, {1, 2})
      .op(Op::OpNop);
  CHECK(exact(h.words) == "OpReturn\n"
                          "!0x3003e !0x1 !0x2  ; OpStore\n"
                          "!0x30016 !0x3 !0x20  ; OpTypeFloat\n"
                          "!0x30047 !0x1 !0x270f  ; OpDecorate\n"
                          "!0x2ea60 !0x1  ; not in the grammar: opcode 60000\n"
                          "%4 = OpConstant %3 !0x3f800000\n"
                          "OpStore %1 %2\n"
                          "OpNop\n");
}

TEST_CASE("disassemble: extended instructions by the set that is imported") {
  Hand h;
  h.op(Op::OpExtInstImport, Words{1} + text("OpenCL.std"))
      .op(Op::OpExtInstImport, Words{2} + text("NonSemantic.Unheard.1"))
      .op(Op::OpExtInstImport, Words{3} + text("NonSemantic.Shader.DebugInfo.100"))
      .op(Op::OpExtInstImport, Words{4} + text("OpenCL.DebugInfo.100"))
      .op(Op::OpExtInst, {9, 10, 1, 61, 5})
      .op(Op::OpExtInst, {9, 11, 1, 9999, 5})
      .op(Op::OpExtInst, {9, 12, 2, 77, 5, 6})
      .op(Op::OpExtInst, {9, 13, 3, 35, 5})
      .op(Op::OpExtInst, {9, 14, 3, 9999, 5})
      .op(Op::OpExtInst, {9, 15, 4, 2, 5, 6, 3});
  const std::string t = exact(h.words);
  CHECK(t.find("%10 = OpExtInst %9 %1 sqrt %5\n") != std::string::npos);
  CHECK(t.find("%11 = OpExtInst %9 %1 !0x270f !0x5\n") != std::string::npos);
  CHECK(t.find("%12 = OpExtInst %9 %2 77 %5 %6\n") != std::string::npos);
  CHECK(t.find("%13 = OpExtInst %9 %3 DebugSource %5\n") != std::string::npos);
  CHECK(t.find("%14 = OpExtInst %9 %3 9999 %5\n") != std::string::npos);
  CHECK(t.find("%15 = OpExtInst %9 %4 DebugTypeBasic %5 %6 Float\n") != std::string::npos);
}

TEST_CASE("disassemble: every enumerant of every instruction has a name") {
  // Shortest operands that fit, and for each operand of an enumerated kind all its values.
  std::size_t lines = 0;
  for (const InstructionInfo& info : grammar::instructions()) {
    if (info.op == Op::OpTypeFloat || info.op == Op::OpSpecConstantOp || info.op == Op::OpExtInstImport)
      continue;
    const Span<const OperandInfo> operands = grammar::operands(info);
    for (std::size_t chosen = 0; chosen <= operands.size(); ++chosen) {
      const bool is_enum = chosen < operands.size() && grammar::is_enum(operands[chosen].kind);
      if (chosen < operands.size() && !is_enum) continue;
      const std::size_t values = is_enum ? grammar::enumerants(operands[chosen].kind).size() : 1;
      for (std::size_t v = 0; v < values; ++v) {
        Words w;
        std::uint32_t id = 10;
        bool literal_of_type = false;
        const auto add = [&](const OperandInfo& o, const EnumerantInfo* value, auto&& self) -> void {
          if (grammar::is_enum(o.kind)) {
            const EnumerantInfo& e = value ? *value : grammar::enumerants(o.kind)[0];
            w.push_back(e.value);
            for (const OperandInfo& p : grammar::parameters(e)) self(p, nullptr, self);
          } else if (o.kind == OperandKind::LiteralString) {
            w = w + text("s");
          } else if (o.kind == OperandKind::LiteralExtInstInteger) {
            w.back() = 1;  // the set
            w.push_back(1);
          } else if (o.kind == OperandKind::LiteralContextDependentNumber) {
            literal_of_type = true;
            w.push_back(3);
          } else if (o.kind == OperandKind::IdResultType) {
            w.push_back(2);
          } else {
            w.push_back(id++);
          }
        };
        for (std::size_t i = 0; i < operands.size(); ++i) {
          if (i != chosen && operands[i].quantifier != Quantifier::One &&
              (chosen == operands.size() || i > chosen))
            break;
          const EnumerantInfo* const value =
              i == chosen ? &grammar::enumerants(operands[i].kind)[v] : nullptr;
          const OperandKind kind = operands[i].kind;
          if (kind == OperandKind::PairIdRefIdRef || kind == OperandKind::PairIdRefLiteralInteger)
            w.push_back(id++);
          add(operands[i], value, add);
        }
        const std::string t = last_line(Hand(100, 0x1FF00)
                                            .op(Op::OpExtInstImport, Words{1} + text("NonSemantic.x"))
                                            .op(Op::OpTypeInt, {2, 32, 0})
                                            .op(info.op, w)
                                            .words);
        ++lines;
        const EnumerantInfo* const e = is_enum ? &grammar::enumerants(operands[chosen].kind)[v] : nullptr;
        // What no version, capability or extension has is not read by name.
        if (info.version == no_version && info.capability_count == 0 && info.extension_count == 0) continue;
        if (t.find("!0x") != std::string::npos || t.find(info.name) == std::string::npos)
          FAIL_CHECK(t << "  for " << info.name);
        if (e && t.find(e->name) == std::string::npos) FAIL_CHECK(t << " lacks " << e->name);
      }
    }
  }
  CHECK(lines > 2000);
}

TEST_CASE("disassemble: friendly names are unique and valid") {
  Hand h;
  for (const char* const name : {"x", "x", "x_0", "x", "12", "", "a-b", "a_b", "\xC3\xBC", "12"}) {
    static std::uint32_t id;
    if (*name == 'x' && h.words.size() == header_words) id = 10;
    h.op(Op::OpName, Words{id++} + text(name));
  }
  h.op(Op::OpName, Words{30} + text(std::string(100000, 'n')));
  h.op(Op::OpName, Words{31} + text(std::string(100000, 'n')));
  h.op(Op::OpName, Words{99} + text("nobody"));
  h.op(Op::OpDecorate, {32, n(Decoration::BuiltIn), n(BuiltIn::GlobalInvocationId)});
  for (std::uint32_t id = 10; id < 20; ++id) h.op(Op::OpString, Words{id} + text("s"));
  for (std::uint32_t id = 30; id < 33; ++id) h.op(Op::OpString, Words{id} + text("s"));
  h.op(Op::OpTypeInt, {40, 16, 1}).op(Op::OpTypeInt, {41, 12, 0}).op(Op::OpTypeFloat, {42, 16, 0});
  h.op(Op::OpTypeFloat, {43, 64}).op(Op::OpConstant, {40, 44, 0xFFFFFFFE}).op(Op::OpTypeFloat, {45, 64});
  const Result<ModuleView> view = parse(h.words);
  REQUIRE(view.ok());
  const FriendlyNames names(*view);
  CHECK(names.name(10) == "x");
  CHECK(names.name(11) == "x_0");
  CHECK(names.name(12) == "x_0_0");
  CHECK(names.name(13) == "x_1");
  CHECK(names.name(14) == "_12");
  CHECK(names.name(15) == "15");
  CHECK(names.find(15).empty());
  CHECK(names.name(16) == "a_b");
  CHECK(names.name(17) == "a_b_0");
  CHECK(names.name(18) == "__");
  CHECK(names.name(19) == "_12_0");
  CHECK(names.name(30).size() <= 120);
  CHECK(names.name(32) == "GlobalInvocationId");
  CHECK(names.name(40) == "short");
  CHECK(names.name(41) == "uint12");
  CHECK(names.name(42) == "bfloat16");
  CHECK(names.name(43) == "double");
  CHECK(names.name(44) == "short_n2");
  CHECK(names.name(45) == "double_0");
  CHECK(names.name(99) == "99");
  std::set<std::string> seen;
  for (const Instruction i : *view) {
    if (i.result_id() == 0) continue;
    const std::string name = names.name(i.result_id());
    CHECK(seen.insert(name).second);
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
          std::string::npos);
  }
}

TEST_CASE("disassemble: names of types of types end, and do not grow with depth") {
  Hand h(100000);
  h.op(Op::OpTypePointer, {1, 0, 2}).op(Op::OpTypePointer, {2, 0, 1}).op(Op::OpTypeArray, {3, 3, 3});
  for (std::uint32_t id = 10; id < 20000; ++id) h.op(Op::OpTypeRuntimeArray, {id, id - 1});
  for (std::uint32_t id = 20000; id < 30000; ++id) h.op(Op::OpTypeVoid, {id});
  const Result<ModuleView> view = parse(h.words);
  REQUIRE(view.ok());
  const FriendlyNames names(*view);
  CHECK(names.name(1) == "_ptr_UniformConstant_2");
  CHECK(names.name(2) == "_ptr_UniformConstant__ptr_UniformConstant_2");
  CHECK(names.name(3) == "_arr_3_3");
  for (const std::uint32_t id : {100u, 5000u, 19999u}) CHECK(names.name(id).size() <= 100);
  CHECK(names.name(29999) == "void_9998");
  const std::string t = friendly(h.words);
  CHECK(t.size() < 30000 * 250);
}

// --- there and back again ----------------------------------------------------------------------------------------

TEST_CASE("disassemble: spirv-as gives the same words") {
  const std::string command = assembler();
  if (command.empty())
    return test::skip("spirv-as is not in the PATH, and AIRSTRIP_SPIRV_AS does not name it");
  const Folder folder;
  CHECK(comes_back(folder, command, sample()));

  Hand odd(5, 0x00010500);  // everything at once that needs words
  odd.op(Op::OpCapability, {9999})
      .op(Op::OpString, Words{1} + text("a \"q\" \\ ;\n(x) \xC3\xBC"))
      .op(Op::OpString, {2, 0x62006161})
      .op(Op::OpTypeFloat, {3, 32})
      .op(Op::OpStore, {1, 2})
      .op(static_cast<Op>(60000), {1, 2})
      .op(Op::OpConstant, {3, 4, 0x7FC00001})
      .op(Op::OpTypeFloat, {5, 64})
      .op(Op::OpConstant, {5, 6, 1, 0x7FF80000})
      .op(Op::OpTypeInt, {7, 16, 1})
      .op(Op::OpConstant, {7, 8, 0x8000})
      .op(Op::OpConstant, {7, 9, 0xFFFF8000})
      .op(Op::OpTypeInt, {7, 32, 1})
      .op(Op::OpReturn, {1})
      .op(Op::OpPhi, {1, 10, 2})
      .op(Op::OpLabel)
      .op(Op::OpExtInstImport, Words{11} + text("NonSemantic.Unheard"))
      .op(Op::OpExtInst, {1, 12, 11, 5, 6})
      .op(Op::OpExtInstImport, Words{13} + text("unheard"))
      .op(Op::OpExtInst, {1, 14, 13, 5, 6})
      .op(Op::OpStore, {0, 0xFFFFFFFF})
      .op(Op::OpLoad, {0, 15, 3, 0x80000003, 9})
      .op(Op::OpName, Words{1} + text(std::string(70000, 'x')))
      .op(Op::OpNop);
  CHECK(comes_back(folder, command, odd.words));

  Hand floats;  // all halves, and the edges of the others
  floats.op(Op::OpTypeFloat, {1, 16}).op(Op::OpTypeFloat, {2, 32}).op(Op::OpTypeFloat, {3, 64});
  std::uint32_t id = 4;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) floats.op(Op::OpConstant, {1, id++, bits});
  std::mt19937_64 random(1);
  for (unsigned i = 0; i < 20000; ++i) {
    const std::uint64_t r = random();
    floats.op(Op::OpConstant, {2, id++, static_cast<std::uint32_t>(r)});
    floats.op(Op::OpConstant,
              {3, id++, static_cast<std::uint32_t>(r >> 9), static_cast<std::uint32_t>(r >> 32)});
    floats.op(Op::OpConstant, {2, id++, bits_of(static_cast<float>(r % 100000) / 1000)});
  }
  for (const std::uint32_t exponent : {0u, 1u, 0xFEu, 0xFFu})
    for (const std::uint32_t mantissa : {0u, 1u, 2u, 0x400000u, 0x7FFFFFu})
      for (const std::uint32_t sign : {0u, 1u})
        floats.op(Op::OpConstant, {2, id++, sign << 31 | exponent << 23 | mantissa});
  CHECK(comes_back(folder, command, floats.words));

  // The friendly text assembles to a module of the same instructions.
  DisassembleOptions options;
  options.friendly = options.comments = options.byte_offsets = true;
  const Words words = sample();
  const Words back = assemble(folder, command, disassemble(*parse(words), options), make_version(1, 6), "");
  REQUIRE(back.size() == words.size());
  const Result<ModuleView> a = parse(words), b = parse(back);
  REQUIRE(a->size() == b->size());
  for (std::size_t i = 0; i < a->size(); ++i) CHECK((*a)[i].words()[0] == (*b)[i].words()[0]);
}

TEST_CASE("disassemble: spirv-as gives the same words for damaged modules") {
  const std::string command = assembler();
  if (command.empty())
    return test::skip("spirv-as is not in the PATH, and AIRSTRIP_SPIRV_AS does not name it");
  const Folder folder;
  const Words good = sample();
  const Result<ModuleView> view = parse(good);
  REQUIRE(view.ok());
  std::mt19937 random(
      12345);  // not seeded at random: newer enumerants than the spirv-as at hand knows must not come up
  for (unsigned round = 0; round < 60; ++round) {
    std::vector<Words> instructions;
    for (const Instruction i : *view) instructions.emplace_back(i.words().begin(), i.words().end());
    for (unsigned k = 0; k < 4; ++k) {
      Words& i = instructions[random() % instructions.size()];
      switch (random() % 6) {
        case 0: i.push_back(static_cast<std::uint32_t>(random() % 30)); break;
        case 1:
          if (i.size() > 1) i.pop_back();
          break;
        case 2:
          if (i.size() > 1) i[1 + random() % (i.size() - 1)] = static_cast<std::uint32_t>(random() % 24);
          break;
        case 3: i[0] = 60000 + static_cast<std::uint32_t>(random() % 100); break;
        case 4: std::swap(i, instructions[random() % instructions.size()]); break;
        default: instructions.push_back(i); break;
      }
    }
    Words words(good.begin(), good.begin() + header_words);
    for (Words& i : instructions) {
      i[0] = static_cast<std::uint32_t>(i.size() << 16) | (i[0] & 0xFFFF);
      words.insert(words.end(), i.begin(), i.end());
    }
    CAPTURE(round);
    CHECK(comes_back(folder, command, words));
  }
}

TEST_CASE("disassemble: spirv-as gives the same words for what glslang compiles") {
  const std::string command = assembler();
  if (command.empty())
    return test::skip("spirv-as is not in the PATH, and AIRSTRIP_SPIRV_AS does not name it");
  if (std::system("glslangValidator --version > /dev/null 2>&1") != 0)
    return test::skip("glslangValidator is not in the PATH");
  const Folder folder;
  const char* const sources[] = {
      R"(#version 450
#extension GL_EXT_shader_explicit_arithmetic_types : require
#extension GL_KHR_shader_subgroup_arithmetic : require
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer B { float x[]; };
layout(set = 0, binding = 1) readonly buffer C { uint64_t z; float16_t h[]; };
layout(push_constant) uniform P { uint n; float a; int64_t q; };
layout(constant_id = 3) const int K = 7;
shared float tile[64];
void main() {
  uint i = gl_GlobalInvocationID.x;
  if (i >= n) return;
  switch (int(i) + K * 2) {
    case -1: x[i] = sin(a) * 0.1 + 3.14159274; break;
    case 5: x[i] = 1e30; break;
    default: x[i] = float(h[i]) + float(float16_t(0.333));
  }
  for (int j = 0; j < K; ++j) tile[j] += subgroupAdd(x[j]);
  barrier();
  double d = double(a) * 0.1lf + 1e-300lf;
  int64_t w = -5000000000l;
  uint8_t b = uint8_t(200);
  x[i] += float(d) + float(w) + float(b) + intBitsToFloat(0x7fc00001);
}
)",
      R"(#version 450
layout(local_size_x = 8, local_size_y = 8) in;
layout(set = 0, binding = 0) uniform sampler2D image_in;
layout(set = 0, binding = 1, rgba16f) uniform writeonly image2D image_out;
struct S { mat4 m; vec3 v[3]; float f; };
layout(set = 1, binding = 0, std140) uniform U { S s[2]; };
float f(inout float x, S q) { x += q.f; return x * q.m[1][2]; }
void main() {
  vec2 uv = vec2(gl_GlobalInvocationID.xy) / 8.0;
  float a = -0.0;
  for (int i = 0; i < 4; i++) { if (uv.x > float(i)) break; a *= textureLod(image_in, uv, float(i)).x; }
  vec4 o = vec4(f(a, s[1])) + textureLod(image_in, uv, 0.5) + textureGather(image_in, uv);
  o.xy = fma(o.xy, o.zw, vec2(1e-3));
  imageStore(image_out, ivec2(gl_GlobalInvocationID.xy), o);
}
)"};
  for (const char* const source : sources) {
    write_file(folder.file("shader.comp"), source, std::strlen(source));
    const std::string line = "glslangValidator -g -V --target-env vulkan1.2 " + folder.file("shader.comp") +
                             " -o " + folder.file("shader.spv") + " > /dev/null";
    REQUIRE(std::system(line.c_str()) == 0);
    const Words words = read_words(folder.file("shader.spv"));
    REQUIRE(words.size() > header_words);
    const Result<ModuleView> view = parse(words);
    REQUIRE(view.ok());
    CHECK(check_operands(*view).ok());
    CHECK(check_ids(*view).ok());
    const String t = disassemble(*view);
    CHECK_FALSE(t.contains("!0x"));
    CHECK(comes_back(folder, command, words));
  }
}
