// A compiler for expressions over arrays, "t = x * x; y = t > 4 ? sqrt(t) : -t", with Airstrip as its back end. Names that
// nothing defines are input arrays, the last definition is the output array. The element's type is chosen when the
// program runs ("i32: y = a / 3"), so the kernel is built with the DynamicBuilder.
//
//   expression_compiler "y = a * b + 1" "i32: y = a / 3"
#include "example.hpp"

#include <airstrip/kernel/dynamic_builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/spirv/disassemble.hpp>
#include <airstrip/spirv/view.hpp>

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;

namespace {

struct Operator {
  const char* token;
  int level;  // a higher one binds tighter
  Op op;
  bool swaps;  // its operands
};
constexpr Operator operators[] = {
    {"<", 1, Op::Less, false},      {">", 1, Op::Less, true},    {"<=", 1, Op::LessEqual, false},
    {">=", 1, Op::LessEqual, true}, {"==", 1, Op::Equal, false}, {"!=", 1, Op::NotEqual, false},
    {"+", 2, Op::Add, false},       {"-", 2, Op::Sub, false},    {"*", 3, Op::Mul, false},
    {"/", 3, Op::Div, false},
};
struct Function {
  const char* name;
  Op op;
  unsigned arguments;
};
constexpr Function functions[] = {
    {"abs", Op::Abs, 1}, {"cos", Op::Cos, 1}, {"exp", Op::Exp, 1},   {"floor", Op::Floor, 1},
    {"log", Op::Log, 1}, {"sin", Op::Sin, 1}, {"sqrt", Op::Sqrt, 1}, {"max", Op::Max, 2},
    {"min", Op::Min, 2}, {"pow", Op::Pow, 2},
};

// Reads a program and emits it into a kernel on the way. The first error stays, with its column.
class Compiler {
public:
  explicit Compiler(const std::string& text) : text_(text), builder_("expression", {.workgroup = {64}}) {
    for (const Scalar s : {Scalar::F32, Scalar::I32, Scalar::U32}) {
      const std::string prefix = std::string(to_string(Type(s))) + ":";
      if (text.compare(0, prefix.size(), prefix) != 0) continue;
      type = s;
      end_ = prefix.size();
    }
  }

  Kernel compile() {
    const AnyValue n = builder_.parameter(Scalar::U32, "n");
    index_ = builder_.builtin(BuiltIn::GlobalInvocationId).component(0);
    builder_.begin_if(builder_.apply(Op::Less, index_, n));
    next();
    const AnyValue value = program();
    if (error.empty()) builder_.store(place(Access::WriteOnly, output), value);
    builder_.end_if();
    return builder_.finish();
  }

  Type type = Scalar::F32;
  std::string output, error;
  std::vector<std::string> inputs;  // as they are met

private:
  // --- tokens: names and numbers, operators of one or two characters; empty at the end
  void next() {
    const auto at = [&](std::size_t i) {
      return i < text_.size() ? static_cast<unsigned char>(text_[i]) : 0;
    };
    while (std::isspace(at(end_))) ++end_;
    begin_ = end_;
    if (std::isalnum(at(end_)))
      while (std::isalnum(at(end_)) || at(end_) == '.' || at(end_) == '_') ++end_;
    else if (end_ < text_.size())
      end_ += std::strchr("<>=!", text_[end_]) && at(end_ + 1) == '=' ? 2u : 1u;
    token_ = text_.substr(begin_, end_ - begin_);
  }
  bool accept(const char* token) {
    if (token_ != token) return false;
    next();
    return true;
  }
  bool at_name() const { return !token_.empty() && std::isalpha(static_cast<unsigned char>(token_[0])); }
  void expect(const char* token) {
    if (!accept(token)) unexpected(std::string("'") + token + "'");
  }
  void unexpected(const std::string& wanted) {
    fail(begin_, "expected " + wanted + (token_.empty() ? ", not the end" : ", not '" + token_ + "'"));
  }
  void fail(std::size_t at, const std::string& why) {
    if (error.empty()) error = "column " + std::to_string(at + 1) + ": " + why;
    end_ = text_.size();  // there is nothing more to read
    token_.clear();
  }

