/* The bare minimum that `scripts/bench level` compares the program with, and its stop-watch.
 *
 *   flagloop read PID ADDRESS COUNT       reads the byte at ADDRESS (hexadecimal), again and again
 *   flagloop switch PID ADDRESS COUNT     sends SIGUSR1 and reads without a pause until the byte has changed
 *   flagloop run COUNT COMMAND...         runs a command to its end, its output dropped
 *   flagloop memory COMMAND...            the same once, for its peak memory in KiB
 *
 * A line a time, in nanoseconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static const int64_t patience_ns = 5000000000;

static void fail(const char *what)
{
  fprintf(stderr, "flagloop: %s: %s\n", what, strerror(errno));
  exit(70);
}

static int64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static unsigned char flag(pid_t pid, uintptr_t address)
{
  unsigned char value;
  struct iovec here = {&value, 1}, there = {(void *)address, 1};
  if (process_vm_readv(pid, &here, 1, &there, 1, 0) != 1)
    fail("process_vm_readv");
  return value;
}

static void time_reads(pid_t pid, uintptr_t address, long count)
{
  for (long i = 0; i < count; i++) {
    int64_t start = now_ns();
    flag(pid, address);
    printf("%lld\n", (long long)(now_ns() - start));
  }
}

static void time_switches(pid_t pid, uintptr_t address, long count)
{
  for (long i = 0; i < count; i++) {
    unsigned char before = flag(pid, address);
    int64_t start = now_ns(), end;
    if (kill(pid, SIGUSR1) < 0)
      fail("kill");
    do {
      end = now_ns();
      if (end - start > patience_ns) {
        fprintf(stderr, "flagloop: process %d does not act upon SIGUSR1\n", pid);
        exit(70);
      }
    } while (flag(pid, address) == before);
    printf("%lld\n", (long long)(now_ns() - start));
    /* Its handler has to arm itself again. */
    usleep(20000);
  }
}

static void time_runs(long count, char **command)
{
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  for (long i = 0; i < count; i++) {
    pid_t pid;
    int status;
    int64_t start = now_ns();
    if ((errno = posix_spawnp(&pid, command[0], &actions, NULL, command, environ)))
      fail(command[0]);
    waitpid(pid, &status, 0);
    int64_t end = now_ns();
    if (status != 0) {
      fprintf(stderr, "flagloop: %s failed (wait status %d)\n", command[0], status);
      exit(70);
    }
    printf("%lld\n", (long long)(end - start));
  }
}

/* The most memory that a command has had, in KiB; getrusage(2). */
static void measure_memory(char **command)
{
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid;
  int status;
  struct rusage usage;
  if ((errno = posix_spawnp(&pid, command[0], &actions, NULL, command, environ)))
    fail(command[0]);
  if (wait4(pid, &status, 0, &usage) < 0)
    fail("wait4");
  printf("%ld\n", usage.ru_maxrss);
}

int main(int argc, char **argv)
{
  if (argc == 5 && strcmp(argv[1], "read") == 0)
    time_reads(atoi(argv[2]), strtoull(argv[3], NULL, 16), atol(argv[4]));
  else if (argc == 5 && strcmp(argv[1], "switch") == 0)
    time_switches(atoi(argv[2]), strtoull(argv[3], NULL, 16), atol(argv[4]));
  else if (argc > 3 && strcmp(argv[1], "run") == 0)
    time_runs(atol(argv[2]), argv + 3);
  else if (argc > 2 && strcmp(argv[1], "memory") == 0)
    measure_memory(argv + 2);
  else {
    fprintf(stderr, "usage: flagloop read|switch PID ADDRESS COUNT, flagloop run COUNT COMMAND..., flagloop memory COMMAND...\n");
    return 64;
  }
  return 0;
}
