#pragma once

#include "../disassemble.hpp"

#include <cstring>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

namespace detail {

// --- numbers: each writes at `to` and returns the end ------------------------------------------------------------

inline constexpr std::size_t max_number_text = 40;

inline char* write_decimal(char* to, std::uint64_t value) {
  char digits[20];
  char* first = digits + 20;
  do *--first = static_cast<char>('0' + value % 10);
  while (value /= 10);
  const auto n = static_cast<std::size_t>(digits + 20 - first);
  std::memcpy(to, first, n);
  return to + n;
}

inline char* write_hex(char* to, std::uint64_t value, unsigned digits) {
  for (unsigned i = digits; i-- > 0;) *to++ = "0123456789abcdef"[value >> 4 * i & 15];
  return to;
}

// 10^0 to 10^22: those that a double holds exactly.
inline constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                           1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                           1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// value * 10^places. One correctly rounded operation if |places| <= 22, else up to 3, and so off by less than 4 ulp.
inline double scale(double value, int places) {
  for (; places > 22; places -= 22) value *= powers_of_ten[22];
  for (; places < -22; places += 22) value /= powers_of_ten[22];
  return places >= 0 ? value * powers_of_ten[places] : value / powers_of_ten[-places];
}

// The shortest decimal, of at most `max_digits` significant digits, that a correctly rounding reader takes for `value`
// (above 0, normal); null if there is none that can be proved so with double arithmetic: a mantissa below 2^53 times or
// over an exact power of ten is rounded correctly (W. D. Clinger, "How to read floating point numbers accurately",
// 1990). `single`: the reader rounds to a float, which leaves room for some error of the double.
inline char* write_shortest(char* to, double value, int max_digits, bool single) {
  int exponent = 0;  // 10^exponent <= value < 10^(exponent + 1), or one off
  const int limit = single ? 45 : 22;
  while (exponent < limit && scale(value, -exponent) >= 10) ++exponent;
  while (exponent > -limit && scale(value, -exponent) < 1) --exponent;
  for (int digits = 1; digits <= max_digits; ++digits) {
    const int places = digits - 1 - exponent;  // behind the point
    if (!single && (places < -22 || places > 22)) continue;
    const double scaled = scale(value, places);
    if (scaled >= 9007199254740991.0) break;
    const auto mantissa = static_cast<std::uint64_t>(scaled + 0.5);
    const double read = scale(static_cast<double>(mantissa), -places);
    if (single) {
      std::uint64_t bits;
      std::memcpy(&bits, &read, 8);
      // Near the middle of two floats the error may have decided.
      if ((bits & 0x1FFFFFFF) - 0x0FFFFFF0 <= 0x20 || static_cast<double>(static_cast<float>(read)) != value)
        continue;
    } else if (read != value) {
      continue;
    }
    char text[24];
    const int n = static_cast<int>(write_decimal(text, mantissa) - text);
    const auto put = [&to](const char* from, int count) {
      std::memcpy(to, from, static_cast<std::size_t>(count));
      to += count;
    };
    const char* const zeros = "00000000";
    if (places <= 0 && places >= -8) {  // 1200
      put(text, n);
      put(zeros, -places);
    } else if (places > 0 && places < n) {  // 1.25
      put(text, n - places);
      *to++ = '.';
      put(text + n - places, places);
    } else if (places >= n && places - n <= 4) {  // 0.00125
      put("0.", 2);
      put(zeros, places - n);
      put(text, n);
    } else {  // 1.25e-10
      put(text, 1);
      if (n > 1) *to++ = '.';
      put(text + 1, n - 1);
      const int e = n - 1 - places;
      *to++ = 'e';
      *to++ = e < 0 ? '-' : '+';
      to = write_decimal(to, static_cast<unsigned>(e < 0 ? -e : e));
    }
    return to;
  }
  return nullptr;
}

// A floating-point number of 1 + exponent_bits + mantissa_bits bits, exactly: in decimal where that is short, else as a
// hexadecimal float, in which infinities and NaNs have an exponent one above the largest.
inline char* write_float(char* to, std::uint64_t bits, unsigned exponent_bits, unsigned mantissa_bits) {
  const std::uint64_t mantissa_mask = (std::uint64_t{1} << mantissa_bits) - 1;
  const int largest = (1 << exponent_bits) - 1, bias = largest >> 1;
  std::uint64_t mantissa = bits & mantissa_mask;
  int exponent = static_cast<int>(bits >> mantissa_bits) & largest;
  if (bits >> (exponent_bits + mantissa_bits) & 1) *to++ = '-';
  if (exponent == 0 && mantissa == 0) {
    *to++ = '0';
    return to;
  }
  if (exponent != 0 && exponent != largest) {
    const std::uint64_t as_double =
        static_cast<std::uint64_t>(exponent - bias + 1023) << 52 | mantissa << (52 - mantissa_bits);
    double value;
    std::memcpy(&value, &as_double, 8);
    // What is narrower than a float, readers read as a float.
    const bool single = mantissa_bits < 52;
    if (char* const end = write_shortest(to, value, single ? 9 : 15, single)) return end;
  }
  if (exponent == 0) {
    ++exponent;
    while (!(mantissa >> mantissa_bits & 1)) {
      mantissa <<= 1;
      --exponent;
    }
    mantissa &= mantissa_mask;
  }
  exponent -= bias;
  std::memcpy(to, "0x1", 3);
  to += 3;
  if (mantissa) {
    unsigned digits = (mantissa_bits + 3) / 4;
    mantissa <<= digits * 4 - mantissa_bits;
    for (; (mantissa & 15) == 0; mantissa >>= 4) --digits;
    *to++ = '.';
    to = write_hex(to, mantissa, digits);
  }
  *to++ = 'p';
  *to++ = exponent < 0 ? '-' : '+';
  return write_decimal(to, static_cast<unsigned>(exponent < 0 ? -exponent : exponent));
}

// A literal of a number type; null where the text has no such number: unknown or wide types, bits set above the width
// that are not those of an extended sign (SPIR-V 2.2.1).
inline char* write_number(char* to, const NumberType& type, Span<const std::uint32_t> words) {
  if (type.kind == NumberType::Kind::Unknown || type.bits > 64 || type.words() != words.size())
    return nullptr;
  std::uint64_t value = words[0];
  if (type.bits > 32) value |= std::uint64_t{words[1]} << 32;
  const unsigned unused = 64 - type.bits;
  if (type.kind == NumberType::Kind::Signed) {
    auto number = static_cast<std::int64_t>(value);
    if (type.bits <= 32) number = static_cast<std::int32_t>(words[0]);
    if (static_cast<std::int64_t>(static_cast<std::uint64_t>(number) << unused) >> unused != number)
      return nullptr;
    if (number >= 0) return write_decimal(to, value);
    *to++ = '-';
    return write_decimal(to, 0 - static_cast<std::uint64_t>(number));
  }
  if (value << unused >> unused != value) return nullptr;
  if (type.kind == NumberType::Kind::Unsigned) return write_decimal(to, value);
  if (type.encoding == static_cast<std::uint32_t>(FPEncoding::BFloat16KHR))
    return type.bits == 16 ? write_float(to, value, 8, 7) : nullptr;
  if (type.encoding != NumberType::ieee754) return nullptr;
  switch (type.bits) {
    case 16: return write_float(to, value, 5, 10);
    case 32: return write_float(to, value, 8, 23);
    case 64: return write_float(to, value, 11, 52);
    default: return nullptr;
  }
}

// What OpSpecConstantOp may do (SPIR-V, its list of opcodes, and the extensions that add to it). Ascending.
// clang-format off
inline constexpr Op spec_constant_operations[] = {
    Op::OpAccessChain, Op::OpInBoundsAccessChain, Op::OpPtrAccessChain, Op::OpInBoundsPtrAccessChain,
    Op::OpVectorShuffle, Op::OpCompositeExtract, Op::OpCompositeInsert, Op::OpConvertFToU, Op::OpConvertFToS,
    Op::OpConvertSToF, Op::OpConvertUToF, Op::OpUConvert, Op::OpSConvert, Op::OpFConvert, Op::OpQuantizeToF16,
    Op::OpConvertPtrToU, Op::OpConvertUToPtr, Op::OpPtrCastToGeneric, Op::OpGenericCastToPtr, Op::OpBitcast,
    Op::OpSNegate, Op::OpFNegate, Op::OpIAdd, Op::OpFAdd, Op::OpISub, Op::OpFSub, Op::OpIMul, Op::OpFMul,
    Op::OpUDiv, Op::OpSDiv, Op::OpFDiv, Op::OpUMod, Op::OpSRem, Op::OpSMod, Op::OpFRem, Op::OpFMod,
    Op::OpLogicalEqual, Op::OpLogicalNotEqual, Op::OpLogicalOr, Op::OpLogicalAnd, Op::OpLogicalNot,
    Op::OpSelect, Op::OpIEqual, Op::OpINotEqual, Op::OpUGreaterThan, Op::OpSGreaterThan,
    Op::OpUGreaterThanEqual, Op::OpSGreaterThanEqual, Op::OpULessThan, Op::OpSLessThan, Op::OpULessThanEqual,
    Op::OpSLessThanEqual, Op::OpShiftRightLogical, Op::OpShiftRightArithmetic, Op::OpShiftLeftLogical,
    Op::OpBitwiseOr, Op::OpBitwiseXor, Op::OpBitwiseAnd, Op::OpNot, Op::OpUntypedAccessChainKHR,
    Op::OpUntypedInBoundsAccessChainKHR, Op::OpUntypedPtrAccessChainKHR,
    Op::OpUntypedInBoundsPtrAccessChainKHR, Op::OpCooperativeMatrixLengthKHR, Op::OpCooperativeMatrixLengthNV};
// clang-format on

// Tools that the registry of generators lists (SPIRV-Headers, spir-v.xml), as SPIRV-Tools prints them.
// clang-format off
inline constexpr const char* generators[] = {
    "Khronos", "LunarG", "Valve", "Codeplay", "NVIDIA", "ARM", "Khronos LLVM/SPIR-V Translator",
    "Khronos SPIR-V Tools Assembler", "Khronos Glslang Reference Front End", "Qualcomm", "AMD", "Intel",
    "Imagination", "Google Shaderc over Glslang", "Google spiregg", "Google rspirv",
    "X-LEGEND Mesa3D GLSL-IR/SPIR-V Translator", "Khronos SPIR-V Tools Linker", "Wine VKD3D Shader Compiler",
    "Tellusim Clay Shader Compiler", "W3C WebGPU Group WHLSL Shader Translator", "Google Clspv",
    "LLVM MLIR SPIR-V Serializer", "Google Tint Compiler", "Google ANGLE Shader Compiler",
    "Netease Games Messiah Shader Compiler", "Xenia Xenia Emulator Microcode Translator",
    "Embark Studios Rust GPU Compiler Backend", "gfx-rs community Naga",
    "Mikkosoft Productions MSP Shader Compiler", "SpvGenTwo community SpvGenTwo SPIR-V IR Tools",
    "Google Skia SkSL", "TornadoVM Beehive SPIRV Toolkit", "DragonJoker ShaderWriter",
    "Rayan Hatout SPIRVSmith", "Saarland University Shady", "Taichi Graphics Taichi",
    "heroseh Hero C Compiler", "Meta SparkSL", "SirLynix Nazara ShaderLang Compiler",
    "Khronos Slang Compiler", "Zig Software Foundation Zig Compiler", "Rendong Liang spq",
    "LLVM LLVM SPIR-V Backend", "Robert Konrad Kongruent",
    "Kitsunebi Games Nuvk SPIR-V Emitter and DLSL compiler"};
// clang-format on

// --- the writer --------------------------------------------------------------------------------------------------

// How spirv-as reads decides what may be written. It goes by its own grammar until a `!word`; from there on it takes
// words, numbers, strings and ids as they come, until something begins like an instruction: `OpName` or `%id = OpName`.
// So an instruction can be written
//   by its names;
//   by its names up to an operand, and by `!words` from there on ("tail"): its word count is counted, its result id is
//     put where it belongs;
//   as nothing but `!words` ("raw"). Then nothing ends the instruction before it, and if that could take one more
//     operand, it takes these words. So the instructions before, back to one whose operands are complete, become raw too.
// What is not read by names, the assembler does not know: the literals of a type whose definition is raw, and the
// instructions of a set whose import is raw, have to be words as well.
class Disassembler {
public:
  Disassembler(const ModuleView& view, const DisassembleOptions& options, const FriendlyNames* names)
      : view_(view), options_(options), names_(names) {}

