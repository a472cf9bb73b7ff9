// Random well-formed sequences of calls make valid modules, and the same ones again.
#include "corpus.hpp"
#include "random.hpp"

#include <airstrip/spirv/view.hpp>

#include <map>

namespace {

using namespace airstrip;
using namespace airstrip::spirv;
using test::Random;
using test::seed_of_run;

// Writes random well-formed functions.
class Program {
public:
  /// `restrained`: no switch is left by breaking or continuing a loop around it.
  Program(Builder& b, std::uint64_t seed, bool restrained, int functions = 30)
      : b_(b), random_(seed), restrained_(restrained) {
    const TypeId scalars[] = {b.declare_float(32), b.declare_uint32(), b.declare_int32(), b.declare_bool()};
    for (const TypeId scalar : scalars)
      for (unsigned n = 1; n <= 4; ++n) types_.push_back(n == 1 ? scalar : b.declare_vector(scalar, n));
    values_.resize(types_.size());
    for (std::size_t t = 0; t < types_.size(); ++t) {
      if (!b.is_bool(types_[t]))
        buffers_.push_back(b.add_storage_array(types_[t], 0, static_cast<std::uint32_t>(t)));
      else
        buffers_.push_back({});
    }
    for (std::size_t t = 0; t < types_.size(); ++t) values_[t].push_back(b.declare_null(types_[t]));
    values_[type_f].push_back(b.constant(0.5f));
    values_[type_u].push_back(b.constant(7u));
    values_[type_i].push_back(b.constant(-7));
    values_[type_b].push_back(b.constant(true));
    std::vector<FunctionId> made;
    for (int i = 0; i < functions; ++i) {
      const std::size_t result = random_.below(types_.size()), parameter = random_.below(types_.size());
      const FunctionId f = b.begin_function(types_[result], {types_[parameter]});
      const Scope_ scope(*this);
      values_[parameter].push_back(b.parameter(0));
      budget_ = 30;
      return_type_ = result;
      body(0);
      if (b.in_block()) b.OpReturnValue(pick(result));
      b.OpFunctionEnd();
      made.push_back(f);
      arguments_.push_back(parameter);
    }
    const FunctionId main = b.begin_function(b.declare_void());
    for (std::size_t i = 0; i < made.size(); ++i) b.OpFunctionCall(made[i], {pick(arguments_[i])});
    b.end_function();
    b.add_compute_entry_point(main, "main", 64);
  }

private:
  static constexpr std::size_t type_f = 0, type_u = 4, type_i = 8,
                               type_b = 12;  // scalars; then vectors of 2, 3, 4

  // What is made inside a construct is not used after it.
  struct Scope_ {
    explicit Scope_(Program& program) : program_(program) {
      for (const auto& pool : program.values_) sizes_.push_back(pool.size());
    }
    ~Scope_() {
      for (std::size_t i = 0; i < sizes_.size(); ++i) program_.values_[i].resize(sizes_[i]);
    }
    Program& program_;
    std::vector<std::size_t> sizes_;
  };

  ValueId pick(std::size_t type) {
    auto& pool = values_[type];
    // The newest more often: long chains.
    return pool[random_.one_in(2) ? pool.size() - 1 : random_.below(pool.size())];
  }
  std::size_t any_type() { return random_.below(types_.size()); }
  void keep(std::size_t type, ValueId value) { values_[type].push_back(value); }
  ValueId condition() { return pick(type_b); }

