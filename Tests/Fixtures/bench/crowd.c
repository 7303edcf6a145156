// Makes many idle processes for a benchmark, says so, and waits.
//
//   crowd COUNT READY-FILE     READY-FILE appears when all of them are there
//
// They end with the pid namespace that it runs in, or when it gets SIGTERM: each asks the kernel to be ended
// with its parent, prctl(2) PR_SET_PDEATHSIG.

#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: crowd COUNT READY-FILE\n");
    return 2;
  }
  int wanted = atoi(arguments[1]);
  pid_t parent = getpid();
  for (int made = 0; made < wanted; made++) {
    pid_t child = fork();
    if (child < 0) {
      perror("crowd: fork");
      return 1;
    }
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(0);
      for (;;) pause();
    }
  }
  int ready = open(arguments[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (ready < 0) {
    perror("crowd: ready file");
    return 1;
  }
  close(ready);
  for (;;) pause();
}