  String module();
  String line(std::size_t index);

private:
  enum class Form : std::uint8_t { Complete, Open, Raw };

  // text
  char* room(std::size_t count);
  void put(Text text);
  void put(char c) { put(Text(&c, 1)); }
  void put_number(std::uint64_t value) {
    if (char* const to = room(max_number_text))
      size_ = static_cast<std::size_t>(write_decimal(to, value) - chars_.data());
  }
  void put_id(std::uint32_t id);
  void put_words(const Instruction& instruction, std::size_t from, std::uint32_t result);
  void flush();

  void header();
  void instruction(const Instruction& instruction);
  Form body(const Instruction& instruction);
  void raw(const Instruction& instruction);
  bool operand(const Instruction& instruction, const Operand& operand);
  bool enumerant(const Operand& operand);
  bool string(const Operand& operand);
  void begin_line(std::uint32_t result);
  void end_line(const Instruction& instruction);
  void index_decorations();
  void decorations(std::uint32_t id);

  // what the assembler knows where `user` stands
  // Older assemblers have no names for what the target version does not have.
  template <class Info>
  bool is_visible(const Info& info) const {
    return (info.version <= view_.version() && view_.version() <= info.last_version) ||
           info.capability_count != 0 || info.extension_count != 0;
  }
  bool is_visible_value(const EnumerantInfo& info) const {
    return info.version == no_version || is_visible(info);
  }
  bool is_known(const Instruction& definition, const Instruction& user) const;
  bool is_known_import(const Instruction& user, bool& by_number, bool& by_name) const;
  bool is_known_number_type(const Instruction& user) const;
  void mark_raw(const Instruction& instruction) {
    if (raw_.empty() || raw_.back() != instruction.index())
      failed_ = !raw_.push_back(instruction.index()) || failed_;
  }

