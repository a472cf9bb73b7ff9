// Random kernels that are valid, end, and leave nothing undefined: whatever changes their result is a bug.
//
// Each invocation writes its own elements only; shifts are masked, divisors odd and positive, indices masked, variables
// and arrays initialised; what a NaN's payload or the sign of a zero is never reaches memory. Barriers and operations
// of the subgroup stand where all invocations come, which excludes early returns from such kernels.
#pragma once

#include "../spirv/random.hpp"

#include <airstrip/kernel/dynamic_builder.hpp>

#include <cstdint>
#include <vector>

namespace test {

namespace random_kernel {

using airstrip::Span;
using namespace airstrip::kernel;

inline constexpr std::uint32_t workgroup_size = 8, groups = 2, inputs = 64, outputs_per_invocation = 16;

class Generator {
public:
  explicit Generator(std::uint64_t seed, bool subgroups = true)
      : random_(seed), b_("random", options()), subgroups_(subgroups) {}

  /// The buffers are "in", `inputs` words, and "out", `outputs_per_invocation` words an invocation, all zero; the
  /// parameter is "n", u32.
  Kernel run() {
    in_ = b_.add_buffer(Access::ReadOnly, Type(Scalar::U32), 4, "in");
    out_ = b_.add_buffer(Access::ReadWrite, Type(Scalar::U32), 4, "out");
    n_ = b_.parameter(Type(Scalar::U32), "n");
    synchronises_ = random_.one_in(2);
    const std::size_t helpers = random_.below(3);
    for (std::size_t i = 0; i < helpers; ++i) helper();
    if (random_.one_in(2)) private_ = b_.add_array(ResourceKind::Private, Type(Scalar::I32), 8, "private");
    if (synchronises_)
      shared_ = b_.add_array(ResourceKind::Workgroup, Type(Scalar::U32), workgroup_size, "shared");
    values_.clear();
    variables_.clear();
    begin_values();
    if (private_ != none)
      for (int i = 0; i < 8; ++i)
        b_.store(place(private_, word(i)), b_.constant_int(Type(Scalar::I32), 3 * i - 5));
    budget_ = 30 + static_cast<int>(random_.below(60));
    const bool open = block(0);
    if (open) {
      for (std::size_t i = 0; i < variables_.size(); ++i) {
        const AnyValue value = b_.load(variables_[i].variable);
        output(value, static_cast<std::int64_t>(i % outputs_per_invocation), true);
      }
    }
    return b_.finish();
  }

private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Variable {
    AnyVariable variable;
    Type type;
  };

  static KernelOptions options() {
    KernelOptions o;
    o.workgroup = {random_kernel::workgroup_size};
    o.subgroup.reconvergence = Reconvergence::Maximal;
    o.floats.contraction = false;  // rounding once instead of twice gives other bits
    return o;
  }

  // --- small things
  AnyValue word(std::int64_t n) { return b_.constant_int(Type(Scalar::U32), n); }
  AnyValue op(Op o, AnyValue a, AnyValue b) { return b_.apply(o, a, b); }
  AnyValue thread() { return b_.builtin(BuiltIn::GlobalInvocationId).component(0); }
  Place place(std::uint32_t resource, AnyValue index) {
    Place p;
    p.builder = &b_;
    p.resource = resource;
    p.stride = 4;
    p.index = index;
    return p;
  }
  AnyValue own_index(AnyValue which) {
    const AnyValue base = op(Op::Mul, thread(), word(outputs_per_invocation));
    return op(Op::Add, base, op(Op::And, which, word(outputs_per_invocation - 1)));
  }

  Type scalar_type() {
    static constexpr Scalar scalars[] = {Scalar::I32, Scalar::U32, Scalar::I32, Scalar::U32,    Scalar::I64,
                                         Scalar::U64, Scalar::U8,  Scalar::I8,  Scalar::I16,    Scalar::U16,
                                         Scalar::F32, Scalar::F32, Scalar::F16, Scalar::Boolean};
    return Type(scalars[random_.below(sizeof scalars / sizeof *scalars)]);
  }
  Type any_type() {
    const Type s = scalar_type();
    return random_.one_in(4) ? Type(s.scalar(), 2 + static_cast<unsigned>(random_.below(3))) : s;
  }
  Type int_type() {
    for (;;) {
      const Type t = any_type();
      if (t.is_int()) return t;
    }
  }

