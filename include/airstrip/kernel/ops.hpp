// Every operation of the kernel IR, with what each means and what passes may do with it.
#pragma once

#include "../config.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// What passes need to know of an operation.
namespace op_flag {
inline constexpr std::uint16_t pure = 1;  ///< depends on its operands alone; may be merged, moved and removed
inline constexpr std::uint16_t commutative = 2;  ///< the first two operands may change places
inline constexpr std::uint16_t reads = 4;        ///< depends on memory
inline constexpr std::uint16_t writes = 8;  ///< changes memory, or orders accesses to it; is never removed
inline constexpr std::uint16_t convergent =
    16;  ///< depends on which invocations execute it; stays where it stands
inline constexpr std::uint16_t terminator = 32;  ///< the last operation of its region, and only there
inline constexpr std::uint16_t regions = 64;     ///< owns regions
inline constexpr std::uint16_t global = 128;     ///< stands in no region: visible in the whole kernel
inline constexpr std::uint16_t traps =
    256;  ///< undefined for some operands: not executed where the kernel would not
}  // namespace op_flag

// One row an operation: name, text when printed, number of operands (-1: any), flags. Operations are typed by their
// operands: Add is OpIAdd or OpFAdd. `imm`: what `Node::immediate` holds.
//
// Add, Sub and Mul of floats with imm 1 are exact operations: computed as written in every float environment, neither
// fused nor rearranged (NoContraction; Vulkan lets a driver use the laws of real numbers on what is not so decorated).
//
// Integer semantics are SPIR-V's, two's complement: Add, Sub and Mul wrap; Div truncates; Rem takes the sign of the
// dividend and Mod that of the divisor; ShiftRight is arithmetic for signed types.
#define AIRSTRIP_KERNEL_OPS(X)                                                                               \
  /* values: Constant bits in operands[0..1]; ConstantVector of Constants; Parameter, SpecConstant imm: */   \
  /* index; BuiltInValue imm: BuiltIn; Argument of its region, imm: index; Result imm: of operands[0] */     \
  X(Nothing, "nothing", 0, 0)                                                                                \
  X(Constant, "constant", 0, pure | global)                                                                  \
  X(ConstantVector, "constant_vector", -1, pure | global)                                                    \
  X(Undefined, "undefined", 0, pure | global)                                                                \
  X(Parameter, "parameter", 0, pure | global)                                                                \
  X(SpecConstant, "spec_constant", 0, pure | global)                                                         \
  X(BuiltInValue, "builtin", 0, pure | global)                                                               \
  X(Argument, "argument", 0, pure)                                                                           \
  X(Result, "result", 1, pure)                                                                               \
  /* arithmetic on numbers, component by component */                                                        \
  X(Add, "add", 2, pure | commutative)                                                                       \
  X(Sub, "sub", 2, pure)                                                                                     \
  X(Mul, "mul", 2, pure | commutative)                                                                       \
  X(Div, "div", 2, pure | traps)                                                                             \
  X(Rem, "rem", 2, pure | traps)                                                                             \
  X(Mod, "mod", 2, pure | traps)                                                                             \
  X(Negate, "negate", 1, pure)                                                                               \
  X(MulHigh, "mul_high", 2, pure | commutative)   /* upper half of an integer product */                     \
  X(AddCarry, "add_carry", 2, pure | commutative) /* 1 where the unsigned sum wraps, else 0 */               \
  X(SubBorrow, "sub_borrow", 2, pure)             /* 1 where the unsigned difference wraps, else 0 */        \
  X(Min, "min", 2, pure | commutative)                                                                       \
  X(Max, "max", 2, pure | commutative)                                                                       \
  X(Clamp, "clamp", 3, pure)                                                                                 \
  X(NMin, "nmin", 2, pure | commutative) /* the number where the other is a NaN */                           \
  X(NMax, "nmax", 2, pure | commutative)                                                                     \
  X(NClamp, "nclamp", 3, pure)                                                                               \
  X(Abs, "abs", 1, pure)                                                                                     \
  X(Sign, "sign", 1, pure)                                                                                   \
  X(Fma, "fma", 3, pure)                                                                                     \
  /* bits; on Booleans And, Or, Xor and Not are logical */                                                   \
  X(And, "and", 2, pure | commutative)                                                                       \
  X(Or, "or", 2, pure | commutative)                                                                         \
  X(Xor, "xor", 2, pure | commutative)                                                                       \
  X(Not, "not", 1, pure)                                                                                     \
  X(ShiftLeft, "shift_left", 2, pure | traps)                                                                \
  X(ShiftRight, "shift_right", 2, pure | traps)                                                              \
  X(BitCount, "bit_count", 1, pure)                                                                          \
  X(BitReverse, "bit_reverse", 1, pure)                                                                      \
  X(BitFieldExtract, "bit_field_extract", 3, pure) /* value, offset, count; sign-extends signed values */    \
  X(BitFieldInsert, "bit_field_insert", 4, pure)   /* base, insert, offset, count */                         \
  X(FindLsb, "find_lsb", 1, pure)                  /* -1 where there is none */                              \
  X(FindMsb, "find_msb", 1, pure)                  /* of a negative signed value its highest 0 */            \
  /* comparisons: ordered for floats, NotEqual unordered (as C++) */                                         \
  X(Equal, "equal", 2, pure | commutative)                                                                   \
  X(NotEqual, "not_equal", 2, pure | commutative)                                                            \
  X(Less, "less", 2, pure)                                                                                   \
  X(LessEqual, "less_equal", 2, pure)                                                                        \
  X(IsNan, "is_nan", 1, pure)                                                                                \
  X(IsInf, "is_inf", 1, pure)                                                                                \
  X(Any, "any", 1, pure)                                                                                     \
  X(All, "all", 1, pure)                                                                                     \
  X(Select, "select", 3, pure) /* condition, where true, where false */                                      \
  /* conversions */                                                                                          \
  X(Convert, "convert", 1, pure) /* by value; float to int truncates, int to int wraps, to bool: != 0 */     \
  X(ConvertSaturate, "convert_saturate", 1, pure) /* to an integer: clamped to its range, NaN to 0 */        \
  X(Bitcast, "bitcast", 1, pure)                                                                             \
  /* vectors */                                                                                              \
  X(Construct, "construct", -1, pure) /* from components; a matrix from one scalar that fills it */          \
  X(Extract, "extract", 1, pure)      /* imm: component */                                                   \
  X(Insert, "insert", 2, pure)        /* vector, component; imm: which */                                    \
  X(ExtractDynamic, "extract_dynamic", 2, pure | traps) /* vector, index */                                  \
  X(InsertDynamic, "insert_dynamic", 3, pure | traps)   /* vector, component, index */                       \
  X(Shuffle, "shuffle", 2, pure) /* imm: result component i is component imm >> 4i & 15 of both in turn */   \
  X(Dot, "dot", 2, pure | commutative)                                                                       \
  X(DotPacked, "dot_packed", 2, pure)               /* four 8-bit products in 32-bit words; imm: DotKind */  \
  X(DotPackedAccSat, "dot_packed_acc_sat", 3, pure) /* and an accumulator, saturating; imm: DotKind */       \
  /* GLSL.std.450 on floats */                                                                               \
  X(Round, "round", 1, pure)                                                                                 \
  X(RoundEven, "round_even", 1, pure)                                                                        \
  X(Trunc, "trunc", 1, pure)                                                                                 \
  X(Floor, "floor", 1, pure)                                                                                 \
  X(Ceil, "ceil", 1, pure)                                                                                   \
  X(Fract, "fract", 1, pure)                                                                                 \
  X(Radians, "radians", 1, pure)                                                                             \
  X(Degrees, "degrees", 1, pure)                                                                             \
  X(Sin, "sin", 1, pure)                                                                                     \
  X(Cos, "cos", 1, pure)                                                                                     \
  X(Tan, "tan", 1, pure)                                                                                     \
  X(Asin, "asin", 1, pure)                                                                                   \
  X(Acos, "acos", 1, pure)                                                                                   \
  X(Atan, "atan", 1, pure)                                                                                   \
  X(Sinh, "sinh", 1, pure)                                                                                   \
  X(Cosh, "cosh", 1, pure)                                                                                   \
  X(Tanh, "tanh", 1, pure)                                                                                   \
  X(Asinh, "asinh", 1, pure)                                                                                 \
  X(Acosh, "acosh", 1, pure)                                                                                 \
  X(Atanh, "atanh", 1, pure)                                                                                 \
  X(Atan2, "atan2", 2, pure) /* y, x */                                                                      \
  X(Pow, "pow", 2, pure)                                                                                     \
  X(Exp, "exp", 1, pure)                                                                                     \
  X(Log, "log", 1, pure)                                                                                     \
  X(Exp2, "exp2", 1, pure)                                                                                   \
  X(Log2, "log2", 1, pure)                                                                                   \
  X(Sqrt, "sqrt", 1, pure)                                                                                   \
  X(InverseSqrt, "inverse_sqrt", 1, pure)                                                                    \
  X(Mix, "mix", 3, pure)                                                                                     \
  X(Step, "step", 2, pure)              /* edge, x */                                                        \
  X(SmoothStep, "smooth_step", 3, pure) /* edge0, edge1, x */                                                \
  X(FrexpSignificand, "frexp_significand", 1, pure)                                                          \
  X(FrexpExponent, "frexp_exponent", 1, pure) /* i32 */                                                      \
  X(Ldexp, "ldexp", 2, pure)                  /* significand, i32 exponent */                                \
  X(Length, "length", 1, pure)                                                                               \
  X(Distance, "distance", 2, pure)                                                                           \
  X(Cross, "cross", 2, pure)                                                                                 \
  X(Normalize, "normalize", 1, pure)                                                                         \
  X(FaceForward, "face_forward", 3, pure)                                                                    \
  X(Reflect, "reflect", 2, pure)                                                                             \
  X(Refract, "refract", 3, pure)                                                                             \
  X(PackSnorm4x8, "pack_snorm_4x8", 1, pure)                                                                 \
  X(PackUnorm4x8, "pack_unorm_4x8", 1, pure)                                                                 \
  X(PackSnorm2x16, "pack_snorm_2x16", 1, pure)                                                               \
  X(PackUnorm2x16, "pack_unorm_2x16", 1, pure)                                                               \
  X(PackHalf2x16, "pack_half_2x16", 1, pure)                                                                 \
  X(UnpackSnorm4x8, "unpack_snorm_4x8", 1, pure)                                                             \
  X(UnpackUnorm4x8, "unpack_unorm_4x8", 1, pure)                                                             \
  X(UnpackSnorm2x16, "unpack_snorm_2x16", 1, pure)                                                           \
  X(UnpackUnorm2x16, "unpack_unorm_2x16", 1, pure)                                                           \
  X(UnpackHalf2x16, "unpack_half_2x16", 1, pure)                                                             \
  /* memory; imm: index in Kernel::accesses(), whose address operands come last. Variables: imm: resource */ \
  X(VariableLoad, "variable_load", 0, reads)                                                                 \
  X(VariableStore, "variable_store", 1, writes)                                                              \
  X(Load, "load", -1, reads | traps)                                                                         \
  X(Store, "store", -1, writes)           /* value, address */                                               \
  X(ArrayLength, "array_length", 0, pure) /* elements of a buffer; imm: access with resource and stride */   \
  X(AtomicLoad, "atomic_load", -1, reads | writes)                                                           \
  X(AtomicStore, "atomic_store", -1, writes)                                                                 \
  X(AtomicAdd, "atomic_add", -1, reads | writes) /* value, address; gives the value before, as all do */     \
  X(AtomicSub, "atomic_sub", -1, reads | writes)                                                             \
  X(AtomicMin, "atomic_min", -1, reads | writes)                                                             \
  X(AtomicMax, "atomic_max", -1, reads | writes)                                                             \
  X(AtomicAnd, "atomic_and", -1, reads | writes)                                                             \
  X(AtomicOr, "atomic_or", -1, reads | writes)                                                               \
  X(AtomicXor, "atomic_xor", -1, reads | writes)                                                             \
  X(AtomicExchange, "atomic_exchange", -1, reads | writes)                                                   \
  X(AtomicCompareExchange, "atomic_compare_exchange", -1, reads | writes) /* value, comparator, address */   \
  /* images; imm: resource. Coordinates are i32x2, with the layer i32x3 */                                   \
  X(ImageLoad, "image_load", 1, reads)                                                                       \
  X(ImageStore, "image_store", 2, writes)  /* coordinate, four components */                                 \
  X(ImageFetch, "image_fetch", 2, reads)   /* of a sampled image: coordinate, level */                       \
  X(ImageSample, "image_sample", 2, reads) /* float coordinate in 0 to 1 (the layer as it is), level */      \
  X(ImageSize, "image_size", 1, pure)      /* level (0 for a storage image); i32x2 or, with layers, i32x3 */ \
  /* synchronisation; imm: a SyncScope packed by `sync_bits` */                                              \
  X(Barrier, "barrier", 0, writes | convergent)                                                              \
  X(MemoryBarrier, "memory_barrier", 0, writes)                                                              \
  /* subgroups; imm: GroupKind | cluster size << 8, or what is said */                                       \
  X(SubgroupElect, "subgroup_elect", 0, convergent)                                                          \
  X(SubgroupAll, "subgroup_all", 1, convergent)                                                              \
  X(SubgroupAny, "subgroup_any", 1, convergent)                                                              \
  X(SubgroupAllEqual, "subgroup_all_equal", 1, convergent)                                                   \
  X(SubgroupBroadcast, "subgroup_broadcast", 2, convergent) /* value, invocation (subgroup-uniform) */       \
  X(SubgroupBroadcastFirst, "subgroup_broadcast_first", 1, convergent)                                       \
  X(SubgroupBallot, "subgroup_ballot", 1, convergent) /* u32x4 */                                            \
  X(SubgroupInverseBallot, "subgroup_inverse_ballot", 1, convergent)                                         \
  X(SubgroupBallotBit, "subgroup_ballot_bit", 2, convergent)     /* ballot, invocation */                    \
  X(SubgroupBallotCount, "subgroup_ballot_count", 1, convergent) /* imm: Reduce, Inclusive or Exclusive */   \
  X(SubgroupBallotLsb, "subgroup_ballot_lsb", 1, convergent)                                                 \
  X(SubgroupBallotMsb, "subgroup_ballot_msb", 1, convergent)                                                 \
  X(SubgroupShuffle, "subgroup_shuffle", 2, convergent) /* value, invocation */                              \
  X(SubgroupShuffleXor, "subgroup_shuffle_xor", 2, convergent)                                               \
  X(SubgroupShuffleUp, "subgroup_shuffle_up", 2, convergent)                                                 \
  X(SubgroupShuffleDown, "subgroup_shuffle_down", 2, convergent)                                             \
  X(SubgroupRotate, "subgroup_rotate", 2, convergent) /* value, delta; imm: cluster size << 8, or 0 */       \
  X(SubgroupAdd, "subgroup_add", 1, convergent)                                                              \
  X(SubgroupMul, "subgroup_mul", 1, convergent)                                                              \
  X(SubgroupMin, "subgroup_min", 1, convergent)                                                              \
  X(SubgroupMax, "subgroup_max", 1, convergent)                                                              \
  X(SubgroupAnd, "subgroup_and", 1, convergent)                                                              \
  X(SubgroupOr, "subgroup_or", 1, convergent)                                                                \
  X(SubgroupXor, "subgroup_xor", 1, convergent)                                                              \
  X(QuadBroadcast, "quad_broadcast", 2, convergent) /* value, index in the quad: a constant */               \
  X(QuadSwap, "quad_swap", 1, convergent)           /* imm: 0 horizontal, 1 vertical, 2 diagonal */          \
  /* cooperative matrices, of the subgroup */                                                                \
  X(MatrixLoad, "matrix_load", -1, reads | convergent)    /* stride in elements, address; imm: access */     \
  X(MatrixStore, "matrix_store", -1, writes | convergent) /* matrix, stride, address; imm: access */         \
  X(MatrixMulAdd, "matrix_mul_add", 3, convergent)        /* a, b, c; imm: 1 saturating */                   \
  X(MatrixScale, "matrix_scale", 2, convergent)           /* matrix, scalar */                               \
  X(MatrixLength, "matrix_length", 0, pure) /* components an invocation holds; imm: matrix Type bits */      \
  X(MatrixExtract, "matrix_extract", 2, convergent | traps) /* matrix, index below the length */             \
  X(MatrixInsert, "matrix_insert", 3, convergent | traps)   /* matrix, component, index */                   \
  /* control flow. If: condition; regions then, else. Switch: selector; imm: first of its literals; the */   \
  /* regions are the cases and last the default. Loop: initial values; one region. Their values are */       \
  /* Results. Yield ends a branch or case and gives the values of the If or Switch; Break (of a Loop or */   \
  /* Switch, imm: which) gives its values; Continue (imm: the Loop) the next arguments */                    \
  X(If, "if", 1, regions)                                                                                    \
  X(Switch, "switch", 1, regions)                                                                            \
  X(Loop, "loop", -1, regions)                                                                               \
  X(Call, "call", -1, reads | writes | convergent) /* imm: index in Kernel::functions() */                   \
  X(Yield, "yield", -1, terminator)                                                                          \
  X(Break, "break", -1, terminator)                                                                          \
  X(Continue, "continue", -1, terminator)                                                                    \
  X(Return, "return", -1, terminator) /* nothing, or the function's value */