  const ModuleView& view_;
  const DisassembleOptions& options_;
  const FriendlyNames* names_;
  Buffer<char> chars_;  // not yet in text_; its size is room, size_ of it are used
  std::size_t size_ = 0;
  String text_;
  Buffer<std::uint32_t> raw_;          // instructions that were not written by names, ascending
  Buffer<std::uint64_t> decorations_;  // target << 32 | instruction, ascending
  std::size_t open_text_ = 0;          // where the run of incomplete instructions that ends here begins
  std::uint32_t open_first_ = 0;
  bool is_open_ = false;
  bool failed_ = false;  // out of memory
};

AIRSTRIP_INLINE char* Disassembler::room(std::size_t count) {
  if (AIRSTRIP_UNLIKELY(count > chars_.size() - size_)) {
    if (!chars_.resize(size_ + count + chars_.size() / 2 + 256)) {
      failed_ = true;
      return nullptr;
    }
  }
  return chars_.data() + size_;
}

AIRSTRIP_INLINE void Disassembler::put(Text text) {
  char* const to = room(text.size());
  if (!to) return;
  std::memcpy(to, text.data(), text.size());
  size_ += text.size();
}

AIRSTRIP_INLINE void Disassembler::put_id(std::uint32_t id) {
  const Text name = names_ ? names_->find(id) : Text();
  char* to = room(name.size() + max_number_text);
  if (!to) return;
  *to++ = '%';
  if (name.empty()) {
    to = write_decimal(to, id);
  } else {
    std::memcpy(to, name.data(), name.size());
    to += name.size();
  }
  size_ = static_cast<std::size_t>(to - chars_.data());
}

// The words from `from` on, without the one that the assembler puts in by itself.
AIRSTRIP_INLINE void Disassembler::put_words(const Instruction& instruction, std::size_t from,
                                             std::uint32_t result) {
  const Span<const std::uint32_t> words = instruction.words();
  for (std::size_t i = from; i < words.size(); ++i) {
    if (result != 0 && i == result) continue;
    char* to = room(max_number_text);
    if (!to) return;
    if (i != 0) *to++ = ' ';
    std::memcpy(to, "!0x", 3);
    unsigned digits = 1;
    while (digits < 8 && words[i] >> 4 * digits != 0) ++digits;
    size_ = static_cast<std::size_t>(write_hex(to + 3, words[i], digits) - chars_.data());
  }
}

AIRSTRIP_INLINE void Disassembler::flush() {
  const std::size_t before = text_.size();
  text_.append(Text(chars_.data(), size_));
  failed_ = failed_ || text_.size() != before + size_;
  size_ = 0;
}

AIRSTRIP_INLINE void Disassembler::header() {
  put("; SPIR-V\n; Version: ");
  put_number(view_.version() >> 8);
  put('.');
  put_number(view_.version() & 0xFF);
  put("\n; Generator: ");
  const std::uint32_t tool = view_.generator() >> 16;
  if (tool < sizeof generators / sizeof *generators) {
    put(generators[tool]);
  } else {
    put("Unknown(");
    put_number(tool);
    put(')');
  }
  put("; ");
  put_number(view_.generator() & 0xFFFF);
  put("\n; Bound: ");
  put_number(view_.bound());
  put("\n; Schema: ");
  put_number(view_.schema());
  put('\n');
}

AIRSTRIP_INLINE void Disassembler::begin_line(std::uint32_t result) {
  const std::size_t column = options_.result_column;
  const std::size_t start = size_;
  if (char* const to = room(column)) {
    std::memset(to, ' ', column);
    size_ += column;
  }
  if (result == 0) return;
  const std::size_t at = size_;
  put_id(result);
  put(" = ");
  // The spaces are moved from behind to before: at most as many as the result left over.
  const std::size_t length = size_ - at, indent = column > length ? column - length : 0;
  if (failed_) return;
  std::memmove(chars_.data() + start + indent, chars_.data() + at, length);
  size_ = start + indent + length;
}

AIRSTRIP_INLINE void Disassembler::decorations(std::uint32_t id) {
  // The first decoration of the id, by bisection.
  std::size_t first = 0;
  for (std::size_t count = decorations_.size(); count > 0;) {
    const std::size_t half = count / 2;
    if (decorations_[first + half] >> 32 < id) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  for (std::size_t i = first; i < decorations_.size() && decorations_[i] >> 32 == id; ++i) {
    const Instruction decoration = view_[static_cast<std::uint32_t>(decorations_[i])];
    put(i == first ? "  ; " : ", ");
    OperandCursor operands(decoration);
    const char* space = "";
    for (Operand o; operands.next(o);) {
      if (o.position == 1) continue;
      put(space);
      space = " ";
      if (o.kind == OperandKind::LiteralString || !operand(decoration, o)) put("...");
    }
  }
}

AIRSTRIP_INLINE void Disassembler::end_line(const Instruction& instruction) {
  if (options_.byte_offsets) {
    put("  ; 0x");
    if (char* const to = room(8))
      size_ = static_cast<std::size_t>(write_hex(to, instruction.word_offset() * 4, 8) - chars_.data());
  }
  if (!decorations_.empty() && instruction.result_id() != 0) decorations(instruction.result_id());
  put('\n');
}

// --- what the assembler knows ------------------------------------------------------------------------------------

AIRSTRIP_INLINE bool Disassembler::is_known(const Instruction& definition, const Instruction& user) const {
  if (!definition || definition.index() >= user.index()) return false;
  std::size_t first = 0;
  for (std::size_t count = raw_.size(); count > 0;) {
    const std::size_t half = count / 2;
    if (raw_[first + half] < definition.index()) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first == raw_.size() || raw_[first] != definition.index();
}

// `by_number`: the assembler takes any number for an instruction of the set, as the set only carries information.
// `by_name`: it has names for them; of other revisions than that of the grammar it has none.
AIRSTRIP_INLINE bool Disassembler::is_known_import(const Instruction& user, bool& by_number,
                                                   bool& by_name) const {
  const Instruction import = view_.find_definition(user.word(3));
  if (import.opcode() != Op::OpExtInstImport || !is_known(import, user)) return false;
  String storage;
  const Text name = literal_text(import.words().subspan(2, 32), storage);
  const ExtInstSetInfo* const set = view_.ext_inst_set(user.word(3));
  by_number = name.size() >= 12 && Text(name.data(), 12) == "NonSemantic.";
  by_name = set && (!by_number || name == set->name);
  return true;
}

AIRSTRIP_INLINE bool Disassembler::is_known_number_type(const Instruction& user) const {
  std::uint32_t type = user.word(1);
  if (user.opcode() == Op::OpSwitch) {
    const Instruction selector = view_.find_definition(type);
    if (!is_known(selector, user)) return false;
    type = selector.type_id();
  }
  return is_known(view_.find_definition(type), user);
}

// --- operands ----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE bool Disassembler::enumerant(const Operand& operand) {
  if (!grammar::is_mask(operand.kind)) {
    if (!operand.enumerant || !is_visible_value(*operand.enumerant)) return false;
    put(operand.enumerant->name);
    return true;
  }
  std::uint32_t bits = operand.word();
  bool first = true;
  do {
    const EnumerantInfo* const bit = grammar::find(operand.kind, bits & (0 - bits));
    if (!bit || !is_visible_value(*bit)) return false;
    if (!first) put('|');
    first = false;
    put(bit->name);
    bits &= bits - 1;
  } while (bits != 0);
  return true;
}

AIRSTRIP_INLINE bool Disassembler::string(const Operand& operand) {
  String storage;
  const Text text = literal_text(operand.words, storage);
  // The assembler fills the last word with zeros, and older ones take no more than 65,535 bytes.
  const std::size_t tail = text.size() % 4 * 8;
  if (operand.words[operand.words.size() - 1] >> tail != 0 || text.size() > 0xFFFF) return false;
  char* to = room(2 * text.size() + 2);
  if (!to) return true;
  *to++ = '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') *to++ = '\\';
    *to++ = c;
  }
  *to++ = '"';
  size_ = static_cast<std::size_t>(to - chars_.data());
  return true;
}

