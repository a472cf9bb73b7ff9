// The dynamic builder: if, loops, switch, helper functions.
#pragma once

#include "../dynamic_builder.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

// --- if --------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::begin_if(AnyValue condition, SourceLocation at) {
  if (!begin(at)) return;
  const NodeId id = resolve(condition, at);
  if (failed()) return;
  if (!(kernel_.type(id) == Type(Scalar::Boolean))) {
    String message("the condition of an if is a bool, not ");
    message << to_string(kernel_.type(id));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  const NodeId node = append(Op::If, Type(), Span<const NodeId>(&id, 1), 0, at);
  const RegionId then = kernel_.add_region(node);
  const RegionId regions[2] = {then, kernel_.add_region(node)};
  kernel_.set_regions(node, regions);
  push(ScopeKind::Then, regions[0], node);
}

AIRSTRIP_INLINE void DynamicBuilder::begin_else(SourceLocation at) {
  if (!in(ScopeKind::Then, "begin_else", at)) return;
  close(at);
  const NodeId node = top().owner;
  const NodeId yielded = top().yielded;
  pop();
  push(ScopeKind::Else, kernel_.regions(node)[1], node);
  top().other_yielded = yielded;
}

AIRSTRIP_INLINE void DynamicBuilder::end_if(SourceLocation at) {
  if (failed()) return;
  if (top().kind == ScopeKind::Then) begin_else(at);
  if (!in(ScopeKind::Else, "end_if", at)) return;
  if (top().yielded != no_node || top().other_yielded != no_node) {
    fail(ErrorCode::InvalidNesting, "a branch of this if yields a value; end it with end_if_value", at);
    return;
  }
  close(at);
  pop();
}

AIRSTRIP_INLINE void DynamicBuilder::reopen_else(SourceLocation at) {
  if (failed()) return;
  const NodeId node = kernel_.region(top().region).last;
  if (node == no_node || kernel_.op(node) != Op::If) {
    fail(ErrorCode::InvalidNesting, "else_ follows its if_ at once", at);
    return;
  }
  const RegionId region = kernel_.regions(node)[1];
  if (kernel_.region(region).first != kernel_.region(region).last) {
    fail(ErrorCode::InvalidNesting, "this if_ has its else_ already", at);
    return;
  }
  kernel_.unlink(kernel_.region(region).last);
  push(ScopeKind::Else, region, node);
}

