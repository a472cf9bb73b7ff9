// The verifier: kernels of the builder pass, and each broken rule is found and named.
#include <airstrip/kernel/passes/promote_variables.hpp>

#include "pass_test.hpp"

using namespace test;

namespace {

// A kernel with one of everything that the rules are about.
class Sample {
public:
  Sample() {
    Words b;
    const Type parameter[] = {u32_type};
    const std::uint32_t helper = b.begin_function("helper", u32_type, parameter);
    b.return_(b.apply(Op::Add, b.function_parameter(helper, 0), b.word(1)));
    b.end_function();
    const AnyVariable x = b.variable(u32_type, "x");
    const std::uint32_t image = b.add_image(ResourceKind::StorageImage, Scalar::F32, ImageDim::Dim2D,
                                            Access::ReadWrite, TexelFormat::Rgba32f, "image");
    b.store(x, b.word(3));
    const AnyValue i = b.begin_for(b.word(0), b.parameter(u32_type, "n"), b.word(1));
    b.begin_if(b.apply(Op::Less, b.read(i), b.word(5)));
    b.store(x, b.apply(Op::Mul, b.load(x), i));
    b.end_if();
    const std::uint64_t one[] = {1, 4}, two[] = {2};
    b.begin_switch(i);
    b.begin_case(one);
    b.break_();
    b.end_case();
    b.begin_case(two);
    b.store(x, b.word(8));
    b.end_case();
    b.end_switch();
    b.end_loop();
    const AnyValue argument[] = {b.load(x)};
    b.write(0, b.call(helper, argument));
    const AnyValue v = b.convert(Op::Bitcast, b.builtin(BuiltIn::GlobalInvocationId), Type(Scalar::I32, 3));
    const unsigned pair[] = {0, 1};
    const AnyValue at[] = {b.swizzle(v, pair)};
    b.image_store(image, at[0], b.image_read(Op::ImageLoad, image, at));
    const AnyValue parts[] = {b.thread(), b.thread()};
    b.write(1, b.construct(Type(Scalar::U32, 2), parts));
    kernel = b.finish();
    promote_variables(kernel);
    check_valid(kernel);
  }

  NodeId at(Op op, std::size_t which = 0) const {
    NodeId found = no_node;
    for (const Function& f : kernel.functions())
      for_each_node(kernel, f.body, [&](NodeId id) {
        if (kernel.op(id) == op && which-- == 0) found = id;
      });
    REQUIRE(found != no_node);
    return found;
  }
  Node& node(Op op, std::size_t which = 0) { return kernel.node(at(op, which)); }

  // Checks that the kernel is found broken, by its message.
  void broken(ErrorCode code, const char* part) {
    const Result<void> result = verify(kernel);
    REQUIRE_FALSE(result.ok());
    INFO(std::string(result.error().to_string()));
    CHECK(result.error().code == code);
    CHECK(result.error().message.contains(part));
  }

  Kernel kernel;
};

}  // namespace

TEST_CASE("an error names the node as it is printed, and its line") {
  Sample s;
  s.node(Op::Mul).type = i32_type;
  const Result<void> result = verify(s.kernel);
  REQUIRE_FALSE(result.ok());
  const std::string message(result.error().message);
  CHECK(message.find("i32 = mul %") != std::string::npos);
  CHECK(message.find("// verify.cpp:") != std::string::npos);
  CHECK(message.find("its operands give u32") != std::string::npos);
  CHECK(result.error().where.line == s.kernel.location(s.at(Op::Mul)).line);
  CHECK(std::string(print(s.kernel)).find(std::string(print_node(s.kernel, s.at(Op::Mul)))) !=
        std::string::npos);
}

TEST_CASE("links") {
  {
    Sample s;
    s.node(Op::Mul).previous = s.at(Op::Less);
    s.broken(ErrorCode::InvalidOperand, "does not name the node before it");
  }
  {
    Sample s;
    s.node(Op::Mul).region = s.kernel.functions()[0].body;
    s.broken(ErrorCode::InvalidOperand, "another region than it says");
  }
  {
    Sample s;
    s.node(Op::Mul).operands[0] = 100000;
    s.broken(ErrorCode::InvalidOperand, "an operand does not exist");
  }
  {
    Sample s;
    s.node(Op::Mul).operand_count = 1;
    s.broken(ErrorCode::InvalidOperand, "another number of operands");
  }
  {
    Sample s;
    s.kernel.unlink(s.at(Op::Continue));
    s.broken(ErrorCode::InvalidOperand, "the last node of a region is its terminator");
  }
  {
    Sample s;
    s.node(Op::Load).immediate = 1000;
    s.broken(ErrorCode::InvalidOperand, "its access does not exist");
  }
  {
    Sample s;
    s.node(Op::Mul).mark = 1;
    s.broken(ErrorCode::InvalidOperand, "left its mark");
  }
  {
    Sample s;
    s.kernel.region(s.kernel.regions(s.at(Op::If))[0]).owner = s.at(Op::Loop);
    s.broken(ErrorCode::InvalidOperand, "names another owner");
  }
  {
    Sample s;
    s.node(Op::Loop).region_count = 0;
    s.broken(ErrorCode::InvalidOperand, "another number of regions");
  }
  {
    Sample s;
    const NodeId constant = s.kernel.constant(u32_type, 99);
    s.kernel.insert_before(s.at(Op::Mul), constant);
    s.broken(ErrorCode::InvalidOperand, "it stands in a region");
  }
}