// False if the operand cannot be written by names.
AIRSTRIP_INLINE bool Disassembler::operand(const Instruction& instruction, const Operand& operand) {
  if (operand.is_opaque) return false;
  const Op op = instruction.opcode();
  bool by_number = false, by_name = false;
  switch (operand.kind) {
    case OperandKind::IdRef:
      if (operand.position == 3 && (op == Op::OpExtInst || op == Op::OpExtInstWithForwardRefsKHR) &&
          !is_known_import(instruction, by_number, by_name))
        return false;
      [[fallthrough]];
    case OperandKind::IdResultType:
    case OperandKind::IdResult:
    case OperandKind::IdScope:
    case OperandKind::IdMemorySemantics:
      if (operand.word() == 0) return false;
      put_id(operand.word());
      return true;
    case OperandKind::LiteralInteger: put_number(operand.word()); return true;
    case OperandKind::LiteralString:
      if (op == Op::OpExtInstImport && !view_.ext_inst_set(instruction.word(1))) {
        String storage;
        const Text name = literal_text(operand.words, storage);
        if (name.size() < 12 || !(Text(name.data(), 12) == "NonSemantic.")) return false;
      }
      return string(operand);
    case OperandKind::LiteralFloat:
    case OperandKind::LiteralContextDependentNumber: {
      const bool is_float = operand.kind == OperandKind::LiteralFloat;
      if (!is_float && !is_known_number_type(instruction)) return false;
      char* const to = room(max_number_text);
      if (!to) return true;
      char* const end =
          is_float ? write_float(to, operand.word(), 8, 23) : write_number(to, operand.number, operand.words);
      if (!end) return false;
      size_ = static_cast<std::size_t>(end - chars_.data());
      return true;
    }
    case OperandKind::LiteralExtInstInteger:
      if (!is_known_import(instruction, by_number, by_name)) return false;
      if (operand.ext_inst && by_name)
        put(operand.ext_inst->name);
      else if (by_number)
        put_number(operand.word());
      else
        return false;
      return true;
    case OperandKind::LiteralSpecConstantOpInteger:
      if (!operand.nested || !is_visible(*operand.nested)) return false;
      for (const Op allowed : spec_constant_operations) {
        if (allowed != operand.nested->op) continue;
        put(operand.nested->name + 2);
        return true;
      }
      return false;
    default: return enumerant(operand);
  }
}

