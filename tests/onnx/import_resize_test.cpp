// Resizing and sampling of versions that ONNX's node tests leave out.
#include "computed.hpp"

#include <doctest/doctest.h>

using namespace test::onnx;
using namespace test::onnx::computed;

namespace {

constexpr DataType f32 = DataType::Float, f64 = DataType::Double, i64 = DataType::Int64,
                   i32 = DataType::Int32;

}  // namespace

TEST_CASE("import Upsample and Resize: 7, 9, 10 and 11") {
  const Given x = {"x", f32, {1, 1, "n"}, {0, 4}};
  const std::vector<SizeGiven> sizes = {{"n", 2}};
  const Given scales = {"s", f32, {3}, {1, 1, 2}, true};
  const Computed seven =
      compute({.nodes = {node("Upsample", {"x"}, {"y"}, {attribute("scales", std::vector<float>{1, 1, 2})})},
               .inputs = {x},
               .opset = 7,
               .sizes = sizes});
  REQUIRE(seven.error == "");
  CHECK(are(seven.values[0], {0, 0, 4, 4}));
  const Computed nine =
      compute({.nodes = {node("Upsample", {"x", "s"}, {"y"}, {attribute("mode", "linear")})},
               .inputs = {x, scales},
               .opset = 9,
               .sizes = sizes});
  REQUIRE(nine.error == "");
  CHECK(are(nine.values[0], {0, 2, 4, 4}));
  const Computed ten = compute({.nodes = {node("Resize", {"x", "s"}, {"y"}, {attribute("mode", "linear")})},
                                .inputs = {x, scales},
                                .opset = 10,
                                .sizes = sizes});
  REQUIRE(ten.error == "");
  CHECK(are(ten.values[0], {0, 2, 4, 4}));
  const Computed eleven =
      compute({.nodes = {node("Resize", {"x", "", "s"}, {"y"}, {attribute("mode", "linear")})},
               .inputs = {x, scales},
               .opset = 11,
               .sizes = sizes});
  REQUIRE(eleven.error == "");
  CHECK(are(eleven.values[0], {0, 1, 3, 4}));
}

TEST_CASE("import Resize: tf_half_pixel_for_nn, empty inputs, integers, and what is refused") {
  const Given x = {"x", i32, {5}, {0, 1, 2, 3, 4}};
  const Computed tf =
      compute({.nodes = {node("Resize", {"x", "", "empty", "sizes"}, {"y"},
                              {attribute("coordinate_transformation_mode", "tf_half_pixel_for_nn"),
                               attribute("nearest_mode", "floor")})},
               .inputs = {x, {"empty", f32, {0}, {}, true}, {"sizes", i64, {1}, {2}, true}},
               .opset = 11});
  // floor(0.5 * 2.5) and floor(1.5 * 2.5)
  REQUIRE(tf.error == "");
  CHECK(are(tf.values[0], {1, 3}));
  const Computed same = compute({.nodes = {node("Resize", {"x", "", "", "sizes"}, {"y"})},
                                 .inputs = {x, {"sizes", i64, {1}, {5}, true}},
                                 .opset = 13});
  REQUIRE(same.error == "");
  CHECK(are(same.values[0], {0, 1, 2, 3, 4}));
  const Computed integers =
      compute({.nodes = {node("Resize", {"x", "", "", "sizes"}, {"y"}, {attribute("mode", "linear")})},
               .inputs = {x, {"sizes", i64, {1}, {3}, true}},
               .opset = 13});
  CHECK(integers.error.find("it interpolates integers") != std::string::npos);
  const Computed odd = compute({.nodes = {node("Resize", {"x", "", "s"}, {"y"})},
                                .inputs = {x, {"s", f32, {1}, {1.2345678}, true}},
                                .opset = 13});
  CHECK(odd.error.find("no fraction of a denominator below 4096") != std::string::npos);
}

