// Corners of control flow, each written for several targets with all passes and with none, and run in the interpreter
// as it was built and lowered, against the same in C++.
#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/print.hpp>
#include <airstrip/kernel/verify.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/validate.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;
using spirv::Target;

namespace {

constexpr unsigned invocations = 64;

/// A kernel with an input word and an output word for each invocation.
struct Corner {
  KernelBuilder& k;
  Value<u32> x;     // the input
  Var<u32> result;  // stored at the end, if it is reached
  StorageBuffer<u32, Access::ReadWrite> out;
  Value<u32> i;
};

using Build = std::function<void(Corner&)>;
using Reference = std::function<std::uint32_t(std::uint32_t)>;

std::uint32_t input(unsigned i) { return i * 7 % 23; }

/// `early`: what the kernel leaves in "out" itself where it returns before the end.
void check(const char* name, const Build& build, const Reference& reference) {
  CAPTURE(name);
  const Kernel kernel = make_kernel("corner", {.workgroup = {invocations}}, [&](KernelBuilder& k) {
    const auto in = k.input<u32>("in");
    const auto out = k.inout<u32>("out");
    const auto i = k.global_id().x;
    const auto x = in[i].value();
    Corner corner{k, x, k.var<u32>(0), out, i};
    build(corner);
    out[i] = corner.result;
  });
  INFO(std::string(kernel.error().to_string()));
  REQUIRE(kernel.ok());
  const Result<void> rules = verify(kernel);
  INFO(std::string(rules.error().to_string()), "\n", std::string(print(kernel)));
  CHECK(rules.ok());
  const auto run = [&](const Kernel& k, const char* form) {
    CAPTURE(form);
    std::vector<std::uint32_t> data(invocations), result(invocations, 0xFFFFFFFFu);
    for (unsigned i = 0; i < invocations; ++i) data[i] = input(i);
    Resources resources;
    resources.bind("in", Span<const std::uint32_t>(data));
    resources.bind("out", Span<std::uint32_t>(result));
    InterpretOptions options;
    options.max_iterations = 10000;
    const Result<Report> report = interpret(k, Dispatch{}, resources, options);
    INFO(std::string(report.error().to_string()));
    REQUIRE(report.ok());
    CHECK(std::string(report->to_string()) == "");
    for (unsigned i = 0; i < invocations; ++i) {
      CAPTURE(i);
      CHECK(result[i] == reference(data[i]));
    }
  };
  run(kernel, "as built");
  SpirvWriter writer;
  for (const bool passes : {true, false})
    for (const unsigned minor : {0u, 1u, 2u, 4u}) {
      CAPTURE(passes);
      CAPTURE(minor);
      WriteOptions options;
      if (!passes) options.passes = PassOptions::none();
      const Target target = Target::vulkan(1, minor);
      const Result<spirv::Module> module = writer.write(kernel, target, options);
      INFO(std::string(module.error().to_string()));
      REQUIRE(module.ok());
      const Result<Validation> valid = validate(*module);
      INFO(std::string(valid.error().to_string()));
      CHECK(valid.ok());
      const Kernel lowered = lowered_for(kernel, target, options);
      REQUIRE(lowered.ok());
      CHECK(verify(lowered).ok());
      if (minor < 2) run(lowered, passes ? "lowered, all passes" : "lowered, no passes");
    }
}

}  // namespace

TEST_CASE("control flow: continue inside a switch inside a loop") {
  check(
      "continue in a case",
      [](Corner& c) {
        c.k.for_range<u32>(0, c.x, 1, [&](Value<u32> i, LoopScope loop) {
          c.k.switch_(i % 4u, [&](SwitchScope& s) {
            s.case_(0, [&] { loop.continue_(); });
            s.case_({1, 2}, [&] { c.result += 10u; });
            s.default_([&] {
              c.k.if_(i > 8u, [&] { loop.continue_(); });
              c.result += 100u;
            });
          });
          c.result += 1u;
        });
      },
      [](std::uint32_t x) {
        std::uint32_t r = 0;
        for (std::uint32_t i = 0; i < x; ++i) {
          switch (i % 4) {
            case 0: continue;
            case 1:
            case 2: r += 10; break;
            default:
              if (i > 8) continue;
              r += 100;
          }
          r += 1;
        }
        return r;
      });
  check(
      "every case continues",
      [](Corner& c) {
        c.k.for_range<u32>(0, c.x, 1, [&](Value<u32> i, LoopScope loop) {
          c.result += i;
          c.k.switch_(i & 1u, [&](SwitchScope& s) {
            s.case_(0, [&] { loop.continue_(); });
            s.default_([&] { loop.continue_(); });
          });
          c.result += 1000u;  // never
        });
      },
      [](std::uint32_t x) { return x * (x - 1) / 2; });
}

