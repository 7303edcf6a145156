#ifndef CPROCPS_H
#define CPROCPS_H

// The one door to the procps library. The interface is ours, so that the library's other generation
// (libprocps of procps 3) can stand behind it; none of libproc2's types shows here.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// One process in detail. Pointers are valid until the next call on the same reader. `comm` is for display:
/// the library may replace control characters and bytes that are not text.
typedef struct {
  pid_t pid;
  uint64_t start_ticks;  ///< clock ticks after boot, proc_pid_stat(5) field 22
  const char *comm;
  char *const *cgroups;  ///< NULL-terminated, the lines of /proc/PID/cgroup
} cprocps_detail;

/// A reader of processes in detail; NULL and `*error` on failure.
typedef struct cprocps_reader cprocps_reader;
cprocps_reader *cprocps_reader_open(int *error);

/// Reads one process: 1 and `*detail` filled, 0 if there is no such process, or -1 and errno.
int cprocps_reader_read(cprocps_reader *reader, pid_t pid, cprocps_detail *detail);

void cprocps_reader_close(cprocps_reader *reader);

#endif
