// A program on a device of its own: what a session owns, and what it refuses.
#include "fake_player.hpp"

#include <airstrip/player_device.hpp>

using namespace airstrip;
using namespace airstrip::player;
using test::check_refused;

namespace {

Session make_session(test::AdapterDevice& on, const program::Program& program) {
  Result<Session> made = Session::make(on.device, program);
  REQUIRE(test::is_ok(made));
  return static_cast<Session&&>(*made);
}

}  // namespace

TEST_CASE("session: a live one is given up for another") {
  test::AdapterDevice on;
  if (!on.is_open) return;
  const std::vector<unsigned char> bytes = test::make_chain_program({}, test::some_weights());
  const program::Program program = test::open_bytes(bytes);
  Session session = make_session(on, program);
  // Its instance has to go before its model, and both before the memory.
  session = make_session(on, program);
  Session other = static_cast<Session&&>(session);
  session = static_cast<Session&&>(other);
  other = make_session(on, program);
  std::vector<std::uint32_t> x(test::chain_most, 5), y(test::chain_most);
  for (Session* const each : {&session, &other}) {
    REQUIRE(test::is_ok(each->set_parameters({{"n", test::chain_most}})));
    REQUIRE(test::is_ok(each->set_input("x", x.data(), 4 * x.size())));
    REQUIRE(test::is_ok(each->run()));
    REQUIRE(test::is_ok(each->get_output("y", y.data(), 4 * y.size())));
    for (std::uint32_t i = 0; i < test::chain_most; ++i)
      REQUIRE(y[i] == test::chain_of(x[i], test::some_weights()[i]));
  }
  CHECK(session.memory_bytes() == other.memory_bytes());
  session = Session();
  CHECK(session.memory_bytes() == 0);
}

TEST_CASE("session: what does not fit is named") {
  test::AdapterDevice on;
  if (!on.is_open) return;
  const std::vector<unsigned char> bytes = test::make_saxpy_program(example_kernels::saxpy());
  const program::Program program = test::open_bytes(bytes);
  Session session = make_session(on, program);
  float numbers[4] = {};
  check_refused(session.set_input("x", numbers, 16), ErrorCode::NotReady, "there are no sizes yet");
  REQUIRE(test::is_ok(session.set_parameters({{"n", 4}, {"a", 2}})));
  check_refused(session.set_input("z", numbers, 16), ErrorCode::InvalidBinding,
                "the program has no input called z");
  check_refused(session.set_input("y", numbers, 16), ErrorCode::InvalidBinding,
                "the program has no input called y");
  check_refused(session.get_output("x", numbers, 16), ErrorCode::InvalidBinding,
                "the program has no output called x");
  check_refused(session.set_input("x", numbers, 12), ErrorCode::InvalidShape,
                "the input x has 16 bytes, and was given 12");
  check_refused(session.get_output("y", numbers, 12), ErrorCode::InvalidShape,
                "the output y has 16 bytes, and there was room for 12");
}

TEST_CASE("session: an empty one is refused") {
  Session empty;
  double number = 0;
  Buffer<double> times;
  check_refused(empty.set_parameters({}), ErrorCode::NotReady, "an empty instance");
  check_refused(empty.run(), ErrorCode::NotReady, "an empty session cannot be used; make it of a program");
  check_refused(empty.time({&number, 1}), ErrorCode::NotReady, "an empty session cannot be used");
  check_refused(empty.time_dispatches(times), ErrorCode::NotReady, "an empty session cannot be used");
  check_refused(empty.set_input("x", &number, 8), ErrorCode::InvalidBinding, "no input called x");
}
