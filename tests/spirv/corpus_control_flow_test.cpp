// Corpus: structured control flow and functions.
#include "corpus.hpp"

using namespace corpus;

namespace {

/// A kernel on `data[i]`, uint: `body` gets the builder, the value at the invocation's place and a pointer to it.
Build on_data(std::function<void(Builder&, ValueId, ValueId)> body) {
  return [body](Builder& b) {
    const ValueId buffer = b.add_storage_array(b.declare_uint32(), 0, 0, "data");
    const ValueId id = b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId), zero = b.constant(0u);
    compute(b, [&] {
      const ValueId p = b.OpAccessChain(buffer, {zero, b.load_at(id, {zero})});
      body(b, b.OpLoad(p), p);
    });
  };
}
void everywhere(const char* name, const Build& build) {
  Feature feature(name);
  feature.check_all(corpus::everywhere(), {"Shader"}, build);
}

}  // namespace

TEST_CASE("corpus: if, else, nested and empty") {
  everywhere("if", on_data([](Builder& b, ValueId x, ValueId p) {
               const ValueId limit = b.constant(10u);
               const auto below = [&](std::uint32_t n) { return b.OpULessThan(x, b.constant(n)); };
               b.if_(below(1), [&] { b.OpStore(p, limit); });
               b.if_(
                   below(2), [&] { b.OpStore(p, limit); }, [&] { b.OpStore(p, x); });
               b.if_(
                   below(3),
                   [&] {
                     b.if_(
                         below(4), [&] { b.OpStore(p, limit); }, [] {});
                   },
                   [&] {
                     b.if_(below(5), [] {});
                     b.if_(
                         below(6), [] {}, [&] { b.OpStore(p, b.OpIAdd(x, x)); });
                   });
               b.if_(
                   below(7), [] {}, [] {});
             }));
}

TEST_CASE("corpus: the value of an if, nested") {
  everywhere("if-value", on_data([](Builder& b, ValueId x, ValueId p) {
               const ValueId ten = b.constant(10u);
               const ValueId v = b.if_value(
                   b.OpULessThan(x, ten), [&] { return b.OpIAdd(x, ten); },
                   [&] {
                     return b.if_value(
                         b.OpIEqual(x, ten), [&] { return b.OpISub(x, ten); }, [&] { return ten; });
                   });
               const ValueId one_sided = b.if_value(
                   b.OpIEqual(v, x),
                   [&] {
                     b.OpReturn();
                     return v;
                   },
                   [&] { return b.OpIMul(v, x); });
               b.OpStore(p, one_sided);
             }));
}

TEST_CASE("corpus: early return") {
  everywhere("early-return", on_data([](Builder& b, ValueId x, ValueId p) {
               b.if_(b.OpULessThan(x, b.constant(3u)), [&] { b.OpReturn(); });
               b.if_(
                   b.OpULessThan(x, b.constant(5u)),
                   [&] {
                     b.OpStore(p, b.constant(5u));
                     b.OpReturn();
                   },
                   [&] { b.OpReturn(); });
               b.OpUnreachable();
             }));
}

TEST_CASE("corpus: a loop with several continues and carried values") {
  everywhere("loop-carried", on_data([](Builder& b, ValueId x, ValueId p) {
               const ValueId zero = b.constant(0u), one = b.constant(1u), limit = b.constant(100u);
               ValueId at_exit;
               b.loop(
                   {zero, x},
                   [&](Loop& l) {
                     const ValueId i = l[0], sum = l[1];
                     at_exit = sum;
                     l.break_if(b.OpUGreaterThanEqual(i, limit));
                     const ValueId next = b.OpIAdd(i, one);
                     b.if_(b.OpIEqual(b.OpUMod(i, b.constant(3u)), zero), [&] { l.continue_({next, sum}); });
                     b.if_(
                         b.OpUGreaterThan(sum, limit),
                         [&] {
                           l.continue_({b.OpIAdd(next, one), b.OpISub(sum, i)});
                         },
                         [&] { b.OpStore(p, sum); });
                     l.continue_({next, b.OpIAdd(sum, i)});
                   },
                   operand::LoopControl(LoopControl::Unroll));
               b.OpStore(p, at_exit);
             }));
}

