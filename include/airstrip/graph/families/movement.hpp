// Data movement as nodes: transpose, slice, pad, tile, reverse, roll, copy, resize, depth to space, gather and scatter,
// reversed sequences. Their first input is the one whose elements are moved.
#pragma once

#include "../../tensor/gather.hpp"
#include "../../tensor/generate.hpp"
#include "../../tensor/move.hpp"
#include "../../tensor/resize.hpp"
#include "../family.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

// A family that reads x alone.
#define AIRSTRIP_GRAPH_MOVEMENT(Type, function)                                                  \
  template <>                                                                                    \
  struct Family<tensor::Type> : FamilyOf<tensor::Type> {                                         \
    using Problem = tensor::Type;                                                                \
    static constexpr Text name = #function;                                                      \
    static std::size_t inputs(const Problem&) { return 1; }                                      \
    static TensorType* input(Problem& problem, std::size_t) { return &problem.x; }               \
    static Text input_name(const Problem&, std::size_t) { return "x"; }                          \
    static Result<void> infer(const Problem& problem, Inferred& result);                         \
    static void describe(const Problem& problem, Attributes& attributes);                        \
    static Result<tensor::Operation> lower(const Problem& problem, const tensor::Target& target, \
                                           SourceLocation at) {                                  \
      return tensor::function(problem, target, at);                                              \
    }                                                                                            \
  };
AIRSTRIP_GRAPH_MOVEMENT(TransposeProblem, transpose)
AIRSTRIP_GRAPH_MOVEMENT(SliceProblem, slice)
AIRSTRIP_GRAPH_MOVEMENT(PadProblem, pad)
AIRSTRIP_GRAPH_MOVEMENT(TileProblem, tile)
AIRSTRIP_GRAPH_MOVEMENT(DepthToSpaceProblem, depth_to_space)
AIRSTRIP_GRAPH_MOVEMENT(SpaceToDepthProblem, space_to_depth)
AIRSTRIP_GRAPH_MOVEMENT(ReverseProblem, reverse)
AIRSTRIP_GRAPH_MOVEMENT(RollProblem, roll)
AIRSTRIP_GRAPH_MOVEMENT(CopyProblem, copy)
AIRSTRIP_GRAPH_MOVEMENT(TriluProblem, trilu)
AIRSTRIP_GRAPH_MOVEMENT(ResizeProblem, resize)
#undef AIRSTRIP_GRAPH_MOVEMENT

// A family that reads data, indices, and maybe more.
#define AIRSTRIP_GRAPH_LOOKUP(Type, function, count, first, second, third)                       \
  template <>                                                                                    \
  struct Family<tensor::Type> : FamilyOf<tensor::Type> {                                         \
    using Problem = tensor::Type;                                                                \
    static constexpr Text name = #function;                                                      \
    static std::size_t inputs(const Problem&) { return count; }                                  \
    static TensorType* input(Problem& problem, std::size_t i) {                                  \
      return i == 0 ? &problem.first : i == 1 ? &problem.second : &problem.third;                \
    }                                                                                            \
    static Text input_name(const Problem&, std::size_t i) {                                      \
      return i == 0 ? #first : i == 1 ? #second : #third;                                        \
    }                                                                                            \
    static Scalar primary(const Problem& problem, std::uint32_t index) {                         \
      return index == 0 ? problem.first.scalar : Scalar::Void;                                   \
    }                                                                                            \
    static Result<void> infer(const Problem& problem, Inferred& result);                         \
    static void describe(const Problem& problem, Attributes& attributes);                        \
    static Result<tensor::Operation> lower(const Problem& problem, const tensor::Target& target, \
                                           SourceLocation at) {                                  \
      return tensor::function(problem, target, at);                                              \
    }                                                                                            \
  };
AIRSTRIP_GRAPH_LOOKUP(GatherProblem, gather, 2, data, indices, indices)
AIRSTRIP_GRAPH_LOOKUP(GatherElementsProblem, gather_elements, 2, data, indices, indices)
AIRSTRIP_GRAPH_LOOKUP(GatherNDProblem, gather_nd, 2, data, indices, indices)
AIRSTRIP_GRAPH_LOOKUP(ReverseSequenceProblem, reverse_sequence, 2, x, lengths, lengths)
AIRSTRIP_GRAPH_LOOKUP(ScatterElementsProblem, scatter_elements, 3, data, indices, updates)
AIRSTRIP_GRAPH_LOOKUP(ScatterNDProblem, scatter_nd, 3, data, indices, updates)
#undef AIRSTRIP_GRAPH_LOOKUP

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/family_movement.hpp"
#endif