TEST_CASE("what may be used where") {
  {
    Sample s;
    s.node(Op::Call).operands[0] = s.at(Op::Mul);
    s.broken(ErrorCode::UseBeforeDefinition, "not around it");
  }
  {
    Sample s;
    const NodeId add = s.at(Op::Add);  // of the loop: after the multiplication
    NodeId later = no_node;
    for (std::size_t i = 0; later == no_node; ++i)
      if (s.kernel.node(s.at(Op::Add, i)).region == s.kernel.regions(s.at(Op::Loop))[0])
        later = s.at(Op::Add, i);
    (void)add;
    s.node(Op::Mul).operands[1] = later;
    s.broken(ErrorCode::UseBeforeDefinition, "computed after it");
  }
  {
    Sample s;
    const NodeId parameter = s.kernel.arguments(s.kernel.functions()[1].body)[0];
    s.node(Op::Call).operands[0] = parameter;
    s.broken(ErrorCode::UseBeforeDefinition, "not around it");
  }
  {
    Sample s;
    const NodeId loose = s.kernel.add_node(
        Op::Negate, u32_type, Span<const NodeId>(&s.kernel.node(s.at(Op::Call)).operands[0], 1), 0, 0);
    s.node(Op::Call).operands[0] = loose;
    s.broken(ErrorCode::UndefinedId, "stands nowhere");
  }
  {
    Sample s;
    s.node(Op::Call).operands[0] = s.at(Op::Loop);
    s.broken(ErrorCode::WrongType, "has no value");
  }
}

TEST_CASE("constructs: Results, what edges give, and where they may lead") {
  {
    Sample s;
    s.node(Op::Result).immediate = 1;
    s.broken(ErrorCode::InvalidNesting, "numbered from 0");
  }
  {
    Sample s;
    const NodeId owner = s.at(Op::If);
    const NodeId result = s.kernel.add_node(Op::Result, u32_type, Span<const NodeId>(&owner, 1), 0, 0);
    s.kernel.insert_before(s.at(Op::Store), result);
    s.broken(ErrorCode::InvalidNesting, "follow their construct");
  }
  {
    Sample s;
    s.kernel.set_operands(s.at(Op::Continue), {});
    s.broken(ErrorCode::WrongType, "the loop's body has arguments");
  }
  {
    Sample s;
    s.kernel.set_operands(s.at(Op::Loop), {});
    s.broken(ErrorCode::WrongType, "its initial values");
  }
  {
    Sample s;
    s.node(Op::Break).operands[0] = s.kernel.constant(f32_type, 0);
    s.broken(ErrorCode::WrongType, "than the construct has Results");
  }
  {
    Sample s;
    s.node(Op::Break).immediate = s.at(Op::If);
    s.broken(ErrorCode::InvalidNesting, "no loop or switch that it may leave");
  }
  {
    Sample s;
    s.node(Op::Continue).op = Op::Yield;
    s.broken(ErrorCode::InvalidNesting, "the body of a loop ends");
  }
  {
    Sample s;
    s.node(Op::If).operands[0] = s.kernel.constant(u32_type, 1);
    s.broken(ErrorCode::WrongType, "the condition is a bool");
  }
  {
    Sample s;
    const NodeId extra = s.kernel.add_node(Op::Return, Type(), {}, 0, 0);
    s.kernel.insert_before(s.at(Op::Store), extra);
    s.broken(ErrorCode::InvalidNesting, "only the last node");
  }
  {
    Sample s;
    const std::uint64_t both[] = {2, 2}, one[] = {7};
    const Span<const std::uint64_t> lists[] = {both, one};
    s.kernel.set_switch_cases(s.at(Op::Switch), lists);
    s.broken(ErrorCode::Redefinition, "twice");
  }
  {
    Sample s;
    for (std::size_t i = 0;; ++i) {
      const NodeId id = s.at(Op::Return, i);
      if (s.kernel.operands(id).empty()) continue;
      s.kernel.set_operands(id, {});
      break;
    }
    s.broken(ErrorCode::WrongType, "what its function does not give");
  }
  {
    Sample s;
    s.node(Op::Call).immediate = 0;
    s.broken(ErrorCode::InvalidNesting, "a helper calls only");
  }
}