  // --- grammar
  AnyValue program() {  // name = ternary { ; name = ternary }
    while (true) {
      const std::size_t at = begin_;
      output = token_;
      if (!at_name()) unexpected("a name");
      next();
      expect("=");
      const AnyValue value = ternary();
      if (find(output)) fail(at, "'" + output + "' has a value already");
      if (token_.empty()) return value;
      names_.push_back({output, value});
      expect(";");
    }
  }
  AnyValue ternary() {  // binary [ ? ternary : ternary ]
    const AnyValue condition = binary(1);
    const std::size_t at = begin_;
    if (!accept("?")) return condition;
    const AnyValue yes = ternary();
    expect(":");
    return apply(at, Op::Select, {condition, yes, ternary()});
  }
  AnyValue binary(int level) {  // operands of this level and above, from the left
    if (level > 3) return unary();
    AnyValue left = binary(level + 1);
    while (true) {
      const Operator* found = nullptr;
      for (const Operator& o : operators)
        if (o.level == level && token_ == o.token) found = &o;
      if (!found) return left;
      const std::size_t at = begin_;
      next();
      const AnyValue right = binary(level + 1);
      left = found->swaps ? apply(at, found->op, {right, left}) : apply(at, found->op, {left, right});
    }
  }
  AnyValue unary() {  // - unary | ( ternary ) | name | name ( ternary {, ternary} ) | number
    const std::size_t at = begin_;
    if (accept("-")) return apply(at, Op::Negate, {unary()});
    if (accept("(")) {
      const AnyValue value = ternary();
      expect(")");
      return value;
    }
    const std::string token = token_;
    if (!at_name()) return number();
    next();
    if (accept("(")) return call(at, token);
    if (const AnyValue* const known = find(token)) return *known;
    inputs.push_back(token);
    names_.push_back({token, builder_.load(place(Access::ReadOnly, token), type)});
    return names_.back().value;
  }
  AnyValue number() {
    char* end = nullptr;
    const double value = std::strtod(token_.c_str(), &end);
    if (token_.empty() || *end != 0 || (type.is_int() && value != std::trunc(value)))
      unexpected(type.is_int() ? "a whole number, a name or '('" : "a number, a name or '('");
    next();
    return builder_.constant_float(type, value);
  }
  AnyValue call(std::size_t at, const std::string& name) {
    std::vector<AnyValue> arguments;
    do arguments.push_back(ternary());
    while (accept(","));
    expect(")");
    for (const Function& f : functions)
      if (name == f.name && arguments.size() == f.arguments) return apply(at, f.op, arguments);
    fail(at, "no function '" + name + "' takes " + std::to_string(arguments.size()) + " arguments");
    return {};
  }

  // --- code
  // Which types an operation takes the builder knows; where it stands in the text we do.
  AnyValue apply(std::size_t at, Op op, const std::vector<AnyValue>& operands) {
    if (!error.empty()) return {};
    const AnyValue value = builder_.apply(op, operands);
    if (builder_.failed()) fail(at, builder_.error().message);
    return value;
  }
  Place place(Access access, const std::string& name) {
    Place here;
    here.builder = &builder_;
    here.resource = builder_.add_buffer(access, type, type.size(), name);
    here.stride = type.size();
    here.index = index_;
    return here;
  }
  struct Named {
    std::string name;
    AnyValue value;
  };
  const AnyValue* find(const std::string& name) const {
    for (const Named& n : names_)
      if (n.name == name) return &n.value;
    return nullptr;
  }