// --- instructions ------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Disassembler::Form Disassembler::body(const Instruction& instruction) {
  const InstructionInfo* const info = instruction.info();
  if (!info || !is_visible(*info)) return Form::Raw;
  const std::size_t word_count = instruction.words().size();
  const std::uint32_t result = grammar::result_position(static_cast<std::uint16_t>(info->op));
  const std::uint32_t id = instruction.word(result);
  if (result != 0 &&
      (result >= word_count || id == 0 || view_.find_definition(id).index() != instruction.index()))
    return Form::Raw;
  // These two the assembler looks into even where they are words.
  if (info->op == Op::OpTypeInt && word_count != 4) return Form::Raw;
  if (info->op == Op::OpTypeFloat && word_count != 3) {
    const auto encoding = static_cast<FPEncoding>(instruction.word(3));
    const std::uint32_t bits = encoding == FPEncoding::BFloat16KHR ? 16 : 8;
    const bool is_known_encoding = encoding == FPEncoding::BFloat16KHR ||
                                   encoding == FPEncoding::Float8E4M3EXT ||
                                   encoding == FPEncoding::Float8E5M2EXT;
    if (word_count != 4 || !is_known_encoding || instruction.word(2) != bits) return Form::Raw;
  }
  begin_line(result ? id : 0);
  put(info->name);
  const std::size_t named = size_;
  const Span<const OperandInfo> operands = grammar::operands(*info);
  Form form = operands.empty() || operands[operands.size() - 1].quantifier == Quantifier::One ? Form::Complete
                                                                                              : Form::Open;
  std::size_t tail = 0;
  OperandCursor cursor(instruction);
  for (Operand o; cursor.next(o);) {
    if (o.kind == OperandKind::IdResult) continue;
    const std::size_t before = size_;
    put(' ');
    if (!operand(instruction, o)) {
      size_ = before;
      tail = o.position;
      break;
    }
    if (o.kind == OperandKind::LiteralExtInstInteger || o.nested) form = Form::Open;
    if (o.enumerant && o.enumerant->parameter_count != 0) {
      const Span<const OperandInfo> parameters = grammar::parameters(*o.enumerant);
      if (parameters[parameters.size() - 1].quantifier != Quantifier::One) form = Form::Open;
    }
  }
  if (cursor.failed()) {
    // Too many or too few: all operands are words, if there is one in whose place they can begin.
    const std::size_t implied = result == 1 ? 1 : 0;
    if (operands.size() <= implied || word_count <= 1 + (result != 0 ? 1u : 0u)) return Form::Raw;
    size_ = named;
    tail = 1;
  }
  if (tail != 0) {
    put_words(instruction, tail, result);
    mark_raw(instruction);
    form = Form::Open;
  }
  return form;
}

