#define _GNU_SOURCE
#include "cstandin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

// Volatile, because somebody else looks at it: a value kept in a register would not be seen.
volatile uint8_t cstandin_trace __asm__("PlaceOS::LogBackend::trace");

bool cstandin_is_tracing(void) { return cstandin_trace != 0; }

void cstandin_set_tracing(bool tracing) { cstandin_trace = tracing; }

static int signals_out = -1;

int cstandin_open_signals(void) {
  int ends[2];
  // A full pipe must not hold up a handler: what does not fit is lost, as signals are.
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
  signals_out = ends[1];
  return ends[0];
}

static void pass_on(int signal_number) {
  int saved = errno;
  uint8_t byte = (uint8_t)signal_number;
  ssize_t written = write(signals_out, &byte, 1);
  (void)written;
  errno = saved;
}

static int dispose(int signal_number, void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  return sigaction(signal_number, &action, NULL);
}

int cstandin_trap(int signal_number) { return dispose(signal_number, pass_on); }

int cstandin_ignore(int signal_number) { return dispose(signal_number, SIG_IGN); }

int cstandin_end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM); }
