// Subgroup operations: votes, ballots, reductions and scans, shuffles, quads.
#pragma once

#include "../evaluate.hpp"
#include "interpret_machine.hpp"
#include "interpret_report.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

/// Reports an operation that depends on which lanes are together when nothing guarantees that.
inline void Machine::need_convergence(const Instruction& i) {
  if (current_->converged || !options_.sanitize.subgroups || active_count_ == 0) return;
  if (Finding* const finding = found(FindingKind::NotReconverged, i.node, global_invocation(active_[0]))) {
    String text(info_of(i.op).name);
    text << " in " << Text(who(finding->invocation))
         << " relies on invocations being together again after divergent control flow, which nothing "
            "guarantees; put a "
            "barrier before it or state the reconvergence that the kernel relies on";
    describe(*finding, static_cast<String&&>(text));
  }
}

/// The operation of a reduction, and what does not change its operand (SPIR-V, group operations).
inline Op reduction_of(Op op) {
  switch (op) {
    case Op::SubgroupAdd: return Op::Add;
    case Op::SubgroupMul: return Op::Mul;
    case Op::SubgroupMin: return Op::Min;
    case Op::SubgroupMax: return Op::Max;
    case Op::SubgroupAnd: return Op::And;
    case Op::SubgroupOr: return Op::Or;
    default: return Op::Xor;
  }
}
inline std::uint64_t identity_of(Op op, Scalar s) {
  namespace e = evaluation;
  const std::uint64_t all = e::mask_of(width_of(s));
  switch (op) {
    case Op::SubgroupMul: return is_float(s) ? e::float_constant(s, 1.0) : 1;
    case Op::SubgroupAnd: return all;
    case Op::SubgroupMin:
      if (is_float(s)) return e::infinity_bits(s);
      return is_signed(s) ? all >> 1 : all;
    case Op::SubgroupMax:
      if (is_float(s)) return e::infinity_bits(s) | e::sign_bit(s);
      return is_signed(s) ? e::sign_bit(s) : 0;
    default: return 0;
  }
}

/// The reductions and scans, in the order of the lanes. Min and Max of floats ignore NaNs, as the group operations do.
inline void Machine::group_reduce(const Instruction& i) {
  const auto kind = static_cast<GroupKind>(i.immediate & 0xFF);
  unsigned cluster = kind == GroupKind::Clustered ? i.immediate >> 8 : size_;
  if (cluster == 0 || cluster > size_) {
    String message("a cluster of ");
    message << cluster << " invocations in subgroups of " << size_ << " ("
            << Text(kernel_.location_text(kernel_.node(i.node).location))
            << "); run with a larger InterpretOptions::subgroup_size";
    fail(ErrorCode::InvalidOperand, static_cast<String&&>(message));
    stopped_ = true;
    return;
  }
  const Scalar s = i.type.scalar();
  Op op = reduction_of(i.op);
  if (is_float(s) && op == Op::Min) op = Op::NMin;
  if (is_float(s) && op == Op::Max) op = Op::NMax;
  for (std::uint32_t c = 0; c < i.components; ++c) {
    const std::uint64_t* const value = values(i, 0, c);
    std::uint64_t* const out = slot(i.out + c);
    for (unsigned first = 0; first < size_; first += cluster) {
      std::uint64_t total = identity_of(i.op, s);
      bool some = false;
      for (unsigned lane = first; lane < first + cluster; ++lane) {
        if (!current_->active.test(lane)) continue;
        if (kind == GroupKind::Exclusive) out[lane] = total;
        const std::uint64_t operands[2] = {total, value[lane]};
        // The first operand stays as it is: -0 + 0 would be 0.
        total = some ? evaluate(op, s, s, operands).bits : value[lane];
        some = true;
        if (kind == GroupKind::Inclusive) out[lane] = total;
      }
      if (kind != GroupKind::Reduce && kind != GroupKind::Clustered) continue;
      for (unsigned lane = first; lane < first + cluster; ++lane) out[lane] = total;
    }
  }
}