TEST_CASE("types of conversions, vectors, memory, images and calls") {
  {
    Sample s;
    s.node(Op::Bitcast).type = Type(Scalar::I32, 2);
    s.broken(ErrorCode::WrongType, "no such conversion");
  }
  {
    Sample s;
    s.node(Op::Construct).type = Type(Scalar::U32, 3);
    s.broken(ErrorCode::WrongType, "a scalar for each component");
  }
  {
    Sample s;
    s.node(Op::Shuffle).immediate = 0x70;
    s.broken(ErrorCode::WrongType, "components that they have");
  }
  {
    Sample s;
    s.node(Op::Load).operands[0] = s.kernel.constant(f32_type, 0);
    s.broken(ErrorCode::WrongType, "the index is a 32- or 64-bit integer");
  }
  {
    Sample s;
    s.kernel.resource(0).access = Access::WriteOnly;
    s.broken(ErrorCode::WrongType, "access does not permit");
  }
  {
    Sample s;
    s.kernel.resource(1).access = Access::ReadOnly;
    s.broken(ErrorCode::WrongType, "access does not permit");
  }
  {
    Sample s;
    s.node(Op::ImageStore).operands[1] = s.kernel.splat(Type(Scalar::U32, 4), 0);
    s.broken(ErrorCode::WrongType, "the image, its coordinate");
  }
  {
    Sample s;
    s.node(Op::Call).type = i32_type;
    s.broken(ErrorCode::WrongType, "what the function returns");
  }
  {
    Sample s;
    s.node(Op::Call).operands[0] = s.kernel.constant(f32_type, 0);
    s.broken(ErrorCode::WrongType, "that the function takes");
  }
  {
    Sample s;
    const NodeId constant = s.kernel.constant(Type(Scalar::U8), 3);
    s.kernel.node(constant).operands[0] = 300;
    const NodeId use = s.kernel.add_node(Op::Not, Type(Scalar::U8), Span<const NodeId>(&constant, 1), 0, 0);
    s.kernel.insert_before(s.at(Op::Call), use);
    s.broken(ErrorCode::InvalidOperand, "malformed");
  }
}

TEST_CASE("atomics, matrices and subgroup operations of the builder pass") {
  Words b;
  const Type a = b.matrix_type(Scalar::F16, 16, 8, MatrixUse::A),
             m = b.matrix_type(Scalar::F16, 8, 16, MatrixUse::B),
             c = b.matrix_type(Scalar::F32, 16, 16, MatrixUse::Accumulator);
  const AnyValue x = b.matrix_load(b.at(b.in, b.word(0)), a, b.word(16), false);
  const AnyValue y = b.matrix_load(b.at(b.in, b.word(4)), m, b.word(16), true);
  const AnyValue zero[] = {b.constant_float(f32_type, 0)};
  const AnyValue parts[] = {x, y, b.construct(c, zero)};
  b.matrix_store(b.at(b.out, b.word(0)), b.apply(Op::MatrixMulAdd, parts), b.word(16), false);
  const AnyValue one[] = {b.word(1)}, both[] = {b.word(1), b.word(2)};
  b.write(0, b.atomic(Op::AtomicAdd, b.at(b.out, b.thread()), u32_type, one, MemoryScope::Device, 0));
  b.atomic(Op::AtomicCompareExchange, b.at(b.out, b.thread()), u32_type, both, MemoryScope::Device, 0);
  b.atomic(Op::AtomicStore, b.at(b.out, b.thread()), u32_type, one, MemoryScope::Device, 0);
  b.write(1, b.atomic(Op::AtomicLoad, b.at(b.out, b.thread()), u32_type, {}, MemoryScope::Device, 0));
  const AnyValue value[] = {b.thread()};
  b.write(2, b.apply(Op::SubgroupAdd, value, static_cast<std::uint32_t>(GroupKind::Clustered) | 4u << 8));
  b.barrier();
  const Kernel kernel = b.finish();
  REQUIRE(kernel.ok());
  check_valid(kernel);
}

TEST_CASE("a kernel with an error gives that error") {
  DynamicBuilder b("bad");
  b.barrier({MemoryScope::Device, MemoryScope::Device, memory::all});
  const Kernel kernel = b.finish();
  CHECK(verify(kernel).error().code == ErrorCode::InvalidOperand);
}

TEST_CASE("the builder makes no if whose branches yield what nobody takes, or only one of which yields") {
  for (const bool as_value : {false, true}) {
    Words b;
    b.begin_if(b.apply(Op::Less, b.thread(), b.word(3)));
    if (!as_value) b.yield(b.word(1));
    b.begin_else();
    b.yield(b.word(2));
    if (as_value)
      b.end_if_value();
    else
      b.end_if();
    CHECK(b.error().code == (as_value ? ErrorCode::WrongType : ErrorCode::InvalidNesting));
  }
}