/// An operation; the table above says what each is.
enum class Op : std::uint8_t {
#define AIRSTRIP_KERNEL_OP(name, text, operands, flags) name,
  AIRSTRIP_KERNEL_OPS(AIRSTRIP_KERNEL_OP)
#undef AIRSTRIP_KERNEL_OP
};

struct OpInfo {
  const char* name;           ///< as printed: "subgroup_add"
  std::int8_t operand_count;  ///< -1: any number
  std::uint16_t flags;        ///< of op_flag
};

namespace detail {
inline constexpr OpInfo op_table[] = {
#define AIRSTRIP_KERNEL_OP(name, text, operands, flags) \
  {text, operands, [] {                                 \
     using namespace op_flag;                           \
     return static_cast<std::uint16_t>(flags);          \
   }()},
    AIRSTRIP_KERNEL_OPS(AIRSTRIP_KERNEL_OP)
#undef AIRSTRIP_KERNEL_OP
};
}  // namespace detail
#undef AIRSTRIP_KERNEL_OPS

inline constexpr std::size_t op_count = sizeof detail::op_table / sizeof *detail::op_table;
constexpr const OpInfo& info_of(Op op) { return detail::op_table[static_cast<std::size_t>(op)]; }
constexpr bool has_flag(Op op, std::uint16_t flag) { return (info_of(op).flags & flag) != 0; }