TEST_CASE("corpus: continue and break inside a switch inside a loop") {
  everywhere("switch-in-loop", on_data([](Builder& b, ValueId x, ValueId p) {
               const ValueId zero = b.constant(0u), one = b.constant(1u);
               b.loop({zero}, [&](Loop& l) {
                 const ValueId next = b.OpIAdd(l[0], one);
                 const std::uint64_t several[] = {2, 3, 5};
                 b.switch_(b.OpUMod(x, b.constant(8u)), [&](Switch& s) {
                   s.case_(0, [&] { l.continue_({next}); });
                   s.case_(1, [&] { l.break_(); });
                   s.case_(several, [&] {
                     b.if_(b.OpIEqual(next, one), [&] { s.break_(); });
                     b.OpStore(p, next);
                     b.if_(
                         b.OpIEqual(next, x), [&] { l.continue_({next}); }, [&] { l.break_(); });
                   });
                   s.case_(7, [] {});
                   s.default_([&] { b.OpReturn(); });
                 });
                 b.OpStore(p, l[0]);
                 l.break_if(b.OpUGreaterThan(next, x));
                 l.continue_({next});
               });
             }));
}

TEST_CASE("corpus: switches without default, without cases, of other widths") {
  everywhere("switch", on_data([](Builder& b, ValueId x, ValueId p) {
               b.switch_(x, [&](Switch& s) { s.case_(0xFFFFFFFF, [&] { b.OpStore(p, x); }); });
               b.switch_(x, [](Switch&) {});
               b.switch_(x, [&](Switch& s) { s.default_([&] { b.OpStore(p, x); }); });
               b.switch_(b.OpBitcast(b.declare_int32(), x), [&](Switch& s) {
                 s.case_(static_cast<std::uint64_t>(-1), [&] { b.OpStore(p, x); });
                 s.case_(1, [&] { b.OpReturn(); });
               });
             }));
  Feature feature("switch-widths");
  const Module module = feature.check(
      Target::universal(), {"Shader", "Int16", "Int64"}, {}, on_data([](Builder& b, ValueId x, ValueId p) {
        b.switch_(b.OpUConvert(b.declare_int(64, false), x), [&](Switch& s) {
          s.case_(0x100000001, [&] { b.OpStore(p, x); });
          s.case_(1, [] {});
        });
        b.switch_(b.OpSConvert(b.declare_int(16, true), x),
                  [&](Switch& s) { s.case_(static_cast<std::uint64_t>(-2), [&] { b.OpStore(p, x); }); });
      }));
  const std::vector<Decoded> switches = instructions(module, Op::OpSwitch);
  CHECK(switches[0].operands.size() == 2 + 3 + 3);
  CHECK(switches[0].operands[2] == 1);
  CHECK(switches[0].operands[3] == 1);
  CHECK(switches[1].operands[2] == 0xFFFFFFFE);  // sign-extended
}

TEST_CASE("corpus: loops that never turn, nested loops, while and for") {
  everywhere("loops", on_data([](Builder& b, ValueId x, ValueId p) {
               const ValueId zero = b.constant(0u), one = b.constant(1u), four = b.constant(4u);
               b.loop({}, [](Loop& l) { l.break_(); });   // leaves at once
               b.loop({x}, [](Loop& l) { l.break_(); });  // with a value that never gets a next one
               b.for_(four, zero, one, [&](ValueId, Loop&) { b.OpStore(p, x); });  // no iteration
               b.for_(zero, four, one, [&](ValueId i, Loop& outer) {
                 b.for_(i, x, four, [&](ValueId j, Loop& inner) {
                   b.if_(b.OpIEqual(i, j), [&] { inner.continue_(); });
                   b.if_(b.OpUGreaterThan(j, b.constant(50u)), [&] { inner.break_(); });
                   b.OpStore(p, b.OpIAdd(i, j));
                 });
                 b.if_(b.OpIEqual(i, b.constant(2u)), [&] { outer.continue_(); });
                 b.if_(b.OpIEqual(i, b.constant(3u)), [&] { outer.break_(); });
               });
               const ValueId signed_x = b.OpBitcast(b.declare_int32(), x);
               const ValueId from = b.constant(-4), step = b.constant(2);
               b.for_(from, signed_x, step,
                      [&](ValueId i, Loop&) { b.OpStore(p, b.OpBitcast(b.type_of(x), i)); });
               b.while_([&] { return b.OpULessThan(b.OpLoad(p), four); },
                        [&](Loop& l) {
                          b.OpStore(p, b.OpIAdd(b.OpLoad(p), one));
                          const ValueId now = b.OpLoad(p);
                          b.if_(b.OpIEqual(now, b.constant(3u)), [&] { l.continue_(); });
                        });
             }));
}

