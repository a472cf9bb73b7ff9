#include "schedule_name.hpp"

#include <cstdlib>
#include <sstream>
#include <vector>

namespace bench {

using namespace airstrip::tensor;

namespace {

const char* const fragments[] = {"fma", "broadcast", "dot", "matrix"};

}  // namespace

std::string name_of(const MatmulSchedule& s) {
  const auto text = [](std::uint32_t number) { return std::to_string(number); };
  std::string name = fragments[static_cast<int>(s.fragment)];
  name += "_" + text(s.block_m) + "x" + text(s.block_n) + "_" + text(s.tile_m) + "x" + text(s.tile_n);
  name +=
      std::string("_") + "mnk"[static_cast<int>(s.vector_axis)] + text(s.vector) + "_u" + text(s.unroll_k);
  if (s.share_a || s.share_b)
    name += std::string("_share") + (s.share_a ? "a" : "") + (s.share_b ? "b" : "") + "_k" + text(s.block_k);
  if (s.padding) name += "_pad" + text(s.padding);
  if (s.pack_a || s.pack_b) name += std::string("_pack") + (s.pack_a ? "a" : "") + (s.pack_b ? "b" : "");
  if (s.lanes_k > 1) name += "_lanesk" + text(s.lanes_k);
  if (s.split_k > 1) name += "_split" + text(s.split_k);
  if (s.device_addresses) name += "_address";
  if (s.order == GroupOrder::AlongM) name += "_alongm";
  return name;
}

bool parse(const std::string& name, MatmulSchedule& s) {
  s = {};
  std::istringstream parts(name);
  std::vector<std::string> words;
  for (std::string word; std::getline(parts, word, '_');) words.push_back(word);
  if (words.size() < 5) return false;
  bool known = false;
  for (int i = 0; i < 4; ++i)
    if (words[0] == fragments[i]) {
      s.fragment = static_cast<Fragment>(i);
      known = true;
    }
  const auto pair = [](const std::string& word, std::uint32_t& a, std::uint32_t& b) {
    const std::size_t x = word.find('x');
    if (x == std::string::npos) return false;
    a = static_cast<std::uint32_t>(std::atoi(word.c_str()));
    b = static_cast<std::uint32_t>(std::atoi(word.c_str() + x + 1));
    return true;
  };
  const auto number = [](const std::string& word, std::size_t from) {
    return static_cast<std::uint32_t>(std::atoi(word.c_str() + from));
  };
  if (!known || !pair(words[1], s.block_m, s.block_n) || !pair(words[2], s.tile_m, s.tile_n)) return false;
  s.vector_axis = words[3][0] == 'm' ? VectorAxis::M : words[3][0] == 'k' ? VectorAxis::K : VectorAxis::N;
  s.vector = number(words[3], 1);
  s.unroll_k = number(words[4], 1);
  for (std::size_t i = 5; i < words.size(); ++i) {
    const std::string& w = words[i];
    const auto is = [&](const char* prefix) { return w.rfind(prefix, 0) == 0; };
    if (is("share")) {
      s.share_a = w.find('a', 5) != std::string::npos;
      s.share_b = w.find('b', 5) != std::string::npos;
    } else if (is("pack")) {
      s.pack_a = w.find('a', 4) != std::string::npos;
      s.pack_b = w.find('b', 4) != std::string::npos;
    } else if (is("pad"))
      s.padding = number(w, 3);
    else if (is("lanesk"))
      s.lanes_k = number(w, 6);
    else if (is("split"))
      s.split_k = number(w, 5);
    else if (w == "address")
      s.device_addresses = true;
    else if (w == "alongm")
      s.order = GroupOrder::AlongM;
    else if (is("k"))
      s.block_k = number(w, 1);
    else
      return false;
  }
  return true;
}

}  // namespace bench
