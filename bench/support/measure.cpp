#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <regex>
#include <thread>

namespace bench {
namespace {

// Text of a JSON string. Only what names and error messages hold.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result + '"';
}

}  // namespace

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

bool Report::parse(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    const std::string key = argument.substr(0, equals),
                      value = equals == std::string::npos ? "" : argument.substr(equals + 1);
    if (key == "--benchmark_filter")
      filter_ = value;
    else if (key == "--benchmark_repetitions")
      repetitions_ = static_cast<std::uint32_t>(std::max(1, std::atoi(value.c_str())));
    else if (key == "--benchmark_min_time")
      min_time_ = std::atof(value.c_str());
    else if (key == "--benchmark_out")
      out_ = value;
    else if (key.rfind("--benchmark_", 0) != 0) {
      std::fprintf(stderr, "%s is no argument of this program\n", argument.c_str());
      return false;
    }
  }
  return true;
}

bool Report::wants(const std::string& name) const { return std::regex_search(name, std::regex(filter_)); }

void Report::fail(const std::string& name, const std::string& reason) {
  std::printf("%-56s WRONG: %s\n", name.c_str(), reason.c_str());
  runs_.push_back({name, 0, nullptr, {}, reason});
}

void Report::add_counters(const std::string& name, const std::map<std::string, double>& counters) {
  runs_.push_back({name, 0, nullptr, counters, {}});
}

void Report::measure(std::vector<Variant>& variants) {
  struct State {
    std::size_t turns = 0;
    std::uint32_t repeats = 1, rounds = 0;
    std::vector<double> seconds;
    bool failed = false;
  };
  std::vector<State> states(variants.size());
  double fastest = std::numeric_limits<double>::infinity();
  std::vector<double> first(variants.size());
  for (std::size_t i = 0; i < variants.size(); ++i) {
    first[i] = variants[i].run(states[i].turns++);
    if (first[i] < 0)
      states[i].failed = true;
    else
      fastest = std::min(fastest, first[i]);
  }
  for (std::size_t i = 0; i < variants.size(); ++i) {
    states[i].rounds = first[i] > 30 * fastest   ? 1
                       : first[i] > 10 * fastest ? std::min(3u, repetitions_)
                                                 : repetitions_;
    states[i].repeats =
        static_cast<std::uint32_t>(std::clamp(std::ceil(min_time_ / std::max(first[i], 1e-7)), 1.0, 1000.0));
  }
  std::vector<std::size_t> order(variants.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::uint32_t round = 0; round < repetitions_; ++round) {
    for (std::size_t i = order.size(); i > 1; --i) {
      random_ ^= random_ << 13;
      random_ ^= random_ >> 7;
      random_ ^= random_ << 17;
      std::swap(order[i - 1], order[random_ % i]);
    }
    for (const std::size_t i : order) {
      State& state = states[i];
      if (state.failed || state.seconds.size() >= state.rounds) continue;
      double sum = 0;
      for (std::uint32_t n = 0; n < state.repeats && !state.failed; ++n) {
        const double seconds = variants[i].run(state.turns++);
        if (seconds < 0) state.failed = true;
        sum += seconds;
      }
      state.seconds.push_back(sum / state.repeats);
    }
  }
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const Variant& v = variants[i];
    if (states[i].failed) {
      fail(v.name, "it could not be run again");
      continue;
    }
    const double middle = median(states[i].seconds);
    std::printf("%-56s %10.3f ms", v.name.c_str(), middle * 1e3);
    if (v.flops > 0) std::printf("%9.1f GFLOP/s", v.flops / middle / 1e9);
    if (v.bytes > 0) std::printf("%9.1f GB/s", v.bytes / middle / 1e9);
    for (const auto& [key, value] : v.counters) std::printf("  %s %.1f", key.c_str(), value);
    std::printf("\n");
    for (const double seconds : states[i].seconds) {
      std::map<std::string, double> counters = v.counters;
      if (v.flops > 0) counters["flops"] = v.flops;
      if (v.bytes > 0) counters["bytes"] = v.bytes;
      runs_.push_back({v.name, seconds, &v, counters, {}});
    }
  }
  std::fflush(stdout);
}

bool Report::write() const {
  if (out_.empty()) return true;
  std::FILE* const file = std::fopen(out_.c_str(), "w");
  if (!file) return false;
  char date[64] = "";
  const std::time_t time = std::time(nullptr);
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", std::localtime(&time));
  double load[1] = {0};
  if (getloadavg(load, 1) < 1) load[0] = 0;
  std::fprintf(file, "{\"context\": {\"date\": %s, \"num_cpus\": %u, \"load_avg\": [%g]",
               quoted(date).c_str(), std::thread::hardware_concurrency(), load[0]);
  for (const auto& [key, value] : context_)
    std::fprintf(file, ", %s: %s", quoted(key).c_str(), quoted(value).c_str());
  std::fprintf(file, "},\n\"benchmarks\": [");
  const char* separator = "\n";
  for (const Run& run : runs_) {
    // Time by the clock: the device's threads do the work.
    std::fprintf(file, "%s{\"name\": %s, \"run_type\": \"iteration\"", separator,
                 quoted(run.name + "/manual_time").c_str());
    separator = ",\n";
    if (!run.error.empty())
      std::fprintf(file, ", \"error_occurred\": true, \"error_message\": %s", quoted(run.error).c_str());
    std::fprintf(file, ", \"real_time\": %.9g, \"cpu_time\": %.9g, \"time_unit\": \"ns\"", run.seconds * 1e9,
                 run.seconds * 1e9);
    for (const auto& [key, value] : run.counters)
      std::fprintf(file, ", %s: %.9g", quoted(key).c_str(), value);
    std::fprintf(file, "}");
  }
  std::fprintf(file, "\n]}\n");
  return std::fclose(file) == 0;
}

}  // namespace bench
