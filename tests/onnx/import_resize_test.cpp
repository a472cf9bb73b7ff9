// Resizing and sampling of versions that ONNX's node tests leave out.
#include "imported.hpp"

#include <doctest/doctest.h>

using namespace test::onnx;

namespace {

constexpr DataType f32 = DataType::Float, f64 = DataType::Double, i64 = DataType::Int64,
                   i32 = DataType::Int32;

}  // namespace

TEST_CASE("import Upsample and Resize: 7, 9, 10 and 11") {
  const Given x = {"x", f32, {1, 1, "n"}, {0, 4}};
  const Sizes sizes = {{"n", 2}};
  const Given scales = {"s", f32, {3}, {1, 1, 2}, true};
  const Run seven =
      compute({.nodes = {node("Upsample", {"x"}, {"y"}, {attribute("scales", std::vector<float>{1, 1, 2})})},
               .inputs = {x},
               .opset = 7,
               .sizes = sizes});
  REQUIRE(seven.error == "");
  CHECK(are(seven.numbers(0), {0, 0, 4, 4}));
  const Run nine = compute({.nodes = {node("Upsample", {"x", "s"}, {"y"}, {attribute("mode", "linear")})},
                            .inputs = {x, scales},
                            .opset = 9,
                            .sizes = sizes});
  REQUIRE(nine.error == "");
  CHECK(are(nine.numbers(0), {0, 2, 4, 4}));
  const Run ten = compute({.nodes = {node("Resize", {"x", "s"}, {"y"}, {attribute("mode", "linear")})},
                           .inputs = {x, scales},
                           .opset = 10,
                           .sizes = sizes});
  REQUIRE(ten.error == "");
  CHECK(are(ten.numbers(0), {0, 2, 4, 4}));
  const Run eleven = compute({.nodes = {node("Resize", {"x", "", "s"}, {"y"}, {attribute("mode", "linear")})},
                              .inputs = {x, scales},
                              .opset = 11,
                              .sizes = sizes});
  REQUIRE(eleven.error == "");
  CHECK(are(eleven.numbers(0), {0, 1, 3, 4}));
}

TEST_CASE("import Resize: tf_half_pixel_for_nn, empty inputs, integers, and what is refused") {
  const Given x = {"x", i32, {5}, {0, 1, 2, 3, 4}};
  const Run tf = compute({.nodes = {node("Resize", {"x", "", "empty", "sizes"}, {"y"},
                                         {attribute("coordinate_transformation_mode", "tf_half_pixel_for_nn"),
                                          attribute("nearest_mode", "floor")})},
                          .inputs = {x, {"empty", f32, {0}, {}, true}, {"sizes", i64, {1}, {2}, true}},
                          .opset = 11});
  // floor(0.5 * 2.5) and floor(1.5 * 2.5)
  REQUIRE(tf.error == "");
  CHECK(are(tf.numbers(0), {1, 3}));
  const Run same = compute({.nodes = {node("Resize", {"x", "", "", "sizes"}, {"y"})},
                            .inputs = {x, {"sizes", i64, {1}, {5}, true}},
                            .opset = 13});
  REQUIRE(same.error == "");
  CHECK(are(same.numbers(0), {0, 1, 2, 3, 4}));
  const Run integers =
      compute({.nodes = {node("Resize", {"x", "", "", "sizes"}, {"y"}, {attribute("mode", "linear")})},
               .inputs = {x, {"sizes", i64, {1}, {3}, true}},
               .opset = 13});
  CHECK(integers.error.find("it interpolates integers") != std::string::npos);
  const Run odd = compute({.nodes = {node("Resize", {"x", "", "s"}, {"y"})},
                           .inputs = {x, {"s", f32, {1}, {1.2345678}, true}},
                           .opset = 13});
  CHECK(odd.error.find("no fraction of a denominator below 4096") != std::string::npos);
}