/// Whether an operation's immediate is an index in `Kernel::accesses()`.
constexpr bool is_memory_access(Op op) {
  return (op >= Op::Load && op <= Op::AtomicCompareExchange) || op == Op::MatrixLoad || op == Op::MatrixStore;
}

/// Whether an operation is atomic.
constexpr bool is_atomic(Op op) { return op >= Op::AtomicLoad && op <= Op::AtomicCompareExchange; }

/// Whether an operation combines a subgroup's values; its immediate holds a GroupKind and the cluster's size.
constexpr bool is_subgroup_reduction(Op op) { return op >= Op::SubgroupAdd && op <= Op::SubgroupXor; }

/// A value that every invocation is given (Vulkan 15.9). Vectors of three are u32x3, the others u32.
enum class BuiltIn : std::uint8_t {
  GlobalInvocationId,
  LocalInvocationId,
  LocalInvocationIndex,
  WorkgroupId,
  NumWorkgroups,
  WorkgroupSize,
  SubgroupId,
  NumSubgroups,
  SubgroupSize,
  SubgroupInvocationId,
};
inline constexpr std::size_t builtin_count = 10;

/// Signedness of the factors of a packed dot product.
enum class DotKind : std::uint8_t { Unsigned, Signed, SignedUnsigned };

/// Over which invocations a subgroup operation works.
enum class GroupKind : std::uint8_t {
  Reduce,     ///< all active ones
  Inclusive,  ///< those up to itself
  Exclusive,  ///< those before itself; the first gets the operation's identity
  Clustered,  ///< its cluster of a power-of-two size
};