  AnyValue constant(Type t) {
    if (t.is_float()) {
      static constexpr double numbers[] = {0.0, 1.0, -1.0, 0.5, 2.0, -3.25, 100.0, -0.0};
      return b_.constant_float(t, numbers[random_.below(8)]);
    }
    if (t.is_vector() && random_.one_in(3)) {
      AnyValue parts[4];
      for (unsigned i = 0; i < t.components(); ++i) parts[i] = constant(t.component());
      return b_.construct(t, Span<const AnyValue>(parts, t.components()));
    }
    static constexpr std::uint64_t numbers[] = {0,
                                                1,
                                                2,
                                                3,
                                                4,
                                                5,
                                                7,
                                                8,
                                                10,
                                                16,
                                                31,
                                                100,
                                                ~std::uint64_t{0},
                                                ~std::uint64_t{6},
                                                std::uint64_t{1} << 31};
    return b_.constant_bits(t, random_.one_in(4) ? random_.next() : numbers[random_.below(15)]);
  }

  // A value of a type: one that is there, a variable's, a constant, or one converted from another.
  AnyValue pick(Type t) {
    if (random_.one_in(6)) return constant(t);
    for (int attempt = 0; attempt < 6; ++attempt) {
      if (random_.one_in(3) && !variables_.empty()) {
        const Variable& v = variables_[random_.below(variables_.size())];
        if (v.type == t) return b_.load(v.variable);
      } else if (!values_.empty()) {
        const AnyValue v = values_[random_.below(values_.size())];
        if (v.type() == t) return v;
      }
    }
    if (t.is_vector()) {
      AnyValue parts[4];
      for (unsigned i = 0; i < t.components(); ++i) parts[i] = pick(t.component());
      return b_.construct(t, Span<const AnyValue>(parts, t.components()));
    }
    if (!values_.empty()) {
      const AnyValue v = values_[random_.below(values_.size())];
      if (!v.type().is_vector()) return convert(v, t);
    }
    return convert(pick_word(), t);
  }
  AnyValue pick_word() {
    for (int attempt = 0; attempt < 4 && !values_.empty(); ++attempt) {
      const AnyValue v = values_[random_.below(values_.size())];
      if (v.type() == Type(Scalar::U32)) return v;
    }
    return random_.one_in(2) ? n_ : thread();
  }
  // Never undefined: a float that an integer cannot hold saturates.
  AnyValue convert(AnyValue v, Type to) {
    const bool saturates = v.type().is_float() && to.is_int();
    return b_.convert(saturates ? Op::ConvertSaturate : Op::Convert, v, to);
  }
  AnyValue condition() {
    static constexpr Op comparisons[] = {Op::Less, Op::LessEqual, Op::Equal, Op::NotEqual};
    switch (random_.below(5)) {
      case 0: return pick(Type(Scalar::Boolean));
      case 1: {
        const AnyValue c = condition();
        return b_.apply(Op::Not, c);
      }
      default: {
        Type t = scalar_type();
        if (t.is_boolean()) t = Type(Scalar::U32);
        const AnyValue a = pick(t), c = pick(t);
        return op(comparisons[random_.below(4)], a, c);
      }
    }
  }

