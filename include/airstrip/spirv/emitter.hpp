// The core under every instruction method: one module in the making, its ids, its sections, its first error.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "enums.hpp"
#include "grammar.hpp"
#include "ids.hpp"
#include "intern_table.hpp"
#include "module.hpp"
#include "operand.hpp"
#include "requirements.hpp"
#include "target.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// What the generated methods know of an instruction at compile time, in one register.
struct InstructionKey {
  std::uint16_t index;  ///< in grammar::instructions()
  Op op;
  std::uint8_t flags;  ///< see below
  Section section;
  TypeRule rule;

  static constexpr std::uint8_t has_type = 1;        ///< the first operand is a result type
  static constexpr std::uint8_t has_result = 2;      ///< defines an id
  static constexpr std::uint8_t has_enumerants = 4;  ///< some operand may itself have requirements
};

class Emitter;
enum class GLSLstd450 : std::uint32_t;  // extended_sets.hpp

/// The operands of one instruction while its method gathers them, in memory that the emitter keeps.
class OperandList {
public:
  explicit OperandList(Emitter& emitter);
  ~OperandList();
  OperandList(const OperandList&) = delete;
  OperandList& operator=(const OperandList&) = delete;

  void add(OperandWord word);
  void add(ScopeOperand scope) { add(scope.word()); }
  void add(MemorySemanticsOperand semantics) { add(semantics.word()); }
  void add(Text text);  ///< packed, little-endian within words, zero-terminated (SPIR-V 2.2.1)
  void add(Span<const Literal> literals);
  void add(Span<const ValueId> ids);
  void add(Span<const TypeId> ids);
  void add(Span<const Id> ids);
  void add(Span<const PhiIncoming> incoming);
  void add(Span<const MemberTarget> targets);
  void add(Span<const Capability> capabilities);
  void add(ValueId selector, Span<const SwitchTarget> targets);  ///< literals at the selector's width
  void add(const operand::Enumerant& enumerant);
  void add(const operand::Mask& mask);  ///< a required mask: 0 when left out
  // Optional operands: a later one needs the earlier ones.
  void add_optional(Id id);  ///< left out when empty
  void add_optional(const operand::Mask& mask);
  void add_optional(Optional<Text> text);
  template <class T>
  void add_optional(Optional<T> value) {
    if (take_optional(value.present())) add(OperandWord(value.value()));
  }

private:
  friend class Emitter;
  bool take_optional(bool present);

  Emitter& emitter_;
  std::size_t begin_;
  bool left_out_ = false;
  bool gap_ = false;       // an optional operand was given after one that was left out
  bool has_zero_ = false;  // a string holds a zero byte
};

/// Whether and how OpLine is written for the C++ line of each instruction.
enum class LineInfo : std::uint8_t {
  Off,
  BaseName,  ///< "saxpy.cpp": the same module on every machine
  FullPath,  ///< as the compiler spells it, less `ModuleOptions::line_prefix`
};

/// What is fixed when a module is started.
struct ModuleOptions {
  Target target = Target::universal();
  /// Left out: Logical, and Physical64 for OpenCL. Device addresses need PhysicalStorageBuffer64.
  Optional<AddressingModel> addressing = {};
  /// Left out: GLSL450, and OpenCL for OpenCL. A cooperative matrix needs Vulkan (SPV_KHR_cooperative_matrix).
  Optional<MemoryModel> memory_model = {};
  LineInfo lines = LineInfo::Off;
  Text line_prefix = {};    ///< taken off the front of FullPath names; borrowed for the builder's life
  bool names = true;        ///< write OpName and OpMemberName
  bool check_types = true;  ///< apply the type rules of the compute subset
  /// False: every method writes exactly its words into its section, with no order checks, interning or deduction.
  /// For tools that re-emit a module they hold already.
  bool check_structure = true;
};

/// What an id stands for.
enum class IdKind : std::uint8_t { Unknown, Type, Value, Label, Function, ExtInstSet, String };

/// The words and locations of one section.
struct SectionArena {
  Buffer<std::uint32_t> words;
  Buffer<LocationRecord> locations;
  void clear() {
    words.clear();
    locations.clear();
  }
};

