// The loop that measures work of milliseconds on a device: all variants of a group in one process, in rounds, in a random
// order in each, so that a slow minute of the machine is shared by all. Writes what Google Benchmark would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// A value, or why there is none.
struct Failure {
  std::string reason;
};

/// One way of doing the work of a group. Made ready, and its result checked, before it comes here.
struct Variant {
  std::string name;
  /// Does the work once and returns its seconds, or a negative number after a failure. `turn` counts up, for what goes
  /// round several buffers.
  std::function<double(std::size_t turn)> run;
  double flops = 0, bytes = 0;                  ///< of one run
  std::map<std::string, double> counters = {};  ///< reported beside the time
};

/// What a program was asked for, and what it has measured.
class Report {
public:
  /// Google Benchmark's arguments that report.py gives: --benchmark_filter, _repetitions, _min_time, _out. False: not
  /// understood.
  bool parse(int argc, char** argv);

  /// Whether the filter wants this one: ask before the costly work of making it.
  bool wants(const std::string& name) const;
  void add_context(const std::string& key, const std::string& value) { context_.emplace_back(key, value); }
  /// A variant that cannot be made or whose result is wrong: an error in the report.
  void fail(const std::string& name, const std::string& reason);
  /// A number that needs no rounds.
  void add_counters(const std::string& name, const std::map<std::string, double>& counters);

  /// Times all variants, interleaved. One that is ten times as slow as the fastest gets three rounds, one that is thirty
  /// times as slow a single one.
  void measure(std::vector<Variant>& variants);

  /// Writes the file; a table to the standard output. False where the file cannot be written.
  bool write() const;

private:
  struct Run {
    std::string name;
    double seconds;
    const Variant* variant;
    std::map<std::string, double> counters;
    std::string error;
  };
  std::vector<Run> runs_;
  std::vector<std::pair<std::string, std::string>> context_;
  std::string filter_ = ".", out_;
  std::uint32_t repetitions_ = 9;
  double min_time_ = 0.05;
  std::uint64_t random_ = 0x9E3779B97F4A7C15u;
};

/// Seconds of a steady clock.
double now();
double median(std::vector<double> values);

}  // namespace bench