  // --- expressions
  AnyValue expression() {
    switch (random_.below(14)) {
      case 0:
      case 1:
      case 2: return arithmetic(int_type());
      case 3: return float_arithmetic();
      case 4: return bits(int_type());
      case 5: return division(int_type());
      case 6: {
        const Type t = any_type();
        const AnyValue c = condition(), x = pick(t), y = pick(t);
        const AnyValue operands[] = {c, x, y};
        return b_.apply(Op::Select, operands);
      }
      case 7: {
        const AnyValue v = pick(scalar_type());
        return convert(v, scalar_type());
      }
      case 8: return vector();
      case 9: {
        const AnyValue index = op(Op::And, pick(Type(Scalar::U32)), word(inputs - 4));
        static constexpr unsigned components[] = {1, 1, 2, 4};
        return b_.load(place(in_, index), Type(Scalar::U32, components[random_.below(4)]));
      }
      case 10: return b_.load(place(out_, own_index(pick(Type(Scalar::U32)))), Type(Scalar::U32));
      case 11:
        if (private_ != none && !in_helper_) {
          const AnyValue index = op(Op::And, pick(Type(Scalar::U32)), word(7));
          return b_.load(place(private_, index), Type(Scalar::I32));
        }
        return condition();
      case 12:
        if (!helpers_.empty() && !in_helper_) {
          const std::uint32_t f = helpers_[random_.below(helpers_.size())];
          const AnyValue a = pick(Type(Scalar::I32)), c = pick(Type(Scalar::U32));
          const AnyValue arguments[] = {a, c};
          return b_.call(f, arguments);
        }
        return arithmetic(Type(Scalar::U32));
      default: return logic();
    }
  }

  AnyValue arithmetic(Type t) {
    static constexpr Op ops[] = {Op::Add, Op::Add, Op::Sub,     Op::Mul,      Op::Mul,
                                 Op::Min, Op::Max, Op::MulHigh, Op::AddCarry, Op::SubBorrow};
    Op o = ops[random_.below(10)];
    if (t.width() < 32 && o >= Op::MulHigh && o <= Op::SubBorrow) o = Op::Add;
    const AnyValue a = pick(t);
    if (random_.one_in(8)) return b_.apply(t.is_signed() && random_.one_in(2) ? Op::Abs : Op::Negate, a);
    return op(o, a, pick(t));
  }
  AnyValue float_arithmetic() {
    Type t(random_.one_in(3) ? Scalar::F16 : Scalar::F32, random_.one_in(3) ? 4 : 1);
    static constexpr Op ops[] = {Op::Add, Op::Sub, Op::Mul};
    const AnyValue a = pick(t);
    switch (random_.below(6)) {
      case 0: return b_.apply(random_.one_in(2) ? Op::Negate : Op::Abs, a);
      case 1: return b_.apply(random_.one_in(2) ? Op::Floor : Op::Trunc, a);
      default: return op(ops[random_.below(3)], a, pick(t));
    }
  }
  AnyValue bits(Type t) {
    const AnyValue a = pick(t);
    switch (random_.below(7)) {
      case 0: return b_.apply(Op::Not, a);
      case 1:
      case 2: {
        const AnyValue by = op(Op::And, pick(t), b_.constant_bits(t, t.width() - 1));
        return op(random_.one_in(2) ? Op::ShiftLeft : Op::ShiftRight, a, by);
      }
      case 3:
        if (t.width() == 32) return b_.apply(random_.one_in(2) ? Op::BitCount : Op::BitReverse, a);
        [[fallthrough]];
      default: {
        static constexpr Op ops[] = {Op::And, Op::Or, Op::Xor};
        return op(ops[random_.below(3)], a, pick(t));
      }
    }
  }
  AnyValue division(Type t) {
    static constexpr Op ops[] = {Op::Div, Op::Rem, Op::Mod};
    const Op o = ops[random_.below(3)];
    const AnyValue a = pick(t);
    const std::uint64_t positive =
        (t.width() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << t.width()) - 1) >> 1;
    if (random_.one_in(2)) {
      std::uint64_t divisor = random_.one_in(2) ? 1 + random_.below(20) : random_.next() & positive;
      if (divisor == 0) divisor = 3;
      if (t.is_signed() && divisor > 1 && random_.one_in(3)) divisor = 0 - divisor;
      return op(o, a, b_.constant_bits(t, divisor));
    }
    const AnyValue odd = op(Op::Or, pick(t), b_.constant_bits(t, 1));
    return op(o, a, op(Op::And, odd, b_.constant_bits(t, positive)));
  }
  AnyValue logic() {
    static constexpr Op ops[] = {Op::And, Op::Or, Op::Xor, Op::Equal, Op::NotEqual};
    const AnyValue a = condition(), c = condition();
    return op(ops[random_.below(5)], a, c);
  }
  AnyValue vector() {
    Type t = any_type();
    if (!t.is_vector()) t = Type(t.scalar(), 3);
    const AnyValue v = pick(t);
    const unsigned n = t.components();
    switch (random_.below(5)) {
      case 0: {
        unsigned components[4];
        const std::size_t count = 1 + random_.below(4);
        for (unsigned& c : components) c = static_cast<unsigned>(random_.below(n));
        return b_.swizzle(v, Span<const unsigned>(components, count));
      }
      case 1: {
        const AnyValue parts[] = {v, pick(t.component())};
        return b_.apply(Op::Insert, parts, static_cast<std::uint32_t>(random_.below(n)));
      }
      case 2: {
        const AnyValue index = op(Op::And, pick(Type(Scalar::U32)), word(1));
        return op(Op::ExtractDynamic, v, index);
      }
      case 3:
        if (t.is_boolean()) return b_.apply(random_.one_in(2) ? Op::Any : Op::All, v);
        return v.component(static_cast<unsigned>(random_.below(n)));
      default: {
        const AnyValue index = op(Op::And, pick(Type(Scalar::U32)), word(1));
        const AnyValue operands[] = {v, pick(t.component()), index};
        return b_.apply(Op::InsertDynamic, operands);
      }
    }
  }

