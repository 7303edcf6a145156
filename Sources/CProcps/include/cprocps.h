#ifndef CPROCPS_H
#define CPROCPS_H

// The one door to the procps library. The interface is ours, so that another generation of the library
// (libprocps of procps 3) can stand behind it; nothing of libproc2's types shows here.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A walk over the process table. Not thread-safe; one walk at a time for each table.
typedef struct cprocps_table cprocps_table;

/// One process of the table. `comm` lives until the next call on the same table. It is for showing: the library
/// may put other bytes in the place of control characters and of what is no text.
typedef struct {
  pid_t pid;
  uint64_t start_ticks;  ///< clock ticks after boot, proc_pid_stat(5) field 22
  char state;            ///< proc_pid_stat(5) field 3
  const char *comm;
} cprocps_process;

/// One process in detail. Pointers live until the next call on the same detail reader.
typedef struct {
  pid_t pid;
  uint64_t start_ticks;
  char state;
  const char *comm;
  char *const *arguments;  ///< NULL-terminated
  char *const *cgroups;    ///< NULL-terminated, the lines of /proc/PID/cgroup
  const char *caught;      ///< hexadecimal masks, as in /proc/PID/status
  const char *ignored;
  const char *pending;         ///< of the thread, SigPnd
  const char *shared_pending;  ///< of the process, ShdPnd
} cprocps_detail;

/// Opens the process table; NULL and `*error` (an errno) on failure.
cprocps_table *cprocps_table_open(int *error);

/// The next process: 1 and `*process` filled, 0 at the end of the table, or -1 and errno.
int cprocps_table_next(cprocps_table *table, cprocps_process *process);

void cprocps_table_close(cprocps_table *table);

/// A reader of processes in detail; NULL and `*error` on failure.
typedef struct cprocps_reader cprocps_reader;
cprocps_reader *cprocps_reader_open(int *error);

/// Reads one process: 1 and `*detail` filled, 0 if there is no such process, or -1 and errno.
int cprocps_reader_read(cprocps_reader *reader, pid_t pid, cprocps_detail *detail);

void cprocps_reader_close(cprocps_reader *reader);

#endif