AIRSTRIP_INLINE void DynamicBuilder::yield(AnyValue value, SourceLocation at) {
  if (failed()) return;
  if (top().kind != ScopeKind::Then && top().kind != ScopeKind::Else) {
    fail(ErrorCode::InvalidNesting, "only the branch of an if yields a value", at);
    return;
  }
  if (top().terminated) return;  // a branch that leaves gives no value
  top().yielded = resolve(value, at);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::end_if_value(SourceLocation at) {
  if (!in(ScopeKind::Else, "end_if_value", at)) return {};
  const NodeId first = top().other_yielded, second = top().yielded, node = top().owner;
  const bool leaves = top().terminated;
  const bool first_leaves = kernel_.op(kernel_.region(kernel_.regions(node)[0]).last) != Op::Yield;
  const NodeId some = first != no_node ? first : second;
  if (some == no_node || (second == no_node && !leaves) || (first == no_node && !first_leaves) ||
      (first != no_node && second != no_node && !(kernel_.type(first) == kernel_.type(second)))) {
    fail(ErrorCode::WrongType, "both branches of an if that has a value yield one, of the same type", at);
    return {};
  }
  close(at);
  pop();
  return AnyValue(this, kernel_.add_result(node, 0, kernel_.type(some)));
}

// --- loops -----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::begin_loop(LoopHint hint, SourceLocation at) {
  if (!begin(at)) return;
  const NodeId node = append(Op::Loop, Type(), {}, static_cast<std::uint32_t>(hint), at);
  const RegionId body = kernel_.add_region(node);
  kernel_.set_regions(node, Span<const RegionId>(&body, 1));
  push(ScopeKind::Loop, body, node);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::begin_for(AnyValue first, AnyValue end, AnyValue step, LoopHint hint,
                                                   SourceLocation at) {
  if (!begin(at)) return {};
  const NodeId first_node = resolve(first, at), end_node = resolve(end, at), step_node = resolve(step, at);
  if (failed()) return {};
  const Type type = kernel_.type(first_node);
  if (type.is_vector() || !type.is_int() || type.is_matrix() || !(kernel_.type(end_node) == type) ||
      !(kernel_.type(step_node) == type)) {
    const Type types[3] = {type, kernel_.type(end_node), kernel_.type(step_node)};
    String message("first, end and step of a for are integers of one type, not ");
    message << describe(types);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  const NodeId node =
      append(Op::Loop, Type(), Span<const NodeId>(&first_node, 1), static_cast<std::uint32_t>(hint), at);
  const RegionId body = kernel_.add_region(node);
  kernel_.set_regions(node, Span<const RegionId>(&body, 1));
  const NodeId index = kernel_.add_argument(body, type, location(at));
  push(ScopeKind::Loop, body, node);
  top().index = index;
  top().step = step_node;
  const bool down = type.is_signed() && kernel_.is_constant(step_node) &&
                    (kernel_.constant_bits(step_node) >> (type.width() - 1) & 1) != 0;
  const NodeId operands[2] = {down ? end_node : index, down ? index : end_node};
  const NodeId inside = append(Op::Less, Type(Scalar::Boolean), operands, 0, at);
  begin_if(AnyValue(this, inside), at);
  begin_else(at);
  terminate(Op::Break, {}, node, at);
  end_if(at);
  return AnyValue(this, index);
}

AIRSTRIP_INLINE void DynamicBuilder::end_loop(SourceLocation at) {
  if (!in(ScopeKind::Loop, "end_loop", at)) return;
  if (!top().terminated) continue_(top().owner, at);
  if (!failed()) pop();
}

AIRSTRIP_INLINE void DynamicBuilder::continue_(NodeId target, SourceLocation at) {
  if (!begin(at)) return;
  const Scope* const scope = construct(target, true);
  if (!scope) {
    fail(ErrorCode::InvalidNesting, "continue_ belongs inside its loop, and not inside an inner one", at);
    return;
  }
  const NodeId owner = scope->owner;
  if (scope->index == no_node) {
    terminate(Op::Continue, {}, owner, at);
    return;
  }
  const NodeId operands[2] = {scope->index, scope->step};
  const NodeId next = append(Op::Add, kernel_.type(scope->index), operands, 0, at);
  terminate(Op::Continue, Span<const NodeId>(&next, 1), owner, at);
}

AIRSTRIP_INLINE void DynamicBuilder::break_(NodeId target, SourceLocation at) {
  if (!begin(at)) return;
  const Scope* const scope = construct(target, false);
  if (!scope) {
    fail(ErrorCode::InvalidNesting, "break_ belongs inside its loop or switch, and not inside an inner loop",
         at);
    return;
  }
  terminate(Op::Break, {}, scope->owner, at);
}

// --- switch ----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::begin_switch(AnyValue selector, SourceLocation at) {
  if (!begin(at)) return;
  const NodeId id = resolve(selector, at);
  if (failed()) return;
  const Type type = kernel_.type(id);
  if (type.is_vector() || type.is_matrix() || !type.is_int()) {
    String message("the selector of a switch is an integer, not ");
    message << to_string(type);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  const NodeId node = append(Op::Switch, Type(), Span<const NodeId>(&id, 1), 0, at);
  push(ScopeKind::Switch, top().region, node);
}

AIRSTRIP_INLINE void DynamicBuilder::begin_case(Span<const std::uint64_t> literals, SourceLocation at) {
  if (!in(ScopeKind::Switch, "a case", at)) return;
  const NodeId node = top().owner;
  const Type type = kernel_.type(kernel_.operands(node)[0]);
  const std::uint64_t mask = type.width() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << type.width()) - 1;
  const auto first = static_cast<std::uint32_t>(literals_.size());
  for (const std::uint64_t literal : literals) {
    for (std::size_t i = top().first_literal; i < literals_.size(); ++i) {
      if (literals_[i] != (literal & mask)) continue;
      String message("the literal ");
      message << literal << " stands in the switch a second time";
      fail(ErrorCode::Redefinition, static_cast<String&&>(message), at);
      return;
    }
    literals_.push_back(literal & mask);
  }
  if (literals.empty()) {
    fail(ErrorCode::InvalidOperand, "a case has one literal at least; what no case names is the default", at);
    return;
  }
  const RegionId region = kernel_.add_region(node);
  cases_.push_back({region, first, static_cast<std::uint32_t>(literals.size())});
  push(ScopeKind::Case, region, node);
}

AIRSTRIP_INLINE void DynamicBuilder::begin_default(SourceLocation at) {
  if (!in(ScopeKind::Switch, "a default", at)) return;
  if (top().has_default) {
    fail(ErrorCode::Redefinition, "the switch has a second default", at);
    return;
  }
  top().has_default = true;
  const RegionId region = kernel_.add_region(top().owner);
  cases_.push_back({region, 0, 0});
  push(ScopeKind::Case, region, top().owner);
}

AIRSTRIP_INLINE void DynamicBuilder::end_case(SourceLocation at) {
  if (!in(ScopeKind::Case, "end_case", at)) return;
  close(at);
  pop();
}

AIRSTRIP_INLINE void DynamicBuilder::end_switch(SourceLocation at) {
  if (!in(ScopeKind::Switch, "end_switch", at)) return;
  if (!top().has_default) {
    begin_default(at);
    end_case(at);
  }
  if (failed()) return;
  const Scope scope = top();
  Buffer<RegionId>& regions = case_regions_;
  Buffer<Span<const std::uint64_t>>& literals = case_literals_;
  regions.clear();
  literals.clear();
  RegionId default_region = no_region;
  for (std::size_t i = scope.first_case; i < cases_.size(); ++i) {
    const Case& c = cases_[i];
    if (c.count == 0) {
      default_region = c.region;
    } else {
      regions.push_back(c.region);
      literals.push_back({literals_.data() + c.first, c.count});
    }
  }
  regions.push_back(default_region);
  kernel_.set_switch_cases(scope.owner, {literals.data(), literals.size()});
  kernel_.set_regions(scope.owner, {regions.data(), regions.size()});
  cases_.truncate(scope.first_case);
  literals_.truncate(scope.first_literal);
  pop();
  if (regions.out_of_memory() || literals.out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was built", at);
}

// --- functions -------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::return_(SourceLocation at) {
  if (!begin(at)) return;
  if (!kernel_.functions()[top().function].result.is_void()) {
    fail(ErrorCode::WrongType, "this function returns a value; give it to return_", at);
    return;
  }
  terminate(Op::Return, {}, 0, at);
}

AIRSTRIP_INLINE void DynamicBuilder::return_(AnyValue value, SourceLocation at) {
  if (!begin(at)) return;
  const NodeId id = resolve(value, at);
  if (failed()) return;
  const Type wanted = kernel_.functions()[top().function].result;
  if (!(kernel_.type(id) == wanted)) {
    String message("the function returns ");
    message << to_string(wanted) << ", not " << to_string(kernel_.type(id));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  terminate(Op::Return, Span<const NodeId>(&id, 1), 0, at);
}

AIRSTRIP_INLINE std::uint32_t DynamicBuilder::begin_function(Text name, Type result,
                                                             Span<const Type> parameters, SourceLocation at) {
  if (failed()) return 0;
  for (const Scope& scope : scopes_) {
    if (scope.kind == ScopeKind::Function && scope.function != 0) {
      fail(ErrorCode::InvalidNesting, "a helper function is declared outside other helpers", at);
      return 0;
    }
    if (scope.region < open_.size()) open_[scope.region] = 0;
  }
  const std::uint32_t function = kernel_.add_function(name, result, parameters, location(at));
  push(ScopeKind::Function, kernel_.functions()[function].body, no_node);
  top().function = function;
  return function;
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::function_parameter(std::uint32_t function, std::size_t index) {
  if (failed()) return {};
  const Span<const NodeId> arguments = kernel_.arguments(kernel_.functions()[function].body);
  return index < arguments.size() ? AnyValue(this, arguments[index]) : AnyValue();
}

AIRSTRIP_INLINE void DynamicBuilder::end_function(SourceLocation at) {
  if (!in(ScopeKind::Function, "end_function", at)) return;
  if (top().function == 0) {
    fail(ErrorCode::InvalidNesting, "end_function without begin_function", at);
    return;
  }
  if (!top().terminated) {
    // A body whose every path has returned falls off an end that nothing reaches.
    const Type result = kernel_.functions()[top().function].result;
    if (result.is_void()) {
      terminate(Op::Return, {}, 0, at);
    } else {
      const NodeId last = kernel_.region(top().region).last;
      bool returns = last != no_node && (kernel_.op(last) == Op::If || kernel_.op(last) == Op::Switch);
      if (returns)
        for (const RegionId region : kernel_.regions(last))
          returns = returns && kernel_.op(kernel_.region(region).last) == Op::Return;
      if (!returns) {
        fail(ErrorCode::UnterminatedBlock, "the helper function can end without return_", at);
        return;
      }
      const NodeId undefined = kernel_.undefined(result);
      terminate(Op::Return, Span<const NodeId>(&undefined, 1), 0, at);
    }
  }
  pop();
  for (const Scope& scope : scopes_)
    if (scope.region < open_.size()) open_[scope.region] = 1;
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::call(std::uint32_t function, Span<const AnyValue> arguments,
                                              SourceLocation at) {
  if (!begin(at)) return {};
  bool fits = function != 0 && function < kernel_.functions().size();
  for (const Scope& scope : scopes_)
    fits = fits && !(scope.kind == ScopeKind::Function && scope.function == function);
  if (!fits) {
    fail(ErrorCode::UndefinedId, "only a helper function that has ended can be called", at);
    return {};
  }
  const Function callee = kernel_.functions()[function];
  Buffer<NodeId> operands;
  for (const AnyValue& argument : arguments) operands.push_back(resolve(argument, at));
  if (failed()) return {};
  const Span<const NodeId> parameters = kernel_.arguments(callee.body);
  fits = parameters.size() == operands.size();
  for (std::size_t i = 0; i < parameters.size() && fits; ++i)
    fits = kernel_.type(parameters[i]) == kernel_.type(operands[i]);
  if (!fits) {
    String message("the arguments do not fit the function ");
    message << kernel_.text(callee.name);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  return AnyValue(this, append(Op::Call, callee.result, {operands.data(), operands.size()}, function, at));
}

AIRSTRIP_KERNEL_NAMESPACE_END