  // --- what reaches memory
  void output(AnyValue v, std::int64_t slot, bool add) {
    if (v.type().is_vector()) {
      for (unsigned i = 0; i < v.type().components(); ++i) output(v.component(i), slot, add);
      return;
    }
    const AnyValue bits = word_of(v);
    const AnyValue index = own_index(word(slot));
    if (!add) return b_.store(place(out_, index), bits);
    const AnyValue before = b_.load(place(out_, index), Type(Scalar::U32));
    b_.store(place(out_, index), op(Op::Add, op(Op::Mul, before, word(31)), bits));
  }
  AnyValue word_of(AnyValue v) {
    const Type t = v.type(), u32(Scalar::U32);
    if (t.is_boolean() || t.is_int()) {
      if (t.width() < 64) return b_.convert(Op::Convert, v, u32);
      const AnyValue unsigned_bits = b_.convert(Op::Bitcast, v, Type(Scalar::U64));
      const AnyValue high = op(Op::ShiftRight, unsigned_bits, b_.constant_int(Type(Scalar::U64), 32));
      const AnyValue low = b_.convert(Op::Convert, unsigned_bits, u32);
      return op(Op::Xor, low, b_.convert(Op::Convert, high, u32));
    }
    // No x + 0 for the zeros: without SignedZeroInfNanPreserve a driver makes that x.
    const AnyValue bits = b_.convert(Op::Bitcast, v, Type(unsigned_of(t.width())));
    const AnyValue zero = op(Op::Equal, v, b_.constant_float(t, 0.0));
    const AnyValue if_zero[] = {zero, b_.constant_int(bits.type(), 0), bits};
    const AnyValue unsigned_zero = b_.apply(Op::Select, if_zero);
    const AnyValue nan = b_.apply(Op::IsNan, v);
    const AnyValue operands[] = {nan, b_.constant_int(bits.type(), 77), unsigned_zero};
    return b_.convert(Op::Convert, b_.apply(Op::Select, operands), u32);
  }

  // --- statements. False: nothing may follow in this block.
  bool block(int depth) {
    const std::size_t scope = values_.size(), variables = variables_.size();
    const std::size_t statements = 1 + random_.below(depth == 0 ? 24 : 6);
    bool open = true;
    for (std::size_t i = 0; i < statements && open && budget_ > 0; ++i) open = statement(depth);
    values_.resize(scope);
    if (depth != 0) variables_.resize(variables);
    return open;
  }