TEST_CASE("control flow: a loop is left from inside a switch, and a switch from inside an if") {
  check(
      "break out of the loop",
      [](Corner& c) {
        c.k.for_range<u32>(0, 100, 1, [&](Value<u32> i, LoopScope loop) {
          c.k.switch_(i, [&](SwitchScope& s) {
            s.case_({5, 6}, [&] {
              c.k.if_(c.x < 12u, [&] { loop.break_(); });
              c.result += 1u;
            });
            s.case_(9, [&] { loop.break_(); });
          });
          c.result += 2u;
        });
      },
      [](std::uint32_t x) {
        std::uint32_t r = 0;
        for (std::uint32_t i = 0; i < 100; ++i) {
          if (i == 5 || i == 6) {
            if (x < 12) break;
            r += 1;
          } else if (i == 9) {
            break;
          }
          r += 2;
        }
        return r;
      });
  check(
      "break out of the switch",
      [](Corner& c) {
        c.k.switch_(c.x % 3u, [&](SwitchScope& s) {
          s.case_(0, [&] {
            c.result = 1u;
            c.k.if_(c.x > 9u, [&] { c.k.break_(); });
            c.result = 2u;
          });
          s.case_(1, [&] { c.k.break_(); });
          s.default_([&] { c.result = 3u; });
        });
        c.result += 10u;
      },
      [](std::uint32_t x) {
        return (x % 3 == 0 ? x > 9 ? 1u : 2u : x % 3 == 1 ? 0u : 3u) + 10;
      });
}

TEST_CASE("control flow: early returns, nested") {
  check(
      "returns in branches of branches",
      [](Corner& c) {
        const auto leave = [&](std::uint32_t value) {
          c.out[c.i] = value;
          c.k.return_();
        };
        c.k.if_(c.x < 5u,
                [&] {
                  c.k.if_(c.x == 3u, [&] { leave(33); });
                  c.k.if_(c.x == 4u, [&] { leave(44); }).else_([&] { c.result = 1u; });
                })
            .else_([&] { c.k.if_(c.x > 15u, [&] { leave(99); }); });
        c.result += 5u;
      },
      [](std::uint32_t x) -> std::uint32_t {
        return x < 5 ? x == 3 ? 33 : x == 4 ? 44 : 6 : x > 15 ? 99 : 5;
      });
  check(
      "both branches return",
      [](Corner& c) {
        c.k.if_(c.x < 5u,
                [&] {
                  c.out[c.i] = 1u;
                  c.k.return_();
                })
            .else_([&] {
              c.out[c.i] = 2u;
              c.k.return_();
            });
        c.result = 100u;  // never
      },
      [](std::uint32_t x) -> std::uint32_t { return x < 5 ? 1 : 2; });
  check(
      "returns from a loop in a loop",
      [](Corner& c) {
        c.k.for_range<u32>(0, 10, 1, [&](Value<u32> i) {
          c.k.for_range<u32>(0, 10, 1, [&](Value<u32> j) {
            c.k.if_(i * 10u + j == c.x, [&] {
              c.out[c.i] = i * 100u + j;
              c.k.return_();
            });
            c.result += 1u;
          });
        });
        c.result = 7u;
      },
      [](std::uint32_t x) { return x / 10 * 100 + x % 10; });
  check(
      "an endless loop with a return",
      [](Corner& c) {
        auto n = c.k.var<u32>(0);
        c.k.loop_([&] {
          c.k.if_(n * n > c.x, [&] {
            c.out[c.i] = n;
            c.k.return_();
          });
          n += 1u;
        });
      },
      [](std::uint32_t x) {
        std::uint32_t n = 0;
        while (n * n <= x) ++n;
        return n;
      });
}

TEST_CASE("control flow: empty branches, cases and bodies") {
  check(
      "empty branches",
      [](Corner& c) {
        c.k.if_(c.x < 5u, [] {});
        c.k.if_(
            c.x < 5u, [] {}, [] {});
        c.k.if_(
            c.x < 9u, [] {}, [&] { c.result = 4u; });
        c.k.if_(
            c.x < 9u, [&] { c.result += 1u; }, [] {});
      },
      [](std::uint32_t x) -> std::uint32_t { return x < 9 ? 1 : 4; });
  check(
      "empty cases",
      [](Corner& c) {
        c.k.switch_(c.x, [](SwitchScope& s) {
          s.case_(0, [] {});
          s.case_({1, 2, 3}, [] {});
          s.default_([] {});
        });
        c.k.switch_(c.x, [](SwitchScope&) {});
        c.k.switch_(c.x, [&](SwitchScope& s) { s.default_([&] { c.result = c.x; }); });
      },
      [](std::uint32_t x) { return x; });
  check(
      "empty bodies", [](Corner& c) { c.k.for_range<u32>(0, c.x, 1, [](Value<u32>) {}); },
      [](std::uint32_t) { return 0u; });
}