TEST_CASE("import GridSample: 16's names, f64, an open size, reflections that go round twice") {
  for (const std::int64_t opset : {16, 20}) {
    const Computed c = compute(
        {.nodes = {node("GridSample", {"x", "g"}, {"y"},
                        {attribute("mode", opset == 16 ? "bilinear" : "linear"),
                         attribute("padding_mode", "reflection"), attribute("align_corners", 1)})},
         .inputs = {{"x", f64, {1, 1, 1, "n"}, {0, 1, 2}}, {"g", f64, {1, 1, 3, 2}, {0.5, 0, 2.5, 0, -6, 0}}},
         .opset = opset,
         .sizes = {{"n", 3}}});
    // 1.5; 3.5 is 0.5 from the end at 4; -5 is 5, and 1 from 4.
    REQUIRE(c.error == "");
    CHECK(c.types[0] == "f64[1, 1, 1, 3]");
    CHECK(are(c.values[0], {1.5, 0.5, 1}));
  }
  const Computed outside =
      compute({.nodes = {node("GridSample", {"x", "g"}, {"y"}, {attribute("mode", "nearest")})},
               .inputs = {{"x", i32, {1, 1, 1, 2}, {5, 6}}, {"g", f32, {1, 1, 2, 2}, {9, 0, 0.5, 0}}},
               .opset = 22});
  REQUIRE(outside.error == "");
  CHECK(are(outside.values[0], {0, 6}));
}

TEST_CASE("import Col2Im: blocks that overlap are summed") {
  const Computed c = compute({.nodes = {node("Col2Im", {"x", "image", "block"}, {"y"},
                                             {attribute("pads", std::vector<std::int64_t>{0, 0, 0, 0})})},
                              .inputs = {{"x", f32, {1, 4, 2}, {1, 2, 10, 20, 100, 200, 1000, 2000}},
                                         {"image", i64, {2}, {2, 3}, true},
                                         {"block", i64, {2}, {2, 2}, true}},
                              .opset = 18});
  REQUIRE(c.error == "");
  CHECK(are(c.values[0], {1, 12, 20, 100, 1200, 2000}));
}

TEST_CASE("import RoiAlign: how often it samples has to be known") {
  const auto roi = [](int samples) {
    return compute(
        {.nodes = {node("RoiAlign", {"x", "r", "b"}, {"y"}, {attribute("sampling_ratio", samples)})},
         .inputs = {{"x", f32, {2, 1, 2, "w"}, {0, 1, 2, 3, 4, 5, 6, 7}},
                    {"r", f32, {"n", 4}, {0, 0, 2, 2, 1, 1, 1, 1}},
                    {"b", i64, {"n"}, {0, 1}}},
         .opset = 10,
         .sizes = {{"w", 2}, {"n", 2}}});
  };
  // Of the first image the places 1 and 1; of the second, whose region is made one element wide, 1.5 and 1.5, moved inside.
  const Computed once = roi(1);
  REQUIRE(once.error == "");
  CHECK(once.types[0] == "f32[n, 1, 1, 1]");
  CHECK(are(once.values[0], {3, 7}));
  CHECK(roi(0).error.find("how often it samples depends on the regions") != std::string::npos);
}

TEST_CASE("import DeformConv: with no offsets a convolution, of groups, strides and an open batch") {
  std::vector<double> x, w;
  for (int i = 0; i < 2 * 4 * 5 * 5; ++i) x.push_back((i * 7 + i / 3) % 11 - 5);
  for (int i = 0; i < 4 * 2 * 3 * 2; ++i) w.push_back((i * 5) % 7 - 3);
  using Ints = std::vector<std::int64_t>;
  const std::vector<Message> attributes = {attribute("strides", Ints{2, 1}),
                                           attribute("pads", Ints{1, 0, 1, 1}),
                                           attribute("dilations", Ints{1, 2}), attribute("group", 2)};
  const Given image = {"x", f32, {"n", 4, 5, 5}, x}, weights = {"w", f32, {4, 2, 3, 2}, w};
  const Computed plain = compute({.nodes = {node("Conv", {"x", "w"}, {"y"}, attributes)},
                                  .inputs = {image, weights},
                                  .sizes = {{"n", 2}}});
  REQUIRE(plain.error == "");
  std::vector<Message> deformed = attributes;
  deformed.push_back(attribute("offset_group", 2));
  const Computed got = compute(
      {.nodes = {node("DeformConv", {"x", "w", "o"}, {"y"}, deformed)},
       .inputs = {image, weights, {"o", f32, {"n", 24, 3, 4}, std::vector<double>(2 * 24 * 3 * 4, 0)}},
       .sizes = {{"n", 2}}});
  REQUIRE(got.error == "");
  CHECK(got.types[0] == plain.types[0]);
  CHECK(are(got.values[0], plain.values[0]));
}
