// Random wrong calls leave an error and never crash.
#include "errors.hpp"
#include "random.hpp"

#include <utility>

namespace {

using namespace airstrip;
using namespace airstrip::spirv;
using test::Random;
using test::seed_of_run;

// Calls whatever there is on whatever there is.
class Mischief {
public:
  Mischief(Builder& b, std::vector<Id> ids, std::uint64_t seed)
      : b_(b), ids_(std::move(ids)), random_(seed) {}
  Id id() { return ids_[random_.below(ids_.size())]; }
  ValueId value() { return ValueId(id()); }
  TypeId type() { return TypeId(id()); }
  LabelId label() { return LabelId(id()); }
  OperandWord word() {
    switch (random_.below(6)) {
      case 0: return {static_cast<std::uint32_t>(random_.next()), OperandWord::literal_tag};
      case 1: return {static_cast<std::uint32_t>(random_.below(8)), OperandWord::literal_tag};
      case 2:
        return {static_cast<std::uint32_t>(random_.below(8)), static_cast<std::uint32_t>(random_.below(20))};
      default: return id();
    }
  }
  void call() {
    Builder& b = b_;
    const std::vector<ValueId> several(random_.below(4), value());
    switch (random_.below(26)) {
      case 0: b.OpIAdd(value(), value()); return;
      case 1: b.OpFMul(type(), value(), value()); return;
      case 2: b.OpLoad(value()); return;
      case 3: b.OpStore(value(), value()); return;
      case 4: b.OpAccessChain(value(), several); return;
      case 5: b.OpCompositeConstruct(type(), several); return;
      case 6: b.OpCompositeExtract(value(), {static_cast<std::uint32_t>(random_.below(5))}); return;
      case 7: b.OpBranch(label()); return;
      case 8: b.OpPhi(type(), {{value(), label()}}); return;
      case 9: b.OpFunctionCall(FunctionId(id()), several); return;
      case 10:
        b.glsl(static_cast<GLSLstd450>(random_.below(90)), several, random_.one_in(2) ? type() : TypeId());
        return;
      case 11: b.declare_vector(type(), static_cast<unsigned>(random_.below(6))); return;
      case 12: b.declare_composite(type(), several); return;
      case 13: b.add_storage_buffer(type(), 0, 0); return;
      case 14: b.add_workgroup_variable(type()); return;
      case 15:
        b.if_(
            value(), [] {}, [&] { b.OpFNegate(value()); });
        return;
      case 16: b.loop(several, [&](Loop& l) { l.continue_(several); }); return;
      case 17:
        b.switch_(value(), [&](Switch& s) {
          s.case_(random_.below(2), [] {});
          s.case_(random_.below(2), [] {});
        });
        return;
      case 18: b.define_next(id()); return;
      case 19: b.add_incoming(value(), value(), label()); return;
      case 20: b.decorate(id(), static_cast<Decoration>(random_.below(60))); return;
      case 21: b.declare_int(static_cast<unsigned>(random_.below(70)), random_.one_in(2)); return;
      case 22: b.OpFunctionEnd(); return;
      case 23: b.declare_array(type(), value()); return;
      case 24: {
        const OperandWord words[] = {word(), word(), word()};
        b.spec_op(static_cast<Op>(random_.below(220)), Span<const OperandWord>(words, random_.below(4)),
                  type());
        return;
      }
      default: {
        std::vector<OperandWord> words(random_.below(7));
        for (OperandWord& w : words) w = word();
        const Span<const InstructionInfo> all = grammar::instructions();
        const Op op =
            random_.one_in(3) ? static_cast<Op>(random_.below(400)) : all[random_.below(all.size())].op;
        b.instruction(op, random_.one_in(2) ? type() : TypeId(), words);
      }
    }
  }

private:
  Builder& b_;
  std::vector<Id> ids_;
  Random random_;
};

// Ids of every kind, good and bad.
std::vector<Id> ids_of(errors::Frame& f, const errors::Frame& foreign) {
  Builder& b = f.b;
  return {f.f32,
          f.u32,
          f.v4f,
          f.structure,
          f.array,
          f.mat44,
          f.void_,
          f.boolean,
          f.f,
          f.u,
          f.i,
          f.t,
          f.vf4,
          f.vu4,
          f.s,
          f.a,
          f.m44,
          f.pf,
          f.pu,
          f.ps,
          f.pa,
          f.buffer,
          f.shared,
          f.image,
          f.sampled,
          f.sampler,
          f.function,
          b.current_block(),
          b.glsl_std_450(),
          b.OpString("x"),
          b.reserve_label(),
          b.reserve_value(f.u32),
          b.reserve_type(),
          Id(),
          Id(1u << 30, f.u.tag()),
          Id(0, f.u.tag()),
          foreign.u,
          foreign.f32};
}
// The same without checks, so with every type stated.
std::vector<Id> ids_without_checks(Builder& b, const errors::Frame& foreign) {
  const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32(), v4 = b.declare_vector(f32, 4);
  const TypeId structure = b.declare_struct({f32, u32}), array = b.declare_array(v4, 3),
               none = b.declare_void();
  const TypeId pointer = b.declare_pointer(StorageClass::Function, structure);
  const FunctionId function = b.OpFunction(none, FunctionControl::MaskNone, b.declare_function_type(none));
  const LabelId label = b.OpLabel();
  return {f32,
          u32,
          v4,
          structure,
          array,
          none,
          pointer,
          b.constant(1.0f),
          b.constant(1u),
          b.declare_null(v4),
          b.declare_null(structure),
          b.declare_null(array),
          b.OpVariable(pointer, StorageClass::Function),
          function,
          label,
          b.glsl_std_450(),
          b.OpString("x"),
          b.reserve_label(),
          b.reserve_value(u32),
          b.reserve_type(),
          Id(),
          Id(1u << 30, u32.tag()),
          foreign.u,
          foreign.f32};
}

}  // namespace