TEST_CASE("control flow: loops that run zero times, and bodies that never continue") {
  check(
      "zero times",
      [](Corner& c) {
        c.k.for_range<u32>(5, 5, 1, [&](Value<u32>) { c.result += 1u; });
        c.k.for_range<u32>(7, c.x & 3u, 1, [&](Value<u32>) { c.result += 10u; });
        c.k.for_range<i32>(0, 0, -1, [&](Value<i32>) { c.result += 100u; });
        c.k.while_([&] { return c.x > 1000u; }, [&] { c.result += 1000u; });
        c.k.for_range<u32>(0, c.x, 1, [&](Value<u32>) {
          c.k.for_range<u32>(c.x, 1, 1, [&](Value<u32>) { c.result += 5u; });
        });
      },
      [](std::uint32_t x) { return x == 0  ? 0u
                                   : x < 1 ? 5u * x
                                           : 0u; });
  check(
      "a body that always breaks",
      [](Corner& c) {
        c.k.for_range<u32>(0, c.x, 1, [&](Value<u32> i) {
          c.result += i + 3u;
          c.k.break_();
        });
        c.k.loop_([&] {
          c.result += 100u;
          c.k.break_();
        });
      },
      [](std::uint32_t x) -> std::uint32_t { return (x > 0 ? 3 : 0) + 100; });
  check(
      "a body that breaks or returns",
      [](Corner& c) {
        c.k.loop_([&] {
          c.k.if_(
              c.x > 10u, [&] { c.k.break_(); },
              [&] {
                c.out[c.i] = 50u;
                c.k.return_();
              });
        });
        c.result = 60u;
      },
      [](std::uint32_t x) -> std::uint32_t { return x > 10 ? 60 : 50; });
  check(
      "a body that always returns",
      [](Corner& c) {
        c.k.for_range<u32>(0, c.x, 1, [&](Value<u32>) {
          c.out[c.i] = 1u;
          c.k.return_();
        });
        c.result = 2u;
      },
      [](std::uint32_t x) -> std::uint32_t { return x > 0 ? 1 : 2; });
}

TEST_CASE("control flow: loops downwards, with steps, wrapping indices and changed bounds") {
  check(
      "downwards",
      [](Corner& c) {
        const auto x = convert<i32>(c.x);
        c.k.for_range<i32>(x, -1, -3, [&](Value<i32> i) { c.result = c.result * 3u + convert<u32>(i); });
      },
      [](std::uint32_t x) {
        std::uint32_t r = 0;
        for (auto i = static_cast<std::int32_t>(x); i > -1; i -= 3) r = r * 3 + static_cast<std::uint32_t>(i);
        return r;
      });
  check(
      "continue goes on with the step",
      [](Corner& c) {
        c.k.for_range<u32>(0, 50, 7, [&](Value<u32> i) {
          c.k.if_((i & 1u) == (c.x & 1u), [&] { c.k.continue_(); });
          c.result += i;
        });
      },
      [](std::uint32_t x) {
        std::uint32_t r = 0;
        for (std::uint32_t i = 0; i < 50; i += 7)
          if ((i & 1) != (x & 1)) r += i;
        return r;
      });
  check(
      "a while with two variables",
      [](Corner& c) {
        auto a = c.k.var<u32>(c.x), b = c.k.var<u32>(12);
        c.k.while_([&] { return b != 0u; },
                   [&] {
                     const auto rest = a % b;
                     a = b.value();
                     b = rest;
                   });
        c.result = a;
      },
      [](std::uint32_t x) {
        std::uint32_t a = x, b = 12;
        while (b != 0) {
          const std::uint32_t rest = a % b;
          a = b;
          b = rest;
        }
        return a;
      });
  check(
      "variables exchanged in a loop",
      [](Corner& c) {
        auto a = c.k.var<u32>(1), b = c.k.var<u32>(2);
        c.k.for_range<u32>(0, c.x, 1, [&](Value<u32>) {
          const auto old = a.value();
          a = b.value();
          b = old;
        });
        c.result = a * 10u + b;
      },
      [](std::uint32_t x) -> std::uint32_t { return x % 2 == 0 ? 12 : 21; });
}