  bool statement(int depth) {
    --budget_;
    const bool nests = depth < 4;
    switch (random_.below(18)) {
      case 0:
      case 1:
        if (nests) if_(depth);
        return true;
      case 2:
        if (nests && loops_ < 2) for_(depth);
        return true;
      case 3:
        if (nests && loops_ < 2) loop(depth);
        return true;
      case 4:
        if (nests) switch_(depth);
        return true;
      case 5: return leave(depth);
      case 6:
      case 7:
      case 8: {
        if (variables_.empty() || random_.one_in(4)) {
          variable(any_type());
        } else {
          const Variable v = variables_[random_.below(variables_.size())];
          b_.store(v.variable, pick(v.type));
        }
        return true;
      }
      case 9:
        output(pick(any_type()), static_cast<std::int64_t>(random_.below(outputs_per_invocation)),
               random_.one_in(2));
        return true;
      case 10:
        if (private_ != none && !in_helper_) {
          const AnyValue index = op(Op::And, pick(Type(Scalar::U32)), word(7));
          b_.store(place(private_, index), pick(Type(Scalar::I32)));
        }
        return true;
      case 11:
        if (depth == 0 && synchronises_ && !in_helper_) share();
        return true;
      case 12:
        if (nests) if_value(depth);
        return true;
      case 13: guarded_division(depth); return true;
      default: values_.push_back(expression()); return true;
    }
  }

  void variable(Type t) {
    const AnyVariable v = b_.variable(t);
    b_.store(v, pick(t));
    variables_.push_back({v, t});
  }

  void if_(int depth) {
    b_.begin_if(condition());
    ++inside_;
    block(depth + 1);
    if (random_.one_in(2)) {
      b_.begin_else();
      block(depth + 1);
    }
    --inside_;
    b_.end_if();
  }
  void if_value(int depth) {
    const Type t = any_type();
    b_.begin_if(condition());
    ++inside_;
    branch(depth, t, true);
    b_.begin_else();
    branch(depth, t, false);
    --inside_;
    values_.push_back(b_.end_if_value());
  }
  // One branch at least gives the value, and the first one if the second leaves.
  void branch(int depth, Type t, bool first) {
    const std::size_t scope = values_.size(), variables = variables_.size();
    const bool may_leave = may_leave_;
    if (first) may_leave_ = false;
    bool open = true;
    for (std::size_t i = random_.below(3); i-- > 0 && open && budget_ > 0;) open = statement(depth + 1);
    may_leave_ = may_leave;
    if (open) b_.yield(pick(t));
    values_.resize(scope);
    variables_.resize(variables);
  }

  void for_(int depth) {
    const Type t(random_.one_in(2) ? Scalar::I32 : Scalar::U32);
    const std::int64_t first = static_cast<std::int64_t>(random_.below(3)),
                       trips = static_cast<std::int64_t>(random_.below(5));
    AnyValue end = b_.constant_int(t, first + trips);
    if (random_.one_in(2)) {
      const AnyValue few = op(Op::And, pick_word(), word(3));
      end = b_.convert(Op::Convert, few, t);
    }
    const AnyValue i = b_.begin_for(b_.constant_int(t, first), end,
                                    b_.constant_int(t, 1 + static_cast<std::int64_t>(random_.below(2))));
    loops_of_.push_back(b_.current_construct());
    ++loops_;
    const int outer = inside_;
    inside_ = 0;
    values_.push_back(i);
    block(depth + 1);
    values_.pop_back();
    inside_ = outer;
    --loops_;
    loops_of_.pop_back();
    b_.end_loop();
  }
  // A loop that counts in a variable of its own, tested at its beginning.
  void loop(int depth) {
    const AnyVariable counter = b_.variable(Type(Scalar::U32));
    b_.store(counter, word(static_cast<std::int64_t>(random_.below(3))));
    b_.begin_loop();
    const AnyValue now = b_.load(counter);
    b_.begin_if(op(Op::Less, word(2 + static_cast<std::int64_t>(random_.below(4))), now));
    b_.break_();
    b_.end_if();
    b_.store(counter, op(Op::Add, now, word(1)));
    loops_of_.push_back(b_.current_construct());
    ++loops_;
    const int outer = inside_;
    inside_ = 0;
    values_.push_back(now);
    block(depth + 1);
    values_.pop_back();
    inside_ = outer;
    --loops_;
    loops_of_.pop_back();
    b_.end_loop();
  }
  void switch_(int depth) {
    const AnyValue selector =
        random_.one_in(6) ? constant(Type(Scalar::U32)) : op(Op::And, pick(Type(Scalar::U32)), word(3));
    b_.begin_switch(selector);
    ++switches_;
    const int outer = inside_;
    inside_ = 0;
    std::uint64_t literal = random_.below(2);
    for (std::size_t i = 1 + random_.below(3); i-- > 0;) {
      const std::uint64_t literals[] = {literal, literal + 5};
      b_.begin_case(Span<const std::uint64_t>(literals, 1 + random_.below(2)));
      ++literal;
      block(depth + 1);
      b_.end_case();
    }
    if (random_.one_in(2)) {
      b_.begin_default();
      block(depth + 1);
      b_.end_case();
    }
    inside_ = outer;
    --switches_;
    b_.end_switch();
  }