  void arithmetic() {
    const std::size_t n = random_.below(4), f = type_f + n, u = type_u + n, i = type_i + n, t = type_b + n;
    switch (random_.below(20)) {
      case 0: return keep(f, b_.OpFAdd(pick(f), pick(f)));
      case 1: return keep(f, b_.OpFMul(pick(f), pick(f)));
      case 2: return keep(f, b_.OpFNegate(pick(f)));
      case 3: return keep(f, b_.glsl(GLSLstd450::FMax, {pick(f), pick(f)}));
      case 4: return keep(u, b_.OpIAdd(pick(u), pick(u)));
      case 5: return keep(u, b_.OpBitwiseXor(pick(u), pick(u)));
      case 6: return keep(u, b_.OpShiftLeftLogical(pick(u), pick(u)));
      case 7: return keep(i, b_.OpISub(pick(i), pick(i)));
      case 8: return keep(i, b_.OpSNegate(pick(i)));
      case 9: return keep(i, b_.OpIMul(types_[i], pick(u), pick(i)));
      case 10: return keep(t, b_.OpULessThan(pick(u), pick(u)));
      case 11: return keep(t, b_.OpFOrdGreaterThan(pick(f), pick(f)));
      case 12: return keep(t, b_.OpLogicalAnd(pick(t), pick(t)));
      case 13: return keep(t, b_.OpLogicalNot(pick(t)));
      case 14: return keep(f, b_.OpConvertSToF(types_[f], pick(i)));
      case 15: return keep(u, b_.OpConvertFToU(types_[u], pick(f)));
      case 16: return keep(i, b_.OpBitcast(types_[i], pick(f)));
      case 17: return keep(f, b_.OpSelect(pick(t), pick(f), pick(f)));
      case 18:
        if (n == 0) return keep(type_b, b_.OpIEqual(pick(type_u), pick(type_i)));
        return keep(type_f,
                    b_.OpCompositeExtract(pick(f), {static_cast<std::uint32_t>(random_.below(n + 1))}));
      default:
        if (n == 0) return keep(type_i, b_.OpNot(pick(type_i)));
        return keep(f, b_.OpVectorTimesScalar(pick(f), pick(type_f)));
    }
  }
  void memory() {
    const std::size_t type = any_type();
    if (b_.is_bool(types_[type]) || random_.one_in(3)) {
      const ValueId variable = b_.add_local_variable(types_[type]);
      b_.OpStore(variable, pick(type));
      return keep(type, b_.OpLoad(variable));
    }
    const ValueId p = b_.OpAccessChain(buffers_[type], {b_.constant(0u), pick(type_u)});
    if (random_.one_in(2))
      b_.OpStore(p, pick(type));
    else
      keep(type, b_.OpLoad(p));
  }
  // A jump out of where we are, or nothing.
  void jump() {
    switch (random_.below(6)) {
      case 0: return b_.OpReturnValue(pick(return_type_));
      case 1:
        if (loop_ && !(switch_ && restrained_)) loop_->break_();
        return;
      case 2:
        if (loop_ && !(switch_ && restrained_)) go_on();
        return;
      case 3:
        if (switch_) switch_->break_();
        return;
      default: return;
    }
  }
  void go_on() {
    std::vector<ValueId> next;
    for (const std::size_t type : carried_) next.push_back(pick(type));
    loop_->continue_(next);
  }
  void nested(unsigned depth) {
    const Scope_ scope(*this);
    body(depth + 1);
    if (b_.in_block()) jump();
  }
  // Inside a loop: its handle and what it carries; no switch of outside can be left.
  template <class Inside>
  void inside(Loop& l, std::vector<std::size_t> carried, Inside&& write) {
    Loop* const outer_loop = loop_;
    Switch* const outer_switch = switch_;
    std::vector<std::size_t> outer_carried = std::move(carried_);
    loop_ = &l;
    switch_ = nullptr;
    carried_ = std::move(carried);
    write();
    loop_ = outer_loop;
    switch_ = outer_switch;
    carried_ = std::move(outer_carried);
  }
  void construct(unsigned depth) {
    switch (random_.below(7)) {
      case 0: return b_.if_(condition(), [&] { nested(depth); });
      case 1:
        return b_.if_(
            condition(), [&] { nested(depth); }, [&] { nested(depth); });
      case 2: {
        const std::size_t type = any_type();
        const auto side = [&] {
          const Scope_ scope(*this);
          body(depth + 1);
          return pick(type);
        };
        // At most one side may leave: else there is no value.
        const ValueId value = b_.if_value(condition(), side, [&] { return pick(type); });
        return keep(type, value);
      }
      case 3: {
        std::vector<std::size_t> carried(random_.below(3));
        for (std::size_t& type : carried) type = any_type();
        std::vector<ValueId> initial;
        for (const std::size_t type : carried) initial.push_back(pick(type));
        std::vector<ValueId> at_top;
        b_.loop(initial, [&](Loop& l) {
          const Scope_ scope(*this);
          inside(l, carried, [&] {
            for (std::size_t i = 0; i < carried.size(); ++i) {
              at_top.push_back(l[i]);
              keep(carried[i], l[i]);
            }
            if (!random_.one_in(4)) l.break_if(condition());
            body(depth + 1);
            if (!b_.in_block()) return;
            if (random_.one_in(5))
              l.break_();
            else if (!carried.empty() || random_.one_in(2))
              go_on();
          });
        });
        for (std::size_t i = 0; i < carried.size(); ++i) keep(carried[i], at_top[i]);
        return;
      }
      case 4:
        return b_.for_(pick(type_i), pick(type_i), b_.constant(1), [&](ValueId i, Loop& l) {
          const Scope_ scope(*this);
          keep(type_i, i);
          inside(l, {}, [&] { nested(depth); });
        });
      case 5:
        return b_.while_(
            [&] {
              const Scope_ scope(*this);
              arithmetic();
              return condition();
            },
            [&](Loop& l) {
              const Scope_ scope(*this);
              inside(l, {}, [&] { nested(depth); });
            });
      default:
        return b_.switch_(pick(random_.one_in(2) ? type_u : type_i), [&](Switch& s) {
          Switch* const outer = switch_;
          switch_ = &s;
          const std::size_t cases = random_.below(4);
          const bool default_first = random_.one_in(4);
          if (default_first) s.default_([&] { nested(depth); });
          for (std::size_t c = 0; c < cases; ++c) {
            const std::uint64_t literals[] = {3 * c, 3 * c + 1};
            if (random_.one_in(2))
              s.case_(literals, [&] { nested(depth); });
            else
              s.case_(3 * c + 2, [&] { nested(depth); });
          }
          if (!default_first && random_.one_in(2)) s.default_([&] { nested(depth); });
          switch_ = outer;
        });
    }
  }
  void body(unsigned depth) {
    for (std::size_t n = random_.below(6); n-- > 0 && b_.in_block() && budget_ > 0; --budget_) {
      if (depth < 5 && random_.one_in(3))
        construct(depth);
      else if (random_.one_in(4))
        memory();
      else
        arithmetic();
    }
  }

