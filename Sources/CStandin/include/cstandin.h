#ifndef CSTANDIN_H
#define CSTANDIN_H

#include <stdbool.h>

// What the Swift stand-in cannot say in Swift: a symbol's name, a handler that does only what
// signal-safety(7) allows, and a call of variable arguments. No logic.

/// The trace flag: one byte in .bss, 0 or 1, whose symbol is the real one's, `PlaceOS::LogBackend::trace`.
/// It is what placeos-loglevel reads from this process's memory.
bool cstandin_is_tracing(void);
void cstandin_set_tracing(bool tracing);

/// Makes the pipe that ``cstandin_trap`` needs.
/// \return its end to read from, one byte for each signal that came, the signal's number; -1 with errno.
int cstandin_open_signals(void);

/// Has a signal written to the pipe from now on, or ignored. 0, or -1 with errno (sigaction(2)).
int cstandin_trap(int signal_number);
int cstandin_ignore(int signal_number);

/// Has the kernel send SIGTERM when the parent ends (the thread of it that started this process, see
/// PR_SET_PDEATHSIG in prctl(2)). 0, or -1 with errno.
int cstandin_end_with_parent(void);

#endif