  const std::string text_;
  std::size_t begin_ = 0, end_ = 0;
  std::string token_;
  DynamicBuilder builder_;
  AnyValue index_;
  std::vector<Named> names_;
};

// What the input array of a name holds.
double element(char name, u32 index) { return (static_cast<u32>(name) * 7 + index * 5) % 23; }

// Compiles, runs, writes, and compares with the same expression in C++, of an element, where there is one.
template <class T>
bool run(Compiler& compiler, const Kernel& kernel, double (*reference)(u32)) {
  constexpr u32 n = 100;
  std::vector<std::vector<T>> inputs(compiler.inputs.size());
  std::vector<T> result(n);
  Resources resources;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    for (u32 i = 0; i < n; ++i) inputs[k].push_back(static_cast<T>(element(compiler.inputs[k][0], i)));
    resources.bind(compiler.inputs[k], inputs[k]);
  }
  resources.bind(compiler.output, result);
  resources.set<u32>("n", n);
  if (!example::clean(interpret(kernel, {{(n + 63) / 64}}, resources))) return false;
  std::printf("  findings: none; %s =", compiler.output.c_str());
  for (u32 i = 0; i < 6; ++i) std::printf(" %g", static_cast<double>(result[i]));
  std::printf(" …\n");
  for (u32 i = 0; reference && i < n; ++i) {
    // A few f32 operations, each wrong by some units in the last place at most.
    const double expected = reference(i), error = std::abs(static_cast<double>(result[i]) - expected);
    if (!(error <= (std::is_integral_v<T> ? 0 : 1e-6 * std::abs(expected))))
      return example::fail("element " + std::to_string(i) + " is not " + std::to_string(expected)) == 0;
  }
  return true;
}

bool compile_and_run(const std::string& text, bool print, double (*reference)(u32)) {
  std::printf("%s\n", text.c_str());
  Compiler compiler(text);
  const Kernel kernel = compiler.compile();
  if (!compiler.error.empty()) return example::fail(compiler.error) == 0;
  if (compiler.type == Scalar::F32 && !run<f32>(compiler, kernel, reference)) return false;
  if (compiler.type == Scalar::I32 && !run<i32>(compiler, kernel, reference)) return false;
  if (compiler.type == Scalar::U32 && !run<u32>(compiler, kernel, reference)) return false;
  const Result<spirv::Module> module = write_spirv(kernel, spirv::Target::vulkan(1, 1), {.names = true});
  if (!example::save(module, "expression_" + compiler.output)) return false;
  if (print)
    std::printf("%s", spirv::disassemble(*spirv::parse(module->words()), {.friendly = true}).c_str());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (!compile_and_run(argv[i], true, nullptr)) return 1;
  if (argc > 1) return 0;

  const bool fine =
      compile_and_run("y = sin(x * 2) + max(a, b) / 3", true,
                      [](u32 i) {
                        return std::sin(element('x', i) * 2) +
                               std::fmax(element('a', i), element('b', i)) / 3;
                      }) &&
      compile_and_run(
          "t = x * x; z = t > 4 ? sqrt(t) : -t", false,
          [](u32 i) { return element('x', i) > 2 ? element('x', i) : -element('x', i) * element('x', i); }) &&
      compile_and_run("i32: whole = a / 3 * 3 - min(b, 7)", false, [](u32 i) {
        return std::trunc(element('a', i) / 3) * 3 - std::fmin(element('b', i), 7);
      });
  if (!fine) return 1;

  // What is wrong, and in which column.
  const char* const wrong[][2] = {{"y = sin(x", "column 10: expected ')'"},
                                  {"y = 2 + * x", "column 9: expected a number"},
                                  {"y = x < 1 ? x : x < 2", "column 11: select wants"},
                                  {"i32: y = 1 + sin(x)", "column 14: sin wants a float"},
                                  {"y = hypot(x, z)", "column 5: no function 'hypot'"}};
  for (const auto& [text, begins] : wrong) {
    Compiler compiler(text);
    static_cast<void>(compiler.compile());
    std::printf("%s\n  %s\n", text, compiler.error.c_str());
    if (compiler.error.compare(0, std::strlen(begins), begins) != 0)
      return example::fail(std::string("this should begin with \"") + begins + "\"");
  }
  return 0;
}