/// Who is meant by a barrier or an atomic operation (SPIR-V 3.27).
enum class MemoryScope : std::uint8_t { Device, QueueFamily, Workgroup, Subgroup, Invocation };

/// Which memory a barrier orders.
namespace memory {
inline constexpr std::uint8_t buffers = 1;
inline constexpr std::uint8_t workgroup = 2;
inline constexpr std::uint8_t images = 4;
inline constexpr std::uint8_t all = 7;
}  // namespace memory

/// What a Barrier or MemoryBarrier does: who waits (`execution`), whose accesses are ordered (`memory`) and to what.
struct SyncScope {
  MemoryScope execution = MemoryScope::Workgroup;
  MemoryScope memory = MemoryScope::Workgroup;
  std::uint8_t storage = memory::all;  ///< of `memory`
  constexpr std::uint32_t pack() const {
    return static_cast<std::uint32_t>(execution) | static_cast<std::uint32_t>(memory) << 4 |
           static_cast<std::uint32_t>(storage) << 8;
  }
  static constexpr SyncScope unpack(std::uint32_t bits) {
    return {static_cast<MemoryScope>(bits & 15), static_cast<MemoryScope>(bits >> 4 & 15),
            static_cast<std::uint8_t>(bits >> 8 & 7)};
  }
};

AIRSTRIP_KERNEL_NAMESPACE_END
