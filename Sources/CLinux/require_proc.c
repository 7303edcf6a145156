#include <unistd.h>

// Without /proc the Swift run time ends a static program before its main(), with SIGABRT and a useless
// message. So this runs first: constructors with a priority come before those without one.
__attribute__((constructor(101))) static void require_proc(void) {
  char first;
  if (readlink("/proc/self/exe", &first, 1) == 1) return;
  static const char message[] =
      "placeos-loglevel: /proc is not mounted here, and processes are seen through nothing else; nothing was done. "
      "Mount it with: mount -t proc proc /proc\n";
  if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(3);
  // ExitStatus.nothingDone
  _exit(3);
}