AIRSTRIP_INLINE void Disassembler::raw(const Instruction& instruction) {
  begin_line(0);
  put_words(instruction, 0, 0);
  mark_raw(instruction);
  const InstructionInfo* const info = instruction.info();
  put("  ; ");
  put(info ? info->name : "not in the grammar: opcode ");
  if (!info) put_number(instruction.words()[0] & 0xFFFF);
  end_line(instruction);
}

AIRSTRIP_INLINE void Disassembler::instruction(const Instruction& instruction) {
  if (names_ && instruction.opcode() == Op::OpFunction) put('\n');
  const std::size_t start = size_;
  const Form form = body(instruction);
  if (form == Form::Raw) {
    size_ = start;
    if (is_open_) {
      size_ = open_text_;
      while (!raw_.empty() && raw_.back() >= open_first_) raw_.pop_back();
      for (std::uint32_t i = open_first_; i < instruction.index(); ++i) raw(view_[i]);
    }
    raw(instruction);
    is_open_ = false;
    return;
  }
  end_line(instruction);
  if (form == Form::Complete) {
    is_open_ = false;
  } else if (!is_open_) {
    is_open_ = true;
    open_text_ = start;
    open_first_ = instruction.index();
  }
}

AIRSTRIP_INLINE void Disassembler::index_decorations() {
  for (const Instruction i : view_)
    if (i.opcode() == Op::OpDecorate || i.opcode() == Op::OpDecorateId)
      failed_ = !decorations_.push_back(std::uint64_t{i.word(1)} << 32 | i.index()) || failed_;
  sort(decorations_);
}