/// One module in the making. Keeps the first error; after it every call does nothing and returns an empty id, and
/// `error()` says what happened where. An instruction is written whole or not at all. Not thread-safe; different
/// emitters share nothing.
class Emitter {
public:
  explicit Emitter(const ModuleOptions& options = {}, SourceLocation at = SourceLocation::current());
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  /// Starts over with the same or other options. Keeps all memory; every id from before is foreign from now on.
  void reset(SourceLocation at = SourceLocation::current());
  void reset(const ModuleOptions& options, SourceLocation at = SourceLocation::current());

  bool failed() const { return failed_; }
  const Diagnostic& error() const { return error_; }
  const ModuleOptions& options() const { return options_; }
  const Target& target() const { return options_.target; }
  Version version() const { return version_; }
  AddressingModel addressing_model() const { return addressing_; }
  MemoryModel memory_model() const { return memory_model_; }
  /// One more than the highest id so far.
  std::uint32_t bound() const { return static_cast<std::uint32_t>(ids_.size()); }

  // --- ids before their definition
  /// An id that will be defined later: branch to it, call it, name it now.
  LabelId reserve_label(SourceLocation at = SourceLocation::current());
  FunctionId reserve_function(SourceLocation at = SourceLocation::current());
  ValueId reserve_value(TypeId type, SourceLocation at = SourceLocation::current());
  TypeId reserve_type(SourceLocation at = SourceLocation::current());
  /// The next instruction that defines an id defines this reserved one.
  void define_next(Id reserved, SourceLocation at = SourceLocation::current());

  // --- questions
  IdKind kind(Id id) const;
  /// Empty when the value has none (or the id is not this emitter's).
  TypeId type_of(ValueId value) const;
  Op opcode_of(Id id) const;
  /// "v4float", "ptr(StorageBuffer, uint)": for messages.
  String type_name(TypeId type) const;
  /// The words of a type, constant or global variable as declared, first word included; empty for other ids.
  Span<const std::uint32_t> global_words(Id id) const;
  /// Whether a block is open: instructions go somewhere.
  bool in_block() const { return block_open_; }
  LabelId current_block() const { return current_block_; }
  FunctionId current_function() const { return current_function_; }
  /// The words of a section so far, as they are without what the end of the module adds.
  Span<const std::uint32_t> section_words(Section section) const;

  // --- later-patched operands
  /// Adds a variable to an OpPhi of the function that is open.
  void add_incoming(ValueId phi, ValueId value, LabelId parent,
                    SourceLocation at = SourceLocation::current());

  /// Any instruction, its operands given as words with tags and checked against the grammar: for generators that
  /// choose the opcode at run time. `type` is empty where there is none. Returns the result id, or an empty one.
  Id instruction(Op op, TypeId type, Span<const OperandWord> operands,
                 SourceLocation at = SourceLocation::current());

  /// Reports an error as the library's own calls do; the first one is kept.
  void fail(ErrorCode code, String message, SourceLocation at, const char* instruction = nullptr,
            String offered = {});

protected:
  friend class OperandList;

  /// What is known of an id. 16 bytes: two are read for every arithmetic instruction.
  struct IdInfo {
    std::uint32_t type;  // id of its type; for types 0
    // numeric shape of its type, or of itself for a type, 0 where that is not numeric; of a function its type's id; of
    // an instruction set 1 for GLSL.std.450, 2 for OpenCL.std
    std::uint32_t shape;
    std::uint32_t definition;  // word in the arena of globals, for types, constants and global variables
    Op op;
    IdKind kind;
    std::uint8_t flags;
  };
  static constexpr std::uint8_t defined = 1;          // its instruction is written
  static constexpr std::uint8_t used_early = 2;       // used while reserved
  static constexpr std::uint8_t global = 4;           // `definition` holds
  static constexpr std::uint8_t explicit_layout = 8;  // type: decorated with Offset or ArrayStride itself
  static constexpr std::uint8_t block = 16;           // type: decorated Block or BufferBlock
  static constexpr std::uint8_t spec_id = 32;         // constant: has a SpecId
  static constexpr std::uint8_t buffer_block = 64;    // type: decorated BufferBlock

