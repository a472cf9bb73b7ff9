// Tests in processes of their own: side by side, with a limit of time for each, and one that crashes is one that fails.
#pragma once

#include "node_test.hpp"

#if defined(__unix__) || defined(__APPLE__)
#define AIRSTRIP_TEST_PROCESSES 1
#include <csignal>

#include <chrono>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace node_test {

#ifdef AIRSTRIP_TEST_PROCESSES

class Workers {
public:
  Workers(const std::vector<fs::path>& folders, const Options& how, double limit_seconds)
      : folders_(folders), how_(how), limit_(limit_seconds), outcomes_(folders.size()) {}

  std::vector<Outcome> run(unsigned count) {
    workers_.resize(std::max(1u, count));
    for (std::size_t i = 0; i < folders_.size(); ++i) workers_[i % workers_.size()].tests.push_back(i);
    for (Worker& worker : workers_) start(worker);
    for (;;) {
      std::vector<pollfd> waiting;
      for (const Worker& worker : workers_)
        if (worker.pid > 0) waiting.push_back({worker.pipe, POLLIN, 0});
      if (waiting.empty()) return outcomes_;
      poll(waiting.data(), waiting.size(), 200);
      for (Worker& worker : workers_)
        if (worker.pid > 0) look_after(worker, waiting);
    }
  }

private:
  using Clock = std::chrono::steady_clock;
  struct Worker {
    std::vector<std::size_t> tests;
    std::size_t done = 0;
    pid_t pid = -1;
    int pipe = -1;
    std::string text;  ///< of an outcome that is not whole yet
    Clock::time_point since;
  };

  void start(Worker& worker) {
    if (worker.done == worker.tests.size()) return;
    int ends[2];
    if (pipe(ends) != 0) return give_up(worker, "no pipe could be made");
    std::fflush(nullptr);
    worker.since = Clock::now();
    worker.text.clear();
    worker.pid = fork();
    if (worker.pid < 0) return give_up(worker, "no process could be started");
    if (worker.pid == 0) {
      close(ends[0]);
      for (std::size_t i = worker.done; i < worker.tests.size(); ++i) {
        const Outcome outcome = run_test(folders_[worker.tests[i]], how_);
        std::string text(1, static_cast<char>('0' + static_cast<int>(outcome.kind)));
        text += outcome.reason;
        std::replace(text.begin(), text.end(), '\n', ' ');
        text += '\n';
        for (std::size_t at = 0; at < text.size();) {
          const ssize_t written = write(ends[1], text.data() + at, text.size() - at);
          if (written <= 0) _exit(1);
          at += static_cast<std::size_t>(written);
        }
      }
      _exit(0);
    }
    close(ends[1]);
    worker.pipe = ends[0];
  }

  void look_after(Worker& worker, const std::vector<pollfd>& waiting) {
    bool is_ready = false;
    for (const pollfd& p : waiting) is_ready = is_ready || (p.fd == worker.pipe && p.revents != 0);
    if (!is_ready) {
      if (std::chrono::duration<double>(Clock::now() - worker.since).count() < limit_) return;
      kill(worker.pid, SIGKILL);
      return end(worker, "it took longer than " + std::to_string(static_cast<long>(limit_)) + " s");
    }
    char bytes[4096];
    const ssize_t count = read(worker.pipe, bytes, sizeof bytes);
    if (count <= 0) return end(worker, "its process ended");
    worker.text.append(bytes, static_cast<std::size_t>(count));
    for (std::size_t at; (at = worker.text.find('\n')) != std::string::npos;) {
      Outcome& outcome = outcomes_[worker.tests[worker.done++]];
      outcome.kind = static_cast<Outcome::Kind>(worker.text[0] - '0');
      outcome.reason = worker.text.substr(1, at - 1);
      worker.text.erase(0, at + 1);
      worker.since = Clock::now();
    }
  }

  // The process has ended: what it was at has failed, if it was at something, and the rest is another's.
  void end(Worker& worker, const std::string& reason) {
    int status = 0;
    waitpid(worker.pid, &status, 0);
    close(worker.pipe);
    worker.pid = -1;
    if (worker.done == worker.tests.size()) return;
    std::string why = reason;
    if (WIFSIGNALED(status)) why += ", by signal " + std::to_string(WTERMSIG(status));
    outcomes_[worker.tests[worker.done++]] = {Outcome::Kind::Failed, why};
    start(worker);
  }
  void give_up(Worker& worker, const char* reason) {
    worker.pid = -1;
    for (; worker.done < worker.tests.size(); ++worker.done)
      outcomes_[worker.tests[worker.done]] = {Outcome::Kind::Failed, reason};
  }

  const std::vector<fs::path>& folders_;
  const Options how_;
  const double limit_;
  std::vector<Outcome> outcomes_;
  std::vector<Worker> workers_;
};

inline std::vector<Outcome> run_tests(const std::vector<fs::path>& folders, const Options& how,
                                      unsigned processes, double limit_seconds) {
  return Workers(folders, how, limit_seconds).run(processes);
}

#else

inline std::vector<Outcome> run_tests(const std::vector<fs::path>& folders, const Options& how, unsigned,
                                      double) {
  std::vector<Outcome> outcomes;
  for (const fs::path& folder : folders) outcomes.push_back(run_test(folder, how));
  return outcomes;
}

#endif

}  // namespace node_test