AIRSTRIP_INLINE String Disassembler::module() {
  if (options_.comments) index_decorations();
  if (options_.header) header();
  for (const Instruction i : view_) {
    instruction(i);
    if (size_ > 0x10000 && !is_open_) flush();
    if (failed_) return {};
  }
  flush();
  return failed_ ? String() : static_cast<String&&>(text_);
}

AIRSTRIP_INLINE String Disassembler::line(std::size_t index) {
  const Instruction i = view_[index];
  if (!i) return {};
  if (body(i) == Form::Raw) {
    size_ = 0;
    raw(i);
    if (size_ != 0) --size_;
  }
  flush();
  return failed_ ? String() : static_cast<String&&>(text_);
}

}  // namespace detail

// --- names -------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE FriendlyNames::FriendlyNames(const ModuleView& view) : view_(&view) {
  if (!names_.resize(view.size(), 0) || !pool_.push_back('\0')) {
    names_.clear();
    return;
  }
  // OpName first, then built-in variables; types and constants by what they are made of, in the order of the module.
  for (const Instruction i : view) {
    if (i.opcode() != Op::OpName || i.words().size() < 3) continue;
    String storage;
    const Text text = literal_text(i.words().subspan(2, max_name / 4), storage);
    if (!text.empty()) give(view.find_definition(i.word(1)), text);
  }
  for (const Instruction i : view) {
    if (i.opcode() != Op::OpDecorate || static_cast<Decoration>(i.word(2)) != Decoration::BuiltIn) continue;
    if (i.words().size() != 4) continue;
    if (const EnumerantInfo* const built_in = grammar::find(OperandKind::BuiltIn, i.word(3)))
      give(view.find_definition(i.word(1)), built_in->name);
  }
  for (const Instruction i : view) {
    const InstructionInfo* const info = i.info();
    if (info && info->section == Section::Global && i.result_id() != 0) {
      name_type(i);
      name_constant(i);
    }
  }
}

AIRSTRIP_INLINE Text FriendlyNames::find(std::uint32_t id) const {
  const Instruction definition = view_->find_definition(id);
  if (!definition || definition.index() >= names_.size() || names_[definition.index()] == 0) return {};
  return pool_.data() + names_[definition.index()];
}

AIRSTRIP_INLINE String FriendlyNames::name(std::uint32_t id) const {
  String result = find(id);
  if (result.empty()) result.append_number(id);
  return result;
}

AIRSTRIP_INLINE bool FriendlyNames::grow() {
  Buffer<std::uint32_t> slots, suffix;
  const std::size_t size = slots_.empty() ? 64 : slots_.size() * 2;
  if (!slots.resize(size, 0) || !suffix.resize(size, 0)) return false;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i] == 0) continue;
    std::uint32_t hash = 2166136261u;
    for (const char* c = pool_.data() + slots_[i]; *c; ++c)
      hash = (hash ^ static_cast<unsigned char>(*c)) * 16777619u;
    std::size_t at = hash & (size - 1);
    while (slots[at] != 0) at = (at + 1) & (size - 1);
    slots[at] = slots_[i];
    suffix[at] = suffix_[i];
  }
  slots_ = static_cast<Buffer<std::uint32_t>&&>(slots);
  suffix_ = static_cast<Buffer<std::uint32_t>&&>(suffix);
  return true;
}

// The slot that has the name, or the empty one where it belongs.
AIRSTRIP_INLINE std::size_t FriendlyNames::slot(Text name) const {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  std::size_t at = hash & (slots_.size() - 1);
  // Names made to collide would otherwise make this slow; they go without.
  for (unsigned probes = 0; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1))
    if (Text(pool_.data() + slots_[at]) == name)
      return at;
    else if (++probes == 200)
      return no_slot;
  return at;
}

