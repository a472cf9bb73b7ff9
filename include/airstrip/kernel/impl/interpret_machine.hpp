// The state of a dispatch that is being interpreted, and what the parts of the interpreter do to it.
#pragma once

#include "../interpret.hpp"
#include "interpret_program.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

inline constexpr unsigned max_lanes = 128;

/// A set of lanes.
struct Mask {
  std::uint64_t low = 0, high = 0;

  static Mask first(unsigned count) {
    const auto part = [](unsigned n) { return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1; };
    return {part(count), count > 64 ? part(count - 64) : 0};
  }
  bool any() const { return (low | high) != 0; }
  bool test(unsigned lane) const { return ((lane < 64 ? low >> lane : high >> (lane - 64)) & 1) != 0; }
  void set(unsigned lane) {
    if (lane < 64)
      low |= std::uint64_t{1} << lane;
    else
      high |= std::uint64_t{1} << (lane - 64);
  }
  friend Mask operator|(Mask a, Mask b) { return {a.low | b.low, a.high | b.high}; }
  friend Mask operator&(Mask a, Mask b) { return {a.low & b.low, a.high & b.high}; }
  /// Those of `a` that are not in `b`.
  friend Mask operator-(Mask a, Mask b) { return {a.low & ~b.low, a.high & ~b.high}; }
  friend bool operator==(Mask a, Mask b) { return a.low == b.low && a.high == b.high; }
};

/// An open construct of a subgroup.
struct Frame {
  Mask entry;   ///< who entered
  Mask merged;  ///< who has come to its end
  Mask other;   ///< If: who takes the else; Switch: who has not found a case; Loop: who goes round again
  std::uint32_t return_to = 0;
  std::uint32_t arrivals = 0,
                other_arrivals = 0;  ///< groups of lanes that came to the end, or the next iteration
  bool entry_converged = true;
  bool converged = true, other_converged = true;  ///< whether each of those groups was
  bool whole = false;                             ///< all lanes that live entered
  std::uint64_t iterations = 0;
};

enum class State : std::uint8_t { Ready, Waiting, Done };

struct Subgroup {
  Mask all;     ///< lanes that exist
  Mask live;    ///< that have not returned
  Mask active;  ///< that execute the next instruction
  std::uint32_t pc = 0;
  std::uint32_t frames = 0;
  std::uint32_t barrier = 0;           ///< instruction it waits at
  std::uint32_t first_invocation = 0;  ///< of its lane 0, in the workgroup
  State state = State::Ready;
  bool converged = true;
  std::uint32_t barrier_stamp[3] = {};  ///< clock at its last subgroup barrier, by storage
};

/// An access as the shadow remembers it.
struct Touch {
  std::uint32_t invocation = 0;  ///< in the dispatch, plus 1; 0: none
  std::uint32_t stamp = 0;       ///< clock
  std::uint32_t node = 0;        ///< | atomic << 31 | scope << 28

  static constexpr std::uint32_t atomic_bit = 0x80000000u, node_mask = 0x0FFFFFFFu;
  bool atomic() const { return (node & atomic_bit) != 0; }
  MemoryScope scope() const { return static_cast<MemoryScope>(node >> 28 & 7); }
};
/// What is known of one cell of memory: its last write, the last reads by two invocations (the atomic operations among
/// them), and one of an earlier workgroup.
struct Cell {
  Touch writer, reader, second_reader, earlier_reader;
};

/// The memory of a resource.
struct Memory {
  ResourceKind kind = ResourceKind::Variable;
  std::uint8_t* bytes = nullptr;
  std::uint64_t size = 0;         ///< bytes, for an invocation
  std::uint64_t lane_stride = 0;  ///< Private: bytes from one invocation to the next
  std::uint32_t component = 4;    ///< bytes of its usual component: Booleans lie in one
  std::uint32_t element = 4;      ///< bytes from one element to the next, for reports
  std::uint8_t storage = 0;       ///< of `memory`
  std::uint32_t storage_index = 0;
  bool watched = false;          ///< its cells are kept
  std::uint32_t cell_shift = 2;  ///< log2 of a cell's bytes
  std::uint64_t first_cell = 0;  ///< in the machine's cells
  std::uint64_t cell_bias = 0;   ///< bytes before it in memory that it shares with others
  bool tracks_written = false;
  std::uint64_t first_written = 0;  ///< in the machine's flags
  std::uint64_t written_stride = 0;
  ImageBinding image;
};

