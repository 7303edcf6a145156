// libprocps (procps 3: Debian 11, Ubuntu 22.04) behind the interface of cprocps.h. See openproc(3), readproc(3).
// Which generation is compiled is Package.swift's decision, because the linker must agree.

#if CPROCPS_GENERATION == 3

#if !__has_include(<proc/readproc.h>)
#error "libprocps' headers are missing: run scripts/setup build (where PLACEOS_LOGLEVEL_PROCPS=3 is set, unset it)"
#endif

#include "cprocps.h"

#include <errno.h>
#include <proc/readproc.h>
#include <pthread.h>
#include <stdlib.h>

#include "generations.h"

// The library reads the files of /proc into one shared buffer; in libproc2 each thread has its own. With this
// lock two threads may use two readers of cprocps.h here too.
static pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;

struct cprocps_reader {
  proc_t *process;
};

static const int detail_parts = PROC_FILLSTAT | PROC_FILLCGROUP;

cprocps_reader *cprocps_reader_open(int *error) {
  cprocps_reader *reader = calloc(1, sizeof *reader);
  if (!reader) *error = ENOMEM;
  return reader;
}

// Reads process `pid` into the reader: 1, 0 if there is no such process, or -1 and errno.
static int read_process(cprocps_reader *reader, pid_t pid) {
  // A list of pids ends with 0: openproc(3).
  pid_t pids[] = {pid, 0};
  PROCTAB *processes = openproc(detail_parts | PROC_PID, pids);
  if (!processes) return -1;
  freeproc(reader->process);
  errno = 0;
  reader->process = readproc(processes, NULL);
  int error = errno;
  closeproc(processes);
  errno = error;
  if (reader->process) return 1;
  return errno == 0 || errno == ESRCH || errno == ENOENT ? 0 : -1;
}

int cprocps_reader_read(cprocps_reader *reader, pid_t pid, cprocps_detail *detail) {
  if (pid <= 0) return 0;
  pthread_mutex_lock(&library);
  int result = read_process(reader, pid);
  // The library carries on if it could not read one of the files. Without control groups the process has
  // ended meanwhile, which a second look shows.
  if (result == 1 && !reader->process->cgroup) result = read_process(reader, pid);
  pthread_mutex_unlock(&library);
  if (result != 1) return result;
  const proc_t *process = reader->process;
  if (!process->cgroup) {
    errno = EIO;
    return -1;
  }
  detail->pid = process->tgid;
  detail->start_ticks = process->start_time;  // the header says seconds; they are clock ticks
  detail->comm = process->cmd;
  detail->cgroups = without_empty_end(process->cgroup);
  return detail->pid == pid ? 1 : 0;
}

void cprocps_reader_close(cprocps_reader *reader) {
  if (!reader) return;
  freeproc(reader->process);
  free(reader);
}

#endif
