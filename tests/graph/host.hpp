// Tensors of f32 on the host, and running graphs in the interpreter.
#pragma once

#include <airstrip/graph.hpp>
#include <airstrip/tensor/functions.hpp>

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace test {

namespace graph = airstrip::graph;
namespace tensor = airstrip::tensor;
using airstrip::Result;
using airstrip::Span;
using airstrip::Text;
using graph::Bytes;
using graph::Expr;
using graph::Graph;
using graph::ValueId;
using tensor::Dimension;
using tensor::Scalar;
using tensor::Shape;
using tensor::TensorType;

inline Bytes bytes_of(const std::vector<float>& numbers) {
  return Bytes::copied({reinterpret_cast<const unsigned char*>(numbers.data()), numbers.size() * 4});
}

inline std::vector<float> random_numbers(std::mt19937& random, std::size_t count) {
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> numbers(count);
  for (float& n : numbers) n = distribution(random);
  return numbers;
}

inline std::vector<float> numbers_of(const Bytes& bytes) {
  std::vector<float> numbers(bytes.size() / 4);
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * 4);
  return numbers;
}

using Inputs = std::vector<std::pair<std::string, std::vector<float>>>;
using Sizes = std::vector<tensor::SizeValue>;

// The outputs, in order; empty after a failure, which is told.
inline std::vector<std::vector<float>> run(Graph& g, const Inputs& inputs, const Sizes& sizes = {}) {
  std::vector<graph::NamedBytes> given;
  for (const auto& [name, numbers] : inputs)
    given.push_back(
        {Text(name.c_str()),
         {reinterpret_cast<const unsigned char*>(numbers.data()), numbers.size() * sizeof(float)}});
  const auto results = graph::evaluate(g, {given.data(), given.size()}, {sizes.data(), sizes.size()});
  if (!results.ok()) {
    FAIL_CHECK(std::string(results.error().to_string()));
    return {};
  }
  std::vector<std::vector<float>> outputs;
  for (const Bytes& bytes : *results) outputs.push_back(numbers_of(bytes));
  return outputs;
}

// By how much two lists of the same length are apart; infinity where something is no number, which no maximum keeps.
inline double largest_difference(const std::vector<float>& expected, const std::vector<float>& found) {
  REQUIRE(expected.size() == found.size());
  double largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(expected[i]) - static_cast<double>(found[i]));
    if (!(difference <= largest))
      largest = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
  }
  return largest;
}

inline std::string message_of(const airstrip::Diagnostic& error) { return std::string(error.to_string()); }

}  // namespace test