  // A division that only its guard makes defined.
  void guarded_division(int depth) {
    if (depth > 4) return;
    const AnyVariable quotient = b_.variable(Type(Scalar::U32));
    b_.store(quotient, word(9));
    const AnyValue n = pick(Type(Scalar::U32)), divisor = pick(Type(Scalar::U32));
    b_.begin_if(op(Op::NotEqual, divisor, word(0)));
    b_.store(quotient, op(random_.one_in(2) ? Op::Div : Op::Rem, n, divisor));
    b_.end_if();
    values_.push_back(b_.load(quotient));
  }

  // Break, continue or return.
  bool leave(int depth) {
    if (depth == 0 || !may_leave_) return true;
    switch (random_.below(4)) {
      case 0:
        if (loops_ == 0 && switches_ == 0) return true;
        b_.break_();
        return false;
      case 1:
        if (loops_ == 0) return true;
        b_.continue_();
        return false;
      case 2:
        if (loops_ == 0) return true;
        b_.break_(loops_of_.back());
        return false;
      default:
        if (!random_.one_in(3) || (synchronises_ && !in_helper_)) return true;
        if (in_helper_)
          b_.return_(pick(Type(Scalar::U32)));
        else
          b_.return_();
        return false;
    }
  }

  // The workgroup exchanges a value.
  void share() {
    if (random_.one_in(3) && subgroups_) {
      const AnyValue v = pick(Type(Scalar::U32));
      values_.push_back(b_.apply(Op::SubgroupAdd, v));
      return;
    }
    const AnyValue local = b_.builtin(BuiltIn::LocalInvocationIndex);
    b_.store(place(shared_, local), pick(Type(Scalar::U32)));
    b_.barrier();
    const AnyValue other = op(Op::And, pick(Type(Scalar::U32)), word(workgroup_size - 1));
    values_.push_back(b_.load(place(shared_, other), Type(Scalar::U32)));
    b_.barrier();
  }

  void begin_values() {
    values_.push_back(thread());
    values_.push_back(b_.builtin(BuiltIn::GlobalInvocationId));
    values_.push_back(b_.builtin(BuiltIn::WorkgroupId).component(0));
    values_.push_back(n_);
    values_.push_back(b_.load(place(in_, op(Op::And, thread(), word(inputs - 1))), Type(Scalar::U32)));
    for (std::size_t i = random_.below(5); i-- > 0;) variable(any_type());
  }

  void helper() {
    const Type parameters[] = {Type(Scalar::I32), Type(Scalar::U32)};
    const std::uint32_t f = b_.begin_function("helper", Type(Scalar::U32), parameters);
    in_helper_ = true;
    values_.clear();
    variables_.clear();
    values_.push_back(b_.function_parameter(f, 0));
    values_.push_back(b_.function_parameter(f, 1));
    budget_ = 12;
    for (std::size_t i = 1 + random_.below(8); i-- > 0;) statement(0);
    b_.return_(pick(Type(Scalar::U32)));
    b_.end_function();
    in_helper_ = false;
    helpers_.push_back(f);
  }

  Random random_;
  DynamicBuilder b_;
  std::uint32_t in_ = 0, out_ = 0, private_ = none, shared_ = none;
  AnyValue n_;
  std::vector<AnyValue> values_;  // that may be used here
  std::vector<Variable> variables_;
  std::vector<std::uint32_t> helpers_;
  std::vector<NodeId> loops_of_;
  bool subgroups_ = true, synchronises_ = false, in_helper_ = false, may_leave_ = true;
  int loops_ = 0, switches_ = 0, inside_ = 0;
  int budget_ = 0;
};

}  // namespace random_kernel

}  // namespace test