/// What one invocation made visible with an atomic operation or fence: its own accesses before `own`, and those of its
/// workgroup before the barriers it had passed.
struct Release {
  std::uint32_t barrier_stamp[3] = {};
  std::uint32_t invocation = 0;
  std::uint32_t own = 0;
  std::uint8_t storage = 0;
};
/// In a list that grows at its head; what was acquired from another list goes on with a release.
struct ReleaseLink {
  Release release;
  std::uint32_t next = 0, include = 0;
  std::uint32_t visit = 0;  ///< the last search that came by
};
/// A cell that atomic operations synchronise on.
struct SyncCell {
  std::uint64_t key = 0;  ///< cell + 1; 0: free
  std::uint32_t head = 0;
  std::uint32_t generation = 0;  ///< counts the lists that were given up
};
/// What somebody of the workgroup at work has learnt.
struct Acquired {
  std::uint64_t key;
  std::uint32_t generation;
  std::uint32_t head;        ///< of the list, as it was
  std::uint32_t invocation;  ///< who knows it; 0: the whole workgroup
  std::uint8_t storage;
  bool needs_fence;  ///< by a relaxed operation: known behind the next fence
};

/// How an access touches memory.
struct Manner {
  bool writes = false, reads = false, atomic = false;
  MemoryScope scope = MemoryScope::Device;
};

class Machine {
public:
  Machine(const Kernel& kernel, const Dispatch& dispatch, const Resources& resources,
          const InterpretOptions& options)
      : kernel_(kernel), dispatch_(dispatch), resources_(resources), options_(options) {}

  Result<Report> run();

private:
  // --- interpret_setup.hpp
  void fail(ErrorCode code, String message);
  bool ok() const { return error_.code == ErrorCode::Ok; }
  void check_options();
  void find_values();
  bool bind(std::uint32_t index);
  void measure_cells();
  void lay_out_shadow();
  void preset();
  void begin_workgroup(std::uint32_t index);
  void set_builtin(const Preset& preset, Subgroup& subgroup, std::uint64_t* registers);

  // --- interpret_execute.hpp
  void run_workgroup(std::uint32_t index);
  void release_barrier();
  void execute(std::uint32_t subgroup);
  bool step();  // false: the subgroup stops here for now
  bool barrier(const Instruction& i);

  // --- interpret_control.hpp
  void control(const Instruction& i);
  void end_of_loop(const Instruction& i);
  void set_active(Mask mask);
  void arrive(Frame& frame);
  void finish(const Instruction& i);
  void open(Mask inside);

  // --- interpret_values.hpp
  void lanes(const Instruction& i);
  void components(const Instruction& i);
  void whole(const Instruction& i);
  void copy(const Instruction& i);
  void copy_parallel(const Instruction& i);
  void check_component(const Instruction& i, const Evaluated& value, const std::uint64_t* operands,
                       unsigned lane);
  void variable(const Instruction& i);

  // --- interpret_memory.hpp
  void addresses(const Instruction& i, std::uint32_t bytes);
  void report_bounds(const Instruction& i, std::uint32_t resource, unsigned lane, std::int64_t address,
                     const std::uint64_t* range);
  void memory(const Instruction& i);
  void atomic(const Instruction& i);
  std::uint64_t atomic_result(const Instruction& i, std::uint64_t old, unsigned lane);
  std::uint64_t load_bits(const Memory& m, unsigned lane, std::uint64_t address, std::uint32_t bytes) const;
  void store_bits(const Memory& m, unsigned lane, std::uint64_t address, std::uint32_t bytes,
                  std::uint64_t bits);
  void array_length(const Instruction& i);
  std::uint32_t component_bytes(const Memory& m, Type type) const;

  // --- interpret_shadow.hpp
  void touch(const Memory& m, const Manner& manner, NodeId node, unsigned lane, std::uint64_t address,
             std::uint32_t bytes);
  void touch_cell(const Memory& m, Cell& cell, const Manner& manner, NodeId node, unsigned lane,
                  std::uint64_t address);
  bool ordered(const Touch& earlier, const Memory& m, unsigned lane);
  bool knows(const Touch& earlier, std::uint32_t storage_index, std::uint32_t invocation);
  bool both_atomic(const Touch& earlier, const Manner& manner, unsigned lane) const;
  void synchronise(const Memory& m, const MemoryAccess& access, Op op, unsigned lane, std::uint64_t address);
  SyncCell* sync_cell(std::uint64_t key);
  void acquire(const SyncCell& cell, std::uint32_t invocation, std::uint8_t storage, bool needs_fence);
  void fence(std::uint32_t invocation, std::uint8_t storage);
  void workgroup_ordered(SyncScope scope);
  std::uint32_t tick();