TEST_CASE("random wrong calls leave an error and never crash") {
  const std::uint64_t seed = seed_of_run();
  errors::Frame frame, foreign;
  unsigned failed = 0, rounds = 3000;
  for (std::uint64_t n = 0; n < rounds; ++n) {
    CAPTURE(seed);
    CAPTURE(n);
    frame.again();
    CHECK_FALSE(frame.b.failed());
    Mischief mischief(frame.b, ids_of(frame, foreign), seed * 1'000'003 + n);
    for (int i = 0; i < 30 && !frame.b.failed(); ++i) mischief.call();
    if (!frame.b.failed()) continue;
    ++failed;
    CHECK(errors::whole(frame.b));
    const ErrorCode code = frame.b.error().code;
    CHECK(code != ErrorCode::Ok);
    CHECK(code != ErrorCode::OutOfMemory);
    CHECK(!frame.b.error().message.empty());
    for (int i = 0; i < 5; ++i) mischief.call();
    CHECK(frame.b.error().code == code);
    const Result<Module> module = frame.b.finish();
    CHECK(module.error().code == code);
  }
  CHECK(failed > rounds * 9 / 10);
}

TEST_CASE("random calls without checks never crash") {
  const std::uint64_t seed = seed_of_run();
  const errors::Frame foreign;
  Builder b;
  unsigned finished = 0;
  for (std::uint64_t n = 0; n < 3000; ++n) {
    CAPTURE(seed);
    CAPTURE(n);
    ModuleOptions options;
    options.check_structure = n % 3 == 0;
    options.check_types = n % 3 == 1;
    b.reset(options);
    Mischief mischief(b, ids_without_checks(b, foreign), seed * 999'983 + n);
    CHECK_FALSE(b.failed());
    for (int i = 0; i < 30 && !b.failed(); ++i) mischief.call();
    CHECK(errors::whole(b));
    const Result<Module> module = b.finish();
    CHECK(module.ok() == !b.failed());
    finished += module.ok();
  }
  CAPTURE(finished);
  CHECK(finished < 3000);
}
