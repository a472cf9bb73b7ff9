// A prologue that reads an image in place of the operand: the sum of each channel of a picture.
#include "run_operation.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

void channel_sums(test::Place place) {
  test::Random random(3);
  test::Given given;
  given.inputs["picture"] = HostTensor::random(Scalar::F32, {6, 5, 4}, random, -8, 8);
  for (std::size_t i = 0; i < given.inputs["picture"].size(); ++i)  // whole numbers: exact in any order
    given.inputs["picture"].set(i, std::floor(given.inputs["picture"][i]));
  const auto make = [](const Target& target) {
    ReduceProblem problem;
    problem.x = {Scalar::F32, {6, 5, 4}};
    problem.axes = {0, 1};
    problem.keepdims = false;
    Expression& e = problem.prologue;
    e.output("channel", e.input("picture", {Scalar::F32, {6, 5, 4}, {}, Storage::SampledImage}));
    Result<Operation> made = reduce(problem, target);
    if (made.ok()) CHECK(made->find("x") == Operation::npos);  // only its shape is of use
    return made;
  };
  const test::Tensors found = test::run_at(place, make, given);
  if (found.empty()) return;
  HostTensor sums(Scalar::F32, {4});
  for (std::size_t i = 0; i < given.inputs["picture"].size(); ++i)
    sums.set(i % 4, sums[i % 4] + given.inputs["picture"][i]);
  CHECK(test::difference(sums, found.at("y")) == "");
}

}  // namespace

TEST_CASE("reduce: a prologue that reads an image") { channel_sums(test::Place::Interpreter); }
TEST_CASE("device, reduce: a prologue that reads an image") { channel_sums(test::Place::Device); }