  // Numeric shapes: class | signed | flags | encoding | components | width, comparable as one number.
  static constexpr std::uint32_t shape_bool = 1, shape_int = 2, shape_float = 3, shape_class = 7;
  static constexpr std::uint32_t shape_signed = 8, shape_cooperative = 16, shape_matrix = 32;
  // 0: IEEE 754; else the encoding's place among the grammar's, plus 1
  static constexpr std::uint32_t shape_encoding_shift = 6, shape_encoding = 0x3Fu << 6;
  static constexpr std::uint32_t shape_components_shift = 12, shape_components = 0xFFu << 12;
  static constexpr std::uint32_t shape_width_shift = 20, shape_width = 0xFFu << 20;

  // The location by reference: by value it would be the seventh and eighth register, copied through memory in pieces that
  // clang reads back as a whole, which stalls (measured: 6 ns an instruction).
  Id emit(InstructionKey key, TypeId type, const OperandWord* operands, std::size_t count,
          const SourceLocation& at);
  Id emit(InstructionKey key, TypeId type, OperandList& list, const SourceLocation& at);
  /// An instruction with two ids for operands.
  Id emit(InstructionKey key, TypeId type, Id a, Id b, const SourceLocation& at);
  /// An OpExtInst that gives what its arguments are, if it is a function on floats that asks for nothing else and
  /// everything is in order; else writes nothing and returns an empty id.
  Id emit_float_function(InstructionKey key, ExtInstSetId set, GLSLstd450 function, TypeId type,
                         Span<const ValueId> arguments, const SourceLocation& at);

  // --- for the layers of the builder above
  /// An instruction of the global section, interned on its words and on `extra` (decorations that belong to its
  /// identity). `fresh` says whether it was written now.
  Id declare(Op op, TypeId type, Span<const std::uint32_t> operands, Span<const std::uint32_t> extra,
             bool& fresh, SourceLocation at);
  // Ids that come out of other instructions' words may be anything in a foreign module: past the end is id 0, of which
  // nothing is known.
  const IdInfo& info(std::uint32_t id) const { return ids_[id < ids_.size() ? id : 0]; }
  IdInfo& info(std::uint32_t id) { return ids_[id < ids_.size() ? id : 0]; }
  /// Words that are 0 past their end, for the same reason.
  class BoundedWords {
  public:
    BoundedWords(Span<const std::uint32_t> words) : words_(words) {}
    std::uint32_t operator[](std::size_t index) const { return index < words_.size() ? words_[index] : 0; }
    std::size_t size() const { return words_.size(); }
    bool empty() const { return words_.empty(); }
    Span<const std::uint32_t> subspan(std::size_t offset) const { return words_.subspan(offset); }

  private:
    Span<const std::uint32_t> words_;
  };
  /// `global_words` by number.
  BoundedWords declaration(std::uint32_t id) const { return global_words(make(id)); }
  Id make(std::uint32_t id) const { return Id(id, tag_); }
  /// Checks that the id is this emitter's; else fails.
  bool owns(Id id, const char* instruction, SourceLocation at);
  bool require(Capability capability, const char* instruction, SourceLocation at);
  bool require_any(Span<const Capability> capabilities, const char* instruction, SourceLocation at);
  InstructionKey key_of(const InstructionInfo& info) const;
  /// Adds a target to an OpSwitch of the open function; `width` is the selector's, in bits.
  void add_switch_target(std::uint32_t offset, std::uint64_t literal, unsigned width, LabelId target,
                         SourceLocation at);
  /// Where the last instruction of the open function begins, in its arena.
  std::uint32_t last_instruction_offset() const;
  /// Whether `operands` (grammar order, result type and id left out) fit the type rule of `op`; for OpSpecConstantOp.
  bool check_nested(Op op, TypeId& type, Span<const OperandWord> operands, SourceLocation at);
  /// "%7 : v4float", for messages.
  String describe(std::uint32_t id) const;
  /// A 32-bit unsigned constant, declared once.
  std::uint32_t constant_word(std::uint32_t value, SourceLocation at);
  bool has_explicit_layout(std::uint32_t type) const {
    unsigned budget = walk_budget;
    return has_explicit_layout(type, budget);
  }
  bool has_explicit_layout(std::uint32_t type, unsigned& budget) const;
  /// Types that a walk through a type may visit. Foreign types may contain themselves, or one another twice at each of a
  /// hundred levels; no real one has as many parts.
  static constexpr unsigned walk_budget = 1u << 14;
  /// Writes header, deduced parts and sections into `words`, and their locations where asked for.
  bool assemble(Buffer<std::uint32_t>& words, Buffer<LocationRecord>* locations, SourceLocation at);