AIRSTRIP_INLINE void FriendlyNames::give(const Instruction& definition, Text name) {
  if (!definition || name.empty() || names_[definition.index()] != 0) return;
  if (pool_.size() > 0xFFFF0000u || (used_ * 2 >= slots_.size() && !grow())) return;
  char text[max_name + 16];
  std::size_t n = 0;
  // A name that begins with a digit could be another id's number.
  if (name[0] >= '0' && name[0] <= '9') text[n++] = '_';
  for (const char c : name) {
    if (n == max_name) break;
    const bool valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    text[n++] = valid ? c : '_';
  }
  const std::size_t base = slot(Text(text, n));
  std::size_t at = base;
  for (unsigned attempt = 0; at != no_slot && slots_[at] != 0; ++attempt) {
    if (attempt == 32) return;
    text[n] = '_';
    char* const end = detail::write_decimal(text + n + 1, suffix_[base]++);
    at = slot(Text(text, static_cast<std::size_t>(end - text)));
    if (at != no_slot && slots_[at] == 0) n = static_cast<std::size_t>(end - text);
  }
  if (at == no_slot) return;
  const auto offset = static_cast<std::uint32_t>(pool_.size());
  text[n] = '\0';
  if (!pool_.append(Span<const char>(text, n + 1))) return;
  slots_[at] = offset;
  ++used_;
  names_[definition.index()] = offset;
}

AIRSTRIP_INLINE void FriendlyNames::name_type(const Instruction& type) {
  String text;
  switch (type.opcode()) {
    case Op::OpTypeInt:
    case Op::OpTypeFloat: {
      const NumberType number = view_->number_type(type.result_id());
      const bool is_float = number.kind == NumberType::Kind::Float;
      if (number.kind == NumberType::Kind::Unknown) return;
      if (number.kind == NumberType::Kind::Unsigned) text << 'u';
      const char* root = nullptr;
      if (is_float && number.encoding != NumberType::ieee754) {
        const EnumerantInfo* const encoding = grammar::find(OperandKind::FPEncoding, number.encoding);
        if (encoding) root = encoding->name;
        if (static_cast<FPEncoding>(number.encoding) == FPEncoding::BFloat16KHR) root = "bfloat16";
      } else {
        switch (number.bits) {
          case 8: root = is_float ? nullptr : "char"; break;
          case 16: root = is_float ? "half" : "short"; break;
          case 32: root = is_float ? "float" : "int"; break;
          case 64: root = is_float ? "double" : "long"; break;
          default: break;
        }
      }
      if (root)
        text << root;
      else
        text << (is_float ? "fp" : "int") << number.bits;
      break;
    }
    case Op::OpTypeVector: text << 'v' << type.word(3) << name(type.word(2)); break;
    case Op::OpTypeMatrix: text << "mat" << type.word(3) << name(type.word(2)); break;
    case Op::OpTypeArray: text << "_arr_" << name(type.word(2)) << '_' << name(type.word(3)); break;
    case Op::OpTypeRuntimeArray: text << "_runtimearr_" << name(type.word(2)); break;
    case Op::OpTypeStruct: text << "_struct_" << type.result_id(); break;
    case Op::OpTypePointer:
    case Op::OpTypeUntypedPointerKHR: {
      const EnumerantInfo* const storage = grammar::find(OperandKind::StorageClass, type.word(2));
      text << "_ptr_";
      if (storage)
        text << storage->name;
      else
        text << type.word(2);
      if (type.opcode() == Op::OpTypePointer) text << '_' << name(type.word(3));
      break;
    }
    case Op::OpTypeVoid: text << "void"; break;
    case Op::OpTypeBool: text << "bool"; break;
    case Op::OpTypeSampler: text << "sampler"; break;
    default: return;
  }
  // A type of types of types … is cut off, so that names do not grow with depth.
  if (text.size() > max_name) {
    text.clear();
    text << "_type_" << type.result_id();
  }
  give(type, text);
}

AIRSTRIP_INLINE void FriendlyNames::name_constant(const Instruction& constant) {
  switch (constant.opcode()) {
    case Op::OpConstantTrue: give(constant, "true"); return;
    case Op::OpConstantFalse: give(constant, "false"); return;
    case Op::OpConstant: break;
    default: return;
  }
  const NumberType type = view_->number_type(constant.type_id());
  char number[detail::max_number_text];
  char* const end = detail::write_number(number, type, constant.words().subspan(3));
  if (!end) return;
  String text = name(constant.type_id());
  text << '_';
  for (const char* c = number; c != end; ++c)
    if (*c != '+') text << (*c == '-' ? 'n' : *c == '.' ? '_' : *c);
  give(constant, text);
}

AIRSTRIP_INLINE String disassemble(const ModuleView& view, const DisassembleOptions& options) {
  if (!options.friendly) return detail::Disassembler(view, options, nullptr).module();
  const FriendlyNames names(view);
  return detail::Disassembler(view, options, &names).module();
}

AIRSTRIP_INLINE String disassemble_instruction(const ModuleView& view, std::size_t index,
                                               const FriendlyNames* names) {
  DisassembleOptions options;
  options.result_column = 0;
  return detail::Disassembler(view, options, names).line(index);
}

AIRSTRIP_SPIRV_NAMESPACE_END