TEST_CASE("control flow: values of branches") {
  check(
      "if_value, nested",
      [](Corner& c) {
        c.result = c.k.if_value(
            c.x < 10u,
            [&] {
              return c.k.if_value(
                  c.x < 5u, [&] { return c.x * 2u; }, [&] { return c.x * 3u; });
            },
            [&] { return c.x + 1u; });
      },
      [](std::uint32_t x) { return x < 5    ? x * 2
                                   : x < 10 ? x * 3
                                            : x + 1; });
  check(
      "a variable that one branch assigns",
      [](Corner& c) {
        auto v = c.k.var<u32>(c.x);
        c.k.if_(c.x > 3u, [&] {
          c.k.if_(c.x > 6u, [&] { v = 1u; });
          c.k.for_range<u32>(0, 3, 1, [&](Value<u32> i) { c.k.if_(i == 1u, [&] { v += 5u; }); });
        });
        c.result = v;
      },
      [](std::uint32_t x) { return x > 3 ? (x > 6 ? 1 : x) + 5 : x; });
}

TEST_CASE("control flow: selectors of every integer type") {
  const auto with = [](auto tag, std::int64_t odd) {
    using T = decltype(tag);
    check(
        "selector",
        [=](Corner& c) {
          const auto selector = convert<T>(convert<i32>(c.x) - 3);
          c.k.switch_(selector, [&](SwitchScope& s) {
            s.case_({odd, 2}, [&] { c.result = 1u; });
            s.case_(5, [&] { c.result = 2u; });
            s.default_([&] { c.result = 3u; });
          });
        },
        [=](std::uint32_t x) -> std::uint32_t {
          const auto v = static_cast<T>(static_cast<std::int32_t>(x) - 3);
          return v == static_cast<T>(odd) || v == 2 ? 1 : v == 5 ? 2 : 3;
        });
  };
  with(i32{}, -1);
  with(u32{}, 0);
  with(i8{}, -2);
  with(u8{}, 255);
  with(i16{}, -3);
  with(u16{}, 65535);
  with(i64{}, -1);
  with(u64{}, 7);
}

TEST_CASE("control flow: helper functions that return early, loop and call each other") {
  check(
      "helpers",
      [](Corner& c) {
        const auto clamp_to = c.k.function("clamp_to", [&](Value<u32> v, Value<u32> top) {
          c.k.if_(v > top, [&] { c.k.return_(top); });
          return v;
        });
        const auto sum = c.k.function("sum", [&](Value<u32> n) {
          auto total = c.k.var<u32>(0);
          c.k.for_range<u32>(0, n, 1, [&](Value<u32> i) {
            c.k.if_(i == 11u, [&] { c.k.return_(total.value()); });
            total += clamp_to(i, 6u);
          });
          return total.value();
        });
        const auto store = c.k.function("store", [&](Value<u32> at, Value<u32> v) {
          c.k.if_(v == 0u, [&] { c.k.return_(); });
          c.out[at] = v;
        });
        store(c.i, 12345u);
        c.result = sum(c.x) + clamp_to(c.x, 3u);
      },
      [](std::uint32_t x) {
        std::uint32_t r = 0;
        for (std::uint32_t i = 0; i < x && i != 11; ++i) r += i > 6 ? 6 : i;
        return r + (x > 3 ? 3 : x);
      });
}

TEST_CASE("control flow: deep nesting") {
  constexpr unsigned depth = 40;
  check(
      "ifs in ifs",
      [](Corner& c) {
        const std::function<void(unsigned)> nest = [&](unsigned level) {
          if (level == depth) return;
          c.k.if_(c.x > level, [&] {
            c.result += 1u;
            nest(level + 1);
          });
        };
        nest(0);
      },
      [](std::uint32_t x) { return x < depth ? x : depth; });
  check(
      "loops in loops",
      [](Corner& c) {
        const std::function<void(unsigned)> nest = [&](unsigned level) {
          if (level == 12) {
            c.result += 1u;
            return;
          }
          c.k.for_range<u32>(0, level % 3 == 0 ? 2 : 1, 1, [&](Value<u32>) { nest(level + 1); });
        };
        nest(0);
      },
      [](std::uint32_t) { return 16u; });
  check(
      "switches in loops in ifs",
      [](Corner& c) {
        const std::function<void(unsigned)> nest = [&](unsigned level) {
          if (level == 6) return;
          c.k.if_(c.x > level, [&] {
            c.k.for_range<u32>(0, 2, 1, [&](Value<u32> i, LoopScope loop) {
              c.k.switch_((c.x + i) % 3u, [&](SwitchScope& s) {
                s.case_(0, [&] { loop.continue_(); });
                s.case_(1, [&] { nest(level + 1); });
                s.default_([&] { c.result += 1u; });
              });
            });
          });
        };
        nest(0);
      },
      [](std::uint32_t x) {
        const std::function<std::uint32_t(unsigned)> nest = [&](unsigned level) -> std::uint32_t {
          if (level == 6 || x <= level) return 0;
          std::uint32_t r = 0;
          for (std::uint32_t i = 0; i < 2; ++i) {
            if ((x + i) % 3 == 1) r += nest(level + 1);
            if ((x + i) % 3 == 2) r += 1;
          }
          return r;
        };
        return nest(0);
      });
}
