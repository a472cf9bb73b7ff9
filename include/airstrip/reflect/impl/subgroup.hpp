// Which of Vulkan's subgroup features an instruction belongs to.
#pragma once

#include "../../spirv/view.hpp"
#include "../reflection.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection::detail {

// VkSubgroupFeatureFlagBits
inline constexpr std::uint32_t subgroup_basic = 0x1, subgroup_vote = 0x2, subgroup_arithmetic = 0x4,
                               subgroup_ballot = 0x8, subgroup_shuffle = 0x10,
                               subgroup_shuffle_relative = 0x20, subgroup_clustered = 0x40,
                               subgroup_quad = 0x80, subgroup_partitioned = 0x100, subgroup_rotate = 0x200,
                               subgroup_rotate_clustered = 0x400;

/// 0 for instructions that are not of a subgroup.
inline std::uint32_t subgroup_operations(const spirv::Instruction& at) {
  using spirv::Op;
  const Op op = at.opcode();
  if (op >= Op::OpGroupNonUniformIAdd && op <= Op::OpGroupNonUniformLogicalXor) {
    switch (static_cast<spirv::GroupOperation>(at.word(4))) {
      case spirv::GroupOperation::ClusteredReduce: return subgroup_clustered;
      case spirv::GroupOperation::PartitionedReduceEXT:
      case spirv::GroupOperation::PartitionedInclusiveScanEXT:
      case spirv::GroupOperation::PartitionedExclusiveScanEXT: return subgroup_partitioned;
      default: return subgroup_arithmetic;
    }
  }
  switch (op) {
    case Op::OpGroupNonUniformElect: return subgroup_basic;
    case Op::OpGroupNonUniformAll:
    case Op::OpGroupNonUniformAny:
    case Op::OpGroupNonUniformAllEqual:
    case Op::OpSubgroupAllKHR:
    case Op::OpSubgroupAnyKHR:
    case Op::OpSubgroupAllEqualKHR: return subgroup_vote;
    case Op::OpGroupNonUniformBroadcast:
    case Op::OpGroupNonUniformBroadcastFirst:
    case Op::OpGroupNonUniformBallot:
    case Op::OpGroupNonUniformInverseBallot:
    case Op::OpGroupNonUniformBallotBitExtract:
    case Op::OpGroupNonUniformBallotBitCount:
    case Op::OpGroupNonUniformBallotFindLSB:
    case Op::OpGroupNonUniformBallotFindMSB:
    case Op::OpSubgroupBallotKHR:
    case Op::OpSubgroupFirstInvocationKHR:
    case Op::OpSubgroupReadInvocationKHR: return subgroup_ballot;
    case Op::OpGroupNonUniformShuffle:
    case Op::OpGroupNonUniformShuffleXor: return subgroup_shuffle;
    case Op::OpGroupNonUniformShuffleUp:
    case Op::OpGroupNonUniformShuffleDown: return subgroup_shuffle_relative;
    case Op::OpGroupNonUniformQuadBroadcast:
    case Op::OpGroupNonUniformQuadSwap:
    case Op::OpGroupNonUniformQuadAllKHR:
    case Op::OpGroupNonUniformQuadAnyKHR: return subgroup_quad;
    case Op::OpGroupNonUniformRotateKHR:  // with a cluster size, or without
      return at.words().size() > 6 ? subgroup_rotate_clustered : subgroup_rotate;
    case Op::OpGroupNonUniformPartitionEXT: return subgroup_partitioned;
    default: return 0;
  }
}

/// The same of a built-in input: the capability that it needs.
inline std::uint32_t subgroup_operations(spirv::BuiltIn builtin) {
  switch (builtin) {
    case spirv::BuiltIn::SubgroupSize:
    case spirv::BuiltIn::NumSubgroups:
    case spirv::BuiltIn::SubgroupId:
    case spirv::BuiltIn::SubgroupLocalInvocationId: return subgroup_basic;
    case spirv::BuiltIn::SubgroupEqMask:
    case spirv::BuiltIn::SubgroupGeMask:
    case spirv::BuiltIn::SubgroupGtMask:
    case spirv::BuiltIn::SubgroupLeMask:
    case spirv::BuiltIn::SubgroupLtMask: return subgroup_ballot;
    default: return 0;
  }
}

}  // namespace reflection::detail

AIRSTRIP_NAMESPACE_END