  Builder& b_;
  Random random_;
  bool restrained_;
  std::vector<TypeId> types_;
  std::vector<ValueId> buffers_;
  std::vector<std::vector<ValueId>> values_;  // by type
  std::vector<std::size_t> arguments_;
  Loop* loop_ = nullptr;
  Switch* switch_ = nullptr;
  std::vector<std::size_t> carried_;
  std::size_t return_type_ = 0;
  int budget_ = 0;
};

}  // namespace

namespace {

// `since`: the validator's release.
void check_programs(std::uint64_t seed, bool restrained, int since) {
  std::string unvalidated;
  for (std::uint64_t n = 0; n < 25; ++n) {
    CAPTURE(seed);
    CAPTURE(n);
    ModuleOptions options;
    options.target = Target::vulkan(1, static_cast<unsigned>(n % 5));
    if (n % 3 == 0) options.lines = LineInfo::BaseName;
    Builder b(options), other(options);
    Program(b, seed + n, restrained);
    const Result<Module> module = b.finish();
    if (!module) {
      FAIL_CHECK(std::string(module.error().to_string()));
      continue;
    }
    const test::Verdict verdict = test::validate(module->words(), options.target, since);
    if (!verdict.ran)
      unvalidated = verdict.text;
    else if (!verdict.valid)
      FAIL_CHECK(verdict.text);

    Program(other, seed + n, restrained);
    const Result<Module> same = other.finish();
    CHECK(same.ok());
    CHECK(same->hash() == module->hash());
    b.reset();
    Program(b, seed + n, restrained);
    CHECK(hash_words(*b.finish_words()) == module->hash());
  }
  if (!unvalidated.empty()) test::skip(unvalidated.c_str());
}

}  // namespace

TEST_CASE("random well-formed programs are valid, and the same for the same seed") {
  check_programs(seed_of_run(), true, 0);
}

// A switch behind an inner loop that breaks or continues the outer one is valid (SPIR-V 2.11); spirv-val 2023.1 takes the
// inner loop for the one around the switch and calls the branch invalid, 2025.1 does not.
TEST_CASE("random programs that leave loops from inside switches") {
  check_programs(seed_of_run() + 1000, false, 20250);
}

// With lines on no instruction takes the straight line.
TEST_CASE("random programs are the same words by the straight line and by the general way") {
  const std::uint64_t seed = seed_of_run() + 2000;
  const auto instructions = [](const Module& module) {
    std::vector<std::uint32_t> result;
    std::map<std::uint32_t, std::uint32_t> numbers;
    const Result<ModuleView> view = parse(module.words());
    REQUIRE(view.ok());
    for (const Instruction i : *view) {
      if (i.opcode() == Op::OpLine || i.opcode() == Op::OpString) continue;
      result.push_back(static_cast<std::uint32_t>(i.opcode()) << 16 |
                       static_cast<std::uint32_t>(i.words().size()));
      OperandCursor cursor(i);
      for (Operand o; cursor.next(o);) {
        // The strings have ids too, so that others are greater: each id is told by when it is met first.
        if (o.is_id())
          result.push_back(numbers.try_emplace(o.word(), numbers.size()).first->second);
        else
          for (const std::uint32_t word : o.words) result.push_back(word);
      }
    }
    return result;
  };
  for (std::uint64_t n = 0; n < 10; ++n) {
    CAPTURE(seed);
    CAPTURE(n);
    ModuleOptions options;
    options.target = Target::vulkan(1, static_cast<unsigned>(n % 5));
    Builder straight(options);
    options.lines = LineInfo::BaseName;
    Builder general(options);
    Program(straight, seed + n, true);
    Program(general, seed + n, true);
    const Result<Module> a = straight.finish(), b = general.finish();
    REQUIRE(a.ok());
    REQUIRE(b.ok());
    CHECK(instructions(*a) == instructions(*b));
  }
}