  // --- interpret_subgroup.hpp
  void subgroup(const Instruction& i);
  void group_reduce(const Instruction& i);
  void group_shuffle(const Instruction& i);
  void group_vote(const Instruction& i);
  void group_ballot(const Instruction& i);
  void need_convergence(const Instruction& i);

  // --- interpret_image.hpp
  void image(const Instruction& i);
  bool texel_address(const Instruction& i, const Memory& m, const std::int64_t* at, std::int64_t level,
                     unsigned lane, std::uint64_t& address);
  void read_texel(const Resource& r, const Memory& m, std::uint64_t address, std::uint64_t* texel) const;
  void sample(const Instruction& i, const Memory& m, unsigned lane, std::uint64_t* texel);

  // --- interpret_matrix.hpp
  void matrix(const Instruction& i);
  void matrix_memory(const Instruction& i);
  void matrix_mul_add(const Instruction& i);

  // --- interpret_report.hpp
  std::uint32_t global_invocation(unsigned lane) const {
    return workgroup_index_ * workgroup_invocations_ + current_->first_invocation + lane + 1;
  }
  Invocation invocation_of(std::uint32_t global) const;
  bool same_workgroup(std::uint32_t a, std::uint32_t b) const {
    return (a - 1) / workgroup_invocations_ == (b - 1) / workgroup_invocations_;
  }
  /// The finding, if it is new and there is room; else null, and the one seen before is counted.
  Finding* found(FindingKind kind, NodeId node, std::uint32_t invocation, NodeId other = no_node,
                 std::uint32_t resource = Finding::no_resource);
  void describe(Finding& finding, String message);
  String name_of(std::uint32_t resource) const;
  String place_of(const Finding& finding) const;
  String who(const Invocation& invocation) const;
  void locate(String& message, const Finding& finding) const;

  // --- small things
  std::uint64_t* slot(std::uint32_t index) { return registers_ + static_cast<std::size_t>(index) * size_; }
  const Operand& operand(const Instruction& i, std::uint32_t n) const {
    return program_.operands[i.first_operand + n];
  }
  std::uint64_t* values(const Instruction& i, std::uint32_t n, std::uint32_t component = 0) {
    const Operand& o = operand(i, n);
    return slot(o.slot + component * o.step);
  }
  Frame& frame(std::uint32_t up = 0) { return frames_[frame_base_ + current_->frames - 1 - up]; }

  const Kernel& kernel_;
  const Dispatch& dispatch_;
  const Resources& resources_;
  const InterpretOptions& options_;
  Report report_;
  Diagnostic error_;
  Program program_;
  std::uint32_t entry_ = 0;

  unsigned size_ = 32;  // lanes
  std::uint32_t workgroup_[3] = {1, 1, 1};
  std::uint32_t workgroup_invocations_ = 1;
  std::uint32_t subgroup_count_ = 1;
  Reconvergence reconvergence_ = Reconvergence::Unspecified;
  Buffer<std::uint64_t> parameter_bits_;  // four a parameter
  Buffer<std::uint64_t> spec_bits_;

  Buffer<std::uint64_t> all_registers_;
  Buffer<Subgroup> subgroups_;
  Buffer<std::uint32_t> order_;
  Buffer<Frame> frames_;
  Buffer<Mask> variable_written_;  // by subgroup and resource
  Buffer<Memory> memories_;        // by resource
  Buffer<std::uint8_t> local_;     // workgroup and private memory
  Buffer<std::uint8_t> written_;   // flags of cells
  Buffer<Cell> cells_;

  // the workgroup at work
  std::uint32_t workgroup_index_ = 0;
  std::uint32_t workgroup_id_[3] = {};
  bool stopped_ = false;
  std::uint64_t random_ = 0;

  // order of accesses: a clock that ticks at barriers and releases
  std::uint32_t clock_ = 1;
  std::uint32_t workgroup_start_ = 1;
  std::uint32_t barrier_stamp_[3] = {};
  Buffer<SyncCell> sync_cells_;
  std::uint32_t sync_count_ = 0;
  Buffer<ReleaseLink> links_;
  Buffer<Acquired> acquired_;
  Buffer<std::uint32_t> to_visit_;
  std::uint32_t visit_ = 0;
  Buffer<std::uint32_t> fences_;  // by invocation of the workgroup: clock of its last fence

  // the subgroup at work
  Subgroup* current_ = nullptr;
  std::uint64_t* registers_ = nullptr;
  std::uint32_t frame_base_ = 0;
  std::uint32_t subgroup_index_ = 0;
  std::uint32_t slice_ = 0;
  unsigned active_count_ = 0;
  std::uint8_t active_[max_lanes] = {};
  std::uint64_t address_[max_lanes] = {};
  Mask in_bounds_;
};

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
