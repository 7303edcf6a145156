// libproc2 (procps 4: Debian 12 and 13, Ubuntu 24.04) behind the interface of cprocps.h. See procps_pids(3).
// Which generation is compiled is Package.swift's decision, because the linker must agree.

#if CPROCPS_GENERATION == 4

#if !__has_include(<libproc2/pids.h>)
#error "libproc2's headers are missing: run scripts/setup build (where PLACEOS_LOGLEVEL_PROCPS=4 is set, unset it)"
#endif

#include "cprocps.h"

#include <errno.h>
#include <libproc2/pids.h>
#include <stdlib.h>

#include "generations.h"

enum detail_item { DETAIL_PID, DETAIL_START_TICKS, DETAIL_COMM, DETAIL_CGROUPS, DETAIL_ITEMS };
static enum pids_item detail_items[DETAIL_ITEMS] = {PIDS_ID_PID, PIDS_TICS_BEGAN, PIDS_CMD, PIDS_CGROUP_V};

struct cprocps_reader {
  struct pids_info *info;
};

cprocps_reader *cprocps_reader_open(int *error) {
  cprocps_reader *reader = malloc(sizeof *reader);
  if (!reader) {
    *error = ENOMEM;
    return NULL;
  }
  reader->info = NULL;
  int result = procps_pids_new(&reader->info, detail_items, DETAIL_ITEMS);
  if (result < 0) {
    *error = -result;
    free(reader);
    return NULL;
  }
  return reader;
}

int cprocps_reader_read(cprocps_reader *reader, pid_t pid, cprocps_detail *detail) {
  unsigned wanted = (unsigned)pid;
  errno = 0;
  struct pids_fetch *fetch = procps_pids_select(reader->info, &wanted, 1, PIDS_SELECT_PID);
  if (!fetch) return errno == ESRCH || errno == ENOENT ? 0 : -1;
  if (fetch->counts->total == 0) return 0;
  struct pids_stack *stack = fetch->stacks[0];
  detail->pid = PIDS_VAL(DETAIL_PID, s_int, stack, info);
  detail->start_ticks = PIDS_VAL(DETAIL_START_TICKS, ull_int, stack, info);
  detail->comm = PIDS_VAL(DETAIL_COMM, str, stack, info);
  detail->cgroups = without_empty_end(PIDS_VAL(DETAIL_CGROUPS, strv, stack, info));
  return detail->pid == pid ? 1 : 0;
}

void cprocps_reader_close(cprocps_reader *reader) {
  if (!reader) return;
  procps_pids_unref(&reader->info);
  free(reader);
}

#endif