/// What takes another lane's value: broadcasts, shuffles, rotations and quads.
inline void Machine::group_shuffle(const Instruction& i) {
  unsigned from[max_lanes];
  bool known[max_lanes];
  unsigned lowest = active_[0];
  if (i.op == Op::SubgroupBroadcast && options_.sanitize.subgroups) {
    for (unsigned n = 1; n < active_count_; ++n) {
      if (values(i, 1)[active_[n]] == values(i, 1)[lowest]) continue;
      if (Finding* const finding = found(FindingKind::NotUniform, i.node, global_invocation(active_[n]))) {
        String text = who(finding->invocation);
        text << " broadcasts from lane " << values(i, 1)[active_[n]]
             << " and others of its subgroup from lane " << values(i, 1)[lowest] << "; use subgroup_shuffle";
        describe(*finding, static_cast<String&&>(text));
      }
    }
  }
  for (unsigned n = 0; n < active_count_; ++n) {
    const unsigned lane = active_[n];
    const std::uint64_t argument = i.operand_count > 1 ? values(i, 1)[lane] : 0;
    std::uint64_t source = 0;
    bool edge = false;  // beyond the subgroup, as scans do whose first lanes drop the value
    switch (i.op) {
      case Op::SubgroupBroadcast:
      case Op::SubgroupShuffle: source = argument; break;
      case Op::SubgroupBroadcastFirst: source = lowest; break;
      case Op::SubgroupShuffleXor: source = lane ^ argument; break;
      case Op::SubgroupShuffleUp:
        edge = argument > lane;
        source = edge ? lane : lane - argument;
        break;
      case Op::SubgroupShuffleDown:
        source = lane + argument;
        edge = source >= size_;
        break;
      case Op::SubgroupRotate: {
        const unsigned cluster =
            i.immediate >> 8 != 0 && i.immediate >> 8 <= size_ ? i.immediate >> 8 : size_;
        source = (lane & ~(cluster - 1)) | ((lane + argument) & (cluster - 1));
        break;
      }
      case Op::QuadBroadcast: source = (lane & ~3u) | argument; break;
      default: source = lane ^ ((i.immediate & 3) + 1); break;  // QuadSwap: 1, 2, 3
    }
    known[lane] = !edge && source < size_ && current_->active.test(static_cast<unsigned>(source));
    from[lane] = known[lane] ? static_cast<unsigned>(source) : lane;
    if (known[lane] || edge || !options_.sanitize.subgroups) continue;
    if (Finding* const finding = found(FindingKind::InactiveLane, i.node, global_invocation(lane))) {
      String text = who(finding->invocation);
      text << " takes a value from lane " << source << " in " << info_of(i.op).name << ", which ";
      if (source >= size_)
        text << "a subgroup of " << size_ << " does not have";
      else
        text << "does not take part";
      describe(*finding, static_cast<String&&>(text));
    }
  }
  for (std::uint32_t c = 0; c < i.components; ++c) {
    const std::uint64_t* const value = values(i, 0, c);
    std::uint64_t* const out = slot(i.out + c);
    for (unsigned n = 0; n < active_count_; ++n)
      out[active_[n]] = known[active_[n]] ? value[from[active_[n]]] : 0;
  }
}

inline void Machine::group_vote(const Instruction& i) {
  std::uint64_t result = i.op != Op::SubgroupAny;
  if (i.op == Op::SubgroupAllEqual) {
    const Scalar s = operand(i, 0).type.scalar();
    for (std::uint32_t c = 0; c < operand(i, 0).components; ++c)
      for (unsigned n = 0; n < active_count_; ++n) {
        const std::uint64_t pair[2] = {values(i, 0, c)[active_[0]], values(i, 0, c)[active_[n]]};
        result &= evaluate(Op::Equal, s, Scalar::Boolean, pair).bits;
      }
  } else {
    for (unsigned n = 0; n < active_count_; ++n) {
      const std::uint64_t bit = values(i, 0)[active_[n]];
      result = i.op == Op::SubgroupAny ? result | bit : result & bit;
    }
  }
  for (unsigned lane = 0; lane < size_; ++lane) slot(i.out)[lane] = result;
}

inline void Machine::group_ballot(const Instruction& i) {
  if (i.op == Op::SubgroupBallot) {
    std::uint32_t words[4] = {};
    for (unsigned n = 0; n < active_count_; ++n)
      if (values(i, 0)[active_[n]] != 0) words[active_[n] / 32] |= 1u << active_[n] % 32;
    for (unsigned c = 0; c < 4; ++c)
      for (unsigned lane = 0; lane < size_; ++lane) slot(i.out + c)[lane] = words[c];
    return;
  }
  // The others look at a ballot of their own; only the bits of the subgroup count.
  for (unsigned n = 0; n < active_count_; ++n) {
    const unsigned lane = active_[n];
    const auto bit = [&](std::uint64_t at) {
      return at < size_ ? values(i, 0, static_cast<std::uint32_t>(at / 32))[lane] >> at % 32 & 1 : 0;
    };
    std::uint64_t result = 0;
    switch (i.op) {
      case Op::SubgroupInverseBallot: result = bit(lane); break;
      case Op::SubgroupBallotBit: result = bit(values(i, 1)[lane]); break;
      case Op::SubgroupBallotCount: {
        const auto kind = static_cast<GroupKind>(i.immediate & 0xFF);
        const unsigned end = kind == GroupKind::Inclusive   ? lane + 1
                             : kind == GroupKind::Exclusive ? lane
                                                            : size_;
        for (unsigned at = 0; at < end; ++at) result += bit(at);
        break;
      }
      case Op::SubgroupBallotLsb:
        while (result < size_ && bit(result) == 0) ++result;
        if (result == size_) result = 0xFFFFFFFFu;
        break;
      default:
        result = 0xFFFFFFFFu;
        for (unsigned at = 0; at < size_; ++at)
          if (bit(at) != 0) result = at;
        break;
    }
    slot(i.out)[lane] = result;
  }
}

inline void Machine::subgroup(const Instruction& i) {
  switch (i.op) {
    case Op::SubgroupInverseBallot:
    case Op::SubgroupBallotBit:
    case Op::SubgroupBallotCount:
    case Op::SubgroupBallotLsb:
    case Op::SubgroupBallotMsb: group_ballot(i); return;  // of their operand alone
    default: need_convergence(i);
  }
  switch (i.op) {
    case Op::SubgroupElect:
      for (unsigned lane = 0; lane < size_; ++lane) slot(i.out)[lane] = lane == active_[0];
      return;
    case Op::SubgroupAll:
    case Op::SubgroupAny:
    case Op::SubgroupAllEqual: group_vote(i); return;
    case Op::SubgroupBallot: group_ballot(i); return;
    default:
      if (is_subgroup_reduction(i.op))
        group_reduce(i);
      else
        group_shuffle(i);
      return;
  }
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