TEST_CASE("corpus: a carried value that is an if's value in an inner loop") {
  everywhere("loop-values", on_data([](Builder& b, ValueId x, ValueId p) {
               const ValueId zero = b.constant(0u), one = b.constant(1u);
               ValueId total;
               b.loop({zero, zero}, [&](Loop& outer) {
                 total = outer[1];
                 outer.break_if(b.OpUGreaterThanEqual(outer[0], x));
                 ValueId inner_sum;
                 b.loop({outer[1], zero}, [&](Loop& inner) {
                   inner_sum = inner[0];
                   inner.break_if(b.OpUGreaterThanEqual(inner[1], outer[0]));
                   const ValueId step = b.if_value(
                       b.OpIEqual(inner[1], one), [&] { return zero; }, [&] { return inner[1]; });
                   inner.continue_({b.OpIAdd(inner[0], step), b.OpIAdd(inner[1], one)});
                 });
                 outer.continue_({b.OpIAdd(outer[0], one), inner_sum});
               });
               b.OpStore(p, total);
             }));
}

TEST_CASE("corpus: functions, with forward references and parameters") {
  Feature feature("functions");
  const auto build = [](Builder& b) {
    const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32(), v4 = b.declare_vector(f32, 4);
    const ValueId buffer = b.add_storage_array(f32, 0, 0);
    const FunctionId later = b.reserve_function();
    const FunctionId scale = b.begin_function(v4, {v4, f32}, "scale", FunctionControl::Inline);
    CHECK_FALSE(b.parameter(2));
    b.OpReturnValue(b.OpVectorTimesScalar(b.parameter(0), b.parameter(1)));
    b.end_function();
    const FunctionId clamp = b.begin_function(f32, {f32}, "clamp");
    b.if_(b.OpFOrdLessThan(b.parameter(0), b.constant(0.0f)), [&] { b.OpReturnValue(b.constant(0.0f)); });
    b.OpReturnValue(b.parameter(0));
    b.end_function();
    compute(b, [&] {
      const ValueId local = b.add_local_variable(u32, b.constant(2u));
      const ValueId v = b.OpFunctionCall(scale, {b.declare_null(v4), b.constant(2.0f)});
      const ValueId y = b.OpFunctionCall(f32, later, {b.OpCompositeExtract(v, {0}), local});
      const ValueId zero = b.constant(0u);
      b.store_at(buffer, {zero, zero}, b.OpFunctionCall(clamp, {y}));
    });
    b.begin_function(later, f32, {f32, b.declare_pointer(StorageClass::Function, u32)}, "later");
    b.OpStore(b.parameter(1), b.constant(3u));
    b.OpReturnValue(b.OpFNegate(b.parameter(0)));
    b.end_function();
  };
  feature.check_all(everywhere(), {"Shader"}, build);
}

TEST_CASE("corpus: labels, phis and branches by hand") {
  everywhere("by-hand", on_data([](Builder& b, ValueId x, ValueId p) {
               const TypeId u32 = b.declare_uint32();
               const ValueId zero = b.constant(0u), one = b.constant(1u);
               const LabelId before = b.current_block(), header = b.reserve_label(), body = b.reserve_label(),
                             next = b.reserve_label(), merge = b.reserve_label();
               b.OpBranch(header);
               b.begin_block(header);
               const ValueId i = b.OpPhi(u32, {{zero, before}});
               const ValueId sum = b.OpPhi(u32, {});
               b.add_incoming(sum, x, before);
               const ValueId condition = b.OpULessThan(i, x);
               b.OpLoopMerge(merge, next, {});
               b.OpBranchConditional(condition, body, merge, {});
               b.begin_block(body);
               b.OpBranch(next);
               b.begin_block(next);
               const ValueId stepped = b.reserve_value(u32);
               b.add_incoming(i, stepped, next);  // before it is defined
               b.define_next(stepped);
               CHECK(b.OpIAdd(i, one) == stepped);
               b.add_incoming(sum, b.OpIAdd(sum, i), next);
               b.OpBranch(header);
               b.begin_block(merge);
               b.OpStore(p, sum);
             }));
}