  /// While it lives, what is declared does not take the id of `define_next`: that is for the instruction around it.
  class Aside {
  public:
    explicit Aside(Emitter& emitter) : emitter_(emitter), pending_(emitter.pending_result_) {
      emitter.pending_result_ = 0;
    }
    ~Aside() {
      emitter_.pending_result_ = pending_;
      if (pending_ != 0) emitter_.update_fast();
    }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

  private:
    Emitter& emitter_;
    std::uint32_t pending_;
  };

  /// A part of a buffer that the builder keeps, used as a stack: what is gathered on the way to a declaration allocates
  /// nothing once the buffer has grown, and may nest.
  template <class T>
  class Gathered {
  public:
    explicit Gathered(Buffer<T>& stack) : stack_(stack), begin_(stack.size()) {
      if (stack.empty()) stack.clear();  // forgets a past failure
    }
    ~Gathered() { stack_.truncate(begin_); }
    Gathered(const Gathered&) = delete;
    Gathered& operator=(const Gathered&) = delete;
    void push_back(const T& value) { stack_.push_back(value); }
    T& operator[](std::size_t index) { return stack_[begin_ + index]; }
    /// Until something else is gathered.
    Span<const T> span() const { return {stack_.data() + begin_, stack_.size() - begin_}; }
    bool out_of_memory() const { return stack_.out_of_memory(); }

  private:
    Buffer<T>& stack_;
    std::size_t begin_;
  };
  Buffer<std::uint32_t> word_stack_, layout_stack_;
  Buffer<OperandWord> operand_stack_;

private:
  struct Edit {  // operands to add to an instruction of the open function
    std::uint32_t offset;
    std::uint32_t first, count;  // in edit_words_
  };
  struct Reserved {
    std::uint32_t id;
    SourceLocation where;
  };
  struct GlobalVariable {
    std::uint32_t id;
    StorageClass storage;
    SourceLocation where;
  };

  friend class TypeChecker;
  friend class RequirementRules;

  // emit, when it is not the straight line: the steps in their order
  Id emit_two(InstructionKey key, TypeId type, Id a, Id b, const SourceLocation& at);
  Id emit_general(InstructionKey key, TypeId type, const OperandWord* operands, std::size_t count,
                  const SourceLocation& at);
  bool is_known_element(const OperandWord* operands, std::size_t count, std::uint32_t type) const;
  Id emit_flow(InstructionKey key, TypeId type, const OperandWord* operands, std::size_t count,
               const SourceLocation& at);
  bool is_target(OperandWord word);
  bool is_phi(TypeId type, const OperandWord* operands, std::size_t count);
  bool emit_elsewhere(InstructionKey key, TypeId type, const OperandWord* operands, std::size_t count,
                      SourceLocation at, Id& result);
  bool check_length(InstructionKey key, std::size_t count, SourceLocation at);
  bool resolve_operands(InstructionKey key, const OperandWord* operands, std::size_t count,
                        SourceLocation at);
  bool check_operand_id(InstructionKey key, OperandWord word, std::size_t position, SourceLocation at);
  SectionArena* place(InstructionKey key, const OperandWord* operands, std::size_t count, SourceLocation at);
  bool check_grammar(const InstructionInfo& info, Span<const OperandWord> operands, bool roles,
                     SourceLocation at);
  bool check_types(InstructionKey key, std::uint32_t& type, const OperandWord* operands, std::size_t count,
                   const SourceLocation& at);
  bool add_alignment(InstructionKey key, SourceLocation at);
  std::uint32_t scalar_alignment(std::uint32_t type, unsigned& budget) const;
  void append_type_name(String& text, std::uint32_t id, unsigned depth) const;
  void write_line(SourceLocation at);
  std::uint32_t write(SectionArena& arena, Op op, std::uint32_t type, std::uint32_t result,
                      const OperandWord* operands, std::size_t count, const SourceLocation& at);
  Id finish_instruction(SectionArena& arena, InstructionKey key, std::uint32_t type,
                        const OperandWord* operands, std::size_t count, SourceLocation at);
  void note_effects(InstructionKey key, std::uint32_t result, std::uint32_t offset,
                    const OperandWord* operands, std::size_t count, SourceLocation at);
  void note_decoration(Id target, Decoration decoration, const OperandWord* parameters, std::size_t count,
                       const char* name, SourceLocation at);
  std::uint32_t shape_of_type(Op op, const std::uint32_t* operands, std::size_t count) const;
  std::uint8_t straight_line_limit(InstructionKey key) const;
  void update_fast();
  /// What a call that failed returns: an empty id, or false.
  struct Failed {
    operator Id() const { return {}; }
    operator bool() const { return false; }
  };
  Failed out_of_memory(SourceLocation at);

