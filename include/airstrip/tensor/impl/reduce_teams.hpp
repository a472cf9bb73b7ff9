// Which invocations share which result of a reduction along rows.
#pragma once

#include "../primitives/reduce.hpp"
#include "../primitives/work_grid.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// A workgroup along x, of which `lanes` invocations at a time share a result: neighbours, or with `across` those that are
// a number of results apart.
struct ReduceTeams {
  std::uint32_t workgroup, lanes;
  bool across;

  struct Place {
    Index result;     // the first of the invocation's vector of results; there is such a one
    Index place;      // of the invocation among those that share it
    AnyValue exists;  // it is not another invocation's
    bool always = false;
  };

  std::uint32_t per_group() const { return workgroup / lanes; }
  ReduceTeam team() const { return {lanes, across ? per_group() : 1}; }
  // Workgroups for so many results, computed `width` at a time.
  SizeId groups(SizeTable& table, SizeId results, std::uint32_t width) const {
    return table.ceil_div(table.div(results, width), per_group());
  }

  Place place(StepBuilder& step, const Index& group, SizeId results, std::uint32_t width) const {
    SizeTable& table = step.table();
    const Index i = step.k.local_id().x;
    Place at;
    Index slot = i;
    at.place = step.k.constant<u32>(0u);
    if (per_group() == 1) {
      at.place = i;
    } else if (lanes > 1) {
      slot = across ? i % per_group() : i / lanes;
      at.place = across ? i / per_group() : i % lanes;
    }
    const SizeId vectors = table.div(results, width);
    const Index number = per_group() == 1 ? group : group * per_group() + slot;
    at.always = table.is_multiple(vectors, per_group());
    if (at.always) {
      at.result = number;
    } else {
      // The last group has some that are too many: they do what the last one does, and do not store.
      const Index count = step.size(vectors);
      at.exists = (number < count).any();
      at.result = (kernel::min)(number, count - 1u);
    }
    if (width > 1) at.result = at.result * width;
    return at;
  }

  template <class Body>
  void if_exists(StepBuilder& step, const Place& at, const Body& body) const {
    if (at.always) return body();
    step.k.if_(Value<bool>(at.exists), body);
  }
  // For one invocation of those that share a result.
  template <class Body>
  void if_first(StepBuilder& step, const Place& at, const Body& body) const {
    if (lanes == 1) return if_exists(step, at, body);
    const Value<bool> first = at.place == 0u;
    step.k.if_(at.always ? first : first && Value<bool>(at.exists), body);
  }
};

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
