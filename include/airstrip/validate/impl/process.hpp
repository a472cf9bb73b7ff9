// A child process: started without a shell, fed from a file that has no name, stopped when it takes too long.
#pragma once

#include "../../config.hpp"
#include "../../support/span.hpp"
#include "../../support/string.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__unix__) || defined(__APPLE__)
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <crt_externs.h>
#endif
#endif

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

struct ProcessResult {
  String problem;  // why there is no exit code; empty: there is one
  int exit_code = -1;
  String output;  // standard output and error as they came, the first `max_process_output` bytes
};

inline constexpr std::size_t max_process_output = std::size_t{1} << 20;

#if defined(__unix__) || defined(__APPLE__)

inline constexpr bool can_run_processes = true;

// Closes a file descriptor at the end of its scope.
class FileDescriptor {
public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor() { close(); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }
  void set(int fd) {
    close();
    fd_ = fd;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

private:
  int fd_;
};

inline void close_on_exec(int fd) {
  if (fd >= 0) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

inline std::uint64_t milliseconds_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

// The words in a file that is already deleted, read from its start. -1, with errno, when that failed.
inline int unnamed_file(Span<const std::uint32_t> words) {
  const char* const folder = std::getenv("TMPDIR");
  String path(folder && *folder ? folder : "/tmp");
  path << "/airstrip-XXXXXX";
  Buffer<char> name;
  if (!name.append({path.c_str(), path.size() + 1})) {
    errno = ENOMEM;
    return -1;
  }
#if defined(__linux__)
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
#else
  const int fd = ::mkstemp(name.data());
  close_on_exec(fd);
#endif
  if (fd < 0) return -1;
  ::unlink(name.data());
  const auto* bytes = reinterpret_cast<const unsigned char*>(words.data());
  std::size_t left = words.size() * sizeof(std::uint32_t);
  while (left > 0) {
    const ssize_t written = ::write(fd, bytes, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = written < 0 ? errno : ENOSPC;
      ::close(fd);
      errno = error;
      return -1;
    }
    bytes += written;
    left -= static_cast<std::size_t>(written);
  }
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

// Reads all the output and waits for the end. False at the deadline.
inline bool attend_process(pid_t child, int output, std::uint64_t deadline, ProcessResult& result,
                           int& status) {
  const auto left = [deadline] {
    const std::uint64_t now = milliseconds_now();
    return now < deadline ? deadline - now : 0;
  };
  for (;;) {
    const std::uint64_t wait = left();
    if (wait == 0) return false;
    pollfd ready{output, POLLIN, 0};
    const int count = ::poll(&ready, 1, static_cast<int>(wait < 1'000'000 ? wait : 1'000'000));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    if (count == 0) continue;
    char part[4096];
    const ssize_t got = ::read(output, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const std::size_t room = max_process_output - result.output.size();
    const auto size = static_cast<std::size_t>(got);
    result.output.append(Text(part, size < room ? size : room));
  }
  for (;;) {  // it has closed its output, so it is about to end
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return true;
    if (ended < 0 && errno != EINTR) {
      result.problem << "its exit status could not be read (" << std::strerror(errno) << ')';
      return true;
    }
    if (left() == 0) return false;
    const timespec pause{0, 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

// Runs `arguments[0]`, looked for in PATH, with `input` as its standard input.
inline ProcessResult run_process(Span<const char* const> arguments, Span<const std::uint32_t> input,
                                 std::uint32_t timeout_ms) {
  ProcessResult result;
  const auto failed = [&result](Text what, int error) {
    result.problem << what << ": " << std::strerror(error);
  };
  Buffer<char*> argv;  // the interface takes them without const, and does not write
  for (const char* const argument : arguments) argv.push_back(const_cast<char*>(argument));
  if (!argv.push_back(nullptr) || argv.size() != arguments.size() + 1) {
    failed("it could not be started", ENOMEM);
    return result;
  }

  const FileDescriptor stdin_file(unnamed_file(input));
  if (stdin_file.get() < 0) {
    failed("no temporary file could be written for it", errno);
    return result;
  }
  int ends[2] = {-1, -1};
#if defined(__linux__)
  const int piped = ::pipe2(ends, O_CLOEXEC);
#else
  const int piped = ::pipe(ends);
  close_on_exec(ends[0]);
  close_on_exec(ends[1]);
#endif
  if (piped != 0) {
    failed("no pipe could be made for it", errno);
    return result;
  }
  FileDescriptor read_end(ends[0]), write_end(ends[1]);

  // A process group of its own, so that a wrapper script ends with what it started; signals as a fresh process has them.
  sigset_t none, defaults;
  ::sigemptyset(&none);
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::sigaddset(&defaults, SIGCHLD);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, stdin_file.get(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), 2);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                             POSIX_SPAWN_SETSIGDEF));
#if defined(__APPLE__)
  char** const environment = *::_NSGetEnviron();
#else
  char** const environment = ::environ;
#endif
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), environment);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  write_end.close();
  if (error != 0) {
    failed("it could not be started", error);
    return result;
  }

  int status = 0;
  if (!attend_process(child, read_end.get(), milliseconds_now() + timeout_ms, result, status)) {
    ::kill(-child, SIGKILL);
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.problem << "it was stopped, since it had not ended after " << timeout_ms << " ms";
  } else if (result.problem.empty()) {
    if (WIFEXITED(status))
      result.exit_code = WEXITSTATUS(status);
    else
      result.problem << "it was ended by signal " << static_cast<std::uint32_t>(WTERMSIG(status));
  }
  return result;
}

#else

inline constexpr bool can_run_processes = false;

AIRSTRIP_INLINE ProcessResult run_process(Span<const char* const>, Span<const std::uint32_t>, std::uint32_t) {
  ProcessResult result;
  result.problem = "this library starts programs on POSIX systems only";
  return result;
}

#endif

}  // namespace detail

AIRSTRIP_NAMESPACE_END