  Id reserve(IdKind kind, Op op, std::uint32_t type, SourceLocation at);
  bool finish_function(SourceLocation at);
  bool check_end(SourceLocation at);
  bool check_variables();
  void collect_interface(std::uint32_t function, unsigned depth);
  bool in_interface(std::uint32_t id) const;
  SectionArena& arena_of(Section section);
  const SectionArena& arena_of(Section section) const;
  Id string_id(Text text, SourceLocation at);
  void merge_is_open(SourceLocation at, const char* name);
  bool check_parameters(SourceLocation at, const char* name);
  void check_switch(const OperandWord* operands, std::size_t count, SourceLocation at);

  static constexpr std::size_t arena_count = static_cast<std::size_t>(Section::Graph) + 1;

  ModuleOptions options_;
  Version version_ = 0;
  std::uint32_t tag_ = 0;
  AddressingModel addressing_ = AddressingModel::Logical;
  MemoryModel memory_model_ = MemoryModel::GLSL450;
  bool failed_ = false;
  bool function_open_ = false;
  bool block_open_ = false;
  bool graph_open_ = false;
  bool merge_open_ = false;  // the last instruction is OpSelectionMerge or OpLoopMerge
  bool fast_ =
      false;  // block instructions may take the straight line: types and structure checked, no OpLine
  LabelId current_block_;
  FunctionId current_function_;
  bool physical_pointers_ =
      false;  // some pointer is into PhysicalStorageBuffer: loads and stores get Aligned
  // 8- and 16-bit types that are declared without the capability for arithmetic on them
  static constexpr std::uint8_t narrow_int8 = 1, narrow_int16 = 2, narrow_float16 = 4;
  std::uint8_t narrow_types_ = 0;
  std::uint32_t pending_result_ = 0;  // of define_next
  std::uint32_t uint32_type_ = 0;     // OpTypeInt 32 0, once a constant has asked for it

  Buffer<IdInfo> ids_;
  Buffer<std::uint8_t>
      ready_;  // by grammar index: the straight line takes the instruction with fewer operands than this
  SectionArena arenas_[arena_count];
  InternTable interned_;
  Requirements requirements_;

  // the open function
  std::uint32_t function_begin_ = 0;  // in the arena of functions
  std::uint32_t function_first_location_ = 0;
  std::uint32_t parameters_ = 0;   // OpFunctionParameter so far
  std::uint32_t entry_label_ = 0;  // offset of the first OpLabel; 0 before it
  SectionArena locals_;
  Buffer<Edit> edits_;
  Buffer<std::uint32_t> edit_words_;
  SectionArena rebuilt_;

  // Access chains that were checked, by base: with this member and an integer they give this type, whatever its value.
  struct Element {
    Id base;
    std::uint32_t member = 0, type = 0;
  };
  static constexpr std::size_t element_count = 16;
  Element elements_[element_count];

  Buffer<OperandWord> scratch_;          // of OperandList
  Buffer<OperandWord> checked_;          // operands with scopes resolved
  Buffer<OperandWord> declared_;         // operands of the declaration under way
  Buffer<std::uint32_t> declare_words_;  // key of the declaration under way
  Buffer<std::uint32_t> intern_words_;   // operands of an OpType… or OpString on its way to declare()
  Buffer<std::uint64_t> literals_;       // of the OpSwitch that is being checked
  Buffer<Reserved> reserved_;
  Buffer<GlobalVariable> variables_;
  Buffer<std::uint32_t> interface_;  // variables of the entry point that is being written
  Buffer<std::uint32_t> visited_;    // functions on the way there
  Buffer<std::uint32_t> spec_ids_;
  SourceLocation last_line_;
  Diagnostic error_;
};

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/emitter.hpp"
#endif
