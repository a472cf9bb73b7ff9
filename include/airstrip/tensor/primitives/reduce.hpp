// Reduce: the invocations of a workgroup make one value, or a few, of those that each of them has.
#pragma once

#include "../../config.hpp"
#include "../../kernel/ir.hpp"
#include "step_builder.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// How two states become one: `combine(AnyValue* into, const AnyValue* other)` emits it and leaves the result in `into`.
/// It has to be commutative, and associative up to rounding: the order in which states meet is fixed by the workgroup
/// (and, where subgroups are used, by the device), never by time. A reference to a function that outlives the call.
class Combine {
public:
  template <class F>
  Combine(const F& function)
      : function_(&function), call_([](const void* f, AnyValue* into, const AnyValue* other) {
          (*static_cast<const F*>(f))(into, other);
        }) {}
  void operator()(AnyValue* into, const AnyValue* other) const { call_(function_, into, other); }

private:
  const void* function_;
  void (*call_)(const void*, AnyValue*, const AnyValue*);
};

/// Which invocations of a workgroup reduce together. With the invocation's index in the workgroup
/// i = (team * span + place) * inner + lane, those of one team and lane do.
struct ReduceTeam {
  std::uint32_t span = 0;   ///< invocations that reduce together; 0: all of the workgroup, inner being 1
  std::uint32_t inner = 1;  ///< neighbours that do not
};

/// States of one to four values, numbers of 32 or 64 bits or vectors of those, reduced over a workgroup of any size, on
/// any subgroup size.
///
///     const kernel::Type types[] = {kernel::Type(Scalar::F32)};
///     WorkgroupReduce reduce(step, types);
///     reduce.run(&sum, [&](AnyValue* a, const AnyValue* b) { a[0] = step.k.apply(Op::Add, a[0], b[0]); });
///
/// Two ways, one result up to the order of combining: through workgroup memory, a tree of at most eight branches (works
/// everywhere); and by shuffles within subgroups, then through workgroup memory, where the target has shuffles, the team
/// is the workgroup and its subgroups are full. (Which lanes a subgroup that is not full has, no rule says; llvmpipe
/// 22.3's ballots count those that it has not.) `prepare` fixes the size where the target can, and shuffles are cheaper
/// for it.
class WorkgroupReduce {
public:
  static constexpr std::size_t max_values = 4;

  /// Whether the invocations of a workgroup can shuffle on the target: in full subgroups alone.
  static bool can_shuffle(const Target& target, std::uint32_t workgroup);
  /// Says in a kernel's options, before it is begun, what shuffles rely on, as far as the target can promise it: full
  /// subgroups of its usual size. Nothing where the target cannot shuffle.
  static void prepare(kernel::KernelOptions& options, const Target& target);
  /// Bytes of workgroup memory that states of `bytes` bytes take.
  static std::uint64_t shared_bytes(std::uint32_t workgroup, std::uint64_t bytes) {
    return workgroup * bytes;
  }

  /// Declares the memory. The workgroup has a size that `step`'s options say, and lies along x. `shuffles`: use them
  /// where the target has them and `team` is the whole workgroup.
  WorkgroupReduce(StepBuilder& step, Span<const kernel::Type> types, ReduceTeam team = {},
                  bool shuffles = true);

  /// Every invocation of the workgroup comes here, with its state in `values`, and goes on with its team's: the same bits
  /// in each. `again`: another run (a loop's next time round too) follows, so that all wait until all have read.
  void run(AnyValue* values, const Combine& combine, bool again = true);

  /// The place of an invocation in its team.
  Index place();
  /// Combinations that a state passes through at most, of `span` of a workgroup's invocations: of sums the error is at
  /// most γ_depth Σ|x|. `shuffles`: as to the constructor.
  static std::uint32_t depth(std::uint32_t workgroup, std::uint32_t span, bool shuffles,
                             const Target& target);

private:
  struct Stage {
    std::uint32_t from, to;  // states
  };
  static Stage stage(std::uint32_t states);
  static std::uint32_t most_lanes(const Target& target);  // of a subgroup
  static std::uint32_t chosen_lanes(const Target& target, std::uint32_t workgroup);
  static std::uint32_t tree_depth(std::uint32_t states);
  void shuffle(AnyValue* values, const Combine& combine);
  AnyValue shuffled(AnyValue value, AnyValue source, std::uint32_t mask);
  void tree(AnyValue* values, const Combine& combine, std::uint32_t states, Index place, Index base,
            std::uint32_t inner, bool again);
  void join(AnyValue* values, const Combine& combine, Index count);
  void read(Index element, AnyValue* values);
  void write(Index element, const AnyValue* values);
  void choose(AnyValue condition, AnyValue* into, const AnyValue* other);
  void wait();

  StepBuilder& step_;
  kernel::Type types_[max_values];
  std::size_t count_ = 0;
  std::uint32_t arrays_[max_values] = {};
  std::uint32_t workgroup_, span_, inner_;
  std::uint32_t subgroup_ = 0;      // lanes, where it is certain that all subgroups have as many
  std::uint32_t most_lanes_ = 128;  // that a subgroup may have
  bool shuffles_ = false;
};

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/reduce.hpp"
#endif