TEST_CASE("import GridSample: 16's names, f64, an open size, reflections that go round twice") {
  for (const std::int64_t opset : {16, 20}) {
    const Run c = compute(
        {.nodes = {node("GridSample", {"x", "g"}, {"y"},
                        {attribute("mode", opset == 16 ? "bilinear" : "linear"),
                         attribute("padding_mode", "reflection"), attribute("align_corners", 1)})},
         .inputs = {{"x", f64, {1, 1, 1, "n"}, {0, 1, 2}}, {"g", f64, {1, 1, 3, 2}, {0.5, 0, 2.5, 0, -6, 0}}},
         .opset = opset,
         .sizes = {{"n", 3}}});
    // 1.5; 3.5 is 0.5 from the end at 4; -5 is 5, and 1 from 4.
    REQUIRE(c.error == "");
    CHECK(c.type(0) == "f64[1, 1, 1, 3]");
    CHECK(are(c.numbers(0), {1.5, 0.5, 1}));
  }
  const Run outside =
      compute({.nodes = {node("GridSample", {"x", "g"}, {"y"}, {attribute("mode", "nearest")})},
               .inputs = {{"x", i32, {1, 1, 1, 2}, {5, 6}}, {"g", f32, {1, 1, 2, 2}, {9, 0, 0.5, 0}}},
               .opset = 22});
  REQUIRE(outside.error == "");
  CHECK(are(outside.numbers(0), {0, 6}));
}

TEST_CASE("import Col2Im: blocks that overlap are summed") {
  const Run c = compute({.nodes = {node("Col2Im", {"x", "image", "block"}, {"y"},
                                        {attribute("pads", std::vector<std::int64_t>{0, 0, 0, 0})})},
                         .inputs = {{"x", f32, {1, 4, 2}, {1, 2, 10, 20, 100, 200, 1000, 2000}},
                                    {"image", i64, {2}, {2, 3}, true},
                                    {"block", i64, {2}, {2, 2}, true}},
                         .opset = 18});
  REQUIRE(c.error == "");
  CHECK(are(c.numbers(0), {1, 12, 20, 100, 1200, 2000}));
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
  const Run once = roi(1);
  REQUIRE(once.error == "");
  CHECK(once.type(0) == "f32[n, 1, 1, 1]");
  CHECK(are(once.numbers(0), {3, 7}));
  CHECK(roi(0).error.find("how often it samples depends on the regions") != std::string::npos);
}

TEST_CASE("import DeformConv: with no offsets a convolution, of groups, strides and an open batch") {
  std::vector<double> x, w;
  for (int i = 0; i < 2 * 4 * 5 * 5; ++i) x.push_back((i * 7 + i / 3) % 11 - 5);
  for (int i = 0; i < 4 * 2 * 3 * 2; ++i) w.push_back((i * 5) % 7 - 3);
  const std::vector<Message> attributes = {attribute("strides", Integers{2, 1}),
                                           attribute("pads", Integers{1, 0, 1, 1}),
                                           attribute("dilations", Integers{1, 2}), attribute("group", 2)};
  const Given image = {"x", f32, {"n", 4, 5, 5}, x}, weights = {"w", f32, {4, 2, 3, 2}, w};
  const Run plain = compute({.nodes = {node("Conv", {"x", "w"}, {"y"}, attributes)},
                             .inputs = {image, weights},
                             .sizes = {{"n", 2}}});
  REQUIRE(plain.error == "");
  std::vector<Message> deformed = attributes;
  deformed.push_back(attribute("offset_group", 2));
  const Run got = compute(
      {.nodes = {node("DeformConv", {"x", "w", "o"}, {"y"}, deformed)},
       .inputs = {image, weights, {"o", f32, {"n", 24, 3, 4}, std::vector<double>(2 * 24 * 3 * 4, 0)}},
       .sizes = {{"n", 2}}});
  REQUIRE(got.error == "");
  CHECK(got.type(0) == plain.type(0));
  CHECK(are(got.numbers(0), plain.numbers(0)));
}
